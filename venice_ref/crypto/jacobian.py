"""The machinery under the fast multiplications: Jacobian coordinates and signed windows.

(X, Y, Z) stands for the affine point (X/Z^2, Y/Z^3) of y^2 = x^3 + a*x + b over F_p, and every
triple with Z = 0 for infinity: the formulas below need no inversion.  Formulas and costs are those
of the Guide to Elliptic Curve Cryptography (Hankerson, Menezes, Vanstone), 3.2.2 and 3.3, with M a
multiplication and S a squaring modulo p.  There are two kinds of windows.

*One sequence of operations for every scalar*: `window_terms`, as Joye and Tunstall have it
(Exponent recoding and regular exponentiation algorithms, 2009).  An odd scalar is written with odd
digits only, so that no digit is zero, and each digit selects one entry of a table that holds both
signs.  That is a regular sequence, not constant time: Python's integers take a time that depends on
their values, and a table look-up leaves traces in the cache.

*As few additions as possible, for public scalars*: `sparse_terms`, the non-adjacent form of width w
(Guide, Algorithm 3.35).  Every digit is odd here as well, but stands as far up as it can, behind
zeros that cost nothing.

*Exceptional cases.*  `add_affine` is wrong for P + P, P - P and infinity + P, and does not ask.  It
need not: in each of these cases its factor H or the old Z is 0, so the new Z is 0, and a Z that is
0 stays 0 through every formula below.  `combine` therefore tests Z once, at the end, and returns
`None` where the caller has to compute again from the definition.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Final, Iterable, List, Optional, Sequence, Tuple

__all__ = [
    "WINDOW",
    "AffinePoint",
    "JacobianPoint",
    "Term",
    "add_affine",
    "add_pairs",
    "combine",
    "digits_of_odd",
    "double_repeatedly",
    "sparse_digits",
    "sparse_terms",
    "to_affine",
    "window_table",
    "window_terms",
]

AffinePoint = Tuple[int, int]
"""(x, y), never infinity."""

JacobianPoint = Tuple[int, int, int]
"""(X, Y, Z)."""

Term = Tuple[int, AffinePoint]
"""(position, Q) stands for 2^position * Q."""

WINDOW: Final = 5
"""Bits of a window.  More make the table cost more than its additions save."""


# --- Formulas -----------------------------------------------------------------------------------


def double_repeatedly(p: int, a: int, P: JacobianPoint, times: int) -> JacobianPoint:
    """Return 2^times * P, `times` >= 1.

    Guide, Algorithm 3.23, for any a: V = 2Y takes the place of Y, so that no factor 4 or 8 remains,
    and W = a*Z^4 is carried along instead of computed anew.  4M + 4S a doubling; 3M + 4S for a = 0.
    For a = -3 there is a shorter way.
    """
    if a == p - 3:
        return _double_repeatedly_minus_3(p, P, times)
    X, Y, Z = P
    V = 2 * Y % p
    W = a * (Z * Z % p) ** 2 % p if a else 0
    for _ in range(times):
        VV = V * V % p
        S = X * VV % p
        M = (3 * X * X + W) % p
        Z = Z * V % p
        X = (M * M - 2 * S) % p
        VVVV = VV * VV
        V = (2 * M * (S - X) - VVVV) % p
        if a:
            W = W * (VVVV % p) % p
    return X, (V + (V & 1) * p) >> 1, Z


def _double_repeatedly_minus_3(p: int, P: JacobianPoint, times: int) -> JacobianPoint:
    """Return 2^times * P for a = -3, as P-256 and P-384 have it.

    Guide, Algorithm 3.21: 3*X^2 - 3*Z^4 = 3*(X - Z^2)*(X + Z^2), and V = 2Y as above.  4M + 4S, and
    one reduction modulo p less than above.
    """
    X, Y, Z = P
    V = 2 * Y % p
    for _ in range(times):
        ZZ = Z * Z % p
        VV = V * V % p
        S = X * VV % p
        M = 3 * (X - ZZ) * (X + ZZ) % p
        Z = Z * V % p
        X = (M * M - 2 * S) % p
        V = (2 * M * (S - X) - VV * VV) % p
    return X, (V + (V & 1) * p) >> 1, Z


def add_affine(p: int, P: JacobianPoint, Q: AffinePoint) -> JacobianPoint:
    """Return P + Q; a triple with Z = 0 where P is infinity, Q or -Q.

    Guide, Algorithm 3.22: 8M + 3S.
    """
    X, Y, Z = P
    x, y = Q
    ZZ = Z * Z % p
    H = (x * ZZ - X) % p
    R = (y * Z % p * ZZ - Y) % p
    HH = H * H % p
    HHH = H * HH % p
    V = X * HH % p
    X3 = (R * R - HHH - 2 * V) % p
    return X3, (R * (V - X3) - Y * HHH) % p, Z * H % p


def to_affine(p: int, P: JacobianPoint) -> AffinePoint:
    """Return (X/Z^2, Y/Z^3); Z is not 0."""
    X, Y, Z = P
    inverse = pow(Z, -1, p)
    square = inverse * inverse % p
    return X * square % p, Y * square % p * inverse % p


def add_pairs(
    p: int, ones: Sequence[AffinePoint], others: Sequence[AffinePoint]
) -> Optional[List[AffinePoint]]:
    """Return the sums of pairs by SEC 1, 2.2.1, rule 4; `None` where another rule applies.

    All slopes with one inversion: of the product of all denominators (Montgomery, Speeding the
    Pollard and elliptic curve methods of factorization, 1987, 10.3.1).
    """
    products = [1]
    for (x1, _), (x2, _) in zip(ones, others):
        products.append(products[-1] * (x2 - x1) % p)
    if products[-1] == 0:
        return None
    inverse = pow(products.pop(), -1, p)
    sums: List[AffinePoint] = []
    for (x1, y1), (x2, y2) in zip(reversed(ones), reversed(others)):
        slope = (y2 - y1) * inverse * products.pop() % p
        inverse = inverse * (x2 - x1) % p
        x3 = (slope * slope - x1 - x2) % p
        sums.append((x3, (slope * (x1 - x3) - y1) % p))
    return sums[::-1]


# --- Windows ------------------------------------------------------------------------------------


def digits_of_odd(k: int, count: int) -> List[int]:
    """Return the `count` window values v, most significant first, of an odd k, |k| < 2^(w*count).

    With w = WINDOW, the value v means the odd digit 2v - (2^w - 1), one of +-1, +-3 .. +-(2^w - 1):

        k = sum of (2*v_j - (2^w - 1)) * 2^(w*j)

    Proof: s = (k + 2^(w*count) - 1) / 2 is an integer in [0, 2^(w*count)), for k is odd, and
    k = 2s - (2^(w*count) - 1).  The v_j are the digits of s in base 2^w, and 2^(w*count) - 1 has
    all digits 2^w - 1.
    """
    s = (k + (1 << WINDOW * count) - 1) >> 1
    mask = (1 << WINDOW) - 1
    return [s >> shift & mask for shift in range(WINDOW * (count - 1), -1, -WINDOW)]


def window_table(p: int, a: int, P: AffinePoint) -> List[AffinePoint]:
    """Return the table in which the window value v finds (2v - (2^w - 1)) * P.

    The order of P is a prime above 2^w, so that no multiple in the table is infinity.
    """
    positive = _odd_multiples(p, a, P, 1 << (WINDOW - 1))
    return [(x, p - y) for x, y in reversed(positive)] + positive


def _odd_multiples(p: int, a: int, P: AffinePoint, count: int) -> List[AffinePoint]:
    """Return P, 3P, 5P .. (2*count - 1)P with one inversion.

    A chain of additions of 2P in which both operands have the same Z (Meloni, New point addition
    formulae for ECC applications, 2007): 5M + 2S each, one of them for the new Z, which takes no
    other part.  Each addition multiplies Z by a known factor, so that one inverse of the last Z
    leads back to all of them.
    """
    x, y = P
    # 2P, and P itself brought to the Z of 2P, which is 2y: (x*(2y)^2, y*(2y)^3).
    YY = 4 * y * y % p
    X, Y = x * YY % p, 2 * YY * y * y % p
    M = (3 * x * x + a) % p
    X2 = (M * M - 2 * X) % p
    Y2 = (M * (X - X2) - Y) % p
    Z = factor = 2 * y
    chain = [(X, Y, factor)]
    for _ in range(count - 1):
        factor = X2 - X
        C = factor * factor % p
        U, U2 = X * C % p, X2 * C % p
        R = Y2 - Y
        Y2 = Y2 * (U2 - U) % p  # 2P, brought to the new Z
        X2 = U2
        X = (R * R - U - U2) % p
        Y = (R * (U2 - X) - Y2) % p
        Z = Z * factor % p
        chain.append((X, Y, factor))
    inverse = pow(Z, -1, p)
    multiples: List[AffinePoint] = []
    for X, Y, factor in reversed(chain):
        square = inverse * inverse % p
        multiples.append((X * square % p, Y * square % p * inverse % p))
        inverse = inverse * factor % p
    return multiples[::-1]


def window_terms(p: int, a: int, P: AffinePoint, k: int, count: int) -> List[Term]:
    """Return the terms of k*P for an odd k, |k| < 2^(w*count)."""
    table = window_table(p, a, P)
    digits = digits_of_odd(k, count)
    return [(WINDOW * (count - 1 - i), table[v]) for i, v in enumerate(digits)]


def sparse_digits(k: int) -> List[Tuple[int, int]]:
    """Return (position, digit) of the non-adjacent form of k >= 0, least significant first.

    With w = WINDOW + 1, so that the table has the multiples that it has for windows of WINDOW bits:

        k = sum of digit * 2^position,  digits odd, |digit| < 2^(w-1), positions w or more apart

    At each odd remainder the w lowest bits, taken as a number between -2^(w-1) and 2^(w-1), are the
    digit; what is left is divisible by 2^w.  On average one position in w + 1 has a digit.
    """
    width = WINDOW + 1
    found: List[Tuple[int, int]] = []
    position = 0
    while k:
        zeros = (k & -k).bit_length() - 1
        position += zeros
        k >>= zeros
        low = k & ((1 << width) - 1)
        negative = low >> (width - 1)
        found.append((position, low - (negative << width)))
        k = (k >> width) + negative
        position += width
    return found


def sparse_terms(p: int, a: int, P: AffinePoint, k: int) -> List[Term]:
    """Return the terms of k*P for a public k >= 0: fewer of them than `window_terms` has."""
    table = _odd_multiples(p, a, P, 1 << (WINDOW - 1))
    # digit // 2 is 0, 1, 2.. for 1, 3, 5.. and -1, -2, -3.. for -1, -3, -5..
    table += [(x, p - y) for x, y in reversed(table)]
    return [(position, table[digit // 2]) for position, digit in sparse_digits(k)]


# --- The sum of terms ---------------------------------------------------------------------------


def combine(p: int, a: int, terms: Iterable[Term]) -> Optional[AffinePoint]:
    """Return the sum of 2^position * point over the terms, of one product or of several.

    All share one chain of doublings (Straus's method): the terms are taken from the highest
    position down, and between two of them the sum is doubled as often as their positions differ.
    `None`: the result is infinity, or an exceptional case occurred on the way (the head of this
    page).
    """
    (position, first), *others = sorted(terms, key=itemgetter(0), reverse=True)
    total: JacobianPoint = (*first, 1)
    for below, Q in others:
        if below != position:
            total = double_repeatedly(p, a, total, position - below)
            position = below
        total = add_affine(p, total, Q)
    if position:
        total = double_repeatedly(p, a, total, position)
    return None if total[2] == 0 else to_affine(p, total)
