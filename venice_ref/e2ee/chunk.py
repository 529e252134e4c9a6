"""One event of an encrypted answer into its parts: a JSON object, the chunk, checked for its shape.

A chunk is what the servers send in the manner of OpenAI: `id`, `model`, at most one of `choices`
with a `delta`, a `finish_reason`, a `usage`.  Almost everything may be missing or null  [STR-7].
Members that are not known are ignored and never shown; those that carry an answer in plaintext are
refused  [STR-9].  Nothing is decrypted here: see `e2ee.stream`.
"""

from __future__ import annotations

import json
from typing import Dict, Final, List, NamedTuple, Optional, Tuple

from venice_ref.codec.sse import ServerEvent
from venice_ref.codec.strict import JsonObject, excerpt, parse_json, parse_json_object
from venice_ref.e2ee.server_errors import is_code, kind_of, said
from venice_ref.errors import MalformedError, ServerError
from venice_ref.model import Json
from venice_ref.spec import MAX_SSE_EVENT

__all__ = ["END_MARK", "Chunk", "Field", "parse_chunk"]

END_MARK: Final = "[DONE]"
"""The data that ends an answer  [STR-1]."""

_FIELDS: Final = (
    ("reasoning_content", "reasoning"),
    ("reasoning", "reasoning"),
    ("content", "content"),
)
"""The encrypted members of a delta and their kind, in the order of release  [STR-6, STR-19]."""

_PLAINTEXTS: Final = (
    "tool_calls",
    "function_call",
    "refusal",
    "audio",
    "logprobs",
    "text",
    "message",
)
"""Members that the servers leave in plaintext, in a delta or beside it  [STR-9]."""

_MAX_NAME: Final = 512
"""Characters of an id, a model, a role or a finish reason."""

_MAX_USAGE: Final = 16 * 1024
"""Characters of the JSON text of a usage object."""


class Field(NamedTuple):
    """A text of a delta as it came: not empty, and not yet opened."""

    kind: str
    """`content` or `reasoning`."""
    value: str
    where: str
    """Its path, for errors."""


class Chunk(NamedTuple):
    """What one event says; `None` where it says nothing."""

    id: Optional[str]
    model: Optional[str]
    finish_reason: Optional[str]
    usage: Optional[Dict[str, Json]]
    fields: Tuple[Field, ...]
    """In the order of release."""


def parse_chunk(event: ServerEvent, *, where: str) -> Optional[Chunk]:
    """Return the chunk that an event carries, or `None` for the end mark.

    Raises:
        ServerError: the server reported an error [STR-4].
        MalformedError: not a JSON object of this shape [STR-3], another choice than the first
            [STR-8], or an answer in plaintext [STR-9].
    """
    if event.type == "error":
        raise _server_error(_reported(event.data), where)
    if event.data == END_MARK:
        return None
    chunk = parse_json_object(event.data, max_size=MAX_SSE_EVENT, where=where, rule="STR-3")
    if chunk.get("error") is not None:
        raise _server_error(chunk, where)
    choice = _choice(chunk)
    return Chunk(
        id=_bounded(chunk, "id"),
        model=_bounded(chunk, "model"),
        finish_reason=None if choice is None else _bounded(choice, "finish_reason"),
        usage=_usage(chunk),
        fields=() if choice is None else tuple(_fields(choice)),
    )


def _choice(chunk: JsonObject) -> Optional[JsonObject]:
    choices = chunk.items("choices")
    if not choices:
        return None  # the chunk with the usage  [STR-7]
    where = chunk.path("choices")
    if len(choices) > 1:
        raise MalformedError(f"{len(choices)} choices, required 1", rule="STR-8", where=where)
    only = choices[0]
    if not isinstance(only, dict):
        raise MalformedError("not an object", rule="STR-3", where=f"{where}[0]")
    choice = JsonObject(only, where=f"{where}[0]", rule="STR-3")
    index = choice.integer("index")
    if index not in {None, 0}:
        raise MalformedError(f"{index}, required 0", rule="STR-8", where=choice.path("index"))
    _refuse_plaintexts(choice)
    return choice


def _fields(choice: JsonObject) -> List[Field]:
    delta = choice.child("delta")
    if delta is None:
        return []
    _refuse_plaintexts(delta)
    _bounded(delta, "role")
    fields: List[Field] = []
    for name, kind in _FIELDS:
        value = delta.get(name)
        if value is None or value == "":
            continue  # [STR-7]
        if not isinstance(value, str):
            raise MalformedError("not a text", rule="STR-3", where=delta.path(name))
        fields.append(Field(kind, value, delta.path(name)))
    return fields


def _usage(chunk: JsonObject) -> Optional[Dict[str, Json]]:
    usage = chunk.child("usage")
    if usage is None:
        return None
    size = len(json.dumps(usage.members))
    if size > _MAX_USAGE:
        raise MalformedError(
            f"{size} characters, at most {_MAX_USAGE}", rule="STR-3", where=usage.where
        )
    return usage.members


def _refuse_plaintexts(members: JsonObject) -> None:
    for name in _PLAINTEXTS:
        value = members.get(name)
        if value is None or value in ("", [], {}):
            continue
        raise MalformedError(
            "refused: it arrived in plaintext", rule="STR-9", where=members.path(name)
        )


def _bounded(members: JsonObject, name: str) -> Optional[str]:
    value = members.text(name)
    if value is not None and len(value) > _MAX_NAME:
        raise MalformedError(
            f"{len(value)} characters, at most {_MAX_NAME}", rule="STR-3", where=members.path(name)
        )
    return value


# --- Errors of the server -----------------------------------------------------------------------


def _reported(data: str) -> JsonObject:
    """Return what the data of an event of the type error says, whatever its form  [STR-4]."""
    try:
        value = parse_json(data, max_size=MAX_SSE_EVENT)
    except MalformedError:
        value = data
    if isinstance(value, dict):
        return JsonObject(value)
    return JsonObject({"error": value if isinstance(value, str) else None})


def _server_error(chunk: JsonObject, where: str) -> ServerError:
    """Return the error that the server reported: a text, or an object in the manner of OpenAI."""
    found = said(chunk.members)
    code = found.codes[0] if found.codes else ""
    message = excerpt(found.message or "no message", 200)
    return ServerError(
        f"the server reported an error in the stream: {message}",
        kind=kind_of(None, "", found.message, found.codes),
        code=code if is_code(code) else "",
        retry_after=found.retry_after,
        rule="STR-4",
        where=where,
    )
