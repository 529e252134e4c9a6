from __future__ import annotations

import json

import pytest

from conformance.mock_tee.server import MockTee
from tests.unit.cli.command import KEY, venice_ref
from tests.unit.net.server import ScriptedServer, reply


def test_models_are_a_table(tee: MockTee) -> None:
    done = venice_ref("models", "--base-url", tee.base_url)
    header, first, *_, last = done.out.splitlines()
    assert header.split() == ["MODEL", "TEE", "E2EE", "CONTEXT", "NAME"]
    assert first.split()[:4] == ["e2ee-mock", "yes", "yes", "131072"]
    assert last.split()[:3] == ["plain-mock", "no", "no"]
    assert (done.code, done.err) == (0, "")


def test_only_those_that_take_encryption(tee: MockTee) -> None:
    done = venice_ref("models", "--e2ee", "--json", "--base-url", tee.base_url)
    models = json.loads(done.out)["models"]
    assert {model["supports_e2ee"] for model in models} == {True}
    assert set(models[0]) == {
        "id",
        "name",
        "type",
        "supports_tee",
        "supports_e2ee",
        "context_tokens",
    }


def test_a_name_does_not_drive_the_terminal() -> None:
    body = json.dumps({"data": [{"id": "m\x1b[2J", "model_spec": {"name": "\u202e"}}]})
    with ScriptedServer(reply(body.encode())) as server:
        done = venice_ref("models", "--base-url", server.url)
        assert venice_ref("models", "--e2ee", "--base-url", server.url).out == ""
    assert "m\\x1b[2J" in done.out
    assert "unknown" in done.out
    assert "\\u202e" in done.out


def test_a_name_of_spaces_is_shown() -> None:
    body = json.dumps({"data": [{"id": "m", "model_spec": {"name": " " * 200}}]})
    with ScriptedServer(reply(body.encode())) as server:
        done = venice_ref("models", "--base-url", server.url)
    assert (done.code, done.out.splitlines()[1].split()) == (0, ["m", "unknown", "unknown"])


@pytest.mark.parametrize("status", [401, 429, 500, 404])
def test_a_server_that_refuses_is_no_verdict(status: int) -> None:
    body = json.dumps({"error": f"no, {KEY}"}).encode()
    wait = "Retry-After: 99\r\n"
    with ScriptedServer(reply(body, status=status, headers=wait)) as server:
        done = venice_ref("models", "--json", "-v", "--base-url", server.url)
        assert KEY not in server.received[0].target
    assert done.code == 3
    shown = json.loads(done.out)["error"]
    assert shown["server"]["status"] == status
    assert KEY not in done.out + done.err
    assert shown["hint"]


def test_a_wait_before_the_next_attempt_is_announced() -> None:
    busy = reply(b"", status=429, headers="Retry-After: 0\r\n")
    with ScriptedServer(busy, reply(b'{"data":[]}')) as server:
        done = venice_ref("models", "-v", "--base-url", server.url)
    assert (done.code, done.out) == (0, "")
    assert "next attempt in 0 seconds" in done.err


def test_a_timeout_is_no_verdict() -> None:
    with ScriptedServer(reply()) as server:
        server.steps[:] = [server.hold_until_closed(b"")]
        done = venice_ref("models", "--timeout", "0.1", "--base-url", server.url)
    assert done.code == 3
    assert "0.1 seconds" in done.err
    assert "[NET-3]" in done.err
