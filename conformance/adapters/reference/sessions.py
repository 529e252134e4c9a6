"""Scripts of calls to one session, each at a given time."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Dict, Iterator, List, Mapping

from conformance.adapters.reference.refusal import as_reject
from conformance.adapters.reference.streams import joined
from venice_ref.attestation.policy import Policy
from venice_ref.codec.strict import parse_rfc3339
from venice_ref.e2ee.stream import Delta
from venice_ref.errors import VeniceError
from venice_ref.session import Session
from venice_ref.spec import HEADER_CLIENT_KEY, HEADER_MODEL_KEY

__all__ = ["session_run"]

_MESSAGES = [{"role": "user", "content": "Hello"}]
_OPTIONAL = ("ttl_seconds", "max_requests")


class _Draws:
    """Random bytes: the nonces and client keys of the script, and any for a request."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.purpose = "request"
        self._given: Dict[str, Iterator[str]] = {
            "challenge": iter(given["nonces"]),
            "attest": iter(given["client_keys"]),
        }
        self._drawn = 0

    def __call__(self, size: int) -> bytes:
        if self.purpose in self._given:
            return bytes.fromhex(next(self._given[self.purpose]))
        self._drawn += 1
        return hashlib.sha256(b"request %d" % self._drawn).digest()[:size]


class _Run:
    def __init__(self, given: Mapping[str, Any]) -> None:
        self.draws = _Draws(given)
        self.answers: List[str] = given["answers"]
        self.session = Session(
            given["base_url"],
            given["model"],
            Policy(assurance="binding", gpu="ignore"),
            random_bytes=self.draws,
            **{name: given[name] for name in _OPTIONAL if name in given},
        )

    def challenge(self, _step: Mapping[str, Any]) -> Dict[str, Any]:
        return {"nonce": self.session.challenge().hex()}

    def attest(self, step: Mapping[str, Any]) -> Dict[str, Any]:
        raw = self.answers[step["answer"]].encode("utf-8")
        self.session.attest(raw, now=parse_rfc3339(step["at"]))
        return {}

    def request(self, step: Mapping[str, Any]) -> Dict[str, Any]:
        made = self.session.request(_MESSAGES, now=parse_rfc3339(step["at"]))
        body = json.loads(made.body)
        return {
            "client_key": made.headers[HEADER_CLIENT_KEY],
            "model_key": made.headers[HEADER_MODEL_KEY],
            "model": body["model"],
        }

    def receive(self, step: Mapping[str, Any]) -> Dict[str, Any]:
        released: List[Delta] = []
        try:
            for delta in self.session.receive(bytes.fromhex(step["bytes"])):
                released.append(delta)  # noqa: PERF402  # kept where the iterator raises
        except VeniceError as error:
            error.released = joined(released)  # type: ignore[attr-defined]  # see refusal.py
            raise
        return {"released": joined(released)}

    def finish(self, _step: Mapping[str, Any]) -> Dict[str, Any]:
        return {"complete": self.session.finish().complete}

    def abandon(self, _step: Mapping[str, Any]) -> Dict[str, Any]:
        self.session.abandon()
        return {}

    def close(self, _step: Mapping[str, Any]) -> Dict[str, Any]:
        self.session.close()
        return {}


def session_run(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what each call of a script gave; the first refusal that is not expected ends it."""
    run = _Run(given)
    calls: Dict[str, Callable[[Mapping[str, Any]], Dict[str, Any]]] = {
        name: getattr(run, name)
        for name in ("challenge", "attest", "request", "receive", "finish", "abandon", "close")
    }
    results = []
    for step in given["steps"]:
        run.draws.purpose = step["call"]
        try:
            results.append(calls[step["call"]](step))
        except VeniceError as error:
            if not step.get("fails", False):
                raise
            results.append(_failure(run.session, error))
        else:
            if step.get("fails", False):
                raise ValueError(f"{step['call']} was expected to fail")
    return {"results": results}


def _failure(session: Session, error: VeniceError) -> Dict[str, Any]:
    """Return stage and code of a refusal that the script goes on after."""
    reject = as_reject(error)
    found: Dict[str, Any] = {"refused": f"{reject['stage']}:{reject['reason']}"}
    if "released" in reject:
        found["released"] = reject["released"]
        completion = session.completion
        found["complete"] = completion is not None and completion.complete
    return found
