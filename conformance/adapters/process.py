"""An adapter that is a process: lines on its standard input and output.

Whatever it does, `ask` returns a checked reply or raises within its time limit, and keeps no more
than one line and a bounded rest in memory.
"""

from __future__ import annotations

import time
from typing import Any, Final, List, Mapping, Optional, Sequence, Tuple, Union

from conformance.adapters.diagnosis import LIKE_A_REPLY
from conformance.adapters.launch import Child, shell_note
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

__all__ = ["Connection", "ProcessAdapter"]

MAX_STRAY_LINES: Final = 1000
MAX_STRAY_BYTES: Final = 1024 * 1024
_STARTS: Final = 3
"""Attempts to start an adapter again before it is given up."""
_SETTLE: Final = 0.5
"""Seconds that a process whose output ended has to end, so that its exit code can be told."""


class Connection:
    """One run of an adapter: sends requests and finds the replies among what it prints."""

    def __init__(
        self, command: Sequence[str], *, strict: bool = False, environment: Sequence[str] = ()
    ) -> None:
        self.child = Child(command, environment)
        self._strict = strict
        self._buffer = bytearray()
        self._searched = 0
        self.stray_lines = 0
        """Lines on standard output that were no replies, since the start."""
        self.last_stray = b""
        """The beginning of the last of them."""
        self._stray: Tuple[int, int] = (0, 0)

    def send(self, line: bytes) -> None:
        """Send bytes, ready to be read or not."""
        self._stray = (0, 0)
        self.child.pipes.send(line)

    def reply(self, what: str, seconds: float) -> Mapping[str, Any]:
        """Return the next reply that comes within so many seconds; its id is not looked at.

        `what` was asked, for messages.

        Raises:
            AdapterFailure: there is none; the connection is of no use any more.
        """
        started = time.monotonic()
        while True:
            line = self._line(what, seconds, started + seconds)
            try:
                reply = decode_object(line)
            except ProtocolError as error:
                if line.lstrip()[:1] == b"{":  # meant as a reply: nothing better will come
                    raise self._failure(
                        "protocol_error", f"a line {LIKE_A_REPLY} ({error}): {_show(line)}"
                    ) from None
                self._count_stray(line, str(error))
                continue
            if not isinstance(reply.get("id"), str):
                self._count_stray(line, 'it has no text as "id"')
                continue
            try:
                return check_reply(reply)
            except ProtocolError as error:
                raise self._failure("protocol_error", str(error)) from None

    def exchange(self, op: str, given: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
        """Return the reply to one request.

        Raises:
            AdapterFailure: there is none within so many seconds, or it has another id.
        """
        ident = new_id()
        self.send(encode_request(ident, op, given))
        reply = self.reply(op, seconds)
        if reply["id"] != ident:
            raise self._failure(
                "protocol_error",
                f'the reply to {op} has the id "{reply["id"][:60]}" and the request "{ident}";'
                " a reply repeats the id of its request, and there is one reply for each",
            )
        return reply

    def greet(self, seconds: float) -> Hello:
        """Return what the adapter says of itself.

        Raises:
            StartFailure: it gave no sound hello.
        """
        try:
            return hello_of(self.exchange("hello", hello_input(), seconds))
        except ProtocolError as error:
            failure = self._failure("protocol_error", str(error))
            raise StartFailure(failure.kind, failure.detail, failure.stderr) from None
        except AdapterFailure as failure:
            raise StartFailure(failure.kind, failure.detail, failure.stderr) from None

    def drain(self, seconds: float) -> bytearray:
        """Return what it writes within so many seconds, up to 64 KiB, whatever it is."""
        deadline = time.monotonic() + seconds
        output = bytearray()
        while len(output) < MAX_STDERR:
            chunk = self.child.pipes.receive(deadline)
            if not chunk or time.monotonic() > deadline:
                break
            output += chunk
        return output

    def _line(self, what: str, seconds: float, deadline: float) -> bytes:
        """Return the next line of standard output without its end."""
        while True:
            end = self._buffer.find(b"\n", self._searched)
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                self._searched = 0
                return line
            self._searched = len(self._buffer)
            if self._searched > MAX_LINE:
                raise self._failure(
                    "protocol_error",
                    f"it wrote more than {MAX_LINE} bytes without a line end"
                    " (a reply is one line, and ends with one)",
                )
            unread = self.child.pipes.input_closed
            until = min(deadline, time.monotonic() + _SETTLE) if unread else deadline
            chunk = self.child.pipes.receive(until)
            if chunk is None and unread:
                raise self._failure(
                    "crash", f"it closed its standard input before it read {what}, and still runs"
                )
            late = time.monotonic() > deadline + _SETTLE  # a trickle is not an answer either
            if chunk is None or late:
                raise self._failure("timeout", self._silent(what, seconds))
            if chunk == b"":
                raise self._output_ended(what)
            self._buffer += chunk

    def _count_stray(self, line: bytes, why: str) -> None:
        self.stray_lines += 1
        self.last_stray = line[:200]
        lines, size = self._stray
        self._stray = (lines + 1, size + len(line) + 1)
        if self._strict:
            raise self._failure(
                "protocol_error", f"a line on standard output is no reply ({why}): {_show(line)}"
            )
        if self._stray[0] > MAX_STRAY_LINES or self._stray[1] > MAX_STRAY_BYTES:
            raise self._failure(
                "protocol_error",
                f"{self._stray[0]} lines on standard output were no replies, and no reply among"
                f" them; the last ({why}): {_show(line)}",
            )

    def _silent(self, what: str, seconds: float) -> str:
        detail = f"no reply to {what} within {seconds:g} s"
        if self._buffer:
            return f"{detail}; it wrote a beginning without a line end: {_show(self._buffer)}"
        if self._stray[0]:
            detail += f", but {self._stray[0]} lines that are no replies"
            detail += f"; the last: {_show(self.last_stray)}"
        return detail

    def _output_ended(self, what: str) -> AdapterFailure:
        self.child.wait(_SETTLE)
        ended = self.child.ended
        how = f"it ended with {ended}" if ended else "it closed its standard output and still runs"
        detail = f"{how} before it answered {what}"
        if self._buffer:
            detail += f"; it had written half a line: {_show(self._buffer)}"
        elif self._stray[0]:
            detail += f"; its last line was no reply: {_show(self.last_stray)}"
        return self._failure("crash", detail)

    def _failure(self, kind: str, detail: str) -> AdapterFailure:
        self.child.kill()
        return AdapterFailure(kind, detail, self.child.pipes.stderr)


class ProcessAdapter(Adapter):
    """Starts the command, and starts it again after a failure."""

    hello: Hello

    def __init__(
        self,
        command: Sequence[str],
        *,
        startup_timeout: float = 10.0,
        strict: bool = False,
        environment: Sequence[str] = (),
    ) -> None:
        self._command = tuple(command)
        self._startup_timeout = startup_timeout
        self._strict = strict
        self._environment = tuple(environment)
        self._connection: Optional[Connection] = None
        self._given_up: Optional[StartFailure] = None
        self._greeted = False
        self.warnings: List[str] = []

    def start(self) -> Hello:
        """Start the process and return its hello.

        Raises:
            StartFailure: it could not be started, or its hello was wrong.
        """
        connection = Connection(self._command, strict=self._strict, environment=self._environment)
        self._connection = connection
        try:
            hello = connection.greet(self._startup_timeout)
        except StartFailure as failure:
            self._drop()
            note = shell_note(self._command)
            if not note:
                raise
            raise StartFailure(failure.kind, f"{failure.detail}; {note}", failure.stderr) from None
        except BaseException:
            self._drop()
            raise
        if self._greeted and hello.raw != self.hello.raw:
            self._warn("its hello changed when it was started again")
        self._greeted = True
        self.hello = hello
        return hello

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        """Return the checked reply to one request; start the process where none runs.

        Raises:
            AdapterFailure: it died, was silent for `timeout` seconds, or broke the protocol.
            StartFailure: it could not be started three times in a row, now or before.
        """
        connection = self._connection or self._restart()
        try:
            reply = connection.exchange(op, given, timeout)
        except BaseException:
            self._drop()
            raise
        if connection.stray_lines:
            self._warn(
                "lines on standard output are no replies; logs belong on standard error, first"
                f" seen: {_show(connection.last_stray)}",
                once="lines on standard output",
            )
        return reply

    def close(self) -> None:
        """Say bye, give it a moment, and kill what is left."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.send(encode_request(new_id(), "bye", {}))
            connection.child.finish()

    def _restart(self) -> Connection:
        """Start it again, a few times; what cannot be started is not tried again later."""
        if self._given_up is not None:
            raise self._given_up
        for attempt in range(1, _STARTS + 1):
            try:
                self.start()
            except StartFailure as failure:
                if attempt == _STARTS:
                    detail = f"{failure.detail} (started {_STARTS} times)"
                    self._given_up = StartFailure(failure.kind, detail, failure.stderr)
            if self._connection is not None:
                return self._connection
        raise self._given_up or StartFailure("crash", "it could not be started again")

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.child.kill()

    def _warn(self, text: str, once: str = "") -> None:
        if not any(known.startswith(once or text) for known in self.warnings):
            self.warnings.append(text)


def _show(line: Union[bytes, bytearray]) -> str:
    """Return the beginning of a line for a message, in printable ASCII."""
    text = bytes(line[:120]).decode("utf-8", "replace")
    shown = ascii(text)[1:-1]
    return f"{shown}..." if len(line) > 120 else shown
