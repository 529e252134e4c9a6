"""The envelopes of `field.open` that have to be refused, each with one flaw."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Tuple

from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.generate.envelope.flags import (
    CHANGED,
    CUT,
    FLAGS,
    FORM,
    NOT_HEX,
    NOT_UTF8,
    OFF_CURVE,
    OTHER_SCHEME,
    SIZE,
)
from conformance.generate.envelope.kit import EXAMPLE, Sender, make_sender, shared_x
from conformance.generate.points import (
    NotPoint,
    not_points,
    private_bytes,
    public_of,
    scalar,
    unreduced,
)


def refuse(builder: FileBuilder, sender: Sender) -> None:
    """Add the refused envelopes; `ascii` and `empty` are in the file already."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    envelope = sender.text(EXAMPLE)
    _cut(builder, envelope)
    _form(builder, envelope)
    _off_curve(builder, sender)
    _changed(builder, envelope)
    _other_schemes(builder, sender)
    _not_hex(builder, envelope)
    _not_utf8(builder, sender)
    _size(builder)


def _cut(builder: FileBuilder, envelope: str) -> None:
    for slug, size, why in (
        ("bytes-0", 0, "The empty text is opened to the empty text, or passed through."),
        ("bytes-1", 1, "The prefix by itself is read beyond its end."),
        ("bytes-65", 65, "A key with nothing behind it; the nonce is read as an empty slice."),
        (
            "bytes-77",
            77,
            (
                "The border is 154 digits, which forgets the tag; two client libraries have"
                " it there."
            ),
        ),
        ("bytes-92", 92, "The border is off by one, so that the tag is compared over 15 bytes."),
    ):
        builder.reject(
            slug,
            why,
            parent="ascii",
            breaks="ENV-4",
            given={"envelope": envelope[: 2 * size]},
            flags=(CUT,),
        )
    off_curve = envelope[:129] + ("1" if envelope[129] == "0" else "0") + envelope[130:184]
    builder.reject(
        "bytes-92-off-curve",
        "The point is looked at before the length, which is work that a cut envelope is not worth.",
        parent="ascii",
        breaks="ENV-4",
        given={"envelope": off_curve},
        flags=(CUT,),
        change=Rebuilt("envelope", "108 bytes", "92 bytes, with another y"),
    )


def _form(builder: FileBuilder, envelope: str) -> None:
    hybrid = "07" if int(envelope[128:130], 16) % 2 else "06"
    for slug, prefix, why in (
        ("prefix-00", "00", "The first byte is skipped unread, as the samples of the guide do."),
        ("prefix-05", "05", "One bit of the first byte is not part of the test."),
        ("prefix-84", "84", "The first byte is read as a signed number, or without its top bit."),
        ("prefix-02", "02", "33 of the 65 bytes are read as a compressed point."),
        (
            "prefix-hybrid",
            hybrid,
            ("The library takes hybrid points, whose first byte tells the parity of y as well."),
        ),
    ):
        builder.reject(
            slug,
            why,
            parent="ascii",
            breaks="ENV-5",
            given={"envelope": prefix + envelope[2:]},
            flags=(FORM,),
            critical=True,
        )


def _off_curve(builder: FileBuilder, sender: Sender) -> None:
    wanted = ("y-last-bit", "all-zero", "order-2", "order-13", "of-p-256")
    rows = [row for row in not_points(sender.prefix) if row.name in wanted]
    rows += [row for row, _ in unreduced()]
    for row in rows:
        _off_curve_one(builder, sender, row)


def _off_curve_one(builder: FileBuilder, sender: Sender, row: NotPoint) -> None:
    key = sender.key(ikm=shared_x(sender.recipient, row.raw))
    ciphertext, tag = sender.sealed(EXAMPLE.encode(), key=key)
    builder.reject(
        f"ephemeral-{row.name}",
        f"Of the ephemeral key, {row.why}; the envelope opens where nobody looks.",
        parent="ascii",
        breaks="ENV-5",
        also=("KEY-6",),
        given={"envelope": (row.raw + sender.nonce + ciphertext + tag).hex()},
        flags=(OFF_CURVE,),
        change=Rebuilt("envelope.ephemeral_public", sender.prefix.hex(), row.raw.hex()),
        critical=True,
    )


