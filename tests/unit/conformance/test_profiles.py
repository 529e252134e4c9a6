from __future__ import annotations

import pytest

from conformance.operations import CHAT, PROFILES
from conformance.profiles import (
    PENDING,
    encode_profile,
    frozen_ids,
    load_profile,
    parse_profile,
    renewed,
    stale_profiles,
)
from conformance.requirements import SuiteError
from conformance.usage import UsageProblem
from tests.unit.conformance.scripted import every_case

ALL = every_case()


def test_the_files_list_what_the_suite_has() -> None:
    stale = [name for name, _ in stale_profiles(ALL)]
    assert stale == [], "python3 -m conformance vectors --write"


def test_the_full_profile_has_every_test_in_the_order_of_the_suite() -> None:
    profile = load_profile("full")
    scored = [case.id for case in ALL if case.id not in profile.not_scored]
    assert list(profile.ids) == scored


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_holds_the_controls_and_the_mandatory_operations_of_its_tests(name: str) -> None:
    ids = set(frozen_ids(name))
    mine = [case for case in ALL if case.id in ids]
    assert all(not case.control or case.control in ids for case in mine)
    assert PROFILES[name] <= {case.op for case in mine} | {CHAT}
    assert {case.negative for case in mine} == {True, False}


def test_a_profile_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageProblem, match="did you mean client"):
        load_profile("cleint")


def test_a_frozen_profile_does_not_score_what_came_later() -> None:
    old = renewed("full", ALL[:50])._replace(frozen="0.1.0")
    new = renewed("full", ALL[:53], [old])
    assert new.ids == old.ids
    assert new.frozen == "0.1.0"
    assert new.not_scored == {case.id: PENDING for case in ALL[50:53]}
    assert parse_profile(encode_profile(new), "full") == new


def test_a_frozen_profile_cannot_lose_a_test() -> None:
    old = renewed("full", ALL[:50])._replace(frozen="0.1.0")
    with pytest.raises(SuiteError, match="no test any more"):
        renewed("full", ALL[:49], [old])


@pytest.mark.parametrize("raw", [b"{}", b"[]", b"{", b'{"schema": "venice-profile-1"}'])
def test_a_file_of_another_form_is_refused(raw: bytes) -> None:
    with pytest.raises(SuiteError):
        parse_profile(raw, "full")
