"""A chat request into the messages that the enclave reads, or into a refusal.

First the front of the service: body, fields, the three headers.  Then the upstream: the model key,
and every encrypted field.  The order decides which of two faults is named, as in the live service
(protocol notes, 2.2, 2.4, 2.5 and 2.6).
"""

from __future__ import annotations

from typing import Any, Dict, Final, List, Mapping, NamedTuple, Optional, Tuple

from conformance.mock_tee.log import Request
from conformance.mock_tee.models import Model, Provider
from conformance.mock_tee.refusals import (
    MODEL_NOT_FOUND,
    Refused,
    bad_public_key,
    decryption_failed,
    field_not_hex,
    front,
    headers_malformed,
    not_utf8,
    schema_failure,
    stale_key,
)
from venice_ref.codec.strict import decode_hex, parse_json, parse_json_object
from venice_ref.crypto.ecdh import PrivateKey, parse_public_key
from venice_ref.e2ee.envelope import open_envelope
from venice_ref.errors import MalformedError, VeniceError
from venice_ref.model import PublicKey65
from venice_ref.spec import (
    ALGORITHM,
    HEADER_ALGORITHM,
    HEADER_CLIENT_KEY,
    HEADER_MODEL_KEY,
    MIN_ENVELOPE_SIZE,
)

__all__ = ["MAX_BODY_SIZE", "ROLES", "ChatRequest", "read_chat"]

MAX_BODY_SIZE: Final = 64 * 1024 * 1024
"""Bytes of a request body: more than the largest envelope in hexadecimal digits."""

ROLES: Final = ("all", "user-and-system")
"""Which roles must be encrypted: all, as the servers want it, or the guide's two."""

# fmt: off
_FIELDS: Final = frozenset({
    "model", "messages", "stream", "stream_options", "temperature", "top_p", "top_k", "min_p",
    "max_tokens", "min_tokens", "max_completion_tokens", "max_temp", "min_temp", "n", "stop",
    "stop_token_ids", "seed", "frequency_penalty", "presence_penalty", "repetition_penalty",
    "logit_bias", "logprobs", "top_logprobs", "response_format", "tools", "tool_choice",
    "parallel_tool_calls", "user", "metadata", "store", "venice_parameters", "reasoning",
    "reasoning_effort", "prompt_cache_key", "prompt_cache_retention",
})
"""Members that the front knows; any other is a 400."""
# fmt: on

_PROTECTED: Final = ("content", "reasoning_content", "reasoning")
"""Members of a message that the enclave opens."""


class ChatRequest(NamedTuple):
    """What the enclave got."""

    model: Model
    messages: List[Dict[str, Any]]
    """In plaintext."""
    stream: bool
    client_key: Optional[PublicKey65]
    """Where the answer is encrypted to; `None` for a request without encryption."""


def read_chat(
    request: Request, models: Mapping[str, Model], secret: PrivateKey, *, roles: str = "all"
) -> ChatRequest:
    """Return the request in plaintext; `secret` is the key that the service presents.

    Raises:
        Refused: with the reply that the live service gives.
    """
    body = _body(request.body)
    model = models.get(str(body.get("model")))
    if model is None:
        raise Refused(MODEL_NOT_FOUND)
    messages = _messages(body)
    if body.get("tools"):
        raise Refused(front(400, "tools is not supported by this model"))
    stream = body.get("stream") is True
    headers = _encryption_headers(request, body, model)
    if headers is None or model.provider is None:
        return ChatRequest(model, messages, stream, None)
    client_key = _client_key(headers[0], model.provider)
    presented = _model_key_digits(headers[1], model.provider)
    if not stream:
        raise Refused(front(400, "E2EE requires streaming"))
    if presented != bytes(secret.public_key)[1:].hex():
        raise Refused(stale_key(model.provider))
    if sum(message["role"] == "system" for message in messages) > 1:
        # Misleading, and what the service says.
        raise Refused(decryption_failed(model.provider))
    return ChatRequest(model, _opened(messages, secret, model.provider, roles), stream, client_key)


# --- The front ----------------------------------------------------------------------------------


def _body(raw: bytes) -> Dict[str, Any]:
    try:
        body: Dict[str, Any] = dict(parse_json_object(raw, max_size=MAX_BODY_SIZE).members)
    except MalformedError:
        raise Refused(front(400, "Invalid JSON in request body")) from None
    for name in body:
        if name not in _FIELDS:
            raise Refused(schema_failure(name, "Unrecognized key"))
    return body


