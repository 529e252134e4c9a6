"""The number theory under the multiplication on secp256k1, checked as the page states it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venice_ref.crypto import eisenstein
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.eisenstein import CHAIN, LAMBDA, PI, ROWS, Eisenstein, digits, norm, split

n = SECP256K1.n
DIGITS = eisenstein._DIGITS
BY_SELECTION = {selection: digit for digit, selection in DIGITS.items()}
UNITS = ((1, 0), (0, 1), (-1, -1), (-1, 0), (0, -1), (1, 1))


def times(z: Eisenstein, y: Eisenstein) -> Eisenstein:
    """(u + v*w)(a + b*w) with w^2 = -1 - w."""
    (u, v), (a, b) = z, y
    return u * a - v * b, u * b + v * a - v * b


def is_odd(z: Eisenstein) -> bool:
    return bool((z[0] | z[1]) & 1)


def test_the_constants_are_what_the_page_says() -> None:
    A, B = PI
    assert (LAMBDA**2 + LAMBDA + 1) % n == 0
    assert norm(PI) == n
    assert (A + B * LAMBDA) % n == 0
    assert A % 2 == 1
    assert B % 2 == 1


def test_the_digits_are_two_for_each_odd_residue_modulo_8() -> None:
    assert len(DIGITS) == 96
    assert {norm(digit) for digit in DIGITS} <= set(range(1, 50))
    for u in range(8):
        for v in range(8):
            here = [d for d in DIGITS if (d[0] - u) % 8 == 0 == (d[1] - v) % 8]
            assert len(here) == (2 if is_odd((u, v)) else 0)
            assert len({(d[0] % 16, d[1] % 16) for d in here}) == len(here)


def test_the_digits_are_the_chain_and_its_multiples_by_units() -> None:
    assert {times(unit, z) for unit in UNITS for z in CHAIN} == set(DIGITS)
    for i, z in enumerate(CHAIN):
        for j, unit in enumerate(((1, 0), (0, 1), (-1, -1))):  # 1, w, w^2
            u, v = times(unit, z)
            assert DIGITS[u, v][1:] == (3 * i + j, 2 * i)
            assert DIGITS[-u, -v][1:] == (3 * i + j, 2 * i + 1)


def test_each_of_the_chain_is_the_one_before_plus_twice_a_unit() -> None:
    for (u, v), (a, b) in zip(CHAIN, CHAIN[1:]):
        assert ((a - u) // 2, (b - v) // 2) in UNITS


def test_all_odd_numbers_that_may_be_left_are_digits() -> None:
    short = [(u, v) for u in range(-3, 4) for v in range(-3, 4) if norm((u, v)) < 1.9**2]
    assert {z for z in short if is_odd(z)} <= set(DIGITS)


def test_a_step_leaves_an_odd_number() -> None:
    for u in range(16):
        for v in range(16):
            if is_odd((u, v)):
                du, dv, selection = eisenstein._RECODING[u << 4 | v]
                assert BY_SELECTION[selection] == (du, dv)
                assert (u - du) % 8 == 0 == (v - dv) % 8
                assert is_odd(((u - du) // 8, (v - dv) // 8))


EDGES = [*range(40), *range(n - 40, n), *(1 << i for i in range(256)), n // 2, n // 3, LAMBDA]


def check(k: int) -> None:
    for odd1 in (0, 1):
        z = split(k, odd1)
        assert is_odd(z)
        assert z[1] & 1 == odd1
        assert odd1 == 0 or z[0] & 1
        assert norm(z) <= 3 * n
        assert max(map(abs, z)) < 2**129
        assert (z[0] + z[1] * LAMBDA - k) % n == 0
    rows = digits(k)
    assert len(rows) == ROWS
    total = (0, 0)
    for row in rows:
        assert len(row[0]) == 3
        u, v = BY_SELECTION[row]
        total = (8 * total[0] + u, 8 * total[1] + v)
    assert (total[0] + total[1] * LAMBDA - k) % n == 0


@pytest.mark.parametrize("k", random.Random(1).sample(EDGES, 60))
def test_edges(k: int) -> None:
    check(k)


@given(st.integers(1, n - 1))
def test_any_scalar(k: int) -> None:
    check(k)
