from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venice_ref.crypto import eisenstein, glv
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.eisenstein import LAMBDA, PI
from venice_ref.crypto.twins import TWINS
from venice_ref.crypto.weierstrass import generator, is_on_curve, multiply_textbook
from venice_ref.errors import UsageError

n, p = SECP256K1.n, SECP256K1.p
G = (SECP256K1.gx, SECP256K1.gy)
EDGES = [
    *range(70),
    *range(n - 70, n + 3),
    *(1 << i for i in range(0, 260, 7)),
    *(n - (1 << i) for i in range(0, 256, 7)),
    *(i * LAMBDA % n for i in range(-70, 71)),
    *(i * LAMBDA**2 % n for i in range(-33, 34)),
    n // 2,
    n // 2 + 1,
    n // 3,
    2**128 - 1,
    2**129 + 1,
    abs(PI[0]),
    abs(PI[1]),
    2**256 - 1,
    2**300 + 12345,
]


def test_the_constant_is_what_the_page_says() -> None:
    assert (glv.BETA**2 + glv.BETA + 1) % p == 0


def test_the_endomorphism_is_multiplication_by_lambda() -> None:
    for k in (1, 2, 0xC0FFEE):
        P = multiply_textbook(SECP256K1, k, generator(SECP256K1))
        assert P is not None
        mapped = (glv.BETA * P[0] % p, P[1])
        assert is_on_curve(SECP256K1, mapped)
        assert mapped == multiply_textbook(SECP256K1, LAMBDA, P)


def test_edge_scalars_against_the_definition() -> None:
    P = multiply_textbook(SECP256K1, 0xC0FFEE, generator(SECP256K1))
    for k in random.Random(1).sample(EDGES, 120):
        assert glv.multiply(k, P) == multiply_textbook(SECP256K1, k, P)


def test_zero_and_infinity() -> None:
    assert glv.multiply(0, G) is None
    assert glv.multiply(n, G) is None
    assert glv.multiply(5, None) is None
    assert glv.multiply(n + 1, G) == G


def test_no_scalar_meets_an_exceptional_case_in_the_last_row() -> None:
    """The finite part of the argument in `glv.multiply_planned`: k = 2*d for each digit d."""
    for u, v in eisenstein._DIGITS:
        k = 2 * (u + v * LAMBDA) % n
        xs, ws, common = glv.table(G)
        product = glv.combine(eisenstein.digits(k), xs, ws, common)
        assert product is not None
        assert product == glv.multiply_textbook(k, G)


def test_an_exceptional_case_is_seen_and_left_to_the_definition() -> None:
    """5 + 5*w at the end of a sum that is 5 + 5*w so far: Q + Q."""
    xs, ws, common = glv.table(G)
    same = eisenstein._DIGITS[5, 5]
    none = ((), *same[1:])
    assert glv.combine([same, none], xs, ws, common) is None
    opposite = ((), *eisenstein._DIGITS[-5, -5][1:])
    assert glv.combine([same, opposite], xs, ws, common) is None
    fast = TWINS["venice_ref.crypto.glv.multiply_planned"].fast
    assert fast([same, none], 10 * (1 + LAMBDA) % n, G) == glv.multiply_textbook(
        10 * (1 + LAMBDA) % n, G
    )


def test_the_table_is_what_it_says() -> None:
    P = multiply_textbook(SECP256K1, 0xC0FFEE, G)
    assert P is not None
    xs, ws, Z = glv.table(P)
    inverse = pow(Z, -1, p)
    for (u, v), (_, i, j) in eisenstein._DIGITS.items():
        Q = multiply_textbook(SECP256K1, (u + v * LAMBDA) % n, P)
        assert Q is not None
        assert xs[i] * inverse**2 % p == Q[0]
        assert ws[j] * inverse**3 % p == 2 * Q[1] % p


def test_a_point_that_is_not_on_the_curve_is_for_the_caller_to_refuse() -> None:
    """(1, 3) is on y^2 = x^3 + 8, where the endomorphism is another multiplication."""
    assert not is_on_curve(SECP256K1, (1, 3))
    found = glv.combine(eisenstein.digits(2), *glv.table((1, 3)))
    assert found != multiply_textbook(SECP256K1, 2, (1, 3))


@pytest.mark.parametrize("k", [-1, True, 2.0, None])
def test_scalars_that_are_refused(k: Any) -> None:
    with pytest.raises(UsageError):
        glv.multiply(k, G)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, n - 1), st.integers(1, n - 1))
def test_multiplication_commutes_and_distributes(u: int, v: int) -> None:
    uG, vG = glv.multiply(u, G), glv.multiply(v, G)
    assert is_on_curve(SECP256K1, uG)
    assert glv.multiply(v, uG) == glv.multiply(u, vG) == glv.multiply(u * v, G)
