"""Keys and points with something special about them, and things that only look like points."""

from __future__ import annotations

from typing import Dict, Final, Iterator, NamedTuple, Tuple

from venice_ref.crypto.curves import P256, SECP256K1
from venice_ref.crypto.ecdh import PrivateKey, encode_point
from venice_ref.crypto.weierstrass import generator, lift_x, multiply, negate
from venice_ref.model import RandomBytes

__all__ = [
    "LARGEST_X",
    "SMALLEST_X",
    "SMALLEST_Y",
    "G",
    "N",
    "NotPoint",
    "P",
    "encode",
    "negated",
    "not_points",
    "point_with_x",
    "private_bytes",
    "public_of",
    "scalar",
    "scalars_where",
    "unreduced",
]

P: Final = SECP256K1.p
N: Final = SECP256K1.n
G: Final = encode_point(generator(SECP256K1))


def encode(x: int, y: int) -> bytes:
    """Return 04, x, y without asking whether that is a point."""
    return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def scalar(random: RandomBytes) -> int:
    """Return a number in [1, n-1]."""
    return int.from_bytes(random(32), "big") % (N - 1) + 1


def private_bytes(d: int) -> bytes:
    """Return the 32 bytes of a private key."""
    return d.to_bytes(32, "big")


def public_of(d: int) -> bytes:
    """Return the public key of a private one, 65 bytes."""
    return bytes(PrivateKey.from_bytes(private_bytes(d)).public_key)


def point_with_x(x: int, *, odd: bool = False) -> bytes:
    """Return the point with this x; there has to be one."""
    return bytes(encode_point(lift_x(SECP256K1, x, odd=odd)))


def scalars_where(random: RandomBytes, begin: bytes, at: int) -> Iterator[int]:
    """Yield private keys whose public key has the bytes `begin` at offset `at`."""
    while True:
        d = scalar(random)
        if public_of(d)[at : at + len(begin)] == begin:
            yield d


SMALLEST_X: Final = point_with_x(1)
"""The point with x = 1: 31 leading zero bytes."""

LARGEST_X: Final = point_with_x(P - 3)
"""The point with the largest x."""

_X_OF_Y_1: Final = 0x1FE1E5EF_3FCEB5C1_35AB7741_333CE5A6_E80D6816_7653F6B2_B24BCBCF_AAAFF507
SMALLEST_Y: Final = encode(_X_OF_Y_1, 1)
"""A point with y = 1."""


class NotPoint(NamedTuple):
    """65 bytes that begin with 04 and are no point of secp256k1."""

    name: str
    why: str
    raw: bytes


def _off_by(raw: bytes, byte: int, bit: int) -> bytes:
    return raw[:byte] + bytes([raw[byte] ^ bit]) + raw[byte + 1 :]


# A point of order 13 on y^2 = x^3 + 2; the tests of the vectors show that it is one.
_ORDER_13: Final = encode(
    0x3AD3E1EC_92DC070A_346A9753_30B12E1D_929C645B_E56584AA_88E489AA_3D68746B,
    0xAB34E494_2373ED8C_F787BB15_BC0B9FC1_F15065BC_091001AA_6C607F91_C8520383,
)


def not_points(raw: bytes) -> Tuple[NotPoint, ...]:
    """Return what is no point, where `raw` is one."""
    x, y = raw[1:33], raw[33:]
    other = multiply(P256, 7, generator(P256))
    rows: Dict[str, Tuple[str, bytes]] = {
        "y-last-bit": ("the equation is not tested at all", _off_by(raw, 64, 1)),
        "y-first-bit": ("the top of y is not part of the test", _off_by(raw, 33, 0x80)),
        "x-last-bit": ("only y is tested, or x is replaced by the root of y", _off_by(raw, 32, 1)),
        "x-y-swapped": ("the coordinates are read in the wrong order", b"\x04" + y + x),
        "little-endian": (
            "the coordinates are read in the wrong byte order",
            b"\x04" + x[::-1] + y[::-1],
        ),
        "all-zero": (
            "zeros stand for infinity in some libraries, and the shared secret is then a constant",
            b"\x04" + bytes(64),
        ),
        "all-ones": ("numbers above p are reduced without a word", b"\x04" + b"\xff" * 64),
        "order-2": (
            "a point of order 2 on another curve gives away the lowest bit of the private key",
            encode(2, 0),
        ),
        "order-3": (
            "a point of order 3 on another curve gives away the private key modulo 3",
            encode(0, 1),
        ),
        "order-13": (
            "a point of order 13 on y^2 = x^3 + 2 gives away the private key modulo 13",
            _ORDER_13,
        ),
        "of-p-256": (
            "a point of P-256 passes where the size is all that is tested",
            encode(*other) if other else b"",
        ),
        "y-negated-mod-2-256": (
            "y is negated modulo 2^256 in place of p",
            b"\x04" + x + (2**256 - int.from_bytes(y, "big")).to_bytes(32, "big"),
        ),
    }
    return tuple(NotPoint(name, why, bad) for name, (why, bad) in rows.items())


def unreduced() -> Tuple[Tuple[NotPoint, bytes], ...]:
    """Return coordinates that are a point after a reduction modulo p, each with that point."""
    one = int.from_bytes(SMALLEST_X[33:], "big")
    return (
        (
            NotPoint("x-is-1-plus-p", "x is reduced modulo p first", encode(P + 1, one)),
            SMALLEST_X,
        ),
        (
            NotPoint("y-is-1-plus-p", "y is reduced modulo p first", encode(_X_OF_Y_1, P + 1)),
            SMALLEST_Y,
        ),
    )


def negated(raw: bytes) -> bytes:
    """Return the point -P of P."""
    point = int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big")
    return bytes(encode_point(negate(SECP256K1, point)))
