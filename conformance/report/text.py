"""Text of others, made harmless for a terminal, a document or a log.

An implementation decides what stands in many texts of a report: it must not drive the terminal,
break out of a document or make a writer fail.
"""

from __future__ import annotations

import re
import textwrap
from typing import Final, List, TextIO

__all__ = ["clip", "encodable", "one_line", "printable", "shell_lines", "tail"]
__all__ += ["uncommanded", "wrap"]

_UNSAFE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff\ufffe\uffff]"
)
"""Control characters but tab and line feed, what turns the direction of text around, surrogates
and what XML 1.0 does not know."""

_WORD: Final = re.compile(r"""(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+""")
"""A word of a command line, with its quotes."""


_COUNT: Final = re.compile(r"\b[0-9]+(?: [a-z]+){1,4}(?=[,:;]|$)")
"""A number and what it counts, which stay on one line."""

_COMMAND: Final = re.compile(r"^\s*::")
"""What a pipeline takes for a command to it, at the beginning of a line of its log."""


def printable(text: str) -> str:
    r"""Return a text in which what cannot be shown is written as an escape, such as `\x1b`."""
    return _UNSAFE.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def one_line(text: str, length: int = 0) -> str:
    """Return a text on one line, and cut where it is longer than `length`, if that is given."""
    return clip(" ".join(printable(text).split()), length)


def clip(text: str, length: int) -> str:
    """Return a text that is cut with three dots where it is longer than `length`, if not 0."""
    return text if not length or len(text) <= length else text[: max(length - 3, 0)] + "..."


def tail(text: str, lines: int, length: int = 4096) -> List[str]:
    """Return the last lines of a text, of which the last characters are looked at only."""
    return printable(text[-length:]).rstrip("\n").split("\n")[-lines:]


def encodable(text: str, stream: TextIO) -> str:
    """Return a text in which what a stream cannot encode is written as an escape."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def wrap(text: str, width: int, *, indent: int = 0, first: str = "") -> List[str]:
    """Return the lines of a text, each at most `width` long; `first` replaces the first indent.

    What has no space in it is cut rather than left too long.
    """
    blank = " " * indent
    lines = textwrap.wrap(
        _COUNT.sub(lambda match: match.group().replace(" ", "\x00"), one_line(text)),
        max(width, indent + 20),
        initial_indent=first or blank,
        subsequent_indent=blank,
        break_on_hyphens=False,
    )
    found = [uncommanded(line.replace("\x00", " ")) for line in lines]
    return found or [(first or blank).rstrip()]


def uncommanded(line: str) -> str:
    r"""Return a line that no pipeline takes for a command: `\::error::` for `::error::`.

    The backslash stands in the place of a space before it, if there is one.
    """
    if not _COMMAND.match(line):
        return line
    start = line.index("::")
    return f"{line[: max(start - 1, 0)]}\\{line[start:]}"


def shell_lines(command: str, width: int, *, indent: int = 0) -> List[str]:
    """Return a command in lines that can be pasted together, broken between its words."""
    text = printable(command).strip()
    words: List[str] = _WORD.findall(text)
    if _WORD.sub("", text).strip(" \n\t"):  # a quote is open, so that there are no words
        words = [one_line(command)]
    lines: List[str] = []
    current = " " * indent
    for word in words:
        longer = f"{current} {word}" if current.strip() else current + word
        if current.strip() and len(longer) > width - 2:
            lines.append(f"{current} \\")
            longer = " " * (indent + 2) + word
        current = longer
    return [*lines, current]
