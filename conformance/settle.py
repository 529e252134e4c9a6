"""From findings to results: controls, keywords, what was not run, and an explanation for each.

A refusal counts only if the valid input that it differs from is accepted: an implementation that
refuses everything must not pass a single test of refusals.
"""

from __future__ import annotations

from typing import Final, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from conformance.explain import Repro, explanation_of
from conformance.judging import Finding
from conformance.plan import Case
from conformance.requirements import Requirement
from conformance.results import STATUSES, Explanation, Result

__all__ = ["Unrun", "settle"]

_PASSED: Final = ("pass", "pass_verdict_only")


class Unrun(NamedTuple):
    """What becomes of selected cases that have no finding."""

    status: str = "blocked"
    detail: str = "not executed"


def settle(
    cases: Sequence[Case],
    findings: Mapping[str, Finding],
    selected: FrozenSet[str],
    requirements: Mapping[str, Requirement],
    repro: Repro,
    *,
    unrun: Unrun = Unrun(),  # noqa: B008  # an immutable value
    strict: bool = False,
    skipped: Optional[Mapping[str, str]] = None,
) -> Tuple[Result, ...]:
    """Return one result for each case, in the order of the cases.

    `skipped` gives the reason of selected cases that were left out on purpose; `strict` makes a
    SHOULD that is not met a failure.
    """
    results: List[Result] = []
    reasons = skipped or {}
    for case in cases:
        if case.id not in selected or case.id in reasons:
            results.append(_result(case, Finding("deselected", "", reasons.get(case.id, "")), None))
            continue
        finding = findings.get(case.id, Finding(unrun.status, "", unrun.detail))
        finding = _under_control(case, finding, findings, unrun)
        if case.keyword != "MUST" and not strict:
            finding = _lenient(finding)
        results.append(_result(case, finding, _explanation(case, finding, requirements, repro)))
    return tuple(results)


def _under_control(
    case: Case, finding: Finding, findings: Mapping[str, Finding], unrun: Unrun
) -> Finding:
    """Return the finding as its control leaves it: a pass without a control proves nothing."""
    if not case.control or not finding.status.startswith("pass"):
        return finding
    control = findings.get(case.control)
    if control is None:
        if unrun.status == "deselected":
            return finding._replace(status="deselected", detail="its control was not run")
        return _inconclusive(finding, f"its control {case.control} was not executed")
    if control.status in (*_PASSED, "flaky"):
        return finding
    if control.status == "not_applicable":
        return finding._replace(
            status="not_applicable", detail=f"its control {case.control} does not apply"
        )
    what = f"{control.status}/{control.subtype}" if control.subtype else control.status
    return _inconclusive(finding, f"its control {case.control} is {what}")


def _inconclusive(finding: Finding, detail: str) -> Finding:
    return finding._replace(status="inconclusive", subtype="", detail=detail, explanation=None)


def _lenient(finding: Finding) -> Finding:
    """Return the finding of a requirement that is no MUST."""
    if finding.status == "fail":
        return finding._replace(status="warn")
    if finding.status == "inconclusive":
        return finding._replace(status="warn", subtype="not_testable")
    return finding


def _explanation(
    case: Case, finding: Finding, requirements: Mapping[str, Requirement], repro: Repro
) -> Optional[Explanation]:
    if not STATUSES[finding.status].fails and finding.status not in ("warn", "xfail"):
        return None
    if finding.explanation is not None:
        return finding.explanation._replace(repro=repro(case.id))
    return explanation_of(case, finding, requirements, repro)


def _result(case: Case, finding: Finding, explanation: Optional[Explanation]) -> Result:
    passed = finding.status in ("pass", "deselected", "not_applicable")
    return Result(
        id=case.id,
        kind=case.kind,
        status=finding.status,
        subtype=finding.subtype,
        detail="" if finding.status == "pass" else " ".join(finding.detail.split()),
        op=case.op,
        req=case.req,
        keyword=case.keyword,
        importance=case.importance,
        negative=case.negative,
        control=case.control,
        seconds=finding.seconds,
        explanation=explanation,
        attachments={} if passed else dict(finding.attachments),
        file="" if case.kind == "scenario" else case.file,
    )
