"""A frozen profile gives the same verdict under a later suite: what is new is not scored."""

from __future__ import annotations

from typing import List, Sequence, Tuple

import pytest

from conformance.levels import Verdict, judge_run
from conformance.plan import Case, plan
from conformance.profiles import PENDING, Profile, encode_profile, parse_profile, renewed
from conformance.requirements import SuiteError, requirements_by_id
from tests.unit.conformance.knowing import FILES, Subject, run

NAME = "core-crypto"
CASES = plan([FILES["keys/parse"]], [], requirements_by_id())
OLD = CASES[:40]
NEW = CASES[40:]


def frozen(cases: Sequence[Case]) -> Profile:
    return renewed(NAME, cases)._replace(frozen="1.0.0")


def verdict(profile: Profile, cases: Sequence[Case], knows: Sequence[Case]) -> Verdict:
    """Return what an implementation gets that is right about some cases and wrong elsewhere."""
    scored = [case for case in cases if case.id in set(profile.ids)]
    return judge_run({}, run(scored, Subject(knows, declares=True, supports=True)), complete=True)


def test_the_suite_has_grown() -> None:
    assert len(OLD) > 30
    assert len(NEW) > 30


def test_what_came_later_does_not_change_the_verdict() -> None:
    before = frozen(OLD)
    after = renewed(NAME, CASES, [before])
    assert after.ids == before.ids
    assert verdict(before, OLD, OLD).conformant
    assert verdict(after, CASES, OLD) == verdict(before, OLD, OLD)
    grown = renewed(NAME, CASES)
    assert set(grown.ids) == {case.id for case in CASES}
    assert not verdict(grown, CASES, OLD).conformant, "the new tests do find something"


def test_what_came_later_is_listed_with_its_reason() -> None:
    after = renewed(NAME, CASES, [frozen(OLD)])
    assert after.not_scored == {case.id: PENDING for case in NEW}
    again = parse_profile(encode_profile(after), NAME)
    assert again == after
    said = after._replace(not_scored={**after.not_scored, NEW[0].id: "an extension"})
    assert renewed(NAME, CASES, [said]).not_scored[NEW[0].id] == "an extension"


def test_a_failure_that_counted_still_counts() -> None:
    after = renewed(NAME, CASES, [frozen(OLD)])
    assert not verdict(after, CASES, OLD[1:]).conformant


def test_a_profile_that_is_not_frozen_grows() -> None:
    growing = renewed(NAME, OLD)
    assert set(renewed(NAME, CASES, [growing]).ids) == {case.id for case in CASES}


def test_a_test_that_counted_cannot_go() -> None:
    gone: List[Tuple[Case, ...]] = [OLD[1:], OLD[:-1], ()]
    for cases in gone:
        with pytest.raises(SuiteError, match="no test any more"):
            renewed(NAME, cases, [frozen(OLD)])
