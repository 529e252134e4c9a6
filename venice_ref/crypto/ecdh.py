"""Keys on secp256k1 and the shared secret of two of them.

SEC 1 v2, 3.2 (keys) and 3.3.1 (Diffie-Hellman); SP 800-56A r3, 5.6.2.3.3 (validation of public
keys) and 5.7.1.2 (the primitive).  A public key is an uncompressed point, 0x04 || X || Y: 65 bytes,
both coordinates big-endian.  No key derivation here: the shared secret is the bare x-coordinate.
"""

from __future__ import annotations

import os
from typing import Final, NoReturn, Optional, SupportsIndex, Tuple, Union

from venice_ref.crypto import glv
from venice_ref.crypto.comb import multiply_generator
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.weierstrass import Point, is_on_curve
from venice_ref.errors import MalformedError, UsageError
from venice_ref.model import PublicKey65, RandomBytes

__all__ = [
    "PrivateKey",
    "encode_point",
    "parse_public_key",
    "point_of",
    "shared_secret",
]

_MAX_DRAWS: Final = 16
"""Draws of a private key.  A sound source fails one with a probability of 2^-127."""


# --- Public keys --------------------------------------------------------------------------------


def parse_public_key(raw: bytes, *, where: str = "") -> PublicKey65:
    """Return `raw`, proven to be an uncompressed point of secp256k1 and to have order n.

    The full validation of SP 800-56A r3, 5.6.2.3.3, by its steps:

    1. The point is not infinity: that has no encoding of 65 bytes.
    2. Both coordinates are in [0, p-1].
    3. They satisfy the equation of the curve.
    4. n*Q is infinity: the group has the prime order n (cofactor 1), so that 3 implies it.

    SEC 1 also knows compressed and hybrid points and the single byte of infinity; they are refused,
    because the protocol has one form of a key.

    Raises:
        MalformedError: not 65 bytes or not 04 first [ENV-5]; not a point [KEY-6].
    """
    if not isinstance(raw, (bytes, bytearray)):
        raise UsageError("a public key is given as bytes", where=where)
    if len(raw) != 65:
        raise MalformedError(
            f"a public key of {len(raw)} bytes, required 65", rule="ENV-5", where=where
        )
    if raw[0] != 0x04:
        raise MalformedError(
            "a public key that does not begin with 04 (uncompressed)", rule="ENV-5", where=where
        )
    public = PublicKey65(bytes(raw))
    x, y = Q = point_of(public)
    if x >= SECP256K1.p:
        raise MalformedError(
            "the x-coordinate of a public key is not below p", rule="KEY-6", where=where
        )
    if y >= SECP256K1.p:
        raise MalformedError(
            "the y-coordinate of a public key is not below p", rule="KEY-6", where=where
        )
    if not is_on_curve(SECP256K1, Q):
        raise MalformedError(
            "a public key that is not a point on secp256k1", rule="KEY-6", where=where
        )
    return public


def point_of(public: PublicKey65) -> Tuple[int, int]:
    """Return the coordinates of a parsed public key."""
    return int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")


def encode_point(P: Point) -> PublicKey65:
    """Return the public key that a point of secp256k1 is; the inverse of `point_of`.

    SEC 1, 2.3.3, without compression.  Infinity is no public key.
    """
    if P is None or not is_on_curve(SECP256K1, P):
        raise UsageError("not a public key: infinity, or no point on secp256k1")
    return PublicKey65(b"\x04" + P[0].to_bytes(32, "big") + P[1].to_bytes(32, "big"))


# --- Private keys -------------------------------------------------------------------------------


