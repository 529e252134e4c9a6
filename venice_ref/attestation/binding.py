"""REPORTDATA: the 64 bytes by which a quote speaks of a key and of a moment.

    REPORTDATA = address of the model key (20) || zero (12) || the client's nonce (32)

The enclave chooses these bytes, the hardware signs them.  Other layouts are in use by the same
servers (an ed25519 key or a hash over a TLS key in the first 32 bytes, SHA-256 of the nonce in the
last); none of them binds a key of this protocol, and they are told apart by what does not match.
"""

from __future__ import annotations

import hashlib
from typing import Final

from venice_ref.codec.layout import Field, Layout
from venice_ref.crypto.address import to_checksum
from venice_ref.errors import EvidenceError, PolicyError
from venice_ref.model import Address20, Nonce32
from venice_ref.spec import REPORT_DATA_SIZE

__all__ = [
    "REPORT_DATA",
    "encode_report_data",
    "find_nonce",
    "verify_address",
    "verify_nonce",
    "verify_padding",
]

REPORT_DATA: Final = Layout("quote.report_data", REPORT_DATA_SIZE, (
    #     offset  size  name
    Field(0x00,   20, "address"),           # of the model key                      [BND-1]
    Field(0x14,   12, "padding"),           # zero                                  [BND-2]
    Field(0x20,   32, "nonce"),             # the client's, as it is                [BND-3]
))  # fmt: skip


def encode_report_data(address: Address20, nonce: Nonce32) -> bytes:
    """Return the REPORTDATA (64) that binds a key and a nonce."""
    return REPORT_DATA.join({"address": address, "padding": bytes(12), "nonce": nonce})


def verify_address(report_data: bytes, address: Address20) -> None:
    """Refuse a REPORTDATA that does not begin with the address of the model key.

    Raises:
        EvidenceError: BND-1.
    """
    found = REPORT_DATA.split(report_data)["address"]
    if found != address:
        raise EvidenceError(
            f"REPORTDATA binds the address {to_checksum(Address20(found))},"
            f" that of the model key is {to_checksum(address)}",
            rule="BND-1",
            where="quote.report_data[0:20]",
        )


def verify_padding(report_data: bytes) -> None:
    """Refuse a REPORTDATA whose bytes 20 to 31 are not zero.

    Raises:
        EvidenceError: BND-2; the layout is another than that of an ecdsa key.
    """
    found = REPORT_DATA.split(report_data)["padding"]
    if any(found):
        raise EvidenceError(
            f"{found.hex()} instead of zero: not the layout that binds an ecdsa key",
            rule="BND-2",
            where="quote.report_data[20:32]",
        )


def find_nonce(report_data: bytes, nonce: Nonce32) -> str:
    """Return how a REPORTDATA carries the nonce: `raw` or `sha256`.

    Raises:
        EvidenceError: it carries something else: the evidence is not fresh [BND-3].
    """
    found = REPORT_DATA.split(report_data)["nonce"]
    if found == nonce:
        return "raw"
    if found == hashlib.sha256(nonce).digest():
        return "sha256"
    raise EvidenceError(
        f"nonce mismatch: REPORTDATA binds {found.hex()}, the client's nonce is {nonce.hex()}",
        rule="BND-3",
        where="quote.report_data[32:64]",
    )


def verify_nonce(report_data: bytes, nonce: Nonce32, *, allow_sha256: bool = False) -> str:
    """Return how a REPORTDATA carries the nonce: `raw`, or `sha256` where that is allowed.

    No server produces the hash of a nonce of 32 bytes; some clients accept it.

    Raises:
        PolicyError: it carries SHA-256 of the nonce, and that is not allowed [BND-4].
        EvidenceError: it carries something else: the evidence is not fresh [BND-3].
    """
    form = find_nonce(report_data, nonce)
    if form == "sha256" and not allow_sha256:
        raise PolicyError(
            "REPORTDATA binds SHA-256 of the nonce, required the nonce itself",
            rule="BND-4",
            where="quote.report_data[32:64]",
            hint="the policy value nonce_binding=raw-or-sha256 accepts it",
        )
    return form
