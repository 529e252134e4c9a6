"""The works of the primitives: ECDH on secp256k1, AES-256-GCM."""

from __future__ import annotations

import hashlib
from typing import Callable, List, Tuple

from bench.measure import OURS, Candidate, candidate, in_process
from bench.peers import ECDSA, OPENSSL, Peers
from venice_ref.crypto import gcm
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey, shared_secret

Maker = Callable[[Peers], Candidate]


def _number(label: str, modulus: int) -> int:
    """Return a fixed number that looks random."""
    return int.from_bytes(hashlib.sha256(label.encode("ascii")).digest(), "big") % modulus


SCALAR = _number("our side", SECP256K1.n)
OTHERS = 16
"""Different public keys of one table."""


# --- ECDH: a public key of 65 bytes in, the shared x of 32 bytes out ----------------------------


def _public_keys() -> List[bytes]:
    scalars = [_number(f"other side {index}", SECP256K1.n) for index in range(OTHERS)]
    return [PrivateKey.from_bytes(scalar.to_bytes(32, "big")).public_key for scalar in scalars]


def ecdh_ours(_: Peers) -> Candidate:
    """With the full validation of the public key."""
    secret = PrivateKey.from_bytes(SCALAR.to_bytes(32, "big"))
    return candidate(OURS, shared_secret, [(secret, public) for public in _public_keys()])


def ecdh_ecdsa(peers: Peers) -> Candidate:
    """`from_string` validates the point."""
    ecdsa = peers.package("ecdsa")
    parse, curve = ecdsa.VerifyingKey.from_string, ecdsa.SECP256k1

    def agree(public: bytes) -> bytes:
        x: int = (parse(public, curve=curve).pubkey.point * SCALAR).x()
        return int(x).to_bytes(32, "big")

    return candidate(ECDSA, agree, [(public,) for public in _public_keys()])


def ecdh_openssl(peers: Peers) -> Candidate:
    """`from_encoded_point` validates the point."""
    ec = peers.package("cryptography.hazmat.primitives.asymmetric.ec")
    curve, method = ec.SECP256K1(), ec.ECDH()
    secret = ec.derive_private_key(SCALAR, curve)
    parse = ec.EllipticCurvePublicKey.from_encoded_point

    def agree(public: bytes) -> bytes:
        shared: bytes = secret.exchange(method, parse(curve, public))
        return shared

    return candidate(OPENSSL, agree, [(public,) for public in _public_keys()])


UNIT = "unit: a*b % p"
UNIT_CALLS = 1000


def field_multiplication(peers: Peers) -> Candidate:
    """One multiplication in the field of the curve: the unit, and no candidate.

    A ratio of 1/1500 means that ours takes as long as 1,500 of these.  The numbers lie in local
    variables and eight products stand in one turn of the loop, so that little else is measured.
    """

    def multiply(a: int, b: int, p: int) -> None:
        for _ in range(UNIT_CALLS // 8):
            a * b % p, a * b % p, a * b % p, a * b % p
            a * b % p, a * b % p, a * b % p, a * b % p

    p = SECP256K1.p
    sample = in_process(multiply, [(_number("a", p), _number("b", p), p)], UNIT_CALLS)
    # A unit has nothing to compare: it says what the others say.
    return Candidate(UNIT, sample, ecdh_ours(peers).outcome)


# --- AES-256-GCM: a fresh key for each message --------------------------------------------------


def _messages(size: int) -> List[Tuple[bytes, bytes, bytes]]:
    count = 8 if size <= 1024 else 1
    keys = [hashlib.sha256(b"key %d" % index).digest() for index in range(count)]
    text = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    return [(key, key[:12], text) for key in keys]


def gcm_ours(size: int) -> Maker:
    """Key schedule included."""

    def make(_: Peers) -> Candidate:
        return candidate(OURS, gcm.seal, _messages(size))

    return make


def gcm_openssl(size: int) -> Maker:
    """Likewise."""

    def make(peers: Peers) -> Candidate:
        cipher = peers.package("cryptography.hazmat.primitives.ciphers.aead").AESGCM

        def seal(key: bytes, nonce: bytes, text: bytes) -> bytes:
            sealed: bytes = cipher(key).encrypt(nonce, text, None)
            return sealed

        return candidate(OPENSSL, seal, _messages(size))

    return make
