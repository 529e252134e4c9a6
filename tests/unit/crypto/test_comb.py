"""The table of the generator against the definition, and the comb over it."""

from __future__ import annotations

import random

import pytest

from venice_ref.crypto import comb, glv
from venice_ref.crypto.comb import COLUMNS, TEETH, multiply_generator
from venice_ref.crypto.comb_table import GENERATOR_TABLE
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.eisenstein import LAMBDA, split
from venice_ref.crypto.twins import TWINS
from venice_ref.crypto.weierstrass import generator, multiply_textbook

n = SECP256K1.n
FAST = TWINS["venice_ref.crypto.comb.multiply_generator"].fast


def test_every_entry_is_the_sum_that_its_number_says() -> None:
    assert len(GENERATOR_TABLE) == 2 ** (TEETH - 1)
    for number, entry in enumerate(GENERATOR_TABLE):
        signs = [1 if number >> (6 - t) & 1 else -1 for t in range(7)] + [1]
        k = sum(sign << (COLUMNS * t) for t, sign in enumerate(signs))
        assert entry == multiply_textbook(SECP256K1, k % n, generator(SECP256K1))


@pytest.mark.parametrize("k", [0, 1, 2, 3, n - 1, n - 2, n, n + 1, 2**128, n // 2, 2**300])
def test_edges(k: int) -> None:
    assert FAST(k) == multiply_textbook(SECP256K1, k, generator(SECP256K1))


def test_an_exceptional_case_is_left_to_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glv, "combine", lambda *_: None)
    assert FAST(5) == multiply_textbook(SECP256K1, 5, generator(SECP256K1))


def test_the_sequence_is_one_for_all_scalars() -> None:
    draw = random.Random("comb")
    shapes = {
        tuple(len(row[0]) for row in comb._columns(*split(k, 1)))
        for k in (1, 2, n - 1, *(draw.randrange(n) for _ in range(20)))
    }
    assert len(shapes) == 1
    (shape,) = shapes
    assert (sum(shape[1:]), len(shape)) == (16, 34)


def _last_column(z: int) -> int:
    """Return the sum that column 0 selects, as a multiple of G."""
    signs = (z + (1 << COLUMNS * TEETH) - 1) >> 1
    return sum((1 if signs >> COLUMNS * t & 1 else -1) << COLUMNS * t for t in range(TEETH))


def test_no_scalar_meets_an_exceptional_case() -> None:
    """All that could, as `multiply_generator` derives them."""
    sums = [
        sum((1 if column >> t & 1 else -1) << COLUMNS * t for t in range(TEETH))
        for column in range(1 << TEETH)
    ]
    for b in sums:
        for k in (b * LAMBDA, 2 * b * LAMBDA):
            assert _last_column(split(k % n, 1)[1]) != b
        for a in sums:
            k1, k2 = split((2 * a + b * LAMBDA) % n, 1)
            assert (_last_column(k1), _last_column(k2)) != (a, b)


def test_the_form_in_use_gives_the_generator() -> None:
    assert multiply_generator(1) == generator(SECP256K1)
