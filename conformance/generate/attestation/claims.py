"""`server_verification`: what contradicts the evidence, and what means nothing."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Final, Tuple

from conformance.generate.attestation import kit
from conformance.generate.attestation.kit import (
    NONCE,
    Tests,
    binding_policy,
    build,
    edited,
    outcome,
)
from conformance.generate.builder import FileBuilder, Rebuilt

_CLAIMS: Final = "server_verification"
_FLAG: Final = "ServerContradicts"

_MEASUREMENTS: Final = (
    "mrtd", "mrconfigid", "mrowner", "mrownerconfig", "rtmr0", "rtmr1", "rtmr2", "rtmr3",
    "tdAttributes", "xfam",
)  # fmt: skip
"""Those that the mock states."""


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/claims`."""
    tests = Tests(builder, now="2026-01-01T12:00:03Z")
    tests.flag(
        _FLAG,
        "AUTH_BYPASS",
        "the server saw other evidence than it passed on, or refuses it itself",
        "a revocation that the server knows of, or an exchange of the evidence "
        "on its way, goes unnoticed",
        "compare each member with the verifier's own result",
    )
    tests.flag(
        "ClaimType",
        "MALFORMED",
        "a claim is of another type",
        "a text false is taken for true",
        "read booleans as booleans",
    )
    _harmless(tests)
    _tdx(tests)
    _bindings(tests)
    _types(tests)
    _gpu(tests)
    _hashed(tests)


def _claim(path: str, value: Any) -> Dict[str, Any]:
    return edited(build(claims=True), f"{_CLAIMS}.{path}", value)


def _harmless(tests: Tests) -> None:
    tests.accept(
        "claims",
        "A favourable verification of the server beside the evidence.",
        build(claims=True),
        "ATT-10",
        "ATT-19",
    )
    rows: Tuple[Tuple[str, str, Dict[str, Any]], ...] = (
        ("claims-absent", "Envelopes do not have it.", build()),
        ("claims-null", "null is as good as absent.", edited(build(), _CLAIMS, None)),
        ("claims-empty", "An empty object claims nothing.", edited(build(), _CLAIMS, {})),
        ("claims-parts-absent", "Parts may be absent.", edited(build(), _CLAIMS, {"tdx": {}})),
    )
    for slug, why, answer in rows:
        tests.accept(slug, why, answer, "ATT-19", "ATT-10")
    address = kit.address_text(kit.enclave().key)
    for slug, why, path, value in (
        ("claims-report-data-form", "The same bytes with 0x and capitals.", "tdx.reportData",
         "0x" + kit.report_data().hex().upper()),
        ("claims-report-data-empty", "An empty text claims nothing.", "tdx.reportData", ""),
        ("claims-address-capitals", "The same address in upper case.",
         "signingAddressBinding.reportDataAddress", "0x" + address[2:].upper()),
        ("claims-address-empty", "An empty text claims nothing.",
         "signingAddressBinding.reportDataAddress", ""),
        ("claims-method-unknown", "A method of another name says nothing of the form.",
         "nonceBinding.method", "report_data"),
        ("claims-gpu-invalid", "What the server holds against the GPUs decides nothing.",
         "nvidia.valid", False),
        ("claims-gpu-signature", "Nor does its word on their signatures.",
         "nvidia.signatureVerified", False),
        ("claims-gpu-unbound", "Without GPU evidence there is nothing to compare the claim with.",
         "nvidiaNonceBinding.bound", False),
    ):  # fmt: skip
        tests.accept(slug, why, _claim(path, value), "ATT-10")


def _reject(tests: Tests, slug: str, why: str, path: str, value: Any, breaks: str = "ATT-10",
            flag: str = _FLAG) -> None:  # fmt: skip
    tests.reject(slug, why, "claims", _claim(path, value), breaks, flag)


