"""An adapter that is a function of Python in this process: for debugging, and for the reference.

Requests and replies go through JSON as they would over a line: the function cannot change a test,
and what is not JSON is found here as well.
"""

from __future__ import annotations

import json
import traceback
from typing import Any, Callable, Final, List, Mapping

from conformance.adapters.protocol import (
    MAX_LINE,
    MAX_STDERR,
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

__all__ = ["Handle", "InProcessAdapter"]

Handle = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Takes a request and returns its reply, both as they stand on a line."""

_STARTUP: Final = 10.0


class InProcessAdapter(Adapter):
    """Calls the function in a thread of its own, so that one that hangs does not hang the suite."""

    def __init__(self, handle: Handle, *, startup_timeout: float = _STARTUP) -> None:
        self._handle = handle
        self._worker = Worker()
        self.warnings: List[str] = []
        self.hello: Hello = self._greet(startup_timeout)

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        """Return the checked reply to one request.

        Raises:
            AdapterFailure: the function raised, did not return in time, or returned no reply.
        """
        ident = new_id()
        request = json.loads(encode_request(ident, op, given))
        try:
            reply = self._worker.call(lambda: self._handle(request), timeout)
        except TooLate:
            self._warn("a call that did not return in time goes on in the background")
            raise AdapterFailure("timeout", f"no reply to {op} within {timeout:g} s") from None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            detail = f"the function raised {type(error).__name__}: {error}"
            raise AdapterFailure("crash", detail[:1000], trace[-MAX_STDERR:]) from None
        return _checked(reply, ident)

    def close(self) -> None:
        """End the thread."""
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

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


def _checked(reply: Any, ident: str) -> Mapping[str, Any]:
    """Return a reply as it would have come over a line."""
    try:
        line = json.dumps(reply, allow_nan=False).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise AdapterFailure("protocol_error", f"the reply is not JSON: {error}") from None
    if len(line) > MAX_LINE:
        raise AdapterFailure("protocol_error", f"the reply is longer than {MAX_LINE} bytes")
    try:
        checked = check_reply(decode_object(line))
    except ProtocolError as error:
        raise AdapterFailure("protocol_error", str(error)) from None
    if checked["id"] != ident:
        raise AdapterFailure("protocol_error", "the reply has the id of another request")
    return checked
