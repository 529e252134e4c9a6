"""What the server says of a failure, and what it means for a client: the one table of both.

The service and what stands before it report failures in several shapes, as the body of an answer or
inside a stream [NET-5, STR-4].  Wherever one stands, it is read here, and is one of
`spec.SERVER_ERROR_KINDS` [NET-8]: judged by the status where that is specific, then by the code,
then by the texts that the vendor's guide and the upstream servers are known to send.
"""

from __future__ import annotations

import re
from typing import Dict, Final, NamedTuple, Optional, Sequence, Tuple

from venice_ref.codec.strict import JsonObject
from venice_ref.model import Json

__all__ = ["KIND_BY_CODE", "KIND_BY_STATUS", "KIND_BY_TEXT", "Said", "is_code", "kind_of", "said"]

KIND_BY_STATUS: Final[Dict[int, str]] = {
    401: "authentication",
    402: "payment",
    403: "authentication",
    404: "not_found",
    421: "stale_key",
    429: "rate_limited",
}

KIND_BY_CODE: Final[Dict[str, str]] = {
    "e2ee_decryption_failed": "encryption_rejected",
    "invalid_e2ee_request": "encryption_rejected",
    "e2ee_model_key_mismatch": "stale_key",
    "e2ee_header_missing": "headers_rejected",
    "e2ee_invalid_signing_algo": "headers_rejected",
    "e2ee_invalid_public_key": "headers_rejected",
    "e2ee_invalid_version": "headers_rejected",
    "AUTHENTICATION_FAILED": "authentication",
    "MODEL_NOT_FOUND": "not_found",
    "INVALID_MODEL": "not_found",
    "REQUEST_ID_NOT_FOUND": "not_found",
    "rate_limit_exceeded": "rate_limited",
    "TEE_ATTESTATION_FAILED": "tee_unavailable",
    "TEE_SIGNATURE_FAILED": "tee_unavailable",
}

KIND_BY_TEXT: Final[Tuple[Tuple[str, str], ...]] = (
    # In lower case; the first row whose text occurs decides.
    ("encryption key is no longer valid", "stale_key"),
    ("does not match this aci service", "stale_key"),
    ("not valid hex", "encryption_rejected"),
    ("must be hex-encoded", "encryption_rejected"),
    ("decryption failed", "encryption_rejected"),
    ("failed to decrypt", "encryption_rejected"),
    ("decrypted content is not valid utf-8", "encryption_rejected"),
    ("invalid e2ee headers", "headers_rejected"),
    ("missing e2ee header", "headers_rejected"),
    ("invalid public key", "headers_rejected"),
    ("unsupported signing algorithm", "headers_rejected"),
    ("pub-key", "headers_rejected"),
    ("signing-algo", "headers_rejected"),
    ("rate limit exceeded", "rate_limited"),
    ("request id is invalid", "not_found"),
)

_SEARCHED: Final = 1000
"""Characters of a message in which those texts are looked for."""

_MAX_RETRY_SECONDS: Final = 10**9
_CODE_MEMBERS: Final = ("code", "error_code", "type")
_CODE: Final = re.compile(r"[A-Za-z0-9_.:-]{1,64}\Z")


class Said(NamedTuple):
    """What the server said, unbounded but for the size of what it stood in."""

    message: str
    """Empty where there is none."""
    codes: Tuple[str, ...]
    """The members `code`, `error_code` and `type`, where they are texts, the innermost first."""
    retry_after: Optional[float]
    """Seconds that it asked to wait."""


def said(value: Dict[str, Json]) -> Said:
    """Return what an object says: one with a member `error`, or the error itself; never raises."""
    error = value.get("error")
    inner = JsonObject(error if isinstance(error, dict) else {})
    outer = JsonObject(value)
    texts = [error if isinstance(error, str) else ""]
    texts += [_text(place, name) for place in (inner, outer) for name in ("message", "detail")]
    codes = [_text(place, name) for place in (inner, outer) for name in _CODE_MEMBERS]
    waits = [_seconds(place.get("retry_after")) for place in (inner, outer)]
    return Said(
        message=next((text for text in texts if text), ""),
        codes=tuple(code for code in codes if code),
        retry_after=next((wait for wait in waits if wait is not None), None),
    )


def kind_of(status: Optional[int], path: str, message: str, codes: Sequence[str]) -> str:
    """Return which of `spec.SERVER_ERROR_KINDS` an error is  [NET-8].

    `status` is `None` for an error in a stream; `path` is that of the request, below the base URL.
    """
    if status in KIND_BY_STATUS:
        return KIND_BY_STATUS[status]
    for code in codes:
        if code in KIND_BY_CODE:
            return KIND_BY_CODE[code]
    if status is not None and status >= 500:
        return "tee_unavailable" if path.startswith("/tee/") else "server"
    searched = message[:_SEARCHED].lower()
    for fragment, kind in KIND_BY_TEXT:
        if fragment in searched:
            return kind
    return "bad_request" if status is not None and status >= 400 else "server"


def is_code(text: str) -> bool:
    """Tell whether a text looks like a code; whatever else it is may be a prompt  [ERR-2]."""
    return _CODE.match(text) is not None


def _text(place: JsonObject, name: str) -> str:
    value = place.get(name)
    return value if isinstance(value, str) else ""


def _seconds(value: Json) -> Optional[float]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if 0 <= value < _MAX_RETRY_SECONDS else None
    return None
