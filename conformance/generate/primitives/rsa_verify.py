"""`primitives/rsa_verify`: signatures of PKCS #1 v1.5 with SHA-256.

The private key is a public test key, so that every wrong encoding is signed for real: a verifier
refuses it for what the encoding is, not because the signature is noise.
"""

from __future__ import annotations

import hashlib
from typing import Final, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.wording import sentence
from conformance.mock_tee.pki import rsa_key

_MESSAGE: Final = b"a message of the mock"
_DIGEST: Final = hashlib.sha256(_MESSAGE).digest()
_INFO: Final = rsa_key.DIGEST_INFO
_SIZE: Final = rsa_key.SIZE

_LEADING_ZERO: Final = b"message 73"
"""A message whose signature begins with a zero byte."""


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.flag(
        "Verifies",
        Flag(
            "FUNCTIONALITY",
            "a signature that holds",
            "a genuine certificate is refused",
            "see RFC 8017, 8.2.2",
            ("RFC 8017, 8.2.2",),
        ),
    )
    builder.flag(
        "Encoding",
        Flag(
            "AUTH_BYPASS",
            "the signature holds an encoding that is nearly the right one",
            "what is skipped is room for a forger: with a small exponent he needs no key at all",
            "make the one right encoding and compare all of its bytes",
            ("RFC 8017, 8.2.2, note", "CVE-2006-4339", "CVE-2014-1568", "CVE-2018-16152"),
        ),
    )
    builder.flag(
        "SignatureText",
        Flag(
            "MALFORMED",
            "a signature in another length, or not below the modulus",
            "one signature has many texts, and what tells them apart is not tested",
            "test the length against that of the modulus, and the number against it",
            ("RFC 8017, 5.2.2, step 1", "RFC 8017, 8.2.2, step 1"),
        ),
    )
    _accept(builder, "ordinary", "the ordinary case: 2048 bits", _MESSAGE)
    _accept(builder, "empty-message", "nothing is hashed as well", b"")
    why = "the signature is kept as a number, without its leading zero byte"
    _accept(builder, "leading-zero", why, _LEADING_ZERO)
    _encodings(builder)
    _texts(builder)


def _accept(builder: FileBuilder, slug: str, why: str, message: bytes) -> None:
    digest = hashlib.sha256(message).digest()
    signature = rsa_key.sign_encoding(rsa_key.encode(digest))
    if slug == "leading-zero" and signature[0] != 0:
        raise ValueError(slug)
    builder.accept(
        slug,
        sentence(why),
        req=["KEY-21"],
        given={
            "modulus": rsa_key.N.to_bytes(_SIZE, "big").hex(),
            "exponent": rsa_key.E,
            "message": message.hex(),
            "signature": signature.hex(),
        },
        out={},
        mid={"digest": digest.hex()},
        flags=["Verifies"],
    )


def _padded(tail: bytes, *, head: bytes = b"\x00\x01", fill: int = 0xFF) -> bytes:
    """Return head, as many bytes of filling as there is room for, and the tail."""
    return head + bytes([fill]) * (_SIZE - len(head) - len(tail)) + tail


