from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venice_ref.errors import MalformedError, TransportError, UsageError
from venice_ref.net.url import (
    is_query,
    parse_base_url,
    percent_decode,
    percent_encode,
    redirect_target,
    request_target,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://api.venice.ai/api/v1", "https://api.venice.ai/api/v1"),
        ("https://api.venice.ai/api/v1///", "https://api.venice.ai/api/v1"),
        ("HTTPS://API.Venice.AI:443", "https://api.venice.ai"),
        ("https://example.org:8443/v1", "https://example.org:8443/v1"),
        ("http://127.0.0.1:8080/api/v1", "http://127.0.0.1:8080/api/v1"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://localhost:80/", "http://localhost"),
        ("http://[::1]:9/x", "http://[::1]:9/x"),
        ("https://[2001:db8::1]/", "https://[2001:db8::1]"),
    ],
)
def test_a_base_url_is_https_or_loopback(text: str, shown: str) -> None:
    assert str(parse_base_url(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "http://api.venice.ai/api/v1",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.1/",
        "http://127.0.0.01/",
        "http://[::ffff:127.0.0.1]/",
        "http://10.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https://user:secret-word@example.org/",
        "https://example.org/?key=secret-word",
        "https://example.org/#secret-word",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://example.org:8_0/",
        "https://exa mple.org/",
        "https://example.org/\r\nX: y",
        "https://example.org/v1\n",
        "https://example.org\\@evil.example/",
        "https://b\u00fccher.example/",
        "https://",
        "api.venice.ai",
        "",
        None,
        b"https://example.org",
    ],
)
def test_any_other_base_url_is_refused_and_not_repeated(text: Any) -> None:
    with pytest.raises(UsageError) as caught:
        parse_base_url(text)
    of_another_scheme = isinstance(text, str) and text.startswith(("http://", "ftp://"))
    assert caught.value.rule == ("NET-1" if of_another_scheme else "NET-17")
    assert "secret-word" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("e2ee-model_1.5~x", "e2ee-model_1.5~x"),
        ("a b&c=d/e?f#g", "a%20b%26c%3Dd%2Fe%3Ff%23g"),
        ("\u00e9\U0001f600", "%C3%A9%F0%9F%98%80"),
        ("100%\r\n", "100%25%0D%0A"),
    ],
)
def test_components_are_percent_encoded(text: str, encoded: str) -> None:
    assert percent_encode(text) == encoded  # [REQ-9]


def test_a_lone_surrogate_cannot_be_encoded() -> None:
    with pytest.raises(UsageError):
        percent_encode("\ud800")


@pytest.mark.parametrize(
    ("encoded", "text"),
    [("", ""), ("a-._~b", "a-._~b"), ("%2b%2B%20%0A", "++ \n"), ("/=%2F%3d", "/=/="), ("%25", "%")],
)
def test_percent_encoding_is_taken_off(encoded: str, text: str) -> None:
    assert percent_decode(encoded) == text


@pytest.mark.parametrize(
    "encoded",
    ["+", " ", "%", "%2", "%2G", "% 2", "%+2", "a\n", "%80", "%C3%A9", "\u00e9", "%\uff12\uff10"],
)
def test_what_is_not_percent_encoded_ascii_is_malformed(encoded: str) -> None:
    with pytest.raises(MalformedError) as caught:
        percent_decode(encoded, where="header", rule="NET-11")
    assert (caught.value.rule, caught.value.where) == ("NET-11", "header")


@pytest.mark.parametrize("text", ["", "a=b&c=d", "x=%20/?"])
def test_a_query_is_taken_as_it_is(text: str) -> None:
    assert is_query(text)


@pytest.mark.parametrize("text", ["a b", "a#b", "a\r\n", "\u00e9", "a\n"])
def test_what_a_query_cannot_hold_is_seen(text: str) -> None:
    assert not is_query(text)


@settings(max_examples=200)
@given(st.text(max_size=60) | st.from_regex(r"https?://[a-z0-9.:@\[\]/?#%\\\\-]*", fullmatch=True))
def test_no_text_makes_it_fail(text: str) -> None:
    try:
        url = parse_base_url(text)
    except UsageError:
        return
    assert url.scheme == "https" or url.is_loopback
    assert parse_base_url(str(url)) == url


BASE = parse_base_url("https://example.org/v1")


def test_the_target_of_a_request() -> None:
    assert request_target(BASE, "/a", {}) == "/v1/a"
    assert request_target(BASE, "/a", {"x": "1 2", "y": "&"}) == "/v1/a?x=1%202&y=%26"


@pytest.mark.parametrize(
    ("method", "location", "followed", "rule"),
    [
        ("POST", "/x", 0, "NET-18"),
        ("GET", "/x", 3, "NET-19"),
        ("GET", "https://example.org:444/x", 0, "NET-2"),
        ("GET", "/a\tb", 0, "NET-2"),
        ("GET", "", 0, "NET-2"),
    ],
)
def test_a_redirect_that_is_refused(method: str, location: str, followed: int, rule: str) -> None:
    with pytest.raises(TransportError) as caught:
        redirect_target(BASE, method, "/v1/a", location, followed=followed)
    assert caught.value.rule == rule


def test_a_redirect_that_is_followed() -> None:
    assert redirect_target(BASE, "GET", "/v1/a/b", "../c?d#e", followed=2) == "/v1/c?d"
