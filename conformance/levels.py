"""How far an implementation got: computed from the results of a run, never chosen.

    Vectors      every vector that is a MUST passed
    Client-safe  and every scenario that is a MUST passed
    Verified     and every refusal gave its reason, and vectors made for this run passed as well
    Strict       and every SHOULD is met

What was left out by a filter, blocked, inconclusive or expected to fail keeps an implementation
from every level that it belongs to, and from being called conformant.  So does a run of a part of
the profile, and one in which the files given to it were wrong.
"""

from __future__ import annotations

from typing import Any, Final, Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from conformance.results import NO_OPERATIONS, STATUSES, Result, meaning

__all__ = ["LEVELS", "Verdict", "judge_run"]

LEVELS: Final = ("none", "Vectors", "Client-safe", "Verified", "Strict")
"""From the lowest to the highest."""


class Verdict(NamedTuple):
    """What a run proves."""

    level: str
    """One of `LEVELS`."""
    conformant: bool
    """Whether the run is complete and nothing in it speaks against the implementation."""
    because: Tuple[str, ...]
    """Why it is not conformant, or does not have the next level; one sentence each."""


def judge_run(header: Mapping[str, Any], results: Sequence[Result], *, complete: bool) -> Verdict:
    """Return level and conformance of a run.

    Of the header, `challenge` decides about a level, `partial` and `problems` about conformance.
    """
    because: List[str] = []
    partial = bool(header.get("partial"))
    if not complete:
        because.append("the run was interrupted")
    if partial:
        because.append("only a part of the profile was selected")
    because.extend(str(problem) for problem in header.get("problems", ()))
    if not any(_executed(row) for row in results):
        because.append("nothing was executed")
    for name, status in STATUSES.items():
        count = sum(row.status == name for row in results)
        if status.blocks and count:
            because.extend(_blocking(name, results, complete=complete))
    conformant = not because
    level = _level(header, results) if complete and not partial else LEVELS[0]
    return Verdict(level, conformant, (*because, *_next_level(header, results, level)))


def _blocking(status: str, results: Sequence[Result], *, complete: bool) -> Iterable[str]:
    """Yield what a status that keeps from conformance says of a run, with its count."""
    rows = [row for row in results if row.status == status]
    foreign = sum(status == "deselected" and row.detail == NO_OPERATIONS for row in rows)
    if foreign:
        yield f"{foreign} {status}: {NO_OPERATIONS}, only conversations"
    if len(rows) > foreign:
        yield f"{len(rows) - foreign} {status}: {meaning(status, complete=complete)}"


def _level(header: Mapping[str, Any], results: Sequence[Result]) -> str:
    reached = LEVELS[0]
    for level in LEVELS[1:]:
        if any(_against(level, header, results)):
            break
        reached = level
    return reached


def _next_level(
    header: Mapping[str, Any], results: Sequence[Result], level: str
) -> Tuple[str, ...]:
    if level == LEVELS[-1]:
        return ()
    following = LEVELS[LEVELS.index(level) + 1]
    return tuple(f"not {following}: {reason}" for reason in _against(following, header, results))


def _against(level: str, header: Mapping[str, Any], results: Sequence[Result]) -> Iterable[str]:
    """Yield what keeps a run from a level whose lower ones it has."""
    if level == "Vectors":
        yield from _not_passed(results, "vector")
    elif level == "Client-safe":
        yield from _not_passed(results, "scenario")
    elif level == "Verified":
        unreasoned = sum(row.status == "pass_verdict_only" for row in results)
        if unreasoned:
            yield f"{unreasoned} refusals gave no reason"
        if not header.get("challenge"):
            yield "no vectors were made for this run (--challenge)"
        else:
            yield from _not_passed(results, "challenge")
    else:
        warnings = sum(row.status == "warn" for row in results)
        if warnings:
            yield f"{warnings} times a SHOULD is not met"


def _not_passed(results: Sequence[Result], kind: str) -> Iterable[str]:
    rows = [row for row in results if row.kind == kind]
    required = [row for row in rows if row.keyword == "MUST" and row.status != "not_applicable"]
    if not any(_executed(row) for row in required):
        yield f"no {kind} was executed"
    unrun = sum(not _executed(row) for row in required)
    missing = sum(_executed(row) and not row.status.startswith("pass") for row in required)
    if unrun:
        yield f"{unrun} of {len(required)} {kind} tests were not executed"
    if missing:
        yield f"{missing} of {len(required)} {kind} tests did not pass"


def _executed(row: Result) -> bool:
    return row.status not in ("deselected", "not_applicable", "blocked")
