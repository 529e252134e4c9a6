"""ECDSA: sign, verify, recover, for any curve of `crypto.curves` and any digest.

SEC 1 v2, 4.1; FIPS 186-5, 6.4; nonces by RFC 6979.  Names are those of SEC 1: G and n of the curve,
d and Q of the signer, e the number of the digest, k the nonce and R = k*G its point.

The digest is given, not computed: quotes and certificates use SHA-2, receipts use Keccak-256.
Verification sees public values only and its time depends on them.  Signing serves the mock TEE and
the tests; the protocol's client never signs.
"""

from __future__ import annotations

import hmac
from typing import Final, Iterator, NamedTuple, Optional, Tuple

from venice_ref.crypto import comb
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.weierstrass import (
    Curve,
    Point,
    generator,
    is_on_curve,
    lift_x,
    multiply,
    multiply_add,
)
from venice_ref.errors import MalformedError, SignatureError, UsageError

__all__ = ["Signature", "recover", "sign", "verify"]

_HASH_SIZES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}
"""Bytes of the hashes that RFC 6979 may run on here."""


class Signature(NamedTuple):
    """(r, s), and what `recover` needs besides."""

    r: int
    s: int
    recovery_id: int
    """Bit 0: y of R is odd.  Bit 1: x of R is r + n, not r."""


# --- Sign ---------------------------------------------------------------------------------------


def sign(
    curve: Curve,
    private_scalar: int,
    digest: bytes,
    *,
    hash_name: str = "sha256",
    low_s: bool = False,
) -> Signature:
    """Return the deterministic signature of a digest.  SEC 1, 4.1.3, with k of RFC 6979, 3.2.

    `hash_name` is the hash inside RFC 6979.  With `low_s`, s is at most n/2: (r, n - s) is a
    signature of the same message, and Ethereum accepts only the lower of the two (EIP-2).

    Raises:
        UsageError: the scalar is not in [1, n-1], the digest is empty, the hash is not known.
    """
    n = curve.n
    d = private_scalar
    if not _is_integer(d) or not 1 <= d < n:
        raise UsageError(f"a private scalar that is not in [1, n-1] of {curve.name}")
    _check_digest(digest)
    e = _bits_to_int(curve, digest)
    nonces = _nonces(curve, d, digest, hash_name)
    signature = next(filter(None, (_sign_with(curve, d, e, k) for k in nonces)))
    if low_s and signature.s > n // 2:
        r, s, recovery_id = signature
        return Signature(r, n - s, recovery_id ^ 1)  # R becomes -R
    return signature


def _sign_with(curve: Curve, d: int, e: int, k: int) -> Optional[Signature]:
    """Return the signature with this nonce; `None` if it gives a zero.  SEC 1, 4.1.3, 1 to 6."""
    R = multiply(curve, k, generator(curve))
    if R is None:  # never: k is in [1, n-1]
        return None
    x, y = R
    r = x % curve.n  # steps 2 and 3
    s = pow(k, -1, curve.n) * (e + r * d) % curve.n  # step 6
    if r == 0 or s == 0:
        return None
    return Signature(r, s, 2 * (x >= curve.n) + (y & 1))


def _nonces(curve: Curve, x: int, digest: bytes, hash_name: str) -> Iterator[int]:
    """Yield the candidates for k in [1, n-1].  RFC 6979, 3.2, steps b to h; q is n here.

    The first is taken but for a chance of 2^-32 (P-256) or less; an HMAC cannot stay out of the
    range for ever.
    """
    if hash_name not in _HASH_SIZES:
        raise UsageError(f"the hash is one of {', '.join(_HASH_SIZES)}")
    size = (curve.n.bit_length() + 7) // 8
    h1 = _bits_to_int(curve, digest) % curve.n  # bits2octets, 2.3.4
    seed = x.to_bytes(size, "big") + h1.to_bytes(size, "big")
    V = b"\x01" * _HASH_SIZES[hash_name]  # step b
    K = b"\x00" * _HASH_SIZES[hash_name]  # step c
    for separator in (b"\x00", b"\x01"):  # steps d and e, then f and g
        K = hmac.digest(K, V + separator + seed, hash_name)
        V = hmac.digest(K, V, hash_name)
    while True:  # step h
        T = b""
        while len(T) < size:
            V = hmac.digest(K, V, hash_name)
            T += V
        k = _bits_to_int(curve, T)
        if 1 <= k < curve.n:
            yield k
        K = hmac.digest(K, V + b"\x00", hash_name)
        V = hmac.digest(K, V, hash_name)


