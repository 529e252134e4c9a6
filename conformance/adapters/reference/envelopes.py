"""Envelopes: `field.seal` and `field.open`."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from conformance.adapters.reference.drawing import Drawer
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import Steps, explain_open, explain_seal, open_text, seal_text
from venice_ref.e2ee.keys import parse_model_key

__all__ = ["field_open", "field_seal"]


def field_seal(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Seal a text under a given ephemeral key and nonce."""
    recipient = parse_model_key(given["recipient"])
    drawn = Drawer(given["ephemeral"] + given["nonce"])
    text = _text(given) * given.get("repeat", 1)
    envelope = seal_text(recipient, text, random_bytes=drawn)
    _, steps = explain_seal(
        recipient,
        text.encode("utf-8", "surrogatepass"),
        ephemeral=PrivateKey.from_bytes(bytes.fromhex(given["ephemeral"])),
        nonce=bytes.fromhex(given["nonce"]),
    )
    return {"envelope": envelope, "mid": _values(steps)}


def field_open(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Open an envelope, after those that the same receiver opened before."""
    secret = PrivateKey.from_bytes(bytes.fromhex(given["secret"]))
    for envelope in given.get("before", ()):
        open_text(secret, envelope)
    envelope = given["envelope"] + "0" * given.get("zeros", 0)
    text = open_text(secret, envelope)
    steps = explain_open(secret, bytes.fromhex(envelope))
    return {"text": text, "mid": _values(steps)}


def _text(given: Mapping[str, Any]) -> str:
    if "text_utf16" in given:
        return bytes.fromhex(given["text_utf16"]).decode("utf-16-be", "surrogatepass")
    text: str = given["text"]
    return text


def _values(steps: Steps) -> Dict[str, str]:
    return {
        "ephemeral_public": steps.ephemeral_public.hex(),
        "nonce": steps.nonce.hex(),
        "shared_x": steps.shared_x.hex(),
        "prk": steps.prk.hex(),
        "key": steps.key.hex(),
        "hash_subkey": steps.hash_subkey.hex(),
        "tag_mask": steps.tag_mask.hex(),
        "tag": steps.tag.hex(),
    }
