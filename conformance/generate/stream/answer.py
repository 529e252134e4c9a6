"""Encrypted answers that have to be accepted; those of another form are in `stream_refused`."""

from __future__ import annotations

from typing import Any, Dict, Final, Mapping, NamedTuple, Tuple

from conformance.generate.builder import FileBuilder
from conformance.generate.stream.answer_refused import add_refused
from conformance.generate.stream.kit import (
    CLIENT,
    DONE,
    Sealer,
    chunk,
    content,
    event,
    expected,
    given,
)
from venice_ref.spec import MAX_SSE_EVENT

__all__ = ["generate"]

_NOTHING: Final[Mapping[str, Any]] = {}
_USAGE: Final = {"prompt_tokens": 4, "completion_tokens": 3, "total_tokens": 7}


class _Answer(NamedTuple):
    slug: str
    why: str
    req: Tuple[str, ...]
    raw: bytes
    released: Tuple[Tuple[str, str], ...] = ()
    """(kind, text); a kind that ends with `!` is plaintext."""
    known: Mapping[str, Any] = _NOTHING
    """id, model, finish_reason and usage, where they are not those of a plain chunk."""
    more: Mapping[str, Any] = _NOTHING


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.group({"private_key": CLIENT})
    sealed = Sealer(builder.random("envelopes"))
    shared = Sealer(builder.random("one ephemeral key"), shared=True)
    for row in (
        *_ordinary(sealed),
        *_missing(sealed),
        *_reasoning(sealed),
        *_envelopes(sealed, shared),
        *_after_the_end(sealed),
        *_limits(sealed),
        *_unsafe(sealed),
    ):
        chunks = b"chatcmpl-1" in row.raw
        out = expected(row.released, row.known, chunks=chunks)
        builder.accept(row.slug, row.why, req=row.req, given=given(row.raw, **row.more), out=out)
    _cuts(builder, sealed)
    add_refused(builder, sealed)


def _content(*texts: str) -> Tuple[Tuple[str, str], ...]:
    return tuple(("content", text) for text in texts)


def _ordinary(sealed: Sealer) -> Tuple[_Answer, ...]:
    role = chunk({"role": "assistant", "content": ""})
    stop = chunk({}, finish_reason="stop")
    usage = {"id": "chatcmpl-1", "model": "e2ee-mock", "choices": [], "usage": _USAGE}
    words = content(sealed("He")) + content(sealed("llo"))
    return (
        _Answer("one-word", "The shortest answer with a text.",
                ("STR-3", "STR-5", "STR-1"), content(sealed("Hi")) + DONE,
                _content("Hi")),
        _Answer("whole-answer",
                "The shape that the service sends: role, text, finish reason, usage, end mark.",
                ("STR-7", "STR-1", "STR-3"), role + words + stop + event(usage) + DONE,
                _content("Hello"), {"finish_reason": "stop", "usage": _USAGE}),
        _Answer("done-only", "An answer of no chunks is complete, and empty.", ("STR-1",), DONE),
        _Answer("unknown-members", "Members that nobody knows are ignored, and never shown.",
                ("STR-3",), event({"id": "chatcmpl-1", "model": "e2ee-mock", "created": 1,
                                   "venice_parameters": {"enable_e2ee": True}, "cost": 0.1,
                                   "choices": [{"index": 0, "delta": {"thought": "never shown"}}]})
                + words + DONE, _content("Hello")),
        _Answer("pretty-json", "White space in the JSON text, and its members in another order.",
                ("STR-3", "SSE-5"),
                b'data: {\ndata:  "choices" : [ { "delta" : { "content" : "'
                + sealed("ok").encode() + b'" } , "index" : 0 } ] ,\ndata: "model":"e2ee-mock",\n'
                b'data: "id":"chatcmpl-1"}\n\n' + DONE, _content("ok")),
        _Answer("escaped-json", "Digits of an envelope as \\u escapes are the same text.",
                ("STR-3",), b'data: {"id":"chatcmpl-1","model":"e2ee-mock","choices":[{"delta":{"'
                b'cont\\u0065nt":"\\u0030' + sealed("ok")[1:].encode() + b'"}}]}\n\n' + DONE,
                _content("ok")),
        _Answer("other-event-types", "A type that is not `error` changes nothing.",
                ("STR-4", "SSE-11"), content(sealed("ok")).replace(b"data", b"event: ping\ndata", 1)
                + event("[DONE]", "end"), _content("ok")),
        _Answer("crlf-and-comments", "Line ends of a proxy, and keep-alive comments between.",
                ("SSE-2", "SSE-3"),
                (b": hi\n\n" + words + b":\n\nid: 1\n\n" + DONE).replace(b"\n", b"\r\n"),
                _content("Hello")),
        _Answer("id-comes-late", "An id that comes late, or is null between, is no change.",
                ("STR-10",), event({"choices": []}) + words
                + event({"id": None, "model": None, "choices": []}) + content(sealed("!")) + DONE,
                _content("Hello!")),
        _Answer("latest-facts", "The latest finish reason and usage count; null takes none back.",
                ("STR-7",), chunk({}, finish_reason="length") + stop
                + event({**usage, "usage": {"total_tokens": 1}}) + event(usage)
                + event({**usage, "usage": None}) + chunk({}, finish_reason=None) + DONE, (),
                {"finish_reason": "stop", "usage": _USAGE}),
        _Answer("error-null", "A member error that is null reports none.", ("STR-4",),
                event({"id": "chatcmpl-1", "model": "e2ee-mock", "error": None, "choices": []})
                + words + DONE, _content("Hello")),
    )  # fmt: skip


