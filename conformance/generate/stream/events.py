"""Event streams: line ends, fields, dispatch, cuts, malformed bytes and sizes."""

from __future__ import annotations

from typing import Any, Dict, Final, List, NamedTuple, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.stream.kit import given
from venice_ref.spec import MAX_SSE_EVENT, MAX_SSE_LINE

__all__ = ["generate"]

_BOM: Final = b"\xef\xbb\xbf"
_WHATWG: Final = "WHATWG HTML, 9.2.6"


class _Row(NamedTuple):
    slug: str
    why: str
    req: Tuple[str, ...]
    raw: bytes
    events: Tuple[Tuple[str, str], ...]


def _message(*datas: str) -> Tuple[Tuple[str, str], ...]:
    return tuple(("message", data) for data in datas)


_LINES: Final = (
    _Row(
        "two-events",
        "The ordinary case: one chunk and the end mark.",
        ("SSE-2", "SSE-7", "SSE-8"),
        b'data: {"choices":[]}\n\ndata: [DONE]\n\n',
        _message('{"choices":[]}', "[DONE]"),
    ),
    _Row(
        "crlf",
        "A parser that splits at LF keeps a CR at the end of every line.",
        ("SSE-2",),
        b"data: one\r\n\r\ndata: two\r\n\r\n",
        _message("one", "two"),
    ),
    _Row(
        "cr",
        "A parser that does not know CR alone finds one endless line.",
        ("SSE-2",),
        b"data: one\r\rdata: two\r\r",
        _message("one", "two"),
    ),
    _Row(
        "mixed-ends",
        "The three ends may change from line to line: LF CR is two of them, CR LF one.",
        ("SSE-2",),
        b"data: one\n\rdata: two\r\n\ndata: three\r\r\n",
        _message("one", "two", "three"),
    ),
    _Row(
        "other-separators",
        "VT, FF, FS, U+0085, U+2028 and U+2029 end a line for some library functions, not here.",
        ("SSE-2",),
        "data: a\x0b\x0c\x1c\x85\u2028\u2029b\n\n".encode(),
        _message("a\x0b\x0c\x1c\x85\u2028\u2029b"),
    ),
    _Row(
        "nul-in-data",
        "A NUL is a character like another; a parser of C strings ends there.",
        ("SSE-2",),
        b"data: a\x00b\n\n",
        _message("a\x00b"),
    ),
)

_FIELDS: Final = (
    _Row(
        "comments",
        "Gateways send comments to keep a connection alive, also between the lines of an event.",
        ("SSE-3", "SSE-10"),
        b": hello\n\ndata: one\n:\n: data: no\n\n:keep-alive\n\n",
        _message("one"),
    ),
    _Row(
        "unknown-fields",
        "id and retry have no effect and other names say nothing; data must have its exact name.",
        ("SSE-3",),
        b"id: 7\nretry: 100000000000\nData: no\ndata : no\n data: no\ndatas: no\nnothing\n"
        b"data: one\n\n",
        _message("one"),
    ),
    _Row(
        "unknown-fields-alone",
        "An empty line after fields without data dispatches nothing.",
        ("SSE-10", "SSE-3"),
        b"id: 7\n\nretry: 5\n\nevent: ping\n\n\n\ndata: one\n\n",
        _message("one"),
    ),
    _Row(
        "no-space",
        "Some servers send no space after the colon; a search for `data: ` misses the event.",
        ("SSE-9",),
        b"data:[DONE]\n\n",
        _message("[DONE]"),
    ),
    _Row(
        "two-spaces",
        "Only one space is removed: a parser that trims changes the data.",
        ("SSE-9",),
        b"data:  one \n\n",
        _message(" one "),
    ),
    _Row(
        "tab-after-colon",
        "A tab is not the space that is removed.",
        ("SSE-9",),
        b"data:\tone\n\n",
        _message("\tone"),
    ),
    _Row(
        "colons-in-data",
        "Only the first colon ends the name.",
        ("SSE-9",),
        b"data: a: b:c\n\n",
        _message("a: b:c"),
    ),
    _Row(
        "empty-data",
        "A data line without a value, or without a colon, is data that is empty; it dispatches.",
        ("SSE-10", "SSE-9"),
        b"data:\n\ndata\n\ndata: \n\n",
        _message("", "", ""),
    ),
    _Row(
        "data-lines",
        "The lines of one event are one text, joined with LF.",
        ("SSE-5",),
        b'data: {"choices":\ndata: []}\n\n',
        _message('{"choices":\n[]}'),
    ),
    _Row(
        "data-lines-empty",
        "Empty data lines count: two are one LF, and one at either end is kept.",
        ("SSE-5",),
        b"data\ndata\n\ndata:\ndata: x\ndata:\n\n",
        _message("\n", "\nx\n"),
    ),
    _Row(
        "data-lines-crlf",
        "They are joined with LF whatever ended them.",
        ("SSE-5", "SSE-2"),
        b"data: a\r\ndata: b\rdata: c\n\n",
        _message("a\nb\nc"),
    ),
)

