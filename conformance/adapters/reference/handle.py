"""The reference behind the adapter protocol: one function from a request to its reply."""

from __future__ import annotations

import platform
import traceback
from typing import Any, Dict, Final, Mapping, Tuple

from conformance.adapters.reference.operations import OPERATIONS, answer
from conformance.operations import CHAT
from venice_ref import __version__

__all__ = ["FEATURES", "handle", "hello"]

FEATURES: Final[Tuple[str, ...]] = (
    "aad",
    "lone-surrogates",
    "session",
    "dcap",
    "gpu-nras",
    "signature",
)


def handle(request: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the reply of the reference to one request; it never raises for what is given."""
    return {"id": request["id"], **_reply(request["op"], request["in"])}


def hello() -> Dict[str, Any]:
    """Return what the reference says of itself."""
    return {
        "protocol": 1,
        "implementation": {
            "name": "venice-ref",
            "version": __version__,
            "language": f"Python {platform.python_version()}",
        },
        "operations": {op: {} for op in (*OPERATIONS, CHAT)},
        "features": list(FEATURES),
        "inject": {"rng": True, "clock": True, "base_url": True, "trust_anchors": True},
        "reasons": "coded",
        "limits": {"parallel": 1},
    }


def _reply(op: str, given: Mapping[str, Any]) -> Dict[str, Any]:
    if op == "hello":
        return {"ok": hello()}
    if op == "bye":
        return {"ok": {}}
    try:
        return _chat(given) if op == CHAT else answer(op, given)
    except Exception as error:  # noqa: BLE001  a bug of ours is the reply `error`, and is shown
        message = f"{type(error).__name__}: {error}"
        return {"error": {"message": message, "trace": traceback.format_exc()}}


def _chat(given: Mapping[str, Any]) -> Dict[str, Any]:
    from conformance.adapters.reference.chat import chat_reply  # noqa: PLC0415  net is slow to load

    return chat_reply(given)
