"""JUnit XML: well-formed whatever an adapter wrote, counts that add up, and nothing looks green."""

from __future__ import annotations

from typing import Dict, List
from xml.etree import ElementTree as ET

import pytest

from conformance.report.document import Report
from conformance.report.junit import outcome, render
from conformance.results import STATUSES
from tests.unit.conformance.report import samples

ALLOWED = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase"],
    "testcase": ["properties", "skipped", "failure", "error", "system-out"],
    "properties": ["property"],
}
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "testcase": {"name", "classname", "time", "file"},
    "property": {"name", "value"},
    "skipped": {"message"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
}


def check(element: ET.Element) -> None:
    """Hold the structure that the readers have in common."""
    assert set(element.attrib) <= ATTRIBUTES.get(element.tag, set())
    for child in element:
        assert child.tag in ALLOWED.get(element.tag, [])
        check(child)


def parse(report: Report) -> ET.Element:
    return ET.fromstring(render(report).encode("utf-8"))


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_structure_and_counts(name: str, report: Report) -> None:
    root = parse(report)
    check(root)
    total: Dict[str, int] = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for suite in root:
        cases = suite.findall("testcase")
        found = {
            "tests": len(cases),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
            "skipped": len(suite.findall("testcase/skipped")),
        }
        assert found == {kind: int(suite.attrib[kind]) for kind in found}, name
        for kind, count in found.items():
            total[kind] += count
    assert total == {kind: int(root.attrib[kind]) for kind in total}


def test_every_test_stands_there_once_in_its_suite() -> None:
    report = samples.every_status()
    cases = [case.attrib["name"] for case in parse(report).iter("testcase")]
    assert cases == [row.id for row in report.results]


def test_the_suite_is_the_file_of_vectors_or_the_area_of_the_scenario() -> None:
    rows = [
        samples.result("field.open/plain", file="envelope/open"),
        samples.result("scenario/keys-swapped", file="scenarios"),
        samples.result("challenge/field.open/plain", file="envelope/open"),
        samples.result("key.parse/plain"),
    ]
    root = parse(samples.report(rows))
    assert [suite.attrib["name"] for suite in root][1:] == [
        "envelope/open", "scenario/keys", "challenge/envelope/open", "key.parse",
    ]  # fmt: skip
    files = [case.get("file") for case in root.iter("testcase")]
    assert files == ["vectors/envelope/open.json", None, "vectors/envelope/open.json", None]


def test_a_failure_has_its_subtype_and_all_of_its_explanation() -> None:
    (failure,) = parse(samples.one_of("fail")).iter("failure")
    assert failure.attrib["type"] == "accepted_invalid"
    for name, text in samples.explanation()._asdict().items():
        assert f"{name}: {text}" in (failure.text or "")


def test_what_a_status_is() -> None:
    kinds = {name: outcome(name) for name in STATUSES}
    assert kinds == {
        "harness_error": "error", "crash": "error", "timeout": "error", "protocol_error": "error",
        "blocked": "error", "fail": "failure", "xpass": "failure", "inconclusive": "failure",
        "flaky": "failure", "warn": "", "xfail": "skipped", "deselected": "skipped",
        "not_applicable": "skipped", "pass_verdict_only": "", "pass": "",
    }  # fmt: skip


def properties(report: Report) -> List[str]:
    return [f"{p.attrib['name']}={p.attrib['value']}" for p in parse(report)[0].iter("property")]


def test_the_run_says_why_it_is_not_conformant() -> None:
    report = samples.every_status()
    told = properties(report)
    assert "conformant=false" in told
    assert [f"because={reason}" for reason in report.verdict.because] == told[
        -len(report.verdict.because) :
    ]
    assert "conformant=true" in properties(samples.passed())


def test_requirements_and_attachments() -> None:
    case = parse(samples.every_status()).findall("testsuite/testcase")[-1]
    assert [
        p.attrib["value"] for p in case.iter("property") if p.attrib["name"] == "requirement"
    ] == ["ENV-6"]
    assert "--- stderr\nline 0\n" in (case.findtext("system-out") or "")


@pytest.mark.parametrize(
    ("report", "message"),
    [
        (samples.interrupted(), "interrupted"),
        (samples.empty(), "nothing was executed"),
        (samples.report([samples.result(status="deselected")]), "nothing was executed"),
    ],
)
def test_a_run_without_a_verdict_is_an_error(report: Report, message: str) -> None:
    (error,) = parse(report)[0].iter("error")
    assert message in error.attrib["message"]


def test_what_was_wrong_with_the_run_fails() -> None:
    report = samples.report([samples.result()], problems=["field.open/x is stale"])
    (failure,) = parse(report).iter("failure")
    assert failure.attrib["message"] == "field.open/x is stale"
