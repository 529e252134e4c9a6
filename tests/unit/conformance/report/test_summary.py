"""The words that every form has in common."""

from __future__ import annotations

from typing import Any, Tuple

import pytest

from conformance.report.summary import (
    Group,
    causes,
    count_words,
    groups,
    header_text,
    implementation_line,
    level_line,
    must_line,
)
from conformance.results import STATUSES, Result
from tests.unit.conformance.report import samples
from tests.unit.conformance.report.samples import explanation, report, result


def test_the_line_of_the_mandatory_tests() -> None:
    rows = [result(f"a.b/{number}") for number in range(410)]
    rows += [result(f"c.d/{number}", "fail") for number in range(2)]
    rows += [result(f"e.f/{number}", "not_applicable") for number in range(4)]
    rows += [result(f"g.h/{number}", "blocked") for number in range(2)]
    rows += [result("i.j/1", keyword="SHOULD")]
    assert must_line(report(rows)) == (
        "executed 412 of 418 MUST: 410 pass, 2 fail; 6 not executed: 4 not applicable, 2 blocked"
    )
    assert must_line(report(rows), "SHOULD") == "executed 1 of 1 SHOULD: 1 pass"
    assert must_line(samples.empty()) == "executed 0 of 0 MUST"


def test_counts_in_words() -> None:
    assert count_words(samples.one_of("pass_verdict_only").results) == (
        "1 pass, 1 pass by verdict only"
    )
    assert count_words(()) == "none"


def test_groups_are_in_the_order_of_the_report_and_hold_everything() -> None:
    found = groups(samples.every_status())
    assert [group.name for group in found] == ["field.open", "scenario/keys"]
    assert sum(len(group.results) for group in found) == len(samples.every_status().results)
    assert [group.worst for group in found] == ["harness_error", "fail"]


def test_causes() -> None:
    rows = [
        result("a/1", "fail", detail="x"),
        result("a/2", "fail", detail="x"),
        result("a/3", "fail", detail="x", explanation=explanation(hint="another")),
        result("a/4", "fail", detail="y"),
        result("a/5", "fail", subtype="leak", detail="x"),
        result("b/1", "fail", detail="x"),
        result("a/6", "inconclusive", control="a/1", detail="p"),
        result("b/6", "inconclusive", control="a/1", detail="q"),
        result("a/7", "blocked", detail="gone"),
        result("b/7", "blocked", detail="gone"),
        result("a/8", "crash", detail="signal 11"),
        result("a/9", "fail", subtype="missing_mandatory", detail="1"),
        result("a/10", "fail", subtype="missing_mandatory", detail="2"),
        result("a/11", "xfail"),
        result("a/12"),
    ]
    found = [[row.id for row in cause.results] for cause in causes(report(rows))]
    assert found == [
        ["a/8"], ["a/7", "b/7"], ["a/1", "a/2"], ["a/3"], ["a/4"], ["a/5"], ["b/1"],
        ["a/9", "a/10"], ["a/6", "b/6"],
    ]  # fmt: skip


def test_every_failure_is_of_one_cause() -> None:
    for _, sample in samples.samples():
        ids = [row.id for cause in causes(sample) for row in cause.results]
        assert sorted(ids) == sorted(row.id for row in sample.failures)


def test_what_is_critical_comes_first_among_equals() -> None:
    rows = [result("a/1", "fail", importance="normal", detail="1"), result("a/2", "fail")]
    assert [cause.first.id for cause in causes(report(rows))] == ["a/2", "a/1"]


def test_a_header_with_members_missing_is_no_error() -> None:
    bare = samples.passed()._replace(header={})
    assert header_text(bare, "suite", "version") == ""
    assert implementation_line(bare) == "an implementation without a name"
    assert level_line(bare) == "level: Strict"


def test_no_form_has_a_percentage() -> None:
    for name in STATUSES:
        assert "%" not in must_line(samples.one_of(name))


def _talk(name: str, status: str = "fail", *, impact: str = "own", **changes: Any) -> Result:
    members = {"subtype": "error", "detail": "x", "control": "scenario/honest", **changes}
    return result(f"scenario/{name}", status, explanation=explanation(impact=impact), **members)


def test_conversations_that_fail_like_their_control_are_shown_with_it() -> None:
    rows = [
        _talk("early", impact="its own"),
        _talk("honest", control=""),
        _talk("other", detail="with other words", impact="another"),
        _talk("another", subtype="leak"),
        _talk("inconclusive", "inconclusive", subtype=""),
    ]
    found = [[row.id[9:] for row in cause.results] for cause in causes(report(rows))]
    assert found == [["honest", "early", "other"], ["another"], ["inconclusive"]]


def test_missing_operations_are_not_executed() -> None:
    rows = [result(f"a.b/{number}") for number in range(3)]
    rows += [result(f"c.d/{n}", "fail", subtype="missing_mandatory") for n in range(4)]
    rows += [result("e.f/1", "deselected", subtype="")]
    assert must_line(report(rows)) == (
        "executed 3 of 8 MUST: 3 pass; 4 of missing operations; 1 not executed: 1 deselected"
    )


@pytest.mark.parametrize(
    ("statuses", "mark"),
    [
        (("pass", "deselected", "fail", "timeout"), "timeout"),
        (("pass", "xfail", "warn"), "xfail"),
        (("xfail", "fail"), "fail"),
        (("pass", "not_applicable"), "pass"),
        (("pass", "pass_verdict_only", "deselected"), "pass"),
        (("pass_verdict_only", "deselected"), "pass_verdict_only"),
        (("deselected", "not_applicable"), "deselected"),
        (("not_applicable",), "not_applicable"),
    ],
)
def test_the_mark_of_a_group(statuses: Tuple[str, ...], mark: str) -> None:
    rows = tuple(result(f"a.b/{name}", name) for name in statuses)
    assert Group("a.b", rows).worst == mark
