"""The pages say what every other form says: nothing is green where the run is not conformant."""

from __future__ import annotations

import json
import re
from typing import List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.expectations import apply, parse
from conformance.report import badge, console, html, matrix
from conformance.report.document import Report, make_report
from conformance.results import STATUSES, SUBTYPES
from tests.unit.conformance.expecting import TODAY
from tests.unit.conformance.report import samples
from tests.unit.conformance.report.pages import Page


@st.composite
def reports(draw: st.DrawFn) -> Report:
    statuses: List[str] = draw(st.lists(st.sampled_from(list(STATUSES)), max_size=8))
    rows = [
        samples.result(
            f"{draw(st.sampled_from(['field.open', 'scenario']))}/case-{number}",
            status,
            keyword=draw(st.sampled_from(["MUST", "SHOULD"])),
            subtype=draw(st.sampled_from(list(SUBTYPES))) if status == "fail" else "",
        )
        for number, status in enumerate(statuses)
    ]
    header = samples.header(
        partial=draw(st.booleans()), problems=draw(st.sampled_from([[], ["one line is stale"]]))
    )
    return make_report(header, rows, complete=draw(st.booleans()))


def verdicts(source: str) -> List[str]:
    """Return the words of the row that says whether each implementation is conformant."""
    row = re.search(r"<tr><th scope=row>Conformant</th>(.*?)</tr>", source, re.DOTALL)
    assert row is not None, "the page does not say whether it is conformant"
    return re.findall(r"(yes|no)</strong>", row[1])


def check(report: Report) -> None:
    verdict = report.verdict
    other = samples.passed()
    for source, count in ((html.render(report), 1), (matrix.render([report, other]), 2)):
        shown = verdicts(source)
        assert shown[:1] == ["yes" if verdict.conformant else "no"]
        assert len(shown) in {1, count}
        text = Page(source).text
        assert all(" ".join(reason.split()) in text for reason in verdict.because), text[:2000]


@pytest.mark.parametrize(
    ("name", "report"), [pair for pair in samples.samples() if pair[0] != "nasty"]
)
def test_samples(name: str, report: Report) -> None:
    assert name
    check(report)


@settings(max_examples=12, deadline=None)
@given(reports())
def test_reports_at_random(report: Report) -> None:
    check(report)


@pytest.mark.parametrize("status", [name for name, row in STATUSES.items() if row.blocks])
def test_one_result_that_blocks_is_enough(status: str) -> None:
    passed = samples.passed()
    assert verdicts(html.render(passed)) == ["yes"]
    rows = [*passed.results, samples.result("field.open/other", status)]
    report = make_report(passed.header, rows, complete=True)
    assert verdicts(html.render(report)) == ["no"]
    check(report)


def test_a_file_of_expected_failures_buys_nothing_anywhere() -> None:
    """The run is not red any more, and every form still says that it is not conformant."""
    rows = [samples.result("field.open/plain"), samples.result("field.open/cut", "fail")]
    expectations = parse("xfail field.open/cut accepted_invalid | known\n", "a.xfail", renamed={})
    applied = apply(rows, expectations, today=TODAY, partial=False)
    report = make_report(samples.header(), applied.results, complete=True)
    assert report.failures == ()
    assert verdicts(html.render(report)) == ["no"]
    assert "conformant: no" in console.render(report)
    assert "green" not in json.loads(badge.render(report))["color"]
    for text in (console.render(report, width=400), Page(html.render(report)).text):
        assert "known" in text, "an expected failure is shown with its reason"
