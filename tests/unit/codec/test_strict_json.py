from __future__ import annotations

import math
import time
from typing import Any, Callable, List

import pytest

from tests.unit.codec.test_strict import LONG, refused
from venice_ref.codec.strict import JsonObject, parse_json, parse_json_object
from venice_ref.errors import MalformedError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("true", True),
        ("0", 0),
        ("-0", 0),
        ("1.5", 1.5),
        ("1E2", 100.0),
        ('"a\\u00e9\\ud83d\\ude00"', "a\u00e9\U0001f600"),
        (" [1, {}] \r\n\t", [1, {}]),
        ('{"a": {"b": []}}', {"a": {"b": []}}),
        ('{"": 1, "a": 2}', {"": 1, "a": 2}),
        ("9" * 40, 10**40 - 1),
        ('"\\u0000"', "\x00"),
    ],
)
def test_json(text: str, value: object) -> None:
    found = parse_json(text, max_size=100)
    assert found == value
    assert type(found) is type(value)
    assert parse_json(text.encode("utf-8"), max_size=100) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nul",
        "True",
        "{",
        "}",
        "[1,]",
        "{'a':1}",
        '{"a":1,}',
        "{a:1}",
        "[1] 2",
        "01",
        "+1",
        "1.",
        ".5",
        "0x1",
        "1_0",
        '"\n"',
        '"\\x"',
        "// c\n1",
        "\ufeff1",
        "\u00a01",
        "[\x0b1]",
        "\u0661",
        '"a',
        "--1",
        "1e",
    ],
)
def test_what_is_not_json(text: str) -> None:
    assert refused(parse_json, text, max_size=100).startswith("not JSON: ")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("NaN", "NaN is not JSON"),
        ("[Infinity]", "Infinity is not JSON"),
        ("-Infinity", "-Infinity is not JSON"),
        ("1e999", "beyond the range of a double"),
        ("-1e999", "beyond the range of a double"),
        ("9" * 41, "an integer of 41 digits"),
        ("-" + "9" * 41, "an integer of 41 digits"),
        ('{"a": 1, "a": 1}', "duplicate member 'a'"),
        ('[{"b": 0, "a": 1, "a\\u0000": 1, "\\u0061": 2}]', "duplicate member 'a'"),
        ('{"x": {"\\u001b[31m": 1, "\\u001b[31m": 2}}', "duplicate member '\\x1b[31m'"),
        ('"\\ud800"', "a string with a lone surrogate"),
        ('["\\udc00\\ud800"]', "a string with a lone surrogate"),
        ('{"a": {"\\ud800": 1}}', "a string with a lone surrogate"),
    ],
)
def test_json_that_is_refused(text: str, found: str) -> None:
    assert found in refused(parse_json, text, max_size=100)


def test_a_lone_surrogate_in_the_text_itself() -> None:
    refused(parse_json, b'"\xed\xa0\x80"', max_size=100)


def test_json_that_is_not_utf8() -> None:
    assert refused(parse_json, b'"\xff"', max_size=100) == "not valid UTF-8 at byte 1"
    refused(parse_json, "1".encode("utf-16"), max_size=100)
    refused(parse_json, b"\xef\xbb\xbf1", max_size=100)


def test_the_size_of_json() -> None:
    assert parse_json("[1,2]", max_size=5) == [1, 2]
    assert refused(parse_json, "[1,2]", max_size=4) == "JSON of 5 bytes, at most 4"
    assert refused(parse_json, b"[1,2]", max_size=4) == "JSON of 5 bytes, at most 4"


def test_the_depth_of_json() -> None:
    for depth in (1, 2, 31, 32):
        assert parse_json("[" * depth + "]" * depth, max_size=100) is not None
        assert parse_json('{"a":' * depth + "1" + "}" * depth, max_size=1000) is not None
    assert "deeper than 32" in refused(parse_json, "[" * 33 + "]" * 33, max_size=100)
    assert "deeper than 32" in refused(parse_json, '{"a":' * 33 + "1" + "}" * 33, max_size=1000)
    assert parse_json("1", max_size=10, max_depth=0) == 1
    assert "deeper than 0" in refused(parse_json, "[]", max_size=10, max_depth=0)


@pytest.mark.parametrize("text", ["[" * LONG, "[" * LONG + "]" * LONG, '{"a":' * LONG])
def test_json_of_any_depth_is_refused_in_order(text: str) -> None:
    refused(parse_json, text, max_size=10 * LONG)


