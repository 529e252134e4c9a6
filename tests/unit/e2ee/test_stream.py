from __future__ import annotations

import json
import time
from typing import Any, Dict, Iterable, List, Optional, Tuple

import pytest

import venice_ref.e2ee.stream
from tests.cuts import every_cut
from tests.unit.e2ee.samples import CLIENT, DONE, USAGE, chunk, content, event, sealed
from tests.unit.e2ee.stream_cases import (
    ACCEPTED,
    OK,
    REFUSED,
    ROLE,
    STOP,
    Case,
    Fault,
    said,
)
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import open_text, seal
from venice_ref.e2ee.stream import Completion, Delta, StreamReader, check_content_type
from venice_ref.errors import MalformedError, ProtocolError, UsageError, VeniceError

UNSAFE = [case for case in REFUSED if case.unsafe]


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open each envelope once and for real, and remember how that ended."""
    memory: Dict[Tuple[str, str], object] = {}

    def open_once(secret: PrivateKey, text: str, *, where: str) -> str:
        if (text, where) not in memory:
            try:
                memory[text, where] = open_text(secret, text, where=where)
            except VeniceError as error:
                memory[text, where] = error
        found = memory[text, where]
        if isinstance(found, VeniceError):
            raise type(found)(found.message, rule=found.rule, where=found.where)
        assert isinstance(found, str)
        return found

    monkeypatch.setattr(venice_ref.e2ee.stream, "open_text", open_once)


def run(pieces: Iterable[bytes], *, unsafe: bool = False) -> Tuple[object, ...]:
    """Return the deltas, the fault and the completion."""
    reader = StreamReader(CLIENT, unsafe_allow_plaintext=unsafe)
    deltas: List[Delta] = []
    try:
        for piece in pieces:
            for delta in reader.feed(piece):
                deltas.append(delta)  # noqa: PERF402 - a fault must leave what came before it
        finished = reader.finish()
    except VeniceError as error:
        assert not reader.completion.complete
        return deltas, Fault(type(error), error.rule, error.where), error.message, reader.completion
    assert finished == reader.completion
    return deltas, None, "", finished


def drain(reader: StreamReader, pieces: Iterable[bytes]) -> Completion:
    for piece in pieces:
        for _ in reader.feed(piece):
            pass
    return reader.finish()


def ids(cases: List[Case]) -> List[str]:
    return [case.id for case in cases]


@pytest.mark.usefixtures("remembered")
@pytest.mark.parametrize("case", ACCEPTED + REFUSED, ids=ids(ACCEPTED + REFUSED))
def test_the_same_however_it_is_cut(case: Case) -> None:  # SSE-1
    whole = run([case.raw], unsafe=case.unsafe)
    assert whole[:2] == (case.deltas, case.fault)
    completion = whole[3]
    assert isinstance(completion, Completion)
    assert completion.complete is (case.fault is None)  # STR-12
    counted = (completion.content_chunks, completion.reasoning_chunks, completion.plaintext_chunks)
    assert counted == (
        sum(delta.kind == "content" for delta in case.deltas),
        sum(delta.kind == "reasoning" for delta in case.deltas),
        sum(delta.plaintext for delta in case.deltas),
    )
    for pieces in every_cut(case.raw):
        assert run(pieces, unsafe=case.unsafe) == whole


@pytest.mark.parametrize("case", UNSAFE, ids=ids(UNSAFE))
def test_what_the_unsafe_option_refuses_is_refused_without_it(case: Case) -> None:  # STR-14
    assert run([case.raw], unsafe=False)[:2] == (case.deltas, case.fault)


@pytest.mark.parametrize("case", REFUSED, ids=ids(REFUSED))
def test_nothing_is_released_after_an_error(case: Case) -> None:  # STR-11, STR-12
    reader = StreamReader(CLIENT, unsafe_allow_plaintext=case.unsafe)
    stale = reader.feed(b"")
    with pytest.raises(VeniceError):
        drain(reader, [case.raw])
    for attempt in (
        lambda: reader.feed(content("never") + DONE),
        lambda: reader.feed(b""),
        reader.finish,
        lambda: next(stale),
    ):
        with pytest.raises(ProtocolError) as error:
            attempt()
        assert error.value.rule == "STR-11"
    assert not reader.done
    assert not reader.completion.complete


def test_the_completion() -> None:  # STR-12
    reader = StreamReader(CLIENT)
    assert reader.completion == Completion(False, None, None, None, None, 0, 0, 0)
    assert list(reader.feed(content("a") + STOP)) == [said("a")]
    assert reader.completion == Completion(False, "chatcmpl-1", "e2ee-mock", "stop", None, 1, 0, 0)
    assert list(reader.feed(USAGE)) == []
    assert list(reader.feed(DONE)) == []
    assert reader.done
    assert reader.finish() == reader.finish() == reader.completion
    assert reader.completion == Completion(
        True, "chatcmpl-1", "e2ee-mock", "stop", {"total_tokens": 7}, 1, 0, 0
    )
    assert list(reader.feed(content("never"))) == []  # STR-2


def test_three_chunks_carry_nothing() -> None:  # STR-7: observed as 393 chunks with 390 envelopes
    raw = ROLE + content("a") * 390 + STOP + USAGE + DONE
    reader = StreamReader(CLIENT)
    assert sum(1 for _ in reader.feed(raw)) == 390
    assert reader.finish().content_chunks == 390


def test_an_unread_iterator_loses_nothing() -> None:
    reader = StreamReader(CLIENT)
    first = reader.feed(chunk({"reasoning": sealed("a"), "content": sealed("b")}) + content("c"))
    assert next(first) == said("a", "reasoning")
    assert list(reader.feed(DONE)) == [said("b"), said("c")]
    assert list(first) == []
    assert reader.finish().complete


def test_finish_checks_what_nobody_read() -> None:  # STR-12
    reader = StreamReader(CLIENT)
    reader.feed(content("a") + DONE)
    assert reader.finish().content_chunks == 1
    reader = StreamReader(CLIENT)
    reader.feed(content("a") + chunk({"content": "plain"}) + DONE)
    with pytest.raises(MalformedError, match="STR-5"):
        reader.finish()


def test_bytes_are_taken_at_the_call_and_parsed_when_read() -> None:
    reader = StreamReader(CLIENT)
    reader.feed(b"\xff\n\n")
    assert reader.completion == Completion(False, None, None, None, None, 0, 0, 0)
    with pytest.raises(MalformedError, match="SSE-7"):
        list(reader.feed(b""))


@pytest.mark.parametrize("value", ["text", None, 5])
def test_only_bytes_are_fed(value: Any) -> None:
    reader = StreamReader(CLIENT)
    with pytest.raises(UsageError):
        reader.feed(value)
    assert list(reader.feed(content("ok"))) == OK


def test_an_interrupt_does_not_end_in_a_complete_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> str:
        raise KeyboardInterrupt

    reader = StreamReader(CLIENT)
    with monkeypatch.context() as patch:
        patch.setattr(venice_ref.e2ee.stream, "open_text", interrupted)
        with pytest.raises(KeyboardInterrupt):
            list(reader.feed(content("a") + DONE))
    with pytest.raises(ProtocolError, match="STR-11"):
        reader.feed(DONE)
    assert not reader.completion.complete


def test_the_number_of_events() -> None:  # STR-13
    raw = event({}) * 4 + DONE
    for pieces in every_cut(raw):
        reader = StreamReader(CLIENT, max_events=5)
        assert drain(reader, pieces).complete
        reader = StreamReader(CLIENT, max_events=4)
        with pytest.raises(MalformedError) as error:
            drain(reader, pieces)
        assert (error.value.rule, error.value.where) == ("STR-13", "stream.event[5]")


def test_the_message_of_a_refusal_shows_nothing_of_the_content() -> None:  # KEY-12, ERR-2
    for value in ("my secret", "my secret" * 30, {"text": "my secret"}, ["my secret"]):
        _, fault, message, _ = run([chunk({"content": value})])
        assert fault is not None
        assert "secret" not in str(message)


def test_a_delta_does_not_show_its_text() -> None:  # KEY-12
    assert f"{said('secret')} {[said('secret', plaintext=True)]}" == (
        "<Delta content, 6 characters> [<Delta content, 6 characters, plaintext>]"
    )


def test_plaintext_is_marked_and_counted() -> None:  # STR-14
    reader = StreamReader(CLIENT, unsafe_allow_plaintext=True)
    list(reader.feed(content("a") + chunk({"content": "p", "reasoning": "q"}) + DONE))
    completion = reader.finish()
    assert completion[-3:] == (2, 1, 2)


# --- The content type ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "text/event-stream",
        "text/event-stream; charset=utf-8",
        "Text/Event-Stream;charset=UTF-8",
        " text/event-stream ;x",
    ],
)
def test_an_event_stream(value: str) -> None:  # STR-15
    check_content_type(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "application/json",
        "text/html; charset=utf-8",
        "text/event-streams",
        "text/plain, text/event-stream",
        "\x1b[31m",
    ],
)
def test_no_event_stream(value: Optional[str]) -> None:  # STR-15
    with pytest.raises(MalformedError) as error:
        check_content_type(value)
    assert error.value.rule == "STR-15"
    assert str(error.value).isprintable()


# --- Cost ---------------------------------------------------------------------------------------


def bytes_kept(reader: StreamReader, raw: bytes, count: int) -> int:
    """Return by how many bytes the memory grew while `count` pieces were read."""
    import tracemalloc

    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(count):
            for _ in reader.feed(raw):
                pass
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_answer() -> None:
    reader = StreamReader(CLIENT)
    raw = content("word " * 200)
    list(reader.feed(raw))
    assert bytes_kept(reader, raw, 40) < 30_000  # 40 envelopes have 80,000 bytes
    assert reader.completion.content_chunks == 41


@pytest.mark.slow
def test_ten_thousand_chunks() -> None:
    reader = StreamReader(CLIENT)
    raws = [content(f"{i} ", i) for i in range(10)]
    length = 0
    for i in range(9_900):
        for delta in reader.feed(raws[i % 10]):
            length += len(delta.text)
    assert bytes_kept(reader, raws[0], 100) < 20_000
    list(reader.feed(DONE))
    assert reader.finish().content_chunks == 10_000
    assert length == 2 * 9_900


def test_an_envelope_in_a_line_of_30_megabytes() -> None:
    plaintext = b"x" * 300_000
    envelope = seal(CLIENT.public_key, plaintext).hex()
    padding = "y" * 29_000_000  # an unknown member: parsed, and never shown
    raw = event(json.dumps({"unknown": padding, "choices": [{"delta": {"content": envelope}}]}))
    start = time.process_time()
    reader = StreamReader(CLIENT)
    deltas: List[Delta] = []
    for i in range(0, len(raw), 65_536):
        deltas += reader.feed(raw[i : i + 65_536])
    assert [len(delta.text) for delta in deltas] == [300_000]
    assert time.process_time() - start < 4
