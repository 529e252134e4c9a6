"""The verification of an attestation answer: bytes, nonce and policy in, a key or an error out.

The order is the table `checks.CHECKS`.  Every check that the policy asks for is made and reported,
also after a failure; the verdict is `pass` only where none failed and each that is required was
made  [ATT-21].

A result at assurance `binding` says that the answer belongs together and to this nonce.  It does
not say that any of it comes from a TDX machine; `dcap` does.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Dict, NamedTuple, Optional, Tuple, Type

from venice_ref.attestation.endorsements import (
    NO_ENDORSEMENTS,
    PINNED_ROOTS,
    Endorsements,
    TrustRoots,
    check_endorsements,
)
from venice_ref.attestation.policy import Policy, check_policy
from venice_ref.attestation.report import FAIL, PASS, Check, Report
from venice_ref.errors import EvidenceError, MalformedError, PeerError, PolicyError, UsageError
from venice_ref.model import Address20, Nonce32, PublicKey65
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import NONCE_SIZE

if TYPE_CHECKING:
    from venice_ref.attestation.findings import Findings

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
    endorsements: Endorsements = NO_ENDORSEMENTS,
    roots: TrustRoots = PINNED_ROOTS,
    memo: Optional[SignatureMemo] = None,
) -> VerifiedAttestation:
    """Return the model key of an answer that meets the policy.

    `raw` is the body of the answer, `nonce` the 32 bytes that were sent with the request, `model`
    the model that was asked for, `now` the time of the verification with its zone.  Without a nonce
    nothing is fresh, and the verdict is `fail`; without a model that comparison is not made.

    `endorsements` are the signed statements of Intel and NVIDIA that the policy's levels need, and
    `roots` whose signatures count; the report names each root that is not the pinned one.  `memo`
    remembers signatures that hold, across verifications.

    Spec: ATT-1 to ATT-23, KEY-3 to KEY-9, QUO-1 to QUO-18, BND-1 to BND-5, POL-1 to POL-16, COL-1
    to COL-17, TCB-1 to TCB-12, DST-1 to DST-29, GPU-1 to GPU-37, TOK-1 to TOK-16.

    Raises:
        MalformedError: something does not parse.
        EvidenceError: everything parses, and the evidence does not prove what it claims.
        PolicyError: the evidence holds and is not what the policy accepts, or not all that the
            policy requires could be checked.
        UsageError: the nonce, the time, the policy or the endorsements are none.

    The first three carry the whole `report`; the first failed check gives the message, the rule and
    the place.
    """
    check_policy(policy)
    check_endorsements(endorsements)
    if nonce is not None and len(nonce) != NONCE_SIZE:
        raise UsageError(
            f"a nonce of {len(nonce)} bytes, required {NONCE_SIZE}", rule="ATT-2", where="nonce"
        )
    if now.tzinfo is None or now.utcoffset() is None:
        raise UsageError("a time without a zone", where="now")
    # What judges evidence is a third of all that a client loads, and nobody needs it before this.
    from venice_ref.attestation.checks import run_checks  # noqa: PLC0415  # as said
    from venice_ref.attestation.findings import Findings  # noqa: PLC0415  # as said

    findings = Findings(
        raw,
        None if nonce is None else Nonce32(bytes(nonce)),
        model,
        policy,
        now=now,
        endorsements=endorsements,
        roots=roots,
        memo=SignatureMemo() if memo is None else memo,
    )
    objections = run_checks(findings)
    report = _report(findings)
    if report.verdict != PASS or findings.address is None or findings.answer is None:
        raise _refusal(report, objections)
    return VerifiedAttestation(
        model_key=findings.model_keys[0],
        address=findings.address,
        model=findings.answer.model or "" if model is None else model,
        verified_at=now,
        report=report,
    )


def _report(findings: Findings) -> Report:
    from venice_ref.attestation.facts import collect_facts  # noqa: PLC0415  # as above

    checks = tuple(findings.results.values())
    return Report(
        verdict=PASS if all(check.holds for check in checks) else FAIL,
        assurance_required=findings.policy.assurance,
        assurance_reached=findings.reached("assurance"),
        gpu_required=findings.policy.gpu,
        gpu_reached=findings.reached("gpu"),
        checks=checks,
        facts=collect_facts(findings),
    )


# --- The error ----------------------------------------------------------------------------------

_CLASSES: Dict[str, Type[PeerError]] = {
    "malformed": MalformedError,
    "evidence": EvidenceError,
    "policy": PolicyError,
    "": PolicyError,  # a check that is required and was not made: evidence that is not enough
}
"""The class of the error by the kind of the checks that do not hold, the gravest first."""


def _refusal(report: Report, objections: Dict[str, PeerError]) -> PeerError:
    """Return the one error that stands for all checks that do not hold, with the report in it."""
    standing = [check for check in report.checks if not check.holds]
    first = min(standing, key=lambda check: list(_CLASSES).index(check.kind))
    cause = objections[first.id]
    others = _others(report, first)
    more = f"; {len(others)} more: {', '.join(others)}" if others else ""
    return _CLASSES[first.kind](
        f"attestation refused: {first.id}: {cause.message}{more}",
        rule=cause.rule or first.requirement,
        where=cause.where or first.id,
        hint=cause.hint,
        report=report,
    )


def _others(report: Report, first: Check) -> Tuple[str, ...]:
    """Return the other checks that failed; those that were not made follow from them."""
    return tuple(check.id for check in report.failed if check.id != first.id)
