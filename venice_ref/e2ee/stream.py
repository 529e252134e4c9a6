"""Bytes of an encrypted answer into text, without I/O.

The answer is an event stream (`codec.sse`) of JSON objects, the chunks.  The text is in the members
`content`, `reasoning_content` and `reasoning` of a chunk's delta, each an envelope to the client's
key.  `StreamReader` opens them one by one and releases nothing that did not open  [STR-5].

An event is released whole or not at all: all its fields are checked and opened before the first of
them is handed over  [STR-18].  Text that was handed over before a fault stays with the caller, and
the result says that it is incomplete  [STR-12].

Both reasoning members in one delta: some servers send the same text twice, under two envelopes.
Both must open; if their texts are equal, the text is released once, otherwise both are, in the
order `reasoning_content`, `reasoning`.  Reasoning is released before content, because it is thought
before it is said.

What cannot be seen from here: the envelopes carry no sequence number and no sender.  Whoever stands
between client and enclave can repeat, reorder or drop chunks, and make new ones.

Nothing is kept but counters and the few members that `Completion` has, so that memory does not grow
with the answer.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Deque, Dict, Iterator, List, NamedTuple, Optional

from venice_ref.codec.sse import ServerEvent, SseParser
from venice_ref.codec.strict import excerpt
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.chunk import END_MARK, Field, parse_chunk
from venice_ref.e2ee.envelope import open_text
from venice_ref.errors import MalformedError, ProtocolError, TruncatedError
from venice_ref.model import Json
from venice_ref.spec import MAX_STREAM_EVENTS, PUBLIC_KEY_SIZE

__all__ = ["Completion", "Delta", "StreamReader", "check_content_type"]

_LOOKS_SEALED = re.compile(rf"\s*(?:0[xX])?[0-9a-fA-F]{{{2 * PUBLIC_KEY_SIZE},}}\s*\Z")
"""Nothing but hex digits, and enough for a public key: no plaintext looks like that, a damaged
envelope does."""


class Delta(NamedTuple):
    """A piece of the answer."""

    kind: str
    """`content` or `reasoning`, which are kept apart  [STR-16]."""
    text: str
    """The text of one envelope; may be empty."""
    plaintext: bool
    """True where the server sent it unencrypted, which only the unsafe option lets through."""

    def __repr__(self) -> str:
        # The text is shown by name only, so that no log gets it by accident  [KEY-12].
        origin = ", plaintext" if self.plaintext else ""
        return f"<Delta {self.kind}, {len(self.text)} characters{origin}>"


class Completion(NamedTuple):
    """What is known of an answer besides its text."""

    complete: bool
    """True once the end mark was seen without an error  [STR-12]."""
    id: Optional[str]
    """The server's id of the answer, with which its signature is asked for."""
    model: Optional[str]
    """The model as the server names it; proves nothing."""
    finish_reason: Optional[str]
    """The latest one, such as `stop` or `length`."""
    usage: Optional[Dict[str, Json]]
    """The latest usage object, as the server counts."""
    content_chunks: int
    """Deltas of the kind `content`, plaintext ones included."""
    reasoning_chunks: int
    """Deltas of the kind `reasoning`, plaintext ones included."""
    plaintext_chunks: int
    """Deltas of either kind that were not encrypted; 0 without the unsafe option."""


def check_content_type(value: Optional[str]) -> None:
    """Refuse an answer that is not an event stream, by its Content-Type  [STR-15].

    Parameters are ignored: the encoding of an event stream is UTF-8 whatever they say.

    Raises:
        MalformedError: absent, or another media type.
    """
    media_type = (value or "").partition(";")[0].strip(" \t").lower()
    if media_type != "text/event-stream":
        found = excerpt(media_type) if media_type else "none"
        raise MalformedError(
            f"content type {found}, required text/event-stream",
            rule="STR-15",
            where="answer.content_type",
        )


