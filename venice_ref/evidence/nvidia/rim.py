"""Reference manifests: NVIDIA's signed lists of the measurements that are good.

A RIM is a software identity tag (ISO/IEC 19770-2:2015) in the profile of TCG's Reference Integrity
Manifest: XML with an enveloped signature.

    SoftwareIdentity
        Entity, Meta @colloquialVersion @edition
        Payload
            Resource @type=Measurement @index @active @alternatives @size @name @Hash0 ..
        Signature

There is one for the driver and one for the VBIOS of a GPU.  XML Schema is not in the standard
library; the structure is held by hand, element by element, and more narrowly than the schema does.

A valid signature is not enough.  Three manifests that NVIDIA signed for one VBIOS are public, with
different values: production, "test without GPU", and an older revision.  A manifest does not say
which of these it is, so that the caller takes manifests from NVIDIA's service by their name, or
pins them, and never takes them from whoever is being verified.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Dict, Final, Mapping, NamedTuple, Optional, Tuple

from venice_ref.codec.strict import (
    decode_base64,
    decode_digits,
    decode_hex,
    excerpt,
    parse_json_object,
)
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.nvidia.c14n import XmlElement, parse_xml
from venice_ref.evidence.nvidia.verify import SignedGpu
from venice_ref.evidence.nvidia.xmldsig import (
    EnvelopedSignature,
    parse_enveloped_signature,
    verify_enveloped_signature,
)
from venice_ref.evidence.roots import RIM_ROOT
from venice_ref.pki.certificate import Certificate, parse_certificate
from venice_ref.pki.chain import Role, TrustAnchor, verify_chain
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import MAX_RIM_SIZE

__all__ = [
    "MANIFEST_ROLES",
    "RIM_ROOT",
    "SWID_NAMESPACE",
    "Manifest",
    "UnverifiedManifest",
    "driver_manifest_id",
    "parse_manifest",
    "parse_manifest_answer",
    "vbios_manifest_id",
    "verify_manifest",
]

SWID_NAMESPACE: Final = "http://standards.iso.org/iso/19770/-2/2015/schema.xsd"
HASH_NAMESPACE: Final = "http://www.w3.org/2001/04/xmlenc#sha384"
"""The namespace of the attributes Hash0, Hash1, ..."""

EDITION_GPU: Final = "GPU"
DIGEST_SIZE: Final = 48
MAX_INDEX: Final = 63
MAX_ALTERNATIVES: Final = 64
"""Good values of one index; the largest observed is 4."""

MANIFEST_ROLES: Final = (
    Role("manifest signer", r"[A-Z]{2,8} RIM L4 Signer", "P-384", False,
         frozenset({"digitalSignature"})),
    Role("manifest authority", r"NVIDIA Reference Value L3 [A-Z0-9_]{3,8} [0-9]+", "P-384", True,
         frozenset()),
    Role("product authority", r"NVIDIA Reference Value [A-Z0-9_]{3,8} CA", "P-384", True,
         frozenset()),
    Role("root", "NVIDIA CoRIM signing Root CA", "P-384", True, frozenset()),
)  # fmt: skip

_ID: Final = re.compile(r"[A-Za-z0-9._]{1,128}\Z")


class UnverifiedManifest(NamedTuple):
    """A manifest that parsed, not yet believed."""

    version: str
    """Of the driver or of the VBIOS."""
    edition: str
    """`GPU`, or `SWITCH`."""
    golden: Mapping[int, Tuple[bytes, ...]]
    """The good values (48), at least one, of each active index from 0 to 63."""
    signature: EnvelopedSignature
    certificates: Tuple[Certificate, ...]
    sha256: bytes
    """Of the document as it was given: what a cache or a pin may name it by."""


class Manifest(NamedTuple):
    """A manifest that NVIDIA signed; `verify_manifest` alone makes it."""

    version: str
    golden: Mapping[int, Tuple[bytes, ...]]
    """The good values (48), at least one, of each active index."""
    sha256: bytes
    not_after: datetime
    """When the first of its certificates expires."""


# --- Names --------------------------------------------------------------------------------------


def driver_manifest_id(gpu: SignedGpu) -> str:
    """Return the name of the manifest of the GPU's driver  [GPU-26].

    Raises:
        EvidenceError: the signed fields make no name.
    """
    version = gpu.description.driver_version
    if gpu.arch == "HOPPER":
        return _checked_id(f"NV_GPU_DRIVER_{gpu.chip}_{version}", gpu)
    # Drivers before r590 do not say CHIP_INFO; those of Blackwell are then named GB100.
    return _checked_id(f"NV_GPU_CC_DRIVER_{gpu.description.chip_info or 'GB100'}_{version}", gpu)


def vbios_manifest_id(gpu: SignedGpu) -> str:
    """Return the name of the manifest of the GPU's VBIOS on its board  [GPU-26].

    Raises:
        EvidenceError: the signed fields make no name.
    """
    found = gpu.description
    if not (found.project and found.project_sku and found.chip_sku):
        raise EvidenceError("the report names no board", rule="GPU-26", where=gpu.where)
    version = found.vbios_version.replace(".", "")
    return _checked_id(f"NV_GPU_VBIOS_{found.board}_{version}", gpu)


def _checked_id(name: str, gpu: SignedGpu) -> str:
    """Return the name in upper case; it becomes part of a URL and of a file's name."""
    if _ID.match(name) is None:  # before it is written in upper case: U+017F becomes an S
        raise EvidenceError(
            f"no name of a manifest: {excerpt(name)}", rule="GPU-26", where=gpu.where
        )
    return name.upper()


