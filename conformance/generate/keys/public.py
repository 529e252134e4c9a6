"""`keys/public`: the public key of a private one."""

from __future__ import annotations

from typing import Final

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.points import N, private_bytes, public_of, scalar, scalars_where
from conformance.generate.wording import sentence

_LAMBDA: Final = 0x5363AD4C_C05C30E0_A5261C02_8812645A_122E22EA_20816678_DF02967C_1B23BD72
"""A cube root of 1 modulo n: fast implementations split scalars with it."""


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "Scalar",
        Flag(
            "CONFIDENTIALITY",
            "a private key that is not 32 bytes in [1, n-1]",
            "a key that everybody knows, such as n + 1, or one that was cut on its way, is used",
            "test length and range where a private key enters",
            ("SEC 1 version 2, 3.2.1", "SPEC.md KEY-13"),
        ),
    )
    builder.flag(
        "ScalarEdge",
        Flag(
            "EDGE_CASE",
            "a private key at an end of the range, or with a special pattern of bits",
            "the multiple is wrong where a fast formula meets equal points or an empty window",
            "use complete formulas, or test for their exceptions",
            ("SEC 1 version 2, 2.2.1",),
        ),
    )
    builder.flag(
        "LeadingZero",
        Flag(
            "INTEROP",
            "a public key with a coordinate that begins with a zero byte",
            "the header has 128 digits, and the server answers that it is malformed",
            "write coordinates with 32 bytes",
            ("SPEC.md KEY-2",),
        ),
    )
    random = builder.random("key")
    d = scalar(random)
    _accept(builder, "ordinary", "the ordinary case: 130 lowercase digits", d)
    _edges(builder)
    for slug, begin, at in (
        ("x-leading-zero", b"\0", 1),
        ("y-leading-zero", b"\0", 33),
        ("x-begins-04", b"\x04", 1),
    ):
        why = "what is printed is a number, or 04 is added only where it is missing"
        _accept(builder, slug, why, next(scalars_where(random, begin, at)), "LeadingZero")
    _out_of_range(builder, d)


def _out_of_range(builder: FileBuilder, d: int) -> None:
    for slug, why, raw in (
        ("zero", "its public key is infinity, which has no encoding of 65 bytes", bytes(32)),
        ("n", "n is 0 in disguise", private_bytes(N)),
        ("n-plus-1", "n + 1 is 1 in disguise: a reduction hides it", private_bytes(N + 1)),
        ("all-ones", "256 bits are not a range", b"\xff" * 32),
        ("empty", "no bytes are the number 0, or a new key", b""),
        ("bytes-31", "a short key is filled with zeros", private_bytes(d)[:31]),
        ("bytes-33", "a zero byte in front, as DER writes it", b"\0" + private_bytes(d)),
        ("bytes-64", "what follows the key is not looked at", private_bytes(d) * 2),
    ):
        builder.reject(
            slug,
            sentence(why),
            parent="ordinary",
            breaks="KEY-13",
            given={"private": raw.hex()},
            flags=["Scalar"],
            critical=slug in ("zero", "n", "n-plus-1"),
        )


def _accept(builder: FileBuilder, slug: str, why: str, d: int, flag: str = "") -> None:
    builder.accept(
        slug,
        sentence(why),
        req=["KEY-2", "KEY-13"],
        given={"private": private_bytes(d).hex()},
        out={"public": public_of(d).hex()},
        flags=[flag] if flag else [],
    )


def _edges(builder: FileBuilder) -> None:
    for slug, why, d in (
        ("smallest", "the key 1 is in the range; its public key is G", 1),
        ("two", "the first step is a doubling", 2),
        ("three", "an addition directly after a doubling", 3),
        ("largest", "n - 1 is in the range; the last step of many ladders is an exception", N - 1),
        ("n-minus-2", "its last addition has the same point on both sides", N - 2),
        ("half-of-n", "n/2 is where signed windows change their sign", N // 2),
        ("half-of-n-plus-1", "the other side of n/2", N // 2 + 1),
        ("half-of-the-bits", "all bits of the lower half, none of the upper", 2**128 - 1),
        ("one-bit-128", "one bit, where the halves of a split scalar meet", 2**128),
        ("one-bit-255", "the highest bit alone: 255 doublings", 2**255),
        ("all-bits-below", "255 ones", 2**255 - 1),
        ("alternating-bits", "windows that are all alike", int("5" * 64, 16)),
        ("lambda", "the split gives one half that is 0", _LAMBDA),
        ("lambda-plus-1", "both halves are 1, of points with the same y", _LAMBDA + 1),
        ("lambda-minus-1", "the halves are 1 and -1", _LAMBDA - 1),
        ("minus-lambda", "the split gives a negative half", N - _LAMBDA),
    ):
        _accept(builder, slug, why, d, "ScalarEdge")
