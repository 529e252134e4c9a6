"""`certificate/parse`: certificates in DER with one field that is not what it has to be."""

from __future__ import annotations

from datetime import timezone
from typing import Optional, Sequence

from conformance.generate.builder import Rebuilt
from conformance.generate.certificate.kit import (
    NOW,
    SGX,
    aki,
    attribute,
    extension,
    name,
    part,
    ski,
    wrapped,
)
from conformance.generate.certificate.parse_kit import Bench
from venice_ref.codec.der_encode import (
    bit_string,
    boolean,
    element,
    explicit,
    generalized_time,
    implicit,
    integer,
    null,
    object_identifier,
    octet_string,
    sequence,
    set_of,
    utf8_string,
)
from venice_ref.crypto.curves import P256
from venice_ref.pki import extensions as ext

__all__ = ["refuse"]

_PRIVATE = "1.3.6.1.4.1.99999.1"
_CN = "2.5.4.3"


def refuse(bench: Bench) -> None:
    """Add the refused."""
    _refuse_version(bench)
    _refuse_serial_and_algorithm(bench)
    _refuse_names(bench)
    _refuse_times(bench)
    _refuse_points(bench)
    _refuse_key_algorithms(bench)
    _refuse_constraints(bench)
    _refuse_other_extensions(bench)
    _refuse_critical(bench)


def _refuse_version(bench: Bench) -> None:
    def flawed(slug: str, why: str, field: str, value: bytes) -> None:
        bench.refuse_part(slug, why, "CRT-2", field, value, "old-version", critical=True)

    flawed("version-absent", "An absent version means version 1.", "version", b"")
    flawed("version-1", "Version 1 is written 0.", "version", explicit(0, integer(0)))
    flawed("version-2", "Version 2 has no extensions.", "version", explicit(0, integer(1)))
    flawed("version-4", "No version 4 exists.", "version", explicit(0, integer(3)))
    flawed("no-extensions", "Version 3 without extensions says nothing about authority.",
           "extensions", b"")  # fmt: skip
    flawed("issuer-unique-id", "The obsolete [1] must not stand where extensions are looked for.",
           "unique", implicit(1, bit_string(b"\x01")))  # fmt: skip
    flawed("subject-unique-id", "The obsolete [2] must not stand where extensions are looked for.",
           "unique", implicit(2, bit_string(b"\x01")))  # fmt: skip
    bench.refuse_part("extensions-empty", "A list of no extensions is none.", "CRT-2",
                      "extensions", wrapped(), "old-version",
                      or_breaks=["CRT-8", "CRT-1"])  # fmt: skip


def _refuse_serial_and_algorithm(bench: Bench) -> None:
    for slug, why, number in (
        ("serial-0", "0 is no serial number; absent and zero must not be confused.", 0),
        ("serial-negative", "A number with the highest bit set is negative, not large.", -1 << 151),
        ("serial-161-bits", "One bit more than a serial number may have.", 1 << 160),
    ):
        bench.refuse_part(slug, why, "CRT-3", "serial", integer(number), "serial-range")

    leaf = bench.leaf
    sha384 = sequence(object_identifier("1.2.840.10045.4.3.3"))
    with_null = sequence(object_identifier("1.2.840.10045.4.3.2"), null())
    bench.refuse("algorithm-outside-differs",
                 "The field outside of the signed part names SHA-384, the one inside SHA-256.",
                 "CRT-4", leaf._replace(outer_algorithm=sha384).der(), "algorithm",
                 critical=True)  # fmt: skip
    bench.refuse("parameters-outside-differ",
                 "The fields name one algorithm, but the outer one has parameters.",
                 "CRT-4", leaf._replace(outer_algorithm=with_null).der(), "algorithm",
                 or_breaks=["CRT-1"],
                 change=part("certificate.signatureAlgorithm", leaf.signer.algorithm, with_null),
    )  # fmt: skip
    for slug, why, algorithm in (
        ("ecdsa-with-null", "RFC 5758, 3.2, demands that parameters are absent.", with_null),
        ("ecdsa-with-sha1", "SHA-1 has collisions, and collisions forge certificates.",
         sequence(object_identifier("1.2.840.10045.4.1"))),
        ("ed25519", "An algorithm of which this verifier has no key kind.",
         sequence(object_identifier("1.3.101.112"))),
    ):  # fmt: skip
        bench.refuse_part(slug, why, "CRT-4", "inner_algorithm", algorithm, "algorithm",
                          or_breaks=["CRT-1"] if algorithm is with_null else ())  # fmt: skip


