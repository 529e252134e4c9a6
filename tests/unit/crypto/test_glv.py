from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venice_ref.crypto import glv, jacobian
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.weierstrass import generator, is_on_curve, multiply_textbook
from venice_ref.errors import UsageError

n, p = SECP256K1.n, SECP256K1.p
G = (SECP256K1.gx, SECP256K1.gy)
EDGES = [
    *range(70),
    *range(n - 70, n + 3),
    *(1 << i for i in range(0, 260, 7)),
    *(n - (1 << i) for i in range(0, 256, 7)),
    *(i * glv.LAMBDA % n for i in range(-70, 71)),
    *(i * glv.LAMBDA**2 % n for i in range(-33, 34)),
    n // 2,
    n // 2 + 1,
    n // 3,
    2**128 - 1,
    2**129 + 1,
    abs(glv.PI[0]),
    abs(glv.PI[1]),
    2**256 - 1,
    2**300 + 12345,
]


def test_the_constants_are_what_the_page_says() -> None:
    A, B = glv.PI
    assert (glv.BETA**2 + glv.BETA + 1) % p == 0
    assert (glv.LAMBDA**2 + glv.LAMBDA + 1) % n == 0
    norm = A * A - A * B + B * B
    assert norm == n
    assert (A + B * glv.LAMBDA) % n == 0
    assert A % 2 == 1
    assert B % 2 == 1


def test_the_endomorphism_is_multiplication_by_lambda() -> None:
    for k in (1, 2, 0xC0FFEE):
        P = multiply_textbook(SECP256K1, k, generator(SECP256K1))
        assert P is not None
        mapped = (glv.BETA * P[0] % p, P[1])
        assert is_on_curve(SECP256K1, mapped)
        assert mapped == multiply_textbook(SECP256K1, glv.LAMBDA, P)


def check_split(k: int) -> None:
    k1, k2 = glv.split(k)
    assert k1 % 2 == 1
    assert k2 % 2 == 1
    assert max(abs(k1), abs(k2)) < 2**129
    assert (k1 + k2 * glv.LAMBDA - k) % n == 0


def test_split_of_edges() -> None:
    for k in EDGES:
        check_split(k % n)


@given(st.integers(0, n - 1))
def test_split(k: int) -> None:
    check_split(k)


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
    """The finite part of the argument in `glv.multiply`: every k = i + j*lambda, |i|, |j| <= 62."""
    largest = 2**jacobian.WINDOW - 1
    for i in range(-62, 63):
        for j in range(-62, 63):
            k = (i + j * glv.LAMBDA) % n
            if k == 0:
                continue
            d1, d2 = (2 * jacobian.digits_of_odd(part, 26)[-1] - largest for part in glv.split(k))
            operand = d2 * glv.LAMBDA
            before_second = (k - operand) % n
            before_first = (before_second - d1) % n
            assert before_first not in {d1 % n, -d1 % n}
            assert before_second not in {operand % n, -operand % n}


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
