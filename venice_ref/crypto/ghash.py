"""GHASH, the universal hash of GCM.  NIST SP 800-38D, 6.3 and 6.4.

A block of 16 bytes is an element of GF(2^128): its bits x_0 x_1 ... x_127, the highest bit of the
first byte first, are the coefficients of the polynomial x_0 + x_1 u + ... + x_127 u^127, and
u^128 = 1 + u + u^2 + u^7.  As a big-endian integer, x_k is the bit of weight 2^(127-k): the
coefficients stand in the integer from the top downwards, and u * X is X >> 1.

First the standard, then three forms: one for short messages, whose time goes into few operations
each, and two for long ones, which multiply many blocks at once.  No fast form reads a table at a
position that depends on the data; those for long messages select among 16 entries by H, and the
last asks for bits of H.  Python's integers still take a time that depends on their values.
"""

from __future__ import annotations

from functools import reduce
from operator import getitem, xor
from typing import List, Tuple

from venice_ref.crypto.transposition import exchange
from venice_ref.crypto.twins import faster_than
from venice_ref.errors import UsageError

__all__ = ["ghash", "ghash_textbook", "multiply_textbook"]

_BLOCK = 16


# --- The standard -------------------------------------------------------------------------------

_R = 0xE1 << 120
"""R = 11100001 || 0^120, the coefficients of 1 + u + u^2 + u^7  (6.3)."""


def multiply_textbook(X: int, Y: int) -> int:
    """Return X * Y in GF(2^128), blocks as big-endian integers.  6.3, Algorithm 1."""
    Z, V = 0, Y
    for i in range(128):  # step 3
        if X >> (127 - i) & 1:  # x_i = 1
            Z ^= V
        V = (V >> 1) ^ (_R if V & 1 else 0)
    return Z


def ghash_textbook(H: bytes, X: bytes) -> bytes:
    """Return GHASH_H(X), 16 bytes.  6.4, Algorithm 2.

    H: the hash subkey, 16 bytes.  X: a whole number of blocks; of no blocks, the hash is zero.

    Raises:
        UsageError: H or X has another size.
    """
    _check(H, X)
    h = int.from_bytes(H, "big")
    Y = 0
    for i in range(0, len(X), _BLOCK):
        Y = multiply_textbook(Y ^ int.from_bytes(X[i : i + _BLOCK], "big"), h)
    return Y.to_bytes(_BLOCK, "big")


def _check(H: bytes, X: bytes) -> None:
    if len(H) != _BLOCK:
        raise UsageError(f"a GHASH subkey of {len(H)} bytes, required {_BLOCK}")
    if len(X) % _BLOCK != 0:
        raise UsageError(f"{len(X)} bytes are not a whole number of GHASH blocks")


# --- Short messages: a product of polynomials is a product of integers --------------------------

# Spread the bits of a block to the low bits of 128 bytes: X = sum of x_k 256^(127-k).  The product
# of two such integers is the sum of z_k 256^(254-k), where z_k counts the pairs x_i = y_j = 1 with
# i + j = k.  There are at most 128 such pairs, so no byte overflows into the next, and the low bit
# of z_k is the coefficient of u^k of the product of the polynomials.
#
# To reduce it, call it an integer "of degree d" when u^k stands at 256^(d-k).  The product has
# degree 254.  Its terms from u^128 upwards are its low 127 bytes; divided by u^128 they are an
# integer of degree 126.  Multiplied by 1 + u + u^2 + u^7, which is _FOLD of degree 7, they become
# t of degree 133.  t still has terms from u^128 to u^133, its low 6 bytes; divided by u^128 those
# are of degree 5, and times _FOLD of degree 12, with no term left above u^127.  Brought to degree
# 127 by shifts, the three parts are added.  A byte of the sum is at most 1 + 4 + 4*4 = 21.

_ONES_128 = int.from_bytes(b"\x01" * 128, "big")
_ONES_255 = int.from_bytes(b"\x01" * 255, "big")
_LOW_127 = (1 << 8 * 127) - 1
_LOW_6 = (1 << 8 * 6) - 1
_FOLD = 256**7 + 256**6 + 256**5 + 256**0
_DIGITS_0 = int.from_bytes(b"0" * 128, "big")


