"""Points of short Weierstrass curves over prime fields: y^2 = x^3 + a*x + b.

SEC 1 v2, 2.2.1.  First the group law and the multiples as the standard defines them, in affine
coordinates; below each definition the fast form that must equal it.

Only curves of prime order are meant (cofactor 1), as all of `crypto.curves` are: every point but
infinity then has order n, and a scalar counts modulo n.  Points are taken to be on the curve;
whoever receives one asks `is_on_curve` first.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, List, NamedTuple, Optional, Sequence, Tuple

from venice_ref.crypto import jacobian
from venice_ref.crypto.twins import faster_than
from venice_ref.errors import UsageError

__all__ = [
    "INFINITY",
    "Curve",
    "Point",
    "add",
    "check_scalar",
    "generator",
    "half_tables",
    "is_on_curve",
    "lift_x",
    "multiply",
    "multiply_add",
    "multiply_add_textbook",
    "multiply_textbook",
    "negate",
]

Point = Optional[Tuple[int, int]]
"""Affine coordinates (x, y), both in [0, p-1]; `None` is the point at infinity."""

INFINITY: Final[Point] = None
"""The neutral element, O in the standard."""


class Curve(NamedTuple):
    """Domain parameters (p, a, b, G, n) of SEC 1, 3.1.1; the cofactor h is 1."""

    name: str
    p: int
    """The prime of the field."""
    a: int
    b: int
    n: int
    """The prime order of the group."""
    gx: int
    gy: int
    """The generator G."""


def generator(curve: Curve) -> Tuple[int, int]:
    """Return G."""
    return curve.gx, curve.gy


def is_on_curve(curve: Curve, P: Point) -> bool:
    """Tell whether P is infinity, or has coordinates in [0, p-1] that satisfy the equation."""
    if P is None:
        return True
    x, y = P
    if not (0 <= x < curve.p and 0 <= y < curve.p):
        return False
    return (y * y - (x * x + curve.a) * x - curve.b) % curve.p == 0


def lift_x(curve: Curve, x: int, *, odd: bool) -> Point:
    """Return the point with this x, in [0, p-1], whose y is odd or even; `None` if there is none.

    SEC 1, 2.3.4, step 2.  The square root is alpha^((p+1)/4) for p = 3 (mod 4): if alpha = y^2,
    then (alpha^((p+1)/4))^2 = alpha * alpha^((p-1)/2) = alpha * y^(p-1) = alpha.  The last
    comparison refuses an alpha that is no square.
    """
    p = curve.p
    if p % 4 != 3:
        raise UsageError(f"no square root is built for {curve.name}: p is not 3 modulo 4")
    alpha = (x**3 + curve.a * x + curve.b) % p
    y = pow(alpha, (p + 1) // 4, p)
    if y * y % p != alpha:
        return None
    if y & 1 != odd:
        y = -y % p
    return (x, y) if y & 1 == odd else None  # y = 0 has no odd counterpart


def negate(curve: Curve, P: Point) -> Point:
    """Return -P."""
    return None if P is None else (P[0], -P[1] % curve.p)


def add(curve: Curve, P: Point, Q: Point) -> Point:
    """Return P + Q.  The numbers are the rules of SEC 1, 2.2.1."""
    p = curve.p
    if P is None:  # rules 1 and 2
        return Q
    if Q is None:
        return P
    (x1, y1), (x2, y2) = P, Q
    if x1 == x2 and (y1 + y2) % p == 0:  # rule 3
        return None
    if x1 != x2:  # rule 4: the chord
        slope = (y2 - y1) * pow(x2 - x1, -1, p) % p
    else:  # rule 5: the tangent
        slope = (3 * x1 * x1 + curve.a) * pow(2 * y1, -1, p) % p
    x3 = (slope * slope - x1 - x2) % p
    return x3, (slope * (x1 - x3) - y1) % p


# --- k * P --------------------------------------------------------------------------------------


def multiply_textbook(curve: Curve, k: int, P: Point) -> Point:
    """Return k*P = P + P + ... + P, k >= 0 times, by doubling and adding from the left."""
    check_scalar(k)
    result: Point = INFINITY
    for bit in f"{k:b}":
        result = add(curve, result, result)
        if bit == "1":
            result = add(curve, result, P)
    return result


@faster_than(multiply_textbook)
def multiply(curve: Curve, k: int, P: Point) -> Point:
    """Same as multiply_textbook, in Jacobian coordinates with windows of odd signed digits.

    One sequence of operations for every k that is not a multiple of n, but for at most one k and
    its negative: if n - 2d is written with the last digit -d, then the last addition is P + P, and
    the definition takes over.  secp256k1 and P-256 have no such k; on P-384 it is 38.
    """
    check_scalar(k)
    k %= curve.n
    if P is None or k == 0:
        return INFINITY
    table = jacobian.window_table(curve.p, curve.a, P)
    product = jacobian.combine(curve.p, curve.a, zip(_digits(curve, k)), [table])
    return multiply_textbook(curve, k, P) if product is None else product


def multiply_add_textbook(curve: Curve, u: int, P: Point, v: int, Q: Point) -> Point:
    """Return u*P + v*Q, u and v >= 0."""
    return add(curve, multiply_textbook(curve, u, P), multiply_textbook(curve, v, Q))


@faster_than(multiply_add_textbook)
def multiply_add(curve: Curve, u: int, P: Point, v: int, Q: Point) -> Point:
    """Same as multiply_add_textbook, with one chain of doublings, half as long as the scalars.

    With h = 2^(bits of half a scalar), k*P = k0*P + k1*(h*P): four short products that share their
    doublings.  h*P costs the doublings that are saved here, once: it is kept with the tables, and
    whoever verifies meets the same points again, G each time and the keys of issuers often.

    For public scalars and points only: where products meet on the way, as for P = Q they may, or
    where the sum is infinity, the definition takes over, and the time shows it.
    """
    check_scalar(u)
    check_scalar(v)
    u, v = u % curve.n, v % curve.n
    if P is None or Q is None or u == 0 or v == 0:
        return add(curve, multiply(curve, u, P), multiply(curve, v, Q))
    rows = zip(*_half_digits(curve, u), *_half_digits(curve, v))
    tables = (*half_tables(curve, P), *half_tables(curve, Q))
    total = jacobian.combine(curve.p, curve.a, rows, tables)
    return multiply_add_textbook(curve, u, P, v, Q) if total is None else total


@lru_cache(maxsize=32)
def half_tables(
    curve: Curve, P: Tuple[int, int]
) -> Tuple[Sequence[jacobian.AffinePoint], Sequence[jacobian.AffinePoint]]:
    """Return the window tables of h*P and of P, remembered for the last 32 points (some 0.5 MB)."""
    p, a = curve.p, curve.a
    doublings = jacobian.WINDOW * _half_rows(curve)
    far = jacobian.to_affine(p, jacobian.double_repeatedly(p, a, (*P, 1), doublings))
    return jacobian.window_table(p, a, far), jacobian.window_table(p, a, P)


def check_scalar(k: int) -> None:
    """Refuse what is not an integer >= 0."""
    if not isinstance(k, int) or isinstance(k, bool) or k < 0:
        raise UsageError("a scalar is an integer that is not negative")


def _digits(curve: Curve, k: int, count: int = 0) -> List[int]:
    """Return the window values of k or k - n, whichever is odd; n is odd, so one of them is."""
    odd = k - curve.n * (1 - (k & 1))
    return jacobian.digits_of_odd(odd, count or -(-curve.n.bit_length() // jacobian.WINDOW))


def _half_rows(curve: Curve) -> int:
    """Return how many windows half a scalar has."""
    return -(-curve.n.bit_length() // (2 * jacobian.WINDOW))


def _half_digits(curve: Curve, k: int) -> Tuple[List[int], List[int]]:
    """Return the window values of k for h*P and for P: the upper and the lower half of them all."""
    rows = _half_rows(curve)
    digits = _digits(curve, k, 2 * rows)
    return digits[:rows], digits[rows:]