def parse_manifest_answer(raw: bytes, *, name: str) -> bytes:
    """Return the document in an answer of NVIDIA's manifest service  [GPU-42].

    {"id": name, "rim": base64, "sha256": hex, ...}.  The documentation does not say whether the
    digest is over the document or over its base64; either is accepted.

    Raises:
        MalformedError: not such an object, another name, or another digest.
    """
    node = parse_json_object(raw, max_size=2 * MAX_RIM_SIZE, where="rim_answer", rule="GPU-42")
    if node.text("id") != name:
        raise MalformedError(
            f"the manifest {excerpt(node.text('id'))}, asked for {name}",
            rule="GPU-42",
            where="rim_answer.id",
        )
    text = node.text("rim")
    if not text:
        raise MalformedError("no document", rule="GPU-42", where="rim_answer.rim")
    document = decode_base64(text, max_size=MAX_RIM_SIZE, where="rim_answer.rim", rule="GPU-42")
    digest = node.text("sha256")
    if digest is not None:
        stated = decode_hex(digest, size=32, where="rim_answer.sha256", rule="GPU-42")
        if stated not in (
            hashlib.sha256(document).digest(),
            hashlib.sha256(text.encode()).digest(),
        ):
            raise MalformedError(
                "the manifest has another digest", rule="GPU-42", where="rim_answer.sha256"
            )
    return document


# --- The document -------------------------------------------------------------------------------


def parse_manifest(raw: bytes, *, where: str = "rim") -> UnverifiedManifest:
    """Return the manifest that a document is.

    Spec: GPU-27, GPU-28, GPU-32, GPU-43.

    Raises:
        MalformedError: not XML of the profile above; the message says what is wrong.
    """
    root = parse_xml(raw, where=where)
    _require(root.uri == SWID_NAMESPACE and root.local == "SoftwareIdentity", root, where)
    signature = parse_enveloped_signature(root, where=where)
    meta, payload = _parts(root, where)
    return UnverifiedManifest(
        version=_attribute(meta, "colloquialVersion", where),
        edition=_attribute(meta, "edition", where),
        golden=_golden(payload, f"{where}.Payload"),
        signature=signature,
        certificates=tuple(
            parse_certificate(der, any_time_form=True, where=f"{where}.X509Certificate[{index}]")
            for index, der in enumerate(signature.certificates)
        ),
        sha256=hashlib.sha256(raw).digest(),
    )


