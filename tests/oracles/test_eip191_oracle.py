"""Signatures of texts against libraries that share no code with this one."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.samples import ADDRESS, KEY, SECRET
from venice_ref.crypto.curves import SECP256K1
from venice_ref.receipts.signature import recover_signer, sign_text, signed_digest

TEXTS = ["", "a", "m:" + "0" * 64 + ":" + "f" * 64, "caf\u00e9 \u2665", "x" * 1000]
SECRET_BYTES = SECRET.to_bytes()


def curve_of_ecdsa() -> Any:
    return pytest.importorskip("ecdsa", reason="the package ecdsa is not installed")


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_signed_here_verifies_there(text: str) -> None:
    pytest.importorskip("cryptography", reason="the package cryptography is not installed")
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    raw = bytes.fromhex(sign_text(SECRET, text)[2:])
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), KEY)
    public.verify(
        utils.encode_dss_signature(r, s), signed_digest(text), ec.ECDSA(utils.Prehashed(SHA256()))
    )


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_signature_as_there(text: str) -> None:
    ecdsa = curve_of_ecdsa()
    secret = ecdsa.SigningKey.from_string(SECRET_BYTES, curve=ecdsa.SECP256k1)
    theirs = secret.sign_digest_deterministic(
        signed_digest(text), hashfunc=hashlib.sha256, sigencode=ecdsa.util.sigencode_string_canonize
    )
    assert sign_text(SECRET, text)[2:-2] == theirs.hex()


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_signed_there_with_random_nonces_is_recovered_here(text: str) -> None:
    ecdsa = curve_of_ecdsa()
    secret = ecdsa.SigningKey.from_string(SECRET_BYTES, curve=ecdsa.SECP256k1)
    for _ in range(3):
        raw = secret.sign_digest(
            signed_digest(text), sigencode=ecdsa.util.sigencode_string_canonize
        )
        assert int.from_bytes(raw[32:], "big") <= SECP256K1.n // 2
        signers = {recover_signer(text, raw.hex() + v) for v in ("1b", "1c")}
        assert ADDRESS in signers
        assert len(signers) == 2
