"""What is committed about the four implementations says the same everywhere."""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict

import pytest

from conformance.adapters.examples import findings
from conformance.adapters.examples.findings_table import FINDINGS, IMPLEMENTATIONS
from conformance.expectations_file import check, load
from conformance.plan import load_cases
from conformance.requirements import SuiteError, requirements_by_id

ROW = {"status": "fail", "subtype": "accepted_invalid", "req": "STR-1", "control": "", "detail": ""}


@pytest.fixture(scope="module")
def data() -> Dict[str, Any]:
    return findings.decode(findings.DATA.read_text(encoding="ascii"))


@pytest.mark.parametrize("one", IMPLEMENTATIONS, ids=lambda one: one.name)
def test_every_failing_test_belongs_to_one_finding(one: Any, data: Dict[str, Any]) -> None:
    failing = data[one.name]["failing"]
    assert failing
    assert findings.assign(one.name, failing).keys() == failing.keys()


def test_every_finding_is_shown_by_every_implementation_that_it_names(
    data: Dict[str, Any],
) -> None:
    for one in IMPLEMENTATIONS:
        found = findings.assign(one.name, data[one.name]["failing"]).values()
        shown = {finding.key for finding in found}
        assert shown == {finding.key for finding in FINDINGS if one.name in finding.of}


def test_every_file_is_as_it_is_written(data: Dict[str, Any]) -> None:
    for path, text in findings.outputs(data).items():
        assert path.read_text(encoding="utf-8") == text, f"run findings.py: {path.name}"


@pytest.mark.parametrize("one", IMPLEMENTATIONS, ids=lambda one: one.name)
def test_expected_failures_name_tests_that_exist(one: Any, data: Dict[str, Any]) -> None:
    expectations = load(findings.FOLDER / f"{one.file}.xfail")
    assert check(expectations, [case.id for case in load_cases()]) == ()
    named = {entry.pattern for entry in expectations.entries}
    assert named >= data[one.name]["failing"].keys()
    assert named - data[one.name]["failing"].keys() <= findings.UNSTEADY.keys()


def test_findings_name_requirements_that_exist_and_have_one_key_each() -> None:
    known = requirements_by_id()
    for finding in FINDINGS:
        assert finding.req
        assert all(name in known for name in finding.req), finding.key
    assert max(Counter(finding.key for finding in FINDINGS).values()) == 1


def test_a_test_without_a_finding_is_an_error() -> None:
    with pytest.raises(SuiteError, match="scenario/of-tomorrow belongs to"):
        findings.assign("venice-e2ee", {"scenario/of-tomorrow": ROW})


def test_an_inconclusive_test_belongs_to_the_finding_of_its_control() -> None:
    rows = {
        "stream.open/no-done": ROW,
        "stream.open/else": {**ROW, "status": "inconclusive", "req": "ENV-4",
                             "control": "stream.open/no-done"},
    }  # fmt: skip
    found = findings.assign("venice-e2ee", rows)
    assert [one.key for one in found.values()] == ["incomplete", "incomplete"]


def test_an_id_goes_before_a_requirement() -> None:
    rows = {"stream.open/unsafe-size-65": {**ROW, "req": "STR-1"}}
    assert findings.assign("venice-e2ee", rows)["stream.open/unsafe-size-65"].key == (
        "unsafe-plaintext"
    )
