"""Error bodies in every shape: what they mean, how long to wait, and what is never shown."""

from __future__ import annotations

import json
from typing import Any, Dict, Final, Optional, Tuple, Union

from conformance.generate.builder import FileBuilder
from venice_ref.e2ee.server_errors import KIND_BY_CODE, KIND_BY_TEXT

__all__ = ["generate"]

Body = Union[bytes, str, Dict[str, Any]]

_CHAT: Final = "/chat/completions"
_EVIDENCE: Final = "/tee/attestation"
_NOW: Final = "2026-01-01T00:00:00Z"
_HEX: Final = "04" + "ab" * 64
_KEY: Final = "venice-api-key-0123456789"
_PROMPT: Final = "The Canary sings at Noon"

_BY_STATUS: Final[Tuple[Tuple[str, int, str, str, Body, str], ...]] = (
    # slug, status, path, kind, body, why
    ("unauthorized", 401, _CHAT, "authentication", {"error": "Authentication failed."},
     "A wrong API key."),
    ("forbidden", 403, _CHAT, "authentication", b"", "A key without the right."),
    ("payment", 402, _CHAT, "payment",
     {"x402Version": 1, "error": "Payment required", "accepts": []},
     "What a request without any key gets."),
    ("not-found", 404, _EVIDENCE, "not_found", {"error": "Specified model not found."},
     "An unknown model."),
    ("stale-421", 421, _CHAT, "stale_key", b"", "The status alone says that the key is stale."),
    ("rate-limit", 429, _EVIDENCE, "rate_limited", {"error": "Rate limit exceeded."},
     "More than ten requests a minute."),
    ("status-before-code", 429, _CHAT, "rate_limited",
     {"error": {"message": "x", "code": "e2ee_model_key_mismatch"}},
     "A specific status counts before a code."),
    ("status-before-text", 401, _CHAT, "authentication", {"error": "Decryption failed"},
     "And before a text."),
    ("evidence-502", 502, _EVIDENCE, "tee_unavailable", b"<html>502 Bad Gateway</html>",
     "A 5xx where evidence was asked for means that the TEE is not available."),
    ("signature-503", 503, "/tee/signature", "tee_unavailable", b"", "So does one here."),
    ("chat-502", 502, _CHAT, "server", b"<html>502 Bad Gateway</html>",
     "The same status for a chat is a failure of the server."),
    ("chat-500-text", 500, _CHAT, "server", {"error": "Decryption failed"},
     "A text does not make a client's fault of a 5xx."),
    ("chat-500-code", 500, _CHAT, "stale_key",
     {"error": {"message": "x", "type": "e2ee_model_key_mismatch"}}, "A code does."),
    ("path-of-another-name", 502, "/teepee", "server", b"", "The path has to begin with /tee/."),
    ("bad-request", 400, _CHAT, "bad_request", {"error": "Invalid request parameters"},
     "A 4xx that nothing else is known of."),
    ("too-large", 413, _CHAT, "bad_request", b"", "Without any body."),
    ("no-content", 204, _EVIDENCE, "server", b"", "Another 2xx is no answer."),
    ("redirect", 304, _EVIDENCE, "server", b"", "Nor is a 3xx."),
    ("ok-with-error", 200, _CHAT, "server", {"error": {"message": "Overloaded.",
     "type": "model_overloaded"}}, "An error under the status 200."),
    ("ok-with-stale-key", 200, _CHAT, "stale_key",
     {"error": {"message": "x", "code": "e2ee_model_key_mismatch"}},
     "Its code counts there as well."),
)  # fmt: skip

