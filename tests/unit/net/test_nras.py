from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from tests.intel import NOW
from tests.samples import ABSENT, REAL
from tests.unit.net.pcs_answers import Clock, Slept
from tests.unit.net.server import ScriptedServer, chunked, dribble, reply
from venice_ref.errors import ServerError, TransportError, TruncatedError, UsageError
from venice_ref.net.nras import NrasClient
from venice_ref.spec import MAX_ATTESTATION_SIZE, MAX_JWKS_SIZE, MAX_NRAS_SIZE

PAYLOAD = b'{"nonce": "00",  "arch":"HOPPER","evidence_list":[]}'
ANSWER = b'[["JWT","a.b.c"],{"GPU-0":"d.e.f"}]'

Ask = Callable[[NrasClient], bytes]
ASKS = [
    pytest.param(lambda client: client.attest_gpus(PAYLOAD), id="attest"),
    pytest.param(lambda client: client.jwks(), id="jwks"),
]


def client(server: ScriptedServer, slept: Any = None, **options: Any) -> NrasClient:
    options = {"timeout": 3, "clock": Clock(NOW), **options}
    return NrasClient(server.origin, sleep=slept or Slept(), **options)


def test_the_payload_is_sent_as_it_is() -> None:
    with ScriptedServer(reply(ANSWER)) as server:
        assert client(server).attest_gpus(PAYLOAD) == ANSWER
        (request,) = server.received
    assert (request.method, request.target) == ("POST", "/v3/attest/gpu")
    assert request.body == PAYLOAD
    assert request.header("Content-Type") == "application/json"
    assert request.header("Accept") == "application/json"


def test_the_keys_are_fetched() -> None:
    with ScriptedServer(reply(b'{"keys":[]}')) as server:
        assert client(server).jwks() == b'{"keys":[]}'
        (request,) = server.received
    assert (request.method, request.target) == ("GET", "/.well-known/jwks.json")


def test_real_evidence_and_keys_travel_unchanged() -> None:
    folder = REAL / "venice-2026-04-24"
    if not folder.is_dir():
        pytest.skip(ABSENT)
    answer = json.loads((folder / "attestation.json").read_text(encoding="utf-8"))
    payload = answer["nvidia_payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    nras, jwks = (folder / "nras.json").read_bytes(), (folder / "jwks.json").read_bytes()
    with ScriptedServer(reply(nras), chunked(jwks, content_type="application/json")) as server:
        assert client(server).attest_gpus(raw) == nras
        assert client(server).jwks() == jwks
        assert server.received[0].body == raw


@pytest.mark.parametrize("ask", ASKS)
def test_no_api_key_goes_to_a_vendor(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_API_KEY", "canary-api-key-77")
    with ScriptedServer(reply(b"{}")) as server:
        ask(client(server))
        assert b"canary" not in server.received[0].raw  # [NET-6]


@pytest.mark.parametrize("size", [0, MAX_ATTESTATION_SIZE + 1])
def test_a_payload_has_a_size(size: int) -> None:
    with ScriptedServer(reply(ANSWER)) as server:
        with pytest.raises(UsageError) as caught:
            client(server).attest_gpus(bytes(size))
        assert server.received == []
    assert caught.value.rule == "NET-3"


@pytest.mark.parametrize("ask", ASKS)
def test_an_answer_that_is_too_large_is_not_read(ask: Ask) -> None:
    size = max(MAX_NRAS_SIZE, MAX_JWKS_SIZE) + 1
    large = reply(b"", length=size)
    with ScriptedServer(large) as server, pytest.raises(TransportError) as caught:
        ask(client(server))
    assert caught.value.rule == "NET-3"


@pytest.mark.parametrize("ask", ASKS)
def test_a_slow_answer_ends_in_time(ask: Ask) -> None:
    slow = dribble(reply(ANSWER), 0.02)
    with ScriptedServer(slow) as server, pytest.raises(TransportError) as caught:
        ask(client(server, timeout=0.2))
    assert caught.value.rule == "NET-3"


@pytest.mark.parametrize("ask", ASKS)
def test_a_cut_answer_is_an_error_and_no_stream(ask: Ask) -> None:
    cut = reply(ANSWER, length=len(ANSWER) + 1)
    with ScriptedServer(cut) as server, pytest.raises(TruncatedError) as caught:
        ask(client(server))
    assert caught.value.rule == "NET-15"


@pytest.mark.parametrize("ask", ASKS)
def test_a_busy_service_is_asked_at_most_three_times(ask: Ask) -> None:
    slept = Slept()
    with ScriptedServer(reply(status=503)) as server:
        with pytest.raises(ServerError) as caught:
            ask(client(server, slept))
        assert len(server.received) == 3  # [NET-4]
    assert caught.value.kind == "server"
    assert slept.seconds == [1.0, 2.0]


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("status", [201, 400, 403, 404])
def test_any_other_status_is_no_answer(ask: Ask, status: int) -> None:
    body = b'{"errorCode":"4003","message":"Nonce is \\u001binvalid"}'
    with ScriptedServer(reply(body, status=status)) as server:
        with pytest.raises(ServerError) as caught:
            ask(client(server))
        assert len(server.received) == 1
    assert caught.value.status == status
    assert "\x1b" not in str(caught.value)
    assert "Nonce is" in caught.value.message


@pytest.mark.parametrize("ask", ASKS)
def test_evidence_does_not_travel_on(ask: Ask) -> None:
    moved = reply(status=307, headers="Location: https://elsewhere.example/\r\n")
    with ScriptedServer(moved) as server, pytest.raises(TransportError) as caught:
        ask(client(server))
    assert caught.value.rule in ("NET-18", "NET-2")  # POST, GET


@pytest.mark.parametrize("ask", ASKS)
def test_without_a_network_the_ways_out_are_named(ask: Ask) -> None:
    with ScriptedServer(reply()) as server:
        origin = server.origin
    with pytest.raises(TransportError) as caught:
        ask(NrasClient(origin, timeout=3))
    assert "127.0.0.1 refused the connection" in caught.value.message
    for way in ("bundle", "--nras FILE", "--jwks FILE", "--gpu report"):
        assert way in caught.value.hint  # [NET-15]


def test_the_default_is_nvidias() -> None:
    assert NrasClient().base_url == "https://nras.attestation.nvidia.com"
    assert repr(NrasClient()) == "NrasClient('https://nras.attestation.nvidia.com')"
