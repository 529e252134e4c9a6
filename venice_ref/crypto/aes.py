"""AES-256, encryption direction: the key schedule and the cipher.  FIPS 197 (update 1, 2023).

First the standard, with its section numbers and symbols; then the same functions in the forms that
are used.  GCM needs nothing else: not the inverse cipher, not the shorter keys.

`Nb` = 4 columns, `Nk` = 8 words of key, `Nr` = 14 rounds.  The state is a sequence of 16 bytes in
which `s[r + 4*c]` is s[r,c], row r of column c (3.4), so that a block and its state are the same
bytes.  A round key is 16 bytes in the same order.

What this page does not promise: constant time.  The S-box is a table of 256 bytes that is read at
secret positions, in the textbook and in the fast forms (`bytes.translate`).  A program that shares
the processor's cache could learn from it.  In the fast forms the number and the order of the
operations depend on lengths alone; `xtimes` asks for a bit.  The time of Python's integers depends
on their values in any form.
"""

from __future__ import annotations

from typing import Iterator, List, Sequence, Tuple

from venice_ref.crypto.twins import faster_than
from venice_ref.errors import UsageError

__all__ = [
    "BLOCK_SIZE",
    "KEY_SIZE",
    "RoundKeys",
    "cipher",
    "encrypt_blocks",
    "encrypt_blocks_textbook",
    "key_expansion",
    "key_expansion_textbook",
]

RoundKeys = Tuple[bytes, ...]
"""The Nr + 1 = 15 round keys of 16 bytes, w[0..3] first  (5.2)."""

BLOCK_SIZE = 16
"""Bytes of a block and of the state."""

KEY_SIZE = 32
"""Bytes of a key: 4 * Nk."""

_NK = 8
_NR = 14


# --- The standard -------------------------------------------------------------------------------


def xtimes(b: int) -> int:
    """Return {02} * b in GF(2^8), the polynomials modulo x^8 + x^4 + x^3 + x + 1.  4.2."""
    return (b << 1) ^ (0x11B if b & 0x80 else 0)


def _sbox() -> bytes:
    """Return SBOX() as a table: the multiplicative inverse, then an affine map.  5.1.1.

    {03} generates the 255 non-zero elements.  With b = {03}^i the inverse is {03}^(255 - i); zero
    stands for its own.  The map adds to bit i the bits i+4, i+5, i+6 and i+7 (modulo 8) and bit i
    of {63}.  0x101 * b is b written twice, so that bit i of (0x101 * b) >> 4 is bit i+4 of b.
    """
    powers = [0x01]
    while len(powers) < 255:
        powers.append(xtimes(powers[-1]) ^ powers[-1])  # {03} * b = {02} * b + b
    inverse = [0x00] * 256
    for i in range(255):
        inverse[powers[i]] = powers[(255 - i) % 255]
    twice = (0x101 * b for b in inverse)
    return bytes((t ^ (t >> 4) ^ (t >> 5) ^ (t >> 6) ^ (t >> 7) ^ 0x63) & 0xFF for t in twice)


SBOX = _sbox()
"""SBOX[b] is SBOX(b); computed, so that 256 numbers need not be believed.  A test knows some."""


def _xor(x: Sequence[int], y: Sequence[int]) -> bytes:
    return bytes(a ^ b for a, b in zip(x, y))


def key_expansion_textbook(key: bytes) -> RoundKeys:
    """Return the round keys of a key of 32 bytes.  KEYEXPANSION(), 5.2, Algorithm 2.

    Raises:
        UsageError: the key has another size [ENV-2].
    """
    _check_key(key)
    w = [key[4 * i : 4 * i + 4] for i in range(_NK)]
    rcon = 0x01  # Rcon[j] = ({02}^(j-1), 0, 0, 0)
    for i in range(_NK, 4 * (_NR + 1)):
        temp = w[i - 1]
        if i % _NK == 0:
            temp = (temp[1:] + temp[:1]).translate(SBOX)  # SUBWORD(ROTWORD(temp))
            temp = _xor(temp, (rcon, 0, 0, 0))
            rcon = xtimes(rcon)
        elif i % _NK == 4:
            temp = temp.translate(SBOX)  # the additional SUBWORD() of keys with Nk > 6
        w.append(_xor(w[i - _NK], temp))
    return tuple(b"".join(w[4 * n : 4 * n + 4]) for n in range(_NR + 1))


