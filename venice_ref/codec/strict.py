"""Text from a peer into values, strictly.

`int("1_0")`, `bytes.fromhex("00 01")`, `base64.b64decode("A$==")` and `json.loads('{"a":1,"a":2}')`
all succeed in Python.  In a protocol each of them is a second spelling of the same value, and two
parsers that differ in what they accept are a weakness.  Peer data therefore goes through this file
and nothing else; every function names the place and the rule in its error, and limits its input
before it works on it.
"""

from __future__ import annotations

import binascii
import json
import re
from datetime import datetime, time, timedelta, timezone
from typing import Dict, List, NoReturn, Optional, Tuple, Union

from venice_ref.errors import MalformedError
from venice_ref.model import Json
from venice_ref.spec import MAX_INTEGER_DIGITS, MAX_JSON_DEPTH

__all__ = [
    "JsonObject",
    "decode_base64",
    "decode_base64url",
    "decode_digits",
    "decode_hex",
    "decode_utf8",
    "excerpt",
    "parse_json",
    "parse_json_object",
    "parse_rfc3339",
]

_HEX = re.compile(r"[0-9a-fA-F]*\Z")
_DIGITS = re.compile(r"[0-9]+\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*={0,2}\Z")
_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))\Z"
)


def excerpt(value: object, limit: int = 60) -> str:
    """Return a short, printable form of peer data, safe in a message and on a terminal.

    Control characters, escapes and non-ASCII are shown as escapes; what is longer is cut.
    """
    text = value if isinstance(value, str) else repr(value)
    shown = ascii(text[:limit])
    return shown if len(text) <= limit else f"{shown}... ({len(text)} characters)"