def _missing(sealed: Sealer) -> Tuple[_Answer, ...]:
    rows: Tuple[Tuple[str, str, Dict[str, Any]], ...] = (
        ("choices-missing", "no member choices", {}),
        ("choices-null", "choices null", {"choices": None}),
        ("choices-empty", "choices empty, as in the chunk of the usage", {"choices": []}),
        ("choice-empty", "a choice without members", {"choices": [{}]}),
        ("delta-null", "a delta that is null, and an index as well",
         {"choices": [{"index": None, "delta": None}]}),
        ("delta-empty", "a delta without members", {"choices": [{"index": 0, "delta": {}}]}),
        ("texts-null", "texts that are null", {"choices": [{"index": 0, "delta": {
            "role": None, "content": None, "reasoning": None, "reasoning_content": None}}]}),
        ("texts-empty", "texts that are empty, which servers do not encrypt",
         {"choices": [{"index": 0, "delta": {
             "content": "", "reasoning": "", "reasoning_content": ""}}]}),
    )  # fmt: skip
    word = content(sealed("ok"))
    found = [
        _Answer(slug, f"A chunk may have {what}; a client that reads on crashes or refuses.",
                ("STR-7",), event(members) + word + DONE, _content("ok"))
        for slug, what, members in rows
    ]  # fmt: skip
    empties: Dict[str, Any] = {
               "tool_calls": [], "function_call": None, "refusal": "", "audio": {}, "text": "",
               "message": None, "logprobs": None}  # fmt: skip
    found.append(
        _Answer("empty-plaintext-members",
                "Null and empty members of the seven say nothing; many servers send them.",
                ("STR-9",), chunk(empties, **empties) + word + DONE, _content("ok"))
    )  # fmt: skip
    return tuple(found)


