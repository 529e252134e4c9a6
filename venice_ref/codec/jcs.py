"""Canonical JSON: one text for one value.  RFC 8785 (JCS), for values without fractions.

*Integers.*  The RFC says that numbers are IEEE 754 doubles, so that 2^53 + 1 has no text of its
own.  We print integers from -2^63 to 2^64-1 exactly, because that is what the machines sign that
are verified here: a key set of theirs holds 18446744073709551615, and its digest is that of these
twenty digits.  Up to 2^53 there is no difference.

*Fractions.*  The RFC prints them as ECMAScript does.  We refuse every float, because no structure
in use has one, and two languages that differ in one digit would differ in the digest.
"""

from __future__ import annotations

import json
from typing import Final

from venice_ref.codec.strict import excerpt
from venice_ref.errors import MalformedError, UsageError
from venice_ref.model import Json
from venice_ref.spec import MAX_JSON_DEPTH

__all__ = ["encode_jcs"]

_LOWEST: Final = -(2**63)
_HIGHEST: Final = 2**64 - 1


def encode_jcs(value: Json, *, where: str = "", rule: str = "") -> bytes:
    """Return the canonical UTF-8 text of a JSON value.

    No white space; members sorted by the UTF-16 code units of their names (3.2.3); strings with the
    escapes of ECMAScript and nothing escaped that need not be (3.2.2.2).  `where` and `rule` go
    into the error.

    Raises:
        MalformedError: a float, an integer beyond 64 bits, a string with a lone surrogate, or more
            than 32 levels of nesting.
        UsageError: something that is not JSON.
    """
    text = _text_of(value, 0, where, rule)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("a string with a lone surrogate", rule=rule, where=where) from None


def _text_of(value: Json, depth: int, where: str, rule: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, int):
        if not _LOWEST <= value <= _HIGHEST:
            raise MalformedError("an integer beyond 64 bits", rule=rule, where=where)
        return str(value)
    if isinstance(value, float):
        raise MalformedError(
            f"a number that is not an integer: {excerpt(value)}", rule=rule, where=where
        )
    if depth == MAX_JSON_DEPTH:
        raise MalformedError(f"JSON nested deeper than {MAX_JSON_DEPTH}", rule=rule, where=where)
    if isinstance(value, list):
        items = (_text_of(item, depth + 1, f"{where}[{n}]", rule) for n, item in enumerate(value))
        return "[" + ",".join(items) + "]"
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        members = (
            _quote(name) + ":" + _text_of(value[name], depth + 1, f"{where}.{name}", rule)
            for name in sorted(value, key=_utf16)
        )
        return "{" + ",".join(members) + "}"
    raise UsageError(f"{type(value).__name__} is not JSON", where=where)


def _utf16(name: str) -> bytes:
    """Return the key by which names are sorted: big-endian code units compare as their bytes do.

    U+1F600 is D83D DE00 and comes before U+FB01, which no order of code points or of UTF-8 says.
    """
    return name.encode("utf-16-be", "surrogatepass")


def _quote(text: str) -> str:
    r"""Return a string in quotes.  RFC 8785, 3.2.2.2: \b \t \n \f \r \" \, \u00xx for the rest.

    The encoder of the standard library writes exactly these escapes, and in lower case.
    """
    return json.dumps(text, ensure_ascii=False)
