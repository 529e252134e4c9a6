"""Roots that a caller puts in the place of the pinned ones, from a file.

The file holds certificates in PEM, or one certificate or one public key in DER or PEM.  A
certificate replaces the root whose common name it has; a bare key has no name and replaces Intel's.
So a simulation can have roots of its own, and a verifier given them does all that it would do for
the real ones.  Every report names the roots that were replaced  [POL-11].
"""

from __future__ import annotations

import hashlib
import re
from typing import Dict, Final, FrozenSet, List, Pattern, Tuple, Union

from venice_ref.attestation.endorsements import PINNED_ROOTS, TrustRoots
from venice_ref.codec.der import open_elements
from venice_ref.codec.pem import decode_pem_chain
from venice_ref.codec.strict import excerpt
from venice_ref.errors import MalformedError, UsageError
from venice_ref.evidence.tdx.pck import SGX_EXTENSION
from venice_ref.pki.certificate import Certificate, parse_certificate
from venice_ref.pki.chain import TrustAnchor, anchor_of
from venice_ref.pki.keys import parse_public_key_info
from venice_ref.spec import MAX_CERTIFICATE_SIZE

__all__ = ["MAX_TRUST_ROOT_SIZE", "parse_trust_roots"]

MAX_ROOTS: Final = 8
MAX_TRUST_ROOT_SIZE: Final = MAX_ROOTS * 2 * MAX_CERTIFICATE_SIZE
"""Bytes of a file of roots."""

_REPLACED: Final[Tuple[Tuple[str, Pattern[str]], ...]] = (
    # member of TrustRoots, the common names that stand for it
    ("intel", re.compile(r"Intel SGX Root CA")),
    ("nvidia_device", re.compile(r"NVIDIA Device Identity CA")),
    ("nvidia_rim", re.compile(r"NVIDIA CoRIM signing Root CA")),
    ("nvidia_nras", re.compile(r"NVIDIA Attestation Service GPU Intermediate [0-9]+")),
)


def parse_trust_roots(raw: bytes) -> TrustRoots:
    """Return the pinned roots with those of a file in the place of theirs.

    Raises:
        UsageError: not such a file, a certificate of another name, or two for one root.
    """
    if len(raw) > MAX_TRUST_ROOT_SIZE:
        raise _unusable(f"{len(raw)} bytes, at most {MAX_TRUST_ROOT_SIZE}")
    try:
        return _with_roots(_parse(raw))
    except MalformedError as error:
        raise _unusable(str(error)) from None


_Root = Union[Certificate, TrustAnchor]


def _parse(raw: bytes) -> List[_Root]:
    text = raw.lstrip()
    if text.startswith(b"-----BEGIN PUBLIC KEY-----"):
        ders = decode_pem_chain(
            text, label="PUBLIC KEY", max_count=1, max_size=MAX_CERTIFICATE_SIZE, where="trust root"
        )
        return [_key(ders[0])]
    if text.startswith(b"-----"):
        ders = decode_pem_chain(
            text, max_count=MAX_ROOTS, max_size=MAX_CERTIFICATE_SIZE, where="trust root"
        )
        return [_certificate(der) for der in ders]
    try:
        return [_certificate(raw)]
    except MalformedError as error:
        try:
            return [_key(raw)]
        except MalformedError:
            raise error from None


def _certificate(der: bytes) -> Certificate:
    return parse_certificate(der, understood=(SGX_EXTENSION,), where="trust root")


def _key(der: bytes) -> TrustAnchor:
    reader = open_elements(der, max_size=MAX_CERTIFICATE_SIZE, where="trust root", rule="CRT-7")
    key, _ = parse_public_key_info(reader, "key")
    reader.finish()
    return TrustAnchor("the key that the caller trusts", key)


def _with_roots(found: List[_Root]) -> TrustRoots:
    replaced: Dict[str, Union[TrustAnchor, FrozenSet[bytes]]] = {}
    for root in found:
        member = _member(root)
        if member in replaced:
            raise _unusable(f"two roots for {member}")
        if _is_pinned(root):
            replaced[member] = getattr(PINNED_ROOTS, member)
        elif isinstance(root, TrustAnchor):
            replaced[member] = root
        elif member == "nvidia_nras":
            replaced[member] = frozenset({hashlib.sha256(root.spki).digest()})
        else:
            replaced[member] = anchor_of(root, f"the given {excerpt(root.subject_cn)}")
    return PINNED_ROOTS._replace(**replaced)  # type: ignore[arg-type]  # each member has its type


def _is_pinned(root: _Root) -> bool:
    """Tell whether a root of the file is a pinned one, which then is not replaced."""
    if isinstance(root, TrustAnchor) or _member(root) == "intel":
        return root.public_key == PINNED_ROOTS.intel.public_key
    return hashlib.sha256(root.raw).digest() in (
        PINNED_ROOTS.nvidia_device.certificates | PINNED_ROOTS.nvidia_rim.certificates
    )


def _member(root: _Root) -> str:
    if isinstance(root, TrustAnchor):
        return "intel"
    for member, name in _REPLACED:
        if name.fullmatch(root.subject_cn):
            return member
    raise _unusable(f"a certificate of {excerpt(root.subject_cn)}, which is no root here")


def _unusable(problem: str) -> UsageError:
    return UsageError(
        f"not a trust root: {problem}",
        rule="POL-11",
        where="--trust-root",
        hint="certificates in PEM, or one certificate or public key in DER",
    )
