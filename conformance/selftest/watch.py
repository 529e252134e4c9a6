"""Runs one check in a fresh interpreter, if asked with one mutant of the suite in place."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from typing import Callable, Dict, Final, Iterator, List, Mapping

from conformance.resources import ROOT
from conformance.selftest.runner_mutants import EQUIVALENT, RUNNER_MUTANTS
from conformance.selftest.weaken import Mutant, install

__all__ = ["KNOWN", "checks", "main", "run_check"]

KNOWN: Final = (
    "outcomes", "verdicts", "declarations", "settling", "levels", "exits", "reports",
    "selections", "expected", "leaks", "conversations", "replies",
)  # fmt: skip
"""The checks of single parts of the suite against what is known of them."""

TIME_LIMIT: Final = 300

_CODE: Final = (
    "import sys; sys.path.insert(0, sys.argv.pop(1));"
    " from conformance.selftest.watch import main; main()"
)


def run_check(name: str, mutant: str = "") -> List[str]:
    """Return what a check finds, in an interpreter of its own; with a mutant of the suite in place.

    Raises:
        RuntimeError: the interpreter ended without a verdict.
    """
    done = subprocess.run(  # noqa: S603  this interpreter, with our own words
        [sys.executable, "-I", "-S", "-c", _CODE, str(ROOT), name, mutant],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=TIME_LIMIT, check=False,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        raise RuntimeError(f"{name} {mutant} could not be run: {done.stderr[-1000:]}")
    faults: List[str] = json.loads(lines[-1])
    return faults


def main() -> None:
    """Install the mutant of the second argument, run the check of the first, print its faults."""
    name, weak = sys.argv[1:3]
    if weak:
        install(_mutants()[weak])
    sys.stdout.write(json.dumps(_faults(name)[:20]) + "\n")
    sys.stdout.flush()


def _mutants() -> Mapping[str, Mutant]:
    every = (*RUNNER_MUTANTS, *(mutant for mutant, _ in EQUIVALENT))
    return {mutant.name: mutant for mutant in every}


def _faults(name: str) -> List[str]:
    try:
        return list(checks()[name]())
    except Exception as error:  # noqa: BLE001  whatever a broken suite raises
        return [f"the check broke: {type(error).__name__}: {error}"]


def checks() -> Mapping[str, Callable[[], Iterator[str]]]:
    """Return every check by its name; importing them imports what they check."""
    from conformance.selftest import known_handling, known_verdicts  # noqa: PLC0415  see above
    from conformance.selftest.refactors import REFACTORS, faults_of  # noqa: PLC0415  see above
    from conformance.selftest.sentinels import SENTINELS  # noqa: PLC0415  see above

    found: Dict[str, Callable[[], Iterator[str]]] = {}
    for module in (known_verdicts, known_handling):
        found.update({name: getattr(module, name) for name in module.__all__})
    found.update({f"sentinel {one.name}": one.check for one in SENTINELS})
    found.update({f"refactor {one.name}": partial(faults_of, one) for one in REFACTORS})
    return found
