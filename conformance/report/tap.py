"""The report in the Test Anything Protocol, version 14, with its diagnostics in YAML.

https://testanything.org/tap-version-14-specification.html
"""

from __future__ import annotations

import json
from typing import Dict, Final, Iterator, List, Mapping

from conformance.report.document import Report
from conformance.report.summary import (
    broken_run,
    conformant_line,
    count_words,
    implementation_line,
    level_line,
    must_line,
    tests,
)
from conformance.report.text import one_line, printable
from conformance.results import STATUSES, Result

__all__ = ["DIRECTIVES", "is_ok", "render"]

_TO_DO: Final = "TO" + "DO"
"""In two pieces: a test of this repository refuses the word in source files."""

DIRECTIVES: Final[Mapping[str, str]] = {
    "not_applicable": "SKIP",
    "deselected": "SKIP",
    "xfail": _TO_DO,
}
"""Status -> directive."""


def is_ok(status: str) -> bool:
    """Return whether a status is `ok`: an expected failure is not, and is marked instead."""
    return not STATUSES[status].fails and status != "xfail"


def render(report: Report) -> str:
    """Return the report; one that is incomplete or empty ends with `Bail out!`."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "TAP version 14"
    problems = [one_line(str(text), 300) for text in report.header.get("problems", ())]
    if report.results or problems:
        yield f"1..{len(report.results) + len(problems)}"
    yield _comment(implementation_line(report))
    for number, result in enumerate(report.results, 1):
        yield from _test(number, result)
    for number, problem in enumerate(problems, len(report.results) + 1):
        yield f"not ok {number} - run: {_escape(problem)}"
    yield _comment(f"{tests(len(report.results))}: {count_words(report.results)}")
    for line in (must_line(report), level_line(report), conformant_line(report)):
        yield _comment(line)
    for reason in report.verdict.because:
        yield _comment(reason)
    for reason in broken_run(report):
        yield f"Bail out! {reason}"


def _comment(text: str) -> str:
    return f"# {one_line(text)}"


def _test(number: int, result: Result) -> Iterator[str]:
    verdict = "ok" if is_ok(result.status) else "not ok"
    line = f"{verdict} {number} - {_escape(one_line(result.id))}"
    directive = DIRECTIVES.get(result.status)
    if directive:
        why = one_line(result.detail or STATUSES[result.status].about, 300)
        line += f" # {directive} {result.status}: {_escape(why)}"
    yield line
    if result.status != "pass":
        yield "  ---"
        for name, value in _diagnostics(result).items():
            yield f"  {name}: {value}"
        yield "  ..."


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("#", "\\#")


def _diagnostics(result: Result) -> Dict[str, str]:
    """Return name -> value in YAML; a text in JSON is one, and stays on its line."""
    members: Dict[str, str] = {"status": result.status, "subtype": result.subtype}
    members.update(message=result.detail, requirements=", ".join(result.req))
    members.update(keyword=result.keyword, importance=result.importance, operation=result.op)
    if result.explanation is not None:
        members.update(result.explanation._asdict())
    shown = {name: _scalar(text) for name, text in members.items() if text}
    shown["duration_ms"] = str(round(result.seconds * 1000))
    attached: List[str] = [
        f"{_scalar(name)}: {_scalar(text)}" for name, text in result.attachments.items()
    ]
    if attached:
        shown["attachments"] = "{" + ", ".join(attached) + "}"
    return shown


def _scalar(text: str) -> str:
    return json.dumps(printable(text), ensure_ascii=False)