def _flipped(envelope: str, byte: int, bit: int) -> str:
    raw = bytearray.fromhex(envelope)
    raw[byte] ^= bit
    return raw.hex()


def _changed_rows() -> Tuple[Tuple[Any, ...], ...]:
    return (
        ("nonce-first-bit", 65, 0x80, "The nonce is not read from its place."),
        ("nonce-last-bit", 76, 1, "Eight bytes of the nonce count, or eleven."),
        (
            "ciphertext-first-bit",
            77,
            0x80,
            (
                "The text is released before the tag is compared, so that"
                " whoever stands between changes its letters."
            ),
        ),
        ("ciphertext-last-bit", -17, 1, "The last part of a block is left out of GHASH."),
        ("tag-first-bit", -16, 0x80, "The tag is compared from its second byte on."),
        (
            "tag-byte-4",
            -12,
            1,
            (
                "Four bytes of the tag are compared; an interface with a length of the"
                " tag has it as an option."
            ),
        ),
        ("tag-byte-12", -4, 1, "Twelve bytes of the tag are compared."),
        ("tag-last-bit", -1, 1, "Fifteen bytes of the tag are compared, or 127 bits."),
    )


def _changed(builder: FileBuilder, envelope: str) -> None:
    for slug, byte, bit, why in _changed_rows():
        builder.reject(
            slug,
            why,
            parent="ascii",
            breaks="ENV-6",
            given={"envelope": _flipped(envelope, byte, bit)},
            flags=(CHANGED,),
            critical=True,
        )
    other = public_of(scalar(builder.random("another ephemeral key"))).hex()
    for slug, digits, why in (
        (
            "ephemeral-replaced",
            other + envelope[130:],
            ("The ephemeral key has no part in the message key."),
        ),
        ("tag-all-zeros", envelope[:-32] + "0" * 32, "A tag of zeros stands for an absent one."),
        ("one-byte-more", envelope + "00", "What follows the tag is not looked at."),
        (
            "one-byte-of-text-less",
            envelope[:-34] + envelope[-32:],
            ("GHASH is not told the length of the ciphertext."),
        ),
        (
            "text-cut-off",
            envelope[:154] + envelope[-32:],
            (
                "An envelope without ciphertext is opened"
                " to the empty text without a look at its tag."
            ),
        ),
        ("twice", envelope * 2, "Two envelopes in one text are opened to the first, or to both."),
    ):
        builder.reject(
            slug,
            why,
            parent="ascii",
            breaks="ENV-6",
            given={"envelope": digits},
            flags=(CHANGED,),
            critical=True,
        )
    _changed_further(builder)


def _changed_further(builder: FileBuilder) -> None:
    stranger = private_bytes(scalar(builder.random("stranger"))).hex()
    builder.reject(
        "another-secret",
        "An envelope for somebody else opens, so that the key has no part in it.",
        parent="ascii",
        breaks="ENV-6",
        given={"secret": stranger},
        flags=(CHANGED,),
        critical=True,
    )
    empty = make_sender(builder.random("empty")).text("")  # as the parent has it
    builder.reject(
        "empty-tag-last-bit",
        "The tag of an empty text is not compared, as there is nothing to protect.",
        parent="empty",
        breaks="ENV-6",
        also=("ENV-12",),
        given={"envelope": _flipped(empty, -1, 1)},
        flags=(CHANGED,),
        critical=True,
    )


