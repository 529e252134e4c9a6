"""A simulated certification authority: keys, certificates and revocation lists.  RFC 5280.

    root = self_signed(draw_key(P256, random_bytes), profile)
    leaf = issue(root, leaf_key, leaf_profile)        # DER
    crl = issue_crl(root, RevocationList(...))        # DER

Whatever a verifier may look at is a parameter, and nothing is checked: a mock must be able to issue
what a verifier has to refuse.  Signatures are deterministic (RFC 6979), so that the same keys and
times give the same bytes.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final, Iterable, NamedTuple, Optional, Tuple, Union

from conformance.mock_tee.pki.rsa_key import RsaKey
from venice_ref.codec.der_encode import (
    bit_string,
    boolean,
    enumerated,
    explicit,
    ia5_string,
    implicit,
    integer,
    named_bits,
    object_identifier,
    octet_string,
    printable_string,
    sequence,
    set_of,
    time,
    utf8_string,
)
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P256, P384
from venice_ref.crypto.weierstrass import Curve, generator, multiply
from venice_ref.model import RandomBytes
from venice_ref.pki import extensions as ext
from venice_ref.pki.signatures import ALGORITHM_OF

__all__ = [
    "AnyKey",
    "Authority",
    "Certificate",
    "Key",
    "Profile",
    "RevocationList",
    "distinguished_name",
    "draw_key",
    "extension",
    "issue",
    "issue_crl",
    "self_signed",
    "sign_certificate",
]

_COMMON_NAME: Final = "2.5.4.3"
_ORGANIZATION: Final = "2.5.4.10"
_LOCALITY: Final = "2.5.4.7"
_STATE: Final = "2.5.4.8"
_COUNTRY: Final = "2.5.4.6"

_CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
_REASON_CODE: Final = "2.5.29.21"
_KEY_COMPROMISE: Final = 1

_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_CURVE_OID: Final = {P256.name: "1.2.840.10045.3.1.7", P384.name: "1.3.132.0.34"}
_HASH_NAME: Final = {P256.name: "sha256", P384.name: "sha384"}


# --- Keys ---------------------------------------------------------------------------------------


class Key(NamedTuple):
    """A key pair of the mock: known to whoever knows its seed, and worth nothing."""

    curve: Curve
    scalar: int
    xy: bytes
    """x || y, big-endian."""

    @property
    def identifier(self) -> bytes:
        """The leftmost 160 bits of SHA-256 of 0x04 || x || y.  RFC 7093, 2, method 1."""
        return hashlib.sha256(b"\x04" + self.xy).digest()[:20]

    @property
    def algorithm(self) -> bytes:
        """The AlgorithmIdentifier of its signatures."""
        return sequence(object_identifier(ALGORITHM_OF[self.curve.name]))

    @property
    def public_key_info(self) -> bytes:
        """The SubjectPublicKeyInfo in DER.  RFC 5480, 2."""
        curve = object_identifier(_CURVE_OID[self.curve.name])
        return sequence(
            sequence(object_identifier(_EC_PUBLIC_KEY), curve), bit_string(b"\x04" + self.xy)
        )

    def sign(self, message: bytes) -> bytes:
        """Return r || s, big-endian, over the hash that belongs to the curve."""
        size = len(self.xy) // 2
        r, s = self._sign(message)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def sign_der(self, message: bytes) -> bytes:
        """Return the same as DER, a SEQUENCE of two INTEGERs.  RFC 5480."""
        r, s = self._sign(message)
        return sequence(integer(r), integer(s))

    def _sign(self, message: bytes) -> Tuple[int, int]:
        hash_name = _HASH_NAME[self.curve.name]
        digest = hashlib.new(hash_name, message).digest()
        r, s, _ = ecdsa.sign(self.curve, self.scalar, digest, hash_name=hash_name)
        return r, s


AnyKey = Union[Key, RsaKey]


def draw_key(curve: Curve, random_bytes: RandomBytes) -> Key:
    """Return a fresh key pair on P-256 or P-384."""
    size = (curve.n.bit_length() + 7) // 8
    scalar = int.from_bytes(random_bytes(size), "big") % (curve.n - 1) + 1
    point = multiply(curve, scalar, generator(curve))
    if point is None:
        raise ArithmeticError("a scalar in [1, n-1] gave the point at infinity")
    return Key(curve, scalar, point[0].to_bytes(size, "big") + point[1].to_bytes(size, "big"))


# --- Certificates -------------------------------------------------------------------------------


class Profile(NamedTuple):
    """Everything about a certificate but its key and who issues it."""

    subject: bytes
    """A Name in DER."""
    serial: int
    not_before: datetime
    not_after: datetime
    usages: Tuple[str, ...]
    """Names of RFC 5280, 4.2.1.3, such as `keyCertSign`."""
    path_length: Optional[int] = None
    """Authorities that may stand below it; `None` for a certificate that is no authority."""
    crl_url: str = ""
    extensions: Tuple[bytes, ...] = ()
    """Further extensions, encoded."""


class Authority(NamedTuple):
    """A key with the certificate that says what it may do."""

    key: Key
    name: bytes
    """The subject of the certificate: a Name in DER."""
    certificate: bytes
    """DER."""


def distinguished_name(common_name: str, organization: str, *place: str) -> bytes:
    """Return a Name; `place` are locality, state and country, all three or none."""
    pairs = [(_COMMON_NAME, utf8_string(common_name)), (_ORGANIZATION, utf8_string(organization))]
    if place:
        locality, state, country = place
        pairs += [
            (_LOCALITY, utf8_string(locality)),
            (_STATE, utf8_string(state)),
            (_COUNTRY, printable_string(country)),
        ]
    return sequence(*(set_of(sequence(object_identifier(kind), text)) for kind, text in pairs))


def extension(kind: str, value: bytes, *, critical: bool = False) -> bytes:
    """Return an Extension around the DER of its value."""
    flag = boolean(True) if critical else b""
    return sequence(object_identifier(kind), flag, octet_string(value))


def self_signed(key: Key, profile: Profile) -> Authority:
    """Return a root."""
    return Authority(key, profile.subject, _certificate(key, profile, key, profile.subject))


def issue(issuer: Authority, key: Key, profile: Profile) -> Authority:
    """Return what an authority issues for a key; a leaf is an `Authority` that nobody believes."""
    certificate = _certificate(key, profile, issuer.key, issuer.name)
    return Authority(key, profile.subject, certificate)


def _certificate(key: Key, profile: Profile, signer: Key, issuer: bytes) -> bytes:
    return sign_certificate(
        signer,
        Certificate(
            serial=profile.serial,
            issuer=issuer,
            validity=sequence(time(profile.not_before), time(profile.not_after)),
            subject=profile.subject,
            key=key,
            extensions=tuple(_extensions(key, profile, signer)),
        ),
    )


class Certificate(NamedTuple):
    """A certificate before it is signed; names, validity and extensions are encoded."""

    serial: int
    issuer: bytes
    validity: bytes
    subject: bytes
    key: AnyKey
    extensions: Tuple[bytes, ...]


def sign_certificate(signer: AnyKey, draft: Certificate) -> bytes:
    """Return the DER of a certificate.  RFC 5280, 4.1."""
    return _signed(
        signer,
        explicit(0, integer(2)),
        integer(draft.serial),
        signer.algorithm,
        draft.issuer,
        draft.validity,
        draft.subject,
        draft.key.public_key_info,
        explicit(3, sequence(*draft.extensions)),
    )


def _extensions(key: Key, profile: Profile, signer: Key) -> Iterable[bytes]:
    """Yield the extensions in the order in which Intel writes them."""
    yield _authority_key_identifier(signer)
    if profile.crl_url:
        yield extension(_CRL_DISTRIBUTION_POINTS, _distribution_points(profile.crl_url))
    yield extension(ext.SUBJECT_KEY_IDENTIFIER, octet_string(key.identifier))
    bits = named_bits(ext.KEY_USAGES.index(usage) for usage in profile.usages)
    yield extension(ext.KEY_USAGE, bits, critical=True)
    constraints = b""
    if profile.path_length is not None:
        constraints = boolean(True) + integer(profile.path_length)
    yield extension(ext.BASIC_CONSTRAINTS, sequence(constraints), critical=True)
    yield from profile.extensions


def _authority_key_identifier(signer: Key) -> bytes:
    value = sequence(implicit(0, octet_string(signer.identifier)))
    return extension(ext.AUTHORITY_KEY_IDENTIFIER, value)


def _distribution_points(url: str) -> bytes:
    """Return CRLDistributionPoints of one full name, a URI.  RFC 5280, 4.2.1.13."""
    names = explicit(0, implicit(6, ia5_string(url)))
    return sequence(sequence(explicit(0, names)))


# --- Revocation lists ---------------------------------------------------------------------------


class RevocationList(NamedTuple):
    """A list before it is signed."""

    issuer: Authority
    this_update: datetime
    next_update: datetime
    serials: Tuple[int, ...] = ()
    number: int = 1


def issue_crl(draft: RevocationList) -> bytes:
    """Return the DER of a revocation list that its issuer signed.  RFC 5280, 5.1."""
    key = draft.issuer.key
    return _signed(
        key,
        integer(1),
        key.algorithm,
        draft.issuer.name,
        time(draft.this_update),
        time(draft.next_update),
        _entries(draft),
        explicit(
            0,
            sequence(
                extension(ext.CRL_NUMBER, integer(draft.number)), _authority_key_identifier(key)
            ),
        ),
    )


def _entries(draft: RevocationList) -> bytes:
    """Return revokedCertificates, which is absent where there are none.  5.1.2.6."""
    if not draft.serials:
        return b""
    reason = sequence(extension(_REASON_CODE, enumerated(_KEY_COMPROMISE)))
    return sequence(
        *(sequence(integer(serial), time(draft.this_update), reason) for serial in draft.serials)
    )


# --- What both share ----------------------------------------------------------------------------


def _signed(signer: AnyKey, *parts: bytes) -> bytes:
    """Return SEQUENCE { parts, algorithm, signature }."""
    inner = sequence(*parts)
    return sequence(inner, signer.algorithm, bit_string(signer.sign_der(inner)))
