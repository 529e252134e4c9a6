"""RSA signatures of PKCS #1 v1.5 with SHA-256: verification.  RFC 8017, 8.2.2.

The expected encoding is built and compared with the one that the signature holds, whole; nothing of
the padding is parsed.  Verifiers that parse it have accepted forgeries for small exponents
(Bleichenbacher, 2006).  A DigestInfo without the NULL of the algorithm is refused: the encoding has
it (RFC 8017, 9.2, note 1; the exception in A.2.4).

The public exponent is 65537 and nothing else: it is the one that the certificate authorities here
use, and a smaller set of keys is a smaller set of questions.  The modulus has 2048 to 4096 bits.
"""

from __future__ import annotations

import hmac
from typing import Final

from venice_ref.errors import MalformedError, SignatureError, UsageError

__all__ = ["EXPONENT", "MAX_BITS", "MIN_BITS", "check_public_key", "verify_pkcs1v15_sha256"]

EXPONENT: Final = 65537
MIN_BITS: Final = 2048
MAX_BITS: Final = 4096

# 9.2, note 1: the DER of DigestInfo for SHA-256, up to the digest.
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")


def check_public_key(n: int, e: int, *, where: str = "", rule: str = "") -> None:
    """Refuse a key that is not an odd modulus of 2048 to 4096 bits with the exponent 65537.

    Raises:
        MalformedError: any other key; `where` and `rule` go into it.
    """
    if not MIN_BITS <= n.bit_length() <= MAX_BITS or n < 0:
        raise MalformedError(
            f"an RSA modulus of {n.bit_length()} bits, required {MIN_BITS} to {MAX_BITS}",
            rule=rule,
            where=where,
        )
    if n % 2 == 0:
        raise MalformedError("an even RSA modulus", rule=rule, where=where)
    if e != EXPONENT:
        raise MalformedError(f"an RSA exponent other than {EXPONENT}", rule=rule, where=where)


def verify_pkcs1v15_sha256(
    n: int, e: int, digest: bytes, signature: bytes, *, where: str = "", rule: str = ""
) -> None:
    """Return if the signature of a SHA-256 digest holds under the public key (n, e).

    `signature` is as long as the modulus, big-endian.  `where` and `rule` go into the error.

    Raises:
        MalformedError: the key is not one of those that `check_public_key` accepts.
        SignatureError: the length is wrong, the number is not below n, or it does not verify.
        UsageError: the digest does not have 32 bytes.
    """
    if len(digest) != 32:
        raise UsageError("a SHA-256 digest has 32 bytes")
    check_public_key(n, e, where=where, rule=rule)
    k = (n.bit_length() + 7) // 8
    if len(signature) != k:  # 8.2.2, step 1  [KEY-21]
        raise SignatureError(
            f"a signature of {len(signature)} bytes, required {k}", rule=rule, where=where
        )
    s = int.from_bytes(signature, "big")
    if s >= n:  # 5.2.2, step 1  [KEY-21]
        raise SignatureError("a signature that is not below the modulus", rule=rule, where=where)
    found = pow(s, e, n).to_bytes(k, "big")  # step 2
    if not hmac.compare_digest(found, _encode(digest, k)):  # steps 3 and 4  [KEY-21]
        raise SignatureError("the signature does not verify", rule=rule, where=where)


def _encode(digest: bytes, size: int) -> bytes:
    """Return EMSA-PKCS1-v1_5 of a digest: 00 01 FF .. FF 00 DigestInfo.  9.2."""
    T = _DIGEST_INFO + digest
    return b"\x00\x01" + b"\xff" * (size - len(T) - 3) + b"\x00" + T
