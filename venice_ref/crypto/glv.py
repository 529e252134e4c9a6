"""Multiplication on secp256k1 with half the doublings, by its endomorphism.

Gallant, Lambert, Vanstone, Faster point multiplication on elliptic curves with efficient
endomorphisms (CRYPTO 2001); Guide to Elliptic Curve Cryptography, 3.5.

Because a = 0, the map w: (x, y) -> (beta*x, y) with beta^3 = 1 takes points to points and respects
addition.  On a group of prime order n such a map is a multiplication: w(P) = lambda*P for every P,
with lambda^2 + lambda + 1 = 0 (mod n).  An Eisenstein integer u + v*w, where w^2 + w + 1 = 0, thus
acts on the points as the scalar u + v*lambda, and w costs one multiplication in the field.

Those that act as 0 are the multiples of one prime pi = A + B*w, whose norm A^2 - A*B + B^2 is n.
Dividing k by pi in the Eisenstein integers leaves a remainder k1 + k2*w that acts as k does, with
k1 and k2 half as long:  k*P = k1*P + k2*w(P),  two short products that share their doublings.
"""

from __future__ import annotations

from typing import Final, Tuple

from venice_ref.crypto import jacobian, weierstrass
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.twins import faster_than
from venice_ref.crypto.weierstrass import INFINITY, Point

__all__ = ["BETA", "LAMBDA", "PI", "multiply", "multiply_textbook", "split"]

BETA: Final = 0x7AE96A2B_657C0710_6E64479E_AC3434E9_9CF04975_12F58995_C1396C28_719501EE
"""beta^2 + beta + 1 = 0 (mod p)."""

LAMBDA: Final = 0x5363AD4C_C05C30E0_A5261C02_8812645A_122E22EA_20816678_DF02967C_1B23BD72
"""lambda^2 + lambda + 1 = 0 (mod n), the root for which lambda*G = (beta*Gx, Gy)."""

PI: Final = (0x3086D221_A7D46BCD_E86C90E4_9284EB15, -0xE4437ED6_010E8828_6F547FA9_0ABFE4C3)
"""(A, B): A^2 - A*B + B^2 = n and A + B*lambda = 0 (mod n).

The Euclidean algorithm on n and lambda finds it (Guide, Algorithm 3.74)."""

_ROWS: Final = -(-129 // jacobian.WINDOW)
"""(= 26) windows for the 129 bits of each half."""


def split(k: int) -> Tuple[int, int]:
    """Return odd (k1, k2) with k1 + k2*lambda = k (mod n) and |k1|, |k2| < 2^129, for 0 <= k < n.

    k/pi = k*conj(pi)/n = (k*(A-B) - k*B*w)/n, and the quotient q1 + q2*w is near to it.  Because
    w^2 = -1 - w, the remainder k - (q1 + q2*w)*(A + B*w) has the coordinates

        k1 = k - q1*A + q2*B        k2 = -q1*B - q2*(A-B)

    A and B are odd and A-B is even, so that both are odd if q1 is odd and q2 is as odd as k.  The
    nearest such q1 and q2 are off by at most 1 each; the remainder is that error times pi, hence
    |k1| <= |A| + |B| and |k2| <= |B| + |A-B|, both below 2^129.
    """
    A, B = PI
    n = SECP256K1.n
    odd = k & 1
    q1 = k * (A - B) // (2 * n) * 2 + 1
    q2 = (-k * B + (1 - odd) * n) // (2 * n) * 2 + odd
    return k - q1 * A + q2 * B, -q1 * B - q2 * (A - B)


def multiply_textbook(k: int, P: Point) -> Point:
    """Return k*P on secp256k1, k >= 0."""
    return weierstrass.multiply_textbook(SECP256K1, k, P)


@faster_than(multiply_textbook)
def multiply(k: int, P: Point) -> Point:
    """Same as multiply_textbook, by 125 doublings and 51 additions.

    One sequence of operations for every k that is not a multiple of n.  No k meets an exceptional
    case of `jacobian`, in which an addition gets P + P or P - P.  Before the last row the operands
    stand for Eisenstein integers with coordinates below 2^125: their sum and their difference have
    norms below n, and no multiple of pi but 0 is that short.  In the last row an exceptional case
    makes k = i + j*lambda (mod n) with |i|, |j| <= 62, and the tests try each of those.
    """
    weierstrass.check_scalar(k)
    k %= SECP256K1.n
    if P is None or k == 0:
        return INFINITY
    k1, k2 = split(k)
    table = jacobian.window_table(SECP256K1.p, SECP256K1.a, P)
    mapped = [(BETA * x % SECP256K1.p, y) for x, y in table]
    rows = zip(jacobian.digits_of_odd(k1, _ROWS), jacobian.digits_of_odd(k2, _ROWS))
    return jacobian.combine(SECP256K1.p, SECP256K1.a, rows, (table, mapped))
