from __future__ import annotations

from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.mutation import Rebuilt, apply_mutation, changed_places, find_mutation

PARENT: Dict[str, Any] = {"text": "04abcd", "n": 1, "list": [1, "two"], "deep": {"a/b": {"~": 1}}}


@pytest.mark.parametrize(
    ("change", "mutation"),
    [
        (
            {"text": "05abcd"},
            {"kind": "text", "at": "/text", "range": [1, 2], "from": "4", "to": "5"},
        ),
        (
            {"text": "04abc"},
            {"kind": "text", "at": "/text", "range": [5, 6], "from": "d", "to": ""},
        ),
        (
            {"text": "04xabcd"},
            {"kind": "text", "at": "/text", "range": [2, 2], "from": "", "to": "x"},
        ),
        ({"n": True}, {"kind": "value", "at": "/n", "from": 1, "to": True}),
        ({"n": "1"}, {"kind": "value", "at": "/n", "from": 1, "to": "1"}),
        (
            {"list": [1, "2wo"]},
            {"kind": "text", "at": "/list/1", "range": [0, 1], "from": "t", "to": "2"},
        ),
        ({"list": [1]}, {"kind": "value", "at": "/list", "from": [1, "two"], "to": [1]}),
        (
            {"deep": {"a/b": {"~": 2}}},
            {"kind": "value", "at": "/deep/a~1b/~0", "from": 1, "to": 2},
        ),
        ({"deep": {}}, {"kind": "remove", "at": "/deep/a~1b", "from": {"~": 1}}),
        ({"more": None}, {"kind": "add", "at": "/more", "to": None}),
    ],
)
def test_one_difference_is_found_and_applied(
    change: Dict[str, Any], mutation: Dict[str, Any]
) -> None:
    child = {**PARENT, **change}
    assert find_mutation(PARENT, child) == mutation
    made = apply_mutation(PARENT, mutation)
    assert made == child
    assert changed_places(PARENT, child) == (mutation["at"],)


def test_equal_inputs_and_two_differences_are_refused() -> None:
    with pytest.raises(ValueError, match="does not differ"):
        find_mutation(PARENT, dict(PARENT))
    with pytest.raises(ValueError, match="/text, /n"):
        find_mutation(PARENT, {**PARENT, "text": "x", "n": 2})


def test_what_was_signed_anew_says_what_was_changed() -> None:
    child = {**PARENT, "text": "x", "n": 2}
    mutation = find_mutation(PARENT, child, Rebuilt("quote.version", 4, 6))
    assert mutation == {"kind": "rebuilt", "at": "quote.version", "from": 4, "to": 6}
    assert apply_mutation(PARENT, mutation) is None


def test_long_texts_are_not_repeated() -> None:
    parent, child = {"t": "a" * 600}, {"t": "a" * 10}
    mutation = find_mutation(parent, child)
    assert mutation == {"kind": "text", "at": "/t", "range": [10, 600], "to": ""}
    assert apply_mutation(parent, mutation) == child
    assert apply_mutation(child, find_mutation(child, parent)) is None


@pytest.mark.parametrize(
    "mutation",
    [
        {"kind": "text", "at": "/text", "range": [0, 1], "from": "9", "to": "5"},
        {"kind": "value", "at": "/n", "from": 2, "to": 3},
        {"kind": "remove", "at": "/n", "from": 2},
        {"kind": "add", "at": "/n", "to": 2},
    ],
)
def test_a_mutation_that_does_not_fit_is_refused(mutation: Dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="the mutation"):
        apply_mutation(PARENT, mutation)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts(one: str, other: str) -> None:
    parent, child = {"t": one}, {"t": other}
    if one != other:
        assert apply_mutation(parent, find_mutation(parent, child)) == child
