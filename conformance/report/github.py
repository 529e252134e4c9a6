"""Annotations of GitHub Actions: one for each failure, as many as a step may have.

GitHub shows ten errors of a step.  Where there are more causes than that, the tenth says how many
were left out.  https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import re
import shlex
from typing import Final, List, Sequence

from conformance.report.document import Report
from conformance.report.summary import (
    Cause,
    broken_run,
    causes,
    conformant_line,
    header_text,
    level_line,
    must_line,
    tests,
    what,
)
from conformance.report.text import one_line

__all__ = ["LIMIT", "adapter_file", "render"]

LIMIT: Final = 10
"""Errors that GitHub shows for a step."""

_SOURCE: Final = re.compile(
    r"(?:\./)?([A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\.[A-Za-z]{1,4})\Z"
)
"""A word of a command that looks like the path of a source file in the repository."""


def render(report: Report) -> str:
    """Return the commands, one on each line."""
    found = causes(report)
    file = adapter_file(header_text(report, "adapter"))
    lines: List[str] = []
    problems = _problems(report)
    room = LIMIT - len(problems)
    shown = found if len(found) <= room else found[: room - 1]
    lines.extend(_command("error", file, "Venice conformance", text) for text in problems)
    lines.extend(_annotation(cause, file) for cause in shown)
    if len(shown) < len(found):
        left: Sequence[Cause] = found[len(shown) :]
        number = sum(len(cause.results) for cause in left)
        text = f"{tests(number)} more failed; the report of the run names each of them"
        lines.append(_command("error", "", "Venice conformance", text))
    summary = [must_line(report), level_line(report), conformant_line(report)]
    text = "\n".join([*summary, *report.verdict.because])
    lines.append(_command("notice", "", "Venice conformance", text))
    return "\n".join(lines) + "\n"


def _problems(report: Report) -> Sequence[str]:
    """Return what is wrong with the run itself, on at most two annotations."""
    found = list(broken_run(report))
    problems = [str(text) for text in report.header.get("problems", ())]
    if problems:
        found.append("\n".join(problems))
    return found


def _annotation(cause: Cause, file: str) -> str:
    row = cause.first
    title = f"{row.id} {what(row)}"
    if len(cause.results) > 1:
        title += f" ({len(cause.results)} tests)"
    if row.explanation is None:
        return _command("error", file, title, row.detail or what(row))
    told = row.explanation
    lines = [
        told.requirement,
        f"changed: {told.changed}",
        f"expected: {told.expected}",
        f"got: {told.got}",
        f"impact: {told.impact}",
        f"hint: {told.hint}",
        f"repro: {told.repro}",
    ]
    return _command("error", file, title, "\n".join(one_line(line, 600) for line in lines))


def _command(kind: str, file: str, title: str, text: str) -> str:
    properties = [f"file={_property(file)}"] if file else []
    properties.append(f"title={_property(one_line(title, 200))}")
    message = "\n".join(one_line(line, 1000) for line in text.split("\n"))
    return f"::{kind} {','.join(properties)}::{_data(message)}"


def _data(text: str) -> str:
    """Return the text of a command: the three characters that end it are escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return the value of a property, which a colon or a comma would end as well."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def adapter_file(command: str) -> str:
    """Return the file of an adapter, as far as its command names one; else nothing.

    `py:package.module:function` names one too.
    """
    if command.startswith("py:"):
        module = command.split(":")[1]
        name = module.replace(".", "/") + ".py"
        return name if _SOURCE.match(name) else ""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    found = [match.group(1) for match in map(_SOURCE.match, words) if match]
    return found[0] if found else ""
