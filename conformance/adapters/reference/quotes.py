"""The operations on quotes: `quote.parse` and `quote.verify`."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from conformance.adapters.reference.collaterals import MEMO, collateral_text, moment, trust_anchor
from venice_ref.evidence.tdx.collateral import parse_collateral, verify_collateral
from venice_ref.evidence.tdx.policy import (
    NOT_OUT_OF_DATE,
    BodyPolicy,
    check_body_policy,
    check_tcb_policy,
)
from venice_ref.evidence.tdx.quote import (
    Quote,
    check_trailing,
    decode_quote_text,
    parse_quote,
)
from venice_ref.evidence.tdx.verify import QuoteFacts, verify_quote

__all__ = ["quote_parse", "quote_verify"]


def quote_parse(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return every field of a quote, in hexadecimal, by the names of the layouts."""
    quote = parse_quote(decode_quote_text(given["quote"]))
    data = quote.signature_data
    return {
        "version": quote.version,
        "tee": "TDX" if quote.is_tdx else "SGX",
        "body": quote.body_kind,
        "header": _hexadecimal(quote.header),
        "report": _hexadecimal(quote.body),
        "signed_size": len(quote.signed_bytes),
        "signature": data.signature.hex(),
        "attestation_key": data.attestation_key.hex(),
        "qe_report": _hexadecimal(data.qe_report_fields),
        "qe_report_signature": data.qe_report_signature.hex(),
        "qe_authentication_data": data.qe_authentication_data.hex(),
        "certification_type": data.certification.type,
        "certification_data": data.certification.data.hex(),
        "platform": _hexadecimal(data.certification.platform),
        "trailing_size": len(quote.trailing),
    }


def _hexadecimal(fields: Mapping[str, bytes]) -> Dict[str, str]:
    return {name: value.hex() for name, value in fields.items()}


def quote_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what Intel's signatures prove of a quote that the policy accepts."""
    policy: Mapping[str, Any] = given.get("policy", {})
    quote = parse_quote(decode_quote_text(given["quote"]))
    check_trailing(quote)
    collateral = verify_collateral(
        parse_collateral(collateral_text(given)),
        now=moment(given.get("verified_at", given["now"])),
        memo=MEMO,
        anchor=trust_anchor(given),
    )
    facts = verify_quote(quote, collateral, now=moment(given["now"]))
    check_tcb_policy(facts, policy.get("accepted_statuses", NOT_OUT_OF_DATE))
    check_body_policy(quote, _body_policy(policy))
    return {
        "tcb_status": facts.status,
        "advisory_ids": list(facts.advisories),
        "tcb_date": f"{facts.tcb_date:%Y-%m-%dT%H:%M:%SZ}",
        "fmspc": facts.pck.fmspc.hex(),
        "ppid": facts.pck.ppid.hex(),
        "mid": _levels(quote, facts),
    }


def _body_policy(policy: Mapping[str, Any]) -> BodyPolicy:
    names = ("allow_debug", "allow_service_td", "allow_late_sgx")
    return BodyPolicy(*(policy.get(name, False) for name in names))


def _levels(quote: Quote, facts: QuoteFacts) -> Dict[str, Optional[str]]:
    """Return the statuses that the one status was made of."""
    return {
        "report_data": quote.report_data.hex(),
        "platform_status": facts.platform.status,
        "module_status": facts.module.status if facts.module is not None else None,
        "qe_status": facts.qe.status,
        "launch_status": facts.launch.status,
        "current_status": facts.current.status if facts.current is not None else None,
    }