def _messages(body: Mapping[str, Any]) -> List[Dict[str, Any]]:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise Refused(schema_failure("messages", "Expected a non-empty array"))
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise Refused(schema_failure("messages", "Expected objects with a role"))
    return [dict(message) for message in messages]


def _encryption_headers(
    request: Request, body: Mapping[str, Any], model: Model
) -> Optional[Tuple[str, str]]:
    """Return client key and model key as they stand in the headers, or `None` for plaintext.

    With one of the three missing the service takes the request as plaintext and says nothing.
    """
    client_key, model_key, algorithm = (
        request.header(name) for name in (HEADER_CLIENT_KEY, HEADER_MODEL_KEY, HEADER_ALGORITHM)
    )
    parameters = body.get("venice_parameters")
    switched_off = isinstance(parameters, dict) and parameters.get("enable_e2ee") is False
    if client_key is None or model_key is None or algorithm is None or switched_off:
        return None
    if not model.e2ee:
        raise Refused(headers_malformed(f"the model {model.id} does not support E2EE"))
    if algorithm.lower() != ALGORITHM:
        raise Refused(front(400, "Unsupported signing algorithm"))
    return client_key, model_key


def _client_key(digits: str, provider: Provider) -> PublicKey65:
    try:
        raw = decode_hex(digits, size=65)
    except MalformedError:
        raw = b""
    if raw[:1] != b"\x04":
        raise Refused(
            headers_malformed(
                f"{HEADER_CLIENT_KEY} must be 130 hex characters starting with 04"
                f" (got {len(digits)})"
            )
        )
    try:
        return parse_public_key(raw)
    except VeniceError:
        raise Refused(bad_public_key(provider)) from None


def _model_key_digits(digits: str, provider: Provider) -> str:
    """Return the 128 lowercase digits of X and Y; clients send 128 or 130."""
    try:
        raw = decode_hex(digits, max_size=65, allow_0x=provider.accepts_0x)
    except MalformedError:
        raw = b""
    if len(raw) == 65 and raw[0] == 4:
        raw = raw[1:]
    if len(raw) != 64:
        raise Refused(headers_malformed(f"{HEADER_MODEL_KEY} must be 128 or 130 hex characters"))
    return raw.hex()


# --- The enclave --------------------------------------------------------------------------------


def _opened(
    messages: List[Dict[str, Any]], secret: PrivateKey, provider: Provider, roles: str
) -> List[Dict[str, Any]]:
    """Return the messages in plaintext; every protected field of every role must open."""
    opened = 0
    for message in messages:
        if roles == "user-and-system" and message["role"] not in ("user", "system"):
            continue
        for name in _PROTECTED:
            value = message.get(name)
            if isinstance(value, str) and not (value == "" and provider.skips_empty_content):
                message[name] = _restored(_open_field(value, secret, provider))
                opened += 1
            elif isinstance(value, list) and provider.decrypts_text_parts:
                opened += _open_parts(value, secret, provider)
    if opened == 0 and provider.requires_encrypted_field:
        raise Refused(decryption_failed(provider))
    return messages


def _open_field(digits: str, secret: PrivateKey, provider: Provider) -> str:
    try:
        blob = decode_hex(digits, allow_0x=provider.accepts_0x)
    except MalformedError:
        raise Refused(field_not_hex(provider)) from None
    if not blob:
        raise Refused(field_not_hex(provider))
    if len(blob) < MIN_ENVELOPE_SIZE:
        raise Refused(decryption_failed(provider))
    try:
        plaintext = open_envelope(secret, blob)
    except VeniceError:
        raise Refused(decryption_failed(provider)) from None
    try:
        return plaintext.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(not_utf8(provider)) from None


def _open_parts(parts: List[Any], secret: PrivateKey, provider: Provider) -> int:
    """Open the text parts of array content in place; other parts pass in the clear."""
    opened = 0
    for part in parts:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            part["text"] = _open_field(part["text"], secret, provider)
            opened += 1
    return opened


def _restored(text: str) -> Any:
    """Return structured content where the text is a JSON array, as all servers do."""
    if not text.startswith("["):
        return text
    try:
        value = parse_json(text, max_size=MAX_BODY_SIZE)
    except MalformedError:
        return text
    return value if isinstance(value, list) else text
