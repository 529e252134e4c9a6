"""GHASH against the intermediate values of McGrew and Viega, and the laws of the field."""

from __future__ import annotations

import random

import pytest

from venice_ref.crypto import ghash as module
from venice_ref.crypto.ghash import ghash, ghash_textbook, multiply_textbook
from venice_ref.crypto.twins import TWINS
from venice_ref.errors import UsageError

ONE = 1 << 127
"""The polynomial 1: x_0 is the highest bit."""

U = 1 << 126
"""The polynomial u."""

# "The Galois/Counter Mode of Operation", appendix B, test case 16 (AES-256): A, C, their lengths.
H16 = bytes.fromhex("acbef20579b4b8ebce889bac8732dad7")
X16 = bytes.fromhex(
    "feedfacedeadbeeffeedfacedeadbeef"
    "abaddad2000000000000000000000000"
    "522dc1f099567d07f47f37a32a84427d"
    "643a8cdcbfe5c0c97598a2bd2555d1aa"
    "8cb08e48590dbb3da7b08b1056828838"
    "c5f61e6393ba7a0abcc9f66200000000"
    "00000000000000a000000000000001e0"
)
GHASH16 = bytes.fromhex("8bd0c4d8aacd391e67cca447e8c38f65")


def test_published_value() -> None:
    assert ghash_textbook(H16, X16) == GHASH16
    assert ghash(H16, X16) == GHASH16


@pytest.mark.parametrize("blocks", [0, 1, 20, 48, 49, 50, 51, 200, 1000])
def test_blocks_of_zeros_in_front_change_nothing(blocks: int) -> None:
    # Brings the published value through the short form and through every number of lanes.
    assert ghash(H16, bytes(16 * blocks) + X16) == GHASH16


def test_no_blocks_hash_to_zero() -> None:
    assert ghash(H16, b"") == bytes(16)
    assert ghash_textbook(H16, b"") == bytes(16)


def test_field_laws_of_the_textbook() -> None:
    source = random.Random(1)
    for _ in range(20):
        x, y, z = (source.getrandbits(128) for _ in range(3))
        assert multiply_textbook(x, ONE) == x == multiply_textbook(ONE, x)
        assert multiply_textbook(x, y) == multiply_textbook(y, x)
        assert multiply_textbook(x, y ^ z) == multiply_textbook(x, y) ^ multiply_textbook(x, z)
        assert multiply_textbook(multiply_textbook(x, y), z) == multiply_textbook(
            x, multiply_textbook(y, z)
        )


def test_the_reduction_polynomial() -> None:
    # SP 800-38D, 6.3: u^128 = 1 + u + u^2 + u^7.
    power = ONE
    for _ in range(128):
        power = multiply_textbook(power, U)
    assert power == sum(1 << (127 - k) for k in (0, 1, 2, 7))


def test_a_square_128_times_is_the_element_itself() -> None:
    # x^(2^128) = x holds in this field and in no ring of another size.
    x = element = random.Random(2).getrandbits(128)
    for _ in range(128):
        x = multiply_textbook(x, x)
    assert x == element


@pytest.mark.parametrize("x", [0, 1, ONE, U, (1 << 128) - 1])
@pytest.mark.parametrize("y", [0, 1, ONE, U, (1 << 128) - 1])
def test_spread_product_at_its_bounds(x: int, y: int) -> None:
    # All ones times all ones puts 128 into a byte of the product, the most that can meet there.
    spread = [module._spread_block(value.to_bytes(16, "big")) for value in (x, y)]
    product = module._multiply_spread(spread[0], spread[1])
    assert module._gather_block(product) == multiply_textbook(x, y)


@pytest.mark.parametrize("n", [8, 16, 32, 64, 512])
def test_transposition_is_its_own_inverse_and_moves_every_bit(n: int) -> None:
    transposition = module._Transposition(n)
    bits = random.Random(n).getrandbits(128 * n)
    moved = transposition.apply(bits)
    assert moved != bits
    assert transposition.apply(moved) == bits
    assert bin(moved).count("1") == bin(bits).count("1")


@pytest.mark.parametrize("n", [8, 16, 64])
def test_transposition_brings_each_coefficient_to_its_group(n: int) -> None:
    # Byte m of block q sits in plane m; its bit of weight 2^b is coefficient 8m + 7 - b.
    transposition = module._Transposition(n)
    for m, b, q in ((0, 7, 0), (0, 0, n - 1), (3, 4, 1), (15, 0, n // 2), (9, 6, n - 2)):
        blocks = bytearray(16 * n)
        blocks[16 * q + m] = 1 << b
        planes = b"".join([blocks[i::16] for i in range(16)])
        moved = transposition.apply(int.from_bytes(planes, "big"))
        assert bin(moved).count("1") == 1
        assert (moved.bit_length() - 1) // n == 127 - (8 * m + 7 - b)


@pytest.mark.parametrize("blocks", [15, 16, 17, 24, 63, 64, 65, 128, 129, 200])
def test_folding_and_pieces(blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # The sizes of the page, made small: several foldings a piece, and several pieces.
    monkeypatch.setattr(module, "_FOLDED", 16)
    monkeypatch.setattr(module, "_PIECE", 64)
    source = random.Random(blocks)
    H, X = source.randbytes(16), source.randbytes(16 * blocks)
    fast = TWINS["venice_ref.crypto.ghash._ghash_very_long"].fast
    assert fast(H, X) == ghash_textbook(H, X)


def test_planes_are_the_coefficients_the_last_block_lowest() -> None:
    source = random.Random(3)
    X = source.randbytes(16 * 24)
    planes = module._to_planes(X)
    blocks = [int.from_bytes(X[i : i + 16], "big") for i in range(0, len(X), 16)]
    for k in range(128):
        expected = [block >> (127 - k) & 1 for block in reversed(blocks)]
        assert [planes[k] >> i & 1 for i in range(24)] == expected
    assert module._from_planes(planes, 24) == X


def test_the_matrix_multiplies_every_block() -> None:
    source = random.Random(4)
    X, E = source.randbytes(16 * 8), source.getrandbits(128)
    product = module._from_planes(module._times_matrix(module._to_planes(X), module._matrix(E)), 8)
    for i in range(0, len(X), 16):
        x = int.from_bytes(X[i : i + 16], "big")
        assert int.from_bytes(product[i : i + 16], "big") == multiply_textbook(x, E)


def test_other_sizes_are_refused() -> None:
    for form in (ghash, ghash_textbook):
        with pytest.raises(UsageError, match="subkey of 15 bytes"):
            form(bytes(15), bytes(16))
        with pytest.raises(UsageError, match="17 bytes"):
            form(bytes(16), bytes(17))
