from __future__ import annotations

from itertools import product
from typing import Iterator, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.crypto.toy_curves import TOY_CURVES, every_point
from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.jacobian import (
    WINDOW,
    JacobianPoint,
    add_affine,
    add_pairs,
    combine,
    digits_of_odd,
    double_repeatedly,
    sparse_digits,
    sparse_terms,
    window_table,
)
from venice_ref.crypto.weierstrass import (
    Curve,
    Point,
    add,
    generator,
    multiply_textbook,
    negate,
)

TOYS = pytest.mark.parametrize("curve", TOY_CURVES, ids=lambda curve: curve.name)
CURVES = pytest.mark.parametrize(
    "curve", [*TOY_CURVES, SECP256K1, P256, P384], ids=lambda curve: curve.name
)
LARGEST = 2**WINDOW - 1


def affine(curve: Curve, P: JacobianPoint) -> Point:
    X, Y, Z = P
    if Z == 0:
        return None
    inverse = pow(Z, -1, curve.p)
    return X * inverse**2 % curve.p, Y * inverse**3 % curve.p


def triples(curve: Curve, P: Tuple[int, int]) -> Iterator[JacobianPoint]:
    """Yield some of the triples that stand for P."""
    for Z in (1, 2, curve.p // 3, curve.p - 1):
        yield P[0] * Z**2 % curve.p, P[1] * Z**3 % curve.p, Z


@TOYS
def test_doubling_every_point(curve: Curve) -> None:
    for P in every_point(curve):
        for triple, times in product(triples(curve, P), (1, 2, 5)):
            doubled = double_repeatedly(curve.p, curve.a, triple, times)
            assert all(0 <= coordinate < curve.p for coordinate in doubled)
            assert affine(curve, doubled) == multiply_textbook(curve, 2**times, P)


@TOYS
def test_adding_every_two_points(curve: Curve) -> None:
    points = every_point(curve)
    for P, Q in product(points, points):
        for triple in triples(curve, P):
            total = add_affine(curve.p, triple, Q)
            if Q in (P, negate(curve, P)):
                assert total[2] == 0
            else:
                assert affine(curve, total) == add(curve, P, Q)


@TOYS
def test_infinity_stays_infinity(curve: Curve) -> None:
    """What makes one test of Z at the end sufficient."""
    for X, Y in product(range(0, curve.p, 5), repeat=2):
        assert double_repeatedly(curve.p, curve.a, (X, Y, 0), 3)[2] == 0
        assert add_affine(curve.p, (X, Y, 0), generator(curve))[2] == 0


@CURVES
def test_the_window_table_holds_the_odd_multiples(curve: Curve) -> None:
    for P in (generator(curve), multiply_textbook(curve, 12345 % curve.n, generator(curve))):
        assert P is not None
        table = window_table(curve.p, curve.a, P)
        assert len(table) == 2**WINDOW
        for v, entry in enumerate(table):
            digit = 2 * v - LARGEST
            expected = multiply_textbook(curve, abs(digit), P)
            assert entry == (expected if digit > 0 else negate(curve, expected))


@given(st.integers(1, 60), st.data())
def test_digits_write_the_scalar(count: int, data: st.DataObject) -> None:
    bound = 2 ** (WINDOW * count) - 1
    k = data.draw(st.integers(-(bound // 2) - 1, bound // 2)) * 2 + 1
    digits = digits_of_odd(k, count)
    assert len(digits) == count
    assert all(0 <= v <= LARGEST for v in digits)
    value = 0
    for v in digits:
        value = value * 2**WINDOW + (2 * v - LARGEST)
    assert value == k


def test_digits_of_the_extremes() -> None:
    assert digits_of_odd(2 ** (3 * WINDOW) - 1, 3) == [LARGEST] * 3
    assert digits_of_odd(1 - 2 ** (3 * WINDOW), 3) == [0] * 3


@TOYS
def test_combine_of_several_points(curve: Curve) -> None:
    G = generator(curve)
    table = window_table(curve.p, curve.a, G)
    one = (1 + LARGEST) // 2
    rows = [(one + 3, one + 1, one), (one + 1, one + 2, one + 3)]
    terms = [(5 * (1 - i), table[v]) for i, row in enumerate(rows) for v in row]
    value = sum((2 * v - LARGEST) * w for row, w in zip(rows, (32, 1)) for v in row)
    expected = multiply_textbook(curve, value % curve.n, G)
    assert combine(curve.p, curve.a, terms) == expected
    assert combine(curve.p, curve.a, terms[::-1]) == expected


@TOYS
def test_combine_doubles_what_is_left(curve: Curve) -> None:
    G = generator(curve)
    expected = multiply_textbook(curve, 9 * 8 % curve.n, G)
    nine = multiply_textbook(curve, 9, G)
    assert nine is not None
    assert combine(curve.p, curve.a, [(3, nine)]) == expected


@TOYS
def test_combine_reports_an_exceptional_case(curve: Curve) -> None:
    G = generator(curve)
    table = window_table(curve.p, curve.a, G)
    for row in ((20, 20), (20, LARGEST - 20)):  # P + P, P - P
        terms = [(5, table[v]) for v in row]
        assert combine(curve.p, curve.a, terms) is None
        assert combine(curve.p, curve.a, [*terms, (0, table[16]), (0, table[17])]) is None


# --- Sparse digits ------------------------------------------------------------------------------


@given(st.integers(min_value=0, max_value=1 << 400))
def test_sparse_digits_are_the_scalar(k: int) -> None:
    found = sparse_digits(k)
    assert sum(digit << position for position, digit in found) == k
    positions = [position for position, _ in found]
    assert all(above - below > WINDOW for below, above in zip(positions, positions[1:]))
    assert all(digit % 2 and abs(digit) < 1 << WINDOW for _, digit in found)


@pytest.mark.parametrize("curve", [P256, P384], ids=lambda curve: curve.name)
def test_sparse_terms_are_the_product(curve: Curve) -> None:
    G = generator(curve)
    assert sparse_terms(curve.p, curve.a, G, 0) == []
    for k in (1, 2, 31, 32, 33, 2**200, curve.n - 1, curve.n // 3):
        terms = sparse_terms(curve.p, curve.a, G, k)
        total = combine(curve.p, curve.a, terms)
        assert total == multiply_textbook(curve, k, G)


# --- Pairs --------------------------------------------------------------------------------------


def test_pairs_are_added_with_one_inversion() -> None:
    G = generator(P256)
    multiples = [multiply_textbook(P256, k, G) for k in range(1, 7)]
    points = [P for P in multiples if P is not None]
    assert add_pairs(P256.p, points[:3], points[3:]) == [
        add(P256, P, Q) for P, Q in zip(points[:3], points[3:])
    ]
    assert add_pairs(P256.p, [], []) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_pair_of_equal_or_opposite_points_is_refused(sign: int) -> None:
    x, y = generator(P256)
    other = multiply_textbook(P256, 2, (x, y))
    assert other is not None
    assert add_pairs(P256.p, [other, (x, y)], [(x, y), (x, sign * y % P256.p)]) is None
