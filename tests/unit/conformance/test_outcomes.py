from __future__ import annotations

from typing import Any, Dict, Optional

import pytest

from conformance.outcomes import OUTCOMES, judge, same
from conformance.vectors import Expectation, Vector


def vector(expect: Expectation, mid: Optional[Dict[str, Any]] = None) -> Vector:
    return Vector(
        id="field.open/x", op="field.open", why="It is a test.", req=("ENV-6",), given={},
        expect=expect, mid=mid or {}, flags=(), parent="", mutation={}, importance="normal",
        features=(),
    )  # fmt: skip


ACCEPT = vector(Expectation("accept", {"text": "a", "n": 1}, "", (), None), {"key": "00"})
REJECT = vector(Expectation("reject", {}, "envelope", ("tag", "hex"), ["so far"]))


def reject(stage: str, reason: str, released: Any = None) -> Dict[str, Any]:
    return {"reject": {"stage": stage, "reason": reason, "released": released}}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ({"ok": {"text": "a", "n": 1}}, "pass"),
        ({"ok": {"text": "a", "n": 1, "mid": {"key": "00", "other": "11"}}}, "pass"),
        ({"ok": {"text": "a", "n": 1, "mid": {"key": "01"}}}, "wrong-intermediate"),
        ({"ok": {"text": "a"}}, "wrong-output"),
        ({"ok": {"text": "a", "n": True}}, "wrong-output"),
        ({"ok": {"text": "a", "n": 1, "more": 1}}, "wrong-output"),
        (reject("envelope", "tag"), "rejected"),
        ({"unsupported": "field.open"}, "unsupported"),
        ({"error": {"message": "broke"}}, "error"),
        ({"error": "broke"}, "error"),
        ({}, "error"),
    ],
)
def test_what_has_to_be_accepted(reply: Dict[str, Any], kind: str) -> None:
    outcome = judge(ACCEPT, reply)
    assert outcome.kind == kind
    assert outcome.kind in OUTCOMES
    assert outcome.passed == (kind == "pass")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (reject("envelope", "tag", ["so far"]), "pass"),
        (reject("envelope", "hex", ["so far"]), "pass"),
        (reject("envelope", "tag"), "wrong-release"),
        (reject("envelope", "tag", ["so far", "and more"]), "wrong-release"),
        (reject("envelope", "too-short", ["so far"]), "wrong-reason"),
        (reject("key", "tag", ["so far"]), "wrong-stage"),
        ({"ok": {}}, "accepted"),
        ({"error": {"message": "broke"}}, "error"),
        ({"unsupported": "x"}, "unsupported"),
    ],
)
def test_what_has_to_be_rejected(reply: Dict[str, Any], kind: str) -> None:
    outcome = judge(REJECT, reply)
    assert outcome.kind == kind
    assert bool(outcome.detail) == (kind != "pass")


def test_a_difference_names_its_place() -> None:
    assert "/n is 2, expected 1" in judge(ACCEPT, {"ok": {"text": "a", "n": 2}}).detail
    assert "/n is missing" in judge(ACCEPT, {"ok": {"text": "a"}}).detail
    assert "/m is too much" in judge(ACCEPT, {"ok": {"text": "a", "n": 1, "m": 1}}).detail
    long = judge(ACCEPT, {"ok": {"text": "a" * 500, "n": 1}}).detail
    assert len(long) < 200


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1, True), (1, True, False), (1, 1.0, False), ([1, {"a": None}], [1, {"a": None}], True),
        ([1], [1, 2], False), ({"a": 1}, {"b": 1}, False), ("a", "a", True), (None, False, False),
    ],
)  # fmt: skip
def test_json_values_are_compared_by_type(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal


def test_an_intermediate_value_is_named_with_its_member() -> None:
    outcome = judge(ACCEPT, {"ok": {"text": "a", "n": 1, "mid": {"key": "01"}}})
    assert outcome.detail == "/mid/key is '01', expected '00'"


def test_a_refusal_without_a_reason_says_so() -> None:
    assert judge(ACCEPT, {"reject": {}}).detail == "no reason was given"
    assert judge(ACCEPT, {"reject": {"native": "Bad"}}).detail == "no reason was given Bad"
    assert judge(ACCEPT, reject("envelope", "tag")).detail == "as envelope:tag"
