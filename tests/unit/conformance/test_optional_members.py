"""What an implementation may declare to have no way for, and what it may not."""

from __future__ import annotations

from typing import Any, Dict, Mapping

import pytest

from conformance.adapters.protocol import parse_hello
from conformance.judging import before_asking, judge_reply
from conformance.operations import OPTIONAL_INPUT, OPTIONAL_OUTPUT
from conformance.plan import Case, load_cases


def hello(op: str, options: Dict[str, Any]) -> Any:
    named = {"name": "x", "version": "1", "language": "y"}
    return parse_hello({"protocol": 1, "implementation": named, "operations": {op: options}})


@pytest.fixture(scope="module")
def cases() -> Mapping[str, Case]:
    return {case.id: case for case in load_cases()}


def test_tests_that_give_a_lacking_input_do_not_apply(cases: Mapping[str, Case]) -> None:
    case = cases["stream.open/unsafe-plaintext"]
    lacking = hello(case.op, {"without": ["allow_plaintext"]})
    found = before_asking(case, lacking, frozenset())
    assert found is not None
    assert (found.status, "without allow_plaintext" in found.detail) == ("not_applicable", True)
    assert before_asking(case, hello(case.op, {}), frozenset()) is None
    assert before_asking(cases["stream.open/one-word"], lacking, frozenset()) is None


def test_what_is_not_optional_cannot_be_lacking(cases: Mapping[str, Case]) -> None:
    case = cases["field.open/ascii"]
    assert before_asking(case, hello(case.op, {"without": ["envelope"]}), frozenset()) is None


def test_outputs_that_only_inform_may_be_omitted_and_not_be_wrong(
    cases: Mapping[str, Case],
) -> None:
    vector = cases["stream.open/one-word"].vector
    assert vector is not None
    omits = hello("stream.open", {"omits": ["id", "model", "finish_reason", "usage", "complete"]})
    right = {"released": [{"kind": "content", "text": "Hi"}], "complete": True}
    assert judge_reply(vector, {"ok": right}, omits).status == "pass"
    assert judge_reply(vector, {"ok": right}, hello("stream.open", {})).status == "fail"
    assert judge_reply(vector, {"ok": {**right, "id": "other"}}, omits).status == "fail"
    del right["complete"]
    assert judge_reply(vector, {"ok": right}, omits).status == "fail"


def test_the_tables_name_members_that_vectors_have(cases: Mapping[str, Case]) -> None:
    for op, names in OPTIONAL_OUTPUT.items():
        vectors = [case.vector for case in cases.values() if case.op == op and case.vector]
        outputs = {name for vector in vectors for name in vector.expect.out}
        assert names <= outputs
    for op, names in OPTIONAL_INPUT.items():
        vectors = [case.vector for case in cases.values() if case.op == op and case.vector]
        given = {name for vector in vectors for name in vector.given}
        assert {name.partition(".")[0] for name in names} <= given
