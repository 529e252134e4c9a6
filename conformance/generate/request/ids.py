"""Vectors of `url.build`: ids that no URL is made of."""

from __future__ import annotations

from typing import Final

from conformance.generate.builder import FileBuilder, Flag

__all__ = ["generate"]

_BASE: Final = "https://api.venice.ai/api/v1"
_NONCE: Final = bytes(range(32)).hex()


def generate(builder: FileBuilder) -> None:
    """Fill `request/ids`."""
    builder.flag(
        "EmptyId",
        Flag(
            "EDGE_CASE",
            "The id is empty.",
            "The request is another one: evidence for a default model, the signature of nothing.",
            "Refuse an empty id before a URL is made of it.",
        ),
    )
    builder.group({"base_url": _BASE})
    builder.accept(
        "one-letter-model",
        "A short id is taken for an empty one.",
        req=("REQ-9", "REQ-18"),
        given={"endpoint": "attestation", "model": "m", "nonce": _NONCE},
        out={"url": f"{_BASE}/tee/attestation?model=m&nonce={_NONCE}"},
    )
    builder.accept(
        "one-letter-request-id",
        "The same, of the id of an answer.",
        req=("REQ-9", "REQ-18"),
        given={"endpoint": "signature", "model": "m", "request_id": "0"},
        out={"url": f"{_BASE}/tee/signature?model=m&request_id=0"},
    )
    builder.reject(
        "empty-model",
        "The parameter is sent without a value, or left out.",
        parent="one-letter-model",
        breaks="REQ-18",
        given={"model": ""},
        flags=("EmptyId",),
    )
    builder.reject(
        "empty-request-id",
        "An answer without an id is asked for by the empty one.",
        parent="one-letter-request-id",
        breaks="REQ-18",
        given={"request_id": ""},
        flags=("EmptyId",),
    )
