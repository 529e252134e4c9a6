"""AES-256-GCM and HKDF against `cryptography` (OpenSSL)."""

from __future__ import annotations

import random
from typing import List

import pytest

from venice_ref.crypto import aes, aes_planes, gcm, ghash, hkdf
from venice_ref.crypto.twins import textbook_only
from venice_ref.errors import DecryptError

pytest.importorskip("cryptography", reason="the oracle is the package `cryptography`")

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def _agree(source: random.Random, size: int, aad_size: int = 0) -> None:
    key, nonce = source.randbytes(32), source.randbytes(12)
    plaintext, aad = source.randbytes(size), source.randbytes(aad_size)
    sealed = AESGCM(key).encrypt(nonce, plaintext, aad)
    assert gcm.seal(key, nonce, plaintext, aad) == sealed
    assert gcm.unseal(key, nonce, sealed, aad) == plaintext


def test_every_short_length() -> None:
    source = random.Random(1)
    for size in range(201):
        _agree(source, size)


def test_associated_data_of_every_short_length() -> None:
    source = random.Random(2)
    for size in range(50):
        _agree(source, source.randrange(40), size)


def _around(blocks: int) -> List[int]:
    return [16 * (blocks + change) + byte for change in (-1, 0, 1) for byte in (-1, 0, 1)]


# The cipher also takes the zero block and J0, the hash the block of lengths.
CROSSOVERS = sorted(
    {
        *_around(aes._FEW - 2),
        *_around(2 * aes._FEW - 2),
        *_around(ghash._LONG - 1),
        *_around(127),  # 32 lanes, then 64
        *_around(511),  # 64 lanes, then 128
        *_around(aes_planes.FEWEST - 2),
        *_around(ghash._VERY_LONG - 1),
    }
)


@pytest.mark.parametrize("size", CROSSOVERS)
def test_around_each_crossover(size: int) -> None:
    _agree(random.Random(size), size)


@pytest.mark.parametrize("size", [*_around(aes._BATCH - 2), 65536, 2 * 65536 + 5])
@pytest.mark.skipif(textbook_only, reason="the textbook takes seconds for each of these")
def test_batches(size: int) -> None:
    _agree(random.Random(size), size)


@pytest.mark.skipif(textbook_only, reason="the textbook takes half a minute for this")
def test_a_megabyte() -> None:
    _agree(random.Random(3), 1 << 20)
    assert aes_planes._MOST < (1 << 20) // 16  # more than one run of planes


def test_both_refuse_the_same_forgeries() -> None:
    source = random.Random(4)
    key, nonce = source.randbytes(32), source.randbytes(12)
    sealed = gcm.seal(key, nonce, b"Hello")
    for bit in range(8 * len(sealed)):
        forged = bytearray(sealed)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidTag):
            AESGCM(key).decrypt(nonce, bytes(forged), b"")
        with pytest.raises(DecryptError):
            gcm.unseal(key, nonce, bytes(forged))


def test_the_block_cipher_alone() -> None:
    source = random.Random(5)
    for count in (1, 2, 16, 17, 80):
        key, blocks = source.randbytes(32), source.randbytes(16 * count)
        encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        expected = encryptor.update(blocks) + encryptor.finalize()
        assert aes.encrypt_blocks(aes.key_expansion(key), blocks) == expected


def test_hkdf() -> None:
    source = random.Random(6)
    for _ in range(60):
        ikm, info = (
            source.randbytes(source.randrange(1, 100)),
            source.randbytes(source.randrange(80)),
        )
        salt, length = source.randbytes(source.randrange(100)), source.randrange(1, 400)
        oracle = HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info)
        assert hkdf.derive(ikm, salt=salt, info=info, length=length) == oracle.derive(ikm)


def test_hkdf_without_salt() -> None:
    oracle = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"info")
    assert hkdf.derive(b"secret", info=b"info", length=32) == oracle.derive(b"secret")
