"""A small HTTP client that a hostile server can neither lead away, flood nor hold.

Base URL and API key belong together: the key goes to that origin in the Authorization header and
nowhere else [NET-6], in the clear only to this machine itself [NET-1].  Redirects stay within the
origin [NET-2] and are followed for GET alone [NET-18].  Every body has a size and every exchange a
time [NET-3].  What goes wrong is a `TransportError`; a status is not judged here (`net/venice.py`).

`ssl` and `urllib.request` are loaded with the first exchange, not with this module.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Callable, Dict, Iterator, Mapping, Optional, final

from venice_ref import __version__
from venice_ref.codec.strict import excerpt
from venice_ref.errors import TransportError, TruncatedError, UsageError
from venice_ref.net.redaction import cut_out
from venice_ref.net.url import parse_base_url, redirect_target, request_target
from venice_ref.spec import (
    CONNECT_TIMEOUT_SECONDS,
    DEFAULT_BASE_URL,
    IDLE_TIMEOUT_SECONDS,
    TOTAL_TIMEOUT_SECONDS,
)

if TYPE_CHECKING:
    import http.client
    import ssl

    from venice_ref.net.connection import Deadline

__all__ = ["HttpClient", "Response"]

MAX_TIMEOUT_SECONDS = 1_000_000
"""What every platform's sockets can count."""

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_READ_PIECE = 64 * 1024

_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+\Z")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*\Z")


