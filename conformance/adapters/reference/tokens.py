"""NVIDIA's tokens: `token.verify`."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from conformance.adapters.reference.gpu_subject import verified_gpu
from venice_ref.codec.strict import parse_rfc3339
from venice_ref.evidence.nvidia.jwks import parse_key_set
from venice_ref.evidence.nvidia.tokens import parse_nras_answer, verify_nras

__all__ = ["token_verify"]


def token_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Verify an answer of NVIDIA's service about GPUs whose reports were verified."""
    nonce = bytes.fromhex(given["nonce"])
    found = verify_nras(
        parse_nras_answer(given["answer"].encode("utf-8")),
        parse_key_set(given["jwks"].encode("utf-8")),
        gpus=[
            verified_gpu(gpu, position=position, nonce=nonce)
            for position, gpu in enumerate(given["gpus"])
        ],
        nonce=nonce,
        now=parse_rfc3339(given["now"]),
        intermediates=frozenset(bytes.fromhex(pin) for pin in given["intermediates"]),
    )
    return {
        "claims_version": found.version,
        "issued_at": f"{found.issued_at:%Y-%m-%dT%H:%M:%SZ}",
        "expires_at": f"{found.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "kids": sorted(found.kids),
        "debug": "disabled" if found.debug_disabled else "not proven",
    }
