"""The report in Markdown, for the summary of a pipeline or the text of an issue.

A summary of GitHub Actions may have 1 MiB; this stays below it whatever the report holds.  The
first failures are written out, the others are folded away, and what does not fit is counted.
"""

from __future__ import annotations

import html
import re
from typing import Final, List, Sequence

from conformance.report.document import Report
from conformance.report.summary import (
    Cause,
    causes,
    conformant_line,
    count_words,
    groups,
    header_text,
    implementation_line,
    level_line,
    must_line,
    what,
)
from conformance.report.text import clip, one_line, printable, tail
from conformance.results import STATUSES, meaning

__all__ = ["LIMIT", "OPEN", "render"]

LIMIT: Final = 1000 * 1000
"""Bytes of a report; GitHub takes 1024 * 1024."""

OPEN: Final = 20
"""Failures that are written out."""

_TEXT: Final = 2000
"""Characters of one text of a failure."""

_IDS: Final = 20

_SPECIAL: Final = re.compile(r"[\\`*_\[\]#|~@]|^:(?=:)|:(?=//)|(?<=www)\.")
"""What Markdown reads inside a line; the last two make an address a link, and the colons at the
beginning of a line a command to the pipeline whose log it stands in."""

_COMMAND: Final = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
"""The beginning of such a command."""


def render(report: Report) -> str:
    """Return the report."""
    found = causes(report)
    tail_lines = _groups(report)
    used = sum(map(_size, [*_head(report), *tail_lines]))
    lines = [*_head(report), *_failures(found, LIMIT - 10_000 - used)]
    return "\n".join([*lines, *tail_lines]) + "\n"


def _size(line: str) -> int:
    return len(line.encode("utf-8")) + 1


def _plain(text: str, length: int = 0) -> str:
    """Return a text on one line in which no character means anything to Markdown or HTML."""
    return _SPECIAL.sub(_entity, html.escape(one_line(text, length), quote=False))


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


def _code(text: str) -> str:
    """Return a text in the type of code, whatever stands in it."""
    return f"<code>{_plain(text, _TEXT)}</code>"


def _block(text: str) -> str:
    """Return a text of several lines as it is."""
    shown = html.escape(printable(clip(text, _TEXT)), quote=False)
    harmless = _COMMAND.sub(r"\1&#58;", shown)
    return f"<pre>{harmless}</pre>"


def _head(report: Report) -> List[str]:
    lines = [
        f"## Venice conformance: {_plain(implementation_line(report), 200)}",
        "",
        f"**{_plain(conformant_line(report))}**, {_plain(level_line(report))}",
        "",
        _plain(must_line(report)),
        "",
    ]
    lines += [f"- {_plain(reason, 500)}" for reason in report.verdict.because[:100]]
    lines += ["", "| status | tests | meaning |", "| --- | ---: | --- |"]
    for name, count in report.counts.items():
        about = meaning(name, complete=report.complete)
        lines.append(f"| {STATUSES[name].glyph} {_plain(name)} | {count} | {about} |")
    suite, revision = (header_text(report, "suite", name) for name in ("version", "revision"))
    seed = header_text(report, "seed")
    lines += ["", _plain(f"suite {suite}, revision {revision}, seed {seed}", 300), ""]
    warnings = report.header.get("warnings", ())
    return lines + [f"- warning: {_plain(str(text), 500)}" for text in warnings[:50]]


def _failures(found: Sequence[Cause], room: int) -> List[str]:
    """Return the failures in at most so many bytes."""
    lines: List[str] = []
    for number, cause in enumerate(found):
        entry = _open(cause) if number < OPEN else _folded(cause)
        if number == 0:
            entry = ["", "### Failures", *entry]
        if number == OPEN:
            summary = f"<summary>{len(found) - OPEN} further causes</summary>"
            entry = ["", "<details>", summary, "", *entry]
        size = sum(map(_size, entry))
        if size > room:
            left = sum(len(other.results) for other in found[number:])
            lines += ["", f"{left} further failures are left out here for their size."]
            return [*lines, "", "</details>"] if number > OPEN else lines
        room -= size
        lines += entry
    return [*lines, "", "</details>"] if len(found) > OPEN else lines


def _title(cause: Cause) -> str:
    row = cause.first
    critical = " (critical)" if row.importance == "critical" else ""
    return f"{STATUSES[row.status].glyph} {_code(row.id)} {_plain(what(row))}{critical}"


def _open(cause: Cause) -> List[str]:
    row = cause.first
    lines = ["", f"#### {_title(cause)}", ""]
    if len(cause.results) > 1:
        ids = ", ".join(_code(other.id) for other in cause.results[1 : _IDS + 1])
        left = len(cause.results) - 1 - _IDS
        more = f" and {left} more" if left > 0 else ""
        lines += [f"{len(cause.results)} tests, the same cause; also {ids}{more}", ""]
    if row.explanation is None:
        lines.append(_plain(row.detail or STATUSES[row.status].about, _TEXT))
    else:
        told = row.explanation
        lines += [f"> {_plain(told.requirement, _TEXT)}", ""]
        lines += [f"- changed: {_plain(told.changed, _TEXT)}"]
        lines += [f"- expected: {_code(told.expected)}", f"- got: {_code(told.got)}"]
        lines += [f"- impact: {_plain(told.impact, _TEXT)}", f"- hint: {_plain(told.hint, _TEXT)}"]
        lines += ["", _block(told.repro)]
    for name, text in row.attachments.items():
        lines += ["", f"The end of {_plain(name, 100)}:", "", _block("\n".join(tail(text, 10)))]
    return lines


def _folded(cause: Cause) -> List[str]:
    number = len(cause.results)
    tests = f" ({number} tests)" if number > 1 else ""
    return [f"- {_title(cause)}{tests}: {_plain(cause.first.detail, 300)}"]


def _groups(report: Report) -> List[str]:
    lines = ["", "<details>", "<summary>Counts of every group</summary>", ""]
    lines += ["| group | counts |", "| --- | --- |"]
    for group in groups(report)[:500]:
        lines.append(f"| {_plain(group.name, 100)} | {_plain(count_words(group.results))} |")
    return [*lines, "", "</details>"]
