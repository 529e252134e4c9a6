"""`primitives/kdf`: HKDF with SHA-256."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.wording import sentence
from venice_ref.crypto import hkdf
from venice_ref.spec import HKDF_INFO

_RFC_5869: Final[Tuple[Tuple[str, bytes, bytes, bytes, int, str], ...]] = (
    (
        "rfc5869-a1", b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA)), 42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        "rfc5869-a2", bytes(range(0x50)), bytes(range(0x60, 0xB0)), bytes(range(0xB0, 0x100)), 82,
        (
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
            "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5"
            "c1f3434f1d87"
        ),
    ),
    (
        "rfc5869-a3", b"\x0b" * 22, b"", b"", 42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
)  # fmt: skip
"""The examples of RFC 5869, appendix A, with SHA-256."""


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "Derivation",
        Flag(
            "INTEROP",
            "inputs and outputs of other lengths than those of the protocol",
            "a derivation that is right for 32 bytes alone is wrong in the next protocol",
            "follow RFC 5869, 2.2 and 2.3",
            ("RFC 5869",),
        ),
    )
    builder.flag(
        "ProtocolKey",
        Flag(
            "INTEROP",
            "the parameters of the protocol: an empty salt, the info ecdsa_encryption, 32 bytes",
            "no message can be read by the other side",
            "salt empty, info without a zero byte at its end, 32 bytes of output",
            ("SPEC.md ENV-2",),
        ),
    )
    for slug, ikm, salt, info, length, expected in _RFC_5869:
        if hkdf.derive(ikm, salt=salt, info=info, length=length).hex() != expected:
            raise ValueError(slug)
        why = "the examples of the standard"
        _accept(builder, slug, why, ikm, salt, info, length, "Derivation")
    _protocol(builder)
    _lengths(builder)


def _accept(
    builder: FileBuilder,
    slug: str,
    why: str,
    ikm: bytes,
    salt: bytes,
    info: bytes,
    length: int,
    flag: str,
) -> None:
    builder.accept(
        slug,
        sentence(why),
        req=["ENV-2"],
        given={"ikm": ikm.hex(), "salt": salt.hex(), "info": info.hex(), "length": length},
        out={"okm": hkdf.derive(ikm, salt=salt, info=info, length=length).hex()},
        mid={"prk": hkdf.extract(salt, ikm).hex()},
        flags=[flag],
    )


def _protocol(builder: FileBuilder) -> None:
    ikm = builder.random("protocol")(32)
    for slug, why, secret, salt in (
        ("protocol", "the ordinary case", ikm, b""),
        ("protocol-salt-32-zeros", "a salt of 32 zero bytes is the empty one", ikm, bytes(32)),
        ("protocol-salt-64-zeros", "so is one as long as a block of the hash", ikm, bytes(64)),
        ("protocol-salt-65-zeros", "a longer one is hashed first, and is another salt",
         ikm, bytes(65)),
        ("protocol-secret-leading-zero", "the secret goes in with its zero bytes",
         bytes(2) + ikm[2:], b""),
        ("protocol-secret-trailing-zero", "the secret is cut at a zero byte",
         ikm[:30] + bytes(2), b""),
        ("protocol-secret-zero", "nothing but zero bytes", bytes(32), b""),
    ):  # fmt: skip
        _accept(builder, slug, why, secret, salt, HKDF_INFO, 32, "ProtocolKey")
    for slug, why, info in (
        ("info-with-nul", "the zero byte of a C string goes in", HKDF_INFO + b"\0"),
        ("info-empty", "the info is forgotten", b""),
        ("info-other-algorithm", "the info of the other algorithm is taken", b"ed25519_encryption"),
    ):
        _accept(builder, slug, f"{why}: another key", ikm, b"", info, 32, "ProtocolKey")


def _lengths(builder: FileBuilder) -> None:
    random = builder.random("lengths")
    ikm, salt, info = random(32), random(32), random(16)
    for length, why in (
        (1, "less than a block of output"),
        (31, "one byte less than a block of output"),
        (32, "one block of output: the counter is 01, not 00"),
        (33, "one byte of the second block"),
        (64, "two whole blocks: a third one is begun and dropped"),
        (96, "the second block is derived from the first, the third from the second"),
    ):
        _accept(builder, f"length-{length}", why, ikm, salt, info, length, "Derivation")
    long = hkdf.MAX_LENGTH
    why = "255 blocks, the most that the counter of one byte can number"
    _accept(builder, "length-most", why, ikm, salt, info, long, "Derivation")
    for size, why in (
        (0, "the input key is empty"),
        (64, "the input key is as long as a block of the hash"),
        (200, "the input key is longer than a block of the hash, and is not hashed for that"),
    ):
        _accept(builder, f"ikm-{size}", why, random(size), salt, info, 32, "Derivation")
    for size, why in (
        (1, "a short salt is filled with zeros at its end, not in front"),
        (64, "a salt as long as a block of the hash is used as it is"),
        (65, "a salt longer than a block of the hash is hashed first"),
    ):
        _accept(builder, f"salt-{size}", why, ikm, random(size), info, 32, "Derivation")
    why = "the info is longer than a block of the hash"
    _accept(builder, "info-100", why, ikm, salt, random(100), 64, "Derivation")
