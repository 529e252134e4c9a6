"""Keys and addresses: `key.parse`, `key.public`, `key.address`, `address.parse`."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from venice_ref.crypto.address import address_of, parse_address
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.crypto.keccak import keccak_256
from venice_ref.e2ee.keys import encode_public_key, parse_model_key

__all__ = ["address_parse", "key_address", "key_parse", "key_public"]


def key_parse(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Read a model key; its text is unchecked."""
    return {"public": encode_public_key(parse_model_key(given["text"]))}


def key_public(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the public key of a private one, as it is sent."""
    private = PrivateKey.from_bytes(bytes.fromhex(given["private"]))
    return {"public": encode_public_key(private.public_key)}


def key_address(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the address of a public key, as lowercase digits without a prefix."""
    public = parse_model_key(given["public"])
    return {"address": address_of(public).hex(), "mid": {"hash": keccak_256(public[1:]).hex()}}


def address_parse(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Read the text of an address; it is unchecked."""
    return {"address": parse_address(given["text"]).hex()}
