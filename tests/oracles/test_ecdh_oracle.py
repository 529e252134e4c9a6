"""Keys and shared secrets against two implementations that share no code with this one."""

from __future__ import annotations

import random
from typing import List

import pytest

from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey, parse_public_key, shared_secret
from venice_ref.errors import MalformedError

N = SECP256K1.n


def scalars() -> List[int]:
    draw = random.Random("ecdh")
    edges = [1, 2, 3, 255, 2**128, 2**255, N // 2, N - 3, N - 2, N - 1]
    return edges + [draw.randrange(1, N) for _ in range(30)]


def key(scalar: int) -> PrivateKey:
    return PrivateKey.from_bytes(scalar.to_bytes(32, "big"))


def test_against_openssl() -> None:
    reason = "the independent implementation `cryptography` is not installed"
    ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec", reason=reason)
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    curve = ec.SECP256K1()
    peer = ec.derive_private_key(0xC0FFEE, curve)
    point = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    peer_public = peer.public_key().public_bytes(*point)
    for scalar in scalars():
        theirs = ec.derive_private_key(scalar, curve)
        ours = key(scalar)
        assert ours.public_key == theirs.public_key().public_bytes(*point)
        assert parse_public_key(ours.public_key) == ours.public_key
        secret = theirs.exchange(ec.ECDH(), peer.public_key())
        assert shared_secret(ours, peer_public) == secret
        assert shared_secret(key(0xC0FFEE), ours.public_key) == secret


def test_openssl_refuses_what_we_refuse() -> None:
    reason = "the independent implementation `cryptography` is not installed"
    ec = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ec", reason=reason)
    draw = random.Random("refusals")
    good = key(0xC0FFEE).public_key
    for _ in range(300):
        raw = bytearray(good)
        raw[draw.randrange(1, 65)] ^= draw.randrange(1, 256)
        if draw.random() < 0.2:
            raw[1:33] = (SECP256K1.p + draw.randrange(977)).to_bytes(32, "big")
        with pytest.raises(MalformedError):
            parse_public_key(bytes(raw))
        with pytest.raises(ValueError):
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), bytes(raw))


def test_against_ecdsa() -> None:
    ecdsa = pytest.importorskip(
        "ecdsa", reason="the independent implementation `ecdsa` is not installed"
    )
    peer = ecdsa.SigningKey.from_secret_exponent(0xC0FFEE, ecdsa.SECP256k1)
    peer_public = peer.verifying_key.to_string("uncompressed")
    for scalar in scalars():
        theirs = ecdsa.SigningKey.from_secret_exponent(scalar, ecdsa.SECP256k1)
        ours = key(scalar)
        assert ours.public_key == theirs.verifying_key.to_string("uncompressed")
        exchange = ecdsa.ECDH(ecdsa.SECP256k1, theirs, peer.verifying_key)
        assert shared_secret(ours, peer_public) == exchange.generate_sharedsecret_bytes()
