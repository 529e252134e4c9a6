from __future__ import annotations

import contextlib
import gc
import json
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import pytest

from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.log import Request
from conformance.mock_tee.server import MockTee
from tests.unit.net.server import ScriptedServer, chunked, reply
from venice_ref import Policy, VeniceClient
from venice_ref.attestation.answer import parse_answer
from venice_ref.attestation.bundle import encode_bundle, parse_bundle
from venice_ref.attestation.endorsements import Endorsements, TrustRoots
from venice_ref.attestation.trust_root import parse_trust_roots
from venice_ref.attestation.verify import verify_attestation
from venice_ref.client import ChatStream, ClientSession, Gatherer
from venice_ref.client.gathering import _payload
from venice_ref.client.vendors import Vendors
from venice_ref.errors import (
    DecryptError,
    EvidenceError,
    MalformedError,
    PeerError,
    PolicyError,
    ServerError,
    TransportError,
    TruncatedError,
    UsageError,
    VeniceError,
)
from venice_ref.net.venice import VeniceApi
from venice_ref.net.web import HttpClient, Response
from venice_ref.session import Session

ROOT = Path(__file__).resolve().parents[2]
KEY = "canary-api-key-93b1"
PROMPT = "canary prompt: the quick brown fox"
BINDING = Policy(assurance="binding")
START = datetime(2026, 4, 24, 12, 0, tzinfo=timezone.utc)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def user(text: str = PROMPT) -> List[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def client(tee: MockTee, policy: Policy = BINDING, **options: Any) -> VeniceClient:
    options.setdefault("sleep", lambda _: None)
    options.setdefault("idle_timeout", 5.0)
    return VeniceClient(KEY, tee.base_url, policy, **options)


def text_of(stream: Iterator[Any], kind: str = "content") -> str:
    return "".join(delta.text for delta in stream if delta.kind == kind)


def is_complete(stream: ChatStream) -> bool:
    return stream.completion.complete


def chats(tee: MockTee) -> List[Request]:
    return [request for request in tee.log.requests if "/chat/completions" in request.path]


def collateral_requests(tee: MockTee) -> List[Request]:
    paths = ("/certification/", "IntelSGXRootCA")
    return [r for r in tee.log.requests if any(path in r.path for path in paths)]


def roots(tee: MockTee) -> TrustRoots:
    return parse_trust_roots(tee.trust_root_pem.encode())


def attestations(tee: MockTee) -> List[Request]:
    return [request for request in tee.log.requests if "/tee/attestation" in request.path]


@contextlib.contextmanager
def conversation(scenario: str, **options: Any) -> Iterator[Tuple[MockTee, ClientSession]]:
    """Yield a mock that behaves in a named way and a session with it."""
    with MockTee(scenario=scenario, seed="faults") as tee:
        with client(tee, **options).session("e2ee-mock") as session:
            yield tee, session
        assert tee.failures == []


@pytest.fixture(name="tee")
def honest() -> Iterator[MockTee]:
    with MockTee(seed="client") as tee:
        yield tee
    assert tee.failures == []


# --- A conversation -----------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["e2ee-mock", "e2ee-mock-r", "e2ee-mock-p", "e2ee-mock-aci"])
def test_a_conversation(tee: MockTee, model: str) -> None:
    with client(tee).session(model) as session:
        assert session.report.verdict == "pass"
        assert session.model == model
        stream = session.chat(user())
        assert not is_complete(stream)
        assert PROMPT.upper() in text_of(stream) or model == "e2ee-mock-r"
        assert is_complete(stream)
        assert stream.completion.model == model
        again = session.chat([{"role": "system", "content": "x"}, *user("second")], temperature=0.5)
        text_of(again)
        assert is_complete(again)
        assert again.completion.id != stream.completion.id
    assert tee.log.prompts[0][-1]["content"] == PROMPT


def test_reasoning_is_kept_apart(tee: MockTee) -> None:
    with client(tee).session("e2ee-mock-r") as session:
        kinds = [delta.kind for delta in session.chat(user())]
    assert set(kinds) == {"content", "reasoning"}


def test_nothing_of_a_prompt_is_on_the_wire_and_the_key_in_one_header_only(tee: MockTee) -> None:
    with client(tee).session("e2ee-mock") as session:
        answer = text_of(session.chat(user()))
    for request in tee.log.requests:
        assert PROMPT.encode() not in request.wire()
        assert PROMPT.encode().hex().encode() not in request.wire()
        assert KEY not in request.path
        assert request.wire().count(KEY.encode()) == 1
        assert request.header("Authorization") == f"Bearer {KEY}"
    for sent in tee.log.answers:
        assert answer.encode() not in sent.body


def test_two_sessions_share_nothing(tee: MockTee) -> None:
    ours = client(tee)
    for model in ("e2ee-mock", "e2ee-mock", "e2ee-mock-p"):  # [SES-1]
        with ours.session(model) as session:
            text_of(session.chat(user()))
    sent = [request.header("X-Venice-TEE-Client-Pub-Key") for request in chats(tee)]
    assert len(set(sent)) == 3
    assert len(attestations(tee)) == 3


# --- Refused before anything is sent ------------------------------------------------------------


def test_the_default_policy_refuses_a_machine_that_is_not_of_intel(tee: MockTee) -> None:
    with pytest.raises(EvidenceError) as caught:
        client(tee, Policy()).session("e2ee-mock")
    assert caught.value.rule == "CRT-13"
    assert caught.value.report is not None
    assert caught.value.report.assurance_reached == "binding"
    assert chats(tee) == []
    assert collateral_requests(tee) == []


def test_the_default_policy_talks_to_a_machine_of_the_given_root(tee: MockTee) -> None:
    said: List[str] = []
    ours = client(tee, Policy(), roots=roots(tee), on_source=lambda source, _: said.append(source))
    assert ours.vendors.pcs_base_url == tee.pcs_url
    with ours.session("e2ee-mock") as session:
        assert session.report.assurance_reached == "dcap"
        assert "intel" in session.report.facts["trust_roots_replaced"]
        assert PROMPT.upper() in text_of(session.chat(user()))
    assert len(collateral_requests(tee)) == 4
    assert said == ["network"]
    assert chats(tee)[0].number > max(request.number for request in collateral_requests(tee))
    for request in collateral_requests(tee):
        assert KEY.encode() not in request.wire()  # [NET-6]


def test_no_collateral_is_no_session(tee: MockTee) -> None:
    ours = client(tee, Policy(), roots=roots(tee), pcs_base_url="http://127.0.0.1:1")
    with pytest.raises(TransportError) as caught:
        ours.session("e2ee-mock")
    assert "--assurance binding" in caught.value.hint  # [NET-15]
    with pytest.raises(TransportError):
        ours.attest("e2ee-mock")
    with pytest.raises(TransportError):
        ours.fetch_evidence("e2ee-mock")
    found = ours.gather("e2ee-mock")
    assert list(found.missing) == ["dcap.collateral"]
    assert found.bundle.collateral is None
    assert chats(tee) == []


def test_given_collateral_is_not_asked_for(tee: MockTee) -> None:
    given = Endorsements(collateral=tee.collateral().encode())
    ours = client(tee, Policy(), roots=roots(tee), endorsements=given)
    assert ours.attest("e2ee-mock").report.assurance_reached == "dcap"
    assert collateral_requests(tee) == []


def test_the_cache_is_used_by_the_next_client(tee: MockTee, tmp_path: Path) -> None:
    for _ in range(2):
        ours = client(tee, Policy(), roots=roots(tee), cache_folder=tmp_path)
        assert ours.attest("e2ee-mock").report.verdict == "pass"
    assert len(collateral_requests(tee)) == 4


def test_a_bundle_holds_what_a_verification_needs(tee: MockTee) -> None:
    bundle = client(tee, Policy(), roots=roots(tee)).fetch_evidence("e2ee-mock")
    read = parse_bundle(encode_bundle(bundle))
    verified = verify_attestation(
        read.attestation.encode(),
        nonce=read.nonce,
        model=read.model,
        policy=Policy(),
        now=read.captured_at,
        endorsements=read.endorsements,
        roots=roots(tee),
    )
    assert verified.report.assurance_reached == "dcap"


def test_a_conversation_with_gpus_that_nvidia_vouches_for(tee: MockTee) -> None:
    ours = client(tee, Policy(gpu="nras"), roots=roots(tee))
    with ours.session("e2ee-mock") as session:
        assert session.report.gpu_reached == "nras"
        assert PROMPT.upper() in text_of(session.chat(user()))


def test_nvidia_is_asked_at_gpu_level_nras_only(tee: MockTee) -> None:
    for level in ("report", "signed", "measured"):
        policy = Policy(assurance="binding", gpu=level)
        assert (
            client(tee, policy, nras_base_url="http://127.0.0.1:1").gather("e2ee-mock").missing
            == {}
        )
    with ScriptedServer(reply(b"no", status=404)) as nvidia:
        policy = Policy(assurance="binding", gpu="nras")
        ours = client(tee, policy, roots=roots(tee), nras_base_url=nvidia.url)
        found = ours.gather("e2ee-mock")
        assert list(found.missing) == ["gpu.nras"]
        assert isinstance(found.missing["gpu.nras"], ServerError)
        assert len(nvidia.received) == 1
        assert KEY not in str(nvidia.received[0])  # [NET-6]


ACCEPTED = {"tcb-configuration-needed"}
UNAVAILABLE = ("pcs-unavailable", "nras-unavailable")


def test_keys_that_lack_the_one_of_a_token_are_asked_for_again(
    tee: MockTee, tmp_path: Path
) -> None:
    def key_requests() -> int:
        return sum(request.path.endswith("/jwks.json") for request in tee.log.requests)

    for asked, keys in ((1, None), (1, None), (2, b'{"keys": []}'), (3, b"no JSON")):
        for file in tmp_path.glob("jwks-*.json"):
            file.write_bytes(file.read_bytes() if keys is None else keys)
        ours = client(tee, Policy(gpu="nras"), roots=roots(tee), cache_folder=tmp_path)
        assert ours.attest("e2ee-mock").report.gpu_reached == "nras"
        assert key_requests() == asked


DCAP_FAULTS = [
    scenario
    for scenario in SCENARIOS.values()
    if scenario.assurance == "dcap" and scenario.name not in ACCEPTED
]
GPU_FAULTS = [scenario for scenario in SCENARIOS.values() if scenario.gpu in ("signed", "nras")]


@pytest.mark.parametrize("scenario", DCAP_FAULTS + GPU_FAULTS, ids=lambda scenario: scenario.name)
def test_no_prompt_goes_to_a_machine_that_dcap_or_nras_refuses(scenario: Any) -> None:
    assert len(DCAP_FAULTS) > 10
    policy = Policy(gpu="nras" if scenario in GPU_FAULTS else "report")
    with MockTee(scenario=scenario.name, seed="faults") as tee:
        with pytest.raises((PeerError, TransportError)) as caught:
            client(tee, policy, roots=roots(tee)).session("e2ee-mock")
        assert chats(tee) == []
    error = caught.value
    report = getattr(error, "report", None)
    standing = [check for check in report.checks if not check.holds] if report else []
    failed = {check.requirement for check in standing}
    assert scenario.requirement in failed | {error.rule}
    if scenario.name.startswith("gpu-"):
        assert not any("/attest/gpu" in request.path for request in tee.log.requests)
    if scenario.name in UNAVAILABLE:
        assert "verify a saved bundle" in error.hint  # [NET-15]


@pytest.mark.parametrize("model", ["tee-mock", "plain-mock", "no-such-model"])
def test_a_model_without_the_capability_is_refused(tee: MockTee, model: str) -> None:
    with pytest.raises(PolicyError) as caught:
        client(tee).session(model)
    assert caught.value.rule == "REQ-8"
    assert [request.path for request in tee.log.requests] == ["/api/v1/models"]


def test_a_model_that_is_listed_twice_must_have_the_capability_twice() -> None:
    rows = [
        {"id": "m", "model_spec": {"capabilities": {"supportsE2EE": able}}} for able in (True, None)
    ]
    with ScriptedServer(reply(json.dumps({"data": rows}).encode())) as server:
        with pytest.raises(PolicyError):
            VeniceClient("", server.url, BINDING).session("m")
        assert len(server.received) == 1


@pytest.mark.parametrize("model", ["", "m:enable_web_search=on", "a\x1bb", "\ud800"])
def test_a_model_id_with_more_in_it_is_refused(tee: MockTee, model: str) -> None:
    with pytest.raises(UsageError):
        client(tee).session(model)
    with pytest.raises(UsageError):
        client(tee).fetch_evidence(model)
    assert tee.log.requests == ()


@pytest.mark.parametrize(
    ("messages", "options"),
    [
        (user(), {"tools": []}),
        (user(), {"stream": False}),
        (user(), {"model": "other"}),
        (user(), {"venice_parameters": {"enable_e2ee": False}}),
        ([], {}),
        ([{"role": "user", "content": "x", "name": PROMPT}], {}),
    ],
)
def test_a_request_that_may_not_be_sent_is_not_sent(
    tee: MockTee, messages: Any, options: dict[str, Any]
) -> None:
    with client(tee).session("e2ee-mock") as session:
        with pytest.raises(UsageError) as caught:
            session.chat(messages, **options)  # [REQ-7]
        assert PROMPT not in str(caught.value)
        assert session.chat(user()) is not None
    assert chats(tee) == []


def test_a_policy_that_says_nothing_is_refused() -> None:
    with pytest.raises(UsageError):
        VeniceClient("", "http://127.0.0.1:1", Policy(assurance="none"))


ATTESTATION_FAULTS = [
    scenario
    for scenario in SCENARIOS.values()
    if scenario.requirement
    and not scenario.name.startswith(("chat-", "signature-"))
    and scenario.name != "attestation-429-once"
    and scenario.assurance == "binding"
    and scenario.gpu == "report"
]


@pytest.mark.parametrize("scenario", ATTESTATION_FAULTS, ids=lambda scenario: scenario.name)
def test_no_prompt_goes_to_a_faulty_attestation(scenario: Any) -> None:
    assert len(ATTESTATION_FAULTS) > 20
    slow = scenario.name == "attestation-slow"
    with MockTee(scenario=scenario.name, seed="faults") as tee:
        with pytest.raises((PeerError, TransportError)) as caught:
            client(tee, idle_timeout=0.3 if slow else 5.0).session("e2ee-mock")
        assert chats(tee) == []
    error = caught.value
    report = getattr(error, "report", None)
    failed = {check.requirement for check in report.failed} if report else set()
    assert scenario.requirement in failed | {error.rule}
    assert KEY not in f"{error!r}{error}"


# --- Faults of an answer ------------------------------------------------------------------------

UNDETECTABLE = {"chat-drop-chunk", "chat-repeat-chunk", "chat-swap-chunks", "chat-done-early"}
HARMLESS = {"chat-after-done", "chat-stale-key-once", "chat-429-once"} | {
    name for name in SCENARIOS if name.startswith("chat-honest-")
}
CHAT_FAULTS = [
    scenario
    for scenario in SCENARIOS.values()
    if scenario.name.startswith("chat-") and scenario.name not in UNDETECTABLE | HARMLESS
]


@pytest.mark.parametrize("scenario", CHAT_FAULTS, ids=lambda scenario: scenario.name)
def test_a_faulty_answer_is_never_complete(scenario: Any) -> None:
    assert len(CHAT_FAULTS) > 20
    with conversation(scenario.name) as (_, session):
        if scenario.name == "chat-stall":
            session._api._http._idle = 0.3
        if scenario.name == "chat-endless-comments":
            session._api._http._total = 1.0
        stream = session.chat(user())
        with pytest.raises(VeniceError) as caught:
            text_of(stream)
        assert not is_complete(stream)
        with pytest.raises(StopIteration):
            next(stream)  # [STR-11]
    error = caught.value
    assert error.rule == scenario.requirement
    assert PROMPT not in f"{error!r}{error}"
    assert KEY not in f"{error!r}{error}"


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_a_fault_that_a_client_gets_over(name: str) -> None:
    with conversation(name) as (_, session):
        stream = session.chat(user())
        assert PROMPT.upper() in text_of(stream)
        assert is_complete(stream)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chat-cut", TruncatedError),
        ("chat-no-done", TruncatedError),
        ("chat-bad-tag", DecryptError),
        ("chat-plaintext-chunk", MalformedError),
        ("chat-in-band-error", ServerError),
    ],
)
def test_text_before_a_fault_is_released_and_nothing_after(
    name: str, kind: type[VeniceError]
) -> None:
    with MockTee(scenario=name, seed="faults") as tee:
        with client(tee).session("e2ee-mock") as session:
            stream = session.chat(user())
            shown: List[str] = []
            with pytest.raises(kind):
                shown.extend(delta.text for delta in stream)
            completion = stream.completion
        assert stream.begun
        assert not completion.complete
        assert completion.content_chunks >= 1
        assert completion == stream.completion  # also after the session was closed


