"""What a command shows, and where.

Results go to standard output, without colour.  Progress, warnings and errors go to standard error,
in colour where that is a terminal that wants it.  Text of a peer never drives a terminal: control
characters are shown as escapes, except in the raw text of an answer that goes into a pipe or file.

A reader that leaves early (`venice-ref models | head -1`) is no error: the rest is not written, and
`closed` lets a long command stop.  An output that takes nothing more, such as a full disk, is one:
`main` reports it at the end, so that it never hides a refusal.  Diagnostics that nobody takes are
dropped: the exit code says what they would have said.
"""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from typing import Any, Dict, List, Mapping, Optional, Sequence, TextIO, Tuple

from venice_ref.errors import (
    DecryptError,
    EvidenceError,
    MalformedError,
    PolicyError,
    ProtocolError,
    ServerError,
    SignatureError,
    TransportError,
    TruncatedError,
    UsageError,
    VeniceError,
)

__all__ = [
    "WIDTH",
    "Console",
    "cannot_write",
    "columns",
    "error_to_json",
    "exit_code",
    "fields",
    "printable",
]

WIDTH = 80
"""Columns of everything that is laid out."""

EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_NO_VERDICT = 3

# C0 without tab and line feed, DEL, C1; and the characters that reorder a line.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}

_LABELS: Tuple[Tuple[type, str, str], ...] = (
    # class, its name in JSON, what it means; the narrow classes stand before their bases
    (UsageError, "usage", "usage: not carried out as it was asked for"),
    (MalformedError, "malformed", "refused: what the other side sent does not parse"),
    (DecryptError, "decrypt", "refused: it does not decrypt"),
    (SignatureError, "signature", "refused: the signature does not verify"),
    (EvidenceError, "evidence", "refused: the evidence does not prove what it claims"),
    (PolicyError, "policy", "refused: not what the policy accepts"),
    (ProtocolError, "protocol", "refused: against the protocol"),
    (TruncatedError, "truncated", "no verdict: the answer broke off"),
    (ServerError, "server", "no verdict: the server answered with an error"),
    (TransportError, "transport", "no verdict: the exchange failed"),
    (VeniceError, "error", "refused"),
)


def exit_code(error: VeniceError) -> int:
    """Return 1 for what is refused, 2 for a mistake of the caller, 3 where there is no verdict."""
    if isinstance(error, UsageError):
        return EXIT_USAGE
    return EXIT_NO_VERDICT if isinstance(error, TransportError) else EXIT_REFUSED


def cannot_write(error: OSError) -> UsageError:
    """Return what is said of a standard output that takes nothing more."""
    reason = error.strerror or type(error).__name__
    return UsageError(f"cannot write standard output: {reason}", where="standard output")


def printable(text: str) -> str:
    """Return text with control characters as escapes; line feeds and tabs stay."""
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def error_to_json(error: VeniceError) -> Dict[str, Any]:
    """Return an error as the member `error` of the JSON output."""
    shown: Dict[str, Any] = {
        "kind": _label(error)[0],
        "message": error.message,
        "requirement": error.rule,
        "where": error.where,
        "hint": error.hint,
    }
    if isinstance(error, ServerError):
        shown["server"] = {
            "kind": error.kind,
            "status": error.status,
            "code": error.code,
            "retry_after": error.retry_after,
        }
    return shown


def _label(error: VeniceError) -> Tuple[str, str]:
    for kind, name, meaning in _LABELS:
        if isinstance(error, kind):
            return name, meaning
    return "error", "refused"


# --- Layout -------------------------------------------------------------------------------------


def columns(rows: Sequence[Sequence[str]], *, indent: int = 0, gap: int = 2) -> List[str]:
    """Return rows as lines of aligned columns; the last column wraps within 80 characters."""
    shown = [[printable(cell).replace("\n", "\\n").replace("\t", " ") for cell in r] for r in rows]
    # One long cell of a peer must not make every other row as long.
    widths = [min(max(map(len, column)), WIDTH) for column in zip(*shown)][:-1]
    lines: List[str] = []
    for row in shown:
        head = "".join(cell.ljust(width + gap) for cell, width in zip(row, widths))
        lines += _wrapped(" " * indent + head, row[-1])
    return lines


def fields(values: Mapping[str, str], *, indent: int = 2) -> List[str]:
    """Return names and values as aligned lines; long values wrap under their column."""
    return columns(list(values.items()), indent=indent)


