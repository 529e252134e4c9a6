"""The checks of an attestation answer, in their fixed order.

`CHECKS` is the table: the name of a check, the requirement that it enforces, the checks without
which it cannot be made, and the function that makes it.  A function returns what it found, raises
what does not hold, or returns `Skip` with the reason why there is nothing to judge.  `run_checks`
makes them all: one failure never hides another.

Names are stable.  A check that a later version adds gets a row; one that this version cannot make
has its row already, says so, and fails closed where the policy requires it  [ATT-13].
"""

from __future__ import annotations

from typing import Callable, Final, List, NamedTuple, Optional, Tuple

from venice_ref.attestation import (
    checks_answer,
    checks_gpu,
    checks_key,
    checks_level,
    checks_quote,
    server_claims,
)
from venice_ref.attestation.findings import Findings, Outcome, Skip
from venice_ref.attestation.report import FAIL, NOT_PERFORMED, PASS, Check
from venice_ref.errors import MalformedError, PeerError, PolicyError

__all__ = ["CHECKS", "Rule", "run_checks"]


class Rule(NamedTuple):
    """One row of the table."""

    id: str
    requirement: str
    needs: Tuple[str, ...]
    """Checks that must have passed before this one can be made."""
    judge: Callable[[Findings], Outcome]


def run_checks(findings: Findings) -> List[PeerError]:
    """Make every check, enter the results, and return the errors of those that failed, in order."""
    errors: List[PeerError] = []
    for rule in CHECKS:
        check, error = _run(rule, findings)
        findings.results[rule.id] = check
        if error is not None:
            errors.append(error)
    return errors


def _run(rule: Rule, findings: Findings) -> Tuple[Check, Optional[PeerError]]:
    try:
        outcome = _unmet(rule, findings) or rule.judge(findings)
    except PeerError as error:
        return _failed(rule, error), error
    return _made(rule, outcome), None


def _unmet(rule: Rule, findings: Findings) -> Optional[Skip]:
    """Return why a check cannot be made, where one that it needs did not pass."""
    for name in rule.needs:
        status = findings.results[name].status
        if status != PASS:
            how = "failed" if status == FAIL else "was not performed"
            return Skip(f"needs {name}, which {how}", required=True)
    return None


def _made(rule: Rule, outcome: Outcome) -> Check:
    if isinstance(outcome, Skip):
        return Check(
            rule.id, rule.requirement, NOT_PERFORMED, outcome.reason, outcome.required, kind=""
        )
    return Check(rule.id, rule.requirement, PASS, outcome, required=True, kind="")


def _failed(rule: Rule, error: PeerError) -> Check:
    kind = "evidence"
    if isinstance(error, MalformedError):
        kind = "malformed"
    elif isinstance(error, PolicyError):
        kind = "policy"
    place = f" at {error.where}" if error.where else ""
    return Check(
        rule.id,
        error.rule or rule.requirement,
        FAIL,
        f"{error.message}{place}",
        required=True,
        kind=kind,
    )


# --- The table ------------------------------------------------------------------------------------

_ANSWER = ("answer.schema",)
_TDX = ("quote.format", "quote.tdx")

CHECKS: Final[Tuple[Rule, ...]] = (
    Rule("answer.schema", "ATT-1", (), checks_answer.schema),
    Rule("answer.verified", "ATT-3", _ANSWER, checks_answer.verified),
    Rule("answer.model", "ATT-4", _ANSWER, checks_answer.model),
    Rule("answer.nonce", "ATT-5", _ANSWER, checks_answer.nonce),
    Rule("answer.request_nonce", "ATT-6", _ANSWER, checks_answer.request_nonce),
    Rule("answer.nonce_source", "ATT-8", _ANSWER, checks_answer.nonce_source),
    Rule("answer.algorithm", "ATT-8", _ANSWER, checks_answer.algorithm),
    Rule("key.present", "KEY-8", _ANSWER, checks_key.present),
    Rule("key.form", "KEY-3", ("key.present",), checks_key.form),
    Rule("key.agree", "KEY-7", ("key.form",), checks_key.agree),
    Rule("quote.present", "ATT-7", _ANSWER, checks_quote.present),
    Rule("quote.format", "QUO-7", ("quote.present",), checks_quote.form),
    Rule("quote.agree", "ATT-7", ("quote.format",), checks_quote.agree),
    Rule("quote.trailing", "QUO-9", ("quote.format",), checks_quote.trailing),
    Rule("quote.tdx", "QUO-4", ("quote.format",), checks_quote.tdx),
    Rule("td.attributes", "QUO-11", _TDX, checks_quote.td_attributes),
    Rule("binding.address", "BND-1", ("key.form", *_TDX), checks_quote.binding_address),
    Rule("binding.padding", "BND-2", _TDX, checks_quote.binding_padding),
    Rule("binding.nonce", "BND-3", _TDX, checks_quote.binding_nonce),
    Rule("binding.claimed_address", "ATT-9", ("key.form",), checks_key.claimed_address),
    Rule("gpu.evidence", "GPU-1", _ANSWER, checks_gpu.evidence),
    Rule("gpu.nonce", "GPU-2", _ANSWER, checks_gpu.nonce),
    Rule("server.verification", "ATT-10", _TDX, server_claims.server_verification),
    Rule("dcap.collateral", "POL-1", (), checks_level.unbuilt_assurance("dcap")),
    Rule("dcap.certificates", "POL-1", (), checks_level.unbuilt_assurance("dcap")),
    Rule("dcap.quoting_enclave", "POL-1", (), checks_level.unbuilt_assurance("dcap")),
    Rule("dcap.signature", "POL-1", (), checks_level.unbuilt_assurance("dcap")),
    Rule("dcap.tcb", "POL-1", (), checks_level.unbuilt_assurance("dcap")),
    Rule("dstack.event_log", "POL-1", (), checks_level.unbuilt_assurance("measured")),
    Rule("dstack.compose", "POL-1", (), checks_level.unbuilt_assurance("measured")),
    Rule("measurements", "POL-1", (), checks_level.unbuilt_assurance("measured")),
    Rule("gpu.signatures", "POL-4", (), checks_level.unbuilt_gpu("signed")),
    Rule("gpu.nras", "POL-4", (), checks_level.unbuilt_gpu("nras")),
    Rule("gpu.measurements", "POL-4", (), checks_level.unbuilt_gpu("measured")),
    Rule("policy.assurance", "POL-3", (), checks_level.policy_assurance),
    Rule("policy.gpu", "POL-3", (), checks_level.policy_gpu),
)
"""Every check, in the order of the report."""
