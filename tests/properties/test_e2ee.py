from __future__ import annotations

import contextlib
import json
from typing import Any, List, Optional, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cuts import at
from tests.unit.e2ee.samples import CLIENT, DONE, MODEL, USAGE, chunk, content, event, sealed
from venice_ref.e2ee.envelope import explain_open, open_envelope, open_text, seal
from venice_ref.e2ee.keys import encode_public_key, parse_model_key
from venice_ref.e2ee.messages import build_body, encrypt_messages
from venice_ref.e2ee.stream import Delta, StreamReader
from venice_ref.errors import PeerError, TransportError, UsageError, VeniceError

SLOW = settings(max_examples=60)
BLOB = bytes.fromhex(sealed("a text to be changed"))
STREAM = (
    chunk({"role": "assistant", "content": ""})
    + chunk({"reasoning_content": sealed("hm", number=1)})
    + content("He", 2)
    + content("llo", 3)
    + chunk({}, finish_reason="stop")
    + USAGE
    + DONE
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


# --- Keys and envelopes -------------------------------------------------------------------------


@given(st.one_of(st.text(max_size=140), st.text("0123456789abcdefABCDEFx", max_size=140), JSON))
def test_a_key_is_parsed_or_refused(text: Any) -> None:  # KEY-5
    try:
        public = parse_model_key(text)
    except VeniceError:
        return
    assert encode_public_key(public)[2:] in ("04" + text.lower(), text.lower())


@SLOW
@given(st.binary(max_size=200))
def test_what_is_sealed_opens(plaintext: bytes) -> None:
    assert open_envelope(CLIENT, seal(CLIENT.public_key, plaintext)) == plaintext


@SLOW
@given(st.integers(0, 8 * len(BLOB) - 1))
def test_one_changed_bit_is_refused(bit: int) -> None:  # ENV-5, ENV-6
    changed = bytearray(BLOB)
    changed[bit // 8] ^= 1 << bit % 8
    try:
        open_envelope(CLIENT, bytes(changed))
    except PeerError:
        return
    raise AssertionError(bit)


@SLOW
@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_are_refused(raw: bytes, behind_a_key: bool) -> None:  # ENV-4, ENV-5, ENV-6
    blob = BLOB[:65] + raw if behind_a_key else raw
    for attempt in (lambda: open_envelope(CLIENT, blob), lambda: open_text(CLIENT, blob.hex())):
        try:
            attempt()
        except PeerError:
            continue
        raise AssertionError(blob)
    with contextlib.suppress(PeerError):
        explain_open(CLIENT, blob)


@given(st.one_of(st.text(max_size=300), JSON))
def test_random_text_is_refused(text: Any) -> None:  # ENV-15
    try:
        open_text(CLIENT, text)
    except PeerError:
        return
    raise AssertionError(text)


# --- Requests -----------------------------------------------------------------------------------


@settings(max_examples=200)
@given(JSON, st.one_of(st.just({}), st.dictionaries(st.text(max_size=8), JSON, max_size=2)))
def test_any_request_is_built_or_refused(messages: Any, options: Any) -> None:
    for candidate in (messages, [messages], [{"role": "user", "content": messages}]):
        try:
            body = build_body("m", candidate, MODEL.public_key, options)
        except UsageError:
            continue
        json.dumps(body, allow_nan=False).encode("utf-8")


@SLOW
@given(st.text(max_size=50))
def test_text_arrives_or_is_refused(text: str) -> None:  # MSG-1, MSG-5, ENV-11
    try:
        (message,) = encrypt_messages([{"role": "user", "content": text}], MODEL.public_key)
    except UsageError as error:
        if error.rule == "MSG-5" and isinstance(json.loads(text), list):
            return
        raise
    assert open_text(MODEL, message["content"]) == text


@SLOW
@given(st.lists(JSON, max_size=3))
def test_an_array_arrives_or_is_refused(more: List[Any]) -> None:  # MSG-4
    parts = [{"type": "text", "text": "x", "more": more}]
    try:
        (message,) = encrypt_messages([{"role": "user", "content": parts}], MODEL.public_key)
    except UsageError:
        return
    assert json.loads(open_text(MODEL, message["content"])) == parts


# --- Answers ------------------------------------------------------------------------------------


def outcome(pieces: List[bytes], *, unsafe: bool = False) -> Tuple[List[Delta], Optional[str], Any]:
    reader = StreamReader(CLIENT, unsafe_allow_plaintext=unsafe)
    deltas: List[Delta] = []
    try:
        for piece in pieces:
            for delta in reader.feed(piece):
                deltas.append(delta)  # noqa: PERF402 - a fault must leave what came before it
        reader.finish()
    except (PeerError, TransportError) as error:
        assert not reader.completion.complete
        return deltas, f"{type(error).__name__} {error}", reader.completion
    assert reader.completion.complete
    return deltas, None, reader.completion


HONEST = outcome([STREAM])


@SLOW
@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_the_pieces_do_not_matter(positions: List[int]) -> None:  # SSE-1
    assert HONEST[1] is None
    assert outcome(at(STREAM, positions)) == HONEST


@settings(max_examples=120)
@given(
    st.integers(0, len(STREAM) - 1),
    st.integers(0, 40),
    st.binary(max_size=12),
    st.lists(st.integers(0, len(STREAM)), max_size=3),
)
def test_a_damaged_stream(start: int, size: int, patch: bytes, cuts: List[int]) -> None:
    """Whatever is overwritten: our errors only, and nothing that an envelope did not hold."""
    raw = STREAM[:start] + patch + STREAM[start + size :]
    whole = outcome([raw])
    assert outcome(at(raw, cuts)) == whole
    assert {delta.text for delta in whole[0]} <= {"hm", "He", "llo"}
    assert not any(delta.plaintext for delta in whole[0])


@SLOW
@given(st.integers(0, len(STREAM) - 1))
def test_a_truncated_stream_is_incomplete(size: int) -> None:  # STR-1, STR-12
    deltas, fault, completion = outcome([STREAM[:size]])
    assert fault is not None
    assert not completion.complete
    assert deltas == HONEST[0][: len(deltas)]


@settings(max_examples=200)
@given(
    st.sampled_from(["", "error", "ping"]),
    st.one_of(
        JSON,
        st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("id", "model", "error", "usage", "choices"), JSON)
        ),
        JSON.map(lambda value: {"choices": [value]}),
        JSON.map(lambda value: {"choices": [{"delta": value}]}),
        JSON.map(lambda value: {"choices": [{"delta": {"content": value, "reasoning": value}}]}),
    ),
    st.booleans(),
)
def test_any_json_is_a_chunk_or_refused(
    event_type: str, value: object, unsafe: bool
) -> None:  # STR-3
    raw = event(json.dumps(value), event_type)
    deltas, _, _ = outcome([raw], unsafe=unsafe)
    assert unsafe or not deltas
    assert all(delta.plaintext for delta in deltas)


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_random_bytes_are_no_answer(pieces: List[bytes]) -> None:
    deltas, fault, _ = outcome(pieces)
    assert deltas == []
    assert fault is not None
