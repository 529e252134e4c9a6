"""One accepted certificate, and one flaw at a time."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import List

import pytest

from conformance.mock_tee.pki import rsa_key
from tests import simulated_pki as pki
from tests.simulated_pki import LEAF, LEAF_EXTENSIONS, LEAF_KEY, P384_KEY, Recipe, extensions
from venice_ref.codec.der_encode import (
    bit_string,
    boolean,
    element,
    explicit,
    generalized_time,
    implicit,
    integer,
    named_bits,
    null,
    object_identifier,
    octet_string,
    printable_string,
    sequence,
    set_of,
    utc_time,
    utf8_string,
)
from venice_ref.codec.pem import encode_pem
from venice_ref.crypto.curves import P256, P384
from venice_ref.crypto.weierstrass import is_on_curve
from venice_ref.errors import MalformedError
from venice_ref.pki import extensions as ext
from venice_ref.pki.certificate import parse_certificate, parse_pem_chain
from venice_ref.pki.extensions import BasicConstraints
from venice_ref.pki.keys import EcPublicKey, RsaPublicKey
from venice_ref.pki.signatures import ECDSA_WITH_SHA256, ECDSA_WITH_SHA384, SHA256_WITH_RSA

SGX = "1.2.840.113741.1.13.1"
PRIVATE = LEAF_EXTENSIONS[4]

# y of the point with x = 5 on P-256: p is 3 modulo 4.
SQUARE_ROOT_AT_5 = pow(125 + 5 * P256.a + P256.b, (P256.p + 1) // 4, P256.p).to_bytes(32, "big")


def refused(der: bytes, rule: str, where: str) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse_certificate(der, where="x")
    assert (caught.value.rule, caught.value.where) == (rule, where), str(caught.value)
    return caught.value


# --- What is accepted ---------------------------------------------------------------------------


def test_the_fields() -> None:
    der = LEAF.der()
    found = parse_certificate(der, where="x")
    assert found.raw == der
    assert found.tbs == LEAF.tbs()
    assert found.serial == 3
    assert (found.issuer, found.issuer_cn) == (LEAF.issuer, "Simulated Platform CA")
    assert (found.subject, found.subject_cn) == (LEAF.subject, "Simulated Certificate")
    assert found.subject_name.text("2.5.4.6") == "US"
    assert found.subject_name.text("2.5.4.7") == ""
    assert found.not_before == pki.NOW - 100 * pki.DAY
    assert found.not_after == pki.NOW + 1000 * pki.DAY
    assert found.public_key == EcPublicKey(P256, LEAF_KEY.point)
    assert found.spki == LEAF.spki
    assert found.signature_oid == ECDSA_WITH_SHA256
    assert found.signature == LEAF.signer.sign(LEAF.tbs())
    assert list(found.extensions) == [
        ext.AUTHORITY_KEY_IDENTIFIER, ext.SUBJECT_KEY_IDENTIFIER, ext.KEY_USAGE,
        ext.BASIC_CONSTRAINTS, SGX,
    ]  # fmt: skip
    assert found.extensions[SGX] == (False, sequence())
    assert found.extensions[ext.KEY_USAGE].critical
    assert found.basic_constraints == BasicConstraints(ca=False, path_length=None)
    assert found.key_usage == frozenset({"digitalSignature", "nonRepudiation"})
    assert found.ski == LEAF_KEY.identifier
    assert found.aki == pki.CA_KEY.identifier
    assert found.where == "x"


def test_an_authority() -> None:
    found = pki.CA.certificate()
    assert found.basic_constraints == BasicConstraints(ca=True, path_length=0)
    assert found.key_usage == frozenset({"keyCertSign", "cRLSign"})
    assert found.serial == 2**159 + 2


def test_extensions_that_are_read_may_be_absent() -> None:
    found = LEAF._replace(extensions=extensions(PRIVATE)).certificate()
    assert (found.basic_constraints, found.key_usage) == (None, None)
    assert (found.ski, found.aki) == (None, None)


def test_a_p384_key() -> None:
    recipe = LEAF._replace(
        spki=pki.ec_spki(P384_KEY),
        signer=P384_KEY,
        inner_algorithm=pki.algorithm(ECDSA_WITH_SHA384),
        outer_algorithm=pki.algorithm(ECDSA_WITH_SHA384),
    )
    found = recipe.certificate()
    assert found.public_key == EcPublicKey(P384, P384_KEY.point)
    assert found.public_key.kind == "P-384"


def test_an_rsa_key() -> None:
    recipe = LEAF._replace(
        spki=pki.rsa_spki(rsa_key.N, rsa_key.E),
        signature=b"\x01" * 256,
        inner_algorithm=pki.algorithm(SHA256_WITH_RSA),
        outer_algorithm=pki.algorithm(SHA256_WITH_RSA),
    )
    found = recipe.certificate()
    assert found.public_key == RsaPublicKey(rsa_key.N, rsa_key.E)
    assert found.public_key.kind == "RSA"
    assert found.signature == b"\x01" * 256


def test_an_end_of_time() -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    assert LEAF._replace(not_after=generalized_time(end)).certificate().not_after == end


def test_generalized_time_for_every_year_where_it_is_allowed() -> None:  # CRT-6
    recipe = LEAF._replace(not_before=generalized_time(pki.NOW))
    found = parse_certificate(recipe.der(), any_time_form=True)
    assert found.not_before == pki.NOW


# --- CRT-1: one DER value -----------------------------------------------------------------------


def test_bytes_after_the_end() -> None:
    refused(LEAF.der() + b"\x00", "CRT-1", "x")


@pytest.mark.parametrize("cut", range(0, 500, 7))
def test_a_cut_certificate(cut: int) -> None:
    with pytest.raises(MalformedError):
        parse_certificate(LEAF.der()[:cut])


def test_more_than_three_parts() -> None:
    tbs = LEAF.tbs()
    der = sequence(tbs, LEAF.outer_algorithm, bit_string(b"a"), null())
    assert "after the last element" in str(refused(der, "CRT-1", "x"))


def test_a_length_that_is_not_minimal() -> None:
    recipe = LEAF._replace(serial=b"\x02\x81\x01\x03")
    refused(recipe.der(), "CRT-1", "x.tbsCertificate.serialNumber")


def test_an_indefinite_length() -> None:
    der = LEAF.der()
    assert "indefinite" in str(refused(b"\x30\x80" + der[4:] + b"\x00\x00", "CRT-1", "x"))


def test_a_signature_in_bits() -> None:
    der = sequence(LEAF.tbs(), LEAF.outer_algorithm, element(3, b"\x01\xfe"))
    refused(der, "CRT-1", "x.signature")


def test_the_size() -> None:
    big = extensions(*LEAF_EXTENSIONS, pki.extension("1.2.3", b"a" * 16384))
    assert "at most 16384" in str(refused(LEAF._replace(extensions=big).der(), "CRT-1", "x"))


# --- CRT-2 to CRT-9: one flaw each --------------------------------------------------------------


def with_extensions(*parts: bytes) -> Recipe:
    return LEAF._replace(extensions=extensions(*parts))


def name_of(*relative: bytes) -> bytes:
    return sequence(*relative)


def rdn(kind: str, value: bytes) -> bytes:
    return set_of(pki.attribute(kind, value))


CN = rdn("2.5.4.3", utf8_string("Simulated Platform CA"))
ORGANISATION = rdn("2.5.4.10", utf8_string("O"))
UNSORTED = element(
    0x31,
    pki.attribute("2.5.4.10", utf8_string("b")) + pki.attribute("2.5.4.3", utf8_string("a")),
)
X, Y = LEAF_KEY.raw[1:33], LEAF_KEY.raw[33:]
EC = object_identifier("1.2.840.10045.2.1")
NAMED_P256 = object_identifier("1.2.840.10045.3.1.7")
RSA_WITHOUT_NULL = sequence(object_identifier(SHA256_WITH_RSA))
ECDSA_WITH_NULL = sequence(object_identifier(ECDSA_WITH_SHA256), null())


def version(encoded: bytes) -> Recipe:
    return LEAF._replace(version=encoded)


def inner(algorithm: bytes) -> Recipe:
    return LEAF._replace(inner_algorithm=algorithm)


def subject(*relative: bytes) -> Recipe:
    return LEAF._replace(subject=name_of(*relative))


def spki(encoded: bytes) -> Recipe:
    return LEAF._replace(spki=encoded)


def point(raw: bytes) -> Recipe:
    return spki(pki.ec_spki(LEAF_KEY, point=raw))


FLAWS = {
    "version 1 by default": ("CRT-2", "version", version(b"")),
    "version 1": ("CRT-2", "version", version(explicit(0, integer(0)))),
    "version 2": ("CRT-2", "version", version(explicit(0, integer(1)))),
    "version 4": ("CRT-2", "version", version(explicit(0, integer(3)))),
    "two versions": ("CRT-2", "version", version(explicit(0, integer(2) + null()))),
    "no extensions": ("CRT-2", "extensions", LEAF._replace(extensions=b"")),
    "an issuer's unique identifier": (
        "CRT-2",
        "extensions",
        LEAF._replace(unique=implicit(1, bit_string(b"a"))),
    ),
    "a subject's unique identifier": (
        "CRT-2",
        "extensions",
        LEAF._replace(unique=implicit(2, bit_string(b"a"))),
    ),
    "serial 0": ("CRT-3", "serialNumber", LEAF._replace(serial=integer(0))),
    "serial -1": ("CRT-3", "serialNumber", LEAF._replace(serial=integer(-1))),
    "serial 2^160": ("CRT-3", "serialNumber", LEAF._replace(serial=integer(2**160))),
    "another algorithm inside": ("CRT-4", "signature", inner(pki.algorithm(ECDSA_WITH_SHA384))),
    "RSA without NULL": ("CRT-4", "signature.parameters", inner(RSA_WITHOUT_NULL)),
    "ECDSA with NULL": ("CRT-4", "signature", inner(ECDSA_WITH_NULL)),
    "ECDSA with SHA-1": (
        "CRT-4",
        "signature.algorithm",
        inner(pki.algorithm("1.2.840.10045.4.1")),
    ),
    "an empty issuer": ("CRT-5", "issuer", LEAF._replace(issuer=name_of())),
    "an issuer without a common name": (
        "CRT-5",
        "issuer",
        LEAF._replace(issuer=name_of(ORGANISATION)),
    ),
    "two common names": ("CRT-5", "subject", subject(CN, CN)),
    "an empty relative name": ("CRT-5", "subject[0].attribute", subject(set_of())),
    "a name that is no string": (
        "CRT-5",
        "subject[0].attribute.value",
        subject(rdn("2.5.4.3", null())),
    ),
    "a BMPString": (
        "CRT-5",
        "subject[1].attribute.value",
        subject(CN, rdn("2.5.4.10", element(0x1E, b"\x00O"))),
    ),
    "an empty name": (
        "CRT-5",
        "subject[0].attribute.value",
        subject(rdn("2.5.4.3", utf8_string(""))),
    ),
    "a name without end": (
        "CRT-5",
        "subject[0].attribute.value",
        subject(rdn("2.5.4.3", utf8_string("a" * 257))),
    ),
    "an unsorted relative name": ("CRT-5", "subject[0]", subject(UNSORTED)),
    "17 attributes": ("CRT-5", "subject", subject(CN, *[ORGANISATION] * 16)),
    "an attribute of three parts": (
        "CRT-5",
        "subject[0].attribute",
        subject(set_of(sequence(object_identifier("2.5.4.3"), utf8_string("a"), null()))),
    ),
    "GeneralizedTime for 2026": (
        "CRT-6",
        "validity.notBefore",
        LEAF._replace(not_before=generalized_time(pki.NOW)),
    ),
    "no seconds": (
        "CRT-6",
        "validity.notAfter",
        LEAF._replace(not_after=element(0x17, b"2604240158Z")),
    ),
    "an offset for Z": (
        "CRT-6",
        "validity.notAfter",
        LEAF._replace(not_after=element(0x17, b"260424015841+0000")),
    ),
    "three times": ("CRT-6", "validity", LEAF._replace(not_after=utc_time(pki.NOW) * 2)),
    "one time": ("CRT-6", "validity.notAfter", LEAF._replace(not_after=b"")),
    "secp256k1": (
        "CRT-7",
        "subjectPublicKeyInfo.algorithm.namedCurve",
        spki(pki.ec_spki(LEAF_KEY, curve="1.3.132.0.10")),
    ),
    "Ed25519": (
        "CRT-7",
        "subjectPublicKeyInfo.algorithm.algorithm",
        spki(sequence(sequence(object_identifier("1.3.101.112")), bit_string(b"a" * 32))),
    ),
    "a curve without a name": (
        "CRT-7",
        "subjectPublicKeyInfo.algorithm.namedCurve",
        spki(sequence(sequence(EC, sequence()), bit_string(b""))),
    ),
    "parameters after the curve": (
        "CRT-7",
        "subjectPublicKeyInfo.algorithm",
        spki(sequence(sequence(EC, NAMED_P256, null()), bit_string(LEAF_KEY.raw))),
    ),
    "something after the key": (
        "CRT-7",
        "subjectPublicKeyInfo",
        spki(sequence(sequence(EC, NAMED_P256), bit_string(LEAF_KEY.raw), null())),
    ),
    "a compressed point": (
        "CRT-7",
        "subjectPublicKeyInfo.subjectPublicKey",
        point(bytes((2 + Y[-1] % 2,)) + X),
    ),
    "a hybrid point": (
        "CRT-7",
        "subjectPublicKeyInfo.subjectPublicKey",
        point(bytes((6 + Y[-1] % 2,)) + X + Y),
    ),
    "a point with a zero in the middle": (
        "CRT-7",
        "subjectPublicKeyInfo.subjectPublicKey",
        point(b"\x04" + X + b"\x00" + Y),
    ),
    "RSA with three numbers": (
        "CRT-7",
        "subjectPublicKeyInfo.subjectPublicKey",
        spki(
            sequence(
                sequence(object_identifier("1.2.840.113549.1.1.1"), null()),
                bit_string(sequence(integer(rsa_key.N), integer(rsa_key.E), integer(1))),
            )
        ),
    ),
    "RSA with two parameters": (
        "CRT-7",
        "subjectPublicKeyInfo.algorithm",
        spki(pki.rsa_spki(rsa_key.N, rsa_key.E, parameters=null() * 2)),
    ),
    "infinity": ("CRT-7", "subjectPublicKeyInfo.subjectPublicKey", point(b"\x00")),
    "a point beside the curve": (
        "CRT-7",
        "subjectPublicKeyInfo.subjectPublicKey",
        point(b"\x04" + X + Y[:-1] + bytes((Y[-1] ^ 1,))),
    ),
    "a coordinate above p": (
        "CRT-7",
        "subjectPublicKeyInfo.subjectPublicKey",
        point(b"\x04" + (P256.p + 5).to_bytes(32, "big") + SQUARE_ROOT_AT_5),
    ),
    "RSA with 2047 bits": (
        "CRT-7",
        "subjectPublicKeyInfo.subjectPublicKey",
        spki(pki.rsa_spki(2**2047 - 1, rsa_key.E)),
    ),
    "RSA with the exponent 3": (
        "CRT-7",
        "subjectPublicKeyInfo.subjectPublicKey",
        spki(pki.rsa_spki(rsa_key.N, 3)),
    ),
    "a negative modulus": (
        "CRT-7",
        "subjectPublicKeyInfo.subjectPublicKey",
        spki(pki.rsa_spki(-rsa_key.N, rsa_key.E)),
    ),
    "an RSA key without NULL": (
        "CRT-7",
        "subjectPublicKeyInfo.algorithm.parameters",
        spki(pki.rsa_spki(rsa_key.N, rsa_key.E, parameters=b"")),
    ),
    "something after the extensions": (
        "CRT-1",
        "",
        LEAF._replace(extensions=LEAF.extensions + null()),
    ),
    "something beside the extensions": (
        "CRT-1",
        "extensions",
        LEAF._replace(extensions=explicit(3, sequence(*LEAF_EXTENSIONS) + null())),
    ),
    "an extension twice": ("CRT-8", "extensions[5]", with_extensions(*LEAF_EXTENSIONS, PRIVATE)),
    "an empty list of extensions": ("CRT-8", "extensions[0]", with_extensions()),
    "critical FALSE, written out": (
        "CRT-8",
        "extensions[0].critical",
        with_extensions(
            sequence(object_identifier("1.2.3"), boolean(False), octet_string(b"")),
        ),
    ),
    "33 extensions": (
        "CRT-8",
        "extensions",
        with_extensions(*[pki.extension(f"1.2.{n}", b"") for n in range(33)]),
    ),
    "an extension of four parts": (
        "CRT-8",
        "extensions[0]",
        with_extensions(sequence(object_identifier("1.2.3"), octet_string(b""), null())),
    ),
}


def test_the_flawed_coordinate_is_one_of_a_point() -> None:
    assert is_on_curve(P256, (5, int.from_bytes(SQUARE_ROOT_AT_5, "big")))


@pytest.mark.parametrize("name", FLAWS)
def test_one_flaw(name: str) -> None:
    rule, where, recipe = FLAWS[name]
    refused(recipe._replace(signature=b"a").der(), rule, f"x.tbsCertificate.{where}".rstrip("."))


@pytest.mark.parametrize(
    ("value", "kind", "name"),
    [
        (sequence(boolean(False)), ext.BASIC_CONSTRAINTS, "basicConstraints"),
        (sequence(integer(0)), ext.BASIC_CONSTRAINTS, "basicConstraints"),
        (sequence(boolean(True), integer(-1)), ext.BASIC_CONSTRAINTS, "basicConstraints"),
        (sequence(boolean(True), integer(0), null()), ext.BASIC_CONSTRAINTS, "basicConstraints"),
        (sequence() + null(), ext.BASIC_CONSTRAINTS, "basicConstraints"),
        (null(), ext.BASIC_CONSTRAINTS, "basicConstraints"),
        (b"", ext.BASIC_CONSTRAINTS, "basicConstraints"),
        (named_bits([]), ext.KEY_USAGE, "keyUsage"),
        (named_bits([9]), ext.KEY_USAGE, "keyUsage"),
        (bytes.fromhex("03020006"), ext.KEY_USAGE, "keyUsage"),
        (named_bits([0]) + null(), ext.KEY_USAGE, "keyUsage"),
        (octet_string(b""), ext.SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
        (octet_string(b"a" * 65), ext.SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
        (octet_string(b"a") + null(), ext.SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
        (sequence(), ext.AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
        (sequence(octet_string(b"a")), ext.AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
        (
            sequence(implicit(0, octet_string(b"a")), implicit(2, integer(1))),
            ext.AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier",
        ),
    ],
)  # fmt: skip
def test_a_malformed_extension(value: bytes, kind: str, name: str) -> None:  # CRT-8
    recipe = LEAF._replace(extensions=extensions(pki.extension(kind, value)), signature=b"a")
    with pytest.raises(MalformedError) as caught:
        parse_certificate(recipe.der(), where="x")
    assert caught.value.rule == "CRT-8"
    assert caught.value.where.startswith(f"x.{name}")


def test_a_critical_extension_that_nobody_evaluates() -> None:  # CRT-9
    recipe = with_extensions(pki.extension(SGX, sequence(), critical=True))
    assert SGX in str(refused(recipe.der(), "CRT-9", "x"))
    assert parse_certificate(recipe.der(), understood={SGX}).extensions[SGX].critical
    for kind in (ext.SUBJECT_KEY_IDENTIFIER, "2.5.29.37", "2.5.29.30"):
        der = with_extensions(pki.extension(kind, octet_string(b"a"), critical=True)).der()
        refused(der, "CRT-9", "x")


def test_the_outer_algorithm() -> None:  # CRT-4
    for algorithm in (
        sequence(object_identifier(ECDSA_WITH_SHA256), null()),
        sequence(object_identifier("1.2.840.113549.1.1.5"), null()),
    ):
        der = LEAF._replace(outer_algorithm=algorithm, inner_algorithm=algorithm).der()
        with pytest.raises(MalformedError) as caught:
            parse_certificate(der, where="x")
        assert caught.value.rule == "CRT-4"
        assert caught.value.where.startswith("x.signatureAlgorithm")


def test_a_relative_name_of_two_attributes() -> None:
    both = set_of(
        pki.attribute("2.5.4.3", utf8_string("a")), pki.attribute("2.5.4.10", printable_string("b"))
    )
    found = LEAF._replace(subject=name_of(both)).certificate()
    assert found.subject_name.attributes == (("2.5.4.3", "a"), ("2.5.4.10", "b"))


# --- PEM ----------------------------------------------------------------------------------------


def pem() -> List[str]:
    return [encode_pem(recipe.der()) for recipe in (LEAF, pki.CA, pki.ROOT)]


def test_a_chain_in_pem() -> None:  # CRT-18
    found = parse_pem_chain("".join(pem()), max_count=3, where="y")
    assert [one.where for one in found] == ["y[0]", "y[1]", "y[2]"]
    assert found[1] == pki.CA.certificate("y[1]")
    assert parse_pem_chain("".join(pem()) + "\0", max_count=3, allow_nul=True, where="y") == found


def test_a_chain_in_pem_is_strict() -> None:
    for text in ("\n".join(pem()), "".join(pem()) + "\0", ""):
        with pytest.raises(MalformedError) as caught:
            parse_pem_chain(text, max_count=3)
        assert caught.value.rule == "CRT-18"
    with pytest.raises(MalformedError) as caught:
        parse_pem_chain(pem()[0] + encode_pem(LEAF._replace(serial=integer(0)).der()), max_count=2)
    assert caught.value.where == "chain[1].tbsCertificate.serialNumber"


def test_extensions_that_the_caller_evaluates_hold_for_the_chain() -> None:
    recipe = with_extensions(pki.extension(SGX, sequence(), critical=True))
    with pytest.raises(MalformedError):
        parse_pem_chain(encode_pem(recipe.der()), max_count=1)
    assert parse_pem_chain(encode_pem(recipe.der()), max_count=1, understood=[SGX])