def test_plaintext_passes_under_the_unsafe_option_only() -> None:
    with MockTee(scenario="chat-plaintext-chunk", seed="faults") as tee:
        with client(tee).session("e2ee-mock", unsafe_allow_plaintext=True) as session:
            stream = session.chat(user())
            marked = [delta.text for delta in stream if delta.plaintext]  # [STR-14]
        assert len(marked) == stream.completion.plaintext_chunks == 1


# --- Repetitions  [NET-4, SES-4] ----------------------------------------------------------------


def test_an_attestation_is_repeated_with_a_fresh_nonce() -> None:
    waits: List[float] = []
    with MockTee(scenario="attestation-429-once", seed="faults") as tee:  # NET-16
        client(tee, sleep=waits.append).session("e2ee-mock").close()
        first, second = (request.path for request in attestations(tee))
    assert len(waits) == 1
    assert first != second
    assert first.rpartition("=")[0] == second.rpartition("=")[0]


def test_a_chat_is_repeated_with_a_fresh_encryption() -> None:
    with MockTee(scenario="chat-429-once", seed="faults") as tee:
        with client(tee).session("e2ee-mock") as session:
            text_of(session.chat(user()))
        first, second = (json.loads(request.body) for request in chats(tee))
    assert first["messages"] != second["messages"]
    assert len(attestations(tee)) == 1


