"""Secrets that are recognised wherever they turn up, and the search for them.

Every secret of a conversation carries a canary: 128 bits as 32 letters of an alphabet that has no
hexadecimal digit, so that no encoding of it is taken for another one.  Bytes are searched for it as
it stands and in the encodings in which programs pass text on; half a canary is a find as well.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from typing import Callable, Dict, Final, Iterator, List, NamedTuple, Optional, Sequence, Tuple
from urllib.parse import unquote_to_bytes

__all__ = ["Leak", "Secret", "find_leaks", "make_canary"]

ALPHABET: Final = "ghijklmnopqrtvwx"
"""Sixteen letters, none of them a hexadecimal digit."""

HALF: Final = 16
"""Letters of half a canary: 64 bits."""

MAX_UNPACKED: Final = 4 * 1024 * 1024
"""Bytes that one compressed run may unpack to."""

MAX_DEPTH: Final = 3
"""Encodings inside one another that are undone."""

MAX_RUNS: Final = 256
"""Runs of one kind that are undone in one text."""


class Secret(NamedTuple):
    """A text that must not be seen, and the canary in it."""

    name: str
    """Such as `prompt`."""
    canary: str


class Leak(NamedTuple):
    """A canary where it must not be."""

    secret: str
    """The name of the secret."""
    encoding: str
    """How it was written, the outermost encoding first."""
    place: str
    """Such as `request 3, body`."""
    offset: int
    """Bytes from the start of the place to the canary, or to the encoded run that holds it."""

    def __str__(self) -> str:
        """Return it as part of a sentence."""
        return f"the {self.secret} as {self.encoding} at byte {self.offset} of {self.place}"


def make_canary(seed: str, name: str) -> str:
    """Return the 32 letters that belong to a seed and a name."""
    digest = hashlib.sha256(f"venice canary\0{seed}\0{name}".encode()).hexdigest()
    return "".join(ALPHABET[int(digit, 16)] for digit in digest[:32])


def find_leaks(data: bytes, secrets: Sequence[Secret], place: str) -> List[Leak]:
    """Return where canaries are in some bytes: the first place of each, if any."""
    found: Dict[str, Leak] = {}
    for encoding, offset, view in _views(data, "", 0, 0):
        for secret in secrets:
            if secret.name not in found:
                hit = _search(view, secret.canary)
                if hit is not None:
                    spelling, position = hit
                    words = ", ".join(word for word in (encoding, spelling) if word)
                    whole = offset if encoding else position
                    found[secret.name] = Leak(secret.name, words or "it stands", place, whole)
        if len(found) == len(secrets):
            break
    return list(found.values())


def _search(view: bytes, canary: str) -> Optional[Tuple[str, int]]:
    for spelling, pattern in _spellings(canary):
        position = view.find(pattern)
        if position >= 0:
            return spelling, position
    return None


_CACHE: Final[Dict[str, Tuple[Tuple[str, bytes], ...]]] = {}


def _spellings(canary: str) -> Tuple[Tuple[str, bytes], ...]:
    """Return the byte strings that give a canary away, with their names."""
    if canary not in _CACHE:
        if len(_CACHE) > 1000:  # of runs that are over
            _CACHE.clear()
        halves = [canary[:HALF], canary[HALF:]]
        _CACHE[canary] = tuple(row for half in halves for row in _spellings_of(half))
    return _CACHE[canary]


def _spellings_of(half: str) -> Iterator[Tuple[str, bytes]]:
    raw = half.encode("ascii")
    yield "", raw
    yield "capitals", raw.upper()
    yield "reversed", raw[::-1]
    yield "UTF-16 LE", half.encode("utf-16-le")
    yield "UTF-16 BE", half.encode("utf-16-be")
    yield "hex", raw.hex().encode("ascii")
    yield "hex in capitals", raw.hex().upper().encode("ascii")
    for offset in range(3):
        # Only whole groups of the half: their neighbours change the first and the last digits.
        digits = base64.b64encode(bytes(offset) + raw + bytes(2))
        start = 4 if offset else 0
        yield f"base64 (offset {offset})", digits[start : (offset + len(raw)) // 3 * 4]


# --- Encodings that are undone ------------------------------------------------------------------

_View = Tuple[str, int, bytes]

_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{24,}(?:[ \t]*\r?\n[ \t]*[A-Za-z0-9+/_-]{4,})*={0,2}")
_HEX: Final = re.compile(rb"(?:[0-9A-Fa-f]{2}[ :\r\n-]?){16,}")
_ESCAPE: Final = re.compile(rb'\\(?:u([0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_GZIP: Final = b"\x1f\x8b"
_ZLIB: Final = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


def _views(data: bytes, encoding: str, offset: int, depth: int) -> Iterator[_View]:
    """Yield the bytes and what they are after undoing each encoding that is found in them."""
    yield encoding, offset, data
    if depth >= MAX_DEPTH:
        return
    for name, undo in _UNDO:
        for position, inner in undo(data):
            # A run inside an undone text has no place of its own in the bytes that were sent.
            where = offset if encoding else position
            yield from _views(inner, f"{encoding}, {name}".strip(", "), where, depth + 1)


def _percent(data: bytes) -> Iterator[Tuple[int, bytes]]:
    if b"%" in data:
        plain = unquote_to_bytes(data)
        if plain != data:
            yield data.index(b"%"), plain


def _json_escapes(data: bytes) -> Iterator[Tuple[int, bytes]]:
    first = _ESCAPE.search(data)
    if first is not None:
        yield first.start(), _ESCAPE.sub(_unescaped, data)


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1] is not None:
        return chr(int(match[1], 16)).encode("utf-8", "surrogatepass")
    return {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(match[2], match[2])


def _base64(data: bytes) -> Iterator[Tuple[int, bytes]]:
    for count, match in enumerate(_BASE64.finditer(data)):
        if count >= MAX_RUNS:
            return
        digits = re.sub(rb"\s", b"", match[0]).rstrip(b"=").translate(_STANDARD)
        digits = digits[: len(digits) // 4 * 4] if len(digits) % 4 == 1 else digits
        try:
            yield match.start(), binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
        except binascii.Error:
            continue


_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


def _hex(data: bytes) -> Iterator[Tuple[int, bytes]]:
    for count, match in enumerate(_HEX.finditer(data)):
        if count >= MAX_RUNS:
            return
        digits = re.sub(rb"[^0-9A-Fa-f]", b"", match[0])
        yield match.start(), bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))


def _compressed(data: bytes) -> Iterator[Tuple[int, bytes]]:
    position = data.find(_GZIP)
    runs = 0
    while position >= 0 and runs < MAX_RUNS:
        yield from _inflated(data, position, 16 + zlib.MAX_WBITS)
        position = data.find(_GZIP, position + 1)
        runs += 1
    for count, match in enumerate(_ZLIB.finditer(data)):
        if count >= MAX_RUNS:
            break
        yield from _inflated(data, match.start(), zlib.MAX_WBITS)
    yield from _inflated(data, 0, -zlib.MAX_WBITS)


def _inflated(data: bytes, start: int, bits: int) -> Iterator[Tuple[int, bytes]]:
    """Yield what a run unpacks to, also where it is cut off; nothing where it is not packed."""
    unpacker = zlib.decompressobj(bits)
    pieces: List[bytes] = []
    size = 0
    try:
        for position in range(start, len(data), 1 << 12):
            piece = unpacker.decompress(data[position : position + (1 << 12)], MAX_UNPACKED - size)
            pieces.append(piece)
            size += len(piece)
            if unpacker.eof or size >= MAX_UNPACKED:
                break
    except zlib.error:
        pass  # what was unpacked before the fault counts
    if size >= HALF:
        yield start, b"".join(pieces)


_UNDO: Final[Tuple[Tuple[str, Callable[[bytes], Iterator[Tuple[int, bytes]]]], ...]] = (
    ("percent-encoding", _percent),
    ("JSON escapes", _json_escapes),
    ("base64", _base64),
    ("hex", _hex),
    ("compressed", _compressed),
)
