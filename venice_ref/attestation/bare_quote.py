"""A quote by itself: what Intel's signatures prove of it, without an answer around it.

TDX quotes and SGX quotes alike.  The checks are those of `checks.CHECKS` that need nothing but a
quote and collateral, by the same names.  What REPORTDATA means is not judged: no key and no nonce
are known, so that nothing is said about freshness, and no key may be used because of the result.
"""

from __future__ import annotations

from datetime import datetime
from typing import Dict, Final, Optional, Tuple

from venice_ref.attestation.checks import CHECKS, Rule
from venice_ref.attestation.endorsements import PINNED_ROOTS, Endorsements, TrustRoots
from venice_ref.attestation.facts import collect_facts
from venice_ref.attestation.findings import Findings, Skip
from venice_ref.attestation.policy import Policy, check_policy
from venice_ref.attestation.report import FAIL, NOT_PERFORMED, PASS, Check, Report
from venice_ref.errors import MalformedError, PeerError, PolicyError, UsageError
from venice_ref.evidence.tdx.collateral import parse_collateral, verify_collateral
from venice_ref.evidence.tdx.quote import parse_quote
from venice_ref.pki.signatures import SignatureMemo

__all__ = ["verify_bare_quote"]

_MADE: Final = (
    "quote.format", "quote.trailing", "dcap.collateral", "dcap.pck_chain", "dcap.revocation",
    "dcap.platform", "dcap.qe_report", "dcap.qe_identity", "dcap.quote_signature",
    "dcap.tdx_module", "dcap.tcb", "dcap.attributes",
)  # fmt: skip
_RULES: Final[Dict[str, Rule]] = {rule.id: rule for rule in CHECKS if rule.id in _MADE}

_FIRST_FACT, _LAST_FACT = "quote_version", "trust_roots_replaced"
"""Those of `facts.collect_facts` that are about a quote."""


def verify_bare_quote(
    raw: bytes,
    *,
    collateral: bytes,
    now: datetime,
    policy: Optional[Policy] = None,
    roots: TrustRoots = PINNED_ROOTS,
    memo: Optional[SignatureMemo] = None,
) -> Report:
    """Return the report of a quote that is genuine and that the policy accepts, at `now`.

    Of the policy, what concerns the TCB and service TDs is judged; the report says `dcap`.

    Spec: QUO-1 to QUO-20, COL-1 to COL-17, TCB-1 to TCB-12, CRT-1 to CRT-18, CRL-1 to CRL-10.

    Raises:
        MalformedError, EvidenceError, PolicyError: as `verify.verify_attestation`, with `report`.
        UsageError: `now` without a time zone, or a policy that there is not.
    """
    policy = Policy(gpu="ignore") if policy is None else policy._replace(gpu="ignore")
    check_policy(policy)
    if now.tzinfo is None or now.utcoffset() is None:
        raise UsageError("a time without a zone", where="now")
    findings = Findings(
        raw,
        None,
        None,
        policy,
        now=now,
        endorsements=Endorsements(collateral=collateral),
        roots=roots,
        memo=SignatureMemo() if memo is None else memo,
    )
    error = _run(findings)
    report = _report(findings)
    if error is not None:
        error.report = report
        raise error
    return report


def _run(findings: Findings) -> Optional[PeerError]:
    """Make the checks; return what the first that failed says."""
    first: Optional[PeerError] = None
    for name in _MADE:
        rule = _RULES[name]
        failed = [other for other in rule.needs if not _passed(findings, other)]
        if failed:
            detail = f"needs {failed[0]}, which did not pass"
            check = Check(name, rule.requirement, NOT_PERFORMED, detail, required=True, kind="")
        else:
            try:
                detail = _judge(rule, findings)
                check = Check(name, rule.requirement, PASS, detail, required=True, kind="")
            except PeerError as error:
                first = first or error
                check = _failed(rule, error)
        findings.results[name] = check
    return first


def _passed(findings: Findings, name: str) -> bool:
    return name not in _RULES or findings.results[name].status == PASS


def _judge(rule: Rule, findings: Findings) -> str:
    if rule.id == "quote.format":
        quote = findings.quote = parse_quote(findings.raw)
        return f"version {quote.version}, {quote.body_kind}, {len(findings.raw)} bytes"
    if rule.id == "dcap.collateral":
        return _collateral(findings)
    found = rule.judge(findings)
    return found.reason if isinstance(found, Skip) else found


def _collateral(findings: Findings) -> str:
    """Refuse collateral that Intel did not sign, or not for now and this kind of quote."""
    found = findings.collateral = verify_collateral(
        parse_collateral(findings.endorsements.collateral or b""),
        now=findings.now,
        anchor=findings.roots.intel,
        tee="TDX" if findings.the_quote.is_tdx else "SGX",
        memo=findings.memo,
    )
    until = f"{found.window.earliest_expiration:%Y-%m-%dT%H:%M:%SZ}"
    return f"signed below {found.anchor.name}; it holds until {until}"


def _failed(rule: Rule, error: PeerError) -> Check:
    kind = "policy" if isinstance(error, PolicyError) else "evidence"
    kind = "malformed" if isinstance(error, MalformedError) else kind
    place = f" at {error.where}" if error.where else ""
    detail = f"{error.message}{place}"
    return Check(rule.id, error.rule or rule.requirement, FAIL, detail, required=True, kind=kind)


def _report(findings: Findings) -> Report:
    checks: Tuple[Check, ...] = tuple(findings.results.values())
    verdict = PASS if all(check.holds for check in checks) else FAIL
    facts = collect_facts(findings)
    names = list(facts)
    first, last = names.index(_FIRST_FACT), names.index(_LAST_FACT)
    kept = {name: facts[name] for name in names[first : last + 1]}
    if findings.quote is not None and not findings.quote.is_tdx:
        kept.update({name: field.hex() for name, field in findings.quote.body.items()})
    return Report(
        verdict=verdict,
        assurance_required="dcap",
        assurance_reached="dcap" if verdict == PASS else "none",
        gpu_required="ignore",
        gpu_reached="ignore",
        checks=checks,
        facts=kept,
    )
