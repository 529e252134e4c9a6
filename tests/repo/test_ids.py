"""An id keeps its meaning for ever: the locks only grow, and an old name leads to its test."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence

import pytest

from conformance.expectations import check, parse
from conformance.renamed import load_renamed, parse_renamed
from conformance.requirements import requirements_by_id
from conformance.scenarios.catalogue import ATTACKS
from conformance.vector_lint import lint, parse_lock
from conformance.vectors import VectorFile, load_files

ROOT = Path(__file__).resolve().parents[2]
VECTORS = "vectors/ids.lock"
SCENARIOS = "conformance/scenarios/ids.lock"
RENAMED = "conformance/renamed.json"
FILES = load_files()


def now(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def published(name: str) -> str:
    """Return a file as the last commit has it."""
    try:
        shown = subprocess.run(
            ["git", "show", f"HEAD:{name}"],
            cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8",
        )  # fmt: skip
    except OSError:
        pytest.skip("git is not installed")
    if shown.returncode != 0:
        pytest.skip(f"there is no commit with {name} to compare with")
    return shown.stdout


def not_appended(before: Sequence[str], after: Sequence[str]) -> Optional[str]:
    """Return the first id that does not stand where it stood; none where lines were added only."""
    for number, name in enumerate(before):
        if after[number : number + 1] != (name,):
            return name
    return None


@pytest.mark.parametrize("name", [VECTORS, SCENARIOS])
def test_a_lock_only_grows(name: str) -> None:
    assert not_appended(parse_lock(published(name)), parse_lock(now(name))) is None


@pytest.mark.parametrize(
    ("after", "moved"),
    [(("a", "b", "c"), None), (("a", "b"), None), (("a",), "b"), (("b", "a"), "a"),
     (("a", "c"), "b"), (("c", "a", "b"), "a"), ((), "a")],
)  # fmt: skip
def test_the_comparison_finds_what_is_not_an_addition(
    after: Sequence[str], moved: Optional[str]
) -> None:
    assert not_appended(("a", "b"), after) == moved


def test_every_scenario_is_in_its_lock() -> None:
    locked = parse_lock(now(SCENARIOS))
    assert len(set(locked)) == len(locked)
    ids = [attack.id for attack in ATTACKS]
    new = [name for name in ids if name not in locked]
    assert not new, f"append to {SCENARIOS}:\n" + "\n".join(new)
    gone = set(locked) - set(ids) - set(load_renamed())
    assert not gone, f"enter the new names in {RENAMED}: {sorted(gone)}"


def test_renames_lead_from_published_ids_to_tests_that_exist() -> None:
    known = {vector.id for file in FILES for vector in file.vectors}
    known.update(attack.id for attack in ATTACKS)
    locked = {*parse_lock(now(VECTORS)), *parse_lock(now(SCENARIOS))}
    for old, new in load_renamed().items():
        assert old in locked, f"{old} was never published"
        assert old not in known, f"{old} is used again"
        assert new in known, f"{new} is no test"


def test_a_rename_is_never_taken_back() -> None:
    before = parse_renamed(published(RENAMED).encode())
    assert set(before) <= set(load_renamed())


def renamed_files(old: str, new: str) -> List[VectorFile]:
    """Return the file that holds a vector, with the vector under another name."""
    file = next(file for file in FILES if any(vector.id == old for vector in file.vectors))
    vectors = tuple(v._replace(id=new) if v.id == old else v for v in file.vectors)
    return [file._replace(vectors=vectors)]


def faults(files: Sequence[VectorFile], locked: Iterable[str], renamed: Dict[str, str]) -> str:
    return "\n".join(lint(files, requirements_by_id(), tuple(locked), renamed))


def test_a_rename_needs_its_entry() -> None:
    new = "key.parse/another-name"
    old = next(v.id for file in FILES if file.op == "key.parse" for v in file.vectors)
    files = renamed_files(old, new)
    ids = [vector.id for vector in files[0].vectors]
    locked = [old, *ids]
    assert f"{old}: the id was published and is gone" in faults(files, locked, {})
    assert f"{old}: " not in faults(files, locked, {old: new})
    nowhere = faults(files, locked, {old: "key.parse/nowhere"})
    assert f"{old}: it was renamed to key.parse/nowhere, which is not there" in nowhere
    again = faults(files, locked, {old: new, new: old})
    assert f"{new}: it was renamed to {old}, and an id is never used again" in again


def test_files_of_expected_failures_that_name_published_ids_still_resolve() -> None:
    known = [vector.id for file in FILES for vector in file.vectors]
    names = parse_lock(published(VECTORS))
    text = "".join(f"xfail {name} crash | it was so when this line was written\n" for name in names)
    told = check(parse(text, "old.xfail"), known)
    assert len(told) == sum(name in load_renamed() for name in names)
