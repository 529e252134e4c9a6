"""The exchange of bits between bytes and planes."""

from __future__ import annotations

import random

import pytest

from venice_ref.crypto.transposition import exchange


@pytest.mark.parametrize("size", [1, 2, 3, 64])
def test_every_bit_of_every_byte_changes_place(size: int) -> None:
    source = random.Random(size)
    eight = [source.getrandbits(8 * size) for _ in range(8)]
    planes = exchange(eight, size)
    for j in range(8):
        for p in range(size):
            for i in range(8):
                assert planes[i] >> (8 * p + j) & 1 == eight[j] >> (8 * p + i) & 1
    assert exchange(planes, size) == eight
