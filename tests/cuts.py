"""The ways in which a network may cut a stream of bytes."""

from __future__ import annotations

from typing import Iterator, List


def every_cut(raw: bytes) -> Iterator[List[bytes]]:
    """Yield the pieces of `raw`: whole, byte by byte, with empty ones, and each two-piece cut."""
    yield [raw]
    yield [raw[i : i + 1] for i in range(len(raw))]
    yield [b"", *(raw[i : i + 3] for i in range(0, len(raw), 3)), b""]
    for i in range(1, len(raw)):
        yield [raw[:i], raw[i:]]


def at(raw: bytes, positions: List[int]) -> List[bytes]:
    """Return the pieces of `raw` cut at the positions, each taken modulo its length."""
    bounds = sorted({position % (len(raw) + 1) for position in positions} | {0, len(raw)})
    return [raw[start:end] for start, end in zip(bounds, bounds[1:])]