_TYPES: Final = (
    _Row(
        "event-type",
        "The type of an event stands beside its data, before or behind it.",
        ("SSE-11",),
        b"event: error\ndata: one\n\ndata: two\nevent: ping\n\n",
        (("error", "one"), ("ping", "two")),
    ),
    _Row(
        "event-type-ends",
        "A type that is kept makes an error of everything that follows an error.",
        ("SSE-11",),
        b"event: error\ndata: one\n\ndata: two\n\n",
        (("error", "one"), ("message", "two")),
    ),
    _Row(
        "event-type-without-data",
        "The type of an event that is not dispatched ends with it as well.",
        ("SSE-11", "SSE-10"),
        b"event: error\n\ndata: one\n\n",
        _message("one"),
    ),
    _Row(
        "event-type-twice",
        "The latest type of an event counts, and an empty one is `message`.",
        ("SSE-11",),
        b"event: error\nevent: ping\ndata: one\n\nevent: error\nevent:\ndata: two\n\n",
        (("ping", "one"), ("message", "two")),
    ),
)

_ENDS: Final = (
    _Row("nothing", "A stream of no bytes has no events.", ("SSE-6",), b"", ()),
    _Row(
        "unfinished-event",
        "The end of the stream is no empty line: a cut `[DONE]` must not end an answer.",
        ("SSE-6",),
        b"data: one\n\ndata: [DONE]\n",
        _message("one"),
    ),
    _Row(
        "unfinished-line",
        "A line that the end cuts may be half of one.",
        ("SSE-6",),
        b"data: one\n\ndata: [DONE]",
        _message("one"),
    ),
    _Row(
        "unfinished-character",
        "A character that only the end cuts short is part of what is discarded, and no fault.",
        ("SSE-6", "SSE-7"),
        b"data: one\n\ndata: caf\xc3",
        _message("one"),
    ),
    _Row(
        "end-after-cr",
        "A CR at the very end is a whole line end: the event is finished.",
        ("SSE-6", "SSE-2"),
        b"data: one\r\r",
        _message("one"),
    ),
    _Row(
        "bom",
        "A byte order mark makes the first field an unknown one where it is not taken off.",
        ("SSE-4",),
        _BOM + b"data: one\n\n",
        _message("one"),
    ),
    _Row(
        "bom-twice",
        "Only one is taken off; the second is part of a name.",
        ("SSE-4",),
        _BOM + _BOM + b"data: one\n\ndata: two\n\n",
        _message("two"),
    ),
    _Row(
        "bom-later",
        "On another line than the first it is part of the name, in data part of the text.",
        ("SSE-4",),
        b"\n" + _BOM + b"data: one\n\ndata: " + _BOM + b"two\n\n",
        _message("\ufefftwo"),
    ),
    _Row(
        "bom-alone",
        "A first line of nothing but the mark is an empty line.",
        ("SSE-4", "SSE-10"),
        _BOM + b"\ndata: one\n\n",
        _message("one"),
    ),
    _Row(
        "many-languages",
        "Characters of two, three and four bytes, the highest code point among them.",
        ("SSE-7",),
        "data: \u00e9\u20ac\U0001f600\U0010ffff\u0000\ufffd\n\n".encode(),
        _message("\u00e9\u20ac\U0001f600\U0010ffff\u0000\ufffd"),
    ),
)

