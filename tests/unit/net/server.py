"""A server on 127.0.0.1 that plays a script: one step for each connection, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Callable, Dict, List, NamedTuple, Optional, Union, final

JSON = "application/json"
EVENTS = "text/event-stream"


class Received(NamedTuple):
    """One request as it stood on the wire."""

    method: str
    target: str
    headers: Dict[str, List[str]]
    body: bytes
    raw: bytes

    def header(self, name: str) -> str:
        values = self.headers.get(name.lower(), [])
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else ""


Step = Union[bytes, Callable[[socket.socket], None]]


def reply(
    body: bytes = b"",
    *,
    status: int = 200,
    content_type: str = JSON,
    headers: str = "",
    length: Optional[int] = None,
) -> bytes:
    """Return an answer with a Content-Length."""
    size = len(body) if length is None else length
    head = (
        f"HTTP/1.1 {status} Scripted\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {size}\r\n{headers}\r\n"
    )
    return head.encode("latin-1") + body


def chunked(*pieces: bytes, content_type: str = EVENTS, end: bool = True) -> bytes:
    """Return an answer in chunks, with its end mark or without."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head.encode("latin-1") + framed + (b"0\r\n\r\n" if end else b"")


def dribble(raw: bytes, pause: float) -> Callable[[socket.socket], None]:
    """Return a step that sends one byte at a time."""

    def send(connection: socket.socket) -> None:
        for index in range(len(raw)):
            connection.sendall(raw[index : index + 1])
            time.sleep(pause)

    return send


@final
class ScriptedServer:
    """Plays its steps in order, the last one for ever; `received` is what clients sent."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.received: List[Received] = []
        self.peer_closed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/api/v1"

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self._stop.set()
        self._listener.close()
        # A close does not wake a thread that waits in accept everywhere; a connection does.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=0.2).close()
        self._thread.join(timeout=5)
        assert not self._thread.is_alive()

    def hold_until_closed(self, first: bytes) -> Callable[[socket.socket], None]:
        """Return a step that sends `first` and then waits until the client hangs up."""

        def step(connection: socket.socket) -> None:
            connection.sendall(first)
            connection.settimeout(5)
            try:
                while connection.recv(4096):
                    pass
            except OSError:
                pass
            self.peer_closed.set()

        return step

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                if self._stop.is_set():
                    return
                connection.settimeout(5)
                with contextlib.suppress(OSError):  # the client hung up in the middle
                    self._play(connection)

    def _play(self, connection: socket.socket) -> None:
        request = _read_request(connection)
        if request is None:
            return
        self.received.append(request)
        step = self.steps[min(len(self.received), len(self.steps)) - 1]
        if callable(step):
            step(connection)
        else:
            connection.sendall(step)


def _read_request(connection: socket.socket) -> Optional[Received]:
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65536)
        if not piece:
            return None
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: Dict[str, List[str]] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.lower(), []).append(value.strip())
    length = int(headers.get("content-length", ["0"])[0])
    while len(body) < length:
        body += connection.recv(65536)
    method, target, _ = first.split(" ")
    return Received(method, target, headers, body, raw[: len(head) + 4] + body)
