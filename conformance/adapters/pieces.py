"""The bytes of a stream as a vector gives them: `stream.open` and `sse.parse`."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

__all__ = ["pieces"]


def pieces(given: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the stream in its pieces: cut at the offsets `cuts`, or every `piece_size` bytes.

    See `stream.open` in vectors/OPERATIONS.md.
    """
    raw = bytes.fromhex(given["stream"])
    for insert in given.get("insert", ()):
        middle = bytes.fromhex(insert["hex"]) * insert["times"]
        raw = raw[: insert["at"]] + middle + raw[insert["at"] :]
    size = given.get("piece_size")
    cuts = given.get("cuts", ()) if size is None else range(size, len(raw), size)
    start = 0
    for end in (*cuts, len(raw)):
        yield raw[start:end]
        start = end
