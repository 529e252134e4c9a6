from __future__ import annotations

import copy
import json
from collections import UserDict
from types import MappingProxyType
from typing import Any, Dict, List, Mapping, Sequence

import pytest

from tests.unit.e2ee.samples import MODEL
from venice_ref.e2ee.envelope import open_text
from venice_ref.e2ee.messages import (
    ROLES,
    _checked_messages,
    build_body,
    check_request,
    encrypt_messages,
)
from venice_ref.errors import UsageError
from venice_ref.spec import MAX_ENVELOPE_SIZE

KEY = MODEL.public_key
HELLO = [{"role": "user", "content": "Hello"}]


def opened(messages: Sequence[Mapping[str, Any]]) -> List[Dict[str, Any]]:
    return [
        {**m, "content": open_text(MODEL, m["content"])}
        if m.get("content") is not None
        else dict(m)
        for m in encrypt_messages(messages, KEY)
    ]


def refusal(messages: Any, options: Any = MappingProxyType({})) -> UsageError:
    """Return the one error that all three functions raise, before any randomness is drawn."""

    def no_randomness(size: int) -> bytes:
        raise AssertionError(size)

    errors = []
    with pytest.raises(UsageError) as error:
        check_request(messages, options)
    errors.append(error.value)
    with pytest.raises(UsageError) as error:
        build_body("e2ee-mock", messages, KEY, options, random_bytes=no_randomness)
    errors.append(error.value)
    if not options:
        with pytest.raises(UsageError) as error:
            encrypt_messages(messages, KEY, random_bytes=no_randomness)
        errors.append(error.value)
    assert len({(str(e), e.rule, e.where, e.hint) for e in errors}) == 1
    return errors[0]


# --- What is encrypted --------------------------------------------------------------------------


def test_every_role_is_encrypted() -> None:  # MSG-1
    messages = [{"role": role, "content": f"as {role}"} for role in ROLES]
    sealed = encrypt_messages(messages, KEY)
    assert [m["role"] for m in sealed] == list(ROLES)
    assert all(m["content"][:2] == "04" and len(m["content"]) >= 186 for m in sealed)
    assert opened(messages) == messages


def test_null_and_absent_content_stay() -> None:  # MSG-2
    messages: List[Dict[str, Any]] = [
        *HELLO,
        {"role": "assistant", "content": None},
        {"role": "assistant"},
    ]
    sealed = encrypt_messages(messages, KEY)
    assert sealed[1:] == messages[1:]
    assert "content" not in sealed[2]


def test_empty_content_is_an_empty_envelope() -> None:  # MSG-3
    (message,) = encrypt_messages([{"role": "user", "content": ""}], KEY)
    assert len(message["content"]) == 186
    assert open_text(MODEL, message["content"]) == ""


def test_array_content_is_one_envelope_of_its_json() -> None:  # MSG-4
    parts = [
        {
            "type": "text",
            "text": "caf\u00e9 \U0001f600 [1,2]",
            "cache_control": {"type": "ephemeral"},
        },
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
    ]
    (message,) = opened([{"role": "user", "content": parts}])
    assert message["content"] == (
        '[{"type":"text","text":"caf\u00e9 \U0001f600 [1,2]","cache_control":{"type":"ephemeral"}},'
        '{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]'
    )
    assert json.loads(message["content"]) == parts


def test_the_empty_array_is_an_array() -> None:  # MSG-4
    assert opened([{"role": "user", "content": []}])[0]["content"] == "[]"


@pytest.mark.parametrize(
    "text",
    [
        "\u00e9\U0001f600",
        "a\x00b",
        " ",
        "\n",
        "[",
        "]",
        "[1, 2",
        "[1] [2]",
        "text [1, 2]",
        "[1, 2] text",
        "[1,]",
        "[a]",
        "['a']",
        "\ufeff[1]",
        "\u00a0[1]",
        "\x0b[1]",
        '{"a": [1]}',
        '"[1]"',
        "null",
        "5",
        '["a\nb"]',
        "[Infinit]",
        "[01]",
    ],
)
def test_text_that_is_no_array(text: str) -> None:  # MSG-5
    assert opened([{"role": "user", "content": text}])[0]["content"] == text


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "[1,2]",
        " \t\r\n[1, 2]\n",
        '[{"type": "text", "text": "x"}]',
        '["a", null, true]',
        "[[[]]]",
        "[NaN]",
        "[-Infinity]",
        '["\\ud800"]',
        '[{"a":1,"a":2}]',
        "[" + "9" * 5000 + "]",
        "[1e999]",
        "[" * 100_000 + "]" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_text_that_is_an_array(text: str) -> None:  # MSG-5
    error = refusal([*HELLO, {"role": "user", "content": text}])
    assert (error.rule, error.where) == ("MSG-5", "messages[1].content")
    assert error.hint == 'send it as array content: [{"type": "text", "text": ...}]'