@pytest.mark.parametrize(
    "text",
    [
        "9" * LONG,
        "1." + "9" * LONG,
        "1" + "0" * LONG + ".0",
        "1e" + "9" * LONG,
        "0." + "0" * LONG + "1",
        "[" + "1," * (LONG // 2) + "1]",
        '{"a":1' + ',"a":1' * (LONG // 8) + "}",
        '"' + "\\u0041" * (LONG // 6) + '"',
    ],
    ids=["digits", "fraction", "huge", "exponent", "tiny", "array", "duplicates", "escapes"],
)
def test_json_costs_no_more_than_its_size(text: str) -> None:
    start = time.process_time()
    try:
        parse_json(text, max_size=2 * LONG)
    except MalformedError as error:
        assert len(str(error)) < 300  # noqa: PT017 - either outcome is fine, the cost is not
    assert time.process_time() - start < 2


def test_parse_json_object() -> None:
    found = parse_json_object('{"a": 1}', max_size=100, where="x", rule="ATT-1")
    assert (found.members, found.where, found.rule) == ({"a": 1}, "x", "ATT-1")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[]", "an array"),
        ("true", "the boolean true"),
        ("false", "the boolean false"),
        ("null", "'None'"),
        ("5", "'5'"),
        ('"\\u001b"', "'\\x1b'"),
    ],
)
def test_what_is_no_object(text: str, kind: str) -> None:
    assert refused(parse_json_object, text, max_size=100) == f"not a JSON object: {kind}"


# --- Typed members ------------------------------------------------------------------------------

OBJECT = JsonObject(
    {
        "text": "a",
        "flag": True,
        "number": 5,
        "half": 0.5,
        "object": {"x": {"y": 1}},
        "array": [1],
        "null": None,
    },
    where="top",
    rule="ATT-1",
)


def test_members_of_their_type() -> None:
    assert OBJECT.text("text") == "a"
    assert OBJECT.flag("flag") is True
    assert OBJECT.integer("number") == 5
    assert OBJECT.items("array") == [1]
    assert OBJECT.get("half") == 0.5
    child = OBJECT.child("object")
    assert child is not None
    assert (child.where, child.rule) == ("top.object", "ATT-1")
    inner = child.child("x")
    assert inner is not None
    assert inner.path("y") == "top.object.x.y"
    assert "text" in OBJECT
    assert JsonObject({}).path("a") == "a"


READERS: List[Callable[[str], object]] = [
    OBJECT.text,
    OBJECT.flag,
    OBJECT.integer,
    OBJECT.child,
    OBJECT.items,
    OBJECT.get,
]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
@pytest.mark.parametrize("name", ["null", "absent"])
def test_members_that_are_not_there(reader: Callable[[str], object], name: str) -> None:
    assert reader(name) is None
    assert name not in OBJECT


@pytest.mark.parametrize(
    ("reader", "fits"),
    [
        (OBJECT.text, {"text"}),
        (OBJECT.flag, {"flag"}),
        (OBJECT.integer, {"number"}),
        (OBJECT.child, {"object"}),
        (OBJECT.items, {"array"}),
    ],
    ids=["text", "flag", "integer", "child", "items"],
)
def test_members_of_another_type(reader: Callable[[str], object], fits: object) -> None:
    assert isinstance(fits, set)
    for name in {"text", "flag", "number", "half", "object", "array"} - fits:
        with pytest.raises(MalformedError) as error:
            reader(name)
        assert (error.value.where, error.value.rule) == (f"top.{name}", "ATT-1")
        assert error.value.message.startswith("not a")


@pytest.mark.parametrize("value", [1, 0, "true", 1.0])
def test_a_boolean_is_a_boolean(value: Any) -> None:
    with pytest.raises(MalformedError, match="not a boolean"):
        JsonObject({"x": value}).flag("x")


@pytest.mark.parametrize("value", [True, 1.0, "1"])
def test_an_integer_is_an_integer(value: Any) -> None:
    with pytest.raises(MalformedError, match="not an integer"):
        JsonObject({"x": value}).integer("x")


def test_numbers_stay_what_they_are() -> None:
    assert parse_json("1", max_size=9) is not True
    found = parse_json("-0.0", max_size=9)
    assert isinstance(found, float)
    assert math.copysign(1, found) == -1
