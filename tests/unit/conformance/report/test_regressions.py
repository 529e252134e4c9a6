"""Regressions apart from new tests."""

from __future__ import annotations

import pytest

from conformance.report.regressions import compare
from conformance.results import STATUSES
from tests.unit.conformance.report.samples import header, report, result


def kind(old: str, new: str) -> str:
    one, other = (report([result("field.open/x", status, subtype="")]) for status in (old, new))
    found = compare(one, other)
    names = [name for name in ("regressions", "fixed", "changed") if getattr(found, name)]
    assert len(names) + found.unchanged == 1
    assert not found.new
    assert not found.removed
    return names[0] if names else "same"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("pass", "fail", "regressions"),
        ("pass", "crash", "regressions"),
        ("pass", "inconclusive", "regressions"),
        ("pass", "blocked", "regressions"),
        ("pass", "xfail", "regressions"),
        ("pass", "warn", "regressions"),
        ("pass", "not_applicable", "regressions"),
        ("pass_verdict_only", "fail", "regressions"),
        ("not_applicable", "fail", "regressions"),
        ("pass", "deselected", "changed"),
        ("pass", "pass_verdict_only", "changed"),
        ("pass_verdict_only", "pass", "changed"),
        ("fail", "crash", "changed"),
        ("fail", "xfail", "changed"),
        ("deselected", "pass", "changed"),
        ("fail", "pass", "fixed"),
        ("xfail", "pass", "fixed"),
        ("warn", "pass", "fixed"),
        ("flaky", "pass_verdict_only", "fixed"),
    ],
)
def test_what_a_change_is(old: str, new: str, expected: str) -> None:
    assert kind(old, new) == expected


@pytest.mark.parametrize("status", STATUSES)
def test_the_same_is_no_change(status: str) -> None:
    assert kind(status, status) == "same"


def test_another_subtype_is_a_change() -> None:
    old = report([result("field.open/x", "fail", subtype="rejected_valid")])
    new = report([result("field.open/x", "fail", subtype="leak", detail="at 7")])
    (change,) = compare(old, new).changed
    assert change == ("field.open/x", "fail: rejected_valid", "fail: leak", "at 7")


def test_new_and_removed_tests_are_no_regressions() -> None:
    old = report([result(), result("field.open/gone")])
    new = report([result(), result("field.open/fresh", "fail")])
    found = compare(old, new)
    assert [row.id for row in found.new] == ["field.open/fresh"]
    assert [row.id for row in found.removed] == ["field.open/gone"]
    assert (found.regressions, found.unchanged) == ((), 1)


def test_where_the_runs_differ() -> None:
    suite = {**header()["suite"], "revision": 2}
    found = compare(report([result()]), report([result()], suite=suite, seed="other"))
    assert found.differences == (
        ("suite.revision", "1", "2"),
        ("seed", "20261121-7", "other"),
    )
    assert compare(report([result()]), report([result()])).differences == ()
