"""Messages into encrypted messages, and the body of a request.

Every refusal happens before anything is encrypted  [REQ-7]: `check_request` runs them all, and the
other functions run it first.  A refusal is a `UsageError` that names the field, as
`messages[2].name`; it never quotes content.

What the servers do, and why this file is as strict as it is: they decrypt the string content of
every message of every role, and nothing else; they reject a request in which one string is not an
envelope, with an error that does not say which; and they turn decrypted text that parses as a JSON
array into structured content.
"""

from __future__ import annotations

import json
import os
from types import MappingProxyType
from typing import Any, Dict, Final, List, Mapping, NamedTuple, Optional, Sequence

from venice_ref.e2ee.envelope import seal
from venice_ref.e2ee.keys import encode_public_key
from venice_ref.e2ee.options import check_model, checked_options
from venice_ref.errors import UsageError
from venice_ref.model import Json, PublicKey65, RandomBytes
from venice_ref.spec import (
    ALGORITHM,
    HEADER_ALGORITHM,
    HEADER_CLIENT_KEY,
    HEADER_MODEL_KEY,
    MAX_ENVELOPE_SIZE,
    MAX_INTEGER_DIGITS,
    MAX_JSON_DEPTH,
    MAX_MESSAGES,
    MIN_ENVELOPE_SIZE,
)

__all__ = [
    "NO_OPTIONS",
    "ROLES",
    "build_body",
    "build_headers",
    "check_request",
    "encrypt_messages",
]

ROLES: Final = ("system", "developer", "user", "assistant", "tool")
"""The roles that the service knows  [MSG-9]."""

NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})
"""A request with nothing but its messages."""

_MAX_PLAINTEXT = MAX_ENVELOPE_SIZE - MIN_ENVELOPE_SIZE
_MAX_INTEGER = 10**MAX_INTEGER_DIGITS


class _Message(NamedTuple):
    """A message that passed every check."""

    role: str
    has_content: bool
    """False where the member is absent; absent is not null."""
    plaintext: Optional[bytes]
    """What is sealed; `None` where there is nothing to seal  [MSG-2]."""

    def __repr__(self) -> str:
        return f"<message of the role {self.role}>"  # [KEY-12]


