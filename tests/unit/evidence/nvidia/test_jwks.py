from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, Tuple

import pytest

from tests.nvidia.certificates import NOW, RsaKey, certify, key, name, public_key_info
from tests.nvidia.tokens import (
    INTERMEDIATE_DRAFT,
    KID,
    LEAF_DRAFT,
    Service,
    base64url,
    jwk,
    key_set_json,
    service,
)
from venice_ref.codec.der_encode import time
from venice_ref.errors import EvidenceError, MalformedError, PeerError, SignatureError
from venice_ref.evidence.nvidia.jwks import TokenKey, parse_key_set, verify_key
from venice_ref.spec import MAX_JWKS_KEYS

SERVICE = service()


def verify(
    *keys: Dict[str, Any], kid: str = KID, now: datetime = NOW, of: Service = SERVICE
) -> TokenKey:
    key_set = parse_key_set(key_set_json(*keys))
    return verify_key(key_set, kid, now=now, intermediates=of.pins)


def refused(*keys: Dict[str, Any], now: datetime = NOW, of: Service = SERVICE) -> PeerError:
    with pytest.raises(PeerError) as caught:
        verify(*keys, now=now, of=of)
    return caught.value


def text(der: bytes) -> str:
    return base64.b64encode(der).decode()


def test_a_key() -> None:
    found = verify()
    assert found.kid == KID
    x, y = found.point
    assert base64url(x.to_bytes(48, "big")) == jwk(SERVICE)["x"]
    assert base64url(y.to_bytes(48, "big")) == jwk(SERVICE)["y"]
    assert found.not_after == NOW + timedelta(days=1)


def test_the_key_of_the_id_among_others() -> None:
    other = {**jwk(SERVICE), "kid": "other", "x5c": ["not read"]}
    assert verify(other, jwk(SERVICE)) == verify()


# --- The set ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": ["x"]}',
        b'{"keys": [{}]}',
        b'{"keys": [{"kid": ""}]}',
        b'{"keys": [{"kid": 5}]}',
        b'{"keys": [{"kid": "a"}, {"kid": "a"}]}',
        b'{"keys": [], "keys": []}',
        json.dumps({"keys": [{"kid": "k" * 257}]}).encode(),
        json.dumps({"keys": [{"kid": str(n)} for n in range(MAX_JWKS_KEYS + 1)]}).encode(),
    ],
)
def test_another_set(raw: bytes) -> None:  # TOK-19
    with pytest.raises(MalformedError) as caught:
        parse_key_set(raw)
    assert caught.value.rule == "TOK-19"


def test_an_unknown_id() -> None:  # TOK-4
    with pytest.raises(EvidenceError) as caught:
        verify(kid="other")
    assert caught.value.rule == "TOK-4"
    assert "key set" in caught.value.hint


# --- The key ------------------------------------------------------------------------------------

OTHER_XY = key("another").xy
FLAWS: Dict[str, Tuple[str, Dict[str, Any]]] = {
    "an RSA key": ("TOK-4", {"kty": "RSA"}),
    "another curve": ("TOK-4", {"crv": "P-256"}),
    "no x": ("TOK-4", {"x": None}),
    "an x of 47 bytes": ("TOK-4", {"x": base64url(bytes(47))}),
    "an x of 49 bytes": ("TOK-4", {"x": base64url(bytes(49))}),
    "an x with another alphabet": ("TOK-4", {"x": "+" * 64}),
    "another x": ("TOK-5", {"x": base64url(OTHER_XY[:48])}),
    "another y": ("TOK-5", {"y": base64url(OTHER_XY[48:])}),
    "another key": ("TOK-5", {"x": base64url(OTHER_XY[:48]), "y": base64url(OTHER_XY[48:])}),
    "no certificates": ("TOK-5", {"x5c": None}),
    "one certificate": ("TOK-5", {"x5c": jwk(SERVICE)["x5c"][:1]}),
    "three certificates": ("TOK-5", {"x5c": jwk(SERVICE)["x5c"] * 2}),
    "a certificate that is a number": ("TOK-5", {"x5c": [1, 2]}),
    "a certificate in base64url": ("TOK-5", {"x5c": ["_-_-", "AAAA"]}),
    "a certificate that is none": ("CRT-1", {"x5c": ["AAAA", "AAAA"]}),
}  # fmt: skip


@pytest.mark.parametrize("flaw", FLAWS)
def test_one_flaw(flaw: str) -> None:
    rule, changed = FLAWS[flaw]
    assert refused({**jwk(SERVICE), **changed}).rule == rule


def test_a_certificate_for_another_kind_of_key() -> None:  # TOK-5
    rsa = certify(SERVICE.intermediate, RsaKey(), LEAF_DRAFT)
    certificates = [text(rsa.certificate), text(SERVICE.intermediate.certificate)]
    assert refused({**jwk(SERVICE), "x5c": certificates}).rule == "TOK-5"


# --- The certificates ---------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-2, 2])
def test_out_of_the_two_days(days: int) -> None:  # TOK-6
    assert refused(now=NOW + timedelta(days=days)).rule == "CRT-14"


def test_an_expired_intermediate() -> None:  # TOK-6
    old = INTERMEDIATE_DRAFT._replace(not_after=time(NOW - timedelta(days=1)))
    assert refused(jwk(service(LEAF_DRAFT, old))).rule == "CRT-14"


Change = Callable[[], Service]

ROLE_FLAWS: Dict[str, Tuple[str, Change]] = {
    "a key for something else": (
        "CRT-10", lambda: service(LEAF_DRAFT._replace(subject=name("NVIDIA OCSP Responder")))),
    "a key for other uses": (
        "CRT-16", lambda: service(LEAF_DRAFT._replace(usages=("keyAgreement",)))),
    "a key that is an authority": (
        "CRT-16", lambda: service(LEAF_DRAFT._replace(authority=True))),
    "an intermediate of another name": (
        "CRT-10", lambda: service(LEAF_DRAFT, INTERMEDIATE_DRAFT._replace(subject=name("Other")))),
    "an intermediate that is no authority": (
        "CRT-15", lambda: service(LEAF_DRAFT, INTERMEDIATE_DRAFT._replace(authority=False))),
}  # fmt: skip


@pytest.mark.parametrize("flaw", ROLE_FLAWS)
def test_another_role(flaw: str) -> None:
    rule, make = ROLE_FLAWS[flaw]
    assert refused(jwk(make())).rule == rule


def test_an_intermediate_that_is_not_pinned() -> None:  # TOK-7
    with pytest.raises(EvidenceError) as caught:
        verify_key(parse_key_set(key_set_json()), KID, now=NOW)
    found = hashlib.sha256(public_key_info(SERVICE.intermediate.key)).hexdigest()
    assert caught.value.rule == "TOK-7"
    assert found in caught.value.hint


def test_a_key_that_the_intermediate_did_not_sign() -> None:  # TOK-20
    leaf = SERVICE.leaf.certificate
    forged = leaf[:-1] + bytes((leaf[-1] ^ 1,))
    certificates = [text(forged), text(SERVICE.intermediate.certificate)]
    error = refused({**jwk(SERVICE), "x5c": certificates})
    assert (type(error), error.rule) == (SignatureError, "CRT-12")


def test_the_pinned_intermediate_below_a_key_of_somebody_else() -> None:  # TOK-20
    """Self-signed by an attacker, who adds the real intermediate."""
    own = certify(None, key("nras leaf"), LEAF_DRAFT)
    certificates = [text(own.certificate), text(SERVICE.intermediate.certificate)]
    assert refused({**jwk(SERVICE), "x5c": certificates}).rule == "CRT-11"
