from __future__ import annotations

import contextlib
import copy
import itertools
import json
import pickle
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple

import pytest

import venice_ref.session
from tests.unit.e2ee.samples import DONE, MODEL, OTHER, chunk, content, event
from venice_ref.attestation.endorsements import NO_ENDORSEMENTS, PINNED_ROOTS, Endorsements
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import Report
from venice_ref.attestation.verify import VerifiedAttestation
from venice_ref.crypto.address import address_of
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import open_text, seal_text
from venice_ref.e2ee.stream import Delta
from venice_ref.errors import (
    DecryptError,
    EvidenceError,
    MalformedError,
    ProtocolError,
    ServerError,
    TruncatedError,
    UsageError,
    VeniceError,
)
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.session import (
    CHALLENGED,
    CLOSED,
    EXPIRED,
    READY,
    STREAMING,
    TRANSITIONS,
    UNATTESTED,
    ChatRequest,
    Session,
)

NOW = datetime(2026, 4, 24, 2, 0, tzinfo=timezone.utc)
URL = "https://api.venice.ai/api/v1"
HELLO = [{"role": "user", "content": "Hello"}]
REPORT = Report("pass", "binding", "binding", "ignore", "ignore", (), {})
POLICY = Policy(assurance="binding", gpu="ignore")


class Attestation:
    """Stands in for `verify_attestation`: accepts `b"good"`, and remembers what it was asked."""

    def __init__(self) -> None:
        self.calls: List[Dict[str, Any]] = []
        self.key = MODEL
        self.model: Optional[str] = None
        self.error: BaseException = EvidenceError("refused", rule="BND-3", report=REPORT)

    def __call__(self, raw: bytes, **arguments: Any) -> VerifiedAttestation:
        self.calls.append(arguments)
        if raw != b"good":
            raise self.error
        public = self.key.public_key
        model = self.model or arguments["model"]
        return VerifiedAttestation(public, address_of(public), model, arguments["now"], REPORT)


@pytest.fixture
def attestation(monkeypatch: pytest.MonkeyPatch) -> Attestation:
    stub = Attestation()
    monkeypatch.setattr(venice_ref.session, "verify_attestation", stub)
    return stub


def make(**arguments: Any) -> Session:
    return Session(URL, "e2ee-mock", POLICY, **arguments)


def ready(**arguments: Any) -> Session:
    session = make(**arguments)
    session.challenge()
    session.attest(b"good", now=NOW)
    return session


def ask(session: Session, *, now: datetime = NOW) -> ChatRequest:
    return session.request(HELLO, now=now)


def answer(session: Session, text: str) -> bytes:
    return chunk({"content": seal_text(session.client_public_key, text)})


def client_key_of(session: Session) -> PrivateKey:
    keys = session._keys
    assert keys is not None
    return keys.client


# --- Evidence -----------------------------------------------------------------------------------


def test_a_session_begins_with_nothing(attestation: Attestation) -> None:  # KEY-9, SES-5
    session = make()
    assert (session.base_url, session.model, session.state) == (URL, "e2ee-mock", UNATTESTED)
    assert session.report is None
    assert session.completion is None
    assert session.requests_left == 0
    for attempt in (
        lambda: session.client_public_key,
        lambda: session.model_key_hex,
        lambda: session.expires_at,
        lambda: ask(session),
        lambda: session.attest(b"good", now=NOW),
        session.finish,
        session.abandon,
        lambda: session.receive(b""),
    ):
        with pytest.raises(ProtocolError, match="SES-5"):
            attempt()
    assert attestation.calls == []


def test_endorsements_roots_and_memo_are_passed_on(attestation: Attestation) -> None:
    roots = PINNED_ROOTS._replace(nvidia_nras=frozenset({bytes(32)}))
    given, memo = Endorsements(collateral=b"{}"), SignatureMemo()
    session = make(roots=roots, memo=memo)
    for _ in range(2):
        session.challenge()
        session.attest(b"good", now=NOW, endorsements=given)
    for call in attestation.calls:
        assert (call["endorsements"], call["roots"]) == (given, roots)
        assert call["memo"] is memo


def test_each_challenge_is_fresh() -> None:  # ATT-2
    session = make()
    nonces = [session.challenge() for _ in range(3)]
    assert session.state == CHALLENGED
    assert len(set(nonces)) == 3
    assert all(len(nonce) == 32 for nonce in nonces)


