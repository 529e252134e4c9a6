"""Writes the file of expected failures anew after a run, and changes no more of it than needed.

Comments, blank lines, the order and the reasons stay.  A line whose test passes goes; one without a
signature gets it; one that fails otherwise gets the new signature and loses its reason, because the
reason was given for something else; a pattern that is no longer true of all that it names is
written out.  What fails and is not listed is added beside the lines of its group, an operation that
is missing as one line, with a reason that somebody has to write before a run accepts it.
"""

from __future__ import annotations

import re
from typing import Collection, Dict, Final, List, Mapping, Optional, Sequence, Set, Tuple

from conformance.expectations import (
    MAX_COVERED,
    MISSING,
    NOBODY,
    covered,
    is_failure,
    matches,
    signature_of,
)
from conformance.expectations_file import (
    UNSAID,
    Entry,
    Expectations,
    ExpectationsError,
    Facts,
    parse,
)
from conformance.results import Result

__all__ = ["HEAD", "update"]

HEAD: Final = """\
# Expected failures: STATUS ID SIGNATURE | REASON [https://issue] [until=YYYY-MM-DD] [if=...]
# STATUS is xfail, flaky or skip; each line needs its reason.
# The rules: docs/guides/testing-your-client.md
"""
"""The beginning of a file that did not exist."""

MAX_SIGNATURE: Final = 60

_VARIES = re.compile(r"""[0-9'"`\[{(<|]""")
"""What may be otherwise in the next run begins with one of these."""


def update(
    text: str,
    results: Sequence[Result],
    *,
    partial: bool,
    name: str = "the file",
    renamed: Optional[Mapping[str, str]] = None,
    facts: Facts = NOBODY,
) -> str:
    """Return the text of the file that expects what a run gave; the same run changes nothing more.

    The results are those that the run gave, before a file of expected failures was applied to them.

    Raises:
        ExpectationsError: the text is not of the form, or the run was a partial one, which cannot
            say what the tests that it left out do.
    """
    expectations = parse(text, name, renamed=renamed)
    rows = {row.id: row for row in results}
    if partial or _left_out(expectations, rows):
        raise ExpectationsError(
            f"{name} was not changed: this run is not the whole of its profile, and cannot say"
            " whether the other lines still hold; run without filters and to the end"
        )
    replaced, listed = _replacements(expectations, rows, facts)
    elsewhere = _elsewhere(expectations, rows, facts)
    missing = _missing(results, {*listed, *elsewhere})
    added = [
        _new(row, elsewhere.get(row.id, ""))
        for row in results
        if is_failure(row)
        and row.status != "warn"
        and row.id not in listed
        and _group(row.id) not in missing
    ] + [_new(row._replace(id=f"{group}/*"), "") for group, row in missing.items()]
    return _write(text, replaced, added) if replaced or added else text


def _left_out(expectations: Expectations, rows: Mapping[str, Result]) -> bool:
    """Say whether a test was not executed that no line has skipped."""
    skipped = {
        name
        for entry in expectations.entries
        if entry.kind == "skip"
        for name in expectations.named(entry, rows)
    }
    return any(row.status == "deselected" and row.id not in skipped for row in rows.values())


def _replacements(
    expectations: Expectations, rows: Mapping[str, Result], facts: Facts
) -> Tuple[Dict[int, List[str]], Set[str]]:
    """Return line number -> the lines in its place, and the ids that stay listed."""
    replaced: Dict[int, List[str]] = {}
    listed: Set[str] = set()
    for entry in expectations.entries:
        lines = [entry]
        if entry.holds(facts):
            named = [rows[name] for name in expectations.named(entry, rows)]
            listed.update(row.id for row in named)
            if named and entry.kind != "skip":
                lines = _entries(entry, named)
        current = [_current_name(line, expectations) for line in lines]
        if current != [entry]:
            replaced[entry.line] = [_format(line) for line in current]
    return replaced, listed


def _elsewhere(expectations: Expectations, ids: Collection[str], facts: Facts) -> Dict[str, str]:
    """Return id -> the condition for here, of the tests that are listed for somewhere else."""
    here = {"os": facts.system, "impl": facts.version}
    return {
        name: f"{kind}:{here[kind]}"
        for entry in expectations.entries
        if not entry.holds(facts)
        for kind in [entry.condition.partition(":")[0]]
        if here[kind]
        for name in expectations.named(entry, ids)
    }