def test_a_chat_is_sent_three_times_at_most() -> None:
    waits: List[float] = []
    with MockTee(scenario="chat-500-always", seed="faults") as tee:
        with client(tee, sleep=waits.append).session("e2ee-mock") as session:
            stream = session.chat(user())
            with pytest.raises(ServerError):
                next(stream)
        assert len(chats(tee)) == 3
    assert waits == [1.0, 2.0]
    assert not stream.begun


@pytest.mark.parametrize("name", ["chat-401", "chat-402"])
def test_other_refusals_are_not_repeated(name: str) -> None:
    with MockTee(scenario=name, seed="faults") as tee:
        with client(tee).session("e2ee-mock") as session, pytest.raises(ServerError):
            next(session.chat(user()))
        assert len(chats(tee)) == 1


@pytest.mark.parametrize("model", ["e2ee-mock", "e2ee-mock-p", "e2ee-mock-aci"])
def test_a_stale_key_is_renewed_once(model: str) -> None:
    with MockTee(scenario="chat-stale-key-once", seed="faults") as tee:
        with client(tee).session(model) as session:
            assert PROMPT.upper() in text_of(session.chat(user()))
        first, second = chats(tee)
    assert len(attestations(tee)) == 2
    for name in ("X-Venice-TEE-Model-Pub-Key", "X-Venice-TEE-Client-Pub-Key"):
        assert first.header(name) != second.header(name)


