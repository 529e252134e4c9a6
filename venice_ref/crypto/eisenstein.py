"""Scalars of secp256k1 as Eisenstein integers, written in base 8 with odd digits.

Gallant, Lambert, Vanstone, Faster point multiplication on elliptic curves with efficient
endomorphisms (CRYPTO 2001); Guide to Elliptic Curve Cryptography, 3.5.

An Eisenstein integer is u + v*w with w^2 + w + 1 = 0; its norm N = u^2 - u*v + v^2 is the square of
its length, and the six units +-1, +-w, +-w^2 turn it by multiples of 60 degrees.  On the points of
secp256k1 w acts as the scalar lambda (see `glv`), so that u + v*w acts as u + v*lambda.  Those that
act as 0 are the multiples of one prime pi = A + B*w of norm n.  Dividing k by pi leaves a remainder
of half the length that acts as k does: multiplying by it takes half the doublings.

*One sequence for every scalar.*  2 is prime here, with 4 residues.  Call z odd if it is not a
multiple of 2: 48 of the 64 residues modulo 8 are odd.  `_DIGITS` holds 96 odd digits, two for each
of the 48, which differ modulo 16.  For an odd z take a digit d = z (mod 8); (z - d)/8 is an integer
with another residue modulo 2 for each of the two, so for one of them it is odd again, and z mod 16
says for which.  So every step takes three bits and one digit, and no digit is zero:

    z = d_0 + 8*d_1 + 64*d_2 + .. + 8^43 * d_43.

The 96 are 16 numbers and their multiples by the units, norms 1 to 49.  For points, multiples by
units cost next to nothing (`glv`), so that a table of 16 points serves.
"""

from __future__ import annotations

from typing import Dict, Final, List, Tuple

from venice_ref.crypto.curves import SECP256K1

__all__ = [
    "CHAIN",
    "LAMBDA",
    "PI",
    "ROWS",
    "ROW_BITS",
    "Eisenstein",
    "Selection",
    "digits",
    "norm",
    "split",
]

Eisenstein = Tuple[int, int]
"""(u, v) for u + v*w."""

Selection = Tuple[Tuple[int, ...], int, int]
"""One row of a multiplication: something with as many members as there are doublings, then what
selects a digit times P from the table of `glv`: the numbers of an x and of a y."""

_THREE: Final = (1, 2, 3)
"""Doublings of a row: the base is 8."""

LAMBDA: Final = 0x5363AD4C_C05C30E0_A5261C02_8812645A_122E22EA_20816678_DF02967C_1B23BD72
"""lambda^2 + lambda + 1 = 0 (mod n), the root for which lambda*G = (beta*Gx, Gy)."""

PI: Final = (0x3086D221_A7D46BCD_E86C90E4_9284EB15, -0xE4437ED6_010E8828_6F547FA9_0ABFE4C3)
"""(A, B): A^2 - A*B + B^2 = n and A + B*lambda = 0 (mod n).

The Euclidean algorithm on n and lambda finds it (Guide, Algorithm 3.74)."""

ROWS: Final = 44
"""Digits of every scalar."""

ROW_BITS: Final = 3
"""Digit number i stands for itself times 2^(3*i)."""

CHAIN: Final[Tuple[Eisenstein, ...]] = (
    (1, 0), (3, 0), (5, 2), (5, 4), (7, 6), (5, 6), (3, 4), (3, 2),
    (1, 2), (1, 4), (1, 6), (-1, 4), (-1, 2), (-3, 2), (-5, 0), (-7, 0),
)  # fmt: skip
"""The 16 digits, up to units.  Each is the one before plus twice a unit, so that a chain of
additions makes the table."""


def norm(z: Eisenstein) -> int:
    """Return N(z), the square of the length of z."""
    u, v = z
    return u * u - u * v + v * v


def split(k: int, odd1: int) -> Eisenstein:
    """Return an odd (k1, k2) with k1 + k2*lambda = k (mod n) and norm at most 3n, for 0 <= k < n.

    k/pi = k*conj(pi)/n = (k*(A-B) - k*B*w)/n, and the quotient q1 + q2*w is near to it.  Because
    w^2 = -1 - w, the remainder k - (q1 + q2*w)*(A + B*w) has the coordinates

        k1 = k - q1*A + q2*B        k2 = -q1*B - q2*(A-B)

    A and B are odd and A-B is even: k2 is as odd as q1, and k1 is odd if q2 is as odd as
    k + q1 + 1.  `odd1`, 0 or 1, says how odd q1 is to be; with 1, both k1 and k2 are odd.  The
    nearest such q1 and q2 are off by at most 1 each; the remainder is that error, of norm at most
    3, times pi: as N >= 3/4*u^2 and N >= 3/4*v^2, |k1| and |k2| are at most 2*sqrt(n), below
    2^129.
    """
    A, B = PI
    n = SECP256K1.n
    odd2 = ~(k + odd1) & 1
    q1 = (k * (A - B) + (1 - odd1) * n) // (2 * n) * 2 + odd1
    q2 = (-k * B + (1 - odd2) * n) // (2 * n) * 2 + odd2
    return k - q1 * A + q2 * B, -q1 * B - q2 * (A - B)


def digits(k: int) -> List[Selection]:
    """Return what selects the 44 digits of k, 0 < k < n, the most significant first.

    Which of the odd remainders is taken is free.  Bit 6 of k decides, because that leaves no
    exceptional case among the 96 scalars that could have one (`glv`).

    The last step is not needed: a step takes |z| to at most (|z| + 7)/8, so that of |z| <=
    sqrt(3n) < 1.74 * 2^128 no more is left after 43 steps than 1.74 * 2^128 / 8^43 + 1 < 1.9.  The
    odd numbers as short as that have norm 1 or 3 and are all digits.
    """
    u, v = split(k, k >> 6 & 1)
    selected: List[Selection] = []
    for _ in range(ROWS - 1):
        du, dv, selection = _RECODING[(u & 15) << 4 | v & 15]
        selected.append(selection)
        u, v = (u - du) >> 3, (v - dv) >> 3
    selected.append(_DIGITS[u, v])
    return selected[::-1]


def _digit_table() -> Dict[Eisenstein, Selection]:
    """Return each digit and its selection: for +-w^j * CHAIN[i], x number 3i + j and y 2i or 2i+1.

    (u + v*w) * w = -v + (u - v)*w.
    """
    table: Dict[Eisenstein, Selection] = {}
    for i, (a, b) in enumerate(CHAIN):
        for j, (u, v) in enumerate(((a, b), (-b, a - b), (b - a, -a))):
            table[u, v] = (_THREE, 3 * i + j, 2 * i)
            table[-u, -v] = (_THREE, 3 * i + j, 2 * i + 1)
    return table


_DIGITS: Final = _digit_table()


def _recoding_table() -> List[Tuple[int, int, Selection]]:
    """Return for each odd z mod 16, at 16*u + v, its digit: the one that leaves an odd quotient."""
    table: List[Tuple[int, int, Selection]] = [(0, 0, (_THREE, 0, 0))] * 256
    for (u, v), selection in _DIGITS.items():
        for shift_u, shift_v in ((8, 0), (0, 8), (8, 8)):
            z = ((u + shift_u) & 15) << 4 | (v + shift_v) & 15
            table[z] = (u, v, selection)
    return table


_RECODING: Final = _recoding_table()
