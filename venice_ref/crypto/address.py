"""Ethereum addresses of secp256k1 keys.  Yellow Paper, appendix F; EIP-55.

An address is 20 bytes.  Its text is 0x and 40 hexadecimal digits, whose case may carry a checksum.
Addresses are compared as bytes, never as text  [KEY-14].
"""

from __future__ import annotations

import binascii
from typing import Final

from venice_ref.crypto.keccak import keccak_256
from venice_ref.errors import MalformedError, UsageError
from venice_ref.model import Address20, PublicKey65

__all__ = ["ADDRESS_SIZE", "address_of", "parse_address", "to_checksum"]

ADDRESS_SIZE: Final = 20

_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")


def address_of(public: PublicKey65) -> Address20:
    """Return the last 20 bytes of Keccak-256(X || Y), X and Y of 32 big-endian bytes [KEY-10].

    Raises:
        UsageError: not 65 bytes that begin with 04; the type is proven by `parse_public_key`.
    """
    if len(public) != 65 or public[0] != 0x04:
        raise UsageError("not an uncompressed public key of 65 bytes", rule="KEY-10")
    return Address20(keccak_256(public[1:])[-ADDRESS_SIZE:])


def to_checksum(address: bytes) -> str:
    """Return the text of an address with its EIP-55 checksum.

    Digit i is in upper case where digit i of Keccak-256 of the lower-case text, without 0x, is
    8 or more.

    Raises:
        UsageError: not 20 bytes.
    """
    if len(address) != ADDRESS_SIZE:
        raise UsageError(f"an address of {len(address)} bytes, required {ADDRESS_SIZE}")
    digits = address.hex()
    digest = keccak_256(digits.encode("ascii")).hex()
    return "0x" + "".join(
        digit.upper() if marker >= "8" else digit for digit, marker in zip(digits, digest)
    )


def parse_address(text: str, *, where: str = "") -> Address20:
    """Return the address of its text: 0x and 40 hexadecimal digits.

    EIP-55 leaves the choice to accept text without a checksum: digits all in lower case, or all in
    upper case, carry none and are accepted  [KEY-17].  Any mixture must be the checksum  [KEY-15].

    Raises:
        MalformedError: anything else [KEY-16], at `where`.  What was found is not quoted.
    """
    if not isinstance(text, str) or len(text) != 2 + 2 * ADDRESS_SIZE or text[:2] != "0x":
        raise MalformedError("not 0x and 40 hexadecimal digits", rule="KEY-16", where=where)
    digits = text[2:]
    if not _HEX_DIGITS.issuperset(digits):
        raise MalformedError("not 0x and 40 hexadecimal digits", rule="KEY-16", where=where)
    address = Address20(binascii.unhexlify(digits))
    if digits not in (digits.lower(), digits.upper()) and text != to_checksum(address):
        raise MalformedError(
            "the case of the digits is not the EIP-55 checksum", rule="KEY-15", where=where
        )
    return address
