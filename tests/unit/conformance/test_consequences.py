"""Impact, hint and requirement are about what happened, and not about what a test looks for."""

from __future__ import annotations

import itertools
from typing import Any, Mapping

import pytest

from conformance.consequences import BY_REQUIREMENT, BY_SUBTYPE
from conformance.explain import Repro, explanation_of
from conformance.judging import Finding, judge_reply, lacking, untested_features
from conformance.requirements import requirements_by_id
from conformance.results import SUBTYPES, Explanation
from conformance.round_trip import round_trip
from conformance.settle import settle
from tests.unit.conformance.scripted import case_of, cases_of, every_case, hello, right
from tests.unit.conformance.test_round_trip import OwnRandom, sound

KNOWN = requirements_by_id()
REPRO = Repro(("run",), seed="1")


def explained(name: str, finding: Finding) -> Explanation:
    return explanation_of(case_of(name), finding, KNOWN, REPRO)


def test_the_tables_name_what_there_is() -> None:
    assert set(BY_SUBTYPE) == {"leak", "released_early", "incomplete", "wrong_requests"}
    assert set(BY_SUBTYPE) <= set(SUBTYPES)
    assert set(BY_REQUIREMENT) <= set(KNOWN)


@pytest.mark.parametrize("spoil", ["key twice", "nonce twice"])
@pytest.mark.parametrize("file", ["envelope/seal", "request/messages"])
def test_a_key_or_nonce_that_comes_twice_is_named_and_dangerous(spoil: str, file: str) -> None:
    case = sound(cases_of(file))[0]
    assert case.vector is not None
    says = hello(("field.seal", "field.open", "request.build"), rng=False)
    finding = round_trip(case.vector, OwnRandom(spoil), says)
    assert (finding.status, finding.requirement) == ("fail", "ENV-7")
    shown = explanation_of(case, finding, KNOWN, REPRO)
    assert shown.requirement.startswith("ENV-7: ")
    assert (shown.impact, shown.hint) == BY_REQUIREMENT["ENV-7"]


@pytest.mark.parametrize(
    ("spoil", "file", "requirement"),
    [
        ("upper case", "envelope/seal", "ENV-8"),
        ("longer", "envelope/seal", "ENV-1"),
        ("plaintext", "request/messages", "MSG-1"),
    ],
)
def test_a_wrong_form_names_its_requirement(spoil: str, file: str, requirement: str) -> None:
    case = sound(cases_of(file))[0]
    assert case.vector is not None
    says = hello(("field.seal", "field.open", "request.build"), rng=False)
    finding = round_trip(case.vector, OwnRandom(spoil), says)
    assert finding.requirement == requirement
    assert explanation_of(case, finding, KNOWN, REPRO).requirement.startswith(f"{requirement}: ")


def test_what_was_shown_too_early_has_words_of_its_own() -> None:
    case = next(
        case
        for case in cases_of("stream/events")
        if case.vector is not None and case.vector.expect.released is not None
    )
    assert case.vector is not None
    reply: Any = right(case.vector)
    reply["reject"]["released"] = [{"kind": "content", "text": "more"}]
    finding = judge_reply(case.vector, reply, hello())
    assert finding.subtype == "released_early"
    shown = explanation_of(case, finding, KNOWN, REPRO)
    assert (shown.impact, shown.hint) == BY_SUBTYPE["released_early"]


def test_an_accepted_forgery_keeps_the_words_of_its_vector() -> None:
    name = next(case.id for case in cases_of("envelope/open") if case.negative)
    shown = explained(name, Finding("fail", "accepted_invalid", "x"))
    assert (shown.impact, shown.hint) not in set(itertools.chain(BY_SUBTYPE.values()))


def test_features_that_leave_tests_out_are_counted() -> None:
    needy = [case for case in every_case() if case.needs]
    without: Mapping[str, Finding] = {
        case.id: lacking(case, frozenset({"aad"})) or Finding("pass") for case in needy
    }
    ids = frozenset(case.id for case in needy)
    counts = untested_features(settle(needy, without, ids, KNOWN, REPRO))
    expected = {
        name: sum(name in case.needs for case in needy)
        for name in ("lone-surrogates", "session", "dcap", "gpu-nras", "signature")
    }
    assert dict(counts) == expected
    assert counts["lone-surrogates"] > 1
