"""What changed between two runs: regressions apart from tests that are new."""

from __future__ import annotations

from typing import Any, Dict, Final, List, NamedTuple, Tuple

from conformance.report.document import Report
from conformance.report.summary import header_text, what
from conformance.results import STATUSES, Result

__all__ = ["PASSES", "Change", "Comparison", "compare"]

PASSES: Final = ("pass", "pass_verdict_only")

_COMPARED: Final = (
    ("suite", "version"),
    ("suite", "revision"),
    ("suite", "vectors_sha256"),
    ("spec", "revision"),
    ("spec", "sha256"),
    ("profile",),
    ("seed",),
    ("challenge",),
    ("implementation", "name"),
    ("implementation", "version"),
)
"""Members of the header whose difference explains a change."""


class Change(NamedTuple):
    """One test in both runs."""

    id: str
    old: str
    """Status and subtype."""
    new: str
    detail: str
    """Of the new result."""


class Comparison(NamedTuple):
    """Two runs, compared."""

    differences: Tuple[Tuple[str, str, str], ...]
    """Member of the header, old value, new value."""
    regressions: Tuple[Change, ...]
    """Passed, or did not fail, and now fails, or is expected to."""
    fixed: Tuple[Change, ...]
    """Did not pass and passes now."""
    changed: Tuple[Change, ...]
    """Another status or subtype, and neither of the two above."""
    new: Tuple[Result, ...]
    """Tests that the old run does not have: they are no regressions, whatever became of them."""
    removed: Tuple[Result, ...]
    """Tests that the new run does not have."""
    unchanged: int

    def to_json(self) -> Dict[str, Any]:
        """Return the comparison as a JSON object."""
        return {
            "differences": [
                {"member": member, "old": old, "new": new} for member, old, new in self.differences
            ],
            "regressions": [change._asdict() for change in self.regressions],
            "fixed": [change._asdict() for change in self.fixed],
            "changed": [change._asdict() for change in self.changed],
            "new": [{"id": row.id, "status": what(row)} for row in self.new],
            "removed": [{"id": row.id, "status": what(row)} for row in self.removed],
            "unchanged": self.unchanged,
        }


def compare(old: Report, new: Report) -> Comparison:
    """Return what changed from one run to another."""
    before = {row.id: row for row in old.results}
    after = {row.id: row for row in new.results}
    found: Dict[str, List[Change]] = {"regression": [], "fixed": [], "changed": []}
    unchanged = 0
    for name, row in after.items():
        kind = _kind(before[name], row) if name in before else "new"
        if kind in found:
            found[kind].append(Change(name, what(before[name]), what(row), row.detail))
        unchanged += kind == ""
    return Comparison(
        differences=_differences(old, new),
        regressions=tuple(found["regression"]),
        fixed=tuple(found["fixed"]),
        changed=tuple(found["changed"]),
        new=tuple(row for name, row in after.items() if name not in before),
        removed=tuple(row for name, row in before.items() if name not in after),
        unchanged=unchanged,
    )


def _kind(old: Result, new: Result) -> str:
    if (old.status, old.subtype) == (new.status, new.subtype):
        return ""
    if new.status in PASSES and old.status not in PASSES:
        return "fixed" if _bad(old) else "changed"
    if _bad(new) and not _bad(old):
        return "regression"
    # A part that is no longer declared is not tested any more, and passed until now.
    if old.status in PASSES and new.status == "not_applicable":
        return "regression"
    return "changed"


def _bad(row: Result) -> bool:
    """Return whether a requirement is not met, also where that was expected or is tolerated."""
    return STATUSES[row.status].fails or row.status in ("xfail", "warn")


def _differences(old: Report, new: Report) -> Tuple[Tuple[str, str, str], ...]:
    pairs = (
        (".".join(path), header_text(old, *path), header_text(new, *path)) for path in _COMPARED
    )
    return tuple((name, one, other) for name, one, other in pairs if one != other)
