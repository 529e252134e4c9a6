from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Tuple
from urllib.parse import urlsplit

import pytest

import conformance
from conformance.cli.main import main

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