def test_what_the_hint_says_works() -> None:  # MSG-5
    parts = [{"type": "text", "text": "[1,2]"}]
    assert json.loads(opened([{"role": "user", "content": parts}])[0]["content"]) == parts


def test_text_that_looks_encrypted_is_encrypted_again() -> None:  # MSG-1
    once = encrypt_messages(HELLO, KEY)
    assert opened(once) == once
    assert encrypt_messages(once, KEY)[0]["content"] != once[0]["content"]


def test_each_envelope_is_fresh() -> None:  # ENV-7
    sealed = encrypt_messages(HELLO * 3, KEY)
    assert len({m["content"][:130] for m in sealed}) == 3
    assert len({m["content"][130:154] for m in sealed}) == 3


# --- What is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "tool_calls",
        "tool_call_id",
        "function_call",
        "refusal",
        "audio",
        "reasoning_content",
        "reasoning",
        "cache_control",
        "Content",
        "x",
    ],
)
@pytest.mark.parametrize("value", ["x", None, [], 1])
def test_another_member(name: str, value: object) -> None:  # MSG-6
    error = refusal([*HELLO, {"role": "assistant", "content": "x", name: value}])
    assert (error.rule, error.where) == ("MSG-6", f"messages[1].{name}")


@pytest.mark.parametrize("name", ["my secret", 1, None, "x" * 65, "nam\u00e9"])
def test_a_member_with_a_strange_name(name: object) -> None:  # MSG-6
    error = refusal([{"role": "user", "content": "x", name: "y"}])
    assert (error.rule, error.where) == ("MSG-6", "messages[0].(a member)")


@pytest.mark.parametrize("message", ["x", None, 5, [], ("role", "user"), b"x"])
def test_a_message_is_an_object(message: object) -> None:  # MSG-14
    error = refusal([message])
    assert (error.rule, error.where) == ("MSG-14", "messages[0]")


@pytest.mark.parametrize(
    "role", ["", "User", "function", "system ", "my secret", None, 5, True, ["user"], b"user"]
)
def test_another_role(role: object) -> None:  # MSG-9
    error = refusal([{"role": role, "content": "x"}])
    assert (error.rule, error.where) == ("MSG-9", "messages[0].role")
    assert "my secret" not in str(error)


def test_no_role() -> None:  # MSG-9
    assert refusal([{"content": "x"}]).where == "messages[0].role"


def test_one_system_message() -> None:  # MSG-8
    system, user = {"role": "system", "content": "x"}, {"role": "user", "content": "y"}
    developer = {"role": "developer", "content": "z"}
    check_request([user, system, developer, developer], {})
    error = refusal([system, user, system])
    assert (error.rule, error.where) == ("MSG-8", "messages[2].role")
    assert refusal([system, {"role": "system"}]).rule == "MSG-8"


@pytest.mark.parametrize(
    "content", [5, True, False, 0, 1.5, {}, {"type": "text"}, b"x", ("x",), object()]
)
def test_content_of_another_type(content: object) -> None:  # MSG-1
    error = refusal([{"role": "user", "content": content}])
    assert (error.rule, error.where) == ("MSG-12", "messages[0].content")


@pytest.mark.parametrize("text", ["\ud800", "ok \udfff"])
def test_text_that_utf8_cannot_carry(text: str) -> None:  # ENV-11
    error = refusal([*HELLO, {"role": "user", "content": text}])
    assert (error.rule, error.where) == ("ENV-11", "messages[1].content")
    error = refusal([{"role": "user", "content": [{"type": "text", "text": text}]}])
    assert (error.rule, error.where) == ("ENV-11", "messages[0].content[0].text")


