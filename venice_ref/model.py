"""Names for byte strings that look alike and must not be swapped.

Each is made by one function that proves its form, and by nothing else; mypy holds the rest.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NewType, Union

__all__ = ["Address20", "Json", "Nonce32", "PublicKey65", "RandomBytes"]

PublicKey65 = NewType("PublicKey65", bytes)
"""0x04 || X || Y, big-endian, a point on secp256k1 (`crypto.ecdh.parse_public_key`)."""

Address20 = NewType("Address20", bytes)
"""The last 20 bytes of Keccak-256(X || Y) (`crypto.address`)."""

Nonce32 = NewType("Nonce32", bytes)
"""The client's 32 random bytes that make evidence fresh."""

RandomBytes = Callable[[int], bytes]
"""A source of randomness: n in, n unpredictable bytes out, as `os.urandom`."""

Json = Union[None, bool, int, float, str, List["Json"], Dict[str, "Json"]]
"""A value of RFC 8259, as `codec.strict.parse_json` returns it."""
