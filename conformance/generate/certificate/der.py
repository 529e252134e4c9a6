"""`certificate/parse`: certificates that are not DER, or not one value."""

from __future__ import annotations

from typing import Optional, Sequence

from conformance.generate.builder import Rebuilt
from conformance.generate.certificate.parse_kit import Bench, padded
from venice_ref.codec.der_encode import (
    bit_string,
    boolean,
    element,
    integer,
    null,
    object_identifier,
    octet_string,
    sequence,
    utf8_string,
)

__all__ = ["refuse"]

_PRIVATE = "1.3.6.1.4.1.99999.1"


def refuse(bench: Bench) -> None:
    """Add the refused."""
    _refuse_frame(bench)
    _refuse_lengths(bench)
    _refuse_values(bench)
    _refuse_identifiers(bench)


def _frame(
    bench: Bench, slug: str, why: str, der: bytes, flag: str, change: Optional[str] = None
) -> None:
    """Add bytes around or of the outermost element."""
    rebuilt = None if change is None else Rebuilt("certificate", "DER", change)
    bench.refuse(slug, why, "CRT-1", der, flag, change=rebuilt)


def _refuse_frame(bench: Bench) -> None:
    leaf = bench.leaf
    der, tbs, algorithm = leaf.der(), leaf.tbs(), leaf.signer.algorithm
    signature = bit_string(leaf.signer.sign_der(tbs))
    _frame(bench, "empty", "Nothing at all is no certificate, and no crash.", b"", "unread-bytes",
           "no bytes")  # fmt: skip
    _frame(bench, "truncated-by-one", "The last byte of the signature is missing.", der[:-1],
           "unread-bytes")  # fmt: skip
    _frame(bench, "trailing-byte", "One byte follows the certificate.", der + b"\x00",
           "unread-bytes")  # fmt: skip
    _frame(bench, "two-certificates",
           "Readers of a stream take the first certificate and leave a second one unseen.",
           der + bench.pki.platform.der(), "unread-bytes", "two certificates")  # fmt: skip
    _frame(bench, "fourth-part", "A fourth element stands after the signature, where nobody looks.",
           sequence(tbs, algorithm, signature, null()), "unread-bytes", "a fourth part",
    )  # fmt: skip
    _frame(bench, "set-instead-of-sequence", "The outermost tag is 31 instead of 30.",
           b"\x31" + der[1:], "ber")  # fmt: skip
    body = leaf._replace(extensions=leaf.extensions + null())
    bench.refuse("element-after-the-extensions", "The signed part ends with the extensions.",
                 "CRT-1", body.der(), "unread-bytes", or_breaks=["CRT-2"],
                 change=Rebuilt("certificate.tbsCertificate", "extensions", "extensions, NULL"),
    )  # fmt: skip
    bench.refuse("16385-bytes", "One byte more than the size limit.", "CRT-1",
                 padded(bench, 16385).der(), "unbounded",
                 change=Rebuilt("certificate.size", len(der), 16385))  # fmt: skip


def _refuse_lengths(bench: Bench) -> None:
    leaf = bench.leaf
    der = leaf.der()
    content = der[4:]
    _frame(bench, "indefinite-length",
           "BER ends a value by two zero octets instead of a length; openssl and others read it.",
           b"\x30\x80" + content + b"\x00\x00", "ber", "indefinite length")  # fmt: skip
    _frame(bench, "length-in-three-octets", "The outer length has an octet more than it needs.",
           b"\x30\x83\x00" + der[2:4] + content, "ber")  # fmt: skip
    _frame(bench, "length-in-five-octets", "A length of five octets overflows 32 bits.",
           b"\x30\x85\x00\x00\x00" + der[2:4] + content, "ber")  # fmt: skip
    _frame(bench, "length-beyond-the-end", "The outer length is one more than what is there.",
           b"\x30\x82" + (len(content) + 1).to_bytes(2, "big") + content, "unread-bytes",
    )  # fmt: skip
    bench.refuse_part("long-form-of-a-short-length",
                      "A length below 128 stands in the long form, in the signed part.",
                      "CRT-1", "serial", b"\x02\x81" + leaf.serial[1:], "ber",
                      or_breaks=["CRT-3"])  # fmt: skip
    validity = b"\x30\x80" + leaf.not_before + leaf.not_after + b"\x00\x00"
    tbs = sequence(leaf.version, leaf.serial, leaf.signer.algorithm, leaf.issuer, validity,
                   leaf.subject, leaf.spki, leaf.extensions)  # fmt: skip
    flawed = sequence(tbs, leaf.signer.algorithm, bit_string(leaf.signer.sign_der(tbs)))
    bench.refuse("indefinite-length-inside", "An inner value has an indefinite length.",
                 "CRT-1", flawed, "ber", or_breaks=["CRT-6"],
                 change=Rebuilt("certificate.validity", "definite", "indefinite"))  # fmt: skip
    inner = leaf.subject
    bench.refuse_part("length-beyond-its-parent",
                      "A name claims an octet more than its own element has.",
                      "CRT-1", "subject", inner[:1] + bytes((inner[1] + 1,)) + inner[2:],
                      "unread-bytes", or_breaks=["CRT-5"])  # fmt: skip