def _refuse_names(bench: Bench) -> None:
    def flawed(
        slug: str, why: str, value: bytes, *, field: str = "subject", breaks: str = "CRT-5",
        or_breaks: Sequence[str] = (), flag: str = "ambiguous-name",
    ) -> None:  # fmt: skip
        bench.refuse_part(slug, why, breaks, field, value, flag, or_breaks=or_breaks)

    unit = set_of(attribute("2.5.4.10", utf8_string("venice-ref vectors")))
    flawed("subject-without-common-name", "A role cannot be told from other attributes.",
           sequence(unit))  # fmt: skip
    flawed("issuer-without-common-name", "The issuer's name has a common name too.",
           sequence(unit), field="issuer")  # fmt: skip
    flawed("subject-empty", "A name without any attribute is no name.", sequence())
    second = set_of(attribute(_CN, utf8_string("Intel SGX TCB Signing")))
    flawed("two-common-names", "One library reports the first, another the last.",
           name("Intel SGX PCK Certificate", second))  # fmt: skip
    both = set_of(attribute(_CN, utf8_string("one")), attribute(_CN, utf8_string("two")))
    flawed("two-common-names-in-one-set", "Two common names hide in one relative name.",
           sequence(both))  # fmt: skip
    for slug, why, value in (
        ("teletexstring", "TeletexString is read as Latin-1 by some and as T.61 by others.",
         element(0x14, b"Intel SGX PCK Certificate")),
        ("bmpstring", "BMPString has two octets a character, of which naive readers show half.",
         element(0x1E, "Intel SGX PCK Certificate".encode("utf-16-be"))),
        ("utf8string-not-utf8", "Octets that are not UTF-8 are replaced by some, not refused.",
         element(0x0C, b"Intel SGX PCK Certificate\xff")),
        ("utf8string-with-surrogate", "UTF-8 has no encoded surrogates.",
         element(0x0C, b"Intel \xed\xa0\x80")),
        ("printablestring-with-at", "PrintableString has no @; wildcards and addresses hide so.",
         element(0x13, b"Intel@SGX")),
        ("ia5string-beyond-ascii", "IA5String is ASCII.", element(0x16, "Int\u00e9l".encode())),
        ("common-name-without-text", "An empty common name is none.", utf8_string("")),
    ):  # fmt: skip
        flawed(slug, why, sequence(set_of(attribute(_CN, value))),
               or_breaks=["CRT-19"] if slug == "common-name-without-text" else ())  # fmt: skip
    flawed("relative-name-empty", "A relative name has at least one attribute.",
           name("empty set", element(0x31, b"")), or_breaks=["CRT-1"])  # fmt: skip
    third = sequence(object_identifier(_CN), utf8_string("three"), null())
    flawed("attribute-of-three-parts", "An attribute is a type and a value.",
           sequence(set_of(third)), or_breaks=["CRT-1"])  # fmt: skip
    many = [set_of(attribute("2.5.4.11", utf8_string(f"unit {n}"))) for n in range(14)]
    flawed("seventeen-attributes", "One attribute more than the limit.", name("wide", *many),
           breaks="CRT-19", or_breaks=["CRT-5"], flag="unbounded")  # fmt: skip
    flawed("common-name-of-257-characters", "One character more than the limit.", name("n" * 257),
           breaks="CRT-19", or_breaks=["CRT-5"], flag="unbounded")  # fmt: skip