def _tdx(tests: Tests) -> None:
    for name in ("valid", "signatureValid", "certificateChainValid", "attestationKeyMatch"):
        _reject(
            tests,
            f"claims-tdx-{name.lower()}",
            f"The server itself found {name} to be false.",
            f"tdx.{name}",
            False,
        )
    _reject(
        tests,
        "claims-revoked",
        "The server knows that the platform is revoked.",
        "tdx.crlCheck.revoked",
        True,
    )
    own = kit.report_data().hex()
    _reject(
        tests,
        "claims-report-data",
        "The server saw another REPORTDATA.",
        "tdx.reportData",
        own[:-1] + "0",
    )
    _reject(
        tests,
        "claims-report-data-short",
        "A value that cannot be compared is no agreement.",
        "tdx.reportData",
        own[:64],
    )
    stated = build(claims=True)[_CLAIMS]["tdx"]["measurements"]
    for name in _MEASUREMENTS:
        value = stated[name]
        last = "1" if value[-1] != "1" else "2"
        _reject(
            tests,
            f"claims-{name.lower()}",
            f"The server saw another {name}.",
            f"tdx.measurements.{name}",
            value[:-1] + last,
        )
    for name in ("mrseam", "mrsignerseam"):
        _reject(
            tests,
            f"claims-{name}",
            f"The server saw another {name}.",
            f"tdx.measurements.{name}",
            "07" * 48,
        )
    _reject(
        tests,
        "claims-rtmrs-exchanged",
        "The value of RTMR1 under the name of RTMR0.",
        "tdx.measurements.rtmr0",
        stated["rtmr1"],
    )


def _bindings(tests: Tests) -> None:
    foreign = kit.address_text(kit.find_key("attacker", ""))
    _reject(
        tests,
        "claims-address-unbound",
        "The server found no binding of the address, and there is one.",
        "signingAddressBinding.bound",
        False,
    )
    _reject(
        tests,
        "claims-other-address",
        "The server saw another address in REPORTDATA.",
        "signingAddressBinding.reportDataAddress",
        foreign,
    )
    _reject(
        tests,
        "claims-nonce-unbound",
        "The server found no binding of the nonce, and there is one.",
        "nonceBinding.bound",
        False,
    )
    _reject(
        tests,
        "claims-nonce-hashed",
        "The server says that the nonce is hashed, and it is not.",
        "nonceBinding.method",
        "sha256",
    )


def _types(tests: Tests) -> None:
    for slug, path, value in (
        ("claims-valid-text", "tdx.valid", "true"),
        ("claims-revoked-text", "tdx.crlCheck.revoked", "false"),
        ("claims-bound-number", "nonceBinding.bound", 1),
        ("claims-measurement-number", "tdx.measurements.rtmr0", 0),
        ("claims-tdx-text", "tdx", "valid"),
    ):  # fmt: skip
        _reject(tests, slug, f"{path} is of another type.", path, value, "ATT-16", "ClaimType")


def _gpu(tests: Tests) -> None:
    payload = {"nonce": NONCE.hex(), "evidence_list": [{}]}
    answer = edited(build(claims=True), "nvidia_payload", payload)
    tests.accept(
        "claims-gpu-bound",
        "The nonce of the GPU evidence is the client's, and the server says so.",
        answer,
        "ATT-10",
        out=outcome(gpu_count=1),
    )
    tests.reject(
        "claims-gpu-nonce-unbound",
        "The server found another nonce in the GPU evidence.",
        "claims-gpu-bound",
        edited(answer, f"{_CLAIMS}.nvidiaNonceBinding.bound", False),
        "ATT-10",
        _FLAG,
    )


def _hashed(tests: Tests) -> None:
    hashed = hashlib.sha256(NONCE).digest()
    tests.begin(now="2026-01-01T12:00:03Z", policy=binding_policy(nonce_binding="raw-or-sha256"))
    answer = build(claims=True, report_data=lambda data: data[:32] + hashed)
    tests.accept(
        "claims-hashed",
        "The server names the form in which the quote has the nonce.",
        answer,
        "ATT-10",
        "BND-5",
        out=outcome(nonce_binding="sha256"),
    )
    method = f"{_CLAIMS}.nonceBinding.method"
    tests.reject(
        "claims-hashed-as-raw",
        "The server says that the nonce is bound as it is, and it is hashed.",
        "claims-hashed",
        edited(answer, method, "raw"),
        "ATT-10",
        _FLAG,
        change=Rebuilt(method, "sha256", "raw"),
    )