class PrivateKey:
    """A scalar in [1, n-1] that does not show itself  [KEY-12].

    It has no representation, no copy and no pickle, and is equal only to itself.  `wipe` overwrites
    the bytes that this object holds.  Python may have left copies of the scalar elsewhere in memory
    (integers cannot be overwritten): that is as far as the language permits  [SES-6].
    """

    __slots__ = ("_plan", "_public", "_secret")

    def __init__(self, raw: Union[bytes, bytearray]) -> None:
        if not isinstance(raw, (bytes, bytearray)) or len(raw) != 32:
            raise UsageError("a private key is 32 bytes", rule="KEY-13")
        if not _is_scalar(raw):
            raise UsageError("a private key that is not in [1, n-1]", rule="KEY-13")
        self._secret = bytearray(raw)
        self._plan: Optional[glv.Plan] = None  # the digits of the scalar, after the first use
        self._public: Optional[PublicKey65] = None

    @classmethod
    def from_bytes(cls, raw32: bytes) -> PrivateKey:
        """Return the key whose scalar is 32 big-endian bytes, in [1, n-1]."""
        return cls(raw32)

    @classmethod
    def generate(cls, random_bytes: RandomBytes = os.urandom) -> PrivateKey:
        """Return a key drawn uniformly from [1, n-1]  [KEY-1].

        SP 800-56A r3, 5.6.1.2.2 (testing candidates): what is out of the range is drawn again, so
        that no value is more likely than another.

        Raises:
            UsageError: the source failed, gave the wrong length, or gave nothing usable.
        """
        for _ in range(_MAX_DRAWS):
            candidate = _draw(random_bytes)
            if _is_scalar(candidate):
                return cls(candidate)
        raise UsageError(
            f"the random source gave no private key in {_MAX_DRAWS} draws: it is not random",
            rule="KEY-1",
        )

    @property
    def public_key(self) -> PublicKey65:
        """The public key d*G, computed at the first use."""
        scalar = self._scalar()
        if self._public is None:
            self._public = encode_point(multiply_generator(scalar))
        return self._public

    def multiply(self, P: Point) -> Point:
        """Return d*P.  P must have been validated; `shared_secret` does that."""
        scalar = self._scalar()
        if P is None:
            return None
        if self._plan is None:
            self._plan = glv.plan(scalar)
        return glv.multiply_planned(self._plan, scalar, P)

    def to_bytes(self) -> bytes:
        """Return the scalar as 32 big-endian bytes.  The caller now holds a copy of the secret."""
        self._scalar()
        return bytes(self._secret)

    def wipe(self) -> None:
        """Overwrite the scalar with zeros [SES-6]; the key refuses every further use [SES-8]."""
        self._secret[:] = bytes(32)
        self._plan = None
        self._public = None

    def _scalar(self) -> int:
        scalar = int.from_bytes(self._secret, "big")
        if scalar == 0:
            raise UsageError("the private key was wiped", rule="SES-8")
        return scalar

    def __repr__(self) -> str:
        return "<PrivateKey (hidden)>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise UsageError("a private key is not copied or pickled", rule="KEY-12")


def _is_scalar(raw: Union[bytes, bytearray]) -> bool:
    return 1 <= int.from_bytes(raw, "big") < SECP256K1.n


def _draw(random_bytes: RandomBytes) -> bytes:
    try:
        candidate = random_bytes(32)
    except Exception as error:  # whatever the source raises, the caller gets our type
        raise UsageError(
            f"the random source failed with {type(error).__name__}", rule="KEY-1"
        ) from error
    if not isinstance(candidate, (bytes, bytearray)) or len(candidate) != 32:
        raise UsageError("the random source did not give 32 bytes", rule="KEY-1")
    return bytes(candidate)


# --- Diffie-Hellman -----------------------------------------------------------------------------


def shared_secret(private: PrivateKey, public: bytes, *, where: str = "") -> bytes:
    """Return the x-coordinate of d*Q: 32 big-endian bytes, leading zeros included  [KEY-11].

    SP 800-56A r3, 5.7.1.2, for cofactor 1; SEC 1, 3.3.1.  The public key is validated here, whoever
    may have done it before; the private key is in [1, n-1] by construction.

    Raises:
        MalformedError: the public key is malformed [ENV-5] or not a point [KEY-6].
        UsageError: the private key was wiped [SES-8].
    """
    if not isinstance(private, PrivateKey):
        raise UsageError("the private key is not a PrivateKey")
    S = private.multiply(point_of(parse_public_key(public, where=where)))
    # Step 2: the point is not infinity.  It never is, for d in [1, n-1] and Q of prime order n.
    if S is None:
        raise MalformedError("the shared point is infinity", rule="KEY-6", where=where)
    return S[0].to_bytes(32, "big")
