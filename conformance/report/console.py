"""The report for a person at a terminal: a line for each group, failures last, then the summary.

Everything fits the width but words that have no space in them.  Colour is never the only mark, and
without colour, or in ASCII where the stream cannot encode more, nothing is lost.
"""

from __future__ import annotations

import os
from typing import Final, List, Mapping, Sequence, TextIO

from conformance.report.document import Report
from conformance.report.summary import (
    Cause,
    Group,
    broken_run,
    causes,
    conformant_line,
    count_words,
    groups,
    header_text,
    implementation_line,
    level_line,
    must_line,
    not_started,
    tests,
    what,
)
from conformance.report.text import one_line, shell_lines, tail, wrap
from conformance.results import STATUSES, Result

__all__ = ["can_encode", "print_report", "render", "render_failure", "wants_colour"]

WIDTH: Final = 80

_COLOURS: Final[Mapping[str, str]] = {
    "pass": "32",
    "pass_verdict_only": "32",
    "warn": "33",
    "xfail": "33",
    "deselected": "2",
    "not_applicable": "2",
}
"""Status -> colour; everything else is red."""

_RED: Final = "31"
_BOLD: Final = "1"

_TAIL: Final = 5
"""Lines of an attachment that are shown."""

_IDS: Final = 5
"""Further ids of one cause that are shown; all of them with `-v`."""

_UNASKED: Final = "not executed: "
"""How the detail of a test begins that could not be asked."""

_LISTED: Final = 20
"""Expected failures and warnings that are shown; all of them with `-v`."""


def render(
    report: Report,
    *,
    colour: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    width: int = WIDTH,
    ascii_only: bool = False,
) -> str:
    """Return the report as text; `quiet` leaves the summary, `verbose` lists every test."""
    page = _Page(colour=colour, width=width, ascii_only=ascii_only, verbose=verbose)
    if not quiet:
        page.head(report)
    found = causes(report)
    if not_started(report):
        page.not_started(found[0])
    elif not quiet:
        page.groups(report)
        if found:
            page.line("")
            page.line("Failures", _BOLD)
            for cause in found:
                page.line("")
                page.cause(cause)
    if not quiet and not verbose:
        page.listed("Failures that the file of expected failures lists", report, "xfail")
        page.listed("Warnings", report, "warn")
    if not quiet or not_started(report):
        page.line("")
    page.summary(report)
    return page.text()


def render_failure(result: Result, *, colour: bool = False, width: int = WIDTH) -> str:
    """Return one failure as it stands in the report."""
    page = _Page(colour=colour, width=width, ascii_only=False, verbose=True)
    page.cause(Cause((result,)))
    return page.text()


def print_report(
    report: Report,
    stream: TextIO,
    *,
    colour: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    width: int = WIDTH,
) -> None:
    """Write the report to a stream, in ASCII where that cannot encode more."""
    plain = not can_encode(stream)
    stream.write(
        render(report, colour=colour, verbose=verbose, quiet=quiet, width=width, ascii_only=plain)
    )
    stream.flush()


def can_encode(stream: TextIO) -> bool:
    """Return whether a stream can encode every character that a report may hold."""
    try:
        "".join(status.glyph for status in STATUSES.values()).encode(stream.encoding or "ascii")
    except (LookupError, UnicodeError):
        return False
    return str(stream.encoding).lower().replace("-", "").startswith("utf")


