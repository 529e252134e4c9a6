"""The options of `request.build` that have to be refused, each by itself."""

from __future__ import annotations

from typing import Any, Callable, Final, Mapping, Tuple

from conformance.generate.builder import FileBuilder, Flag

FEATURE: Final = "NeedsPlaintext"
TEXT: Final = "CouldCarryText"
STREAM: Final = "NoStream"
DOWNGRADE: Final = "EncryptionOff"
OTHER: Final = "AnotherModel"
NAME: Final = "NameCouldCarryText"

FLAGS: Final[Mapping[str, Flag]] = {
    FEATURE: Flag(
        "CONFIDENTIALITY",
        "The feature needs the server to read or to add plaintext.",
        "Prompts, schemas, calls or tokens travel in plaintext; or the service drops the feature"
        " without a word and the caller relies on it.",
        "Refuse the field by name, whatever its value, unless the value switches it off.",
    ),
    TEXT: Flag(
        "CONFIDENTIALITY",
        "The value could carry text, and would travel in plaintext.",
        "A client that calls itself encrypted sends what its caller wrote in the clear.",
        "Let strings through only where their set is closed, and no arrays and unknown objects.",
    ),
    STREAM: Flag(
        "INTEROP",
        "The caller asks for an answer that is no stream.",
        "The service refuses it, or answers in a form that has no envelopes; overriding the caller"
        " breaks the code that waits for one object.",
        "Refuse everything but the boolean true.",
    ),
    DOWNGRADE: Flag(
        "DOWNGRADE",
        "Encryption is switched off in the body, against the headers.",
        "The service runs the model on plaintext, although the headers are there.",
        "Refuse everything but the boolean true, in both places.",
    ),
    OTHER: Flag(
        "AUTH_BYPASS",
        "The request names a model that was not attested.",
        "The messages go to a model whose key nobody verified, or cannot be read by it.",
        "Send the id of the attested model, and refuse a second one.",
    ),
    NAME: Flag(
        "CONFIDENTIALITY",
        "The name of the option is no plain word.",
        "Names travel like values, and could carry text as well.",
        "Ask for a letter or _ and at most 63 more letters, digits and _, of ASCII.",
    ),
}

_TOOL: Final = {"type": "function", "function": {"name": "f"}}
_ON: Final = "A feature that needs plaintext is sent, or dropped without a word."
_FALSY: Final = "What counts as false or empty is let through; the name alone decides here."
_TYPE: Final = "Values of another type that are equal in this language count as harmless."

FEATURES: Final[Tuple[Tuple[str, Any, str], ...]] = (
    ("tools", [_TOOL], _ON),
    ("tool_choice", "none", _ON),
    ("parallel_tool_calls", False, _FALSY),
    ("functions", [], _FALSY),
    ("function_call", "auto", _ON),
    ("response_format", {"type": "json_object"}, _ON),
    ("logprobs", True, _ON),
    ("top_logprobs", 0, _FALSY),
    ("n", 2, "Further choices are not decrypted, or mixed."),
    ("web_search", True, _ON),
    ("web_search_options", {}, _FALSY),
    ("plugins", [], _FALSY),
    ("files", [], _FALSY),
    ("file", None, _FALSY),
    ("attachments", [], _FALSY),
    ("modalities", ["text"], _ON),
    ("audio", None, _FALSY),
    ("enable_web_search", "on", "The member beside venice_parameters is not looked at."),
    ("include_venice_system_prompt", True, "The member beside venice_parameters is not looked at."),
    ("character_slug", "x", "The member beside venice_parameters is not looked at."),
)

VARIANTS: Final[Tuple[Tuple[str, str, Any, str], ...]] = (
    ("tools-null", "tools", None, _FALSY),
    ("logprobs-0", "logprobs", 0, _TYPE),
    ("logprobs-null", "logprobs", None, _FALSY),
    ("n-0", "n", 0, "Fewer than one choice pass."),
    ("n-true", "n", True, _TYPE),
    ("n-text", "n", "1", _TYPE),
    ("n-null", "n", None, _FALSY),
    ("web-search-text", "web_search", "off", _TYPE),
)

