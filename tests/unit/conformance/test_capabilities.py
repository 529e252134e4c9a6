"""What is declared is tested, what every client needs may not be left out, the rest is listed.

The truth table: declared or not, mandatory or optional, answered with the right output or with
unsupported; each row is run through the runner.
"""

from __future__ import annotations

import itertools
from typing import Dict, Tuple

import pytest

from conformance.adapters.inprocess import InProcessAdapter
from conformance.levels import judge_run
from conformance.operations import PROFILES
from conformance.runner import Settings, run_cases
from tests.unit.conformance.knowing import FILES, Subject, cases_of, run

MANDATORY = "keys/parse"
OPTIONAL = "keys/address_parse"


def of_files() -> Tuple[str, str]:
    mandatory, optional = FILES[MANDATORY].op, FILES[OPTIONAL].op
    assert mandatory in PROFILES["full"]
    assert optional not in PROFILES["full"]
    return MANDATORY, OPTIONAL


TABLE: Dict[Tuple[bool, bool, bool], str] = {
    # declared, mandatory, answers: what the result is
    (True, True, True): "pass",
    (True, True, False): "fail/false_advertising",
    (True, False, True): "pass",
    (True, False, False): "fail/false_advertising",
    (False, True, True): "fail/missing_mandatory",
    (False, True, False): "fail/missing_mandatory",
    (False, False, True): "not_applicable",
    (False, False, False): "not_applicable",
}


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(itertools.product((True, False), repeat=3))


@pytest.mark.parametrize(("declared", "mandatory", "answers"), TABLE)
def test_each_row_of_the_table(declared: bool, mandatory: bool, answers: bool) -> None:
    cases = cases_of(of_files()[0 if mandatory else 1])
    subject = Subject(cases, declares=declared, supports=answers)
    results = run(cases, subject)
    said = [f"{row.status}/{row.subtype}".rstrip("/") for row in results]
    assert said == [TABLE[declared, mandatory, answers]] * len(cases)
    assert subject.asked == (len(cases) if declared and answers else 0), "not declared, not asked"
    assert all(row.detail for row in results if row.status != "pass")


@pytest.mark.parametrize(("declared", "mandatory", "answers"), TABLE)
def test_what_is_left_out_is_listed_and_never_a_pass(
    declared: bool, mandatory: bool, answers: bool
) -> None:
    cases = cases_of(of_files()[0 if mandatory else 1])
    results = run(cases, Subject(cases, declares=declared, supports=answers))
    assert [row.id for row in results] == [case.id for case in cases]
    verdict = judge_run({}, results, complete=True)
    assert verdict.conformant == (declared and answers)


def test_a_feature_that_is_not_declared_does_not_apply() -> None:
    control, refused = cases_of(MANDATORY)
    needy = refused._replace(needs=frozenset({"aad"}))
    without = run((control, needy), Subject((control, needy), declares=True, supports=True))
    assert [row.status for row in without] == ["pass", "not_applicable"]
    assert "aad" in without[1].detail
    subject = Subject((control, needy), declares=True, supports=True, features=["aad"])
    assert [row.status for row in run((control, needy), subject)] == ["pass", "pass"]


def test_another_profile_needs_other_operations() -> None:
    cases = cases_of(MANDATORY)
    subject = Subject(cases, declares=False, supports=False)
    settings = Settings(profile="attestation-verifier")
    results = run_cases(cases, lambda: InProcessAdapter(subject), settings).results
    assert {row.status for row in results} == {"not_applicable"}
