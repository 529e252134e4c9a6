"""Controls: honest services, which a client has to get along with.

A control that fails makes the attacks that name it prove nothing.  The variants are honest as well:
they are what the real service does or may do, and a client that refuses them is of no use.
"""

from __future__ import annotations

from typing import Final, Tuple

from conformance.scenarios.attack import ENDURE, Attack, attack_rows

__all__ = ["HONEST"]

_CONTROLS: Final = attack_rows(
    (
        {
            "name": "honest",
            "req": "STR-12",
            "why": "A client that always fails would pass every attack.",
            "impact": "The client cannot talk to the service at all.",
            "hint": "Begin with this one; `python3 -m conformance demo` shows each step of it.",
        },
        {
            "name": "honest-dcap",
            "req": "QUO-16 COL-17",
            "needs": ("dcap",),
            "why": "A verifier of quotes that refuses good ones would pass every attack on quotes.",
            "impact": "The client cannot verify a genuine machine under the given roots.",
            "hint": "Take Intel's root from the trust root that is given, and its collateral from "
            "the origin of the base URL.",
        },
        {
            "name": "honest-gpu-nras",
            "req": "TOK-8 GPU-17",
            "needs": ("gpu-nras",),
            "why": "A verifier of GPUs that refuses good ones would pass every attack on GPUs.",
            "impact": "The client cannot verify genuine GPUs.",
            "hint": "Ask NVIDIA's paths at the origin of the base URL, and trust the roots given.",
        },
        {
            "name": "honest-signature",
            "req": "SIG-4",
            "needs": ("signature",),
            "why": "A client that refuses every signature would pass every attack on signatures.",
            "impact": "The client cannot verify a genuine signature.",
            "hint": "Fetch /tee/signature with the id of the answer once it is complete.",
        },
    ),
    serves="honest",
    expects=ENDURE,
)

_SHAPES: Final = attack_rows(
    (
        {
            "name": "honest-phala",
            "req": "KEY-8 ENV-14",
            "model": "e2ee-mock-p",
            "why": "The provider phala has another shape of answer, no empty first content, and "
            "one ephemeral key for a whole answer.",
            "impact": "Half of the models of the service cannot be used.",
            "hint": "Read the model key and the quote from each member that the specification "
            "lists; do not take a repeated ephemeral key for an attack.",
        },
        {
            "name": "honest-aci",
            "req": "KEY-8 ATT-7",
            "model": "e2ee-mock-aci",
            "why": "The gateway puts key and quote inside the member attestation.",
            "impact": "Models behind the gateway cannot be used.",
            "hint": "Look for the quote and the key in the envelope as well.",
        },
        {
            "name": "honest-reasoning",
            "req": "STR-6 STR-16",
            "model": "e2ee-mock-r",
            "why": "Thoughts come encrypted like content and are not part of the answer.",
            "impact": "Models that reason cannot be used, or their thoughts stand in the answer.",
            "hint": "Decrypt reasoning_content like content and keep it apart.",
        },
        {
            "name": "honest-twice",
            "req": "ATT-2 ENV-7",
            "times": 2,
            "max_chats": 2,
            "importance": "critical",
            "why": "A nonce or an ephemeral key that is the same in every conversation.",
            "impact": "A replayed answer passes for fresh; two messages under one key show where "
            "they differ.",
            "hint": "Draw 32 fresh random bytes for every request for evidence, and a fresh "
            "ephemeral key for every message.",
        },
        {
            "name": "honest-one-chunk",
            "req": "STR-12",
            "settings": {"chunks": 1},
            "why": "A short answer is one chunk.",
            "impact": "Short answers fail.",
            "hint": "Do not demand a number of chunks.",
        },
        {
            "name": "honest-many-chunks",
            "req": "STR-12",
            "settings": {"chunks": 24},
            "why": "A long answer has many chunks, each with a key of its own.",
            "impact": "Long answers fail, or take too long.",
            "hint": "Derive one key for each chunk; do not collect the whole before decrypting.",
        },
    ),
    serves="honest",
    expects=ENDURE,
    importance="normal",
)

_FRAMINGS: Final = attack_rows(
    (
        {
            "name": "chat-honest-crlf",
            "req": "SSE-2",
            "why": "Lines are split at LF only, so that CR stays at the end of the data.",
            "impact": "The client breaks as soon as a proxy writes its line ends.",
            "hint": "A line ends at LF, CR or CR LF.",
        },
        {
            "name": "chat-honest-no-space",
            "req": "SSE-9",
            "why": "Lines are compared with `data: ` and its space, which is optional.",
            "impact": "The client shows nothing, or never sees the end mark.",
            "hint": "Split at the colon; remove one space where there is one.",
        },
        {
            "name": "chat-honest-comments",
            "req": "SSE-3",
            "why": "Comments and other fields are taken for data, or for an error.",
            "impact": "The client breaks behind every proxy that keeps connections alive.",
            "hint": "Ignore lines that begin with a colon, and fields that you do not know.",
        },
        {
            "name": "chat-honest-lines",
            "req": "SSE-5",
            "why": "Each line of data is taken for an event.",
            "impact": "An event in two lines is refused, or passed over.",
            "hint": "Join the data lines of an event with LF, and dispatch at the empty line.",
        },
        {
            "name": "chat-honest-pieces",
            "req": "SSE-1",
            "why": "A piece of the network is taken for a line, or decoded by itself.",
            "impact": "The client fails at random, wherever the network cuts.",
            "hint": "Collect bytes up to the end of a line, and decode whole lines.",
        },
        {
            "name": "chat-honest-empty-deltas",
            "req": "STR-7",
            "why": "Every delta is expected to have content.",
            "impact": "The client breaks at the first and at the last chunk.",
            "hint": "Accept missing, null and empty deltas, contents and choices.",
        },
        {
            "name": "chat-honest-capitals",
            "req": "ENV-9",
            "why": "Capital digits are not taken for hexadecimal.",
            "impact": "The client refuses an enclave that writes them.",
            "hint": "Read digits of either case.",
        },
        {
            "name": "chat-honest-content-type",
            "req": "STR-15",
            "why": "The content type is compared as a text, with its parameters.",
            "impact": "The client breaks when a proxy writes the header in its own way.",
            "hint": "Compare the type before the semicolon, without regard to case.",
        },
    ),
    expects=ENDURE,
    importance="normal",
)

HONEST: Final[Tuple[Attack, ...]] = (*_CONTROLS, *_SHAPES, *_FRAMINGS)
"""The controls first."""
