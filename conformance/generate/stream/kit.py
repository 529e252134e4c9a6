"""Keys, envelopes, chunks and events that the generators of streams and sessions share."""

from __future__ import annotations

import json
from typing import Any, Dict, Final, List, Mapping, Optional, Tuple

from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import seal_derandomised

__all__ = [
    "CLIENT",
    "DONE",
    "Sealer",
    "chunk",
    "content",
    "event",
    "expected",
    "given",
    "pieces",
]

CLIENT: Final = bytes(range(33, 65)).hex()
"""The private key that all streams are sealed to."""

DONE: Final = b"data: [DONE]\n\n"

ID: Final = "chatcmpl-1"
MODEL: Final = "e2ee-mock"


class Sealer:
    """Seals texts to a key, each with an ephemeral key and a nonce of its own."""

    def __init__(self, random_bytes: Any, *, recipient: str = CLIENT, shared: bool = False) -> None:
        self._random = random_bytes
        self._recipient = PrivateKey.from_bytes(bytes.fromhex(recipient)).public_key
        self._shared = PrivateKey.generate(random_bytes) if shared else None

    def blob(self, plaintext: bytes) -> bytes:
        """Return an envelope in bytes."""
        ephemeral = self._shared or PrivateKey.generate(self._random)
        return seal_derandomised(
            self._recipient, plaintext, ephemeral=ephemeral, nonce=self._random(12)
        )

    def __call__(self, text: str) -> str:
        """Return an envelope in hexadecimal digits."""
        return self.blob(text.encode("utf-8")).hex()


def event(data: object, event_type: str = "") -> bytes:
    """Return one event; what is not text is written as JSON without spaces."""
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    head = f"event: {event_type}\n" if event_type else ""
    return f"{head}data: {text}\n\n".encode()


def chunk(delta: Optional[Dict[str, Any]], **members: Any) -> bytes:
    """Return the event of a chunk with this delta; `members` are added to the choice."""
    choice = {"index": 0, "delta": delta, **members}
    return event({"id": ID, "model": MODEL, "choices": [choice]})


def content(sealed: str) -> bytes:
    """Return the event of a chunk with this content."""
    return chunk({"content": sealed})


def given(raw: bytes, **more: Any) -> Dict[str, Any]:
    """Return the input of a stream."""
    return {"stream": raw.hex(), **more}


def expected(
    released: Tuple[Tuple[str, str], ...], known: Mapping[str, Any], *, chunks: bool = True
) -> Dict[str, Any]:
    """Return what a complete answer gives; `chunks` is false where no chunk names id and model."""
    usual: Dict[str, Any] = (
        {"id": "chatcmpl-1", "model": "e2ee-mock"} if chunks else {"id": None, "model": None}
    )
    whole = {**usual, "finish_reason": None, "usage": None, **known}
    return {"released": pieces(released), "complete": True, **whole}


def pieces(released: Tuple[Tuple[str, str], ...]) -> List[Dict[str, Any]]:
    """Return what was released in the form of the vectors."""
    return [
        {"kind": kind.rstrip("!"), "text": text, **({"plaintext": True} if "!" in kind else {})}
        for kind, text in released
    ]
