"""Vectors of `request.build`: the fields of a request besides its messages."""

from __future__ import annotations

from typing import Any, Dict, Final, Mapping, Sequence, Tuple

from conformance.generate.builder import FileBuilder
from conformance.generate.request import options_refused as request_options_refused
from conformance.generate.request.kit import ONE, digits_of, make_party

CYCLE: Final[Tuple[Tuple[str, Tuple[str, ...]], ...]] = (
    ("reasoning_effort", ("none", "minimal", "low", "medium", "high", "xhigh", "max")),
    ("reasoning.effort", ("max", "xhigh", "high", "medium", "low", "minimal", "none")),
    ("reasoning.summary", ("auto", "concise", "detailed")),
    ("verbosity", ("low", "medium", "high", "auto")),
    ("text.verbosity", ("auto", "high", "medium", "low")),
    ("prompt_cache_retention", ("default", "extended", "24h")),
)
"""The closed sets, in an order in which each request has one value of each."""


def generate(builder: FileBuilder) -> None:
    """Fill `request/options`."""
    party = make_party(builder)
    (sender,) = party.senders(builder.random("messages"), 1)
    message = {"role": "user", "content": sender.text(ONE[0]["content"])}
    builder.group({**party.params, "messages": ONE, "random": digits_of([sender])})

    def passes(
        slug: str,
        why: str,
        options: Mapping[str, Any],
        req: Sequence[str],
        fields: Mapping[str, Any] = {},
        parameters: Mapping[str, Any] = {},
    ) -> None:
        out = party.out([message], fields=fields, parameters=parameters)
        builder.accept(slug, why, req=req, given={"options": options}, out=out)

    passes(
        "none",
        "A request without options lacks `stream` or `enable_e2ee`, or has more than the"
        " four members.",
        {},
        ("REQ-3", "REQ-4", "REQ-5", "REQ-6", "REQ-10", "REQ-11", "REQ-14", "REQ-16"),
    )
    _numbers(passes)
    _closed_sets(passes)
    _harmless(passes)
    _always_true(passes)
    request_options_refused.refuse(builder)


def _numbers(passes: Any) -> None:
    for slug, why, options in (
        (
            "numbers",
            "Sampling parameters are refused or dropped.",
            {"max_completion_tokens": 100, "seed": -1, "temperature": 0.7, "top_p": 0.95},
        ),
        (
            "unknown-names",
            (
                "Names that this version does not know are refused or dropped, although"
                " they cannot carry text."
            ),
            {"a_switch_of_next_year": True, "knob_2": 0.25, "_": False},
        ),
        ("null", "Null is dropped or refused.", {"temperature": None, "max_tokens": None}),
        (
            "largest-exact-integer",
            ("Integers pass through a float on their way, or are cut to 32 bits."),
            {"seed": 9007199254740991},
        ),
        ("name-of-64-characters", "The limit of a name is off by one.", {"a" * 64: 1}),
        (
            "member-names-of-the-other-place",
            ("A member of venice_parameters is asked for in the table of options."),
            {"venice_parameters": {"temperature": 1, "strip_thinking_response": True}},
        ),
    ):
        parameters = options.get("venice_parameters", {})
        fields = {name: value for name, value in options.items() if name != "venice_parameters"}
        passes(slug, why, options, ("REQ-6", "REQ-16"), fields, parameters)


def _closed_sets(passes: Any) -> None:
    for number in range(7):
        options: Dict[str, Any] = {}
        for path, values in CYCLE:
            outer, _, inner = path.partition(".")
            value = values[number % len(values)]
            if inner:
                options.setdefault(outer, {})[inner] = value
            else:
                options[outer] = value
        passes(
            f"closed-sets-{number + 1}",
            "A string of a closed set is refused or dropped, here or"
            " in another of the seven requests that have each of them once.",
            options,
            ("REQ-6",),
            options,
        )
    objects = {
        "reasoning": {"enabled": False},
        "stream_options": {"include_usage": True},
        "text": {},
    }
    passes(
        "known-objects",
        "The objects that may travel are refused, as every other is.",
        objects,
        ("REQ-6",),
        objects,
    )


def _harmless(passes: Any) -> None:
    off = {"logprobs": False, "n": 1, "store": False, "web_search": False}
    passes(
        "switched-off",
        "A feature that is switched off by name is refused like the feature.",
        off,
        ("REQ-5", "REQ-6"),
        off,
    )
    parameters = {
        "enable_web_citations": False,
        "enable_web_scraping": False,
        "enable_web_search": "off",
        "enable_x_search": False,
        "include_search_results_in_stream": False,
        "include_venice_system_prompt": False,
        "return_search_results_as_documents": False,
    }
    passes(
        "parameters-switched-off",
        "A parameter that is switched off is refused like the feature,"
        " so that a caller cannot say no.",
        {"venice_parameters": parameters},
        ("REQ-5",),
        {},
        parameters,
    )
    beside = {"enable_web_search": False, "include_venice_system_prompt": False}
    passes(
        "switched-off-beside",
        "The same members beside venice_parameters are refused, or the"
        " boolean is taken for the text.",
        beside,
        ("REQ-5",),
        beside,
    )
    inside = {"disable_thinking": True, "strip_thinking_response": False}
    passes(
        "other-parameters",
        "Parameters of the service are dropped where enable_e2ee is added.",
        {"venice_parameters": inside},
        ("REQ-4", "REQ-6"),
        {},
        inside,
    )


def _always_true(passes: Any) -> None:
    passes(
        "stream-true",
        "The option is refused although it says what is sent anyway.",
        {"stream": True},
        ("REQ-3", "REQ-10"),
    )
    passes(
        "e2ee-true",
        "The same, inside venice_parameters.",
        {"venice_parameters": {"enable_e2ee": True}},
        ("REQ-4", "REQ-11"),
    )
    passes(
        "parameters-empty",
        "An empty object takes the place of the one with enable_e2ee.",
        {"venice_parameters": {}},
        ("REQ-4",),
    )
