"""Primitives: agreement, derivation, encryption, the hash of Ethereum, and signatures."""

from __future__ import annotations

import hashlib
from typing import Any, Callable, Dict, Final, Mapping, Tuple

from venice_ref.crypto import ecdsa, gcm, hkdf, rsa
from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.ecdh import PrivateKey, encode_point, shared_secret
from venice_ref.crypto.keccak import keccak_256
from venice_ref.crypto.weierstrass import Curve

__all__ = [
    "aead_open",
    "aead_seal",
    "ecdh_shared",
    "ecdsa_recover",
    "ecdsa_verify",
    "hash_keccak256",
    "kdf_derive",
    "rsa_verify",
]


def _sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _sha384(message: bytes) -> bytes:
    return hashlib.sha384(message).digest()


CURVES: Final[Mapping[str, Tuple[Curve, Callable[[bytes], bytes]]]] = {
    "P-256": (P256, _sha256),
    "P-384": (P384, _sha384),
    "secp256k1": (SECP256K1, keccak_256),
}
"""The curves, each with the one hash that it is used with."""


def ecdh_shared(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the shared secret of a private and a public key of 65 bytes."""
    private = PrivateKey.from_bytes(bytes.fromhex(given["private"]))
    return {"shared": shared_secret(private, bytes.fromhex(given["public"])).hex()}


def kdf_derive(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the output of HKDF-SHA256."""
    ikm, salt, info = (bytes.fromhex(given[name]) for name in ("ikm", "salt", "info"))
    okm = hkdf.derive(ikm, salt=salt, info=info, length=given["length"])
    return {"okm": okm.hex(), "mid": {"prk": hkdf.extract(salt, ikm).hex()}}


def aead_seal(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return ciphertext and tag of AES-256-GCM."""
    key, nonce, plaintext, aad = (
        bytes.fromhex(given[name]) for name in ("key", "nonce", "plaintext", "aad")
    )
    sealed = gcm.seal(key, nonce, plaintext, aad)
    return {
        "sealed": sealed.hex(),
        "mid": {
            "hash_subkey": gcm.hash_subkey(key).hex(),
            "tag_mask": gcm.tag_mask(key, nonce).hex(),
        },
    }


def aead_open(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the plaintext of ciphertext and tag of AES-256-GCM."""
    key, nonce, sealed, aad = (
        bytes.fromhex(given[name]) for name in ("key", "nonce", "sealed", "aad")
    )
    return {"plaintext": gcm.unseal(key, nonce, sealed, aad).hex()}


def hash_keccak256(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the Keccak-256 of a message."""
    return {"digest": keccak_256(bytes.fromhex(given["message"])).hex()}


def ecdsa_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Verify r and s, of equal length one after the other, under an uncompressed point."""
    curve, hash_of = CURVES[given["curve"]]
    public = bytes.fromhex(given["public"])
    digest = hash_of(bytes.fromhex(given["message"]))
    r, s = _halves(bytes.fromhex(given["signature"]))
    ecdsa.verify(curve, _halves(public[1:]), digest, r, s, rule="KEY-18")
    return {"mid": {"digest": digest.hex()}}


def ecdsa_recover(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the public key on secp256k1 that made a signature of a message under Keccak-256."""
    digest = keccak_256(bytes.fromhex(given["message"]))
    r, s = _halves(bytes.fromhex(given["signature"]))
    Q = ecdsa.recover(SECP256K1, digest, r, s, given["recovery_id"], rule="KEY-20")
    return {"public": encode_point(Q).hex(), "mid": {"digest": digest.hex()}}


def rsa_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Verify a signature of PKCS #1 v1.5 with SHA-256."""
    digest = _sha256(bytes.fromhex(given["message"]))
    signature = bytes.fromhex(given["signature"])
    rsa.verify_pkcs1v15_sha256(
        int(given["modulus"], 16), given["exponent"], digest, signature, rule="KEY-21"
    )
    return {"mid": {"digest": digest.hex()}}


def _halves(raw: bytes) -> Tuple[int, int]:
    """Return the two big-endian numbers of equal length that a byte string holds."""
    half = len(raw) // 2
    return int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
