"""Findings about answers.  The form is described in `findings_form.py`."""

from __future__ import annotations

from typing import Final

from conformance.adapters.examples.findings_form import (
    ALL,
    AXLABS,
    GUIDE,
    JAVASCRIPT,
    NPM,
    PYTHON,
    VENICE,
    Finding,
)

__all__ = ["ANSWERS"]

ANSWERS: Final = (
    Finding(
        "plaintext",
        "Plaintext in the stream is shown",
        ("STR-5", "ENV-5", "ENV-15"),
        (*GUIDE, AXLABS),
        (
            "stream.open:STR-5",
            "stream.open:ENV-4",
            "stream.open:ENV-5",
            "stream.open:ENV-15",
            "scenario/chat-plaintext-chunk",
            "scenario/chat-all-plaintext",
            "scenario/chat-whitespace-chunk",
            "scenario/chat-short-hex",
            "scenario/chat-0x-hex",
            f"{AXLABS}|scenario/chat-bad-prefix",
        ),
        "What does not look like an envelope (186 hexadecimal digits; in 0.2.0 154, and the first"
        " byte 04) is written to the output as it came. The guide and the README of 0.2.0 call it"
        " passthrough.",
        "Whoever sits between client and enclave puts words of his own into an answer that is"
        " shown as encrypted end to end, or replaces it.",
    ),
    Finding(
        "white-space",
        "White space in plaintext is shown",
        ("STR-5",),
        (VENICE,),
        ("stream.open:STR-5", "scenario/chat-whitespace-chunk"),
        "Content of white space only is passed, as the package says in a comment: the service may"
        " send such pieces.",
        "Whoever sits between can add line ends and spaces to an answer, which can change code.",
    ),
    Finding(
        "unsafe-plaintext",
        "Under allowPlaintextResponses damaged envelopes pass, and plaintext is not marked",
        ("STR-14", "STR-17", "STR-20"),
        (VENICE,),
        ("stream.open/unsafe-*",),
        "The option, which is off by default, yields texts without saying which of them were"
        " encrypted, and passes what is an envelope but for a digit. Its name does not say unsafe.",
        "Only under the option: as in 0.2.0 without it.",
    ),
    Finding(
        "silent-loss",
        "Pieces that do not decrypt are left out without a word",
        ("ENV-6", "STR-3"),
        GUIDE,
        (
            "stream.open:ENV-6",
            "scenario/chat-bad-tag",
            "scenario/chat-wrong-key",
            "scenario/chat-off-curve",
            "scenario/chat-odd-hex",
            f"{PYTHON}|scenario/chat-invalid-utf8",
            f"{JAVASCRIPT}|scenario/chat-bad-prefix",
            f"{JAVASCRIPT}|stream.open/prefix-05",
            f"{JAVASCRIPT}|stream.open/off-curve",
            f"{JAVASCRIPT}|stream.open/odd-digits",
        ),
        "The complete examples and processE2EEStream catch every exception and go on with the next"
        " piece. process_e2ee_stream does not.",
        "Whoever sits between removes a piece, such as the word `not`, by changing one digit of it,"
        " and the end says `Response decrypted end-to-end`.",
    ),
    Finding(
        "malformed-events",
        "Events that cannot be read are left out without a word",
        ("STR-3",),
        ALL,
        (
            "stream.open:STR-3",
            "scenario/chat-malformed-json",
            "scenario/chat-duplicate-member",
        ),
        "JSON that does not parse is skipped, members of another type are ignored, and events whose"
        " data stands on several lines are read line by line.",
        "Whoever sits between removes a piece of the answer by damaging its event.",
    ),
    Finding(
        "event-form",
        "Event streams are read in one spelling of several",
        ("SSE-9", "SSE-5"),
        ALL,
        ("scenario/chat-honest-no-space", "scenario/chat-honest-lines", "stream.open/pretty-json"),
        "Lines have to begin with `data: `, and each is an event of its own. A field without the"
        " space, and data that stands on several lines, are left out; the standard allows both.",
        "Whoever sits between respells an event, and it is gone without a word. An honest server"
        " that writes so gets an empty answer shown.",
    ),
    Finding(
        "pieces",
        "The result depends on how the network cuts the stream",
        ("SSE-1",),
        (JAVASCRIPT,),
        (
            "scenario/chat-honest-pieces",
            "stream.open/cut-bytes",
            "stream.open/cut-sevens",
            "stream.open/cut-in-digits",
            "stream.open/cut-in-member",
        ),
        "Each piece that arrives is split into lines by itself. A line that is cut in two is left"
        " out, and so is what it held.",
        "Whoever sits between removes words by cutting TCP segments. It also happens by itself.",
    ),
    Finding(
        "incomplete",
        "An answer that was cut off is taken for whole",
        ("STR-1",),
        ALL,
        ("stream.open:STR-1", "scenario/chat-no-done", "scenario/chat-cut*"),
        "The end of the connection ends the loop as `[DONE]` does. A caller of the packages cannot"
        " tell them apart.",
        "Whoever sits between cuts the answer where he likes, and it looks finished.",
    ),
    Finding(
        "in-band-error",
        "Errors of the server inside the stream are ignored",
        ("STR-4",),
        ALL,
        (
            "stream.open:STR-4",
            "scenario/chat-in-band-error",
            "scenario/chat-event-error",
            "scenario/chat-after-error",
        ),
        "A member `error`, and the event type error, are not looked at.",
        "An answer that the server broke off looks finished.",
    ),
    Finding(
        "http-status",
        "Status and content type of the answer are not looked at",
        ("NET-5", "STR-15"),
        ALL,
        (
            "stream.open:STR-15",
            "scenario/chat-content-type",
            "scenario/chat-json-error-200",
            "scenario/chat-401",
            "scenario/chat-402",
            "scenario/chat-500-always",
            "scenario/chat-plain-completion",
            "scenario/chat-asks-plaintext",
            *(
                f"{name}|scenario/{test}"
                for name in NPM
                for test in ("chat-key-swapped", "chat-stale-key-always")
            ),
        ),
        "A refusal of the service, such as 401 or 500, ends as an empty answer without an"
        " exception. In the packages the request is made by the caller; the code in their README"
        " files does not look at the status, and decryptStream does not see it.",
        "The user is shown nothing, and told that it is the answer.",
    ),
    Finding(
        "retries",
        "A refusal that could be repeated ends as an empty answer",
        ("NET-4", "SES-4"),
        GUIDE,
        ("scenario/chat-429-once", "scenario/chat-stale-key-*", "scenario/chat-key-swapped"),
        "429 and a stale model key are not told apart from an answer.",
        "Nothing. The user is shown nothing, and told that it is the answer.",
    ),
    Finding(
        "reasoning",
        "Reasoning is not decrypted, and is not looked at in plaintext",
        ("STR-6", "STR-16", "STR-19"),
        ALL,
        (
            "stream.open:STR-6",
            "stream.open:STR-16",
            "stream.open:STR-19",
            "stream.open:SSE-1",
            "stream.open/reasoning-*",
            "scenario/chat-plaintext-reasoning",
        ),
        "`reasoning_content` and `reasoning` are left out, encrypted or not. Tests of how a stream"
        " is cut fail here because their answer has reasoning in it.",
        "The reasoning is lost. That a server sends it in plaintext goes unseen.",
    ),
    Finding(
        "other-members",
        "Plaintext in other members of the stream is not noticed",
        ("STR-9",),
        ALL,
        ("stream.open:STR-9", "scenario/chat-tool-calls"),
        "tool_calls, function_call, refusal, audio, logprobs, text and message are ignored.",
        "They are not shown. A server that sends the answer there in plaintext goes unseen.",
    ),
    Finding(
        "stream-identity",
        "Other choices, and a change of id or model, are not noticed",
        ("STR-8", "STR-10"),
        ALL,
        (
            "stream.open:STR-8",
            "stream.open:STR-10",
            "scenario/chat-choice-1",
            "scenario/chat-id-change",
            "scenario/chat-model-change",
        ),
        "The first entry of `choices` is taken, whatever its index; id and model are not read.",
        "Pieces of several answers to one client are mixed and shown as one.",
    ),
    Finding(
        "after-end",
        "What follows the end mark is shown",
        ("STR-2",),
        GUIDE,
        ("stream.open:STR-2", "scenario/chat-after-done"),
        "The line `[DONE]` is skipped like any other that holds no content.",
        "Whoever sits between adds plaintext behind the end of an answer.",
    ),
    Finding(
        "usage-event",
        "The stream function breaks on events without a choice",
        ("STR-7",),
        (PYTHON,),
        (
            "stream.open:STR-7",
            "stream.open/id-comes-late",
            "stream.open/error-null",
            "stream.open/choices-*",
        ),
        "process_e2ee_stream raises IndexError on `choices: []`, which the service sends with the"
        " usage at the end of an answer. The complete example catches it.",
        "Nothing. The function does not work with the service as it was observed.",
    ),
    Finding(
        "sizes",
        "Answers of any size are read",
        ("SSE-8", "NET-3"),
        ALL,
        ("scenario/chat-huge-*", "scenario/attestation-flooded"),
        "Neither lines nor answers have a limit. Where the beginning of a line is kept until its"
        " end comes, the time grows with the square of its length.",
        "A server decides how much memory and time the client uses.",
    ),
)
