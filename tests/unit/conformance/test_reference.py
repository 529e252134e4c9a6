"""The reference's client against every scenario: refused for the reason that the table names.

This is a first, in-process form of what the suite will do to any client; it keeps table, mock and
reference honest with each other.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Dict, Final, List, NamedTuple, Optional, Set
from urllib.parse import parse_qs, urlsplit

import pytest

from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.server import MockTee
from venice_ref.attestation.policy import Policy
from venice_ref.client import ClientSession, VeniceClient
from venice_ref.errors import PeerError, ServerError, VeniceError

PROMPT: Final = "the canary sings at noon"
ANSWER: Final = "one two three four five six"

HARMLESS: Final = {
    "honest": 1,
    "attestation-429-once": 1,
    "chat-429-once": 2,
    "chat-stale-key-once": 2,
    "chat-after-done": 1,
}
"""Scenarios that a client endures, and how many chats it sends for that."""

UNDETECTABLE: Final = {
    "chat-drop-chunk": "one three four five six",
    "chat-repeat-chunk": "one two two three four five six",
    "chat-swap-chunks": "one three two four five six",
    "chat-done-early": "one two",
}
"""Known limits of the protocol, and what a client shows."""

KINDS: Final = {
    "attestation-502-with-body": "tee_unavailable",
    "attestation-unavailable": "tee_unavailable",
    "attestation-rate-limited": "rate_limited",
    "chat-stale-key-always": "stale_key",
    "chat-401": "authentication",
    "chat-402": "payment",
    "chat-500-always": "server",
    "signature-missing": "not_found",
}
"""Scenarios that end in an error of the server, which has a kind and no rule of its own."""

SHOWN: Final = {
    **dict.fromkeys((name for name in SCENARIOS if name.startswith("chat-")), "one"),
    "chat-in-band-error": "one two",
    "chat-event-error": "one two",
    "chat-cut": "one two",
    "chat-stall": "one two",
    "chat-huge-line": "one two",
    "chat-no-done": ANSWER,
}
"""What a client shows before it stops."""

BEFORE_TEXT: Final = {"chat-content-type", "chat-json-error-200"} | set(KINDS)

BEYOND_BINDING: Final = [
    name for name, row in SCENARIOS.items() if (row.assurance, row.gpu) != ("binding", "report")
]
"""Scenarios that nobody notices who does not verify certificates, collateral and GPUs."""

REFUSED: Final = [
    name for name in SCENARIOS if name not in {*HARMLESS, *UNDETECTABLE, *BEYOND_BINDING}
]


class Outcome(NamedTuple):
    error: Optional[VeniceError]
    text: str
    complete: bool
    chats: int
    nonces: List[str]
    wire: bytes
    prompts: int


SLOW: Final = frozenset({"attestation-slow", "chat-stall"})
"""What stalls on purpose; anything else may take its time on a busy machine."""


def _client(tee: MockTee) -> VeniceClient:
    slow = tee.settings.scenario in SLOW
    return VeniceClient(
        api_key="secret-api-key",
        base_url=tee.base_url,
        policy=Policy(assurance="binding"),
        sleep=lambda _seconds: None,
        idle_timeout=0.5 if slow else 30.0,
        total_timeout=1.0 if slow else 60.0,
    )


def _talk(session: ClientSession, said: List[str], complete: List[bool]) -> None:
    stream = session.chat([{"role": "user", "content": PROMPT}])
    try:
        for delta in stream:
            said.append(delta.text)  # noqa: PERF401  kept when the stream raises
    finally:
        complete.append(stream.completion.complete)
    session.signature(stream.completion.id or "")


@cache
def _meet(scenario: str, model: str = "e2ee-mock") -> Outcome:
    said: List[str] = []
    complete: List[bool] = []
    error: Optional[VeniceError] = None
    with MockTee(scenario=scenario, reply=ANSWER) as tee:
        try:
            with _client(tee).session(model) as session:
                _talk(session, said, complete)
        except VeniceError as refused:
            error = refused
    assert tee.failures == []
    requests = tee.log.requests
    queries = [parse_qs(urlsplit(request.path).query) for request in requests]
    return Outcome(
        error,
        "".join(said),
        complete == [True],
        sum(request.method == "POST" for request in requests),
        [query["nonce"][0] for query in queries if "nonce" in query],
        tee.log.wire(),
        len(tee.log.prompts),
    )


@pytest.mark.parametrize("name", list(HARMLESS))
def test_what_does_no_harm_is_endured(name: str) -> None:
    outcome = _meet(name)
    assert outcome.error is None
    assert (outcome.text, outcome.complete) == (ANSWER, True)
    assert outcome.chats == HARMLESS[name]
    assert outcome.prompts == 1
    assert len(set(outcome.nonces)) == len(outcome.nonces)  # [NET-16]
    assert len(outcome.nonces) == (
        2 if name in ("attestation-429-once", "chat-stale-key-once") else 1
    )


@pytest.mark.parametrize("name", list(UNDETECTABLE))
def test_what_no_client_can_notice(name: str) -> None:
    outcome = _meet(name)
    assert outcome.error is None
    assert outcome.text.split() == UNDETECTABLE[name].split()


@pytest.mark.parametrize("name", BEYOND_BINDING)
def test_binding_alone_does_not_notice_a_false_machine(name: str) -> None:
    outcome = _meet(name)
    assert outcome.error is None
    assert (outcome.text, outcome.complete) == (ANSWER, True)


@pytest.mark.parametrize("name", REFUSED)
def test_a_misbehaviour_is_refused_for_its_reason(name: str) -> None:
    outcome = _meet(name)
    error = outcome.error
    assert error is not None
    if name in KINDS:
        assert isinstance(error, ServerError)
        assert error.kind == KINDS[name]
    else:
        assert SCENARIOS[name].requirement in _rules(error)
    assert PROMPT not in str(error)
    assert "secret-api-key" not in str(error)


def _rules(error: VeniceError) -> Set[str]:
    """The rule of an error, and those of all failed checks where it has a report."""
    report = error.report if isinstance(error, PeerError) else None
    return {error.rule, *(check.requirement for check in (report.failed if report else ()))}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_sent_or_shown_that_should_not_be(name: str) -> None:
    outcome = _meet(name)
    if name.startswith("signature-"):
        assert (outcome.text, outcome.complete) == (ANSWER, True)
    elif name.startswith("chat-"):
        assert not outcome.complete
        assert outcome.text == ("" if name in BEFORE_TEXT else SHOWN[name])
    else:
        assert outcome.chats == 0
        assert outcome.prompts == 0
    assert PROMPT.encode() not in outcome.wire


def test_every_scenario_is_in_one_list() -> None:
    lists: Dict[str, List[str]] = {
        "harmless": list(HARMLESS),
        "undetectable": list(UNDETECTABLE),
        "beyond binding": BEYOND_BINDING,
        "refused": REFUSED,
    }
    assert sorted(name for names in lists.values() for name in names) == sorted(SCENARIOS)


def test_retries_are_bounded() -> None:
    assert _meet("chat-500-always").chats == 3
    assert _meet("chat-stale-key-always").chats == 2
    assert _meet("chat-401").chats == 1
    assert len(set(_meet("attestation-rate-limited").nonces)) == 3


def test_a_redirect_is_not_followed() -> None:
    outcome = _meet("attestation-redirect")
    assert len(outcome.nonces) == 1
    assert b"Host: localhost" not in outcome.wire


@pytest.mark.parametrize("model", ["e2ee-mock", "e2ee-mock-r", "e2ee-mock-p", "e2ee-mock-aci"])
@pytest.mark.parametrize("kind", ["v4", "v5-1.0", "v5-1.5"])
def test_every_shape_and_every_quote(model: str, kind: str) -> None:
    with MockTee(quote_kind=kind) as tee, _client(tee).session(model) as session:
        stream = session.chat(
            [{"role": "system", "content": "s"}, {"role": "user", "content": "é"}]
        )
        deltas = list(stream)
        assert "".join(d.text for d in deltas if d.kind == "content").endswith("capitals: É")
        assert {d.kind for d in deltas} == (
            {"content", "reasoning"} if model == "e2ee-mock-r" else {"content"}
        )
        assert stream.completion.complete
        session.signature(stream.completion.id or "")


@pytest.mark.parametrize("model", ["tee-mock", "plain-mock", "unknown"])
def test_other_models_are_not_talked_to(model: str) -> None:
    outcome = _meet("honest", model)
    assert outcome.error is not None
    assert outcome.error.rule == "REQ-8"
    assert outcome.chats == 0


def test_a_service_that_stops_in_the_middle_leaves_an_incomplete_answer() -> None:
    tee = MockTee(reply=ANSWER, chunk_delay=0.2).start()
    client = _client(tee)
    with client.session("e2ee-mock") as session:
        stream = session.chat([{"role": "user", "content": PROMPT}])
        assert next(stream).text == "one"
        tee.stop()
        with pytest.raises(VeniceError) as caught:
            list(stream)
        assert caught.value.rule in ("STR-1", "NET-3")
        assert not stream.completion.complete


def test_a_reader_that_stops_early_closes_its_connection() -> None:
    with (
        MockTee(chunks=2000, chunk_delay=0.002) as tee,
        _client(tee).session("e2ee-mock") as session,
    ):
        stream = session.chat([{"role": "user", "content": PROMPT}])
        next(stream)
        assert tee.log.answers[-1].ended == "open"
        stream.close()
        deadline = time.monotonic() + 5
        while tee.log.answers[-1].ended == "open" and time.monotonic() < deadline:
            time.sleep(0.005)
        assert tee.log.answers[-1].ended == "left"
