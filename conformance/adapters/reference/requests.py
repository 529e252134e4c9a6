"""Requests: `request.build` and `model.check`."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from conformance.adapters.reference.drawing import Drawer
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.keys import parse_model_key
from venice_ref.e2ee.messages import build_body, build_headers
from venice_ref.net.venice import parse_models, require_e2ee

__all__ = ["model_check", "request_build"]


def request_build(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Build a request from messages and options, with the random bytes that are given."""
    client = PrivateKey.from_bytes(bytes.fromhex(given["client_secret"]))
    recipient = parse_model_key(given["model_key"])
    messages: Any = given["messages"]
    if "repeat" in given:
        messages = messages * given["repeat"]
    body = build_body(
        given["model"],
        messages,
        recipient,
        given.get("options", {}),
        random_bytes=Drawer(given.get("random", "")),
    )
    headers = build_headers(client.public_key, recipient)
    built: Dict[str, Any] = {
        "headers": sorted([name.lower(), value] for name, value in headers.items()),
        "body": body,
    }
    if given.get("show_messages"):
        built["messages_after"] = messages
    return built


def model_check(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Judge whether a list of models says that the model takes encrypted requests."""
    require_e2ee(given["model"], parse_models(given["models"].encode("utf-8")))
    return {"supported": True}
