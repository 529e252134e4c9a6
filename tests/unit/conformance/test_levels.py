"""Levels are computed from the results."""

from __future__ import annotations

from typing import List, Sequence

import pytest

from conformance.levels import LEVELS, judge_run
from conformance.results import INTERRUPTED, NO_OPERATIONS, STATUSES, Result
from tests.unit.conformance.report.samples import header, passed, result


def level(rows: Sequence[Result], *, challenge: str = "c", complete: bool = True) -> str:
    return judge_run(header(challenge=challenge), rows, complete=complete).level


VECTOR = result("field.open/a")
SCENARIO = result("scenario/a")
FRESH = result("challenge/field.open/a")


@pytest.mark.parametrize(
    ("rows", "challenge", "expected"),
    [
        ([], "c", "none"),
        ([SCENARIO], "c", "none"),
        ([VECTOR], "c", "Vectors"),
        ([VECTOR, SCENARIO], "", "Client-safe"),
        ([VECTOR, SCENARIO], "c", "Client-safe"),
        ([VECTOR, SCENARIO, FRESH], "", "Client-safe"),
        ([VECTOR, SCENARIO, FRESH], "c", "Strict"),
        ([VECTOR, SCENARIO, FRESH, result("a/b", "pass_verdict_only")], "c", "Client-safe"),
        ([VECTOR, SCENARIO, FRESH, result("a/b", "warn")], "c", "Verified"),
        ([VECTOR, SCENARIO, FRESH, result("a/b", "not_applicable")], "c", "Strict"),
        ([VECTOR, SCENARIO, FRESH, result("scenario/b", "fail")], "c", "Vectors"),
        ([VECTOR, SCENARIO, FRESH, result("challenge/a/b", "fail")], "c", "Client-safe"),
    ],
)
def test_levels(rows: List[Result], challenge: str, expected: str) -> None:
    assert level(rows, challenge=challenge) == expected


@pytest.mark.parametrize("status", [name for name, row in STATUSES.items() if row.blocks])
def test_what_blocks_takes_the_level_and_conformance(status: str) -> None:
    rows = [*passed().results, result("a/b", status)]
    verdict = judge_run(header(challenge="c"), rows, complete=True)
    assert verdict.level == "none"
    assert not verdict.conformant
    assert verdict.because[0].startswith(f"1 {status}: ")


def test_an_interrupted_or_partial_run_has_no_level() -> None:
    rows = passed().results
    assert level(rows, complete=False) == "none"
    partial = judge_run(header(challenge="c", partial=True), rows, complete=True)
    assert (partial.level, partial.conformant) == ("none", False)
    assert partial.because[0] == "only a part of the profile was selected"


def test_what_was_wrong_with_the_files_of_the_run_speaks_against_it() -> None:
    verdict = judge_run(header(problems=["an entry is stale"]), passed().results, complete=True)
    assert not verdict.conformant
    assert verdict.because[0] == "an entry is stale"


def test_nothing_executed_is_never_conformant() -> None:
    for status in ("deselected", "not_applicable", "blocked"):
        assert not judge_run(header(), [result("a/b", status)], complete=True).conformant


def test_the_next_level_is_explained() -> None:
    verdict = judge_run(header(), [VECTOR, SCENARIO], complete=True)
    assert verdict.because == ("not Verified: no vectors were made for this run (--challenge)",)
    assert LEVELS[0] == "none"


def test_what_an_interruption_left_is_called_by_its_name() -> None:
    rows = [
        *passed().results,
        result("a/b", "blocked", detail=INTERRUPTED),
        result("a/c", "inconclusive"),
    ]
    because = judge_run(header(), rows, complete=False).because
    assert "1 blocked: not executed: the run was interrupted" in because
    told = next(reason for reason in because if "inconclusive" in reason)
    assert "not executed before the run was interrupted" in told
    assert not any("could not be used" in reason for reason in because)
    whole = judge_run(header(), rows, complete=True).because
    assert "1 blocked: not executed: the adapter could not be used" in whole


def test_a_client_without_operations_left_nothing_out_by_a_filter() -> None:
    rows = [SCENARIO, *(result(f"a/{n}", "deselected", detail=NO_OPERATIONS) for n in range(3))]
    because = judge_run(header(), rows, complete=True).because
    assert because[0] == "3 deselected: a client has no single operations, only conversations"
    assert not any("filter" in reason for reason in because)
    both = judge_run(header(), [*rows, result("a/x", "deselected")], complete=True).because
    assert both[:2] == (because[0], "1 deselected: left out by a filter")