@pytest.mark.parametrize("source", [lambda n: bytes(n - 1), lambda n: "x" * n, lambda _: 1 / 0])
def test_a_broken_random_source(source: Any, attestation: Attestation) -> None:  # ATT-2
    session = make(random_bytes=source)
    with pytest.raises(UsageError, match="random source"):
        session.challenge()
    with pytest.raises(UsageError):
        session.attest(b"good", now=NOW)
    assert [call["nonce"] for call in attestation.calls] == [None]  # which no verifier accepts
    assert session.state == UNATTESTED


def test_the_evidence_is_judged_with_the_latest_nonce(attestation: Attestation) -> None:  # ATT-2
    session = make()
    session.challenge()
    nonce = session.challenge()
    assert session.attest(b"good", now=NOW) is REPORT
    memo = attestation.calls[0].pop("memo")
    assert isinstance(memo, SignatureMemo)
    assert attestation.calls == [
        {
            "nonce": nonce,
            "model": "e2ee-mock",
            "policy": POLICY,
            "now": NOW,
            "endorsements": NO_ENDORSEMENTS,
            "roots": PINNED_ROOTS,
        }
    ]
    assert session.state == READY
    assert session.report is REPORT
    assert session.model_key_hex == MODEL.public_key.hex()
    assert session.expires_at == NOW + timedelta(minutes=30)
    assert session.requests_left == 1000


@pytest.mark.parametrize(
    "error", [EvidenceError("x"), MalformedError("x"), UsageError("x"), KeyboardInterrupt()]
)
def test_refused_evidence_leaves_nothing(
    error: BaseException, attestation: Attestation
) -> None:  # SES-2
    session = make()
    session.challenge()
    attestation.error = error
    with pytest.raises(type(error)):
        session.attest(b"bad", now=NOW)
    assert session.state == UNATTESTED
    with pytest.raises(ProtocolError, match="SES-5"):  # a nonce serves once
        session.attest(b"good", now=NOW)
    with pytest.raises(ProtocolError, match="SES-5"):
        ask(session)


def test_renewal_that_fails_does_not_fall_back(attestation: Attestation) -> None:  # SES-7
    session = ready()
    key = client_key_of(session)
    session.challenge()
    with pytest.raises(UsageError, match="SES-8"):  # given up before the evidence is fetched
        key.to_bytes()
    with pytest.raises(EvidenceError):
        session.attest(b"bad", now=NOW)
    with pytest.raises(ProtocolError, match="SES-5"):
        ask(session)
    assert len(attestation.calls) == 2


def test_each_attestation_makes_a_new_client_key(attestation: Attestation) -> None:  # KEY-1
    session = ready()
    first = session.client_public_key
    attestation.key = OTHER
    session.challenge()
    session.attest(b"good", now=NOW)
    assert session.client_public_key != first
    assert session.model_key_hex == OTHER.public_key.hex()


def test_evidence_for_another_model(attestation: Attestation) -> None:  # SES-1
    session = make()
    session.challenge()
    attestation.model = "other"
    with pytest.raises(EvidenceError, match="SES-1") as error:
        session.attest(b"good", now=NOW)
    assert error.value.report is REPORT
    assert session.state == UNATTESTED


@pytest.mark.parametrize(
    "now",
    [datetime(2026, 4, 24), None, "2026-04-24", 5, datetime.max.replace(tzinfo=timezone.utc)],  # noqa: DTZ001 - the fault under test
)
def test_a_time_has_a_zone(now: Any, attestation: Attestation) -> None:
    session = make()
    session.challenge()
    with pytest.raises(UsageError):
        session.attest(b"good", now=now)
    assert attestation.calls == []
    assert session.state == CHALLENGED
    session.attest(b"good", now=NOW)
    with pytest.raises(UsageError):
        ask(session, now=now)
    assert session.state == READY


# --- Requests -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("attestation")
def test_a_request() -> None:  # REQ-1, REQ-2, REQ-3, REQ-4, KEY-2, SES-1
    session = ready()
    request = session.request(HELLO, {"temperature": 0.5}, now=NOW)
    assert request.headers == {
        "X-Venice-TEE-Client-Pub-Key": session.client_public_key.hex(),
        "X-Venice-TEE-Model-Pub-Key": MODEL.public_key.hex(),
        "X-Venice-TEE-Signing-Algo": "ecdsa",
    }
    assert all(len(request.headers[name]) == 130 for name in list(request.headers)[:2])
    body = json.loads(request.body)
    text = body["messages"][0].pop("content")
    assert body == {
        "model": "e2ee-mock",
        "messages": [{"role": "user"}],
        "stream": True,
        "venice_parameters": {"enable_e2ee": True},
        "temperature": 0.5,
    }
    assert open_text(MODEL, text) == "Hello"
    assert b": " not in request.body
    assert b", " not in request.body
    assert session.state == STREAMING
    assert session.requests_left == 999


