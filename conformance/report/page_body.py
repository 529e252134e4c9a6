"""The parts of a page in their order, for one run and for many."""

from __future__ import annotations

from conformance.report.comparison import Comparison, member
from conformance.report.page import document, legend, text
from conformance.report.page_runs import expected_failures, outcomes, runs
from conformance.report.page_table import Limits, Table

__all__ = ["page"]

_WHAT = (
    "How implementations of the client side of Venice AI's TEE/E2EE protocol meet the"
    " specification. Each requirement opens to its tests. The level and whether an implementation"
    " is conformant are computed from the results."
)


def page(title: str, comparison: Comparison, limits: Limits) -> str:
    """Return the page of a comparison; `title` is text."""
    table = Table(comparison, limits)
    many = len(comparison.reports) > 1
    parts = (
        _head(title, comparison),
        f"<main>\n<h2>{'Runs' if many else 'The run'}</h2>\n",
        runs(comparison),
        outcomes(comparison),
        expected_failures(comparison, limits.expected),
        "<h2 id=page-requirements>Requirements</h2>\n",
        _left_out(table),
        _filters(many=many),
        table.render(_caption(comparison)),
        "<h2>Legend</h2>\n",
        legend(),
        "</main>\n",
    )
    return document(title, parts, columns=len(comparison.reports))


def _head(title: str, comparison: Comparison) -> str:
    return (
        f"<header>\n<h1>{text(title)}</h1>\n<p>{text(_WHAT)}</p>\n{_revisions(comparison)}"
        "<nav aria-label='On this page'><a href='#page-runs'>Runs</a>"
        " <a href='#page-requirements'>Requirements</a> <a href='#page-legend'>Legend</a>"
        "</nav>\n</header>\n"
    )


def _revisions(comparison: Comparison) -> str:
    """Return a warning where the reports are not of one and the same suite."""
    suites = {
        (
            member(report.header, "suite", "version"),
            member(report.header, "suite", "vectors_sha256"),
        )
        for report in comparison.reports
    }
    if len(suites) == 1:
        return ""
    return (
        "<p class=bad role=note>These reports are of different revisions of the suite: a test that"
        " is not in a report need not have existed.</p>\n"
    )


def _caption(comparison: Comparison) -> str:
    rows = sum(len(section.rows) for section in comparison.sections)
    return f"{rows} requirements by section of the specification, {len(comparison.tests)} tests"


def _left_out(table: Table) -> str:
    """Return what the page does not hold, so that nobody takes silence for a pass."""
    parts = []
    if table.without_row:
        parts.append(f"{table.without_row} tests are listed with others that ended alike")
    if table.without_explanation:
        parts.append(f"{table.without_explanation} tests have no explanation")
    if not parts:
        return ""
    told = " and ".join(parts)
    return f"<p>For want of room {told} here; the HTML report of each run has all of it.</p>\n"


def _filters(*, many: bool) -> str:
    """Return the controls; they are hidden until the script has shown them."""
    boxes = [("failing", "Failing"), ("critical", "Critical")]
    if many:
        boxes.insert(1, ("differs", "Differs between implementations"))
    shown = "".join(
        f"<label><input type=checkbox name={name}> {label}</label>\n" for name, label in boxes
    )
    return (
        "<form id=page-filters hidden>\n<fieldset><legend>Show only</legend>\n"
        f"{shown}</fieldset>\n"
        "<label class=search>Search <input type=search id=page-search autocomplete=off></label>\n"
        "<button type=button id=page-open>Open all</button>\n"
        "<button type=button id=page-close>Close all</button>\n"
        "<button type=button id=page-reset>Reset</button>\n"
        "<output id=page-shown aria-live=polite></output>\n</form>\n"
    )
