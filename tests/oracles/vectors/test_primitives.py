"""The vectors of the primitives, derived again with `cryptography`, `ecdsa` and `hashlib`.

Every output and every verdict is derived, none is taken from the files.  What no library offers,
the recovery of a key, is done with the points of `ecdsa`.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Dict, Final, Iterator, List, Optional, Tuple

import pytest

from conformance.vectors import Vector, find_folder, load_file
from tests.oracles.vectors.keccak import keccak_256, sponge

pytest.importorskip("cryptography", reason="the oracle is the package cryptography")
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ecdsa = pytest.importorskip("ecdsa", reason="the oracle of points is the package ecdsa")

K1: Final = ec.SECP256K1()
CURVES: Final[Dict[str, Tuple[ec.EllipticCurve, Any, Any]]] = {
    "P-256": (ec.SECP256R1(), hashes.SHA256(), lambda m: hashlib.sha256(m).digest()),
    "P-384": (ec.SECP384R1(), hashes.SHA384(), lambda m: hashlib.sha384(m).digest()),
    "secp256k1": (K1, hashes.SHA256(), keccak_256),
}


def vectors(name: str) -> Iterator[Vector]:
    folder = find_folder()
    found = load_file(folder / f"primitives/{name}.json", folder).vectors
    assert found
    yield from found


def unhex(vector: Vector, *names: str) -> List[bytes]:
    return [bytes.fromhex(vector.given[name]) for name in names]


def shared(d: bytes, public: bytes) -> bytes:
    private = ec.derive_private_key(int.from_bytes(d, "big"), K1)
    return private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(K1, public))


def test_ecdh() -> None:
    for vector in vectors("ecdh"):
        d, public = unhex(vector, "private", "public")
        if vector.expect.verdict == "accept":
            assert vector.expect.out == {"shared": shared(d, public).hex()}, vector.id
        else:
            assert vector.expect.reasons == ("point",)
            with pytest.raises(ValueError, match=r"(?i)point|key|invalid"):
                shared(d, public)


def derive(ikm: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(ikm)


def test_hkdf() -> None:
    for vector in vectors("kdf"):
        ikm, salt, info = unhex(vector, "ikm", "salt", "info")
        okm = derive(ikm, salt, info, vector.given["length"])
        assert vector.expect.out == {"okm": okm.hex()}, vector.id
        assert vector.mid["prk"] == hmac.new(salt, ikm, "sha256").hexdigest(), vector.id


def block(key: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(data)  # one block


def test_aes_gcm() -> None:
    for vector in vectors("aead_seal"):
        key, nonce, plaintext, aad = unhex(vector, "key", "nonce", "plaintext", "aad")
        sealed = AESGCM(key).encrypt(nonce, plaintext, aad)
        assert vector.expect.out == {"sealed": sealed.hex()}, vector.id
        assert vector.mid["hash_subkey"] == block(key, bytes(16)).hex()
        assert vector.mid["tag_mask"] == block(key, nonce + b"\0\0\0\1").hex()
    for vector in vectors("aead_open"):
        key, nonce, sealed, aad = unhex(vector, "key", "nonce", "sealed", "aad")
        if vector.expect.verdict == "accept":
            plaintext = AESGCM(key).decrypt(nonce, sealed, aad)
            assert vector.expect.out == {"plaintext": plaintext.hex()}, vector.id
        else:
            with pytest.raises((InvalidTag, ValueError)):
                AESGCM(key).decrypt(nonce, sealed, aad)


def test_keccak_256() -> None:
    for vector in vectors("keccak256"):
        (message,) = unhex(vector, "message")
        assert vector.expect.out == {"digest": keccak_256(message).hex()}, vector.id


# --- Signatures ---------------------------------------------------------------------------------


def _key(curve: ec.EllipticCurve, raw: bytes) -> Optional[ec.EllipticCurvePublicKey]:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, raw)
    except ValueError:
        return None


def _halves(raw: bytes) -> Tuple[int, int]:
    half = len(raw) // 2
    return int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")


def test_ecdsa() -> None:
    for vector in vectors("ecdsa_verify"):
        curve, algorithm, hash_of = CURVES[vector.given["curve"]]
        public, message, signature = unhex(vector, "public", "message", "signature")
        digest = hash_of(message)
        key = _key(curve, public)
        found = "point"
        if key is not None:
            der = utils.encode_dss_signature(*_halves(signature))
            try:
                key.verify(der, digest, ec.ECDSA(utils.Prehashed(algorithm)))
                found = ""
            except InvalidSignature:
                found = "signature"
        assert (found,) == (vector.expect.reasons or ("",)), vector.id
        if vector.mid:
            assert vector.mid["digest"] == digest.hex(), vector.id


G: Final = ecdsa.SECP256k1.generator
N: Final = int(ecdsa.SECP256k1.order)
P: Final = 2**256 - 2**32 - 977


def recover(digest: bytes, r: int, s: int, v: int) -> Optional[bytes]:
    if not (0 < r < N and 0 < s < N):
        return None
    x = r + N * (v >> 1)
    square = (x**3 + 7) % P
    y = pow(square, (P + 1) // 4, P)
    if x >= P or y * y % P != square:
        return None
    if y % 2 != v % 2:
        y = P - y
    R = ecdsa.ellipticcurve.PointJacobi(ecdsa.SECP256k1.curve, x, y, 1, N)
    w = pow(r, -1, N)
    Q = R.mul_add(s * w % N, G, -int.from_bytes(digest, "big") * w % N)
    if Q == ecdsa.ellipticcurve.INFINITY:
        return None
    return b"\x04" + int(Q.x()).to_bytes(32, "big") + int(Q.y()).to_bytes(32, "big")


def test_recovery() -> None:
    for vector in vectors("ecdsa_recover"):
        message, signature = unhex(vector, "message", "signature")
        digest, (r, s) = keccak_256(message), _halves(signature)
        public = recover(digest, r, s, vector.given["recovery_id"])
        if vector.expect.verdict == "reject":
            assert public is None, vector.id
            continue
        assert public is not None
        assert vector.expect.out == {"public": public.hex()}, vector.id
        assert vector.mid["digest"] == digest.hex()
        key = _key(K1, public)  # and it is a key of this signature
        assert key is not None
        prehashed = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
        key.verify(utils.encode_dss_signature(r, s), digest, prehashed)


def test_rsa() -> None:
    for vector in vectors("rsa_verify"):
        modulus, message, signature = unhex(vector, "modulus", "message", "signature")
        numbers = rsa.RSAPublicNumbers(vector.given["exponent"], int.from_bytes(modulus, "big"))
        try:
            numbers.public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
            found = "accept"
        except InvalidSignature:
            found = "reject"
        assert found == vector.expect.verdict, vector.id


# --- Accumulated --------------------------------------------------------------------------------


class Stream:
    def __init__(self, seed: str) -> None:
        self.seed = seed.encode()
        self.blocks: List[bytes] = []
        self.at = 0

    def draw(self, size: int) -> bytes:
        while 32 * len(self.blocks) < self.at + size:
            number = len(self.blocks).to_bytes(8, "big")
            self.blocks.append(hashlib.sha256(self.seed + number).digest())
        first, last = self.at // 32, -(-(self.at + size) // 32)
        taken = b"".join(self.blocks[first:last])[self.at % 32 :][:size]
        self.at += size
        return taken

    def scalar(self) -> int:
        return int.from_bytes(self.draw(32), "big") % (N - 1) + 1


def public_of(d: int) -> bytes:
    key = ec.derive_private_key(d, K1).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def one(primitive: str, m: int, stream: Stream) -> bytes:
    draw = stream.draw
    if primitive == "hash.keccak256":
        return sponge(draw(m), 0x01)
    if primitive == "kdf.derive":
        ikm, salt, info = draw(32), draw(m % 80), draw(m % 48)
        return derive(ikm, salt, info, 1 + m % 128)
    if primitive == "aead.seal":
        key, nonce, aad, plaintext = draw(32), draw(12), draw(m % 40), draw(m)
        return AESGCM(key).encrypt(nonce, plaintext, aad)
    if primitive == "ecdh.shared":
        d, e = stream.scalar(), stream.scalar()
        return shared(d.to_bytes(32, "big"), public_of(e))
    if primitive == "key.address":
        return keccak_256(public_of(stream.scalar())[1:])[12:]
    assert primitive == "ecdsa.recover"
    digest, r, s = draw(32), draw(32), draw(32)
    numbers = int.from_bytes(r, "big"), int.from_bytes(s, "big")
    return recover(digest, *numbers, m % 2) or b"\0"


@pytest.mark.parametrize("vector", list(vectors("accumulated")), ids=lambda vector: vector.id)
def test_accumulated(vector: Vector) -> None:
    given = vector.given
    stream, total = Stream(given["seed"]), hashlib.sha256()
    for m in range(given["first"], given["first"] + given["count"]):
        total.update(one(given["primitive"], m, stream))
    assert vector.expect.out == {"digest": total.hexdigest()}
