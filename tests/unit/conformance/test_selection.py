from __future__ import annotations

from typing import List, Set

import pytest

from conformance.plan import challenge_cases, keyword_of, plan
from conformance.requirements import SuiteError, requirements_by_id
from conformance.selection import Selection, parse_expression, parse_shard, select
from conformance.usage import UsageProblem, did_you_mean
from tests.unit.conformance.scripted import case_of, cases_of, every_case

ALL = every_case()
IDS = {case.id for case in ALL}


def chosen(**asked: object) -> Set[str]:
    return set(select(ALL, Selection(**asked)))  # type: ignore[arg-type]


def test_everything_is_run_unless_something_is_asked_for() -> None:
    assert chosen() == IDS
    assert len(IDS) == len(ALL)


@pytest.mark.parametrize(
    ("word", "inside", "outside"),
    [
        ("field.open/tag-last-bit", "field.open/tag-last-bit", "field.open/empty"),
        ("field.open/", "field.open/empty", "field.seal/ascii"),
        ("stream/", "sse.parse/line-too-long", "field.seal/ascii"),
        ("envelope/seal", "field.seal/ascii", "field.open/empty"),
        ("scenario/honest", "scenario/honest", "scenario/chat-cut"),
        ("ENV-6", "field.open/tag-last-bit", "key.parse/hybrid"),
        ("ENV", "field.seal/ascii", "key.parse/hybrid"),
    ],
)
def test_a_word_names_ids_files_requirements_and_areas(
    word: str, inside: str, outside: str
) -> None:
    found = chosen(words=(word,))
    assert inside in found
    assert outside not in found


def test_the_control_of_a_refusal_comes_with_it() -> None:
    control = case_of("field.open/tag-last-bit").control
    assert chosen(exact=("field.open/tag-last-bit",)) == {"field.open/tag-last-bit", control}


def test_a_requirement_is_not_the_beginning_of_another() -> None:
    for name in chosen(words=("ENV-1",)):
        children = [case for case in ALL if case.control == name]
        own = case_of(name)
        assert "ENV-1" in own.req or any("ENV-1" in child.req for child in children)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ({"words": ("strem/",)}, "stream/"),
        ({"words": ("field.opn/",)}, "field.open"),
        ({"words": ("ENV-6666",)}, "ENV-6"),
        ({"exact": ("field.open/tag-lost-bit",)}, "field.open/tag-last-bit"),
        ({"exact": ("field.open/",)}, "there is no test"),
        ({"skipped": ("field.opem/*",)}, "leaves nothing out"),
        ({"mark": "crtical"}, "critical"),
        ({"expression": "tag and"}, "a word is missing"),
        ({"expression": "(tag"}, "not closed"),
        ({"expression": "tag hex"}, "'hex'"),
        ({"expression": "not"}, "a word is missing"),
    ],
)
def test_what_names_nothing_is_refused_with_what_was_meant(asked: object, meant: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        chosen(**asked)  # type: ignore[arg-type]
    assert meant in str(caught.value)


def test_an_expression_joins_words() -> None:
    every = [case for case in ALL if case.file == "envelope/open"]

    def found(expression: str) -> List[str]:
        test = parse_expression(expression)
        return [case.id for case in every if test(case)]

    tag, hexes = set(found("tag")), set(found("hex"))
    assert tag
    assert hexes
    assert set(found("tag and not hex")) == tag - hexes
    assert set(found("not (tag or hex)")) == {case.id for case in every} - tag - hexes
    assert set(found("tag or hex and TAG")) == tag
    assert set(found("not not tag")) == tag


def test_marks_choose_by_importance_and_keyword() -> None:
    critical = [case_of(name) for name in chosen(mark="critical")]
    controls = {case.control for case in critical}
    assert all(case.importance == "critical" or case.id in controls for case in critical)
    assert chosen(mark="must") >= {case.id for case in ALL if case.keyword == "MUST"}


def test_what_is_skipped_comes_back_only_as_a_control() -> None:
    control = case_of("field.open/tag-last-bit").control
    assert "field.open/tag-last-bit" not in chosen(skipped=("field.open/tag*",))
    found = chosen(words=("field.open/",), skipped=(control,))
    assert control in found


def test_what_failed_last_time_can_be_all_there_is() -> None:
    assert chosen(failed=frozenset({"key.public/one", "scenario/honest"})) <= {
        "scenario/honest",
        "key.public/one",
    }


def test_shards_are_a_partition_but_for_controls() -> None:
    parts = [chosen(shard=(part, 3)) for part in (1, 2, 3)]
    assert set().union(*parts) == IDS
    controls = {case.control for case in ALL}
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert parts[one] & parts[other] <= controls
    assert all(len(part) > len(IDS) / 4 for part in parts)


def test_a_challenge_is_in_the_shard_of_its_vector() -> None:
    cases = [*ALL, *challenge_cases(cases_of("keys/public"))]
    found = select(cases, Selection(shard=(1, 4)))
    for case in cases_of("keys/public"):
        if not case.control and not any(other.control == case.id for other in ALL):
            assert (case.id in found) == (f"challenge/{case.id}" in found)


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/2", "1/3/4", "١/٢"])
def test_a_shard_is_a_part_of_a_number_of_parts(text: str) -> None:
    with pytest.raises(UsageProblem):
        parse_shard(text)


def test_an_id_of_the_past_still_names_its_test() -> None:
    found = select(ALL, Selection(exact=("old/name",)), renamed={"old/name": "field.open/empty"})
    assert "field.open/empty" in found


def test_nothing_is_meant_by_what_is_near_nothing() -> None:
    assert did_you_mean("qqqqqqqq", ["field.open/empty"]) == ""


# --- The plan ------------------------------------------------------------------------------------


def test_every_refusal_among_the_vectors_has_a_control_in_its_own_file() -> None:
    files = {case.id: case.file for case in ALL}
    for case in ALL:
        if case.kind == "vector":
            assert bool(case.control) == case.negative
        if case.control:
            assert files[case.control] == case.file


def test_an_id_that_stands_twice_is_refused() -> None:
    attacks = [case.attack for case in ALL if case.attack][:1]
    with pytest.raises(SuiteError, match="twice"):
        plan([], [*attacks, *attacks], {})


def test_a_control_that_is_not_there_is_refused() -> None:
    attack = next(case.attack for case in ALL if case.attack and case.control)
    with pytest.raises(SuiteError, match="no control"):
        plan([], [attack], {})


def test_the_strongest_requirement_decides() -> None:
    known = requirements_by_id()
    must = next(name for name, row in known.items() if row.keyword == "MUST NOT")
    should = next(name for name in known if name != must)
    known[should] = known[should]._replace(keyword="SHOULD NOT")
    assert keyword_of([should], known) == "SHOULD"
    assert keyword_of([should, must], known) == "MUST"
    assert keyword_of(["XXX-1"], known) == "MUST"