@pytest.mark.usefixtures("attestation")
@pytest.mark.parametrize(
    ("messages", "options", "where"),
    [
        ([], {}, "messages"),
        ([{"role": "user", "content": "x", "name": "y"}], {}, "messages[0].name"),
        (HELLO, {"tools": []}, "options.tools"),
        (HELLO, {"model": "other"}, "options.model"),
        (HELLO, {"stream": False}, "options.stream"),
        (
            HELLO,
            {"venice_parameters": {"enable_e2ee": False}},
            "options.venice_parameters.enable_e2ee",
        ),
    ],
)
def test_a_refused_request_changes_nothing(
    messages: Any, options: Any, where: str
) -> None:  # REQ-7
    session = ready()
    with pytest.raises(UsageError) as error:
        session.request(messages, options, now=NOW)
    assert error.value.where == where
    assert session.state == READY
    assert session.requests_left == 1000


@pytest.mark.usefixtures("attestation")
def test_the_time_to_live() -> None:  # SES-2
    session = ready()
    ask(session, now=NOW + timedelta(minutes=30) - timedelta(microseconds=1))
    session.abandon()
    key = client_key_of(session)
    with pytest.raises(ProtocolError) as error:
        ask(session, now=NOW + timedelta(minutes=30))
    assert (error.value.rule, error.value.hint) == ("SES-2", "attest again")
    assert session.state == EXPIRED
    with pytest.raises(UsageError, match="SES-8"):
        key.to_bytes()
    with pytest.raises(ProtocolError, match="SES-2"):
        ask(session)
    session.challenge()
    session.attest(b"good", now=NOW + timedelta(minutes=31))
    ask(session, now=NOW + timedelta(minutes=60))


@pytest.mark.usefixtures("attestation")
@pytest.mark.parametrize("seconds", [-1, -1e-6, -86_400 * 365])
def test_a_clock_that_goes_backwards(seconds: float) -> None:  # SES-2
    session = ready()
    ask(session, now=NOW + timedelta(minutes=5))
    session.abandon()
    with pytest.raises(ProtocolError, match=r"went backwards.*SES-2"):
        ask(session, now=NOW + timedelta(minutes=5, seconds=seconds))
    with pytest.raises(ProtocolError, match="SES-2"):  # it does not recover with the clock
        ask(session, now=NOW + timedelta(minutes=6))


@pytest.mark.usefixtures("attestation")
def test_zones_do_not_matter() -> None:  # SES-2
    session = ready()
    there = timezone(timedelta(hours=-9))
    ask(session, now=(NOW + timedelta(minutes=29)).astimezone(there))
    session.abandon()
    with pytest.raises(ProtocolError, match="SES-2"):
        ask(session, now=(NOW + timedelta(minutes=31)).astimezone(there))


@pytest.mark.usefixtures("attestation")
def test_an_answer_may_outlive_the_evidence() -> None:  # SES-2 is about the start
    session = ready(ttl_seconds=1)
    ask(session)
    assert list(session.receive(answer(session, "late") + DONE)) == [
        Delta("content", "late", False)
    ]
    assert session.finish().complete


@pytest.mark.usefixtures("attestation")
def test_the_number_of_requests() -> None:  # SES-3
    session = ready(max_requests=2)
    for left in (1, 0):
        ask(session)
        assert session.requests_left == left
        session.abandon()
    for _ in range(2):
        with pytest.raises(ProtocolError) as error:
            ask(session)
        assert (error.value.rule, error.value.hint) == ("SES-3", "attest again")
    session.challenge()
    session.attest(b"good", now=NOW)
    ask(session)


@pytest.mark.parametrize("seconds", [0, -1, 86_401, float("nan"), float("inf"), True, "60", None])
def test_a_time_to_live_is_bounded(seconds: Any) -> None:  # SES-2
    with pytest.raises(UsageError, match="SES-2"):
        make(ttl_seconds=seconds)
    make(ttl_seconds=86_400)


@pytest.mark.parametrize("count", [0, -1, 1001, 1.0, True, "5", None])
def test_a_number_of_requests_is_bounded(count: Any) -> None:  # SES-3
    with pytest.raises(UsageError, match="SES-3"):
        make(max_requests=count)
    make(max_requests=1000)


@pytest.mark.parametrize(
    ("url", "model"), [(5, "m"), (URL, ""), (URL, "m:enable_web_search=on"), (URL, None)]
)
def test_what_a_session_is_bound_to(url: Any, model: Any) -> None:  # SES-1
    with pytest.raises(UsageError):
        Session(url, model, POLICY)