@pytest.mark.parametrize(
    ("part", "where"),
    [
        ("x", ""),
        (None, ""),
        (["text"], ""),
        ({}, ".type"),
        ({"text": "x"}, ".type"),
        ({"type": "input_audio", "input_audio": {"data": ""}}, ".type"),
        ({"type": "video_url", "video_url": {"url": ""}}, ".type"),
        ({"type": "file", "file": {"file_data": ""}}, ".type"),
        ({"type": "Text", "text": "x"}, ".type"),
        ({"type": ["text"], "text": "x"}, ".type"),
        ({"type": "text"}, ".text"),
        ({"type": "text", "text": None}, ".text"),
        ({"type": "text", "text": 5}, ".text"),
        ({"type": "image_url"}, ".image_url"),
        ({"type": "image_url", "image_url": "http://x"}, ".image_url"),
        ({"type": "image_url", "image_url": {"url": None}}, ".image_url"),
    ],
)
def test_another_part(part: object, where: str) -> None:  # MSG-7
    error = refusal([{"role": "user", "content": [{"type": "text", "text": "x"}, part]}])
    assert (error.rule, error.where) == ("MSG-7", f"messages[0].content[1]{where}")


DEEP: Dict[str, Any] = {}
LOOP: Dict[str, Any] = {"type": "text", "text": "x"}
LOOP["loop"] = LOOP
_inner = DEEP
for _ in range(40):
    _inner["in"] = [{}]
    _inner = _inner["in"][0]


@pytest.mark.parametrize(
    "extra",
    [
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": 10**40},
        {"x": 10**5000},
        {"x": b"y"},
        {"x": {1: 2}},
        {"x": {None: 2}},
        {"x": [{"y": {1, 2}}]},
        {"x": 1j},
        {1: "x"},
        DEEP,
        LOOP,
    ],
    ids=[
        "nan",
        "inf",
        "int",
        "huge",
        "bytes",
        "int-name",
        "null-name",
        "set",
        "complex",
        "name",
        "deep",
        "loop",
    ],
)
def test_a_part_that_json_cannot_carry(extra: Dict[Any, Any]) -> None:  # MSG-13
    error = refusal([{"role": "user", "content": [{**extra, "type": "text", "text": "x"}]}])
    assert error.rule == "MSG-13"
    assert error.where.startswith("messages[0].content[0]")


def test_a_part_with_a_name_that_utf8_cannot_carry() -> None:  # ENV-11
    part = {"type": "text", "text": "x", "more": {"\ud800": 1}}
    assert refusal([{"role": "user", "content": [part]}]).rule == "ENV-11"


def test_any_json_in_a_part_is_carried() -> None:
    part = {"type": "text", "text": "x", "more": {"a": [1, -2.5, True, None, (1, "b"), {}]}}
    text = opened([{"role": "user", "content": [part]}])[0]["content"]
    assert json.loads(text)[0]["more"] == {"a": [1, -2.5, True, None, [1, "b"], {}]}


@pytest.mark.parametrize(
    "messages", [[], (), [{"role": "user"}], [{"role": "user", "content": None}] * 3]
)
def test_nothing_to_encrypt(messages: object) -> None:  # MSG-11
    error = refusal(messages)
    assert (error.rule, error.where) == ("MSG-11", "messages")


@pytest.mark.parametrize(
    "messages", ["x", b"x", None, 5, {"role": "user", "content": "x"}, {1}, iter(HELLO)]
)
def test_messages_are_a_list(messages: object) -> None:  # MSG-14
    assert refusal(messages).where == "messages"


def test_the_number_of_messages() -> None:  # MSG-11
    check_request(HELLO * 10_000, {})
    error = refusal(HELLO * 10_001)
    assert (error.rule, error.where) == ("MSG-11", "messages")


