"""`primitives/ecdsa_verify`: signatures on P-256, P-384 and secp256k1.

Most signatures are made backwards: r and s are chosen, and the public key under which they are a
signature of the message follows from them.  So each number can be put where it is special.
"""

from __future__ import annotations

import hashlib
from typing import Callable, Dict, Final, NamedTuple, Optional, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.wording import sentence
from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.keccak import keccak_256
from venice_ref.crypto.weierstrass import (
    Curve,
    Point,
    generator,
    lift_x,
    multiply,
    multiply_add,
    negate,
)
from venice_ref.model import RandomBytes

Hash = Callable[[bytes], bytes]

HASHES: Final[Dict[str, Tuple[Hash, Hash]]] = {
    "P-256": (lambda m: hashlib.sha256(m).digest(), lambda m: hashlib.sha384(m).digest()),
    "P-384": (lambda m: hashlib.sha384(m).digest(), lambda m: hashlib.sha256(m).digest()),
    "secp256k1": (keccak_256, lambda m: hashlib.sha3_256(m).digest()),
}
"""The hash of each curve, and one that somebody takes by mistake."""


class Signer(NamedTuple):
    """A curve with a message, and what follows from them."""

    curve: Curve
    message: bytes

    @property
    def size(self) -> int:
        """Bytes of a coordinate, of r and of s."""
        return (self.curve.n.bit_length() + 7) // 8

    @property
    def e(self) -> int:
        """The digest as a number; no digest here is longer than n."""
        return int.from_bytes(HASHES[self.curve.name][0](self.message), "big")

    def scalar(self, random: RandomBytes) -> int:
        """Return a number in [1, n-1]."""
        return int.from_bytes(random(self.size), "big") % (self.curve.n - 1) + 1

    def public(self, d: int) -> Point:
        """Return d*G."""
        return multiply(self.curve, d % self.curve.n, generator(self.curve))

    def key_for(self, R: Point, r: int, s: int) -> Point:
        """Return the key under which (r, s) is a signature, where R is its point."""
        n = self.curve.n
        w = pow(r, -1, n)
        return multiply_add(self.curve, s * w % n, R, -self.e * w % n, generator(self.curve))

    def text_of(self, Q: Point) -> str:
        """Return an uncompressed point."""
        if Q is None:
            raise ValueError("infinity")
        return "04" + "".join(c.to_bytes(self.size, "big").hex() for c in Q)

    def signature(self, r: int, s: int) -> str:
        """Return r and s, one after the other."""
        return r.to_bytes(self.size, "big").hex() + s.to_bytes(self.size, "big").hex()

    def given(self, Q: Point, r: int, s: int) -> Dict[str, str]:
        """Return the input of a test."""
        return {
            "curve": self.curve.name,
            "public": self.text_of(Q),
            "message": self.message.hex(),
            "signature": self.signature(r, s),
        }


class Made(NamedTuple):
    """A key pair and a signature by it."""

    d: int
    k: int
    r: int
    s: int


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for name, flag in _FLAGS.items():
        builder.flag(name, flag)
    for curve in (P256, P384, SECP256K1):
        random = builder.random(curve.name)
        prefix = curve.name.replace("-", "").lower()
        signer = Signer(curve, random(40))
        made = _make(signer, random)
        _ordinary(builder, prefix, signer, made, random)
        small = _backwards(builder, prefix, signer, random)
        _equal_points(builder, prefix, signer, random)
        _out_of_range(builder, prefix, signer, made, small)
        _wrong(builder, prefix, signer, made, random)
        _wrong_keys(builder, prefix, signer, made)


_FLAGS: Final[Dict[str, Flag]] = {
    "Verifies": Flag(
        "FUNCTIONALITY",
        "a signature that holds",
        "genuine evidence is refused",
        "see SEC 1, 4.1.4; there is no lower half of s here",
        ("SEC 1 version 2, 4.1.4", "FIPS 186-5, 6.4.2"),
    ),
    "RareNumbers": Flag(
        "EDGE_CASE",
        "r, s or the points of the equation are special",
        "genuine evidence is refused once in a while, or a library leaves the rails",
        "reduce x of R modulo n; use formulas that also hold for equal points",
        ("SEC 1 version 2, 4.1.4, steps 5 to 8",),
    ),
    "OutOfRange": Flag(
        "AUTH_BYPASS",
        "r or s is not in [1, n-1]",
        "with zeros the equation reads 0 = 0: a signature of everything under every key",
        "test the range first",
        ("SEC 1 version 2, 4.1.4, step 1", "CVE-2022-21449"),
    ),
    "Forged": Flag(
        "AUTH_BYPASS",
        "no signature of this message under this key",
        "evidence is forged",
        "compare the whole of x modulo n with r",
        ("SEC 1 version 2, 4.1.4, step 8",),
    ),
    "NotOnCurve": Flag(
        "AUTH_BYPASS",
        "a public key that is no point of the curve",
        "on another curve, whose discrete logarithms are easy, anybody signs (as CVE-2020-0601)",
        "test the point before it is used",
        ("SEC 1 version 2, 3.2.2.1", "CVE-2020-0601"),
    ),
}


