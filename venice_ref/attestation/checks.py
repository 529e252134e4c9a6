"""The checks of an attestation answer, in their fixed order.

`CHECKS` is the table: the name of a check, the requirement that it enforces, the level from which
on it is made, the checks without which it cannot be made, and the function that makes it.  A
function returns what it found, raises what does not hold, or returns `Skip` with the reason why
there is nothing to judge.  `run_checks` makes them all: one failure never hides another.

A level that the policy does not ask for is not judged, and the report says so; whatever is judged
and fails, fails the verdict  [POL-12, POL-14].  `docs/decisions/0007` says why.

Names are stable.  A check that a later version adds gets a row; one that this version cannot make
has its row already, says so, and fails closed where the policy requires it  [ATT-21].
"""

from __future__ import annotations

from typing import Callable, Dict, Final, NamedTuple, Optional, Tuple

from venice_ref.attestation import (
    checks_answer,
    checks_dcap,
    checks_dstack,
    checks_firmware,
    checks_gpu,
    checks_key,
    checks_level,
    checks_quote,
    server_claims,
)
from venice_ref.attestation.findings import Findings, Level, Outcome, Skip
from venice_ref.attestation.report import FAIL, NOT_PERFORMED, PASS, Check
from venice_ref.errors import MalformedError, PeerError, PolicyError

__all__ = ["CHECKS", "Rule", "run_checks"]


class Rule(NamedTuple):
    """One row of the table."""

    id: str
    requirement: str
    level: Optional[Level]
    """The lowest level that asks for this check; `None` for every policy."""
    needs: Tuple[str, ...]
    """Checks that must have passed before this one can be made."""
    judge: Callable[[Findings], Outcome]


def run_checks(findings: Findings) -> Dict[str, PeerError]:
    """Make every check, enter the results, and return why each that stands in the way does so.

    Those are the checks that failed, and those that are required and were not made.
    """
    objections: Dict[str, PeerError] = {}
    for rule in CHECKS:
        try:
            outcome = _not_asked(rule, findings) or _unmet(rule, findings) or rule.judge(findings)
        except PeerError as error:
            objections[rule.id] = error
            findings.enter(_failed(rule, error), rule.level)
            continue
        check = _made(rule, outcome)
        if isinstance(outcome, Skip) and not check.holds:
            objections[rule.id] = _missing(rule, outcome)
        findings.enter(check, rule.level)
    return objections


def _not_asked(rule: Rule, findings: Findings) -> Optional[Skip]:
    """Return that the policy does not ask for the level of a check  [POL-12]."""
    if rule.level is None or findings.asks_for(rule.level):
        return None
    if findings.policy.gpu == "ignore" and rule.level.axis == "gpu":
        return Skip("the policy ignores the GPU")
    name = "assurance" if rule.level.axis == "assurance" else "GPU level"
    required = getattr(findings.policy, rule.level.axis)
    return Skip(f"{name} {required} does not ask for it")


def _unmet(rule: Rule, findings: Findings) -> Optional[Skip]:
    """Return why a check cannot be made, where one that it needs did not pass."""
    for name in rule.needs:
        needed = findings.results[name]
        if needed.status == FAIL:
            return Skip(f"needs {name}, which failed", required=True)
        if needed.status == NOT_PERFORMED:
            return Skip(f"needs {name}, which was not performed", required=needed.required)
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


def _missing(rule: Rule, outcome: Skip) -> PolicyError:
    return PolicyError(
        f"not performed: {outcome.reason}", rule=outcome.rule, where=rule.id, hint=outcome.hint
    )


# --- The table ------------------------------------------------------------------------------------

_BINDING: Final = Level("assurance", "binding")
_DCAP: Final = Level("assurance", "dcap")
_MEASURED: Final = Level("assurance", "measured")
_REPORT: Final = Level("gpu", "report")
_SIGNED: Final = Level("gpu", "signed")
_NRAS: Final = Level("gpu", "nras")
_GPU_MEASURED: Final = Level("gpu", "measured")

_ANSWER = ("answer.schema",)
_TDX = ("quote.format", "quote.tdx")
_KEY_AND_TDX = ("key.form", *_TDX)

