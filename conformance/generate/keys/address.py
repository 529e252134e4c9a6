"""`keys/address`: the address of a public key."""

from __future__ import annotations

from typing import Iterator

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.points import (
    SMALLEST_X,
    SMALLEST_Y,
    G,
    public_of,
    scalar,
    scalars_where,
)
from conformance.generate.wording import sentence
from venice_ref.crypto.address import address_of
from venice_ref.crypto.keccak import keccak_256
from venice_ref.model import PublicKey65, RandomBytes


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "AddressOf",
        Flag(
            "FUNCTIONALITY",
            "the address of a key: Keccak-256 over 64 bytes, of which the last 20 count",
            "no quote binds the key, so that every attestation is refused; or, where the address"
            " is believed without a quote, the wrong machine is",
            "hash X and Y with Keccak-256, not SHA3-256, without the byte 04",
            ("Ethereum Yellow Paper, appendix F", "SPEC.md KEY-10"),
        ),
    )
    random = builder.random("key")
    _accept(
        builder,
        "ordinary",
        "SHA3-256, the byte 04 in the input, and the first 20 bytes all give another address",
        public_of(scalar(random)),
    )
    _accept(builder, "of-private-key-1", "an address that anybody can look up", G)
    _accept(builder, "of-private-key-2", "another one", public_of(2))
    for slug, why, begin, at in (
        ("x-leading-zero", "X is hashed with 31 bytes", b"\0", 1),
        ("y-leading-zero", "Y is hashed with 31 bytes", b"\0", 33),
    ):
        _accept(builder, slug, why, public_of(next(scalars_where(random, begin, at))))
    _accept(builder, "smallest-x", "X is hashed with one byte", SMALLEST_X)
    _accept(builder, "smallest-y", "Y is hashed with one byte", SMALLEST_Y)
    leading = next(raw for raw in _publics(random) if address_of(PublicKey65(raw))[0] == 0)
    _accept(builder, "address-leading-zero", "the address is printed as a number", leading)
    raw = public_of(next(scalars_where(random, b"\x04", 1)))
    _accept(
        builder,
        "bare-x-begins-04",
        "the first byte is stripped because it is 04, though it is one of X",
        raw,
        text=raw[1:].hex(),
    )
    raw = public_of(scalar(random))
    why = "the text of the key is hashed, not its bytes"
    _accept(builder, "upper-case-key", why, raw, text=raw.hex().upper())


def _publics(random: RandomBytes) -> Iterator[bytes]:
    while True:
        yield public_of(scalar(random))


def _accept(builder: FileBuilder, slug: str, why: str, raw: bytes, text: str = "") -> None:
    builder.accept(
        slug,
        sentence(why),
        req=["KEY-10"],
        given={"public": text or raw.hex()},
        out={"address": address_of(PublicKey65(raw)).hex()},
        mid={"hash": keccak_256(raw[1:]).hex()},
        flags=["AddressOf"],
    )
