from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from venice_ref.codec.sse import ServerEvent
from venice_ref.e2ee.chunk import parse_chunk
from venice_ref.e2ee.server_errors import (
    KIND_BY_CODE,
    KIND_BY_STATUS,
    KIND_BY_TEXT,
    kind_of,
    said,
)
from venice_ref.errors import ServerError
from venice_ref.net.refusals import server_error
from venice_ref.spec import SERVER_ERROR_KINDS

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def in_stream(error: Any) -> ServerError:
    event = ServerEvent("message", json.dumps({"error": error}), "")
    with pytest.raises(ServerError) as caught:
        parse_chunk(event, where="e")
    return caught.value


def as_answer(error: Any) -> ServerError:
    body = json.dumps({"error": error}).encode()
    return server_error(400, body, path="/chat/completions", now=NOW)


@pytest.mark.parametrize(
    "error",
    [
        *({"message": "x", "code": code} for code in KIND_BY_CODE),
        *(text for text, _ in KIND_BY_TEXT),
    ],
    ids=str,
)
def test_an_error_means_the_same_in_a_stream_and_in_an_answer(error: Any) -> None:  # NET-8, STR-4
    assert in_stream(error).kind == as_answer(error).kind
    assert in_stream(error).code == as_answer(error).code


def test_the_tables_have_known_kinds_only() -> None:
    kinds = {*KIND_BY_STATUS.values(), *KIND_BY_CODE.values(), *dict(KIND_BY_TEXT).values()}
    assert kinds | {"bad_request", "server"} == set(SERVER_ERROR_KINDS)
    assert all(text == text.lower() for text, _ in KIND_BY_TEXT)


def test_the_inner_members_come_first() -> None:
    found = said(
        {
            "error": {"message": "", "detail": "inner", "type": "a", "retry_after": 0},
            "message": "outer",
            "code": "b",
            "retry_after": 7,
        }
    )
    assert found == ("inner", ("a", "b"), 0.0)


@pytest.mark.parametrize(
    ("status", "kind"), [(None, "server"), (200, "server"), (400, "bad_request"), (500, "server")]
)
def test_what_nobody_knows(status: Any, kind: str) -> None:
    assert kind_of(status, "/x", "", ()) == kind