def _make(signer: Signer, random: RandomBytes) -> Made:
    n = signer.curve.n
    d, k = signer.scalar(random), signer.scalar(random)
    R = signer.public(k)
    if R is None:
        raise ValueError("infinity")
    r = R[0] % n
    return Made(d, k, r, pow(k, -1, n) * (signer.e + r * d) % n)


def _accept(
    builder: FileBuilder,
    slug: str,
    why: str,
    signer: Signer,
    signed: Tuple[Point, int, int],
    flag: str = "RareNumbers",
) -> None:
    req = ["KEY-18", "KEY-6"]
    if signer.curve is not SECP256K1:
        req.insert(1, "KEY-19")
    builder.accept(
        slug,
        sentence(why),
        req=req,
        given=signer.given(*signed),
        out={},
        mid={"digest": HASHES[signer.curve.name][0](signer.message).hex()},
        flags=[flag],
    )


def _ordinary(
    builder: FileBuilder, prefix: str, signer: Signer, made: Made, random: RandomBytes
) -> None:
    n = signer.curve.n
    low = min(made.s, n - made.s)
    Q = signer.public(made.d)
    for slug, why, s in (
        ("low-s", "the ordinary case", low),
        ("high-s", "the upper half of s is refused, as Ethereum does", n - low),
    ):
        _accept(builder, f"{prefix}-{slug}", why, signer, (Q, made.r, s), "Verifies")
    for slug, why, message in (
        ("empty-message", "nothing is hashed as well", b""),
        ("long-message", "more than a block of the hash", random(300)),
    ):
        other = signer._replace(message=message)
        made = _make(other, random)
        signed = (other.public(made.d), made.r, made.s)
        _accept(builder, f"{prefix}-{slug}", why, other, signed, "Verifies")


def _point_from(curve: Curve, x: int) -> Tuple[int, Point]:
    """Return the first x from here on that a point has, and the point."""
    while True:
        R = lift_x(curve, x, odd=False)
        if R is not None:
            return x, R
        x += 1


def _backwards(
    builder: FileBuilder, prefix: str, signer: Signer, random: RandomBytes
) -> Dict[str, Tuple[Point, int, int]]:
    """Add signatures whose r or s is special; return them by name."""
    curve, n = signer.curve, signer.curve.n
    free = signer.scalar(random)
    middle, R_middle = _point_from(curve, int.from_bytes(random(signer.size), "big") >> 8)
    first, R_first = _point_from(curve, 1)
    above, R_above = _point_from(curve, n + 1)
    last, R_last = _point_from(curve, n - 40)
    rows: Tuple[Tuple[str, str, Point, int, int], ...] = (
        ("r-smallest", "r is a number of one byte", R_first, first, free),
        ("r-largest", "r is just below n", R_last, last, free),
        ("r-leading-zero", "r is kept without its leading zero byte", R_middle, middle, free),
        ("s-leading-zero", "s is kept without its leading zero byte", R_middle, middle, free >> 8),
        ("s-is-1", "the inverse of s is 1", R_middle, middle, 1),
        ("s-largest", "s is n - 1", R_middle, middle, n - 1),
        ("x-above-n", "x of R is not reduced modulo n before it is compared", R_above, above - n,
         free),
        ("u1-is-1", "the multiple of G is G itself", R_middle, middle, signer.e % n),
        ("u2-is-1", "the multiple of Q is Q itself", R_middle, middle, middle),
        ("u2-is-minus-1", "the multiple of Q is -Q", R_middle, middle, n - middle),
    )  # fmt: skip
    found: Dict[str, Tuple[Point, int, int]] = {}
    for slug, why, R, r, s in rows:
        signed = (signer.key_for(R, r, s), r, s)
        found[slug] = signed
        _accept(builder, f"{prefix}-{slug}", why, signer, signed)
    return found


def _equal_points(builder: FileBuilder, prefix: str, signer: Signer, random: RandomBytes) -> None:
    """Add keys for which the two sides of the sum are special."""
    n, e = signer.curve.n, signer.e
    free = signer.scalar(random)
    for slug, why, key, k in (
        ("key-is-g", "the key is G: both tables are the same", 1, free),
        ("key-is-minus-g", "the key is -G", n - 1, free),
        ("opposite-scalars", "the scalars are nearly opposite: windows cancel out", 1, 1),
        ("like-scalars", "the scalars differ by 1: with -G, windows cancel out", n - 1, 1),
    ):
        R = signer.public(k)
        r = R[0] % n if R else 0
        s = pow(k, -1, n) * (e + r * key) % n
        _accept(builder, f"{prefix}-{slug}", why, signer, (signer.public(key), r, s))
    k = signer.scalar(random)
    R = signer.public(k)
    r = R[0] % n if R else 0
    signed = (signer.public(e * pow(r, -1, n)), r, 2 * e * pow(k, -1, n) % n)
    why = "both sides of the sum are the same point: a formula that only adds gives zero"
    _accept(builder, f"{prefix}-equal-points", why, signer, signed)


