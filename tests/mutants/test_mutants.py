"""Every mutant is killed, by each vector that the committed table names."""

from __future__ import annotations

from typing import Final

import pytest

from conformance.requirements import requirements_by_id
from tests.mutants import all_mutants
from tests.mutants.harness import kills, load_table

MUTANTS: Final = all_mutants()
TABLE: Final = load_table()

FEWEST_MUTANTS: Final = 636
"""The table can only grow: raise this with it."""


def test_there_are_mutants_and_all_of_them_stand_in_the_table() -> None:
    assert len(MUTANTS) >= FEWEST_MUTANTS
    assert set(TABLE) == set(MUTANTS), "python3 -m tests.mutants --write"


def test_each_mutant_names_what_it_breaks() -> None:
    known = requirements_by_id()
    for mutant in MUTANTS.values():
        assert mutant.breaks, mutant.name
        assert not [name for name in mutant.breaks if name not in known], mutant.name


@pytest.mark.once
@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_mutant_is_killed_as_the_table_says(name: str) -> None:
    recorded = TABLE.get(name, {})
    assert recorded, f"{name} survives"
    assert kills(MUTANTS[name], list(recorded)) == recorded