def _reasoning(sealed: Sealer) -> Tuple[_Answer, ...]:
    def thoughts(**texts: str) -> bytes:
        return chunk({name: sealed(text) for name, text in texts.items()}) + DONE

    hm: Tuple[Tuple[str, str], ...] = (("reasoning", "hm"),)
    return (
        _Answer("reasoning-content", "Encrypted reasoning is opened, and is not content.",
                ("STR-6", "STR-16"), thoughts(reasoning_content="hm"), hm),
        _Answer("reasoning", "The other name of the same.", ("STR-6", "STR-16"),
                thoughts(reasoning="hm"), hm),
        _Answer("reasoning-then-content", "Two kinds in two chunks stay apart.", ("STR-16",),
                chunk({"reasoning_content": sealed("hm")}) + content(sealed("ok")) + DONE,
                (*hm, ("content", "ok"))),
        _Answer("reasoning-before-content",
                "Within one event the reasoning is released first, wherever it stands.",
                ("STR-19", "STR-16"), thoughts(content="ok", reasoning="hm"),
                (*hm, ("content", "ok"))),
        _Answer("reasoning-twice", "The same reasoning under both names is shown once.",
                ("STR-19",), thoughts(reasoning="hm", reasoning_content="hm"), hm),
        _Answer("reasonings-differ", "Two that differ are both shown, reasoning_content first.",
                ("STR-19",), thoughts(reasoning="b", reasoning_content="a"),
                (("reasoning", "ab"),)),
        _Answer("reasoning-twice-in-two-events", "In two events, equal texts are two texts.",
                ("STR-19",), chunk({"reasoning": sealed("ha")})
                + chunk({"reasoning_content": sealed("ha")}) + DONE, (("reasoning", "haha"),)),
        _Answer("content-like-reasoning", "Equal texts of the two kinds are both shown.",
                ("STR-19", "STR-16"), thoughts(reasoning="hm", content="hm"),
                (*hm, ("content", "hm"))),
    )  # fmt: skip


def _envelopes(sealed: Sealer, shared: Sealer) -> Tuple[_Answer, ...]:
    one = sealed("one ")
    texts = "\u00e9 \u4f60\u597d \U0001f600 \x00 \u202e \ufeff"
    return (
        _Answer("shared-ephemeral-key", "Some servers use one ephemeral key for a whole answer.",
                ("STR-5",), content(shared("a")) + content(shared("b")) + DONE, _content("ab")),
        _Answer("same-envelope-twice", "A repeated envelope opens twice; nothing forbids it.",
                ("STR-5",), content(one) + content(one) + DONE, _content("one one ")),
        _Answer("upper-case-digits", "Digits of either case are the same envelope.", ("STR-5",),
                content(one.upper()) + DONE, _content("one ")),
        _Answer("empty-envelope", "An envelope of an empty text says nothing, and is no error.",
                ("STR-5",), content(sealed("")) + content(sealed("ok")) + DONE, _content("ok")),
        _Answer("sealed-white-space", "White space is a text: a client that trims loses it.",
                ("STR-5",), content(sealed(" ")) + content(sealed("\n\t")) + DONE,
                _content(" \n\t")),
        _Answer("sealed-digits", "A text that looks like an envelope is a text, opened once.",
                ("STR-5",), content(sealed(one)) + DONE, _content(one)),
        _Answer("sealed-end-mark", "An end mark inside an envelope ends nothing.",
                ("STR-1", "STR-5"), content(sealed("data: [DONE]\n\n")) + content(sealed("ok"))
                + DONE, _content("data: [DONE]\n\nok")),
        _Answer("every-script", "Characters of every length, NUL and marks of direction.",
                ("STR-5",), content(sealed(texts)) + DONE, _content(texts)),
        _Answer("long-text", "An envelope of some kilobytes.", ("STR-5",),
                content(sealed("0123456789abcdef" * 256)) + DONE,
                _content("0123456789abcdef" * 256)),
    )  # fmt: skip


def _after_the_end(sealed: Sealer) -> Tuple[_Answer, ...]:
    whole = content(sealed("ok")) + DONE
    rows = (
        ("text", "a chunk with text", content(sealed(" no"))),
        ("plaintext", "a chunk in plaintext", chunk({"content": "no"})),
        ("error", "an error", event({"error": "no"})),
        ("garbage", "bytes that are no UTF-8 and no JSON", b"\xff\x00{]\n\ndata: {\n\n"),
        ("second-end", "a second end mark", DONE),
        ("unfinished", "an event without an end", b"data: {"),
    )
    return tuple(
        _Answer(f"after-done-{slug}", f"After the end mark comes {what}; the answer is complete.",
                ("STR-2",), whole + tail, _content("ok"))
        for slug, what, tail in rows
    )  # fmt: skip


