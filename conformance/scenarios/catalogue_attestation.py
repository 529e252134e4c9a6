"""Attacks before anything is sent: the model list, the attestation answer, and what it binds.

In all but the last rows the right behaviour is to send nothing: what would be encrypted to a key
that is not proven is not protected.
"""

from __future__ import annotations

from typing import Final, Tuple

from conformance.scenarios.attack import EITHER, REFUSE, Attack, attack_rows

__all__ = ["ATTESTATION"]

_READS: Final = "Whoever runs the server, or stands before it, reads every prompt and writes every "
_READS_ALL: Final = _READS + "answer."

_MODELS: Final = attack_rows(
    (
        {
            "name": "models-without-capability",
            "req": "REQ-8",
            "why": "An absent capability is taken for a yes.",
            "impact": "The model may take the request for plaintext, outside of any enclave.",
            "hint": "Refuse unless model_spec.capabilities.supportsE2EE is the boolean true.",
        },
        {
            "name": "models-capability-text",
            "req": "REQ-8",
            "why": 'The text "false" is true in many languages.',
            "impact": "A model without encryption is used as if it had it.",
            "hint": "Compare with the boolean true, not with truth.",
        },
    ),
    expects=REFUSE,
    importance="normal",
)

_FRESHNESS: Final = attack_rows(
    (
        {
            "name": "nonce-foreign",
            "req": "ATT-5",
            "why": "The member nonce is not compared with the one that was sent.",
            "impact": "An answer made for somebody else passes for fresh.",
            "hint": "Compare the decoded bytes of nonce with the 32 bytes that were sent.",
        },
        {
            "name": "nonce-missing",
            "req": "ATT-5",
            "why": "The comparison is left out where there is nothing to compare.",
            "impact": "An attacker removes the member, and with it the check.",
            "hint": "An absent nonce is a refusal, not a skipped check.",
        },
        {
            "name": "request-nonce-foreign",
            "req": "ATT-6",
            "why": "Of two members that say the same only one is compared.",
            "impact": "Two programs that read different members see different evidence.",
            "hint": "Compare request_nonce as well where it is present.",
        },
        {
            "name": "nonce-not-bound",
            "req": "BND-3",
            "why": "The nonce of the JSON is compared, and that of the quote is not.",
            "impact": "A quote recorded once is replayed for ever, also after its key was stolen.",
            "hint": "Compare REPORTDATA[32:64] of the quote with the nonce that was sent.",
        },
        {
            "name": "report-data-ascii-nonce",
            "req": "BND-3",
            "importance": "normal",
            "why": "The digits of the nonce are compared in the place of its bytes.",
            "impact": "Half of the nonce is not compared, so that an old quote fits more often.",
            "hint": "Decode the nonce, and compare all 32 bytes.",
        },
        {
            "name": "report-data-sha256-nonce",
            "req": "BND-4",
            "why": "A second way of binding the nonce is accepted without being asked for.",
            "impact": "What the specification does not describe passes for evidence of it.",
            "hint": "Accept SHA-256 of the nonce only under an option that names it.",
        },
    ),
    expects=REFUSE,
)

