"""Reference manifests for the generators: documents in pieces, signed over Canonical XML."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta, timezone
from typing import Final, Mapping, NamedTuple, Sequence, Tuple

from conformance.generate.builder import FileBuilder
from conformance.mock_tee.pki.authority import Key, draw_key
from conformance.mock_tee.pki.nvidia_certificates import Draft, Issuer, authority, certify, name
from venice_ref.codec.der_encode import generalized_time, time
from venice_ref.crypto.curves import P384
from venice_ref.evidence.nvidia.c14n import canonicalize, parse_xml

__all__ = [
    "AT",
    "C14N",
    "DSIG",
    "HASH",
    "MORE",
    "SIGNATURE",
    "SIGNED_INFO",
    "SIGNER_DRAFT",
    "SWID",
    "Manifest",
    "Signers",
    "make_signers",
    "resource",
    "sign",
]

SWID: Final = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd"
HASH: Final = "http://www.w3.org/2001/04/xmlenc#sha384"
DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
C14N: Final = "http://www.w3.org/2006/12/xml-c14n11"
MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"

AT: Final = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
"""The time of the vectors."""

_SINCE: Final = datetime(2023, 5, 11, tzinfo=timezone.utc)

SIGNER_DRAFT: Final = Draft(
    name("HCC RIM L4 Signer"), 14, ("digitalSignature",), authority=False,
    not_before=time(AT - timedelta(days=365)), not_after=time(AT + timedelta(days=365)),
)  # fmt: skip


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

    @property
    def root_digest(self) -> str:
        """What a verifier pins."""
        return hashlib.sha256(self.root.certificate).hexdigest()


def make_signers(
    builder: FileBuilder, label: str = "manifest", draft: Draft = SIGNER_DRAFT
) -> Signers:
    """Return the chain, in whose middle the years are written in NVIDIA's way."""

    def key(of: str) -> Key:
        return draw_key(P384, builder.random(f"key {label} {of}"))

    def middle(common_name: str, serial: int) -> Draft:
        return authority(common_name, serial)._replace(not_before=generalized_time(_SINCE))

    root = certify(None, key("root"), authority("NVIDIA CoRIM signing Root CA", 11))
    product = certify(root, key("product"), middle("NVIDIA Reference Value GH100 CA", 12))
    issuer = certify(product, key("l3"), middle("NVIDIA Reference Value L3 GH100 001", 13))
    return Signers(root, product, issuer, certify(issuer, key("signer"), draft))


class Manifest(NamedTuple):
    """A manifest before it is signed: pieces of text, each of which a vector may replace."""

    resources: Tuple[str, ...]
    version: str = "570.172.08"
    edition: str = "GPU"
    prologue: str = ""
    root_open: str = (
        f'<SoftwareIdentity xmlns="{SWID}" xmlns:ns0="{SWID}" xmlns:ns2="{HASH}" name="GH100">'
    )
    entity: str = '<ns0:Entity name="Simulated" role="tagCreator"/>'
    meta: str = '<ns0:Meta colloquialVersion="@VERSION@" edition="@EDITION@" product="GH100"/>'
    payload_open: str = f'<ns0:Payload xmlns:SHA384="{HASH}">'
    before_signature: str = "\n"
    after_signature: str = ""

    def document(self, signature: str) -> str:
        """Return the document with a signature, which may be empty."""
        meta = self.meta.replace("@VERSION@", self.version).replace("@EDITION@", self.edition)
        return (
            f"{self.prologue}{self.root_open}\n  {self.entity}\n  {meta}\n  {self.payload_open}\n"
            + "\n".join(f"    {one}" for one in self.resources)
            + f"\n  </ns0:Payload>{self.before_signature}{signature}{self.after_signature}"
            "</SoftwareIdentity>"
        )


def resource(
    index: int, values: Sequence[bytes], /, *, active: object = True, more: str = "", **changed: str
) -> str:
    """Return one measurement."""
    fields: Mapping[str, str] = {
        "type": "Measurement", "index": str(index), "active": str(active),
        "alternatives": str(len(values)), "size": "48", "name": f"Measurement_{index}", **changed,
    }  # fmt: skip
    attributes = "".join(f' {key}="{value}"' for key, value in fields.items())
    hashes = "".join(f' ns2:Hash{n}="{value.hex()}"' for n, value in enumerate(values))
    return f"<ns0:Resource{attributes}{hashes}{more}/>"


SIGNED_INFO: Final = (
    "<ds:SignedInfo>"
    f'<ds:CanonicalizationMethod Algorithm="{C14N}"/>'
    f'<ds:SignatureMethod Algorithm="{MORE}ecdsa-sha384"/>'
    '<ds:Reference URI=""><ds:Transforms>'
    f'<ds:Transform Algorithm="{DSIG}enveloped-signature"/><ds:Transform Algorithm="{C14N}"/>'
    f'</ds:Transforms><ds:DigestMethod Algorithm="{MORE}sha384"/>'
    "<ds:DigestValue>@DIGEST@</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)

SIGNATURE: Final = (
    f'<ds:Signature xmlns:ds="{DSIG}">@SIGNED_INFO@'
    "<ds:SignatureValue>@VALUE@</ds:SignatureValue>"
    "<ds:KeyInfo><ds:X509Data>@CERTIFICATES@</ds:X509Data></ds:KeyInfo></ds:Signature>"
)


def sign(
    manifest: Manifest,
    by: Signers,
    *,
    signed_info: str = SIGNED_INFO,
    signature: str = SIGNATURE,
    around: str = "",
) -> str:
    """Return the signed document; the texts of the signature may be others.

    `around` is put in front of the document after it was signed, where the canonical form of a
    document with it cannot be made here.
    """
    digest = hashlib.sha384(canonicalize(parse_xml(manifest.document("").encode()))).digest()
    certificates = "".join(
        f"<ds:X509Certificate>{base64.encodebytes(der).decode()}</ds:X509Certificate>"
        for der in by.chain
    )
    text = signature.replace(
        "@SIGNED_INFO@", signed_info.replace("@DIGEST@", base64.b64encode(digest).decode())
    ).replace("@CERTIFICATES@", certificates)
    tree = parse_xml(manifest.document(text.replace("@VALUE@", "")).encode())
    info = next(
        part for child in tree.elements for part in child.elements if part.local == "SignedInfo"
    )
    signer = by.signer.key
    if not isinstance(signer, Key):
        raise TypeError("manifests are signed with a key on P-384")
    value = base64.b64encode(signer.sign(canonicalize(info))).decode()
    return around + manifest.document(text.replace("@VALUE@", value))