_SHAPES: Final[Tuple[Tuple[str, Body, str, str, str], ...]] = (
    # slug, body, kind, code, why; all with the status 400
    ("text", {"error": "Decryption failed"}, "encryption_rejected", "", "A bare text."),
    ("object", {"error": {"message": "Decryption failed", "type": "bad_request", "param": None,
     "code": None}}, "encryption_rejected", "bad_request", "The object of OpenAI."),
    ("object-at-the-top", {"message": "Decryption failed", "code": "C"}, "encryption_rejected",
     "C", "The same without the member error."),
    ("detail", {"detail": "Decryption failed"}, "encryption_rejected", "", "The shape of FastAPI."),
    ("inner-detail", {"error": {"detail": "Decryption failed"}}, "encryption_rejected", "",
     "Both at once."),
    ("issues", {"error": "Invalid request parameters", "details": {},
     "issues": [{"path": ["messages", 0], "message": "bad"}]}, "bad_request", "",
     "A list of issues."),
    ("request-id", {"error": "Request ID is invalid.", "request_id": "r-1"}, "not_found", "",
     "A text with a request id."),
    ("error-code", {"error_code": "REQUEST_ID_NOT_FOUND", "message": "x"}, "not_found",
     "REQUEST_ID_NOT_FOUND", "The member error_code."),
    ("inner-code-first", {"error": {"message": "x", "code": "A"}, "code": "B", "type": "C"},
     "bad_request", "A", "The inner code is shown before the outer ones."),
    ("code-before-type", {"error": {"type": "invalid_e2ee_request", "code": "INVALID_MODEL"}},
     "not_found", "INVALID_MODEL", "code counts before type."),
    ("known-code-behind", {"error": {"code": "bad", "type": "e2ee_invalid_public_key"}},
     "headers_rejected", "bad", "The first that is known decides; the first is shown."),
    ("code-before-text", {"error": {"message": "Decryption failed",
     "type": "e2ee_invalid_public_key"}}, "headers_rejected", "e2ee_invalid_public_key",
     "A code counts before a text."),
    ("code-in-another-case", {"error": {"message": "x", "code": "model_not_found"}}, "bad_request",
     "model_not_found", "Codes have a case."),
    ("text-in-another-case", {"error": "DECRYPTION FAILED"}, "encryption_rejected", "",
     "Texts have none."),
    ("text-order", {"error": "Invalid public key; the encryption key is no longer valid"},
     "stale_key", "", "The first row of the table decides, and not the first in the text."),
    ("text-of-1000", {"error": "x" * 983 + "decryption failed"}, "encryption_rejected", "",
     "The first 1000 characters are searched."),
    ("text-beyond-1000", {"error": "x" * 984 + "decryption failed"}, "bad_request", "",
     "And no more."),
    ("empty-error-with-message", {"error": "", "message": "Decryption failed"},
     "encryption_rejected", "", "An empty text is passed over."),
    ("plain-text", b"Decryption failed", "encryption_rejected", "", "No JSON at all."),
    ("cut-json", b'{"error":"Decryption failed', "encryption_rejected", "", "Half a JSON text."),
    ("json-text", b'"Decryption failed"', "encryption_rejected", "", "JSON, and no object."),
    ("empty", b"", "bad_request", "", "Nothing."),
    ("white-space", b" \r\n ", "bad_request", "", "White space."),
    ("html", b"<!DOCTYPE html><h1>400</h1>", "bad_request", "", "A page of HTML."),
    ("array", b"[1,2]", "bad_request", "", "An array."),
    ("null", b"null", "bad_request", "", "Null."),
    ("number", b"1e999", "bad_request", "", "A number that no double holds."),
    ("deep", b"[" * 5000, "bad_request", "", "Brackets for the stack of a recursive parser."),
    ("not-utf8", b"\xff\xfe\x00e\x00r", "bad_request", "", "Bytes of another encoding."),
    ("wrong-types", {"error": {"message": ["x"], "code": 7, "type": None}, "detail": {}},
     "bad_request", "", "Members of other types."),
    ("error-array", {"error": [1], "issues": [7], "request_id": 5}, "bad_request", "",
     "An error that is an array."),
    ("error-null", {"error": None, "issues": {}}, "bad_request", "", "An error that is null."),
    ("code-of-64", {"error": {"code": "x" * 64}}, "bad_request", "x" * 64,
     "The longest code that is shown."),
    ("code-of-65", {"error": {"code": "x" * 65}}, "bad_request", "", "A longer one is not."),
    ("code-with-space", {"error": {"code": "my secret prompt"}}, "bad_request", "",
     "What is no code may be anything."),
    ("code-with-line-end", {"error": {"code": "a\n"}}, "bad_request", "",
     "A pattern that ends with $ takes it."),
    ("code-not-ascii", {"error": {"code": "caf\u00e9"}}, "bad_request", "",
     "Letters of other scripts make no code."),
)  # fmt: skip

_WAITS: Final[Tuple[Tuple[str, Optional[str], Body, Optional[int], str], ...]] = (
    # slug, header, body, milliseconds, why
    ("seconds", "17", b"", 17000, "A number of seconds."),
    ("spaces", " 3 ", b"", 3000, "White space around a header says nothing."),
    ("nine-digits", "999999999", b"", 999999999000, "The longest number."),
    ("ten-digits", "1000000000", b"", None, "One digit more is no number of seconds."),
    ("underscore", "1_0", b"", None, "Python's int() takes it for 10."),
    ("arabic-digit", "\u0661", b"", None, "A digit outside ASCII."),
    ("date", "Thu, 01 Jan 2026 00:01:00 GMT", b"", 60000, "An HTTP date."),
    ("date-past", "Thu, 01 Jan 2015 00:01:00 GMT", b"", 0, "One that is over."),
    ("no-date", "Thu, 99 Foo 2026 99:99:99 GMT", b"", None, "What only looks like one."),
    ("body", None, {"error": {"message": "m", "retry_after": 4}}, 4000, "In the inner object."),
    ("body-outer", None, {"error": "m", "retry_after": 1.5}, 1500, "In the outer one."),
    ("body-zero", None, {"error": {"retry_after": 0}, "retry_after": 9}, 0,
     "A test for truth takes 0 for nothing."),
    ("body-true", None, {"error": "m", "retry_after": True}, None, "true is not 1."),
    ("body-text", None, {"error": "m", "retry_after": "4"}, None, "A text is no number."),
    ("body-negative", None, {"error": "m", "retry_after": -4}, None, "Nobody waits backwards."),
    ("body-huge", None, {"error": "m", "retry_after": 1000000000}, None, "Nor for decades."),
    ("header-first", "9", {"error": "m", "retry_after": 4}, 9000, "The header counts first."),
)  # fmt: skip

