"""The step between bytes and bit planes, in both directions.

Eight integers hold whole bytes, number g those of the elements g, g + 8, g + 16 ..; or they are
eight planes, of which number b holds bit b of every element, one after the other.  Bit 8p + i of
number j is bit i of element 8p + j in the first case, and bit j of element 8p + i in the second: to
go from one to the other is to exchange i and j.  That is done one binary digit after the other, of
weight d = 4, 2, 1: where the digit of j is 0 and that of i is 1, change places with the bit for
which they are 1 and 0, which is d places lower in number j + d.
"""

from __future__ import annotations

from functools import lru_cache
from typing import List, Sequence, Tuple

__all__ = ["exchange"]


def exchange(eight: Sequence[int], size: int) -> List[int]:
    """Return the planes of eight integers of bytes, or the reverse; each has `size` bytes."""
    planes = list(eight)
    for distance, mask in _masks(size):
        for low in range(8):
            if not low & distance:
                one, two = planes[low], planes[low + distance]
                differ = (one >> distance ^ two) & mask
                planes[low], planes[low + distance] = one ^ differ << distance, two ^ differ
    return planes


@lru_cache(maxsize=8)
def _masks(size: int) -> Tuple[Tuple[int, int], ...]:
    """Return (distance, the bits whose digit `distance` is 0) for the three steps."""
    return tuple(
        (distance, int.from_bytes(bytes((pattern,)) * size, "little"))
        for distance, pattern in ((4, 0x0F), (2, 0x33), (1, 0x55))
    )
