"""The members of Intel's signed JSON, each required, of its type and within its bounds.

TCB info and QE identity are documents of the same style: numbers are small and unsigned, byte
strings are hexadecimal of a fixed size, times are RFC 3339.  `codec.strict.JsonObject` reads
members that may be absent; here an absent member, or null, is an error as well, and every error
carries the rule and the path of the object it was found in  [COL-6].
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Final, List, Tuple

from venice_ref.codec.strict import JsonObject, decode_hex, excerpt, parse_rfc3339
from venice_ref.errors import MalformedError
from venice_ref.model import Json

__all__ = [
    "MAX_ITEMS",
    "get_bytes",
    "get_integer",
    "get_object",
    "get_objects",
    "get_svns",
    "get_text",
    "get_texts",
    "get_time",
]

MAX_ITEMS: Final = 1024
"""Items of one array; the longest observed has 28  [COL-22]."""

_MAX_NAME: Final = 64
"""Characters of a status or of an advisory's id."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
"""Unix time 0: no document is older, and not every verifier can count below it."""


def missing(node: JsonObject, name: str) -> MalformedError:
    """Return the error for a member that must be there."""
    return MalformedError("the member is missing", rule=node.rule, where=node.path(name))


def get_text(node: JsonObject, name: str) -> str:
    """Return a string member of 1 to 64 printable ASCII characters."""
    value = node.text(name)
    if value is None:
        raise missing(node, name)
    return _printable(value, node, node.path(name))


def get_texts(node: JsonObject, name: str) -> Tuple[str, ...]:
    """Return an array of such strings, empty where the member is absent."""
    items = node.items(name) or []
    where = node.path(name)
    _check_count(items, node, name)
    return tuple(_printable(item, node, f"{where}[{index}]") for index, item in enumerate(items))


def get_integer(node: JsonObject, name: str, *, maximum: int) -> int:
    """Return an integer member from 0 to `maximum`."""
    value = node.integer(name)
    if value is None:
        raise missing(node, name)
    if not 0 <= value <= maximum:
        raise MalformedError(
            f"not an integer from 0 to {maximum}: {excerpt(value)}",
            rule=node.rule,
            where=node.path(name),
        )
    return value


def get_bytes(node: JsonObject, name: str, *, size: int) -> bytes:
    """Return the bytes of a hexadecimal string of exactly `size` bytes, in either case."""
    value = node.text(name)
    if value is None:
        raise missing(node, name)
    return decode_hex(value, size=size, where=node.path(name), rule=node.rule)


def get_time(node: JsonObject, name: str) -> datetime:
    """Return an RFC 3339 time from 1970 on, in UTC."""
    text = node.text(name)
    if text is None:
        raise missing(node, name)
    found = parse_rfc3339(text, where=node.path(name), rule=node.rule)
    if found < _EPOCH:
        raise MalformedError(
            f"a time before 1970: {excerpt(text)}", rule=node.rule, where=node.path(name)
        )
    return found


def get_object(node: JsonObject, name: str) -> JsonObject:
    """Return an object member."""
    value = node.child(name)
    if value is None:
        raise missing(node, name)
    return value


def get_objects(node: JsonObject, name: str) -> List[JsonObject]:
    """Return an array of objects; the array may be empty, but not absent."""
    items = node.items(name)
    if items is None:
        raise missing(node, name)
    _check_count(items, node, name)
    where = node.path(name)
    found: List[JsonObject] = []
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise MalformedError("not an object", rule=node.rule, where=f"{where}[{index}]")
        found.append(JsonObject(item, where=f"{where}[{index}]", rule=node.rule))
    return found


def get_svns(node: JsonObject, name: str) -> Tuple[int, ...]:
    """Return the 16 security version numbers, 0 to 255, of an array of `{"svn": n}` objects."""
    items = node.items(name)
    if items is None:
        raise missing(node, name)
    if len(items) != 16:
        raise MalformedError(
            f"{len(items)} components, required 16", rule=node.rule, where=node.path(name)
        )
    svns: List[int] = []
    for index, item in enumerate(items):
        svn = item.get("svn") if isinstance(item, dict) else None
        # A path costs more than the comparison, and a TCB info has hundreds of these.
        if type(svn) is not int or not 0 <= svn <= 255:
            raise MalformedError(
                f"not a component with an svn from 0 to 255: {excerpt(item)}",
                rule=node.rule,
                where=f"{node.path(name)}[{index}]",
            )
        svns.append(svn)
    return tuple(svns)


def _printable(value: Json, node: JsonObject, where: str) -> str:
    if (
        not isinstance(value, str)
        or not 1 <= len(value) <= _MAX_NAME
        or not value.isascii()
        or not value.isprintable()
    ):
        raise MalformedError(
            f"not a string of 1 to {_MAX_NAME} printable characters: {excerpt(value)}",
            rule=node.rule,
            where=where,
        )
    return value


def _check_count(items: List[Json], node: JsonObject, name: str) -> None:
    if len(items) > MAX_ITEMS:
        raise MalformedError(
            f"{len(items)} items, at most {MAX_ITEMS}", rule="COL-22", where=node.path(name)
        )
