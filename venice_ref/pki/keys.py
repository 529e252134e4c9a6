"""The public keys of certificates.  RFC 5280, 4.1.2.7; RFC 5480; RFC 3279, 2.3.1.

Three kinds are in use: P-256 (Intel), P-384 (NVIDIA), and RSA for one intermediate of NVIDIA's
attestation service.
"""

from __future__ import annotations

from typing import Dict, Final, NamedTuple, Tuple, Union

from venice_ref.codec.der import DerReader, open_sequence
from venice_ref.crypto import rsa
from venice_ref.crypto.curves import P256, P384
from venice_ref.crypto.weierstrass import Curve, is_on_curve

__all__ = ["EcPublicKey", "PublicKey", "RsaPublicKey", "parse_public_key_info"]

_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
_CURVES: Final[Dict[str, Curve]] = {"1.2.840.10045.3.1.7": P256, "1.3.132.0.34": P384}


class EcPublicKey(NamedTuple):
    """A point that was found on its curve."""

    curve: Curve
    point: Tuple[int, int]

    @property
    def kind(self) -> str:
        """`P-256` or `P-384`."""
        return self.curve.name


class RsaPublicKey(NamedTuple):
    """A modulus of 2048 to 4096 bits with the exponent 65537."""

    n: int
    e: int

    @property
    def kind(self) -> str:
        """`RSA`."""
        return "RSA"


PublicKey = Union[EcPublicKey, RsaPublicKey]


def parse_public_key_info(reader: DerReader, name: str) -> Tuple[PublicKey, bytes]:
    """Return the key in the SubjectPublicKeyInfo that is the next element, and its DER  [CRT-7].

    Raises:
        MalformedError: not P-256 or P-384 by name with an uncompressed point on the curve, and not
            RSA with NULL parameters and the sizes of `crypto.rsa`.
    """
    info = reader.sequence(name, rule="CRT-7")
    algorithm = info.sequence("algorithm")
    kind = algorithm.oid("algorithm")
    key: PublicKey
    if kind == _EC_PUBLIC_KEY:
        curve = _CURVES.get(algorithm.oid("namedCurve"))
        if curve is None:
            raise algorithm.error("the curve is neither P-256 nor P-384", "namedCurve")
        algorithm.finish()
        key = _parse_point(curve, info)
    elif kind == _RSA_ENCRYPTION:
        algorithm.null("parameters")
        algorithm.finish()
        key = _parse_rsa(info)
    else:
        raise algorithm.error(f"key algorithm {kind}", "algorithm")
    info.finish()
    return key, info.raw


def _parse_point(curve: Curve, info: DerReader) -> EcPublicKey:
    """Return the key of an uncompressed point.  RFC 5480, 2.2; SEC 1, 2.3.4."""
    raw = info.bits("subjectPublicKey")
    size = (curve.p.bit_length() + 7) // 8
    if len(raw) != 1 + 2 * size or raw[0] != 0x04:
        raise info.error(f"not an uncompressed point of {curve.name}", "subjectPublicKey")
    point = int.from_bytes(raw[1 : 1 + size], "big"), int.from_bytes(raw[1 + size :], "big")
    if not is_on_curve(curve, point):
        raise info.error(f"not a point on {curve.name}", "subjectPublicKey")
    return EcPublicKey(curve, point)


def _parse_rsa(info: DerReader) -> RsaPublicKey:
    """Return the key of an RSAPublicKey.  RFC 8017, A.1.1."""
    where = info.path("subjectPublicKey")
    raw = info.bits("subjectPublicKey")
    inner = open_sequence(raw, max_size=rsa.MAX_BITS // 8 + 32, where=where, rule="CRT-7")
    n = inner.integer("modulus", max_size=rsa.MAX_BITS // 8 + 1)
    e = inner.integer("publicExponent")
    inner.finish()
    rsa.check_public_key(n, e, where=where, rule="CRT-7")
    return RsaPublicKey(n, e)