_CUT_STREAM: Final = (
    _BOM
    + ": \u20ac\r\nevent: ping\r\ndata: caf\u00e9\r\ndata:\U0001f600\r\n\r\n".encode()
    + b"data: [DONE]\n\nid: 4\n\n"
)
_CUT_EVENTS: Final = (("ping", "caf\u00e9\n\U0001f600"), ("message", "[DONE]"))


def _find(part: bytes, offset: int) -> int:
    return _CUT_STREAM.index(part) + offset


_CUTS: Final[Tuple[Tuple[str, str, Dict[str, Any]], ...]] = (
    ("whole", "The parent of the cuts: everything in one piece.", {}),
    ("bytes", "Every boundary there is: one byte at a time.", {"piece_size": 1}),
    ("pairs", "Two bytes at a time, so that pairs stay together and others part.",
     {"piece_size": 2}),
    ("threes", "Three bytes at a time.", {"piece_size": 3}),
    ("in-bom", "A mark that comes in two pieces is still one.", {"cuts": [1]}),
    ("in-character", "A decoder for each piece makes two U+FFFD of one letter.",
     {"cuts": [_find("\u00e9".encode(), 1)]}),
    ("in-long-character", "The same inside a character of four bytes, twice.",
     {"cuts": [_find("\U0001f600".encode(), 1), _find("\U0001f600".encode(), 3)]}),
    ("in-crlf", "An LF that begins a piece belongs to the CR that ended the last one.",
     {"cuts": [_find(b"\r\nevent", 1)]}),
    ("in-last-crlf", "An event is complete at the CR; the LF must not make an empty line.",
     {"cuts": [_find(b"\r\n\r\ndata: [D", 3)]}),
    ("between-crlfs", "A cut between the line end and the empty line.",
     {"cuts": [_find(b"\r\n\r\ndata: [D", 2)]}),
    ("in-name", "A name that comes in two pieces.", {"cuts": [_find(b"data: [DONE]", 2)]}),
    ("after-colon", "The space after the colon comes with the next piece.",
     {"cuts": [_find(b"data: [DONE]", 5)]}),
    ("in-end-mark", "A search of each piece for [DONE] misses this one.",
     {"cuts": [_find(b"[DONE]", 3)]}),
    ("empty-pieces", "An empty piece is no end of the stream.",
     {"cuts": [0, 0, _find(b"[DONE]", 0), _find(b"[DONE]", 0)]}),
)  # fmt: skip

_MALFORMED: Final[Tuple[Tuple[str, str, bytes], ...]] = (
    ("lone-byte", "A byte that no character has", b"\xff"),
    ("lone-continuation", "A continuation byte without a first one", b"\x80"),
    ("cut-character", "A character that the line cuts short", b"\xe2\x82"),
    ("overlong-slash", "A longer form of `/`, which hides it from filters", b"\xc0\xaf"),
    ("overlong-nul", "The modified UTF-8 of Java, which has a second NUL", b"\xc0\x80"),
    ("surrogate", "Half a surrogate pair, as CESU-8 has it", b"\xed\xa0\x80"),
    ("beyond-unicode", "A code point above U+10FFFF", b"\xf4\x90\x80\x80"),
    ("five-bytes", "A form of five bytes, which RFC 2279 had", b"\xf8\x88\x80\x80\x80"),
)

_PLACES: Final[Tuple[Tuple[str, str, bytes], ...]] = (
    ("in-comment", "Also where a comment says nothing to us", b": %s\n\n"),
    ("in-type", "In the type of an event", b"event: %s\ndata: x\n\n"),
    ("in-name", "In the name of an unknown field", b"x%s: y\n\n"),
)


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    builder.group(source=_WHATWG)
    for row in (*_LINES, *_FIELDS, *_TYPES, *_ENDS):
        out = {"events": _events(row.events)}
        builder.accept(row.slug, row.why, req=row.req, given=given(row.raw), out=out)
    for name, why, cut in _CUTS:
        out = {"events": _events(_CUT_EVENTS)}
        builder.accept(f"cut-{name}", why, req=("SSE-1",), given=given(_CUT_STREAM, **cut), out=out)
    _malformed(builder)
    _sizes(builder)


def _events(events: Tuple[Tuple[str, str], ...]) -> List[Dict[str, str]]:
    return [{"type": event_type, "data": data} for event_type, data in events]