def _other_schemes_rows(
    tag_first: str, text: bytes, sender: Sender, prefix: bytes, shared: bytes, hashed: bytes
) -> Tuple[Tuple[str, str, str, str, str], ...]:
    return (
        (
            "tag-first",
            tag_first,
            "layout",
            "key, nonce, tag, ciphertext",
            "Both orders of ciphertext and tag are tried.",
        ),
        (
            "info-of-version-2",
            sender.envelope(text, key=sender.key(info=b"aci.e2ee.v2.secp256k1")),
            "info",
            "aci.e2ee.v2.secp256k1",
            "The servers' second version is tried as well.",
        ),
        (
            "no-info",
            sender.envelope(text, key=sender.key(info=b"")),
            "info",
            "",
            "HKDF without an info is tried as well.",
        ),
        (
            "associated-data",
            sender.envelope(text, aad=prefix),
            "associated data",
            "the ephemeral key",
            "The ephemeral key is authenticated as well, as ECIES does.",
        ),
        (
            "no-hkdf",
            sender.envelope(text, key=shared),
            "key",
            "the shared x-coordinate",
            "The shared secret itself is tried as the key.",
        ),
        (
            "sha256-of-point",
            sender.envelope(text, key=sender.key(ikm=hashed)),
            "ikm",
            "SHA-256 of the compressed point",
            ("The hash that libsecp256k1 returns from ECDH is tried as the shared secret."),
        ),
    )


def _other_schemes(builder: FileBuilder, sender: Sender) -> None:
    text = EXAMPLE.encode()
    shared, prefix = sender.ikm, sender.prefix
    sign = bytes([2 + prefix[64] % 2])
    ciphertext, tag = sender.sealed(text)
    tag_first = (prefix + sender.nonce + tag + ciphertext).hex()
    hashed = hashlib.sha256(sign + shared).digest()
    kinds: Tuple[Tuple[str, str, str, str, str], ...] = _other_schemes_rows(
        tag_first, text, sender, prefix, shared, hashed
    )
    for slug, digits, place, after, why in kinds:
        builder.reject(
            slug,
            why,
            parent="ascii",
            breaks="ENV-6",
            also=("ENV-1",) if slug == "tag-first" else ("ENV-2", "ENV-3"),
            given={"envelope": digits},
            flags=(OTHER_SCHEME,),
            change=Rebuilt(f"envelope: {place}", "as specified", after),
        )
    random = builder.random("stripped")
    while True:
        short = Sender(sender.recipient, scalar(random), random(12))
        if short.ikm[0] == 0:
            break
    builder.reject(
        "shared-x-without-its-zero",
        "The shared secret is tried without its leading zero byte as"
        " well, for the sake of clients that lost it.",
        parent="ascii",
        breaks="ENV-6",
        also=("ENV-2", "KEY-11"),
        flags=(OTHER_SCHEME,),
        given={"envelope": short.envelope(text, key=short.key(ikm=short.ikm[1:]))},
        change=Rebuilt("envelope: ikm", "as specified", "31 bytes, another ephemeral key"),
    )


def _not_hex_rows(envelope: str) -> Tuple[Tuple[str, str, str], ...]:
    half = len(envelope) // 2
    return (
        (
            "last-digit-missing",
            envelope[:-1],
            "`hexToBytes` drops half a byte, or makes zero of it.",
        ),
        (
            "one-digit-more",
            envelope + "0",
            (
                "Buffer.from of Node ignores the digit behind the last"
                " whole byte, so that the envelope opens."
            ),
        ),
        ("prefix-0x", "0x" + envelope, "A prefix is taken off, as the decoder of the guide does."),
        ("prefix-0x-upper", "0X" + envelope, "A prefix is taken off in its other form."),
        ("spaces-around", f" {envelope} ", "White space around the text is trimmed."),
        (
            "line-feed-behind",
            envelope + "\n",
            (
                "`$` of a regular expression matches before a line end,"
                " and `bytes.fromhex` skips it."
            ),
        ),
        (
            "spaces-inside",
            envelope[:half] + "  " + envelope[half:],
            ("`bytes.fromhex` of Python skips white space between bytes."),
        ),
    )


