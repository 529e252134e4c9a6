"""The work of Keccak-256: one short message, as an address or a receipt has it."""

from __future__ import annotations

import hashlib
from typing import List, Tuple

from bench.measure import OURS, Candidate, candidate
from bench.peers import PYCRYPTODOME, Peers
from venice_ref.crypto import keccak

MESSAGES = tuple((hashlib.sha512(b"message %d" % index).digest(),) for index in range(8))
"""64 bytes each, as a public key has."""

LANES = "a loop over 25 lanes"
DEFINITION = "our definition (keccak_256_textbook)"

_RATE = 136
_LANE = (1 << 64) - 1


def _moves() -> List[Tuple[int, int, int]]:
    """Return rho and pi in the order of the lanes' round trip: from, to and rotation."""
    moves, x, y = [], 1, 0
    for t in range(24):
        to_x, to_y = y, (2 * x + 3 * y) % 5
        moves.append((x + 5 * y, to_x + 5 * to_y, (t + 1) * (t + 2) // 2 % 64))
        x, y = to_x, to_y
    return moves


_MOVES = _moves()


def keccak_by_lanes(data: bytes) -> bytes:
    """Return Keccak-256 by the loop over 25 integers of 64 bits that pure-Python libraries have.

    The page of the product begins with such a loop as well (`keccak_256_textbook`).  It follows the
    names of the standard and not the clock, and takes longer; this one is the fairer peer.
    """
    padded = bytearray(data + b"\1" + bytes(-(len(data) + 1) % _RATE))
    padded[-1] |= 0x80
    A = [0] * 25
    for start in range(0, len(padded), _RATE):
        for i in range(_RATE // 8):
            A[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        A = _permute(A)
    return b"".join(lane.to_bytes(8, "little") for lane in A[:4])


def _permute(A: List[int]) -> List[int]:
    for constant in keccak._RC:  # noqa: SLF001  the constants are not what is compared
        C = [A[x] ^ A[x + 5] ^ A[x + 10] ^ A[x + 15] ^ A[x + 20] for x in range(5)]
        D = [C[x - 1] ^ ((C[x - 4] << 1) & _LANE | C[x - 4] >> 63) for x in range(5)]
        A = [lane ^ D[i % 5] for i, lane in enumerate(A)]
        B = A[:]
        for source, target, n in _MOVES:
            lane = A[source]
            B[target] = (lane << n) & _LANE | lane >> (64 - n)
        for y in range(0, 25, 5):
            b0, b1, b2, b3, b4 = B[y : y + 5]
            A[y] = b0 ^ ~b1 & b2
            A[y + 1] = b1 ^ ~b2 & b3
            A[y + 2] = b2 ^ ~b3 & b4
            A[y + 3] = b3 ^ ~b4 & b0
            A[y + 4] = b4 ^ ~b0 & b1
        A[0] ^= constant
    return A


def ours(_: Peers) -> Candidate:
    return candidate(OURS, keccak.keccak_256, MESSAGES)


def lanes(_: Peers) -> Candidate:
    return candidate(LANES, keccak_by_lanes, MESSAGES)


def definition(_: Peers) -> Candidate:
    return candidate(DEFINITION, keccak.keccak_256_textbook, MESSAGES)


def pycryptodome(peers: Peers) -> Candidate:
    new = peers.package("Crypto.Hash.keccak").new

    def digest(data: bytes) -> bytes:
        hashed: bytes = new(digest_bits=256, data=data).digest()
        return hashed

    return candidate(PYCRYPTODOME, digest, MESSAGES)
