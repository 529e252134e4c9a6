"""Envelopes against `cryptography` (OpenSSL), in both directions."""

from __future__ import annotations

import os

import pytest

from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import explain_open, open_envelope, open_text, seal, seal_text

pytest.importorskip("cryptography", reason="an independent implementation, not a dependency")

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256K1()
SIZES = [0, 1, 15, 16, 17, 255, 256, 257, 4_095, 4_096, 4_097, 100_000]


def derive(secret: ec.EllipticCurvePrivateKey, public: bytes) -> bytes:
    shared = secret.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, public))
    return HKDF(SHA256(), 32, salt=None, info=b"ecdsa_encryption").derive(shared)


def public_bytes(secret: ec.EllipticCurvePrivateKey) -> bytes:
    return secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def their_seal(recipient: bytes, plaintext: bytes) -> bytes:
    ephemeral = ec.generate_private_key(CURVE)
    nonce = os.urandom(12)
    sealed = AESGCM(derive(ephemeral, recipient)).encrypt(nonce, plaintext, None)
    return public_bytes(ephemeral) + nonce + sealed


def their_open(secret: ec.EllipticCurvePrivateKey, blob: bytes) -> bytes:
    return AESGCM(derive(secret, blob[:65])).decrypt(blob[65:77], blob[77:], None)


@pytest.mark.parametrize("size", SIZES)
def test_what_we_seal_they_open(size: int) -> None:  # ENV-1, ENV-2, ENV-3
    secret = ec.generate_private_key(CURVE)
    plaintext = os.urandom(size)
    ours = PrivateKey.from_bytes(secret.private_numbers().private_value.to_bytes(32, "big"))
    assert ours.public_key == public_bytes(secret)
    assert their_open(secret, seal(ours.public_key, plaintext)) == plaintext


@pytest.mark.parametrize("size", SIZES)
def test_what_they_seal_we_open(size: int) -> None:  # ENV-1, ENV-2, ENV-3
    ours = PrivateKey.generate()
    plaintext = os.urandom(size)
    assert open_envelope(ours, their_seal(ours.public_key, plaintext)) == plaintext


def test_text_in_both_directions() -> None:  # ENV-8, ENV-9
    secret = ec.generate_private_key(CURVE)
    ours = PrivateKey.from_bytes(secret.private_numbers().private_value.to_bytes(32, "big"))
    text = "caf\u00e9 \U0001f600"
    assert their_open(secret, bytes.fromhex(seal_text(ours.public_key, text))).decode() == text
    assert open_text(ours, their_seal(ours.public_key, text.encode()).hex().upper()) == text


def test_a_shared_x_with_leading_zeros() -> None:  # KEY-11
    recipient = ec.derive_private_key(5, CURVE)
    ours = PrivateKey.from_bytes((5).to_bytes(32, "big"))
    for scalar in range(1, 3_000):
        ephemeral = ec.derive_private_key(scalar, CURVE)
        if ephemeral.exchange(ec.ECDH(), recipient.public_key())[0] == 0:
            break
    else:
        raise AssertionError
    nonce = bytes(12)
    sealed = AESGCM(derive(ephemeral, public_bytes(recipient))).encrypt(nonce, b"x", None)
    blob = public_bytes(ephemeral) + nonce + sealed
    assert explain_open(ours, blob).shared_x[0] == 0
    assert open_envelope(ours, blob) == b"x"


def test_the_steps() -> None:
    secret = ec.generate_private_key(CURVE)
    ours = PrivateKey.from_bytes(secret.private_numbers().private_value.to_bytes(32, "big"))
    blob = their_seal(ours.public_key, b"text")
    steps = explain_open(ours, blob)
    assert steps.key == derive(secret, blob[:65])
    assert AESGCM(steps.key).encrypt(steps.nonce, b"text", None) == steps.ciphertext + steps.tag
