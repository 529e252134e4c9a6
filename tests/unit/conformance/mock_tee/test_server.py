"""The HTTP around the service: bounds, concurrency, determinism, and a stop without traces."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import List, Tuple

import pytest

from conformance.mock_tee.intake import MAX_BODY_SIZE
from conformance.mock_tee.log import Answer, Request
from conformance.mock_tee.server import MockTee
from tests.unit.conformance.talk import (
    attest,
    chat,
    e2ee_headers,
    key_of,
    raw_exchange,
    sealed,
    send,
)


def test_two_runs_under_one_seed_serve_the_same_bytes() -> None:
    def run(seed: str) -> List[bytes]:
        with MockTee(seed=seed) as tee:
            key = key_of(tee)
            clear = [{"role": "user", "content": "hello"}]
            return [
                bytes(key),
                attest(tee).body,
                send(tee, "GET", "/tee/attestation?model=e2ee-mock").body,
                send(tee, "GET", "/models").body,
                chat(tee, clear, headers={}).body,
                chat(tee, [{"role": "user", "content": ""}]).body,
            ]

    first, second, other = run("one"), run("one"), run("two")
    assert first == second
    assert [a == b for a, b in zip(first, other)] == [False, False, False, True, False, False]


def test_without_a_seed_every_mock_has_its_own_keys() -> None:
    assert key_of(MockTee()) != key_of(MockTee())


def test_eight_conversations_at_once() -> None:
    words = [f"word{number}" for number in range(8)]
    with MockTee() as tee:
        key = key_of(tee)

        def talk(word: str) -> Tuple[str, str]:
            got = chat(tee, sealed(key, ("user", word)))
            return got.text(), got.chunks[0]["id"]

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(talk, words))
        assert [text.split(": ")[1] for text, _ in answers] == [word.upper() for word in words]
        assert len({request_id for _, request_id in answers}) == 8
        assert len(tee.log.requests) == 8
        assert sorted(request.number for request in tee.log.requests) == list(range(8))
        assert tee.failures == []


def test_the_log_has_the_bytes_as_they_came() -> None:
    with MockTee() as tee:
        body = b'{"model":"plain-mock",  "messages":[{"role":"user","content":"x"}]}'
        got = send(tee, "POST", "/chat/completions", body, {"X-Odd-Name": "1"})
        (request,) = tee.log.requests
        assert request.body == body
        assert (request.method, request.path) == ("POST", "/api/v1/chat/completions")
        assert ("X-Odd-Name", "1") in request.headers
        assert request.header("x-odd-name") == "1"
        assert request.header("absent") is None
        assert b"X-Odd-Name: 1\r\n" in request.wire()
    assert tee.log.answers == (Answer(0, 200, got.body, "complete"),)
    assert body in tee.log.wire()
    assert got.body in tee.log.wire()


def test_a_watcher_sees_each_exchange() -> None:
    seen: List[Tuple[Request, Answer]] = []
    with MockTee(watcher=lambda request, answer: seen.append((request, answer))) as tee:
        send(tee, "GET", "/models")
        send(tee, "GET", "/nowhere")
    # Each connection has its thread, so that the order of the calls is not that of the requests.
    assert {(request.path, answer.status) for request, answer in seen} == {
        ("/api/v1/models", 200),
        ("/api/v1/nowhere", 404),
    }
    assert all(request.number == answer.number for request, answer in seen)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/models", 405),
        ("GET", "/chat/completions", 405),
    ],
)
def test_other_paths_and_methods(method: str, path: str, status: int) -> None:
    with MockTee() as tee:
        assert send(tee, method, path).status == status


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: -1", b"411"),
        (b"Content-Length: 1_0", b"411"),
        (b"Transfer-Encoding: chunked", b"411"),
        (b"Content-Length: %d" % (MAX_BODY_SIZE + 1), b"413"),
        (b"Content-Length: 99999999999999999999", b"413"),
    ],
)
def test_the_request_body_is_bounded(head: bytes, status: bytes) -> None:
    with MockTee() as tee:
        request = b"POST /api/v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n"
        assert raw_exchange(tee, request).startswith(b"HTTP/1.1 " + status)
        assert tee.log.requests == ()


def test_an_old_client_gets_no_chunked_transfer() -> None:
    with MockTee() as tee:
        body = b'{"model":"plain-mock","messages":[{"role":"user","content":"x"}],"stream":true}'
        request = b"POST /api/v1/chat/completions HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(
            body
        )
        answer = raw_exchange(tee, request + body)
        assert b"chunked" not in answer
        assert answer.endswith(b"data: [DONE]\n\n")


def test_a_connection_serves_several_requests() -> None:
    with MockTee() as tee:
        connection = http.client.HTTPConnection("127.0.0.1", tee.port, timeout=10)
        for _ in range(3):
            connection.request("GET", "/api/v1/models")
            assert connection.getresponse().read()
        connection.close()


def test_stopping_cuts_streams_and_idle_connections() -> None:
    threads = threading.active_count()
    tee = MockTee(chunk_delay=30.0).start()
    idle = http.client.HTTPConnection("127.0.0.1", tee.port, timeout=10)
    idle.request("GET", "/api/v1/models")
    idle.getresponse().read()
    silent = socket.create_connection(("127.0.0.1", tee.port), timeout=10)
    streaming = http.client.HTTPConnection("127.0.0.1", tee.port, timeout=10)
    body = {"model": "e2ee-mock", "messages": sealed(key_of(tee), ("user", "x")), "stream": True}
    streaming.request(
        "POST", "/api/v1/chat/completions", json.dumps(body), e2ee_headers(key_of(tee))
    )
    response = streaming.getresponse()
    assert response.readline().startswith(b"data: {")
    begin = time.monotonic()
    tee.stop()
    tee.stop()
    assert time.monotonic() - begin < 5
    with pytest.raises(http.client.IncompleteRead):
        response.read()
    assert silent.recv(1) == b""
    for connection in (idle, streaming):
        connection.close()
    response.close()
    silent.close()
    assert threading.active_count() == threads
    assert tee.log.answers[-1].ended == "cut"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", tee.port), timeout=1)


def test_a_client_that_leaves_is_seen() -> None:
    with MockTee(chunks=2000, chunk_delay=0.001, shape="phala") as tee:
        key = key_of(tee)
        connection = http.client.HTTPConnection("127.0.0.1", tee.port, timeout=10)
        body = {"model": "e2ee-mock", "messages": sealed(key, ("user", "x")), "stream": True}
        connection.request("POST", "/api/v1/chat/completions", json.dumps(body), e2ee_headers(key))
        response = connection.getresponse()
        response.readline()
        response.close()
        connection.close()
        deadline = time.monotonic() + 10
        while tee.log.answers[-1].ended == "open" and time.monotonic() < deadline:
            time.sleep(0.01)
        assert tee.log.answers[-1].ended == "left"
        assert tee.failures == []


def test_a_mock_starts_once() -> None:
    with MockTee() as tee, pytest.raises(RuntimeError):
        tee.start()


def test_a_bug_of_the_mock_does_not_look_like_an_answer_of_the_service() -> None:
    def broken(messages: object) -> str:
        raise ZeroDivisionError(str(messages))

    with MockTee(reply=broken) as tee:
        assert chat(tee).status == 500
        assert "ZeroDivisionError" in tee.failures[0]


def test_scenarios_take_turns_with_every_request_for_evidence() -> None:
    with MockTee(cycle=("honest", "verified-false", "quote-missing")) as tee:
        found = [attest(tee).json for _ in range(4)]
    assert [answer["verified"] for answer in found] == [True, False, True, True]
    assert ["intel_quote" in answer for answer in found] == [True, True, False, True]