@pytest.mark.parametrize("model", ["e2ee-mock", "e2ee-mock-p"])
def test_a_key_that_is_always_stale_is_given_up(model: str) -> None:
    with MockTee(scenario="chat-stale-key-always", seed="faults") as tee:
        with client(tee).session(model) as session, pytest.raises(ServerError) as caught:
            next(session.chat(user()))
        assert len(chats(tee)) == 2
        assert len(attestations(tee)) == 2
    assert caught.value.kind in ("stale_key", "encryption_rejected")


# --- The life of a session ----------------------------------------------------------------------


def test_expired_evidence_is_renewed(tee: MockTee) -> None:
    clock = Clock()
    with client(tee, clock=clock).session("e2ee-mock") as session:
        text_of(session.chat(user()))
        clock.now += timedelta(minutes=29)
        text_of(session.chat(user()))
        assert len(attestations(tee)) == 1
        clock.now += timedelta(minutes=1)
        text_of(session.chat(user()))  # [SES-2]
        assert len(attestations(tee)) == 2
    keys = [request.header("X-Venice-TEE-Client-Pub-Key") for request in chats(tee)]
    assert keys[0] == keys[1] != keys[2]


def test_a_clock_that_goes_backwards_renews_as_well(tee: MockTee) -> None:
    clock = Clock()
    with client(tee, clock=clock).session("e2ee-mock") as session:
        clock.now -= timedelta(seconds=1)
        text_of(session.chat(user()))
        assert len(attestations(tee)) == 2


