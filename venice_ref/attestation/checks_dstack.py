"""The checks of what dstack adds: event log, compose file, `info`, and NEAR's compose manager.

They are made from assurance `dcap` on, wherever the answer carries the data: a log or a record that
contradicts the quote is an answer that somebody changed.  That the data is there is required at
`measured` only; its absence is reported  [POL-13, POL-15].
"""

from __future__ import annotations

from typing import Optional

from venice_ref.attestation.answer import Answer
from venice_ref.attestation.checks_dcap import accept_quote
from venice_ref.attestation.findings import NO_NONCE, Findings, Outcome, Skip
from venice_ref.attestation.pins import Measured, verify_pins
from venice_ref.attestation.policy import includes_assurance
from venice_ref.attestation.schema import text_or_object
from venice_ref.errors import EvidenceError
from venice_ref.evidence.dstack.app import identify_app
from venice_ref.evidence.dstack.compose import document_in, verify_compose
from venice_ref.evidence.dstack.event_log import parse_event_log, verify_event_log
from venice_ref.evidence.dstack.manager import parse_manager_record, verify_manager_record
from venice_ref.evidence.dstack.registers import (
    mr_aggregated,
    mr_system,
    registers_of,
    verify_info,
)

__all__ = ["app", "compose", "event_log", "info", "manager", "manager_quote", "measurements"]


def _absent(findings: Findings, reason: str) -> Skip:
    """Return that there is nothing to judge, which assurance `measured` does not accept."""
    return Skip(
        reason,
        required=includes_assurance(findings.policy.assurance, "measured"),
        rule="POL-15",
    )


def event_log(findings: Findings) -> Outcome:
    """Refuse an event log that does not end in the registers of the quote  [DST-1 to DST-6]."""
    entries = findings.the_answer.event_log
    if not entries:
        return _absent(findings, "the answer carries no event log")
    where = entries[0].where.rpartition("[")[0]
    events = parse_event_log(entries, where=where)
    rtmrs = registers_of(findings.the_quote).rtmrs
    log = findings.event_log = verify_event_log(events, rtmrs, where=where)
    stripped = f", {log.stripped_digests} of them without a digest" if log.stripped_digests else ""
    return (
        f"{len(log.boot_events)} boot events and {len(log.runtime_events)} others{stripped},"
        " end in RTMR0 to RTMR3"
    )


def app(findings: Findings) -> Outcome:
    """Refuse a log that does not say which application was started  [DST-7 to DST-10, DST-21]."""
    if findings.event_log is None:
        return _absent(findings, "the answer carries no event log")
    found = findings.app = identify_app(findings.event_log)
    return f"application {found.app_id.hex()}, keys from {found.key_provider.name}"


def compose(findings: Findings) -> Outcome:
    """Refuse a compose file that is not the measured one  [DST-11 to DST-14]."""
    answer, identified = findings.the_answer, findings.app
    if identified is None and findings.passed("dstack.app") is False:
        return Skip("needs dstack.app, which failed", required=True)
    mr_config_id = findings.the_quote.body["mr_config_id"]
    text = None if answer.tcb_info is None else answer.tcb_info.text("app_compose") or None
    try:
        found = verify_compose(
            mr_config_id,
            app=identified,
            app_compose=text,
            document=_document(mr_config_id, answer),
        )
    except EvidenceError as error:
        if error.rule != "DST-14":
            raise
        return _absent(findings, error.message)
    findings.compose = found
    shown = "its text has that hash" if found.text_matches else "its text is not in the answer"
    return f"{found.compose_hash.hex()} by {' and '.join(found.bound_by)}; {shown}"


def _document(mr_config_id: bytes, answer: Answer) -> Optional[str]:
    """Return the document behind MRCONFIGID of kind 3; other kinds have none."""
    if mr_config_id[0] != 3:
        return None
    envelope = answer.members.child("attestation")
    evidence = None if envelope is None else envelope.child("evidence")
    for node in (answer.info, evidence, answer.members):
        config = None if node is None else text_or_object(node, "vm_config")
        if node is not None and config:
            document = document_in(config, where=node.path("vm_config"))
            if document is not None:
                return document
    return None


def info(findings: Findings) -> Outcome:
    """Refuse an `info` that contradicts what is proven  [DST-15]."""
    answer, facts = findings.the_answer, findings.quote_facts
    if answer.info is None:
        return Skip("the answer has no info")
    found = verify_info(
        answer.info,
        answer.tcb_info,
        registers_of(findings.the_quote),
        app=findings.app,
        compose_hash=None if findings.compose is None else findings.compose.compose_hash,
        ppid=None if facts is None else facts.pck.ppid,
    )
    # Only the claims of `registers` are looked at: a name, say, or a second copy of the log is not.
    return (
        f"{len(found.matched)} claims are proven, {len(found.unchecked)} cannot be compared;"
        " the rest of info is not judged"
    )


def manager_quote(findings: Findings) -> Outcome:
    """Refuse a compose manager's record whose quote is not as good as the model's  [DST-18]."""
    node = findings.the_answer.members.child("compose_manager_attestation")
    # An object with neither, such as an error of the manager, states nothing that could be judged.
    # With one of the two it is a record, and all of it has to hold.
    if node is None or not any(node.get(name) for name in ("quote", "actions_hash")):
        return Skip("the answer carries no record of a compose manager")
    record = findings.manager_record = parse_manager_record(node)
    facts = accept_quote(record.quote, findings)
    return f"{facts.status}, by the same collateral as the model's quote"


def manager(findings: Findings) -> Outcome:
    """Refuse a record of another time, TD or list of actions  [DST-16, DST-17, DST-19, DST-20]."""
    if findings.manager_record is None:
        return Skip("the answer carries no record of a compose manager")
    if findings.nonce is None:
        return NO_NONCE
    found = findings.manager = verify_manager_record(
        findings.manager_record,
        nonce=findings.nonce,
        td=registers_of(findings.the_quote),
    )
    return f"{found.actions} actions, recorded by the trust domain of the model"


# --- What runs ----------------------------------------------------------------------------------


def measurements(findings: Findings) -> Outcome:
    """Refuse a trust domain in which something else runs than what is pinned  [POL-9]."""
    pins = findings.policy.measurements
    if pins is None:  # which `check_policy` refuses where this check is made
        return Skip("the policy pins nothing", required=True, rule="POL-5")
    verify_pins(pins, _measured(findings))
    return "what the policy pins"


def _measured(findings: Findings) -> Measured:
    """Return what is proven under the condition that the quote is, by names of `PINNABLE`."""
    quote, identified, bound = findings.the_quote, findings.app, findings.compose
    registers = registers_of(quote)
    return {
        **quote.body,
        "mr_aggregated": mr_aggregated(registers),
        "compose_hash": None if bound is None else bound.compose_hash,
        "app_id": None if identified is None else identified.app_id,
        "os_image_hash": None if identified is None else identified.os_image_hash,
        "rootfs_hash": None if identified is None else identified.rootfs_hash,
        "mr_kms": None if identified is None else identified.mr_kms,
        "mr_system": (
            None if identified is None else mr_system(registers, identified.key_provider.payload)
        ),
    }
