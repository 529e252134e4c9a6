"""A small Keccak that shares nothing with the reference; `hashlib` proves it on SHA3-256.

The permutation and the sponge of Keccak-256 and SHA3-256 are the same, only the first byte of the
padding differs.  So whoever computes SHA3-256 right with the byte 06 computes Keccak-256 with 01.
"""

from __future__ import annotations

import hashlib
import struct
from typing import List

__all__ = ["keccak_256", "sponge"]

_MASK = 2**64 - 1


def _constants() -> List[int]:
    found, state = [], 1
    for _ in range(24):
        value = 0
        for bit in (0, 1, 3, 7, 15, 31, 63):
            if state & 1:
                value ^= 1 << bit
            state <<= 1
            if state & 0x100:
                state ^= 0x171
        found.append(value)
    return found


def _turned(lane: int, by: int) -> int:
    by %= 64
    return ((lane << by) | (lane >> (64 - by))) & _MASK


_CONSTANTS = _constants()


def _permuted(a: List[int]) -> List[int]:
    for constant in _CONSTANTS:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        for i in range(25):
            a[i] ^= c[(i + 4) % 5] ^ _turned(c[(i + 1) % 5], 1)
        x, y, lane = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            lane, a[x + 5 * y] = a[x + 5 * y], _turned(lane, (t + 1) * (t + 2) // 2)
        for row in range(0, 25, 5):
            b = a[row : row + 5]
            for x in range(5):
                a[row + x] = b[x] ^ (~b[(x + 1) % 5] & b[(x + 2) % 5] & _MASK)
        a[0] ^= constant
    return a


def sponge(message: bytes, first: int) -> bytes:
    """Return 32 bytes, with the first byte of padding that is given."""
    room = 136 - len(message) % 136
    padding = bytes([first ^ 0x80]) if room == 1 else bytes([first, *bytes(room - 2), 0x80])
    data, state = message + padding, [0] * 25
    for at in range(0, len(data), 136):
        for i, lane in enumerate(struct.unpack("<17Q", data[at : at + 136])):
            state[i] ^= lane
        state = _permuted(state)
    return struct.pack("<4Q", *state[:4])


def keccak_256(message: bytes) -> bytes:
    """Return Keccak-256, where this file computes SHA3-256 of the same message right."""
    assert sponge(message, 0x06) == hashlib.sha3_256(message).digest()
    return sponge(message, 0x01)
