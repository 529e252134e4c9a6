"""The rows of the table of scenarios that concern the model list and the evidence."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.mock_tee import attestation_faults as attestation
from conformance.mock_tee.refusals import RATE_LIMITED
from conformance.mock_tee.scenario import Scenario

__all__ = ["ATTESTATION_SCENARIOS"]

_MODELS: Final = (
    Scenario(
        "models-without-capability",
        "No model says whether it supports E2EE.",
        "REQ-8",
        models=attestation.capability_removed,
    ),
    Scenario(
        "models-capability-text",
        'The capability supportsE2EE is the text "true".',
        "REQ-8",
        models=attestation.capability_as_text,
    ),
)

_ATTESTATION: Final = (
    Scenario(
        "nonce-foreign",
        "The member nonce is another one; the quote binds the client's.",
        "ATT-5",
        answer=attestation.with_member("nonce", lambda v: attestation.another_nonce(v).hex()),
    ),
    Scenario(
        "nonce-missing",
        "The member nonce is absent.",
        "ATT-5",
        answer=attestation.without_member("nonce"),
    ),
    Scenario(
        "request-nonce-foreign",
        "The member request_nonce is another one.",
        "ATT-6",
        answer=attestation.with_member(
            "request_nonce", lambda v: attestation.another_nonce(v).hex()
        ),
    ),
    Scenario(
        "verified-false",
        "The member verified is false.",
        "ATT-3",
        answer=attestation.with_member("verified", lambda _: False),
    ),
    Scenario(
        "verified-string",
        'The member verified is the text "true".',
        "ATT-16",
        answer=attestation.with_member("verified", lambda _: "true"),
    ),
    Scenario(
        "model-foreign",
        "The evidence is for another model.",
        "ATT-4",
        answer=attestation.with_member("model", lambda _: "e2ee-another"),
    ),
    Scenario(
        "key-missing",
        "The evidence carries no model key; verified is true.",
        "KEY-8",
        answer=attestation.keyless,
    ),
    Scenario(
        "keys-disagree",
        "signing_key is the attacker's, signing_public_key is the enclave's.",
        "KEY-7",
        answer=attestation.disagreeing_keys,
    ),
    Scenario(
        "key-off-curve",
        "The model key is not a point on the curve.",
        "KEY-6",
        answer=attestation.off_curve_key,
    ),
    Scenario(
        "key-compressed",
        "The model key in the compressed encoding of 33 bytes.",
        "KEY-5",
        answer=attestation.key_with_prefix(2, compressed=True),
    ),
    Scenario(
        "key-hybrid",
        "The model key in the hybrid encoding, which begins with 06 or 07.",
        "KEY-5",
        answer=attestation.key_with_prefix(6),
    ),
    Scenario(
        "key-unbound",
        "Key and address are the attacker's, who can read the chat; the quote binds the enclave's.",
        "BND-1",
        presented_key=attestation.impostor_key,
    ),
    Scenario(
        "address-foreign",
        "The member signing_address is not the address of the key.",
        "ATT-9",
        answer=attestation.with_member("signing_address", attestation.foreign_address),
    ),
    Scenario(
        "report-data-padding",
        "REPORTDATA bytes 20 to 31 are not zero.",
        "BND-2",
        report_data=attestation.nonzero_padding,
    ),
    Scenario(
        "report-data-sha256-nonce",
        "The quote binds SHA-256 of the nonce.",
        "BND-4",
        report_data=attestation.hashed_nonce,
    ),
    Scenario(
        "report-data-ascii-nonce",
        "The quote binds the first 32 digits of the nonce as text.",
        "BND-3",
        report_data=attestation.spelled_nonce,
    ),
    Scenario(
        "nonce-not-bound",
        "The answer repeats the client's nonce; the quote binds another one.",
        "BND-3",
        report_data=attestation.replayed_nonce,
    ),
    Scenario(
        "debug-td",
        "The TD is a debug TD: its host can read it.",
        "QUO-11",
        td_fields=attestation.debug_attribute,
    ),
    Scenario(
        "quote-missing",
        "There is no quote; verified is true.",
        "ATT-7",
        answer=attestation.without_quote,
    ),
    Scenario(
        "quotes-disagree",
        "A second quote, over another nonce, stands under another name beside the first.",
        "ATT-17",
        answer=attestation.contradicting_quotes,
    ),
    Scenario(
        "quote-version-foreign",
        "The version in the header of the quote is 6.",
        "QUO-2",
        quote=attestation.foreign_version,
    ),
    Scenario(
        "quote-truncated",
        "The quote ends inside its signature data.",
        "QUO-7",
        quote=attestation.truncated,
    ),
    Scenario(
        "quote-trailing-garbage",
        "Bytes other than zero follow the signature data.",
        "QUO-9",
        quote=attestation.trailing_garbage,
    ),
    Scenario(
        "quote-sgx", "The quote is a genuine one of an SGX enclave.", "QUO-4", quote=attestation.sgx
    ),
    Scenario(
        "server-contradiction",
        "server_verification says that the nonce is not bound, although it is.",
        "ATT-10",
        answer=attestation.contradicting_verification,
    ),
    Scenario(
        "attestation-html",
        "A page of HTML under the status 200.",
        "ATT-1",
        attestation_reply=attestation.html_page,
    ),
    Scenario(
        "attestation-cut",
        "The first half of an honest answer, properly transferred.",
        "ATT-1",
        attestation_reply=attestation.cut_body,
    ),
    Scenario(
        "attestation-flooded",
        "An honest answer with more than 8 MiB of white space behind it.",
        "NET-3",
        attestation_reply=attestation.flooded_body,
    ),
    Scenario(
        "attestation-duplicate-member",
        "signing_public_key stands twice, the attacker's first.",
        "ATT-1",
        attestation_reply=attestation.duplicate_member,
    ),
    Scenario(
        "attestation-502-with-body",
        "The honest evidence under the status 502.",
        "NET-7",
        attestation_reply=attestation.with_status_502,
    ),
    Scenario(
        "attestation-unavailable",
        "502 TEE_ATTESTATION_FAILED.",
        "NET-7",
        attestation_reply=attestation.unavailable,
    ),
    Scenario(
        "attestation-redirect",
        "A redirect to another origin, which answers honestly.",
        "NET-2",
        attestation_reply=attestation.redirect,
    ),
    Scenario(
        "attestation-rate-limited",
        "429 for every request.",
        "NET-7",
        attestation_reply=attestation.rate_limited,
    ),
    Scenario(
        "attestation-429-once",
        "429 for the first request; a repetition needs a fresh nonce.",
        "NET-16",
        attestation_reply=attestation.error_first(RATE_LIMITED),
    ),
    Scenario(
        "attestation-slow",
        "One byte every 50 ms: no single wait is long, the exchange is endless.",
        "NET-3",
        attestation_reply=attestation.slow,
    ),
)

ATTESTATION_SCENARIOS: Final[Tuple[Scenario, ...]] = (*_MODELS, *_ATTESTATION)
"""In the order in which a client meets them."""