CHECKS: Final[Tuple[Rule, ...]] = (
    Rule("answer.schema", "ATT-1", _BINDING, (), checks_answer.schema),
    Rule("answer.verified", "ATT-3", _BINDING, _ANSWER, checks_answer.verified),
    Rule("answer.model", "ATT-4", _BINDING, _ANSWER, checks_answer.model),
    Rule("answer.nonce", "ATT-5", _BINDING, _ANSWER, checks_answer.nonce),
    Rule("answer.request_nonce", "ATT-6", _BINDING, _ANSWER, checks_answer.request_nonce),
    Rule("answer.nonce_source", "ATT-8", _BINDING, _ANSWER, checks_answer.nonce_source),
    Rule("answer.algorithm", "ATT-8", _BINDING, _ANSWER, checks_answer.algorithm),
    Rule("key.present", "KEY-8", _BINDING, _ANSWER, checks_key.present),
    Rule("key.form", "KEY-3", _BINDING, ("key.present",), checks_key.form),
    Rule("key.agree", "KEY-7", _BINDING, ("key.form",), checks_key.agree),
    Rule("quote.present", "ATT-7", _BINDING, _ANSWER, checks_quote.present),
    Rule("quote.format", "QUO-7", _BINDING, ("quote.present",), checks_quote.form),
    Rule("quote.agree", "ATT-17", _BINDING, ("quote.format",), checks_quote.agree),
    Rule("quote.trailing", "QUO-9", _BINDING, ("quote.format",), checks_quote.trailing),
    Rule("quote.tdx", "QUO-4", _BINDING, ("quote.format",), checks_quote.tdx),
    Rule("td.attributes", "QUO-11", _BINDING, _TDX, checks_quote.td_attributes),
    Rule("binding.address", "BND-1", _BINDING, _KEY_AND_TDX, checks_quote.binding_address),
    Rule("binding.padding", "BND-2", _BINDING, _TDX, checks_quote.binding_padding),
    Rule("binding.nonce", "BND-3", _BINDING, _TDX, checks_quote.binding_nonce),
    Rule("binding.claimed_address", "ATT-9", _BINDING, ("key.form",), checks_key.claimed_address),
    Rule("gpu.evidence", "GPU-1", _REPORT, _ANSWER, checks_gpu.evidence),
    Rule("gpu.nonce", "GPU-2", _REPORT, _ANSWER, checks_gpu.nonce),
    Rule("server.verification", "ATT-10", _BINDING, _TDX, server_claims.server_verification),
    # Intel's word.
    Rule("dcap.collateral", "COL-17", _DCAP, (), checks_dcap.collateral),
    Rule("dcap.pck_chain", "CRT-12", _DCAP, (*_TDX, "dcap.collateral"), checks_dcap.pck_chain),
    Rule("dcap.revocation", "CRL-9", _DCAP, ("dcap.pck_chain",), checks_dcap.step("revocation")),
    Rule("dcap.platform", "COL-12", _DCAP, ("dcap.revocation",), checks_dcap.step("platform")),
    Rule("dcap.qe_report", "QUO-12", _DCAP, ("dcap.platform",), checks_dcap.step("qe_report")),
    Rule("dcap.qe_identity", "QUO-14", _DCAP, ("dcap.qe_report",), checks_dcap.step("qe_identity")),
    Rule("dcap.quote_signature", "QUO-16", _DCAP, ("dcap.qe_identity",),
         checks_dcap.step("quote_signature")),
    Rule("dcap.tdx_module", "TCB-6", _DCAP, ("dcap.quote_signature",),
         checks_dcap.step("tdx_module")),
    Rule("dcap.tcb", "TCB-10", _DCAP, ("dcap.tdx_module",), checks_dcap.tcb),
    Rule("dcap.attributes", "QUO-17", _DCAP, ("td.attributes",), checks_dcap.attributes),
    # What runs on it.
    Rule("dstack.event_log", "DST-6", _DCAP, _TDX, checks_dstack.event_log),
    Rule("dstack.app", "DST-8", _DCAP, ("dstack.event_log",), checks_dstack.app),
    Rule("dstack.compose", "DST-11", _DCAP, _TDX, checks_dstack.compose),
    Rule("dstack.info", "DST-15", _DCAP, _TDX, checks_dstack.info),
    Rule("dstack.manager_quote", "DST-18", _DCAP, (*_TDX, "dcap.collateral"),
         checks_dstack.manager_quote),
    Rule("dstack.manager", "DST-16", _DCAP, ("dstack.manager_quote",), checks_dstack.manager),
    Rule("measurements", "POL-9", _MEASURED, _TDX, checks_dstack.measurements),
    # NVIDIA's word.
    Rule("gpu.payload", "GPU-5", _SIGNED, _ANSWER, checks_gpu.payload),
    Rule("gpu.signatures", "GPU-17", _SIGNED, ("gpu.payload",), checks_gpu.signatures),
    Rule("gpu.fleet", "GPU-21", _SIGNED, ("gpu.signatures",), checks_gpu.fleet),
    Rule("gpu.switches", "GPU-24", _SIGNED, ("gpu.fleet",), checks_gpu.switches),
    Rule("gpu.nras", "TOK-13", _NRAS, ("gpu.fleet",), checks_firmware.nras),
    Rule("gpu.measurements", "GPU-33", _GPU_MEASURED, ("gpu.fleet",),
         checks_firmware.measurements),
    Rule("gpu.revocation", "GPU-37", _SIGNED, ("gpu.fleet",), checks_gpu.revocation),
    Rule("policy.assurance", "POL-1", None, (), checks_level.policy_assurance),
    Rule("policy.gpu", "POL-4", None, (), checks_level.policy_gpu),
)  # fmt: skip
"""Every check, in the order of the report."""
