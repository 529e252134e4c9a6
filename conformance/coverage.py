"""Which requirement is tested by what, and which is not.

A requirement that says what to refuse needs a test that accepts and one that rejects: without the
first, whoever refuses everything conforms; without the second, whoever checks nothing does.  One
that refuses nothing, a sender's duty or a permission, needs a test whose output shows it.  What no
test can reach stands in the specification with the reason.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from conformance.requirements import Requirement
from conformance.vectors import VectorFile

__all__ = ["Coverage", "coverage", "unknown_ids"]


class Coverage(NamedTuple):
    """What tests one requirement."""

    requirement: Requirement
    accepting: Tuple[str, ...]
    """Ids of the vectors that cite it and have to be accepted."""
    rejecting: Tuple[str, ...]
    """Ids of the vectors that cite it and have to be refused."""
    scenarios: Tuple[str, ...]
    """Names of the mock's scenarios in which it is broken."""
    gap: str
    """What is missing; empty where nothing is."""


def coverage(
    requirements: Sequence[Requirement],
    files: Sequence[VectorFile],
    scenarios: Mapping[str, str],
) -> Tuple[Coverage, ...]:
    """Return a row for each requirement; `scenarios` gives the requirement of each by name."""
    accepting, rejecting = _citations(files, "accept"), _citations(files, "reject")
    broken: Dict[str, List[str]] = {}
    for name, requirement in scenarios.items():
        broken.setdefault(requirement, []).append(name)
    return tuple(
        _row(row, accepting.get(row.id, ()), rejecting.get(row.id, ()), broken.get(row.id, ()))
        for row in requirements
    )


def unknown_ids(
    requirements: Sequence[Requirement], files: Sequence[VectorFile], scenarios: Mapping[str, str]
) -> Tuple[str, ...]:
    """Return the ids that a vector or a scenario cites and that are no requirement."""
    known = {row.id for row in requirements}
    cited = {name for file in files for vector in file.vectors for name in vector.req}
    cited.update(name for name in scenarios.values() if name)
    return tuple(sorted(cited - known))


def _citations(files: Sequence[VectorFile], verdict: str) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for file in files:
        for vector in file.vectors:
            if vector.expect.verdict == verdict:
                for name in vector.req:
                    found.setdefault(name, []).append(vector.id)
    return found


def _row(
    requirement: Requirement,
    accepting: Iterable[str],
    rejecting: Iterable[str],
    scenarios: Iterable[str],
) -> Coverage:
    row = Coverage(requirement, tuple(accepting), tuple(rejecting), tuple(scenarios), "")
    return row._replace(gap="; ".join(_gaps(row)))


def _gaps(row: Coverage) -> Iterable[str]:
    tested = row.requirement.tested
    if tested == "excluded":
        if row.accepting or row.rejecting or row.scenarios:
            yield "it is excluded, but tests cite it"
        return
    if "vector" in tested:
        if not row.accepting:
            yield "no vector that is accepted cites it"
        if row.requirement.refusal and not row.rejecting:
            yield "no vector that is rejected cites it"
    elif row.accepting or row.rejecting:
        yield "vectors cite it, but the specification does not say so"
    if "scenario" in tested and not row.scenarios:
        yield "no scenario breaks it"
