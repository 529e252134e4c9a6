"""`primitives/aead_open`: decryption by AES-256-GCM, and every way to get the tag wrong."""

from __future__ import annotations

from typing import Final, NamedTuple, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.wording import sentence
from venice_ref.crypto import gcm
from venice_ref.crypto.ghash import ghash

_SIZE: Final = 40
"""Bytes of the ordinary plaintext: two blocks and a half."""


class Case(NamedTuple):
    """The ordinary case and what it is made of."""

    key: bytes
    nonce: bytes
    plaintext: bytes
    sealed: bytes

    @property
    def ciphertext(self) -> bytes:
        """The ciphertext without its tag."""
        return self.sealed[:-16]

    @property
    def tag(self) -> bytes:
        """The 16 bytes of the tag."""
        return self.sealed[-16:]


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "Opens",
        Flag(
            "FUNCTIONALITY",
            "a message that was sealed by the standard",
            "an honest message cannot be read",
            "see SP 800-38D, 7.2",
            ("SP 800-38D, 7.2",),
        ),
    )
    builder.flag(
        "TagModified",
        Flag(
            "AUTH_BYPASS",
            "the message, its tag or what it was sealed with was changed",
            "forged text reaches the person who reads the answer",
            "compare all 16 bytes of the tag, and release nothing before",
            ("SP 800-38D, 7.2, step 8", "RFC 5116, 2.2"),
        ),
    )
    builder.flag(
        "TagShort",
        Flag(
            "AUTH_BYPASS",
            "bytes are missing at the end",
            "a tag of 4 bytes is forged by trying, and GCM gives its key away on the way",
            "split at the 16th byte from the end; allow no other length of a tag",
            ("SP 800-38D, appendix C", "Ferguson, Authentication weaknesses in GCM, 2005"),
        ),
    )
    builder.flag(
        "OtherTag",
        Flag(
            "AUTH_BYPASS",
            "a tag that is computed by another rule",
            "an implementation with the same mistake in both directions passes its own tests",
            "test against vectors that somebody else made",
            ("SP 800-38D, 7.1, steps 4 to 6",),
        ),
    )
    random = builder.random("case")
    key, nonce, text = random(32), random(12), random(_SIZE)
    case = Case(key, nonce, text, gcm.seal(key, nonce, text))
    _accepts(builder, case)
    _modified(builder, case)
    _short(builder, case)
    _other(builder, case)


def _accept(builder: FileBuilder, slug: str, why: str, case: Case, aad: bytes = b"") -> None:
    builder.accept(
        slug,
        sentence(why),
        req=["ENV-3", "ENV-6"],
        given={
            "key": case.key.hex(),
            "nonce": case.nonce.hex(),
            "sealed": gcm.seal(case.key, case.nonce, case.plaintext, aad).hex(),
            "aad": aad.hex(),
        },
        out={"plaintext": case.plaintext.hex()},
        flags=["Opens"],
        features=["aad"] if aad else [],
    )


def _accepts(builder: FileBuilder, case: Case) -> None:
    random = builder.random("accepts")
    _accept(builder, "ordinary", "the ordinary case", case)
    for size, why in (
        (0, "a tag alone is an empty text, not an error"),
        (1, "one byte before the tag"),
        (15, "one byte less than a block"),
        (16, "a block and a tag of the same length"),
        (17, "one byte of the second block"),
        (64, "whole blocks: no padding is looked for"),
    ):
        text = random(size)
        _accept(builder, f"bytes-{size}", why, Case(case.key, random(12), text, b""))
    why = "the first byte of the tag is zero: it is compared as text, or as a number"
    for _ in range(4096):
        nonce = random(12)
        if gcm.seal(case.key, nonce, case.plaintext)[-16] == 0:
            _accept(builder, "tag-leading-zero", why, case._replace(nonce=nonce))
            break
    why = "the text is no UTF-8: this function returns bytes"
    _accept(builder, "not-utf-8", why, case._replace(plaintext=b"\xff\xfe\x00\x80"))
    why = "associated data of two blocks and a half"
    _accept(builder, "aad-40", why, case, random(40))


def _reject(
    builder: FileBuilder,
    slug: str,
    why: str,
    flag: str,
    *,
    parent: str = "ordinary",
    **given: bytes,
) -> None:
    short = len(given.get("sealed", bytes(16))) < 16
    builder.reject(
        slug,
        sentence(why),
        parent=parent,
        breaks="ENV-6",
        or_breaks=["ENV-4"] if short else [],
        given={name: value.hex() for name, value in given.items()},
        flags=[flag],
        critical=True,
        features=["aad"] if parent == "aad-40" else [],
    )


def _flip(raw: bytes, at: int, bit: int = 1) -> bytes:
    at %= len(raw)
    return raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :]


