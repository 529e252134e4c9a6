from __future__ import annotations

from typing import Any, Callable, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.crypto.toy_curves import ANY_A, TOY_CURVES, every_multiple, every_point
from venice_ref.crypto import jacobian
from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.twins import TWINS
from venice_ref.crypto.weierstrass import (
    INFINITY,
    Curve,
    Point,
    add,
    generator,
    is_on_curve,
    lift_x,
    multiply,
    multiply_add,
    multiply_add_textbook,
    multiply_textbook,
    negate,
)
from venice_ref.errors import UsageError

CURVES = pytest.mark.parametrize("curve", [SECP256K1, P256, P384], ids=lambda curve: curve.name)
TOYS = pytest.mark.parametrize("curve", TOY_CURVES, ids=lambda curve: curve.name)
MULTIPLY = pytest.mark.parametrize("product", [multiply_textbook, multiply])

# (curve, k, x of k*G, y of k*G), published lists of multiples.
KNOWN_MULTIPLES = [
    (
        SECP256K1,
        2,
        0xC6047F9441ED7D6D3045406E95C07CD85C778E4B8CEF3CA7ABAC09B95C709EE5,
        0x1AE168FEA63DC339A3C58419466CEAEEF7F632653266D0E1236431A950CFE52A,
    ),
    (
        SECP256K1,
        3,
        0xF9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9,
        0x388F7B0F632DE8140FE337E62A37F3566500A99934C2231B6CB9FD7584B8E672,
    ),
    (
        SECP256K1,
        112233445566778899,
        0xA90CC3D3F3E146DAADFC74CA1372207CB4B725AE708CEF713A98EDD73D99EF29,
        0x5A79D6B289610C68BC3B47F3D72F9788A26A06868B4D8E433E1E2AD76FB7DC76,
    ),
    (
        P256,
        2,
        0x7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978,
        0x07775510DB8ED040293D9AC69F7430DBBA7DADE63CE982299E04B79D227873D1,
    ),
    (
        P256,
        112233445566778899,
        0x339150844EC15234807FE862A86BE77977DBFB3AE3D96F4C22795513AEAAB82F,
        0xB1C14DDFDC8EC1B2583F51E85A5EB3A155840F2034730E9B5ADA38B674336A21,
    ),
    (
        P384,
        2,
        int(
            "08D999057BA3D2D969260045C55B97F089025959A6F434D6"
            "51D207D19FB96E9E4FE0E86EBE0E64F85B96A9C75295DF61",
            16,
        ),
        int(
            "8E80F1FA5B1B3CEDB7BFE8DFFD6DBA74B275D875BC6CC43E"
            "904E505F256AB4255FFD43E94D39E22D61501E700A940E80",
            16,
        ),
    ),
]


