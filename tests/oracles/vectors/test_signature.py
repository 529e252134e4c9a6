"""The vectors of response signatures, by code that shares nothing with the reference.

The points are those of the package `ecdsa`, the hash is a Keccak that was written for this folder,
and `cryptography` verifies each accepted signature under the recovered key once more.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Dict, Final, Iterator, List, Optional, Tuple

import pytest

from conformance.vectors import Vector, find_folder, load_file
from tests.oracles.vectors.plain_keccak import keccak_256

ecdsa = pytest.importorskip("ecdsa", reason="the independent package ecdsa is not installed")

CURVE: Final = ecdsa.SECP256k1
N: Final = CURVE.order
PARITY: Final = {0: 0, 1: 1, 27: 0, 28: 1}
DEEPEST: Final = 32


class RefusedError(Exception):
    """With the code."""


def vectors() -> Iterator[Vector]:
    folder = find_folder()
    yield from load_file(folder / "signature" / "verify.json", folder).vectors


def require(condition: object, code: str) -> None:
    if not condition:
        raise RefusedError(code)


# --- The answer ---------------------------------------------------------------------------------


def members_of(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    require(len({name for name, _ in pairs}) == len(pairs), "answer")
    return dict(pairs)


def refuse_constant(_: str) -> Any:
    raise RefusedError("answer")


def depth_of(value: Any) -> int:
    if isinstance(value, (dict, list)):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth_of, inner), default=0)
    return 0


def answer_of(body: str) -> Dict[str, Any]:
    require(not body.startswith("\ufeff"), "answer")
    try:
        answer = json.loads(body, object_pairs_hook=members_of, parse_constant=refuse_constant)
        json.dumps(answer, ensure_ascii=False).encode("utf-8")
    except ValueError:
        raise RefusedError("answer") from None
    require(isinstance(answer, dict) and depth_of(answer) <= DEEPEST, "answer")
    found = {name: value for name, value in answer.items() if value is not None}
    for name in ("text", "signing_address", "signing_algo", "model", "upstream_model"):
        require(isinstance(found.get(name, ""), str), "answer")
    return found


# --- The signature ------------------------------------------------------------------------------


def point_of(x: int, parity: int) -> Optional[Any]:
    p = CURVE.curve.p()
    square = (pow(x, 3, p) + 7) % p
    y = pow(square, (p + 1) // 4, p)
    if x >= p or y * y % p != square:
        return None
    return ecdsa.ellipticcurve.Point(CURVE.curve, x, y if y & 1 == parity else p - y, N)


def key_of(digest: bytes, signature: str) -> Any:
    require(re.fullmatch("(0[xX])?[0-9a-fA-F]{130}", signature), "form")
    raw = bytes.fromhex(signature[-130:])
    r, s, v = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"), raw[64]
    require(v in PARITY, "form")
    require(0 < r < N and 0 < s <= (N - 1) // 2, "range")
    point = point_of(r, PARITY[v])
    require(point is not None, "range")
    inverse = pow(r, -1, N)
    e = int.from_bytes(digest, "big")
    key = point * (s * inverse % N) + CURVE.generator * (-e * inverse % N)
    require(key != ecdsa.ellipticcurve.INFINITY, "range")
    return key


def bytes_of(key: Any) -> bytes:
    return int(key.x()).to_bytes(32, "big") + int(key.y()).to_bytes(32, "big")


def check_again(key: Any, digest: bytes, signature: str) -> None:
    """Verify once more by `cryptography`, where it is installed."""
    pytest.importorskip("cryptography", reason="the package cryptography is not installed")
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    raw = bytes.fromhex(signature[-130:])
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), b"\4" + bytes_of(key))
    public.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(SHA256())))


def is_address(text: str, expected: bytes) -> bool:
    if re.fullmatch("0x[0-9a-fA-F]{40}", text) is None or bytes.fromhex(text[2:]) != expected:
        return False
    digits = text[2:]
    marks = keccak_256(digits.lower().encode()).hex()
    checksum = "".join(
        digit.upper() if mark in "89abcdef" else digit for digit, mark in zip(digits.lower(), marks)
    )
    return digits in (digits.lower(), digits.upper(), checksum)


# --- The verdict --------------------------------------------------------------------------------


def judge(given: Any) -> Tuple[Dict[str, Any], bytes]:
    """Return the output and the digest."""
    answer = answer_of(given["answer"])
    require({"text", "signature"} <= answer.keys(), "missing")
    require(answer.get("signing_algo", "ecdsa") == "ecdsa", "algorithm")
    signature = answer["signature"]
    if isinstance(signature, dict):
        signature = signature.get("value")
    require(isinstance(signature, str), "answer")
    raw = answer["text"].encode("utf-8")
    require(len(raw) <= 4096, "text")
    digest = keccak_256(b"\x19Ethereum Signed Message:\n" + str(len(raw)).encode() + raw)
    key = key_of(digest, signature)
    address = keccak_256(bytes_of(key))[12:]
    require(address.hex() == given["address"], "signer")
    check_again(key, digest, signature)
    require(is_address(answer.get("signing_address", "0x" + address.hex()), address), "address")
    shape = re.fullmatch("(?s:(.+):)?([0-9a-fA-F]{64}):([0-9a-fA-F]{64})", answer["text"])
    require(shape, "text")
    assert shape is not None
    model, first, second = shape.groups()
    require(model is None or model in given["models"], "model")
    bodies = "request" in given and "response" in given
    if bodies:
        for name, expected in (("request", first), ("response", second)):
            found = hashlib.sha256(bytes.fromhex(given[name])).hexdigest()
            require(found == expected.lower(), "transcript")
    return {
        "model": model,
        "request_hash": first.lower(),
        "response_hash": second.lower(),
        "transcript_verified": bodies,
    }, digest


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector.id)
def test_the_verdict_and_what_is_read(vector: Vector) -> None:
    if vector.expect.verdict == "accept":
        out, digest = judge(vector.given)
        assert out == vector.expect.out
        assert digest.hex() == vector.mid["digest"]
        return
    with pytest.raises(RefusedError) as caught:
        judge(vector.given)
    assert vector.expect.stage == "signature"
    assert str(caught.value) in vector.expect.reasons


def test_the_hash_is_keccak_256() -> None:
    assert keccak_256(b"").hex() == (
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )
