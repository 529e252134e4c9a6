"""One certificate: X.509 v3, as Intel and NVIDIA issue them.  RFC 5280, 4.1.

A certificate is read here and nothing is verified: who signed it, for what and for how long is the
work of `pki.chain`.  What the two issuers never write is refused, so that nothing of a certificate
remains unread but the content of the extensions that only a caller understands.
"""

from __future__ import annotations

from datetime import datetime
from typing import Collection, Final, FrozenSet, NamedTuple, Optional, Tuple, Union

from venice_ref.codec.der import DerReader, context, open_sequence
from venice_ref.codec.pem import decode_pem_chain
from venice_ref.pki import extensions as ext
from venice_ref.pki.keys import PublicKey, parse_public_key_info
from venice_ref.pki.names import COMMON_NAME, Name, parse_name
from venice_ref.pki.signatures import parse_signature_algorithm
from venice_ref.spec import MAX_CERTIFICATE_SIZE

__all__ = ["Certificate", "parse_certificate", "parse_pem_chain", "parse_serial"]

_V3: Final = 2
_MAX_SERIAL: Final = 2**160 - 1

_EVALUATED: Final = frozenset({ext.BASIC_CONSTRAINTS, ext.KEY_USAGE})
"""Extensions that may be critical, because `pki.chain` acts on them."""


class Certificate(NamedTuple):
    """A certificate that parses; nothing about it is proven yet."""

    raw: bytes
    """The DER of the whole."""
    tbs: bytes
    """The DER of the part that is signed."""
    serial: int
    issuer_name: Name
    subject_name: Name
    not_before: datetime
    not_after: datetime
    public_key: PublicKey
    spki: bytes
    """The DER of the SubjectPublicKeyInfo."""
    signature_oid: str
    signature: bytes
    """DER of (r, s) for ECDSA, a big-endian number for RSA."""
    extensions: ext.Extensions
    basic_constraints: Optional[ext.BasicConstraints]
    key_usage: Optional[FrozenSet[str]]
    """Names of RFC 5280, 4.2.1.3, such as `keyCertSign`."""
    ski: Optional[bytes]
    """Subject key identifier."""
    aki: Optional[bytes]
    """Authority key identifier: that of the key that signed."""
    where: str
    """What the certificate was called when it was parsed, for errors."""

    @property
    def issuer(self) -> bytes:
        """The DER of the issuer's name."""
        return self.issuer_name.raw

    @property
    def subject(self) -> bytes:
        """The DER of the subject's name."""
        return self.subject_name.raw

    @property
    def issuer_cn(self) -> str:
        """The common name of the issuer."""
        return self.issuer_name.text(COMMON_NAME)

    @property
    def subject_cn(self) -> str:
        """The common name of the subject."""
        return self.subject_name.text(COMMON_NAME)


def parse_certificate(
    der: bytes,
    *,
    understood: Collection[str] = (),
    any_time_form: bool = False,
    where: str = "certificate",
) -> Certificate:
    """Return the certificate that `der` is, to the byte.

    `understood` are extensions that the caller evaluates and that may therefore be critical.  With
    `any_time_form` the validity may be GeneralizedTime in every year, as in NVIDIA's manifests.

    Raises:
        MalformedError: CRT-1 to CRT-9; `where` is the path of the element.
    """
    outer = open_sequence(der, max_size=MAX_CERTIFICATE_SIZE, where=where, rule="CRT-1")
    tbs = outer.sequence("tbsCertificate")
    algorithm = parse_signature_algorithm(outer, "signatureAlgorithm")
    signature = outer.bits("signature")
    outer.finish()

    _parse_version(tbs)
    serial = parse_serial(tbs, "serialNumber", rule="CRT-3")
    if parse_signature_algorithm(tbs, "signature") != algorithm:
        raise tbs.error("not the algorithm outside of the signed part", "signature", rule="CRT-4")
    issuer = parse_name(tbs, "issuer")
    not_before, not_after = _parse_validity(tbs, any_time_form)
    subject = parse_name(tbs, "subject")
    public_key, spki = parse_public_key_info(tbs, "subjectPublicKeyInfo")
    extensions = _parse_extensions(tbs)
    tbs.finish()

    ext.check_critical(extensions, {*_EVALUATED, *understood}, where=where, rule="CRT-9")
    return Certificate(
        raw=der,
        tbs=tbs.raw,
        serial=serial,
        issuer_name=issuer,
        subject_name=subject,
        not_before=not_before,
        not_after=not_after,
        public_key=public_key,
        spki=spki,
        signature_oid=algorithm,
        signature=signature,
        extensions=extensions,
        basic_constraints=ext.parse_basic_constraints(extensions, where=where, rule="CRT-8"),
        key_usage=ext.parse_key_usage(extensions, where=where, rule="CRT-8"),
        ski=ext.parse_subject_key_identifier(extensions, where=where, rule="CRT-8"),
        aki=ext.parse_authority_key_identifier(extensions, where=where, rule="CRT-8"),
        where=where,
    )


def parse_pem_chain(
    text: Union[str, bytes],
    *,
    max_count: int,
    allow_nul: bool = False,
    understood: Collection[str] = (),
    where: str = "chain",
) -> Tuple[Certificate, ...]:
    """Return the 1 to `max_count` certificates of strict PEM, in their order  [CRT-18].

    `allow_nul` lets one NUL follow, `understood` is as in `parse_certificate`; errors name the
    certificate by its index, as in `chain[1]`.
    """
    blocks = decode_pem_chain(
        text,
        max_count=max_count,
        max_size=MAX_CERTIFICATE_SIZE,
        allow_nul=allow_nul,
        where=where,
        rule="CRT-18",
    )
    return tuple(
        parse_certificate(block, understood=understood, where=f"{where}[{index}]")
        for index, block in enumerate(blocks)
    )


def parse_serial(reader: DerReader, name: str, *, rule: str) -> int:
    """Return the serial number that is the next element: above 0 and below 2^160.

    RFC 5280, 4.1.2.2, says at most 20 octets, and means the value here: Intel's numbers have 160
    bits and take 21 octets of DER where the highest bit is set.
    """
    serial = reader.integer(name)
    if not 1 <= serial <= _MAX_SERIAL:
        raise reader.error("a serial number is above 0 and has at most 20 bytes", name, rule=rule)
    return serial


def _parse_version(tbs: DerReader) -> None:
    """Read the version, which is v3.  4.1.2.1."""
    if tbs.next_tag != context(0, constructed=True):
        raise tbs.error("no version, which means v1", "version", rule="CRT-2")
    version = tbs.explicit(0, "version", rule="CRT-2")
    if version.integer("") != _V3:
        raise version.error("not version 3")
    version.finish()


def _parse_validity(tbs: DerReader, any_form: bool) -> Tuple[datetime, datetime]:
    """Return notBefore and notAfter.  4.1.2.5."""
    validity = tbs.sequence("validity", rule="CRT-6")
    not_before = validity.time("notBefore", any_form=any_form)
    not_after = validity.time("notAfter", any_form=any_form)
    validity.finish()
    return not_before, not_after


def _parse_extensions(tbs: DerReader) -> ext.Extensions:
    """Return the extensions; they are there in v3, and unique identifiers are not.  4.1.2.8, 9."""
    if tbs.next_tag != context(3, constructed=True):
        raise tbs.error("unique identifiers, or no extensions", "extensions", rule="CRT-2")
    explicit = tbs.explicit(3, "extensions")
    found = ext.parse_extensions(explicit, "", rule="CRT-8")
    explicit.finish()
    return found