class StreamReader:
    """The state of one answer.

    `feed` takes bytes at the call and opens envelopes while the iterator is read; what one iterator
    leaves unread, the next one or `finish` continues with.  How the stream is cut changes nothing
    [SSE-1].  After an error the reader is dead  [STR-11].
    """

    __slots__ = (
        "_content_chunks",
        "_dead",
        "_done",
        "_events",
        "_finish_reason",
        "_id",
        "_max_events",
        "_model",
        "_number",
        "_parser",
        "_plaintext_chunks",
        "_ready",
        "_reasoning_chunks",
        "_secret",
        "_unsafe_allow_plaintext",
        "_usage",
    )

    def __init__(
        self,
        secret: PrivateKey,
        *,
        unsafe_allow_plaintext: bool = False,
        max_events: int = MAX_STREAM_EVENTS,
    ) -> None:
        self._secret = secret
        self._unsafe_allow_plaintext = unsafe_allow_plaintext
        self._max_events = max_events
        self._parser = SseParser()
        self._events: Iterator[ServerEvent] = iter(())
        self._ready: Deque[Delta] = deque()  # the rest of one event
        self._number = 0  # of the current event; the first is 1
        self._done = False
        self._dead = False
        self._id: Optional[str] = None
        self._model: Optional[str] = None
        self._finish_reason: Optional[str] = None
        self._usage: Optional[Dict[str, Json]] = None
        self._content_chunks = 0
        self._reasoning_chunks = 0
        self._plaintext_chunks = 0

    @property
    def done(self) -> bool:
        """True once the end mark was seen; everything after it is ignored  [STR-2]."""
        return self._done

    @property
    def completion(self) -> Completion:
        """What is known so far; `complete` is false until the end mark was seen."""
        return Completion(
            complete=self._done and not self._dead,
            id=self._id,
            model=self._model,
            finish_reason=self._finish_reason,
            usage=self._usage,
            content_chunks=self._content_chunks,
            reasoning_chunks=self._reasoning_chunks,
            plaintext_chunks=self._plaintext_chunks,
        )

    def feed(self, chunk: bytes) -> Iterator[Delta]:
        """Yield the deltas that the bytes so far complete and that were not yet yielded.

        Raises (from the iterator, at the place of the fault):
            MalformedError: not an event stream [SSE-7, SSE-8], not a chunk [STR-3, STR-8], or not
                an envelope [STR-5, STR-6, STR-9].
            DecryptError: an envelope does not open [ENV-6].
            ProtocolError: the id or the model changed [STR-10].
            ServerError: the server reported an error [STR-4].
        Raises (at the call):
            ProtocolError: the answer failed before [STR-11].
        """
        self._check_alive()
        if self._done:
            return iter(())
        self._events = self._parser.feed(chunk)
        return self._deltas()

    def finish(self) -> Completion:
        """Declare the end of the stream and return the completed answer.

        Events that were not read are checked and opened all the same; their text is dropped.

        Raises:
            TruncatedError: the stream ended without the end mark [STR-1].
            ProtocolError: the answer failed before [STR-11].
            VeniceError: as `feed`.
        """
        self._check_alive()
        for _ in self._deltas():
            pass
        if not self._done:
            self._dead = True
            self._parser.close()
            raise TruncatedError(
                f"the stream ended without {END_MARK}; the answer is incomplete",
                rule="STR-1",
                where="stream",
            )
        return self.completion

    def _check_alive(self) -> None:
        if self._dead:
            raise ProtocolError(
                "the answer failed before, and is incomplete", rule="STR-11", where="stream"
            )

    def _deltas(self) -> Iterator[Delta]:
        while True:
            delta = self._next_delta()
            if delta is None:
                return
            yield delta

    def _next_delta(self) -> Optional[Delta]:
        self._check_alive()
        while not self._ready:
            if self._done:
                return None
            try:
                event = next(self._events, None)
                if event is None:
                    return None
                self._accept(event)
            except BaseException:
                # Also an interrupt: an event that is lost must not end in a complete answer.
                self._dead = True
                raise
        return self._ready.popleft()

    # --- One event ------------------------------------------------------------------------------

    def _accept(self, event: ServerEvent) -> None:
        self._number += 1
        where = f"stream.event[{self._number}]"
        if self._number > self._max_events:
            raise MalformedError(f"more than {self._max_events} events", rule="STR-13", where=where)
        chunk = parse_chunk(event, where=where)
        if chunk is None:
            self._done = True
            return
        self._id = _unchanged(self._id, chunk.id, f"{where}.id")
        self._model = _unchanged(self._model, chunk.model, f"{where}.model")
        deltas: List[Delta] = []
        for field in chunk.fields:
            delta = self._open(field)
            if delta not in deltas:  # the same reasoning under both names  [STR-19]
                deltas.append(delta)
        if chunk.finish_reason is not None:
            self._finish_reason = chunk.finish_reason
        if chunk.usage is not None:
            self._usage = chunk.usage
        for delta in deltas:
            self._content_chunks += delta.kind == "content"
            self._reasoning_chunks += delta.kind == "reasoning"
            self._plaintext_chunks += delta.plaintext
        self._ready.extend(deltas)

    def _open(self, field: Field) -> Delta:
        try:
            text = open_text(self._secret, field.value, where=field.where)
        except MalformedError as error:
            if _LOOKS_SEALED.match(field.value) is not None:
                raise  # [STR-20]
            if self._unsafe_allow_plaintext:
                return Delta(field.kind, field.value, plaintext=True)  # [STR-14, STR-17]
            raise MalformedError(
                f"not an envelope: {error.message}",
                rule="STR-6" if field.kind == "reasoning" else "STR-5",
                where=field.where,
                hint="the server sent plaintext; nothing of it is shown",
            ) from None
        return Delta(field.kind, text, plaintext=False)


def _unchanged(before: Optional[str], now: Optional[str], where: str) -> Optional[str]:
    if before is not None and now is not None and now != before:
        raise ProtocolError(
            f"changed from {excerpt(before)} to {excerpt(now)}", rule="STR-10", where=where
        )
    return before if now is None else now
