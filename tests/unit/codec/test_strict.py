from __future__ import annotations

import base64
from datetime import datetime, timezone
from typing import Any, Callable

import pytest

from venice_ref.codec.strict import (
    decode_base64,
    decode_base64url,
    decode_digits,
    decode_hex,
    decode_utf8,
    excerpt,
    parse_rfc3339,
)
from venice_ref.errors import MalformedError

LONG = 1_000_000


def refused(function: Callable[..., object], *arguments: Any, **named: Any) -> str:
    """Return the message of the refusal, which carries the place and the rule that were given."""
    with pytest.raises(MalformedError) as error:
        function(*arguments, where="here", rule="ATT-1", **named)
    assert (error.value.where, error.value.rule) == ("here", "ATT-1")
    assert error.value.message.isprintable()
    assert len(error.value.message) < 300
    assert error.value.__cause__ is None
    return error.value.message


# --- Excerpt ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "'plain'"),
        ("it's", '"it\'s"'),
        ("", "''"),
        ("\x1b[31mred\r\n\t\0", "'\\x1b[31mred\\r\\n\\t\\x00'"),
        ("\u202egnp.exe", "'\\u202egnp.exe'"),
        ("\u00e9\U0001f600", "'\\xe9\\U0001f600'"),
        ("\ud800", "'\\ud800'"),
        ("x" * 60, "'" + "x" * 60 + "'"),
        ("x" * 61, "'" + "x" * 60 + "'... (61 characters)"),
        (5, "'5'"),
        (None, "'None'"),
        (["a"], "\"['a']\""),
        (b"\xff", "\"b'\\\\xff'\""),
    ],
)
def test_excerpt(value: object, shown: str) -> None:  # ERR-2
    assert excerpt(value) == shown
    assert shown.isascii()
    assert shown.isprintable()


def test_excerpt_with_a_limit() -> None:
    assert excerpt("abcdef", 3) == "'abc'... (6 characters)"


# --- UTF-8 --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "a", "\u00e9\u20ac\U0001f600", "\x00", "\ufeffa", "\uffff\U0010ffff"]
)
def test_utf8(text: str) -> None:
    assert decode_utf8(text.encode("utf-8")) == text


@pytest.mark.parametrize(
    ("raw", "position"),
    [
        (b"\x80", 0),
        (b"ab\xff", 2),
        (b"\xc0\x80", 0),
        (b"\xe0\x80\xaf", 0),
        (b"\xf0\x80\x80\xaf", 0),
        (b"\xed\xa0\x80", 0),
        (b"\xf4\x90\x80\x80", 0),
        (b"a\xe2\x82", 1),
        (b"\xf8\x88\x80\x80\x80", 0),
    ],
)
def test_what_is_not_utf8(raw: bytes, position: int) -> None:
    assert refused(decode_utf8, raw) == f"not valid UTF-8 at byte {position}"


# --- Hex and digits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "raw"),
    [("", b""), ("00ff", b"\x00\xff"), ("00FF", b"\x00\xff"), ("aBcD", b"\xab\xcd")],
)
def test_hex(text: str, raw: bytes) -> None:
    assert decode_hex(text) == raw
    assert decode_hex(text, size=len(raw)) == raw
    assert decode_hex(text, max_size=len(raw)) == raw
    for prefix in ("", "0x", "0X"):
        assert decode_hex(prefix + text, allow_0x=True, size=len(raw)) == raw


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "abc",
        "0x00",
        "0X00",
        " 00",
        "00 ",
        "00\n",
        "0 0 ",
        "00 00",
        "0_00",
        "+0",
        "-1",
        "gg",
        "\u0661\u0661",
        "\uff11\uff11",
        "\u00b2\u00b2",
        "00\x00\x00",
        "\ud8000",
        None,
        5,
        True,
        b"00",
        ["00"],
    ],
)
def test_what_is_not_hex(text: object) -> None:
    refused(decode_hex, text)
    refused(decode_hex, text, quote=False)


@pytest.mark.parametrize("text", ["0x0x00", "x00", "0x0", "00x0", "0x 00", "0x"])
def test_one_prefix_at_most(text: str) -> None:
    if text == "0x":
        assert decode_hex(text, allow_0x=True) == b""
    else:
        refused(decode_hex, text, allow_0x=True)


def test_the_size_of_hex() -> None:
    assert refused(decode_hex, "0011", size=3) == "4 hex digits, required 6"
    assert refused(decode_hex, "0011", size=1) == "4 hex digits, required 2"
    assert refused(decode_hex, "0011", max_size=1) == "4 hex digits, at most 2"
    assert refused(decode_hex, "0x0011", max_size=1, allow_0x=True) == "4 hex digits, at most 2"


@pytest.mark.parametrize("text", ["my secret", "secret", ["secret"]])
def test_hex_that_is_not_quoted(text: object) -> None:  # ERR-2
    assert "secret" in refused(decode_hex, text) or text == "my secret"
    assert "secret" not in refused(decode_hex, text, quote=False)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("007", 7), ("123456789", 123456789)])
