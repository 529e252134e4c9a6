"""Text of others does no harm."""

from __future__ import annotations

import io
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.report.text import (
    clip,
    encodable,
    one_line,
    printable,
    shell_lines,
    tail,
    uncommanded,
    wrap,
)


@given(st.text(st.characters()))
def test_what_is_printable_can_be_written_anywhere(text: str) -> None:
    shown = printable(text)
    shown.encode("utf-8")
    assert printable(shown) == shown
    assert not any(ord(character) < 32 and character not in "\t\n" for character in shown)
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("\ud800", "\\ud800"),
        ("a\r\nb\rc\td", "a\nb\\x0dc\td"),
        ("é🜁", "é🜁"),
    ],
)
def test_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_clipping() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abc..."
    assert clip("abcdefg", 0) == "abcdefg"


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", "\\xe9 \\u2713"), ("latin-1", "é \\u2713"), ("utf-8", "é ✓")]
)
def test_what_a_stream_cannot_encode_is_escaped(encoding: str, shown: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    assert encodable("é ✓", stream) == shown


def test_the_tail_of_a_text() -> None:
    assert tail("a\nb\nc\n", 2) == ["b", "c"]
    assert tail("x" * 10_000, 2) == ["x" * 4096]


@given(st.text(), st.integers(30, 120))
def test_wrapped_lines_fit(text: str, width: int) -> None:
    assert all(len(line) <= width for line in wrap(text, width, indent=4))


@given(st.lists(st.text("abc '\"\\$", min_size=1), min_size=1))
def test_a_broken_command_is_the_same_command(words: list[str]) -> None:
    command = " ".join(map(shlex.quote, words))
    lines = shell_lines(command, 40, indent=2)
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert shlex.split("\n".join(lines).replace(" \\\n", " ")) == words


def test_a_command_that_is_not_one_is_kept_as_it_is() -> None:
    assert shell_lines("it's broken", 40, indent=2) == ["  it's broken"]


def test_a_line_that_is_no_command() -> None:
    assert uncommanded("::error::x") == "\\::error::x"
    assert uncommanded("   ::error::x") == "  \\::error::x"
    assert uncommanded("a ::error::x") == "a ::error::x"
    assert wrap("aaaa ::error::x", 24, indent=4, first="    aaaaaaaaaaaaaaa ")[-1].startswith(
        "   \\::error"
    )