def test_a_renewal_that_fails_leaves_no_key_to_fall_back_to(tee: MockTee) -> None:
    clock = Clock()
    with client(tee, clock=clock).session("e2ee-mock") as session:
        text_of(session.chat(user()))
        clock.now += timedelta(hours=1)
        tee.stop()
        for _ in range(2):
            with pytest.raises(TransportError):
                next(session.chat(user()))
        clock.now = START
        with pytest.raises(TransportError):
            next(session.chat(user()))


def test_a_key_that_served_its_requests_is_renewed(tee: MockTee) -> None:
    api = VeniceApi(HttpClient(tee.base_url))
    inner = Session(api.base_url, "e2ee-mock", BINDING, max_requests=2)
    clock = Clock()
    vendors = Vendors("http://127.0.0.1:1", "http://127.0.0.1:1")
    gatherer = Gatherer(api, BINDING, vendors, clock=clock, sleep=lambda _: None)
    with ClientSession(api, inner, gatherer, clock) as session:
        for _ in range(3):
            text_of(session.chat(user()))  # [SES-3]
    assert len(attestations(tee)) == 2


def test_a_closed_session_is_of_no_use(tee: MockTee) -> None:
    session = client(tee).session("e2ee-mock")
    session.close()
    session.close()
    with pytest.raises(UsageError) as caught:
        next(session.chat(user()))
    assert caught.value.rule == "SES-8"
    with pytest.raises(UsageError):
        session.signature("x")
    assert chats(tee) == []