PARAMETERS: Final[Tuple[Tuple[str, str, Any, str], ...]] = (
    ("web-search-on", "enable_web_search", "on", _ON),
    ("web-search-auto", "enable_web_search", "auto", "One value is refused by name, others pass."),
    ("web-search-true", "enable_web_search", True, _TYPE),
    ("web-search-null", "enable_web_search", None, _FALSY),
    ("x-search", "enable_x_search", True, _ON),
    ("web-scraping", "enable_web_scraping", True, _ON),
    ("web-citations", "enable_web_citations", True, _ON),
    ("search-results-in-stream", "include_search_results_in_stream", True, _ON),
    ("search-results-as-documents", "return_search_results_as_documents", True, _ON),
    ("system-prompt", "include_venice_system_prompt", True, _ON),
    ("character", "character_slug", "alan-watts", _ON),
    ("character-null", "character_slug", None, _FALSY),
)

_KNOWN: Final = "A field that holds text of the caller is sent in plaintext."
_SETS: Final = "A string passes under a name that has a closed set, whatever it says."

TEXTS: Final[Tuple[Tuple[str, Mapping[str, Any], str], ...]] = (
    ("messages", {"messages": []}, "A second list of messages replaces the encrypted one."),
    ("prompt", {"prompt": "secret"}, _KNOWN),
    ("input", {"input": None}, _FALSY),
    ("suffix", {"suffix": ""}, _FALSY),
    ("prediction", {"prediction": {"content": "x"}}, _KNOWN),
    ("stop", {"stop": ["\n"]}, _KNOWN),
    ("stop-null", {"stop": None}, _FALSY),
    ("user", {"user": "alice"}, _KNOWN),
    ("metadata", {"metadata": {}}, _FALSY),
    ("store", {"store": True}, "The server is asked to keep the conversation."),
    ("store-0", {"store": 0}, _TYPE),
    (
        "unknown-string",
        {"next_year": "secret"},
        ("Strings under unknown names pass, as fields are refused by a list of known names."),
    ),
    (
        "unknown-empty-string",
        {"next_year": ""},
        ("An empty string passes; the rule asks for its type."),
    ),
    ("unknown-array", {"stop_token_ids": [1, 2]}, "Arrays of numbers pass, which spell any text."),
    (
        "unknown-object",
        {"logit_bias": {"50256": -100}},
        ("Objects of numbers pass, whose names are text."),
    ),
    ("unknown-empty-array", {"next_year": []}, "An empty array passes."),
    (
        "string-for-a-number",
        {"temperature": "hot"},
        ("A name that is known for numbers passes with any value."),
    ),
    ("cache-key", {"prompt_cache_key": "alice-7"}, "A key of a cache is text like any other."),
    ("effort-other", {"reasoning_effort": "think of my secret"}, _SETS),
    (
        "effort-other-case",
        {"reasoning_effort": "HIGH"},
        ("Strings are compared without their case, which carries a bit for each letter."),
    ),
    ("effort-in-an-array", {"reasoning_effort": ["high"]}, "Membership is asked of the parts."),
    ("set-of-another-name", {"verbosity": "xhigh"}, "One set serves for all names."),
    ("set-under-unknown-name", {"next_year": "high"}, "A string of a set passes under any name."),
    ("reasoning-effort-other", {"reasoning": {"effort": "secret"}}, _SETS),
    ("reasoning-summary-other", {"reasoning": {"summary": "secret"}}, _SETS),
    (
        "reasoning-other-member",
        {"reasoning": {"note": 1}},
        ("Members of a known object are not looked at."),
    ),
    ("reasoning-string", {"reasoning": "high"}, "A string passes in the place of a known object."),
    ("reasoning-null", {"reasoning": None}, "Null passes in the place of a known object."),
    (
        "text-format",
        {"text": {"format": {"type": "json_schema"}}},
        ("The schema passes in its newer place."),
    ),
    (
        "stream-options-other",
        {"stream_options": {"note": True}},
        ("Members of a known object are not looked at."),
    ),
    (
        "stream-options-string",
        {"stream_options": {"include_usage": "secret"}},
        ("A member of a known object passes with any value."),
    ),
    ("verbosity-other", {"verbosity": "secret"}, _SETS),
    ("retention-other", {"prompt_cache_retention": "secret"}, _SETS),
    ("parameters-string", {"venice_parameters": "secret"}, "The object is replaced by a string."),
    ("parameters-null", {"venice_parameters": None}, "Null passes, and enable_e2ee is lost."),
    ("parameters-array", {"venice_parameters": []}, "An array passes for an empty object."),
    (
        "parameter-string",
        {"venice_parameters": {"next_year": "secret"}},
        ("Strings inside venice_parameters are not looked at."),
    ),
    (
        "parameter-object",
        {"venice_parameters": {"next_year": {"a": 1}}},
        ("Objects inside venice_parameters are not looked at."),
    ),
    (
        "parameter-set",
        {"venice_parameters": {"reasoning_effort": "high"}},
        ("A closed set holds in every place of its name."),
    ),
)

