"""The set of vectors as such: form, lint, lock, regeneration, coverage."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from conformance.adapters.reference import answer
from conformance.cli.coverage import rows_of_coverage, scenarios
from conformance.coverage import coverage, unknown_ids
from conformance.generate.registry import SOURCES, encode, generate
from conformance.outcomes import judge
from conformance.requirements import load_requirements, requirements_by_id
from conformance.vector_lint import LOCK, lint, parse_lock
from conformance.vectors import file_paths, find_folder, load_files, parse_file

FOLDER = find_folder()
FILES = load_files()
LOCKED = parse_lock((FOLDER / LOCK).read_text(encoding="utf-8"))
SCHEMA = FOLDER / "schema" / "venice-vectors-1.schema.json"


def test_the_lint_is_clean() -> None:
    assert lint(FILES, requirements_by_id(), LOCKED) == []


@pytest.mark.parametrize("path", file_paths(FOLDER), ids=lambda path: path.stem)
def test_a_file_is_of_the_schema(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="a peer of the tests is not installed")
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_bytes())).validate(
        json.loads(path.read_bytes())
    )


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_file_is_what_its_generator_makes(source: Any) -> None:
    """The same bytes on every interpreter that runs the tests."""
    written = (FOLDER / f"{source.name}.json").read_bytes()
    assert encode(generate(source)) == written, "python3 -m conformance vectors --write"


def test_every_file_has_a_generator() -> None:
    assert {file.name for file in FILES} == {source.name for source in SOURCES}
    assert all(file.op == source.op for file in FILES for source in SOURCES
               if file.name == source.name)  # fmt: skip


def test_another_seed_gives_other_vectors_of_the_same_names() -> None:
    source = next(source for source in SOURCES if source.name == "envelope/open")
    one, other = generate(source), generate(source, seed="another")
    assert one != other
    mine, yours = parse_file(one, source.name), parse_file(other, source.name)
    assert [vector.id for vector in mine.vectors] == [vector.id for vector in yours.vectors]


@pytest.mark.once
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_reference_passes_under_another_seed(source: Any) -> None:
    """No verdict rests on the keys, nonces and places that the published seed happens to give."""
    vectors = parse_file(generate(source, seed="another"), source.name).vectors
    wrong = [v.id for v in vectors if not judge(v, answer(v.op, v.given)).passed]
    assert wrong == []


# --- Coverage -----------------------------------------------------------------------------------


def test_every_requirement_is_tested_or_says_why_not() -> None:
    assert [(row.requirement.id, row.gap) for row in rows_of_coverage() if row.gap] == []


def test_nothing_cites_an_id_that_does_not_exist() -> None:
    assert unknown_ids(load_requirements(), FILES, scenarios()) == ()


@pytest.mark.parametrize("verdict", ["accept", "reject"])
def test_a_requirement_without_one_kind_of_vector_is_a_gap(verdict: str) -> None:
    name = "ENV-6"
    thinned = [
        file._replace(
            vectors=tuple(
                vector
                for vector in file.vectors
                if name not in vector.req or vector.expect.verdict != verdict
            )
        )
        for file in FILES
    ]
    gaps = {row.requirement.id: row.gap for row in coverage(load_requirements(), thinned, {})}
    assert f"no vector that is {verdict}ed cites it" in gaps[name]


# --- The lint finds what it is for --------------------------------------------------------------

Change = Callable[[Dict[str, Any]], None]


def first_reject(document: Dict[str, Any]) -> Dict[str, Any]:
    tests = [test for group in document["groups"] for test in group["tests"]]
    return next(test for test in tests if test["expect"]["verdict"] == "reject"
                and test["mutation"]["kind"] == "text" and "to" in test["mutation"])  # fmt: skip


def rename(document: Dict[str, Any]) -> None:
    first_reject(document)["id"] += "-b"


def forget_parent(document: Dict[str, Any]) -> None:
    first_reject(document)["parent"] = "field.open/nobody"


def falsify_mutation(document: Dict[str, Any]) -> None:
    mutation = first_reject(document)["mutation"]
    mutation["to"] = mutation["from"]


def repeat_parent(document: Dict[str, Any]) -> None:
    reject = first_reject(document)
    tests = [test for group in document["groups"] for test in group["tests"]]
    reject["in"] = next(test["in"] for test in tests if test["id"] == reject["parent"])


def foreign_reason(document: Dict[str, Any]) -> None:
    first_reject(document)["expect"]["reason"] = ["no-such-reason"]


def no_flag(document: Dict[str, Any]) -> None:
    first_reject(document)["flags"] = []


def unknown_flag(document: Dict[str, Any]) -> None:
    first_reject(document)["flags"] = ["NoSuchFlag"]


def unknown_requirement(document: Dict[str, Any]) -> None:
    first_reject(document)["req"].append("ENV-" + "999")


def wrong_count(document: Dict[str, Any]) -> None:
    document["count"] += 1


def nothing_accepted(document: Dict[str, Any]) -> None:
    for group in document["groups"]:
        group["tests"] = [t for t in group["tests"] if t["expect"]["verdict"] == "reject"]


def bad_flag(document: Dict[str, Any]) -> None:
    next(iter(document["flags"].values()))["bug"] = "NO_SUCH_BUG"


def bad_why(document: Dict[str, Any]) -> None:
    first_reject(document)["why"] = ""


def half_a_pair(document: Dict[str, Any]) -> None:
    document["about"] += "\ud800"


CHANGES: List[Change] = [
    rename, forget_parent, falsify_mutation, repeat_parent, foreign_reason, no_flag, unknown_flag,
    unknown_requirement, wrong_count, nothing_accepted, bad_flag, bad_why,
    half_a_pair,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_the_lint_finds(change: Change) -> None:
    file = next(file for file in FILES if file.name == "envelope/open")
    document = copy.deepcopy(dict(file.document))
    change(document)
    changed = [
        parse_file(document, file.name) if other.name == file.name else other for other in FILES
    ]
    assert lint(changed, requirements_by_id(), LOCKED)


def test_the_lint_finds_ids_that_are_gone_or_new() -> None:
    known = requirements_by_id()
    assert any("is gone" in fault for fault in lint(FILES, known, [*LOCKED, "field.open/old"]))
    assert any("not in" in fault for fault in lint(FILES, known, LOCKED[1:]))
    assert any("stands twice" in fault for fault in lint(FILES, known, [*LOCKED, LOCKED[0]]))
