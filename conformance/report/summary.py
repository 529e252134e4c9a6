"""What every form of a report says in the same words.

Whoever reads the console, a page or a log learns the same: how many tests there were, which of the
mandatory ones were executed and passed, which level was reached, and everything that speaks
against the implementation.  There are counts and lists here, and no percentages.
"""

from __future__ import annotations

from typing import Any, Dict, Final, List, Mapping, NamedTuple, Optional, Tuple

from conformance.consequences import BY_SUBTYPE
from conformance.report.document import Report
from conformance.report.text import one_line
from conformance.results import STATUSES, Result

__all__ = [
    "BROKEN",
    "Cause",
    "Group",
    "broken_run",
    "causes",
    "conformant_line",
    "count_words",
    "groups",
    "header_text",
    "implementation_line",
    "level_line",
    "must_line",
    "not_executed",
    "not_started",
    "tests",
    "what",
]

BROKEN: Final = ("harness_error", "crash", "timeout", "protocol_error", "blocked")
"""Statuses that say that a test broke, rather than that it was judged."""

_NOT_EXECUTED: Final = ("blocked", "deselected", "not_applicable")

_WORDS: Final = {"pass_verdict_only": "pass by verdict only", "not_applicable": "not applicable"}

_ONE_CAUSE: Final = ("missing_mandatory", "false_advertising", "not_testable")
"""Subtypes whose reason is the operation, whatever the test."""


class Group(NamedTuple):
    """The results of one file of vectors, one area of the scenarios, or one set made afresh."""

    name: str
    results: Tuple[Result, ...]

    @property
    def worst(self) -> str:
        """The status that the group is marked with.

        It is the most severe that fails, else the most severe that keeps an implementation from
        being conformant and is not left out, else a pass where anything passed.
        """
        found = {row.status for row in self.results}
        ordered = [name for name in STATUSES if name in found]
        fails = [name for name in ordered if STATUSES[name].fails]
        blocks = [name for name in ordered if STATUSES[name].blocks and name != "deselected"]
        passes = [name for name in reversed(ordered) if name.startswith("pass")]
        return (fails or blocks or passes or ordered)[0]


class Cause(NamedTuple):
    """Failures that are one mistake as far as the report can tell."""

    results: Tuple[Result, ...]

    @property
    def first(self) -> Result:
        """The one that is shown."""
        return self.results[0]


def count_words(results: Tuple[Result, ...]) -> str:
    """Return the counts of a list by status, the passes first: `31 pass, 2 fail`."""
    found: Dict[str, int] = {}
    for row in results:
        found[row.status] = found.get(row.status, 0) + 1
    names = [name for name in reversed(list(STATUSES)) if name in found]
    return ", ".join(f"{found[name]} {_word(name)}" for name in names) or "none"


def tests(count: int) -> str:
    """Return `1 test`, `2 tests`."""
    return f"{count} test" if count == 1 else f"{count} tests"


def _word(status: str) -> str:
    return _WORDS.get(status, status.replace("_", " "))


def not_executed(result: Result) -> bool:
    """Return whether a test was not put to the implementation."""
    return result.status in _NOT_EXECUTED


def broken_run(report: Report) -> Tuple[str, ...]:
    """Return why there is no verdict of the whole: it was interrupted, or nothing was executed."""
    if not report.complete:
        return ("the run was interrupted: this is a part of its results",)
    if all(map(not_executed, report.results)):
        return ("nothing was executed",)
    return ()


def not_started(report: Report) -> bool:
    """Return whether nothing was executed for one reason: the implementation could not be used."""
    found = causes(report)
    none = report.complete and all(map(not_executed, report.results))
    return none and len(found) == 1 and found[0].first.status == "blocked"


def must_line(report: Report, keyword: str = "MUST") -> str:
    """Return `executed 412 of 418 MUST: 410 pass, 2 fail; 6 not executed: 6 blocked`.

    Tests of a mandatory operation that is not there are counted apart: nothing was executed.
    """
    rows = [row for row in report.results if row.keyword == keyword]
    missing = [row for row in rows if _missing(row)]
    done = tuple(row for row in rows if not (not_executed(row) or _missing(row)))
    left = tuple(row for row in rows if not_executed(row))
    line = f"executed {len(done)} of {len(rows)} {keyword}"
    if done:
        line += f": {count_words(done)}"
    if missing:
        line += f"; {len(missing)} of missing operations"
    if left:
        line += f"; {len(left)} not executed: {count_words(left)}"
    return line