def _wrapped(head: str, text: str) -> List[str]:
    room = max(WIDTH - len(head), 24)
    if len(text) <= room:
        return [(head + text).rstrip()]
    if " " not in text:  # a run of digits: cut in equal lines, of whole bytes
        room -= room % 16 if room >= 16 else 0
    first, *others = textwrap.wrap(text, room, break_on_hyphens=False) or [""]  # nothing but spaces
    under = " " * min(len(head), WIDTH)
    return [(head + first).rstrip(), *(under + piece for piece in others)]


# --- The two streams ----------------------------------------------------------------------------


class Console:
    """The streams of one command; `sys.stdout` and `sys.stderr` at the time of each write."""

    __slots__ = ("_color", "closed", "json", "quiet", "unwritten", "verbose")

    def __init__(
        self,
        *,
        json_output: bool = False,
        verbose: bool = False,
        quiet: bool = False,
        color: bool = True,
    ) -> None:
        self.json = json_output
        self.verbose = verbose
        self.quiet = quiet
        self.closed = False
        """True once the reader of standard output is gone, or takes nothing more."""
        self.unwritten: Optional[UsageError] = None
        """Why a result could not be written; a reader that left is no reason."""
        self._color = color and _wants_color(sys.stderr)

    # --- Results, on standard output ---

    def line(self, text: str = "") -> None:
        """Write one line of a result; the text is ours, or went through `printable`."""
        self._write(text + "\n")

    def lines(self, lines: Sequence[str]) -> None:
        """Write lines of a result."""
        self._write("".join(f"{line}\n" for line in lines))

    def object(self, value: Mapping[str, Any]) -> None:
        """Write the one JSON object of a command, in ASCII."""
        self._write(json.dumps(value, indent=2) + "\n")

    def raw(self, text: str) -> None:
        """Write text of a peer at once: as it is into a pipe, with escapes on a terminal."""
        self._write(printable(text) if self.is_terminal() else text)

    def is_terminal(self) -> bool:
        """True where a person reads standard output."""
        return not self.closed and sys.stdout.isatty()

    def _write(self, text: str) -> None:
        if self.closed:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except UnicodeEncodeError:  # an output that is not UTF-8
            encoding = sys.stdout.encoding or "ascii"
            self._write(text.encode(encoding, "backslashreplace").decode(encoding))
        except BrokenPipeError:
            self.closed = True
        except OSError as error:
            self.closed = True
            self.unwritten = cannot_write(error)

    # --- Diagnostics, on standard error ---

    def note(self, text: str) -> None:
        """Say what goes on, to a person who watches or asked for it."""
        if self.verbose or (sys.stderr.isatty() and not self.quiet):
            self._say(self.paint(printable(text), "dim"))

    def detail(self, text: str) -> None:
        """Say more, under -v only."""
        if self.verbose:
            self._say(self.paint(printable(text), "dim"))

    def warn(self, text: str) -> None:
        """Say what matters whatever the verbosity."""
        self._say(self.paint("warning: ", "yellow") + printable(text))

    def aside(self, text: str) -> None:
        """Write text beside the result, at once and without a line end."""
        self._say(self.paint(printable(text), "dim"), end="")

    def interrupted(self) -> None:
        """Say that the user stopped the command."""
        self._say(self.paint("venice-ref: ", "red") + "interrupted")

    def error(
        self, error: VeniceError, *, prefix: str = "venice-ref: ", checks: bool = True
    ) -> None:
        """Say what happened, what it means with the requirement, and how to go on."""
        self._say(self.paint(prefix, "red") + printable(_bounded(error.message)))
        place = f" (at {error.where})" if error.where else ""
        rule = f" [{error.rule}]" if error.rule else ""
        self._say(printable(f"  {_label(error)[1]}{rule}{place}"))
        for line in _failures(error) if checks else ():
            self._say(line)
        if error.hint:
            self._say(self.paint("  hint: ", "bold") + printable(error.hint))

    def paint(self, text: str, style: str) -> str:
        """Return text for standard error in a style, where that shows styles."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._color and text else text

    def _say(self, text: str, end: str = "\n") -> None:
        try:
            try:
                print(text, end=end, file=sys.stderr, flush=True)
            except UnicodeEncodeError:
                print(ascii(text)[1:-1], end=end, file=sys.stderr, flush=True)
        except OSError:
            return


def _bounded(text: str) -> str:
    return text if len(text) < 2000 else text[:2000] + "..."


def _failures(error: VeniceError) -> List[str]:
    """Return the checks of a report that stand against it, one a line."""
    report = getattr(error, "report", None)
    if report is None:
        return []
    rows = [
        ("failed" if check.status == "fail" else "missing", check.id, check.detail)
        for check in report.checks
        if not check.holds
    ]
    return columns(rows, indent=4) if len(rows) > 1 else []


def _wants_color(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()