@final
class Response:
    """An answer whose body is still to come; close it, or read it to its end.

    `headers.get(name)` ignores case.  Use it as a context manager.
    """

    __slots__ = ("_cut_rule", "_deadline", "_host", "_http", "_max_size", "headers", "status")

    def __init__(
        self,
        http: http.client.HTTPResponse,
        deadline: Deadline,
        host: str,
        *,
        max_size: int,
        cut_rule: str = "",
    ) -> None:
        self._http = http
        self._deadline = deadline
        self._host = host
        self._max_size = max_size
        self._cut_rule = cut_rule
        self.status: int = http.status
        self.headers: Mapping[str, str] = http.headers  # type: ignore[assignment]  # a Message is a mapping in all but name

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what was not read is lost  [NET-9]."""
        self._http.close()

    def read_chunks(self) -> Iterator[bytes]:
        """Yield the body in pieces as they arrive, and close the connection in every case.

        Raises TruncatedError where the connection was cut before the announced end, TransportError
        for what takes too long or is larger than allowed.
        """
        from venice_ref.net.connection import FAILURES, transport_error  # noqa: PLC0415  # loads ssl

        try:
            yield from self._pieces()
        except FAILURES as failure:
            error = transport_error(failure, self._host, self._deadline)
            error.rule = error.rule or self._cut_rule
            raise error from None
        finally:
            # Also when the reader stops early: a generator that is closed or dropped ends here.
            self.close()

    def _pieces(self) -> Iterator[bytes]:
        announced = None if self._http.chunked else self._http.length
        self._check_size(announced or 0)
        received = 0
        while announced is None or received < announced:
            wanted = _READ_PIECE if announced is None else min(_READ_PIECE, announced - received)
            piece = self._http.read1(wanted)
            if not piece:
                break
            received += len(piece)
            self._check_size(received)
            yield piece
        if announced is not None and received < announced:
            raise TruncatedError(
                f"{self._host} ended the answer after {received} of {announced} bytes",
                rule=self._cut_rule,
                hint="try again",
            )

    def _check_size(self, size: int) -> None:
        if size > self._max_size:
            raise TransportError(
                f"the answer of {self._host} is larger than {self._max_size} bytes", rule="NET-3"
            )

    def read_all(self) -> bytes:
        """Return the whole body; raises as `read_chunks`."""
        return b"".join(self.read_chunks())

    def read_prefix(self, limit: int) -> bytes:
        """Return at most `limit` bytes of the body, for an error that is to be shown.

        What fails or does not end in time is cut off: the status says enough.
        """
        self._deadline.shorten(self._deadline.idle)
        prefix = b""
        try:
            for piece in self.read_chunks():
                prefix += piece
                if len(prefix) >= limit:
                    break
        except TransportError:
            pass
        finally:
            self.close()
        return prefix[:limit]


class HttpClient:
    """Exchanges with one origin.

    Times are in seconds  [NET-3]: `connect_timeout` for the connection and its TLS handshake,
    `idle_timeout` between two bytes of a stream and for the whole of any other answer,
    `total_timeout` for a stream from its first byte to its last.  Name resolution is the operating
    system's and keeps its own time.  The proxies of the environment serve https; loopback is
    direct.
    """

    __slots__ = ("_api_key", "_connect", "_context", "_idle", "_monotonic", "_total", "base_url")

    def __init__(
        self,
        base_url: str = DEFAULT_BASE_URL,
        api_key: Optional[str] = None,
        *,
        connect_timeout: float = CONNECT_TIMEOUT_SECONDS,
        idle_timeout: float = IDLE_TIMEOUT_SECONDS,
        total_timeout: float = TOTAL_TIMEOUT_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base_url = parse_base_url(base_url)
        for seconds in (connect_timeout, idle_timeout, total_timeout):
            _check_timeout(seconds)
        if api_key is not None and not _can_be_key(api_key):
            raise UsageError(
                "the API key is empty, no text, or holds a character that no header can carry",
                rule="NET-6",
                where="api_key",
                hint="a line break at its end is the usual cause",
            )
        self._api_key = api_key
        self._connect = connect_timeout
        self._idle = idle_timeout
        self._total = total_timeout
        self._monotonic = monotonic
        self._context: Optional[ssl.SSLContext] = None

    def __repr__(self) -> str:
        return f"HttpClient({str(self.base_url)!r}, api_key={'set' if self._api_key else None})"

    @property
    def has_api_key(self) -> bool:
        """True where a key was given; the key itself is not to be read back."""
        return self._api_key is not None

    def redact(self, text: str) -> str:
        """Return `text` without the API key, which a peer may have sent back  [ERR-2]."""
        return cut_out(text, self._api_key) if self._api_key else text

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        max_size: int,
        accept: str = "application/json",
    ) -> Response:
        """Return the answer to GET `path`; redirects within the origin are followed."""
        target = request_target(self.base_url, path, params)
        followed = 0
        while True:
            response = self._exchange("GET", target, {"Accept": accept}, None, max_size)
            if response.status not in _REDIRECTS:
                return response
            response.close()
            location = response.headers.get("Location") or ""
            target = self._follow("GET", target, location, followed)
            followed += 1

    def post_stream(
        self,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        max_size: int,
        cut_rule: str = "STR-1",
    ) -> Response:
        """Return the answer to POST `path`, which is never sent to a second place  [NET-18].

        `cut_rule` goes into the error where the answer is cut: for one that is no event stream,
        none.
        """
        target = self.base_url.path + path
        response = self._exchange("POST", target, headers, body, max_size, cut_rule)
        if response.status in _REDIRECTS:
            response.close()
            self._follow("POST", target, response.headers.get("Location") or "", 0)
        return response

    def _follow(self, method: str, target: str, location: str, followed: int) -> str:
        """Return the target of a redirect; `location` may repeat our key back  [ERR-2]."""
        location = self.redact(location)
        return redirect_target(self.base_url, method, target, location, followed=followed)

    def _exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Optional[bytes],
        max_size: int,
        cut_rule: str = "",
    ) -> Response:
        from venice_ref.net import connection  # noqa: PLC0415  # ssl and urllib.request cost 27 ms

        host = self.base_url.host
        if self.base_url.scheme == "https" and self._context is None:
            self._context = _secure_context()
        sent = self._headers(headers, body)
        total = self._total if body is not None else min(self._total, self._idle)
        deadline = connection.Deadline(self._idle, total, host, self._monotonic)
        try:
            http = connection.exchange(
                method,
                self.base_url.origin + target,
                sent,
                body,
                deadline=deadline,
                connect_timeout=min(self._connect, total),
                context=self._context,
                direct=self.base_url.is_loopback,
            )
        except connection.FAILURES as failure:
            error = connection.transport_error(failure, host, deadline)
            raise TransportError(
                self.redact(error.message), rule=error.rule, hint=error.hint
            ) from None
        response = Response(http, deadline, host, max_size=max_size, cut_rule=cut_rule)
        self._check_encoding(response)
        return response

    def _headers(self, headers: Mapping[str, str], body: Optional[bytes]) -> Dict[str, str]:
        """Return our headers and the caller's, each name once in whatever case."""
        ours = {
            "User-Agent": f"venice-ref/{__version__}",
            "Accept-Encoding": "identity",  # a compressed body has no honest size  [NET-3]
        }
        if body is not None:
            ours["Content-Type"] = "application/json"
        if self._api_key is not None:
            ours["Authorization"] = f"Bearer {self._api_key}"  # [NET-6]
        taken = {name.lower() for name in ours} - {"content-type"}
        for name, value in headers.items():
            if _HEADER_NAME.match(name) is None or _HEADER_VALUE.match(value) is None:
                raise UsageError(f"not a header: {excerpt(name)}", where="headers")
            if name.lower() in taken:
                raise UsageError(f"the header {name} is set twice", where="headers")
            taken.add(name.lower())
            ours[name.title()] = value
        return ours

    def _check_encoding(self, response: Response) -> None:
        encoding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
        if encoding != "identity":
            response.close()
            raise TransportError(
                f"{self.base_url.host} sent a compressed body that was not asked for:"
                f" {excerpt(self.redact(encoding))}",
                rule="NET-3",
            )


def _check_timeout(seconds: object) -> None:
    """Refuse what no socket takes; `nan` is not above 0 either."""
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if not number or not 0 < seconds <= MAX_TIMEOUT_SECONDS:  # type: ignore[operator]  # a number
        raise UsageError(
            f"a time-out must be more than 0 and at most {MAX_TIMEOUT_SECONDS} seconds",
            rule="NET-3",
        )


def _secure_context() -> ssl.SSLContext:
    from venice_ref.net import connection  # noqa: PLC0415  # ssl and urllib.request cost 27 ms

    try:
        return connection.secure_context()
    except connection.FAILURES as failure:
        raise UsageError(
            f"TLS cannot be set up on this machine: {type(failure).__name__}",
            hint="check the variables SSLKEYLOGFILE, SSL_CERT_FILE and SSL_CERT_DIR",
        ) from None


def _can_be_key(api_key: object) -> bool:
    return isinstance(api_key, str) and bool(api_key) and _HEADER_VALUE.match(api_key) is not None