def _spread(blocks: bytes) -> bytes:
    """Return the bits as binary digits; the low bit of the code of a digit is its value."""
    return format(int.from_bytes(blocks, "big"), f"0{8 * len(blocks)}b").encode("ascii")


def _spread_block(block: bytes) -> int:
    return int.from_bytes(_spread(block), "big") & _ONES_128


def _gather_block(spread: int) -> int:
    """Undo `_spread_block`, to an integer of 128 bits."""
    return int((spread | _DIGITS_0).to_bytes(128, "big"), 2)


def _multiply_spread(x: int, y: int) -> int:
    """Return the product of two elements in spread form."""
    z = x * y & _ONES_255
    t = (z & _LOW_127) * _FOLD
    return ((z >> 8 * 127) + (t >> 8 * 6) + ((t & _LOW_6) * _FOLD << 8 * 115)) & _ONES_128


@faster_than(ghash_textbook)
def _ghash_short(H: bytes, X: bytes) -> bytes:
    """Same as `ghash_textbook`, by a product of integers for each block.

    4 times faster for one block, 8 times for 6, 10 times for 50.  The price is the bound on the
    sums in bytes that is derived above.  The sizes are those that the caller has checked.
    """
    h = _spread_block(H)
    digits = _spread(X)
    Y = 0
    for i in range(0, 8 * len(X), 128):
        X_i = int.from_bytes(digits[i : i + 128], "big") & _ONES_128
        Y = _multiply_spread(Y ^ X_i, h)
    return _gather_block(Y).to_bytes(_BLOCK, "big")


# --- Long messages: n blocks at a time ----------------------------------------------------------

# With blocks X_1 .. X_m and m = n * rows, group GHASH = X_1 H^m + X_2 H^(m-1) + ... + X_m H by
# lanes, every n-th block:
#
#     GHASH = sum over q = 1..n of  A_q H^(n+1-q),
#     A_q   = (..(X_q H^n + X_(q+n)) H^n + ..) H^n + X_(q+m-n).
#
# The n lanes A_q advance together, all multiplied by the one constant H^n, and in the end they are
# themselves a message of n blocks with the same GHASH.
#
# All lanes are one integer: coefficient x_k of a lane is the bit (127-k) * n + l, where l, 0 <= l <
# n, is the place of the lane.  This is the layout of the short form, with a group of n bits in the
# place of a byte, and XOR in the place of a sum that must not overflow.  u^j is a shift by whole
# groups, the same for every lane.


def _times(A: int, factor: int, n: int) -> int:
    """Return each of the n lanes of A times `factor`, an element as an integer of 128 bits."""
    A2, A4, A8 = A << n, A << 2 * n, A << 3 * n
    A3, A12 = A2 ^ A, A8 ^ A4
    low = (0, A, A2, A3, A4, A4 ^ A, A4 ^ A2, A4 ^ A3)
    multiples = (*low, *(A8 ^ a for a in low[:4]), *(A12 ^ a for a in low[:4]))
    z = 0
    for weight in range(124, -1, -4):  # four coefficients of the factor at a time, Horner's rule
        z = (z << 4 * n) ^ multiples[factor >> weight & 0xF]
    t = _fold(z & ((1 << 127 * n) - 1), n)
    rest = _fold(t & ((1 << 6 * n) - 1), n)
    return (z >> 127 * n) ^ (t >> 6 * n) ^ (rest << 115 * n)


def _fold(z: int, n: int) -> int:
    """Return z times 1 + u + u^2 + u^7, as `_FOLD` in the short form."""
    return (z << 7 * n) ^ (z << 6 * n) ^ (z << 5 * n) ^ z


