"""The checks of assurance `dcap`: Intel's signatures on the quote, and what Intel says about it.

The quote is verified once, in `pck_chain`, step by step (`evidence.tdx.steps`); the checks after
that one report the step that is theirs.  Each needs the one before it, so that the first that fails
is the one that ended the verification, and those behind it say that they were not made.
"""

from __future__ import annotations

from typing import Callable, Final

from venice_ref.attestation.findings import Findings, Outcome, Skip
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import printable
from venice_ref.errors import EvidenceError, PeerError, PolicyError
from venice_ref.evidence.tdx.collateral import parse_collateral, verify_collateral
from venice_ref.evidence.tdx.policy import BodyPolicy, check_body_policy, check_tcb_policy
from venice_ref.evidence.tdx.quote import Quote, check_trailing
from venice_ref.evidence.tdx.verify import QuoteFacts, verify_quote

__all__ = ["accept_quote", "attributes", "collateral", "pck_chain", "step", "tcb"]

_NO_COLLATERAL: Final = Skip(
    "no collateral was given: without Intel's statements nothing proves that the quote comes from"
    " a machine",
    required=True,
    rule="POL-3",
    hint="`attest` fetches it over the network, a bundle holds it, and --collateral FILE supplies"
    " it; or ask for the lower level by name, assurance binding (--assurance binding), which proves"
    " that the answer is bound to the key and the nonce, and nothing about the machine",
)


def collateral(findings: Findings) -> Outcome:
    """Refuse collateral that Intel did not sign, or not for now  [COL-1 to COL-9, COL-17]."""
    raw = findings.endorsements.collateral
    if raw is None:
        return _NO_COLLATERAL
    found = findings.collateral = verify_collateral(
        parse_collateral(raw),
        now=findings.now,
        anchor=findings.roots.intel,
        tee="TDX",
        memo=findings.memo,
    )
    root = "signed below Intel's root"
    if "intel" in findings.roots.replaced:
        root = f"signed below {found.anchor.name}, which the caller put in the place of Intel's"
    return f"{root}; it holds until {found.window.earliest_expiration:%Y-%m-%dT%H:%M:%SZ}"


def pck_chain(findings: Findings) -> Outcome:
    """Refuse a platform whose certificates Intel did not sign  [CRT-10 to CRT-17]."""
    try:
        findings.quote_facts = verify_quote(
            findings.the_quote,
            findings.the_collateral,
            now=findings.now,
            on_step=findings.dcap_steps.__setitem__,
        )
    except PeerError as error:
        findings.dcap_error = error
    return f"issued by {step('pck_chain')(findings)}"


def step(name: str) -> Callable[[Findings], Outcome]:
    """Return the check that one step of the quote's verification passed."""

    def judge(findings: Findings) -> Outcome:
        if name in findings.dcap_steps:
            return findings.dcap_steps[name]
        raise findings.dcap_error or EvidenceError("the step was not made", where="quote")

    return judge


def tcb(findings: Findings) -> Outcome:
    """Refuse a platform whose TCB the policy does not accept  [TCB-10, TCB-11, POL-7, POL-8]."""
    status = step("tcb")(findings)
    facts = findings.quote_facts
    if facts is None:
        raise EvidenceError("the quote was not evaluated", rule="TCB-3", where="quote")
    _accept_tcb(facts, findings.policy)
    advisories = ", ".join(map(printable, facts.advisories)) or "no advisories"
    return f"{status} as of {facts.tcb_date:%Y-%m-%d}, {advisories}"


def _accept_tcb(facts: QuoteFacts, policy: Policy) -> None:
    check_tcb_policy(facts, policy.tcb_statuses)
    rejected = [name for name in facts.advisories if name in policy.rejected_advisories]
    if rejected:
        raise PolicyError(
            f"the policy rejects {', '.join(rejected)}", rule="POL-7", where="tcb.advisories"
        )
    if facts.evaluation_number < policy.min_tcb_evaluation_number:
        raise PolicyError(
            f"collateral of Intel's evaluation {facts.evaluation_number},"
            f" required {policy.min_tcb_evaluation_number}",
            rule="POL-8",
            where="tcb.evaluation_number",
            hint="fetch the collateral anew, with update=early if Intel has published it",
        )


def attributes(findings: Findings) -> Outcome:
    """Refuse a trust domain that others can change or move  [QUO-17, QUO-18]."""
    check_body_policy(findings.the_quote, _body_policy(findings.policy))
    return "nobody can migrate it, or make it fault on its pages"


def _body_policy(policy: Policy) -> BodyPolicy:
    return BodyPolicy(allow_service_td=policy.allow_service_td)


def accept_quote(quote: Quote, findings: Findings) -> QuoteFacts:
    """Return the facts of a further quote, verified and accepted as the model's is.

    Raises:
        PeerError: what any of the checks above would say.
    """
    check_trailing(quote)
    facts = verify_quote(quote, findings.the_collateral, now=findings.now)
    check_body_policy(quote, _body_policy(findings.policy))
    _accept_tcb(facts, findings.policy)
    return facts
