"""Multiplication on secp256k1 with half the doublings, in one sequence for every scalar.

*The endomorphism.*  Because a = 0, the map w: (x, y) -> (beta*x, y) with beta^3 = 1 takes points to
points and respects addition.  On a group of prime order n such a map is a multiplication: w(P) =
lambda*P, and Eisenstein integers act on the points (`eisenstein`).  The multiples of P by a digit
and the six units have three x-coordinates, x, beta*x and beta^2*x = -x - beta*x, and two y.

*Folding.*  p = 2^256 - C with C = 2^32 + 977, so that modulo p

    t = (t mod 2^256) + 2^256 * floor(t / 2^256) = (t & M) + (t >> 256) * C,

also for a negative t.  That is half the price of t % p, and takes a number below 2^(256+m) below
2^256 + 2^(m+33).  Not every number has to be below p, only short enough: `combine` says how long
each is.

*The doubled ordinate.*  Points are (X, W, Z) with W = 2Y: (X/Z^2, W/(2*Z^3)).  A doubling then has
no factor 4 or 8 left, as in Algorithm 3.23 of the Guide to Elliptic Curve Cryptography:

    V = W^2   T = 3*X^2   S = X*V
    X' = T^2 - 2*S   W' = 2*T*(S - X') - V^2   Z' = W*Z                                 (3M + 4S)

and an addition of (x, w/2), a point with Z = 1, is that of Algorithm 3.22 with R and the new Z
doubled, so that nothing is halved:

    A = Z^2   H = x*A - X   R = w*A*Z - W   D = 2*H   Z' = D*Z
    I = D^2   J = H*I   V = X*I   X' = R^2 - J - 2*V   W' = 2*(R*(V - X') - W*J)        (8M + 3S)

*No constant time.*  No operation is chosen by the scalar: each of the 43 rows is three doublings
and one addition of an entry that the digit selects.  Python's integers still take a time that
depends on their values, and a look-up leaves traces in the cache.
"""

from __future__ import annotations

from typing import Final, List, Optional, Sequence, Tuple

from venice_ref.crypto import weierstrass
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.eisenstein import CHAIN, Eisenstein, Selection, digits
from venice_ref.crypto.twins import faster_than
from venice_ref.crypto.weierstrass import INFINITY, Point

__all__ = [
    "BETA",
    "Plan",
    "combine",
    "multiply",
    "multiply_planned",
    "multiply_textbook",
    "plan",
    "table",
]

BETA: Final = 0x7AE96A2B_657C0710_6E64479E_AC3434E9_9CF04975_12F58995_C1396C28_719501EE
"""beta^2 + beta + 1 = 0 (mod p)."""

_P: Final = SECP256K1.p
_M: Final = 2**256 - 1
_C: Final = 2**32 + 977

Plan = Sequence[Selection]
"""The digits of a scalar.  It is as secret as the scalar."""

_Table = Tuple[List[int], List[int], int]
"""48 x, 32 w and the Z that they share: number 3i + j is w^j(CHAIN[i] * P), 2i and 2i + 1 are
+-w."""


def multiply_textbook(k: int, P: Point) -> Point:
    """Return k*P on secp256k1, k >= 0."""
    return weierstrass.multiply_textbook(SECP256K1, k, P)


@faster_than(multiply_textbook)
def multiply(k: int, P: Point) -> Point:
    """Same as multiply_textbook, by 129 doublings and 43 additions; 12 times faster.

    One inversion instead of some 380 gives a factor of 6 (`weierstrass.multiply`); the
    endomorphism, folding and the shared table give the other 2.  The price of the fixed sequence:
    with one digit for each class, skipping zeros, a digit would take 3 + 1/3 bits, so that 39 would
    do instead of 44, and a table of 8 points.  Table positions depend on the secret.
    """
    weierstrass.check_scalar(k)
    k %= SECP256K1.n
    return INFINITY if P is None or k == 0 else multiply_planned(digits(k), k, P)


def plan(k: int) -> Plan:
    """Return the digits of k in [1, n-1], for `multiply_planned`: a fortieth of the work."""
    return digits(k)


def multiply_planned_textbook(planned: Plan, k: int, P: Tuple[int, int]) -> Point:
    """Return k*P, without a look at the digits."""
    del planned
    return multiply_textbook(k, P)


