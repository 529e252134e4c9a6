"""The vectors of keys and addresses, derived again without the reference.

Points come from `cryptography` (OpenSSL), texts from regular expressions, addresses from a Keccak
of our own that `hashlib` checks.  Every verdict is derived, none is taken from the file.
"""

from __future__ import annotations

import re
from typing import Final, Iterator, Tuple

import pytest

from conformance.vectors import Vector, find_folder, load_file
from tests.oracles.vectors.keccak import keccak_256

pytest.importorskip("cryptography", reason="the oracle is the package cryptography")
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

N: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

Verdict = Tuple[str, str]
"""The value of the output, or `reject` and the code."""


def vectors(name: str) -> Iterator[Vector]:
    folder = find_folder()
    found = load_file(folder / f"{name}.json", folder).vectors
    assert found
    yield from found


def expected(vector: Vector, name: str) -> Verdict:
    if vector.expect.verdict == "accept":
        assert set(vector.expect.out) == {name}
        return "accept", vector.expect.out[name]
    assert vector.expect.stage == "key"
    (reason,) = vector.expect.reasons
    return "reject", reason


def encoded(key: ec.EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint).hex()


def read_key(text: str) -> Verdict:
    form = re.fullmatch(r"(?:0[xX])?(?:04)?([0-9a-fA-F]{128})", text)
    if form is None:
        return "reject", "form"
    try:
        point = bytes.fromhex("04" + form.group(1))
        return "accept", encoded(
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), point)
        )
    except ValueError:
        return "reject", "point"


def test_model_keys() -> None:
    for vector in vectors("keys/parse"):
        assert read_key(vector.given["text"]) == expected(vector, "public"), vector.id


def test_public_keys() -> None:
    for vector in vectors("keys/public"):
        raw = bytes.fromhex(vector.given["private"])
        d = int.from_bytes(raw, "big")
        if len(raw) != 32 or not 0 < d < N:
            found = "reject", "scalar"
        else:
            found = "accept", encoded(ec.derive_private_key(d, ec.SECP256K1()).public_key())
        assert found == expected(vector, "public"), vector.id


def test_addresses() -> None:
    for vector in vectors("keys/address"):
        verdict, public = read_key(vector.given["public"])
        assert verdict == "accept"
        digest = keccak_256(bytes.fromhex(public[2:]))
        assert digest.hex() == vector.mid["hash"], vector.id
        assert ("accept", digest[12:].hex()) == expected(vector, "address"), vector.id


def read_address(text: str) -> Verdict:
    if re.fullmatch(r"0x[0-9a-fA-F]{40}", text) is None:
        return "reject", "address"
    lower = text[2:].lower()
    marks = keccak_256(lower.encode("ascii")).hex()
    right = "".join(c.upper() if int(m, 16) >= 8 else c for c, m in zip(lower, marks))
    if text[2:] in (lower, lower.upper(), right):
        return "accept", lower
    return "reject", "checksum"


def test_texts_of_addresses() -> None:
    for vector in vectors("keys/address_parse"):
        assert read_address(vector.given["text"]) == expected(vector, "address"), vector.id


def test_the_point_of_order_13() -> None:
    # Affine addition on y^2 = x^3 + 2 over the field of secp256k1.
    p = 2**256 - 2**32 - 977
    (vector,) = (v for v in vectors("keys/parse") if v.id.endswith("/point-order-13"))
    raw = bytes.fromhex(vector.given["text"])
    x1, y1 = start = int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big")
    assert (y1 * y1 - x1**3 - 2) % p == 0
    x, y = x1, y1
    for step in range(11):
        slope = (3 * x * x * pow(2 * y, -1, p) if step == 0 else (y - y1) * pow(x - x1, -1, p)) % p
        x, y = (nx := (slope * slope - x - x1) % p), (slope * (x1 - nx) - y1) % p
    assert (x, (-y) % p) == start  # twelve times the point is its negative
