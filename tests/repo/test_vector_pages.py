"""The pages of `vectors/` say what the files hold: counts, operations, members, sources."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, Set

import pytest

from conformance.adapters.reference import OPERATIONS
from conformance.vectors import BUGS, find_folder, load_files
from tests.oracles import third_party

FOLDER = find_folder()
README = (FOLDER / "README.md").read_text(encoding="utf-8")
SOURCES = (FOLDER / "SOURCES.md").read_text(encoding="utf-8")
FILES = load_files()


def operations() -> Dict[str, str]:
    """Return operation -> its section of OPERATIONS.md."""
    text = (FOLDER / "OPERATIONS.md").read_text(encoding="utf-8")
    parts = re.split(r"(?m)^### `([a-z0-9_.]+)`$", text)
    return dict(zip(parts[1::2], parts[2::2]))


def test_the_counts_are_those_of_the_files() -> None:
    rows = re.findall(r"(?m)^\| `([^`]+)` \| `([^`]+)` \| ([0-9]+) \| ([0-9]+) \|$", README)
    assert rows == [
        (
            file.name,
            file.op,
            str(len(file.vectors)),
            str(sum(vector.expect.verdict == "reject" for vector in file.vectors)),
        )
        for file in FILES
    ]
    total = sum(len(file.vectors) for file in FILES)
    rejected = sum(v.expect.verdict == "reject" for file in FILES for v in file.vectors)
    assert f"| together | | {total} | {rejected} |" in README


def test_the_counts_of_other_peoples_vectors_are_those_of_the_tests() -> None:
    assert third_party.markdown().strip() in README


def test_every_operation_is_described() -> None:
    assert set(operations()) == set(OPERATIONS)


@pytest.mark.parametrize("op", sorted(OPERATIONS))
def test_every_member_is_described(op: str) -> None:
    described = set(re.findall(r"`([a-zA-Z0-9_]+)`", operations()[op]))
    members: Set[str] = set()
    for file in FILES:
        if file.op == op:
            for vector in file.vectors:
                members.update(vector.given, vector.expect.out, vector.mid)
    assert members, f"{op} has no vectors"
    assert members <= described, sorted(members - described)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_has_its_source(file: object) -> None:
    name = str(getattr(file, "name", ""))
    folder, _, stem = name.partition("/")
    assert re.search(rf"\b{re.escape(name)}\b", SOURCES) or re.search(
        rf"{re.escape(folder)}/\{{[^}}]*\b{re.escape(stem)}\b", SOURCES
    ), name


def named_in(heading: str) -> Set[str]:
    """Return the first column of the table below a heading of FORMAT.md."""
    text = (FOLDER / "FORMAT.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"(?m)^\| `([^`]+)` \|", section))


def test_features_and_classes_of_mistakes_are_listed() -> None:
    assert named_in("Classes of mistakes") == set(BUGS)
    features = {name for file in FILES for vector in file.vectors for name in vector.features}
    assert named_in("Features") == features


def test_the_pages_are_linked() -> None:
    for page in re.findall(r"\]\(([^)#]+)\)", README):
        assert (FOLDER / Path(page)).is_file(), page
