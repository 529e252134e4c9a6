"""`diff`: what changed from one run to another; regressions give the exit code 1."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Iterator, Sequence, Union

from conformance.cli.output import Output
from conformance.report.read import load_report
from conformance.report.regressions import Change, Comparison, compare
from conformance.report.summary import what
from conformance.report.text import encodable, one_line, wrap
from conformance.results import Result

__all__ = ["add_arguments", "diff"]

EXIT_REGRESSED = 1

WIDTH = 80


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.description = (
        "Compares two reports. The exit code is 1 where a test that did not fail fails now; tests"
        " that the old report does not have are listed apart."
    )
    parser.add_argument("old", metavar="OLD", help="the report to compare with")
    parser.add_argument("new", metavar="NEW", help="the report that is judged")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")


def diff(options: argparse.Namespace) -> int:
    """Print the comparison; the exit code is 1 where there is a regression."""
    found = compare(load_report(options.old), load_report(options.new))
    output = Output()
    if options.json:
        output.line(json.dumps(found.to_json(), indent=1))
    else:
        for line in _lines(found):
            output.line(encodable(line, sys.stdout))
    return EXIT_REGRESSED if found.regressions else 0


def _lines(found: Comparison) -> Iterator[str]:
    for member, old, new in found.differences:
        yield from wrap(
            f"{member} differs: {old or '(none)'} -> {new or '(none)'}", WIDTH, indent=2
        )
    if any(member == "challenge" for member, _, _ in found.differences):
        yield from wrap("the challenges of the two runs are other inputs", WIDTH, indent=2)
    yield from _section("Regressions", found.regressions)
    yield from _section("Fixed", found.fixed)
    yield from _section("Changed", found.changed)
    yield from _section("New tests", found.new)
    yield from _section("Removed tests", found.removed)
    yield (
        f"regressions: {len(found.regressions)}, fixed: {len(found.fixed)},"
        f" changed: {len(found.changed)}, new: {len(found.new)}, removed: {len(found.removed)},"
        f" as before: {found.unchanged}"
    )


def _section(title: str, rows: Sequence[Union[Change, Result]]) -> Iterator[str]:
    if not rows:
        return
    yield f"{title}: {len(rows)}"
    for row in rows:
        if isinstance(row, Change):
            text = f"{row.id}: {row.old} -> {row.new}"
            text += f" ({one_line(row.detail, 200)})" if row.detail else ""
        else:
            text = f"{row.id}: {what(row)}"
        yield from wrap(text, WIDTH, indent=4, first="  ")
    yield ""