def test_a_session_has_one_answer_at_a_time(tee: MockTee) -> None:
    with client(tee).session("e2ee-mock") as session:
        first = session.chat(user())
        next(first)
        with pytest.raises(UsageError) as caught:
            session.chat(user())
        assert caught.value.rule == "SES-5"
        first.close()
        assert text_of(session.chat(user("second")))
        assert not is_complete(first)


@pytest.mark.parametrize("how", ["close", "drop", "session", "raise", "interrupt"])
def test_a_reader_that_stops_early_closes_the_connection(how: str) -> None:
    with MockTee(seed="early", chunks=400, chunk_delay=0.005) as tee:
        session = client(tee).session("e2ee-mock")
        stream = session.chat(user())
        next(stream)
        if how == "close":
            stream.close()
        elif how == "drop":
            del stream
            session._stream = None
            gc.collect()
        elif how == "session":
            session.close()
        else:
            kind = {"raise": RuntimeError, "interrupt": KeyboardInterrupt}[how]
            with contextlib.suppress(kind), session:
                for _ in stream:
                    raise kind
        waited = threading.Event()
        for _ in range(100):
            if tee.log.answers[-1].ended == "left":
                break
            waited.wait(0.02)
        assert tee.log.answers[-1].ended == "left"  # [NET-9]
        session.close()


def test_what_follows_the_end_mark_is_not_waited_for(tee: MockTee) -> None:
    """A server that keeps the connection open after [DONE] does not hold the reader  [STR-2]."""
    held: List[ScriptedServer] = []

    def exchange() -> Response:
        inner.request(user(), now=datetime.now(timezone.utc))
        http = HttpClient(held[0].url, idle_timeout=5)
        return http.post_stream("/chat", {}, b"{}", max_size=999)

    with ScriptedServer(reply()) as server:
        held.append(server)
        first = chunked(b"data: [DONE]\n\ndata: {\n\n", end=False)
        server.steps[:] = [server.hold_until_closed(first)]
        with client(tee).session("e2ee-mock") as session:
            inner = session._session
            stream = ChatStream(inner, user(), exchange)
            assert list(stream) == []
            assert is_complete(stream)
        assert server.peer_closed.wait(3)


# --- Evidence and signatures --------------------------------------------------------------------


def test_evidence_can_be_fetched_saved_and_attested(tee: MockTee) -> None:
    ours = client(tee, clock=Clock())
    bundle = ours.fetch_evidence("e2ee-mock")
    assert bundle.model == "e2ee-mock"
    assert bundle.captured_at == START
    assert json.loads(bundle.attestation)["nonce"] == bundle.nonce.hex()
    assert ours.attest("e2ee-mock").report.assurance_reached == "binding"
    nonces = {request.path.rpartition("=")[2] for request in attestations(tee)}
    assert len(nonces) == 2  # [ATT-2]


