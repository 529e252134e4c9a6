"""Curves small enough to try every scalar and every point, each of prime order n > 32."""

from __future__ import annotations

from typing import Final, List, Tuple

from venice_ref.crypto.weierstrass import Curve, Point

ANY_A: Final = Curve("toy, any a, x above n", p=67, a=5, b=58, n=53, gx=1, gy=8)
MINUS_3: Final = Curve("toy, a = -3", p=43, a=40, b=10, n=37, gx=0, gy=15)
ZERO_A: Final = Curve("toy, a = 0", p=79, a=0, b=3, n=97, gx=1, gy=2)
TOY_CURVES: Final = (ANY_A, MINUS_3, ZERO_A)


def every_point(curve: Curve) -> List[Tuple[int, int]]:
    """Return all points but infinity, found without any arithmetic of points."""
    return [
        (x, y)
        for x in range(curve.p)
        for y in range(curve.p)
        if (y * y - x**3 - curve.a * x - curve.b) % curve.p == 0
    ]


def every_multiple(curve: Curve, P: Point) -> List[Point]:
    """Return 0*P, 1*P .. (n-1)*P, by looking for the third point of each line.

    Three points of a line add up to infinity; that is the definition of the group by geometry, and
    nothing of the package is used for it.
    """
    multiples: List[Point] = [None]
    for _ in range(curve.n - 1):
        multiples.append(_sum_by_lines(curve, multiples[-1], P))
    return multiples


def _sum_by_lines(curve: Curve, P: Point, Q: Point) -> Point:
    if P is None or Q is None:
        return Q if P is None else P
    p = curve.p
    if P[0] == Q[0] and (P[1] + Q[1]) % p == 0:
        return None
    for slope in range(p):
        offset = (P[1] - slope * P[0]) % p
        cubic = [(x**3 + curve.a * x + curve.b - (slope * x + offset) ** 2) % p for x in range(p)]
        derivative = (3 * P[0] ** 2 + curve.a - 2 * slope * (slope * P[0] + offset)) % p
        touches = derivative == 0 if P == Q else cubic[Q[0]] == 0 and _on(Q, slope, offset, p)
        if touches:
            # The roots of the cubic add up to slope^2.
            x = (slope * slope - P[0] - Q[0]) % p
            return x, -(slope * x + offset) % p
    raise AssertionError("no line through two points")


def _on(Q: Tuple[int, int], slope: int, offset: int, p: int) -> bool:
    return (slope * Q[0] + offset - Q[1]) % p == 0
