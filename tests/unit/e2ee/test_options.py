from __future__ import annotations

import enum
from typing import Any, Dict

import pytest

from venice_ref.e2ee.options import check_model, checked_options
from venice_ref.errors import UsageError

BARE: Dict[str, Any] = {"stream": True, "venice_parameters": {"enable_e2ee": True}}


class Effort(str, enum.Enum):
    LOW = "low"


def refusal(options: Any) -> UsageError:
    with pytest.raises(UsageError) as error:
        checked_options(options)
    return error.value


def test_what_is_always_there() -> None:  # REQ-3, REQ-4
    assert checked_options({}) == BARE
    assert checked_options({"stream": True, "venice_parameters": {}}) == BARE
    assert checked_options({"venice_parameters": {"enable_e2ee": True}}) == BARE


@pytest.mark.parametrize("value", [False, None, 1, 1.0, "true", "yes", [], {}])
def test_the_answer_is_a_stream(value: object) -> None:  # REQ-10
    error = refusal({"stream": value})
    assert (error.rule, error.where) == ("REQ-10", "options.stream")


@pytest.mark.parametrize("value", [False, None, 1, 0, "true", [], {}])
@pytest.mark.parametrize("place", ["venice_parameters", "top"])
def test_encryption_is_not_switched_off(value: object, place: str) -> None:  # REQ-11
    member = {"enable_e2ee": value}
    error = refusal({"venice_parameters": member} if place == "venice_parameters" else member)
    assert error.rule == "REQ-11"
    assert error.where.endswith("enable_e2ee")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0.7),
        ("temperature", 0),
        ("max_tokens", 100),
        ("max_completion_tokens", 100),
        ("top_p", 1.0),
        ("seed", 10**39),
        ("seed", -1),
        ("a_sampling_parameter_of_next_year", 3),
        ("a_switch_of_next_year", True),
        ("temperature", None),
        ("logprobs", False),
        ("n", 1),
        ("store", False),
        ("web_search", False),
        ("reasoning_effort", "high"),
        ("reasoning_effort", None),
        ("verbosity", "low"),
        ("prompt_cache_retention", "24h"),
        ("reasoning", {"effort": "low", "summary": "auto", "enabled": True}),
        ("text", {"verbosity": "low"}),
        ("stream_options", {"include_usage": True}),
        ("stream_options", {"include_usage": False}),
        ("stream_options", {}),
    ],
)
def test_options_that_pass(name: str, value: object) -> None:  # REQ-6: numbers and closed sets
    assert checked_options({name: value}) == {**BARE, name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strip_thinking_response", True),
        ("disable_thinking", False),
        ("a_switch_of_next_year", True),
        ("a_number_of_next_year", 1.5),
        ("nothing", None),
        ("enable_web_search", "off"),
        ("enable_web_search", False),
        ("enable_x_search", False),
        ("enable_web_scraping", False),
        ("enable_web_citations", False),
        ("include_search_results_in_stream", False),
        ("return_search_results_as_documents", False),
        ("include_venice_system_prompt", False),
    ],
)
def test_parameters_that_pass(name: str, value: object) -> None:  # REQ-5: switched off
    body = checked_options({"venice_parameters": {name: value}})
    assert body["venice_parameters"] == {"enable_e2ee": True, name: value}


REFUSED_BY_NAME = [
    "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call", "response_format",
    "top_logprobs", "web_search_options", "plugins", "files", "file", "attachments", "modalities",
    "audio",
]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED_BY_NAME)
@pytest.mark.parametrize("value", [[], {}, [{"type": "function"}], "auto", True, False, 0, 1, None])
def test_refused_by_name(name: str, value: object) -> None:  # REQ-5
    error = refusal({name: value})
    assert (error.rule, error.where, error.hint) == ("REQ-5", f"options.{name}", "leave it out")
    assert error.message.startswith("refused: ")


@pytest.mark.parametrize(
    "name", ["prompt", "input", "suffix", "prediction", "stop", "user", "metadata"]
)
@pytest.mark.parametrize("value", ["x", ["x"], {"x": "y"}, 1, None])
def test_plaintext_by_name(name: str, value: object) -> None:  # REQ-6
    error = refusal({name: value})
    assert (error.rule, error.where) == ("REQ-6", f"options.{name}")


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("logprobs", True, "REQ-5"),
        ("logprobs", 0, "REQ-5"),
        ("logprobs", None, "REQ-5"),
        ("n", 2, "REQ-5"),
        ("n", 0, "REQ-5"),
        ("n", True, "REQ-5"),
        ("n", 1.0, "REQ-5"),
        ("n", "1", "REQ-5"),
        ("n", None, "REQ-5"),
        ("store", True, "REQ-6"),
        ("store", 0, "REQ-6"),
        ("web_search", True, "REQ-5"),
        ("enable_web_search", "on", "REQ-5"),
        ("character_slug", "x", "REQ-5"),
        ("model", "other", "REQ-14"),
        ("fallbacks", [{"model": "other"}], "REQ-14"),
        ("messages", [], "REQ-6"),
    ],
)
def test_refused_by_value(name: str, value: object, rule: str) -> None:
    error = refusal({name: value})
    assert (error.rule, error.where) == (rule, f"options.{name}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("character_slug", "alan-watts"),
        ("character_slug", None),
        ("enable_web_search", "on"),
        ("enable_web_search", "auto"),
        ("enable_web_search", "OFF"),
        ("enable_web_search", True),
        ("enable_web_search", None),
        ("enable_web_search", 0),
        ("enable_x_search", True),
        ("enable_web_scraping", True),
        ("enable_web_citations", True),
        ("include_search_results_in_stream", True),
        ("return_search_results_as_documents", True),
        ("include_venice_system_prompt", True),
    ],
)
def test_refused_parameters(name: str, value: object) -> None:  # REQ-5
    error = refusal({"venice_parameters": {name: value}})
    assert (error.rule, error.where) == ("REQ-5", f"options.venice_parameters.{name}")