@faster_than(multiply_planned_textbook)
def multiply_planned(planned: Plan, k: int, P: Tuple[int, int]) -> Point:
    """Return k*P for a k in [1, n-1] whose digits are at hand, because it multiplies many points.

    What is gained over `multiply` is the plan.  No exceptional case occurs.  The addition is wrong
    for Q + Q and Q - Q.  Before an addition the operands stand for 8*q and d with odd q, and N(8*q)
    >= 64 > 49 >= N(d), so that 8*q is neither d nor -d.  Nor do they differ by another multiple of
    pi: before the last row |8*q| <= sqrt(3n)/8 + 8, so that 8*q +- d is far shorter than |pi| =
    sqrt(n).  In the last row, 8*q = -d modulo pi makes k = 0, and 8*q = d makes k = 2*d: the tests
    try these 96.

    P must be on the curve: elsewhere w is another multiplication, or none, and the result is wrong.
    """
    xs, ws, common = table(P)
    product = combine(planned, xs, ws, common)
    return multiply_textbook(k, P) if product is None else product


def combine(
    planned: Plan, xs: Sequence[int], ws: Sequence[int], common: int = 1
) -> Optional[Tuple[int, int]]:
    """Return the sum that a plan describes; `None` if an exceptional case occurred.

    Each row of the plan doubles as often as it says, and adds the point of its x and w; the first
    only takes it.  The points have the Z `common`.  An addition Q + Q or Q - Q makes Z = 0, which
    then stays 0 through every formula.

    How long the numbers are, in bits, negative ones included.  At the head of a row X has at most
    259, W 257, Z 355.  The first doubling makes T of 295 and S of 325; X and W, folded twice, have
    257 after every doubling: then V has 289, T 290, S 321.  Z grows by 33 in each doubling, which
    one fold takes back.  In the addition A has 289, then 321; H 322, R 354, I 257, J 354, V 291; X
    is R^2 of 707 bits folded twice, W at most 645 bits folded twice.  No result depends on the
    lengths, which say only where a second fold pays.
    """
    M, C = _M, _C
    selected = iter(planned)
    _, i, j = next(selected)
    X, W, Z = xs[i], ws[j], 1
    for doublings, i, j in selected:
        for _ in doublings:
            V = W * W
            V = (V & M) + (V >> 256) * C
            T = X * X
            T = ((T & M) + (T >> 256) * C) * 3
            Z *= W
            Z = (Z & M) + (Z >> 256) * C
            S = X * V
            S = (S & M) + (S >> 256) * C
            X = T * T - S - S
            X = (X & M) + (X >> 256) * C
            X = (X & M) + (X >> 256) * C
            T *= S - X
            W = T + T - V * V
            W = (W & M) + (W >> 256) * C
            W = (W & M) + (W >> 256) * C
        Z = (Z & M) + (Z >> 256) * C
        A = Z * Z
        A = (A & M) + (A >> 256) * C
        H = xs[i] * A - X
        H = (H & M) + (H >> 256) * C
        A *= Z
        A = (A & M) + (A >> 256) * C
        R = ws[j] * A - W
        R = (R & M) + (R >> 256) * C
        D = H + H
        Z *= D
        Z = (Z & M) + (Z >> 256) * C
        I = D * D
        I = (I & M) + (I >> 256) * C
        I = (I & M) + (I >> 256) * C
        J = H * I
        J = (J & M) + (J >> 256) * C
        V = X * I
        V = (V & M) + (V >> 256) * C
        X = R * R - J - V - V
        X = (X & M) + (X >> 256) * C
        X = (X & M) + (X >> 256) * C
        W = R * (V - X) - W * J
        W += W
        W = (W & M) + (W >> 256) * C
        W = (W & M) + (W >> 256) * C
    return _to_affine(X, W, Z * common % _P)


def _to_affine(X: int, W: int, Z: int) -> Optional[Tuple[int, int]]:
    """Return (X/Z^2, W/(2*Z^3)), with the one inversion; `None` for Z = 0."""
    if Z == 0:
        return None
    inverse = pow(Z, -1, _P)
    square = inverse * inverse % _P
    Y = (W + (W & 1) * _P) >> 1  # half of W, made even by the odd p
    return X * square % _P, Y * square % _P * inverse % _P


# --- The table ----------------------------------------------------------------------------------


