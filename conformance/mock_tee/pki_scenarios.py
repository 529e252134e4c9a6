"""The rows of the table of scenarios that concern Intel's certificates and statements.

All of them need a verifier of DCAP to be noticed: at the level `binding` the answers are in order.
"""

from __future__ import annotations

from typing import Final, Tuple

from conformance.mock_tee import pki_faults as pki
from conformance.mock_tee.scenario import Scenario

__all__ = ["PKI_SCENARIOS"]

_QUOTE: Final = (
    Scenario(
        "quote-bad-signature",
        "One bit of the quote's signature is turned.",
        "QUO-16",
        signature_data=pki.with_broken_quote,
    ),
    Scenario(
        "quote-foreign-attestation-key",
        "A key signs the quote that the report of the quoting enclave does not name.",
        "QUO-13",
        attestation_key=pki.foreign_attestation_key,
    ),
    Scenario(
        "qe-report-bad-signature",
        "One bit of the signature over the report of the quoting enclave is turned.",
        "QUO-12",
        signature_data=pki.with_broken_qe_report,
    ),
    Scenario(
        "qe-identity-mismatch",
        "Another enclave of the platform stands in the place of the quoting enclave.",
        "QUO-14",
        qe_report=pki.foreign_quoting_enclave,
    ),
    Scenario(
        "chain-foreign-root",
        "The quote's certificates have the right names and end in another root.",
        "CRT-13",
        pck_chain=pki.foreign_root,
    ),
    Scenario(
        "chain-reordered",
        "The quote's certificates are genuine, and the root stands before the Platform CA.",
        "CRT-10",
        pck_chain=pki.reordered_chain,
    ),
    Scenario(
        "chain-expired",
        "The quote's PCK certificate ended a day ago.",
        "CRT-14",
        pck_chain=pki.expired_pck,
    ),
)

_LISTS: Final = (
    Scenario(
        "pck-revoked",
        "The platform's certificate is on the list of the Platform CA.",
        "CRL-9",
        pck_crl=pki.revoked_pck,
    ),
    Scenario(
        "pck-ca-revoked",
        "The Platform CA is on the list of the root.",
        "CRL-9",
        root_crl=pki.revoked_ca,
    ),
    Scenario(
        "crl-expired",
        "The list of the Platform CA is that of last month.",
        "CRL-8",
        pck_crl=pki.expired_crl,
    ),
    Scenario(
        "crl-foreign-issuer",
        "The Processor CA's list stands in the place of the Platform CA's.",
        "CRL-5",
        pck_crl=pki.foreign_crl,
    ),
)

_TCB: Final = (
    Scenario(
        "tcb-out-of-date",
        "The platform reaches a level that is OutOfDate.",
        "TCB-10",
        tcb_info=pki.with_higher_bar,
    ),
    Scenario(
        "tcb-revoked",
        "The platform reaches a level that is Revoked.",
        "TCB-11",
        tcb_info=pki.with_best_level("Revoked"),
    ),
    Scenario(
        "tcb-configuration-needed",
        "The platform reaches a level that is ConfigurationNeeded, which passes by default.",
        "TCB-10",
        tcb_info=pki.with_best_level("ConfigurationNeeded"),
    ),
    Scenario(
        "tcb-info-expired",
        "The TCB info is that of last month.",
        "COL-9",
        tcb_info=pki.expired_tcb_info,
    ),
    Scenario(
        "tcb-info-foreign-fmspc",
        "The TCB info is that of another family of platforms.",
        "COL-12",
        tcb_info=pki.foreign_fmspc,
    ),
    Scenario(
        "tcb-info-bad-signature",
        "One bit of the signature over the TCB info is turned.",
        "COL-17",
        signed_tcb_info=pki.with_broken_text_signature,
    ),
    Scenario(
        "tcb-signer-is-pck",
        "The key of the platform signed the TCB info, with its chain to the same root.",
        "CRT-10",
        signed_tcb_info=pki.signed_by_the_pck,
    ),
)

_SERVICE: Final = (
    Scenario(
        "pcs-unavailable",
        "Intel's service answers 503 to everything, so that the quote cannot be judged.",
        "NET-15",
        pcs_reply=pki.unavailable_pcs,
    ),
)

PKI_SCENARIOS: Final[Tuple[Scenario, ...]] = tuple(
    scenario._replace(assurance="dcap") for scenario in (*_QUOTE, *_LISTS, *_TCB, *_SERVICE)
)
"""In the order in which a verifier meets them."""