# --- Verify and recover -------------------------------------------------------------------------


def verify(
    curve: Curve,
    public: Tuple[int, int],
    digest: bytes,
    r: int,
    s: int,
    *,
    where: str = "",
    rule: str = "",
) -> None:
    """Return if (r, s) is a signature of the digest under the public key Q.  SEC 1, 4.1.4.

    `where` and `rule` go into the error.  Both (r, s) and (r, n - s) verify [KEY-19]; whoever wants
    one of them only compares s with n/2.

    Raises:
        SignatureError: r or s is not in [1, n-1], or the signature does not verify [KEY-18].
        MalformedError: the public key is infinity or not on the curve [KEY-6].
    """
    _check_digest(digest)
    n = curve.n
    if public is None or not is_on_curve(curve, public):
        raise MalformedError(
            f"a public key that is not a point on {curve.name}", rule="KEY-6", where=where
        )
    _check_range(curve, r, s, where, rule)  # step 1  [KEY-18]
    e = _bits_to_int(curve, digest)  # step 3
    w = pow(s, -1, n)
    u1, u2 = e * w % n, r * w % n  # step 4
    R: Point = _combination(curve, u1, u2, public)  # step 5
    if R is None or R[0] % n != r:  # steps 6 to 8  [KEY-18]
        raise SignatureError("the signature does not verify", rule=rule, where=where)


def recover(
    curve: Curve,
    digest: bytes,
    r: int,
    s: int,
    recovery_id: int,
    *,
    where: str = "",
    rule: str = "",
) -> Tuple[int, int]:
    """Return the public key Q under which (r, s) is a signature of the digest.  SEC 1, 4.1.6.

    `recovery_id`, 0 to 3, selects one of the at most four candidates for R (`Signature`), where the
    standard tries all.  Q needs no check: Q = r^-1 * (s*R - e*G) is the equation that `verify`
    tests, solved for Q.  What proves anything is the comparison of Q with a key that is known.

    Raises:
        SignatureError: r or s is not in [1, n-1], or no public key belongs to it [KEY-20].
    """
    _check_digest(digest)
    if not _is_integer(recovery_id) or not 0 <= recovery_id <= 3:
        raise UsageError("a recovery id is one of 0, 1, 2, 3", where=where)
    _check_range(curve, r, s, where, rule)  # [KEY-20]
    n = curve.n
    x = r + n * (recovery_id >> 1)  # step 1.1
    R = lift_x(curve, x, odd=bool(recovery_id & 1)) if x < curve.p else None  # steps 1.2, 1.3
    # Step 1.4, n*R is infinity: implied by the prime order of the group.
    if R is None:  # [KEY-20]
        raise SignatureError("no point has the x-coordinate of R", rule=rule, where=where)
    e = _bits_to_int(curve, digest)  # step 1.5
    w = pow(r, -1, n)
    Q = _combination(curve, -e * w % n, s * w % n, R)  # step 1.6.1
    if Q is None:
        raise SignatureError("the signature belongs to no public key", rule=rule, where=where)
    return Q


# --- Shared -------------------------------------------------------------------------------------


def _combination(curve: Curve, u: int, v: int, P: Tuple[int, int]) -> Point:
    """Return u*G + v*P.

    secp256k1 has an endomorphism and a table of its own for G.
    """
    if curve is SECP256K1:
        return comb.multiply_add(u, v, P)
    return multiply_add(curve, u, generator(curve), v, P)


def _bits_to_int(curve: Curve, octets: bytes) -> int:
    """Return the leftmost bits of the octets as a number, as many as n has at the most.

    SEC 1, 4.1.3, step 5; FIPS 186-5, 6.4.1, step 2; bits2int of RFC 6979, 2.3.2.
    """
    excess = 8 * len(octets) - curve.n.bit_length()
    return int.from_bytes(octets, "big") >> max(excess, 0)


def _check_range(curve: Curve, r: int, s: int, where: str, rule: str) -> None:
    if not (_is_integer(r) and _is_integer(s)):
        raise UsageError("r and s are integers", where=where)
    for name, value in (("r", r), ("s", s)):
        if not 1 <= value < curve.n:
            raise SignatureError(f"{name} is not in [1, n-1]", rule=rule, where=where)


def _check_digest(digest: bytes) -> None:
    if not isinstance(digest, (bytes, bytearray)) or not digest:
        raise UsageError("a digest is bytes, and not empty")


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
