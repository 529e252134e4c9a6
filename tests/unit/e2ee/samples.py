"""Keys and streams that the tests of this folder share."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional

from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import seal_derandomised

MODEL = PrivateKey.from_bytes(bytes(range(1, 33)))
CLIENT = PrivateKey.from_bytes(bytes(range(33, 65)))
OTHER = PrivateKey.from_bytes(bytes(range(65, 97)))
EPHEMERAL = PrivateKey.from_bytes(bytes(range(97, 129)))


def _key_with_x_from_04() -> PrivateKey:
    keys = (PrivateKey.from_bytes(scalar.to_bytes(32, "big")) for scalar in range(1, 5_000))
    return next(key for key in keys if key.public_key[1] == 0x04)


KEY_WITH_X_FROM_04 = _key_with_x_from_04()
"""Its X begins with the byte 04, as one in 256 does."""


def sealed(text: str, *, to: PrivateKey = CLIENT, number: int = 0) -> str:
    """Return an envelope in hex, the same for the same arguments."""
    nonce = number.to_bytes(12, "big")
    blob = seal_derandomised(to.public_key, text.encode("utf-8"), ephemeral=EPHEMERAL, nonce=nonce)
    return blob.hex()


def event(data: object, event_type: str = "") -> bytes:
    """Return one event; what is not text is written as JSON."""
    text = data if isinstance(data, str) else json.dumps(data)
    head = f"event: {event_type}\n" if event_type else ""
    return f"{head}data: {text}\n\n".encode()


def chunk(delta: Optional[Dict[str, Any]], **members: Any) -> bytes:
    """Return the event of a chunk with this delta; `members` are added to the choice."""
    choice = {"index": 0, "delta": delta, **members}
    return event({"id": "chatcmpl-1", "model": "e2ee-mock", "choices": [choice]})


def content(text: str, number: int = 0) -> bytes:
    """Return the event of a chunk with sealed content."""
    return chunk({"content": sealed(text, number=number)})


DONE = event("[DONE]")
USAGE = event(
    {"id": "chatcmpl-1", "model": "e2ee-mock", "choices": [], "usage": {"total_tokens": 7}}
)
