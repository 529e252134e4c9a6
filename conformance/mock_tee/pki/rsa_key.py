"""A TEST KEY for RSA, whose private part is public and stands here: it protects nothing.

NVIDIA's attestation service has one certificate with RSA, so the mock needs one key of that kind.
To find primes takes a second or two; the key is therefore a constant, the same for every seed.  It
signs any encoding, also wrong ones.  RFC 8017, 8.2.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from venice_ref.codec.der_encode import bit_string, integer, null, object_identifier, sequence
from venice_ref.pki.signatures import SHA256_WITH_RSA

__all__ = [
    "DIGEST_INFO",
    "SIZE",
    "D",
    "E",
    "N",
    "P",
    "Q",
    "RsaKey",
    "encode",
    "sign",
    "sign_encoding",
]

_RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"

P: Final = int(
    "db69355f9a4797a14d0e849fb123e292589d18700c8af81a7a989cc80304b8d17fba79c16d063ed9a5fef2ba"
    "fd9fe54c946dc93b0e7fffd4a7abafbc14566c9af165e946943d78c70500cc796f1e9e6a032c83230d569ce1"
    "874ec083524c3dda9d39a499d477220a8e30fbcca14d51ed5c78b2995d8f5c5b473816a4943917d5",
    16,
)
Q: Final = int(
    "d505b5af7db6fc4c7c5a2cb82ac82a47e7c62ebf56fa3c6ed6f1027bac7d088ba2f50d7935a7869d07e41d4e"
    "1ef679b25da931e0ce1b2e908b771029cd7092667a8e282d951199b9b480dbd8298558ff14bdb23f4305c239"
    "67ac8975176a7c2b669c3df78c6f20460e38aee12841a841d5b1e1e15b4b2b7dc0018121d35df595",
    16,
)
N: Final = P * Q
E: Final = 65537
D: Final = pow(E, -1, (P - 1) * (Q - 1))
SIZE: Final = 256

DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")


def encode(digest: bytes, *, info: bytes = DIGEST_INFO, size: int = SIZE) -> bytes:
    """Return the encoding of PKCS #1 v1.5 for a digest."""
    tail = b"\x00" + info + digest
    return b"\x00\x01" + b"\xff" * (size - len(tail) - 2) + tail


def sign_encoding(encoding: bytes) -> bytes:
    """Return the number whose power of e is `encoding`."""
    return pow(int.from_bytes(encoding, "big"), D, N).to_bytes(SIZE, "big")


def sign(message: bytes) -> bytes:
    """Return a signature of sha256WithRSAEncryption."""
    return sign_encoding(encode(hashlib.sha256(message).digest()))


class RsaKey(NamedTuple):
    """The key in the form of `authority.Key`; there is one."""

    n: int = N
    e: int = E

    @property
    def identifier(self) -> bytes:
        """SHA-256 of the modulus, cut to 20 bytes."""
        return hashlib.sha256(integer(self.n)).digest()[:20]

    @property
    def algorithm(self) -> bytes:
        """The AlgorithmIdentifier of its signatures."""
        return sequence(object_identifier(SHA256_WITH_RSA), null())

    @property
    def public_key_info(self) -> bytes:
        """The SubjectPublicKeyInfo in DER.  RFC 3279, 2.3.1."""
        numbers = sequence(integer(self.n), integer(self.e))
        return sequence(sequence(object_identifier(_RSA_ENCRYPTION), null()), bit_string(numbers))

    def sign_der(self, message: bytes) -> bytes:
        """Return the signature as it stands in a certificate."""
        return sign(message)
