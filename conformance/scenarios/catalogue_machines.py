"""Attacks on what Intel and NVIDIA say about the machine, for clients that ask them.

At assurance `binding` and GPU level `report` nobody looks at any of this, so these attacks need a
client that declares `dcap` or `gpu-nras`.
"""

from __future__ import annotations

from typing import Final, Tuple

from conformance.scenarios.attack import EITHER, REFUSE, Attack, attack_rows

__all__ = ["MACHINES"]

_FORGED: Final = "Anybody with a computer makes evidence; no TDX machine is needed."
_BROKEN: Final = "A machine whose protection is known to be broken holds the conversation."

_QUOTE: Final = attack_rows(
    (
        {
            "name": "quote-bad-signature",
            "req": "QUO-16",
            "why": "The signature over the quote is not verified.",
            "impact": _FORGED,
            "hint": "Verify ECDSA P-256 over header and body with the attestation key.",
        },
        {
            "name": "quote-foreign-attestation-key",
            "req": "QUO-13",
            "why": "The quote verifies under a key that nobody vouches for.",
            "impact": _FORGED,
            "hint": "REPORTDATA of the QE report must be SHA-256 of key and authentication data.",
        },
        {
            "name": "qe-report-bad-signature",
            "req": "QUO-12",
            "why": "The report of the quoting enclave is believed without its signature.",
            "impact": _FORGED,
            "hint": "Verify the QE report with the key of the PCK certificate.",
        },
        {
            "name": "qe-identity-mismatch",
            "req": "QUO-14",
            "why": "Any enclave of a genuine platform may play the quoting enclave.",
            "impact": "An enclave of the attacker on a genuine machine signs any quote.",
            "hint": "Compare MRSIGNER, ISVPRODID, MISCSELECT and ATTRIBUTES with Intel's identity.",
        },
        {
            "name": "chain-foreign-root",
            "req": "CRT-13",
            "why": "The chain is followed to its own root, which is believed by its name.",
            "impact": _FORGED,
            "hint": "The root comes from your own store, never from the quote.",
        },
        {
            "name": "chain-reordered",
            "req": "CRT-10",
            "importance": "normal",
            "why": "Certificates are looked for by their names, in whatever order they come.",
            "impact": "Two verifiers find two chains in the same bytes.",
            "hint": "Leaf, Platform CA, root: in this order, each in its role.",
        },
        {
            "name": "chain-expired",
            "req": "CRT-14",
            "importance": "normal",
            "why": "Dates of certificates are not compared with the clock.",
            "impact": "A key that was given up years ago still proves a machine.",
            "hint": "Compare every certificate's dates with one `now`.",
        },
    ),
    expects=REFUSE,
    needs=("dcap",),
)

_LISTS: Final = attack_rows(
    (
        {
            "name": "pck-revoked",
            "req": "CRL-9",
            "why": "The list of the Platform CA is not asked.",
            "impact": "A machine whose key was stolen still proves itself.",
            "hint": "Look for the serial number of the PCK certificate on the list of its issuer.",
        },
        {
            "name": "pck-ca-revoked",
            "req": "CRL-9",
            "why": "Only the leaf is looked for on a list.",
            "impact": "A stolen CA certifies any machine.",
            "hint": "Look for the CA's serial number on the list of the root.",
        },
        {
            "name": "crl-expired",
            "req": "CRL-8",
            "why": "An old list is taken for the present one.",
            "impact": "An attacker serves the list from before the revocation.",
            "hint": "Refuse a list after its nextUpdate.",
        },
        {
            "name": "crl-foreign-issuer",
            "req": "CRL-5",
            "also": ("revocation:signature",),
            "why": "A list of another CA is good enough.",
            "impact": "Revoked certificates are not on it.",
            "hint": "The issuer of the list must be the issuer of the certificate.",
        },
    ),
    expects=REFUSE,
    needs=("dcap",),
)

_TCB: Final = attack_rows(
    (
        {
            "name": "tcb-out-of-date",
            "req": "TCB-10",
            "why": "The status of the platform is not judged.",
            "impact": _BROKEN,
            "hint": "Refuse every status that your policy does not name; never OutOfDate by "
            "default.",
        },
        {
            "name": "tcb-revoked",
            "req": "TCB-11",
            "also": ("tcb:not-accepted",),
            "why": "The status Revoked is passed over.",
            "impact": _BROKEN,
            "hint": "No policy may accept Revoked.",
        },
        {
            "name": "tcb-info-expired",
            "req": "COL-9",
            "why": "An old statement about the platform is taken for the present one.",
            "impact": "An attacker serves the statement from before the flaw was known.",
            "hint": "Refuse a TCB info after its nextUpdate.",
        },
        {
            "name": "tcb-info-foreign-fmspc",
            "req": "COL-12",
            "why": "The statement is about another family of platforms.",
            "impact": "The levels of a newer family let an older one pass.",
            "hint": "Compare the FMSPC of the TCB info with that of the PCK certificate.",
        },
        {
            "name": "tcb-info-bad-signature",
            "req": "COL-17",
            "why": "The statement is believed without its signature.",
            "impact": "Whoever hands the collateral over decides what is up to date.",
            "hint": "Verify the signature over the exact bytes of the text, before parsing it.",
        },
        {
            "name": "tcb-signer-is-pck",
            "req": "CRT-10",
            "why": "Any key below Intel's root may sign the statement.",
            "impact": "The owner of one genuine machine writes the levels of all of them.",
            "hint": "The signer must be the TCB signing certificate, by its role in the chain.",
        },
        {
            "name": "pcs-unavailable",
            "req": "NET-15",
            "also": ("transport:status",),
            "why": "Where Intel cannot be asked the check is left out.",
            "impact": "Whoever blocks one host turns the verification off.",
            "hint": "Without collateral there is no verdict: refuse, and say what is missing.",
        },
    ),
    expects=REFUSE,
    needs=("dcap",),
)

