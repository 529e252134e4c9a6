"""Certificates in the form of NVIDIA's: devices on P-384, one intermediate with RSA.

A draft holds the parts before they are signed, so that a fault or a test changes one of them and
nothing else: what is refused then is refused for that part, and not for a broken signature.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import Final, NamedTuple, Optional, Tuple

from conformance.mock_tee.pki.authority import AnyKey, Certificate, extension, sign_certificate
from venice_ref.codec.der_encode import (
    boolean,
    implicit,
    named_bits,
    object_identifier,
    octet_string,
    printable_string,
    sequence,
    set_of,
    time,
    utf8_string,
)
from venice_ref.pki import extensions as ext
from venice_ref.pki.chain import TrustAnchor

__all__ = ["END", "START", "Draft", "Issuer", "authority", "certify", "name"]

START: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
"""The end of NVIDIA's device certificates: never."""

_COMMON_NAME: Final = "2.5.4.3"
_SERIAL_NUMBER: Final = "2.5.4.5"
_COUNTRY: Final = "2.5.4.6"
_ORGANIZATION: Final = "2.5.4.10"


class Issuer(NamedTuple):
    """A key with its certificate; a leaf is an issuer that nobody believes."""

    key: AnyKey
    name: bytes
    """The subject of the certificate: a Name in DER."""
    certificate: bytes
    """DER."""

    @property
    def anchor(self) -> TrustAnchor:
        """The anchor that pins this certificate, byte for byte."""
        digest = hashlib.sha256(self.certificate).digest()
        return TrustAnchor("the simulated root of NVIDIA", certificates=frozenset({digest}))

    @property
    def pin(self) -> bytes:
        """SHA-256 (32) of the SubjectPublicKeyInfo."""
        return hashlib.sha256(self.key.public_key_info).digest()


class Draft(NamedTuple):
    """A certificate before it is signed, but for its key and its issuer."""

    subject: bytes
    """A Name in DER."""
    serial: int
    usages: Tuple[str, ...]
    """Names of RFC 5280, 4.2.1.3."""
    authority: bool
    """Whether there are basic constraints, which say that it is one."""
    not_before: bytes = time(START)
    not_after: bytes = time(END)
    extensions: Tuple[bytes, ...] = ()
    """Further extensions, encoded."""


def name(common_name: str, serial: str = "") -> bytes:
    """Return a Name; that of a device has its number in it."""
    number = [(_SERIAL_NUMBER, printable_string(serial))] if serial else []
    parts = [
        *number,
        (_COUNTRY, printable_string("XX")),
        (_ORGANIZATION, utf8_string("venice-ref mock, simulated")),
        (_COMMON_NAME, utf8_string(common_name)),
    ]
    return sequence(*(set_of(sequence(object_identifier(kind), value)) for kind, value in parts))


def authority(common_name: str, serial: int) -> Draft:
    """Return the draft of an authority's certificate."""
    return Draft(name(common_name), serial, ("keyCertSign", "cRLSign"), authority=True)


def certify(issuer: Optional[Issuer], key: AnyKey, draft: Draft) -> Issuer:
    """Return the certificate of a key, by an issuer, or by itself where there is none."""
    signer = key if issuer is None else issuer.key
    certificate = Certificate(
        serial=draft.serial,
        issuer=draft.subject if issuer is None else issuer.name,
        validity=sequence(draft.not_before, draft.not_after),
        subject=draft.subject,
        key=key,
        extensions=_extensions(key, signer, draft),
    )
    return Issuer(key, draft.subject, sign_certificate(signer, certificate))


def _extensions(key: AnyKey, signer: AnyKey, draft: Draft) -> Tuple[bytes, ...]:
    """Return the extensions in the order in which NVIDIA writes them."""
    bits = named_bits(ext.KEY_USAGES.index(usage) for usage in draft.usages)
    constraints = extension(ext.BASIC_CONSTRAINTS, sequence(boolean(True)), critical=True)
    issuer = sequence(implicit(0, octet_string(signer.identifier)))
    return (
        *([constraints] if draft.authority else []),
        extension(ext.KEY_USAGE, bits, critical=True),
        extension(ext.SUBJECT_KEY_IDENTIFIER, octet_string(key.identifier)),
        extension(ext.AUTHORITY_KEY_IDENTIFIER, issuer),
        *draft.extensions,
    )
