"""`coverage`: the table of requirements and tests."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from typing import Any, Dict, Final, Iterator, Mapping, Sequence, Tuple

from conformance.cli.output import Output
from conformance.coverage import Coverage, coverage, unknown_ids
from conformance.mock_tee.faults import SCENARIOS
from conformance.requirements import citations, load_requirements
from conformance.resources import read_files, repository
from conformance.vectors import load_files

__all__ = ["code_lines", "print_coverage", "rows_of_coverage", "write_requirements"]

WIDTH: Final = 80

EXIT_FAILED: Final = 1


def rows_of_coverage() -> Tuple[Coverage, ...]:
    """Return the table of what is here."""
    return coverage(load_requirements(), load_files(), scenarios())


def scenarios() -> Dict[str, str]:
    """Return the requirement that each scenario of the mock breaks, by its name."""
    return {row.name: row.requirement for row in SCENARIOS.values()}


def code_lines() -> Mapping[str, Tuple[str, ...]]:
    """Return id -> where the reference cites it; the two packages stand side by side."""
    return citations("venice_ref", read_files("venice_ref", ".py"))


def print_coverage(options: argparse.Namespace) -> int:
    """Print the table; the exit code is 1 where a requirement is not tested."""
    if options.write:
        return write_requirements()
    rows = rows_of_coverage()
    unknown = unknown_ids(load_requirements(), load_files(), scenarios())
    lines = code_lines()
    output = Output()
    if options.json:
        document = {
            "requirements": [_document(row, lines.get(row.requirement.id, ())) for row in rows],
            "unknown": list(unknown),
        }
        output.line(json.dumps(document, indent=1))
    else:
        shown = [row for row in rows if row.gap] if options.gaps else rows
        for line in _table(shown, lines):
            output.line(line)
        for name in unknown:
            output.line(f"{name} is cited by a test and is no requirement")
        output.line(_summary(rows))
    return EXIT_FAILED if unknown or any(row.gap for row in rows) else 0


def _document(row: Coverage, code: Tuple[str, ...]) -> Dict[str, Any]:
    return {
        "id": row.requirement.id,
        "tested": row.requirement.tested,
        "excluded": row.requirement.excluded,
        "code": list(code),
        "accepting": list(row.accepting),
        "rejecting": list(row.rejecting),
        "scenarios": list(row.scenarios),
        "gap": row.gap,
    }


def _table(rows: Sequence[Coverage], code: Mapping[str, Tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield f"{'id':<7} {'code':>4} {'accept':>7} {'reject':>7} {'scenario':>9}  note"
    for row in rows:
        requirement = row.requirement
        note = f"MISSING: {row.gap}" if row.gap else ""
        if requirement.excluded:
            note = f"not tested: {requirement.excluded}"
        head = (
            f"{requirement.id:<7} {len(code.get(requirement.id, ())):>4} {len(row.accepting):>7}"
            f" {len(row.rejecting):>7} {len(row.scenarios):>9}  "
        )
        first, *others = textwrap.wrap(note, WIDTH - len(head)) or [""]
        yield (head + first).rstrip()
        for line in others:
            yield " " * len(head) + line


def _summary(rows: Tuple[Coverage, ...]) -> str:
    excluded = sum(row.requirement.tested == "excluded" for row in rows)
    missing = sum(bool(row.gap) for row in rows)
    tested = len(rows) - excluded - missing
    return (
        f"{len(rows)} requirements: {tested} tested, {excluded} not tested for the reason given,"
        f" {missing} with a gap"
    )


def write_requirements() -> int:
    """Read the requirements out of `SPEC.md` and write `conformance/requirements.json`."""
    from conformance.specification import encode_requirements, parse_specification

    root = repository("coverage --write")
    source, target = root / "SPEC.md", root / "conformance" / "requirements.json"
    try:
        rows = parse_specification(source.read_text(encoding="utf-8"))
    except ValueError as error:
        print(f"SPEC.md: {error}", file=sys.stderr)
        return EXIT_FAILED
    target.write_bytes(encode_requirements(rows))
    Output().line(f"wrote {len(rows)} requirements to conformance/requirements.json")
    return 0