def _refuse_times(bench: Bench) -> None:
    utc, general = 0x17, 0x18
    texts = (
        ("utctime-without-seconds", "BER allows minutes only; some then read 58 as the hour.",
         utc, b"2601150158Z"),
        ("utctime-with-offset", "An offset moves the end by hours for who ignores it.",
         utc, b"260115015841+0000"),
        ("utctime-without-zone", "A local time is another moment everywhere.",
         utc, b"260115015841"),
        ("utctime-lowercase-z", "The zone is a capital Z.", utc, b"260115015841z"),
        ("utctime-with-space", "Number parsers skip spaces, and int() of Python takes them.",
         utc, b"26 115015841Z"),
        ("utctime-with-sign", "Number parsers take a sign for a digit's place.",
         utc, b"26+115015841Z"),
        ("month-13", "Careless arithmetic carries month 13 into the next year.",
         utc, b"261301000000Z"),
        ("february-30", "Careless arithmetic carries February 30 into March.",
         utc, b"260230000000Z"),
        ("february-29-of-2026", "2026 is no leap year.", utc, b"260229000000Z"),
        ("hour-24", "A day ends with 23:59:59.", utc, b"260115240000Z"),
        ("second-60", "Leap seconds cannot be written (RFC 5280, 4.1.2.5).", utc, b"260115015860Z"),
        ("generalizedtime-2026", "The years 1950 to 2049 have UTCTime as their only form.",
         general, b"20260115015841Z"),
        ("generalizedtime-2049", "2049 is the last year of UTCTime.", general, b"20491231235959Z"),
        ("generalizedtime-with-fraction", "Fractions are read, rounded or refused, as it comes.",
         general, b"20500115015841.5Z"),
        ("generalizedtime-with-offset", "An offset is not read by everybody.",
         general, b"20500115015841+0000"),
        ("generalizedtime-year-0", "The calendar has no year 0.", general, b"00000115015841Z"),
        ("time-as-text", "The time has the tag of a string.", 0x0C, b"260115015841Z"),
    )  # fmt: skip
    for slug, why, tag, content in texts:
        bench.refuse_part(slug, why, "CRT-6", "not_before", element(tag, content), "time-form",
                          or_breaks=["CRT-1"] if slug == "time-as-text" else ())  # fmt: skip
    third = generalized_time(NOW.replace(year=2050, tzinfo=timezone.utc))
    bench.refuse_part("validity-of-three-times", "The validity holds two times.",
                      "CRT-6", "not_after", third + third, "time-form",
                      or_breaks=["CRT-1"])  # fmt: skip


def _refuse_points(bench: Bench) -> None:
    xy = bench.pki.keys.leaf.xy
    x, y = xy[:32], xy[32:]
    odd = y[-1] & 1

    def flawed(slug: str, why: str, point: bytes, *, critical: bool = False) -> None:
        spki = _point(point)
        bench.refuse_part(slug, why, "CRT-7", "spki", spki, "foreign-key", critical=critical)

    flawed("point-compressed", "A compressed point is a second form of the same key.",
           bytes((2 + odd,)) + x)  # fmt: skip
    flawed("point-hybrid", "The hybrid form carries y and its parity; OpenSSL reads it.",
           bytes((6 + odd,)) + xy)  # fmt: skip
    flawed("point-at-infinity", "One octet 00 is the point at infinity, which is nobody's key.",
           b"\x00")  # fmt: skip
    flawed("point-off-the-curve", "y is one more than it should be.",
           b"\x04" + x + (int.from_bytes(y, "big") ^ 1).to_bytes(32, "big"), critical=True,
    )  # fmt: skip
    flawed("point-of-zeros", "(0, 0) stands for infinity in some libraries.",
           b"\x04" + bytes(64), critical=True)  # fmt: skip
    root = _root_at_5()
    flawed("coordinate-not-reduced", "x = p + 5 is 5 for who reduces it: a second form of a point.",
           b"\x04" + (P256.p + 5).to_bytes(32, "big") + root.to_bytes(32, "big"))  # fmt: skip
    flawed("point-cut-short", "A coordinate lacks its last octet.", b"\x04" + xy[:-1])
    flawed("point-with-trailing-byte", "An octet follows the point.", b"\x04" + xy + b"\x00")