def edge_scalars(curve: Curve) -> Tuple[int, ...]:
    n = curve.n
    powers = [1 << i for i in range(0, n.bit_length() + 3, 29)]
    return (0, 1, 2, 3, 30, 31, 32, 33, 38, n // 2, n // 2 + 1, n - 38, n - 2, n - 1, n, *powers)


@MULTIPLY
@pytest.mark.parametrize(("curve", "k", "x", "y"), KNOWN_MULTIPLES)
def test_known_multiples(
    product: Callable[[Curve, int, Point], Point], curve: Curve, k: int, x: int, y: int
) -> None:
    assert product(curve, k, generator(curve)) == (x, y)
    assert product(curve, curve.n - k, generator(curve)) == (x, curve.p - y)


# --- Every case of a small group ----------------------------------------------------------------


@TOYS
def test_the_toys_are_groups_of_prime_order(curve: Curve) -> None:
    points = every_point(curve)
    assert len(points) + 1 == curve.n
    assert all(curve.n % divisor for divisor in range(2, curve.n))
    assert all(is_on_curve(curve, P) for P in points)
    off = curve.p**2 - len(points)
    squares = [(x, y) for x in range(curve.p) for y in range(curve.p)]
    assert sum(not is_on_curve(curve, P) for P in squares) == off


@TOYS
def test_addition_by_geometry(curve: Curve) -> None:
    multiples = every_multiple(curve, generator(curve))
    assert len(set(multiples)) == curve.n
    for i, P in enumerate(multiples):
        for j, Q in enumerate(multiples):
            assert add(curve, P, Q) == multiples[(i + j) % curve.n]
        assert add(curve, P, negate(curve, P)) is INFINITY


@TOYS
@MULTIPLY
def test_every_multiple_of_every_point(
    product: Callable[[Curve, int, Point], Point], curve: Curve
) -> None:
    multiples = every_multiple(curve, generator(curve))
    for k in range(2 * curve.n + 2):
        for i, P in enumerate(multiples):
            assert product(curve, k, P) == multiples[k * i % curve.n]


@TOYS
def test_every_sum_of_two_multiples(curve: Curve) -> None:
    G = generator(curve)
    multiples = every_multiple(curve, G)
    for i in (0, 1, curve.n - 1, 7):
        for u in range(curve.n):
            for v in range(0, curve.n, 3):
                expected = multiples[(u + v * i) % curve.n]
                assert multiply_add(curve, u, G, v, multiples[i]) == expected


@TOYS
def test_lift_x_finds_every_point_and_no_other(curve: Curve) -> None:
    points = set(every_point(curve))
    for x in range(curve.p):
        for odd in (False, True):
            found = {(x, y) for y in range(curve.p) if (x, y) in points and y % 2 == odd}
            P = lift_x(curve, x, odd=odd)
            assert found == (set() if P is None else {P})


def test_a_point_of_order_two() -> None:
    curve = Curve("order two", p=7, a=5, b=0, n=2, gx=3, gy=0)
    assert is_on_curve(curve, (3, 0))
    assert add(curve, (3, 0), (3, 0)) is INFINITY
    assert lift_x(curve, 3, odd=False) == (3, 0)
    assert lift_x(curve, 3, odd=True) is None


def test_lift_x_needs_p_3_modulo_4() -> None:
    curve = Curve("p = 1 modulo 4", p=37, a=1, b=1, n=2, gx=0, gy=1)
    with pytest.raises(UsageError, match="3 modulo 4"):
        lift_x(curve, 0, odd=False)


# --- The real curves ----------------------------------------------------------------------------


@CURVES
def test_edge_scalars_against_the_definition(curve: Curve) -> None:
    P = multiply_textbook(curve, 0xC0FFEE, generator(curve))
    for k in edge_scalars(curve):
        assert multiply(curve, k, P) == multiply_textbook(curve, k, P)


@CURVES
def test_infinity(curve: Curve) -> None:
    G = generator(curve)
    assert is_on_curve(curve, INFINITY)
    assert negate(curve, INFINITY) is INFINITY
    for k in (0, 1, 5, curve.n):
        assert multiply(curve, k, INFINITY) is INFINITY
    assert multiply(curve, 0, G) is INFINITY
    assert multiply(curve, curve.n, G) is INFINITY
    assert multiply_add(curve, 5, G, curve.n - 5, G) is INFINITY
    assert multiply_add(curve, 5, G, 5, negate(curve, G)) is INFINITY
    assert multiply_add(curve, 0, G, 0, G) is INFINITY
    assert multiply_add(curve, 5, INFINITY, 1, G) == G
    assert multiply_add(curve, 1, G, 5, INFINITY) == G
    assert multiply_add(curve, curve.n, G, 1, G) == G


@CURVES
def test_the_two_products_may_meet(curve: Curve) -> None:
    G = generator(curve)
    for u, v, Q in ((3, 3, G), (7, 2, G), (curve.n - 1, curve.n - 1, G), (5, 7, negate(curve, G))):
        assert multiply_add(curve, u, G, v, Q) == multiply_add_textbook(curve, u, G, v, Q)


def test_the_last_addition_may_be_a_doubling(monkeypatch: pytest.MonkeyPatch) -> None:
    """On P-384 the digits of 38 end so; the definition must take over, and does only there."""
    taken = []
    combine = jacobian.combine

    def watched(*arguments: Any) -> Any:
        taken.append(combine(*arguments))
        return taken[-1]

    monkeypatch.setattr(jacobian, "combine", watched)
    fast = TWINS["venice_ref.crypto.weierstrass.multiply"].fast
    for curve in (SECP256K1, P256, P384):
        G = generator(curve)
        for k in range(2, 64, 2):  # the page says why no other k can be exceptional
            expected = multiply_textbook(curve, k, G)
            assert fast(curve, k, G) == expected
            assert (taken[-1] is None) == (curve is P384 and k == 38)
            assert fast(curve, curve.n - k, G) == negate(curve, expected)
            assert (taken[-1] is None) == (curve is P384 and k == 38)


@pytest.mark.parametrize(
    "P",
    [
        (SECP256K1.gx, SECP256K1.gy + 1),
        (SECP256K1.gx + SECP256K1.p, SECP256K1.gy),
        (SECP256K1.gx, SECP256K1.gy - SECP256K1.p),
        (SECP256K1.gx, SECP256K1.gy + SECP256K1.p),
        (-1, 0),
        (0, 0),
        (SECP256K1.p, SECP256K1.p),
        (P256.gx, P256.gy),
    ],
)
def test_what_is_not_on_the_curve(P: Tuple[int, int]) -> None:
    assert not is_on_curve(SECP256K1, P)


@pytest.mark.parametrize("k", [-1, -(2**300), True, 1.0, "1", None])
def test_scalars_that_are_refused(k: Any) -> None:
    G = generator(ANY_A)
    calls: Tuple[Callable[[], Point], ...] = (
        lambda: multiply_textbook(ANY_A, k, G),
        lambda: multiply(ANY_A, k, G),
        lambda: multiply_add(ANY_A, k, G, 1, G),
        lambda: multiply_add(ANY_A, 1, G, k, G),
        lambda: multiply_add_textbook(ANY_A, 1, G, k, G),
    )
    for call in calls:
        with pytest.raises(UsageError, match="not negative"):
            call()


@settings(max_examples=12, deadline=None)
@given(st.sampled_from([SECP256K1, P256, P384]), st.data())
def test_multiplication_distributes(curve: Curve, data: st.DataObject) -> None:
    scalars = st.integers(0, curve.n - 1)
    u, v, w = data.draw(scalars), data.draw(scalars), data.draw(scalars)
    P = multiply(curve, w, generator(curve))
    uP, vP = multiply(curve, u, P), multiply(curve, v, P)
    assert is_on_curve(curve, uP)
    assert add(curve, uP, vP) == multiply(curve, u + v, P)
    assert multiply(curve, v, uP) == multiply(curve, u, vP)
    assert multiply_add(curve, u, P, v, generator(curve)) == multiply(
        curve, u * w + v, generator(curve)
    )