_TOLERATED: Final = attack_rows(
    (
        {
            "name": "tcb-configuration-needed",
            "req": "TCB-10",
            "importance": "normal",
            "why": "A status that is not UpToDate breaks the client instead of being judged.",
            "impact": "Most genuine machines have such a status at times.",
            "hint": "Judge the status by a policy that names what it accepts.",
        },
    ),
    expects=EITHER,
    needs=("dcap",),
)

_GPUS: Final = attack_rows(
    (
        {
            "name": "gpu-missing",
            "req": "GPU-1",
            "also": ("policy:gpu-level", "gpu:missing"),
            "why": "Absent evidence of GPUs is no reason to refuse.",
            "impact": "The model runs on GPUs that nobody vouches for, in plain memory.",
            "hint": "At a level above report the evidence must be there.",
        },
        {
            "name": "gpu-foreign-nonce",
            "req": "GPU-18",
            "why": "The nonce beside the reports is compared, and the one inside is not.",
            "impact": "Reports recorded elsewhere are replayed.",
            "hint": "Compare the nonce inside each signed report.",
        },
        {
            "name": "gpu-foreign-root",
            "req": "CRT-13",
            "why": "The chain of a GPU is followed to its own root.",
            "impact": "Simulated GPUs pass for genuine ones.",
            "hint": "The root comes from your own store.",
        },
        {
            "name": "gpu-report-bad-signature",
            "req": "GPU-17",
            "why": "The signature of a report is not verified, or that of the first one only.",
            "impact": "Reports are written by hand.",
            "hint": "Verify ECDSA P-384 over every report.",
        },
        {
            "name": "gpu-duplicate",
            "req": "GPU-21",
            "why": "One genuine GPU is counted as many times as it answers.",
            "impact": "One honest GPU covers for seven that are not.",
            "hint": "Certificates and nonces of all reports must differ.",
        },
        {
            "name": "gpu-mixed-fleet",
            "req": "GPU-22",
            "importance": "normal",
            "why": "Only the first GPU is looked at.",
            "impact": "One GPU with an old, broken driver stands among good ones.",
            "hint": "Model, driver, VBIOS and mode must be those of the first.",
        },
        {
            "name": "nras-foreign-signer",
            "req": "TOK-8",
            "why": "The claims of a token are read without its signature.",
            "impact": "Anybody writes NVIDIA's verdict.",
            "hint": "Verify every token under the key that it names, from NVIDIA's key set.",
        },
        {
            "name": "nras-expired",
            "req": "TOK-10",
            "why": "The times of a token are not compared with the clock.",
            "impact": "An old verdict is replayed.",
            "hint": "Check iat, nbf and exp with at most 60 seconds of tolerance.",
        },
        {
            "name": "nras-wrong-nonce",
            "req": "TOK-11",
            "why": "The nonce of a token is not compared.",
            "impact": "The verdict on somebody else's GPUs is replayed.",
            "hint": "eat_nonce of every token must be the nonce that you sent.",
        },
        {
            "name": "nras-overall-false",
            "req": "TOK-13",
            "why": "The status 200 is taken for a good verdict.",
            "impact": "GPUs that NVIDIA calls bad are used.",
            "hint": "x-nvidia-overall-att-result must be the boolean true.",
        },
        {
            "name": "nras-other-hardware",
            "req": "TOK-16",
            "why": "The verdict is not compared with the reports that it is about.",
            "impact": "A good verdict on other GPUs covers for these.",
            "hint": "Compare ueid, driver, VBIOS and chip of each token with its report.",
        },
        {
            "name": "nras-unavailable",
            "req": "NET-15",
            "also": ("transport:status",),
            "why": "Where NVIDIA cannot be asked the check is left out.",
            "impact": "Whoever blocks one host turns the verification off.",
            "hint": "Without a verdict refuse, and say what is missing.",
        },
    ),
    expects=REFUSE,
    needs=("gpu-nras",),
)

MACHINES: Final[Tuple[Attack, ...]] = (*_QUOTE, *_LISTS, *_TCB, *_TOLERATED, *_GPUS)
"""In the order in which a verifier meets them."""