_KEYS: Final = attack_rows(
    (
        {
            "name": "key-unbound",
            "req": "BND-1",
            "steals": True,
            "why": "The key of the JSON is used without comparing it with the quote.",
            "impact": _READS_ALL,
            "hint": "REPORTDATA[0:20] must be the address of the key that you encrypt to.",
        },
        {
            "name": "address-foreign",
            "req": "ATT-9",
            "why": "signing_address is taken from the answer and not computed from the key.",
            "impact": "Signatures of the attacker's key pass for the enclave's.",
            "hint": "Compute the address from the model key, and refuse another one beside it.",
        },
        {
            "name": "report-data-padding",
            "req": "BND-2",
            "why": "Twelve bytes of REPORTDATA are not looked at.",
            "impact": "A quote of another program, with another layout, may be read as this one.",
            "hint": "Compare all 64 bytes: address, twelve zeros, nonce.",
        },
        {
            "name": "key-missing",
            "req": "KEY-8",
            "why": "Without a key the client goes on, in plaintext or with an old key.",
            "impact": "The prompt is sent in the clear.",
            "hint": "No key, no conversation; never fall back to plaintext.",
        },
        {
            "name": "keys-disagree",
            "req": "KEY-7",
            "why": "One of the two members is read, and the other one is not.",
            "impact": "The attacker's key is taken where the client reads the other member.",
            "hint": "Decode both members and refuse unless they are the same point.",
        },
        {
            "name": "key-off-curve",
            "req": "KEY-6",
            "also": ("binding:key",),
            "why": "The key is used without asking whether it is a point of secp256k1.",
            "impact": "A point of a weak curve gives the shared secret away.",
            "hint": "Check y^2 = x^3 + 7 and both coordinates below p before any multiplication.",
        },
        {
            "name": "key-compressed",
            "req": "KEY-5",
            "importance": "normal",
            "why": "A library that takes every encoding of a point is asked before the length is.",
            "impact": "Two clients read different keys out of one answer.",
            "hint": "Accept 130 digits that begin with 04, and 128 digits; nothing else.",
        },
        {
            "name": "key-hybrid",
            "req": "KEY-5",
            "also": ("key:point",),
            "importance": "normal",
            "why": "The first byte of the key is skipped and not looked at.",
            "impact": "One key has two texts, and what is blocked under one passes as the other.",
            "hint": "The first byte of 65 must be 04.",
        },
        {
            "name": "quote-missing",
            "req": "ATT-7",
            "why": "The word verified of the server is believed in the place of a quote.",
            "impact": _READS_ALL,
            "hint": "Without a quote there is no evidence; verified proves nothing by itself.",
        },
    ),
    expects=REFUSE,
)

_QUOTE: Final = attack_rows(
    (
        {
            "name": "debug-td",
            "req": "QUO-11",
            "why": "TDATTRIBUTES is not looked at.",
            "impact": "The host of a debug TD reads its memory: prompts, answers and keys.",
            "hint": "Refuse any bit of TDATTRIBUTES bits 0 to 7.",
        },
        {
            "name": "quotes-disagree",
            "req": "ATT-17",
            "why": "One of several quotes is read, and the others are not.",
            "impact": "Two verifiers of one answer judge two machines.",
            "hint": "Decode every quote of the answer, and refuse unless they are the same bytes.",
        },
        {
            "name": "quote-version-foreign",
            "req": "QUO-2",
            "importance": "normal",
            "why": "Fields are read at the places of version 4, whatever the version says.",
            "impact": "What the attacker wrote where another field stands is believed.",
            "hint": "Refuse a version that your parser does not know.",
        },
        {
            "name": "quote-truncated",
            "req": "QUO-7",
            "importance": "normal",
            "why": "The head of the quote is read, and the rest is not parsed.",
            "impact": "A quote without a whole signature passes.",
            "hint": "Parse every length to its end; refuse what ends too early.",
        },
        {
            "name": "quote-trailing-garbage",
            "req": "QUO-9",
            "importance": "normal",
            "why": "What follows the quote is not looked at.",
            "impact": "Two parsers find two quotes in the same bytes.",
            "hint": "Accept zero bytes behind the signature data, and nothing else.",
        },
        {
            "name": "quote-sgx",
            "req": "QUO-4",
            "also": ("quote:version",),
            "why": "The type of the TEE is not looked at.",
            "impact": "A quote of any SGX enclave, with REPORTDATA at another place, passes.",
            "hint": "Demand the TEE type 0x81 before you read a TD report.",
        },
    ),
    expects=REFUSE,
)

