"""The parts of `selftest`, and what each of them finds."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Dict, Final, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from conformance.selftest import broken, lines
from conformance.selftest.kills import load_kills
from conformance.selftest.refactors import REFACTORS
from conformance.selftest.runner_mutants import EQUIVALENT, RUNNER_MUTANTS
from conformance.selftest.sentinels import SENTINELS
from conformance.selftest.watch import KNOWN, run_check
from conformance.selftest.weaken import Mutant
from conformance.vectors import load_files

__all__ = ["STAGES", "Progress", "Row", "Stage", "run_stage", "without_kill"]

Progress = Callable[[str, int, int], None]
"""Name of what was done, how many are, and of how many."""


class Row(NamedTuple):
    """One check of a stage."""

    name: str
    about: str
    faults: Tuple[str, ...]
    """Empty where everything is as it has to be."""
    seconds: float


class Task(NamedTuple):
    """What gives a row."""

    name: str
    about: str
    find: Callable[[], Sequence[str]]


class Stage(NamedTuple):
    """One part."""

    name: str
    about: str
    tasks: Callable[[int], List[Task]]
    """Number of jobs -> what there is to do."""


def run_stage(stage: Stage, jobs: int, progress: Progress) -> List[Row]:
    """Do what there is to do, `jobs` at a time; return the rows in the order of the tasks."""
    tasks = stage.tasks(jobs)
    rows = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        for number, row in enumerate(pool.map(_done, tasks), 1):
            progress(f"{stage.name} {row.name}", number, len(tasks))
            rows.append(row)
    return rows


def _done(task: Task) -> Row:
    started = time.monotonic()
    try:
        faults = tuple(task.find())
    except Exception as error:  # noqa: BLE001  a check that breaks has not passed
        faults = (f"the check broke: {type(error).__name__}: {error}",)
    return Row(task.name, task.about, faults, time.monotonic() - started)


# --- What there is to do --------------------------------------------------------------------------


def _sentinels(_jobs: int) -> List[Task]:
    return [Task(one.name, one.about, _check(f"sentinel {one.name}")) for one in SENTINELS]


def _refactors(_jobs: int) -> List[Task]:
    return [Task(one.name, one.about, _check(f"refactor {one.name}")) for one in REFACTORS]


def _check(name: str) -> Callable[[], Sequence[str]]:
    return lambda: run_check(name)


def _mutants(_jobs: int) -> List[Task]:
    table = load_kills().mutants

    def task(mutant: Mutant) -> Task:
        recorded = table.get(mutant.name, {})
        return Task(mutant.name, mutant.about, lambda: list(broken.faults_of(mutant, recorded)))

    tasks = [task(mutant) for mutant in broken.MUTANTS.values()]
    return [*tasks, Task("table", "no mutant left the table", lambda: _gone(table))]


def _gone(table: Mapping[str, Mapping[str, str]]) -> List[str]:
    return [f"{name} is no mutant any more" for name in table if name not in broken.MUTANTS]


def _vectors(jobs: int) -> List[Task]:
    table = load_kills().lines

    def holds() -> List[str]:
        return list(lines.verify(table, jobs))

    every = "every vector kills a mutant"
    return [
        Task("table", f"{len(table)} mutants of single lines are killed as it says", holds),
        Task("every-vector", every, lambda: [f"{one} kills no mutant" for one in without_kill()]),
    ]


def without_kill() -> Tuple[str, ...]:
    """Return the ids of the vectors that stand nowhere in the table of kills."""
    kills = load_kills()
    tables = (*kills.mutants.values(), *kills.lines.values())
    killing = {vector for table in tables for vector in table}
    ids = [vector.id for file in load_files() for vector in file.vectors]
    return tuple(name for name in ids if name not in killing)


def _runner(_jobs: int) -> List[Task]:
    def whole(name: str) -> Task:
        about = "finds nothing in the suite as it is"
        return Task(name, about, lambda: run_check(name))

    def killed(mutant: Mutant) -> Task:
        def find() -> List[str]:
            check = mutant.breaks[0]
            return [] if run_check(check, mutant.name) else [f"the check {check} does not see it"]

        return Task(mutant.name, mutant.about, find)

    def survives(mutant: Mutant, proof: str) -> Task:
        def find() -> List[str]:
            seen = run_check(mutant.breaks[0], mutant.name)
            return ["it is seen, and so it is not equivalent"] if seen else []

        return Task(mutant.name, f"equivalent: {proof}", find)

    return [
        *(whole(name) for name in KNOWN),
        *(killed(mutant) for mutant in RUNNER_MUTANTS),
        *(survives(mutant, proof) for mutant, proof in EQUIVALENT),
    ]


def _scenarios(_jobs: int) -> List[Task]:
    from conformance.selftest.clients import tasks  # noqa: PLC0415  brings the mock TEE

    return [Task(name, about, find) for name, about, find in tasks()]


_ROWS: Final = (
    Stage("sentinels", "implementations that are wrong from end to end", _sentinels),
    Stage("mutants", "implementations with one mistake, asked by the runner", _mutants),
    Stage("vectors", "every vector kills a mutant", _vectors),
    Stage("scenarios", "clients with one weakness, attacked", _scenarios),
    Stage("runner", "the suite itself with one mistake", _runner),
    Stage("refactors", "implementations that are right and look otherwise", _refactors),
)

STAGES: Final[Dict[str, Stage]] = {stage.name: stage for stage in _ROWS}
"""Name -> part, in the order in which they run."""


def count_of(rows: Iterator[Row]) -> int:
    """Return how many rows have a fault."""
    return sum(bool(row.faults) for row in rows)