def _unit_number(step: Eisenstein) -> Tuple[int, bool]:
    """Return (j, negative) of the unit +-w^j that is half of a step of the chain."""
    number = {(2, 0): 0, (0, 2): 1, (-2, -2): 2}
    u, v = step
    return (number[step], False) if step in number else (number[-u, -v], True)


_STEPS: Final = tuple(
    _unit_number((u - before_u, v - before_v))
    for (before_u, before_v), (u, v) in zip(CHAIN, CHAIN[1:])
)


def table(P: Tuple[int, int]) -> _Table:
    """Return the 16 multiples of P by `CHAIN`, and those by the units, all with one Z.

    The chain adds a unit times 2P again and again.  Two points with the same Z are added with 5M +
    2S (Meloni, New point addition formulae for ECC applications, 2007), and 2P with both of its x
    is brought to the new Z on the way: the x by h^2 and the y by h^3, where h is the difference of
    the two x.  Each addition multiplies Z by h, so that a second pass, backwards, brings all points
    to the last Z.  No h is 0: the digits are odd, and odd +- 2*unit is odd, so not 0, and shorter
    than pi.  The formulas of `combine` do not contain the b of the curve, so that points which
    share a Z serve as points with Z = 1 of the isomorphic curve with b*Z^6:
    no inversion is needed, and the result has its Z multiplied once.
    """
    M, C = _M, _C
    multiples, (D0, D1, DY) = _first_of_chain(P)
    X, Y, _ = multiples[0]
    for number, negative in _STEPS:
        h = (D0, D1, -D0 - D1)[number] - X
        r = (-DY if negative else DY) - Y
        hh = h * h
        hh = (hh & M) + (hh >> 256) * C
        X *= hh
        X = (X & M) + (X >> 256) * C
        D0 *= hh
        D0 = (D0 & M) + (D0 >> 256) * C
        D0 = (D0 & M) + (D0 >> 256) * C
        D1 *= hh
        D1 = (D1 & M) + (D1 >> 256) * C
        D1 = (D1 & M) + (D1 >> 256) * C
        D = (D0, D1, -D0 - D1)[number]
        DY *= D - X  # h^3, for both x have the new Z
        DY = (DY & M) + (DY >> 256) * C
        DY = (DY & M) + (DY >> 256) * C
        X = r * r - X - D
        X = (X & M) + (X >> 256) * C
        X = (X & M) + (X >> 256) * C
        Y = r * (D - X) - (-DY if negative else DY)
        Y = (Y & M) + (Y >> 256) * C
        Y = (Y & M) + (Y >> 256) * C
        multiples.append((X, Y, h))
    return _with_one_z(multiples)


def _first_of_chain(
    P: Tuple[int, int],
) -> Tuple[List[Tuple[int, int, int]], Tuple[int, int, int]]:
    """Return P with the Z of 2P, which is 2y, and (x, beta*x, y) of 2P with that Z.

    P is (x*(2y)^2, y*(2y)^3) then.
    """
    x, y = P
    Z = 2 * y
    ZZ = Z * Z % _P
    X, Y = x * ZZ % _P, ZZ * Z % _P * y % _P
    T = 3 * x * x % _P
    D = (T * T - 2 * X) % _P
    return [(X, Y, Z)], (D, D * BETA % _P, (T * (X - D) - Y) % _P)


def _with_one_z(multiples: List[Tuple[int, int, int]]) -> _Table:
    """Return the table of points (X, Y, h), each with the Z of the one before times its h."""
    M, C = _M, _C
    xs: List[int] = []
    ws: List[int] = []
    g = 1
    for x, y, h in reversed(multiples):  # g leads from the Z of this point to the last
        gg = g * g
        gg = (gg & M) + (gg >> 256) * C
        X = x * gg
        X = (X & M) + (X >> 256) * C
        X = (X & M) + (X >> 256) * C
        T = X * BETA
        T = (T & M) + (T >> 256) * C
        T = (T & M) + (T >> 256) * C
        gg *= 2 * g
        gg = (gg & M) + (gg >> 256) * C
        Y = y * gg
        Y = (Y & M) + (Y >> 256) * C
        Y = (Y & M) + (Y >> 256) * C
        g *= h
        g = (g & M) + (g >> 256) * C
        g = (g & M) + (g >> 256) * C
        xs += (-X - T, T, X)  # reversed at the end
        ws += (-Y, Y)
    return xs[::-1], ws[::-1], g % _P
