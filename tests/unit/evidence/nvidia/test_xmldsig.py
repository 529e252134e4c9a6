from __future__ import annotations

from typing import Dict, Tuple

import pytest

from tests.nvidia.certificates import certify, key
from tests.nvidia.manifests import (
    SIGNATURE,
    SIGNED_INFO,
    SIGNER_DRAFT,
    driver_draft,
    driver_manifest,
    sign_manifest,
    signers,
)
from venice_ref.crypto.curves import P256
from venice_ref.errors import MalformedError, SignatureError
from venice_ref.evidence.nvidia.c14n import parse_xml
from venice_ref.evidence.nvidia.xmldsig import (
    C14N11,
    DIGEST_SHA384,
    ECDSA_SHA384,
    ENVELOPED,
    EnvelopedSignature,
    parse_enveloped_signature,
    verify_enveloped_signature,
)
from venice_ref.pki.certificate import parse_certificate
from venice_ref.pki.keys import EcPublicKey, PublicKey

SIGNERS = signers()
RAW = driver_manifest()


def signer_key() -> PublicKey:
    return parse_certificate(SIGNERS.signer.certificate).public_key


def parsed(raw: bytes) -> EnvelopedSignature:
    return parse_enveloped_signature(parse_xml(raw), where="rim")


def test_a_signature() -> None:
    found = parsed(RAW)
    assert found.certificates == SIGNERS.chain
    assert (len(found.digest), len(found.value)) == (48, 96)
    assert found.element.local == "Signature"
    verify_enveloped_signature(found, signer_key())


def test_comments_and_white_space_around_attributes_are_not_signed() -> None:
    again = RAW.replace(b'edition="GPU"', b'edition = "GPU" ').replace(
        b"</ns0:Payload>", b"</ns0:Payload><!---->"
    )
    assert again != RAW
    verify_enveloped_signature(parsed(again), signer_key())


