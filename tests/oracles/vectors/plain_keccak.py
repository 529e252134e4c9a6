"""Keccak-256, written from FIPS 202 for this folder: the padding is 01, as before the standard."""

from __future__ import annotations

import struct
from typing import Dict, Tuple

__all__ = ["keccak_256"]


def rotated(word: int, by: int) -> int:
    by %= 64
    return (word << by | word >> (64 - by)) & (2**64 - 1)


def permuted(lanes: Dict[Tuple[int, int], int]) -> Dict[Tuple[int, int], int]:
    shift = 1
    for _ in range(24):
        parity = [lanes[x, 0] ^ lanes[x, 1] ^ lanes[x, 2] ^ lanes[x, 3] ^ lanes[x, 4]
                  for x in range(5)]  # fmt: skip
        lanes = {(x, y): lane ^ parity[(x - 1) % 5] ^ rotated(parity[(x + 1) % 5], 1)
                 for (x, y), lane in lanes.items()}  # fmt: skip
        moved, (x, y) = {(0, 0): lanes[0, 0]}, (1, 0)
        for step in range(24):
            moved[y, (2 * x + 3 * y) % 5] = rotated(lanes[x, y], (step + 1) * (step + 2) // 2)
            x, y = y, (2 * x + 3 * y) % 5
        lanes = {(x, y): lane ^ (~moved[(x + 1) % 5, y] & moved[(x + 2) % 5, y])
                 for (x, y), lane in moved.items()}  # fmt: skip
        for bit in range(7):
            if shift & 1:
                lanes[0, 0] ^= 1 << (2**bit - 1)
            shift = (shift << 1) ^ (0x171 if shift & 0x80 else 0)
    return lanes


def keccak_256(data: bytes) -> bytes:
    padded = bytearray(data + b"\1" + bytes(-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    lanes = {(x, y): 0 for x in range(5) for y in range(5)}
    for start in range(0, len(padded), 136):
        for number, word in enumerate(struct.unpack_from("<17Q", padded, start)):
            lanes[number % 5, number // 5] ^= word
        lanes = permuted(lanes)
    return struct.pack("<4Q", *(lanes[x, 0] for x in range(4)))
