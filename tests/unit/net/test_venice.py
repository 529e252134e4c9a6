from __future__ import annotations

import json
from typing import Any, List

import pytest

from tests.unit.net.server import EVENTS, JSON, ScriptedServer, Step, chunked, reply
from venice_ref.errors import MalformedError, ServerError, TransportError, UsageError
from venice_ref.model import Nonce32
from venice_ref.net.venice import Attempts, VeniceApi, parse_models
from venice_ref.net.web import HttpClient

KEY = "canary-api-key-77"
NONCE = Nonce32(bytes(range(32)))


class Slept:
    """Replaces `time.sleep` and remembers what it was asked for."""

    def __init__(self) -> None:
        self.seconds: List[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def api(server: ScriptedServer, slept: Any = None) -> VeniceApi:
    return VeniceApi(HttpClient(server.url, KEY, idle_timeout=3), sleep=slept or Slept())


def models(*rows: object) -> bytes:
    return json.dumps({"object": "list", "data": rows}).encode()


def row(name: str = "e2ee-x", **capabilities: object) -> dict[str, object]:
    spec = {"name": "X", "availableContextTokens": 4096, "capabilities": capabilities}
    return {"id": name, "type": "text", "model_spec": spec}


# --- Models -------------------------------------------------------------------------------------


def test_models_are_listed_in_order() -> None:
    answer = models(row("a", supportsE2EE=True, supportsTeeAttestation=True), row("b"))
    with ScriptedServer(reply(answer)) as server:
        first, second = api(server).models()
        assert server.received[0].target == "/api/v1/models"
    assert first == ("a", "X", "text", True, True, 4096)
    assert (second.id, second.supports_e2ee, second.supports_tee) == ("b", None, None)


@pytest.mark.parametrize("value", ["true", 1, None, [], {}, 1.0])
def test_only_the_boolean_true_is_a_capability(value: object) -> None:
    (model,) = parse_models(models(row(supportsE2EE=value)))  # [REQ-8]
    assert model.supports_e2ee is None


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "x"},
        {"id": "x", "model_spec": {}},
        {"id": "x", "model_spec": {"capabilities": ["supportsE2EE"], "name": 7}, "type": 7},
        {"id": "x", "model_spec": {"availableContextTokens": True}},
    ],
)
def test_a_sparse_entry_has_no_capability(entry: object) -> None:
    assert parse_models(models(entry)) == (("x", "", "", None, None, None),)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"data":{}}',
        b'{"data":[1]}',
        b'{"data":[{"id":""}]}',
        b'{"data":[{"id":7}]}',
        b'{"data":[{"id":"a","id":"b"}]}',
        b'{"data":[{"id":"a","model_spec":[]}]}',
    ],
)
def test_what_is_no_list_of_models_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_models(raw)


@pytest.mark.parametrize("member", ["id", "name", "type"])
def test_the_texts_of_a_model_have_a_limit(member: str) -> None:
    def entry(text: str) -> object:
        spec = {"name": text if member == "name" else "n"}
        return {
            "id": "i",
            "type": "t",
            "model_spec": spec,
            **({} if member == "name" else {member: text}),
        }

    assert len(parse_models(models(entry("x" * 256)))) == 1
    with pytest.raises(MalformedError, match="257 characters") as caught:  # [NET-3]
        parse_models(models(entry("x" * 257)))
    assert (caught.value.rule, caught.value.where.endswith(member)) == ("NET-3", True)


def test_the_number_of_models_has_a_limit() -> None:
    assert len(parse_models(models(*[{"id": "x"}] * 10_000))) == 10_000
    with pytest.raises(MalformedError, match="10001 models") as caught:  # [NET-3]
        parse_models(models(*[{"id": "x"}] * 10_001))
    assert caught.value.rule == "NET-3"


# --- Attestation --------------------------------------------------------------------------------


def test_attestation_sends_model_and_nonce_encoded() -> None:
    with ScriptedServer(reply(b'{"verified":true}')) as server:
        assert api(server).attestation("a/b c&nonce=1", NONCE) == b'{"verified":true}'
        (request,) = server.received
    assert request.target == (
        f"/api/v1/tee/attestation?model=a%2Fb%20c%26nonce%3D1&nonce={NONCE.hex()}"
    )  # [REQ-9]
    assert KEY not in request.target


@pytest.mark.parametrize("status", [201, 202, 203, 206, 400, 500, 502])
def test_the_body_of_any_other_status_is_no_evidence(status: int) -> None:
    with ScriptedServer(reply(b'{"verified":true}', status=status)) as server:
        with pytest.raises(ServerError) as caught:  # [NET-7]
            api(server).attestation("m", NONCE)
        assert len(server.received) == 1  # a repetition needs a fresh nonce [NET-4]
    assert caught.value.status == status


@pytest.mark.parametrize("name", ["", None, 7])
def test_an_id_must_be_a_string(name: Any) -> None:
    with ScriptedServer(reply()) as server:
        with pytest.raises(UsageError):
            api(server).attestation(name, NONCE)
        with pytest.raises(UsageError):
            api(server).signature("m", name)
        assert server.received == []


# --- Chat ---------------------------------------------------------------------------------------


