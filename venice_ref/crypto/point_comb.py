"""A comb for any point: a table that makes the products of one point cheap.

The comb of `comb`, for curves without an endomorphism: an odd k below 2^(8*C) in absolute value is
a sum of +-2^i, its signs stand in 8 rows of C, and each column of 8 signs selects one of 256 sums

    T = +-P +- 2^C*P +- 2^(2C)*P .. +- 2^(7C)*P,       k*P = sum of 2^j * T_j over the C columns.

The columns are two blocks (Lim and Lee, More flexible exponentiation with precomputation, CRYPTO
'94): those from C/2 on have a table of their own, of the sums times 2^(C/2), so that both halves
share C/2 - 1 doublings, where a window leaves some seventeen times as many.

The two tables cost up to twice a verification without them.  They pay for a point that comes again
and again.
"""

from __future__ import annotations

from itertools import chain
from typing import Final, List, Mapping, Optional, Sequence, Union

from venice_ref.crypto.jacobian import AffinePoint, Term, add_pairs, double_repeatedly, to_affine

__all__ = ["SUMS", "TEETH", "Comb", "columns", "comb_table", "comb_terms", "span"]

TEETH: Final = 8

SUMS: Final = 1 << TEETH
"""Entries of a block."""

Comb = Union[Sequence[AffinePoint], Mapping[int, AffinePoint]]
"""The 512 sums: those of the low block by the number of the column, then those of the high one."""


def span(bits: int) -> int:
    """Return C/2, the columns of one block, for odd scalars below 2^bits in absolute value."""
    return -(-bits // (2 * TEETH))


def columns(k: int, count: int) -> List[int]:
    """Return the columns of an odd k, the lowest first; in each, the first tooth is the high bit.

    k = 2s - (2^(8*count) - 1) for an s of 8*count bits; bit i of s is 1 where 2^i is added.
    """
    size = TEETH * count
    signs = f"{(k + (1 << size) - 1) >> 1:0{size}b}"[::-1]
    return [int(signs[j::count], 2) for j in range(count)]


def comb_terms(
    p: int, combs: Sequence[Comb], scalars: Sequence[int], size: int
) -> Optional[List[Term]]:
    """Return the terms of the sum of k*P for odd scalars, from the combs of their points.

    `size` is the span of the combs.  Each comb gives two points to every position; they are
    added here in pairs, all pairs with one inversion: 6 multiplications each, where `combine` takes
    11 for a point.  `None` where two of them are equal or opposite.
    """
    rows: List[List[AffinePoint]] = []
    for comb, k in zip(combs, scalars):
        selected = columns(k, 2 * size)
        rows.append([comb[column] for column in selected[:size]])
        rows.append([comb[SUMS + column] for column in selected[size:]])
    while len(rows) > 1:
        even = len(rows) // 2 * 2
        ones, others = rows[:even:2], rows[1:even:2]
        sums = add_pairs(p, list(chain(*ones)), list(chain(*others)))
        if sums is None:
            return None
        rows[:even] = [sums[i : i + size] for i in range(0, len(sums), size)]
    return list(enumerate(rows[0]))


def comb_table(p: int, a: int, P: AffinePoint, size: int) -> Optional[List[AffinePoint]]:
    """Return the 512 sums, as `Comb` says; `None` in a group that is too small for them.

    Half of the sums, with a plus for the last tooth, are made tooth by tooth, for both blocks at
    once, all sums of a step with one inversion; the others are their negatives.  Where the order of
    P is above 2^(15*size + 2), no step meets two equal or opposite points: the sums are multiples
    of P by different numbers, at most 2^(15*size + 1), below half of its order.
    """
    low, high = [P], [to_affine(p, double_repeatedly(p, a, (*P, 1), size))]
    for _ in range(TEETH - 1):
        low.append(to_affine(p, double_repeatedly(p, a, (*high[-1], 1), size)))
        high.append(to_affine(p, double_repeatedly(p, a, (*low[-1], 1), size)))
    sums = [low.pop(), high.pop()]
    while low:
        half = len(sums) // 2
        signed: List[AffinePoint] = []
        for x, y in (low.pop(), high.pop()):
            signed += [(x, p - y)] * half + [(x, y)] * half
        longer = add_pairs(p, sums[:half] * 2 + sums[half:] * 2, signed)
        if longer is None:
            return None
        sums = longer
    return _with_negatives(p, sums[: SUMS // 2]) + _with_negatives(p, sums[SUMS // 2 :])


def _with_negatives(p: int, sums: Sequence[AffinePoint]) -> List[AffinePoint]:
    """Return the 256 entries, from the 128 in which the last tooth, the lowest bit, is a plus."""
    table = [(0, 0)] * SUMS
    for number, (x, y) in enumerate(sums):  # bit t of the number is the sign of tooth 6 - t
        table[2 * number + 1] = (x, y)
        table[SUMS - 2 - 2 * number] = (x, p - y)
    return table
