"""`matrix`: the reports of several runs side by side, as one page that needs no network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from conformance.cli.output import Output
from conformance.report.matrix import render
from conformance.report.read import load_report
from conformance.requirements import SuiteError
from conformance.usage import UsageProblem

__all__ = ["add_arguments", "matrix"]

STANDARD_OUTPUT: Final = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.description = (
        "Writes one page of HTML with a row for each requirement and a column for each report. A"
        " report that was cut off or changed is refused."
    )
    add = parser.add_argument
    add("reports", nargs="+", metavar="REPORT", help="a report in JSON, as run writes it")
    add("--output", "-o", default="-", metavar="FILE", help="default: standard output")


def matrix(options: argparse.Namespace) -> int:
    """Write the page; nothing is written unless every report is whole.

    Raises:
        UsageProblem: a report cannot be read, or would be written over.
        SuiteError: a file holds no whole and unchanged report, or the page cannot be written.
    """
    reports = [load_report(name) for name in options.reports]
    if options.output in options.reports:
        raise UsageProblem(f"{options.output} is one of the reports, and would be written over")
    content = render(reports).encode("utf-8")
    if options.output == STANDARD_OUTPUT:
        Output().raw(content)
        return 0
    try:
        Path(options.output).write_bytes(content)
    except OSError as error:
        raise SuiteError(f"{options.output} cannot be written: {error.strerror}") from None
    print(f"{options.output}: {len(reports)} reports, {len(content)} bytes", file=sys.stderr)
    return 0
