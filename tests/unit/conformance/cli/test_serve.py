from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Iterator, Tuple
from urllib.parse import urlsplit

import pytest

import conformance
from conformance.cli.main import main
from conformance.mock_tee.server import MockTee

NOW = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)

REPOSITORY = Path(conformance.__file__).resolve().parent.parent

if os.name == "nt":
    pytest.skip("signals of POSIX", allow_module_level=True)


@contextmanager
def _serving(*arguments: str) -> Iterator[Tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "conformance", "serve", *arguments],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.stdout.close()
        process.stderr.close()
        process.wait(timeout=10)


def _get(base_url: str, path: str) -> Tuple[int, bytes]:
    parts = urlsplit(base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", parts.path + path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_serves_until_a_signal_comes(number: signal.Signals, code: int) -> None:
    with _serving() as (process, base_url):
        assert base_url.startswith("http://127.0.0.1:")
        assert base_url.endswith("/api/v1")
        assert _get(base_url, "/models")[0] == 200
        assert _get(base_url, "/nowhere")[0] == 404
        process.send_signal(number)
        rest, chatter = process.communicate(timeout=10)
        assert process.returncode == code
        assert rest == ""
        assert "Scenario honest" in chatter
        assert f"VENICE_BASE_URL={base_url}" in chatter
        assert "GET /api/v1/models 200 complete" in chatter
        assert "Not found" in chatter
        assert "Traceback" not in chatter


def test_an_open_stream_does_not_keep_it_alive() -> None:
    with _serving("-q", "--delay", "60") as (process, base_url):
        parts = urlsplit(base_url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        body = {
            "model": "plain-mock",
            "messages": [{"role": "user", "content": "x"}],
            "stream": True,
        }
        connection.request("POST", parts.path + "/chat/completions", json.dumps(body))
        response = connection.getresponse()
        response.readline()
        process.send_signal(signal.SIGTERM)
        with pytest.raises(http.client.IncompleteRead):
            response.read()
        _, chatter = process.communicate(timeout=10)
        response.close()
        connection.close()
        assert (process.returncode, chatter) == (0, "")


def test_options_reach_the_mock() -> None:
    arguments = ("--scenario", "nonce-missing", "--seed", "s", "--shape", "phala", "--quote")
    with _serving(*arguments, "v5-1.5") as (_, base_url):
        path = f"/tee/attestation?model=e2ee-mock&nonce={'ab' * 32}"
        status, first = _get(base_url, path)
        document = json.loads(first)
        assert status == 200
        assert "nonce" not in document
        assert document["quote"].startswith("0500")
    with _serving(*arguments, "v5-1.5") as (_, base_url):
        assert _get(base_url, path)[1] == first


def test_the_root_that_verifies_its_quotes_is_handed_out(tmp_path: Path) -> None:
    path = tmp_path / "a root.pem"
    expected = MockTee(seed="s", now=NOW).trust_root_pem
    arguments = ("--seed", "s", "--now", "2026-04-24T01:58:41Z", "--trust-root-out")
    with _serving(*arguments, str(path)) as (process, _):
        assert path.read_text(encoding="ascii") == expected
        process.send_signal(signal.SIGTERM)
        rest, chatter = process.communicate(timeout=10)
        assert rest == ""
        assert f"--trust-root '{path}'" in chatter
        assert "/tdx/certification/v4" in chatter
    with _serving(*arguments, "-", "-q") as (process, base_url):
        assert base_url.endswith("/api/v1")
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=10) == (expected, "")


def test_it_stands_still_at_a_time() -> None:
    arguments = ("--seed", "s", "--now", "2026-04-24T01:58:41Z", "-q")
    with _serving(*arguments) as (_, base_url):
        parts = urlsplit(base_url)
        status, body = _get(f"http://{parts.netloc}", "/tdx/certification/v4/qe/identity")
        assert status == 200
        assert json.loads(body)["enclaveIdentity"]["issueDate"] == "2026-04-24T00:00:00Z"
        assert json.loads(_get(base_url, "/models")[1])["data"][0]["created"] == 1_776_995_921


def test_a_root_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["serve", "--trust-root-out", str(tmp_path / "no" / "such")]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "No such file" in captured.err


@pytest.mark.parametrize(
    ("text", "problem"), [("2026-04-24", "RFC 3339"), ("9999-01-01T00:00:00Z", "1971 to 9000")]
)
def test_a_time_that_is_none(capsys: pytest.CaptureFixture[str], text: str, problem: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["serve", "--now", text])
    assert caught.value.code == 4
    assert problem in capsys.readouterr().err


def test_an_unknown_scenario_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--scenario", "chat-cutt"]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "chat-cut" in captured.err


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["serve", "--port", str(taken.getsockname()[1])]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "cannot listen on" in captured.err


def test_a_cycle_begins_with_the_chosen_scenario_and_says_which_it_is() -> None:
    with _serving("--scenario", "verified-false", "--cycle") as (process, base_url):
        nonce = "00" * 32
        for verified in (b'"verified":false', b'"verified":"true"'):
            status, body = _get(base_url, f"/tee/attestation?model=e2ee-mock&nonce={nonce}")
            assert status == 200
            assert verified in body
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        said = process.stderr.read()
    assert "begins the next scenario, from verified-false on" in said
    assert "[verified-string] GET /api/v1/tee/attestation" in said
