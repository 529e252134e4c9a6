"""Findings about evidence.  The form is described in `findings_form.py`."""

from __future__ import annotations

from typing import Final

from conformance.adapters.examples.findings_form import ALL, AXLABS, GUIDE, NPM, PYTHON, Finding

__all__ = ["EVIDENCE"]

EVIDENCE: Final = (
    Finding(
        "quote-not-read",
        "The quote is not read",
        ("BND-1", "BND-3", "QUO-11", "POL-1"),
        GUIDE,
        (
            "attestation.verify:BND-1",
            "attestation.verify:BND-2",
            "attestation.verify:BND-3",
            "attestation.verify:BND-4",
            "attestation.verify:COL-9",
            "attestation.verify:CRT-13",
            "attestation.verify:QUO-1",
            "attestation.verify:QUO-4",
            "attestation.verify:QUO-7",
            "attestation.verify:QUO-9",
            "attestation.verify:QUO-11",
            "attestation.verify:QUO-16",
            "attestation.verify:QUO-17",
            "attestation.verify:POL-1",
            "attestation.verify:POL-3",
            "attestation.verify:TCB-10",
            "attestation.verify:ATT-7",
            "attestation.verify/quote-absent",
            "attestation.verify/quote-empty",
            "attestation.verify/quote-null",
            "scenario/nonce-not-bound",
            "scenario/report-data-*",
            "scenario/key-unbound",
            "scenario/quote-*",
            "scenario/debug-td",
        ),
        "fetch_and_verify_attestation, fetchAndVerifyAttestation and the complete examples compare"
        " `verified` and `nonce` of the answer, and do not read `intel_quote`. The guide says in"
        " words that the quote has to be verified; its samples do not do it.",
        "Whoever can answer the request for evidence, such as a proxy in front of the service,"
        " names a key of his own and reads every prompt.",
    ),
    Finding(
        "key-taken-unread",
        "The model key is taken without being read",
        ("KEY-5", "KEY-7"),
        GUIDE,
        (
            "attestation.verify:KEY-5",
            "attestation.verify:KEY-6",
            "attestation.verify:KEY-7",
            "scenario/keys-disagree",
        ),
        "The step that verifies evidence returns the text of `signing_key`, whatever it"
        " is, and does not compare it with `signing_public_key`. What is not a key fails in a"
        " later step, or is read there in another way.",
        "Two answers that name different keys are both taken; which of them is used depends on the"
        " order of the names in the sample.",
    ),
    Finding(
        "second-key",
        "The second key of an answer is not compared with the first",
        ("KEY-7",),
        NPM,
        (
            "attestation.verify:KEY-5",
            "attestation.verify:KEY-6",
            "attestation.verify:KEY-7",
            "scenario/keys-disagree",
        ),
        "`signing_key || signing_public_key` takes the one that is there first. The other is not"
        " looked at, also where it is another key or none.",
        "The key that is used is bound by the quote, so nothing is read by others. An answer that"
        " contradicts itself passes, and other software may take the other key.",
    ),
    Finding(
        "evidence-nonce",
        "The nonce of the request is not compared where the answer repeats it",
        ("ATT-5", "ATT-2"),
        ALL,
        (
            "attestation.verify:ATT-5",
            "attestation.verify:ATT-2",
            "scenario/nonce-missing",
            "scenario/nonce-foreign",
        ),
        "The packages compare REPORTDATA with the nonce: 0.2.0 does not look at the member `nonce`,"
        " 0.5.3 only where it is there and not empty. The samples compare the member as text, so"
        " that capitals are refused. They draw 32 bytes themselves; where a test replaces the draw"
        " by another length, they do not notice it.",
        "For the packages nothing beyond an answer that contradicts itself. For the samples the"
        " member is all that ties an answer to a request.",
    ),
    Finding(
        "lax-json",
        "Answers with duplicate members, wrong types or any size are accepted",
        ("ATT-1", "ATT-16", "ATT-22"),
        ALL,
        (
            "attestation.verify:ATT-1",
            "attestation.verify:ATT-16",
            "attestation.verify:ATT-22",
            "attestation.verify:ATT-11",
            "scenario/attestation-duplicate-member",
        ),
        "The JSON parser of the language is used as it is: of two members of one name the last one"
        " wins, members of another type are ignored, and neither size nor depth has a limit.",
        "An answer that a careful reader refuses means something else to this one. A server decides"
        " how much memory is used.",
    ),
    Finding(
        "verified",
        "The member verified is not required to be true",
        ("ATT-3",),
        (PYTHON, *NPM),
        ("attestation.verify:ATT-3", "scenario/verified-*"),
        "0.2.0 does not look at it. 0.5.3 refuses the value false and accepts everything else, such"
        " as a text or its absence. The Python sample accepts the number 1, which equals True in"
        " Python.",
        "In 0.2.0 the service can say that its own check failed, and the client goes on. The member"
        " proves nothing by itself, and the other checks stand.",
    ),
    Finding(
        "model",
        "The model of the answer is not compared with the one that was asked for",
        ("ATT-4",),
        (*GUIDE, AXLABS),
        ("attestation.verify:ATT-4", "scenario/model-foreign"),
        "The member `model` is not looked at.",
        "Evidence of one model is passed off as that of another, which may be weaker or belong to"
        " somebody else's deployment.",
    ),
    Finding(
        "claims",
        "What the answer says beside the quote is not compared with it",
        ("ATT-10", "ATT-6", "ATT-9", "ATT-17", "ATT-18"),
        ALL,
        (
            "attestation.verify:ATT-6",
            "attestation.verify:ATT-8",
            "attestation.verify:ATT-9",
            "attestation.verify:ATT-10",
            "attestation.verify:ATT-17",
            "attestation.verify:ATT-18",
            "attestation.verify:KEY-15",
            "attestation.verify:KEY-16",
            "scenario/request-nonce-foreign",
            "scenario/address-foreign",
            "scenario/server-contradiction",
            "scenario/quotes-disagree",
        ),
        "`request_nonce`, `signing_address`, `signing_algo`, `nonce_source`, the measurements and"
        " the REPORTDATA that the answer states, and second copies of the quote are not compared"
        " with the quote. The packages compare parts of `server_verification`; the samples none.",
        "A contradiction that shows a broken or dishonest server goes unseen. The quote itself is"
        " not replaced by it.",
    ),
    Finding(
        "report-data",
        "REPORTDATA 20 to 31 is not compared with zero, and a hashed nonce is taken by default",
        ("BND-2", "BND-4"),
        NPM,
        (
            "attestation.verify:BND-2",
            "attestation.verify:BND-4",
            "scenario/report-data-padding",
            "scenario/report-data-sha256-nonce",
        ),
        "Twelve bytes between address and nonce are not looked at, and SHA-256 of the nonce is"
        " accepted in the place of the nonce without an option.",
        "Nothing is known that could be gained. A layout that gives these bytes a"
        " meaning would pass"
        " for this one.",
    ),
    Finding(
        "quote-form",
        "The quote is read only as far as REPORTDATA",
        ("QUO-7", "QUO-9", "QUO-11"),
        NPM,
        (
            "attestation.verify:QUO-7",
            "attestation.verify:QUO-9",
            "attestation.verify:QUO-11",
            "scenario/quote-truncated",
            "scenario/quote-trailing-garbage",
            "scenario/quote-version-foreign",
        ),
        "A quote that is cut off behind REPORTDATA, or followed by other bytes, is accepted at the"
        " level `binding`. Of the attribute bits that make a TD untrusted only bit 0, debug, is"
        " looked at. At the level `dcap` @phala/dcap-qvl reads the rest.",
        "At the level `binding` a quote is not signed as far as the client knows: whoever answers"
        " can write one. The README of 0.5.3 calls the checks of this level structural.",
    ),
    Finding(
        "quote-version-5",
        "REPORTDATA is looked for at a fixed offset in quotes of version 5",
        ("QUO-4",),
        NPM,
        ("attestation.verify/quote-version-5*",),
        "The body of a quote of version 5 begins six bytes later, behind a descriptor. An honest"
        " one is refused.",
        "Nothing. The client does not work once a machine answers with version 5.",
    ),
    Finding(
        "quote-base64",
        "A quote in base64 is refused",
        ("QUO-1",),
        (AXLABS,),
        ("attestation.verify:QUO-1",),
        "Only hexadecimal digits are read. The guide says that the member is base64; the service"
        " was seen to send hexadecimal digits.",
        "Nothing. The client does not work where the answer is as the guide says.",
    ),
    Finding(
        "aci-answer",
        "Keys and quotes in the members of the newer answer are not found",
        ("ATT-12", "ATT-7"),
        ALL,
        (
            "attestation.verify:ATT-12",
            "attestation.verify/envelope*",
            "attestation.verify/64-keys",
            "attestation.verify/quote-in-*",
            "attestation.verify/quote-empty-beside-another",
            "scenario/honest-aci",
        ),
        "Answers that name the key only in `attestation.workload_keyset`, or carry the"
        " quote only in"
        " `quote` or `attestation.evidence.quote`, are refused although they are honest.",
        "Nothing. The client does not work with machines that answer so.",
    ),
    Finding(
        "absent-claims",
        "An honest answer is refused for what the service says, or does not say, of itself",
        ("ATT-19", "ATT-10"),
        NPM,
        ("attestation.verify/claims-parts-absent", "attestation.verify/claims-gpu-invalid"),
        "`server_verification.tdx` without `valid` counts as failed; in 0.5.3 also a"
        " statement about"
        " GPUs where the policy does not ask for them.",
        "Nothing. The client refuses an honest machine.",
    ),
    Finding(
        "revocation",
        "Revoked machines and old or foreign revocation lists pass the documented DCAP verifier",
        ("CRL-9", "CRL-5", "CRL-8", "CRT-10"),
        NPM,
        (
            "scenario/pck-revoked",
            "scenario/crl-expired",
            "scenario/crl-foreign-issuer",
            "scenario/tcb-signer-is-pck",
        ),
        "The `dcap` entry of the package asks @phala/dcap-qvl 0.3.9. There the issuer of the PCK"
        " certificate is read as an empty text, also of certificates that Intel issued, so that"
        " the list of the Processor CA is fetched for machines of the Platform CA."
        " Signature, issuer"
        " and nextUpdate of a list are not checked, one that cannot be parsed is passed over, and"
        " the certificate that signs TCB info is not required to be Intel's TCB signing"
        " certificate.",
        "A machine whose key was stolen and revoked still proves itself.",
    ),
    Finding(
        "dstack",
        "Event log, compose file and the compose manager's record are not verified",
        ("DST-6", "DST-11", "DST-15", "DST-16", "POL-13"),
        ALL,
        (
            "attestation.verify:DST-6",
            "attestation.verify:DST-11",
            "attestation.verify:DST-15",
            "attestation.verify:DST-16",
            "attestation.verify:DST-19",
            "attestation.verify:DST-27",
            "attestation.verify/manager-*",
        ),
        "The members of the answer that say which software runs are not read.",
        "The answer shows a log and a compose file that are not those of the machine; a person who"
        " reads them is misled. The key stays bound to the quote.",
    ),
    Finding(
        "gpu",
        "The nonce of the GPU evidence is not compared",
        ("GPU-2", "GPU-6"),
        ALL,
        ("attestation.verify:GPU-2", "attestation.verify:GPU-6", "scenario/gpu-*"),
        "Without a verifier for GPUs, which 0.5.3 has as an option, `nvidia_payload` is not looked"
        " at. That a level above `report` was asked for is not among these tests.",
        "The GPU evidence of another request or machine goes unseen.",
    ),
    Finding(
        "evidence-http",
        "Redirects to another origin are followed, and the status of evidence is not looked at",
        ("NET-2", "NET-18", "NET-7"),
        ALL,
        (
            "scenario/attestation-502-with-body",
            "scenario/attestation-redirect",
            "scenario/chat-redirect",
        ),
        "`requests` and `fetch` follow redirects by default. The samples do not look at the status"
        " of the answer; the packages do.",
        "A redirect to another origin shows it the request, and where the library does not remove"
        " the header, the API key.",
    ),
)
