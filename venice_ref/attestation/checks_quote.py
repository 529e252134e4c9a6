"""The checks of the quote: its form, its kind, and what its REPORTDATA binds."""

from __future__ import annotations

from venice_ref.attestation.binding import (
    find_nonce,
    verify_address,
    verify_nonce,
    verify_padding,
)
from venice_ref.attestation.findings import NO_NONCE, Findings, Outcome, Skip
from venice_ref.codec.strict import decode_hex
from venice_ref.crypto.address import to_checksum
from venice_ref.errors import EvidenceError, PolicyError
from venice_ref.evidence.tdx.attributes import TUD_MASK, decode_td_attributes
from venice_ref.evidence.tdx.quote import check_trailing, decode_quote_text, parse_quote

__all__ = [
    "agree",
    "binding_address",
    "binding_nonce",
    "binding_padding",
    "form",
    "present",
    "td_attributes",
    "tdx",
    "trailing",
]


def present(findings: Findings) -> Outcome:
    """Refuse an answer without a quote  [ATT-7]."""
    quotes = findings.the_answer.quotes
    if not quotes:
        raise EvidenceError(
            "the answer carries no quote", rule="ATT-7", where="attestation.intel_quote"
        )
    return "in " + " and ".join(member.where for member in quotes)


def form(findings: Findings) -> Outcome:
    """Refuse a quote that does not parse  [QUO-1 to QUO-10]."""
    findings.quotes = tuple(
        decode_quote_text(member.text, where=member.where) for member in findings.the_answer.quotes
    )
    quote = findings.quote = parse_quote(findings.quotes[0])
    return f"version {quote.version}, {quote.body_kind}, {len(findings.quotes[0])} bytes"


def agree(findings: Findings) -> Outcome:
    """Refuse an answer that states two quotes, or another REPORTDATA  [ATT-17, ATT-18]."""
    own = findings.the_quote.report_data
    for member in findings.the_answer.report_data:
        where = member.where
        stated = decode_hex(member.text, size=len(own), allow_0x=True, where=where, rule="ATT-18")
        if stated != own:
            raise EvidenceError(
                f"{stated.hex()}, REPORTDATA of the quote is {own.hex()}",
                rule="ATT-18",
                where=where,
            )
    if len(findings.quotes) == 1:
        return Skip("the answer states one quote")
    if len(set(findings.quotes)) != 1:
        places = ", ".join(member.where for member in findings.the_answer.quotes)
        raise EvidenceError(f"different quotes in {places}", rule="ATT-17", where="attestation")
    return "every statement is the same quote"


def trailing(findings: Findings) -> Outcome:
    """Refuse anything but zero after the signature data  [QUO-9]."""
    check_trailing(findings.the_quote)
    return f"{len(findings.the_quote.trailing)} zero bytes after the signature data"


def tdx(findings: Findings) -> Outcome:
    """Refuse the quote of anything but a TDX trust domain  [QUO-4]."""
    quote = findings.the_quote
    if not quote.is_tdx:
        raise EvidenceError(
            "an SGX quote, required one of a TDX trust domain",
            rule="QUO-4",
            where="quote.header.tee_type",
        )
    return "TDX"


def td_attributes(findings: Findings) -> Outcome:
    """Refuse a trust domain that the host can look into  [QUO-11]."""
    raw = findings.the_quote.body["td_attributes"]
    names = ", ".join(str(attribute) for attribute in decode_td_attributes(raw))
    if int.from_bytes(raw, "little") & TUD_MASK:
        raise PolicyError(
            f"the TD is under debug or profiling: {names}",
            rule="QUO-11",
            where="quote.td_report.td_attributes",
        )
    return f"no debug or profiling; set: {names or 'none'}"


def binding_address(findings: Findings) -> Outcome:
    """Refuse a quote that binds another key  [BND-1]."""
    address = findings.the_address
    verify_address(findings.the_quote.report_data, address)
    return f"REPORTDATA begins with {to_checksum(address)}"


def binding_padding(findings: Findings) -> Outcome:
    """Refuse a REPORTDATA of another layout  [BND-2]."""
    verify_padding(findings.the_quote.report_data)
    return "12 zero bytes"


def binding_nonce(findings: Findings) -> Outcome:
    """Refuse a quote for another nonce, and say how it is bound  [BND-3, BND-4, BND-5]."""
    if findings.nonce is None:
        return NO_NONCE
    # Kept before it is judged: a report names the form also where the policy refuses it.
    findings.nonce_form = find_nonce(findings.the_quote.report_data, findings.nonce)
    verify_nonce(
        findings.the_quote.report_data,
        findings.nonce,
        allow_sha256=findings.policy.nonce_binding == "raw-or-sha256",
    )
    if findings.nonce_form == "sha256":
        return "REPORTDATA ends with SHA-256 of the nonce, which the policy allows  [BND-5]"
    return "REPORTDATA ends with the nonce"
