"""The table of a page: requirements by section, each with its tests, one column for each report.

What everybody passed is counted and its ids are listed; so are tests that differ in their id only,
such as those of an operation that an implementation does not have.  Every other test has a row of
its own, with what was expected, what came, what it means and how to see it again.
"""

from __future__ import annotations

from typing import (
    Callable,
    Dict,
    Final,
    FrozenSet,
    Iterable,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

from conformance.report.comparison import Cell, Compared, Comparison, Row, Section, cell_of, kind_of
from conformance.report.page import anchor, marked, plain, tag, text
from conformance.report.page_explanation import explanation, gist, outcome, speaks
from conformance.results import STATUSES, Result

__all__ = ["Limits", "Table", "listed"]


class Limits(NamedTuple):
    """How much a page may hold, so that it stays one that a browser opens at once."""

    rows: int
    """Characters for rows of single tests; what is over is counted and listed."""
    explanations: int
    """Characters for explanations; those of critical failures come first."""
    member: int
    """Characters of one member of an explanation, or of one attachment."""
    expected: int
    """Characters of the list of expected failures."""


class Table:
    """Draws the table of one comparison."""

    def __init__(self, comparison: Comparison, limits: Limits) -> None:
        self._labels = comparison.labels
        self._sections = comparison.sections
        self._member = limits.member
        self._taken: Set[str] = set()
        single = sorted(filter(speaks, comparison.tests), key=_weight)
        self._alone = _within(single, limits.rows, self._row_size)
        self._explained = _within(single, limits.explanations, self._explanation_size)
        self.without_row = len(single) - len(self._alone)
        """How many tests that deserve a row of their own are only counted and listed."""
        self.without_explanation = len(single) - len(self._explained & self._alone)
        """How many tests that deserve an explanation have none."""

    def render(self, caption: str) -> str:
        """Return the table in its region; `caption` is text."""
        body = "".join(map(self._section, self._sections))
        return (
            '<div class="matrix scroll" id=page-matrix tabindex=0 role=region'
            " aria-labelledby=page-caption>\n<table>\n"
            f"<caption id=page-caption>{text(caption)}</caption>\n"
            f"<colgroup><col class=id><col>{self._columns()}</colgroup>\n<thead><tr>"
            f"<th scope=col>Id</th><th scope=col>Requirement</th>{self._heads()}</tr></thead>\n"
            f"{body}</table>\n</div>\n"
        )

    def _columns(self) -> str:
        return f"<col span={len(self._labels)} class=result>"

    def _heads(self) -> str:
        return "".join(f"<th scope=col>{text(label)}</th>" for label in self._labels)

    # --- Sections and requirements ----------------------------------------------------------------

    def _section(self, section: Section) -> str:
        stages = text(", ".join(section.stages))
        columns = range(len(self._labels))
        cells = [_section_cell([row.cells[column] for row in section.rows]) for column in columns]
        return (
            f"<tbody><tr class=section><th scope=rowgroup colspan=2>{text(section.title)}"
            f" <small>{stages}</small></th>{''.join(cells)}</tr>\n"
            f"{''.join(map(self._row, section.rows))}</tbody>\n"
        )

    def _row(self, row: Row) -> str:
        attribute = self._anchor(row.id)
        name = f"<a href='#{text(anchor(anchor(row.id)))}'>{text(row.id)}</a>"
        cells = "".join(map(_cell, row.cells))
        return (
            f"<tr data-is='{' '.join(row.traits)}'><th scope=row>{name}"
            f"<small>{text(row.keyword)}</small></th>"
            f"<td><details><summary>{text(row.text)}</summary>"
            f"<div class=more{attribute}>{self._tests(row)}</div></details></td>{cells}</tr>\n"
        )

    def _tests(self, row: Row) -> str:
        if not row.tests:
            why = f"No test reaches it: {row.excluded}." if row.excluded else "No test of it ran."
            return f"<p>{text(why)}</p>"
        if all(result and result.status == "pass" for test in row.tests for result in test.results):
            return f"<p>{_count(row.tests)}, passed everywhere:</p>{self._ids(row.tests)}"
        groups = sorted(self._groups(row.tests), key=lambda group: _severity(group[0]))
        return (
            f"<table><caption>{_count(row.tests)} of {text(row.id)}</caption>"
            f"<colgroup><col>{self._columns()}</colgroup>"
            f"<thead><tr><th scope=col>Test</th>{self._heads()}</tr></thead>"
            f"{''.join(map(self._group, groups))}</table>"
        )

    # --- Tests ------------------------------------------------------------------------------------

    def _groups(self, tests: Sequence[Compared]) -> Iterable[Sequence[Compared]]:
        """Return the tests one by one, but those together that differ in their id only."""
        groups: Dict[Tuple[object, ...], List[Compared]] = {}
        for test in tests:
            key: Tuple[object, ...] = outcome(test)
            if speaks(test):
                key = ("", test.id) if test.id in self._alone else test.traits
            groups.setdefault(key, []).append(test)
        return groups.values()

    def _group(self, tests: Sequence[Compared]) -> str:
        first = tests[0]
        traits = " ".join(dict.fromkeys(word for test in tests for word in test.traits))
        alone = len(tests) == 1
        if not alone and speaks(first):
            columns = range(len(self._labels))
            cells = "".join(_cell(cell_of(tests, column)) for column in columns)
        else:
            cells = "".join(map(_result_cell, first.results))
        name = _name(first) if alone else _count(tests)
        below = self._below(first) if alone else self._ids(tests)
        attribute = ""
        if alone and not below:
            attribute = self._anchor(first.id)
        more = f"<tr><td colspan={1 + len(first.results)}>{below}</td></tr>" if below else ""
        return (
            f"<tbody data-is='{traits}'{attribute}><tr><th scope=row>{name}</th>{cells}</tr>"
            f"{more}</tbody>\n"
        )

    def _below(self, test: Compared) -> str:
        """Return what stands below the row of a test; nothing where nothing was said of it."""
        if not any(result.detail or result.explanation for result in test.present):
            return ""
        shown = gist(test, self._labels)
        attribute = self._anchor(test.id)
        if not attribute:
            return f"<p>{shown} <a href='#{text(anchor(anchor(test.id)))}'>Explained above</a></p>"
        if speaks(test) and test.id not in self._explained:
            return f"<p{attribute}>{shown}</p>"
        told = explanation(test, self._labels, self._member)
        return f"<details><summary>{shown}</summary><div{attribute}>{told}</div></details>"

    def _ids(self, tests: Iterable[Compared]) -> str:
        return listed((test.id, self._anchor(test.id)) for test in tests)

    def _anchor(self, name: str) -> str:
        """Return the attribute `id`; empty where the page has this id already."""
        if name in self._taken:
            return ""
        self._taken.add(name)
        return f" id='{text(anchor(name))}'"

    # --- Sizes ------------------------------------------------------------------------------------

    def _row_size(self, test: Compared) -> int:
        shown = len(gist(test, self._labels)) + 2 * len(test.id)
        return (shown + 150 + 70 * len(self._labels)) * _citations(test)

    def _explanation_size(self, test: Compared) -> int:
        return len(explanation(test, self._labels, self._member)) + 60


def listed(ids: Iterable[Tuple[str, str]]) -> str:
    """Return ids, each with its attributes, as lists of their last parts by their first ones."""
    by_prefix: Dict[str, List[str]] = {}
    for name, attribute in ids:
        prefix, slash, last = name.rpartition("/")
        by_prefix.setdefault(prefix + slash, []).append(f"<li{attribute}>{text(last)}</li>")
    return "".join(
        f"<div class=ids><b>{text(prefix)}</b><ul>{''.join(items)}</ul></div>"
        for prefix, items in by_prefix.items()
    )


def _within(
    tests: Iterable[Compared], room: int, size: Callable[[Compared], int]
) -> FrozenSet[str]:
    """Return the ids of the tests that fit, the first ones first."""
    chosen = set()
    for test in tests:
        room -= size(test)
        if room < 0:
            break
        chosen.add(test.id)
    return frozenset(chosen)


def _weight(test: Compared) -> int:
    """Return the place of a test among those that want room: critical failures come first."""
    return 3 - 2 * ("failing" in test.traits) - ("critical" in test.traits)


def _citations(test: Compared) -> int:
    return max(1, *(len(result.req) for result in test.present))


def _severity(test: Compared) -> Tuple[int, int]:
    worst = min(list(STATUSES).index(result.status) for result in test.present)
    return worst, -len(test.traits)


def _count(tests: Sequence[Compared]) -> str:
    return f"{len(tests)} test{'s' if len(tests) != 1 else ''}"


def _name(test: Compared) -> str:
    first = test.present[0]
    words = [word for word in ("critical",) if word in test.traits]
    words += ["must be refused"] if first.negative and first.kind != "scenario" else []
    marks = f" <small>{', '.join(words)}</small>" if words else ""
    return f"{text(test.id)}{marks}"


def _result_cell(result: Optional[Result]) -> str:
    if result is None:
        return "<td class=quiet>absent</td>"
    return tag(result.status, plain(result.subtype))


def _cell(cell: Cell) -> str:
    if cell.deciding == cell.total:
        return tag(cell.status, f"{cell.total}" if cell.total else "")
    return tag(cell.status, f"{cell.deciding} of {cell.total}")


_MET: Final = (
    ("bad", STATUSES["fail"].glyph, "not met"),
    ("note", STATUSES["xfail"].glyph, "open"),
    ("good", STATUSES["pass"].glyph, "met"),
)


def _section_cell(cells: Sequence[Cell]) -> str:
    """Return how many requirements of a section are met, or are not."""
    kinds = [kind_of(cell.status) for cell in cells if cell.status]
    for kind, glyph, name in _MET:
        count = kinds.count(kind)
        if count:
            many = str(count) if count == len(kinds) else f"{count} of {len(kinds)}"
            return f"<td class={kind}>{marked(glyph, name)}<small>{many}</small></td>"
    return f"<td class=quiet>{'not applicable' if kinds else 'not tested'}</td>"
