"""The comb of a point, against the definition; and the combs that are at hand."""

from __future__ import annotations

import random
from typing import Tuple

import pytest

from venice_ref.crypto import known_combs, weierstrass
from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.point_comb import TEETH, column_count, columns, comb_table
from venice_ref.crypto.twins import TWINS
from venice_ref.crypto.weierstrass import Curve, generator, multiply_textbook

CURVES = pytest.mark.parametrize("curve", [SECP256K1, P256, P384], ids=lambda curve: curve.name)
FAST = TWINS["venice_ref.crypto.weierstrass.multiply_add"].fast


@CURVES
def test_every_entry_is_the_sum_that_its_number_says(curve: Curve) -> None:
    count = column_count(curve.n.bit_length())
    G = generator(curve)
    table = comb_table(curve.p, curve.a, G, count)
    assert table is not None
    assert len(table) == 2**TEETH
    for number in {0, 1, 2, 3, 127, 128, 254, 255} | set(random.Random(1).sample(range(256), 20)):
        signs = [1 if number >> (TEETH - 1 - t) & 1 else -1 for t in range(TEETH)]
        k = sum(sign << (count * t) for t, sign in enumerate(signs))
        assert table[number] == multiply_textbook(curve, k % curve.n, G)


@pytest.mark.parametrize("k", [1, -1, 3, 2**256 - 1, 1 - 2**256, 0xDEADBEEF])
def test_the_columns_are_the_signs_of_the_scalar(k: int) -> None:
    count = column_count(256)
    total = 0
    for column in columns(k, count):
        signs = [1 if column >> (TEETH - 1 - t) & 1 else -1 for t in range(TEETH)]
        total = 2 * total + sum(sign << (count * t) for t, sign in enumerate(signs))
    assert total == k


@CURVES
def test_points_that_come_again_get_a_comb(curve: Curve) -> None:
    weierstrass.forget_points()
    draw = random.Random(curve.name)
    G = generator(curve)
    Q = multiply_textbook(curve, draw.randrange(curve.n), G)
    for use in range(1, 7):
        u, v = draw.randrange(curve.n), draw.randrange(curve.n)
        expected = weierstrass.multiply_add_textbook(curve, u, G, v, Q)
        assert FAST(curve, u, G, v, Q) == expected
        made = 1 if curve == P256 else 2  # the comb of the generator of P-256 is at hand
        assert weierstrass._comb.cache_info().currsize == (made - 1 if use <= 2 else made)
    for u, v in ((1, 1), (2, 2), (curve.n - 1, curve.n - 1), (1, curve.n - 1), (0, 5), (5, 0)):
        assert FAST(curve, u, G, v, Q) == weierstrass.multiply_add_textbook(curve, u, G, v, Q)


def test_a_group_that_is_too_small_has_no_comb() -> None:
    """y^2 = x^3 + 7 over F_97 has 79 points; the sums of a comb would meet."""
    assert comb_table(97, 0, (1, 28), 1) is None


def test_products_that_meet_are_left_to_the_definition() -> None:
    G = generator(P256)
    for _ in range(5):
        assert FAST(P256, 5, G, 7, G) == multiply_textbook(P256, 12, G)
        assert FAST(P256, 5, G, P256.n - 5, G) is None


def test_the_number_of_combs_is_bounded() -> None:
    assert weierstrass._comb.cache_info().maxsize == 16
    assert weierstrass._uses.cache_info().maxsize == 64


# --- The combs at hand --------------------------------------------------------------------------


@pytest.mark.parametrize("P", known_combs.POINTS, ids=lambda P: f"{P[0]:x}"[:8])
def test_a_comb_at_hand_is_the_one_that_would_be_made(P: Tuple[int, int]) -> None:
    assert weierstrass.is_on_curve(P256, P)
    made = comb_table(P256.p, P256.a, P, column_count(256))
    assert known_combs.known_comb(P256, P) == made


def test_two_products_of_points_with_a_comb_at_hand() -> None:
    weierstrass.forget_points()
    draw = random.Random("at hand")
    G, *others = known_combs.POINTS
    for Q in others:
        u, v = draw.randrange(P256.n), draw.randrange(P256.n)
        assert FAST(P256, u, G, v, Q) == weierstrass.multiply_add_textbook(P256, u, G, v, Q)
    assert weierstrass._comb.cache_info().currsize == 0


def test_no_other_point_has_a_comb_at_hand() -> None:
    G = generator(P256)
    assert known_combs.known_comb(SECP256K1, G) is None
    assert known_combs.known_comb(P256, (G[0], P256.p - G[1])) is None
