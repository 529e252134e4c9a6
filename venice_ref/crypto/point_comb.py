"""A comb for any point: a table that makes the products of one point cheap.

The comb of `comb`, for curves without an endomorphism: an odd k below 2^(8*C) in absolute value is
a sum of +-2^i, its signs stand in 8 rows of C, and each column of 8 signs selects one of 256 sums

    T = +-P +- 2^C*P +- 2^(2C)*P .. +- 2^(7C)*P,       k*P = sum of 2^j * T_j over the C columns.

The table costs as much as a verification without it; C-1 doublings and C additions are left, where
a window leaves eight times as many doublings.  It pays for a point that comes again and again.
"""

from __future__ import annotations

from typing import Final, List, Optional, Sequence

from venice_ref.crypto.jacobian import AffinePoint, Term, add_pairs, double_repeatedly, to_affine

__all__ = [
    "TEETH",
    "column_count",
    "columns",
    "comb_table",
    "comb_terms",
    "paired_terms",
    "with_negatives",
]

TEETH: Final = 8


def column_count(bits: int) -> int:
    """Return C for odd scalars below 2^bits in absolute value."""
    return -(-bits // TEETH)


def columns(k: int, count: int) -> List[int]:
    """Return the columns of an odd k, the highest first; in each, the first tooth is the high bit.

    k = 2s - (2^(8*count) - 1) for an s of 8*count bits; bit i of s is 1 where 2^i is added.
    """
    size = TEETH * count
    signs = f"{(k + (1 << size) - 1) >> 1:0{size}b}"[::-1]
    return [int(signs[j::count], 2) for j in range(count - 1, -1, -1)]


def comb_terms(table: Sequence[AffinePoint], k: int, count: int) -> List[Term]:
    """Return the terms of k*P for an odd k, from the table of P."""
    return [(count - 1 - i, table[column]) for i, column in enumerate(columns(k, count))]


def paired_terms(
    p: int, tables: Sequence[Sequence[AffinePoint]], scalars: Sequence[int], count: int
) -> Optional[List[Term]]:
    """Return the terms of k*P + l*Q for odd scalars, from the tables of P and Q.

    The two points of a position are added here, all pairs with one inversion: 6 multiplications
    each, where `combine` takes 11 for a point.  `None` where two points are equal or opposite.
    """
    (ones, others) = (
        [table[column] for column in columns(k, count)] for table, k in zip(tables, scalars)
    )
    sums = add_pairs(p, ones, others)
    return None if sums is None else [(count - 1 - i, point) for i, point in enumerate(sums)]


def comb_table(p: int, a: int, P: AffinePoint, count: int) -> Optional[List[AffinePoint]]:
    """Return the 256 sums, at the numbers that `columns` gives; `None` in a group too small for it.

    Half of them, with a plus for the last tooth, are made tooth by tooth, all sums of a step with
    one inversion; the others are their negatives.  Where the order of P is above 2^(8*count - 6),
    no step meets two equal or opposite points: the sums are multiples of P by different numbers
    below half of its order.
    """
    teeth = [P]
    for _ in range(TEETH - 1):
        teeth.append(to_affine(p, double_repeatedly(p, a, (*teeth[-1], 1), count)))
    sums = [teeth.pop()]
    while teeth:
        x, y = teeth.pop()
        negative, positive = [(x, p - y)] * len(sums), [(x, y)] * len(sums)
        longer = add_pairs(p, sums + sums, negative + positive)
        if longer is None:
            return None
        sums = longer
    return with_negatives(p, sums)


def with_negatives(p: int, sums: Sequence[AffinePoint]) -> List[AffinePoint]:
    """Return the 256 entries, from the 128 in which the last tooth, the lowest bit, is a plus."""
    table = [(0, 0)] * 256
    for number, (x, y) in enumerate(sums):  # bit t of the number is the sign of tooth 6 - t
        table[2 * number + 1] = (x, y)
        table[254 - 2 * number] = (x, p - y)
    return table
