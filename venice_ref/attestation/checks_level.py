"""The last two checks: that the levels which the policy requires were reached.

They follow from the others and never fail where those are entered at their right level.  They are
made all the same: a verdict must not rest on a table being complete.
"""

from __future__ import annotations

from venice_ref.attestation.findings import Findings, Outcome, Skip
from venice_ref.attestation.policy import includes
from venice_ref.errors import PolicyError

__all__ = ["policy_assurance", "policy_gpu"]


def policy_assurance(findings: Findings) -> Outcome:
    """Refuse an assurance below the required one  [POL-1]."""
    return _reached(findings, "assurance", "POL-1")


def policy_gpu(findings: Findings) -> Outcome:
    """Refuse a GPU level below the required one  [POL-4]."""
    return _reached(findings, "gpu", "POL-4")


def _reached(findings: Findings, axis: str, rule: str) -> Outcome:
    required, reached = getattr(findings.policy, axis), findings.reached(axis)
    if includes(axis, reached, required):
        return f"{reached} was reached"
    if not all(check.holds for check in findings.results.values()):
        return Skip(
            f"{reached} was reached, {required} is required; the checks that did not pass say why"
        )
    raise PolicyError(
        f"{reached} was reached, {required} is required", rule=rule, where=f"policy.{axis}"
    )
