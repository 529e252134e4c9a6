"""The text of public keys: what the model publishes, and what a client sends.

The forms are the protocol's, not the curve's: `crypto.ecdh` proves that the bytes are a point.
"""

from __future__ import annotations

from typing import Final

from venice_ref.codec.strict import decode_hex
from venice_ref.crypto.ecdh import parse_public_key
from venice_ref.errors import MalformedError
from venice_ref.model import PublicKey65
from venice_ref.spec import PUBLIC_KEY_SIZE

__all__ = ["encode_public_key", "parse_model_key"]

_PREFIXED_DIGITS: Final = 2 * PUBLIC_KEY_SIZE
"""(= 130) digits: 04 || X || Y."""

_BARE_DIGITS: Final = 2 * (PUBLIC_KEY_SIZE - 1)
"""(= 128) digits: X || Y."""


def parse_model_key(text: str, *, where: str = "attestation.signing_key") -> PublicKey65:
    """Return the public key of its text: 130 hex digits `04 || X || Y`, or 128 `X || Y`.

    Either case, with or without `0x` before it  [KEY-3].  The length alone decides between the two
    forms: 128 digits are X and Y also where X begins with 04, which is one key in 256  [KEY-4].

    Raises:
        MalformedError: any other length, prefix or character [KEY-5], or not a point on secp256k1
            [KEY-6].  The text is not repeated.
    """
    raw = decode_hex(text, where=where, rule="KEY-5", allow_0x=True, quote=False)
    digits = 2 * len(raw)
    if digits == _BARE_DIGITS:
        raw = b"\x04" + raw
    elif digits != _PREFIXED_DIGITS:
        raise MalformedError(
            f"a key of {digits} hex digits, required {_PREFIXED_DIGITS} or {_BARE_DIGITS}",
            rule="KEY-5",
            where=where,
        )
    elif raw[0] != 0x04:
        raise MalformedError(
            f"a key of {digits} hex digits that begins with {raw[0]:02x}, required 04",
            rule="KEY-5",
            where=where,
        )
    return parse_public_key(raw, where=where)


def encode_public_key(public: PublicKey65) -> str:
    """Return the key as 130 lowercase hex digits without a prefix  [KEY-2, REQ-2]."""
    return public.hex()
