from __future__ import annotations

import io
import json
import sys
from typing import Any, List, Sequence

import pytest

from conformance import challenge
from conformance.challenge import fresh_cases, make_file, produce, serve_files
from conformance.plan import Case, challenge_cases
from conformance.requirements import SuiteError
from conformance.vectors import load_files
from tests.unit.conformance.scripted import cases_of

PUBLISHED = {file.name: file for file in load_files()}


def never() -> bool:
    return False


def test_a_fresh_file_has_the_same_tests_and_other_values() -> None:
    name = "keys/public"
    fresh = make_file(name, "a")
    assert [vector.id for vector in fresh.vectors] == [v.id for v in PUBLISHED[name].vectors]
    assert fresh.document != PUBLISHED[name].document
    assert fresh.document == make_file(name, "a").document
    assert fresh.document != make_file(name, "b").document


def test_a_challenge_never_has_the_seed_of_the_published_vectors() -> None:
    fresh = make_file("keys/public", "venice-vectors/1")
    assert fresh.document["generator"] != PUBLISHED["keys/public"].document["generator"]


def test_a_file_without_a_generator_is_refused() -> None:
    with pytest.raises(SuiteError, match="no generator"):
        make_file("keys/other", "a")


def test_files_are_served_one_a_line_and_a_fault_takes_no_other_with_it() -> None:
    out = io.StringIO()
    serve_files(iter(["keys/other", "keys/public"]), "a", out)
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first["file"] == "keys/other"
    assert "no generator" in first["error"]
    assert second["document"]["file"] == "keys/public"


def made(jobs: int = 1, names: Sequence[str] = ("keys/public", "keys/address")) -> Any:
    return dict(produce(names, "a", jobs=jobs))


def test_processes_make_the_same_as_this_one() -> None:
    assert made(jobs=2) == {name: dict(make_file(name, "a").document) for name in made()}


def test_where_no_process_can_be_started_they_are_made_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(challenge, "suite_command", lambda: ("no/such/program",))
    assert set(made()) == {"keys/public", "keys/address"}


def test_a_process_that_dies_is_said_of_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    dying = (sys.executable, "-c", "pass")
    monkeypatch.setattr(challenge, "suite_command", lambda: dying)
    assert all("its generator ended" in text for text in made().values())


def test_the_making_ends_when_the_run_does() -> None:
    assert list(produce(["keys/public"], "a", jobs=1, stopped=lambda: True)) == []


def test_cases_are_handed_over_with_their_fresh_vectors() -> None:
    cases = challenge_cases(cases_of("keys/public"))
    got: List[Case] = []
    fresh_cases(cases[:5], "a")(got.extend, never)
    assert [case.id for case in got] == [case.id for case in cases[:5]]
    for case, old in zip(got, cases):
        assert case.vector is not None
        assert old.vector is not None
        assert case.vector.id == old.vector.id
    assert any(case.vector != old.vector for case, old in zip(got, cases))


def test_what_could_not_be_made_is_an_error_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_names: Any, _seed: str, **_rest: Any) -> Any:
        yield "keys/public", "ValueError: oh"

    monkeypatch.setattr(challenge, "produce", broken)
    with pytest.raises(SuiteError, match="oh"):
        fresh_cases(challenge_cases(cases_of("keys/public")), "a")(lambda _cases: None, never)
