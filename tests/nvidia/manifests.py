"""Reference manifests of the simulated NVIDIA, signed over Canonical XML."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Mapping, NamedTuple, Sequence, Tuple

from conformance.mock_tee.pki.authority import Key
from tests.nvidia.certificates import NOW, Draft, Issuer, authority, certify, key, name
from tests.nvidia.devices import measurement
from venice_ref.codec.der_encode import generalized_time, time
from venice_ref.evidence.nvidia.c14n import canonicalize, parse_xml
from venice_ref.evidence.nvidia.xmldsig import (
    C14N11,
    DIGEST_SHA384,
    DSIG_NAMESPACE,
    ECDSA_SHA384,
    ENVELOPED,
)

DRIVER_INDICES: Final = (7, *range(21, 42))
VBIOS_INDICES: Final = (*range(7), *range(8, 13))

_AT: Final = datetime(2023, 5, 11, tzinfo=NOW.tzinfo)


class Signers(NamedTuple):
    """The chain of the manifests' signer."""

    root: Issuer
    product: Issuer
    authority: Issuer
    signer: Issuer

    @property
    def chain(self) -> Tuple[bytes, ...]:
        """DER, the signer first."""
        issuers = (self.signer, self.authority, self.product, self.root)
        return tuple(issuer.certificate for issuer in issuers)


SIGNER_DRAFT: Final = Draft(
    name("HCC RIM L4 Signer"), 14, ("digitalSignature",), authority=False,
    not_before=time(NOW - timedelta(days=365)), not_after=time(NOW + timedelta(days=365)),
)  # fmt: skip


@lru_cache(maxsize=8)
def signers(draft: Draft = SIGNER_DRAFT) -> Signers:
    """Return the chain, in whose middle the years are written in NVIDIA's way."""
    root = certify(None, key("rim root"), authority("NVIDIA CoRIM signing Root CA", 11))
    middle = authority("NVIDIA Reference Value GH100 CA", 12)
    middle = middle._replace(not_before=generalized_time(_AT))
    product = certify(root, key("rim product"), middle)
    issuing = authority("NVIDIA Reference Value L3 GH100 001", 13)
    issuer = certify(product, key("rim l3"), issuing._replace(not_before=generalized_time(_AT)))
    return Signers(root, product, issuer, certify(issuer, key("rim signer"), draft))


class ManifestDraft(NamedTuple):
    """A manifest before it is signed: pieces of text, each of which a test may replace."""

    version: str
    resources: Tuple[str, ...]
    edition: str = "GPU"
    root_open: str = (
        '<SoftwareIdentity xmlns="http://standards.iso.org/iso/19770/-2/2015/schema.xsd"'
        ' xmlns:ns0="http://standards.iso.org/iso/19770/-2/2015/schema.xsd"'
        ' xmlns:ns2="http://www.w3.org/2001/04/xmlenc#sha384" name="GH100" tagId="0">'
    )
    entity: str = '<ns0:Entity name="Simulated" role="tagCreator"/>'
    payload_open: str = '<ns0:Payload xmlns:SHA384="http://www.w3.org/2001/04/xmlenc#sha384">'
    before_signature: str = "\n"
    after_signature: str = ""

    def document(self, signature: str) -> str:
        """Return the document with a signature, which may be empty."""
        lines = "\n        ".join(self.resources)
        return (
            f"{self.root_open}\n    {self.entity}\n"
            f'    <ns0:Meta colloquialVersion="{self.version}" edition="{self.edition}"'
            f' product="GH100"/>\n'
            f"    {self.payload_open}\n        {lines}\n    </ns0:Payload>"
            f"{self.before_signature}{signature}{self.after_signature}</SoftwareIdentity>"
        )


def resource(
    index: int, values: Sequence[bytes], /, *, active: object = True, more: str = "", **changed: str
) -> str:
    """Return one measurement."""
    fields = {
        "type": "Measurement", "index": str(index), "active": str(active),
        "alternatives": str(len(values)), "size": "48", "name": f"Measurement_{index}", **changed,
    }  # fmt: skip
    attributes = "".join(f' {name}="{value}"' for name, value in fields.items())
    hashes = "".join(f' ns2:Hash{n}="{value.hex()}"' for n, value in enumerate(values))
    return f"<ns0:Resource{attributes}{hashes}{more}/>"


def manifest_draft(version: str, golden: Mapping[int, Sequence[bytes]]) -> ManifestDraft:
    """Return a manifest with these good values; the other indices are not active."""
    resources = [
        resource(index, golden.get(index, [bytes(48)]), active=index in golden)
        for index in range(64)
    ]
    return ManifestDraft(version, tuple(resources))


def driver_draft() -> ManifestDraft:
    """Return the manifest of the simulated driver."""
    return manifest_draft("570.172.08", {i: [measurement(i)] for i in DRIVER_INDICES})


def vbios_draft() -> ManifestDraft:
    """Return the manifest of the simulated VBIOS; index 12 has alternatives."""
    golden = {i: [measurement(i)] for i in VBIOS_INDICES}
    golden[12] = [bytes(48), measurement(12)]
    return manifest_draft("96.00.CF.00.02", golden)


SIGNED_INFO: Final = (
    "<ds:SignedInfo>"
    f'<ds:CanonicalizationMethod Algorithm="{C14N11}"/>'
    f'<ds:SignatureMethod Algorithm="{ECDSA_SHA384}"/>'
    '<ds:Reference URI=""><ds:Transforms>'
    f'<ds:Transform Algorithm="{ENVELOPED}"/><ds:Transform Algorithm="{C14N11}"/>'
    f'</ds:Transforms><ds:DigestMethod Algorithm="{DIGEST_SHA384}"/>'
    "<ds:DigestValue>@DIGEST@</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)

SIGNATURE: Final = (
    f'<ds:Signature xmlns:ds="{DSIG_NAMESPACE}">@SIGNED_INFO@'
    "<ds:SignatureValue>@VALUE@</ds:SignatureValue>"
    "<ds:KeyInfo><ds:X509Data>@CERTIFICATES@</ds:X509Data></ds:KeyInfo></ds:Signature>"
)


def sign_manifest(
    draft: ManifestDraft,
    *,
    by: Signers,
    signed_info: str = SIGNED_INFO,
    signature: str = SIGNATURE,
) -> bytes:
    """Return the signed document; the texts of the signature may be others."""
    digest = hashlib.sha384(canonicalize(parse_xml(draft.document("").encode()))).digest()
    certificates = "".join(
        f"<ds:X509Certificate>{base64.encodebytes(der).decode()}</ds:X509Certificate>"
        for der in by.chain
    )
    text = signature.replace(
        "@SIGNED_INFO@", signed_info.replace("@DIGEST@", base64.b64encode(digest).decode())
    ).replace("@CERTIFICATES@", certificates)
    tree = parse_xml(draft.document(text.replace("@VALUE@", "")).encode())
    info = next(e for e in tree.elements[-1].elements if e.local == "SignedInfo")
    signer = by.signer.key
    assert isinstance(signer, Key)
    value = base64.b64encode(signer.sign(canonicalize(info))).decode()
    return draft.document(text.replace("@VALUE@", value)).encode()


@lru_cache(maxsize=2)
def driver_manifest() -> bytes:
    """Return the signed manifest of the simulated driver."""
    return sign_manifest(driver_draft(), by=signers())


@lru_cache(maxsize=2)
def vbios_manifest() -> bytes:
    """Return the signed manifest of the simulated VBIOS."""
    return sign_manifest(vbios_draft(), by=signers())
