from __future__ import annotations

import json
from typing import Any, Dict

import pytest

from venice_ref.codec.sse import ServerEvent
from venice_ref.e2ee.chunk import Chunk, Field, parse_chunk
from venice_ref.errors import MalformedError, ServerError
from venice_ref.spec import SERVER_ERROR_KINDS

EMPTY = Chunk(id=None, model=None, finish_reason=None, usage=None, fields=())


def parse(data: Any, event_type: str = "message") -> Any:
    text = data if isinstance(data, str) else json.dumps(data)
    return parse_chunk(ServerEvent(event_type, text, ""), where="e")


def choice(**members: Any) -> Dict[str, Any]:
    return {"choices": [{"index": 0, **members}]}


def test_a_whole_chunk() -> None:  # STR-3, STR-6
    data = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 5,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "delta": {
                    "role": "assistant",
                    "content": "c",
                    "reasoning": "b",
                    "reasoning_content": "a",
                },
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {"total_tokens": 1, "details": {"x": None}},
        "system_fingerprint": "x",
        "venice_parameters": {"enable_e2ee": True},
    }
    where = "e.choices[0].delta"
    assert parse(data) == Chunk(
        id="chatcmpl-1",
        model="m",
        finish_reason="stop",
        usage={"total_tokens": 1, "details": {"x": None}},
        fields=(
            Field("reasoning", "a", f"{where}.reasoning_content"),
            Field("reasoning", "b", f"{where}.reasoning"),
            Field("content", "c", f"{where}.content"),
        ),
    )


def test_the_end_mark() -> None:  # STR-1
    assert parse("[DONE]") is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [{}]},
        {"choices": [{"index": None, "delta": None}]},
        choice(),
        choice(delta=None),
        choice(delta={}),
        choice(delta={"role": "assistant"}),
        choice(delta={"role": None, "content": None, "reasoning": None, "reasoning_content": None}),
        choice(delta={"content": "", "reasoning": "", "reasoning_content": ""}),
        choice(delta={"unknown": "never shown", "tool_calls": None}),
        choice(delta={"tool_calls": [], "refusal": "", "audio": {}, "function_call": None}),
        choice(text="", message=None, logprobs=None),
        {"error": None, "id": None, "model": None, "usage": None},
        {"unknown": {"text": "never shown"}},
        {"venice_parameters": {"web_search_citations": []}, "cost": {"usd": 0.1}},
    ],
)
def test_what_may_be_missing(data: object) -> None:  # STR-7
    assert parse(data) == EMPTY


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ("", "e"),
        (" [DONE]", "e"),
        ("[DONE] ", "e"),
        ("[done]", "e"),
        ("[]", "e"),
        ("null", "e"),
        ("5", "e"),
        ('"text"', "e"),
        ("{", "e"),
        ("{} {}", "e"),
        ("{'a': 1}", "e"),
        ('{"id": NaN}', "e"),
        ('{"id": "a", "id": "a"}', "e"),
        ('{"id": "\\ud800"}', "e"),
        ('{"x": ' + "[" * 40 + "]" * 40 + "}", "e"),
        ("[" * 100_000, "e"),
        ({"id": 5}, "e.id"),
        ({"id": "x" * 513}, "e.id"),
        ({"model": ["m"]}, "e.model"),
        ({"usage": 5}, "e.usage"),
        ({"usage": []}, "e.usage"),
        ({"usage": {"x": "y" * 20_000}}, "e.usage"),
        ({"choices": {}}, "e.choices"),
        ({"choices": "x"}, "e.choices"),
        ({"choices": [None]}, "e.choices[0]"),
        ({"choices": ["x"]}, "e.choices[0]"),
        ({"choices": [[]]}, "e.choices[0]"),
        ({"choices": [{"index": "0"}]}, "e.choices[0].index"),
        ({"choices": [{"index": 0.0}]}, "e.choices[0].index"),
        ({"choices": [{"index": False}]}, "e.choices[0].index"),
        (choice(delta="x"), "e.choices[0].delta"),
        (choice(delta=[]), "e.choices[0].delta"),
        (choice(finish_reason=5), "e.choices[0].finish_reason"),
        (choice(finish_reason="x" * 513), "e.choices[0].finish_reason"),
        (choice(delta={"role": 5}), "e.choices[0].delta.role"),
        (choice(delta={"content": 5}), "e.choices[0].delta.content"),
        (choice(delta={"content": 0}), "e.choices[0].delta.content"),
        (choice(delta={"content": False}), "e.choices[0].delta.content"),
        (choice(delta={"content": []}), "e.choices[0].delta.content"),
        (choice(delta={"content": [{"type": "text"}]}), "e.choices[0].delta.content"),
        (choice(delta={"reasoning": {}}), "e.choices[0].delta.reasoning"),
        (choice(delta={"reasoning_content": 1}), "e.choices[0].delta.reasoning_content"),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_another_shape(data: object, where: str) -> None:  # STR-3
    with pytest.raises(MalformedError) as error:
        parse(data)
    assert (error.value.rule, error.value.where) == ("STR-3", where)


@pytest.mark.parametrize(
    "choices", [[{"index": 1}], [{"index": -1}], [{"index": 0}, {"index": 1}], [{}, {}]]
)
def test_another_choice(choices: object) -> None:  # STR-8
    with pytest.raises(MalformedError, match="STR-8"):
        parse({"choices": choices})


