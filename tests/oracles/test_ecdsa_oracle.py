"""Signatures in both directions against two implementations that share no code with this one."""

from __future__ import annotations

import hashlib
import random
from typing import Any, Tuple

import pytest

from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.ecdsa import recover, sign, verify
from venice_ref.crypto.weierstrass import Curve, generator, multiply
from venice_ref.errors import SignatureError

# (our curve, name in `cryptography`, name in `ecdsa`)
NAMES = [
    (SECP256K1, "SECP256K1", "SECP256k1"),
    (P256, "SECP256R1", "NIST256p"),
    (P384, "SECP384R1", "NIST384p"),
]
HASHES = ("sha256", "sha384", "sha512")
MESSAGES = 5
CASES = pytest.mark.parametrize(
    ("curve", "openssl_name", "ecdsa_name"), NAMES, ids=[curve.name for curve, _, _ in NAMES]
)


def public_of(curve: Curve, d: int) -> Tuple[int, int]:
    Q = multiply(curve, d, generator(curve))
    assert Q is not None
    return Q


@CASES
@pytest.mark.parametrize("hash_name", HASHES)
def test_against_openssl(curve: Curve, openssl_name: str, ecdsa_name: str, hash_name: str) -> None:
    reason = "the independent implementation `cryptography` is not installed"
    ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec", reason=reason)
    utils = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.utils")
    hashes = pytest.importorskip("cryptography.hazmat.primitives.hashes")
    exceptions = pytest.importorskip("cryptography.exceptions")
    draw = random.Random(f"{ecdsa_name} {hash_name}")
    method = ec.ECDSA(utils.Prehashed(getattr(hashes, hash_name.upper())()))
    for _ in range(MESSAGES):
        d = draw.randrange(1, curve.n)
        theirs: Any = ec.derive_private_key(d, getattr(ec, openssl_name)())
        digest = hashlib.new(hash_name, draw.randbytes(40)).digest()
        r, s = utils.decode_dss_signature(theirs.sign(digest, method))
        verify(curve, public_of(curve, d), digest, r, s)

        signature = sign(curve, d, digest, hash_name=hash_name, low_s=draw.random() < 0.5)
        encoded = utils.encode_dss_signature(signature.r, signature.s)
        theirs.public_key().verify(encoded, digest, method)

        changed = bytes([digest[0] ^ 1]) + digest[1:]
        with pytest.raises(SignatureError):
            verify(curve, public_of(curve, d), changed, r, s)
        with pytest.raises(exceptions.InvalidSignature):
            theirs.public_key().verify(encoded, changed, method)


@CASES
@pytest.mark.parametrize("hash_name", HASHES)
def test_against_ecdsa(curve: Curve, openssl_name: str, ecdsa_name: str, hash_name: str) -> None:
    """Deterministic signatures are equal to the bit, and so are the recovered keys."""
    ecdsa = pytest.importorskip(
        "ecdsa", reason="the independent implementation `ecdsa` is not installed"
    )
    draw = random.Random(f"{openssl_name} {hash_name}")
    for _ in range(MESSAGES):
        d = draw.randrange(1, curve.n)
        theirs = ecdsa.SigningKey.from_secret_exponent(d, getattr(ecdsa, ecdsa_name))
        digest = hashlib.new(hash_name, draw.randbytes(40)).digest()
        r, s = theirs.sign_digest_deterministic(
            digest,
            getattr(hashlib, hash_name),
            sigencode=lambda r, s, _order: (r, s),
            allow_truncate=True,
        )
        signature = sign(curve, d, digest, hash_name=hash_name)
        assert signature[:2] == (r, s)

        found = ecdsa.VerifyingKey.from_public_key_recovery_with_digest(
            (r, s),
            digest,
            getattr(ecdsa, ecdsa_name),
            sigdecode=lambda pair, _order: pair,
            allow_truncate=True,
        )
        keys = {(int(key.pubkey.point.x()), int(key.pubkey.point.y())) for key in found}
        assert recover(curve, digest, *signature) == public_of(curve, d)
        ours = {recover(curve, digest, r, s, recovery_id) for recovery_id in (0, 1)}
        assert keys == ours
