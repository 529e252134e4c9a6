"""The operation `client.chat`: a whole conversation by the reference's client.

The client is the one that people use.  It is given the trust roots of the simulation, and its waits
between repetitions are left out, because the suite need not wait.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from conformance.adapters.reference.refusal import as_reject
from venice_ref.attestation.endorsements import PINNED_ROOTS
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.trust_root import parse_trust_roots
from venice_ref.client import ClientSession, VeniceClient
from venice_ref.errors import VeniceError
from venice_ref.spec import IDLE_TIMEOUT_SECONDS, TOTAL_TIMEOUT_SECONDS

__all__ = ["chat_reply", "client_chat"]


def chat_reply(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the reply to one request for `client.chat`; it never raises for what is given."""
    try:
        return {"ok": client_chat(given)}
    except VeniceError as error:
        return {"reject": as_reject(error)}


def client_chat(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the answer of a conversation; where it fails, the error says what was shown of it.

    Raises:
        VeniceError: with the shown text as its attribute `released`.
    """
    shown: List[str] = []
    try:
        with _client(given).session(given["model"]) as session:
            return _converse(session, given, shown)
    except VeniceError as error:
        error.released = "".join(shown)  # type: ignore[attr-defined]  # see refusal.py
        raise


def _converse(session: ClientSession, given: Mapping[str, Any], shown: List[str]) -> Dict[str, Any]:
    stream = session.chat(_messages(given))
    for delta in stream:
        if delta.kind == "content":  # reasoning is kept apart  [STR-16]
            shown.append(delta.text)  # noqa: PERF401  kept where the iterator raises
    if given.get("signature"):
        session.signature(stream.completion.id or "")
    return {"text": "".join(shown), "complete": stream.completion.complete}


def _messages(given: Mapping[str, Any]) -> List[Dict[str, Any]]:
    system = given.get("system")
    first = [{"role": "system", "content": system}] if system else []
    return [*first, *given["messages"]]


def _client(given: Mapping[str, Any]) -> VeniceClient:
    root = given.get("trust_root")
    limits = given.get("limits", {})
    return VeniceClient(
        api_key=given["api_key"],
        base_url=given["base_url"],
        policy=Policy(assurance=given.get("assurance", "dcap"), gpu=given.get("gpu", "report")),
        roots=parse_trust_roots(root.encode("ascii")) if root else PINNED_ROOTS,
        sleep=_no_wait,
        idle_timeout=float(limits.get("idle", IDLE_TIMEOUT_SECONDS)),
        total_timeout=float(limits.get("total", TOTAL_TIMEOUT_SECONDS)),
    )


def _no_wait(seconds: float) -> None:
    """Stand in for the wait before a repetition."""
    del seconds
