"""The messages of `request.build` that have to be refused, each with one flaw."""

from __future__ import annotations

from typing import Any, Dict, Final, List, Mapping, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.mutation import changed_places

ARRAY_TEXT: Final = "TextIsAnArray"
MEMBER: Final = "MoreMembers"
PART: Final = "NoPart"
SYSTEM: Final = "TwoSystemMessages"
ROLE: Final = "NoRole"
COUNT: Final = "Count"
CONTENT: Final = "NoContent"
DEPTH: Final = "Depth"
SHAPE: Final = "NoMessages"

FLAGS: Final[Mapping[str, Flag]] = {
    ARRAY_TEXT: Flag(
        "INTEROP",
        "The text of a message parses as a JSON array.",
        "The servers deliver it as structured content: the model reads something else, and text"
        " that was quoted from a stranger becomes an image that the server fetches.",
        "Refuse it and say how to send it: as array content with one text part.",
    ),
    MEMBER: Flag(
        "CONFIDENTIALITY",
        "A message has a member besides role and content.",
        "It travels in plaintext, or is dropped and the model reads another conversation.",
        "Refuse the message and name the member, whatever its value.",
    ),
    PART: Flag(
        "CONFIDENTIALITY",
        "A part of array content is no text part and no image part.",
        "The servers do not restore it; files are refused, or handled outside the envelope.",
        "Let the two kinds pass, with the member that each of them needs.",
    ),
    SYSTEM: Flag(
        "INTEROP",
        "There is more than one system message.",
        "The service refuses the request with an error about decryption, which sends people after"
        " their keys.",
        "Refuse it before anything is sent.",
    ),
    ROLE: Flag(
        "CONFIDENTIALITY",
        "The role is none of the five.",
        "A role travels in plaintext, and could carry text.",
        "Compare with the closed set, character by character.",
    ),
    COUNT: Flag(
        "RESOURCE",
        "There is nothing to encrypt, or there are more than 10000 messages.",
        "A request without an envelope is answered in plaintext, or refused in words about"
        " decryption; without a limit one call keeps a core busy for minutes.",
        "Count what is sealed, and what is asked for.",
    ),
    CONTENT: Flag(
        "CONFIDENTIALITY",
        "The content is neither a string, an array nor null.",
        "The servers pass what is not a string through, so that it travels in plaintext.",
        "Refuse it; do not make a text of it.",
    ),
    DEPTH: Flag(
        "INTEROP",
        "Array content is nested deeper than 32 levels.",
        "The parser of the server gives up, and the model reads the JSON as text.",
        "Count the outer array as the first level, and stop at 32.",
    ),
    SHAPE: Flag(
        "MALFORMED",
        "The messages are not an array of objects.",
        "A text is encrypted letter by letter, or sent as it is.",
        "Ask for an array of objects before anything else.",
    ),
}


