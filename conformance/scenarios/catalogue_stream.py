"""Attacks on the answer: its fields, its events, its end, and what comes in its place.

The client has shown a beginning of the answer when most of these strike.  What it showed may stay;
it may show nothing else and must not call the answer complete.
"""

from __future__ import annotations

from typing import Final, Tuple

from conformance.scenarios.attack import EITHER, ENDURE, Attack, attack_rows

__all__ = ["STREAM"]

_WRITES: Final = "Whoever stands before the enclave writes words into its answers."
_CUTS: Final = "Whoever stands before the enclave cuts an answer where its meaning turns."
_GONE: Final = "What was in this chunk is missing, and the reader does not know."

_FIELDS: Final = attack_rows(
    (
        {
            "name": "chat-plaintext-chunk",
            "req": "STR-5",
            "also": ("envelope:hex",),
            "why": "What does not look like ciphertext is passed on as text.",
            "impact": _WRITES,
            "hint": "Under encryption every non-empty content must decrypt, or the answer fails.",
        },
        {
            "name": "chat-whitespace-chunk",
            "req": "STR-5",
            "also": ("envelope:hex",),
            "why": "White space is passed on without decrypting, because it looks harmless.",
            "impact": "White space changes code, tables and commands.",
            "hint": "Only the empty string is not encrypted.",
        },
        {
            "name": "chat-odd-hex",
            "req": "ENV-15",
            "also": ("stream:plaintext",),
            "why": "Digits that do not decode are passed on as text, or one of them is dropped.",
            "impact": _WRITES,
            "hint": "Refuse an odd number of digits.",
        },
        {
            "name": "chat-short-hex",
            "req": "ENV-4",
            "also": ("stream:plaintext",),
            "why": "What is too short for an envelope is passed on as text.",
            "impact": _WRITES,
            "hint": "Fewer than 93 bytes are an error, not plaintext.",
        },
        {
            "name": "chat-0x-hex",
            "req": "ENV-15",
            "also": ("stream:plaintext",),
            "importance": "normal",
            "why": "A prefix is removed, or makes the text pass as plaintext.",
            "impact": "Two clients read the same chunk differently.",
            "hint": "Only hexadecimal digits, without a prefix.",
        },
        {
            "name": "chat-bad-prefix",
            "req": "ENV-5",
            "also": ("stream:plaintext",),
            "why": "What does not begin with 04 is passed on as text.",
            "impact": _WRITES,
            "hint": "Another first byte is an error, not plaintext.",
        },
        {
            "name": "chat-off-curve",
            "req": "ENV-5",
            "why": "The ephemeral key is used without asking whether it is on the curve.",
            "impact": "A point of a weak curve gives the client's private key away, bit by bit.",
            "hint": "Check the equation of the curve before the multiplication.",
        },
        {
            "name": "chat-bad-tag",
            "req": "ENV-6",
            "why": "The tag is not compared in full, or the text is shown before it is.",
            "impact": "Bits of the answer are turned at will.",
            "hint": "Use an AEAD that releases nothing before all 16 bytes of the tag hold.",
        },
        {
            "name": "chat-wrong-key",
            "req": "ENV-6",
            "why": "A chunk that does not open is left out and the answer goes on.",
            "impact": _GONE,
            "hint": "A chunk that does not open fails the whole answer.",
        },
        {
            "name": "chat-invalid-utf8",
            "req": "ENV-10",
            "importance": "normal",
            "why": "Bytes that are no text are replaced by question marks.",
            "impact": "What is shown is not what was sent, and nobody is told.",
            "hint": "Decode strictly, and fail.",
        },
    ),
)

_WHOLE: Final = attack_rows(
    (
        {
            "name": "chat-all-plaintext",
            "req": "STR-5",
            "also": ("envelope:hex",),
            "why": "Whether an answer is encrypted is decided by the answer.",
            "impact": "Somebody else answers in the place of the enclave.",
            "hint": "What was asked for under encryption has to be answered under encryption.",
        },
        {
            "name": "chat-plain-completion",
            "req": "STR-15",
            "also": ("stream:plaintext", "stream:incomplete", "transport:status"),
            "why": "A library reads either form of answer, with or without a stream.",
            "impact": "Somebody else answers in the place of the enclave.",
            "hint": "Demand text/event-stream; there is no encrypted answer of another form.",
        },
        {
            "name": "chat-asks-plaintext",
            "req": "NET-5",
            "max_chats": 2,
            "why": "A refusal of encryption is met by sending the request without it.",
            "impact": "Whoever can refuse one request reads the next one in the clear.",
            "hint": "Never send a request in plaintext that was to be encrypted.",
        },
        {
            "name": "chat-redirect",
            "req": "NET-18",
            "also": ("transport:status",),
            "why": "The HTTP library follows a 307 by itself, with body, key and headers.",
            "impact": "The API key goes to another origin.",
            "hint": "Follow no redirect of a POST.",
        },
        {
            "name": "chat-key-swapped",
            "req": "BND-1",
            "also": ("transport:status", "session:stale-key"),
            "steals": True,
            "why": "The first evidence is verified, and the renewed key is not.",
            "impact": "Whoever makes one key look stale reads everything that follows.",
            "hint": "Verify renewed evidence as strictly as the first.",
        },
    ),
)

