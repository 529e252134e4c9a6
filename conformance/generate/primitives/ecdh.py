"""`primitives/ecdh`: the shared secret of two keys on secp256k1."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.points import (
    LARGEST_X,
    SMALLEST_X,
    SMALLEST_Y,
    G,
    N,
    P,
    negated,
    not_points,
    point_with_x,
    private_bytes,
    public_of,
    scalar,
    scalars_where,
    unreduced,
)
from conformance.generate.wording import sentence
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey, encode_point, shared_secret
from venice_ref.crypto.weierstrass import lift_x, multiply

_LAMBDA: Final = 0x5363AD4C_C05C30E0_A5261C02_8812645A_122E22EA_20816678_DF02967C_1B23BD72
"""A cube root of 1 modulo n."""


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "LeadingZeroSecret",
        Flag(
            "INTEROP",
            "a shared secret that begins with zero bytes",
            "one message in 256 cannot be read by the other side",
            "write x with 32 bytes before it goes into HKDF",
            ("SEC 1 version 2, 2.3.5", "SPEC.md KEY-11"),
        ),
    )
    builder.flag(
        "Agreement",
        Flag(
            "FUNCTIONALITY",
            "two ordinary keys",
            "nothing can be read at all",
            "take x alone: neither the point, nor y, nor a hash of it",
            ("SEC 1 version 2, 3.3.1",),
        ),
    )
    builder.flag(
        "AgreementEdge",
        Flag(
            "EDGE_CASE",
            "a private or a public key at an end of its range",
            "the multiple is wrong where a fast formula meets equal points",
            "use complete formulas, or test for their exceptions",
        ),
    )
    builder.flag(
        "NotOnCurve",
        Flag(
            "CONFIDENTIALITY",
            "64 bytes that are no point of secp256k1",
            "each agreement with such a point tells its maker something of the private key; a few"
            " dozen of them tell all of it",
            "test both coordinates against p, and the equation, before the multiplication",
            ("SEC 1 version 2, 3.2.2.1", "SP 800-56A r3, 5.6.2.3.3", "CVE-2015-7940"),
        ),
    )
    random = builder.random("keys")
    d, public = scalar(random), public_of(scalar(random))
    _accept(builder, "ordinary", "the ordinary case", d, public, "Agreement")
    why = "the sign of the point does not matter: x alone is taken"
    _accept(builder, "negated-point", why, d, negated(public), "Agreement")
    _leading_zeros(builder)
    _edges(builder)
    _not_points(builder, public)


def _accept(builder: FileBuilder, slug: str, why: str, d: int, public: bytes, flag: str) -> None:
    shared = shared_secret(PrivateKey.from_bytes(private_bytes(d)), public)
    builder.accept(
        slug,
        sentence(why),
        req=["KEY-11", "KEY-6"],
        given={"private": private_bytes(d).hex(), "public": public.hex()},
        out={"shared": shared.hex()},
        flags=[flag],
    )


def _point_for(d: int, x: int) -> bytes:
    """Return the public key whose agreement with d has this x."""
    target = lift_x(SECP256K1, x, odd=False)
    return bytes(encode_point(multiply(SECP256K1, pow(d, -1, N), target)))


def _leading_zeros(builder: FileBuilder) -> None:
    random = builder.random("leading zeros")
    for zeros, why in (
        (1, "one leading zero byte is dropped: one secret in 256"),
        (2, "two leading zero bytes: only one of them is put back"),
        (16, "the upper half is zero"),
    ):
        d = scalar(random)
        x = int.from_bytes(b"\x01" + random(31 - zeros), "big")
        while lift_x(SECP256K1, x, odd=False) is None:
            x += 1
        public = _point_for(d, x)
        _accept(builder, f"shared-x-{zeros}-zero-bytes", why, d, public, "LeadingZeroSecret")
    for slug, why, least in (
        ("shared-x-is-1", "31 leading zero bytes", 1),
        ("shared-x-largest", "a bound below p, or a reduction modulo n", P - 3),
        ("shared-x-high-bit", "the number is written with a sign byte, 33 bytes long", 2**255 + 2),
    ):
        d, x = scalar(random), least
        while lift_x(SECP256K1, x, odd=False) is None:
            x += 1
        _accept(builder, slug, why, d, _point_for(d, x), "LeadingZeroSecret")


def _edges(builder: FileBuilder) -> None:
    random = builder.random("edges")
    public = public_of(scalar(random))
    privates: Tuple[Tuple[str, str, int], ...] = (
        ("private-1", "the multiple by 1 is the point itself", 1),
        ("private-2", "the first step is a doubling", 2),
        ("private-3", "an addition directly after a doubling", 3),
        ("private-largest", "n - 1 gives the same secret as 1", N - 1),
        ("private-half", "n/2 is where signed windows change their sign", N // 2),
        ("private-lambda", "both points have the same y", _LAMBDA),
        ("private-lambda-plus-1", "both halves of the split scalar are 1", _LAMBDA + 1),
        ("private-bit-128", "where the halves of a split scalar meet", 2**128),
        ("private-bit-255", "one bit: 255 doublings", 2**255),
        ("private-all-bits", "255 ones", 2**255 - 1),
        ("private-leading-zero", "the private key is kept as a number of 31 bytes",
         int.from_bytes(random(31), "big")),
    )  # fmt: skip
    for slug, why, d in privates:
        _accept(builder, slug, why, d, public, "AgreementEdge")
    d = scalar(random)
    x_zero = public_of(next(scalars_where(random, b"\0", 1)))
    y_zero = public_of(next(scalars_where(random, b"\0", 33)))
    x_04 = public_of(next(scalars_where(random, b"\x04", 1)))
    for slug, why, point in (
        ("public-g", "the tables of the generator are used, or missed", G),
        ("public-minus-g", "the tables of the generator are used with the wrong sign", negated(G)),
        ("public-own", "the peer's key is our own", public_of(d)),
        ("public-inverse", "the shared point is G", _point_for(d, int.from_bytes(G[1:33], "big"))),
        ("public-smallest-x", "x = 1", SMALLEST_X),
        ("public-largest-x", "x = p - 3", LARGEST_X),
        ("public-smallest-y", "y = 1", SMALLEST_Y),
        ("public-largest-y", "y = p - 1", negated(SMALLEST_Y)),
        ("public-x-two", "x = 2, the other root of the equation", point_with_x(2, odd=True)),
        ("public-x-leading-zero", "X begins with a zero byte", x_zero),
        ("public-y-leading-zero", "Y begins with a zero byte", y_zero),
        ("public-x-begins-04", "X begins with 04: the mark is stripped twice", x_04),
    ):
        _accept(builder, slug, why, d, point, "AgreementEdge")


def _not_points(builder: FileBuilder, public: bytes) -> None:
    rows = [(row, "ordinary", {"public": row.raw.hex()}) for row in not_points(public)]
    for row, point in unreduced():
        parent = "public-smallest-x" if point == SMALLEST_X else "public-smallest-y"
        rows.append((row, parent, {"public": row.raw.hex()}))
    for row, parent, given in rows:
        builder.reject(
            f"point-{row.name}",
            sentence(row.why),
            parent=parent,
            breaks="KEY-6",
            given=given,
            flags=["NotOnCurve"],
            critical=True,
        )
