"""HKDF with SHA-256.  RFC 5869, section 2.

SHA-256 and HMAC come from Python's standard library.
"""

from __future__ import annotations

import hmac

from venice_ref.errors import UsageError

__all__ = ["HASH_SIZE", "MAX_LENGTH", "derive", "expand", "extract"]

HASH_SIZE = 32
"""HashLen of SHA-256, in bytes."""

MAX_LENGTH = 255 * HASH_SIZE
"""Greatest L (2.3): the counter of the blocks is one byte."""


def extract(salt: bytes, ikm: bytes) -> bytes:
    """Return PRK = HMAC-Hash(salt, IKM), 32 bytes.  2.2.

    An absent salt is 32 zero bytes in the RFC.  The empty salt gives the same PRK, because HMAC
    fills its key with zeros to the 64 bytes of a block, so there is no third case to offer.
    """
    return hmac.digest(salt, ikm, "sha256")


def expand(prk: bytes, info: bytes, length: int) -> bytes:
    """Return OKM, `length` bytes.  2.3.

    T(0) = empty, T(i) = HMAC-Hash(PRK, T(i-1) || info || i), and OKM is the first L bytes of
    T(1) || T(2) || ...

    Raises:
        UsageError: `length` is negative or above 255 * 32, or the PRK is shorter than the hash,
            which 2.3 excludes.
    """
    if not 0 <= length <= MAX_LENGTH:
        raise UsageError(f"HKDF output of {length} bytes, required 0 to {MAX_LENGTH}")
    if len(prk) < HASH_SIZE:
        raise UsageError(f"HKDF key of {len(prk)} bytes, required at least {HASH_SIZE}")
    okm = t = b""
    for i in range(1, (length + HASH_SIZE - 1) // HASH_SIZE + 1):
        t = hmac.digest(prk, t + info + bytes((i,)), "sha256")
        okm += t
    return okm[:length]


def derive(ikm: bytes, *, salt: bytes = b"", info: bytes, length: int) -> bytes:
    """Return HKDF(salt, IKM, info, L), `length` bytes: `extract`, then `expand`.

    Spec: ENV-2, which fixes salt, info and length.

    Raises:
        UsageError: `length` is negative or above 255 * 32.
    """
    return expand(extract(salt, ikm), info, length)
