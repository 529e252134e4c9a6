"""The verification of an attestation answer: bytes, nonce and policy in, a key or an error out.

The order is the table `checks.CHECKS`.  Every check is made and reported, also after a failure; the
verdict is `pass` only where each check that the policy requires was made and holds  [ATT-13].

A result at assurance `binding` says that the answer belongs together and to this nonce.  It does
not say that any of it comes from a TDX machine.
"""

from __future__ import annotations

from datetime import datetime
from typing import Dict, List, NamedTuple, Optional, Type

from venice_ref.attestation.checks import run_checks
from venice_ref.attestation.findings import Findings, collect_facts
from venice_ref.attestation.policy import Policy, check_policy
from venice_ref.attestation.report import FAIL, PASS, Check, Report
from venice_ref.errors import EvidenceError, MalformedError, PeerError, PolicyError, UsageError
from venice_ref.model import Address20, Nonce32, PublicKey65
from venice_ref.spec import NONCE_SIZE

__all__ = ["VerifiedAttestation", "verify_attestation"]


class VerifiedAttestation(NamedTuple):
    """A model key that the evidence binds; only `verify_attestation` makes one  [KEY-9]."""

    model_key: PublicKey65
    address: Address20
    model: str
    """The model that was asked for; where none was, the one that the answer names."""
    verified_at: datetime
    report: Report


def verify_attestation(
    raw: bytes,
    *,
    nonce: Optional[bytes],
    model: Optional[str],
    policy: Policy,
    now: datetime,
) -> VerifiedAttestation:
    """Return the model key of an answer that meets the policy.

    `raw` is the body of the answer, `nonce` the 32 bytes that were sent with the request, `model`
    the model that was asked for, `now` the time of the verification with its zone.  Without a nonce
    nothing is fresh, and the verdict is `fail`; without a model that comparison is not made.

    Spec: ATT-1 to ATT-13, KEY-3 to KEY-9, QUO-1 to QUO-11, BND-1 to BND-4, POL-1 to POL-4, GPU-1,
    GPU-2.

    Raises:
        MalformedError: something does not parse.
        EvidenceError: everything parses, and the evidence does not prove what it claims.
        PolicyError: the evidence holds and is not what the policy accepts, or not all that the
            policy requires could be checked.
        UsageError: the nonce, the time or the policy is none.

    The first three carry the whole `report`; the first failed check gives the message, the rule and
    the place.
    """
    check_policy(policy)
    if nonce is not None and len(nonce) != NONCE_SIZE:
        raise UsageError(
            f"a nonce of {len(nonce)} bytes, required {NONCE_SIZE}", rule="ATT-2", where="nonce"
        )
    if now.tzinfo is None or now.utcoffset() is None:
        raise UsageError("a time without a zone", where="now")
    findings = Findings(raw, None if nonce is None else Nonce32(bytes(nonce)), model, policy)
    errors = run_checks(findings)
    report = _report(findings)
    if report.verdict != PASS or findings.address is None or findings.answer is None:
        raise _refusal(report, errors)
    return VerifiedAttestation(
        model_key=findings.model_keys[0],
        address=findings.address,
        model=findings.answer.model or "" if model is None else model,
        verified_at=now,
        report=report,
    )


# --- The report ---------------------------------------------------------------------------------

_BINDING_CHECKS = ("answer.", "key.", "quote.", "td.", "binding.", "server.")
"""The checks that together are the assurance `binding`."""


def _report(findings: Findings) -> Report:
    checks = tuple(findings.results.values())
    return Report(
        verdict=PASS if all(check.holds for check in checks) else FAIL,
        assurance_required=findings.policy.assurance,
        assurance_reached=_assurance_reached(findings.results),
        gpu_required=findings.policy.gpu,
        gpu_reached=_gpu_reached(findings),
        checks=checks,
        facts=collect_facts(findings),
    )


def _assurance_reached(results: Dict[str, Check]) -> str:
    """Return the highest level whose checks hold; `binding` is the highest that is judged."""
    of_binding = (check for name, check in results.items() if name.startswith(_BINDING_CHECKS))
    return "binding" if all(check.holds for check in of_binding) else "none"


def _gpu_reached(findings: Findings) -> str:
    """Return `report` where the evidence, or its absence, is in the report and nothing failed."""
    asked = findings.policy.gpu != "ignore"
    reported = all(findings.results[name].holds for name in ("gpu.evidence", "gpu.nonce"))
    return "report" if asked and reported else "ignore"


# --- The error ----------------------------------------------------------------------------------

_CLASSES: Dict[str, Type[PeerError]] = {
    "malformed": MalformedError,
    "evidence": EvidenceError,
    "policy": PolicyError,
}
"""The class of the error by the kind of the failed checks, the gravest first."""


def _refusal(report: Report, errors: List[PeerError]) -> PeerError:
    """Return the one error that stands for all failed checks, with the report in it."""
    failed = report.failed
    for kind, error_class in _CLASSES.items():
        for check in failed:
            if check.kind == kind:
                return _error(error_class, check, errors[failed.index(check)], report)
    # Nothing failed, but a check that is required was not made: evidence that is not enough.
    missing = next(check for check in report.checks if not check.holds)
    return PolicyError(
        f"attestation refused: {missing.id} was not performed: {missing.detail}",
        rule="ATT-13",
        where=missing.id,
        hint="give the nonce that was sent with the request"
        if report.facts["nonce"] is None
        else "",
        report=report,
    )


def _error(
    error_class: Type[PeerError], first: Check, cause: PeerError, report: Report
) -> PeerError:
    others = [check.id for check in report.failed if check is not first]
    more = f"; {len(others)} more: {', '.join(others)}" if others else ""
    return error_class(
        f"attestation refused: {first.id}: {cause.message}{more}",
        rule=first.requirement,
        where=cause.where or first.id,
        hint=cause.hint,
        report=report,
    )
