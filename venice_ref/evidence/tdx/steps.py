"""The steps of a verification, in their order, for whoever reports them one by one.

A function that verifies takes `on_step` and calls it after each step that passed, with the name of
the step and a sentence on what was found.  If it raises, the step that failed is the first one that
was not reported.
"""

from __future__ import annotations

from typing import Callable, Final

__all__ = ["COLLATERAL_STEPS", "QUOTE_STEPS", "OnStep", "no_report"]

OnStep = Callable[[str, str], None]
"""(step, what was found)."""

COLLATERAL_STEPS: Final = (
    "collateral.lists",  # both revocation lists, and the CA of the PCK certificates
    "collateral.tcb_info",  # its signer, signature, form and time
    "collateral.qe_identity",  # likewise
)
"""The steps of `collateral.verify_collateral`."""

QUOTE_STEPS: Final = (
    "collateral.use",  # the collateral holds now, and is for this kind of TEE
    "pck_chain",  # from the PCK certificate to the root
    "revocation",  # neither the PCK certificate nor its CA is revoked
    "platform",  # what the PCK certificate says of the platform, and that the TCB info is for it
    "qe_report",  # signed by the PCK, and naming the attestation key
    "qe_identity",  # of Intel's quoting enclave
    "quote_signature",  # by the attestation key
    "tdx_module",  # a TDX module of Intel; passed over for SGX
    "tcb",  # the levels that platform, module and quoting enclave reach
)
"""The steps of `verify.verify_quote`."""


def no_report(step: str, found: str) -> None:
    """Report to nobody."""
