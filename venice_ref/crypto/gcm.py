"""AES-256-GCM: authenticated encryption.  NIST SP 800-38D, 7.1 and 7.2.

The standard allows nonces (it calls them IV) of any length and shorter tags.  This page has nonces
of 96 bits and tags of 128 bits and nothing else, because the protocol has nothing else [ENV-3], and
because each of the others weakens what can be said of the result.

A nonce must never serve twice under one key: the XOR of two plaintexts would be public, and H
could be computed, with which anybody forges.  Nothing here can know; the caller keeps that rule
[ENV-7].
"""

from __future__ import annotations

from functools import lru_cache
from hmac import compare_digest
from typing import NamedTuple

from venice_ref.crypto import aes, aes_planes
from venice_ref.crypto.ghash import ghash
from venice_ref.crypto.twins import faster_than
from venice_ref.errors import DecryptError, MalformedError, UsageError

__all__ = [
    "KEY_SIZE",
    "MAX_PLAINTEXT_SIZE",
    "NONCE_SIZE",
    "TAG_SIZE",
    "Keystream",
    "hash_subkey",
    "keystream",
    "keystream_textbook",
    "seal",
    "tag_mask",
    "unseal",
]

KEY_SIZE = aes.KEY_SIZE
NONCE_SIZE = 12
TAG_SIZE = 16

MAX_PLAINTEXT_SIZE = 2**36 - 32
"""len(P) <= 2^39 - 256 bits (5.2.1.1): the counters 2 .. 2^32 - 1, so that none comes again."""

_ZERO_BLOCK = bytes(16)


class Keystream(NamedTuple):
    """Everything that the cipher contributes to one message."""

    H: bytes
    """The hash subkey CIPH_K(0^128), 16 bytes."""
    mask: bytes
    """CIPH_K(J0), 16 bytes: the mask of the tag."""
    stream: bytes
    """CIPH_K(inc32(J0)) || CIPH_K(inc32(inc32(J0))) || ..., as long as the plaintext."""

    def __repr__(self) -> str:
        return "Keystream(secret)"  # [KEY-12]


def keystream_textbook(key: bytes, nonce: bytes, size: int) -> Keystream:
    """Return what the cipher contributes to a message of `size` bytes.

    Steps 1 and 2 of Algorithm 4 and the enciphered counters of GCTR (6.5, Algorithm 3, steps 5 and
    6) for its steps 3 and 6.

    Raises:
        UsageError: the key or the nonce has the wrong size [ENV-2, ENV-3], or the counter of 32
            bits would come round (5.2.1.1) [ENV-13].
    """
    _check(nonce, size)
    round_keys = aes.key_expansion_textbook(key)
    H = aes.cipher(round_keys, _ZERO_BLOCK)
    J0 = nonce + b"\x00\x00\x00\x01"  # IV || 0^31 || 1, for a nonce of 96 bits
    mask = aes.cipher(round_keys, J0)
    stream = bytearray()
    CB = J0
    while len(stream) < size:
        CB = inc32(CB)
        stream += aes.cipher(round_keys, CB)
    return Keystream(H, mask, bytes(stream[:size]))


def inc32(block: bytes) -> bytes:
    """Return the block with its last 32 bits incremented, modulo 2^32.  6.2."""
    counter = (int.from_bytes(block[12:], "big") + 1) % 2**32
    return block[:12] + counter.to_bytes(4, "big")


@faster_than(keystream_textbook)
def keystream(key: bytes, nonce: bytes, size: int) -> Keystream:
    """Same as `keystream_textbook`, by one call for all blocks; 40 times faster for 64 bytes.

    The cipher takes twice as long over six blocks as over one, so the zero block and J0 go with the
    first counters.  From 32 KB on, the bits of all blocks are computed side by side.  The price is
    that the order of the blocks has to be known; for long messages, some MB at work, and up to
    16 MB of freed memory that the process keeps (`_keep_freed_memory`).
    """
    _check(nonce, size)
    round_keys = aes.key_expansion(key)
    end = 2 + (size + 15) // 16  # J0 has the counter 1
    if end < aes_planes.FEWEST:
        blocks = _ZERO_BLOCK + aes_planes.counter_blocks(nonce, range(1, end))
        out = aes.encrypt_blocks(round_keys, blocks)
        return Keystream(out[:16], out[16:32], out[32 : 32 + size])
    _keep_freed_memory()
    out = aes_planes.encrypt_counters(round_keys, nonce, end)  # from the counter 0, not used
    H = aes.encrypt_blocks(round_keys, _ZERO_BLOCK)
    return Keystream(H, out[16:32], out[32 : 32 + size])


