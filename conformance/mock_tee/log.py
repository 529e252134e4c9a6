"""What the operator of the service could have seen, and what only the enclave read.

`requests` and `answers` hold bytes as they crossed the wire: a test scans them for words that must
not be there.  `prompts` holds what was decrypted: it proves that the enclave did read the prompt.
Everything is bounded; the oldest entries go first.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Deque, Dict, Final, List, NamedTuple, Optional, Tuple

__all__ = ["Answer", "Log", "OpenAnswer", "Request"]

MAX_ENTRIES: Final = 2_000
"""Requests, answers and prompts that are kept."""

MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Bytes that are kept of one answer."""

MAX_ANSWERS: Final = 200
"""Answers that are kept; they are larger than requests."""


class Request(NamedTuple):
    """One request as it was received."""

    number: int
    """Counts from 0 in the order of arrival."""
    method: str
    path: str
    """With the query, as it stood in the request line."""
    headers: Tuple[Tuple[str, str], ...]
    """In the order of arrival, with the names as they were written."""
    body: bytes

    def header(self, name: str) -> Optional[str]:
        """Return a header's value; several of one name are joined, as servers do (RFC 9110, 5.3).

        The case of a name does not matter.
        """
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def wire(self) -> bytes:
        """Return the request as bytes: request line, headers, body."""
        head = [f"{self.method} {self.path}", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + self.body


class Answer(NamedTuple):
    """What was sent in return, without the framing of the transfer."""

    number: int
    """The number of the request."""
    status: int
    body: bytes
    """At most `MAX_ANSWER_BYTES` from its start."""
    ended: str
    """`open` while it is being sent, then `complete`, `cut` (by the mock) or `left` (the client
    closed the connection)."""


class OpenAnswer:
    """An answer that is being sent; the log holds it from its first byte."""

    __slots__ = ("_body", "_lock", "ended", "number", "status")

    def __init__(self, number: int, status: int, lock: threading.Lock) -> None:
        self.number = number
        self.status = status
        self.ended = "open"
        self._body = bytearray()
        self._lock = lock

    def extend(self, data: bytes) -> None:
        """Add bytes, up to the limit."""
        with self._lock:
            self._body += data[: MAX_ANSWER_BYTES - len(self._body)]

    def close(self, ended: str) -> None:
        """Say how it ended; the first word counts."""
        with self._lock:
            if self.ended == "open":
                self.ended = ended

    def snapshot(self) -> Answer:
        """Return what was sent so far; the caller holds the lock."""
        return Answer(self.number, self.status, bytes(self._body), self.ended)


class Log:
    """Entries of all threads, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._requests: Deque[Request] = deque(maxlen=MAX_ENTRIES)
        self._answers: Deque[OpenAnswer] = deque(maxlen=MAX_ANSWERS)
        self._prompts: Deque[List[Dict[str, Any]]] = deque(maxlen=MAX_ENTRIES)

    def add_request(
        self, method: str, path: str, headers: Tuple[Tuple[str, str], ...], body: bytes
    ) -> Request:
        """Record a request and return it with its number."""
        with self._lock:
            request = Request(self._count, method, path, headers, body)
            self._count += 1
            self._requests.append(request)
        return request

    def open_answer(self, number: int, status: int) -> OpenAnswer:
        """Record the start of an answer."""
        answer = OpenAnswer(number, status, self._lock)
        with self._lock:
            self._answers.append(answer)
        return answer

    def snapshot(self, answer: OpenAnswer) -> Answer:
        """Return an answer as far as it was sent."""
        with self._lock:
            return answer.snapshot()

    def add_prompt(self, messages: List[Dict[str, Any]]) -> None:
        """Record the messages as the enclave read them."""
        with self._lock:
            self._prompts.append(messages)

    @property
    def requests(self) -> Tuple[Request, ...]:
        """The requests, oldest first."""
        with self._lock:
            return tuple(self._requests)

    @property
    def answers(self) -> Tuple[Answer, ...]:
        """The answers, in the order in which they were begun."""
        with self._lock:
            return tuple(answer.snapshot() for answer in self._answers)

    @property
    def prompts(self) -> Tuple[List[Dict[str, Any]], ...]:
        """The messages that the enclave read, oldest first."""
        with self._lock:
            return tuple(self._prompts)

    def wire(self) -> bytes:
        """Return everything that crossed the wire, both directions: what an operator can read."""
        sent = b"".join(request.wire() for request in self.requests)
        return sent + b"".join(answer.body for answer in self.answers)
