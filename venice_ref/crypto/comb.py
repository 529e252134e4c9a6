"""Multiplication of the generator of secp256k1, by a table that never changes.

The comb of Lim and Lee (More flexible exponentiation with precomputation, CRYPTO '94) with the
signed digits of Hedabou, Pinel and Beneteau (Countermeasures for preventing comb method against SCA
attacks, ISPEC 2005), for both halves of the scalar (`eisenstein`).

An odd k below 2^136 is a sum of +-2^i for i = 0 .. 135, as 2s - (2^136 - 1) = k for an s of 136
bits: bit i of s says the sign.  Write the 136 signs in 8 rows of 17, the teeth of a comb.  The 8
signs that stand in one column j make, with the points 2^(17*t)*G of the teeth,

    T = +-G +- 2^17*G +- 2^34*G .. +- 2^119*G,        k*G = sum of 2^j * T_j:

16 doublings and 16 additions (the first column is only taken), for any k.  `GENERATOR_TABLE` has
the 128 sums in which the last sign is plus; the others are their negatives.  With k1 + k2*lambda
for k, the columns of k2 take the same table with beta*x for x, and 33 additions share 16 doublings:
a third of what a multiplication of another point costs.

Who recovers a signer needs u*G + v*P, both scalars public.  The doublings of v*P (`glv`) serve u*G
as well: a column j of the comb is added where 2^j is still to be multiplied, between the rows of v.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Iterator, List, Tuple

from venice_ref.crypto import glv, weierstrass
from venice_ref.crypto.comb_table import GENERATOR_TABLE
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.eisenstein import ROW_BITS, ROWS, Selection, digits, split
from venice_ref.crypto.twins import faster_than
from venice_ref.crypto.weierstrass import INFINITY, Point, generator

__all__ = [
    "multiply_add",
    "multiply_add_textbook",
    "multiply_generator",
    "multiply_generator_textbook",
]

TEETH: Final = 8
COLUMNS: Final = 17
"""17 * 8 = 136 signs, for halves below 2^129.  16 columns would hold 128."""

_DOUBLINGS: Final[Tuple[Tuple[int, ...], ...]] = ((), (1,), (1, 2), (1, 2, 3))
"""So many doublings, as a `Selection` has them."""


def multiply_generator_textbook(k: int) -> Point:
    """Return k*G on secp256k1, k >= 0."""
    return weierstrass.multiply_textbook(SECP256K1, k, generator(SECP256K1))


@faster_than(multiply_generator_textbook)
def multiply_generator(k: int) -> Point:
    """Same as multiply_generator_textbook, by 16 doublings and 33 additions; 38 times faster.

    One sequence of operations for every k, and no exceptional addition.  Before a column of k1 the
    sum has even coordinates, so that adding an odd T changes its parity; before one of k2 the
    first coordinate is odd and T has a 0 there: sum and +-T differ.  They are equal modulo pi only
    if they differ by at least |pi|, and before column 0 they are too short for that.  In column 0,
    with the sums a of k1 and b of k2, that needs k = b*lambda, 2*a + b*lambda or 2*b*lambda: the
    tests try these 2^16 + 2^9 scalars.  (Z = 0 would show one; the definition would answer.)

    The price is 8 KB of constants, which a test computes again, and table positions that depend on
    the secret.
    """
    weierstrass.check_scalar(k)
    k %= SECP256K1.n
    if k == 0:
        return INFINITY
    xs, ws = _table()
    product = glv.combine(tuple(_columns(*split(k, 1))), xs, ws)
    return multiply_generator_textbook(k) if product is None else product


def _columns(k1: int, k2: int) -> Iterator[Selection]:
    """Yield what selects the column of k1 and that of k2, from the last column to the first."""
    size = COLUMNS * TEETH
    halves = ((k1, 0), (k2, len(GENERATOR_TABLE)))
    signs = [(f"{(k + (1 << size) - 1) >> 1:0{size}b}"[::-1], first) for k, first in halves]
    for j in range(COLUMNS - 1, -1, -1):
        doublings = _DOUBLINGS[1]
        for s, first in signs:
            column = int(s[j::COLUMNS], 2)
            # The last tooth is the lowest bit: where it is 0, all signs are turned.
            turned = (column & 1) - 1
            number = ((column ^ turned) & 0xFF) >> 1
            yield doublings, first + number, 2 * number - turned
            doublings = _DOUBLINGS[0]


@lru_cache(maxsize=1)
def _table() -> Tuple[List[int], List[int]]:
    """Return 256 x, those of the table and then beta times them, and 256 w: +-2y for each."""
    p = SECP256K1.p
    xs = [x for x, _ in GENERATOR_TABLE]
    ws = [w for _, y in GENERATOR_TABLE for w in (2 * y, -2 * y)]
    return xs + [glv.BETA * x % p for x in xs], ws


# --- u*G + v*P ----------------------------------------------------------------------------------


def multiply_add_textbook(u: int, v: int, P: Tuple[int, int]) -> Point:
    """Return u*G + v*P on secp256k1, u and v >= 0."""
    return weierstrass.multiply_add_textbook(SECP256K1, u, generator(SECP256K1), v, P)


@faster_than(multiply_add_textbook)
def multiply_add(u: int, v: int, P: Tuple[int, int]) -> Point:
    """Same as multiply_add_textbook, with one chain of doublings for both products.

    That saves the 16 doublings of the comb and two inversions, for 68 products that rescale its
    points: a few per cent of a recovery.  For public scalars only: where the sums meet on the way,
    as for P = G they may, or where the result is infinity, the definition takes over, and the time
    shows it.
    """
    weierstrass.check_scalar(u)
    weierstrass.check_scalar(v)
    u, v = u % SECP256K1.n, v % SECP256K1.n
    if u == 0:
        return glv.multiply(v, P)
    if v == 0:
        return multiply_generator(u)
    xs, ws, common = glv.table(P)
    terms = [(ROW_BITS * (ROWS - 1 - row), i, j) for row, (_, i, j) in enumerate(digits(v))]
    # G is brought to the curve on which the table of P has Z = 1 (`glv.table`).
    p = SECP256K1.p
    square = common * common % p
    cube = square * common % p
    generator_xs, generator_ws = _table()
    for number, (_, i, j) in enumerate(_columns(*split(u, 1))):
        terms.append((COLUMNS - 1 - number // 2, len(xs), len(ws)))
        xs.append(generator_xs[i] * square % p)
        ws.append(generator_ws[j] * cube % p)
    product = glv.combine(tuple(_in_one_chain(terms)), xs, ws, common)
    return multiply_add_textbook(u, v, P) if product is None else product


def _in_one_chain(terms: List[Tuple[int, int, int]]) -> Iterator[Selection]:
    """Yield what selects the terms (position, i, j), each 2^position times its point."""
    terms.sort(reverse=True)
    above = terms[0][0]
    for position, i, j in terms:
        yield _DOUBLINGS[above - position], i, j
        above = position