def _refuse_values(bench: Bench) -> None:
    leaf, keys = bench.leaf, bench.pki.keys
    digits = leaf.serial[2:]
    bench.refuse_part("integer-with-leading-zero", "A positive number has a superfluous 00.",
                      "CRT-1", "serial", element(2, b"\x00\x00" + digits.lstrip(b"\x00")), "ber",
                      or_breaks=["CRT-3"])  # fmt: skip
    bench.refuse_part("integer-without-octets", "An INTEGER has at least one octet.",
                      "CRT-1", "serial", b"\x02\x00", "ber", or_breaks=["CRT-3"])  # fmt: skip
    bench.refuse_part("version-with-leading-zero", "2 is written in two octets.",
                      "CRT-1", "version", b"\xa0\x04\x02\x02\x00\x02", "ber",
                      or_breaks=["CRT-2"])  # fmt: skip
    signature = leaf.signer.sign_der(leaf.tbs())
    algorithm = leaf.signer.algorithm
    for slug, why, bits in (
        ("signature-with-unused-bits", "A signature is whole octets: bits are a second form.",
         b"\x03" + bytes((len(signature) + 1,)) + b"\x01" + signature[:-1]
         + bytes((signature[-1] & 0xFE,))),
        ("signature-constructed", "BER may put a BIT STRING together from parts.",
         element(0x23, bit_string(signature))),
        ("signature-as-octets", "The signature is an OCTET STRING.", octet_string(signature)),
    ):  # fmt: skip
        bench.refuse(slug, why, "CRT-1", sequence(leaf.tbs(), algorithm, bits), "ber")
    flawed = sequence(object_identifier(_PRIVATE), b"\x01\x01\x01", octet_string(b""))
    _extension(bench, "boolean-01", "TRUE is FF in DER; whoever compares with FF reads FALSE here.",
               flawed, ["CRT-8", "CRT-9"])  # fmt: skip
    flawed = sequence(object_identifier(_PRIVATE), element(0x24, octet_string(b"")))
    _extension(bench, "octet-string-constructed", "BER may put octets together from parts.",
               flawed, ["CRT-8"])  # fmt: skip
    flawed = sequence(object_identifier(_PRIVATE), octet_string(b""), boolean(True))
    _extension(bench, "extension-with-a-fourth-part",
               "The critical flag stands after the value, where it is not read.",
               flawed, ["CRT-8"])  # fmt: skip
    bench.refuse_part("set-not-sorted", "The members of a SET OF stand in descending order.",
                      "CRT-1", "subject", _unsorted(), "ber",
                      or_breaks=["CRT-5"])  # fmt: skip
    spki = bytearray(keys.leaf.public_key_info)
    spki[-66] = 0x07  # the octet that counts unused bits
    bench.refuse_part("key-with-unused-bits", "A key is whole octets.",
                      "CRT-1", "spki", bytes(spki), "ber", or_breaks=["CRT-7"])  # fmt: skip


def _attribute(kind: str, text: str) -> bytes:
    return sequence(object_identifier(kind), utf8_string(text))


def _unsorted() -> bytes:
    """Return a name of one relative name whose two attributes are in descending order."""
    members = [_attribute("2.5.4.10", "O"), _attribute("2.5.4.3", "unsorted")]
    return sequence(element(0x31, b"".join(sorted(members, reverse=True))))


def _extension(bench: Bench, slug: str, why: str, flawed: bytes, or_breaks: Sequence[str]) -> None:
    bench.refuse(
        slug, why, "CRT-1",
        bench.leaf._replace(extensions=bench.leaf_parts(more=flawed)).der(),
        "ber", or_breaks=or_breaks,
        change=Rebuilt("certificate.extensions", "its own", f"and {flawed.hex()}"),
    )  # fmt: skip


def _refuse_identifiers(bench: Bench) -> None:
    good = object_identifier(_PRIVATE)[2:]
    for slug, why, content in (
        ("oid-with-padding", "A number of an object identifier begins with the octet 80.",
         good[:-1] + b"\x80" + good[-1:]),
        ("oid-cut-short", "The last octet of an object identifier announces another one.",
         good[:-1] + b"\x81"),
        ("oid-empty", "An object identifier has at least one octet.", b""),
        ("oid-of-65-octets", "One octet more than the limit.", good[:4] + b"\x01" * 61),
    ):  # fmt: skip
        flawed = sequence(element(6, content), octet_string(b""))
        _extension(bench, slug, why, flawed, ["CRT-8"])
    high = sequence(b"\x1f\x06" + bytes((len(good),)) + good, octet_string(b""))
    _extension(bench, "tag-in-two-octets",
               "A small tag number stands in the form for large ones.", high, ["CRT-8"],
    )  # fmt: skip
    bench.refuse_part("serial-as-enumerated", "The number has the tag of another type.",
                      "CRT-1", "serial", b"\x0a" + bench.leaf.serial[1:], "ber",
                      or_breaks=["CRT-3"])  # fmt: skip
    bench.refuse_part("serial-of-65-octets", "A number of 520 bits, far beyond any serial number.",
                      "CRT-3", "serial", integer(1 << 519), "serial-range",
                      or_breaks=["CRT-1"])  # fmt: skip