def test_the_size_of_a_message() -> None:  # ENV-13
    check_request([{"role": "user", "content": "x" * (MAX_ENVELOPE_SIZE - 93)}], {})
    error = refusal([*HELLO, {"role": "user", "content": "x" * (MAX_ENVELOPE_SIZE - 92)}])
    assert (error.rule, error.where) == ("ENV-13", "messages[1].content")
    half = "\u00e9" * (MAX_ENVELOPE_SIZE // 2 - 46)
    assert refusal([{"role": "user", "content": half}]).rule == "ENV-13"


def test_a_refusal_quotes_no_content() -> None:  # KEY-12
    secret = "the launch code"
    for messages in (
        [{"role": secret, "content": secret}],
        [{"role": "user", "content": f'["{secret}"]'}],
        [{"role": "user", "content": [{"type": secret, "text": secret}]}],
        [{"role": "user", "content": secret, "name": secret}],
        [{"role": "user", "content": secret + "\ud800"}],
        [{"role": "user", "content": {secret: secret}}],
    ):
        error = refusal(messages)
        assert secret not in f"{error} {error!r} {error.hint} {error.where}"


def test_a_checked_message_does_not_show_its_content() -> None:  # KEY-12
    assert repr(_checked_messages(HELLO)) == "[<message of the role user>]"


# --- The body -----------------------------------------------------------------------------------


def test_the_body() -> None:  # REQ-3, REQ-4
    body = build_body("e2ee-mock", HELLO, KEY, {"temperature": 0.5, "max_tokens": 3})
    assert list(body) == [
        "model",
        "messages",
        "stream",
        "venice_parameters",
        "max_tokens",
        "temperature",
    ]
    assert body["model"] == "e2ee-mock"
    assert body["stream"] is True
    assert body["venice_parameters"] == {"enable_e2ee": True}
    assert list(body["messages"][0]) == ["role", "content"]
    assert open_text(MODEL, body["messages"][0]["content"]) == "Hello"


def test_the_body_is_deterministic() -> None:
    def source(size: int) -> bytes:
        return bytes([7]) * size

    first = build_body("m", HELLO, KEY, {"top_p": 1, "seed": 2}, random_bytes=source)
    second = build_body("m", HELLO, KEY, {"seed": 2, "top_p": 1}, random_bytes=source)
    assert json.dumps(first) == json.dumps(second)


def test_no_canary_leaves_in_plaintext() -> None:  # REQ-7
    messages: List[Dict[str, Any]] = [
        {"role": "system", "content": "canary-1"},
        {"role": "user", "content": [{"type": "text", "text": "canary-2"}]},
        {"role": "assistant", "content": "canary-3"},
        {"role": "tool", "content": "canary-4"},
    ]
    assert "canary" not in json.dumps(build_body("m", messages, KEY))


@pytest.mark.parametrize(
    ("options", "rule"),
    [({"tools": []}, "REQ-5"), ({"user": "x"}, "REQ-6"), ({"stream": False}, "REQ-10"),
     ({"venice_parameters": {"enable_e2ee": False}}, "REQ-11"), ({"model": "x"}, "REQ-14")],
)  # fmt: skip
def test_options_are_refused_before_encryption(options: object, rule: str) -> None:  # REQ-7
    assert refusal(HELLO, options).rule == rule


def test_the_model_is_checked_before_encryption() -> None:  # REQ-7
    with pytest.raises(UsageError) as error:
        build_body("m:enable_web_search=on", HELLO, KEY)
    assert error.value.where == "model"


def test_the_arguments_are_not_changed() -> None:  # MSG-10
    messages: List[Dict[str, Any]] = [
        {"role": "user", "content": [{"type": "text", "text": "x", "more": {"a": [1]}}]},
        {"role": "assistant", "content": None},
        {"role": "user", "content": "y"},
    ]
    options: Dict[str, Any] = {"venice_parameters": {"disable_thinking": True}, "top_p": 1}
    before = copy.deepcopy((messages, options))
    body = build_body("m", messages, KEY, options)
    assert (messages, options) == before
    body["messages"].clear()
    body["venice_parameters"].clear()
    assert (messages, options) == before


def test_any_mapping_and_sequence_will_do() -> None:
    frozen = tuple(MappingProxyType(message) for message in HELLO)
    assert opened(frozen) == HELLO
    assert opened([UserDict(HELLO[0])]) == HELLO
    build_body("m", frozen, KEY, MappingProxyType({"top_p": 1}))


def test_what_is_checked_is_what_is_sent() -> None:  # REQ-7
    class Shifty(Dict[str, Any]):
        """Harmless when looked at first, and not afterwards."""

        looks = 0

        def get(self, key: str, default: Any = None) -> Any:
            type(self).looks += key == "content"
            return (
                "second look"
                if key == "content" and type(self).looks > 1
                else super().get(key, default)
            )

    message = Shifty(role="user", content="first look")
    assert opened([message])[0]["content"] == "first look"
