"""The JSON Schema of the report, and what it must not let through."""

from __future__ import annotations

import copy
import json
import pkgutil
from typing import Any, Dict

import pytest

from conformance.levels import LEVELS
from conformance.report.document import SCHEMA, Report
from conformance.results import KINDS, STATUSES, SUBTYPES, Explanation, Result
from tests.unit.conformance.report import samples


def schema() -> Dict[str, Any]:
    raw = pkgutil.get_data("conformance.report", "venice-report-1.schema.json")
    assert raw is not None
    return dict(json.loads(raw))


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema", reason="a validator is not installed")
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_every_sample_is_valid(name: str, report: Report, validator: Any) -> None:
    assert [error.message for error in validator.iter_errors(report.to_json())] == [], name


@pytest.mark.parametrize("place", ["", "header", "results", "summary", "footer", "explanation"])
def test_nothing_else_may_stand_anywhere(place: str, validator: Any) -> None:
    document = copy.deepcopy(samples.one_of("fail").to_json())
    found = {
        "": document,
        "results": document["results"][1],
        "explanation": document["results"][1]["explanation"],
    }
    target = found[place] if place in found else document[place]
    target["more"] = 1
    assert not validator.is_valid(document)


def test_a_failure_explains_itself(validator: Any) -> None:
    for status, row in STATUSES.items():
        document = copy.deepcopy(samples.one_of(status).to_json())
        document["results"][1]["explanation"] = None
        must = row.fails or status in ("xfail", "warn")
        assert validator.is_valid(document) != must, status
    for name in Explanation._fields:
        document = copy.deepcopy(samples.one_of("fail").to_json())
        document["results"][1]["explanation"][name] = ""
        assert not validator.is_valid(document), name


def test_the_closed_sets_are_those_of_the_program() -> None:
    definitions = schema()["$defs"]
    result = definitions["result"]["properties"]
    assert schema()["properties"]["schema"]["const"] == SCHEMA
    assert result["status"]["enum"] == list(STATUSES)
    assert result["subtype"]["enum"] == ["", *SUBTYPES]
    assert result["kind"]["enum"] == list(KINDS)
    assert list(result) == list(Result._fields)
    assert list(definitions["explanation"]["properties"]) == list(Explanation._fields)
    assert definitions["summary"]["properties"]["level"]["enum"] == list(LEVELS)
    assert list(definitions["summary"]["properties"]["counts"]["properties"]) == list(STATUSES)


def test_every_object_is_closed_but_what_an_adapter_declares() -> None:
    open_objects = []

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            if value.get("type") == "object" and value.get("additionalProperties") is not False:
                open_objects.append(path)
            for name, member in value.items():
                walk(member, f"{path}/{name}")
        elif isinstance(value, list):
            for member in value:
                walk(member, path)

    walk(schema(), "")
    assert open_objects == [
        "/$defs/header/properties/capabilities", "/$defs/result/properties/attachments",
    ]  # fmt: skip
