"""Encrypted answers whose end or whose form is wrong."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from conformance.generate.builder import FileBuilder
from conformance.generate.stream.flags import (
    CUT_SHORT,
    FOREIGN_FORM,
    MIXED_ANSWERS,
    NO_STREAM,
    SERVER_ERRORS,
)
from conformance.generate.stream.kit import (
    DONE,
    Sealer,
    chunk,
    content,
    event,
    expected,
    given,
    pieces,
)

__all__ = ["add_refused"]


def _said(text: str) -> Tuple[Tuple[str, str], ...]:
    return (("content", text),)


class _Bad(NamedTuple):
    slug: str
    why: str
    breaks: str
    middle: bytes
    """What stands between the first and the third word."""


def add_refused(builder: FileBuilder, sealed: Sealer) -> None:
    """Add the answers whose end or whose form is wrong."""
    one, two, three = (content(sealed(word)) for word in ("one ", "two ", "three"))
    parent = builder.accept(
        "three-words",
        "The parent of the answers with a fault in the middle.",
        req=("STR-3", "STR-4", "STR-8", "STR-10"),
        given=given(one + two + three + DONE, content_type="text/event-stream"),
        out=expected(_said("one two three"), {}),
    )
    builder.accept(
        "content-type-spelling",
        "Case, parameters and white space around the media type do not matter.",
        req=("STR-15",),
        given=given(one + DONE, content_type="Text/Event-Stream ; charset=utf-8"),
        out=expected(_said("one "), {}),
    )
    rows = {
        SERVER_ERRORS: _server_errors(sealed),
        FOREIGN_FORM: (*_json_faults(sealed), *_shapes()),
        MIXED_ANSWERS: _other_answers(sealed),
    }
    released = pieces(_said("one "))
    for flag, bads in rows.items():
        name = builder.flag(*flag)
        for bad in bads:
            builder.reject(
                bad.slug, bad.why, parent=parent, breaks=bad.breaks, flags=(name,),
                given={"stream": (one + bad.middle + three + DONE).hex()}, released=released,
            )  # fmt: skip
    _ends(builder, parent, one + two, three, released)
    _content_types(builder, parent)


def _ends(
    builder: FileBuilder, parent: str, head: bytes, last: bytes, one: List[Dict[str, Any]]
) -> None:
    flag = builder.flag(*CUT_SHORT)
    words, all_words = pieces(_said("one two ")), pieces(_said("one two three"))
    stop = chunk({}, finish_reason="stop")
    rows: Tuple[Tuple[str, str, bytes, Optional[List[Dict[str, Any]]]], ...] = (
        ("no-done", "The proper end of the transfer is no end mark.", head + last, all_words),
        ("no-done-after-stop", "A finish reason is in plaintext and is no end mark.",
         head + last + stop, all_words),
        ("cut-in-event", "An event that is cut is not released, and the answer not complete.",
         head + last[:-1], words),
        ("cut-in-done", "Half an end mark is none.", head + last + DONE[:-2], all_words),
        ("done-without-empty-line", "The end mark is an event, and needs its empty line.",
         head + last + DONE[:-1], all_words),
        ("done-in-comment", "An end mark in a comment is none.", head + last + b": [DONE]\n\n",
         all_words),
        ("empty-stream", "No bytes at all are no answer.", b"", []),
    )  # fmt: skip
    del one
    for slug, why, raw, released in rows:
        builder.reject(
            slug, why, parent=parent, breaks="STR-1", also=("STR-12",), flags=(flag,),
            given={"stream": raw.hex()}, released=released,
        )  # fmt: skip


def _content_types(builder: FileBuilder, parent: str) -> None:
    flag = builder.flag(*NO_STREAM)
    for slug, value, why in (
        ("json", "application/json", "An error under the status 200 comes as JSON."),
        ("html", "text/html; charset=utf-8", "A page of something in between."),
        ("longer", "text/event-stream-of-mine", "A media type that only begins alike."),
        ("empty", "", "A header without a value."),
        ("in-parameter", "text/plain; x=text/event-stream", "A search in the whole header."),
    ):
        builder.reject(
            f"content-type-{slug}", f"{why} The events are not looked at.", parent=parent,
            breaks="STR-15", flags=(flag,), given={"content_type": value}, released=[],
        )  # fmt: skip


def _server_errors(sealed: Sealer) -> Tuple[_Bad, ...]:
    overloaded = {"message": "Overloaded.", "code": "model_overloaded", "retry_after": 5}
    text = json.loads(content(sealed("two "))[6:])
    rows: Tuple[Tuple[str, str, bytes], ...] = (
        ("in-band-object", "The object that the service sends.", event({"error": overloaded})),
        ("in-band-text", "A bare text.", event({"error": "Overloaded."})),
        ("in-band-empty-object", "An error that says nothing is one.", event({"error": {}})),
        ("in-band-empty-text", "A test for truth takes the empty text for no error.",
         event({"error": ""})),
        ("in-band-false", "The same for false: only null and absence say that there is none.",
         event({"error": False})),
        ("in-band-beside-text", "A text beside the error is not released.",
         event({**text, "error": overloaded})),
        ("event-error", "The type alone makes the error.", event(overloaded, "error")),
        ("event-error-text", "Its data need not be JSON.", event("it broke", "error")),
        ("event-error-chunk", "Nor is a chunk under this type a chunk.", event(text, "error")),
        ("event-error-done", "An end mark under this type is an error, and ends nothing.",
         event("[DONE]", "error")),
    )  # fmt: skip
    return tuple(_Bad(slug, why, "STR-4", raw) for slug, why, raw in rows)


def _json_faults(sealed: Sealer) -> Tuple[_Bad, ...]:
    good = content(sealed("two "))
    twice = good.replace(b'"delta":{', b'"delta":{"content":"in the clear",')
    deep: Any = []
    for _ in range(31):
        deep = [deep]
    rows: Tuple[Tuple[str, str, bytes], ...] = (
        ("json-cut", "Half a JSON text; a client that skips it drops a word.",
         good[: len(good) // 2] + b"\n\n"),
        ("json-member-twice", "One parser takes the plaintext, another the envelope.", twice),
        ("json-two-texts", "Two JSON texts in one event.", good[:-2] + b" {}\n\n"),
        ("json-single-quotes", "A Python literal is not JSON.", b"data: {'choices': []}\n\n"),
        ("json-trailing-comma", "A comma behind the last member is not JSON.",
         b'data: {"choices":[],}\n\n'),
        ("json-nan", "NaN is not JSON, whatever a parser takes.", b'data: {"x":NaN}\n\n'),
        ("json-huge-number", "A number beyond a double becomes infinite, and is none.",
         b'data: {"x":1e999}\n\n'),
        ("json-long-integer", "An integer of 41 digits.", event({"x": int("9" * 41)})),
        ("json-too-deep", "33 nested arrays and objects.", event({"x": deep})),
        ("json-lone-surrogate", "Half a pair is no text, and no UTF-8 can carry it.",
         b'data: {"x":"\\ud800"}\n\n'),
        ("json-control-character", "A line feed in a text has to be escaped.",
         b'data: {"x":"a\ndata: b"}\n\n'),
        ("json-bom", "A mark inside the data is no JSON.", b"data: \xef\xbb\xbf{}\n\n"),
        ("json-empty", "Data that is empty is an event, and no JSON.", b"data:\n\n"),
        ("done-lower-case", "The end mark is one spelling.", b"data: [done]\n\n"),
        ("done-with-space", "With a space it is no end mark, and no JSON object.",
         b"data: [DONE] \n\n"),
        ("json-array", "An array is no chunk.", b"data: [{}]\n\n"),
        ("json-text", "A text is no chunk, also not one that says the end.",
         b'data: "[DONE]"\n\n'),
        ("json-null", "Null is no chunk.", b"data: null\n\n"),
    )  # fmt: skip
    return tuple(_Bad(slug, why, "STR-3", raw) for slug, why, raw in rows)


def _shapes() -> Tuple[_Bad, ...]:
    def choice(**members: Any) -> Dict[str, Any]:
        return {"choices": [{"index": 0, **members}]}

    rows: Tuple[Tuple[str, str, Dict[str, Any]], ...] = (
        ("id-number", "an id that is a number", {"id": 5}),
        ("id-too-long", "an id of 513 characters", {"id": "x" * 513}),
        ("model-array", "a model that is an array", {"model": ["m"]}),
        ("usage-text", "a usage that is a text", {"usage": "7"}),
        ("usage-too-long", "a usage of 16385 characters",
         {"usage": {"note": "y" * (16385 - len('{"note": ""}'))}}),
        ("choices-object", "choices that are an object", {"choices": {}}),
        ("choice-text", "a choice that is a text", {"choices": ["x"]}),
        ("choice-null", "a choice that is null", {"choices": [None]}),
        ("index-text", "an index that is a text", {"choices": [{"index": "0"}]}),
        ("index-false", "an index that is false, which some languages take for 0",
         {"choices": [{"index": False}]}),
        ("delta-text", "a delta that is a text", choice(delta="x")),
        ("delta-array", "a delta that is an array", choice(delta=[])),
        ("finish-reason-number", "a finish reason that is a number", choice(finish_reason=5)),
        ("role-number", "a role that is a number", choice(delta={"role": 5})),
        ("content-number", "content that is a number", choice(delta={"content": 5})),
        ("content-zero", "content that is 0, which a test for truth takes for empty",
         choice(delta={"content": 0})),
        ("content-false", "content that is false", choice(delta={"content": False})),
        ("content-parts", "content in parts, which would be plaintext",
         choice(delta={"content": [{"type": "text", "text": "two "}]})),
        ("content-empty-array", "content that is an empty array", choice(delta={"content": []})),
        ("reasoning-object", "reasoning that is an object", choice(delta={"reasoning": {}})),
    )  # fmt: skip
    return tuple(
        _Bad(f"shape-{slug}", f"It is {what}: not of the documented shape.", "STR-3", event(data))
        for slug, what, data in rows
    )


def _other_answers(sealed: Sealer) -> Tuple[_Bad, ...]:
    text = json.loads(content(sealed("two "))[6:])
    first = text["choices"][0]
    rows: Tuple[Tuple[str, str, str, Dict[str, Any]], ...] = (
        ("choice-1", "Text of a second choice is mixed into the first.", "STR-8",
         {**text, "choices": [{**first, "index": 1}]}),
        ("choice-minus-1", "A negative index counts from the end in some languages.", "STR-8",
         {**text, "choices": [{**first, "index": -1}]}),
        ("choices-two", "Two choices in one chunk.", "STR-8",
         {**text, "choices": [first, {**first, "index": 1}]}),
        ("choices-two-alike", "Two entries for the same choice.", "STR-8",
         {**text, "choices": [first, first]}),
        ("id-change", "A chunk of another answer.", "STR-10", {**text, "id": "chatcmpl-2"}),
        ("id-empty", "An empty id is another one; only null and absence say nothing.", "STR-10",
         {**text, "id": ""}),
        ("model-change", "A chunk of another model.", "STR-10", {**text, "model": "E2EE-mock"}),
    )  # fmt: skip
    return tuple(_Bad(slug, why, breaks, event(data)) for slug, why, breaks, data in rows)
