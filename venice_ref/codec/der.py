"""Strict DER: the one encoding of a value, and nothing else.  ITU-T X.690, clauses 8, 10 and 11.

A `DerReader` walks the elements of one constructed value from the first to the last.  Each step
names the element that must come next, so that a parser reads like the ASN.1 module it implements,
and every error carries the path of the element and the rule of the structure.

Refused besides what is cut short: indefinite and non-minimal lengths (10.1), tag numbers above 30,
integers and object identifiers with padding (8.3.2, 8.19.2), booleans other than 00 and FF (11.1),
unused bits that are set (11.2.1), times that are not in seconds and Z (11.7, 11.8), sets in another
order than the ascending one (11.6), and bytes after the last element.  Nothing is copied until it
is asked for; the depth of nesting is bounded.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import Final, FrozenSet, List, NamedTuple, Optional, Tuple

from venice_ref.codec.strict import decode_digits, excerpt
from venice_ref.errors import MalformedError
from venice_ref.spec import MAX_DER_DEPTH

__all__ = [
    "BIT_STRING",
    "BOOLEAN",
    "ENUMERATED",
    "GENERALIZED_TIME",
    "IA5_STRING",
    "INTEGER",
    "NULL",
    "OBJECT_IDENTIFIER",
    "OCTET_STRING",
    "PRINTABLE_STRING",
    "SEQUENCE",
    "SET",
    "UTC_TIME",
    "UTF8_STRING",
    "DerReader",
    "Element",
    "context",
    "open_elements",
    "open_sequence",
]

# Identifier octets, X.690 8.1.2: class and form in the upper three bits, the number in the others.
BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
BIT_STRING: Final = 0x03
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
ENUMERATED: Final = 0x0A
UTF8_STRING: Final = 0x0C
PRINTABLE_STRING: Final = 0x13
IA5_STRING: Final = 0x16
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

_LONG_NUMBER: Final = 0x1F
"""Tag number 31 announces more identifier octets; no structure here has one."""

_MAX_OID_SIZE: Final = 64
"""Content octets of an object identifier; the longest in use here has 10."""

_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*\Z")  # X.680, 41.4


def context(number: int, *, constructed: bool = False) -> int:
    """Return the identifier octet of the context-specific tag [number]."""
    return (0xA0 if constructed else 0x80) | number


class Element(NamedTuple):
    """One element as it stands in the input."""

    tag: int
    """The identifier octet."""
    content: bytes
    raw: bytes
    """Identifier, length and content."""


class DerReader:
    """A cursor over the elements inside one element; `open_sequence` makes the first."""

    __slots__ = ("_at", "_data", "_depth", "_end", "_head", "_name", "_outer", "_rule")

    def __init__(
        self,
        data: bytes,
        bounds: Tuple[int, int, int],
        *,
        name: str,
        rule: str = "",
        outer: Optional[DerReader] = None,
        depth: int = 0,
    ) -> None:
        """Read `data`, in which the element begins, its content begins, and both end at `bounds`.

        `name` is the place in `outer`, or the whole path where there is no outer element; `depth`
        is how many elements are around this one.
        """
        self._data = data
        self._head, self._at, self._end = bounds
        self._name = name
        self._rule = rule
        self._outer = outer
        self._depth = depth
        if depth > MAX_DER_DEPTH:
            raise self.error(f"nested deeper than {MAX_DER_DEPTH}")

    # --- The element itself ---------------------------------------------------------------------

    @property
    def where(self) -> str:
        """The path of the element, as it stands in errors."""
        # Put together when it is asked for, which is hardly ever.
        return self._name if self._outer is None else self._outer.path(self._name)

    def path(self, name: str) -> str:
        """Return the path of the element `name`, or `[index]`, inside this one."""
        where = self.where
        return f"{where}.{name}" if where and name and name[0] != "[" else where + name

    @property
    def raw(self) -> bytes:
        """The encoding of the element whose content is read, identifier and length included."""
        return self._data[self._head : self._end]

    @property
    def rest(self) -> bytes:
        """The bytes that were not read yet, whole elements or not."""
        return self._data[self._at : self._end]

    @property
    def more(self) -> bool:
        """True until the last element was read."""
        return self._at < self._end

    @property
    def next_tag(self) -> int:
        """The identifier octet of the next element; 0, which is no tag, after the last one."""
        return self._data[self._at] if self._at < self._end else 0

    def finish(self) -> None:
        """Refuse elements that nobody read."""
        if self._at < self._end:
            raise self.error(f"{self._end - self._at} bytes after the last element")

    def error(self, message: str, name: str = "", *, rule: str = "") -> MalformedError:
        """Return the error of this structure, to be raised, at the element `name` of it."""
        return MalformedError(message, rule=rule or self._rule, where=self.path(name))

    # --- Any element ----------------------------------------------------------------------------

    def element(self, name: str) -> Element:
        """Return the next element, whatever its tag."""
        head = self._at
        start, stop = self._next(self.next_tag, name)
        tag = self._data[head]
        if tag == 0:  # 8.1.5: the end of an indefinite length, which DER has not
            raise self.error("tag 00", name)
        return Element(tag, self._data[start:stop], self._data[head:stop])

    def sequence(self, name: str, *, tag: int = SEQUENCE, rule: str = "") -> DerReader:
        """Return a reader of the next element, which is constructed.

        `rule` is the one that errors inside of it name, where it has its own.
        """
        head = self._at
        start, stop = self._next(tag, name)
        return DerReader(
            self._data, (head, start, stop),
            name=name, rule=rule or self._rule, outer=self, depth=self._depth + 1,
        )  # fmt: skip

    def explicit(self, number: int, name: str, *, rule: str = "") -> DerReader:
        """Return a reader of the next element, which is [number] EXPLICIT.  X.690, 8.14.2."""
        return self.sequence(name, tag=context(number, constructed=True), rule=rule)

    def set_of(self, name: str) -> DerReader:
        """Return a reader of the next element, a SET OF in ascending order of encodings (11.6)."""
        inner = self.sequence(name, tag=SET)
        inner.check_ascending()
        return inner

    def check_ascending(self) -> None:
        """Refuse elements that are not in ascending order, without reading them."""
        first = self._at
        previous = b""
        while self._at < self._end:
            head = self._at
            self._next(self.next_tag, "member")
            raw = self._data[head : self._at]
            # 11.6 pads the shorter of two encodings with zero octets; none is a prefix of another.
            if raw < previous:
                raise self.error("the members of a set are not in ascending order")
            previous = raw
        self._at = first

    # --- Typed elements -------------------------------------------------------------------------

    def integer(self, name: str, *, max_size: int = 64, tag: int = INTEGER) -> int:
        """Return an INTEGER of at most `max_size` content octets, two's complement (8.3)."""
        content = self._content(tag, name)
        if not content:
            raise self.error("an integer without octets", name)
        if len(content) > max_size:
            raise self.error(f"an integer of {len(content)} octets, at most {max_size}", name)
        if len(content) > 1 and (
            (content[0] == 0x00 and content[1] < 0x80)
            or (content[0] == 0xFF and content[1] >= 0x80)
        ):
            raise self.error("an integer with a superfluous leading octet", name)
        return int.from_bytes(content, "big", signed=True)

    def boolean(self, name: str) -> bool:
        """Return a BOOLEAN, which is 00 or FF (11.1)."""
        content = self._content(BOOLEAN, name)
        if content not in (b"\x00", b"\xff"):
            raise self.error("a boolean is one octet, 00 or FF", name)
        return content == b"\xff"

    def null(self, name: str) -> None:
        """Read a NULL."""
        if self._content(NULL, name):
            raise self.error("NULL with content", name)

    def oid(self, name: str) -> str:
        """Return an OBJECT IDENTIFIER in dotted decimal form (8.19)."""
        dotted = _dotted(self._content(OBJECT_IDENTIFIER, name))
        if not dotted:
            raise self.error("not the octets of an object identifier", name)
        return dotted

    def octets(self, name: str, *, tag: int = OCTET_STRING) -> bytes:
        """Return the content of an OCTET STRING, primitive as DER has it (10.2)."""
        return self._content(tag, name)

    def bits(self, name: str, *, tag: int = BIT_STRING) -> bytes:
        """Return the octets of a BIT STRING that is a whole number of octets long."""
        content = self._content(tag, name)
        if not content or content[0] != 0:
            raise self.error("a bit string that does not end with an octet", name)
        return content[1:]

    def named_bits(self, name: str, *, tag: int = BIT_STRING) -> FrozenSet[int]:
        """Return the numbers of the bits that are set in a named bit list (11.2.2)."""
        content = self._content(tag, name)
        unused = content[0] if content else 8
        if unused > 7 or (len(content) == 1 and unused):
            raise self.error("not a bit string", name)
        if len(content) > 9:
            raise self.error("a list of more than 64 bits", name)
        value = int.from_bytes(content[1:], "big")
        count = 8 * (len(content) - 1) - unused
        if value & ((1 << unused) - 1):
            raise self.error("unused bits that are set", name)
        value >>= unused
        if count and not value & 1:
            raise self.error("a named bit list with a trailing zero", name)
        return frozenset(n for n in range(count) if value >> (count - 1 - n) & 1)

    def text(self, name: str, *, tag: int = 0) -> str:
        """Return a string: UTF8String, PrintableString or IA5String, or UTF-8 under an own tag."""
        kind = tag or self.next_tag
        if not tag and kind not in (UTF8_STRING, PRINTABLE_STRING, IA5_STRING):
            raise self.error(f"tag {kind:02x} is not a string of a kind in use", name)
        try:
            found = self._content(kind, name).decode("utf-8")
        except UnicodeDecodeError:
            raise self.error("not valid UTF-8", name) from None
        if kind == PRINTABLE_STRING and _PRINTABLE.match(found) is None:
            raise self.error(f"not a printable string: {excerpt(found)}", name)
        if kind == IA5_STRING and not found.isascii():
            raise self.error("an IA5 string that is not ASCII", name)
        return found

    def time(self, name: str, *, any_form: bool = False) -> datetime:
        """Return a Time as certificates have it.  RFC 5280, 4.1.2.5; X.690, 11.7 and 11.8.

        UTCTime YYMMDDHHMMSSZ for the years 1950 to 2049, GeneralizedTime YYYYMMDDHHMMSSZ for all
        others, so that each time has one form; no fraction, no offset, no leap second.  With
        `any_form`, GeneralizedTime may stand for every year: some issuers write it so.
        """
        kind = self.next_tag
        if kind not in (UTC_TIME, GENERALIZED_TIME):
            raise self.error(f"tag {kind:02x} is not a time", name)
        content = self._content(kind, name)
        digits = 12 if kind == UTC_TIME else 14
        if len(content) != digits + 1 or content[-1:] != b"Z":
            raise self.error("a time is in seconds and ends with Z", name)
        if not content[:-1].isdigit():
            raise self.error("a time is written in decimal digits", name)
        number = decode_digits(content[:-1].decode("ascii"), max_digits=digits)
        found = self._moment(number, name, two_digits=kind == UTC_TIME)
        if kind == GENERALIZED_TIME and 1950 <= found.year <= 2049 and not any_form:
            raise self.error("a year from 1950 to 2049 is written as UTCTime", name)
        return found

    # --- Private --------------------------------------------------------------------------------

    def _next(self, tag: int, name: str) -> Tuple[int, int]:
        """Step over the next element, which has this tag, and return the bounds of its content."""
        data, head, end = self._data, self._at, self._end
        if head + 2 > end:
            raise self.error("the element is missing or cut short", name)
        if data[head] != tag:
            raise self.error(f"tag {data[head]:02x}, required {tag:02x}", name)
        if tag & 0x1F == _LONG_NUMBER:
            raise self.error("a tag number above 30", name)
        length = data[head + 1]
        start = head + 2
        if length >= 0x80:
            length, start = self._long_length(length & 0x7F, start, name)
        stop = start + length
        if stop > end:
            raise self.error(f"{length} bytes of content, {end - start} are left", name)
        self._at = stop
        return start, stop

    def _long_length(self, count: int, start: int, name: str) -> Tuple[int, int]:
        """Return a length of `count` octets, and where the content starts.  X.690, 8.1.3.5."""
        if count == 0:
            raise self.error("an indefinite length", name)
        if count > 4 or start + count > self._end:
            raise self.error("a length beyond the end", name)
        length = int.from_bytes(self._data[start : start + count], "big")
        if length < 0x80 or length >> 8 * (count - 1) == 0:
            raise self.error("a length with more octets than it needs", name)
        return length, start + count

    def _content(self, tag: int, name: str) -> bytes:
        start, stop = self._next(tag, name)
        return self._data[start:stop]

    def _moment(self, number: int, name: str, *, two_digits: bool) -> datetime:
        """Return the time whose digits, read as one number, are YYYYMMDDHHMMSS or YYMMDDHHMMSS."""
        date, clock = divmod(number, 1_000_000)
        year, day = divmod(date, 10_000)
        if two_digits:
            year += 1900 if year >= 50 else 2000
        try:
            return datetime(
                year, day // 100, day % 100,
                clock // 10_000, clock // 100 % 100, clock % 100, tzinfo=timezone.utc,
            )  # fmt: skip
        except ValueError:
            raise self.error("no such time", name) from None


