"""Event streams and encrypted answers: bytes with the places where they are cut."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from conformance.adapters.pieces import pieces
from venice_ref.codec.sse import SseParser
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.stream import Delta, StreamReader, check_content_type
from venice_ref.errors import VeniceError

__all__ = ["joined", "sse_parse", "stream_open"]


def sse_parse(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the events of a stream that ends properly after its last piece."""
    parser = SseParser()
    events: List[Dict[str, str]] = []
    try:
        for piece in pieces(given):
            events.extend({"type": event.type, "data": event.data} for event in parser.feed(piece))
        parser.close()
    except VeniceError as error:
        error.released = events  # type: ignore[attr-defined]  # see refusal.py
        raise
    return {"events": events}


def stream_open(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what is released of an answer, and what is known of it besides its text."""
    secret = PrivateKey.from_bytes(bytes.fromhex(given["private_key"]))
    unsafe = bool(given.get("allow_plaintext", False))
    reader = StreamReader(secret, unsafe_allow_plaintext=unsafe)
    released: List[Delta] = []
    try:
        if "content_type" in given:
            check_content_type(given["content_type"])
        for piece in pieces(given):
            for delta in reader.feed(piece):
                released.append(delta)  # noqa: PERF402  # kept where the iterator raises
        completion = reader.finish()
    except VeniceError as error:
        error.released = joined(released)  # type: ignore[attr-defined]  # see refusal.py
        raise
    known = ("id", "model", "finish_reason", "usage")
    return {
        "released": joined(released),
        "complete": completion.complete,
        **{name: getattr(completion, name) for name in known},
    }


def joined(deltas: List[Delta]) -> List[Dict[str, Any]]:
    """Return the texts in order; neighbours of one kind are one text, and empty ones are left out.

    So it does not matter in which portions an implementation hands over what it released.
    """
    found: List[Dict[str, Any]] = []
    for delta in deltas:
        if not delta.text:
            continue
        last = found[-1] if found else {}
        if last.get("kind") == delta.kind and last.get("plaintext", False) is delta.plaintext:
            last["text"] += delta.text
            continue
        piece: Dict[str, Any] = {"kind": delta.kind, "text": delta.text}
        if delta.plaintext:
            piece["plaintext"] = True
        found.append(piece)
    return found
