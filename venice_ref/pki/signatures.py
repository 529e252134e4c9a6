"""The signatures on certificates and revocation lists, and a memory of those that hold.

Each kind of key signs with one algorithm: P-256 with SHA-256, P-384 with SHA-384, RSA with SHA-256
(PKCS #1 v1.5).  X.509 allows other pairs; nobody issues them here, and they are refused.
"""

from __future__ import annotations

import hashlib
from typing import Dict, Final, Optional, Tuple

from venice_ref.codec.der import DerReader, open_sequence
from venice_ref.crypto import ecdsa, rsa
from venice_ref.errors import SignatureError, UsageError
from venice_ref.pki.keys import PublicKey, RsaPublicKey

__all__ = [
    "ALGORITHM_OF",
    "ECDSA_WITH_SHA256",
    "ECDSA_WITH_SHA384",
    "SHA256_WITH_RSA",
    "SignatureMemo",
    "parse_ecdsa_signature",
    "parse_signature_algorithm",
    "verify_signed",
]

ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"
ECDSA_WITH_SHA384: Final = "1.2.840.10045.4.3.3"
SHA256_WITH_RSA: Final = "1.2.840.113549.1.1.11"

ALGORITHM_OF: Final[Dict[str, str]] = {
    "P-256": ECDSA_WITH_SHA256,
    "P-384": ECDSA_WITH_SHA384,
    "RSA": SHA256_WITH_RSA,
}
"""The algorithm of each kind of key."""

_HASH_OF: Final[Dict[str, str]] = {
    ECDSA_WITH_SHA256: "sha256",
    ECDSA_WITH_SHA384: "sha384",
    SHA256_WITH_RSA: "sha256",
}

_MAX_SIGNATURE_SIZE: Final = 128
"""Bytes of an Ecdsa-Sig-Value; on P-384 it has at most 104."""


def parse_signature_algorithm(reader: DerReader, name: str, *, rule: str = "CRT-4") -> str:
    """Return the signature algorithm that is the next element  [CRT-4].

    The parameters are absent for ECDSA (RFC 5758, 3.2) and NULL for RSA (RFC 4055, 5).
    """
    sequence = reader.sequence(name, rule=rule)
    algorithm = sequence.oid("algorithm")
    if algorithm not in _HASH_OF:
        raise sequence.error(f"signature algorithm {algorithm}", "algorithm")
    if algorithm == SHA256_WITH_RSA:
        sequence.null("parameters")
    sequence.finish()
    return algorithm


def parse_ecdsa_signature(raw: bytes, *, where: str = "", rule: str = "") -> Tuple[int, int]:
    """Return (r, s) of an Ecdsa-Sig-Value, whose range `ecdsa.verify` tests.  RFC 3279, 2.2.3.

    Raises:
        MalformedError: not the DER of a sequence of two integers.
    """
    sequence = open_sequence(raw, max_size=_MAX_SIGNATURE_SIZE, where=where, rule=rule)
    r, s = sequence.integer("r"), sequence.integer("s")
    sequence.finish()
    return r, s


class SignatureMemo:
    """Remembers signatures that hold, so that a certificate in several chains is verified once.

    It holds SHA-256 digests of (key, algorithm, message, signature), and forgets the oldest beyond
    `limit`.  Only signatures are remembered: names, times and revocation are judged anew each time.
    """

    __slots__ = ("_limit", "_valid")

    def __init__(self, limit: int = 1024) -> None:
        if limit < 1:
            raise UsageError("a memo holds at least one signature")
        self._limit = limit
        self._valid: Dict[bytes, None] = {}

    def __len__(self) -> int:
        return len(self._valid)

    def __contains__(self, entry: bytes) -> bool:
        return entry in self._valid

    def add(self, entry: bytes) -> None:
        """Remember an entry; the oldest one goes where there is no room."""
        if len(self._valid) >= self._limit and entry not in self._valid:
            del self._valid[next(iter(self._valid))]
        self._valid[entry] = None


def verify_signed(
    key: PublicKey,
    algorithm: str,
    message: bytes,
    signature: bytes,
    *,
    memo: Optional[SignatureMemo] = None,
    where: str = "",
    rule: str = "",
) -> None:
    """Return if `signature` is one of `message` under `key` by `algorithm`.

    `signature` is what the BIT STRING holds: DER of (r, s) for ECDSA, one big-endian number for
    RSA.  `where` and `rule` go into the error.

    Raises:
        MalformedError: the signature is not DER.
        SignatureError: the algorithm is not that of the key, or the signature does not verify.
    """
    if ALGORITHM_OF[key.kind] != algorithm:
        raise SignatureError(
            f"signature algorithm {algorithm} does not belong to a {key.kind} key",
            rule=rule,
            where=where,
        )
    entry = b"" if memo is None else _digest_of(key, algorithm, message, signature)
    if memo is not None and entry in memo:
        return
    digest = hashlib.new(_HASH_OF[algorithm], message).digest()
    if isinstance(key, RsaPublicKey):
        rsa.verify_pkcs1v15_sha256(key.n, key.e, digest, signature, where=where, rule=rule)
    else:
        r, s = parse_ecdsa_signature(signature, where=where, rule=rule)
        ecdsa.verify(key.curve, key.point, digest, r, s, where=where, rule=rule)
    if memo is not None:
        memo.add(entry)


def _digest_of(key: PublicKey, algorithm: str, message: bytes, signature: bytes) -> bytes:
    """Return a digest that two different verifications do not share."""
    a, b = (key.n, key.e) if isinstance(key, RsaPublicKey) else key.point
    head = f"{key.kind} {a:x} {b:x} {algorithm} {len(message)} {len(signature)}\n"
    return hashlib.sha256(head.encode("ascii") + message + signature).digest()
