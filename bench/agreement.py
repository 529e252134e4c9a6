"""The work of Diffie-Hellman: ECDH on secp256k1, and what one multiplication in its field takes."""

from __future__ import annotations

import hashlib
from typing import List

from bench.measure import OURS, Candidate, candidate, in_process
from bench.peers import COINCURVE, ECDSA, ETH_KEYS, OPENSSL, Peers
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey, shared_secret


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


def ecdh_coincurve(peers: Peers) -> Candidate:
    """The constructor validates the point."""
    parse = peers.package("coincurve").PublicKey
    secret = SCALAR.to_bytes(32, "big")

    def agree(public: bytes) -> bytes:
        shared: bytes = parse(public).multiply(secret).format(compressed=False)
        return shared[1:33]

    return candidate(COINCURVE, agree, [(public,) for public in _public_keys()])


def ecdh_eth_keys(peers: Peers) -> Candidate:
    """Its multiplication alone: it does not ask whether the point is on the curve."""
    multiply = peers.package("eth_keys.backends.native.jacobian").fast_multiply

    def agree(public: bytes) -> bytes:
        point = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
        x: int = multiply(point, SCALAR)[0]
        return x.to_bytes(32, "big")

    return candidate(ETH_KEYS, agree, [(public,) for public in _public_keys()])


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