_CHUNKS: Final = attack_rows(
    (
        {
            "name": "chat-plaintext-reasoning",
            "req": "STR-6",
            "also": ("stream:plaintext", "envelope:hex"),
            "why": "reasoning_content is passed on without decrypting.",
            "impact": _WRITES,
            "hint": "Treat reasoning_content and reasoning as content.",
        },
        {
            "name": "chat-tool-calls",
            "req": "STR-9",
            "why": "Members that are never encrypted are acted upon.",
            "impact": "Whoever stands before the enclave calls functions in the user's name.",
            "hint": "Refuse every member of a delta that carries text in the clear.",
        },
        {
            "name": "chat-choice-1",
            "req": "STR-8",
            "importance": "normal",
            "why": "All choices are joined into one text, or others are left out.",
            "impact": "Text of another choice stands in the answer, or is lost.",
            "hint": "There is one choice, so that every index but 0 is an error.",
        },
        {
            "name": "chat-id-change",
            "req": "STR-10",
            "why": "Chunks of another answer to the same key are taken as they come.",
            "impact": "An earlier answer is spliced into this one.",
            "hint": "Remember the id of the first chunk, and refuse another one.",
        },
        {
            "name": "chat-model-change",
            "req": "STR-10",
            "importance": "normal",
            "why": "The model of later chunks is not compared.",
            "impact": "Another model answers the rest.",
            "hint": "Remember the model of the first chunk, and refuse another one.",
        },
    ),
)

_FRAMES: Final = attack_rows(
    (
        {
            "name": "chat-malformed-json",
            "req": "STR-3",
            "why": "An event that does not parse is passed over.",
            "impact": _GONE,
            "hint": "An event that is no JSON object fails the answer.",
        },
        {
            "name": "chat-duplicate-member",
            "req": "STR-3",
            "why": "The JSON parser takes one of two contents and says nothing.",
            "impact": _WRITES,
            "hint": "Refuse a name that stands twice in one object.",
        },
        {
            "name": "chat-in-band-error",
            "req": "STR-4",
            "why": "Data with the member error is passed over as an event without choices.",
            "impact": "Half an answer is called a whole one.",
            "hint": "A member error is an error of the server, whatever follows.",
        },
        {
            "name": "chat-event-error",
            "req": "STR-4",
            "importance": "normal",
            "why": "The type of an event is not looked at.",
            "impact": "Half an answer is called a whole one.",
            "hint": "An event of the type error ends the answer as failed.",
        },
        {
            "name": "chat-after-error",
            "req": "STR-4",
            "why": "An error is passed over, and what follows it is shown.",
            "impact": _GONE,
            "hint": "Nothing may be shown after an error.",
        },
        {
            "name": "chat-huge-event",
            "req": "SSE-8",
            "importance": "normal",
            "also": ("transport:limit", "stream:shape"),
            "why": "Lines have a limit, and the event that they are joined to has none.",
            "impact": "One server fills the memory of a client.",
            "hint": "Limit the size of an event as well.",
        },
        {
            "name": "chat-huge-line",
            "req": "SSE-8",
            "importance": "normal",
            "also": ("transport:limit", "stream:shape", "envelope:too-long"),
            "why": "A line is collected without a limit.",
            "impact": "One server fills the memory of a client.",
            "hint": "Limit the length of a line to what the largest envelope needs.",
        },
        {
            "name": "chat-content-type",
            "req": "STR-15",
            "importance": "normal",
            "why": "Whatever comes is read as an event stream.",
            "impact": "An answer of a proxy or of another service is read as the model's.",
            "hint": "Demand text/event-stream.",
        },
        {
            "name": "chat-after-done",
            "req": "STR-2",
            "expects": ENDURE,
            "why": "What follows the end mark is shown.",
            "impact": _WRITES,
            "hint": "Stop reading at [DONE].",
        },
    ),
)

_ENDS: Final = attack_rows(
    (
        {
            "name": "chat-no-done",
            "req": "STR-1",
            "truncates": True,
            "why": "The end of the transfer is taken for the end of the answer.",
            "impact": _CUTS,
            "hint": "Without [DONE] the answer is incomplete, however properly HTTP ended.",
        },
        {
            "name": "chat-cut",
            "req": "STR-1",
            "also": (),
            "truncates": True,
            "why": "A connection that breaks is taken for the end of the answer.",
            "impact": _CUTS,
            "hint": "Without [DONE] the answer is incomplete.",
        },
        {
            "name": "chat-stall",
            "req": "NET-3",
            "importance": "normal",
            "also": ("stream:incomplete",),
            "slow": True,
            "truncates": True,
            "why": "There is no limit for the wait between two chunks.",
            "impact": "One server occupies a client for ever.",
            "hint": "Limit each wait; when it ends the answer is incomplete.",
        },
        {
            "name": "chat-endless-comments",
            "req": "NET-3",
            "importance": "normal",
            "also": ("stream:incomplete",),
            "slow": True,
            "truncates": True,
            "why": "Comments keep the connection alive, so that no wait is ever too long.",
            "impact": "One server occupies a client for ever.",
            "hint": "Limit the time of the whole exchange besides that of each wait.",
        },
    ),
)

