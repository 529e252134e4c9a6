"""Other honest ways to send the same answer: what the service does at times, or may do.

Each function has the form of a point of `scenario.Scenario`.  None of them changes what is said, so
that a client that shows anything else, or refuses, has a reader of event streams that guesses.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Final, Iterator, List

from conformance.mock_tee.scenario import Field, Step, Visit

__all__ = [
    "carriage_returns",
    "comments",
    "cut_anywhere",
    "empty_deltas",
    "explicit_type",
    "lines_of_data",
    "no_space",
    "upper_case",
]

Chunk = Dict[str, Any]
_Steps = Callable[[Iterator[Step], Visit], Iterator[Step]]

PIECE: Final = 5
"""Bytes of a piece where a stream is cut anywhere: no multiple of a character or of a line."""


def _each_frame(change: Callable[[bytes], bytes]) -> _Steps:
    def point(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
        del visit
        for step in steps:
            yield change(step) if isinstance(step, bytes) else step

    return point


carriage_returns = _each_frame(lambda frame: frame.replace(b"\n", b"\r\n"))
"""End every line with CR LF."""

no_space = _each_frame(lambda frame: frame.replace(b"data: ", b"data:", 1))
"""Leave the space after the colon out, which is optional."""

comments = _each_frame(
    lambda frame: ": grüße, 大\n\n:\nid: 7\nretry: 1000\nevent:\n".encode() + frame
)
"""Send comments and fields that say nothing before each event, as proxies do."""


def _in_two_lines(frame: bytes) -> bytes:
    head, comma, tail = frame.partition(b',"')
    return head + b',\ndata: "' + tail if comma else frame


lines_of_data = _each_frame(_in_two_lines)
"""Cut the JSON text of each event between two members, into two lines of data."""


def cut_anywhere(steps: Iterator[Step], visit: Visit) -> Iterator[Step]:
    """Send comments as above, and everything in pieces that end in the middle of characters."""
    for step in comments(steps, visit):
        if not isinstance(step, bytes):
            yield step
            continue
        for start in range(0, len(step), PIECE):
            yield step[start : start + PIECE]


def explicit_type(content_type: str, visit: Visit) -> str:
    """Write the content type in another case and without the space."""
    del content_type, visit
    return "Text/Event-Stream;charset=UTF-8"


def upper_case(field: Field, visit: Visit) -> Field:
    """Write an envelope in capitals."""
    del visit
    return field._replace(sealed=field.sealed.upper())


def empty_deltas(chunks: Iterator[Chunk], visit: Visit) -> Iterator[Chunk]:
    """Send chunks that hold nothing between the others, in every form that has been seen."""
    del visit
    for chunk in chunks:
        yield from _nothings(chunk)
        yield chunk


def _nothings(chunk: Chunk) -> List[Chunk]:
    """Return copies of a chunk whose deltas are empty, each in another way."""
    if not chunk["choices"]:
        return []
    forms: List[Any] = [{}, {"content": ""}, {"content": None}, None]
    found = [{**chunk, "choices": []}, {**chunk, "choices": None}]
    for form in forms:
        choice = {**chunk["choices"][0], "delta": form, "finish_reason": None}
        found.append({**chunk, "choices": [choice]})
    return [json.loads(json.dumps(row)) for row in found]
