"""`primitives/keccak256`: the hash of Ethereum."""

from __future__ import annotations

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.wording import sentence
from venice_ref.crypto.keccak import keccak_256


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "Padding",
        Flag(
            "FUNCTIONALITY",
            "a length around the rate of 136 bytes",
            "another hash, and so another address, for some lengths of input",
            "pad with 01 ... 80, and with 81 where one byte has room; begin a block where none has",
            ("FIPS 202, 5.1",),
        ),
    )
    builder.flag(
        "NotSha3",
        Flag(
            "INTEROP",
            "Keccak-256 and SHA3-256 differ in two bits of padding",
            "every address is wrong",
            "do not take what a library calls sha3-256",
            ("FIPS 202, 6.1", "Ethereum Yellow Paper, appendix A"),
        ),
    )
    _known(builder)
    random = builder.random("message")
    for size, why in (
        (1, "one byte: the padding follows at once"),
        (7, "one byte less than a lane of 8 bytes"),
        (8, "one lane of 8 bytes"),
        (31, "one byte less than a digest"),
        (32, "as long as a digest"),
        (40, "the digits of an address, as EIP-55 hashes them"),
        (64, "X and Y of a key"),
        (65, "a key with its mark, which no address is made of"),
        (127, "a power of two less one"),
        (128, "the rate of SHA3-512 and others is no power of two: neither is this one"),
        (134, "two bytes of padding: 01 and 80"),
        (135, "one byte of padding: 81"),
        (136, "a whole block: the padding is a block of its own"),
        (137, "one byte in the second block"),
        (143, "one byte less than the rate of SHA3-224 (144)"),
        (144, "the rate of SHA3-224"),
        (167, "one byte less than the rate of SHAKE128 (168)"),
        (168, "the rate of SHAKE128"),
        (199, "one byte less than the whole state"),
        (200, "the whole state"),
        (271, "one byte of padding after two blocks"),
        (272, "two whole blocks"),
        (273, "one byte in the third block"),
        (1000, "eight blocks"),
    ):
        _accept(builder, f"bytes-{size}", why, random(size), "Padding")
    for slug, why, message in (
        ("zeros-135", "zero bytes are taken for padding", bytes(135)),
        ("zeros-136", "zero bytes are taken for padding", bytes(136)),
        ("ones-136", "every bit of a block is set", b"\xff" * 136),
        ("ends-in-01", "the last byte is taken for padding", b"\x55" * 134 + b"\x01"),
        ("ends-in-81", "the last byte is taken for padding", b"\x55" * 135 + b"\x81"),
    ):
        _accept(builder, slug, why, message, "Padding")


def _known(builder: FileBuilder) -> None:
    for slug, why, text, digest in (
        (
            "empty",
            "the best known value: c5d2... is Keccak-256 of nothing, a7ff... is SHA3-256",
            "",
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        ),
        (
            "abc",
            "the second best known: 4e03... here, 3a98... by SHA3-256",
            "abc",
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
        ),
        (
            "transfer",
            "a signature of Ethereum's contracts, found in every tool of that world",
            "Transfer(address,address,uint256)",
            "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
        ),
    ):
        if keccak_256(text.encode("ascii")).hex() != digest:
            raise ValueError(slug)
        _accept(builder, slug, why, text.encode("ascii"), "NotSha3")


def _accept(builder: FileBuilder, slug: str, why: str, message: bytes, flag: str) -> None:
    builder.accept(
        slug,
        sentence(why),
        req=["KEY-10", "SIG-1"],
        given={"message": message.hex()},
        out={"digest": keccak_256(message).hex()},
        flags=[flag],
    )