@pytest.mark.parametrize("model", ["e2ee-mock", "e2ee-mock-p"])
def test_a_signature_is_checked_against_the_evidence(tee: MockTee, model: str) -> None:
    ours = client(tee)
    with ours.session(model) as session:
        stream = session.chat(user())
        text_of(stream)
        name = stream.completion.id
        assert name is not None
        checked = session.signature(name)
    assert not checked.transcript_verified
    assert ours.signature(model, name) == checked


@pytest.mark.parametrize(
    "name", [name for name in SCENARIOS if name.startswith("signature-")], ids=str
)
def test_a_signature_that_does_not_hold_is_refused(name: str) -> None:
    with conversation(name) as (_, session):
        stream = session.chat(user())
        text_of(stream)
        with pytest.raises((PeerError, ServerError)):  # [SIG-10]
            session.signature(stream.completion.id or "")


# --- Errors, environment, imports ---------------------------------------------------------------


def test_key_and_base_url_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    body = reply(b'{"data":[]}')
    with ScriptedServer(body) as server:
        monkeypatch.setenv("VENICE_BASE_URL", server.url)
        for name in ("VENICE_API_KEY", "API_KEY_VENICE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("API_KEY_VENICE", "second")
        VeniceClient().models()
        monkeypatch.setenv("VENICE_API_KEY", " first\n")
        VeniceClient().models()
        VeniceClient("given").models()
        VeniceClient("").models()
        sent = [request.headers.get("authorization") for request in server.received]
    assert sent == [["Bearer second"], ["Bearer first"], ["Bearer given"], None]


def test_a_repr_holds_no_key(tee: MockTee) -> None:
    ours = client(tee)
    with ours.session("e2ee-mock") as session:
        assert KEY not in f"{ours!r}{session!r}{session.chat(user())!r}"


def run_python(code: str) -> Tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_an_import_loads_what_it_needs_and_no_more() -> None:
    heavy = "{'ssl', 'urllib.request', 'http.client', 'socket', 'asyncio', 'dataclasses'}"
    for code in (
        "import venice_ref",
        "import venice_ref.e2ee.envelope",
        "from venice_ref import Policy, VeniceClient; VeniceClient('k', 'https://example.org')",
    ):
        result = run_python(f"import sys; {code}; print({heavy} & set(sys.modules))")
        assert result == (0, "set()\n")


def test_the_public_names_are_there() -> None:
    import venice_ref

    for name in venice_ref.__all__:
        assert getattr(venice_ref, name) is not None
    assert set(venice_ref.__all__) <= set(dir(venice_ref))
    with pytest.raises(AttributeError):
        _ = venice_ref.nothing


# --- What an error shows ------------------------------------------------------------------------


def everything(error: VeniceError) -> str:
    """Return all that a program or a person is shown of an error, in one case."""
    report = getattr(error, "report", None)
    shown = [str(error), repr(error), error.hint, str(getattr(error, "code", ""))]
    shown.append("" if report is None else json.dumps(report.to_json()))
    return " ".join(shown).lower()


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def streams(said: str) -> List[bytes]:
    """Return answers to a chat, each of which repeats a text where an error quotes the peer."""
    twice = b"data: {" + b",".join([json.dumps(said).encode() + b":1"] * 2) + b"}\n\n"
    refused = json.dumps({"error": {"message": "bad", "code": said}}).encode()
    return [
        chunked(event({"error": {"message": f"bad {said}"}})),
        chunked(event({"error": {"message": "bad", "code": said}})),
        chunked(event({"id": "a"}), event({"id": said})),
        chunked(event({"model": said}), event({"model": "a"})),
        chunked(twice),
        chunked(content_type=said),
        reply(refused, status=400),
        reply(f"no: {said}".encode(), status=400),
        reply(headers=f"Content-Encoding: {said}\r\n"),
    ]


@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("secret", [KEY, PROMPT, "PIN"])
def test_no_error_of_a_stream_shows_the_key_or_the_prompt(
    tee: MockTee, secret: str, number: int
) -> None:
    answer = streams(secret)[number]
    with client(tee).session("e2ee-mock") as session, ScriptedServer(answer) as server:
        session._api = VeniceApi(HttpClient(server.url, KEY), sleep=lambda _: None)
        with pytest.raises(VeniceError) as caught:
            text_of(session.chat(user(PROMPT if secret == KEY else secret)))
    assert secret.lower() not in everything(caught.value)  # [ERR-2, KEY-12]
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"data": KEY}),
        json.dumps({"data": [{"id": "a", "model_spec": KEY}]}),
        f'{{"{KEY}":1,"{KEY}":2}}',
        json.dumps({"error": KEY}),
    ],
)
def test_no_error_of_another_answer_shows_the_key(body: str) -> None:
    for status in (200, 400):
        with ScriptedServer(reply(body.encode(), status=status)) as server:
            ours = VeniceClient(KEY, server.url, BINDING, sleep=lambda _: None)
            for ask in (ours.models, lambda ours=ours: ours.attest("e2ee-mock")):
                with pytest.raises(VeniceError) as caught:
                    ask()
                assert KEY not in everything(caught.value)  # [ERR-2]


