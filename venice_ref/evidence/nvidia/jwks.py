"""The keys of NVIDIA's attestation service: a JSON Web Key Set, anchored by certificates.

Each key has an `x5c` of two certificates: one for the key, which lives for two days, and the
intermediate that issued it.  The root above the intermediate was never published.  The intermediate
is therefore pinned, by the SHA-256 of its SubjectPublicKeyInfo; it will be replaced one day, at the
latest in December 2029, and then the pin must be, which is why it is a parameter.

RFC 7517, 4 and 5; RFC 7518, 6.2.1.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Dict, Final, FrozenSet, Mapping, NamedTuple, Optional, Tuple

from venice_ref.codec.strict import (
    JsonObject,
    decode_base64,
    decode_base64url,
    excerpt,
    parse_json_object,
)
from venice_ref.crypto.curves import P384
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.roots import NRAS_INTERMEDIATES
from venice_ref.pki.certificate import Certificate, parse_certificate
from venice_ref.pki.chain import Role, TrustAnchor, verify_chain
from venice_ref.pki.keys import EcPublicKey
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import MAX_CERTIFICATE_SIZE, MAX_JWKS_KEYS, MAX_JWKS_SIZE

__all__ = [
    "NRAS_INTERMEDIATES",
    "TOKEN_ROLES",
    "KeySet",
    "TokenKey",
    "parse_key_set",
    "verify_key",
]

_COORDINATE_SIZE: Final = 48
_MAX_KID: Final = 256

TOKEN_ROLES: Final = (
    Role("token signer", r"NVIDIA Attestation Service GPU [A-Z0-9_]{2,8}", "P-384", False,
         frozenset({"digitalSignature"})),
    Role("intermediate", r"NVIDIA Attestation Service GPU Intermediate [0-9]+", "RSA", True,
         frozenset()),
)  # fmt: skip


class KeySet(NamedTuple):
    """The keys by their id, parsed as far as the id."""

    keys: Mapping[str, JsonObject]


class TokenKey(NamedTuple):
    """A key that may sign tokens; `verify_key` alone makes it."""

    kid: str
    point: Tuple[int, int]
    """On P-384."""
    not_after: datetime


def parse_key_set(raw: bytes) -> KeySet:
    """Return the keys of a JSON Web Key Set of at most 256 keys  [TOK-19].

    Raises:
        MalformedError: not such a set, or an id that occurs twice.
    """
    node = parse_json_object(raw, max_size=MAX_JWKS_SIZE, where="jwks", rule="TOK-19")
    entries = node.items("keys")
    if entries is None or len(entries) > MAX_JWKS_KEYS:
        raise MalformedError(
            f"no array of at most {MAX_JWKS_KEYS} keys", rule="TOK-19", where="jwks.keys"
        )
    keys: Dict[str, JsonObject] = {}
    for index, entry in enumerate(entries):
        where = f"jwks.keys[{index}]"
        if not isinstance(entry, dict):
            raise MalformedError("not an object", rule="TOK-19", where=where)
        key = JsonObject(entry, where=where, rule="TOK-4")
        kid = key.with_rule("TOK-19").text("kid")
        if not kid or len(kid) > _MAX_KID or kid in keys:
            raise MalformedError(f"the id {excerpt(kid)}", rule="TOK-19", where=key.path("kid"))
        keys[kid] = key
    return KeySet(keys)


def verify_key(
    key_set: KeySet,
    kid: str,
    *,
    now: datetime,
    intermediates: FrozenSet[bytes] = NRAS_INTERMEDIATES,
    memo: Optional[SignatureMemo] = None,
) -> TokenKey:
    """Return the key with an id, if a pinned intermediate certified it and it is its time.

    Spec: TOK-4 to TOK-7, TOK-20, TOK-21; CRT-1 to CRT-17.

    Raises:
        EvidenceError: no such key [TOK-4], the certificate is for another key [TOK-5], out of its
            time [CRT-14] or of another intermediate [TOK-7].
        SignatureError: the certificate is not signed by the intermediate [CRT-12].
        MalformedError: the key or a certificate is not of its form.
    """
    node = key_set.keys.get(kid)
    if node is None:
        raise EvidenceError(
            f"no key {excerpt(kid)} in the key set",
            rule="TOK-4",
            where="jwks.keys",
            hint="keys live for two days: fetch the key set together with the tokens",
        )
    leaf, intermediate = _certificates(node)
    point = _point(node)
    if not isinstance(leaf.public_key, EcPublicKey) or leaf.public_key != EcPublicKey(P384, point):
        raise EvidenceError("the certificate is for another key", rule="TOK-5", where=node.where)
    _check_pin(intermediate, intermediates)
    anchor = TrustAnchor(
        "the pinned intermediate",
        certificates=frozenset({hashlib.sha256(intermediate.raw).digest()}),
    )
    verify_chain(
        (leaf, intermediate),
        anchor=anchor,
        roles=TOKEN_ROLES,
        now=now,
        memo=memo,
        where=node.path("x5c"),
    )  # [TOK-6, TOK-20, TOK-21]
    return TokenKey(kid, point, leaf.not_after)


def _certificates(node: JsonObject) -> Tuple[Certificate, Certificate]:
    """Return the two certificates of `x5c`, which are in standard base64.  RFC 7517, 4.7."""
    where = node.path("x5c")
    items = node.with_rule("TOK-5").items("x5c")
    if items is None or len(items) != 2:
        raise MalformedError("not two certificates", rule="TOK-5", where=where)
    found = []
    for index, item in enumerate(items):
        place = f"{where}[{index}]"
        if not isinstance(item, str):
            raise MalformedError("not a string", rule="TOK-5", where=place)
        der = decode_base64(item, max_size=MAX_CERTIFICATE_SIZE, where=place, rule="TOK-5")
        found.append(parse_certificate(der, where=place))
    return found[0], found[1]


def _point(node: JsonObject) -> Tuple[int, int]:
    """Return (x, y) of an EC key on P-384.  RFC 7518, 6.2.1."""
    for name, required in (("kty", "EC"), ("crv", "P-384")):
        if node.text(name) != required:
            raise MalformedError(
                f"{excerpt(node.text(name))}, required {required}",
                rule="TOK-4",
                where=node.path(name),
            )
    return _coordinate(node, "x"), _coordinate(node, "y")


def _coordinate(node: JsonObject, name: str) -> int:
    raw = decode_base64url(
        node.text(name) or "", max_size=_COORDINATE_SIZE, where=node.path(name), rule="TOK-4"
    )
    if len(raw) != _COORDINATE_SIZE:
        raise MalformedError(
            f"{len(raw)} bytes, required {_COORDINATE_SIZE}", rule="TOK-4", where=node.path(name)
        )
    return int.from_bytes(raw, "big")


def _check_pin(intermediate: Certificate, pins: FrozenSet[bytes]) -> None:
    """Refuse an intermediate whose key is not pinned  [TOK-7]."""
    found = hashlib.sha256(intermediate.spki).digest()
    if found not in pins:
        raise EvidenceError(
            f"{excerpt(intermediate.subject_cn)} is not a pinned intermediate",
            rule="TOK-7",
            where=intermediate.where,
            hint="if NVIDIA has replaced its intermediate, confirm the SHA-256 of its public key"
            f" ({found.hex()}) by another way and give it as a pin",
        )