_LEAKS: Final[Tuple[Tuple[str, str, str], ...]] = (
    # slug, message of the server, why
    ("key", f"bad key {_KEY}", "The server repeats the API key."),
    ("key-in-capitals", f"bad key {_KEY.upper()}", "In another case."),
    ("prompt", f"cannot parse '{_PROMPT}'", "The server repeats the prompt."),
    ("prompt-in-capitals", f"CANNOT PARSE '{_PROMPT.upper()}'", "In another case."),
    ("prompt-cut", f"near '{_PROMPT[3:]}'", "Only a part of it."),
    ("public-key", f"bad point {_HEX}", "130 digits, or a ciphertext, in whole."),
)  # fmt: skip


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for slug, status, path, kind, body, why in _BY_STATUS:
        _add(builder, slug, why, body, kind, status=status, path=path, code=_first_code(body))
    for slug, body, kind, code, why in _SHAPES:
        req = ("NET-8", "ERR-1")
        _add(builder, f"shape-{slug}", f"{why} It has to become one typed error.", body, kind,
             code=code, req=req)  # fmt: skip
    for code, kind in KIND_BY_CODE.items():
        slug = code.lower().replace("_", "-")
        body = {"error": {"message": "x", "code": code}}
        _add(builder, f"code-{slug}", f"The code {code}.", body, kind, code=code)
    for number, (text, kind) in enumerate(KIND_BY_TEXT, 1):
        message = f"Oh: {text.capitalize()}!"
        _add(builder, f"text-{number}", f"The text `{text}`.", {"error": message}, kind)
    for slug, header, body, wait, why in _WAITS:
        _add(builder, f"wait-{slug}", why, body, "rate_limited", status=429, header=header,
             wait=wait)  # fmt: skip
    _in_stream(builder)
    _leaks(builder)


def _in_stream(builder: FileBuilder) -> None:
    """Errors inside a stream, which have no status, are read with the same tables."""
    for slug, error, kind, code, wait, why in (
        (
            "overloaded",
            {"message": "Overloaded.", "code": "model_overloaded", "retry_after": 5},
            "server",
            "model_overloaded",
            5000,
            "The error that the service sends most.",
        ),
        (
            "stale",
            {"message": "x", "type": "e2ee_model_key_mismatch"},
            "stale_key",
            "e2ee_model_key_mismatch",
            None,
            "A code of the tables.",
        ),
        ("text", "E2EE decryption failed", "encryption_rejected", "", None, "A text of them."),
        ("rate", "Rate limit exceeded.", "rate_limited", "", None, "And another."),
        ("unknown", "content blocked", "server", "", None, "What is not known is the server's."),
        ("false", False, "server", "", None, "An error that says nothing."),
    ):
        _add(builder, f"stream-{slug}", why, {"error": error}, kind, status=None, code=code,
             wait=wait, req=("NET-8", "STR-4"))  # fmt: skip


def _leaks(builder: FileBuilder) -> None:
    secrets = {
        "api_key": _KEY,
        "api_key_capitals": _KEY.upper(),
        "prompt": _PROMPT,
        "prompt_capitals": _PROMPT.upper(),
        "prompt_part": _PROMPT[3:],
        "public_key": _HEX,
    }
    for slug, message, why in _LEAKS:
        for status in (400, 500):
            _add(
                builder, f"leak-{slug}-{status}", f"{why} No text of the error may hold it.",
                {"error": message}, "server" if status == 500 else "bad_request", status=status,
                req=("ERR-2",), secrets=secrets,
            )  # fmt: skip
    _add(
        builder, "leak-in-code", "A code that is the key is not shown either.",
        {"error": {"message": "x", "code": _KEY}}, "bad_request", req=("ERR-2",), secrets=secrets,
    )  # fmt: skip


def _first_code(body: Body) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ""
    return str(error.get("code") or error.get("type") or "")


def _add(
    builder: FileBuilder,
    slug: str,
    why: str,
    body: Body,
    kind: str,
    *,
    status: Optional[int] = 400,
    path: str = _CHAT,
    code: str = "",
    header: Optional[str] = None,
    wait: Optional[int] = None,
    req: Tuple[str, ...] = ("NET-8",),
    secrets: Optional[Dict[str, str]] = None,
) -> None:
    raw = json.dumps(body, separators=(",", ":")) if isinstance(body, dict) else body
    given: Dict[str, Any] = {
        "status": status,
        "path": path,
        "body": (raw.encode("utf-8") if isinstance(raw, str) else raw).hex(),
        "now": _NOW,
    }
    if header is not None:
        given["retry_after"] = header
    if secrets is not None:
        given["secrets"] = secrets
    out: Dict[str, Any] = {
        "kind": kind,
        "status": status,
        "code": code,
        "retry_after_ms": wait,
        "shown": [],
    }
    builder.accept(slug, why, req=req, given=given, out=out, critical=secrets is not None)