@pytest.mark.parametrize("member", ["model", "tee_provider", "signing_algo", "tee_hardware"])
def test_no_report_shows_the_key(tee: MockTee, member: str) -> None:
    ours = client(tee)
    found = ours.gather("e2ee-mock")
    answer = json.loads(found.raw)
    answer[member] = f"Bearer {KEY}"
    try:
        shown = json.dumps(
            ours.judge(found._replace(raw=json.dumps(answer).encode()))[-1].to_json()
        )
    except PeerError as error:
        shown = everything(error)
    assert KEY not in shown  # [ERR-2]


# --- NVIDIA, and what the service can make of it ------------------------------------------------


def test_a_cached_key_set_that_does_not_verify_is_replaced(tee: MockTee, tmp_path: Path) -> None:
    def make() -> VeniceClient:
        return client(tee, Policy(gpu="nras"), roots=roots(tee), cache_folder=tmp_path)

    make().attest("e2ee-mock")
    (file,) = tmp_path.glob("jwks-*.json")
    keys = json.loads(file.read_bytes())
    for key in keys["keys"]:
        key["x5c"] = key["x5c"][:1]  # the ids are right, and nothing else
    file.write_text(json.dumps(keys))
    assert make().attest("e2ee-mock").report.gpu_reached == "nras"
    assert json.loads(file.read_bytes()) != keys


def test_nvidia_is_sent_the_evidence_and_nothing_beside_it(
    tee: MockTee, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = client(tee, Policy(gpu="nras"), roots=roots(tee))
    answer = json.loads(ours.gather("e2ee-mock").raw)
    payload = answer["nvidia_payload"]
    payload = json.loads(payload) if isinstance(payload, str) else payload
    filled = {**payload, "filler": "\u00e9" * 3_000_000}
    filled["evidence_list"] = [{**entry, "filler": "x"} for entry in payload["evidence_list"]]
    answer["nvidia_payload"] = filled
    sent = _payload(parse_answer(json.dumps(answer, ensure_ascii=False).encode()))
    assert json.loads(sent) == payload
    whole = parse_answer(json.dumps(answer, ensure_ascii=False).encode())
    monkeypatch.setattr("venice_ref.client.gathering.MAX_ATTESTATION_SIZE", 100)
    with pytest.raises(MalformedError, match="at most 100"):
        _payload(whole)
    del answer["nvidia_payload"]
    with pytest.raises(MalformedError, match="no GPU evidence"):
        _payload(parse_answer(json.dumps(answer).encode()))


# --- Arguments ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"policy": 3},
        {"roots": 3},
        {"endorsements": 4},
        {"cache_folder": "x"},
        {"connect_timeout": "x"},
        {"total_timeout": None},
        {"idle_timeout": float("nan")},
    ],
)
def test_an_argument_of_another_type_is_a_usage_error(wrong: Any) -> None:
    with pytest.raises(UsageError):
        VeniceClient(KEY, "http://127.0.0.1:1", **wrong)


@pytest.mark.parametrize("request_id", [123, None, "", "\ud800"])
def test_an_id_that_is_none_is_refused_before_anything_is_asked(
    tee: MockTee, request_id: Any
) -> None:
    with pytest.raises(UsageError):
        client(tee).signature("e2ee-mock", request_id)
    assert not tee.log.requests


@pytest.mark.parametrize("name", ["pcs_base_url", "nras_base_url"])
def test_where_vendors_are_asked_is_checked_at_once(name: str) -> None:
    with pytest.raises(UsageError):
        VeniceClient("key", "http://127.0.0.1/api/v1", **{name: "ftp://vendor.example"})  # type: ignore[arg-type]  # by name
