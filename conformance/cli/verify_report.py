"""`verify-report`: whether a report is whole, unchanged, and about the tests of its profile."""

from __future__ import annotations

import argparse
import sys
from typing import FrozenSet, Iterable, List

from conformance.cli.output import Output
from conformance.cli.verify_claims import claims_of, is_of_this_edition
from conformance.report.document import Report
from conformance.report.read import load_report
from conformance.report.summary import (
    conformant_line,
    header_text,
    implementation_line,
    level_line,
    must_line,
    tests,
)
from conformance.report.text import encodable, one_line
from conformance.requirements import SuiteError
from conformance.usage import UsageProblem

__all__ = ["add_arguments", "problems_of", "verify_report"]

EXIT_REFUSED = 1

_SHOWN = 5

_EDITION = ("version", "revision")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.description = (
        "Checks that a report is whole and was not changed, that it claims what its results give,"
        " that it holds every test of its profile, and that it says of each what the suite says of"
        " it. The exit code is 1 where it does not."
    )
    parser.add_argument("report", metavar="FILE", nargs="+", help="a report in JSON, or in lines")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what is wrong")


def verify_report(options: argparse.Namespace) -> int:
    """Check reports; the exit code is 1 where one is refused."""
    output = Output()
    refused = False
    for path in options.report:
        try:
            report = load_report(path)
        except UsageProblem:
            raise
        except SuiteError as error:
            _say(output, f"refused: {one_line(str(error), 500)}")
            refused = True
            continue
        problems = problems_of(report)
        refused = refused or bool(problems)
        for problem in problems:
            _say(output, f"refused: {path}: {one_line(problem, 500)}")
        if not problems and not options.quiet:
            _print(output, path, report)
    return EXIT_REFUSED if refused else 0


def _say(output: Output, text: str) -> None:
    output.line(encodable(text, sys.stdout))


def _print(output: Output, path: str, report: Report) -> None:
    _say(output, f"{path} is whole and unchanged, and holds every test of its profile")
    for line in (
        implementation_line(report),
        must_line(report),
        level_line(report),
        conformant_line(report),
    ):
        _say(output, f"  {line}")
    for reason in report.verdict.because:
        _say(output, f"    {one_line(reason, 500)}")


def problems_of(report: Report) -> List[str]:
    """Return why a genuine report proves nothing about its profile; nothing where it does."""
    if not report.complete:
        return ["the run was interrupted"]
    profile = header_text(report, "profile")
    try:
        frozen = _frozen(profile)
    except SuiteError as error:
        return [str(error)]
    published = {row.id for row in report.results if row.kind != "challenge"}
    problems = []
    missing = frozen - published
    if missing:
        problems.append(f"{tests(len(missing))} of the profile missing: {_names(missing)}")
    foreign = published - frozen
    if foreign:
        problems.append(f"{tests(len(foreign))} not of the profile: {_names(foreign)}")
    fresh = {row.id for row in report.results if row.kind == "challenge"}
    unknown = fresh - {f"challenge/{name}" for name in frozen}
    if unknown:
        problems.append(
            f"{tests(len(unknown))} made for the run, of no published one: {_names(unknown)}"
        )
    another = not is_of_this_edition(report)
    if another and not problems:
        problems.append("it was made with other vectors or requirements than those here")
    if not problems:
        problems += claims_of(report, frozen)
    else:
        version, revision = (header_text(report, "suite", name) for name in _EDITION)
        problems.append(
            f"the report is of suite {version}, revision {revision}: check it with that edition"
        )
    return problems


def _frozen(profile: str) -> FrozenSet[str]:
    from conformance.profiles import frozen_ids

    return frozenset(frozen_ids(profile))


def _names(ids: Iterable[str]) -> str:
    names = sorted(ids)
    more = ", ..." if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
