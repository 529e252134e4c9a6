from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venice_ref.errors import ServerError
from venice_ref.net.refusals import (
    parse_error_body,
    parse_retry_after,
    server_error,
    without_plaintext,
)
from venice_ref.spec import SERVER_ERROR_KINDS

NOW = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
PROMPT = "canary prompt: the quick brown fox"
HEX_130 = "04" + "ab" * 64


def openai(message: str, kind: str = "bad_request", code: Optional[str] = None) -> str:
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return json.dumps(body)


# status, path, body -> kind  [NET-8]; the texts stand in the protocol notes, 2.2 to 2.6 and 4.
CASES = [
    (400, "/chat/completions", openai("Encrypted field is not valid hex"), "encryption_rejected"),
    (400, "/chat/completions", openai("Decryption failed"), "encryption_rejected"),
    (400, "/chat/completions", openai("E2EE decryption failed"), "encryption_rejected"),
    (400, "/chat/completions", openai("x", "e2ee_decryption_failed"), "encryption_rejected"),
    (400, "/chat/completions", openai("Failed to decrypt field"), "encryption_rejected"),
    (
        400,
        "/chat/completions",
        '{"error":"Encrypted message content must be hex-encoded"}',
        "encryption_rejected",
    ),
    (400, "/chat/completions", openai("Invalid E2EE headers: x"), "headers_rejected"),
    (400, "/chat/completions", openai("Invalid public key"), "headers_rejected"),
    (400, "/chat/completions", openai("Unsupported signing algorithm"), "headers_rejected"),
    (400, "/chat/completions", openai("x", "e2ee_invalid_public_key"), "headers_rejected"),
    (421, "/chat/completions", openai("The encryption key is no longer valid."), "stale_key"),
    (421, "/chat/completions", "", "stale_key"),
    (400, "/chat/completions", openai("x", "e2ee_model_key_mismatch"), "stale_key"),
    (400, "/chat/completions", openai("x", code="e2ee_model_key_mismatch"), "stale_key"),
    (
        400,
        "/chat/completions",
        openai("X-Model-Pub-Key does not match this ACI service"),
        "stale_key",
    ),
    (401, "/models", '{"error":"Authentication failed"}', "authentication"),
    (403, "/models", "", "authentication"),
    (402, "/chat/completions", '{"x402Version":1,"accepts":[]}', "payment"),
    (404, "/tee/attestation", '{"error":"Specified model not found"}', "not_found"),
    (400, "/tee/signature", '{"error":"Request ID is invalid."}', "not_found"),
    (400, "/tee/signature", '{"error":"x","code":"REQUEST_ID_NOT_FOUND"}', "not_found"),
    (429, "/tee/attestation", '{"error":"Rate limit exceeded."}', "rate_limited"),
    (502, "/tee/attestation", '{"error":"x","code":"TEE_ATTESTATION_FAILED"}', "tee_unavailable"),
    (502, "/tee/attestation", "<html>502 Bad Gateway</html>", "tee_unavailable"),
    (502, "/tee/signature", '{"error":{"code":"TEE_SIGNATURE_FAILED"}}', "tee_unavailable"),
    (400, "/chat/completions", '{"error":"Invalid request parameters"}', "bad_request"),
    (413, "/chat/completions", "", "bad_request"),
    (500, "/chat/completions", '{"error":"Inference processing failed"}', "server"),
    (503, "/chat/completions", "<!DOCTYPE html>", "server"),
    (200, "/chat/completions", openai("overloaded", "model_overloaded"), "server"),
    (204, "/tee/attestation", "", "server"),
]


@pytest.mark.parametrize(("status", "path", "body", "kind"), CASES)
def test_kinds_are_told_apart(status: int, path: str, body: str, kind: str) -> None:
    error = server_error(status, body.encode(), path=path, now=NOW)
    assert (error.kind, error.status, error.rule, error.where) == (kind, status, "NET-5", path)


def test_every_kind_occurs_and_none_besides() -> None:
    assert {case[3] for case in CASES} == set(SERVER_ERROR_KINDS)


@pytest.mark.parametrize(
    ("body", "shown", "code"),
    [
        ('{"error":"plain words"}', "plain words", ""),
        (openai("an object", "bad_request"), "an object", "bad_request"),
        (openai("an object", "t", "the_code"), "an object", "the_code"),
        (
            '{"error":"Invalid","details":{},"issues":[{"path":["messages",0],"message":"bad"}]}',
            "Invalid (messages.0: bad)",
            "",
        ),
        ('{"error":"x","issues":[{"path":"y"}]}', "x (: )", ""),
        ('{"error":"x","issues":[7]}', "x", ""),
        ('{"error":"upstream said no","request_id":"r-1"}', "upstream said no (request r-1)", ""),
        ('{"message":"at the top","code":"C"}', "at the top", "C"),
        ('{"error_code":"STREAM_DISCONNECTED","message":"gone"}', "gone", "STREAM_DISCONNECTED"),
        ('{"detail":"in another dialect"}', "in another dialect", ""),
        ('{"error":{"code":7,"message":["x"]}}', "no message", ""),
        ('{"error":null}', "no message", ""),
        ("{}", "no message", ""),
        ("[1]", "a body that is no JSON object", ""),
        ('"x"', "a body that is no JSON object", ""),
        ("", "an empty body", ""),
        (" \r\n ", "an empty body", ""),
        ("<html><h1>502</h1>", "a page of HTML, probably from something in between", ""),
        ('{"error":"cut in the mid', '{"error":"cut in the mid', ""),
        ('{"error":"a","error":"b"}', '{"error":"a","error":"b"}', ""),
        ("Rate limit exceeded.", "Rate limit exceeded.", ""),
    ],
)
def test_every_shape_becomes_one_error(body: str, shown: str, code: str) -> None:
    error = server_error(400, body.encode(), path="/x", now=NOW)
    assert error.message == f"the server answered 400: {shown!r}"
    assert error.code == code


