"""One HTTP exchange over `urllib.request`, with a limit on every wait.

`urllib` has one time-out, which it applies to each socket operation.  A peer that sends a byte now
and then keeps such an exchange alive for ever, already in the headers.  Here every operation, from
the first byte sent to the last byte read, first asks a `Deadline` how long it may take  [NET-3].

This file loads `ssl` and `urllib.request` (27 ms); `net/web.py` imports it with the first exchange.
It follows no redirect, judges no status and knows nothing of the service.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import urllib.error
import urllib.request
from functools import partial
from typing import Any, Callable, Dict, Optional, Tuple, Type

from venice_ref.codec.strict import excerpt
from venice_ref.errors import TransportError, TruncatedError

__all__ = ["FAILURES", "Deadline", "exchange", "secure_context", "transport_error"]

FAILURES: Tuple[Type[BaseException], ...] = (OSError, http.client.HTTPException, ValueError)
"""What `urllib.request`, `http.client`, `ssl` and `socket` raise for what a network does.

`ValueError` is how `http.client` and the IDNA codec refuse a header or a host name.
"""

_SEND_PIECE = 64 * 1024
"""Bytes handed to the socket at once, so that a peer that reads slowly meets the deadline."""


class Deadline:
    """The time of one exchange: `idle` seconds between two bytes, `total` seconds altogether."""

    __slots__ = ("_end", "_host", "_monotonic", "idle", "total")

    def __init__(
        self, idle: float, total: float, host: str, monotonic: Callable[[], float]
    ) -> None:
        self.idle = idle
        self.total = total
        self._host = host
        self._monotonic = monotonic
        self._end = monotonic() + total

    def patience(self) -> float:
        """Return the seconds that the next operation may take; raise when none are left."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise self.expired()
        return min(self.idle, left)

    def shorten(self, seconds: float) -> None:
        """Allow at most `seconds` from now on."""
        self._end = min(self._end, self._monotonic() + seconds)

    def expired(self) -> TransportError:
        """Return the error that says which of the two limits was met."""
        if self._monotonic() >= self._end:
            found = f"the exchange with {self._host} took longer than {self.total:g} seconds"
        else:
            found = f"no byte from {self._host} for {self.idle:g} seconds"
        return TransportError(found, rule="NET-3", hint="try again later, or allow more time")


class _TimedReads(io.RawIOBase):
    """The receiving half of a socket; asks the deadline before each read."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        self._sock.settimeout(self._deadline.patience())
        received: Optional[int] = self._raw.readinto(buffer)
        return received

    def close(self) -> None:
        # The last reference to the socket is the one that `self._raw` holds: this closes it.
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose headers and body are read under the deadline."""

    def __init__(self, sock: socket.socket, *args: Any, deadline: Deadline, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_TimedReads(raw, sock, deadline))


class _TimedConnection(http.client.HTTPConnection):
    """A connection that asks the deadline before each piece it sends, and reads as above."""

    sock: Optional[socket.socket]

    def __init__(self, host: str, *, deadline: Deadline, **named: Any) -> None:
        super().__init__(host, **named)
        self._deadline = deadline
        self.response_class = partial(_TimedResponse, deadline=deadline)  # type: ignore[assignment]  # a factory serves as the class

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        view = memoryview(data)
        for start in range(0, len(view), _SEND_PIECE):
            if self.sock is not None:
                self.sock.settimeout(self._deadline.patience())
            super().send(view[start : start + _SEND_PIECE])


class _SecureConnection(_TimedConnection, http.client.HTTPSConnection):
    """The same over TLS; `http.client` makes the connection, this file its waits."""


class _PlainHandler(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._connect = partial(_TimedConnection, deadline=deadline)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connect, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._connect = partial(_SecureConnection, deadline=deadline, context=context)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connect, req)


def secure_context() -> ssl.SSLContext:
    """Return the default verification of the platform: its roots, host names, TLS 1.2 and up."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    if hasattr(context, "keylog_filename"):
        # SSLKEYLOGFILE asks for the session secrets in a file: with them, whoever recorded the
        # connection reads the API key that TLS is to protect  [ERR-2].  The default context obeys.
        context.keylog_filename = None  # type: ignore[assignment]  # None switches it off
    return context


def exchange(
    method: str,
    url: str,
    headers: Dict[str, str],
    body: Optional[bytes],
    *,
    deadline: Deadline,
    connect_timeout: float,
    context: Optional[ssl.SSLContext],
    direct: bool,
) -> http.client.HTTPResponse:
    """Send one request and return its answer, of whatever status, with the body unread.

    `context` is for https and `None` for http; `direct` bypasses the proxies of the environment.
    Raises `FAILURES` and `TransportError`.
    """
    # An opener of its own handlers: no redirect, no cookie, no authentication, no file or ftp.
    opener = urllib.request.OpenerDirector()
    opener.add_handler(urllib.request.ProxyHandler({} if direct else None))
    opener.add_handler(
        _PlainHandler(deadline) if context is None else _SecureHandler(deadline, context)
    )
    request = urllib.request.Request(url, data=body, headers=headers, method=method)  # noqa: S310  # the scheme was checked [NET-1]
    answer: Optional[http.client.HTTPResponse] = opener.open(request, timeout=connect_timeout)
    if answer is None:  # no handler took it: a proxy changed the scheme
        raise TransportError(
            "the proxy setting names a scheme that is not supported",
            hint="look at HTTPS_PROXY in the environment; an http:// proxy works",
        )
    return answer


def transport_error(failure: BaseException, host: str, deadline: Deadline) -> TransportError:
    """Return the error that says plainly what happened between us and `host`.

    The texts of the causes are local (operating system, OpenSSL) or short and escaped; a URL, a
    header or a body is never part of them  [ERR-2].
    """
    cause = failure.reason if isinstance(failure, urllib.error.URLError) else failure
    if isinstance(cause, TransportError):
        return cause
    if isinstance(cause, socket.timeout):
        return deadline.expired()
    for kind, text, hint in _CAUSES:
        if isinstance(cause, kind):
            detail = text.format(host=host, detail=_detail(cause))
            error = TruncatedError if kind is http.client.IncompleteRead else TransportError
            return error(detail, hint=hint)
    return TransportError(
        f"the exchange with {host} failed: {_detail(cause)}", hint="check the network and try again"
    )


def _detail(cause: object) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return excerpt(cause.verify_message, 120)
    if isinstance(cause, OSError) and cause.strerror:
        return excerpt(cause.strerror, 120)
    return excerpt(str(cause), 120) if str(cause) else type(cause).__name__


_CAUSES: Tuple[Tuple[Type[BaseException], str, str], ...] = (
    # The first that matches is taken: the narrow classes stand before their bases.
    (
        ssl.SSLCertVerificationError,
        "the TLS certificate of {host} does not verify: {detail}",
        "check the clock and the certificate store of this machine; SSL_CERT_FILE names another",
    ),
    (
        ssl.SSLError,
        "TLS with {host} failed: {detail}",
        "something between here and the server may interfere",
    ),
    (
        socket.gaierror,
        "the name {host} does not resolve: {detail}",
        "check the base URL and the network",
    ),
    (
        ConnectionRefusedError,
        "{host} refused the connection",
        "check the base URL, and that the server is running",
    ),
    (
        http.client.IncompleteRead,
        "{host} ended the answer before its announced end",
        "try again",
    ),
    (
        ConnectionError,
        "{host} cut the connection: {detail}",
        "try again",
    ),
    (
        http.client.HTTPException,
        "{host} did not answer in HTTP: {detail}",
        "check that the base URL names the service and not something in between",
    ),
)
