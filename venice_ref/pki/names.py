"""Distinguished names.  RFC 5280, 4.1.2.4.

Two names are the same if their encodings are: the bytes are compared, and nothing is folded or
normalised.  The issuers here write each name in one way, so that the comparison of the RFC (7.1)
would only add second spellings.
"""

from __future__ import annotations

from typing import Dict, Final, List, NamedTuple, Tuple

from venice_ref.codec.der import DerReader

__all__ = ["COMMON_NAME", "SERIAL_NUMBER", "Name", "parse_name"]

COMMON_NAME: Final = "2.5.4.3"
SERIAL_NUMBER: Final = "2.5.4.5"
"""An attribute of the subject (a device's number, say), not the number of the certificate."""

_MAX_ATTRIBUTES: Final = 16
_MAX_TEXT: Final = 256
"""Characters of one attribute; the upper bounds of RFC 5280, appendix A, are at most 64."""


class Name(NamedTuple):
    """A name: as it is encoded, and what it says."""

    raw: bytes
    """The DER of the RDNSequence, which is what names are compared by."""
    attributes: Tuple[Tuple[str, str], ...]
    """(type as dotted identifier, text), in their order."""

    def text(self, kind: str) -> str:
        """Return the text of the only attribute of a type; empty where it has none or several."""
        found = [text for name, text in self.attributes if name == kind]
        return found[0] if len(found) == 1 else ""


def parse_name(reader: DerReader, name: str, *, rule: str = "CRT-5") -> Name:
    """Return the name that is the next element, with exactly one common name  [CRT-5].

    Raises:
        MalformedError: not a name, no or more than one common name, an attribute that is not a
            UTF8String, PrintableString or IA5String.
    """
    sequence = reader.sequence(name, rule=rule)
    known = _KNOWN.get(sequence.raw)
    if known is None:
        known = _parse(sequence)
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[known.raw] = known
    return known


_KNOWN: Final[Dict[bytes, Name]] = {}
"""Names that were parsed, by their encoding: each issuer stands in several places of a chain."""

_MOST_KNOWN: Final = 32


def _parse(sequence: DerReader) -> Name:
    attributes: List[Tuple[str, str]] = []
    while sequence.more:
        relative = sequence.set_of(f"[{len(attributes)}]")
        while True:  # a relative name has at least one attribute
            attribute = relative.sequence("attribute")
            kind = attribute.oid("type")
            text = attribute.text("value")
            attribute.finish()
            if not 1 <= len(text) <= _MAX_TEXT:  # [CRT-19]
                raise attribute.error(f"a text of {len(text)} characters", "value")
            attributes.append((kind, text))
            if not relative.more:
                break
        if len(attributes) > _MAX_ATTRIBUTES:  # [CRT-19]
            raise sequence.error(f"more than {_MAX_ATTRIBUTES} attributes")
    found = Name(sequence.raw, tuple(attributes))
    if not found.text(COMMON_NAME):
        raise sequence.error("a name has one common name")
    return found
