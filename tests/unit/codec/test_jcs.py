from __future__ import annotations

import json
from typing import Any

import pytest

from venice_ref.codec.jcs import encode_jcs
from venice_ref.errors import MalformedError, UsageError
from venice_ref.spec import MAX_JSON_DEPTH


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-1, "-1"),
        (2**53 + 1, "9007199254740993"),
        (2**64 - 1, "18446744073709551615"),
        (-(2**63), "-9223372036854775808"),
        ("", '""'),
        ([], "[]"),
        ({}, "{}"),
        ([1, [True, None], {"b": 1, "a": [2]}], '[1,[true,null],{"a":[2],"b":1}]'),
    ],
)
def test_values(value: Any, text: str) -> None:
    assert encode_jcs(value) == text.encode()


def test_the_example_of_rfc_8785_3_2_2() -> None:
    # Without its numbers, which are fractions.
    source = json.loads(
        '{"string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/",'
        ' "literals": [null, true, false]}'
    )
    assert (
        encode_jcs(source)
        == (
            '{"literals":[null,true,false],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ).encode()
    )


def test_the_example_of_rfc_8785_3_2_3() -> None:
    names = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\u0080": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    order = [
        "Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis",
        "Euro Sign", "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh",
    ]  # fmt: skip
    assert list(json.loads(encode_jcs(dict(names))).values()) == order


def test_the_escapes_of_rfc_8785_3_2_2_2() -> None:
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
    for code in range(0x300):
        expected = short.get(code, f"\\u{code:04x}" if code < 0x20 else chr(code))
        assert encode_jcs(chr(code)) == f'"{expected}"'.encode()
    for text in ("\u2028", "\u2029", "/", "\x7f", "\ufffe", "\U0010ffff"):
        assert encode_jcs(text) == f'"{text}"'.encode()


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (0.0, "x"),
        (1e300, "x"),
        (float("nan"), "x"),
        (float("inf"), "x"),
        (2**64, "x"),
        (-(2**63) - 1, "x"),
        ([1, {"a": 1.5}], "x[1].a"),
        ("\ud800", "x"),
        ({"\udc00": 1}, "x"),
    ],
)
def test_what_has_no_canonical_text(value: Any, where: str) -> None:
    with pytest.raises(MalformedError) as caught:
        encode_jcs(value, where="x", rule="CRT-1")
    assert (caught.value.where, caught.value.rule) == (where, "CRT-1")


@pytest.mark.parametrize("value", [b"a", (1, 2), {1: 2}, {None: 1}, {"a": object()}, {1, 2}])
def test_what_is_not_json(value: Any) -> None:
    with pytest.raises(UsageError):
        encode_jcs(value)


def test_the_depth_is_bounded() -> None:
    value: Any = 0
    for _ in range(MAX_JSON_DEPTH):
        value = [value]
    assert encode_jcs(value).count(b"[") == MAX_JSON_DEPTH
    for deeper in ([value], {"a": value}):
        with pytest.raises(MalformedError, match="nested deeper"):
            encode_jcs(deeper)
