from __future__ import annotations

from typing import Sequence

import pytest

from conformance.exits import exit_code, exit_reason
from conformance.report.document import make_report
from conformance.results import STATUSES, Result


def row(number: int, status: str) -> Result:
    return Result(
        f"x/{number}", "vector", status, "", "", "x", (), "MUST", "normal", False, "", 0.0
    )  # fmt: skip


def code(statuses: Sequence[str], *, complete: bool = True, problem: str = "") -> int:
    rows = [row(number, status) for number, status in enumerate(statuses)]
    header = {"problems": [problem] if problem else []}
    return exit_code(make_report(header, rows, complete=complete))


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["pass"], 0),
        (["pass", "pass_verdict_only", "warn", "xfail", "not_applicable", "deselected"], 0),
        (["xfail"], 0),
        (["pass", "fail"], 1),
        (["pass", "xpass"], 1),
        (["pass", "flaky"], 1),
        (["pass", "inconclusive"], 1),
        (["crash"], 1),
        (["timeout"], 1),
        (["protocol_error"], 1),
        (["pass", "blocked"], 1),
        (["pass", "harness_error"], 3),
        (["fail", "harness_error"], 3),
        ([], 5),
        (["deselected"], 5),
        (["not_applicable", "deselected"], 5),
        (["blocked"], 7),
        (["blocked", "deselected", "not_applicable"], 7),
    ],
)
def test_the_exit_code_follows_from_the_results(statuses: Sequence[str], expected: int) -> None:
    assert code(statuses) == expected


def test_every_status_that_fails_fails_a_run() -> None:
    for name, status in STATUSES.items():
        assert (code(["pass", name]) != 0) == status.fails


def test_an_interruption_is_seen_whatever_else_happened() -> None:
    assert code(["pass"], complete=False) == 2
    assert code(["harness_error"], complete=False) == 2


def test_what_is_wrong_with_the_expected_failures_fails_a_run() -> None:
    assert code(["pass"], problem="line 3 has no reason yet") == 1
    assert code(["deselected"], problem="x") == 5


SELECTED = "exit code 0: everything that was selected passed; not a conformance claim because"


@pytest.mark.parametrize(
    ("statuses", "partial", "said"),
    [
        (["pass"], False, "exit code 0: everything that was required passed"),
        (
            ["pass", "deselected"],
            True,
            f"{SELECTED} only a part of the profile was selected",
        ),
        (["pass", "fail"], False, "exit code 1: 1 of 2 tests failed"),
        (["harness_error"], False, "exit code 3: the suite itself broke"),
        (["deselected"], False, "exit code 5: nothing was executed"),
        (["blocked"], False, "exit code 7: the implementation could not be started"),
    ],
)
def test_why_it_is(statuses: Sequence[str], *, partial: bool, said: str) -> None:
    rows = [row(number, status) for number, status in enumerate(statuses)]
    report = make_report({"partial": partial}, rows, complete=True)
    assert exit_reason(report) == said
    assert exit_reason(make_report({}, rows, complete=False)).startswith("exit code 2: ")


def test_wrong_files_are_why_as_well() -> None:
    report = make_report({"problems": ["a", "b"]}, [row(1, "pass")], complete=True)
    assert exit_reason(report) == "exit code 1: the files of the run are wrong in 2 places"
