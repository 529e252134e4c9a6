from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest

from tests.unit.cli.command import NotATerminal, Terminal
from venice_ref import errors
from venice_ref.cli.output import (
    WIDTH,
    Console,
    columns,
    error_to_json,
    exit_code,
    fields,
    printable,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext", "plain\n\ttext"),
        ("\x1b[2J\x07\r\x7f", "\\x1b[2J\\x07\\r\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202edef\u2066", "abc\\u202edef\\u2066"),
        ("\u2028", "\\u2028"),
        ("\u00e9 \u4e16 \U0001f468\u200d\U0001f469", "\u00e9 \u4e16 \U0001f468\u200d\U0001f469"),
    ],
)
def test_control_characters_are_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_columns_align_and_wrap_within_the_page() -> None:
    lines = columns([("a", "bb", "word " * 40), ("aaa", "b", "short")], indent=2)
    assert lines[0].startswith("  a    bb  word")
    assert lines[-1] == "  aaa  b   short"
    assert all(line.startswith(" " * 11 + "word") for line in lines[1:-1])
    assert max(map(len, lines)) <= WIDTH


def test_digits_are_cut_in_whole_bytes() -> None:
    first, second, *_ = fields({"key": "ab" * 65})
    assert len(first.split()[1]) % 16 == 0
    assert second.strip() == "ab" * (len(second.strip()) // 2)
    assert "".join(line.replace("key", "").strip() for line in fields({"key": "ab" * 65})) == (
        "ab" * 65
    )


def test_a_cell_cannot_break_the_table() -> None:
    assert columns([("a\nb\tc\x1b", "d")]) == ["a\\nb c\\x1b  d"]


@pytest.mark.parametrize("blank", ["", " " * 60, " " * 5000])
def test_a_cell_of_nothing_but_spaces_is_an_empty_line(blank: str) -> None:
    assert columns([("a" * 40, blank)])[0] == ("a" * 40)
    assert fields({"name": blank}) == ["  name"]


def test_one_long_cell_does_not_lengthen_the_other_rows() -> None:
    long = "x" * 100_000
    lines = columns([(long, "b", "c"), *[("a", "b", "c")] * 1000])
    assert lines[0].startswith(long)  # whole, as somebody may want to copy it
    assert max(map(len, lines[1:])) < 2 * WIDTH
    lines = columns([(long, "c" * 100_000)])
    assert max(map(len, lines[1:])) < 2 * WIDTH


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (errors.UsageError("m"), 2, "usage"),
        (errors.MalformedError("m"), 1, "malformed"),
        (errors.DecryptError("m"), 1, "decrypt"),
        (errors.SignatureError("m"), 1, "signature"),
        (errors.EvidenceError("m"), 1, "evidence"),
        (errors.PolicyError("m"), 1, "policy"),
        (errors.ProtocolError("m"), 1, "protocol"),
        (errors.TransportError("m"), 3, "transport"),
        (errors.TruncatedError("m"), 3, "truncated"),
        (errors.ServerError("m", kind="server", status=500, code="c"), 3, "server"),
        (errors.VeniceError("m"), 1, "error"),
    ],
)
def test_each_error_has_a_code_and_a_name(error: errors.VeniceError, code: int, kind: str) -> None:
    assert exit_code(error) == code
    shown = error_to_json(error)
    assert shown["kind"] == kind
    assert json.loads(json.dumps(shown)) == shown
    assert ("server" in shown) is (kind == "server")


def said(console: Console, error: errors.VeniceError, stream: Any = None) -> str:
    stream = NotATerminal() if stream is None else stream
    with contextlib.redirect_stderr(stream):
        console.error(error)
    return str(stream.getvalue())


def test_an_error_says_what_and_which_requirement_and_how_to_go_on() -> None:
    error = errors.EvidenceError("found \x1b[1m", rule="BND-3", where="quote", hint="try x")
    assert said(Console(), error).splitlines() == [
        "venice-ref: found \\x1b[1m",
        "  refused: the evidence does not prove what it claims [BND-3] (at quote)",
        "  hint: try x",
    ]


def test_a_long_message_is_bounded() -> None:
    assert len(said(Console(), errors.UsageError("x" * 100_000))) < 2500


@pytest.mark.parametrize(
    ("variables", "option", "colored"),
    [
        ({}, True, True),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({}, False, False),
    ],
)
def test_color_is_for_terminals_that_want_it(
    variables: dict[str, str], option: bool, colored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    with contextlib.redirect_stderr(terminal):
        console = Console(color=option)
    text = said(console, errors.UsageError("m", hint="h"), terminal)
    assert ("\x1b[" in text) is colored


def test_a_pipe_gets_no_color() -> None:
    assert "\x1b" not in said(Console(), errors.UsageError("m", hint="h"))


@pytest.mark.parametrize(
    ("options", "terminal", "notes", "details"),
    [
        ({}, False, False, False),
        ({}, True, True, False),
        ({"verbose": True}, False, True, True),
        ({"quiet": True}, True, False, False),
    ],
)
def test_progress_is_for_those_who_watch(
    options: Any, terminal: bool, notes: bool, details: bool
) -> None:
    stream = Terminal() if terminal else NotATerminal()
    with contextlib.redirect_stderr(stream):
        console = Console(color=False, **options)
        console.note("a note")
        console.detail("a detail")
    assert ("a note" in stream.getvalue()) is notes
    assert ("a detail" in stream.getvalue()) is details


def test_raw_text_is_exact_in_a_pipe_and_escaped_on_a_terminal() -> None:
    for stream, expected in ((NotATerminal(), "a\x1b[2J\rb"), (Terminal(), "a\\x1b[2J\\rb")):
        with contextlib.redirect_stdout(stream):
            Console().raw("a\x1b[2J\rb")
        assert stream.getvalue() == expected


def test_an_output_that_is_not_utf_8_gets_escapes() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    with contextlib.redirect_stdout(stream):
        Console().raw("caf\u00e9 \U0001f600")
    assert raw.getvalue() == b"caf\\xe9 \\U0001f600"


def test_a_reader_that_left_is_noticed_once() -> None:
    class Broken(NotATerminal):
        writes = 0

        def write(self, text: str) -> int:
            del text
            self.writes += 1
            raise BrokenPipeError

    stream = Broken()
    with contextlib.redirect_stdout(stream):
        console = Console()
        console.line("x")
        console.line("y")
    assert (console.closed, stream.writes) == (True, 1)


def test_an_output_that_takes_nothing_is_remembered_and_written_once() -> None:
    class Full(NotATerminal):
        writes = 0

        def write(self, text: str) -> int:
            del text
            self.writes += 1
            raise OSError(28, "No space left on device")

    stream = Full()
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
        console = Console()
        console.line("x")
        console.line("y")
        writes = stream.writes
        console.error(errors.UsageError("nobody hears it"))
    assert (console.closed, writes) == (True, 1)
    assert exit_code(console.unwritten or errors.VeniceError("none")) == 2
    assert "cannot write standard output: No space left on device" in str(console.unwritten)


def test_json_is_one_object_in_ascii() -> None:
    stream = NotATerminal()
    with contextlib.redirect_stdout(stream):
        Console().object({"text": "caf\u00e9\u202e\x1b"})
    assert stream.getvalue().isascii()
    assert json.loads(stream.getvalue()) == {"text": "caf\u00e9\u202e\x1b"}
