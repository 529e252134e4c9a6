"""What the server saw of one conversation, and whether it may have seen it.

Everything here is about requests as they crossed the wire.  What the client says of itself plays no
part.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Final, Iterator, List, NamedTuple, Sequence, Set, Tuple
from urllib.parse import parse_qs, urlsplit

from conformance.scenarios.attack import Attack
from conformance.scenarios.canary import Leak, Secret, find_leaks

__all__ = ["API_KEY", "Observed", "SeenRequest", "leaks_in", "request_problems", "request_summary"]

API_KEY: Final = "API key"
"""The name of the one secret that has a place: the header Authorization, at the service itself."""

_CHAT: Final = "/chat/completions"
_ATTESTATION: Final = "/tee/attestation"

_FRESH_NONCES: Final = frozenset({"ATT-2", "NET-16"})
_FRESH_ENVELOPES: Final = frozenset({"ENV-7", "NET-4", "SES-4"})
"""Requirements that make an attack look at nonces, and at envelopes."""

_NONCE: Final = re.compile(r"[0-9A-Fa-f]{64}")
_ENVELOPE: Final = re.compile(r"(?:0x)?([0-9A-Fa-f]{186,})")
_EPHEMERAL_DIGITS: Final = 130


class SeenRequest(NamedTuple):
    """One request, in the words of the mock's log."""

    number: int
    method: str
    path: str
    headers: Tuple[Tuple[str, str], ...]
    body: bytes
    status: int
    """Of the answer; 0 for none."""
    answered: bool
    """Whether the answer came to its end."""

    @property
    def host(self) -> str:
        """The header Host."""
        return next((value for name, value in self.headers if name.lower() == "host"), "")

    @property
    def target(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def is_chat(self) -> bool:
        """Whether it is a request to the model."""
        return self.method == "POST" and self.target.endswith(_CHAT)

    @property
    def is_attestation(self) -> bool:
        """Whether it asks for evidence."""
        return self.target.endswith(_ATTESTATION)


class Observed(NamedTuple):
    """One conversation from the server's side."""

    host: str
    """Host and port of the service; any other one is another origin."""
    base_path: str
    requests: Tuple[SeenRequest, ...]

    @property
    def chats(self) -> Tuple[SeenRequest, ...]:
        """Requests to the model, wherever they were sent."""
        return tuple(request for request in self.requests if request.is_chat)

    @property
    def attestations(self) -> Tuple[SeenRequest, ...]:
        """Requests for evidence."""
        return tuple(request for request in self.requests if request.is_attestation)


def leaks_in(observed: Observed, secrets: Sequence[Secret]) -> List[Leak]:
    """Return every secret that is in a request where it must not be."""
    found: List[Leak] = []
    key = [secret for secret in secrets if secret.name == API_KEY]
    others = [secret for secret in secrets if secret.name != API_KEY]
    for request in observed.requests:
        own = request.host == observed.host and request.path.startswith(observed.base_path)
        for place, data in _parts(request):
            sought = others if own and place == "header authorization" else [*others, *key]
            found += find_leaks(data, sought, f"request {request.number}, {place}")
    return found


def _parts(request: SeenRequest) -> Iterator[Tuple[str, bytes]]:
    yield "request line", f"{request.method} {request.path}".encode("utf-8", "surrogateescape")
    for name, value in request.headers:
        yield f"header {name.lower()}", f"{name}: {value}".encode("utf-8", "surrogateescape")
    yield "body", request.body


def request_problems(attack: Attack, observed: Observed) -> List[str]:
    """Return what is wrong with the requests of a conversation, in the order of weight."""
    return [
        *_other_origins(observed),
        *_unproven(observed),
        *_too_many(attack, observed),
        *(_stale_nonces(observed) if _FRESH_NONCES & set(attack.req) else ()),
        *(_reused_envelopes(observed) if _FRESH_ENVELOPES & set(attack.req) else ()),
    ]


def _other_origins(observed: Observed) -> Iterator[str]:
    for request in observed.requests:
        if request.host != observed.host:
            yield f"{request.method} {request.target} was sent to {request.host}, another origin"
            return


def _unproven(observed: Observed) -> Iterator[str]:
    """Yield a sentence where something was sent to the model before any evidence had come."""
    proven = [
        request.number
        for request in observed.attestations
        if request.status == 200 and request.answered
    ]
    for chat in observed.chats:
        if not any(number < chat.number for number in proven):
            yield "a request was sent to the model before any evidence had come"
            return


def _too_many(attack: Attack, observed: Observed) -> Iterator[str]:
    chats, evidence = len(observed.chats), len(observed.attestations)
    if chats > attack.max_chats:
        yield f"{chats} requests were sent to the model, at most {attack.max_chats} may be"
    if evidence > attack.max_attestations:
        yield f"evidence was asked for {evidence} times, at most {attack.max_attestations} may be"


def _stale_nonces(observed: Observed) -> Iterator[str]:
    seen: Set[str] = set()
    for request in observed.attestations:
        values = parse_qs(urlsplit(request.path).query).get("nonce", [])
        if len(values) != 1 or _NONCE.fullmatch(values[0]) is None:
            yield "a request for evidence carries no nonce of 32 bytes"
            return
        if values[0].lower() in seen:
            yield "two requests for evidence carry the same nonce"
            return
        seen.add(values[0].lower())


def _reused_envelopes(observed: Observed) -> Iterator[str]:
    seen: Set[str] = set()
    for chat in observed.chats:
        for digits in _envelopes(chat.body):
            ephemeral = digits[:_EPHEMERAL_DIGITS].lower()
            if ephemeral in seen:
                yield "two messages were encrypted with the same ephemeral key"
                return
            seen.add(ephemeral)


def _envelopes(body: bytes) -> Iterator[str]:
    """Yield the digits of every envelope in the messages of a request."""
    try:
        document: Any = json.loads(body)
    except ValueError:
        return
    messages = document.get("messages") if isinstance(document, dict) else None
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        match = _ENVELOPE.fullmatch(content) if isinstance(content, str) else None
        if match is not None:
            yield match[1]


def request_summary(observed: Observed) -> str:
    """Return one line for each request: method, path, status, and how the answer ended."""
    lines: List[str] = []
    shortened: Dict[str, str] = {}
    for request in observed.requests:
        path = shortened.setdefault(request.path, request.path[:120])
        ending = "" if request.answered else ", not to its end"
        lines.append(f"{request.number} {request.method} {path} -> {request.status}{ending}")
    return "\n".join(lines)