def _missing(row: Result) -> bool:
    return row.subtype == "missing_mandatory" and not not_executed(row)


def level_line(report: Report) -> str:
    """Return which level of which profile was reached."""
    profile = one_line(header_text(report, "profile"))
    return f"level: {report.verdict.level}" + (f" (profile {profile})" if profile else "")


def conformant_line(report: Report) -> str:
    """Return whether the implementation is conformant."""
    return f"conformant: {'yes' if report.verdict.conformant else 'no'}"


def implementation_line(report: Report) -> str:
    """Return name, version and language of the implementation, on one line."""
    name, version, language = (
        one_line(header_text(report, "implementation", member))
        for member in ("name", "version", "language")
    )
    line = f"{name or 'an implementation without a name'} {version}".rstrip()
    return f"{line} ({language})" if language else line


def header_text(report: Report, *path: str) -> str:
    """Return a member of the header as text; empty where it is absent."""
    value: Any = report.header
    for name in path:
        value = value.get(name, "") if isinstance(value, dict) else ""
    return "" if value is None else str(value)


def groups(report: Report) -> Tuple[Group, ...]:
    """Return the results by the file or area that they belong to, in the order of the report."""
    found: Dict[str, List[Result]] = {}
    for row in report.results:
        found.setdefault(group_name(row), []).append(row)
    return tuple(Group(name, tuple(rows)) for name, rows in found.items())


def group_name(result: Result) -> str:
    """Return the file of a vector, `scenario/` and the area of an attack, or `challenge/` ..."""
    if result.kind == "scenario":
        return "scenario/" + result.id.split("/")[-1].split("-")[0]
    name = result.file or result.op
    return f"challenge/{name}" if result.kind == "challenge" else name


def causes(report: Report) -> Tuple[Cause, ...]:
    """Return the failures, those of one cause together, in the order of their severity."""
    found: Dict[Tuple[str, ...], List[Result]] = {}
    results = {row.id: row for row in report.results}
    for row in sorted(report.failures, key=lambda row: _failed_alike(row, results) is not None):
        found.setdefault(_cause(_failed_alike(row, results) or row), []).append(row)
    severity = {name: place for place, name in enumerate(STATUSES)}
    ordered = sorted(
        found.values(),
        key=lambda rows: (severity[rows[0].status], rows[0].importance != "critical"),
    )
    return tuple(Cause(tuple(rows)) for rows in ordered)


def _failed_alike(row: Result, results: Mapping[str, Result]) -> Optional[Result]:
    """Return the control of a conversation that failed in the same way, if it did.

    A client that cannot hold the honest conversation fails the others for the same cause.
    """
    control = results.get(row.control) if row.kind == "scenario" else None
    if control is None or row.status == "inconclusive" or control.explanation is None:
        return None
    alike = (control.status, control.subtype) == (row.status, row.subtype)
    if row.subtype in BY_SUBTYPE:  # unless it is what the attack is about, and worse
        own = row.explanation
        alike = alike and own is not None and own.impact == control.explanation.impact
    return control if alike else None


def _cause(row: Result) -> Tuple[str, ...]:
    """Return what the failures of one cause have in common."""
    if row.status == "blocked":
        return (row.status, row.detail)
    if row.status == "inconclusive":
        return (row.status, row.control)
    common = (row.status, row.subtype, row.op)
    if row.subtype in _ONE_CAUSE:
        return common
    if row.status in BROKEN or row.explanation is None:
        return (*common, row.detail)
    return (*common, row.detail, row.explanation.impact, row.explanation.hint)


def what(result: Result) -> str:
    """Return status and subtype of a result in words: `fail: accepted_invalid`."""
    return f"{result.status}: {result.subtype}" if result.subtype else result.status
