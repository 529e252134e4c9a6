"""Many runs beside one another, as one page of HTML: a column for each implementation."""

from __future__ import annotations

from typing import Final, Sequence

from conformance.report.comparison import compare
from conformance.report.document import Report
from conformance.report.page_body import page
from conformance.report.page_table import Limits
from conformance.requirements import SuiteError

__all__ = ["render"]

MAX_BYTES: Final = 2 * 1024 * 1024
"""What the page of five reports of 4,500 results each stays below, whatever they say."""

_LIMITS: Final = (
    Limits(rows=600_000, explanations=900_000, member=600, expected=200_000),
    Limits(rows=400_000, explanations=500_000, member=400, expected=100_000),
    Limits(rows=250_000, explanations=300_000, member=400, expected=60_000),
    Limits(rows=120_000, explanations=100_000, member=300, expected=30_000),
    Limits(rows=0, explanations=0, member=300, expected=10_000),
)
"""Tried one after the other: counts and ids come first, then rows, then explanations."""


def render(reports: Sequence[Report]) -> str:
    """Return the page; its columns are in the order of the reports.

    It is smaller than `MAX_BYTES` where counts and ids alone are; what it leaves out, it says.

    Raises:
        SuiteError: there is no report.
    """
    if not reports:
        raise SuiteError("a matrix needs at least one report")
    comparison = compare(reports)
    for limits in _LIMITS:
        shown = page("Conformance matrix", comparison, limits)
        if len(shown.encode("utf-8")) < MAX_BYTES:
            break
    return shown