def test_the_binding_cannot_be_changed() -> None:  # SES-1
    session = make()
    for name in ("base_url", "model", "anything"):
        with pytest.raises(AttributeError):
            setattr(session, name, "other")


# --- Answers ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("attestation")
def test_a_conversation() -> None:
    session = ready()
    for text in ("one", "two"):
        ask(session)
        first = session.completion
        assert first is not None
        assert not first.complete
        raw = answer(session, text) + chunk({}, finish_reason="stop") + DONE
        deltas = [d for i in range(len(raw)) for d in session.receive(raw[i : i + 1])]
        assert deltas == [Delta("content", text, False)]
        assert session.finish().finish_reason == "stop"
        assert session.state == READY
        assert session.completion is not None
        assert session.completion.complete
    assert session.requests_left == 998


FAULTS: List[Tuple[bytes, type]] = [
    (content("sealed to another key"), DecryptError),
    (chunk({"content": "plain"}), MalformedError),
    (event("oops"), MalformedError),
    (b"data: \xff\n\n", MalformedError),
    (event({"error": "x"}), ServerError),
    (event({"id": "other"}), ProtocolError),
]


@pytest.mark.usefixtures("attestation")
@pytest.mark.parametrize(
    ("raw", "kind"), FAULTS, ids=["tag", "plaintext", "json", "utf-8", "error", "id"]
)
def test_a_failed_answer_is_dead_and_the_session_is_not(raw: bytes, kind: type) -> None:  # STR-11
    session = ready()
    ask(session)
    deltas = session.receive(answer(session, "shown") + raw + answer(session, "never") + DONE)
    assert next(deltas).text == "shown"
    with pytest.raises(kind):
        next(deltas)
    assert list(deltas) == []
    assert session.state == READY
    for attempt in (session.finish, lambda: session.receive(DONE)):
        with pytest.raises(ProtocolError, match="SES-5"):
            attempt()
    completion = session.completion
    assert completion is not None
    assert (completion.complete, completion.content_chunks) == (False, 1)
    ask(session)
    assert [d.text for d in session.receive(answer(session, "next") + DONE)] == ["next"]
    assert session.finish().complete


@pytest.mark.usefixtures("attestation")
def test_a_truncated_answer() -> None:  # STR-1
    session = ready()
    ask(session)
    assert [d.text for d in session.receive(answer(session, "shown"))] == ["shown"]
    with pytest.raises(TruncatedError, match="STR-1"):
        session.finish()
    assert session.state == READY
    assert session.completion is not None
    assert not session.completion.complete


@pytest.mark.usefixtures("attestation")
def test_finish_finds_the_fault_that_nobody_read() -> None:
    session = ready()
    ask(session)
    session.receive(event("oops") + DONE)
    with pytest.raises(MalformedError, match="STR-3"):
        session.finish()
    assert session.state == READY


@pytest.mark.usefixtures("attestation")
def test_what_is_received_is_bytes() -> None:
    session = ready()
    ask(session)
    with pytest.raises(UsageError):
        session.receive("text")  # type: ignore[arg-type] # the fault under test
    assert session.state == STREAMING


@pytest.mark.usefixtures("attestation")
@pytest.mark.parametrize("end", [lambda s: s.abandon(), lambda s: s.finish(), lambda s: s.close()])
def test_an_iterator_ends_with_its_answer(end: Callable[[Session], None]) -> None:  # SES-5
    session = ready()
    ask(session)
    raw = answer(session, "one") + answer(session, "two") + DONE
    deltas = session.receive(raw)
    assert next(deltas).text == "one"
    end(session)
    with pytest.raises(ProtocolError, match="SES-5"):
        next(deltas)


@pytest.mark.usefixtures("attestation")
def test_an_iterator_does_not_disturb_the_next_answer() -> None:  # SES-5
    session = ready()
    ask(session)
    stale = session.receive(event("oops"))
    session.abandon()
    ask(session)
    with pytest.raises(ProtocolError, match="SES-5"):
        next(stale)
    assert session.state == STREAMING
    assert [d.text for d in session.receive(answer(session, "new") + DONE)] == ["new"]
    assert session.finish().complete


@pytest.mark.usefixtures("attestation")
def test_plaintext_only_under_the_unsafe_option() -> None:  # STR-14
    session = ready(unsafe_allow_plaintext=True)
    ask(session)
    raw = chunk({"content": "plain"}) + DONE
    assert list(session.receive(raw)) == [Delta("content", "plain", True)]
    assert session.finish().plaintext_chunks == 1


