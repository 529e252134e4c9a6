"""Answers that are not what was asked for, in the bodies of the live service.

The service has several shapes side by side: a bare string, an object in the manner of OpenAI, a
list of issues, a payment demand.  Each function below returns one, with its source in the protocol
notes, so that a client meets here what it meets there.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Final, NamedTuple, Optional, Tuple

from conformance.mock_tee.models import NEAR_AI, Provider

__all__ = [
    "BAD_REQUEST_ID",
    "FIELD_NOT_HEX",
    "MODEL_NOT_FOUND",
    "PAYMENT_REQUIRED",
    "RATE_LIMITED",
    "SERVER_ERROR",
    "TEE_ATTESTATION_FAILED",
    "UNAUTHORIZED",
    "Refused",
    "Reply",
    "bad_public_key",
    "decryption_failed",
    "field_not_hex",
    "front",
    "headers_malformed",
    "json_reply",
    "nonce_length",
    "not_utf8",
    "openai_shape",
    "schema_failure",
    "signature_not_found",
    "stale_key",
    "upstream",
]

JSON_TYPE: Final = "application/json; charset=utf-8"

FIELD_NOT_HEX: Final = "Encrypted field is not valid hex"


class Reply(NamedTuple):
    """One complete HTTP answer."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: Tuple[Tuple[str, str], ...] = ()
    pause: float = 0.0
    """Seconds between two bytes of the body; 0 sends it at once."""


class Refused(Exception):  # noqa: N818  an answer of the mock, not an error of this program
    """Ends the handling of a request with a reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def json_reply(
    status: int, document: Dict[str, Any], headers: Tuple[Tuple[str, str], ...] = ()
) -> Reply:
    """Return a reply with a JSON body, compact, in the order of the members."""
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    return Reply(status, body, headers=headers)


def front(status: int, message: str) -> Reply:
    """The default shape: `{"error": "..."}`  (notes, 4)."""
    return json_reply(status, {"error": message})


def openai_shape(
    status: int, message: str, kind: str, *, code: Optional[str] = None, param: Optional[str] = None
) -> Reply:
    """The shape of OpenAI: an object with message, type, param and code."""
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json_reply(status, {"error": error})


def upstream(status: int, message: str) -> Reply:
    """What the service makes of an upstream rejection: the string and a request id."""
    return json_reply(status, {"error": message, "request_id": "mock-request"})


def schema_failure(field: str, problem: str) -> Reply:
    """A body that does not have the form of the endpoint: error, details and issues."""
    return json_reply(
        400,
        {
            "error": "Invalid request parameters",
            "details": {field: {"_errors": [problem]}},
            "issues": [{"code": "invalid_value", "path": [field], "message": problem}],
        },
    )


def headers_malformed(problem: str) -> Reply:
    """A value of the three headers that has not their form  (notes, 2.6)."""
    return openai_shape(400, f"Invalid E2EE headers: {problem}", "invalid_request_error")


def bad_public_key(provider: Provider) -> Reply:
    """130 digits that are not a point on the curve."""
    if provider is NEAR_AI:
        return openai_shape(400, "Invalid public key", "bad_request")
    return openai_shape(400, "Invalid public key", "e2ee_invalid_public_key")


def field_not_hex(provider: Provider) -> Reply:
    """Plaintext, or damaged digits, where ciphertext must be."""
    if provider is NEAR_AI:
        return openai_shape(400, FIELD_NOT_HEX, "bad_request")
    return decryption_failed(provider)


def decryption_failed(provider: Provider) -> Reply:
    """Digits that do not open; also the misleading answer to two system messages."""
    if provider is NEAR_AI:
        return openai_shape(400, "Decryption failed", "bad_request")
    return openai_shape(400, "E2EE decryption failed", "e2ee_decryption_failed")


def not_utf8(provider: Provider) -> Reply:
    """Bytes that opened and are no text."""
    if provider is NEAR_AI:
        return openai_shape(400, "Decrypted content is not valid UTF-8", "bad_request")
    return decryption_failed(provider)


def stale_key(provider: Provider) -> Reply:
    """A model key that the enclave no longer has  (notes, 2.3 and 2.5)."""
    if provider is NEAR_AI:
        return openai_shape(
            421,
            "The encryption key is no longer valid. Please refresh your attestation report"
            " and retry.",
            "misdirected_request",
        )
    return openai_shape(
        400, "X-Model-Pub-Key does not match this ACI service", "e2ee_model_key_mismatch"
    )


def nonce_length(size: int) -> Reply:
    """A nonce of another length than 32 bytes  (notes, 2.3)."""
    return openai_shape(
        400,
        f"Invalid parameter: Nonce must be exactly 32 bytes, got {size} bytes",
        "invalid_request_error",
        param="nonce",
    )


def signature_not_found(provider: Provider) -> Reply:
    """A request id without a stored signature  (notes, 2.2 and 4)."""
    if provider is NEAR_AI:
        return openai_shape(404, "Chat id not found or expired", "not_found_error")
    return BAD_REQUEST_ID


MODEL_NOT_FOUND: Final = front(404, "Specified model not found.")
BAD_REQUEST_ID: Final = front(400, "Request ID is invalid.")
UNAUTHORIZED: Final = front(401, "Authentication failed.")
RATE_LIMITED: Final = front(429, "Rate limit exceeded.")
SERVER_ERROR: Final = front(500, "Inference processing failed.")
TEE_ATTESTATION_FAILED: Final = openai_shape(
    502,
    "TEE attestation request failed. The Trusted Execution Environment provider may be"
    " temporarily unavailable.",
    "server_error",
    code="TEE_ATTESTATION_FAILED",
)
PAYMENT_REQUIRED: Final = json_reply(
    402, {"x402Version": 1, "error": "Payment required", "accepts": []}
)
"""What a request without credentials gets: 402, not 401  (notes, 4)."""