def _modified(builder: FileBuilder, case: Case) -> None:
    sealed, end = case.sealed, len(case.sealed)
    rows: Tuple[Tuple[str, str, bytes], ...] = (
        ("tag-first-bit", "the first byte of the tag is not compared", _flip(sealed, -16, 0x80)),
        ("tag-byte-4", "4 bytes of the tag are compared", _flip(sealed, -12)),
        ("tag-byte-8", "8 bytes of the tag are compared", _flip(sealed, -8)),
        ("tag-byte-12", "12 bytes of the tag are compared, the shortest length of TLS",
         _flip(sealed, -4)),
        ("tag-last-bit", "the last byte of the tag is not compared", _flip(sealed, -1)),
        ("tag-two-bytes", "differences are added up by XOR, and cancel out",
         _flip(_flip(sealed, -1), -2)),
        ("tag-zero", "a tag of zero bytes stands for none", case.ciphertext + bytes(16)),
        ("tag-ones", "the complement of nothing", case.ciphertext + b"\xff" * 16),
        ("tag-reversed", "the tag is read in the wrong byte order",
         case.ciphertext + case.tag[::-1]),
        ("tag-sorted", "the tag is compared as a set of bytes",
         case.ciphertext + bytes(sorted(case.tag))),
        ("text-first-bit", "the first block is not authenticated", _flip(sealed, 0, 0x80)),
        ("text-second-block", "only the first block is authenticated", _flip(sealed, 16)),
        ("text-last-bit", "the block that is cut short is not authenticated",
         _flip(sealed, end - 17)),
        ("text-blocks-swapped", "the order of blocks does not count",
         sealed[16:32] + sealed[:16] + sealed[32:]),
        ("text-block-dropped", "the length does not count", sealed[16:]),
        ("text-zero-appended", "what fills the last block of GHASH is a part of the text",
         case.ciphertext + b"\0" + case.tag),
        ("text-zero-removed", "the last byte is not authenticated",
         case.ciphertext[:-1] + case.tag),
        ("tag-in-front", "tag and ciphertext in the other order, as some libraries have them",
         case.tag + case.ciphertext),
        ("byte-after-tag", "what follows the tag is not looked at", sealed + b"\0"),
        ("tag-twice", "the tag is looked for at the end alone", sealed + case.tag),
        ("plaintext", "what does not open is returned as it is", case.plaintext + case.tag),
    )  # fmt: skip
    for slug, why, changed in rows:
        _reject(builder, slug, why, "TagModified", sealed=changed)
    key, nonce = case.key, case.nonce
    why = "the first half of the key is not used"
    _reject(builder, "key-first-bit", why, "TagModified", key=_flip(key, 0))
    why = "the second half of the key is not used"
    _reject(builder, "key-last-bit", why, "TagModified", key=_flip(key, -1))
    why = "only the end of the nonce is used"
    _reject(builder, "nonce-first-bit", why, "TagModified", nonce=_flip(nonce, 0))
    why = "the end of the nonce is overwritten"
    _reject(builder, "nonce-last-bit", why, "TagModified", nonce=_flip(nonce, -1))
    why = "associated data is not authenticated"
    _reject(builder, "aad-added", why, "TagModified", aad=b"\0")
    why = "associated data is not authenticated where there is text"
    _reject(builder, "aad-dropped", why, "TagModified", parent="aad-40", aad=b"")


def _short(builder: FileBuilder, case: Case) -> None:
    for slug, why, changed in (
        ("tag-15-bytes", "a tag of 15 bytes, which the standard allows", case.sealed[:-1]),
        ("tag-12-bytes", "a tag of 12 bytes, which the standard allows", case.sealed[:-4]),
        ("tag-4-bytes", "a tag of 4 bytes, which the standard allows", case.sealed[:-12]),
        ("tag-missing", "no tag at all: the keystream alone", case.ciphertext),
        ("empty", "nothing is an empty text", b""),
        ("sealed-1-byte", "a negative length of text", b"\0"),
        ("sealed-15-bytes", "one byte less than a tag", case.tag[:15]),
    ):
        _reject(builder, slug, why, "TagShort", sealed=changed)


def _other(builder: FileBuilder, case: Case) -> None:
    """Tags by rules that are nearly right, over the right ciphertext."""
    H, mask = gcm.hash_subkey(case.key), gcm.tag_mask(case.key, case.nonce)
    C = case.ciphertext
    filled = C + bytes(-len(C) % 16)
    bits, none = (8 * len(C)).to_bytes(8, "big"), bytes(8)
    second = gcm.keystream(case.key, case.nonce, 16).stream
    zeroth = gcm.keystream(case.key, case.nonce[:-1] + bytes([case.nonce[-1] ^ 1]), 0).mask
    text = case.plaintext + bytes(-len(case.plaintext) % 16)
    rows: Tuple[Tuple[str, str, bytes, bytes], ...] = (
        ("no-mask", "the tag is GHASH without its mask: H can be computed from it",
         ghash(H, filled + none + bits), bytes(16)),
        ("mask-of-counter-2", "the mask is the first block of the keystream",
         ghash(H, filled + none + bits), second),
        ("mask-of-other-nonce", "the mask belongs to another nonce",
         ghash(H, filled + none + bits), zeroth),
        ("no-lengths", "the block of lengths is forgotten", ghash(H, filled), mask),
        ("lengths-in-bytes", "lengths count bytes, not bits",
         ghash(H, filled + none + len(C).to_bytes(8, "big")), mask),
        ("lengths-swapped", "the length of the ciphertext stands first",
         ghash(H, filled + bits + none), mask),
        ("lengths-little-endian", "lengths in the wrong byte order",
         ghash(H, filled + none + bits[::-1]), mask),
        ("length-of-filled", "the length of the filled ciphertext",
         ghash(H, filled + none + (8 * len(filled)).to_bytes(8, "big")), mask),
        ("over-plaintext", "GHASH runs over the plaintext: MAC and encrypt",
         ghash(H, text + none + bits), mask),
    )  # fmt: skip
    for slug, why, S, added in rows:
        tag = bytes(a ^ b for a, b in zip(S, added))
        _reject(builder, f"tag-{slug}", why, "OtherTag", sealed=C + tag)
