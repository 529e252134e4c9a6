"""The work of AES-256-GCM: one message under a fresh key, key set-up included."""

from __future__ import annotations

import hashlib
from typing import Any, Callable, List, Tuple

from bench.measure import OURS, Candidate, candidate
from bench.peers import OPENSSL, PYAES, PYCRYPTODOME, TLSLITE, Peers
from venice_ref.crypto import gcm

Maker = Callable[[Peers], Candidate]
Seal = Callable[[bytes, bytes, bytes], bytes]
"""(key, nonce, plaintext) -> ciphertext || tag."""


def _messages(size: int) -> List[Tuple[bytes, bytes, bytes]]:
    """Return several messages where one takes less than some milliseconds."""
    count = 8 if size <= 1024 else 1
    keys = [hashlib.sha256(b"key %d" % index).digest() for index in range(count)]
    text = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    return [(key, key[:12], text) for key in keys]


def ours(size: int) -> Maker:
    def make(_: Peers) -> Candidate:
        return candidate(OURS, gcm.seal, _messages(size))

    return make


def _openssl(peers: Peers) -> Seal:
    cipher = peers.package("cryptography.hazmat.primitives.ciphers.aead").AESGCM

    def seal(key: bytes, nonce: bytes, text: bytes) -> bytes:
        sealed: bytes = cipher(key).encrypt(nonce, text, None)
        return sealed

    return seal


def _tlslite(peers: Peers) -> Seal:
    """The form in pure Python, by its module: the library prefers others where it finds them."""
    new = peers.package("tlslite.utils.python_aesgcm").new

    def seal(key: bytes, nonce: bytes, text: bytes) -> bytes:
        return bytes(new(bytearray(key)).seal(bytearray(nonce), bytearray(text), bytearray()))

    return seal


def _pycryptodome(peers: Peers) -> Seal:
    cipher = peers.package("Crypto.Cipher.AES")
    new, mode = cipher.new, cipher.MODE_GCM

    def seal(key: bytes, nonce: bytes, text: bytes) -> bytes:
        sealed, tag = new(key, mode, nonce=nonce).encrypt_and_digest(text)
        return bytes(sealed + tag)

    return seal


_SEALS = {OPENSSL: _openssl, TLSLITE: _tlslite, PYCRYPTODOME: _pycryptodome}


def peer(name: str, size: int) -> Tuple[str, Maker]:
    """Return the line of a peer that has AES-256-GCM."""

    def make(peers: Peers) -> Candidate:
        return candidate(name, _SEALS[name](peers), _messages(size))

    return name, make


def counter_mode(size: int) -> Tuple[str, Maker]:
    """Return the line of a peer that has the counter mode and no tag: half of the work.

    What is compared is its ciphertext with our tag behind it.
    """

    def make(peers: Peers) -> Candidate:
        library: Any = peers.package("pyaes")
        messages = _messages(size)

        def encrypt(key: bytes, nonce: bytes, text: bytes) -> bytes:
            counter = library.Counter(initial_value=int.from_bytes(nonce + b"\0\0\0\2", "big"))
            sealed: bytes = library.AESModeOfOperationCTR(key, counter=counter).encrypt(text)
            return sealed

        def with_tags(sealed: List[bytes]) -> List[bytes]:
            return [one + gcm.seal(*given)[-16:] for one, given in zip(sealed, messages)]

        return candidate(PYAES, encrypt, messages, with_tags)

    return PYAES, make
