"""Bytes into server-sent events, without I/O.  WHATWG HTML, 9.2.5 and 9.2.6.

`SseParser` takes the bytes of a stream in pieces of any size and yields its events.  How the
stream is cut never changes what is yielded, nor where an error falls  [SSE-1]: a limit is a
position in the bytes, a fault belongs to a line, and both are met in the order of the stream.

Where we leave the standard:

* The standard decodes with replacement: a malformed sequence becomes U+FFFD.  We refuse the stream
  [SSE-7], because a replaced character is a changed message.  A sequence that only the end of the
  stream cut short belongs to the unfinished line, which the standard discards, and so do we.
* The standard has no limits.  We limit the line, the event and the stream  [SSE-8], because the
  peer chooses their sizes.
* The standard takes a `retry` of any number of digits.  We ignore one of more than nine, because
  nothing here reconnects and no honest server waits eleven days.
* The standard sets `lastEventId` on the event source.  We keep it on each event, because there is
  no event source.

What an event means is not known here: see `e2ee.stream`.
"""

from __future__ import annotations

from codecs import BOM_UTF8, getincrementaldecoder
from collections import deque
from typing import Deque, Iterator, NamedTuple, Optional

from venice_ref.codec.strict import decode_digits, decode_utf8
from venice_ref.errors import MalformedError, ProtocolError, UsageError
from venice_ref.spec import MAX_SSE_EVENT, MAX_SSE_LINE, MAX_STREAM_SIZE

__all__ = ["ServerEvent", "SseParser"]

_LF = 0x0A
_CR = 0x0D
_MAX_RETRY_DIGITS = 9


class ServerEvent(NamedTuple):
    """One event as the standard dispatches it."""

    type: str
    """The `event` field; `message` where the stream gave none."""
    data: str
    """The `data` lines, joined with LF; may be empty."""
    last_event_id: str
    """The latest `id` field of the stream up to this event; empty before the first."""