def _not_digits(envelope: str) -> Tuple[Tuple[str, str, str], ...]:
    half = len(envelope) // 2
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in envelope[:2]) + envelope[2:]
    return (
        (
            "underscore-inside",
            envelope[:half] + "_" + envelope[half:],
            ("Numbers of several languages may have underscores between digits."),
        ),
        (
            "colons",
            ":".join(envelope[i : i + 2] for i in range(0, len(envelope), 2)),
            ("Bytes with colons between them, as certificates are printed, are read."),
        ),
        (
            "letter-g",
            envelope[:-1] + "g",
            ("`parseInt` gives NaN for a wrong digit, which becomes zero or ends the byte early."),
        ),
        (
            "junk-behind",
            envelope + "zz",
            ("Buffer.from of Node stops at the first wrong digit, so that the envelope opens."),
        ),
        ("nul-behind", envelope + "\x00\x00", "A string of C ends at its first NUL."),
        ("wide-digits", wide, "Digits beyond ASCII are digits for `isdigit` and for `int`."),
        ("plus-sign", "+" + envelope[1:], "A sign is read with the first digit."),
        (
            "base64",
            base64.b64encode(bytes.fromhex(envelope)).decode(),
            ("Base64 is tried where it is not hexadecimal."),
        ),
        (
            "plaintext",
            EXAMPLE,
            ("Text that is not an envelope is shown as it is, as the samples of the guide do."),
        ),
        (
            "plaintext-186-letters",
            "Send it to the other account. " * 7,
            ("Text is taken for an envelope or for plaintext by its length."),
        ),
    )


def _not_hex(builder: FileBuilder, envelope: str) -> None:
    for slug, text, why in (*_not_hex_rows(envelope), *_not_digits(envelope)):
        builder.reject(
            slug,
            why,
            parent="ascii",
            breaks="ENV-15",
            given={"envelope": text},
            flags=(NOT_HEX,),
            critical=slug.startswith("plaintext"),
        )


def _not_utf8(builder: FileBuilder, sender: Sender) -> None:
    for slug, raw, why in (
        ("byte-ff", b"ab\xffcd", "A byte that UTF-8 never has is replaced by U+FFFD."),
        ("overlong-nul", b"\xc0\x80", "NUL in two bytes, as Java writes it, is read."),
        (
            "overlong-slash",
            b"\xe0\x80\xaf",
            "A slash in three bytes passes the filter and is read.",
        ),
        (
            "surrogate",
            b"\xed\xa0\x80",
            ("Half of a surrogate pair is read, and breaks whatever the text is written to."),
        ),
        (
            "cesu-8",
            b"\xed\xa0\xbd\xed\xb8\x80",
            "A pair of surrogates in three bytes each is joined.",
        ),
        ("above-10ffff", b"\xf4\x90\x80\x80", "A number beyond the last character is read."),
        (
            "cut-at-the-end",
            "price: 5 \u20ac".encode()[:-1],
            ("A decoder in streaming mode keeps the cut character back and says nothing."),
        ),
        ("continuation-alone", b"a\x80b", "A byte that continues nothing is skipped."),
        (
            "latin-1",
            "gr\u00f6\u00dfe".encode("latin-1"),
            "Text that is not UTF-8 is read as Latin-1.",
        ),
    ):
        builder.reject(
            f"utf8-{slug}",
            why,
            parent="ascii",
            breaks="ENV-10",
            given={"envelope": sender.envelope(raw)},
            flags=(NOT_UTF8,),
            change=Rebuilt("plaintext", EXAMPLE.encode().hex(), raw.hex()),
        )


def _size(builder: FileBuilder) -> None:
    """The limit, shown by an envelope that is refused for its key where it is not too long."""
    digits = 2 * 16_777_216
    builder.reject(
        "size-16777216",
        "An envelope of the greatest size is refused for its size; its key, which"
        " is no point, is what is wrong with it.",
        parent="ascii",
        breaks="ENV-5",
        also=("ENV-13",),
        given={"envelope": "04", "zeros": digits - 2},
        flags=(SIZE,),
        change=Rebuilt("envelope", "108 bytes", "16777216 bytes, 04 and zeros"),
    )
    builder.reject(
        "size-16777217",
        "There is no limit, so that the envelope is refused for its key, or digits"
        " are counted as bytes.",
        parent="ascii",
        breaks="ENV-13",
        given={"envelope": "04", "zeros": digits},
        flags=(SIZE,),
        change=Rebuilt("envelope", "108 bytes", "16777217 bytes, 04 and zeros"),
    )
