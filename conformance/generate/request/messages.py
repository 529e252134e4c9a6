"""Vectors of `request.build`: messages that are encrypted, and messages that are refused."""

from __future__ import annotations

import json
from typing import Any, Dict, Final, List, Mapping, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder
from conformance.generate.envelope.kit import Sender
from conformance.generate.request import messages_refused as request_messages_refused
from conformance.generate.request.kit import ONE, Party, digits_of, make_party

IMAGE: Final = {"image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}, "type": "image_url"}
TEXT: Final = {"text": "What is this?", "type": "text"}

NOT_ARRAYS: Final[Tuple[Tuple[str, str, str], ...]] = (
    (
        "markdown-link",
        "[a link](https://example.org)",
        "Whatever begins with a bracket is refused.",
    ),
    ("array-then-text", "[1,2] and so on", "Text behind an array is not looked at."),
    ("array-not-closed", "[1,2", "The beginning of an array is refused."),
    ("trailing-comma", "[1,]", "Another parser than that of JSON decides."),
    ("single-quotes", "['a']", "An array of Python or JavaScript is taken for one of JSON."),
    ("json-object", '{"a":[1]}', "Every JSON text is refused, although objects stay text."),
    ("json-string", '"[1]"', "The text is parsed twice."),
    ("no-break-space-before", "\u00a0[1]", "White space that JSON does not know is trimmed."),
    (
        "byte-order-mark-before",
        "\ufeff[1]",
        ("A byte order mark is trimmed, as `trim` of JavaScript does."),
    ),
    ("vertical-tab-behind", "[1]\x0b", "White space that JSON does not know is trimmed."),
)


def generate(builder: FileBuilder) -> None:
    """Fill `request/messages`."""
    party = make_party(builder)
    builder.group(party.params)
    _accept(
        builder,
        party,
        "one-string",
        "The ordinary message.",
        ONE,
        ("MSG-1", "MSG-5", "MSG-6", "MSG-9", "MSG-11", "MSG-12", "MSG-14", "REQ-5"),
    )
    _strings(builder, party)
    _arrays(builder, party)
    _kept(builder, party)
    request_messages_refused.refuse(builder, ONE, TEXT, IMAGE)


def _accept(
    builder: FileBuilder,
    party: Party,
    slug: str,
    why: str,
    messages: Sequence[Mapping[str, Any]],
    req: Sequence[str],
    *,
    plaintexts: Optional[Sequence[Optional[str]]] = None,
    show: bool = False,
) -> None:
    """Add a request; `plaintexts` are what is sealed, where that is not the content."""
    contents = (
        [message.get("content") for message in messages] if plaintexts is None else plaintexts
    )
    senders = party.senders(builder.random(slug), sum(text is not None for text in contents))
    left: List[Sender] = list(senders)
    sent: List[Dict[str, Any]] = []
    for message, text in zip(messages, contents):
        entry = dict(message)
        if text is not None:
            entry["content"] = left.pop(0).text(str(text))
        sent.append(entry)
    given: Dict[str, Any] = {"messages": messages, "random": digits_of(senders)}
    out = party.out(sent)
    if show:
        given["show_messages"] = True
        out["messages_after"] = messages
    builder.accept(slug, why, req=req, given=given, out=out, critical="MSG-1" in req)


def _strings(builder: FileBuilder, party: Party) -> None:
    roles = ("system", "developer", "user", "assistant", "tool")
    _accept(
        builder,
        party,
        "every-role",
        "User and system messages alone are encrypted, as the guide says: answers of the model and"
        " results of tools leave in plaintext.",
        [{"role": role, "content": f"from {role}"} for role in roles],
        ("MSG-1", "MSG-9"),
    )
    _accept(
        builder,
        party,
        "null-content",
        "Null is sealed as the word null, as an empty text, or left out.",
        [*ONE, {"role": "assistant", "content": None}],
        ("MSG-2", "MSG-12"),
    )
    _accept(
        builder,
        party,
        "absent-content",
        "A member is added to a message that has none.",
        [*ONE, {"role": "assistant"}],
        ("MSG-2",),
    )
    _empty(builder, party)


def _empty(builder: FileBuilder, party: Party) -> None:
    _accept(
        builder,
        party,
        "empty-content",
        "Empty content is sent as it is, which two of the three"
        " servers refuse, or dropped with its message.",
        [{"role": "user", "content": ""}],
        ("MSG-3", "MSG-11", "ENV-12"),
    )
    _accept(
        builder,
        party,
        "white-space-content",
        "White space is trimmed, or counts as empty.",
        [{"role": "user", "content": " \n\t"}],
        ("MSG-1",),
    )
    envelope = party.senders(builder.random("inner"), 1)[0].text("inner")
    _accept(
        builder,
        party,
        "content-is-an-envelope",
        "Content that looks like an envelope is taken"
        " for encrypted, so that whoever wrote it decides what leaves in plaintext.",
        [{"role": "user", "content": envelope}],
        ("MSG-1",),
    )
    _accept(
        builder,
        party,
        "system-not-first",
        "A system message is moved to the front, or one beside a developer message is refused.",
        [{"role": "developer", "content": "a"}, *ONE, {"role": "system", "content": "b"}],
        ("MSG-8",),
    )
    for slug, text, why in NOT_ARRAYS:
        _accept(
            builder, party, f"text-{slug}", why, [{"role": "user", "content": text}], ("MSG-5",)
        )


def _arrays(builder: FileBuilder, party: Party) -> None:
    deep: Any = {"text": "x", "type": "text", "x": "bottom"}
    for _ in range(30):
        deep["x"] = [deep["x"]]
    rows: Tuple[Tuple[str, List[Any], str, Tuple[str, ...]], ...] = (
        (
            "array-of-a-text-part",
            [TEXT],
            (
                "Array content is passed through in plaintext, or its text"
                " alone is encrypted and the array stays."
            ),
            ("MSG-4", "MSG-7"),
        ),
        (
            "array-with-an-image",
            [TEXT, IMAGE],
            "Images travel in plaintext beside encrypted text.",
            ("MSG-4", "MSG-7"),
        ),
        ("array-empty", [], "An empty array counts as no content.", ("MSG-4", "MSG-11")),
        (
            "array-with-more-members",
            [{"cache_control": {"type": "ephemeral"}, "text": "a", "type": "text"}],
            "Members that are not known are dropped from a part, or refuse it.",
            ("MSG-4", "MSG-7", "MSG-13"),
        ),
        (
            "array-beyond-ascii",
            [{"text": "größe \u4e16 \U0001f600", "type": "text"}],
            ("Characters beyond ASCII are escaped twice, or lost."),
            ("MSG-4",),
        ),
        (
            "array-with-json-inside",
            [{"text": '["a\\b",\n1]', "type": "text"}],
            ("Text inside a part is refused for looking like an array, or is not escaped."),
            ("MSG-4", "MSG-5"),
        ),
        (
            "array-of-empty-text",
            [{"text": "", "type": "text"}],
            ("A part of empty text is refused or dropped."),
            ("MSG-4", "MSG-7"),
        ),
        (
            "array-of-32-levels",
            [deep],
            ("The limit of the depth is off by one, or counts from the part."),
            ("MSG-13",),
        ),
    )
    for slug, parts, why, req in rows:
        text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        _accept(
            builder, party, slug, why, [{"role": "user", "content": parts}], req, plaintexts=[text]
        )


def _kept(builder: FileBuilder, party: Party) -> None:
    messages: List[Dict[str, Any]] = [
        {"role": "system", "content": "a"},
        {"role": "user", "content": [TEXT]},
        {"role": "assistant", "content": None},
        {"role": "user", "content": ""},
    ]
    part = json.dumps([TEXT], separators=(",", ":"))
    _accept(
        builder,
        party,
        "callers-messages-kept",
        "The envelopes are written into the messages of"
        " the caller, who encrypts them a second time with the next question.",
        messages,
        ("MSG-10", "MSG-2", "MSG-3"),
        plaintexts=["a", part, None, ""],
        show=True,
    )
