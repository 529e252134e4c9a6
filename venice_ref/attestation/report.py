"""The result of a verification: every check by name, and one verdict that hides none of them.

A check that was not made is in the report with the reason, and where the policy requires it the
verdict is `fail`  [ATT-13, ATT-21].
"""

from __future__ import annotations

from typing import Any, Dict, Final, NamedTuple, Tuple

from venice_ref.codec.strict import excerpt

__all__ = ["FAIL", "NOT_PERFORMED", "PASS", "Check", "Report", "printable"]

PASS: Final = "pass"  # noqa: S105 - a status, not a password
FAIL: Final = "fail"
NOT_PERFORMED: Final = "not_performed"

MAX_SHOWN: Final = 120
"""Characters of peer text in a fact."""


class Check(NamedTuple):
    """One thing that was judged, or the reason why it was not."""

    id: str
    """The name, one of `checks.CHECKS`; stable, and what programs compare."""
    requirement: str
    """The requirement that it enforces; of a failed check, the one that was not met."""
    status: str
    """`pass`, `fail` or `not_performed`."""
    detail: str
    """One line for a person: what was found."""
    required: bool
    """Whether the verdict depends on it under the policy."""
    kind: str
    """Of a failed check: `malformed`, `evidence` or `policy`; empty otherwise."""

    @property
    def holds(self) -> bool:
        """True where this check does not stand against the verdict `pass`  [ATT-21]."""
        return self.status == PASS or (self.status == NOT_PERFORMED and not self.required)


class Report(NamedTuple):
    """Everything that a verification has to say."""

    verdict: str
    """`pass` or `fail`."""
    assurance_required: str
    assurance_reached: str
    gpu_required: str
    gpu_reached: str
    checks: Tuple[Check, ...]
    """All checks of this version in their fixed order."""
    facts: Dict[str, Any]
    """What the evidence says, as JSON values, null where unknown; true only under the verdict."""

    def __str__(self) -> str:
        """Return the report as lines of text: the verdict, then every check with its detail."""
        verdict = (
            f"{self.verdict}: assurance {self.assurance_reached}"
            f" (required {self.assurance_required}), GPUs {self.gpu_reached}"
            f" (required {self.gpu_required})"
        )
        lines = [f"{c.status:<13}  {c.requirement:<7} {c.id}: {c.detail}" for c in self.checks]
        return "\n".join([verdict, *lines])

    @property
    def failed(self) -> Tuple[Check, ...]:
        """The checks that failed, in order."""
        return tuple(check for check in self.checks if check.status == FAIL)

    def check(self, name: str) -> Check:
        """Return a check by its id; a `KeyError` is a mistake of the caller."""
        for check in self.checks:
            if check.id == name:
                return check
        raise KeyError(name)

    def to_json(self) -> Dict[str, Any]:
        """Return the report as the JSON object that the command line prints."""
        return {
            "verdict": self.verdict,
            "assurance": {"required": self.assurance_required, "reached": self.assurance_reached},
            "gpu": {"required": self.gpu_required, "reached": self.gpu_reached},
            "checks": [
                {
                    "id": check.id,
                    "requirement": check.requirement,
                    "status": check.status,
                    "detail": check.detail,
                }
                for check in self.checks
            ],
            "facts": dict(self.facts),
        }


def printable(text: str) -> str:
    """Return peer text as a fact: itself where it is short printable ASCII, else an excerpt."""
    if len(text) <= MAX_SHOWN and text.isascii() and text.isprintable():
        return text
    return excerpt(text, MAX_SHOWN)
