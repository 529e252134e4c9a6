"""A small PKI of Intel's shape: root, authority, certificate, a list of each issuer.

A `Recipe` holds the encoded parts of a certificate, so that a test replaces one part and nothing
else: `LEAF._replace(serial=integer(0))` is the one visible difference from what is accepted.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import List, NamedTuple, Optional, Tuple, Union

from venice_ref.codec.der_encode import (
    bit_string,
    boolean,
    explicit,
    implicit,
    integer,
    named_bits,
    null,
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
from venice_ref.pki import extensions as ext
from venice_ref.pki.certificate import Certificate, parse_certificate
from venice_ref.pki.chain import Role, TrustAnchor
from venice_ref.pki.crl import Crl, parse_crl
from venice_ref.pki.signatures import (
    ALGORITHM_OF,
    ECDSA_WITH_SHA256,
    SHA256_WITH_RSA,
)

NOW = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
DAY = timedelta(days=1)

CURVE_OID = {"P-256": "1.2.840.10045.3.1.7", "P-384": "1.3.132.0.34"}


class Key(NamedTuple):
    """A key pair on a curve, from a small and public scalar."""

    curve: Curve
    scalar: int

    @property
    def point(self) -> Tuple[int, int]:
        return _point(self.curve, self.scalar)

    @property
    def raw(self) -> bytes:
        size = (self.curve.p.bit_length() + 7) // 8
        x, y = self.point
        return b"\x04" + x.to_bytes(size, "big") + y.to_bytes(size, "big")

    @property
    def identifier(self) -> bytes:
        return hashlib.sha256(self.raw).digest()[:20]

    @property
    def algorithm(self) -> str:
        return ALGORITHM_OF[self.curve.name]

    def sign(self, message: bytes) -> bytes:
        digest = hashlib.new("sha256" if self.curve is P256 else "sha384", message).digest()
        r, s, _ = ecdsa.sign(self.curve, self.scalar, digest)
        return sequence(integer(r), integer(s))


@cache
def _point(curve: Curve, scalar: int) -> Tuple[int, int]:
    point = multiply(curve, scalar, generator(curve))
    assert point is not None
    return point


ROOT_KEY = Key(P256, 0x1001)
CA_KEY = Key(P256, 0x1002)
LEAF_KEY = Key(P256, 0x1003)
OTHER_KEY = Key(P256, 0x1004)
P384_KEY = Key(P384, 0x1005)


# --- Parts --------------------------------------------------------------------------------------


def algorithm(oid: str) -> bytes:
    parameters = null() if oid == SHA256_WITH_RSA else b""
    return sequence(object_identifier(oid), parameters)


def attribute(kind: str, value: bytes) -> bytes:
    return sequence(object_identifier(kind), value)


def name(common_name: str) -> bytes:
    return sequence(
        set_of(attribute("2.5.4.3", utf8_string(common_name))),
        set_of(attribute("2.5.4.10", utf8_string("Simulated Corporation"))),
        set_of(attribute("2.5.4.6", printable_string("US"))),
    )


def ec_spki(key: Key, *, point: Optional[bytes] = None, curve: str = "") -> bytes:
    return sequence(
        sequence(
            object_identifier("1.2.840.10045.2.1"),
            object_identifier(curve or CURVE_OID[key.curve.name]),
        ),
        bit_string(key.raw if point is None else point),
    )


def rsa_spki(n: int, e: int, *, parameters: bytes = b"\x05\x00") -> bytes:
    return sequence(
        sequence(object_identifier("1.2.840.113549.1.1.1"), parameters),
        bit_string(sequence(integer(n), integer(e))),
    )


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = boolean(True) if critical else b""
    return sequence(object_identifier(oid), flag, octet_string(value))


def basic_constraints(*, ca: bool, path: Optional[int] = None, critical: bool = True) -> bytes:
    inner = (boolean(True) if ca else b"") + (b"" if path is None else integer(path))
    return extension(ext.BASIC_CONSTRAINTS, sequence(inner), critical=critical)


def key_usage(*names: str) -> bytes:
    bits = named_bits(ext.KEY_USAGES.index(usage) for usage in names)
    return extension(ext.KEY_USAGE, bits, critical=True)


def ski(identifier: bytes) -> bytes:
    return extension(ext.SUBJECT_KEY_IDENTIFIER, octet_string(identifier))


def aki(identifier: bytes) -> bytes:
    inner = sequence(implicit(0, octet_string(identifier)))
    return extension(ext.AUTHORITY_KEY_IDENTIFIER, inner)


def extensions(*parts: bytes) -> bytes:
    return explicit(3, sequence(*parts))


CA_USAGE = key_usage("keyCertSign", "cRLSign")
LEAF_USAGE = key_usage("digitalSignature", "nonRepudiation")


# --- Certificates -------------------------------------------------------------------------------


class Recipe(NamedTuple):
    """The encoded parts of a certificate, and the key that signs it."""

    serial: bytes
    issuer: bytes
    subject: bytes
    spki: bytes
    extensions: bytes
    signer: Key
    version: bytes = explicit(0, integer(2))
    inner_algorithm: bytes = algorithm(ECDSA_WITH_SHA256)
    outer_algorithm: bytes = algorithm(ECDSA_WITH_SHA256)
    not_before: bytes = time(NOW - 100 * DAY)
    not_after: bytes = time(NOW + 1000 * DAY)
    unique: bytes = b""
    signature: Optional[bytes] = None

    def tbs(self) -> bytes:
        return sequence(
            self.version, self.serial, self.inner_algorithm, self.issuer,
            sequence(self.not_before, self.not_after), self.subject, self.spki,
            self.unique, self.extensions,
        )  # fmt: skip

    def der(self) -> bytes:
        tbs = self.tbs()
        signature = self.signer.sign(tbs) if self.signature is None else self.signature
        return sequence(tbs, self.outer_algorithm, bit_string(signature))

    def certificate(self, where: str = "certificate") -> Certificate:
        return parse_certificate(self.der(), where=where)


ROOT = Recipe(
    serial=integer(1),
    issuer=name("Simulated Root CA"),
    subject=name("Simulated Root CA"),
    spki=ec_spki(ROOT_KEY),
    extensions=extensions(
        aki(ROOT_KEY.identifier), ski(ROOT_KEY.identifier), CA_USAGE,
        basic_constraints(ca=True, path=1),
    ),
    signer=ROOT_KEY,
)  # fmt: skip

CA = Recipe(
    serial=integer(2**159 + 2),
    issuer=name("Simulated Root CA"),
    subject=name("Simulated Platform CA"),
    spki=ec_spki(CA_KEY),
    extensions=extensions(
        aki(ROOT_KEY.identifier), ski(CA_KEY.identifier), CA_USAGE,
        basic_constraints(ca=True, path=0),
    ),
    signer=ROOT_KEY,
)  # fmt: skip

LEAF_EXTENSIONS = (
    aki(CA_KEY.identifier),
    ski(LEAF_KEY.identifier),
    LEAF_USAGE,
    basic_constraints(ca=False),
    extension("1.2.840.113741.1.13.1", sequence()),
)

LEAF = Recipe(
    serial=integer(3),
    issuer=name("Simulated Platform CA"),
    subject=name("Simulated Certificate"),
    spki=ec_spki(LEAF_KEY),
    extensions=extensions(*LEAF_EXTENSIONS),
    signer=CA_KEY,
)


# --- Lists --------------------------------------------------------------------------------------


def entry(serial: Union[int, bytes], *, date: bytes = b"", more: bytes = b"") -> bytes:
    number = serial if isinstance(serial, bytes) else integer(serial)
    return sequence(number, date or time(NOW - DAY), more)


class CrlRecipe(NamedTuple):
    """The encoded parts of a revocation list, and the key that signs it."""

    issuer: bytes
    extensions: bytes
    signer: Key
    version: bytes = integer(1)
    inner_algorithm: bytes = algorithm(ECDSA_WITH_SHA256)
    outer_algorithm: bytes = algorithm(ECDSA_WITH_SHA256)
    this_update: bytes = time(NOW - 10 * DAY)
    next_update: bytes = time(NOW + 10 * DAY)
    revoked: bytes = b""
    signature: Optional[bytes] = None

    def tbs(self) -> bytes:
        return sequence(
            self.version, self.inner_algorithm, self.issuer, self.this_update, self.next_update,
            self.revoked, self.extensions,
        )  # fmt: skip

    def der(self) -> bytes:
        tbs = self.tbs()
        signature = self.signer.sign(tbs) if self.signature is None else self.signature
        return sequence(tbs, self.outer_algorithm, bit_string(signature))

    def crl(self, where: str = "crl") -> Crl:
        return parse_crl(self.der(), where=where)


def crl_extensions(*parts: bytes) -> bytes:
    return explicit(0, sequence(*parts))


CRL_NUMBER = extension(ext.CRL_NUMBER, integer(1))

ROOT_CRL = CrlRecipe(
    issuer=ROOT.subject,
    extensions=crl_extensions(CRL_NUMBER, aki(ROOT_KEY.identifier)),
    signer=ROOT_KEY,
)
CA_CRL = CrlRecipe(
    issuer=CA.subject,
    extensions=crl_extensions(CRL_NUMBER, aki(CA_KEY.identifier)),
    signer=CA_KEY,
    revoked=sequence(entry(99)),
)


# --- Roles --------------------------------------------------------------------------------------

ROOT_ROLE = Role("root", "Simulated Root CA", "P-256", True, frozenset({"cRLSign"}))
CA_ROLE = Role(
    "authority", "Simulated (Platform|Processor) CA", "P-256", True, frozenset({"cRLSign"})
)
LEAF_ROLE = Role(
    "certificate", "Simulated Certificate", "P-256", False, frozenset({"digitalSignature"})
)
ROLES = (LEAF_ROLE, CA_ROLE, ROOT_ROLE)


def chain(
    leaf: Recipe = LEAF, ca: Recipe = CA, root: Recipe = ROOT
) -> Tuple[Certificate, Certificate, Certificate]:
    """Return the parsed chain, as `chain[0]` to `chain[2]`."""
    return leaf.certificate("chain[0]"), ca.certificate("chain[1]"), root.certificate("chain[2]")


def crls(root: CrlRecipe = ROOT_CRL, ca: CrlRecipe = CA_CRL) -> List[Crl]:
    """Return the parsed lists."""
    return [root.crl("root_crl"), ca.crl("ca_crl")]


def key_anchor() -> TrustAnchor:
    """Return the anchor that pins the key of the root."""
    return TrustAnchor("the simulated root", ROOT.certificate().public_key)