def sub_bytes(s: Sequence[int]) -> List[int]:
    """SUBBYTES(), 5.1.1: each byte through the S-box."""
    return [SBOX[b] for b in s]


def shift_rows(s: Sequence[int]) -> List[int]:
    """SHIFTROWS(), 5.1.2: s'[r,c] = s[r, (c+r) mod 4], row r moves r places to the left."""
    return [s[r + 4 * ((c + r) % 4)] for c in range(4) for r in range(4)]


def mix_columns(s: Sequence[int]) -> List[int]:
    """MIXCOLUMNS(), 5.1.3: each column times the circulant matrix of the row 02 03 01 01."""
    mixed = []
    for c in range(4):
        for r in range(4):
            s0, s1, s2, s3 = (s[(r + i) % 4 + 4 * c] for i in range(4))
            mixed.append(xtimes(s0) ^ (xtimes(s1) ^ s1) ^ s2 ^ s3)
    return mixed


def cipher(round_keys: RoundKeys, block: bytes) -> bytes:
    """Return the encryption of one block of 16 bytes.  CIPHER(), 5.1, Algorithm 1.

    Raises:
        UsageError: the block has another size.
    """
    if len(block) != BLOCK_SIZE:
        raise UsageError(f"an AES block of {len(block)} bytes, required {BLOCK_SIZE}")
    state = _xor(block, round_keys[0])  # ADDROUNDKEY(), 5.1.4
    for n in range(1, _NR):
        state = _xor(mix_columns(shift_rows(sub_bytes(state))), round_keys[n])
    return _xor(shift_rows(sub_bytes(state)), round_keys[_NR])


def encrypt_blocks_textbook(round_keys: RoundKeys, blocks: bytes) -> bytes:
    """Return each of the blocks encrypted for itself, in their order.

    This is the seam to the modes of operation.  It is not a mode: what it may be given are blocks
    that differ, such as counters.

    Raises:
        UsageError: `blocks` is not a whole number of blocks.
    """
    _check_blocks(blocks)
    return b"".join(
        cipher(round_keys, blocks[i : i + BLOCK_SIZE]) for i in range(0, len(blocks), BLOCK_SIZE)
    )


def _check_key(key: bytes) -> None:
    if len(key) != KEY_SIZE:
        raise UsageError(f"an AES-256 key of {len(key)} bytes, required {KEY_SIZE}", rule="ENV-2")


def _check_blocks(blocks: bytes) -> None:
    if len(blocks) % BLOCK_SIZE != 0:
        raise UsageError(f"{len(blocks)} bytes are not a whole number of AES blocks")


# --- The key schedule, four words at a time -----------------------------------------------------

_EACH_WORD = 0x1_00000001_00000001_00000001
"""Times a word: the word four times."""


@faster_than(key_expansion_textbook)
def key_expansion(key: bytes) -> RoundKeys:
    """Same as `key_expansion_textbook`, by whole round keys; 7 times faster.

    Let + be XOR, w0..w3 the round key before the last one, and t what `temp` is at the first of the
    four new words.  `temp` of the others is the word before, so the new words are

        t + w0,   t + w0 + w1,   t + w0 + w1 + w2,   t + w0 + w1 + w2 + w3:

    t in every word, plus the running sums of w0..w3.  As a big-endian integer w0 is the highest
    word, so x + (x >> 32) holds the sums of two neighbours and one more step, by 64, the sums of
    up to four.  The price is this identity.
    """
    _check_key(key)
    integer = int.from_bytes
    before_last, k = key[:16], key[16:]
    round_keys = [before_last, k]
    before, last = integer(before_last, "big"), integer(k, "big")
    rcon = 0x01000000
    for n in range(2, _NR + 1):
        if n & 1:
            t = integer(k[12:].translate(SBOX), "big")
        else:  # the first of Nk words
            t = integer((k[13:] + k[12:13]).translate(SBOX), "big") ^ rcon
            rcon <<= 1  # {02}^6 is the last that 14 rounds need: no reduction
        before ^= before >> 32
        before ^= before >> 64
        before, last = last, before ^ t * _EACH_WORD
        k = last.to_bytes(16, "big")
        round_keys.append(k)
    return tuple(round_keys)