def _limits(sealed: Sealer) -> Tuple[_Answer, ...]:
    ok = content(sealed("ok"))
    name = "x" * 512
    base = {"id": "chatcmpl-1", "model": "e2ee-mock"}
    usage = {"note": "y" * (16384 - len('{"note": ""}'))}
    deep: Any = []
    for _ in range(30):
        deep = [deep]
    return (
        _Answer("longest-names", "Names of 512 characters, counted in characters and not in bytes.",
                ("STR-3",), event({**base, "model": "\u00e9" * 512, "choices": [
                    {"index": 0, "delta": {"role": name}, "finish_reason": name}]})
                + b"data: [DONE]\n\n", (), {"model": "\u00e9" * 512, "finish_reason": name}),
        _Answer("longest-usage", "A usage object of exactly 16384 characters.", ("STR-3",),
                event({**base, "usage": usage}) + DONE, (), {"usage": usage}),
        _Answer("deepest-json", "32 nested arrays and objects, the limit.", ("STR-3",),
                event({**base, "x": deep}) + ok + DONE, _content("ok")),
        _Answer("longest-integer", "An integer of 40 digits is exact; nobody reads it.",
                ("STR-3",), event({**base, "x": int("9" * 40)}) + ok + DONE, _content("ok")),
        _Answer("longest-event", "An event of exactly the limit, by white space in its JSON.",
                ("SSE-8",), b'data: {"id":\ndata: "chatcmpl-1", "model": "e2ee-mock"}\n\n' + DONE,
                (), {}, {"insert": [{"at": 12, "hex": "20", "times": MAX_SSE_EVENT - 42}]}),
    )  # fmt: skip


def _unsafe(sealed: Sealer) -> Tuple[_Answer, ...]:
    unsafe = {"allow_plaintext": True}
    return (
        _Answer("unsafe-plaintext", "Under the option plaintext passes, and is marked.",
                ("STR-14", "STR-17"), content(sealed("one ")) + content("two ")
                + content(sealed("three")) + DONE,
                (("content", "one "), ("content!", "two "), ("content", "three")), {}, unsafe),
        _Answer("unsafe-white-space", "White space in plaintext is marked as well.",
                ("STR-17",), content(sealed("one")) + content(" ") + DONE,
                (("content", "one"), ("content!", " ")), {}, unsafe),
        _Answer("unsafe-reasoning", "Plaintext keeps its kind.", ("STR-17", "STR-16"),
                chunk({"reasoning": "hm", "content": sealed("ok")}) + DONE,
                (("reasoning!", "hm"), ("content", "ok")), {}, unsafe),
        _Answer("unsafe-almost-an-envelope",
                "129 digits are plaintext; 130, the size of a public key, are a damaged envelope.",
                ("STR-20",), content("04" * 64 + "0") + DONE,
                (("content!", "04" * 64 + "0"),), {}, unsafe),
        _Answer("unsafe-off", "The option with the value false allows nothing more.", ("STR-14",),
                content(sealed("ok")) + DONE, _content("ok"), {}, {"allow_plaintext": False}),
    )  # fmt: skip


def _cuts(builder: FileBuilder, sealed: Sealer) -> None:
    raw = chunk({"reasoning": sealed("h\u00e9")}) + content(sealed("\U0001f600 ok")) + DONE
    envelope = raw.index(b'"content":"') + len(b'"content":"')
    rows: Tuple[Tuple[str, str, Dict[str, Any]], ...] = (
        ("bytes", "Every boundary there is: one byte at a time.", {"piece_size": 1}),
        ("sevens", "Seven bytes at a time, so that every number of digits is cut somewhere.",
         {"piece_size": 7}),
        ("in-digits", "A cut inside the two digits of one byte of an envelope.",
         {"cuts": [envelope + 131]}),
        ("in-member", "A cut inside the name of a member.", {"cuts": [envelope - 6]}),
        ("in-end-mark", "A cut inside the end mark.", {"cuts": [len(raw) - 5]}),
        ("before-last-line", "The empty line behind the end mark comes alone.",
         {"cuts": [len(raw) - 1]}),
        ("events", "Each event in a piece of its own, as most servers send them.",
         {"cuts": [raw.index(b"data", 5), raw.index(DONE)]}),
    )  # fmt: skip
    out = expected((("reasoning", "h\u00e9"), ("content", "\U0001f600 ok")), {})
    for slug, why, cut in rows:
        builder.accept(f"cut-{slug}", why, req=("SSE-1",), given=given(raw, **cut), out=out)
