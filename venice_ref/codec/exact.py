"""The exact text of the members of a JSON object, as it stands in the document.

Intel signs the characters of an object inside of another: `{"tcbInfo": {...}, "signature": hex}`.
Whoever parses the document and writes the inner object again has other characters as soon as the
writer spaces, orders or escapes otherwise.  So nothing is written here: what is returned is a piece
of the text that was received.

Why the piece is exact: the whole text was parsed strictly before, so that it is one JSON object and
no member occurs twice.  From there on nothing is left to choose.  By the grammar (RFC 8259, 2 to 7)
a value ends where its closing bracket, brace or quote stands or, for a number or a literal, before
the white space, comma or brace that must follow; and white space between the tokens belongs to no
value.  The ends come from the same scanner that parsed the whole.
"""

from __future__ import annotations

import json
import re
from typing import Dict, Final, Mapping, NamedTuple

from venice_ref.codec.strict import JsonObject, decode_utf8, parse_json_object

__all__ = ["ExactObject", "parse_exact_object"]

_SCANNER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\n\r]*")


class ExactObject(NamedTuple):
    """An object, and the text of the value of each of its members."""

    node: JsonObject
    texts: Mapping[str, str]


def parse_exact_object(
    raw: bytes, *, max_size: int, where: str = "", rule: str = ""
) -> ExactObject:
    """Return the object of a JSON text of at most `max_size` bytes, with its exact texts.

    Raises:
        MalformedError: as `codec.strict.parse_json_object`.
    """
    node = parse_json_object(raw, max_size=max_size, where=where, rule=rule)
    text = decode_utf8(raw, where=where, rule=rule)
    return ExactObject(node, _member_texts(text))


def _member_texts(text: str) -> Dict[str, str]:
    """Return the text of each value of an object that is known to be well formed."""
    texts: Dict[str, str] = {}
    position = _behind_space(text, _behind_space(text, 0) + 1)  # the brace
    while text[position] != "}":
        if text[position] == ",":
            position = _behind_space(text, position + 1)
        name, end = _SCANNER.raw_decode(text, position)
        start = _behind_space(text, _behind_space(text, end) + 1)  # the colon
        _, end = _SCANNER.raw_decode(text, start)
        texts[name] = text[start:end]
        position = _behind_space(text, end)
    return texts


def _behind_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position
