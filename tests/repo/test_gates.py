"""The gate of the coverage can close: whatever is taken away, something turns red.

Every requirement, and every class of vectors, is taken out in turn.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable, List, Set, Tuple

import pytest

from conformance.cli.coverage import rows_of_coverage, scenarios
from conformance.coverage import coverage, unknown_ids
from conformance.requirements import Requirement, load_requirements, requirements_by_id
from conformance.resources import repository
from conformance.specification import encode_requirements, parse_specification
from conformance.vector_lint import LOCK, lint, parse_lock
from conformance.vectors import Vector, VectorFile, find_folder, load_files

ROOT = Path(__file__).resolve().parents[2]

FILES = load_files()
ROWS = load_requirements()
LOCKED = parse_lock((find_folder() / LOCK).read_text(encoding="utf-8"))
SERVED = scenarios()


def citing(files: Iterable[VectorFile], name: str) -> List[VectorFile]:
    """Return the files that cite a requirement; what else there is cannot change its row."""
    return [file for file in files if any(name in vector.req for vector in file.vectors)]


def gap_of(row: Requirement, files: Iterable[VectorFile], served: bool = True) -> str:
    broken = {name: req for name, req in SERVED.items() if served or req != row.id}
    (found,) = coverage([row], list(files), broken)
    return found.gap


def without(file: VectorFile, name: str, verdict: str) -> VectorFile:
    """Return a file without the vectors of one verdict that cite a requirement."""
    kept = [v for v in file.vectors if name not in v.req or v.expect.verdict != verdict]
    return file._replace(vectors=tuple(kept))


def test_the_gate_is_open() -> None:
    assert [row.requirement.id for row in rows_of_coverage() if row.gap] == []
    assert unknown_ids(ROWS, FILES, SERVED) == ()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_requirement_that_loses_a_class_of_its_tests_is_a_gap(row: Requirement) -> None:
    files = citing(FILES, row.id)
    assert gap_of(row, files) == ""
    needed: List[Tuple[str, bool]] = []
    if "vector" in row.tested:
        thinned = [without(file, row.id, "accept") for file in files]
        needed.append(("accepted", bool(gap_of(row, thinned))))
        if row.refusal:
            thinned = [without(file, row.id, "reject") for file in files]
            needed.append(("rejected", bool(gap_of(row, thinned))))
    if "scenario" in row.tested:
        needed.append(("scenario", bool(gap_of(row, files, served=False))))
    assert needed or row.tested == "excluded", "nothing tests it"
    assert all(found for _, found in needed), needed


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_requirement_that_is_taken_out_is_missed(row: Requirement) -> None:
    rest = [other for other in ROWS if other.id != row.id]
    if row.id in unknown_ids(rest, citing(FILES, row.id), SERVED):
        return
    assert row.tested == "excluded", "no test cites it"
    text = (repository("this test") / "SPEC.md").read_text(encoding="utf-8")
    assert encode_requirements(tuple(rest)) != encode_requirements(parse_specification(text))


def classes() -> List[Tuple[str, str]]:
    """Return each class of vectors: file, and name of a flag; or file, and nothing for all."""
    return [(file.name, flag) for file in FILES for flag in ("", *file.flags)]


def faults_without(name: str, flag: str) -> Set[str]:
    """Return the faults that the lint finds where a class is gone; other files are not read."""

    def stays(vector: Vector) -> bool:
        return bool(flag) and flag not in vector.flags

    file = next(file for file in FILES if file.name == name)
    ids = {vector.id for vector in file.vectors}
    left = file._replace(vectors=tuple(filter(stays, file.vectors)))
    return set(lint([left], {}, [locked for locked in LOCKED if locked in ids]))


@pytest.mark.parametrize(("name", "flag"), [pair for pair in classes() if not pair[1]])
def test_a_file_that_is_taken_out_is_missed(name: str, flag: str) -> None:
    assert any("is gone" in fault for fault in faults_without(name, flag))


def test_a_class_of_mistakes_that_is_taken_out_is_missed() -> None:
    from conformance.vector_lint import _id_faults

    assert requirements_by_id()
    for name, flag in classes():
        file = next(file for file in FILES if file.name == name)
        members = [vector.id for vector in file.vectors if flag in vector.flags]
        left = [vector for vector in file.vectors if vector.id not in set(members)]
        ids = [vector.id for vector in file.vectors]
        faults = "\n".join(_id_faults([file._replace(vectors=tuple(left))], ids, {}))
        assert members or not flag, f"{name}: {flag} has no vectors"
        assert all(f"{member}: the id was published and is gone" in faults for member in members)


def test_every_promise_of_the_suite_names_tests_that_exist() -> None:
    """The table of docs/decisions/0010: 25 promises, each with a file of tests."""
    page = (ROOT / "docs" / "decisions" / "0010-the-suite.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+)\. [^|]+\| (.+) \|$", page, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 26))
    for number, held in rows:
        named = re.findall(r"`((?:unit|repo|vectors|browser)/[^`]+\.py)`", held)
        assert named, number
        for name in named:
            path = name.replace("unit/", "unit/conformance/", 1)
            assert (ROOT / "tests" / path).is_file(), (number, name)
