"""An adapter behind a URL, which may break off, drip, or be gone."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator

import pytest

from conformance.adapters.open import open_adapter, parse_adapter
from conformance.adapters.protocol import AdapterFailure, StartFailure
from conformance.adapters.remote import RemoteAdapter
from tests.unit.conformance.adapters.scripts import HELLO

Answer = Callable[["Handler", Dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    answers: Dict[str, Answer]

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if request["op"] == "hello":
            self.reply(request, ok=HELLO)
        else:
            self.answers[request["op"]](self, request)

    def reply(self, request: Dict[str, Any], **members: Any) -> None:
        self.body(json.dumps({"id": request["id"], **members}).encode())

    def body(self, content: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """A client that left is no news."""


def _drip(handler: Handler, _request: Dict[str, Any]) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        handler.wfile.write(b"X: y\r\n")
        time.sleep(0.05)


def _endless(handler: Handler, _request: Dict[str, Any]) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    for _ in range(200):
        handler.wfile.write(b" " * 65536)


def _slow_body(handler: Handler, _request: Dict[str, Any]) -> None:
    handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def _raw(content: bytes) -> Answer:
    def answer(handler: Handler, _request: Dict[str, Any]) -> None:
        handler.wfile.write(content)

    return answer


def _body(content: bytes, status: int = 200) -> Answer:
    def answer(handler: Handler, _request: Dict[str, Any]) -> None:
        handler.body(content, status)

    return answer


ANSWERS: Dict[str, Answer] = {
    "sound": lambda handler, request: handler.reply(request, unsupported="x"),
    "close": _raw(b""),
    "half": _raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
    "no http": _raw(b"hello\r\n\r\n"),
    "status": _body(b"{}", 500),
    "redirect": _body(b"{}", 302),
    "not json": _body(b"<html>"),
    "wrong id": _body(b'{"id": "x", "ok": {}}'),
    "drip": _drip,
    "slow body": _slow_body,
    "endless": _endless,
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    Handler.answers = ANSWERS
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/adapter?x=1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_answers(url: str) -> None:
    adapter = open_adapter(parse_adapter(url))
    assert adapter.hello.implementation["name"] == "script"
    assert adapter.ask("sound", {}, timeout=5)["unsupported"] == "x"
    assert adapter.warnings == []
    adapter.close()


@pytest.mark.parametrize(
    ("op", "kind", "told"),
    [
        ("close", "crash", "broke off during close"),
        ("half", "crash", "broke off"),
        ("no http", "crash", "broke off"),
        ("status", "protocol_error", "HTTP status 500"),
        ("redirect", "protocol_error", "HTTP status 302"),
        ("not json", "protocol_error", "not JSON"),
        ("wrong id", "protocol_error", "the id of another"),
        ("drip", "timeout", "within 0.4 s"),
        ("slow body", "timeout", "within 0.4 s"),
        ("endless", "protocol_error", "longer than"),
    ],
)
def test_what_goes_wrong_is_told(url: str, op: str, kind: str, told: str) -> None:
    adapter = RemoteAdapter(url)
    began = time.monotonic()
    with pytest.raises(AdapterFailure) as caught:
        adapter.ask(op, {}, timeout=5 if kind != "timeout" else 0.4)
    assert time.monotonic() - began < 3
    assert caught.value.kind == kind
    assert told in caught.value.detail
    assert adapter.ask("sound", {}, timeout=5)["unsupported"] == "x"
    adapter.close()


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(StartFailure, match="nothing listens"):
            RemoteAdapter(address)


def test_a_service_that_has_gone_is_given_up() -> None:
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    adapter = RemoteAdapter(f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    thread.join()
    server.server_close()
    for number in range(1, 4):
        with pytest.raises(AdapterFailure, match="nothing listens") as caught:
            adapter.ask("sound", {}, timeout=5)
        assert isinstance(caught.value, StartFailure) == (number == 3)
    adapter.close()
