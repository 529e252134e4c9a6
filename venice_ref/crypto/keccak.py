"""Keccak-256, the hash of Ethereum.  The Keccak reference, 3.0; FIPS 202 for names and sections.

The permutation and the sponge are those of SHA3-256, the padding is not.  FIPS 202 (6.1) appends
the bits 01 to the message before pad10*1, which makes the first byte of padding 0x06; we append
nothing, so that it is 0x01, because Ethereum took Keccak as it was submitted, before the standard
added the two bits.  `hashlib.sha3_256` therefore computes another function, and the standard
library has none that computes this one.

The state is 5 x 5 lanes A[x,y] of 64 bits; lane (x, y) is bytes 8*(5y+x) onwards of the 200 bytes
of the state, little-endian (3.1.2, B.1).  Coordinates count modulo 5.
"""

from __future__ import annotations

from typing import Dict, List, Tuple

from venice_ref.crypto.twins import faster_than

__all__ = ["keccak_256", "keccak_256_textbook"]

_RATE = 136
"""Bytes absorbed at a time: r = 1600 - c = 1600 - 2 * 256 bits."""

_STATE = 200
"""Bytes of the state: b = 1600 bits."""

_ROUNDS = 24
"""12 + 2 l, l = log2(64)."""

_LANE = (1 << 64) - 1


# --- The standard -------------------------------------------------------------------------------


def _rotation_offsets() -> Dict[Tuple[int, int], int]:
    """Return by how many bits rho rotates lane (x, y).  3.2.2, Algorithm 2."""
    offsets = {(0, 0): 0}
    x, y = 1, 0
    for t in range(24):
        offsets[x, y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets


def _round_constants() -> List[int]:
    """Return RC for each round.  3.2.5, Algorithms 5 and 6, step 2.

    rc(t) is the output of a linear feedback shift register, one bit for each step; round i places
    rc(7i + j) at bit 2^j - 1.
    """
    constants = []
    R = 1  # as a polynomial, modulo x^8 + x^6 + x^5 + x^4 + 1
    for _ in range(_ROUNDS):
        RC = 0
        for j in range(7):
            RC |= (R & 1) << (2**j - 1)
            R = (R << 1) ^ (0x171 if R & 0x80 else 0)
        constants.append(RC)
    return constants


_OFFSETS = _rotation_offsets()
_RC = _round_constants()


def _rot(lane: int, n: int) -> int:
    return ((lane << n) | (lane >> (64 - n))) & _LANE


def keccak_f_textbook(state: bytes) -> bytes:
    """Return KECCAK-p[1600, 24] of a state of 200 bytes.  3.3, Algorithm 7."""
    A = {
        (x, y): int.from_bytes(state[8 * (5 * y + x) :][:8], "little")
        for x in range(5)
        for y in range(5)
    }
    for RC in _RC:
        # theta, 3.2.1
        C = [A[x, 0] ^ A[x, 1] ^ A[x, 2] ^ A[x, 3] ^ A[x, 4] for x in range(5)]
        D = [C[(x - 1) % 5] ^ _rot(C[(x + 1) % 5], 1) for x in range(5)]
        A = {(x, y): lane ^ D[x] for (x, y), lane in A.items()}
        # rho, 3.2.2
        A = {xy: _rot(lane, _OFFSETS[xy]) for xy, lane in A.items()}
        # pi, 3.2.3
        A = {(x, y): A[(x + 3 * y) % 5, x] for x, y in A}
        # chi, 3.2.4
        A = {(x, y): A[x, y] ^ ~A[(x + 1) % 5, y] & A[(x + 2) % 5, y] for x, y in A}
        # iota, 3.2.5
        A[0, 0] ^= RC
    return b"".join(A[x, y].to_bytes(8, "little") for y in range(5) for x in range(5))


def _pad(data: bytes) -> bytes:
    """Return the message and pad10*1 (5.1): a one, zeros, and a one in the last bit of a block."""
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % _RATE))
    padded[-1] |= 0x80
    return bytes(padded)


def keccak_256_textbook(data: bytes) -> bytes:
    """Return the 32 bytes of Keccak[c = 512](data, 256).  The sponge: 4, Algorithm 8."""
    padded = _pad(data)
    S = bytes(_STATE)
    for i in range(0, len(padded), _RATE):
        block = padded[i : i + _RATE] + bytes(_STATE - _RATE)
        S = keccak_f_textbook(bytes(s ^ p for s, p in zip(S, block)))
    return S[:32]