def test_digits(text: str, number: int) -> None:
    assert decode_digits(text, max_digits=9) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1_0",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1\n",
        "1.0",
        "1e3",
        "0x1",
        "\u0661",
        "\uff11",
        "\u00b2",
        "1234567890",
        "9" * LONG,
    ],
)
def test_what_are_not_digits(text: str) -> None:
    refused(decode_digits, text, max_digits=9)


# --- Base64 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [b"", b"a", b"ab", b"abc", b"\xfb\xff\xfe", bytes(range(256))])
def test_base64(raw: bytes) -> None:
    assert decode_base64(base64.b64encode(raw).decode(), max_size=256) == raw
    padded = base64.urlsafe_b64encode(raw).decode()
    assert decode_base64url(padded, max_size=256) == raw
    assert decode_base64url(padded.rstrip("="), max_size=256) == raw


NOT_BASE64 = [
    "A",
    "AAAAA",
    "A===",
    "====",
    "=",
    "==",
    "AA=A",
    "=AAA",
    "AA==AA==",
    "AAAA====",
    "A$==",
    "AA A",
    "AAAA\n",
    "\nAAAA",
    "AA\u0661A",
    "AAA\x00",
    "AA.A",
]


@pytest.mark.parametrize("text", [*NOT_BASE64, "AA", "AAA", "-_-_", "AAA-"])
def test_what_is_not_base64(text: str) -> None:
    refused(decode_base64, text, max_size=100)


@pytest.mark.parametrize("text", [*NOT_BASE64, "AA=", "+/+/", "AAA+"])
def test_what_is_not_base64url(text: str) -> None:
    refused(decode_base64url, text, max_size=100)


@pytest.mark.parametrize("text", ["AB==", "AAB=", "//==", "AP=="])
def test_base64_in_another_form(text: str) -> None:
    assert refused(decode_base64, text, max_size=100) == "not canonical base64"
    url = text.replace("/", "_")
    assert refused(decode_base64url, url, max_size=100) == "not canonical base64"
    assert refused(decode_base64url, url.rstrip("="), max_size=100) == "not canonical base64"


def test_the_size_of_base64() -> None:
    for size in range(1, 9):
        text = base64.b64encode(bytes(size)).decode()
        assert decode_base64(text, max_size=size) == bytes(size)
        if size > 1:
            assert refused(decode_base64, text, max_size=size - 1)
    assert "more than 10 bytes" in refused(decode_base64, "A" * LONG, max_size=10)
    assert "more than 10 bytes" in refused(decode_base64url, "A" * LONG, max_size=10)


# --- Time ---------------------------------------------------------------------------------------


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[misc,arg-type] # the parts are few


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-04-24T01:58:41Z", utc(2026, 4, 24, 1, 58, 41)),
        ("2026-04-24T01:58:41+00:00", utc(2026, 4, 24, 1, 58, 41)),
        ("2026-04-24T01:58:41-00:00", utc(2026, 4, 24, 1, 58, 41)),
        ("2026-04-24T01:58:41+02:00", utc(2026, 4, 23, 23, 58, 41)),
        ("2026-04-24T01:58:41-05:30", utc(2026, 4, 24, 7, 28, 41)),
        ("2026-04-24T01:58:41.5Z", utc(2026, 4, 24, 1, 58, 41, 500_000)),
        ("2026-04-24T01:58:41.123456Z", utc(2026, 4, 24, 1, 58, 41, 123_456)),
        ("2026-04-24T01:58:41.123456789Z", utc(2026, 4, 24, 1, 58, 41, 123_456)),
        ("2024-02-29T00:00:00Z", utc(2024, 2, 29)),
        ("0001-01-01T00:00:00Z", utc(1, 1, 1)),
        ("9999-12-31T23:59:59.999999Z", utc(9999, 12, 31, 23, 59, 59, 999_999)),
    ],
)
def test_rfc3339(text: str, moment: datetime) -> None:
    found = parse_rfc3339(text)
    assert found == moment
    assert found.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-04-24",
        "2026-04-24T01:58Z",
        "2026-04-24T01:58:41",
        "2026-04-24t01:58:41z",
        "2026-04-24 01:58:41Z",
        "2026-04-24T01:58:41z",
        "2026-04-24T01:58:41.Z",
        "2026-04-24T01:58:41,5Z",
        "2026-04-24T01:58:41.1234567890Z",
        "2026-04-24T01:58:41+0200",
        "2026-04-24T01:58:41+02",
        "2026-4-24T01:58:41Z",
        "26-04-24T01:58:41Z",
        "+2026-04-24T01:58:41Z",
        "2026-04-24T01:58:41Z\n",
        " 2026-04-24T01:58:41Z",
        "\u0662026-04-24T01:58:41Z",
        "2026-04-24T01:58:41ZZ",
        "20260424T015841Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-04-24T24:00:00Z",
        "2026-04-24T00:60:00Z",
        "2026-12-31T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "2026-04-24T01:58:41+24:00",
        "2026-04-24T01:58:41+00:60",
        "2026-04-24T01:58:41-99:99",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "9" * LONG,
    ],
    ids=lambda text: text[:40],
)
def test_what_is_not_rfc3339(text: str) -> None:
    refused(parse_rfc3339, text)