def _root_at_5() -> int:
    """Return y of the point with x = 5 on P-256, whose p is 3 modulo 4."""
    square = (125 + 5 * P256.a + P256.b) % P256.p
    root = pow(square, (P256.p + 1) // 4, P256.p)
    if root * root % P256.p != square:
        raise ValueError("there is no point with x = 5")
    return root


def _point(raw: bytes, curve: Optional[bytes] = None) -> bytes:
    kind = object_identifier("1.2.840.10045.2.1")
    named = object_identifier("1.2.840.10045.3.1.7") if curve is None else curve
    return sequence(sequence(kind, named), bit_string(raw))


def _refuse_key_algorithms(bench: Bench) -> None:
    raw = b"\x04" + bench.pki.keys.leaf.xy
    number = bench.pki.keys.leaf.xy[:32]
    field = sequence(object_identifier("1.2.840.10045.1.1"), integer(P256.p))
    generator = b"\x04" + number * 2
    written_out = sequence(
        integer(1), field, sequence(octet_string(number), octet_string(number)),
        octet_string(generator), integer(P256.n),
    )  # fmt: skip
    for slug, why, spki in (
        ("curve-written-out", "CVE-2020-0601: the forger writes his own generator beside the key.",
         _point(raw, written_out)),
        ("curve-secp256k1", "The client's own curve is none that certificates may have.",
         _point(raw, object_identifier("1.3.132.0.10"))),
        ("curve-p521", "A curve that is standard, and that nobody here uses.",
         _point(raw, object_identifier("1.3.132.0.35"))),
        ("curve-of-another-size", "The point is of P-256, and the curve is called P-384.",
         _point(raw, object_identifier("1.3.132.0.34"))),
        ("curve-absent", "Without parameters the curve would be inherited from the issuer.",
         sequence(sequence(object_identifier("1.2.840.10045.2.1")), bit_string(raw))),
        ("key-ed25519", "A key of a kind that is not in use.",
         sequence(sequence(object_identifier("1.3.101.112")), bit_string(number))),
        ("key-ecdh-only", "1.3.132.1.12 restricts the key to key agreement: it signs nothing.",
         sequence(sequence(object_identifier("1.3.132.1.12"),
                           object_identifier("1.2.840.10045.3.1.7")), bit_string(raw))),
    ):  # fmt: skip
        bench.refuse_part(slug, why, "CRT-7", "spki", spki, "foreign-key",
                          or_breaks=["CRT-1"] if slug == "curve-absent" else (),
                          critical=slug == "curve-written-out")  # fmt: skip


# --- Extensions ---------------------------------------------------------------------------------


def _flawed_extension(
    bench: Bench, slug: str, why: str, place: str, value: Optional[bytes], *,
    breaks: str = "CRT-8", flag: str = "ambiguous-extension", or_breaks: Sequence[str] = (),
) -> None:  # fmt: skip
    """Add the leaf with one of its extensions replaced, or one more."""
    shown = "" if value is None else value.hex()
    bench.refuse(
        slug, why, breaks,
        bench.leaf._replace(extensions=bench.leaf_parts(**{place: value})).der(),
        flag, or_breaks=or_breaks,
        change=Rebuilt(f"certificate.extensions.{place}", "its own", shown[:256]),
    )  # fmt: skip


def _refuse_constraints(bench: Bench) -> None:
    true, false = boolean(True), boolean(False)

    def flawed(slug: str, why: str, value: bytes, or_breaks: Sequence[str] = ()) -> None:
        _flawed_extension(
            bench, slug, why, "constraints",
            extension(ext.BASIC_CONSTRAINTS, value, critical=True), or_breaks=or_breaks,
        )  # fmt: skip

    flawed("constraints-false-written-out", "FALSE is the default, which DER leaves out.",
           sequence(false), ["CRT-1"])  # fmt: skip
    flawed("path-length-without-authority", "A path length belongs to an authority.",
           sequence(integer(0)))  # fmt: skip
    flawed("path-length-negative", "A length below 0 counts as no limit where it is unsigned.",
           sequence(true, integer(-1)))  # fmt: skip
    flawed("constraints-authority-01", "TRUE is FF; 01 is TRUE for BER and neither for DER.",
           sequence(b"\x01\x01\x01"), ["CRT-1"])  # fmt: skip
    flawed("constraints-with-third-part", "Nothing follows the path length.",
           sequence(true, integer(0), null()), ["CRT-1"])  # fmt: skip
    flawed("constraints-with-trailing-bytes", "The extension holds one value.",
           sequence(true) + null(), ["CRT-1"])  # fmt: skip
    flawed("constraints-of-no-bytes", "An extension without a value is not an empty sequence.",
           b"", ["CRT-1"])  # fmt: skip
    twice = extension(ext.BASIC_CONSTRAINTS, sequence(true), critical=True)
    _flawed_extension(
        bench, "constraints-twice", "The first one says no authority, the second one says yes.",
        "more", twice,
    )  # fmt: skip


def _refuse_other_extensions(bench: Bench) -> None:
    def usage(slug: str, why: str, value: bytes, or_breaks: Sequence[str] = ("CRT-1",)) -> None:
        _flawed_extension(bench, slug, why, "usage",
                          extension(ext.KEY_USAGE, value, critical=True),
                          or_breaks=or_breaks)  # fmt: skip

    usage("key-usage-empty", "No bit at all: RFC 5280, 4.2.1.3, demands one.", b"\x03\x01\x00", ())
    usage("key-usage-trailing-zero", "DER drops trailing zero bits of a named list.",
          b"\x03\x02\x05\xc0")  # fmt: skip
    usage("key-usage-unused-bit-set", "A bit that is declared unused is set.", b"\x03\x02\x06\xe0")
    usage("key-usage-tenth-bit", "Bit 9 has no meaning.", b"\x03\x03\x06\x80\x40", ())
    usage("key-usage-eight-unused-bits", "At most 7 bits can be unused.", b"\x03\x02\x08\xc0")
    usage("key-usage-as-octets", "The value is an OCTET STRING.", b"\x04\x02\x06\xc0")
    usage("key-usage-with-trailing-bytes", "The extension holds one value.",
          b"\x03\x02\x06\xc0\x00")  # fmt: skip

    _flawed_extension(bench, "subject-key-id-empty", "An identifier of no bytes equals others.",
                      "ski", ski(b""))  # fmt: skip
    _flawed_extension(bench, "subject-key-id-of-65-bytes", "One byte more than the limit.",
                      "ski", ski(bytes(65)), flag="unbounded")  # fmt: skip
    _flawed_extension(bench, "authority-key-id-empty", "An identifier of no bytes equals others.",
                      "aki", aki(b""))  # fmt: skip
    by_name = sequence(
        implicit(0, octet_string(bench.pki.keys.platform.identifier)),
        b"\xa1" + explicit(4, bench.pki.root.subject)[1:], implicit(2, integer(1)),
    )  # fmt: skip
    _flawed_extension(bench, "authority-key-id-with-issuer",
                      "The second form, by issuer and number, is not compared, so not accepted.",
                      "aki", extension(ext.AUTHORITY_KEY_IDENTIFIER, by_name))  # fmt: skip
    _flawed_extension(bench, "authority-key-id-without-identifier",
                      "An empty sequence names no key.",
                      "aki", extension(ext.AUTHORITY_KEY_IDENTIFIER, sequence()),
                      or_breaks=["CRT-1"])  # fmt: skip
    _flawed_extension(bench, "unknown-extension-twice",
                      "The rule is about every kind, not only about those that are read.",
                      "more", extension(_PRIVATE, b"1") + extension(_PRIVATE, b"2"))  # fmt: skip
    written = sequence(object_identifier(_PRIVATE), boolean(False), octet_string(b""))
    _flawed_extension(bench, "critical-false-written-out", "FALSE is the default of critical.",
                      "more", written, or_breaks=["CRT-1"])  # fmt: skip
    many = b"".join(extension(f"{_PRIVATE}.{number}", b"") for number in range(28))
    _flawed_extension(bench, "33-extensions", "One extension more than the limit.", "more", many,
                      breaks="CRT-20", or_breaks=["CRT-8"], flag="unbounded")  # fmt: skip


def _refuse_critical(bench: Bench) -> None:
    constraints = sequence(explicit(0, sequence(element(0x82, b"intel.invalid"))))
    for slug, why, kind, value in (
        ("critical-unknown", "A critical extension of an unknown kind.", _PRIVATE, null()),
        ("critical-name-constraints",
         "Name constraints are known by name, and are not evaluated here.",
         "2.5.29.30", constraints),
        ("critical-extended-key-usage",
         "A purpose of TLS: libraries know it, and this verifier does not act on it.",
         "2.5.29.37", sequence(object_identifier("1.3.6.1.5.5.7.3.1"))),
        ("critical-fwid-in-intel-s-chain",
         "One list of critical extensions for all chains accepts NVIDIA's in Intel's.",
         "2.23.133.5.4.1", sequence()),
    ):  # fmt: skip
        _flawed_extension(bench, slug, why, "more", extension(kind, value, critical=True),
                          breaks="CRT-9", flag="critical")  # fmt: skip
    sgx = extension(f"{SGX}.1", sequence(), critical=True)
    _flawed_extension(bench, "critical-below-a-known-one",
                      "Identifiers are compared whole, not by their beginning.", "more", sgx,
                      breaks="CRT-9", flag="critical")  # fmt: skip
