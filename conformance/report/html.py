"""One run as one page of HTML that works without a network and without a script."""

from __future__ import annotations

from typing import Final

from conformance.report.comparison import compare
from conformance.report.document import Report
from conformance.report.page_body import page
from conformance.report.page_table import Limits

__all__ = ["render"]

LIMITS: Final = Limits(
    rows=16_000_000, explanations=64_000_000, member=64 * 1024, expected=16_000_000
)
"""A page of one run leaves nothing out that a run of this suite can have."""


def render(report: Report) -> str:
    """Return the page of one run."""
    comparison = compare([report])
    return page(f"Conformance of {comparison.labels[0]}", comparison, LIMITS)
