"""The rows of the table of scenarios that concern the conversation and its signature."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.mock_tee import chat_faults as chat
from conformance.mock_tee import signature_faults as signature
from conformance.mock_tee.attestation_faults import foreign_address
from conformance.mock_tee.scenario import Scenario
from conformance.mock_tee.takeover_scenarios import HONEST_FRAMINGS, TAKEOVERS

__all__ = ["CHAT_SCENARIOS"]

_CHAT_FIELDS: Final = (
    Scenario(
        "chat-plaintext-chunk",
        "One chunk in the clear among encrypted ones.",
        "STR-5",
        field=chat.plaintext_field(),
    ),
    Scenario(
        "chat-whitespace-chunk",
        "One chunk of white space in the clear.",
        "STR-5",
        field=chat.plaintext_field(" \n"),
    ),
    Scenario(
        "chat-odd-hex",
        "A ciphertext with one digit less.",
        "ENV-15",
        field=chat.damaged_digits(lambda digits: digits[:-1]),
    ),
    Scenario(
        "chat-short-hex",
        "A ciphertext of 92 bytes.",
        "ENV-4",
        field=chat.damaged_digits(lambda digits: digits[:184]),
    ),
    Scenario(
        "chat-0x-hex",
        "A ciphertext with the prefix 0x.",
        "ENV-15",
        field=chat.damaged_digits(lambda digits: "0x" + digits),
    ),
    Scenario(
        "chat-bad-prefix", "An ephemeral key that begins with 05.", "ENV-5", field=chat.bad_prefix
    ),
    Scenario(
        "chat-off-curve",
        "An ephemeral key that is not on the curve.",
        "ENV-5",
        field=chat.off_curve_ephemeral,
    ),
    Scenario("chat-bad-tag", "A tag with its last bits changed.", "ENV-6", field=chat.bad_tag),
    Scenario("chat-wrong-key", "A ciphertext for another client.", "ENV-6", field=chat.wrong_key),
    Scenario(
        "chat-invalid-utf8",
        "A ciphertext that opens to bytes that are not UTF-8.",
        "ENV-10",
        field=chat.invalid_utf8,
    ),
)

_CHAT_CHUNKS: Final = (
    Scenario(
        "chat-plaintext-reasoning",
        "reasoning_content in the clear beside encrypted content.",
        "STR-6",
        chunks=chat.delta_member("reasoning_content", "thinking in the clear"),
    ),
    Scenario(
        "chat-tool-calls",
        "A tool call in the clear.",
        "STR-9",
        chunks=chat.delta_member(
            "tool_calls",
            [{"index": 0, "type": "function", "function": {"name": "send", "arguments": "{}"}}],
        ),
    ),
    Scenario("chat-choice-1", "A choice with the index 1.", "STR-8", chunks=chat.second_choice),
    Scenario(
        "chat-id-change",
        "Another id from the middle of the stream on.",
        "STR-10",
        chunks=chat.other_id("id"),
    ),
    Scenario(
        "chat-model-change",
        "Another model from the middle of the stream on.",
        "STR-10",
        chunks=chat.other_id("model"),
    ),
)

_CHAT_FRAMES: Final = (
    Scenario(
        "chat-malformed-json",
        "An event whose data is cut JSON.",
        "STR-3",
        steps=chat.malformed_json,
    ),
    Scenario(
        "chat-duplicate-member",
        "An event with content twice, once in the clear.",
        "STR-3",
        steps=chat.duplicate_content,
    ),
    Scenario(
        "chat-in-band-error",
        "An error in the data of an event, then the end mark.",
        "STR-4",
        steps=chat.in_band_error,
    ),
    Scenario(
        "chat-event-error",
        "An event of the type error, then the end mark.",
        "STR-4",
        steps=chat.error_event,
    ),
    Scenario(
        "chat-no-done",
        "A proper end of the transfer without the end mark.",
        "STR-1",
        steps=chat.no_done,
    ),
    Scenario(
        "chat-cut", "The connection is closed in the middle.", "STR-1", steps=chat.cut_connection
    ),
    Scenario(
        "chat-stall",
        "Nothing more comes after the second chunk, on an open connection.",
        "NET-3",
        steps=chat.stall,
    ),
    Scenario(
        "chat-after-done",
        "A chunk in the clear after the end mark.",
        "STR-2",
        steps=chat.after_done,
    ),
    Scenario(
        "chat-huge-line",
        "A line that is longer than the largest envelope.",
        "SSE-8",
        steps=chat.huge_line,
    ),
    Scenario(
        "chat-content-type",
        "The stream under the content type application/json.",
        "STR-15",
        stream_type=lambda _type, _visit: "application/json",
    ),
    Scenario(
        "chat-drop-chunk",
        "One encrypted chunk is missing: the protocol cannot show it.",
        steps=chat.drop_frame,
    ),
    Scenario(
        "chat-repeat-chunk",
        "One encrypted chunk comes twice: the protocol cannot show it.",
        steps=chat.repeat_frame,
    ),
    Scenario(
        "chat-swap-chunks",
        "Two encrypted chunks change places: the protocol cannot show it.",
        steps=chat.swap_frames,
    ),
    Scenario(
        "chat-done-early",
        "The end mark comes after two chunks: the protocol cannot show it.",
        steps=chat.done_early,
    ),
)

_CHAT_REFUSALS: Final = (
    Scenario(
        "chat-json-error-200",
        "An error as JSON under the status 200.",
        "STR-15",
        admission=chat.refuse(chat.json_error),
    ),
    Scenario(
        "chat-stale-key-once",
        "The enclave restarts before the first chat and has a new key.",
        "SES-4",
        admission=chat.new_key_once,
    ),
    Scenario(
        "chat-stale-key-always",
        "The enclave restarts before every chat.",
        "SES-4",
        admission=chat.new_key,
    ),
    Scenario(
        "chat-401", "401 for every chat.", "NET-5", admission=chat.refuse(chat.REFUSALS["401"])
    ),
    Scenario(
        "chat-402",
        "402 with a payment demand for every chat.",
        "NET-5",
        admission=chat.refuse(chat.REFUSALS["402"]),
    ),
    Scenario(
        "chat-429-once",
        "429 for the first chat.",
        "NET-4",
        admission=chat.refuse(chat.REFUSALS["429"], times=1),
    ),
    Scenario(
        "chat-500-always",
        "500 for every chat.",
        "NET-5",
        admission=chat.refuse(chat.REFUSALS["500"]),
    ),
)

_SIGNATURE: Final = (
    Scenario(
        "signature-foreign-signer",
        "The attacker signs and names the attacker's address.",
        "SIG-4",
        signing_key=signature.impostor_signs,
    ),
    Scenario(
        "signature-address-foreign",
        "signing_address is not the address of the signer.",
        "SIG-9",
        signature=signature.with_member("signing_address", foreign_address),
    ),
    Scenario(
        "signature-high-s",
        "The second signature of the text, with s above n/2.",
        "SIG-3",
        signature=signature.high_s,
    ),
    Scenario(
        "signature-missing",
        "404 for every request id.",
        "SIG-10",
        signature_reply=signature.no_signature,
    ),
    Scenario(
        "signature-three-part-foreign-model",
        "The signed text names another model.",
        "SIG-7",
        signed_text=signature.foreign_model_in_text,
    ),
)

CHAT_SCENARIOS: Final[Tuple[Scenario, ...]] = (
    *_CHAT_FIELDS,
    *_CHAT_CHUNKS,
    *_CHAT_FRAMES,
    *_CHAT_REFUSALS,
    *TAKEOVERS,
    *HONEST_FRAMINGS,
    *_SIGNATURE,
)
"""From the smallest part of the stream to the whole, then what follows it."""