# --- The end ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("attestation")
@pytest.mark.parametrize("state", [UNATTESTED, CHALLENGED, READY, STREAMING, EXPIRED])
def test_a_closed_session(state: str) -> None:  # SES-8
    session = in_state(state)
    keys = [] if session._keys is None else [client_key_of(session)]
    session.close()
    session.close()
    assert session.state == CLOSED
    assert (session._keys, session._nonce, session._reader) == (None, None, None)
    for key in keys:
        assert bytes(key._secret) == bytes(32)
    for attempt in (
        session.challenge,
        lambda: session.attest(b"good", now=NOW),
        lambda: ask(session),
        lambda: session.receive(b""),
        session.finish,
        session.abandon,
        lambda: session.client_public_key,
        lambda: session.model_key_hex,
        lambda: session.expires_at,
    ):
        with pytest.raises(UsageError) as error:
            attempt()
        assert error.value.rule == "SES-8"


@pytest.mark.usefixtures("attestation")
def test_a_with_block_closes() -> None:  # SES-6
    with ready() as session:
        ask(session)
    assert session.state == CLOSED
    with pytest.raises(RuntimeError), ready() as session:
        raise RuntimeError
    assert session.state == CLOSED


@pytest.mark.usefixtures("attestation")
def test_a_session_does_not_show_its_key() -> None:  # KEY-12
    session = ready()
    secret = client_key_of(session).to_bytes().hex()
    assert repr(session) == str(session) == "<Session ready>"
    assert secret not in repr(session._keys)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(UsageError, match="KEY-12"):
            attempt(session)


# --- The table ----------------------------------------------------------------------------------


def in_state(state: str) -> Session:
    if state == UNATTESTED:
        return make()
    session = make()
    session.challenge()
    if state == CHALLENGED:
        return session
    session.attest(b"good", now=NOW)
    if state == STREAMING:
        ask(session)
    elif state == EXPIRED:
        with pytest.raises(ProtocolError):
            ask(session, now=NOW + timedelta(days=1))
    elif state == CLOSED:
        session.close()
    assert session.state == state
    return session


CALLS: Dict[str, Callable[[Session], object]] = {
    "challenge": lambda s: s.challenge(),
    "attest": lambda s: s.attest(b"good", now=NOW),
    "request": ask,
    "receive": lambda s: s.receive(b""),
    "finish": lambda s: s.finish(),
    "abandon": lambda s: s.abandon(),
    "close": lambda s: s.close(),
}
ALLOWED: Dict[str, Set[str]] = {
    UNATTESTED: {"challenge", "close"},
    CHALLENGED: {"challenge", "attest", "close"},
    READY: {"challenge", "request", "abandon", "close"},
    STREAMING: {"receive", "finish", "abandon", "close"},
    EXPIRED: {"challenge", "close"},
    CLOSED: {"close"},
}


@pytest.mark.usefixtures("attestation")
@pytest.mark.parametrize(("state", "call"), list(itertools.product(ALLOWED, CALLS)))
def test_every_call_in_every_state(state: str, call: str) -> None:  # SES-5
    session = in_state(state)
    if call in ALLOWED[state]:
        if call == "finish":
            list(session.receive(DONE))
        CALLS[call](session)
        return
    with pytest.raises((ProtocolError, UsageError)) as error:
        CALLS[call](session)
    rule = {CLOSED: "SES-8", EXPIRED: "SES-2"}.get(state, "SES-5")
    assert error.value.rule == rule
    assert session.state == state


def test_the_table_is_closed() -> None:
    assert set(TRANSITIONS) == set(ALLOWED)
    for events in TRANSITIONS.values():
        assert set(events.values()) <= set(TRANSITIONS)
        assert events["close"] == CLOSED
    assert set(TRANSITIONS[CLOSED].values()) == {CLOSED}


def walks(length: int) -> Iterator[Tuple[str, ...]]:
    return itertools.product(CALLS, repeat=length)


@pytest.mark.usefixtures("attestation")
def test_keys_exist_in_two_states_only() -> None:  # KEY-9, SES-2
    """After every sequence of three calls, allowed or not, from a session that is ready."""
    for walk in walks(3):
        session = ready()
        for call in walk:
            with contextlib.suppress(VeniceError):
                CALLS[call](session)
            assert (session._keys is not None) is (session.state in {READY, STREAMING})
            assert (session._reader is not None) is (session.state == STREAMING)
            assert (session._nonce is not None) is (session.state == CHALLENGED)
