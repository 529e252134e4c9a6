"""A badge: the JSON that shields.io reads from an address ("endpoint badge").

https://shields.io/badges/endpoint-badge
"""

from __future__ import annotations

import json
from typing import Final, Mapping, Tuple

from conformance.levels import LEVELS
from conformance.report.document import Report
from conformance.report.summary import broken_run, header_text
from conformance.report.text import one_line

__all__ = ["LABEL", "render"]

LABEL: Final = "venice e2ee"

_COLOURS: Final[Mapping[str, str]] = {
    "none": "lightgrey",
    "Vectors": "yellowgreen",
    "Client-safe": "green",
    "Verified": "brightgreen",
    "Strict": "brightgreen",
}


def render(report: Report) -> str:
    """Return the badge: the level that was reached, or that there is none to claim."""
    message, colour = _claim(report)
    badge = {"schemaVersion": 1, "label": LABEL, "message": message, "color": colour}
    return json.dumps(badge, indent=1, ensure_ascii=True) + "\n"


def _claim(report: Report) -> Tuple[str, str]:
    if broken_run(report):
        return "no complete run", "lightgrey"
    if report.header.get("partial") and not report.failures:
        return "partial run", "lightgrey"
    if not report.verdict.conformant:
        return "not conformant", "red"
    level = report.verdict.level
    profile = one_line(header_text(report, "profile"), 40)
    words = "no level" if level == LEVELS[0] else level
    return (words if profile in ("", "full") else f"{words}, {profile}"), _COLOURS[level]