def check_request(messages: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> None:
    """Refuse what `build_body` would refuse, without encrypting anything.

    Raises:
        UsageError: see the requirements MSG-5 to MSG-14, REQ-5, REQ-6, REQ-10, REQ-11 and REQ-14 to
            REQ-16.
    """
    _checked_messages(messages)
    checked_options(options)


def encrypt_messages(
    messages: Sequence[Mapping[str, Any]],
    recipient: PublicKey65,
    *,
    random_bytes: RandomBytes = os.urandom,
) -> List[Dict[str, Any]]:
    """Return copies of the messages in which every content is sealed to `recipient`.

    Text becomes the envelope of its UTF-8 bytes, empty text included  [MSG-1, MSG-3]; an array
    becomes the envelope of its JSON text  [MSG-4]; null and absent content stay  [MSG-2].  Each
    envelope has its own ephemeral key and nonce  [ENV-7].  The arguments are not changed  [MSG-10].

    Raises:
        UsageError: a message that is refused; nothing was encrypted.
    """
    return _sealed(_checked_messages(messages), recipient, random_bytes)


def build_body(
    model: str,
    messages: Sequence[Mapping[str, Any]],
    recipient: PublicKey65,
    options: Mapping[str, Any] = NO_OPTIONS,
    *,
    random_bytes: RandomBytes = os.urandom,
) -> Dict[str, Any]:
    """Return the body of a chat request as a JSON object, its messages sealed to `recipient`.

    The order of its members is fixed: `model`, `messages`, `stream`, `venice_parameters`, then the
    options by name.  The arguments are not changed  [MSG-10].

    Raises:
        UsageError: a field that is refused; nothing was encrypted  [REQ-7].
    """
    check_model(model)
    checked = _checked_messages(messages)
    fields = checked_options(options)
    return {"model": model, "messages": _sealed(checked, recipient, random_bytes), **fields}


def build_headers(client_key: PublicKey65, model_key: PublicKey65) -> Dict[str, str]:
    """Return the three headers that select the encryption, each once  [REQ-1].

    Both keys are 130 lowercase hex digits, whatever their form was in the evidence  [REQ-2].
    """
    return {
        HEADER_CLIENT_KEY: encode_public_key(client_key),
        HEADER_MODEL_KEY: encode_public_key(model_key),
        HEADER_ALGORITHM: ALGORITHM,
    }


def _sealed(
    messages: List[_Message], recipient: PublicKey65, random_bytes: RandomBytes
) -> List[Dict[str, Any]]:
    sealed: List[Dict[str, Any]] = []
    for message in messages:
        entry: Dict[str, Any] = {"role": message.role}
        if message.plaintext is not None:
            blob = seal(recipient, message.plaintext, random_bytes=random_bytes)
            entry["content"] = blob.hex()  # [ENV-8]
        elif message.has_content:
            entry["content"] = None
        sealed.append(entry)
    return sealed


# --- Checks -------------------------------------------------------------------------------------


def _checked_messages(messages: object) -> List[_Message]:
    if isinstance(messages, (str, bytes)) or not isinstance(messages, Sequence):
        raise UsageError(
            f"not a list of messages: {type(messages).__name__}", rule="MSG-14", where="messages"
        )
    if len(messages) > MAX_MESSAGES:
        raise UsageError(
            f"{len(messages)} messages, at most {MAX_MESSAGES}", rule="MSG-11", where="messages"
        )
    checked = [_message(item, f"messages[{i}]") for i, item in enumerate(messages)]
    if all(message.plaintext is None for message in checked):
        raise UsageError("no message has content to encrypt", rule="MSG-11", where="messages")
    systems = [i for i, message in enumerate(checked) if message.role == "system"]
    if len(systems) > 1:
        raise UsageError(
            f"{len(systems)} messages of the role system, the service takes one",
            rule="MSG-8",
            where=f"messages[{systems[1]}].role",
            hint="join them into one message",
        )
    return checked


def _message(message: object, where: str) -> _Message:
    if not isinstance(message, Mapping):
        raise UsageError(f"not an object: {type(message).__name__}", rule="MSG-14", where=where)
    for name in message:
        if name not in {"role", "content"}:
            raise UsageError(
                "refused: it would travel in plaintext",
                rule="MSG-6",
                where=_path(where, name),
                hint="write it into the content, which is encrypted",
            )
    role = message.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise UsageError(f"not one of {', '.join(ROLES)}", rule="MSG-9", where=f"{where}.role")
    content = message.get("content")
    plaintext = None if content is None else _plaintext(content, f"{where}.content")
    return _Message(role, "content" in message, plaintext)


def _plaintext(content: object, where: str) -> bytes:
    """Return the bytes to seal of content that is neither null nor absent."""
    if isinstance(content, list):
        text = _array_text(content, where)
    elif isinstance(content, str):
        text = content
        if _is_json_array(text):
            raise UsageError(
                "text that parses as a JSON array, which the server would take for structured"
                " content",
                rule="MSG-5",
                where=where,
                hint='send it as array content: [{"type": "text", "text": ...}]',
            )
    else:
        raise UsageError(
            f"neither text, an array nor null: {type(content).__name__}", rule="MSG-12", where=where
        )
    raw = _utf8(text, where)
    if len(raw) > _MAX_PLAINTEXT:
        raise UsageError(f"{len(raw)} bytes, at most {_MAX_PLAINTEXT}", rule="ENV-13", where=where)
    return raw


def _utf8(text: str, where: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(
            f"a lone surrogate at character {error.start}, which UTF-8 cannot carry",
            rule="ENV-11",
            where=where,
        ) from None


_LENIENT_JSON = json.JSONDecoder(
    parse_int=lambda _: 0, parse_float=lambda _: 0.0, parse_constant=lambda _: 0.0
)
"""Reads all that the servers' parsers might: Python's takes NaN and lone surrogates, serde_json
does not.  Numbers are not evaluated: their limits differ, and their size could be costly."""


def _is_json_array(text: str) -> bool:
    """Return whether a server might read the text as a JSON array  [MSG-5]."""
    # RFC 8259, 2: these four characters are the white space around a value.
    trimmed = text.strip(" \t\n\r")
    if not (trimmed.startswith("[") and trimmed.endswith("]")):
        return False
    try:
        return isinstance(_LENIENT_JSON.decode(trimmed), list)
    except RecursionError:
        return True  # too deep to tell here; another parser may go deeper
    except ValueError:
        return False


# --- Array content ------------------------------------------------------------------------------


def _array_text(parts: List[Any], where: str) -> str:
    """Return the JSON text of array content, compact and in plain UTF-8  [MSG-4]."""
    tree = [_part(part, f"{where}[{i}]") for i, part in enumerate(parts)]
    return json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _part(part: object, where: str) -> Json:
    if not isinstance(part, Mapping):
        raise UsageError(f"not an object: {type(part).__name__}", rule="MSG-7", where=where)
    kind = part.get("type")
    if kind == "text":
        text = part.get("text")
        if not isinstance(text, str):
            raise UsageError("not a text", rule="MSG-7", where=f"{where}.text")
    elif kind == "image_url":
        image = part.get("image_url")
        if not isinstance(image, Mapping) or not isinstance(image.get("url"), str):
            raise UsageError(
                "not an object with a text url", rule="MSG-7", where=f"{where}.image_url"
            )
    else:
        raise UsageError("not text or image_url", rule="MSG-7", where=f"{where}.type")
    # Other members are encrypted with the part, and stay.
    return _plain(part, where, MAX_JSON_DEPTH - 1)


def _plain(value: object, where: str, depth: int) -> Json:
    """Return a copy of a tree in plain JSON types, which JSON and UTF-8 can carry."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        _utf8(value, where)
        return value
    if isinstance(value, int) and -_MAX_INTEGER < value < _MAX_INTEGER:
        return value
    if isinstance(value, float) and value - value == 0.0:
        return value
    if isinstance(value, (list, tuple, Mapping)) and depth == 0:
        raise UsageError(f"nested deeper than {MAX_JSON_DEPTH}", rule="MSG-13", where=where)
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{where}[{i}]", depth - 1) for i, item in enumerate(value)]
    if isinstance(value, Mapping):
        return {
            _member_name(name, where): _plain(item, _path(where, name), depth - 1)
            for name, item in value.items()
        }
    raise UsageError(f"JSON cannot carry it: {type(value).__name__}", rule="MSG-13", where=where)


def _member_name(name: object, where: str) -> str:
    if not isinstance(name, str):
        raise UsageError("a member name that is not a text", rule="MSG-13", where=where)
    _utf8(name, where)
    return name


def _path(where: str, name: object) -> str:
    """Return the path of a member; a name that is not plain is not repeated."""
    plain = isinstance(name, str) and name.isidentifier() and name.isascii() and len(name) <= 64
    return f"{where}.{name}" if plain else f"{where}.(a member)"
