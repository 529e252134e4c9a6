"""Envelopes by `cryptography` (OpenSSL), `hmac` and nothing of the reference."""

from __future__ import annotations

import hmac
import re
from typing import Dict, Final, Tuple

import pytest

pytest.importorskip("cryptography", reason="the oracle is the package cryptography")
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.oracles.vectors.plain_request import RefusedError

__all__ = ["N", "open_text", "public_of", "read_public", "seal", "steps"]

CURVE: Final = ec.SECP256K1()
N: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
LONGEST: Final = 16 * 1024 * 1024


def private(raw: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(raw, "big"), CURVE)


def public_of(raw: bytes) -> bytes:
    """Return the public key of a private one, 65 bytes."""
    return private(raw).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def read_public(text: str) -> bytes:
    """Return the 65 bytes of a key of 128 or 130 digits."""
    form = re.fullmatch(r"(?:0[xX])?(?:04)?([0-9a-fA-F]{128})", text)
    if form is None:
        raise RefusedError("key", "form")
    raw = bytes.fromhex("04" + form.group(1))
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw)
    except ValueError:
        raise RefusedError("key", "point") from None
    return raw


def steps(secret: bytes, public: bytes, nonce: bytes) -> Dict[str, str]:
    """Return the intermediate values that do not depend on the text."""
    point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, public)
    shared = private(secret).exchange(ec.ECDH(), point)
    prk = hmac.digest(bytes(32), shared, "sha256")
    key = hmac.digest(prk, b"ecdsa_encryption\x01", "sha256")
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return {
        "nonce": nonce.hex(),
        "shared_x": shared.hex(),
        "prk": prk.hex(),
        "key": key.hex(),
        "hash_subkey": block.update(bytes(16)).hex(),
        "tag_mask": block.update(nonce + b"\0\0\0\1").hex(),
    }


def seal(recipient: bytes, ephemeral: bytes, nonce: bytes, text: str) -> str:
    """Return the envelope of a text."""
    try:
        plaintext = text.encode("utf-8")
    except UnicodeEncodeError:
        raise RefusedError("envelope", "surrogate") from None
    if 93 + len(plaintext) > LONGEST:
        raise RefusedError("envelope", "too-long")
    key = bytes.fromhex(steps(ephemeral, recipient, nonce)["key"])
    return (public_of(ephemeral) + nonce + AESGCM(key).encrypt(nonce, plaintext, None)).hex()


def open_text(secret: bytes, text: str) -> Tuple[str, Dict[str, str]]:
    """Return the text of an envelope, and the intermediate values."""
    if len(text) > 2 * LONGEST:
        raise RefusedError("envelope", "too-long")
    if len(text) % 2 or re.fullmatch("[0-9a-fA-F]*", text) is None:
        raise RefusedError("envelope", "hex")
    blob = bytes.fromhex(text)
    if len(blob) < 93:
        raise RefusedError("envelope", "too-short")
    prefix, nonce = blob[:65], blob[65:77]
    if prefix[0] != 4:
        raise RefusedError("envelope", "ephemeral-key")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, prefix)
    except ValueError:
        raise RefusedError("envelope", "ephemeral-key") from None
    mid = steps(secret, prefix, nonce)
    try:
        plaintext = AESGCM(bytes.fromhex(mid["key"])).decrypt(nonce, blob[77:], None)
    except InvalidTag:
        raise RefusedError("envelope", "tag") from None
    try:
        found = plaintext.decode("utf-8")
    except UnicodeDecodeError:
        raise RefusedError("envelope", "utf8") from None
    return found, {**mid, "ephemeral_public": prefix.hex(), "tag": blob[-16:].hex()}
