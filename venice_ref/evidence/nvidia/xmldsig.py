"""An enveloped XML signature in the one profile that NVIDIA's manifests have.

    https://www.w3.org/TR/xmldsig-core1/

One signature over the whole document but itself: a reference with the URI "", the transforms
enveloped-signature and Canonical XML 1.1, SHA-384; ECDSA on P-384 as r || s (96); certificates in
KeyInfo.  Every element and attribute of the signature must be there and no other, so that nothing
in it selects anything: the algorithms are compared, never chosen.

What was read must be what was signed.  The caller reads its values from the tree that was
canonicalised here, and the signature is a child of the document element, the last one.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final, List, NamedTuple, Tuple

from venice_ref.codec.strict import decode_base64, excerpt
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P384
from venice_ref.errors import MalformedError, SignatureError
from venice_ref.evidence.nvidia.c14n import XmlElement, canonicalize
from venice_ref.pki.keys import EcPublicKey, PublicKey
from venice_ref.spec import MAX_CERTIFICATE_SIZE

__all__ = [
    "C14N11",
    "DIGEST_SHA384",
    "DSIG_NAMESPACE",
    "ECDSA_SHA384",
    "ENVELOPED",
    "EnvelopedSignature",
    "parse_enveloped_signature",
    "verify_enveloped_signature",
]

DSIG_NAMESPACE: Final = "http://www.w3.org/2000/09/xmldsig#"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
C14N11: Final = "http://www.w3.org/2006/12/xml-c14n11"
DIGEST_SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#sha384"
ECDSA_SHA384: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"

_MAX_CERTIFICATES: Final = 8
_WHITE_SPACE: Final = str.maketrans("", "", " \t\r\n")


class EnvelopedSignature(NamedTuple):
    """A signature of the profile, not verified yet."""

    document: XmlElement
    """The document element, whose child the signature is."""
    element: XmlElement
    signed_info: XmlElement
    digest: bytes
    """SHA-384 (48) of the document without the signature, as the signature says."""
    value: bytes
    """r || s (96), big-endian."""
    certificates: Tuple[bytes, ...]
    """DER, the signer's first."""
    where: str


def parse_enveloped_signature(document: XmlElement, *, where: str) -> EnvelopedSignature:
    """Return the signature that is the last child of the document element  [GPU-28].

    Raises:
        MalformedError: none, more than one, another place, algorithm, element or attribute.
    """
    reader = _Reader(f"{where}.Signature")
    signatures = [child for child in document.elements if reader.is_called(child, "Signature")]
    if len(signatures) != 1 or document.elements[-1] is not signatures[0]:
        raise reader.error("not exactly one signature, at the end of the document element")
    element = signatures[0]
    signed_info, value, key_info = reader.children(
        element, "SignedInfo", "SignatureValue", "KeyInfo"
    )
    method, signature_method, reference = reader.children(
        signed_info, "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    reader.algorithm(method, C14N11)
    reader.algorithm(signature_method, ECDSA_SHA384)
    (x509_data,) = reader.children(key_info, "X509Data")
    count = len(x509_data.elements)
    if not 1 <= count <= _MAX_CERTIFICATES:
        raise reader.error(f"{count} certificates")
    certificates = reader.children(x509_data, *["X509Certificate"] * count)
    return EnvelopedSignature(
        document=document,
        element=element,
        signed_info=signed_info,
        digest=_digest(reader, reference),
        value=reader.base64(value, 96),
        certificates=tuple(reader.base64(child) for child in certificates),
        where=reader.where,
    )


def verify_enveloped_signature(signature: EnvelopedSignature, key: PublicKey) -> None:
    """Return if the signature of the document holds under `key`  [GPU-29].

    Raises:
        SignatureError: the document has another digest, or the signature does not verify.
    """
    where = signature.where
    if not isinstance(key, EcPublicKey) or key.curve is not P384:
        raise SignatureError("the key is not on P-384", rule="GPU-29", where=where)
    found = hashlib.sha384(canonicalize(signature.document, without=signature.element)).digest()
    if not hmac.compare_digest(found, signature.digest):
        raise SignatureError("the document has another digest", rule="GPU-29", where=where)
    digest = hashlib.sha384(canonicalize(signature.signed_info)).digest()
    r = int.from_bytes(signature.value[:48], "big")
    s = int.from_bytes(signature.value[48:], "big")
    ecdsa.verify(P384, key.point, digest, r, s, where=where, rule="GPU-29")


def _digest(reader: _Reader, reference: XmlElement) -> bytes:
    """Return the digest of the one reference, which is to the whole document."""
    if [(a.uri, a.local, a.value) for a in reference.attributes] != [("", "URI", "")]:
        raise reader.error("a reference to something else than the whole document")
    transforms, method, value = reader.children(
        reference, "Transforms", "DigestMethod", "DigestValue", plain=False
    )
    enveloped, canonical = reader.children(transforms, "Transform", "Transform")
    reader.algorithm(enveloped, ENVELOPED)
    reader.algorithm(canonical, C14N11)
    reader.algorithm(method, DIGEST_SHA384)
    return reader.base64(value, 48)


class _Reader:
    """Takes elements of the signature's namespace apart, and nothing but them."""

    __slots__ = ("where",)

    def __init__(self, where: str) -> None:
        self.where = where

    def error(self, message: str) -> MalformedError:
        """Return the error, to be raised."""
        return MalformedError(message, rule="GPU-28", where=self.where)

    def is_called(self, element: XmlElement, local: str) -> bool:
        """Tell whether an element has this name in the namespace of signatures."""
        return element.uri == DSIG_NAMESPACE and element.local == local

    def children(self, element: XmlElement, *names: str, plain: bool = True) -> List[XmlElement]:
        """Return the child elements, which are called so; `plain` allows no attributes."""
        found = element.elements
        if [(child.uri, child.local) for child in found] != [(DSIG_NAMESPACE, n) for n in names]:
            raise self.error(f"{excerpt(element.local)} has not the children {', '.join(names)}")
        if element.text.translate(_WHITE_SPACE) or (plain and element.attributes):
            raise self.error(f"{excerpt(element.local)} has text or attributes")
        return found

    def algorithm(self, element: XmlElement, required: str) -> None:
        """Refuse an element that is not empty with this algorithm."""
        found = [(a.uri, a.local, a.value) for a in element.attributes]
        if found != [("", "Algorithm", required)] or element.elements or element.text:
            raise self.error(f"{excerpt(element.local)} is not {required}")

    def base64(self, element: XmlElement, size: int = 0) -> bytes:
        """Return the bytes of base64 text, in which white space may stand; `size` is exact."""
        if element.elements or element.attributes:
            raise self.error(f"{excerpt(element.local)} is not plain text")
        raw = decode_base64(
            element.text.translate(_WHITE_SPACE),
            max_size=size or MAX_CERTIFICATE_SIZE,
            where=self.where,
            rule="GPU-28",
        )
        if size and len(raw) != size:
            raise self.error(f"{excerpt(element.local)} has {len(raw)} bytes, required {size}")
        return raw
