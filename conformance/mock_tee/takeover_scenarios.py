"""The rows of the table of scenarios that concern the whole of an answer."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.mock_tee import chat_takeovers as takeover
from conformance.mock_tee import framing
from conformance.mock_tee.scenario import Scenario

__all__ = ["HONEST_FRAMINGS", "TAKEOVERS"]

TAKEOVERS: Final[Tuple[Scenario, ...]] = (
    Scenario(
        "chat-all-plaintext",
        "Every chunk in the clear.",
        "STR-5",
        field=takeover.all_in_the_clear,
    ),
    Scenario(
        "chat-plain-completion",
        "A whole completion as JSON, in the clear, in the place of a stream.",
        "STR-15",
        admission=takeover.plain_completion,
    ),
    Scenario(
        "chat-asks-plaintext",
        "400 for every encrypted chat, and the wish for one in plaintext.",
        "NET-5",
        admission=takeover.asks_for_plaintext,
    ),
    Scenario(
        "chat-redirect",
        "A redirect of the chat to another origin, which answers honestly.",
        "NET-18",
        admission=takeover.redirect_chat,
    ),
    Scenario(
        "chat-key-swapped",
        "The first key is stale at once; the fresh evidence presents the attacker's.",
        "BND-1",
        presented_key=takeover.swapped_key,
    ),
    Scenario(
        "chat-after-error",
        "An error in the place of one chunk, and the others behind it.",
        "STR-4",
        steps=takeover.after_error,
    ),
    Scenario(
        "chat-endless-comments",
        "Comments for ever after the second chunk: no single wait is long.",
        "NET-3",
        steps=takeover.endless_comments,
    ),
    Scenario(
        "chat-huge-event",
        "An event of many lines that is larger than the largest envelope.",
        "SSE-8",
        steps=takeover.huge_event,
    ),
)
"""What is wrong with the whole of an answer."""

HONEST_FRAMINGS: Final[Tuple[Scenario, ...]] = (
    Scenario(
        "chat-honest-crlf",
        "Honest: every line ends with CR LF.",
        "SSE-2",
        steps=framing.carriage_returns,
    ),
    Scenario(
        "chat-honest-no-space",
        "Honest: no space after the colon of a field.",
        "SSE-9",
        steps=framing.no_space,
    ),
    Scenario(
        "chat-honest-comments",
        "Honest: comments and fields that say nothing before each event.",
        "SSE-3",
        steps=framing.comments,
    ),
    Scenario(
        "chat-honest-lines",
        "Honest: the data of each event in two lines.",
        "SSE-5",
        steps=framing.lines_of_data,
    ),
    Scenario(
        "chat-honest-pieces",
        "Honest: pieces of five bytes that end within lines and characters.",
        "SSE-1",
        steps=framing.cut_anywhere,
    ),
    Scenario(
        "chat-honest-empty-deltas",
        "Honest: chunks with empty, null and absent deltas between the others.",
        "STR-7",
        chunks=framing.empty_deltas,
    ),
    Scenario(
        "chat-honest-capitals",
        "Honest: envelopes in capital digits.",
        "ENV-9",
        field=framing.upper_case,
    ),
    Scenario(
        "chat-honest-content-type",
        "Honest: the content type in another case and with a parameter.",
        "STR-15",
        stream_type=framing.explicit_type,
    ),
)
"""What a client has to endure: other honest ways to send the same answer."""