_REFUSALS: Final = attack_rows(
    (
        {
            "name": "chat-json-error-200",
            "req": "STR-15",
            "also": ("transport:status", "stream:server-error"),
            "importance": "normal",
            "why": "The status 200 is taken for an answer, and its body for an empty one.",
            "impact": "An error looks like an empty answer.",
            "hint": "Demand text/event-stream.",
        },
        {
            "name": "chat-401",
            "req": "NET-5 NET-4",
            "importance": "normal",
            "why": "A refused key is tried again, or the error passes for an empty answer.",
            "impact": "An account is locked, or the reader believes that there is no answer.",
            "hint": "401 is final: one request, and an error that says so.",
        },
        {
            "name": "chat-402",
            "req": "NET-5 NET-4",
            "importance": "normal",
            "why": "A demand for payment is tried again, or passes for an empty answer.",
            "impact": "Requests are wasted, or the reader believes that there is no answer.",
            "hint": "402 is final: one request, and an error that says so.",
        },
        {
            "name": "chat-500-always",
            "req": "NET-5 NET-4",
            "importance": "normal",
            "max_chats": 3,
            "why": "A failing server is asked without end.",
            "impact": "The client hangs and makes the failure worse.",
            "hint": "At most three attempts, with a wait between them.",
        },
        {
            "name": "chat-429-once",
            "req": "NET-4",
            "importance": "normal",
            "expects": EITHER,
            "also": ("transport:status",),
            "max_chats": 3,
            "why": "A repetition sends the same envelopes once more, or plaintext.",
            "impact": "The same nonce under the same key shows what differs in two messages.",
            "hint": "Encrypt every attempt anew.",
        },
        {
            "name": "chat-stale-key-once",
            "req": "SES-4",
            "importance": "normal",
            "expects": EITHER,
            "also": ("transport:status",),
            "max_chats": 2,
            "why": "After a stale key the client goes on without evidence, or in plaintext.",
            "impact": "Restarting a backend turns the protection off.",
            "hint": "Attest once more, with a fresh nonce, and repeat once, encrypted anew.",
        },
        {
            "name": "chat-stale-key-always",
            "req": "SES-4",
            "importance": "normal",
            "also": ("transport:status",),
            "max_chats": 2,
            "why": "A stale key is met with endless renewal.",
            "impact": "The client hangs, and is banned for too many requests.",
            "hint": "One renewal, one repetition; then fail.",
        },
    ),
)

_SIGNATURE: Final = attack_rows(
    (
        {
            "name": "signature-foreign-signer",
            "req": "SIG-4",
            "also": ("signature:address",),
            "why": "The signer is compared with the address beside the signature.",
            "impact": "Anybody signs answers in the enclave's name.",
            "hint": "Compare with the address that the quote binds.",
        },
        {
            "name": "signature-address-foreign",
            "req": "SIG-9",
            "also": ("signature:signer",),
            "importance": "normal",
            "why": "The address beside the signature is not looked at.",
            "impact": "Another program that trusts it believes another signer.",
            "hint": "Refuse an address that is not the signer's.",
        },
        {
            "name": "signature-high-s",
            "req": "SIG-3",
            "importance": "normal",
            "why": "The second signature of each text is accepted.",
            "impact": "A receipt has two forms, and what is found by one is missed by the other.",
            "hint": "Refuse s above n/2.",
        },
        {
            "name": "signature-missing",
            "req": "SIG-10",
            "also": ("transport:status",),
            "why": "Where there is no signature the check is left out.",
            "impact": "Whoever blocks one request turns the verification off.",
            "hint": "A missing signature is a failure of the check.",
        },
        {
            "name": "signature-three-part-foreign-model",
            "req": "SIG-7",
            "importance": "normal",
            "why": "The model in the signed text is not compared.",
            "impact": "The answer of a cheaper model passes for this one's.",
            "hint": "The first of three parts must be the model's name or its upstream name.",
        },
    ),
    needs=("signature",),
)

STREAM: Final[Tuple[Attack, ...]] = (
    *_FIELDS,
    *_WHOLE,
    *_CHUNKS,
    *_FRAMES,
    *_ENDS,
    *_REFUSALS,
    *_SIGNATURE,
)
"""From the smallest part of the stream to the whole, then what follows it."""
