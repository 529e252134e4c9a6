"""Response signatures: `receipt.verify`."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from venice_ref.model import Address20
from venice_ref.receipts.answer import parse_signature_answer, verify_signature_answer
from venice_ref.receipts.signature import signed_digest

__all__ = ["receipt_verify"]


def receipt_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Verify a signature answer under the address that a quote binds."""
    answer = parse_signature_answer(given["answer"].encode("utf-8"))
    found = verify_signature_answer(
        answer,
        Address20(bytes.fromhex(given["address"])),
        models=given["models"],
        request=_optional(given, "request"),
        response=_optional(given, "response"),
    )
    return {
        "model": found.signed.model,
        "request_hash": found.signed.request_hash.hex(),
        "response_hash": found.signed.response_hash.hex(),
        "transcript_verified": found.transcript_verified,
        "mid": {"digest": signed_digest(answer.text).hex()},
    }


def _optional(given: Mapping[str, Any], name: str) -> Optional[bytes]:
    return bytes.fromhex(given[name]) if name in given else None