def wants_colour(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that nobody asked to stay plain (no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain


def _expected_because(row: Result) -> str:
    """Return why a failure is expected, which the end of its detail says: `(expected: ...)`."""
    start = row.detail.rfind("(expected: ") if row.status == "xfail" else -1
    return "" if start < 0 else row.detail[start:]


def _left_out(group: Group) -> bool:
    return all(row.status == "deselected" for row in group.results)


class _Page:
    """Collects lines in one style."""

    def __init__(self, *, colour: bool, width: int, ascii_only: bool, verbose: bool) -> None:
        self._colour = colour
        self._width = max(width, 40)
        self._ascii = ascii_only
        self._verbose = verbose
        self._lines: List[str] = []

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def line(self, text: str, colour: str = "") -> None:
        if self._colour and colour and text:
            text = f"\x1b[{colour}m{text}\x1b[0m"
        self._lines.append(text)

    def wrapped(self, text: str, *, indent: int = 0, first: str = "", colour: str = "") -> None:
        for line in wrap(self._encodable(text), self._width, indent=indent, first=first):
            self.line(line, colour)

    def _encodable(self, text: str) -> str:
        """Return the text in ASCII if it has to be, before it is broken into lines."""
        return text.encode("ascii", "backslashreplace").decode("ascii") if self._ascii else text

    def _mark(self, status: str) -> str:
        return STATUSES[status].plain if self._ascii else STATUSES[status].glyph

    def head(self, report: Report) -> None:
        suite = header_text(report, "suite", "version")
        revision = header_text(report, "suite", "revision")
        self.wrapped(f"Venice conformance suite {suite}, revision {revision}")
        self.wrapped(implementation_line(report), indent=2, first="implementation: ")
        for name in ("adapter", "seed", "challenge"):
            value = header_text(report, name)
            if value:
                self.wrapped(value, indent=2, first=f"{name}: ")
        for warning in report.header.get("warnings", ()):
            self.wrapped(warning, indent=2, first="warning: ", colour=_COLOURS["warn"])
        self.line("")

    def groups(self, report: Report) -> None:
        found = groups(report)
        left = () if self._verbose else tuple(group for group in found if _left_out(group))
        shown = found if self._verbose else tuple(row for row in found if not _left_out(row))
        longest = min(max((len(group.name) for group in shown), default=0), 34)
        for group in shown:
            self._group(group, longest)
            if self._verbose:
                for row in group.results:
                    self._row(row)
        if left:
            number = sum(len(group.results) for group in left)
            first = f"{self._mark('deselected')} "
            self.wrapped(f"{tests(number)} in {len(left)} groups left out", indent=2, first=first)

    def _group(self, group: Group, longest: int) -> None:
        name = one_line(group.name, 34).ljust(longest)
        first = f"{self._mark(group.worst)} {name}  "
        colour = _COLOURS.get(group.worst, _RED)
        self.wrapped(count_words(group.results), indent=len(first), first=first, colour=colour)

    def _row(self, row: Result) -> None:
        first = f"    {self._mark(row.status)} "
        text = f"{row.id} {what(row)}" if row.status != "pass" else row.id
        if row.detail:
            text += f": {one_line(row.detail, 300)}"
        self.wrapped(text, indent=8, first=first, colour=_COLOURS.get(row.status, _RED))

    def listed(self, title: str, report: Report, status: str) -> None:
        rows = [row for row in report.results if row.status == status]
        if rows:
            self.line("")
            self.line(f"{title}: {len(rows)}", _BOLD)
        before = ""
        for row in sorted(rows[:_LISTED], key=_expected_because):
            reason = _expected_because(row)
            if reason and reason != before:
                self.wrapped(one_line(reason, 500), indent=6, first="    ")
            before = reason
            self._row(row._replace(detail=row.detail[: len(row.detail) - len(reason)]))
        if len(rows) > _LISTED:
            self.line(f"    and {len(rows) - _LISTED} more; -v lists all of them")

    def cause(self, cause: Cause) -> None:
        row = cause.first
        title = f"{row.id}  {what(row)}" + ("  (critical)" if row.importance == "critical" else "")
        colour = _COLOURS.get(row.status, _RED)
        self.wrapped(title, indent=2, first=f"{self._mark(row.status)} ", colour=colour)
        if len(cause.results) > 1:
            self._others(cause.results)
        if row.explanation is None:
            self._member("detail", row.detail or STATUSES[row.status].about)
        else:
            self.wrapped(row.explanation.requirement, indent=4)
            for name in ("changed", "expected", "got", "impact", "hint"):
                self._member(name, getattr(row.explanation, name))
        for name, text in row.attachments.items():
            self._attachment(name, text)
        if row.explanation is not None:
            self.line("    repro:")
            command = self._encodable(row.explanation.repro)
            for line in shell_lines(command, self._width, indent=6):
                self.line(line)

    def not_started(self, cause: Cause) -> None:
        """Say once why nothing could be asked, in the place of the tests."""
        detail = cause.first.detail.removeprefix(_UNASKED)
        self.wrapped(f"Nothing was executed: {detail}", indent=2, colour=_RED, first="")

    def _others(self, results: Sequence[Result]) -> None:
        shown = results[1:] if self._verbose else results[1 : _IDS + 1]
        text = f"{len(results)} tests, the same cause; also " + ", ".join(row.id for row in shown)
        left = len(results) - 1 - len(shown)
        self.wrapped(text + (f" and {left} more" if left else ""), indent=4)

    def _member(self, name: str, text: str) -> None:
        first = f"    {name}:".ljust(14)
        self.wrapped(one_line(text, 2000), indent=14, first=first)

    def _attachment(self, name: str, text: str) -> None:
        lines = [line for line in tail(text, _TAIL) if line.strip()]
        if lines:
            self.line(f"    {one_line(self._encodable(name), 40)}, its end:")
            for line in lines:
                self.wrapped(one_line(line, 300), indent=8, first="      ")

    def summary(self, report: Report) -> None:
        self.wrapped(f"{tests(len(report.results))}: {count_words(report.results)}", indent=2)
        self.wrapped(must_line(report), indent=2)
        for text in broken_run(report):
            self.wrapped(text, colour=_RED)
        self.wrapped(level_line(report))
        conformant = report.verdict.conformant
        self.line(conformant_line(report), _COLOURS["pass"] if conformant else _RED)
        for reason in report.verdict.because:
            self.wrapped(reason, indent=4, first="  - ")