def decode_utf8(raw: bytes, *, where: str = "", rule: str = "") -> str:
    """Return the text of UTF-8 bytes; overlong forms, surrogates and cut sequences are refused."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError(
            f"not valid UTF-8 at byte {error.start}", rule=rule, where=where
        ) from None


def decode_hex(
    text: str,
    *,
    where: str = "",
    rule: str = "",
    size: Optional[int] = None,
    max_size: Optional[int] = None,
    allow_0x: bool = False,
    quote: bool = True,
) -> bytes:
    """Return the bytes of a string of hexadecimal digits of either case.

    `size` is the exact length in bytes, `max_size` the greatest.  Odd lengths, white space, a
    prefix (unless `allow_0x`) and digits outside ASCII are refused.  `quote=False` keeps the text
    itself out of the error: for a key, or for content that may be plaintext  [ERR-2].
    """
    if not isinstance(text, str):
        raise MalformedError(
            f"not a string: {excerpt(text) if quote else type(text).__name__}",
            rule=rule,
            where=where,
        )
    if allow_0x and text[:2] in ("0x", "0X"):
        text = text[2:]
    if size is not None and len(text) != 2 * size:
        raise MalformedError(f"{len(text)} hex digits, required {2 * size}", rule=rule, where=where)
    if max_size is not None and len(text) > 2 * max_size:
        raise MalformedError(
            f"{len(text)} hex digits, at most {2 * max_size}", rule=rule, where=where
        )
    if len(text) % 2 != 0:
        raise MalformedError(f"odd number of hex digits, {len(text)}", rule=rule, where=where)
    if _HEX.match(text) is None:
        found = excerpt(text) if quote else f"one of {len(text)} characters is not such a digit"
        raise MalformedError(f"not hexadecimal: {found}", rule=rule, where=where)
    return binascii.unhexlify(text)


def decode_digits(text: str, *, max_digits: int, where: str = "", rule: str = "") -> int:
    """Return the number that 1 to `max_digits` ASCII decimal digits denote; no sign, no space."""
    if not 1 <= len(text) <= max_digits or _DIGITS.match(text) is None:
        raise MalformedError(
            f"not 1 to {max_digits} decimal digits: {excerpt(text)}", rule=rule, where=where
        )
    return int(text)


def decode_base64(text: str, *, max_size: int, where: str = "", rule: str = "") -> bytes:
    """Return the bytes of standard base64 (RFC 4648, 4), padded, in canonical form."""
    return _decode_base64(text, _BASE64, text, max_size, where, rule)


def decode_base64url(text: str, *, max_size: int, where: str = "", rule: str = "") -> bytes:
    """Return the bytes of base64url (RFC 4648, 5), padded or not, in canonical form."""
    padded = text if "=" in text else text + "=" * (-len(text) % 4)
    return _decode_base64(
        text, _BASE64URL, padded.replace("-", "+").replace("_", "/"), max_size, where, rule
    )


def _decode_base64(
    text: str, grammar: re.Pattern[str], standard: str, max_size: int, where: str, rule: str
) -> bytes:
    if len(text) > 4 * (max_size // 3 + 1):
        raise MalformedError(
            f"{len(text)} base64 characters, more than {max_size} bytes", rule=rule, where=where
        )
    if grammar.match(text) is None or len(standard) % 4 != 0:
        raise MalformedError(f"not base64: {excerpt(text)}", rule=rule, where=where)
    try:
        raw = binascii.a2b_base64(standard)
    except binascii.Error:
        raise MalformedError(f"not base64: {excerpt(text)}", rule=rule, where=where) from None
    if len(raw) > max_size:  # the limit above is one of whole groups of four characters
        raise MalformedError(f"{len(raw)} bytes, at most {max_size}", rule=rule, where=where)
    # RFC 4648, 3.5: the unused bits of the last digit are zero, or two texts mean one value.
    if binascii.b2a_base64(raw, newline=False).decode("ascii") != standard:
        raise MalformedError("not canonical base64", rule=rule, where=where)
    return raw


def parse_rfc3339(text: str, *, where: str = "", rule: str = "") -> datetime:
    """Return a timezone-aware time in UTC.  RFC 3339, 5.6; upper-case T and Z, no leap second."""
    found = _RFC3339.match(text)
    if found is None:
        raise MalformedError(
            f"not an RFC 3339 time such as 2026-04-24T01:58:41Z: {excerpt(text)}",
            rule=rule,
            where=where,
        )
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction, sign, zone_hours, zone_minutes = found.groups()[6:]
    microsecond = int((fraction or "0").ljust(6, "0")[:6])
    try:
        local = datetime(year, month, day, hour, minute, second, microsecond, timezone.utc)
        if sign is None:
            return local
        # `time` refuses an hour above 23 and a minute above 59, which `timedelta` would carry over.
        clock = time(int(zone_hours), int(zone_minutes))
        offset = timedelta(hours=clock.hour, minutes=clock.minute)
        return local - offset if sign == "+" else local + offset
    except (ValueError, OverflowError):
        raise MalformedError(f"no such time: {excerpt(text)}", rule=rule, where=where) from None


# --- JSON ---------------------------------------------------------------------------------------


class _RefusedError(ValueError):
    """Raised inside the hooks of `json.loads`, never seen outside this file."""


def _unique_members(pairs: List[Tuple[str, Json]]) -> Dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen = set()
        for name, _ in pairs:
            if name in seen:
                raise _RefusedError(f"duplicate member {excerpt(name)}")
            seen.add(name)
    return members


def _bounded_integer(digits: str) -> int:
    count = len(digits.lstrip("-"))  # the sign is no digit
    if count > MAX_INTEGER_DIGITS:
        raise _RefusedError(f"an integer of {count} digits")
    return int(digits)


def _finite_number(digits: str) -> float:
    value = float(digits)
    if value - value != 0.0:  # infinite: 1e999
        raise _RefusedError("a number beyond the range of a double")
    return value


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(f"{name} is not JSON")


def parse_json(
    raw: Union[bytes, str],
    *,
    max_size: int,
    max_depth: int = MAX_JSON_DEPTH,
    where: str = "",
    rule: str = "",
) -> Json:
    """Return the value of one JSON text (RFC 8259), strictly.

    Refused besides what is not JSON: more than `max_size` bytes (characters, for a `str`), more
    than `max_depth` nested arrays and objects, duplicate members, NaN and infinities, integers of
    more than 40 digits, and strings with lone surrogates, which no UTF-8 can carry.
    """
    if len(raw) > max_size:
        raise MalformedError(
            f"JSON of {len(raw)} bytes, at most {max_size}", rule=rule, where=where
        )
    text = raw if isinstance(raw, str) else decode_utf8(raw, where=where, rule=rule)
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_unique_members,
            parse_int=_bounded_integer,
            parse_float=_finite_number,
            parse_constant=_no_constant,
        )
    except _RefusedError as error:
        raise MalformedError(f"refused JSON: {error}", rule=rule, where=where) from None
    except ValueError as error:
        # JSONDecodeError: its text names a position and never quotes the document.
        raise MalformedError(f"not JSON: {error}", rule=rule, where=where) from None
    except RecursionError:
        raise MalformedError("JSON nested too deeply", rule=rule, where=where) from None
    _check_tree(value, max_depth, "\\u" in text, where, rule)
    return value


def _check_tree(value: Json, max_depth: int, escapes: bool, where: str, rule: str) -> None:
    """Refuse nesting beyond `max_depth` and, where the text had escapes, lone surrogates."""
    level: List[Json] = [value]
    depth = 0
    while level:
        below: List[Json] = []
        nested = False
        for node in level:
            if isinstance(node, dict):
                nested = True
                below.extend(node.values())
                if escapes:
                    below.extend(node)
            elif isinstance(node, list):
                nested = True
                below.extend(node)
            elif escapes and isinstance(node, str):
                _check_encodable(node, where, rule)
        depth += nested
        if depth > max_depth:
            raise MalformedError(f"JSON nested deeper than {max_depth}", rule=rule, where=where)
        level = below


def _check_encodable(text: str, where: str, rule: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError(
            f"a string with a lone surrogate: {excerpt(text)}", rule=rule, where=where
        ) from None


class JsonObject:
    """A JSON object with typed access; each error names the path of the member.

    `text`, `flag`, `integer`, `child` and `items` return `None` where the member is absent or
    null; a member of another type is a `MalformedError`.  An integer is never a float or a boolean
    in disguise.
    """

    __slots__ = ("members", "rule", "where")

    def __init__(self, members: Dict[str, Json], *, where: str = "", rule: str = "") -> None:
        self.members = members
        self.where = where
        self.rule = rule

    def __contains__(self, name: str) -> bool:
        return self.members.get(name) is not None

    def with_rule(self, rule: str) -> JsonObject:
        """Return the same object, whose errors name another requirement."""
        return JsonObject(self.members, where=self.where, rule=rule)

    def path(self, name: str) -> str:
        """Return the path of a member, as it stands in errors."""
        return f"{self.where}.{name}" if self.where else name

    def get(self, name: str) -> Json:
        """Return the member as it is; `None` where it is absent."""
        return self.members.get(name)

    def text(self, name: str) -> Optional[str]:
        """Return a string member."""
        value = self.members.get(name)
        if value is None or isinstance(value, str):
            return value
        raise self._wrong(name, "a string", value)

    def flag(self, name: str) -> Optional[bool]:
        """Return a boolean member; 1 and "true" are not booleans."""
        value = self.members.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self._wrong(name, "a boolean", value)

    def integer(self, name: str) -> Optional[int]:
        """Return an integer member; 1.0 and true are not integers."""
        value = self.members.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._wrong(name, "an integer", value)

    def child(self, name: str) -> Optional[JsonObject]:
        """Return an object member, wrapped."""
        value = self.members.get(name)
        if value is None:
            return None
        if isinstance(value, dict):
            return JsonObject(value, where=self.path(name), rule=self.rule)
        raise self._wrong(name, "an object", value)

    def items(self, name: str) -> Optional[List[Json]]:
        """Return an array member."""
        value = self.members.get(name)
        if value is None or isinstance(value, list):
            return value
        raise self._wrong(name, "an array", value)

    def _wrong(self, name: str, wanted: str, value: Json) -> MalformedError:
        return MalformedError(
            f"not {wanted}: {_kind_of(value)}", rule=self.rule, where=self.path(name)
        )


def _kind_of(value: Json) -> str:
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    return excerpt(value)


def parse_json_object(
    raw: Union[bytes, str],
    *,
    max_size: int,
    max_depth: int = MAX_JSON_DEPTH,
    where: str = "",
    rule: str = "",
) -> JsonObject:
    """Return the object of a JSON text whose top level must be one; see `parse_json`."""
    value = parse_json(raw, max_size=max_size, max_depth=max_depth, where=where, rule=rule)
    if not isinstance(value, dict):
        raise MalformedError(f"not a JSON object: {_kind_of(value)}", rule=rule, where=where)
    return JsonObject(value, where=where, rule=rule)
