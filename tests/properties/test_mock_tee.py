"""Whatever a client sends, the mock answers as a service and never fails by itself."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any, Dict, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.mock_tee.log import Request
from conformance.mock_tee.refusals import Reply
from conformance.mock_tee.service import Service, Settings, Stream
from tests.unit.conformance.talk import e2ee_headers
from venice_ref.e2ee.envelope import seal_text

SERVICE = Service(Settings(seed="properties"))
KEY = SERVICE.enclave.key.public_key
SEALED = seal_text(KEY, "[1, 2]")

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.text(max_size=8), st.just(SEALED)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["type", "text", "role", "x"]), inner, max_size=3),
    ),
    max_leaves=6,
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "system", "tool"])}, optional={"content": VALUES}
    ),
    max_size=3,
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "model": st.one_of(st.sampled_from(list(SERVICE.models)), VALUES),
        "messages": st.one_of(MESSAGES, VALUES),
        "stream": st.one_of(st.just(True), VALUES),
        "tools": VALUES,
        "venice_parameters": VALUES,
    },
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        name: st.one_of(st.just(value), st.text(max_size=8))
        for name, value in list(e2ee_headers(KEY).items())[1:]
    },
)


def _ask(
    method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = MappingProxyType({})
) -> None:
    request = Request(0, method, path, tuple(headers.items()), body)
    answer = SERVICE.answer(request, 1)
    if isinstance(answer, Stream):
        sent = b"".join(step for step in answer.steps if isinstance(step, bytes))
        assert b"data: [DONE]\n\n" in sent
    else:
        assert isinstance(answer, Reply)
        assert answer.status in (200, 400, 404, 405, 421)


@settings(max_examples=150, deadline=None)
@given(body=BODIES, headers=HEADERS)
def test_any_chat_request_is_answered(body: Dict[str, Any], headers: Dict[str, str]) -> None:
    _ask("POST", "/api/v1/chat/completions", json.dumps(body).encode(), headers)


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=40))
def test_any_bytes_are_answered(body: bytes) -> None:
    _ask("POST", "/api/v1/chat/completions", body)


@settings(max_examples=100, deadline=None)
@given(
    path=st.sampled_from(["/models", "/tee/attestation", "/tee/signature", "/x", ""]),
    query=st.text(alphabet="model=e2ee-mock&nonce=ab%[]?;0", max_size=40),
    nonce=st.one_of(st.just("ab" * 32), st.text(alphabet="abz0%", max_size=70)),
)
def test_any_query_is_answered(path: str, query: str, nonce: str) -> None:
    _ask("GET", f"/api/v1{path}?{query}")
    _ask("GET", f"/api/v1{path}?model=e2ee-mock&request_id=x&nonce={nonce}")
    _ask("GET", f"//[{query}")
