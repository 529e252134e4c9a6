"""Mutants that nobody wrote: their names, and that they come and go."""

from __future__ import annotations

import ast
import importlib
import sys
import textwrap
from typing import Dict, Iterator, List

import pytest

from conformance.selftest.derived import mutations
from conformance.selftest.search import ask, find_kills, lines_of
from conformance.selftest.swap import module_of, names_of_modules
from conformance.selftest.weaken import Mutant, install, module_name, weakened
from conformance.vectors import Vector, load_files

SOURCE = '''
def check(a, b):
    """Say so."""
    if a < 3 and b:
        raise ValueError(f"no {a}", rule="ENV-4")
    total = 0
    total += a
    verify(a)
    return [x for x in b if x != "y"]
'''


def mutants(source: str) -> Dict[str, str]:
    tree = ast.parse(source)
    found = {}
    for mutation in mutations(tree, source, "f.py"):
        before = ast.dump(tree)
        mutation.apply()
        ast.fix_missing_locations(tree)
        found[mutation.name] = ast.unparse(tree)
        compile(tree, "f.py", "exec")
        mutation.undo()
        assert ast.dump(tree) == before
    return found


def test_each_mutant_is_one_change_with_a_name() -> None:
    found = mutants(SOURCE)
    assert "if a <= 3 and b" in found["f.py check boundary a < 3"]
    assert "if a < 3 or b" in found["f.py check either a < 3 and b"]
    assert "if b:" in found["f.py check half a < 3 and b without a < 3"]
    assert "if False:" in found["f.py check forgotten a < 3 and b"]
    assert "if True:" in found["f.py check always a < 3 and b"]
    assert "pass" in found['f.py check forgotten ValueError(f"no {a}", rule="ENV-4")']
    assert "a < 4" in found["f.py check off-by-one 3"]
    assert "verify" not in found["f.py check uncalled verify(a)"]
    assert "total += a" not in found["f.py check no-effect total += a"]
    assert "'yx'" in found['f.py check other-text "y"']
    assert not [name for name in found if "Say so" in name]
    assert not [name for name in found if "other-text" in name and "ENV" in name]
    assert len(set(found.values())) == len(found)


def test_a_name_does_not_depend_on_the_line() -> None:
    moved = "\n\nOTHER = 1\n" + SOURCE
    assert list(mutants(moved)) == list(mutants(SOURCE))
    nested = "class A:\n" + textwrap.indent(SOURCE, "    ")
    assert all(name.startswith("f.py A.check ") for name in mutants(nested))


@pytest.fixture
def vectors() -> List[Vector]:
    found = {vector.id: vector for file in load_files() for vector in file.vectors}
    return [vector for name, vector in found.items() if name.startswith("address.parse/")][:4]


def test_a_mutant_comes_and_goes(vectors: List[Vector]) -> None:
    module = module_of("venice_ref/crypto/address.py")
    assert [ask(vector) for vector in vectors] == ["pass"] * len(vectors)
    changed = 0
    for mutation in module.mutations.values():
        with module.mutated(mutation):
            changed += [ask(vector) for vector in vectors] != ["pass"] * len(vectors)
        assert [ask(vector) for vector in vectors] == ["pass"] * len(vectors)
    assert changed


def test_the_search_finds_a_kill_for_each(vectors: List[Vector]) -> None:
    assert any(file == "venice_ref/crypto/address.py" for file, _ in lines_of(vectors[0]))
    steps: List[int] = []
    found = find_kills(vectors, lambda _name, number, _total: steps.append(number))
    assert {one for kills in found.values() for one in kills} <= {one.id for one in vectors}
    assert found
    assert steps


def test_the_modules_of_the_reference_are_there() -> None:
    names = names_of_modules()
    assert "venice_ref/crypto/address.py" in names
    assert not [name for name in names if name.startswith("venice_ref/cli/")]


# --- One replacement in one file ------------------------------------------------------------------

MUTANT = Mutant(
    "receipts.other", "venice_ref/transitions.py", "__all__ = ", "OTHER = 1\n__all__ = ", (), ""
)


@pytest.fixture
def clean() -> Iterator[None]:
    finders, name = list(sys.meta_path), module_name(MUTANT.file)
    module = sys.modules.pop(name, None)
    yield
    sys.meta_path[:] = finders
    sys.modules.pop(name, None)
    if module is not None:
        sys.modules[name] = module


@pytest.mark.usefixtures("clean")
def test_a_mutant_is_what_is_imported() -> None:
    name = module_name(MUTANT.file)
    install(MUTANT)
    assert importlib.import_module(name).OTHER == 1
    with pytest.raises(ValueError, match="loaded already"):
        install(MUTANT)


def test_a_text_that_is_not_there_once_is_refused() -> None:
    for before, after in (("import ", "x"), ("nothing like this", "x"), (MUTANT.before,) * 2):
        with pytest.raises(ValueError, match="its text occurs"):
            weakened(MUTANT._replace(before=before, after=after))
    assert module_name("venice_ref/crypto/__init__.py") == "venice_ref.crypto"