CHANGES = {
    "a value": (b"Measurement_7", b"Measurement_8"),
    "a digest of a measurement": (b'active="False"', b'active="True"'),
    "a space in the text": (b"</ns0:Payload>\n", b"</ns0:Payload>\n "),
    "a namespace that nothing uses": (b"xmlns:SHA384", b"xmlns:SHA385"),
    "the signed info": (b'<ds:Reference URI="">', b'<ds:Reference URI=""> '),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_after_signing(name: str) -> None:  # GPU-29
    old, new = CHANGES[name]
    assert old in RAW
    with pytest.raises(SignatureError) as caught:
        verify_enveloped_signature(parsed(RAW.replace(old, new, 1)), signer_key())
    assert caught.value.rule == "GPU-29"


def test_another_key() -> None:  # GPU-29
    other = parse_certificate(certify(SIGNERS.authority, key("x"), SIGNER_DRAFT).certificate)
    with pytest.raises(SignatureError) as caught:
        verify_enveloped_signature(parsed(RAW), other.public_key)
    assert caught.value.rule == "GPU-29"
    with pytest.raises(SignatureError):
        verify_enveloped_signature(parsed(RAW), EcPublicKey(P256, (1, 2)))


INFO_FLAWS: Dict[str, Tuple[str, str]] = {
    "exclusive canonicalisation": (
        f'<ds:CanonicalizationMethod Algorithm="{C14N11}"/>',
        '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>',
    ),
    "another signature": (ECDSA_SHA384, ECDSA_SHA384.replace("384", "256")),
    "HMAC": (ECDSA_SHA384, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384"),
    "another digest": (DIGEST_SHA384, "http://www.w3.org/2001/04/xmlenc#sha256"),
    "a reference to a part": ('URI=""', 'URI="#x"'),
    "a reference without URI": (' URI=""', ""),
    "a reference with a type": ('URI=""', 'URI="" Type="urn:x"'),
    "a third transform": (
        "</ds:Transforms>", f'<ds:Transform Algorithm="{C14N11}"/></ds:Transforms>'),
    "a transform by XPath": (ENVELOPED, "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    "transforms in another order": (
        f'<ds:Transform Algorithm="{ENVELOPED}"/><ds:Transform Algorithm="{C14N11}"/>',
        f'<ds:Transform Algorithm="{C14N11}"/><ds:Transform Algorithm="{ENVELOPED}"/>',
    ),
    "a transform with content": (
        f'<ds:Transform Algorithm="{C14N11}"/>',
        f'<ds:Transform Algorithm="{C14N11}"><x/></ds:Transform>',
    ),
    "a second reference": (
        "</ds:SignedInfo>", '<ds:Reference URI=""/></ds:SignedInfo>'),
    "an element of another namespace": ("</ds:SignedInfo>", "<Object/></ds:SignedInfo>"),
    "an id": ("<ds:SignedInfo>", '<ds:SignedInfo Id="x">'),
    "text": ("<ds:Transforms>", "<ds:Transforms>x"),
    "a digest of 32 bytes": ("@DIGEST@", "A" * 43 + "="),
    "a digest that is no base64": ("@DIGEST@", "@@@@"),
}  # fmt: skip


@pytest.mark.parametrize("name", INFO_FLAWS)
def test_another_signed_info(name: str) -> None:  # GPU-28
    old, new = INFO_FLAWS[name]
    assert old in SIGNED_INFO
    raw = sign_manifest(driver_draft(), by=SIGNERS, signed_info=SIGNED_INFO.replace(old, new, 1))
    with pytest.raises(MalformedError) as caught:
        parsed(raw)
    assert caught.value.rule == "GPU-28"


SIGNATURE_FLAWS: Dict[str, Tuple[str, str]] = {
    "a second value": (
        "<ds:KeyInfo>", "<ds:SignatureValue></ds:SignatureValue><ds:KeyInfo>"),
    "no value": ("<ds:SignatureValue>@VALUE@</ds:SignatureValue>", ""),
    "a value with an id": ("<ds:SignatureValue>", '<ds:SignatureValue Id="x">'),
    "a value in two parts": ("@VALUE@", "@VALUE@<x/>"),
    "a value of 95 bytes": ("@VALUE@", "A" * 126 + "=="),
    "a key beside the certificates": (
        "<ds:X509Data>", "<ds:KeyValue></ds:KeyValue><ds:X509Data>"),
    "no certificate": ("@CERTIFICATES@", ""),
    "too many certificates": (
        "@CERTIFICATES@", "<ds:X509Certificate>AAAA</ds:X509Certificate>" * 9),
    "an object": ("</ds:Signature>", "<ds:Object></ds:Object></ds:Signature>"),
    "another namespace": ("xmldsig#", "xmldsig2#"),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURE_FLAWS)
def test_another_signature_element(name: str) -> None:  # GPU-28
    old, new = SIGNATURE_FLAWS[name]
    assert old in SIGNATURE
    raw = sign_manifest(driver_draft(), by=SIGNERS, signature=SIGNATURE.replace(old, new, 1))
    with pytest.raises(MalformedError) as caught:
        parsed(raw)
    assert caught.value.rule == "GPU-28"


def test_a_signature_in_another_place() -> None:  # GPU-28
    for old, new in (
        (b"</ds:Signature>", b"</ds:Signature><x/>"),
        (b"<ds:Signature ", b"<y><ds:Signature "),
    ):
        raw = RAW.replace(old, new)
        if new.startswith(b"<y>"):
            raw = raw.replace(b"</ds:Signature>", b"</ds:Signature></y>")
        with pytest.raises(MalformedError) as caught:
            parsed(raw)
        assert caught.value.rule == "GPU-28"


def test_two_signatures() -> None:  # GPU-28
    start = RAW.index(b"<ds:Signature ")
    end = RAW.index(b"</ds:Signature>") + len(b"</ds:Signature>")
    with pytest.raises(MalformedError) as caught:
        parsed(RAW[:end] + RAW[start:end] + RAW[end:])
    assert caught.value.rule == "GPU-28"


def test_no_signature() -> None:  # GPU-28
    for raw in (driver_draft().document("").encode(), b"<a/>"):
        with pytest.raises(MalformedError) as caught:
            parsed(raw)
        assert caught.value.rule == "GPU-28"
