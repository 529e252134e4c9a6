"""What comes over the line is believed after it was checked, and not before."""

from __future__ import annotations

import json
from typing import Any, Dict

import pytest

from conformance.adapters.protocol import (
    MAX_LINE,
    SUITE_VERSION,
    ProtocolError,
    check_reply,
    decode_object,
    encode_request,
    hello_of,
    new_id,
    parse_hello,
)
from conformance.requirements import SuiteError
from tests.unit.conformance.adapters.scripts import HELLO
from venice_ref import __version__


@pytest.mark.parametrize(
    "reply",
    [
        {"ok": {}},
        {"ok": {"mid": {"x": 1}}},
        {"reject": {}},
        {"reject": {"stage": "envelope", "reason": "tag", "native": "x", "released": [1]}},
        {"unsupported": ""},
        {"error": {"message": "x"}},
        {"error": {"message": "x", "trace": "y"}},
    ],
)
def test_the_four_replies(reply: Dict[str, Any]) -> None:
    whole = {"id": "1", **reply}
    assert check_reply(whole) == whole


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ([], "an array and not an object"),
        (None, "null and not an object"),
        ({}, 'no text as "id"'),
        ({"id": 1, "ok": {}}, 'no text as "id"'),
        ({"id": "1"}, "nothing"),
        ({"id": "1", "ok": {}, "reject": {}}, '"ok", "reject"'),
        ({"id": "1", "ok": {}, "time": 1}, '"ok", "time"'),
        ({"id": "1", "okay": {}}, '"okay"'),
        ({"id": "1", "ok": True}, '"ok" is a boolean'),
        ({"id": "1", "ok": None}, '"ok" is null'),
        ({"id": "1", "reject": "tag"}, '"reject" is a text'),
        ({"id": "1", "reject": {"message": "x"}}, 'member "message"'),
        ({"id": "1", "reject": {"stage": 1}}, '"stage" of "reject" is a number'),
        ({"id": "1", "unsupported": True}, '"unsupported" is a boolean'),
        ({"id": "1", "error": "x"}, '"error" is not an object'),
        ({"id": "1", "error": {"trace": "x"}}, '"error" is not an object'),
        ({"id": "1", "error": {"message": "x", "trace": 1}}, '"error" has members'),
        ({"id": "1", "error": {"message": "x", "code": "y"}}, '"error" has members'),
    ],
)
def test_other_replies_are_refused(reply: Any, told: str) -> None:
    with pytest.raises(ProtocolError, match=told.replace("[", r"\[")):
        check_reply(reply)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"", "not JSON"),
        (b"x", "not JSON"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "an integer of 5000 digits"),
        (b"\xff{}", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"[" * 200000, "nested too deeply"),
        (b"[1]", "an array and not an object"),
        (b'"x"', "a text and not an object"),
        (b"{} {}", "not JSON"),
    ],
)
def test_a_line_that_is_no_object(line: bytes, told: str) -> None:
    with pytest.raises(ProtocolError, match=told):
        decode_object(line)


def test_a_line_that_is_one() -> None:
    assert decode_object(b' {"a": [1, 1.5, "\\ud83d\\ude00", null]}\r') == {
        "a": [1, 1.5, "😀", None]
    }
    assert decode_object('{"é": "😀"}'.encode()) == {"é": "😀"}


def test_a_request_is_one_line_of_ascii() -> None:
    line = encode_request("i", "field.seal", {"text": "a\n\u2028\ud800😀"})
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert json.loads(line) == {"id": "i", "op": "field.seal", "in": {"text": "a\n\u2028\ud800😀"}}
    with pytest.raises(SuiteError, match="a line has 8388608 at most"):
        encode_request("i", "x", {"text": "x" * MAX_LINE})


def test_the_version_is_that_of_the_package() -> None:
    assert __version__ == SUITE_VERSION


def test_ids_say_nothing() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(ident) for ident in ids} == {12}


def test_a_hello() -> None:
    hello = parse_hello(
        {
            **HELLO,
            "features": ["aad"],
            "inject": {"rng": True},
            "reasons": "coded",
            "limits": {"parallel": 4},
            "later": 1,
        }
    )
    assert hello.implementation == {"name": "script", "version": "1", "language": "Python"}
    assert hello.features == {"aad"}
    assert (hello.inject, hello.reasons, hello.parallel) == ({"rng": True}, "coded", 4)
    assert hello.raw["later"] == 1
    short = parse_hello({**HELLO, "operations": {}})
    assert (short.features, short.inject) == (frozenset(), {})
    assert (short.reasons, short.parallel) == ("none", 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"protocol": 2}, 'the "protocol" 2; this suite speaks 1'),
        ({"protocol": "1"}, 'the "protocol" "1"'),
        ({"protocol": True}, 'the "protocol" true'),
        ({"implementation": "x"}, 'no object "implementation"'),
        ({"implementation": {"name": "x", "version": "1"}}, 'no text as "language"'),
        ({"implementation": {"name": "", "version": "1", "language": "C"}}, 'no text as "name"'),
        ({"operations": ["key.parse"]}, '"operations" of hello is an array'),
        ({"operations": {"key.parse": True}}, "a boolean for key.parse"),
        ({"features": "aad"}, '"features" of hello is not'),
        ({"features": [1]}, '"features" of hello is not'),
        ({"inject": {"rng": "yes"}}, '"inject" of hello is not'),
        ({"reasons": "codes"}, '"reasons" of hello is "codes"'),
        ({"reasons": None}, '"reasons" of hello is null'),
        ({"limits": {"parallel": 0}}, '"limits" of hello is not'),
        ({"limits": {"parallel": True}}, '"limits" of hello is not'),
        ({"limits": []}, '"limits" of hello is not'),
    ],
)
def test_a_hello_that_is_none(change: Dict[str, Any], told: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_hello({**HELLO, **change})
    assert told in str(caught.value)


def test_a_hello_without_operations() -> None:
    with pytest.raises(ProtocolError, match='hello has no "operations"'):
        parse_hello({name: value for name, value in HELLO.items() if name != "operations"})
    with pytest.raises(ProtocolError, match="not with an object"):
        parse_hello([])
    with pytest.raises(ProtocolError, match='answered with "unsupported"'):
        hello_of({"id": "1", "unsupported": "hello"})