def _encodings(builder: FileBuilder) -> None:
    right = b"\x00" + _INFO + _DIGEST
    whole = _padded(right)
    sha1 = bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(_MESSAGE).digest()  # noqa: S324
    sha384 = (
        bytes.fromhex("3041300d060960864801650304020205000430") + hashlib.sha384(_MESSAGE).digest()
    )
    without_null = bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + _DIGEST
    long_form = bytes.fromhex("308131300d060960864801650304020105000420") + _DIGEST
    parameters = bytes.fromhex("3035301106096086480165030402010404deadbeef0420") + _DIGEST
    garbage = bytes(range(1, 41))
    rows: Tuple[Tuple[str, str, bytes], ...] = (
        ("garbage-after", "what follows the digest is not looked at", b"\x00\x01" + b"\xff" * 8
         + right + bytes(_SIZE - 10 - len(right))),
        ("garbage-in-parameters", "the parameters of the algorithm are skipped, whatever they hold",
         _padded(b"\x00" + parameters)),
        ("garbage-in-padding", "the filling is skipped up to the zero byte",
         whole[:20] + garbage + whole[60:]),
        ("filling-one-bit", "only a part of the filling is compared",
         whole[:100] + b"\xfe" + whole[101:]),
        ("filling-zero-byte", "the filling ends at its first zero byte",
         whole[:100] + b"\x00" + whole[101:]),
        ("filling-zero", "block type 00 fills with zero bytes", _padded(right, fill=0)),
        ("filling-short", "eight bytes of filling are enough, whatever stands before",
         bytes(_SIZE - 10 - len(right)) + b"\x00\x01" + b"\xff" * 8 + right),
        ("type-02", "the padding of encryption is taken for that of signatures",
         _padded(right, head=b"\x00\x02")),
        ("type-00", "the type of the block is not looked at", _padded(right, head=b"\x00\x00")),
        ("first-byte-01", "the first byte is not looked at", _padded(right, head=b"\x01\x01")),
        ("no-separator", "the zero byte between filling and algorithm is not looked at",
         _padded(_INFO + _DIGEST)),
        ("no-digest-info", "the digest alone is looked for at the end", _padded(b"\x00" + _DIGEST)),
        ("without-null", "the parameters may be absent, which gives two signatures",
         _padded(b"\x00" + without_null)),
        ("long-form-length", "lengths may be written in more bytes than needed (BER)",
         _padded(b"\x00" + long_form)),
        ("sha-1", "the hash is taken from the signature: SHA-1", _padded(b"\x00" + sha1)),
        ("sha-384", "the hash is taken from the signature", _padded(b"\x00" + sha384)),
        ("other-digest", "the digest is not compared",
         _padded(b"\x00" + _INFO + hashlib.sha256(b"another").digest())),
        ("digest-last-bit", "the last byte of the digest is not compared",
         whole[:-1] + bytes([whole[-1] ^ 1])),
        ("digest-first-bit", "the first byte of the digest is not compared",
         whole[:-32] + bytes([whole[-32] ^ 0x80]) + whole[-31:]),
        ("hashed-twice", "the digest is hashed again",
         _padded(b"\x00" + _INFO + hashlib.sha256(_DIGEST).digest())),
    )  # fmt: skip
    for slug, why, encoding in rows:
        _reject(builder, slug, why, "ordinary", "Encoding", rsa_key.sign_encoding(encoding))


def _texts(builder: FileBuilder) -> None:
    right = rsa_key.sign_encoding(rsa_key.encode(_DIGEST))
    number = int.from_bytes(right, "big")
    cut = rsa_key.sign_encoding(rsa_key.encode(hashlib.sha256(_LEADING_ZERO).digest()))[1:]
    for slug, why, parent, signature in (
        ("zero-in-front", "a longer signature is taken as a number", "ordinary", b"\0" + right),
        ("zero-cut", "a shorter signature is taken as a number", "leading-zero", cut),
        ("byte-after", "what follows the signature is not looked at", "ordinary", right + b"\0"),
        ("empty", "no signature", "ordinary", b""),
        ("zero", "0 to any power is 0", "ordinary", bytes(_SIZE)),
        ("one", "1 to any power is 1: filling and digest are empty", "ordinary",
         (1).to_bytes(_SIZE, "big")),
        ("negated", "n - s has the negative power", "ordinary",
         (rsa_key.N - number).to_bytes(_SIZE, "big")),
        ("last-bit", "the ordinary forgery", "ordinary", right[:-1] + bytes([right[-1] ^ 1])),
        ("encoding-itself", "the exponent is 1", "ordinary", rsa_key.encode(_DIGEST)),
        ("little-endian", "the number is read in the wrong byte order", "ordinary", right[::-1]),
    ):  # fmt: skip
        _reject(builder, f"text-{slug}", why, parent, "SignatureText", signature)
    below = 256**_SIZE - rsa_key.N
    small = next(m for m in (b"small %d" % i for i in range(200)) if _number(m) < below)
    _accept(builder, "small-number", "a number below 256^k - n: s + n has k bytes as well", small)
    _reject(
        builder,
        "text-plus-modulus",
        "the number is reduced modulo n first: a second text of a signature",
        "small-number",
        "SignatureText",
        (_number(small) + rsa_key.N).to_bytes(_SIZE, "big"),
    )


def _number(message: bytes) -> int:
    encoding = rsa_key.encode(hashlib.sha256(message).digest())
    return int.from_bytes(rsa_key.sign_encoding(encoding), "big")


def _reject(
    builder: FileBuilder, slug: str, why: str, parent: str, flag: str, signature: bytes
) -> None:
    builder.reject(
        slug,
        sentence(why),
        parent=parent,
        breaks="KEY-21",
        given={"signature": signature.hex()},
        flags=[flag],
        critical=True,
    )
