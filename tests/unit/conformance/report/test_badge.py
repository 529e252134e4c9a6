"""The badge has the keys that shields.io reads, and never says more than the run proved."""

from __future__ import annotations

import json
from typing import Any, Dict

import pytest

from conformance.report.badge import render
from conformance.report.document import Report
from conformance.results import STATUSES
from tests.unit.conformance.report import samples


def badge(report: Report) -> Dict[str, Any]:
    found = json.loads(render(report))
    assert set(found) == {"schemaVersion", "label", "message", "color"}
    assert found["schemaVersion"] == 1
    assert found["label"] == "venice e2ee"
    return dict(found)


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_it_is_green_only_for_what_is_conformant(name: str, report: Report) -> None:
    assert ("green" in badge(report)["color"]) == report.verdict.conformant, name


@pytest.mark.parametrize("status", STATUSES)
def test_the_message(status: str) -> None:
    message = badge(samples.one_of(status))["message"]
    assert message == ("not conformant" if STATUSES[status].blocks else "Vectors")


def test_levels_and_profiles() -> None:
    assert badge(samples.passed())["message"] == "Strict"
    part = samples.passed()
    part = part._replace(header={**part.header, "profile": "core-crypto"})
    assert badge(part)["message"] == "Strict, core-crypto"


def test_a_part_of_the_profile_is_no_verdict_unless_it_failed() -> None:
    part = samples.report(samples.passed().results, partial=True)
    assert badge(part)["message"] == "partial run"
    failed = samples.report(samples.one_of("fail").results, partial=True)
    assert badge(failed)["message"] == "not conformant"


@pytest.mark.parametrize("report", [samples.interrupted(), samples.empty()])
def test_no_complete_run_is_no_verdict(report: Report) -> None:
    assert badge(report) | {"label": ""} == {
        "schemaVersion": 1, "label": "", "message": "no complete run", "color": "lightgrey",
    }  # fmt: skip