def refuse(
    builder: FileBuilder,
    one: Sequence[Mapping[str, Any]],
    text: Mapping[str, Any],
    image: Mapping[str, Any],
) -> None:
    """Add the refused messages; `one-string` is in the file already."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    _array_texts(builder)
    _members(builder)
    _parts(builder, text, image)
    _roles(builder, one)
    _counts(builder)
    _contents(builder)
    _shapes(builder, one)


def _reject(
    builder: FileBuilder, slug: str, why: str, messages: Any, breaks: str, flag: str, **more: Any
) -> None:
    """Add a refusal that differs from `one-string` in the messages only."""
    parent: List[Dict[str, Any]] = [{"role": "user", "content": "Hello, enclave."}]
    change = None
    if isinstance(messages, list) and len(messages) != 1:
        change = Rebuilt("messages", len(parent), len(messages))
    builder.reject(
        slug,
        why,
        parent="one-string",
        breaks=breaks,
        given={"messages": messages},
        flags=(flag,),
        change=change,
        critical=flag == MEMBER,
        **more,
    )


def _array_texts_rows() -> Tuple[Tuple[str, str, str], ...]:
    return (
        ("numbers", "[1,2]", "The text is sent, and the model gets content parts or an error."),
        ("empty", "[]", "An empty array is not looked at."),
        (
            "parts",
            '[{"type":"text","text":"x"}]',
            (
                "Text that is itself a list of parts is sent, so"
                " that whoever wrote it chooses the parts."
            ),
        ),
        ("white-space-around", " \t\r\n[1]\n", "White space around the array hides it."),
        ("nested", "[[[]]]", "The first level alone is looked at."),
        (
            "not-a-number",
            "[NaN]",
            (
                "JSON.parse refuses it and json.loads of Python takes it, so that"
                " one client sends what one server restructures."
            ),
        ),
        ("minus-infinity", "[-Infinity]", "The same for the other constants of Python."),
        (
            "number-beyond-double",
            "[1e999]",
            ("The client's parser refuses the number, the server's does not."),
        ),
        (
            "escaped-half-surrogate",
            '["\\ud800"]',
            ("The client's parser refuses the escape, the server's does not."),
        ),
        (
            "member-twice",
            '[{"a":1,"a":2}]',
            ("A strict parser refuses the object, so that the text counts as no JSON."),
        ),
        (
            "of-500-levels",
            "[" * 500 + "]" * 500,
            (
                "The client's parser stops at 128 levels and calls"
                " the text no JSON, the server's goes on."
            ),
        ),
    )


def _array_texts(builder: FileBuilder) -> None:
    rows: Tuple[Tuple[str, str, str], ...] = _array_texts_rows()
    for slug, text, why in rows:
        _reject(
            builder,
            f"text-array-{slug}",
            why,
            [{"role": "user", "content": text}],
            "MSG-5",
            ARRAY_TEXT,
        )
    builder.reject(
        "text-array-of-a-tool",
        "Messages of users alone are looked at.",
        parent="every-role",
        breaks="MSG-5",
        flags=(ARRAY_TEXT,),
        given={
            "messages": [
                {"role": role, "content": "[1]" if role == "tool" else f"from {role}"}
                for role in ("system", "developer", "user", "assistant", "tool")
            ]
        },
    )


def _members(builder: FileBuilder) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    rows: Tuple[Tuple[str, Mapping[str, Any], str], ...] = (
        ("name", {"name": "alice"}, "The name of a participant travels in plaintext."),
        (
            "name-null",
            {"name": None},
            (
                "A member with a null is let through, and shows that it is"
                " there; the rule asks for the name of the member."
            ),
        ),
        (
            "tool-calls",
            {"tool_calls": [call]},
            ("Calls of tools travel in plaintext, arguments included."),
        ),
        ("tool-call-id", {"tool_call_id": "c"}, "The id of a call travels in plaintext."),
        (
            "reasoning-content",
            {"reasoning_content": "think"},
            ("The thoughts of the model, sent back as history, travel in plaintext."),
        ),
        ("refusal", {"refusal": "no"}, "A refusal of the model travels in plaintext."),
        (
            "unknown-flag",
            {"weight": 0},
            ("Members are refused by a list of known names, and others travel."),
        ),
        (
            "other-case",
            {"Content": "secret"},
            ("Names are compared without their case, and the second content travels."),
        ),
    )
    for slug, more, why in rows:
        message = {"role": "user", "content": "Hello, enclave.", **more}
        _reject(builder, f"member-{slug}", why, [message], "MSG-6", MEMBER)


def _parts_rows(
    without_url: Any, text: Mapping[str, Any], image: Mapping[str, Any]
) -> Tuple[Tuple[str, Any, str], ...]:
    return (
        (
            "file",
            {"file": {"file_id": "f"}, "type": "file"},
            ("Files are sent, which the service refuses."),
        ),
        (
            "audio",
            {"input_audio": {"data": "", "format": "wav"}, "type": "input_audio"},
            "Audio is sent in a form that no server restores.",
        ),
        ("other-case", {**text, "type": "Text"}, "Types are compared without their case."),
        ("no-type", {"text": "x"}, "A part without a type counts as text."),
        ("type-null", {"text": "x", "type": None}, "A null counts as absent, and absent as text."),
        ("text-absent", {"type": "text"}, "A text part without a text is sent."),
        ("text-number", {"text": 5, "type": "text"}, "A number is made a text."),
        (
            "image-text",
            {"image_url": "https://example.org/a.png", "type": "image_url"},
            "The URL stands where its object belongs, which servers read differently.",
        ),
        ("image-without-url", without_url, "An image part without a URL is sent."),
        (
            "image-as-text",
            {**image, "type": "text"},
            ("The member decides about the kind, not the type."),
        ),
        ("string", "Hello", "A string is taken for a text part."),
        ("null", None, "A null is skipped."),
        ("array", [text], "An array inside the array is flattened."),
    )


def _parts(builder: FileBuilder, text: Mapping[str, Any], image: Mapping[str, Any]) -> None:
    without_url = {"image_url": {"detail": "low"}, "type": "image_url"}
    rows: Tuple[Tuple[str, Any, str], ...] = _parts_rows(without_url, text, image)
    for slug, part, why in rows:
        edits = len(changed_places({"part": text}, {"part": part}))
        change = Rebuilt("messages/0/content/0", dict(text), part) if edits > 1 else None
        builder.reject(
            f"part-{slug}",
            why,
            parent="array-of-a-text-part",
            breaks="MSG-7",
            given={"messages": [{"role": "user", "content": [part]}]},
            flags=(PART,),
            change=change,
        )
    second = [text, {"file": {"file_id": "f"}, "type": "file"}]
    builder.reject(
        "part-file-second",
        "The first part alone is looked at.",
        parent="array-with-an-image",
        breaks="MSG-7",
        given={"messages": [{"role": "user", "content": second}]},
        flags=(PART,),
        change=Rebuilt("content/1", dict(image), second[1]),
    )
    deep: Any = {"text": "x", "type": "text", "x": "bottom"}
    for _ in range(31):
        deep["x"] = [deep["x"]]
    builder.reject(
        "array-of-33-levels",
        "The limit of the depth is off by one, or there is none.",
        parent="array-of-32-levels",
        breaks="MSG-13",
        given={"messages": [{"role": "user", "content": [deep]}]},
        flags=(DEPTH,),
    )


def _roles(builder: FileBuilder, one: Sequence[Mapping[str, Any]]) -> None:
    system = {"role": "system", "content": "a"}
    _reject(
        builder,
        "two-system-messages",
        "Several system messages are sent, and the service says that it cannot decrypt.",
        [system, system, *one],
        "MSG-8",
        SYSTEM,
    )
    _reject(
        builder,
        "system-messages-apart",
        "Neighbours alone are compared.",
        [system, *one, system],
        "MSG-8",
        SYSTEM,
    )
    _reject(
        builder,
        "system-message-of-null",
        "Messages with content alone are counted.",
        [system, *one, {"role": "system", "content": None}],
        "MSG-8",
        SYSTEM,
    )
    rows: Tuple[Tuple[str, Mapping[str, Any], str], ...] = (
        ("function", {"role": "function"}, "The role of the older form is sent; it needs a name."),
        ("other-case", {"role": "User"}, "Roles are compared without their case."),
        ("free-text", {"role": "my secret"}, "Any role is let through, and travels in plaintext."),
        ("space-behind", {"role": "user "}, "Roles are trimmed."),
        ("empty", {"role": ""}, "An empty role counts as a default."),
        ("null", {"role": None}, "A null counts as a default."),
        ("number", {"role": 1}, "A number is made a text."),
    )
    for slug, role, why in rows:
        message = {**role, "content": "Hello, enclave."}
        _reject(builder, f"role-{slug}", why, [message], "MSG-9", ROLE)
    _reject(
        builder,
        "role-absent",
        "A message without a role counts as one of the user.",
        [{"content": "Hello, enclave."}],
        "MSG-9",
        ROLE,
    )


def _counts(builder: FileBuilder) -> None:
    null = {"role": "user", "content": None}
    _reject(builder, "no-messages", "An empty request is sent.", [], "MSG-11", COUNT)
    _reject(
        builder,
        "only-null",
        "A request without an envelope is sent, in plaintext as it were.",
        [null],
        "MSG-11",
        COUNT,
    )
    _reject(
        builder,
        "only-absent",
        "The same, where the member is absent.",
        [{"role": "user"}],
        "MSG-11",
        COUNT,
    )
    builder.reject(
        "messages-10001",
        "There is no limit, or it is off by one.",
        parent="one-string",
        breaks="MSG-11",
        given={"repeat": 10_001},
        flags=(COUNT,),
    )
    builder.reject(
        "messages-10000-and-tools",
        "10000 messages are refused for their number; the tools are what"
        " is wrong with this request.",
        parent="one-string",
        breaks="REQ-5",
        also=("MSG-11",),
        given={"repeat": 10_000, "options": {"tools": []}},
        flags=(COUNT,),
        change=Rebuilt("request", "1 message", "10000 messages, and tools"),
    )


def _contents(builder: FileBuilder) -> None:
    rows: Tuple[Tuple[str, Any, str], ...] = (
        ("number", 5, "A number is made a text, or sent as it is."),
        ("true", True, "A boolean is made a text, or sent as it is."),
        ("false", False, "What counts as false is skipped like null, and travels."),
        ("part", {"text": "x", "type": "text"}, "A part without its array travels in plaintext."),
    )
    for slug, content, why in rows:
        _reject(
            builder,
            f"content-{slug}",
            why,
            [{"role": "user", "content": content}],
            "MSG-12",
            CONTENT,
        )


def _shapes(builder: FileBuilder, one: Sequence[Mapping[str, Any]]) -> None:
    rows: Tuple[Tuple[str, Any, str], ...] = (
        ("string", "Hello, enclave.", "A text is encrypted letter by letter, or sent as it is."),
        ("object", dict(one[0]), "A single message without its array is walked through by names."),
        ("null", None, "Null counts as no messages."),
        ("array-of-string", ["Hello, enclave."], "A text counts as a message of the user."),
        ("array-of-null", [None], "A null among messages is skipped."),
        ("array-of-array", [["user", "Hello, enclave."]], "A pair is taken for a message."),
    )
    for slug, messages, why in rows:
        _reject(builder, f"messages-{slug}", why, messages, "MSG-14", SHAPE)
