"""The mock TEE on a port: HTTP/1.1 around `service`, and the object that tests and tools start.

    with MockTee(scenario="chat-cut", seed="test") as tee:
        ...  # tee.base_url, tee.log

Streams are sent in chunked transfer, so that a connection that is cut looks cut: without the last
chunk, HTTP itself is incomplete.  Stopping closes every connection and waits for every thread.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import socketserver
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Callable, Final, List, Optional, Set, Type, Union

from conformance.mock_tee.enclave import Enclave
from conformance.mock_tee.intake import MAX_BODY_SIZE
from conformance.mock_tee.log import Answer, Log, OpenAnswer, Request
from conformance.mock_tee.pki.gpu_report import KNOWN_GOOD
from conformance.mock_tee.pki.intel import encode_chain
from conformance.mock_tee.pki.nras import daily_service
from conformance.mock_tee.refusals import Reply, front
from conformance.mock_tee.scenario import CutError
from conformance.mock_tee.service import BASE_PATH, Service, Settings, Stream
from venice_ref.attestation.endorsements import TrustRoots
from venice_ref.evidence.nvidia.known_good import KnownGood
from venice_ref.pki.certificate import parse_certificate
from venice_ref.pki.chain import anchor_of

__all__ = ["MockTee", "Watcher"]

Watcher = Callable[[Request, Answer], None]
"""Called after each exchange, from the thread that answered."""

SOCKET_TIMEOUT_SECONDS: Final = 60.0
"""Seconds that a connection may be silent."""


class _StoppedError(Exception):
    """The server is being stopped while it sends."""


class _Server(ThreadingHTTPServer):
    """The listener; knows its connections, so that it can end them."""

    daemon_threads = False
    block_on_close = True
    timeout = 1.0  # of `handle_request`, for a connection that went away before it was accepted

    def __init__(self, host: str, port: int, service: Service, watcher: Optional[Watcher]) -> None:
        self.service = service
        self.watcher = watcher
        self.stopping = threading.Event()
        self.failures: List[str] = []
        self._lock = threading.Lock()
        self._open: Set[socket.socket] = set()
        self._wake, self._woken = socket.socketpair()
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's: it looks the name of the host up, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]  # typeshed allows bytes

    def serve(self) -> None:
        """Accept connections until `stop`; waits without polling, so that a stop is immediate."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self.stopping.is_set():
                selector.select()
                if not self.stopping.is_set():
                    self.handle_request()

    def stop(self) -> None:
        """Make `serve` return, and cut every connection."""
        self.stopping.set()
        self._wake.sendall(b"!")
        with self._lock:
            for connection in self._open:
                _end(connection)

    def server_close(self) -> None:
        """Close the port and wait for the threads of all connections."""
        super().server_close()
        self._wake.close()
        self._woken.close()

    def enter(self, connection: socket.socket) -> None:
        """Note a connection; one that comes while the server stops is ended at once."""
        with self._lock:
            self._open.add(connection)
            if self.stopping.is_set():
                _end(connection)

    def leave(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._lock:
            self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep what went wrong in the mock itself; a client that left is nothing wrong."""
        del request, client_address
        error = sys.exc_info()[1]
        if not isinstance(error, (ConnectionError, TimeoutError, socket.timeout)):
            self.failures.append(traceback.format_exc())


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended before
        connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = SOCKET_TIMEOUT_SECONDS
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.enter(self.connection)

    def finish(self) -> None:
        self.server.leave(self.connection)
        with contextlib.suppress(OSError):  # the client may have left
            super().finish()

    def version_string(self) -> str:
        """Return what stands in the header Server."""
        return "venice-ref-mock"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name of the base class
        """Say nothing; `MockTee.log` has it all."""

    def do_GET(self) -> None:
        """Answer a GET."""
        self._handle()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._handle()

    def _handle(self) -> None:
        body = self._read_body()
        if body is None:
            return
        service = self.server.service
        headers = tuple((name, str(value)) for name, value in self.headers.items())
        request = service.log.add_request(self.command, self.path, headers, body)
        try:
            answer = service.answer(request, self.server.server_port)
        except Exception:  # noqa: BLE001  a bug of the mock must not look like a cut connection
            self.server.failures.append(traceback.format_exc())
            answer = front(500, "The mock itself failed; see its log")
        self._send(request, answer)

    def _read_body(self) -> Optional[bytes]:
        """Return the body, or answer and return `None` where its length is no good."""
        text = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (text.isascii() and text.isdigit()):
            self._refuse_unread(front(411, "Content-Length required"))
            return None
        if len(text) > 12 or int(text) > MAX_BODY_SIZE:
            self._refuse_unread(front(413, "Request body too large"))
            return None
        body = self.rfile.read(int(text))
        if len(body) < int(text):
            self.close_connection = True  # the client left in the middle
            return None
        return body

    def _refuse_unread(self, reply: Reply) -> None:
        self.close_connection = True
        self._send_head(reply.status, reply.content_type, reply.headers, len(reply.body))
        self.wfile.write(reply.body)

    def _send(self, request: Request, answer: Union[Reply, Stream]) -> None:
        """Send an answer and say in the log how it ended."""
        status = answer.status if isinstance(answer, Reply) else 200
        entry = self.server.service.log.open_answer(request.number, status)
        try:
            if isinstance(answer, Reply):
                self._send_reply(answer, entry)
            else:
                self._send_stream(answer, entry)
            entry.close("complete")
        except (CutError, _StoppedError):
            entry.close("cut")
            self.close_connection = True
            _end(self.connection)
        except OSError:
            entry.close("left")
            self.close_connection = True
        if self.server.watcher is not None:
            self.server.watcher(request, self.server.service.log.snapshot(entry))

    def _send_head(
        self, status: int, content_type: str, headers: Any, length: Optional[int]
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in headers:
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        elif self.request_version == "HTTP/1.1":
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.close_connection = True
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _send_reply(self, reply: Reply, entry: OpenAnswer) -> None:
        self._send_head(reply.status, reply.content_type, reply.headers, len(reply.body))
        if not reply.pause:
            entry.extend(reply.body)
            self.wfile.write(reply.body)
            return
        for position in range(len(reply.body)):
            self._wait(reply.pause)
            piece = reply.body[position : position + 1]
            entry.extend(piece)
            self.wfile.write(piece)

    def _send_stream(self, stream: Stream, entry: OpenAnswer) -> None:
        headers = (("Cache-Control", "no-cache"), *stream.headers)
        self._send_head(200, stream.content_type, headers, None)
        chunked = self.request_version == "HTTP/1.1"
        for step in stream.steps:
            if self.server.stopping.is_set():
                raise _StoppedError
            if isinstance(step, bytes):
                entry.extend(step)
                self.wfile.write(b"%x\r\n%b\r\n" % (len(step), step) if chunked else step)
            else:
                self._wait(step)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> None:
        if self.server.stopping.wait(seconds):
            raise _StoppedError


class MockTee:
    """A mock TEE; a context manager that serves between its two ends.

    Besides host, port and a watcher it takes every field of `service.Settings` by name.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        watcher: Optional[Watcher] = None,
        **settings: Any,
    ) -> None:
        self.settings = Settings(**settings)
        self._service = Service(self.settings)
        self._host = host
        self._port = port
        self._watcher = watcher
        self._server: Optional[_Server] = None
        self._thread: Optional[threading.Thread] = None

    @property
    def log(self) -> Log:
        """What was received, sent and read."""
        return self._service.log

    @property
    def enclave(self) -> Enclave:
        """The machine behind it."""
        return self._service.enclave

    @property
    def service(self) -> Service:
        """The service without its sockets."""
        return self._service

    @property
    def failures(self) -> List[str]:
        """Tracebacks of the mock's own bugs; empty unless there are any."""
        return [] if self._server is None else self._server.failures

    @property
    def port(self) -> int:
        """The port that it listens on; 0 before it was started."""
        return self._port if self._server is None else self._server.server_port

    @property
    def base_url(self) -> str:
        """Such as `http://127.0.0.1:8080/api/v1`."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self.port}{BASE_PATH}"

    @property
    def pcs_url(self) -> str:
        """Such as `http://127.0.0.1:8080`: what stands before the paths of Intel's service."""
        return self.base_url[: -len(BASE_PATH)]

    @property
    def nras_url(self) -> str:
        """What stands before the paths of NVIDIA's service: the same."""
        return self.pcs_url

    @property
    def trust_root_pem(self) -> str:
        """The simulated roots in PEM, which their common names tell apart.

        Intel's root; NVIDIA's root of devices; and the intermediate above the keys of NVIDIA's
        attestation service, of which a verifier pins the public key.
        """
        enclave = self.enclave
        service = daily_service(enclave.seed, enclave.clock())
        roots = (enclave.intel.root, enclave.nvidia.factory.root, service.intermediate)
        return encode_chain([root.certificate for root in roots])

    @property
    def trust_roots(self) -> TrustRoots:
        """The same in the form that a verifier takes; nobody here signs reference manifests."""
        enclave = self.enclave
        intel = parse_certificate(enclave.intel.root.certificate)
        return TrustRoots(
            intel=anchor_of(intel, "the simulated root of Intel"),
            nvidia_device=enclave.nvidia.factory.root.anchor,
            nvidia_nras=daily_service(enclave.seed, enclave.clock()).pins,
        )

    @property
    def known_good(self) -> KnownGood:
        """What the measurements of the mock's GPUs must be, as a row of the verifier's table."""
        return KNOWN_GOOD

    def collateral(self, tee: str = "TDX") -> str:
        """Return what the simulated Intel publishes now, in the JSON form that libraries exchange.

        `tee` is `TDX` or `SGX`; the faults of the scenario are in it, but for those of HTTP.
        """
        return self._service.collateral(tee)

    def start(self) -> MockTee:
        """Listen and serve in a thread; returns itself once the port is open."""
        if self._thread is not None:
            raise RuntimeError("this mock was started already")
        self._server = _Server(self._host, self._port, self._service, self._watcher)
        self._thread = threading.Thread(target=self._server.serve, name="mock-tee")
        self._thread.start()
        return self

    def stop(self) -> None:
        """Cut what is open, close the port and wait for all threads; a second call does nothing."""
        server, thread = self._server, self._thread
        if server is None or thread is None or not thread.is_alive():
            return
        server.stop()
        thread.join()
        server.server_close()

    def __enter__(self) -> MockTee:  # noqa: PYI034  typing.Self is not in Python 3.9
        return self.start()

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        del kind, error, trace
        self.stop()