# n blocks have to be turned into such an integer: a transposition of bits.  Byte m of every block,
# gathered by a slice with step 16, makes n bytes, which belong to the 8 groups of n bits from bit
# 8n * (15-m) upwards.  Inside these 8n bits, counted from the low end, byte e = g * n/8 + p with
# g < 8, p < n/8 has its bit b at n*g + 8*p + b.  The group wanted is b, so that bit must go to
# n*b + 8*p + g: exchange b and g.  (It then belongs to the lane 8*p + g instead of e.  Lanes may
# stand in any order, as long as the way back undoes it.)
#
# b and g are exchanged one binary digit after the other: where digit i of b is 1 and digit i of g
# is 0, change places with the bit that is 2^i * (n - 1) higher, where they are 0 and 1.


class _Transposition:
    """The exchange of b and g for n blocks; its own inverse."""

    __slots__ = ("steps",)

    def __init__(self, n: int) -> None:
        self.steps: List[Tuple[int, int]] = []
        for i, b_digit_is_1 in enumerate((0b10101010, 0b11001100, 0b11110000)):
            run = n // 8 << i  # bytes for which digit i of g stays the same
            pattern = bytes(run) + bytes((b_digit_is_1,)) * run  # big-endian: digit 1 comes first
            mask = int.from_bytes(pattern * (_BLOCK * n // (2 * run)), "big")
            self.steps.append(((n - 1) << i, mask))

    def apply(self, bits: int) -> int:
        """Return the 128 * n bits in their new places."""
        for distance, mask in self.steps:
            differ = (bits ^ (bits >> distance)) & mask
            bits ^= differ ^ (differ << distance)
        return bits


@faster_than(ghash_textbook)
def _ghash_long(H: bytes, X: bytes) -> bytes:
    """Same as `ghash_textbook`, by n blocks at a time; 55 times faster for 4096 blocks.

    m/n steps cost, besides what grows with n, as much as some 8 blocks of the short form each, and
    n blocks are left for `ghash`: the sum is least for n near the square root of 8 m.  n is a power
    of two, and at least 8, for the transposition.  The price is that transposition, and 16 entries
    that are selected by H.  The sizes are those that the caller has checked.
    """
    n = 8
    while n * n < 8 * (len(X) // _BLOCK):
        n *= 2
    power = _spread_block(H)
    for _ in range(n.bit_length() - 1):  # n = 2^k: square k times
        power = _multiply_spread(power, power)
    H_n = _gather_block(power)
    transposition = _Transposition(n)
    size = _BLOCK * n
    X = bytes(-len(X) % size) + X  # blocks of zeros in front: Y stays 0
    A = 0
    for i in range(0, len(X), size):
        planes = b"".join([X[i + m : i + size : _BLOCK] for m in range(_BLOCK)])
        A = _times(A, H_n, n) ^ transposition.apply(int.from_bytes(planes, "big"))
    planes = transposition.apply(A).to_bytes(size, "big")
    blocks = bytearray(size)
    for m in range(_BLOCK):
        blocks[m::_BLOCK] = planes[n * m : n * (m + 1)]
    return ghash(H, bytes(blocks))


# --- Very long messages: planes -----------------------------------------------------------------

# A plane holds the coefficient x_k of every block, the last block at bit 0: 128 planes are the
# message.  To multiply all blocks by one element E is a linear map: with c_ik for the coefficient i
# of u^k * E, the plane i of the product is the sum of the planes k for which c_ik = 1.  Four planes
# at a time, all 16 sums are made once and 128 times one of them is selected by four of the c_ik
# (Arlazarov and others, the method of the four Russians): 4,450 additions of planes, where the
# steps above take 100 of numbers that are 128 to 255 times as long.
#
# Planes are worth it while they are long, so the message is folded instead of cut into steps: of m
# blocks, the first m - 2^k times H^(2^k) are added to the last 2^k, and so on with 2^(k-1).

_DIGITS = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))

_Matrix = List[bytes]
"""Row i: the 32 selections of the plane i, each the number of a sum."""


def _matrix(E: int) -> _Matrix:
    """Return what multiplies planes by an element."""
    columns: List[str] = []
    for _ in range(128):
        columns.append(f"{E:0128b}")
        E = (E >> 1) ^ (_R if E & 1 else 0)  # u * E
    bits = "".join(columns)
    rows = (int(bits[i::128], 2) for i in range(128))
    return [f"{row:032x}".encode("ascii").translate(_DIGITS) for row in rows]


def _times_matrix(planes: List[int], matrix: _Matrix) -> List[int]:
    tables: List[List[int]] = []
    for k in range(0, 128, 4):
        sums = [0]
        for plane in planes[k : k + 4][::-1]:  # the first of four is the highest bit of a digit
            sums += [plane ^ other for other in sums]
        tables.append(sums)
    return [reduce(xor, map(getitem, tables, row)) for row in matrix]


def _to_planes(X: bytes) -> List[int]:
    """Return the planes x_0 .. x_127 of a multiple of 8 blocks."""
    planes: List[int] = []
    for m in range(_BLOCK):  # byte m of every block: x_8m is its highest bit
        eight = [int.from_bytes(X[m + _BLOCK * g :: 8 * _BLOCK], "big") for g in range(7, -1, -1)]
        planes += exchange(eight, len(X) // 128)[::-1]
    return planes


def _from_planes(planes: List[int], blocks: int) -> bytes:
    out = bytearray(_BLOCK * blocks)
    for m in range(_BLOCK):
        eight = exchange(planes[8 * m : 8 * m + 8][::-1], blocks // 8)
        for g, whole in enumerate(reversed(eight)):
            out[m + _BLOCK * g :: 8 * _BLOCK] = whole.to_bytes(blocks // 8, "big")
    return bytes(out)


_FOLDED = 2048
"""Blocks that are left to the lanes; a power of two."""

_PIECE = 65536
"""Most blocks at a time: the planes of more do not stay in a processor's cache."""


@faster_than(ghash_textbook)
def _ghash_very_long(H: bytes, X: bytes) -> bytes:
    """Same as `ghash_textbook`, by folding; 100 times faster for 65536 blocks.

    Lanes take as long at 13000 blocks and half as long again at 65536.  The price is 2 MB for the
    sums, and the transposition, a quarter of the time: below some 13000 blocks it does not pay.
    """
    _check(H, X)
    powers = [_spread_block(H)]  # H^(2^0), H^(2^1) ..
    while 1 << len(powers) < min(len(X) // _BLOCK, _PIECE):
        powers.append(_multiply_spread(powers[-1], powers[-1]))
    Y = bytes(_BLOCK)  # of the pieces before, to be added to the next block
    for i in range(0, len(X), _PIECE * _BLOCK):
        first = int.from_bytes(Y, "big") ^ int.from_bytes(X[i : i + _BLOCK], "big")
        rest = X[i + _BLOCK : i + _PIECE * _BLOCK]
        Y = ghash(H, _folded(powers, first.to_bytes(_BLOCK, "big") + rest))
    return Y


def _folded(powers: List[int], X: bytes) -> bytes:
    """Return at most `_FOLDED` blocks with the same GHASH."""
    m = len(X) // _BLOCK
    if m <= _FOLDED:
        return X
    planes = _to_planes(bytes(-len(X) % (8 * _BLOCK)) + X)
    while m > _FOLDED:
        k = (m - 1).bit_length() - 1
        m = 1 << k
        matrix = _matrix(_gather_block(powers[k]))
        first = _times_matrix([plane >> m for plane in planes], matrix)
        planes = [a ^ plane & ((1 << m) - 1) for a, plane in zip(first, planes)]
    return _from_planes(planes, m)


# --- The choice between them --------------------------------------------------------------------

_LONG = 56
"""Blocks from which the long form is faster; measured on CPython 3.9 and 3.11."""

_VERY_LONG = 13000
"""Likewise."""


def ghash(H: bytes, X: bytes) -> bytes:
    """Return GHASH_H(X), 16 bytes; see `ghash_textbook`.

    Raises:
        UsageError: H or X has another size.
    """
    _check(H, X)
    if len(X) < _LONG * _BLOCK:
        return _ghash_short(H, X)
    if len(X) < _VERY_LONG * _BLOCK:
        return _ghash_long(H, X)
    return _ghash_very_long(H, X)
