"""What a token of NVIDIA's attestation service must say of a GPU, by version of its claims.

The lists are those of `x-nvidia-ver` 2.0 and 3.0.  A claim that is required and missing fails like
one with another value, and types are strict: "true" is not true.  Then the token is compared with
the evidence in hand: a token is worth something for these GPUs only if it is about them  [TOK-16].
"""

from __future__ import annotations

from typing import Dict, Final, Mapping, Tuple

from venice_ref.codec.strict import JsonObject, excerpt
from venice_ref.errors import EvidenceError
from venice_ref.evidence.nvidia.verify import SignedGpu
from venice_ref.model import Json

__all__ = [
    "CERTIFICATE_CHAINS",
    "ERROR_DETAILS",
    "REQUIRED_CLAIMS",
    "VERSIONS",
    "check_claims",
    "compare_with_evidence",
]

_GPU: Final = "x-nvidia-gpu-"
ERROR_DETAILS: Final = "x-nvidia-error-details"
WARNING: Final = "x-nvidia-attestation-warning"

_COMMON: Final[Dict[str, Json]] = {
    "measres": "success",
    "secboot": True,
    "dbgstat": "disabled",
    _GPU + "arch-check": True,
    _GPU + "attestation-report-parsed": True,
    _GPU + "attestation-report-nonce-match": True,
    _GPU + "attestation-report-signature-verified": True,
    _GPU + "driver-rim-fetched": True,
    _GPU + "driver-rim-schema-validated": True,
    _GPU + "driver-rim-signature-verified": True,
    _GPU + "driver-rim-measurements-available": True,
    _GPU + "vbios-rim-fetched": True,
    _GPU + "vbios-rim-schema-validated": True,
    _GPU + "vbios-rim-signature-verified": True,
    _GPU + "vbios-rim-measurements-available": True,
    _GPU + "vbios-index-no-conflict": True,
}

REQUIRED_CLAIMS: Final[Mapping[str, Mapping[str, Json]]] = {
    "2.0": {
        **_COMMON,
        _GPU + "attestation-report-cert-chain-validated": True,
        _GPU + "driver-rim-cert-validated": True,
        _GPU + "vbios-rim-cert-validated": True,
    },
    "3.0": {
        **_COMMON,
        _GPU + "attestation-report-cert-chain-fwid-match": True,
        _GPU + "driver-rim-version-match": True,
        _GPU + "vbios-rim-version-match": True,
    },
}
"""The value that each claim must have  [TOK-14]."""

VERSIONS: Final = tuple(REQUIRED_CLAIMS)

CERTIFICATE_CHAINS: Final = (
    _GPU + "attestation-report-cert-chain",
    _GPU + "driver-rim-cert-chain",
    _GPU + "vbios-rim-cert-chain",
)
"""Claims that are objects from 3.0 on."""

_CHAIN_REQUIRED: Final[Mapping[str, Json]] = {
    "x-nvidia-cert-status": "valid",
    "x-nvidia-cert-ocsp-status": "good",
}
_CHAIN_WHERE_PRESENT: Final[Mapping[str, Json]] = {
    "x-nvidia-cert-ocsp-nonce-matches": True,
    "x-nvidia-cert-ocsp-response-valid": True,
}


def check_claims(token: JsonObject, version: str) -> None:
    """Return if a GPU's token has every claim that its version requires, and no warning.

    Spec: TOK-14, TOK-15, TOK-23.

    Raises:
        EvidenceError: `where` is the path of the claim.
    """
    if ERROR_DETAILS in token:
        details = token.get(ERROR_DETAILS)
        code = details.get("code") if isinstance(details, dict) else details
        raise EvidenceError(
            f"NVIDIA's service reports the error {excerpt(code)}",
            rule="TOK-23",
            where=token.path(ERROR_DETAILS),
        )
    for name, required in REQUIRED_CLAIMS[version].items():
        _require(token, name, required)
    if version == "3.0":
        for name in CERTIFICATE_CHAINS:
            _check_chain(token, name)
    warning = token.get(WARNING)
    if warning is not None:
        raise EvidenceError(
            f"NVIDIA's service warns: {excerpt(warning)}", rule="TOK-15", where=token.path(WARNING)
        )


def compare_with_evidence(token: JsonObject, gpu: SignedGpu) -> None:
    """Return if the token is about this GPU: its number, versions and chip  [TOK-16].

    `hwmodel` is `GH100` or `GH100 A01 GSP BROM`; its first word is the chip.

    Raises:
        EvidenceError: it is about another one, or does not say.
    """
    found = gpu.description
    expected: Tuple[Tuple[str, str, str], ...] = (
        ("ueid", _text(token, "ueid"), gpu.ueid),
        (_GPU + "driver-version", _text(token, _GPU + "driver-version"), found.driver_version),
        (_GPU + "vbios-version", _text(token, _GPU + "vbios-version").upper(), found.vbios_version),
        ("hwmodel", _text(token, "hwmodel").partition(" ")[0], gpu.chip),
    )
    for name, stated, required in expected:
        if stated != required:
            raise EvidenceError(
                f"the token is about {excerpt(stated)}, the evidence about {required}",
                rule="TOK-16",
                where=token.path(name),
            )


def _check_chain(token: JsonObject, name: str) -> None:
    value = token.get(name)
    if not isinstance(value, dict):
        raise EvidenceError("no such claim", rule="TOK-14", where=token.path(name))
    chain = JsonObject(value, where=token.path(name), rule=token.rule)
    for member, required in _CHAIN_REQUIRED.items():
        _require(chain, member, required)
    for member, required in _CHAIN_WHERE_PRESENT.items():
        if member in chain:
            _require(chain, member, required)


def _require(node: JsonObject, name: str, required: Json) -> None:
    found = node.get(name)
    # True == 1 in Python, and a claim of 1 is not a claim of true.
    if type(found) is not type(required) or found != required:
        raise EvidenceError(
            f"{excerpt(found)}, required {required}", rule="TOK-14", where=node.path(name)
        )


def _text(token: JsonObject, name: str) -> str:
    value = token.get(name)
    return value if isinstance(value, str) else ""