# --- The cipher, for a few blocks ---------------------------------------------------------------

# SUBBYTES works on each byte for itself, so it may come after SHIFTROWS.  A round is then
#
#     s'[r,c] = {02} S(a0) + {03} S(a1) + S(a2) + S(a3) + k[r,c],
#     ai      = s[q, (c+q) mod 4]   with q = (r+i) mod 4:
#
# four ways to pick bytes from the state, each followed by a function of the byte.  Both are
# `translate`: `data.translate(table)` replaces each byte b of `data` by `table[b]`.  With a fixed
# table it computes a function of each byte.  With fixed data it moves bytes: PICK[i] holds, for
# each position, the number of the byte that belongs there, and the state is the table.  A table
# has 256 bytes, so this serves up to 16 blocks side by side.  PICK[0] alone is SHIFTROWS: the last
# round, which has no MIXCOLUMNS.

_FEW = 16
"""Blocks in one call of `_encrypt_few`."""

_S2 = bytes(xtimes(b) for b in SBOX)
"""{02} S(b)."""

_S3 = bytes(xtimes(b) ^ b for b in SBOX)
"""{03} S(b)."""


def _pick(i: int) -> bytes:
    """Return the numbers of the bytes `ai`, in the order of the positions r + 4*c of each block."""
    block = [q + 4 * ((c + q) % 4) for c in range(4) for q in ((r + i) % 4 for r in range(4))]
    return bytes(BLOCK_SIZE * n + number for n in range(_FEW) for number in block)


_PICK = tuple(_pick(i) for i in range(4))


