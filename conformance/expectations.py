"""Expected failures: what a run becomes under the file that says which tests fail, and why.

A file of expected failures keeps a known failure from turning a run red.  It never makes an
implementation conformant, and it cannot hide anything new: a listed test that passes fails the run,
and so does one that fails in another way than the line says, a line whose day has passed, one
without a reason, one that names too much, and one whose test cannot fail any more.

A line that is not in force changes nothing, so the failures that it named stand as they are.
"""

from __future__ import annotations

from datetime import date
from typing import (
    Callable,
    Collection,
    Dict,
    Final,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Sequence,
    Tuple,
)

from conformance.expectations_file import (
    FAILING,
    Entry,
    Expectations,
    ExpectationsError,
    Facts,
    check,
    facts_of,
    load,
    parse,
)
from conformance.requirements import requirements_by_id
from conformance.results import Explanation, Result

__all__ = [
    "MAX_COVERED",
    "MISSING",
    "NOBODY",
    "Applied",
    "Entry",
    "Expectations",
    "ExpectationsError",
    "Facts",
    "apply",
    "check",
    "covered",
    "facts_of",
    "is_failure",
    "load",
    "matches",
    "parse",
    "signature_of",
    "to_skip",
]

MAX_COVERED: Final = 20
"""How many failures one pattern may cover: who lists more does not know what is listed."""

MISSING: Final = "missing_mandatory"
"""The kind of failure that all tests of an operation share which is not there."""

NOBODY: Final = Facts("", "")

Repro = Callable[[Result], str]


class Applied(NamedTuple):
    """A run under a file of expected failures."""

    results: Tuple[Result, ...]
    """In the order in which they were given."""
    problems: Tuple[str, ...]
    """What is wrong with the file itself, with file, line and remedy; any of it fails the run."""


def signature_of(result: Result) -> str:
    """Return what the signature of a line has to be the beginning of."""
    return f"{result.subtype or result.status}: {_one_line(result.detail)}"


def matches(signature: str, result: Result) -> bool:
    """Say whether a result fails as a signature says."""
    if not signature:
        return False
    known = [signature_of(result)]
    if result.status == "flaky":  # its detail says how it failed before it passed
        known.append(_one_line(result.detail))
    return any(text.startswith(_one_line(signature)) for text in known)


def is_failure(result: Result) -> bool:
    """Say whether a result is one that a line can expect: it was executed, and it fails."""
    return result.status in FAILING


def covered(named: Iterable[Result]) -> int:
    """Return how many failures there are; an operation that is missing is one, and no more."""
    failed = [row for row in named if is_failure(row)]
    return len({row.op if row.subtype == MISSING else row.id for row in failed})


def to_skip(
    expectations: Expectations, ids: Collection[str], *, today: date, facts: Facts = NOBODY
) -> Dict[str, str]:
    """Return id -> reason of the tests that are not to be executed."""
    skipped: Dict[str, str] = {}
    for entry in expectations.in_force(facts):
        if entry.kind == "skip" and not _fault(entry, today):
            for name in expectations.named(entry, ids):
                skipped[name] = f"skipped by {expectations.place(entry)}: {entry.because()}"
    return skipped


def apply(
    results: Sequence[Result],
    expectations: Expectations,
    *,
    today: date,
    partial: bool,
    facts: Facts = NOBODY,
    repro: Repro = lambda row: f"python3 -m conformance run --case {row.id}",
) -> Applied:
    """Return the results as the file makes them, and what is wrong with the file.

    In a partial run, which a filter or an interruption made, a line whose tests were not executed
    is not judged.  `repro` gives the command that shows a result again.
    """
    changed: Dict[str, Result] = {}
    problems: List[str] = []
    rows = {row.id: row for row in results}
    for entry in expectations.in_force(facts):
        named = [rows[name] for name in expectations.named(entry, rows)]
        place = expectations.place(entry)
        fault = _fault(entry, today) or _fault_in_run(entry, named, partial=partial)
        if fault:
            problems.append(f"{place}: {entry.pattern} {fault}")
            continue
        for row in named:
            changed[row.id] = _judge(row, entry, place, repro)
    return Applied(tuple(changed.get(row.id, row) for row in results), tuple(problems))


def _fault(entry: Entry, today: date) -> str:
    """Return why a line is not in force, whatever the run gave; empty where it is."""
    if not entry.said:
        return "has no reason yet; write down why it fails, and what will mend it"
    if entry.until and today > entry.until:
        return f"was expected until {entry.until}; mend it, or give a new day and say why"
    if entry.kind != "skip" and not entry.signature:
        return (
            "does not say how it fails; write the beginning of `subtype: detail`, or let"
            " --update-xfail write it"
        )
    return ""


def _fault_in_run(entry: Entry, named: Sequence[Result], *, partial: bool) -> str:
    """Return what a run shows against a line."""
    if entry.kind == "skip":
        return ""
    number = covered(named)
    if entry.is_glob and number > MAX_COVERED:
        return (
            f"covers {number} failures, and a pattern may cover {MAX_COVERED}; list what they"
            " have in common in several lines, or let --update-xfail write them out"
        )
    left_out = all(row.status == "not_applicable" for row in named)
    if named and left_out and not partial:
        return "cannot fail: what it needs is not declared; remove the line"
    return ""


def _judge(row: Result, entry: Entry, place: str, repro: Repro) -> Result:
    """Return a result under a line that names it and is in force."""
    if entry.kind == "skip":
        reason = f"skipped by {place}: {entry.because()}"
        return row._replace(status="deselected", subtype="", detail=reason, explanation=None)
    if row.status in ("pass", "pass_verdict_only") and entry.kind == "xfail":
        return _unexpected(row, entry, place, repro)
    if not is_failure(row):
        return row
    if not matches(entry.signature, row):
        return row._replace(detail=f"{row.detail} ({place} expects {entry.signature!r})".strip())
    if (entry.kind == "flaky") != (row.status == "flaky"):
        return row._replace(detail=f"{row.detail} ({place} {_OTHERWISE[entry.kind]})".strip())
    return row._replace(
        status="xfail", detail=f"{row.detail} (expected: {entry.because()}; {place})".strip()
    )


_OTHERWISE: Final[Mapping[str, str]] = {
    "flaky": "lists it as flaky, but it did not pass when it was repeated, or --retries was not"
    " given",
    "xfail": "lists it as failing, but it passed when it was repeated: list it as flaky",
}


def _unexpected(row: Result, entry: Entry, place: str, repro: Repro) -> Result:
    """Return the result of a test that passed although a line says that it fails."""
    detail = f"passed, but {place} expects {entry.signature!r}: remove the line"
    known = requirements_by_id()
    sentences = [f"{name}: {known[name].text}" for name in row.req[:1] if name in known]
    return row._replace(
        status="xpass",
        subtype="",
        detail=detail,
        explanation=Explanation(
            requirement=" ".join(sentences) or "An expected failure fails.",
            changed="Nothing about the test: the file of expected failures lists it.",
            expected=f"{entry.signature} ({entry.because()})",
            got=row.status,
            impact="A line that is no longer true hides the day on which the failure comes back.",
            hint=f"Remove {place}, or let --update-xfail do it.",
            repro=repro(row),
        ),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
