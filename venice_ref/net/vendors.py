"""Exchanges with the services of Intel and NVIDIA that evidence is verified with.

They get no API key [NET-6], nothing that they send is believed here, and each exchange has a size
and a time [NET-3].  What goes wrong is the error of `net.web` or a `ServerError`, with three things
added: what could not be had, what that means, and the ways out of it  [NET-15].
"""

from __future__ import annotations

from datetime import datetime
from typing import Callable, Dict, Final, Mapping, NamedTuple

from venice_ref.codec.strict import excerpt
from venice_ref.errors import ServerError, TransportError
from venice_ref.net.refusals import server_error
from venice_ref.net.venice import Attempts
from venice_ref.net.web import HttpClient, Response
from venice_ref.spec import MAX_ERROR_BODY_SIZE, VENDOR_TIMEOUT_SECONDS

__all__ = ["Document", "VendorService"]

_KINDS: Final[Dict[int, str]] = {
    401: "authentication",
    403: "authentication",
    404: "not_found",
    429: "rate_limited",
}


class Document(NamedTuple):
    """An answer of the status 200, not believed."""

    body: bytes
    headers: Mapping[str, str]
    """`get(name)` ignores case."""


class VendorService:
    """One origin of a vendor; `ways_out` is the hint of every error."""

    __slots__ = ("_clock", "_http", "_ways_out")

    def __init__(
        self,
        base_url: str,
        *,
        ways_out: str,
        timeout: float = VENDOR_TIMEOUT_SECONDS,
        clock: Callable[[], datetime],
    ) -> None:
        self._http = HttpClient(
            base_url,
            connect_timeout=timeout,
            idle_timeout=timeout,
            total_timeout=timeout,
        )
        self._ways_out = ways_out
        self._clock = clock

    @property
    def base_url(self) -> str:
        """The base URL in its one spelling."""
        return str(self._http.base_url)

    @property
    def host(self) -> str:
        """The host, as it is shown."""
        return self._http.base_url.host

    def get(
        self,
        what: str,
        path: str,
        params: Mapping[str, str],
        *,
        max_size: int,
        accept: str = "application/json",
        attempts: Attempts,
    ) -> Document:
        """Return what GET `path` answers; `what` names it in errors.

        Raises:
            ServerError: a status other than 200, after the repetitions that `attempts` allows.
            TransportError: no answer, or one that is too large or too slow.
        """
        return self._repeat(
            what,
            path,
            lambda: self._http.get(path, params, max_size=max_size, accept=accept),
            attempts,
        )

    def post(
        self, what: str, path: str, body: bytes, *, max_size: int, attempts: Attempts
    ) -> Document:
        """Return what POST `path` answers to a body of JSON; raises as `get`."""
        headers = {"Accept": "application/json"}
        return self._repeat(
            what,
            path,
            lambda: self._http.post_stream(path, headers, body, max_size=max_size, cut_rule=""),
            attempts,
        )

    def _repeat(
        self, what: str, path: str, exchange: Callable[[], Response], attempts: Attempts
    ) -> Document:
        try:
            while True:
                try:
                    return self._read(path, exchange)
                except ServerError as error:  # noqa: PERF203  # an exchange costs a thousand times more
                    attempts.again(error)  # [NET-4]
        except TransportError as error:
            self._explain(error, what)
            raise

    def _read(self, path: str, exchange: Callable[[], Response]) -> Document:
        with exchange() as response:
            if response.status != 200:
                raise self._refusal(response, path)
            return Document(response.read_all(), response.headers)

    def _refusal(self, response: Response, path: str) -> ServerError:
        """Return the typed error of another status; its kind follows from the status alone."""
        raw = response.read_prefix(MAX_ERROR_BODY_SIZE)
        error = server_error(
            response.status,
            raw,
            path=path,
            retry_after=response.headers.get("Retry-After") or "",
            now=self._clock(),
        )
        reason = response.headers.get("Error-Message")  # Intel sends its reasons in headers
        if reason and not raw:
            error.message = f"the server answered {response.status}: {excerpt(reason, 120)}"
        error.kind = _KINDS.get(response.status) or (
            "bad_request" if 400 <= response.status < 500 else "server"
        )
        error.hint = ""
        return error

    def _explain(self, error: TransportError, what: str) -> None:
        """Add to an error what it means and how to go on  [NET-15].

        Limits and redirects keep the rule that they broke.
        """
        if error.rule in ("", "NET-5"):
            error.rule = "NET-15"
        error.message = f"no {what} from {self.host}: {error.message}"
        # The advice on redirects is about an API key, and none was there.
        advice = "" if error.rule in ("NET-2", "NET-18", "NET-19") else error.hint
        error.hint = f"{self._ways_out}; otherwise {advice}" if advice else self._ways_out
