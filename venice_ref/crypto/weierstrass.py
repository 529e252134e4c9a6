"""Points of short Weierstrass curves over prime fields: y^2 = x^3 + a*x + b.

SEC 1 v2, 2.2.1.  First the group law and the multiples as the standard defines them, in affine
coordinates; below each definition the fast form that must equal it.

Only curves of prime order are meant (cofactor 1), as all of `crypto.curves` are: every point but
infinity then has order n, and a scalar counts modulo n.  Points are taken to be on the curve;
whoever receives one asks `is_on_curve` first.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Final, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from venice_ref.crypto import jacobian, point_comb, square_root
from venice_ref.crypto.twins import faster_than
from venice_ref.errors import UsageError

__all__ = [
    "INFINITY",
    "Curve",
    "Point",
    "add",
    "check_scalar",
    "forget_points",
    "generator",
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
    y = square_root.square_root(alpha) if p == square_root.P else pow(alpha, (p + 1) // 4, p)
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

    Six times faster: one inversion for the table and one for the result, instead of one for each
    operation (P-256: 255 doublings, 51 additions, a table of 16).  The price: a second set of
    formulas, and a table position that depends on the scalar.

    One sequence of operations for every k that is not a multiple of n.  Before an addition the
    operands are 32*q*P and d*P with odd q and |d| < 32, so that 32*q is not +-d.  They can be equal
    modulo n in the last row only: 32*q + d = k = 2*d (mod n), so that the odd scalar is +-(n - 2d)
    for a d > 0.  Its last digit is -+d if n - 2d = 32 - d (mod 64), that is d = n + 32 (mod 64): 33
    for secp256k1, 49 for P-256, which are no digits, but 19 for P-384.  There, for k = 38 and n -
    38, the addition is Q + Q and the definition takes over.
    """
    check_scalar(k)
    k %= curve.n
    if P is None or k == 0:
        return INFINITY
    product = jacobian.combine(curve.p, curve.a, _window_terms(curve, k, P))
    return multiply_textbook(curve, k, P) if product is None else product


def multiply_add_textbook(curve: Curve, u: int, P: Point, v: int, Q: Point) -> Point:
    """Return u*P + v*Q, u and v >= 0."""
    return add(curve, multiply_textbook(curve, u, P), multiply_textbook(curve, v, Q))


@faster_than(multiply_add_textbook)
def multiply_add(curve: Curve, u: int, P: Point, v: int, Q: Point) -> Point:
    """Same as multiply_add_textbook, with one chain of doublings for both products.

    Who verifies meets the same points again, G each time and the keys of issuers often: a point
    that came twice before gets a comb, and those of `known_combs` have one.  With one for G, the
    other product decides what a verification costs.  On P-256: with windows some 254 doublings and
    52 additions, after 16 cheaper ones and a table of 16 points, half as long as two separate
    products; with a comb 15 doublings and 15 additions, after 48 cheaper ones, a quarter of that.
    The price: up to 16 combs of 100 KB, and 90 KB of constants.

    For public scalars and points only: where products meet on the way, as for P = Q they may, or
    where the sum is infinity, the definition takes over, and the time shows it.
    """
    check_scalar(u)
    check_scalar(v)
    u, v = u % curve.n, v % curve.n
    if P is None or Q is None or u == 0 or v == 0:
        return add(curve, multiply(curve, u, P), multiply(curve, v, Q))
    terms = _terms(curve, ((u, P), (v, Q)))
    total = None if terms is None else jacobian.combine(curve.p, curve.a, terms)
    return multiply_add_textbook(curve, u, P, v, Q) if total is None else total


_FEW_USES: Final = 2
"""Uses of a point before it gets a comb, which costs what two to three more uses save."""


def _terms(
    curve: Curve, products: Sequence[Tuple[int, Tuple[int, int]]]
) -> Optional[List[jacobian.Term]]:
    """Return the terms of a sum of k*P, each by the way that is best for the point."""
    terms: List[jacobian.Term] = []
    combs: List[point_comb.Comb] = []
    scalars: List[int] = []
    for k, P in products:
        comb = _table(curve, P)
        if comb is None:
            terms += jacobian.sparse_terms(curve.p, curve.a, P, k)
        else:
            combs.append(comb)
            scalars.append(_odd(curve, k))
    if combs:
        size = point_comb.span(curve.n.bit_length())
        selected = point_comb.comb_terms(curve.p, combs, scalars, size)
        if selected is None:
            return None
        terms += selected
    return terms


def _table(curve: Curve, P: Tuple[int, int]) -> Optional[point_comb.Comb]:
    """Return the comb of a point that is known for coming often, or came often."""
    from venice_ref.crypto import known_combs  # noqa: PLC0415  # 90 KB that only evidence needs

    known = known_combs.known_comb(curve, P)
    if known is not None:
        return known
    often = generator(curve) == P or next(_uses(curve, P)) > _FEW_USES
    return _comb(curve, P) if often else None


def _window_terms(curve: Curve, k: int, P: Tuple[int, int]) -> List[jacobian.Term]:
    count = -(-curve.n.bit_length() // jacobian.WINDOW)
    return jacobian.window_terms(curve.p, curve.a, P, _odd(curve, k), count)


@lru_cache(maxsize=64)
def _uses(curve: Curve, P: Tuple[int, int]) -> Iterator[int]:
    """Return what counts the uses of a point, for the last 64 points."""
    del curve, P
    return itertools.count(1)


@lru_cache(maxsize=16)
def _comb(curve: Curve, P: Tuple[int, int]) -> Optional[Sequence[jacobian.AffinePoint]]:
    """Return the comb of a point, remembered for the last 16 (some 1.6 MB)."""
    size = point_comb.span(curve.n.bit_length())
    return point_comb.comb_table(curve.p, curve.a, P, size)


def forget_points(*, constants: bool = True) -> None:
    """Forget the tables of all points, as in a process that has just begun: for measurements.

    Without `constants`, what was read of `known_combs` is kept.
    """
    from venice_ref.crypto import known_combs  # noqa: PLC0415  # as below

    _uses.cache_clear()
    _comb.cache_clear()
    if constants:
        known_combs.forget()


def check_scalar(k: int) -> None:
    """Refuse what is not an integer >= 0."""
    if not isinstance(k, int) or isinstance(k, bool) or k < 0:
        raise UsageError("a scalar is an integer that is not negative")


def _odd(curve: Curve, k: int) -> int:
    """Return k or k - n, whichever is odd; n is odd, so one of them is."""
    return k - curve.n * (1 - (k & 1))