@pytest.mark.parametrize("value", ["text", "", [], [1], {}, {"a": 1}, ("x",), b"x", object(), 1j])
@pytest.mark.parametrize("place", ["options", "options.venice_parameters", "options.reasoning"])
def test_what_could_carry_text(value: object, place: str) -> None:  # REQ-6
    name = "enabled" if place == "options.reasoning" else "of_next_year"
    options = {name: value}
    error = refusal(options if place == "options" else {place.partition(".")[2]: options})
    assert (error.rule, error.where) == ("REQ-6", f"{place}.{name}")


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"reasoning_effort": "think of my secret"}, "options.reasoning_effort"),
        ({"reasoning_effort": "HIGH"}, "options.reasoning_effort"),
        ({"reasoning_effort": ["high"]}, "options.reasoning_effort"),
        ({"reasoning": {"effort": "secret"}}, "options.reasoning.effort"),
        ({"reasoning": {"secret": 1}}, "options.reasoning.secret"),
        ({"reasoning": "high"}, "options.reasoning"),
        ({"reasoning": None}, "options.reasoning"),
        ({"text": {"format": {}}}, "options.text.format"),
        ({"verbosity": "secret"}, "options.verbosity"),
        ({"stream_options": {"x": True}}, "options.stream_options.x"),
        ({"stream_options": {"include_usage": "yes"}}, "options.stream_options.include_usage"),
        ({"stream_options": []}, "options.stream_options"),
        ({"venice_parameters": []}, "options.venice_parameters"),
        ({"venice_parameters": None}, "options.venice_parameters"),
        ({"venice_parameters": "x"}, "options.venice_parameters"),
        ({"promptCacheKey": "secret"}, "options.promptCacheKey"),
        ({"anon_user_id": "secret"}, "options.anon_user_id"),
        ({"stop_token_ids": [1]}, "options.stop_token_ids"),
        ({"logit_bias": {"1": 2}}, "options.logit_bias"),
    ],
)
def test_outside_the_closed_sets(options: Any, where: str) -> None:  # REQ-6
    error = refusal(options)
    assert (error.rule, error.where) == ("REQ-6", where)
    assert "secret" not in error.message  # KEY-12


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"a text as a name": 1}, "options"),
        ({"": 1}, "options"),
        ({"a" * 65: 1}, "options"),
        ({"nam\u00e9": 1}, "options"),
        ({"name\n": 1}, "options"),
        ({1: 1}, "options"),
        ({None: 1}, "options"),
        ({"venice_parameters": {"a name": 1}}, "options.venice_parameters"),
    ],
)
def test_names_that_could_carry_text(options: Any, where: str) -> None:  # REQ-16
    error = refusal(options)
    assert (error.rule, error.where) == ("REQ-16", where)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), float("-inf"), 10**40, -(10**40), 10**5000],
    ids=["nan", "inf", "-inf", "41-digits", "-41-digits", "5001-digits"],
)
@pytest.mark.parametrize("place", ["options", "options.venice_parameters"])
def test_numbers_that_json_cannot_carry(value: object, place: str) -> None:  # REQ-15
    options = {"seed": value}
    error = refusal(options if place == "options" else {"venice_parameters": options})
    assert (error.rule, error.where) == ("REQ-15", f"{place}.seed")


@pytest.mark.parametrize("options", [None, [], "x", 5, [("stream", True)]])
def test_options_are_a_mapping(options: object) -> None:
    assert refusal(options).where == "options"


def test_the_order_is_fixed_and_the_argument_unchanged() -> None:  # MSG-10
    parameters = {"disable_thinking": True, "a": 1}
    options = {"top_p": 1, "venice_parameters": parameters, "max_tokens": 5, "stream": True}
    before = repr(options)
    body = checked_options(options)
    assert list(body) == ["stream", "venice_parameters", "max_tokens", "top_p"]
    assert list(body["venice_parameters"]) == ["enable_e2ee", "a", "disable_thinking"]  # type: ignore[arg-type] # a dict
    assert repr(options) == before
    assert body["venice_parameters"] is not parameters


def test_an_enumeration_of_texts_is_a_text() -> None:
    assert checked_options({"reasoning_effort": Effort.LOW})["reasoning_effort"] == "low"


# --- The model ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        "e2ee-qwen3-5-122b-a10b",
        "a",
        "a:7b",
        "org/model-1.5",
        "m\u00f6del",
        "x" * 256,
        "a b?c&d=e#f",
    ],
)
def test_a_model_id(model: str) -> None:  # REQ-13
    check_model(model)


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ("", "REQ-13"),
        (None, "REQ-13"),
        (5, "REQ-13"),
        (b"x", "REQ-13"),
        ("x" * 257, "REQ-13"),
        ("line\n", "REQ-13"),
        ("nul\x00", "REQ-13"),
        ("\ud800", "REQ-13"),
        ("e2ee-mock:enable_web_search=on", "REQ-12"),
        ("e2ee-mock:character_slug=alan", "REQ-12"),
    ],
)
def test_no_model_id(model: Any, rule: str) -> None:  # REQ-12: the service reads switches there
    with pytest.raises(UsageError) as error:
        check_model(model)
    assert (error.value.rule, error.value.where) == (rule, "model")