_ANSWER: Final = attack_rows(
    (
        {
            "name": "verified-false",
            "req": "ATT-3",
            "why": "The server's own verdict is not read.",
            "impact": "Evidence that the service itself calls bad is used.",
            "hint": "Refuse unless verified is the boolean true; it proves nothing more.",
        },
        {
            "name": "verified-string",
            "req": "ATT-16",
            "also": ("answer:verified",),
            "importance": "normal",
            "why": "A text is taken for a boolean.",
            "impact": 'The text "false" is true in many languages.',
            "hint": "Compare types before values.",
        },
        {
            "name": "model-foreign",
            "req": "ATT-4",
            "why": "The evidence is not compared with the model that was asked for.",
            "impact": "Evidence of one model lets the prompt out to another one.",
            "hint": "The member model must be the id that was asked for.",
        },
        {
            "name": "server-contradiction",
            "req": "ATT-10",
            "importance": "normal",
            "why": "What the server found is not compared with what the client found.",
            "impact": "One of the two verifiers is wrong, and nobody learns of it.",
            "hint": "A member of server_verification that differs from your result is an error.",
        },
        {
            "name": "attestation-html",
            "req": "ATT-1",
            "importance": "normal",
            "why": "A page of a hotel's network with the status 200 is taken for an answer.",
            "impact": "The client crashes, or goes on without evidence.",
            "hint": "A body that is no JSON object is a refusal.",
        },
        {
            "name": "attestation-cut",
            "req": "ATT-1",
            "importance": "normal",
            "why": "A parser mends a JSON text that was cut off.",
            "impact": "What should be checked is missing, and nobody looks for it.",
            "hint": "A body that is no whole JSON object is a refusal.",
        },
        {
            "name": "attestation-flooded",
            "req": "NET-3",
            "also": ("answer:json",),
            "importance": "normal",
            "why": "A body is read to its end, however long it is.",
            "impact": "One server fills the memory of a client.",
            "hint": "Stop reading after 8 MiB, and refuse.",
        },
        {
            "name": "attestation-duplicate-member",
            "req": "ATT-1",
            "why": "The JSON parser takes the last of two members and says nothing.",
            "impact": "A proxy and a client that read different ones see different keys.",
            "hint": "Refuse a name that stands twice in one object.",
        },
        {
            "name": "attestation-502-with-body",
            "req": "NET-7",
            "importance": "normal",
            "why": "The status is not looked at where the body looks good.",
            "impact": "What the service itself calls failed passes for evidence.",
            "hint": "Only the status 200 carries evidence.",
        },
        {
            "name": "attestation-unavailable",
            "req": "NET-7",
            "why": "Where attestation fails the client goes on without it.",
            "impact": "Whoever can make one request fail turns the protection off.",
            "hint": "No evidence, no conversation.",
        },
        {
            "name": "attestation-redirect",
            "req": "NET-2",
            "why": "The HTTP library follows redirects by itself, with the headers.",
            "impact": "The API key goes to another origin, which also answers in the place of the "
            "service.",
            "hint": "Switch automatic redirects off, and follow none to another origin.",
        },
        {
            "name": "attestation-rate-limited",
            "req": "NET-7 NET-4",
            "max_attestations": 3,
            "importance": "normal",
            "why": "A rate limit is met with endless repetition, or by going on without evidence.",
            "impact": "The client hangs, is banned, or sends without protection.",
            "hint": "Repeat at most twice after a wait; then refuse.",
        },
        {
            "name": "attestation-slow",
            "req": "NET-3",
            "importance": "normal",
            "also": (
                "transport:status",
                "stream:incomplete",
                "answer:json",
            ),
            "slow": True,
            "why": "Each wait is short, so that a limit for one wait never strikes.",
            "impact": "One server occupies a client for ever.",
            "hint": "Limit the time of the whole exchange besides that of each wait.",
        },
    ),
    expects=REFUSE,
)

_REPEATED: Final = attack_rows(
    (
        {
            "name": "attestation-429-once",
            "req": "NET-16",
            "importance": "normal",
            "also": ("transport:status",),
            "why": "A repeated request for evidence carries the nonce of the first one.",
            "impact": "Whoever saw the first nonce can prepare an answer to the second request.",
            "hint": "Draw a fresh nonce for every request.",
        },
    ),
    expects=EITHER,
)

ATTESTATION: Final[Tuple[Attack, ...]] = (
    *_MODELS,
    *_FRESHNESS,
    *_KEYS,
    *_QUOTE,
    *_ANSWER,
    *_REPEATED,
)
"""In the order in which a client meets them."""
