from __future__ import annotations

import re
from typing import List

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cuts import at
from venice_ref.codec.sse import ServerEvent, SseParser
from venice_ref.errors import VeniceError

TOKENS = [
    b"data",
    b"data:",
    b"data: ",
    b"event: error",
    b"id: 7",
    b"id",
    b"retry: 10",
    b":",
    b" ",
    b"x",
    b"\0",
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\xef\xbb\xbf",
    "\u00e9".encode(),
    "\U0001f600".encode(),
]
TEXT = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join)
BROKEN = st.lists(
    st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=3)), max_size=40
).map(b"".join)
POSITIONS = st.lists(st.integers(min_value=0, max_value=10_000), max_size=6)


def events_by_the_letter(raw: bytes) -> List[ServerEvent]:
    """WHATWG HTML 9.2.6 on the whole text at once, step by step; limits and pieces do not exist."""
    text = raw.decode("utf-8")
    lines = re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))
    events, data, event_type, last_event_id = [], "", "", ""
    for line in lines[:-1]:  # what follows the last line end is no line yet
        if line == "":
            if data != "":
                events.append(ServerEvent(event_type or "message", data[:-1], last_event_id))
            data, event_type = "", ""
        elif not line.startswith(":"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data += value + "\n"
            elif field == "event":
                event_type = value
            elif field == "id" and "\0" not in value:
                last_event_id = value
    return events


@given(raw=TEXT, positions=POSITIONS)
def test_the_events_are_those_of_the_standard(raw: bytes, positions: List[int]) -> None:
    parser = SseParser()
    events = [event for piece in at(raw, positions) for event in parser.feed(piece)]
    parser.close()
    assert events == events_by_the_letter(raw)


def outcome(pieces: List[bytes], lazily: bool) -> object:
    """Return the events and the fault; `lazily` leaves iterators unread and reads the last one."""
    parser = SseParser(max_line=24, max_event=20, max_stream=120)
    events: List[ServerEvent] = []
    try:
        for piece in pieces:
            iterator = parser.feed(piece)
            if not lazily:
                for event in iterator:
                    events.append(event)  # noqa: PERF402 - a fault must leave what came before it
        for event in parser.feed(b""):
            events.append(event)  # noqa: PERF402 - likewise
        parser.close()
    except VeniceError as error:
        return events, type(error), str(error)
    return events, None, ""


@settings(max_examples=200)
@given(raw=BROKEN, positions=POSITIONS)
def test_a_fault_does_not_depend_on_the_pieces(raw: bytes, positions: List[int]) -> None:  # SSE-1
    whole = outcome([raw], lazily=False)
    assert outcome(at(raw, positions), lazily=False) == whole
    assert outcome(at(raw, positions), lazily=True) == whole


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_random_bytes_raise_only_our_errors(pieces: List[bytes]) -> None:  # SSE-7
    parser = SseParser(max_line=30, max_event=30, max_stream=200)
    try:
        for piece in pieces:
            list(parser.feed(piece))
        parser.close()
    except VeniceError:
        pass