@faster_than(encrypt_blocks_textbook)
def _encrypt_few(round_keys: RoundKeys, blocks: bytes) -> bytes:
    """Same as `encrypt_blocks_textbook` for at most 16 blocks, by `translate`.

    20 times faster for one block, 65 times for 6.  The price is two further tables that are read at
    secret positions, as the S-box is.  The blocks are whole; nothing is checked here.

    The state of all blocks is one little-endian integer, because integers of any length are added
    (XOR) in one operation, and because `to_bytes(256)` then makes the table, zeros after the end.
    A fifth of the gain is that no method and no constant is looked up in the rounds.
    """
    size = len(blocks)
    pick0, pick1, pick2, pick3 = [pick[:size].translate for pick in _PICK]
    integer, S, S2, S3 = int.from_bytes, SBOX, _S2, _S3
    key, *middle, last = [integer(k * (size // BLOCK_SIZE), "little") for k in round_keys]
    state = integer(blocks, "little") ^ key
    for k in middle:
        s = state.to_bytes(256, "little")
        state = (
            integer(pick0(s).translate(S2), "little")
            ^ integer(pick1(s).translate(S3), "little")
            ^ integer(pick2(s).translate(S), "little")
            ^ integer(pick3(s).translate(S), "little")
            ^ k
        )
    s = state.to_bytes(256, "little")
    return (integer(pick0(s).translate(S), "little") ^ last).to_bytes(size, "little")


# --- The cipher, for many blocks ----------------------------------------------------------------

# The state array of the standard, with n bytes in each place instead of one: s[r,c] is a string of
# that byte of each of n blocks, the four columns of a row stand side by side, and the four rows are
# one integer, row 0 the lowest.  SUBBYTES is one `translate`.  SHIFTROWS moves r*n bytes of row r
# from its front to its end.  MIXCOLUMNS is, with a1 for the rows turned by one, so that
# a1[r,c] = a[r+1,c], and with u = a + a1,
#
#     {02} a[r] + {03} a[r+1] + a[r+2] + a[r+3] = {02} u[r] + a1[r] + u[r+2],
#
# and {02} doubles each byte: its lower 7 bits go up by one, and where the highest was 1, {1b} is
# added.  However many blocks there are, a round is some 40 operations.

_PLACES = tuple(r + 4 * c for r in range(4) for c in range(4))
"""The byte of a block that belongs to each place, in the order of rows."""


@faster_than(encrypt_blocks_textbook)
def _encrypt_many(round_keys: RoundKeys, blocks: bytes) -> bytes:
    """Same as `encrypt_blocks_textbook`, by rows over all blocks.

    200 to 300 times faster for 1024.  The price is in the first and the last step, which bring the
    bytes to their places and back.  The blocks are whole; nothing is checked here.
    """
    size = len(blocks)
    n = size // BLOCK_SIZE
    row = 8 * 4 * n  # bits
    low_row, low_half = (1 << row) - 1, (1 << 2 * row) - 1
    low_bits = int.from_bytes(b"\x7f" * size, "little")
    ones = int.from_bytes(b"\x01" * size, "little")
    key, *middle, last = _key_rows(round_keys, n)
    rows = int.from_bytes(b"".join([blocks[i::BLOCK_SIZE] for i in _PLACES]), "little") ^ key
    for k in middle:
        a = int.from_bytes(_substituted_and_shifted(rows, n), "little")
        a1 = a >> row | (a & low_row) << 3 * row
        u = a ^ a1
        doubled = (u & low_bits) << 1 ^ (u >> 7 & ones) * 0x1B
        rows = doubled ^ a1 ^ (u >> 2 * row | (u & low_half) << 2 * row) ^ k
    rows = int.from_bytes(_substituted_and_shifted(rows, n), "little") ^ last
    places = rows.to_bytes(size, "little")
    out = bytearray(size)
    for number, i in enumerate(_PLACES):
        out[i::BLOCK_SIZE] = places[n * number : n * (number + 1)]
    return bytes(out)


def _substituted_and_shifted(rows: int, n: int) -> bytes:
    """SUBBYTES and SHIFTROWS."""
    s = rows.to_bytes(BLOCK_SIZE * n, "little").translate(SBOX)
    row1, row2, row3 = s[4 * n : 8 * n], s[8 * n : 12 * n], s[12 * n :]
    return b"".join(
        (s[: 4 * n], row1[n:], row1[:n], row2[2 * n :], row2[: 2 * n], row3[3 * n :], row3[: 3 * n])
    )


def _key_rows(round_keys: RoundKeys, n: int) -> Iterator[int]:
    """Yield each round key in rows, each byte n times: n times its number, and `translate`."""
    numbers = b"".join([bytes((i,)) * n for i in _PLACES])
    zeros = bytes(256 - BLOCK_SIZE)
    return (int.from_bytes(numbers.translate(k + zeros), "little") for k in round_keys)


# --- The choice between them --------------------------------------------------------------------

_BATCH = 4096
"""Most blocks at a time: the rows of more do not stay in a processor's cache."""


def encrypt_blocks(round_keys: RoundKeys, blocks: bytes) -> bytes:
    """Return each of the blocks encrypted for itself; see `encrypt_blocks_textbook`.

    Raises:
        UsageError: `blocks` is not a whole number of blocks.
    """
    _check_blocks(blocks)
    if len(blocks) <= _FEW * BLOCK_SIZE:
        return _encrypt_few(round_keys, blocks)
    step = _BATCH * BLOCK_SIZE
    return b"".join(
        [_encrypt_many(round_keys, blocks[i : i + step]) for i in range(0, len(blocks), step)]
    )