@lru_cache(maxsize=1)
def _keep_freed_memory() -> None:
    """Let the C library keep what is freed, for the next of many large integers; once in a process.

    By default glibc gives more than 128 KB of free memory back, and every page of it is faulted in
    again: a tenth of the time for 1 MB.  When a block of its own mapping is freed, it takes the
    size of it for the limit of mapping, and twice the size for the limit of what it keeps
    (mallopt(3), M_MMAP_THRESHOLD).  With another C library this is one allocation for nothing.
    """
    bytes(_MAPPED)


_MAPPED = 8 << 20
"""Bytes; twice as many may be kept."""


def _check(nonce: bytes, size: int) -> None:
    if len(nonce) != NONCE_SIZE:
        raise UsageError(
            f"a GCM nonce of {len(nonce)} bytes, required {NONCE_SIZE}: the protocol has no other",
            rule="ENV-3",
        )
    if not 0 <= size <= MAX_PLAINTEXT_SIZE:
        raise UsageError(
            f"a message of {size} bytes, required 0 to {MAX_PLAINTEXT_SIZE} under one nonce",
            rule="ENV-13",
        )


_XOR_SIZE = 1 << 16
"""Most bytes at a time: longer integers do not stay in a processor's cache."""


def _xor(x: bytes, y: bytes) -> bytes:
    if len(x) > _XOR_SIZE:
        starts = range(0, len(x), _XOR_SIZE)
        return b"".join([_xor(x[i : i + _XOR_SIZE], y[i : i + _XOR_SIZE]) for i in starts])
    return (int.from_bytes(x, "big") ^ int.from_bytes(y, "big")).to_bytes(len(x), "big")


def _tag(keys: Keystream, aad: bytes, C: bytes) -> bytes:
    """Return T.  Algorithm 4, steps 4 to 6: GHASH of the padded parts and their lengths in bits."""
    S = ghash(
        keys.H,
        b"".join(
            (
                aad,
                bytes(-len(aad) % 16),
                C,
                bytes(-len(C) % 16),
                (8 * len(aad)).to_bytes(8, "big"),
                (8 * len(C)).to_bytes(8, "big"),
            )
        ),
    )
    return _xor(S, keys.mask)


def seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes = b"") -> bytes:
    """Return ciphertext || tag (16), which is 16 bytes longer than the plaintext.

    7.1, Algorithm 4.  `aad` is authenticated and not encrypted; the protocol has none [ENV-3], the
    standard's test vectors do.

    Raises:
        UsageError: the key is not 32 bytes [ENV-2], the nonce not 12 [ENV-3], or the plaintext
            longer than 2^36 - 32 [ENV-13].
    """
    keys = keystream(key, nonce, len(plaintext))
    C = _xor(plaintext, keys.stream)
    return C + _tag(keys, aad, C)


def unseal(key: bytes, nonce: bytes, sealed: bytes, aad: bytes = b"") -> bytes:
    """Return the plaintext of ciphertext || tag (16), or nothing.  7.2, Algorithm 5.

    The tag is compared in a time that does not depend on its bytes (`hmac.compare_digest`, which is
    C; `hkdf` has loaded that module before), and the plaintext is not computed before it holds.

    Raises:
        DecryptError: the tag does not hold.  A wrong key, nonce, ciphertext, tag or associated data
            are one case, on purpose [ENV-6].
        MalformedError: shorter than a tag [ENV-4], or longer than a message can be [ENV-13].
        UsageError: the key is not 32 bytes [ENV-2], or the nonce not 12 [ENV-3].
    """
    size = len(sealed) - TAG_SIZE
    if size < 0:
        raise MalformedError(
            f"{len(sealed)} bytes, at least {TAG_SIZE} for the tag", rule="ENV-4", where="envelope"
        )
    if size > MAX_PLAINTEXT_SIZE:
        raise MalformedError(
            f"a message of {size} bytes, at most {MAX_PLAINTEXT_SIZE}",
            rule="ENV-13",
            where="envelope",
        )
    keys = keystream(key, nonce, size)
    C, T = sealed[:size], sealed[size:]
    if not compare_digest(T, _tag(keys, aad, C)):
        raise DecryptError(
            "the authentication tag does not hold", rule="ENV-6", where="envelope.tag"
        )
    return _xor(C, keys.stream)


def hash_subkey(key: bytes) -> bytes:
    """Return H = CIPH_K(0^128), 16 bytes (Algorithm 4, step 1).  Secret: with it, tags are forged.

    Raises:
        UsageError: the key is not 32 bytes [ENV-2].
    """
    return aes.cipher(aes.key_expansion(key), _ZERO_BLOCK)


def tag_mask(key: bytes, nonce: bytes) -> bytes:
    """Return CIPH_K(J0), 16 bytes, which is added to GHASH to make the tag (step 6).  Secret.

    Raises:
        UsageError: the key is not 32 bytes [ENV-2], or the nonce not 12 [ENV-3].
    """
    return keystream(key, nonce, 0).mask
