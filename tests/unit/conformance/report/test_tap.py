"""TAP 14, read by a small strict parser."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, NamedTuple

import pytest

from conformance.report.document import Report
from conformance.report.tap import is_ok, render
from conformance.results import STATUSES
from tests.unit.conformance.report import samples

TO_DO = "TO" + "DO"
POINT = re.compile(
    r"(?P<verdict>ok|not ok) (?P<number>[1-9][0-9]*) - (?P<name>(?:[^#\\]|\\[#\\])*?)"
    rf"(?: # (?P<directive>SKIP|{TO_DO}) (?P<why>(?:[^#\\]|\\[#\\])*))?"
)
ENTRY = re.compile(r"  ([a-z_]+): (.+)")


class Point(NamedTuple):
    ok: bool
    name: str
    directive: str
    diagnostics: Dict[str, Any]


def parse(text: str) -> tuple[List[Point], List[str], bool]:
    """Return test points, comments, and whether it bailed out; anything else is an error."""
    lines = text.split("\n")
    assert lines.pop(0) == "TAP version 14"
    assert lines.pop() == ""
    plan = -1
    points: List[Point] = []
    comments: List[str] = []
    bailed = False
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        assert not bailed, "nothing follows a bail out"
        if line.startswith("# "):
            comments.append(line[2:])
        elif line.startswith("Bail out! "):
            bailed = True
        elif line.startswith("1.."):
            assert plan == -1
            assert not points
            plan = int(line[3:])
        else:
            match = POINT.fullmatch(line)
            assert match, line
            assert int(match["number"]) == len(points) + 1
            diagnostics: Dict[str, Any] = {}
            if at < len(lines) and lines[at] == "  ---":
                end = lines.index("  ...", at)
                for entry in lines[at + 1 : end]:
                    found = ENTRY.fullmatch(entry)
                    assert found, entry
                    diagnostics[found[1]] = json.loads(found[2])
                at = end + 1
            name = re.sub(r"\\(.)", r"\1", match["name"])
            points.append(
                Point(match["verdict"] == "ok", name, match["directive"] or "", diagnostics)
            )
    assert plan in (len(points), -1)
    assert plan > 0 or bailed
    return points, comments, bailed


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_it_parses_and_says_what_the_report_says(name: str, report: Report) -> None:
    text = render(report)
    points, comments, bailed = parse(text)
    assert [point.name for point in points] == [row.id for row in report.results], name
    for point, row in zip(points, report.results):
        assert point.ok == is_ok(row.status)
        if row.status != "pass":
            assert point.diagnostics["status"] == row.status
    assert bailed == (not report.complete or not report.results)
    assert f"conformant: {'yes' if report.verdict.conformant else 'no'}" in comments
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028]", text)


@pytest.mark.parametrize("status", STATUSES)
def test_a_consumer_sees_red_exactly_where_the_run_fails(status: str) -> None:
    points, _, _ = parse(render(samples.one_of(status)))
    assert points[1].ok == (not STATUSES[status].fails and status != "xfail")
    red = any(not point.ok and point.directive != TO_DO for point in points)
    assert red == STATUSES[status].fails
    marked = {"not_applicable": "SKIP", "deselected": "SKIP", "xfail": TO_DO}
    assert points[1].directive == marked.get(status, "")


def test_diagnostics_hold_the_explanation_and_the_attachments() -> None:
    points, _, _ = parse(render(samples.every_status()))
    for name, text in samples.explanation()._asdict().items():
        assert points[-1].diagnostics[name] == text
    assert points[-1].diagnostics["attachments"]["stderr"].startswith("line 0\n")


def test_only_deselected_tests_bail_out() -> None:
    _, _, bailed = parse(render(samples.report([samples.result(status="deselected")])))
    assert bailed


def test_what_was_wrong_with_the_run_is_a_failing_point() -> None:
    report = samples.report([samples.result()], problems=["a # stale \\ entry"])
    points, _, _ = parse(render(report))
    assert (points[-1].ok, points[-1].name) == (False, "run: a # stale \\ entry")