# --- The whole state in one integer -------------------------------------------------------------

# A plane is five lanes with the same y, 320 bits.  As a little-endian integer the state is five
# planes, and a shift by 64 bits moves every lane to the next x.
#
# rho rotates lane (x, y) by 8q + k bits, k < 8.  k is a sum of some of 1, 2 and 4; for each of the
# three, all lanes that need it are rotated together, under masks.  What remains is to rotate by q
# whole bytes, which permutes the 200 bytes of the state.  So does pi, and so does the step from a
# lane to its neighbour x+1 or x+2 in chi.  `bytes.translate` does them together:
# `numbers.translate(state)` replaces each byte of `numbers` by the byte of the state that it names.


def _rotation_masks() -> List[Tuple[int, int, int, int, int]]:
    """Return, for each step s = 1, 2, 4: s, 64 - s, and three masks of the state.

    The masks select the lanes that stay; of the lanes that rotate, the bits that go up by s; and
    the top s bits, which come down by 64 - s.
    """
    masks = []
    for s in (1, 2, 4):
        stay = up = 0
        for (x, y), offset in _OFFSETS.items():
            shift = 64 * (5 * y + x)
            if offset & s:
                up |= (_LANE >> s) << shift
            else:
                stay |= _LANE << shift
        masks.append((s, 64 - s, stay, up, ((1 << 1600) - 1) ^ stay ^ up))
    return masks


def _numbers(dx: int) -> bytes:
    """Return, for each byte of lane (x + dx, y) after rho and pi, the number of its source."""
    numbers = []
    for y in range(5):
        for x in range(dx, 5 + dx):
            source = (x + 3 * y) % 5, x % 5
            lane, whole_bytes = 5 * source[1] + source[0], _OFFSETS[source] // 8
            numbers += [8 * lane + (i - whole_bytes) % 8 for i in range(8)]
    return bytes(numbers)


_MASKS = _rotation_masks()
_X0, _X1, _X2 = (_numbers(dx) for dx in range(3))
_PLANE = (1 << 320) - 1
_LOW_BITS = sum(1 << 64 * x for x in range(5))
_NOT_LOW_BITS = _PLANE ^ _LOW_BITS
_EACH_PLANE = sum(1 << 320 * y for y in range(5))
"""Times a plane: the plane five times."""


def _keccak_f(A: int) -> int:
    """Return KECCAK-p[1600, 24] of the state as a little-endian integer."""
    for RC in _RC:
        # theta
        C = (A ^ (A >> 320) ^ (A >> 640) ^ (A >> 960) ^ (A >> 1280)) & _PLANE
        before = (C << 64) | (C >> 256)  # C[x-1], and a sixth lane that the mask below removes
        after = ((C >> 64) | (C << 256)) & _PLANE  # C[x+1]
        after = ((after << 1) & _NOT_LOW_BITS) | ((after >> 63) & _LOW_BITS)
        A ^= ((before ^ after) & _PLANE) * _EACH_PLANE
        # rho within the bytes
        for s, back, stay, up, down in _MASKS:
            A = (A & stay) | ((A & up) << s) | ((A & down) >> back)
        # rho of whole bytes, pi, chi
        state = A.to_bytes(256, "little")
        x1 = int.from_bytes(_X1.translate(state), "little")
        x2 = int.from_bytes(_X2.translate(state), "little")
        # iota; x2 + x1 x2 is (not x1) and x2 without a negative number
        A = int.from_bytes(_X0.translate(state), "little") ^ x2 ^ (x1 & x2) ^ RC
    return A


@faster_than(keccak_256_textbook)
def keccak_256(data: bytes) -> bytes:
    """Return the 32 bytes of Keccak-256.

    Same as `keccak_256_textbook`, by operations on the whole state in one integer; 7 times faster.
    """
    padded = _pad(data)
    A = 0
    for i in range(0, len(padded), _RATE):
        A = _keccak_f(A ^ int.from_bytes(padded[i : i + _RATE], "little"))
    return A.to_bytes(_STATE, "little")[:32]