def _missing(results: Sequence[Result], listed: Collection[str]) -> Dict[str, Result]:
    """Return group -> one of its results, where all of them say that an operation is missing."""
    groups: Dict[str, List[Result]] = {}
    for row in results:
        groups.setdefault(_group(row.id), []).append(row)
    return {
        group: rows[0]
        for group, rows in groups.items()
        if len(rows) > 1
        and all(row.subtype == MISSING and row.id not in listed for row in rows)
        and len({row.op for row in rows}) == 1
    }


def _current_name(entry: Entry, expectations: Expectations) -> Entry:
    return entry._replace(pattern=expectations.renamed.get(entry.pattern, entry.pattern))


def _entries(entry: Entry, named: Sequence[Result]) -> List[Entry]:
    """Return the lines that say of some results what is true, in the place of one."""
    executed = [row for row in named if row.status not in ("blocked", "deselected")]
    if not executed:
        return [entry]
    executed = [row for row in executed if row.status != "not_applicable"]
    failed = [row for row in executed if is_failure(row)]
    if not entry.is_glob:
        keeps = entry.kind == "flaky" and executed and not failed
        return [_exact(entry, failed[0])] if failed else [entry] if keeps else []
    whole = 0 < len(failed) == len(executed) and covered(failed) <= MAX_COVERED
    kept = entry if entry.signature or not failed else entry._replace(signature=_pin(failed[0]))
    if whole and all(matches(kept.signature, row) and row.status != "flaky" for row in failed):
        return [kept]
    return [_exact(entry, row) for row in failed]


def _exact(entry: Entry, row: Result) -> Entry:
    """Return the line for one failing result that has been listed by `entry`."""
    kind = "flaky" if row.status == "flaky" else "xfail"
    exact = entry._replace(kind=kind, pattern=row.id if entry.is_glob else entry.pattern)
    if kind == entry.kind and matches(entry.signature, row):
        return exact
    exact = exact._replace(signature=_pin(row))
    if not entry.signature or not entry.said:
        return exact
    return exact._replace(reason=f"{UNSAID} (it was: {entry.reason})")


def _pin(row: Result) -> str:
    """Return the part of a signature that is the same in every run."""
    if row.subtype == MISSING:
        return MISSING
    whole = signature_of(row)
    head, _, detail = whole.partition(": ")
    stable = _VARIES.split(detail, maxsplit=1)[0].strip()
    if len(stable) > MAX_SIGNATURE:
        stable = stable[:MAX_SIGNATURE].rsplit(" ", 1)[0].strip()
    return f"{head}: {stable}" if stable else head


def _format(entry: Entry) -> str:
    words = [entry.reason]
    words += [entry.issue] if entry.issue else []
    words += [f"until={entry.until}"] if entry.until else []
    words += [f"if={entry.condition}"] if entry.condition else []
    return f"{entry.kind:<6} {entry.pattern}  {entry.signature or '-'} | {' '.join(words)}"


def _new(row: Result, condition: str) -> Entry:
    kind = "flaky" if row.status == "flaky" else "xfail"
    return Entry(0, kind, row.id, _pin(row), UNSAID, "", None, condition)


def _write(text: str, replaced: Mapping[int, Sequence[str]], added: Sequence[Entry]) -> str:
    """Return the text with lines replaced, and new ones behind the last one of their group."""
    lines: List[str] = []
    place: Dict[str, int] = {}
    for number, line in enumerate(text.splitlines() or HEAD.splitlines(), 1):
        lines += replaced.get(number, [line])
        words = lines[-1].split(None, 2) if lines else []
        if len(words) > 1 and not words[0].startswith("#"):
            place[_group(words[1])] = len(lines)
    groups: Dict[str, List[str]] = {}
    for entry in added:
        groups.setdefault(_group(entry.pattern), []).append(_format(entry))
    for group in sorted(set(groups) & set(place), key=lambda group: -place[group]):
        lines[place[group] : place[group]] = groups[group]
    for group, block in groups.items():
        if group not in place:
            lines += ["", f"# {group}", *block]
    end = "\r\n" if "\r\n" in text else "\n"
    return "".join(f"{line}{end}" for line in lines)


def _group(name: str) -> str:
    """Return what a test stands with: the id without its last segment."""
    return name.rpartition("/")[0]
