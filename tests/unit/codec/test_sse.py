from __future__ import annotations

import time
from typing import Iterable, List, NamedTuple, Tuple

import pytest

from tests.cuts import every_cut
from venice_ref.codec.sse import ServerEvent, SseParser
from venice_ref.errors import MalformedError, ProtocolError, UsageError, VeniceError

Outcome = Tuple[List[ServerEvent], str]
"""The events, and the fault as text (empty where the stream was well formed)."""


def run(pieces: Iterable[bytes], **limits: int) -> Outcome:
    """Feed the pieces and close; every iterator is read to its end before the next feed."""
    parser = SseParser(**limits)
    events: List[ServerEvent] = []
    try:
        for piece in pieces:
            for event in parser.feed(piece):
                events.append(event)  # noqa: PERF402 - a fault must leave what came before it
        parser.close()
    except MalformedError as error:
        return events, f"{error.rule} {error}"
    return events, ""


def message(data: str, event_type: str = "message", last_event_id: str = "") -> ServerEvent:
    return ServerEvent(event_type, data, last_event_id)


class Case(NamedTuple):
    id: str
    raw: bytes
    events: List[ServerEvent]


ACCEPTED = [
    Case("nothing", b"", []),
    Case("lf", b"data: a\n\n", [message("a")]),
    Case("SSE-2-crlf", b"data: a\r\n\r\n", [message("a")]),
    Case("SSE-2-cr", b"data: a\r\r", [message("a")]),
    Case("SSE-2-mixed", b"data: a\r\ndata: b\rdata: c\n\r\n", [message("a\nb\nc")]),
    Case("SSE-2-lf-then-cr-are-two-ends", b"data: a\n\rdata: b\n\n", [message("a"), message("b")]),
    Case("SSE-2-cr-cr-lf-are-two-ends", b"data: a\r\r\ndata: b\n\n", [message("a"), message("b")]),
    Case(
        "SSE-2-no-other-line-ends",
        b"data: a\x0b\x0c\x1c\x85b\n\n".replace(b"\x85", b""),
        [message("a\x0b\x0c\x1cb")],
    ),
    Case(
        "SSE-2-no-unicode-line-ends", "data: a\u2028b\x85c\n\n".encode(), [message("a\u2028b\x85c")]
    ),
    Case("SSE-3-no-space", b"data:a\n\n", [message("a")]),
    Case("SSE-3-one-space-only", b"data:  a \n\n", [message(" a ")]),
    Case("SSE-3-tab-stays", b"data:\ta\n\n", [message("\ta")]),
    Case("SSE-3-comment", b": ping\n:\ndata: a\n: x\n\n", [message("a")]),
    Case(
        "SSE-3-unknown-fields",
        b"foo: 1\nData: no\n data: no\ndata : no\ndata: a\n\n",
        [message("a")],
    ),
    Case("SSE-3-colons-in-value", b"data: a:b: c\n\n", [message("a:b: c")]),
    Case("SSE-4-mark", b"\xef\xbb\xbfdata: a\n\n", [message("a")]),
    Case("SSE-4-mark-and-blank", b"\xef\xbb\xbf\n\ndata: a\n\n", [message("a")]),
    Case("SSE-4-one-mark-only", b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
    Case("SSE-4-later-mark-is-text", b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [message("a")]),
    Case("SSE-4-mark-in-data", b"data: \xef\xbb\xbfa\n\n", [message("\ufeffa")]),
    Case("SSE-5-two-lines", b"data: a\ndata: b\n\n", [message("a\nb")]),
    Case("SSE-5-no-data-no-event", b"event: x\nid: 1\n\n\n\n", []),
    Case("SSE-5-empty-data-is-data", b"data\n\ndata:\ndata\n\ndata:", [message(""), message("\n")]),
    Case("SSE-5-type-falls-with-the-empty-event", b"event: x\n\ndata: a\n\n", [message("a")]),
    Case("SSE-6-unfinished-event", b"data: a\n\ndata: b\n", [message("a")]),
    Case("SSE-6-unfinished-line", b"data: a\n\ndata: b", [message("a")]),
    Case("SSE-6-unfinished-character", b"data: a\n\ndata: \xf0\x9f\x98", [message("a")]),
    Case("type", b"event: error\ndata: a\n\ndata: b\n\n", [message("a", "error"), message("b")]),
    Case("last-type-wins", b"event: x\nevent: y\ndata: a\n\n", [message("a", "y")]),
    Case("empty-type-is-message", b"event: x\nevent:\ndata: a\n\n", [message("a")]),
    Case(
        "id-stays",
        b"id: 7\ndata: a\n\ndata: b\n\n",
        [message("a", last_event_id="7"), message("b", last_event_id="7")],
    ),
    Case("id-of-an-empty-event-counts", b"id: 7\n\ndata: a\n\n", [message("a", last_event_id="7")]),
    Case("id-reset", b"id: 7\nid\ndata: a\n\n", [message("a")]),
    Case(
        "id-with-nul-is-ignored",
        b"id: 7\nid: 8\x00\ndata: a\n\n",
        [message("a", last_event_id="7")],
    ),
    Case(
        "multi-byte",
        "data: \u00e9\u20ac\U0001f600\n\n".encode(),
        [message("\u00e9\u20ac\U0001f600")],
    ),
    Case("nul-in-data", b"data: \x00\n\n", [message("\x00")]),
]
"""Streams and what the standard makes of them; several are the examples of 9.2.6."""

REFUSED = [
    Case("SSE-7-lone-continuation", b"data: a\n\ndata: \x80\n\n", [message("a")]),
    Case("SSE-7-overlong", b"data: \xc0\xaf\n\n", []),
    Case("SSE-7-surrogate", b"data: \xed\xa0\x80\n\n", []),
    Case("SSE-7-beyond-unicode", b"data: \xf4\x90\x80\x80\n\n", []),
    Case("SSE-7-cut-by-a-line-end", b"data: \xf0\x9f\n\n", []),
    Case("SSE-7-in-a-comment", b"data: a\n\n: \xff\ndata: b\n\n", [message("a")]),
    Case("SSE-7-in-an-unknown-field", b"foo: \xff\ndata: b\n\n", []),
    Case("SSE-7-in-a-field-name", b"d\xffta: x\n", []),
    Case("SSE-7-in-the-unfinished-line", b"data: a\n\ndata: \xff", [message("a")]),
    Case("SSE-7-utf-16", "data\n\n".encode("utf-16"), []),
    Case("SSE-8-line", b"data: a\n\ndata: 12345678\n\n", [message("a")]),
    Case("SSE-8-line-without-end", b"data: a\n\nxxxxxxxxxxxxxxxxxx", [message("a")]),
    Case("SSE-8-comment", b"data: a\n\n:xxxxxxxxxxxxxxxxxx\n", [message("a")]),
    Case("SSE-8-event", b"data: a\n\ndata: 12345\ndata: 12345\n\n", [message("a")]),
    Case("SSE-8-event-of-empty-lines", b"data: a\n\n" + b"data\n" * 11 + b"\n", [message("a")]),
    Case("SSE-8-stream", b"data: a\n\n" + b":x\n" * 40, [message("a")]),
    Case("SSE-8-stream-in-the-middle-of-an-event", b":x\n" * 30 + b"data: abc\n\n", []),
    Case("SSE-8-stream-after-an-event", b":x\n" * 30 + b"data: a\n\n\n\n", [message("a")]),
]
LIMITS = {"max_line": 13, "max_event": 9, "max_stream": 100}


def ids(cases: List[Case]) -> List[str]:
    return [case.id for case in cases]


@pytest.mark.parametrize("case", ACCEPTED, ids=ids(ACCEPTED))
def test_accepted_however_it_is_cut(case: Case) -> None:  # SSE-1
    for pieces in every_cut(case.raw):
        assert run(pieces) == (case.events, "")


@pytest.mark.parametrize("case", REFUSED, ids=ids(REFUSED))
def test_refused_at_the_same_place_however_it_is_cut(case: Case) -> None:  # SSE-1
    whole = run([case.raw], **LIMITS)
    assert whole[0] == case.events
    assert whole[1].startswith(case.id[:5])
    assert "stream.line[" in whole[1]
    for pieces in every_cut(case.raw):
        assert run(pieces, **LIMITS) == whole


@pytest.mark.parametrize(
    "raw",
    [
        b"data: 1234567\n\n",
        b"data: 1234\ndata: 1234\n\n",
        b"data" + b"\ndata" * 9 + b"\n\n",
        b"x" * 13 + b"\r\n" + b"y" * 13,
    ],
    ids=["line", "event", "event-of-empty-lines", "line-ends-do-not-count"],
)
def test_exactly_at_the_limit(raw: bytes) -> None:  # SSE-8
    for pieces in every_cut(raw):
        assert run(pieces, max_line=13, max_event=9)[1] == ""


def test_exactly_at_the_limit_of_the_stream() -> None:  # SSE-8
    raw = b"data: a\n\n" * 3
    for pieces in every_cut(raw):
        assert run(pieces, max_stream=len(raw)) == ([message("a")] * 3, "")
        assert run(pieces, max_stream=len(raw) - 1)[1].startswith("SSE-8 a stream of more than 26 ")


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("1500", 1500), ("0", 0), ("007", 7), ("999999999", 999999999),
        ("", None), ("1_0", None), ("+1", None), ("-1", None), ("1.5", None), ("1 ", None),
        (" 1", None), ("\u0661", None), ("\uff11", None), ("1000000000", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_retry_takes_ascii_digits_only(value: str, milliseconds: object) -> None:
    parser = SseParser()
    assert list(parser.feed(f"retry: {value}\n".encode())) == []
    assert parser.retry_milliseconds == milliseconds


def test_an_ignored_retry_keeps_the_one_before() -> None:
    parser = SseParser()
    list(parser.feed(b"retry: 5\nretry: x\n"))
    assert parser.retry_milliseconds == 5


def test_a_carriage_return_ends_the_line_without_waiting() -> None:
    parser = SseParser()
    assert list(parser.feed(b"data: a\r\r")) == [message("a")]
    assert list(parser.feed(b"\ndata: b\r\n\r")) == [message("b")]
    assert list(parser.feed(b"\n")) == []


def test_an_unread_iterator_loses_nothing() -> None:
    parser = SseParser()
    first = parser.feed(b"data: a\n\ndata: b\n\nda")
    assert next(first) == message("a")
    parser.feed(b"ta: c\n\n")
    assert list(parser.feed(b"data: d\n\n")) == [message(x) for x in "bcd"]
    assert list(first) == []


def test_two_iterators_share_the_stream() -> None:
    parser = SseParser()
    first, second = parser.feed(b"data: a\n\n"), parser.feed(b"data: b\n\n")
    assert next(second) == message("a")
    assert next(first) == message("b")


def test_a_fault_is_raised_after_the_events_before_it_and_kills_the_parser() -> None:  # STR-11
    parser = SseParser()
    events = parser.feed(b"data: a\n\ndata: \xff\n\ndata: b\n\n")
    stale = parser.feed(b"data: c\n\n")
    assert next(events) == message("a")
    with pytest.raises(MalformedError) as found:
        next(events)
    assert (found.value.rule, found.value.where) == ("SSE-7", "stream.line[3]")
    assert list(events) == []
    with pytest.raises(ProtocolError, match="STR-11"):
        next(stale)
    with pytest.raises(ProtocolError, match="STR-11"):
        parser.feed(b"data: d\n\n")
    with pytest.raises(ProtocolError, match="STR-11"):
        parser.close()
    assert parser.failed


def test_close_finds_the_fault_that_nobody_read() -> None:
    parser = SseParser()
    parser.feed(b"data: \xff\n\n")
    with pytest.raises(MalformedError, match="SSE-7"):
        parser.close()


def test_close_is_final_and_may_be_repeated() -> None:
    parser = SseParser()
    parser.feed(b"data: a\n\n")
    parser.close()
    parser.close()
    with pytest.raises(UsageError, match="SSE-6"):
        parser.feed(b"")


@pytest.mark.parametrize("value", ["data: a\n\n", 5, None, [100]])
def test_only_bytes_are_fed(value: bytes) -> None:
    with pytest.raises(UsageError):
        SseParser().feed(value)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes_is_fed(kind: type) -> None:
    assert list(SseParser().feed(kind(b"data: a\n\n"))) == [message("a")]


def test_bytes_are_taken_at_the_call() -> None:
    parser = SseParser()
    chunk = bytearray(b"data: a\n\n")
    events = parser.feed(chunk)  # type: ignore[arg-type] # what a socket may hand over
    chunk[:] = b"data: x\n\n"
    assert list(events) == [message("a")]


def test_a_message_names_the_fault_and_quotes_nothing() -> None:  # ERR-2
    with pytest.raises(VeniceError) as found:
        list(SseParser().feed(b"data: confidential \xff\n\n"))
    assert str(found.value) == "not valid UTF-8 at byte 19 at stream.line[1] [SSE-7]"


# --- Cost ---------------------------------------------------------------------------------------


def test_a_line_of_30_megabytes() -> None:
    line = b"data: " + b"0" * 30_000_000
    start = time.process_time()
    parser = SseParser()
    for i in range(0, len(line), 65_536):
        assert list(parser.feed(line[i : i + 65_536])) == []
    (event,) = parser.feed(b"\n\n")
    assert len(event.data) == 30_000_000
    assert time.process_time() - start < 2


def seconds_byte_by_byte(size: int) -> float:
    start = time.process_time()
    parser = SseParser()
    for _ in range(size):
        parser.feed(b"x")
    for _ in parser.feed(b"\n\n"):
        pass
    return time.process_time() - start


def seconds_of_small_reads(size: int) -> float:
    start = time.process_time()
    parser = SseParser()
    for _ in range(size):
        for _ in parser.feed(b"x"):
            pass
    return time.process_time() - start


@pytest.mark.parametrize("measure", [seconds_byte_by_byte, seconds_of_small_reads])
def test_the_time_is_linear_byte_by_byte(measure: object) -> None:
    assert callable(measure)
    measure(2_000)
    small, large = measure(20_000), measure(160_000)
    assert large < 24 * small + 0.05  # 8 times the size; 64 times the time if it were quadratic


def test_many_short_lines_in_one_event_are_linear() -> None:
    start = time.process_time()
    (event,) = SseParser().feed(b"data\n" * 200_000 + b"\n")
    assert event.data == "\n" * 199_999
    assert time.process_time() - start < 2


def test_memory_does_not_grow_with_the_stream() -> None:
    import tracemalloc

    parser = SseParser()
    chunk = b"data: " + b"0" * 400 + b"\n\n: ping\n\n"
    for _ in range(100):
        list(parser.feed(chunk))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(5_000):
            for _ in parser.feed(chunk):
                pass
        assert tracemalloc.get_traced_memory()[0] - before < 20_000
    finally:
        tracemalloc.stop()
