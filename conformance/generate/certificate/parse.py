"""`certificate/parse`: certificates to be accepted, and those of one flaw, genuinely signed."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable, Dict, Sequence

from conformance.generate.builder import FileBuilder, Rebuilt
from conformance.generate.certificate import der as certificate_der
from conformance.generate.certificate import fields as certificate_fields
from conformance.generate.certificate.kit import (
    MANIFEST_START,
    SGX,
    Recipe,
    aki,
    attribute,
    extension,
    intel_pki,
    key_usage,
    name,
    part,
    ski,
    stamp,
)
from conformance.generate.certificate.parse_kit import (
    DISTRIBUTION_POINTS,
    FLAGS,
    OWN_EXTENSIONS,
    PARENT,
    PRIVATE,
    Bench,
    leaf_facts,
    padded,
)
from conformance.mock_tee.pki.authority import Key, draw_key
from conformance.mock_tee.pki.rsa_key import RsaKey
from venice_ref.codec.der_encode import (
    bit_string,
    generalized_time,
    ia5_string,
    integer,
    null,
    object_identifier,
    printable_string,
    sequence,
    set_of,
    utc_time,
    utf8_string,
)
from venice_ref.crypto.curves import P256, P384
from venice_ref.pki import extensions as ext

__all__ = ["generate"]


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for flag, about in FLAGS.items():
        builder.flag(flag, about)
    bench = Bench(builder, intel_pki(builder))
    builder.group({"profile": "intel"})
    _accept_ordinary(bench)
    _accept_edges(bench)
    _accept_names(bench)
    _accept_extensions(bench)
    certificate_der.refuse(bench)
    certificate_fields.refuse(bench)
    _other_profiles(bench)


def _accept(
    bench: Bench, slug: str, why: str, req: Sequence[str], recipe: Recipe, out: Dict[str, Any]
) -> None:
    bench.builder.accept(slug, why, req=req, given={"certificate": recipe.der().hex()}, out=out)


def _accept_ordinary(bench: Bench) -> None:
    pki, keys = bench.pki, bench.pki.keys
    every = [f"CRT-{number}" for number in range(1, 10)]
    _accept(
        bench,
        PARENT,
        "An ordinary certificate of a processor has to be read whole.",
        [*every, "CRT-19", "CRT-20"],
        bench.leaf,
        leaf_facts(bench),
    )
    number = int.from_bytes(b"\x80" + keys.platform.identifier[1:], "big")
    _accept(
        bench,
        "authority-with-160-bit-serial",
        "Counting octets of DER refuses half of Intel's certificates: 160 bits take 21 octets.",
        ["CRT-3", "CRT-8"],
        pki.platform._replace(serial=integer(number)),
        leaf_facts(
            bench,
            serial=f"{number:x}",
            issuer="Intel SGX Root CA",
            subject="Intel SGX PCK Platform CA",
            public_key="04" + keys.platform.xy.hex(),
            extensions=["2.5.29.35", DISTRIBUTION_POINTS, "2.5.29.14", "2.5.29.15", "2.5.29.19"],
            authority=True,
            path_length=0,
            key_usage=["keyCertSign", "cRLSign"],
            subject_key_id=keys.platform.identifier.hex(),
            authority_key_id=keys.root.identifier.hex(),
        ),
    )


def _accept_edges(bench: Bench) -> None:
    leaf, builder = bench.leaf, bench.builder

    def edge(slug: str, why: str, req: str, recipe: Recipe, **changed: Any) -> None:
        _accept(bench, slug, why, [req], recipe, leaf_facts(bench, **changed))

    edge("serial-1", "The least serial number is 1.", "CRT-3",
         leaf._replace(serial=integer(1)), serial="1")  # fmt: skip
    edge("serial-all-ones", "The greatest serial number has 160 bits, all of them set.", "CRT-3",
         leaf._replace(serial=integer(2**160 - 1)), serial="f" * 40)  # fmt: skip
    first = datetime(1950, 1, 1, tzinfo=timezone.utc)
    last = datetime(2049, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    edge("utctime-1950-to-2049",
         "Year 50 of UTCTime is 1950 and year 49 is 2049: a window that pivots at 70 is wrong.",
         "CRT-6", leaf._replace(not_before=utc_time(first), not_after=utc_time(last)),
         not_before=stamp(first), not_after=stamp(last))  # fmt: skip
    old = datetime(1949, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    new = datetime(2050, 1, 1, tzinfo=timezone.utc)
    edge("generalizedtime-1949-to-2050",
         "The years next to those of UTCTime are written as GeneralizedTime.",
         "CRT-6", leaf._replace(not_before=generalized_time(old), not_after=generalized_time(new)),
         not_before=stamp(old), not_after=stamp(new))  # fmt: skip
    leap = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    edge("leap-day-to-the-end-of-time",
         "RFC 5280, 4.1.2.5, writes no end as 9999-12-31, which overflows 32-bit times.",
         "CRT-6", leaf._replace(not_before=utc_time(leap), not_after=generalized_time(never)),
         not_before=stamp(leap), not_after=stamp(never))  # fmt: skip
    key = _key_with_leading_zero(builder)
    edge("point-with-leading-zero",
         "A coordinate that begins with a zero octet keeps it: numbers printed without padding"
         " give a key of another length.",
         "CRT-7", leaf._replace(spki=key.public_key_info), public_key="04" + key.xy.hex(),
    )  # fmt: skip
    full = padded(bench, 16384)
    edge("16384-bytes", "The size limit itself is allowed.", "CRT-1", full,
         extensions=[*OWN_EXTENSIONS, PRIVATE])  # fmt: skip


def _key_with_leading_zero(builder: FileBuilder) -> Key:
    source = builder.random("a key whose x begins with 00")
    while True:
        key = draw_key(P256, source)
        if key.xy[0] == 0:
            return key


def _accept_names(bench: Bench) -> None:
    def named(slug: str, why: str, subject: bytes, text: str) -> None:
        _accept(bench, slug, why, ["CRT-5", "CRT-19"], bench.leaf._replace(subject=subject),
                leaf_facts(bench, subject=text))  # fmt: skip

    cn = "2.5.4.3"
    named("common-name-printable", "The root of another issuer writes PrintableString.",
          sequence(set_of(attribute(cn, printable_string("Intel SGX (PCK): A/B+C?")))),
          "Intel SGX (PCK): A/B+C?")  # fmt: skip
    named("common-name-ia5", "IA5String may hold characters that PrintableString may not.",
          sequence(set_of(attribute(cn, ia5_string("a_b@c*")))), "a_b@c*")  # fmt: skip
    named("common-name-beyond-ascii", "A UTF8String is decoded, not taken as Latin-1.",
          sequence(set_of(attribute(cn, utf8_string("Schl\u00fcssel \U0001f511")))),
          "Schl\u00fcssel \U0001f511")  # fmt: skip
    two = set_of(attribute(cn, utf8_string("one of two")), attribute("2.5.4.10", utf8_string("O")))
    named("relative-name-of-two", "A relative name may have several attributes, as a sorted set.",
          sequence(two), "one of two")  # fmt: skip
    many = [set_of(attribute("2.5.4.11", utf8_string(f"unit {n}"))) for n in range(13)]
    named("sixteen-attributes", "The limit of attributes itself is allowed.",
          name("wide", *many), "wide")  # fmt: skip
    named("common-name-of-256-characters",
          "The limit counts characters, of which each has two bytes here.",
          name("\u00e9" * 256), "\u00e9" * 256)  # fmt: skip


def _accept_extensions(bench: Bench) -> None:
    leaf = bench.leaf

    def with_parts(slug: str, why: str, req: Sequence[str], encoded: bytes, **changed: Any) -> None:
        facts = leaf_facts(bench, **{"extensions": OWN_EXTENSIONS, **changed})
        _accept(bench, slug, why, req, leaf._replace(extensions=encoded), facts)

    with_parts(
        "no-extension-that-is-read",
        "All that is read may be absent; to demand it is the business of a role.",
        ["CRT-2", "CRT-8"],
        bench.leaf_parts(aki=None, ski=None, usage=None, constraints=None),
        extensions=[SGX], key_usage=None, subject_key_id=None, authority_key_id=None,
    )  # fmt: skip
    with_parts(
        "sgx-extension-critical",
        "A critical extension that the caller evaluates is accepted.",
        ["CRT-9"],
        bench.leaf_parts(sgx=extension(SGX, sequence(), critical=True)),
    )
    with_parts(
        "unknown-extension-not-critical",
        "An extension that is not critical is passed over, whatever it holds.",
        ["CRT-9"],
        bench.leaf_parts(more=extension(PRIVATE, b"not even DER")),
        extensions=[*OWN_EXTENSIONS, PRIVATE],
    )
    with_parts(
        "constraints-and-usage-not-critical",
        "What is read counts whether it is critical or not.",
        ["CRT-8"],
        bench.leaf_parts(
            usage=extension(ext.KEY_USAGE, b"\x03\x02\x02\x04"),
            constraints=extension(ext.BASIC_CONSTRAINTS, sequence(b"\x01\x01\xff", integer(300))),
        ),
        authority=True, path_length=300, key_usage=["keyCertSign"],
    )  # fmt: skip
    with_parts(
        "every-key-usage",
        "The ninth bit, decipherOnly, stands in a second octet.",
        ["CRT-8"],
        bench.leaf_parts(usage=key_usage(*ext.KEY_USAGES)),
        key_usage=list(ext.KEY_USAGES),
    )
    with_parts(
        "key-identifiers-of-1-and-64-bytes",
        "Key identifiers are opaque: SHA-1 of the key is only one way to make them.",
        ["CRT-8"],
        bench.leaf_parts(ski=ski(bytes(range(64))), aki=aki(b"\x07")),
        subject_key_id=bytes(range(64)).hex(), authority_key_id="07",
    )  # fmt: skip
    kinds = [f"{PRIVATE}.{number}" for number in range(27)]
    with_parts(
        "32-extensions",
        "The limit itself is allowed.",
        ["CRT-20"],
        bench.leaf_parts(**{kind: extension(kind, b"") for kind in kinds}),
        extensions=[*OWN_EXTENSIONS, *kinds],
    )


# --- Other profiles -----------------------------------------------------------------------------


def _other_profiles(bench: Bench) -> None:
    builder = bench.builder
    p384 = draw_key(P384, builder.random("key P-384"))
    rsa = RsaKey()

    def accept(slug: str, why: str, req: Sequence[str], recipe: Recipe, **changed: Any) -> None:
        builder.accept(
            slug, why, req=req, given={"certificate": recipe.der().hex()},
            out=leaf_facts(bench, **{"extensions": OWN_EXTENSIONS, **changed}),
        )  # fmt: skip

    own = bench.leaf._replace(extensions=bench.leaf_parts())
    builder.group({"profile": "nvidia-token"})
    accept(
        "p384-key-signed-by-rsa", "The signature's algorithm is the signer's, not the subject's.",
        ["CRT-4", "CRT-7"], own._replace(spki=p384.public_key_info, signer=rsa),
        key="P-384", public_key="04" + p384.xy.hex(), algorithm="1.2.840.113549.1.1.11",
    )  # fmt: skip
    accept(
        "rsa-key-signed-by-p384", "An RSA key is read as modulus and exponent.",
        ["CRT-4", "CRT-7"], own._replace(spki=rsa.public_key_info, signer=p384),
        key="RSA", public_key=f"{rsa.n:x}", algorithm="1.2.840.10045.4.3.3",
    )  # fmt: skip
    wide = int.from_bytes(b"\xc5" + builder.random("modulus")(511), "big") | 1
    accept(
        "rsa-4096", "The greatest modulus has 4096 bits.",
        ["CRT-7"], own._replace(spki=rsa._replace(n=wide).public_key_info),
        key="RSA", public_key=f"{wide:x}",
    )  # fmt: skip
    _refuse_rsa(bench, own, rsa, wide)
    bench.refuse(
        "sgx-extension-critical-in-another-chain",
        "One list of critical extensions for all chains accepts what only Intel's chains evaluate.",
        "CRT-9",
        own._replace(
            extensions=bench.leaf_parts(sgx=extension(SGX, sequence(), critical=True))
        ).der(),
        "critical",
        parent="rsa-key-signed-by-p384",
        change=Rebuilt("certificate.extensions.sgx.critical", False, True),
    )
    _accept_gpu_and_manifest(bench, accept, own, p384)


def _refuse_rsa(bench: Bench, own: Recipe, rsa: RsaKey, wide: int) -> None:
    def flawed(slug: str, why: str, spki: bytes, or_breaks: Sequence[str] = ()) -> None:
        bench.refuse(
            slug, why, "CRT-7", own._replace(spki=spki).der(), "foreign-key",
            parent="rsa-4096", or_breaks=or_breaks,
            change=part("certificate.spki", rsa._replace(n=wide).public_key_info, spki),
        )  # fmt: skip

    narrow = wide >> (4096 - 2047) | 1
    flawed("rsa-2047", "A modulus of 2047 bits is one bit too small.",
           rsa._replace(n=narrow).public_key_info)  # fmt: skip
    flawed("rsa-4097", "A modulus of 4097 bits is one bit too large.",
           rsa._replace(n=wide | 1 << 4096).public_key_info)  # fmt: skip
    flawed("rsa-even-modulus", "An even modulus is factored at sight.",
           rsa._replace(n=wide - 1).public_key_info)  # fmt: skip
    flawed("rsa-negative-modulus",
           "Without a leading zero octet the number is negative, and some read it as unsigned.",
           rsa._replace(n=wide - (1 << 4096)).public_key_info)  # fmt: skip
    flawed("rsa-exponent-3", "A small exponent makes sloppy padding checks forgeable.",
           rsa._replace(n=wide, e=3).public_key_info)  # fmt: skip
    kind = object_identifier("1.2.840.113549.1.1.1")
    numbers = sequence(integer(wide), integer(65537))
    flawed("rsa-without-null", "RFC 3279, 2.3.1, demands NULL for the parameters of RSA.",
           sequence(sequence(kind), bit_string(numbers)), ["CRT-1"])  # fmt: skip
    flawed("rsa-key-with-trailing-bytes", "The BIT STRING holds one SEQUENCE and nothing else.",
           sequence(sequence(kind, null()), bit_string(numbers + b"\x00")), ["CRT-1"])  # fmt: skip
    flawed("rsa-key-of-three-numbers", "A third number in the key is not read by anybody.",
           sequence(sequence(kind, null()),
                    bit_string(sequence(integer(wide), integer(65537), integer(1)))),
           ["CRT-1"])  # fmt: skip
    bench.refuse(
        "rsa-algorithm-without-null",
        "RFC 4055, 5, demands NULL for sha256WithRSAEncryption.",
        "CRT-4",
        own._replace(
            signer=rsa, inner_algorithm=sequence(object_identifier("1.2.840.113549.1.1.11"))
        ).der(),
        "algorithm",
        parent="p384-key-signed-by-rsa",
        or_breaks=["CRT-1"],
        change=Rebuilt("certificate.signature.parameters", "0500", ""),
    )


def _accept_gpu_and_manifest(
    bench: Bench, accept: Callable[..., None], own: Recipe, p384: Key
) -> None:
    fwid = ["2.23.133.5.4.1", "2.23.133.5.4.1.1", "2.5.29.17"]
    critical = {kind: extension(kind, sequence(), critical=True) for kind in fwid}
    bench.builder.group({"profile": "nvidia-gpu"})
    accept(
        "fwid-and-name-critical", "NVIDIA's device certificates have critical extensions of TCG's.",
        ["CRT-9"],
        own._replace(
            spki=p384.public_key_info, signer=p384,
            extensions=bench.leaf_parts(sgx=None, **critical),
        ),
        key="P-384", public_key="04" + p384.xy.hex(), algorithm="1.2.840.10045.4.3.3",
        extensions=[*OWN_EXTENSIONS[:-1], *fwid],
    )  # fmt: skip
    bench.builder.group({"profile": "nvidia-manifest"})
    accept(
        "generalizedtime-2024-in-a-manifest",
        "The signers of NVIDIA's manifests write GeneralizedTime for 2024, and are genuine.",
        ["CRT-6"],
        own._replace(not_before=MANIFEST_START),
        not_before="2024-06-01T00:00:00Z",
    )
    for slug, why, text in (
        ("generalizedtime-with-fraction-in-a-manifest",
         "The manifests' latitude about the year is none about fractions.", "20240601000000.5Z"),
        ("generalizedtime-with-offset-in-a-manifest",
         "The manifests' latitude about the year is none about the zone.", "20240601000000+0000"),
    ):  # fmt: skip
        flawed = bytes((0x18, len(text))) + text.encode("ascii")
        bench.refuse(
            slug, why, "CRT-6", own._replace(not_before=flawed).der(), "time-form",
            parent="generalizedtime-2024-in-a-manifest",
            change=part("certificate.not_before", MANIFEST_START, flawed),
        )  # fmt: skip
