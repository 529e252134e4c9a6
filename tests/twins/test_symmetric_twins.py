"""Each fast form of the symmetric primitives equals its textbook, on edge and on random inputs.

The pairs come from the registry.  A fast form without inputs here fails the last test.
"""

from __future__ import annotations

import random
from typing import Any, Callable, Dict, Iterator, Tuple

import pytest

from venice_ref.crypto import aes, aes_planes, gcm, ghash, keccak
from venice_ref.crypto.twins import TWINS

Arguments = Tuple[Any, ...]
MODULES = tuple(module.__name__ + "." for module in (aes, aes_planes, gcm, ghash, keccak))

ZEROS = bytes(32)
ONES = b"\xff" * 32
ELEMENT_ONE = b"\x80" + bytes(15)
"""The polynomial 1 of GHASH."""


def keys(source: random.Random) -> Iterator[Arguments]:
    yield (ZEROS,)
    yield (ONES,)
    for bit in (0, 7, 100, 255):
        yield ((1 << bit).to_bytes(32, "big"),)
    for _ in range(60):
        yield (source.randbytes(32),)


def blocks_of(*counts: int) -> Callable[[random.Random], Iterator[Arguments]]:
    def inputs(source: random.Random) -> Iterator[Arguments]:
        for key in (ZEROS, ONES, source.randbytes(32)):
            round_keys = aes.key_expansion_textbook(key)
            for count in counts:
                yield (round_keys, source.randbytes(16 * count))
            yield (round_keys, bytes(16 * counts[1]))
            yield (round_keys, b"\xff" * (16 * counts[-1]))

    return inputs


def hashed_of(*counts: int) -> Callable[[random.Random], Iterator[Arguments]]:
    def inputs(source: random.Random) -> Iterator[Arguments]:
        for H in (bytes(16), b"\xff" * 16, ELEMENT_ONE, bytes(15) + b"\x01", source.randbytes(16)):
            for count in counts:
                yield (H, source.randbytes(16 * count))
                yield (H, b"\xff" * (16 * count))

    return inputs


def messages(source: random.Random) -> Iterator[Arguments]:
    for size in (0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 223, 224, 225, 1119, 1120, 1121, 1200):
        yield (source.randbytes(32), source.randbytes(12), size)


def counters(source: random.Random) -> Iterator[Arguments]:
    for count in (0, 1, 2, 16, 17, 100, 200, 255, 256, 257, aes_planes.FEWEST + 3):
        yield (aes.key_expansion_textbook(source.randbytes(32)), source.randbytes(12), count)


def texts(source: random.Random) -> Iterator[Arguments]:
    for size in (0, 1, 32, 64, 65, 134, 135, 136, 137, 271, 272, 273, 500):
        yield (source.randbytes(size),)
        yield (b"\xff" * size,)


INPUTS: Dict[str, Callable[[random.Random], Iterator[Arguments]]] = {
    "venice_ref.crypto.aes.key_expansion": keys,
    "venice_ref.crypto.aes._encrypt_few": blocks_of(0, 1, 2, 3, 4, 5, 15, 16),
    "venice_ref.crypto.aes._encrypt_many": blocks_of(1, 2, 3, 16, 17, 71, 72, 129),
    "venice_ref.crypto.aes_planes.encrypt_counters": counters,
    "venice_ref.crypto.ghash._ghash_short": hashed_of(0, 1, 2, 3, 5, 20, 56),
    "venice_ref.crypto.ghash._ghash_long": hashed_of(0, 1, 7, 8, 9, 31, 32, 33, 55, 56, 57, 130),
    "venice_ref.crypto.ghash._ghash_very_long": hashed_of(0, 1, 7, 8, 9, 130),
    "venice_ref.crypto.gcm.keystream": messages,
    "venice_ref.crypto.keccak.keccak_256": texts,
}


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_fast_form_equals_its_textbook(name: str) -> None:
    twin = TWINS[name]
    assert twin.fast is not twin.textbook
    compared = 0
    for arguments in INPUTS[name](random.Random(name)):
        assert twin.fast(*arguments) == twin.textbook(*arguments)
        compared += 1
    assert compared >= 10


@pytest.mark.parametrize("blocks", [512, 513, 2048, 2049])
def test_ghash_on_many_lanes(blocks: int) -> None:
    # 64 lanes, 128 lanes, 256 lanes; beyond what every pair above can afford.
    source = random.Random(blocks)
    H, X = source.randbytes(16), source.randbytes(16 * blocks)
    assert ghash._ghash_long(H, X) == ghash.ghash_textbook(H, X)


@pytest.mark.parametrize("blocks", [2048, 2049, 2500, 4097])
def test_ghash_folded_from_planes(blocks: int) -> None:
    source = random.Random(blocks)
    H, X = source.randbytes(16), source.randbytes(16 * blocks)
    assert ghash._ghash_very_long(H, X) == ghash.ghash_textbook(H, X)


def test_every_pair_has_inputs() -> None:
    registered = {name for name in TWINS if name.startswith(MODULES)}
    assert registered == set(INPUTS)