NAMES: Final[Tuple[Tuple[str, str, str], ...]] = (
    ("spaces", "my secret is here", "Names are not looked at, and travel."),
    ("empty", "", "The grammar of a name matches nothing as well."),
    ("65-characters", "a" * 65, "The limit of a name is off by one, or is none."),
    ("beyond-ascii", "größe", "Letters and digits of every script are taken."),
    ("digit-first", "1a", "The first character is asked for like the others."),
    ("line-feed-behind", "temperature\n", "`$` matches before a line end."),
    ("hyphen", "top-p", "Further signs are taken."),
)


def refuse(builder: FileBuilder) -> None:
    """Add the refused options; `none` is in the file already."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)

    def refused(slug: str, why: str, breaks: str, flag: str, options: Mapping[str, Any]) -> None:
        builder.reject(
            slug,
            why,
            parent="none",
            breaks=breaks,
            given={"options": options},
            flags=(flag,),
            critical=flag in (DOWNGRADE, TEXT),
        )

    for name, value, why in FEATURES:
        refused(f"feature-{name.replace('_', '-')}", why, "REQ-5", FEATURE, {name: value})
    for slug, name, value, why in VARIANTS:
        refused(f"feature-{slug}", why, "REQ-5", FEATURE, {name: value})
    for slug, name, value, why in PARAMETERS:
        refused(f"parameter-{slug}", why, "REQ-5", FEATURE, {"venice_parameters": {name: value}})
    for slug, options, why in TEXTS:
        refused(f"text-{slug}", why, "REQ-6", TEXT, options)
    for slug, name, why in NAMES:
        refused(f"name-{slug}", why, "REQ-16", NAME, {name: 1})
    refused(
        "name-of-a-parameter",
        "Names inside venice_parameters are not looked at.",
        "REQ-16",
        NAME,
        {"venice_parameters": {"my secret": 1}},
    )
    _switches(refused)


def _switches(refused: Callable[[str, str, str, str, Mapping[str, Any]], None]) -> None:
    refused(
        "model-again",
        "The model is taken from the options where both are there; the same id is"
        " refused too, as it may not stand twice.",
        "REQ-14",
        OTHER,
        {"model": "e2ee-mock"},
    )
    refused(
        "fallbacks",
        "The service hands the request to a model that nobody attested.",
        "REQ-14",
        OTHER,
        {"fallbacks": [{"model": "other"}]},
    )
    refused("fallbacks-empty", _FALSY, "REQ-14", OTHER, {"fallbacks": []})
    for slug, value, why in (
        ("false", False, "The caller is overridden, or the option is sent as it is."),
        ("null", None, "Null counts as absent, and is sent."),
        ("1", 1, _TYPE),
        ("text", "true", "A text that is not empty counts as true."),
    ):
        refused(f"stream-{slug}", why, "REQ-10", STREAM, {"stream": value})
    for slug, value, why in (
        ("false", False, "The request is served without encryption."),
        ("null", None, "Null counts as absent, overrides the default, and is read as false."),
        ("0", 0, "0 is not false for the client, and false for the service."),
        ("1", 1, _TYPE),
        ("text", "true", "A text that is not empty counts as true."),
    ):
        refused(
            f"e2ee-{slug}", why, "REQ-11", DOWNGRADE, {"venice_parameters": {"enable_e2ee": value}}
        )
    refused(
        "e2ee-false-beside",
        "The member beside venice_parameters is not looked at.",
        "REQ-11",
        DOWNGRADE,
        {"enable_e2ee": False},
    )