@lru_cache(maxsize=256)
def _dotted(content: bytes) -> str:
    """Return an object identifier in dotted decimal, or nothing if it is none.  8.19.

    The same dozen stands in every certificate, hence the cache, which is small and bounded.
    """
    if not content or len(content) > _MAX_OID_SIZE or content[-1] >= 0x80:
        return ""
    arcs: List[int] = []
    value = 0
    for octet in content:
        if value == 0 and octet == 0x80:  # 8.19.2: padding
            return ""
        value = value << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(value)
            value = 0
    # 8.19.4: the first number holds two arcs, 40*X + Y, and X is 0, 1 or 2.
    top = min(arcs[0] // 40, 2)
    return ".".join(map(str, (top, arcs[0] - 40 * top, *arcs[1:])))


def open_elements(raw: bytes, *, max_size: int, where: str = "", rule: str = "") -> DerReader:
    """Return a reader of the elements that `raw` consists of; `finish` says that all were read."""
    if len(raw) > max_size:
        raise MalformedError(f"{len(raw)} bytes of DER, at most {max_size}", rule=rule, where=where)
    return DerReader(raw, (0, 0, len(raw)), name=where, rule=rule)


def open_sequence(raw: bytes, *, max_size: int, where: str = "", rule: str = "") -> DerReader:
    """Return a reader of the SEQUENCE that `raw` is, to the byte."""
    top = open_elements(raw, max_size=max_size, where=where, rule=rule)
    inner = top.sequence("")
    top.finish()
    return inner
