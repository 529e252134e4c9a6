"""The encoders of DER: values of a caller into the bytes that `codec.der` reads.  ITU-T X.690.

They serve whoever issues certificates: the simulated roots of the mock and the tests.  What they
cannot encode is a mistake of the caller, a `UsageError`.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Iterable

from venice_ref.codec import der
from venice_ref.errors import UsageError

__all__ = [
    "bit_string",
    "boolean",
    "element",
    "enumerated",
    "explicit",
    "generalized_time",
    "ia5_string",
    "implicit",
    "integer",
    "named_bits",
    "null",
    "object_identifier",
    "octet_string",
    "printable_string",
    "sequence",
    "set_of",
    "time",
    "utc_time",
    "utf8_string",
]

_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+\Z")


def element(tag: int, content: bytes) -> bytes:
    """Return identifier octet, minimal definite length and content.  8.1, 10.1."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of encoded parts."""
    return element(der.SEQUENCE, b"".join(parts))


def set_of(*members: bytes) -> bytes:
    """Return a SET OF encoded members, put into ascending order.  11.6."""
    return element(der.SET, b"".join(sorted(members)))


def explicit(number: int, inner: bytes) -> bytes:
    """Return an encoded element inside [number] EXPLICIT.  8.14.2."""
    return element(der.context(number, constructed=True), inner)


def implicit(number: int, inner: bytes) -> bytes:
    """Return an encoded element under [number] IMPLICIT, which replaces its tag.  8.14.3."""
    return bytes((der.context(number) | inner[0] & 0x20,)) + inner[1:]


def integer(value: int, *, tag: int = der.INTEGER) -> bytes:
    """Return an INTEGER in the fewest octets of two's complement.  8.3."""
    # The magnitude of -128 needs 7 bits besides the sign, that of 128 needs 8.
    bits = (value if value >= 0 else ~value).bit_length()
    return element(tag, value.to_bytes(bits // 8 + 1, "big", signed=True))


def enumerated(value: int) -> bytes:
    """Return an ENUMERATED.  8.4."""
    return integer(value, tag=der.ENUMERATED)


def boolean(value: bool) -> bytes:
    """Return a BOOLEAN.  11.1."""
    return element(der.BOOLEAN, b"\xff" if value else b"\x00")


def null() -> bytes:
    """Return NULL."""
    return element(der.NULL, b"")


def object_identifier(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER from dotted decimal.  8.19."""
    if _OID.match(dotted) is None:
        raise UsageError(f"not an object identifier: {dotted}")
    first, second, *others = map(int, dotted.split("."))
    if first < 2 and second > 39:
        raise UsageError(f"the second arc below {first} is at most 39: {dotted}")
    return element(
        der.OBJECT_IDENTIFIER, b"".join(_base_128(arc) for arc in (40 * first + second, *others))
    )


def _base_128(arc: int) -> bytes:
    """Return a number in base 128, the high bit set in all octets but the last.  8.19.2."""
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(arc & 0x7F | 0x80)
    return bytes(reversed(octets))


def octet_string(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return element(der.OCTET_STRING, content)


def bit_string(content: bytes) -> bytes:
    """Return a BIT STRING of whole octets."""
    return element(der.BIT_STRING, b"\x00" + content)


def named_bits(numbers: Iterable[int]) -> bytes:
    """Return a named bit list without trailing zeros.  11.2.2."""
    wanted = set(numbers)
    if not wanted:
        return element(der.BIT_STRING, b"\x00")
    if min(wanted) < 0:
        raise UsageError("bits are numbered from 0")
    size = max(wanted) // 8 + 1
    value = sum(1 << (8 * size - 1 - number) for number in wanted)
    unused = 8 * size - 1 - max(wanted)
    return element(der.BIT_STRING, bytes((unused,)) + value.to_bytes(size, "big"))


def utf8_string(text: str) -> bytes:
    """Return a UTF8String."""
    return element(der.UTF8_STRING, text.encode("utf-8"))


def printable_string(text: str) -> bytes:
    """Return a PrintableString; the characters are the caller's business."""
    return element(der.PRINTABLE_STRING, text.encode("ascii"))


def ia5_string(text: str) -> bytes:
    """Return an IA5String."""
    return element(der.IA5_STRING, text.encode("ascii"))


def time(moment: datetime) -> bytes:
    """Return a Time in the form that its year demands.  RFC 5280, 4.1.2.5."""
    return utc_time(moment) if 1950 <= _utc(moment).year <= 2049 else generalized_time(moment)


def utc_time(moment: datetime) -> bytes:
    """Return a UTCTime; the century is the reader's to guess.  11.8."""
    return element(der.UTC_TIME, f"{_utc(moment):%y%m%d%H%M%SZ}".encode("ascii"))


def generalized_time(moment: datetime) -> bytes:
    """Return a GeneralizedTime.  11.7."""
    utc = _utc(moment)
    # %Y is not padded to four digits everywhere.
    return element(der.GENERALIZED_TIME, f"{utc.year:04d}{utc:%m%d%H%M%SZ}".encode("ascii"))


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise UsageError("a time without a time zone")
    return moment.astimezone(timezone.utc)
