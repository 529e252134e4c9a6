"""`primitives/aead_seal`: encryption by AES-256-GCM."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.wording import sentence
from venice_ref.crypto import gcm

_NIST_KEY: Final = bytes.fromhex("feffe9928665731c6d6a8f9467308308") * 2
_NIST_NONCE: Final = bytes.fromhex("cafebabefacedbaddecaf888")
_NIST_TEXT: Final = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255"
)
_NIST_AAD: Final = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
_NIST: Final[Tuple[Tuple[int, bytes, bytes, bytes, bytes, str], ...]] = (
    (13, bytes(32), bytes(12), b"", b"", "530f8afbc74536b9a963b4f1c4cb738b"),
    (14, bytes(32), bytes(12), bytes(16), b"", "d0d1c8a799996bf0265b98b5d48ab919"),
    (15, _NIST_KEY, _NIST_NONCE, _NIST_TEXT, b"", "b094dac5d93471bdec1a502270e3cc6c"),
    (16, _NIST_KEY, _NIST_NONCE, _NIST_TEXT[:60], _NIST_AAD, "76fc6ece0f4e1768cddf8853bb2d551b"),
)
"""Test cases of McGrew and Viega, The Galois/Counter Mode of Operation, appendix B: the tags."""


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "BlockBoundary",
        Flag(
            "FUNCTIONALITY",
            "a plaintext whose length is special to a cipher of blocks of 16 bytes",
            "ciphertext or tag are wrong for some lengths of text",
            "cut the last block of the keystream; fill only the input of GHASH",
            ("SP 800-38D, 6.4 and 6.5",),
        ),
    )
    builder.flag(
        "Counter",
        Flag(
            "FUNCTIONALITY",
            "a nonce or a length for which the counter carries",
            "everything after a certain length is wrong",
            "count in the last 4 bytes of the block, big-endian, and in none of the nonce's",
            ("SP 800-38D, 6.2",),
        ),
    )
    builder.flag(
        "AssociatedData",
        Flag(
            "FUNCTIONALITY",
            "associated data, which the protocol does not have",
            "none in this protocol; the function is not GCM",
            "fill the associated data to whole blocks before the ciphertext follows",
            ("SP 800-38D, 7.1, steps 4 and 5",),
        ),
    )
    for number, key, nonce, plaintext, aad, tag in _NIST:
        why = "the first published examples of AES-256-GCM"
        flag = "AssociatedData" if aad else "BlockBoundary"
        if gcm.seal(key, nonce, plaintext, aad)[-16:].hex() != tag:
            raise ValueError(number)
        _accept(builder, f"mcgrew-viega-{number}", why, (key, nonce, plaintext, aad), flag)
    _sizes(builder)
    _counters(builder)
    _contents(builder)
    _associated(builder)


def _accept(
    builder: FileBuilder,
    slug: str,
    why: str,
    given: Tuple[bytes, bytes, bytes, bytes],
    flag: str,
) -> None:
    key, nonce, plaintext, aad = given
    builder.accept(
        slug,
        sentence(why),
        req=["ENV-3"],
        given={
            "key": key.hex(),
            "nonce": nonce.hex(),
            "plaintext": plaintext.hex(),
            "aad": aad.hex(),
        },
        out={"sealed": gcm.seal(key, nonce, plaintext, aad).hex()},
        mid={
            "hash_subkey": gcm.hash_subkey(key).hex(),
            "tag_mask": gcm.tag_mask(key, nonce).hex(),
        },
        flags=[flag],
        features=["aad"] if aad else [],
    )


def _sizes(builder: FileBuilder) -> None:
    random = builder.random("sizes")
    key = random(32)
    for size, why in (
        (0, "an empty text has a tag and nothing else"),
        (1, "one byte of the keystream"),
        (15, "one byte less than a block"),
        (16, "one block: none is added for padding"),
        (17, "one byte of the second block"),
        (31, "one byte less than two blocks"),
        (32, "two blocks"),
        (33, "one byte of the third block"),
        (64, "four blocks at a time are computed by fast code"),
        (65, "one byte after four blocks"),
        (127, "one byte less than eight blocks"),
        (128, "eight blocks at a time are computed by fast code"),
        (129, "one byte after eight blocks"),
    ):
        nonce = random(12)
        _accept(builder, f"bytes-{size}", why, (key, nonce, random(size), b""), "BlockBoundary")


def _counters(builder: FileBuilder) -> None:
    random = builder.random("counters")
    key, text = random(32), random(40)
    for slug, why, nonce in (
        ("nonce-zero", "a nonce of zero bytes is one like any other", bytes(12)),
        ("nonce-ones", "a carry out of the counter is a carry into the nonce", b"\xff" * 12),
        ("nonce-ends-in-ones", "the counter is 8 bytes long", random(4) + b"\xff" * 8),
        ("nonce-leading-zeros", "the nonce is kept as a number", bytes(8) + random(4)),
    ):
        _accept(builder, slug, why, (key, nonce, text, b""), "Counter")
    nonce = random(12)
    why = "257 blocks: the counter has one byte, or carries in the wrong direction"
    _accept(builder, "bytes-4112", why, (key, nonce, random(4112), b""), "Counter")


def _contents(builder: FileBuilder) -> None:
    random = builder.random("contents")
    key, nonce = random(32), random(12)
    stream = gcm.keystream(key, nonce, 48).stream
    for slug, why, text in (
        ("ciphertext-zero", "GHASH passes over blocks of zero bytes", stream),
        ("ciphertext-ones", "a carry in GHASH, which has none", bytes(b ^ 255 for b in stream)),
        ("text-ends-in-zeros", "trailing zero bytes are stripped as padding",
         random(20) + bytes(12)),
        ("text-ends-in-01", "a last byte of 01 is stripped as padding", random(31) + b"\x01"),
    ):  # fmt: skip
        _accept(builder, slug, why, (key, nonce, text, b""), "BlockBoundary")
    for slug, why, key in (
        ("key-zero", "no key was set", bytes(32)),
        ("key-ones", "the key schedule on words that are all alike", b"\xff" * 32),
        ("key-halves-equal", "the second half of the key is not used: AES-128", random(16) * 2),
    ):
        _accept(builder, slug, why, (key, nonce, random(33), b""), "BlockBoundary")


def _associated(builder: FileBuilder) -> None:
    random = builder.random("associated")
    key, nonce, text = random(32), random(12), random(24)
    for size, plaintext, why in (
        (1, text, "it is filled to a block"),
        (16, text, "no block is added"),
        (17, text, "two blocks, the second one filled"),
        (64, text, "four blocks at a time are computed by fast code"),
        (65, text, "one byte after four blocks"),
        (32, b"", "nothing is encrypted, the tag is everything"),
        (300, b"", "its length has two bytes, in bits: 2400"),
    ):
        slug = f"aad-{size}" + ("" if plaintext else "-alone")
        _accept(builder, slug, why, (key, nonce, plaintext, random(size)), "AssociatedData")
