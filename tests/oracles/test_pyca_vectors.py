"""Vectors that the package `cryptography-vectors` carries: NIST's, RFC 5869's, secp256k1, Ed25519.

They are data that other implementations are tested with.  Without the package everything here is
skipped.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path
from typing import Dict, Final, Iterator, List, Tuple

import pytest

from tests.oracles.third_party import count_of
from venice_ref.crypto import ecdsa, ed25519, gcm, hkdf, rsa
from venice_ref.crypto.curves import P256, P384, SECP256K1
from venice_ref.crypto.weierstrass import Curve, generator, is_on_curve, multiply
from venice_ref.errors import DecryptError, MalformedError, SignatureError

_package = pytest.importorskip(
    "cryptography_vectors", reason="the vectors are in the package cryptography-vectors"
)
ROOT: Final = Path(_package.__file__).parent
ECDSA: Final = "asymmetric/ECDSA/FIPS_186-3"
CURVES: Final = {"P-256": P256, "P-384": P384, "K-256": SECP256K1}
HASHES: Final = {
    "SHA-1": "sha1",
    "SHA-224": "sha224",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}

_HEADER: Final = re.compile(r"\[(.+)\]\Z")
_FIELD: Final = re.compile(r"([A-Za-z]\w*) *= *(.*)\Z")


def records(path: str, first: str) -> Iterator[Tuple[Dict[str, str], Dict[str, str]]]:
    """Yield (section, fields) of a response file; a record begins with the field `first`.

    A section is what the lines in brackets directly above each other say; `[P-256,SHA-1]` has the
    name itself as its only field, a line that is one word has the empty value.
    """
    section: Dict[str, str] = {}
    fields: Dict[str, str] = {}
    in_header = False
    for line in map(str.strip, (ROOT / path).read_text(encoding="utf-8").splitlines()):
        header, field = _HEADER.match(line), _FIELD.match(line)
        starts = field is not None and field.group(1) == first
        if fields and (header or starts):
            yield section, fields
            fields = {}
        if header:
            section = dict(section) if in_header else {}
            name, _, value = header.group(1).partition(" = ")
            section[name.strip()] = value.strip()
        elif starts or (field and fields):
            assert field is not None
            fields[field.group(1)] = field.group(2).strip()
        elif line and fields and not line.startswith("#"):
            fields[line] = ""
        if line:
            in_header = header is not None
    if fields:
        yield section, fields


def unhex(fields: Dict[str, str], *names: str) -> List[bytes]:
    return [bytes.fromhex(fields[name]) for name in names]


def test_aes_256_gcm() -> None:
    counted: Counter[str] = Counter()
    for path in ("Decrypt", "EncryptExtIV"):
        for section, fields in records(f"ciphers/AES/GCM/gcm{path}256.rsp", "Count"):
            if section["IVlen"] != "96" or section["Taglen"] != "128":
                continue
            key, nonce, ciphertext, aad, tag = unhex(fields, "Key", "IV", "CT", "AAD", "Tag")
            if "FAIL" in fields:
                counted["refused"] += 1
                with pytest.raises(DecryptError):
                    gcm.unseal(key, nonce, ciphertext + tag, aad)
                continue
            counted["accepted"] += 1
            (plaintext,) = unhex(fields, "PT")
            assert gcm.unseal(key, nonce, ciphertext + tag, aad) == plaintext
            assert gcm.seal(key, nonce, plaintext, aad) == ciphertext + tag
    assert counted == count_of("gcm-nist")


def test_hkdf() -> None:
    counted = {"accepted": 0, "refused": 0}
    for name in ("rfc-5869-HKDF-SHA256", "hkdf-generated"):
        for _, fields in records(f"KDF/{name}.txt", "COUNT"):
            assert fields["Hash"] == "SHA-256"
            ikm, salt, info, okm = unhex(fields, "IKM", "salt", "info", "OKM")
            if "PRK" in fields:
                assert hkdf.extract(salt, ikm).hex() == fields["PRK"]
            assert hkdf.derive(ikm, salt=salt, info=info, length=int(fields["L"])) == okm
            counted["accepted"] += 1
    assert counted == count_of("hkdf-rfc")


def _signed(path: str) -> Iterator[Tuple[Curve, Tuple[int, int], bytes, int, int, Dict[str, str]]]:
    for section, fields in records(path, "Msg"):
        (name,) = section
        curve, _, hash_name = name.partition(",")
        if curve in CURVES and hash_name in HASHES:
            Q, r, s = ((int(fields["Qx"], 16), int(fields["Qy"], 16)),
                       int(fields["R"], 16), int(fields["S"], 16))  # fmt: skip
            digest = hashlib.new(HASHES[hash_name], bytes.fromhex(fields["Msg"])).digest()
            yield CURVES[curve], Q, digest, r, s, fields


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("asymmetric/ECDSA/SECP256K1/SigGen.txt", "ecdsa-secp256k1"),
        (f"{ECDSA}/SigGen.txt", "ecdsa-siggen-nist"),
        (f"{ECDSA}/SigVer.rsp", "ecdsa-sigver-nist-pyca"),
    ],
)
def test_ecdsa(path: str, source: str) -> None:
    counted = {"accepted": 0, "refused": 0}
    for curve, Q, digest, r, s, fields in _signed(path):
        if fields.get("Result", "P").startswith("P"):
            ecdsa.verify(curve, Q, digest, r, s)
            if len(digest) == 32 and curve is SECP256K1:
                assert Q in [ecdsa.recover(curve, digest, r, s, v) for v in range(2)]
            counted["accepted"] += 1
        else:
            with pytest.raises(SignatureError):
                ecdsa.verify(curve, Q, digest, r, s)
            counted["refused"] += 1
    assert counted == count_of(source)


def test_key_pairs() -> None:
    counted = {"accepted": 0, "refused": 0}
    for section, fields in records(f"{ECDSA}/KeyPair.rsp", "d"):
        curve = next((CURVES[name] for name in section if name in CURVES), None)
        if curve is not None:
            Q = multiply(curve, int(fields["d"], 16), generator(curve))
            assert (int(fields["Qx"], 16), int(fields["Qy"], 16)) == Q
            counted["accepted"] += 1
    assert counted == count_of("keypair-nist")


def test_validation_of_points() -> None:
    counted = {"accepted": 0, "refused": 0}
    for section, fields in records(f"{ECDSA}/PKV.rsp", "Qx"):
        curve = next((CURVES[name] for name in section if name in CURVES), None)
        if curve is not None:
            point = int(fields["Qx"], 16), int(fields["Qy"], 16)
            valid = fields["Result"].startswith("P")
            assert is_on_curve(curve, point) == valid
            counted["accepted" if valid else "refused"] += 1
    assert counted == count_of("pkv-nist")


def test_rsa() -> None:
    counted = {"accepted": 0, "refused": 0}
    for name in ("FIPS_186-2/SigVer15_186-3.rsp", "SigVer15EMTest.txt"):
        for section, fields in _rsa_records(f"asymmetric/RSA/{name}"):
            n = int(fields["n"], 16)
            e = int(fields["e"], 16)
            if fields["SHAAlg"] != "SHA256" or n.bit_length() < rsa.MIN_BITS:
                continue
            assert int(section["mod"]) == n.bit_length()
            size = (n.bit_length() + 7) // 8
            signature = int(fields["S"], 16).to_bytes(size, "big")
            digest = hashlib.sha256(bytes.fromhex(fields["Msg"])).digest()
            if e != rsa.EXPONENT:  # most keys there: refused, whatever the signature
                with pytest.raises(MalformedError):
                    rsa.verify_pkcs1v15_sha256(n, e, digest, signature)
            elif fields["Result"].startswith("P"):
                rsa.verify_pkcs1v15_sha256(n, e, digest, signature)
                counted["accepted"] += 1
            else:
                with pytest.raises(SignatureError):
                    rsa.verify_pkcs1v15_sha256(n, e, digest, signature)
                counted["refused"] += 1
    assert counted == count_of("rsa-nist")


def _rsa_records(path: str) -> Iterator[Tuple[Dict[str, str], Dict[str, str]]]:
    """Yield the records of a file whose modulus stands above several of them."""
    n = ""
    for section, fields in _flat(path):
        n = fields.get("n", n)
        if "SHAAlg" in fields:
            yield section, {**fields, "n": n}


def _flat(path: str) -> Iterator[Tuple[Dict[str, str], Dict[str, str]]]:
    section: Dict[str, str] = {}
    for block in re.split(r"\n\s*\n", (ROOT / path).read_text(encoding="utf-8")):
        fields = dict(re.findall(r"^(\w+) *= *(.*?) *$", block, re.MULTILINE))
        found = re.search(r"^\[mod = (\d+)\]", block, re.MULTILINE)
        if found:
            section = {"mod": found.group(1)}
        yield section, fields


def test_ed25519() -> None:
    counted = {"accepted": 0, "refused": 0}
    lines = (ROOT / "asymmetric/Ed25519/sign.input").read_text(encoding="ascii").splitlines()
    for line in lines[::4]:  # each takes 2 ms
        _, public, message, signed, _ = line.split(":")
        signature = bytes.fromhex(signed[:128])
        ed25519.verify(bytes.fromhex(public), bytes.fromhex(message), signature)
        counted["accepted"] += 1
    assert counted == count_of("ed25519-authors")