class SseParser:
    """The state of one event stream.

    `feed` takes its bytes at the call and parses them while the iterator is read, so that events
    before a fault are yielded before the fault is raised.  What one iterator leaves unread, the
    next one yields.  After a fault the parser is dead  [STR-11].
    """

    __slots__ = (
        "_after_cr",
        "_closed",
        "_data",
        "_failed",
        "_last_event_id",
        "_line",
        "_line_number",
        "_lines",
        "_max_event",
        "_max_line",
        "_max_stream",
        "_pieces",
        "_retry",
        "_size",
        "_type",
    )

    def __init__(
        self,
        *,
        max_line: int = MAX_SSE_LINE,
        max_event: int = MAX_SSE_EVENT,
        max_stream: int = MAX_STREAM_SIZE,
    ) -> None:
        self._max_line = max_line
        self._max_event = max_event
        self._max_stream = max_stream
        self._size = 0  # bytes taken, the excess over the limit included
        self._pieces: Deque[bytes] = deque()  # taken and not yet split
        self._lines: Iterator[bytes] = iter(())  # the lines of the current piece, ends included
        self._line = bytearray()  # the unfinished line; amortised O(1) per byte appended
        self._line_number = 1
        self._after_cr = False  # the latest byte was a CR: an LF that follows belongs to it
        self._data: Optional[bytearray] = None  # None: no data line since the last dispatch
        self._type = ""
        self._last_event_id = ""
        self._retry: Optional[int] = None
        self._failed = False
        self._closed = False

    @property
    def retry_milliseconds(self) -> Optional[int]:
        """The latest reconnection time that the stream named; `None` where it named none."""
        return self._retry

    @property
    def failed(self) -> bool:
        """True after a fault: nothing more will be yielded."""
        return self._failed

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """Yield the events that the bytes so far complete and that were not yet yielded.

        Raises (from the iterator, at the place of the fault):
            MalformedError: not UTF-8 [SSE-7], or a line, an event or the stream too long [SSE-8].
        Raises (at the call):
            ProtocolError: the stream failed before [STR-11].
            UsageError: fed after `close`.
        """
        self._check_alive()
        if self._closed:
            raise UsageError("fed after the end of the stream", rule="SSE-6", where="stream")
        if not isinstance(chunk, (bytes, bytearray, memoryview)):
            raise UsageError(f"not bytes: {type(chunk).__name__}", where="stream")
        raw = bytes(chunk)
        room = max(0, self._max_stream - self._size)
        self._size += len(raw)
        if room and raw:
            # What exceeds the stream's limit is counted and not kept: the fault is raised when
            # everything before it was parsed.
            self._pieces.append(raw[:room])
        return self._events()

    def close(self) -> None:
        """Declare the end of the stream; the event that it leaves unfinished is discarded [SSE-6].

        Events that were not read are parsed, so that a fault in them is found, and dropped.

        Raises:
            MalformedError: as `feed`; also malformed bytes in the unfinished line [SSE-7].
            ProtocolError: the stream failed before [STR-11].
        """
        self._check_alive()
        if self._closed:
            return
        for _ in self._events():
            pass
        self._closed = True
        try:
            # Not final: a character that the end cut short is not a malformed one.
            getincrementaldecoder("utf-8")().decode(bytes(self._line))
        except UnicodeDecodeError as error:
            raise self._fault(f"not valid UTF-8 at byte {error.start}", "SSE-7") from None

    # --- Pieces into lines ----------------------------------------------------------------------

    def _events(self) -> Iterator[ServerEvent]:
        while True:
            event = self._next_event()
            if event is None:
                return
            yield event

    def _next_event(self) -> Optional[ServerEvent]:
        """Return the next event, or `None` where more bytes are needed."""
        self._check_alive()
        while True:
            for part in self._lines:
                if self._add(part):
                    event = self._end_line()
                    if event is not None:
                        return event
            if not self._next_piece():
                return None

    def _next_piece(self) -> bool:
        """Split the next piece at its line ends; false where there is none."""
        if not self._pieces:
            if self._size > self._max_stream:
                raise self._fault(f"a stream of more than {self._max_stream} bytes", "SSE-8")
            return False
        piece = self._pieces.popleft()
        if self._after_cr:
            self._after_cr = False
            if piece[0] == _LF:
                piece = piece[1:]
        # For bytes, `splitlines` knows exactly LF, CR and CR LF  [SSE-2].
        self._lines = iter(piece.splitlines(keepends=True))
        return True

    def _add(self, part: bytes) -> bool:
        """Append a piece of a line and return whether it ends the line."""
        last = part[-1]
        # A CR ends the line at once; whether an LF belongs to it is known with the next byte.
        self._after_cr = last == _CR
        content = part.rstrip(b"\r\n")
        if len(self._line) + len(content) > self._max_line:
            raise self._fault(f"a line of more than {self._max_line} bytes", "SSE-8")
        self._line += content
        return last in {_LF, _CR}

    # --- Lines into events ----------------------------------------------------------------------

    def _end_line(self) -> Optional[ServerEvent]:
        """Interpret the finished line; return the event that it dispatches, if it does."""
        raw = bytes(self._line)
        self._line = bytearray()  # a new one: `clear` would keep the memory of the longest line
        if self._line_number == 1 and raw.startswith(BOM_UTF8):
            raw = raw[len(BOM_UTF8) :]  # [SSE-4]; whole by now, however it was cut
        event = None
        if raw:
            self._field(raw)
        else:
            event = self._dispatch()
        self._line_number += 1
        return event

    def _field(self, raw: bytes) -> None:
        self._text(raw)  # every line must be UTF-8, also one that says nothing to us  [SSE-7]
        colon = raw.find(b":")
        name = raw if colon < 0 else raw[:colon]
        start = len(raw) if colon < 0 else colon + 1
        if raw[start : start + 1] == b" ":
            start += 1  # one space, no more  [SSE-9]
        value = raw[start:]
        if name == b"data":
            self._append_data(value)
        elif name == b"event":
            self._type = self._text(value)  # [SSE-11]
        elif name == b"id":
            if b"\0" not in value:
                self._last_event_id = self._text(value)
        elif name == b"retry":
            self._set_retry(self._text(value))
        # The empty name is a comment; it and every other field are ignored  [SSE-3].

    def _append_data(self, value: bytes) -> None:
        # Kept as bytes: a list of many short lines would cost far more than their size.
        if self._data is None:
            self._data = bytearray()
        else:
            self._data += b"\n"  # [SSE-5]
        if len(self._data) + len(value) > self._max_event:
            raise self._fault(f"an event of more than {self._max_event} bytes", "SSE-8")
        self._data += value

    def _set_retry(self, value: str) -> None:
        try:
            self._retry = decode_digits(value, max_digits=_MAX_RETRY_DIGITS)
        except MalformedError:
            return  # the standard: not only ASCII digits, ignore the field

    def _dispatch(self) -> Optional[ServerEvent]:
        data, self._data = self._data, None
        event_type, self._type = self._type, ""
        if data is None:
            return None  # [SSE-10]
        return ServerEvent(event_type or "message", self._text(bytes(data)), self._last_event_id)

    # --- Faults ---------------------------------------------------------------------------------

    def _text(self, raw: bytes) -> str:
        try:
            return decode_utf8(raw)
        except MalformedError as error:
            raise self._fault(error.message, "SSE-7") from None

    def _fault(self, message: str, rule: str) -> MalformedError:
        self._failed = True
        self._pieces.clear()
        self._lines = iter(())
        self._line = bytearray()
        self._data = None
        return MalformedError(message, rule=rule, where=f"stream.line[{self._line_number}]")

    def _check_alive(self) -> None:
        if self._failed:
            raise ProtocolError("the stream failed before", rule="STR-11", where="stream")
