from __future__ import annotations

from typing import Any, Dict, List

import pytest

from bench import targets
from bench.registry import INQUIRIES, WORKS
from bench.targets import ABSENT, MET, MISSED, NEAR, TARGETS, Target

FACTOR = Target("chunk", "open-chunk", "peer", 2.0, 4.0)
UNITS = Target("ecdh", "ecdh", "unit", 1850, 1420, at_most=True)


def run(candidates: List[Any], skipped: List[Any], table: str = "open-chunk") -> Dict[str, Any]:
    return {"tables": [{"name": table, "candidates": candidates, "skipped": skipped}]}


def test_every_target_names_a_candidate_of_a_table() -> None:
    tables = {work.name: [name for name, _ in work.candidates] for work in WORKS}
    inquiries = [one.name for one in INQUIRIES]
    for target in TARGETS:
        assert target.table in inquiries or target.peer in tables[target.table], target
        assert target.aim < target.gate if target.at_most else target.aim > target.gate


@pytest.mark.parametrize(
    ("median", "expected"), [(2.0, MET), (1.99, NEAR), (1.9, NEAR), (1.89, MISSED)]
)
def test_a_ratio_is_judged_by_the_least_that_is_wanted(median: float, expected: str) -> None:
    assert targets.judge(FACTOR, median) == expected


@pytest.mark.parametrize(("median", "expected"), [(1850, MET), (1900, NEAR), (2000, MISSED)])
def test_units_are_judged_by_the_most_that_is_wanted(median: float, expected: str) -> None:
    assert targets.judge(UNITS, median) == expected


def test_a_verdict_has_the_quartiles_and_the_share_of_the_aim() -> None:
    found = targets.verdict(FACTOR, run([["ours", 1e-3], ["peer", 3e-3, 3.0, 2.9, 3.2]], []))
    assert found[1:5] == (3.0, 2.9, 3.2, MET)
    assert found.of_aim == 0.75


def test_units_are_turned_round_with_their_quartiles() -> None:
    candidates = [["ours", 1e-3], ["unit", 5e-7, 1 / 2000, 1 / 2100, 1 / 1900]]
    found = targets.verdict(UNITS, run(candidates, [], "ecdh"))
    assert found.median == pytest.approx(2000)
    assert (found.first_quartile, found.third_quartile) == pytest.approx((1900, 2100))
    assert found.verdict == MISSED
    assert found.of_aim == pytest.approx(0.71)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (run([["ours", 1e-3]], [["peer", "no wheel"]]), "no wheel"),
        (run([], [["open-chunk", "no captures"]]), "no captures"),
        (run([["ours", 1e-3]], []), "not in this run"),
        ({"tables": []}, "not measured in this run"),
    ],
)
def test_what_was_not_measured_is_absent_with_its_reason(
    value: Dict[str, Any], reason: str
) -> None:
    found = targets.verdict(FACTOR, value)
    assert (found.verdict, found.reason, found.of_aim) == (ABSENT, reason, None)


def test_the_table_has_a_line_for_each_target() -> None:
    lines = targets.gates_text({"tables": []}).splitlines()
    assert len(lines) == len(TARGETS) + 1
    assert all(ABSENT in line for line in lines[1:])
