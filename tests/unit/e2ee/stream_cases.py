"""Streams, what is released of them, and how they end; each id begins with the requirement."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional

from tests.unit.e2ee.samples import (
    CLIENT,
    DONE,
    EPHEMERAL,
    OTHER,
    USAGE,
    chunk,
    content,
    event,
    sealed,
)
from venice_ref.e2ee.envelope import seal_derandomised
from venice_ref.e2ee.stream import Delta
from venice_ref.errors import (
    DecryptError,
    MalformedError,
    ProtocolError,
    ServerError,
    TruncatedError,
)

TEXT = sealed("ab")
NOT_UTF8 = seal_derandomised(CLIENT.public_key, b"\xff", ephemeral=EPHEMERAL, nonce=bytes(12)).hex()
ROLE = chunk({"role": "assistant", "content": ""})
STOP = chunk({}, finish_reason="stop")


def said(text: str, kind: str = "content", *, plaintext: bool = False) -> Delta:
    return Delta(kind, text, plaintext)


class Fault(NamedTuple):
    kind: type
    rule: str
    where: str


class Case(NamedTuple):
    id: str
    raw: bytes
    deltas: List[Delta]
    fault: Optional[Fault] = None
    unsafe: bool = False


TRUNCATED = Fault(TruncatedError, "STR-1", "stream")


def malformed(rule: str, where: str) -> Fault:
    return Fault(MalformedError, rule, where)


def text_of(value: Any, name: str = "content") -> bytes:
    return content("ok") + chunk({name: value}) + content("never") + DONE


SECOND = "stream.event[2]"
DELTA = SECOND + ".choices[0].delta."
CONTENT = DELTA + "content"
OK = [said("ok")]

ACCEPTED = [
    Case("done-only", DONE, []),
    Case(
        "STR-7-a-whole-answer",
        ROLE + content("He") + content("llo") + STOP + USAGE + DONE,
        [said("He"), said("llo")],
    ),
    Case("STR-7-null-delta", chunk(None) + chunk({}) + chunk({"content": None}) + DONE, []),
    Case(
        "STR-7-no-choices", event({}) + event({"choices": None}) + event({"choices": []}) + DONE, []
    ),
    Case(
        "STR-6-reasoning-content",
        chunk({"reasoning_content": sealed("hm")}) + DONE,
        [said("hm", "reasoning")],
    ),
    Case("STR-6-reasoning", chunk({"reasoning": sealed("hm")}) + DONE, [said("hm", "reasoning")]),
    Case(
        "STR-6-reasoning-first",
        chunk({"content": TEXT, "reasoning": sealed("hm")}) + DONE,
        [said("hm", "reasoning"), said("ab")],
    ),
    Case(
        "STR-6-reasoning-twice-is-once",
        chunk({"reasoning": sealed("hm", number=1), "reasoning_content": sealed("hm")}) + DONE,
        [said("hm", "reasoning")],
    ),
    Case(
        "STR-6-reasonings-that-differ",
        chunk({"reasoning": sealed("b"), "reasoning_content": sealed("a")}) + DONE,
        [said("a", "reasoning"), said("b", "reasoning")],
    ),
    Case(
        "STR-6-content-like-reasoning-stays",
        chunk({"reasoning": sealed("a"), "content": sealed("a")}) + DONE,
        [said("a", "reasoning"), said("a")],
    ),
    Case("ENV-12-empty-envelope", content("") + DONE, [said("")]),
    Case(
        "ENV-14-one-ephemeral-key", content("a", 1) + content("b", 2) + DONE, [said("a"), said("b")]
    ),
    Case("STR-5-same-envelope-twice", content("a") + content("a") + DONE, [said("a"), said("a")]),
    Case("STR-5-upper-case", chunk({"content": TEXT.upper()}) + DONE, [said("ab")]),
    Case("STR-5-white-space-sealed", content(" ") + content("\n") + DONE, [said(" "), said("\n")]),
    Case("STR-5-sealed-hex", content("04" * 93) + DONE, [said("04" * 93)]),
    Case(
        "STR-2-garbage-after-the-end", content("ok") + DONE + b"\xff\x00{]\n\n" + content("no"), OK
    ),
    Case("STR-2-error-after-the-end", content("ok") + DONE + event({"error": "x"}), OK),
    Case("STR-2-unfinished-after-the-end", content("ok") + DONE + b"data: {", OK),
    Case("STR-2-two-ends", content("ok") + DONE + DONE, OK),
    Case("SSE-2-crlf", (content("ok") + DONE).replace(b"\n", b"\r\n"), OK),
    Case("SSE-2-cr", (content("ok") + DONE).replace(b"\n", b"\r"), OK),
    Case(
        "SSE-3-comments-and-fields",
        b": hi\n\nid: 1\nretry: 5\n\n" + content("ok") + b":\n\n" + DONE,
        OK,
    ),
    Case("SSE-5-json-over-two-lines", b'data: {"choices":\ndata: []}\n\n' + DONE, []),
    Case("other-event-types", event({}, "ping") + event("[DONE]", "end"), []),
    Case(
        "STR-10-id-once-and-then-missing",
        content("ok") + event({"choices": []}) + content("b") + DONE,
        [said("ok"), said("b")],
    ),
    Case(
        "STR-9-empty",
        chunk({"tool_calls": [], "refusal": None, "content": TEXT}, logprobs=None) + DONE,
        [said("ab")],
    ),
    Case(
        "unknown-members", chunk({"content": TEXT, "unknown": "x"}, other="y") + DONE, [said("ab")]
    ),
    Case(
        "STR-14-plaintext",
        content("ok") + chunk({"content": "plain"}) + DONE,
        [said("ok"), said("plain", plaintext=True)],
        unsafe=True,
    ),
    Case(
        "STR-14-plain-reasoning",
        chunk({"reasoning": "plain"}) + DONE,
        [said("plain", "reasoning", plaintext=True)],
        unsafe=True,
    ),
    Case(
        "STR-14-short-hex-is-plain",
        chunk({"content": "042"}) + DONE,
        [said("042", plaintext=True)],
        unsafe=True,
    ),
    Case("STR-14-sealed-stays-sealed", content("ok") + DONE, OK, unsafe=True),
]

REFUSED = [
    Case("STR-1-no-end", content("ok"), OK, TRUNCATED),
    Case("STR-1-nothing", b"", [], TRUNCATED),
    Case("STR-1-unfinished-end", content("ok") + b"data: [DONE]\n", OK, TRUNCATED),
    Case("STR-1-finish-reason-is-no-end", content("ok") + STOP + USAGE, OK, TRUNCATED),
    Case("SSE-6-cut-in-an-envelope", (content("ok") + content("b"))[:-40], OK, TRUNCATED),
    Case("STR-3-not-json", content("ok") + event("oops") + DONE, OK, malformed("STR-3", SECOND)),
    Case("STR-3-empty-data", content("ok") + b"data\n\n" + DONE, OK, malformed("STR-3", SECOND)),
    Case(
        "STR-3-end-mark-with-space",
        content("ok") + b"data:  [DONE]\n\n",
        OK,
        malformed("STR-3", SECOND),
    ),
    Case(
        "STR-3-duplicate-member",
        content("ok") + event('{"a":1,"a":1}') + DONE,
        OK,
        malformed("STR-3", SECOND),
    ),
    Case(
        "STR-4-in-band",
        content("ok") + event({"error": {"message": "x"}}) + DONE,
        OK,
        Fault(ServerError, "STR-4", SECOND),
    ),
    Case(
        "STR-4-event-error",
        content("ok") + event("x", "error") + DONE,
        OK,
        Fault(ServerError, "STR-4", SECOND),
    ),
    Case(
        "STR-4-content-beside-the-error",
        event({"error": "x", "choices": [{"delta": {"content": TEXT}}]}),
        [],
        Fault(ServerError, "STR-4", "stream.event[1]"),
    ),
    Case("STR-5-plaintext", text_of("plain"), OK, malformed("STR-5", CONTENT)),
    Case("STR-5-white-space", text_of(" "), OK, malformed("STR-5", CONTENT)),
    Case("STR-5-newline", text_of("\n"), OK, malformed("STR-5", CONTENT)),
    Case("STR-5-odd-short-hex", text_of("abc"), OK, malformed("STR-5", CONTENT)),
    Case("STR-5-short-hex", text_of("04" * 64), OK, malformed("STR-5", CONTENT)),
    Case("STR-5-plaintext-of-186", text_of("g" * 186), OK, malformed("STR-5", CONTENT)),
    Case("STR-5-envelope-and-text", text_of(TEXT + " x"), OK, malformed("STR-5", CONTENT)),
    Case("ENV-4-185-hex", text_of(TEXT[:185]), OK, malformed("ENV-15", CONTENT)),
    Case("ENV-4-184-hex", text_of(TEXT[:184]), OK, malformed("ENV-4", CONTENT)),
    Case("ENV-15-odd", text_of(TEXT + "0"), OK, malformed("ENV-15", CONTENT)),
    Case("ENV-15-prefix", text_of("0x" + TEXT), OK, malformed("ENV-15", CONTENT)),
    Case("ENV-15-white-space-after", text_of(TEXT + "\n"), OK, malformed("ENV-15", CONTENT)),
    Case("ENV-15-white-space-before", text_of(" " + TEXT), OK, malformed("ENV-15", CONTENT)),
    Case("ENV-5-not-04", text_of("05" + TEXT[2:]), OK, malformed("ENV-5", CONTENT)),
    Case(
        "ENV-5-off-curve",
        text_of("04" + "00" * 92),
        OK,
        malformed("ENV-5", CONTENT + ".ephemeral_public_key"),
    ),
    Case(
        "ENV-6-tag",
        text_of(TEXT[:-1] + ("1" if TEXT[-1] == "0" else "0")),
        OK,
        Fault(DecryptError, "ENV-6", CONTENT + ".tag"),
    ),
    Case(
        "ENV-6-another-key",
        text_of(sealed("x", to=OTHER)),
        OK,
        Fault(DecryptError, "ENV-6", CONTENT + ".tag"),
    ),
    Case("ENV-10-not-utf8", text_of(NOT_UTF8), OK, malformed("ENV-10", CONTENT + ".plaintext")),
    Case(
        "STR-6-plain-reasoning",
        text_of("hm", "reasoning"),
        OK,
        malformed("STR-6", DELTA + "reasoning"),
    ),
    Case(
        "STR-6-plain-reasoning-content",
        text_of("hm", "reasoning_content"),
        OK,
        malformed("STR-6", DELTA + "reasoning_content"),
    ),
    Case(
        "STR-6-second-reasoning-does-not-open",
        chunk({"reasoning_content": sealed("a"), "reasoning": sealed("a", to=OTHER)}) + DONE,
        [],
        Fault(DecryptError, "ENV-6", "stream.event[1].choices[0].delta.reasoning.tag"),
    ),
    Case(
        "STR-5-nothing-of-an-event-with-a-fault",
        chunk({"reasoning": sealed("a"), "content": "plain"}) + DONE,
        [],
        malformed("STR-5", "stream.event[1].choices[0].delta.content"),
    ),
    Case(
        "STR-8-index",
        content("ok") + event({"choices": [{"index": 1, "delta": {"content": TEXT}}]}) + DONE,
        OK,
        malformed("STR-8", SECOND + ".choices[0].index"),
    ),
    Case(
        "STR-8-two",
        content("ok") + event({"choices": [{}, {}]}) + DONE,
        OK,
        malformed("STR-8", SECOND + ".choices"),
    ),
    Case(
        "STR-9-tool-calls",
        content("ok") + chunk({"tool_calls": [{}], "content": TEXT}) + DONE,
        OK,
        malformed("STR-9", DELTA + "tool_calls"),
    ),
    Case(
        "STR-9-message",
        event({"choices": [{"message": {"content": TEXT}}]}) + DONE,
        [],
        malformed("STR-9", "stream.event[1].choices[0].message"),
    ),
    Case(
        "STR-10-id",
        content("ok") + event({"id": "other", "choices": []}) + DONE,
        OK,
        Fault(ProtocolError, "STR-10", SECOND + ".id"),
    ),
    Case(
        "STR-10-empty-id",
        content("ok") + event({"id": "", "choices": []}) + DONE,
        OK,
        Fault(ProtocolError, "STR-10", SECOND + ".id"),
    ),
    Case(
        "STR-10-model",
        content("ok") + event({"model": "other"}) + DONE,
        OK,
        Fault(ProtocolError, "STR-10", SECOND + ".model"),
    ),
    Case(
        "SSE-7-not-utf8",
        content("ok") + b"data: \xff\n\n" + DONE,
        OK,
        malformed("SSE-7", "stream.line[3]"),
    ),
    Case(
        "SSE-7-not-utf8-at-the-end",
        content("ok") + b"data: \xff",
        OK,
        malformed("SSE-7", "stream.line[3]"),
    ),
    Case(
        "STR-14-damaged-envelope",
        text_of("05" + TEXT[2:]),
        OK,
        malformed("ENV-5", CONTENT),
        unsafe=True,
    ),
    Case("STR-14-odd-envelope", text_of(TEXT + "0"), OK, malformed("ENV-15", CONTENT), unsafe=True),
    Case(
        "STR-14-prefixed-envelope",
        text_of("0x" + TEXT),
        OK,
        malformed("ENV-15", CONTENT),
        unsafe=True,
    ),
    Case("STR-14-cut-envelope", text_of(TEXT[:150]), OK, malformed("ENV-4", CONTENT), unsafe=True),
    Case(
        "STR-14-wrong-tag",
        text_of(TEXT[:-2] + "00"),
        OK,
        Fault(DecryptError, "ENV-6", CONTENT + ".tag"),
        unsafe=True,
    ),
    Case(
        "STR-14-tools-stay-refused",
        chunk({"tool_calls": [{}]}) + DONE,
        [],
        malformed("STR-9", "stream.event[1].choices[0].delta.tool_calls"),
        unsafe=True,
    ),
]
