"""Broken copies of the reference, each a process behind the adapter protocol, asked by the runner.

What is judged is the whole way: a mistake in one line of an implementation has to come out as a
failure of the right kind, explained, in the report.
"""

from __future__ import annotations

import sys
from typing import Callable, Dict, Final, FrozenSet, Iterator, Mapping

from conformance.adapters.process import ProcessAdapter
from conformance.adapters.protocol import Adapter
from conformance.requirements import SuiteError
from conformance.resources import ROOT
from conformance.selftest.mutants import conversation, evidence
from conformance.selftest.running import every_case, run, with_controls
from conformance.selftest.weaken import Mutant

__all__ = ["MUTANTS", "faults_of", "killed_by"]

MUTANTS: Final[Mapping[str, Mutant]] = {
    mutant.name: mutant for mutant in (*conversation.MUTANTS, *evidence.MUTANTS)
}
"""Name -> mutant."""

_KINDS: Final = ("fail", "crash", "timeout")
"""What a vector can say of a mutant; `inconclusive` says something of its control."""


def killed_by(mutant: Mutant, only: FrozenSet[str] = frozenset()) -> Dict[str, str]:
    """Return vector -> `status/subtype` of those that fail on the mutant.

    Those about a requirement that it breaks are asked, or those of `only`; their controls as well.
    """
    chosen = only or frozenset(
        case.id for case in every_case() if set(case.req) & set(mutant.breaks)
    )
    report = run(with_controls(chosen), _start(mutant.name))
    found = {}
    for one in report.results:
        if one.id in chosen and one.status in _KINDS:
            found[one.id] = f"{one.status}/{one.subtype}" if one.subtype else one.status
    unexplained = [one.id for one in report.failures if not one.explanation]
    if unexplained or (found and report.verdict.conformant):
        raise SuiteError(f"{mutant.name}: failures without explanation, or of no consequence")
    unsound = [one.id for one in report.results if one.status == "harness_error"]
    if unsound:
        raise SuiteError(f"{mutant.name}: the suite broke on {unsound[0]}")
    return dict(sorted(found.items()))


def faults_of(mutant: Mutant, recorded: Mapping[str, str]) -> Iterator[str]:
    """Yield what the runner no longer says of a mutant that the table says."""
    if not recorded:
        yield "no vector kills it, or it is not in the table: selftest --write"
        return
    found = killed_by(mutant, frozenset(recorded))
    for name, kind in recorded.items():
        if found.get(name) != kind:
            yield f"{name} was {kind} and is {found.get(name, 'no failure')}"


def _start(name: str) -> Callable[[], Adapter]:
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1));"
        " from conformance.selftest.serve_broken import main; main()"
    )

    def start() -> Adapter:
        adapter = ProcessAdapter([sys.executable, "-I", "-S", "-c", code, str(ROOT), name])
        adapter.start()
        return adapter

    return start