def _reject(
    builder: FileBuilder,
    slug: str,
    why: str,
    parent: str,
    flag: str,
    breaks: str = "KEY-18",
    **given: str,
) -> None:
    builder.reject(
        slug, sentence(why), parent=parent, breaks=breaks, given=given, flags=[flag], critical=True
    )


def _out_of_range(
    builder: FileBuilder,
    prefix: str,
    signer: Signer,
    made: Made,
    special: Dict[str, Tuple[Point, int, int]],
) -> None:
    n, r, s = signer.curve.n, made.r, min(made.s, signer.curve.n - made.s)
    top = 256**signer.size - 1
    for slug, why, wrong in (
        ("r-zero", "r has to be tested, not only s", (0, s)),
        ("s-zero", "s has to be tested, not only r", (r, 0)),
        ("both-zero", "the equation reads 0 = 0", (0, 0)),
        ("r-is-n", "n is zero after a reduction", (n, s)),
        ("s-is-n", "n is zero after a reduction", (r, n)),
        ("both-are-n", "n is zero after a reduction, and 0 = 0", (n, n)),
        ("both-largest", "nothing but ones", (top, top)),
    ):
        text = signer.signature(*wrong)
        _reject(builder, f"{prefix}-{slug}", why, f"{prefix}-low-s", "OutOfRange", signature=text)
    for slug, why, parent, more in (
        ("r-plus-n", "r is reduced modulo n first: a second text of a signature", "r-smallest",
         (n, 0)),
        ("r-is-x-above-n", "x of R is compared without a reduction", "x-above-n", (n, 0)),
        ("s-plus-n", "s is reduced modulo n first: a second text of a signature", "s-is-1", (0, n)),
    ):  # fmt: skip
        _, r, s = special[parent]
        text = signer.signature(r + more[0], s + more[1])
        whole = f"{prefix}-{parent}"
        _reject(builder, f"{prefix}-{slug}", why, whole, "OutOfRange", signature=text)


def _wrong(
    builder: FileBuilder, prefix: str, signer: Signer, made: Made, random: RandomBytes
) -> None:
    n, e, d, k = signer.curve.n, signer.e, made.d, made.k
    r, s = made.r, min(made.s, n - made.s)
    right, other = HASHES[signer.curve.name]
    R = signer.public(k)
    if R is None:
        raise ValueError("infinity")
    inverse = pow(k, -1, n)
    by_y, both = R[1] % n, R[0] ^ 1

    def signing(digest: bytes, with_r: Optional[int] = None) -> Tuple[int, int]:
        number = int.from_bytes(digest, "big")
        number >>= max(8 * len(digest) - n.bit_length(), 0)
        mine = r if with_r is None else with_r
        return mine, inverse * (number + mine * d) % n

    digest = right(signer.message)
    for slug, why, pair in (
        ("r-last-bit", "R is not compared with r", (both % n, s)),
        ("s-last-bit", "s does not go into the sum", (r, s ^ 1)),
        ("halves-swapped", "r and s are read in the wrong order", (s, r)),
        ("both-one", "numbers that anybody can write", (1, 1)),
        ("by-y", "y of R is compared in place of x", signing(digest, by_y)),
        ("other-hash", "the hash of another algorithm is taken", signing(other(signer.message))),
        ("hashed-twice", "the digest is hashed again", signing(right(digest))),
        ("unhashed", "the message itself is the number", signing(signer.message[: signer.size])),
        ("other-message", "the message does not count", signing(right(random(40)))),
        ("without-e", "the digest does not go into the sum", (r, inverse * r * d % n)),
        ("s-for-k", "s is the nonce, not its inverse", (r, k * (e + r * d) % n)),
    ):
        text = signer.signature(*pair)
        _reject(builder, f"{prefix}-{slug}", why, f"{prefix}-low-s", "Forged", signature=text)


def _wrong_keys(builder: FileBuilder, prefix: str, signer: Signer, made: Made) -> None:
    curve, n = signer.curve, signer.curve.n
    parent = f"{prefix}-low-s"
    Q = signer.public(made.d)
    for slug, why, key in (
        ("key-negated", "the sign of the key does not count", negate(curve, Q)),
        ("key-is-generator", "any key of the curve is good enough", generator(curve)),
        (
            "sum-is-infinity",
            "the sum is infinity, which has no x: zero is read from it, or the program ends",
            signer.public(-signer.e * pow(made.r, -1, n)),
        ),
    ):
        text = signer.text_of(key)
        _reject(builder, f"{prefix}-{slug}", why, parent, "Forged", public=text)
    if Q is None:
        raise ValueError("infinity")
    for slug, why, point in (
        ("key-off-curve", "the point is not tested", (Q[0], Q[1] ^ 1)),
        ("key-zero", "zeros stand for infinity", (0, 0)),
        ("key-x-is-p", "p is zero after a reduction", (curve.p, Q[1])),
    ):
        text = signer.text_of(point)
        _reject(builder, f"{prefix}-{slug}", why, parent, "NotOnCurve", "KEY-6", public=text)
