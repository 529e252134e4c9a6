"""The comb of a point, against the definition; and the combs that are at hand."""

from __future__ import annotations

import random
from typing import Tuple

import pytest

from venice_ref.crypto import jacobian, known_combs, weierstrass
from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.point_comb import (
    SUMS,
    TEETH,
    Comb,
    columns,
    comb_table,
    comb_terms,
    span,
)
from venice_ref.crypto.twins import TWINS
from venice_ref.crypto.weierstrass import Curve, Point, add, generator, multiply_textbook

CURVES = pytest.mark.parametrize("curve", [SECP256K1, P256, P384], ids=lambda curve: curve.name)
FAST = TWINS["venice_ref.crypto.weierstrass.multiply_add"].fast


def check_every_entry(curve: Curve, P: Tuple[int, int], comb: Comb) -> None:
    """Compare all 512 sums with the definition.

    The first of a block is minus all of its teeth; turning one sign adds twice that tooth.
    """
    size = span(curve.n.bit_length())
    for block in (0, 1):
        shifts = [size * (2 * t + block) for t in range(TEETH)]
        twice = [multiply_textbook(curve, 2 << shift, P) for shift in shifts]
        first = curve.n - sum(1 << shift for shift in shifts)
        assert comb[SUMS * block] == multiply_textbook(curve, first, P)
        for number in range(1, SUMS):
            top = number.bit_length() - 1  # the tooth 7 - top
            without = comb[SUMS * block + number - (1 << top)]
            assert comb[SUMS * block + number] == add(curve, without, twice[TEETH - 1 - top])


@CURVES
def test_every_entry_is_the_sum_that_its_number_says(curve: Curve) -> None:
    comb = comb_table(curve.p, curve.a, generator(curve), span(curve.n.bit_length()))
    assert comb is not None
    assert len(comb) == 2 * SUMS
    check_every_entry(curve, generator(curve), comb)


@pytest.mark.parametrize("k", [1, -1, 3, 2**256 - 1, 1 - 2**256, 0xDEADBEEF])
def test_the_columns_are_the_signs_of_the_scalar(k: int) -> None:
    count = 2 * span(256)
    total = 0
    for column in reversed(columns(k, count)):
        signs = [1 if column >> (TEETH - 1 - t) & 1 else -1 for t in range(TEETH)]
        total = 2 * total + sum(sign << (count * t) for t, sign in enumerate(signs))
    assert total == k


@CURVES
@pytest.mark.parametrize("products", [1, 2, 3])
def test_the_terms_are_the_sum_of_the_products(curve: Curve, products: int) -> None:
    size = span(curve.n.bit_length())
    draw = random.Random(curve.name)
    points = [multiply_textbook(curve, draw.randrange(curve.n), generator(curve)) for _ in "abc"]
    known = [P for P in points[:products] if P is not None]
    scalars = [draw.randrange(curve.n) | 1 for _ in known]
    combs = [comb for P in known if (comb := comb_table(curve.p, curve.a, P, size))]
    terms = comb_terms(curve.p, combs, scalars, size)
    assert terms is not None
    expected: Point = None
    for k, P in zip(scalars, known):
        expected = add(curve, expected, multiply_textbook(curve, k, P))
    assert jacobian.combine(curve.p, curve.a, terms) == expected


def test_terms_with_equal_points_are_refused() -> None:
    comb = comb_table(P256.p, P256.a, generator(P256), span(256))
    assert comb is not None
    assert comb_terms(P256.p, [comb, comb], [5, 5], span(256)) is None
    assert comb_terms(P256.p, [comb, comb], [5, -5], span(256)) is None


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
def test_a_comb_at_hand_is_that_of_its_point(P: Tuple[int, int]) -> None:
    assert weierstrass.is_on_curve(P256, P)
    comb = known_combs.known_comb(P256, P)
    assert comb is not None
    check_every_entry(P256, P, comb)
    assert [comb[i] for i in range(2 * SUMS)] == comb_table(P256.p, P256.a, P, span(256))


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