def verify_manifest(
    manifest: UnverifiedManifest,
    *,
    version: str,
    now: datetime,
    root: TrustAnchor = RIM_ROOT,
    memo: Optional[SignatureMemo] = None,
) -> Manifest:
    """Return the manifest, if it is NVIDIA's for a GPU's driver or VBIOS of this version, at `now`.

    Revocation of the signer is not judged.

    Spec: GPU-29, GPU-30, GPU-31.

    Raises:
        EvidenceError: another version or edition, or a chain that does not hold (CRT-10 to CRT-17).
        SignatureError: the signature of the manifest or of a certificate does not verify.
    """
    where = manifest.signature.where
    verify_chain(  # [GPU-30]
        manifest.certificates, anchor=root, roles=MANIFEST_ROLES, now=now, memo=memo, where=where
    )
    verify_enveloped_signature(manifest.signature, manifest.certificates[0].public_key)
    if manifest.edition != EDITION_GPU or manifest.version.lower() != version.lower():
        raise EvidenceError(
            f"a manifest of {excerpt(manifest.edition)} {excerpt(manifest.version)},"
            f" required GPU {excerpt(version)}",
            rule="GPU-31",
            where=where,
        )
    not_after = min(certificate.not_after for certificate in manifest.certificates)
    return Manifest(manifest.version, manifest.golden, manifest.sha256, not_after)


def _parts(root: XmlElement, where: str) -> Tuple[XmlElement, XmlElement]:
    """Return Meta and Payload of Entity .., Meta, Payload, Signature; nothing else may be there."""
    *parts, _signature = root.elements
    names = ["Entity"] * (len(parts) - 2) + ["Meta", "Payload"]
    _require(len(parts) >= 3 and not _has_text(root), root, where)
    for element, local in zip(parts, names):
        _require(element.uri == SWID_NAMESPACE and element.local == local, element, where)
        _require(not _has_text(element), element, where)
        _require(local == "Payload" or not element.elements, element, where)
    return parts[-2], parts[-1]


def _has_text(element: XmlElement) -> bool:
    return bool(element.text.strip(" \t\r\n"))


def _golden(payload: XmlElement, where: str) -> Dict[int, Tuple[bytes, ...]]:
    """Return the good values of the active indices  [GPU-32]."""
    seen = set()
    golden: Dict[int, Tuple[bytes, ...]] = {}
    for position, resource in enumerate(payload.elements):
        place = f"{where}.Resource[{position}]"
        index, active, values = _resource(resource, place)
        if index in seen:
            raise MalformedError(f"index {index} occurs twice", rule="GPU-32", where=place)
        seen.add(index)
        if active:
            golden[index] = values
    if not golden:
        raise MalformedError("no active measurement", rule="GPU-32", where=where)
    return golden


def _resource(resource: XmlElement, where: str) -> Tuple[int, bool, Tuple[bytes, ...]]:
    """Return index, whether it is active, and the alternatives of one measurement."""
    _require(resource.uri == SWID_NAMESPACE and resource.local == "Resource", resource, where)
    _require(not resource.children, resource, where)
    if _attribute(resource, "type", where) != "Measurement":
        raise MalformedError("not a measurement", rule="GPU-28", where=where)
    index = _number(resource, "index", 0, MAX_INDEX, where)
    _number(resource, "size", DIGEST_SIZE, DIGEST_SIZE, where)
    count = _number(resource, "alternatives", 1, MAX_ALTERNATIVES, where)
    active = _attribute(resource, "active", where)
    if active not in ("True", "False"):
        raise MalformedError(f"active is {excerpt(active)}", rule="GPU-28", where=where)
    hashes = {a.local: a.value for a in resource.attributes if a.uri == HASH_NAMESPACE}
    names = [f"Hash{number}" for number in range(count)]
    if set(hashes) != set(names):
        raise MalformedError(f"not the hashes 0 to {count - 1}", rule="GPU-28", where=where)
    values = tuple(
        decode_hex(hashes[name], size=DIGEST_SIZE, where=where, rule="GPU-28") for name in names
    )
    return index, active == "True", values


def _attribute(element: XmlElement, local: str, where: str) -> str:
    value = element.attribute(local)
    if not value:
        raise MalformedError(
            f"{excerpt(element.local)} without {local}", rule="GPU-28", where=where
        )
    return value


def _number(element: XmlElement, local: str, least: int, most: int, where: str) -> int:
    text = _attribute(element, local, where)
    value = decode_digits(text, max_digits=3, where=where, rule="GPU-28")
    if not least <= value <= most or str(value) != text:
        raise MalformedError(
            f"{local} {excerpt(text)}, required {least} to {most}", rule="GPU-28", where=where
        )
    return value


def _require(condition: bool, element: XmlElement, where: str) -> None:
    if not condition:
        raise MalformedError(
            f"{excerpt(element.local)} is not in its place, or has content that it must not have",
            rule="GPU-28",
            where=where,
        )
