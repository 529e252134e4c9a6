"""Every vector kills a mutant: the table of derived mutants, asked again.

Workers are processes of their own, because a mutant takes the place of a function of the running
reference.  A worker answers a part of the table and prints what is not as the table says.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import (
    Callable,
    Dict,
    Final,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    NamedTuple,
)

from conformance.adapters.reference.operations import OPERATIONS
from conformance.resources import ROOT
from conformance.selftest.search import Table, ask, find_kills
from conformance.selftest.swap import module_of
from conformance.vectors import Vector, load_files

__all__ = ["Difference", "differences", "find", "holding", "main", "merged", "verify"]

_CODE: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    " from conformance.selftest.lines import main; main()"
)

TIME_LIMIT: Final = 900


class Difference(NamedTuple):
    """A vector that does not do to a mutant what the table says."""

    mutant: str
    vector: str
    recorded: str
    got: str


def verify(table: Mapping[str, Mapping[str, str]], jobs: int) -> Iterator[str]:
    """Yield a sentence for each vector that does not do to a mutant what the table says."""
    for one in _compared(table, jobs):
        yield f"{one.vector} was {one.recorded} and is {one.got} on: {one.mutant}"


def holding(table: Mapping[str, Mapping[str, str]], jobs: int) -> Table:
    """Return the part of a table that still is as it says."""
    lost = {(one.mutant, one.vector) for one in _compared(table, jobs)}
    kept = {
        name: {vector: kind for vector, kind in found.items() if (name, vector) not in lost}
        for name, found in table.items()
    }
    return {name: found for name, found in kept.items() if found}


def _compared(table: Mapping[str, Mapping[str, str]], jobs: int) -> Iterator[Difference]:
    names = sorted(table, key=lambda name: (name.split(" ")[0], name))
    size = -(-len(names) // jobs)
    workers = [
        _worker({name: table[name] for name in names[at : at + size]})
        for at in range(0, len(names), size or 1)
    ]
    for process in workers:
        out, _ = process.communicate(timeout=TIME_LIMIT)
        if process.returncode:
            raise RuntimeError(f"a worker ended with the exit code {process.returncode}")
        for row in json.loads(out):
            yield Difference(*row)


def _worker(part: Mapping[str, Mapping[str, str]]) -> subprocess.Popen[str]:
    """Return a process that has its part and works on it."""
    process = subprocess.Popen(  # noqa: S603  this interpreter, with our own words
        [sys.executable, "-I", "-S", "-c", _CODE, str(ROOT)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    if process.stdin is not None:
        process.stdin.write(json.dumps(part))
        process.stdin.close()
        process.stdin = None  # communicate() would write to it
    return process


def main() -> None:
    """Read a part of the table from standard input and print the differences."""
    load_reference()
    sys.stdout.write(json.dumps(list(differences(json.load(sys.stdin)))))


def load_reference() -> None:
    """Import everything that answers vectors: a function that is not loaded cannot be exchanged."""
    for target in OPERATIONS.values():
        importlib.import_module(f"conformance.adapters.reference.{target.split(':')[0]}")


def differences(table: Mapping[str, Mapping[str, str]]) -> Iterator[Difference]:
    """Yield what is not as a table says, in this process."""
    vectors = {vector.id: vector for file in load_files() for vector in file.vectors}
    for name, recorded in table.items():
        module = module_of(name.split(" ")[0])
        mutation = module.mutations.get(name)
        if mutation is None:
            for vector, outcome in recorded.items():
                yield Difference(name, vector, outcome, "without this line")
            continue
        with module.mutated(mutation):
            for vector, outcome in recorded.items():
                got = ask(vectors[vector]) if vector in vectors else "no vector"
                if got != outcome:
                    yield Difference(name, vector, outcome, got)


def find(wanted: FrozenSet[str], progress: Callable[[str, int, int], None]) -> Table:
    """Return a table in which every one of these vectors stands that kills a derived mutant."""
    load_reference()
    vectors: List[Vector] = [
        vector for file in load_files() for vector in file.vectors if vector.id in wanted
    ]
    return find_kills(vectors, progress)


def merged(*tables: Mapping[str, Mapping[str, str]]) -> Dict[str, Dict[str, str]]:
    """Return tables as one; the later one counts."""
    found: Dict[str, Dict[str, str]] = {}
    for table in tables:
        for name, kills in table.items():
            found.setdefault(name, {}).update(kills)
    return {name: dict(sorted(found[name].items())) for name in sorted(found)}