def test_chat_posts_and_streams() -> None:
    with ScriptedServer(chunked(b"data: [DONE]\n\n", content_type=EVENTS + "; charset=utf-8")) as s:
        with api(s).chat({"X-Venice-TEE-Signing-Algo": "ecdsa"}, b"{}") as response:
            assert response.read_all() == b"data: [DONE]\n\n"
        (request,) = s.received
    assert (request.method, request.target) == ("POST", "/api/v1/chat/completions")
    assert request.header("Accept") == EVENTS
    assert request.header("Content-Type") == JSON


def refused(step: Step) -> Exception:
    with ScriptedServer(step) as server:
        with pytest.raises((ServerError, MalformedError)) as caught:
            api(server).chat({}, b"{}")
        assert len(server.received) == 1  # a repetition needs a fresh encryption
    return caught.value


def test_an_error_with_status_200_is_an_error() -> None:
    error = refused(reply(b'{"error":{"message":"overloaded","code":"model_overloaded"}}'))
    assert isinstance(error, ServerError)
    assert (error.rule, error.status, error.code) == ("STR-15", 200, "model_overloaded")


@pytest.mark.parametrize("content_type", [JSON, "text/html", "text/event-streamx", ""])
def test_what_is_no_event_stream_is_refused(content_type: str) -> None:
    error = refused(reply(b'{"choices":[]}', content_type=content_type))
    assert isinstance(error, MalformedError)
    assert error.rule == "STR-15"


def test_a_refused_chat_is_a_server_error() -> None:
    error = refused(reply(b'{"error":"no"}', status=400, content_type=EVENTS))
    assert isinstance(error, ServerError)
    assert error.kind == "bad_request"


def test_an_endless_error_body_ends() -> None:
    error = refused(reply(b"x" * 500_000, status=500, content_type="text/plain"))
    assert isinstance(error, ServerError)
    assert len(str(error)) < 400


# --- Signature ----------------------------------------------------------------------------------


def test_signature_sends_both_ids_encoded() -> None:
    with ScriptedServer(reply(b'{"text":"a:b"}')) as server:
        assert api(server).signature("m:1", "chatcmpl/1?x") == b'{"text":"a:b"}'
        assert server.received[0].target == (
            "/api/v1/tee/signature?model=m%3A1&request_id=chatcmpl%2F1%3Fx"
        )


@pytest.mark.parametrize(
    "answer",
    [
        reply(b'{"error_code":"STREAM_DISCONNECTED","message":"gone"}'),
        reply(b'{"error":"not found"}'),
        reply(b'{"error":"Request ID is invalid."}', status=400),
        reply(b"", status=404),
    ],
)
def test_a_missing_signature_is_an_error(answer: bytes) -> None:
    with ScriptedServer(answer) as server:
        with pytest.raises(ServerError):  # [SIG-10]
            api(server).signature("m", "r")
        assert len(server.received) == 1


# --- Repetition  [NET-4] ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_overload_is_met_with_two_repetitions(status: int) -> None:
    slept = Slept()
    with ScriptedServer(reply(b'{"error":"busy"}', status=status)) as server:
        with pytest.raises(ServerError):
            api(server, slept).models()
        assert len(server.received) == 3
    assert slept.seconds == [1.0, 2.0]


def test_a_repetition_may_succeed() -> None:
    slept = Slept()
    with ScriptedServer(reply(b"", status=503), reply(models(row()))) as server:
        assert len(api(server, slept).models()) == 1
    assert slept.seconds == [1.0]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 413, 415, 421, 422, 204])
def test_nothing_else_is_repeated(status: int) -> None:
    slept = Slept()
    with ScriptedServer(reply(b"", status=status)) as server:
        with pytest.raises(ServerError):
            api(server, slept).models()
        assert (len(server.received), slept.seconds) == (1, [])


def test_a_cut_answer_is_not_repeated() -> None:
    with ScriptedServer(reply(b"x", length=9)) as server:
        with pytest.raises(TransportError):
            api(server).models()
        assert len(server.received) == 1


def test_retry_after_is_honoured() -> None:
    slept = Slept()
    busy = reply(b"", status=429, headers="Retry-After: 7\r\n")
    with ScriptedServer(busy, reply(models())) as server:
        assert api(server, slept).models() == ()
    assert slept.seconds == [7.0]


def test_a_wait_beyond_the_limit_is_not_waited_for() -> None:
    slept = Slept()
    with ScriptedServer(reply(b"", status=429, headers="Retry-After: 31\r\n")) as server:
        with pytest.raises(ServerError) as caught:
            api(server, slept).models()
        assert (len(server.received), slept.seconds) == (1, [])
    assert caught.value.retry_after == 31.0


def test_the_budget_is_three_attempts() -> None:
    slept = Slept()
    attempts = Attempts(slept)
    busy = ServerError("busy", kind="rate_limited", status=429)
    attempts.again(busy)
    attempts.again(busy)
    with pytest.raises(ServerError):
        attempts.again(busy)
    assert slept.seconds == [1.0, 2.0]


@pytest.mark.parametrize(
    "status", [401, 402, 404, 429, 500, 502], ids=lambda status: f"status {status}"
)
def test_no_error_holds_the_key(status: int) -> None:
    body = json.dumps({"error": {"message": f"bad key {KEY}", "code": KEY}}).encode()
    with ScriptedServer(reply(body, status=status)) as server:
        with pytest.raises(ServerError) as caught:
            api(server).chat({}, b"{}")
        assert KEY not in server.received[0].target
    error = caught.value
    assert KEY not in f"{error}{error!r}{error.args}{error.code}{error.hint}"