def _malformed(builder: FileBuilder) -> None:
    flag = builder.flag(
        "Replacement",
        Flag(
            "MALFORMED",
            "The stream is not UTF-8; the standard's decoder puts U+FFFD in its place.",
            "Bytes that differ become equal text, and a message changes without a word.",
            "Decode with an error for malformed sequences, over the line and not over the piece.",
            ("RFC 3629, 3", _WHATWG, "Unicode 15, D92"),
        ),
    )
    before, after = b"data: one\n\n", b"data: three\n\n"
    parent = builder.accept(
        "well-formed",
        "The parent of what is malformed.",
        req=("SSE-7",),
        given=given(before + b"data: two\n\n" + after),
        out={"events": _events(_message("one", "two", "three"))},
    )
    rows = [(name, why, b"data: t%so\n\n" % bad) for name, why, bad in _MALFORMED]
    rows += [(name, why, form % b"\xff") for name, why, form in _PLACES]
    for name, why, middle in rows:
        builder.reject(
            f"malformed-{name}",
            f"{why}; a lenient decoder shows something else than what was sent.",
            parent=parent,
            breaks="SSE-7",
            given=given(before + middle + after),
            flags=(flag,),
            released=_events(_message("one")),
        )
    builder.reject(
        "malformed-in-unfinished-line",
        "The line that the end discards is checked as well: a fault is none of its end's doing.",
        parent=parent,
        breaks="SSE-7",
        given=given(before + b"data: two\n\n" + b"data: t\xffree"),
        flags=(flag,),
        released=_events(_message("one", "two")),
    )


def _sizes(builder: FileBuilder) -> None:
    flag = builder.flag(
        "Endless",
        Flag(
            "RESOURCE",
            "A line or an event is longer than any that the protocol has.",
            "A peer fills the memory of the client with one line.",
            "Count while the bytes come, and stop at the limit.",
            ("CWE-770",),
        ),
    )
    one = b"data: one\n\n"
    line = builder.accept(
        "longest-line",
        "A line of exactly the limit is accepted: a limit that is one too small refuses the"
        " largest envelope.",
        req=("SSE-8",),
        given=given(
            one + b":\n\n" + one,
            insert=[{"at": len(one) + 1, "hex": "20", "times": MAX_SSE_LINE - 1}],
        ),
        out={"events": _events(_message("one", "one"))},
    )
    builder.reject(
        "line-too-long",
        "One byte more than the limit, in a comment, which is held as long as any other line.",
        parent=line,
        breaks="SSE-8",
        given={"insert": [{"at": len(one) + 1, "hex": "20", "times": MAX_SSE_LINE}]},
        flags=(flag,),
        released=_events(_message("one")),
    )
    _unfinished_sizes(builder, flag, one)


def _unfinished_sizes(builder: FileBuilder, flag: str, one: bytes) -> None:
    unfinished = builder.accept(
        "longest-line-unfinished",
        "The same without an end, which is discarded: the parent of the next test.",
        req=("SSE-8", "SSE-6"),
        given=given(
            one + b":", insert=[{"at": len(one) + 1, "hex": "20", "times": MAX_SSE_LINE - 1}]
        ),
        out={"events": _events(_message("one"))},
    )
    builder.reject(
        "line-without-end",
        "The limit is met while the bytes come, and not when the line ends.",
        parent=unfinished,
        breaks="SSE-8",
        given={"insert": [{"at": len(one) + 1, "hex": "20", "times": MAX_SSE_LINE}]},
        flags=(flag,),
        released=_events(_message("one")),
    )
    event = builder.accept(
        "two-data-lines",
        "The parent of the next test: an event of two lines.",
        req=("SSE-5",),
        given=given(
            one + b"data:\ndata:bbbbb\n\n", insert=[{"at": len(one) + 5, "hex": "61", "times": 1}]
        ),
        out={"events": _events(_message("one", "a\nbbbbb"))},
    )
    builder.reject(
        "event-too-long",
        "Two lines that are each allowed are together one byte more than an event may hold.",
        parent=event,
        breaks="SSE-8",
        given={"insert": [{"at": len(one) + 5, "hex": "61", "times": MAX_SSE_EVENT - 5}]},
        flags=(flag,),
        released=_events(_message("one")),
    )
