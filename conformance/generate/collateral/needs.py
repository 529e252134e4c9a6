"""`collateral/needs`: what a client asks Intel for, by a certificate that is not verified."""

from __future__ import annotations

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.quote.kit import Scene
from conformance.generate.quote.table import Edits, edited

__all__ = ["generate"]

_FLAG = "NoPlatform"


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(_FLAG, Flag(
        "INTEROP", "The quote does not say which platform it comes from.",
        "A client that asks for something all the same gets collateral that does not fit, and"
        " reports a forgery where a chain is missing.",
        "Refuse before asking, and name the way out: collateral with a chain of its own.",
        ("Intel PCS API v4",),
    ))  # fmt: skip
    tdx, sgx = Scene(builder.random("tdx")), Scene(builder.random("sgx"), tee="SGX")
    processor: Edits = [("certificates.ca.name", "Intel SGX PCK Processor CA"),
                        ("pck.order", [1, 2, 3, 4, 5])]  # fmt: skip
    builder.group()
    for slug, scene, ca, why in (
        ("tdx", tdx, "platform", "the ordinary quote names nothing"),
        ("sgx", sgx, "platform", "collateral for TDX is asked for whatever the quote is"),
        (
            "processor",
            edited(tdx, processor),
            "processor",
            "the list of the Platform CA is asked for whatever the certificate says",
        ),
    ):
        builder.accept(
            slug, f"Fails where {why}.", req=["COL-20"], given={"quote": scene.quote().hex()},
            out={"tee": scene.tee, "fmspc": scene.pck["fmspc"].hex(), "ca": ca},
        )  # fmt: skip
    rows: Edits = [
        ("type-3", (3, bytes(404))),
        ("empty-chain", (5, b"")),
        ("not-pem", (5, b"\x30\x82" + bytes(64))),
    ]
    for slug, certification in rows:
        builder.reject(
            slug, f"Passes where a quote with {slug.replace('-', ' ')} is one of some platform.",
            parent="tdx", breaks="COL-20",
            given={"quote": edited(tdx, [("certification", certification)]).quote().hex()},
            flags=[_FLAG], change=Rebuilt("certification_data", "the PCK chain", slug),
        )  # fmt: skip
    other = edited(tdx, [("certificates.ca.name", "Intel SGX Root CA")])
    builder.reject(
        "issuer-of-another-name", "Passes where any issuer is taken for the Platform CA.",
        parent="tdx", breaks="COL-20", given={"quote": other.quote().hex()}, flags=[_FLAG],
        change=Rebuilt("issuer of the PCK certificate", "Intel SGX PCK Platform CA",
                       "Intel SGX Root CA"),
    )  # fmt: skip
