"""An adapter behind a URL: a browser, a telephone, a device.

Each request is a POST whose body is the object of a line, answered with the object of its reply.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from typing import Any, Final, List, Mapping, Optional
from urllib.parse import urlsplit

from conformance.adapters.protocol import (
    MAX_LINE,
    Adapter,
    AdapterFailure,
    Hello,
    ProtocolError,
    StartFailure,
    check_reply,
    decode_object,
    encode_request,
    hello_input,
    hello_of,
    new_id,
)
from conformance.adapters.worker import TooLate, Worker

__all__ = ["RemoteAdapter"]

_STARTS: Final = 3


class RemoteAdapter(Adapter):
    """One connection for each request, so that a fault belongs to the request that met it."""

    def __init__(self, url: str, *, startup_timeout: float = 10.0) -> None:
        parts = urlsplit(url)
        self._url = url
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._worker = Worker()
        self._unreachable = 0
        self.warnings: List[str] = []
        self.hello: Hello = self._greet(startup_timeout)

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        """Return the checked reply to one request.

        Raises:
            AdapterFailure: the service broke off, was silent for too long, or broke the protocol.
            StartFailure: it could not be reached three times in a row.
        """
        ident = new_id()
        body = encode_request(ident, op, given)
        raw = self._post(op, body, timeout)
        try:
            reply = check_reply(decode_object(raw))
        except ProtocolError as error:
            raise AdapterFailure("protocol_error", f"the answer to {op}: {error}") from None
        if reply["id"] != ident:
            raise AdapterFailure("protocol_error", f"the reply to {op} has the id of another")
        return reply

    def close(self) -> None:
        """End the thread; the service goes on."""
        self._worker.close()

    def _greet(self, timeout: float) -> Hello:
        try:
            return hello_of(self.ask("hello", hello_input(), timeout=timeout))
        except ProtocolError as error:
            self.close()
            raise StartFailure("protocol_error", str(error)) from None
        except AdapterFailure as failure:
            self.close()
            raise StartFailure(failure.kind, failure.detail, failure.stderr) from None

    def _post(self, op: str, body: bytes, timeout: float) -> bytes:
        """Return the body of the answer; in a thread, because a header may come for ever."""
        exchange = _Exchange(self._secure, self._host, self._port, timeout)
        try:
            raw: bytes = self._worker.call(lambda: exchange.run(self._path, body), timeout)
        except (TooLate, TimeoutError, socket.timeout):
            raise AdapterFailure("timeout", f"no reply to {op} within {timeout:g} s") from None
        except ConnectionRefusedError:
            self._unreachable += 1
            detail = f"nothing listens at {self._url}"
            kind = StartFailure if self._unreachable >= _STARTS else AdapterFailure
            raise kind("crash", detail) from None
        except _StatusError as error:
            raise AdapterFailure("protocol_error", f"{op} was answered with {error}") from None
        except (OSError, http.client.HTTPException) as error:
            name = type(error).__name__
            detail = f"the connection to {self._url} broke off during {op}: {name}: {error}"
            raise AdapterFailure("crash", detail) from None
        finally:
            exchange.interrupt()
        self._unreachable = 0
        if len(raw) > MAX_LINE:
            raise AdapterFailure("protocol_error", f"the answer is longer than {MAX_LINE} bytes")
        return raw


class _StatusError(Exception):
    """The answer has another status than 200."""


class _Exchange:
    """One request and its answer; `interrupt` from another thread ends it."""

    def __init__(self, secure: bool, host: str, port: Optional[int], timeout: float) -> None:
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._connection = kind(host, port, timeout=timeout)
        self._socket: Optional[socket.socket] = None

    def run(self, path: str, body: bytes) -> bytes:
        """Return the body of the answer, at most one byte more than a line may have."""
        with contextlib.closing(self._connection) as connection:
            connection.connect()
            self._socket = connection.sock
            headers = {"Content-Type": "application/json", "Connection": "close"}
            connection.request("POST", path, body, headers)
            with contextlib.closing(connection.getresponse()) as answer:
                if answer.status != 200:
                    raise _StatusError(f"the HTTP status {answer.status} and not 200")
                promised = answer.length or 0
                raw = answer.read(MAX_LINE + 1)
        if len(raw) < min(promised, MAX_LINE):
            raise http.client.IncompleteRead(raw, promised - len(raw))
        return raw

    def interrupt(self) -> None:
        """End the exchange under the thread that waits for it; without effect where it is over."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