def test_the_servers_text_is_short_and_escaped() -> None:
    hostile = "\x1b[2J\u202e" + "x" * 1000
    error = server_error(400, openai(hostile, "c\x1b" + "y" * 500).encode(), path="/x", now=NOW)
    assert len(error.message) < 300
    assert error.message.isascii()
    assert error.message.isprintable()
    assert error.code == ""


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("E_1.a:b-c", "E_1.a:b-c"),
        ("x" * 64, "x" * 64),
        ("x" * 65, ""),
        ("my secret prompt", ""),
        ("a\n", ""),
        ("caf\u00e9", ""),
    ],
)
def test_a_code_is_shown_where_it_has_the_form_of_one(code: str, shown: str) -> None:
    error = server_error(400, openai("bad", code).encode(), path="/x", now=NOW)
    assert error.code == shown  # [ERR-2]


def test_keys_and_ciphertext_are_not_repeated() -> None:
    text = f"bad key {HEX_130} for canary-key"  # [ERR-2]
    error = server_error(
        400,
        openai(text, "canary-key").encode(),
        path="/x",
        redact=lambda shown: shown.replace("canary-key", "[API key]"),
        now=NOW,
    )
    assert HEX_130[:64] not in error.message
    assert "[130 hex digits]" in error.message
    assert "canary-key" not in error.message + error.code


@pytest.mark.parametrize("status", [401, 402])
def test_the_hint_knows_whether_a_key_was_sent(status: int) -> None:
    without = server_error(status, b"", path="/x", has_api_key=False, now=NOW)
    assert without.hint == "no API key was sent: set VENICE_API_KEY"
    assert server_error(status, b"", path="/x", now=NOW).hint != without.hint


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("17", 17.0),
        (" 3 ", 3.0),
        ("Fri, 24 Apr 2026 01:59:41 GMT", 60.0),
        ("Fri, 24 Apr 2026 01:57:41 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("1_0", None),
        ("\u0661", None),
        ("9" * 30, None),
        ("soon GMT", None),
        ("Fri, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: Optional[float]) -> None:
    assert parse_retry_after(text, NOW) == seconds


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ('{"error":{"message":"m","retry_after":4}}', 4.0),
        ('{"error":"m","retry_after":1.5}', 1.5),
        ('{"error":"m","retry_after":true}', None),
        ('{"error":"m","retry_after":"4"}', None),
        ('{"error":"m","retry_after":-4}', None),
    ],
)
def test_retry_after_may_stand_in_the_body(body: str, seconds: Optional[float]) -> None:
    error = server_error(429, body.encode(), path="/x", now=NOW)
    assert error.retry_after == seconds


def test_the_header_wins_over_the_body() -> None:
    body = b'{"error":"m","retry_after":4}'
    assert server_error(429, body, path="/x", retry_after="9", now=NOW).retry_after == 9.0


def leaky(messages: Any, error: Any) -> str:
    shown = without_plaintext(error, messages)
    assert (shown.kind, shown.status) == (error.kind, error.status)
    return f"{shown.message}{shown.code}"


@pytest.mark.parametrize(
    ("content", "said", "hidden"),
    [
        (PROMPT, f"cannot parse {PROMPT!r}", True),
        (PROMPT, f"near {PROMPT[5:25]}", True),
        (PROMPT, "Inference processing failed", False),
        ("caf\u00e9 \u2192 \U0001f600 and so on", "saw 'caf\\xe9 \\u2192 \\U0001f600 and'", True),
        ("hunter2", "bad word hunter2", True),
        ("a", "a server error", False),
        ("PIN", "'bad input: PIN'", True),
        ("pin", "'bad input: \"PIN\"'", True),
        ("PIN", "'spinning'", False),
        (" ", "'a b'", False),
        (PROMPT, f"cannot parse {PROMPT.upper()!r}", True),
        ("\u00fcber Gr\u00fc\u00dfe", ascii("\u00dcBER GR\u00dcSSE"), True),
        ("it's a \"x\", it's", ascii("saw: it's a \"x\", it's"), True),
        ("text?", "required text/event-stream", False),
        ([{"type": "text", "text": "ok?"}], "required text/event-stream", False),
        ([{"type": "text", "text": PROMPT}], f"cannot parse {PROMPT!r}", True),
        (None, "x", False),
    ],
)
def test_a_server_that_repeats_the_prompt_is_not_quoted(
    content: Any, said: str, hidden: bool
) -> None:
    error = ServerError(said, kind="server", status=500)  # [ERR-2]
    shown = leaky([{"role": "user", "content": content}], error)
    assert (said in shown) is not hidden
    assert not hidden or "not shown" in shown


@settings(max_examples=150)
@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode()))
def test_no_body_makes_it_fail(raw: bytes) -> None:
    parse_error_body(raw)
    error = server_error(500, raw, path="/x", now=NOW)
    assert error.message.isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "code", "type", "issues", "path", "retry_after"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150)
@given(JSON)
def test_no_json_makes_it_fail(value: object) -> None:
    error = server_error(400, json.dumps(value).encode(), path="/x", now=NOW)
    assert error.kind in SERVER_ERROR_KINDS


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_no_retry_after_makes_it_fail(text: str) -> None:
    seconds = parse_retry_after(text, NOW + timedelta(days=1))
    assert seconds is None or seconds >= 0