@pytest.mark.parametrize(
    "name", ["tool_calls", "function_call", "refusal", "audio", "logprobs", "text", "message"]
)
@pytest.mark.parametrize("value", ["x", " ", [{}], {"a": 1}, 0, False, 5])
@pytest.mark.parametrize("in_delta", [True, False])
def test_an_answer_in_plaintext(name: str, value: object, in_delta: bool) -> None:  # STR-9
    member = {name: value}
    with pytest.raises(MalformedError) as error:
        parse(choice(delta=member) if in_delta else choice(**member))
    place = "e.choices[0].delta." if in_delta else "e.choices[0]."
    assert (error.value.rule, error.value.where) == ("STR-9", place + name)


def test_an_answer_that_is_no_stream() -> None:  # STR-9
    data = {"object": "chat.completion", "choices": [{"index": 0, "message": {"content": "x"}}]}
    with pytest.raises(MalformedError) as error:
        parse(data)
    assert error.value.where == "e.choices[0].message"


# --- Errors of the server -----------------------------------------------------------------------


def server_error(data: Any, event_type: str = "message") -> ServerError:
    with pytest.raises(ServerError) as error:
        parse(data, event_type)
    assert (error.value.rule, error.value.where, error.value.status) == ("STR-4", "e", None)
    assert error.value.kind in SERVER_ERROR_KINDS
    return error.value


OVERLOADED = {
    "message": "Overloaded.",
    "type": "server",
    "code": "model_overloaded",
    "retry_after": 5,
}


@pytest.mark.parametrize(
    ("data", "event_type"),
    [
        ({"error": OVERLOADED}, "message"),
        ({"error": OVERLOADED, "choices": [{"delta": {"content": "x"}}]}, "message"),
        ({"error": OVERLOADED}, "error"),
        (OVERLOADED, "error"),
    ],
)
def test_an_error_as_an_object(data: object, event_type: str) -> None:  # STR-4
    error = server_error(data, event_type)
    assert error.message == "the server reported an error in the stream: 'Overloaded.'"
    assert (error.kind, error.code, error.retry_after) == ("server", "model_overloaded", 5.0)


@pytest.mark.parametrize(
    ("data", "event_type", "message"),
    [
        ({"error": "it broke"}, "message", "'it broke'"),
        ("it broke", "error", "'it broke'"),
        ('"it broke"', "error", "'it broke'"),
        ("[DONE]", "error", "'[DONE]'"),
        ("", "error", "'no message'"),
        ("{", "error", "'{'"),
        ("5", "error", "'no message'"),
        ("{}", "error", "'no message'"),
        ({"detail": "it broke"}, "error", "'it broke'"),
        ({"error": {"message": None}}, "message", "'no message'"),
        ({"error": False}, "message", "'no message'"),
        ({"error": 0}, "message", "'no message'"),
        ({"error": ""}, "message", "'no message'"),
        ({"error": {}}, "message", "'no message'"),
        ({"error": []}, "message", "'no message'"),
        ({"error": "\x1b[31m\u202e"}, "message", "'\\x1b[31m\\u202e'"),
        ({"error": "x" * 300}, "message", f"'{'x' * 200}'... (300 characters)"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_an_error_of_any_shape(data: object, event_type: str, message: str) -> None:  # STR-4
    assert server_error(data, event_type).message.endswith(": " + message)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "x", "type": "e2ee_model_key_mismatch"}, "stale_key"),
        ("The encryption key is no longer valid. Please refresh", "stale_key"),
        ({"message": "x", "type": "e2ee_decryption_failed"}, "encryption_rejected"),
        ("E2EE decryption failed", "encryption_rejected"),
        ("Encrypted field is not valid hex", "encryption_rejected"),
        ({"message": "x", "code": "rate_limit_exceeded"}, "rate_limited"),
        ("Rate limit exceeded.", "rate_limited"),
        ({"message": "x", "code": "TEE_ATTESTATION_FAILED"}, "tee_unavailable"),
        ({"message": "x", "code": "upstream_error"}, "server"),
        ({"message": "x", "code": "content_blocked_by_provider"}, "server"),
        ("x" * 2000 + "decrypt", "server"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_the_kind_of_an_error(error: object, kind: str) -> None:  # STR-4
    assert server_error({"error": error}).kind == kind


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("abc", "abc"),
        ("a.b:c-1", "a.b:c-1"),
        (5, ""),
        (None, ""),
        ("a b", ""),
        ("x" * 65, ""),
        ("a\n", ""),
        ("\u00e9", ""),
    ],
)
def test_a_code_is_bounded_and_printable(code: object, found: str) -> None:  # ERR-2
    assert server_error({"error": {"code": code}}).code == found
    assert server_error({"error": {"code": code, "type": "fallback"}}).code == found or "fallback"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (5, 5.0),
        (0, 0.0),
        (1.5, 1.5),
        (86_400, 86_400.0),
        (999_999_999, 999_999_999.0),
        (1_000_000_000, None),
        (-1, None),
        (True, None),
        ("5", None),
        (None, None),
        (10**39, None),
    ],
)
def test_the_wait_is_a_bounded_number(value: object, seconds: object) -> None:
    assert server_error({"error": {"retry_after": value}}).retry_after == seconds
