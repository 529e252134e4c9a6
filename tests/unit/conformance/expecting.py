"""Results, and files of expected failures, for the tests of `conformance.expectations`."""

from __future__ import annotations

from datetime import date
from typing import Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from conformance.expectations import Applied, Facts, apply, check, parse
from conformance.results import STATUSES, Explanation, Result
from conformance.usage import UsageProblem

TODAY = date(2026, 11, 21)
LINUX = Facts("linux", "1.2.0")

IDS: Tuple[str, ...] = (
    "field.open/ok-ascii",
    "field.open/tag-first-bit",
    "field.open/tag-last-bit",
    "field.open/short",
    "key.parse/hybrid",
    "scenario/chat-cut",
    "scenario/slow-stream",
    *(f"quote.parse/cut-at-{number}" for number in range(30)),
    "challenge/field.open/tag-last-bit",
)

UNSAID = "TO" + "DO reason"
"""In pieces, because the house has no open ends and a test looks for them."""


def result(name: str, said: str = "pass", detail: str = "") -> Result:
    """Return a result; `said` is a status, or `fail:subtype`."""
    status, _, subtype = said.partition(":")
    top = name.split("/", maxsplit=1)[0]
    explained = STATUSES[status].fails or status == "warn"
    return Result(
        id=name,
        kind=top if top in {"scenario", "challenge"} else "vector",
        status=status,
        subtype=subtype,
        detail=detail,
        op=top,
        req=("ENV-6",),
        keyword="MUST",
        importance="normal",
        negative=True,
        control="",
        seconds=0.1,
        explanation=Explanation("r", "c", "e", "g", "i", "h", "p") if explained else None,
    )


def results_of(failing: Mapping[str, Tuple[str, str]], ids: Iterable[str] = IDS) -> List[Result]:
    """Return a whole run in which some tests do not pass."""
    return [result(name, *failing.get(name, ("pass", ""))) for name in ids]


class Ended(NamedTuple):
    """How a run under a file ended."""

    code: int
    said: str
    """Everything that somebody reads: problems, details, or the reason of the refusal."""
    results: Tuple[Result, ...]


def run_under(
    text: str,
    results: Sequence[Result],
    *,
    partial: bool = False,
    facts: Facts = LINUX,
    renamed: Mapping[str, str] = {},
    today: date = TODAY,
) -> Ended:
    """Return how a run ends under a file, as the exit codes of the suite say it."""
    try:
        expectations = parse(text, "a.xfail", renamed=renamed)
        told = check(expectations, IDS)
    except UsageProblem as error:
        return Ended(4, str(error), ())
    applied: Applied = apply(results, expectations, today=today, partial=partial, facts=facts)
    failed = applied.problems or any(STATUSES[row.status].fails for row in applied.results)
    said = [*told, *applied.problems, *(f"{row.id}: {row.detail}" for row in applied.results)]
    return Ended(1 if failed else 0, "\n".join(said), applied.results)
