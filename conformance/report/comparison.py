"""Reports beside one another: for each requirement its tests, for each test one result of each.

Both pages, of one run and of many, are drawn from this; it knows nothing of HTML.
"""

from __future__ import annotations

from typing import Any, Dict, Final, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from conformance.report.document import Report
from conformance.requirements import STAGES, Requirement, load_requirements
from conformance.results import STATUSES, Result

__all__ = [
    "Cell",
    "Compared",
    "Comparison",
    "Row",
    "Section",
    "cell_of",
    "compare",
    "kind_of",
    "member",
]

ELSEWHERE: Final = "Not in the specification of this suite"
"""Heading of what names a requirement that this suite does not know, or none."""


LONGEST_LABEL: Final = 60
"""Characters of what a column is called; more would push the table off the screen."""


class Compared(NamedTuple):
    """One test and what became of it in each report."""

    id: str
    results: Tuple[Optional[Result], ...]
    """In the order of the reports; none where a report does not have the test."""

    @property
    def present(self) -> Tuple[Result, ...]:
        """The results that there are; at least one."""
        return tuple(result for result in self.results if result is not None)

    @property
    def traits(self) -> Tuple[str, ...]:
        """Which of the words `failing`, `differs` and `critical` are true of it."""
        statuses = {result.status for result in self.present}
        one = len(statuses) == 1 and len(self.present) == len(self.results)
        held = {
            "failing": any(STATUSES[status].fails for status in statuses),
            "differs": not one,
            "critical": any(result.importance == "critical" for result in self.present),
        }
        return tuple(word for word, true in held.items() if true)


class Cell(NamedTuple):
    """What a report says of one requirement."""

    status: str
    """The status that decides; empty where the report has no test of it."""
    deciding: int
    """How many of its tests have this status."""
    total: int


class Row(NamedTuple):
    """One requirement and its tests."""

    id: str
    keyword: str
    text: str
    excluded: str
    """Why no test reaches it; mostly empty."""
    tests: Tuple[Compared, ...]
    cells: Tuple[Cell, ...]
    """One for each report."""

    @property
    def traits(self) -> Tuple[str, ...]:
        """Which of the words `failing`, `differs` and `critical` are true of one of its tests."""
        held = {word for test in self.tests for word in test.traits}
        return tuple(word for word in ("failing", "differs", "critical") if word in held)


class Section(NamedTuple):
    """A section of the specification that states requirements."""

    title: str
    stages: Tuple[str, ...]
    """The stages of its requirements, such as `envelope`."""
    rows: Tuple[Row, ...]


class Comparison(NamedTuple):
    """Reports beside one another."""

    reports: Tuple[Report, ...]
    labels: Tuple[str, ...]
    """What each report is called; no two are the same."""
    tests: Tuple[Compared, ...]
    sections: Tuple[Section, ...]


def compare(reports: Sequence[Report]) -> Comparison:
    """Return the comparison of at least one report; columns keep the order of the reports."""
    tests = _tests(reports)
    by_requirement: Dict[str, List[Compared]] = {}
    for test in tests:
        for cited in _cited(test):
            by_requirement.setdefault(cited, []).append(test)
    sections: Dict[str, List[Row]] = {}
    for requirement in load_requirements():
        row = _row(requirement, by_requirement.pop(requirement.id, ()), len(reports))
        sections.setdefault(requirement.section, []).append(row)
    for unknown, named in by_requirement.items():
        sections.setdefault(ELSEWHERE, []).append(_unknown(unknown, named, len(reports)))
    return Comparison(
        tuple(reports),
        _labels(reports),
        tests,
        tuple(_section(title, rows) for title, rows in sections.items()),
    )


def cell_of(tests: Iterable[Compared], column: int) -> Cell:
    """Return what decides about these tests in one report: the worst, where something is wrong.

    Where nothing is wrong, a pass decides: a test that does not apply takes nothing away.
    """
    statuses = [found.status for test in tests if (found := test.results[column]) is not None]
    if not statuses:
        return Cell("", 0, 0)
    order = sorted(set(statuses), key=list(STATUSES).index)
    if kind_of(order[0]) == "quiet" and len(order) > 1:
        order.pop(0)
    return Cell(order[0], statuses.count(order[0]), len(statuses))


def kind_of(status: str) -> str:
    """Return `bad`, `note`, `quiet` or `good`: how much a status has to be looked at."""
    if not status or status == "not_applicable":
        return "quiet"
    if STATUSES[status].fails:
        return "bad"
    return "good" if status.startswith("pass") else "note"


def member(header: Mapping[str, Any], *path: str) -> str:
    """Return a member of a header as text; empty where it is absent.

    The header of a report is not checked member by member, so anything may stand there.
    """
    found: Any = header
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return "" if found is None else str(found)


def _tests(reports: Sequence[Report]) -> Tuple[Compared, ...]:
    """Return every test, in the order of the report that has it first."""
    columns = [{result.id: result for result in report.results} for report in reports]
    ids = dict.fromkeys(test for column in columns for test in column)
    return tuple(Compared(test, tuple(column.get(test) for column in columns)) for test in ids)


def _cited(test: Compared) -> Tuple[str, ...]:
    cited = dict.fromkeys(name for result in test.present for name in result.req)
    return tuple(cited) or ("",)


def _row(requirement: Requirement, tests: Sequence[Compared], columns: int) -> Row:
    return Row(
        requirement.id,
        requirement.keyword,
        requirement.text,
        requirement.excluded,
        tuple(tests),
        tuple(cell_of(tests, column) for column in range(columns)),
    )


def _unknown(name: str, tests: Sequence[Compared], columns: int) -> Row:
    text = "This suite does not know this requirement: the report is of another revision."
    if not name:
        text = "These tests name no requirement."
    cells = tuple(cell_of(tests, column) for column in range(columns))
    return Row(name or "none", "", text, "", tuple(tests), cells)


def _section(title: str, rows: Sequence[Row]) -> Section:
    areas = dict.fromkeys(row.id.split("-")[0] for row in rows)
    return Section(title, tuple(STAGES[area] for area in areas if area in STAGES), tuple(rows))


def _labels(reports: Sequence[Report]) -> Tuple[str, ...]:
    labels: List[str] = []
    for report in reports:
        name = member(report.header, "implementation", "name") or "unnamed"
        version = member(report.header, "implementation", "version")
        label = base = f"{name} {version}".strip()[:LONGEST_LABEL]
        number = 2
        while label in labels:
            label = f"{base} ({number})"
            number += 1
        labels.append(label)
    return tuple(labels)
