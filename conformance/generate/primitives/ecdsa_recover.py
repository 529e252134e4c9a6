"""`primitives/ecdsa_recover`: the key on secp256k1 that made a signature."""

from __future__ import annotations

from typing import Final

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.points import N, P
from conformance.generate.wording import sentence
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import encode_point
from venice_ref.crypto.keccak import keccak_256
from venice_ref.crypto.weierstrass import generator, lift_x, multiply

_MESSAGE: Final = b"\x19Ethereum Signed Message:\n4test"


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "Recovers",
        Flag(
            "FUNCTIONALITY",
            "a signature with each recovery id",
            "another key is recovered, and the receipt of an honest server is refused",
            "bit 0 is the parity of y of R, bit 1 says that x of R is r + n",
            ("SEC 1 version 2, 4.1.6", "Ethereum Yellow Paper, appendix F"),
        ),
    )
    builder.flag(
        "NoKey",
        Flag(
            "AUTH_BYPASS",
            "no public key belongs to the signature",
            "a key is made up; a comparison with an address that was made up likewise then holds",
            "test the range, the square root and infinity",
            ("SEC 1 version 2, 4.1.6, steps 1.2 to 1.6",),
        ),
    )
    random = builder.random("numbers")
    digest = keccak_256(_MESSAGE)
    d = int.from_bytes(random(32), "big") % N
    signature = ecdsa.sign(SECP256K1, d, digest, low_s=True)
    r, s, v = signature
    _accept(builder, "ordinary", "the ordinary case", r, s, v)
    why = "n - s with the other parity is a signature by the same key"
    _accept(builder, "high-s", why, r, N - s, v ^ 1)
    _accept(
        builder, "other-parity", "the other parity gives another key, not an error", r, s, v ^ 1
    )
    free = int.from_bytes(random(32), "big") % N
    small = next(x for x in range(1, 99) if lift_x(SECP256K1, N + x, odd=False))
    both = next(
        x for x in range(1, 999)
        if lift_x(SECP256K1, N + x, odd=False) and lift_x(SECP256K1, x, odd=False)
    )  # fmt: skip
    _accept(builder, "r-plus-n-even", "bit 1 of the recovery id is not known", small, free, 2)
    _accept(builder, "r-plus-n-odd", "bit 1 of the recovery id is not known", small, free, 3)
    why = "the same r without bit 1 is another point"
    _accept(builder, "r-small-without-n", why, both, free, 0)
    middle = next(
        x for x in range(int.from_bytes(random(31), "big") >> 8, P)
        if lift_x(SECP256K1, x, odd=True)
    )  # fmt: skip
    _accept(builder, "r-leading-zeros", "r is kept without its zero bytes", middle, free, 1)
    _accept(builder, "s-leading-zeros", "s is kept without its zero bytes", r, free >> 16, v)
    _accept(builder, "s-is-1", "s is 1", r, 1, v)
    _rejects(builder, r, s)


def _rejects(builder: FileBuilder, r: int, s: int) -> None:
    digest = keccak_256(_MESSAGE)
    no_x = next(x for x in range(r, P) if lift_x(SECP256K1, x, odd=False) is None)
    k = 7
    R = multiply(SECP256K1, k, generator(SECP256K1))
    if R is None:
        raise ValueError("infinity")
    vanishing = int.from_bytes(digest, "big") * pow(k, -1, N) % N
    for slug, why, pair in (
        ("r-zero", "zero has no inverse; a library takes zero for it", (0, s)),
        ("s-zero", "the key would be the same multiple of G for every key", (r, 0)),
        ("both-zero", "numbers that anybody can write", (0, 0)),
        ("r-is-n", "n is zero after a reduction", (N, s)),
        ("s-is-n", "n is zero after a reduction", (r, N)),
        ("no-such-x", "the square root is not tested: the point is off the curve", (no_x, s)),
        ("both-largest", "nothing but ones", (2**256 - 1, 2**256 - 1)),
    ):
        builder.reject(
            slug,
            sentence(why),
            parent="ordinary",
            breaks="KEY-20",
            given={"signature": _text(*pair)},
            flags=["NoKey"],
            critical=True,
        )
    builder.accept(
        "near-infinity",
        "One s beside the one for which the key is infinity.",
        req=["KEY-20"],
        given={
            "message": _MESSAGE.hex(),
            "signature": _text(R[0], vanishing + 1),
            "recovery_id": R[1] & 1,
        },
        out={"public": _recover(R[0], vanishing + 1, R[1] & 1)},
        mid={"digest": digest.hex()},
        flags=["Recovers"],
    )
    builder.reject(
        "infinity",
        "The key is infinity: it is written as zeros.",
        parent="near-infinity",
        breaks="KEY-20",
        given={"signature": _text(R[0], vanishing)},
        flags=["NoKey"],
        critical=True,
    )
    _wrapping(builder, s)


def _wrapping(builder: FileBuilder, s: int) -> None:
    """Add an r for which r + n is above p, where both r and r + n modulo p have points."""
    wrapping = next(
        x
        for x in range(s, P)
        if lift_x(SECP256K1, x, odd=False) and lift_x(SECP256K1, x + N - P, odd=False)
    )
    _accept(builder, "r-plus-n-wraps", "r + n is above p, and no x", wrapping, s, 0)
    for v in (2, 3):
        builder.reject(
            f"r-plus-n-not-below-p-{v}",
            "r + n is reduced modulo p, and is the x of some other point.",
            parent="r-plus-n-wraps",
            breaks="KEY-20",
            given={"recovery_id": v},
            flags=["NoKey"],
            critical=True,
        )


def _text(r: int, s: int) -> str:
    return r.to_bytes(32, "big").hex() + s.to_bytes(32, "big").hex()


def _recover(r: int, s: int, v: int) -> str:
    return encode_point(ecdsa.recover(SECP256K1, keccak_256(_MESSAGE), r, s, v)).hex()


def _accept(builder: FileBuilder, slug: str, why: str, r: int, s: int, v: int) -> None:
    builder.accept(
        slug,
        sentence(why),
        req=["KEY-20"],
        given={"message": _MESSAGE.hex(), "signature": _text(r, s), "recovery_id": v},
        out={"public": _recover(r, s, v)},
        mid={"digest": keccak_256(_MESSAGE).hex()},
        flags=["Recovers"],
    )
