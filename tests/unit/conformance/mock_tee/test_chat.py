"""The honest conversation, and every refusal of an honest service."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Iterator, List, Optional

import pytest

from conformance.mock_tee.server import MockTee
from tests.unit.conformance.talk import (
    CLIENT,
    Got,
    chat,
    e2ee_headers,
    key_of,
    raw_exchange,
    sealed,
    send,
)
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import seal, seal_text

ENVELOPE_DIGITS = 186


@pytest.fixture(scope="module")
def tee() -> Iterator[MockTee]:
    with MockTee(seed="chat") as tee:
        yield tee
    assert tee.failures == []


def _message(got: Got) -> str:
    error = got.json["error"]
    return str(error["message"] if isinstance(error, dict) else error)


# --- The honest answer --------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["e2ee-mock", "e2ee-mock-p", "e2ee-mock-aci"])
def test_the_enclave_reads_the_prompt_and_nobody_else(tee: MockTee, model: str) -> None:
    got = chat(tee, sealed(key_of(tee), ("user", f"canary in {model}")), model=model)
    assert got.status == 200
    assert got.text().endswith(f"CANARY IN {model.upper()}")
    assert f"canary in {model}".encode() not in tee.log.wire()
    assert b"CANARY" not in got.body
    assert tee.log.prompts[-1] == [{"role": "user", "content": f"canary in {model}"}]


def test_the_form_of_the_stream(tee: MockTee) -> None:
    got = chat(tee)
    assert got.headers["Content-Type"].startswith("text/event-stream")
    assert got.headers["x-venice-tee"] == "true"
    assert got.headers["x-venice-tee-provider"] == "near-ai"
    assert got.complete
    assert got.events[-1] == "[DONE]"
    assert got.chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert got.chunks[-2]["choices"][0] == {
        "index": 0,
        "delta": {},
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert got.chunks[-1]["choices"] == []
    assert got.chunks[-1]["usage"]["total_tokens"] > 0
    assert len({(chunk["id"], chunk["model"], chunk["created"]) for chunk in got.chunks}) == 1
    assert all(
        len(digits) >= ENVELOPE_DIGITS and digits == digits.lower() for digits in got.deltas()
    )


def test_one_ephemeral_key_for_each_field_or_for_the_whole_answer(tee: MockTee) -> None:
    fresh = {digits[:130] for digits in chat(tee, model="e2ee-mock").deltas()}
    shared = chat(tee, model="e2ee-mock-p").deltas()
    assert len(fresh) > 3
    assert len({digits[:130] for digits in shared}) == 1
    assert len({digits[130:154] for digits in shared}) == len(shared)


def test_quirks_of_the_other_provider(tee: MockTee) -> None:
    got = chat(tee, model="e2ee-mock-p")
    assert got.chunks[0]["choices"][0]["delta"] == {"role": "assistant"}
    assert got.headers["x-venice-tee-provider"] == "phala"
    assert got.body.count(b"\n\n\n") == len(got.events)


def test_reasoning_is_encrypted_and_apart(tee: MockTee) -> None:
    got = chat(tee, model="e2ee-mock-r")
    assert got.text("reasoning_content") == "They sent text, I answer."
    assert got.text().endswith("HELLO")


def test_knobs() -> None:
    with MockTee(reply="yes", chunks=5, reasoning="why not", chunk_delay=0.001) as tee:
        got = chat(tee)
        assert len(got.deltas()) == 5
        assert got.text() == "yesyes"
        assert got.text("reasoning_content") == "why not"


def test_the_reply_can_be_a_function_of_the_messages() -> None:
    with MockTee(reply=lambda messages: f"{len(messages)} of them") as tee:
        assert (
            chat(tee, sealed(key_of(tee), ("user", "a"), ("assistant", "b"))).text() == "2 of them"
        )


def test_every_role_is_opened_and_null_content_passes(tee: MockTee) -> None:
    key = key_of(tee)
    roles = ("system", "developer", "user", "assistant", "tool")
    messages = sealed(key, *((role, f"from {role}") for role in roles))
    chat(tee, [*messages, {"role": "assistant", "content": None}, {"role": "assistant"}])
    assert tee.log.prompts[-1] == [
        *({"role": role, "content": f"from {role}"} for role in roles),
        {"role": "assistant", "content": None},
        {"role": "assistant"},
    ]


def test_a_json_array_is_restored(tee: MockTee) -> None:
    parts = [{"type": "text", "text": "look"}]
    for text in (json.dumps(parts), "[not an array", '{"an": "object"}'):
        chat(tee, sealed(key_of(tee), ("user", text)))
        expected: Any = parts if text.startswith("[{") else text
        assert tee.log.prompts[-1][0]["content"] == expected


def test_other_spellings_of_the_keys_and_the_ciphertext(tee: MockTee) -> None:
    headers = e2ee_headers(key_of(tee))
    headers["X-Venice-TEE-Model-Pub-Key"] = bytes(key_of(tee)).hex()[2:].upper()
    headers["X-Venice-TEE-Client-Pub-Key"] = bytes(CLIENT.public_key).hex().upper()
    upper = seal_text(key_of(tee), "hello").upper()
    assert chat(tee, [{"role": "user", "content": upper}], headers=headers).status == 200
    prefixed = [{"role": "user", "content": "0x" + seal_text(key_of(tee), "hello")}]
    assert chat(tee, prefixed, model="e2ee-mock-aci").status == 200
    assert chat(tee, prefixed, model="e2ee-mock").status == 400


# --- Plaintext ----------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [0, 1, 2, 3])
def test_without_all_headers_the_service_answers_in_plaintext(tee: MockTee, missing: int) -> None:
    names = list(e2ee_headers(key_of(tee)))[1:]
    headers = e2ee_headers(key_of(tee))
    for name in names if missing == 3 else [names[missing]]:
        del headers[name]
    got = chat(tee, [{"role": "user", "content": "hello"}], headers=headers)
    assert got.status == 200
    assert "".join(got.deltas()).endswith("HELLO")


def test_enable_e2ee_false_switches_encryption_off(tee: MockTee) -> None:
    clear = [{"role": "user", "content": "hello"}]
    got = chat(tee, clear, venice_parameters={"enable_e2ee": False})
    assert "".join(got.deltas()).endswith("HELLO")
    assert chat(tee, clear, venice_parameters={"enable_e2ee": True}).status == 400


def test_plaintext_without_streaming(tee: MockTee) -> None:
    got = chat(
        tee, [{"role": "user", "content": "hello"}], headers={}, stream=False, model="plain-mock"
    )
    assert got.json["object"] == "chat.completion"
    assert got.json["choices"][0]["message"]["content"].endswith("HELLO")
    assert "x-venice-tee" not in got.headers


def test_the_guides_reading_of_roles() -> None:
    with MockTee(roles="user-and-system") as tee:
        encrypted = sealed(key_of(tee), ("system", "be brief"), ("user", "hello"))
        clear = {"role": "assistant", "content": "in the clear"}
        assert chat(tee, [*encrypted, clear]).status == 200
        assert tee.log.prompts[-1][2] == clear
        assert chat(tee, [{"role": "user", "content": "in the clear"}]).status == 400


# --- Refusals -----------------------------------------------------------------------------------

NEAR = {"type": "bad_request", "param": None, "code": None}
PHALA = {"type": "e2ee_decryption_failed", "code": None, "param": None}


@pytest.mark.parametrize(
    ("model", "content", "error"),
    [
        ("e2ee-mock", "in the clear", {"message": "Encrypted field is not valid hex", **NEAR}),
        ("e2ee-mock", "ab" * 93 + "a", {"message": "Encrypted field is not valid hex", **NEAR}),
        ("e2ee-mock", "ab" * 92, {"message": "Decryption failed", **NEAR}),
        ("e2ee-mock", "ab" * 93, {"message": "Decryption failed", **NEAR}),
        ("e2ee-mock-p", "in the clear", {"message": "E2EE decryption failed", **PHALA}),
        ("e2ee-mock-p", "ab" * 93, {"message": "E2EE decryption failed", **PHALA}),
        ("e2ee-mock-p", "", {"message": "E2EE decryption failed", **PHALA}),
        ("e2ee-mock-p", None, {"message": "E2EE decryption failed", **PHALA}),
        ("e2ee-mock-aci", "in the clear", {"message": "E2EE decryption failed", **PHALA}),
    ],
)
def test_what_does_not_open_is_refused(
    tee: MockTee, model: str, content: Optional[str], error: Dict[str, Any]
) -> None:
    got = chat(tee, [{"role": "user", "content": content}], model=model)
    assert (got.status, got.json) == (400, {"error": error})


def test_a_message_for_another_key_is_refused(tee: MockTee) -> None:
    other = PrivateKey.from_bytes(bytes(31) + b"\x09").public_key
    got = chat(tee, sealed(other, ("user", "hello")))
    assert (got.status, _message(got)) == (400, "Decryption failed")


def test_bytes_that_are_no_text_are_refused(tee: MockTee) -> None:
    blob = seal(key_of(tee), b"\xff\xfe").hex()
    got = chat(tee, [{"role": "user", "content": blob}])
    assert (got.status, _message(got)) == (400, "Decrypted content is not valid UTF-8")
    got = chat(tee, [{"role": "user", "content": blob}], model="e2ee-mock-p")
    assert (got.status, _message(got)) == (400, "E2EE decryption failed")


def test_providers_differ_about_empty_and_array_content(tee: MockTee) -> None:
    clear_parts = [{"type": "text", "text": "in the clear"}]
    assert chat(tee, [{"role": "user", "content": ""}]).status == 200
    assert chat(tee, [{"role": "user", "content": clear_parts}]).status == 200
    assert chat(tee, [{"role": "user", "content": clear_parts}], model="e2ee-mock-p").status == 400
    parts = [{"type": "text", "text": seal_text(key_of(tee), "hello")}, {"type": "image_url"}]
    assert chat(tee, [{"role": "user", "content": parts}], model="e2ee-mock-p").status == 200


def test_a_second_system_message_gets_the_misleading_error(tee: MockTee) -> None:
    for model, text in (
        ("e2ee-mock", "Decryption failed"),
        ("e2ee-mock-p", "E2EE decryption failed"),
    ):
        messages = sealed(key_of(tee), ("system", "a"), ("system", "b"), ("user", "c"))
        got = chat(tee, messages, model=model)
        assert (got.status, _message(got)) == (400, text)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("X-Venice-TEE-Signing-Algo", "ed25519", "Unsupported signing algorithm"),
        ("X-Venice-TEE-Client-Pub-Key", "05" + "ab" * 64, "Invalid E2EE headers: "),
        ("X-Venice-TEE-Client-Pub-Key", "04" + "ab" * 63, "Invalid E2EE headers: "),
        ("X-Venice-TEE-Client-Pub-Key", "zz" * 65, "Invalid E2EE headers: "),
        ("X-Venice-TEE-Client-Pub-Key", "", "Invalid E2EE headers: "),
        ("X-Venice-TEE-Client-Pub-Key", "04" + "ab" * 64, "Invalid public key"),
        ("X-Venice-TEE-Model-Pub-Key", "ab" * 63, "Invalid E2EE headers: "),
        ("X-Venice-TEE-Model-Pub-Key", "not hex", "Invalid E2EE headers: "),
    ],
)
def test_header_values_that_are_wrong(tee: MockTee, name: str, value: str, message: str) -> None:
    got = chat(tee, headers={**e2ee_headers(key_of(tee)), name: value})
    assert got.status == 400
    assert _message(got).startswith(message)


def test_a_header_that_comes_twice_is_malformed(tee: MockTee) -> None:
    body = json.dumps(
        {"model": "e2ee-mock", "messages": sealed(key_of(tee), ("user", "x"))}
    ).encode()
    twice = [*e2ee_headers(key_of(tee)).items(), *list(e2ee_headers(key_of(tee)).items())[1:2]]
    head = "".join(f"{name}: {value}\r\n" for name, value in twice)
    start = f"POST /api/v1/chat/completions HTTP/1.0\r\n{head}Content-Length: {len(body)}\r\n\r\n"
    answer = raw_exchange(tee, start.encode() + body)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Invalid E2EE headers: " in answer


def test_a_stale_key_has_the_answer_of_its_provider(tee: MockTee) -> None:
    headers = e2ee_headers(PrivateKey.from_bytes(bytes(31) + b"\x09").public_key)
    near, phala = chat(tee, headers=headers), chat(tee, headers=headers, model="e2ee-mock-p")
    assert near.status == 421
    assert _message(near).startswith("The encryption key is no longer valid.")
    assert phala.status == 400
    assert phala.json["error"]["type"] == "e2ee_model_key_mismatch"


@pytest.mark.parametrize("stream", [False, None, "true"])
def test_encryption_requires_streaming(tee: MockTee, stream: object) -> None:
    got = chat(tee, stream=stream)
    assert (got.status, got.json) == (400, {"error": "E2EE requires streaming"})


def test_a_model_without_encryption_refuses_the_headers(tee: MockTee) -> None:
    got = chat(tee, model="tee-mock")
    assert got.status == 400
    assert "does not support E2EE" in _message(got)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "Invalid JSON in request body"),
        (b"[]", 400, "Invalid JSON in request body"),
        (b'{"model":"e2ee-mock","model":"x"}', 400, "Invalid JSON in request body"),
        (b'{"model":"unknown","messages":[]}', 404, "Specified model not found."),
        (b'{"messages":[{"role":"user"}]}', 404, "Specified model not found."),
        (b'{"model":"e2ee-mock","messages":[]}', 400, "Invalid request parameters"),
        (b'{"model":"e2ee-mock","messages":[{"content":"a"}]}', 400, "Invalid request parameters"),
        (b'{"model":"e2ee-mock","unheard_of":1}', 400, "Invalid request parameters"),
        (
            b'{"model":"e2ee-mock","messages":[{"role":"user","content":"a"}],"tools":[{}]}',
            400,
            "tools is not supported by this model",
        ),
    ],
)
def test_bodies_that_are_wrong(tee: MockTee, body: bytes, status: int, message: str) -> None:
    got = send(tee, "POST", "/chat/completions", body, {"Content-Type": "application/json"})
    assert (got.status, got.json["error"]) == (status, message)


def test_a_schema_failure_has_details_and_issues(tee: MockTee) -> None:
    body = b'{"model":"e2ee-mock","messages":[{"role":"user","content":"a"}],"unheard_of":1}'
    got = send(tee, "POST", "/chat/completions", body)
    assert sorted(got.json) == ["details", "error", "issues"]


def test_credentials() -> None:
    with MockTee(api_key="right") as tee:
        headers = e2ee_headers(key_of(tee))
        assert chat(tee, headers=headers).status == 402
        assert chat(tee, headers=headers).json["x402Version"] == 1
        wrong = chat(tee, headers={**headers, "Authorization": "Bearer wrong"})
        assert (wrong.status, wrong.json) == (401, {"error": "Authentication failed."})
        assert chat(tee, headers={**headers, "Authorization": "Bearer right"}).status == 200
        assert send(tee, "GET", "/models").status == 200


def test_the_rate_limit_of_the_tee_paths() -> None:
    with MockTee(tee_requests=2) as tee:
        paths = ["/tee/attestation?model=e2ee-mock", "/tee/signature?model=e2ee-mock&request_id=x"]
        assert [send(tee, "GET", path).status for path in paths] == [200, 404]
        limited = send(tee, "GET", paths[0])
        assert (limited.status, limited.json) == (429, {"error": "Rate limit exceeded."})
        assert chat(tee).status == 200


# --- The signature ------------------------------------------------------------------------------


def _hashes(request: bytes, response: bytes) -> List[str]:
    return [hashlib.sha256(raw).hexdigest() for raw in (request, response)]


@pytest.mark.parametrize(
    ("model", "prefix"), [("e2ee-mock", ["mock-labs/Echo", "1b"]), ("e2ee-mock-p", [])]
)
def test_the_signed_text_has_the_hashes_of_the_wire(
    tee: MockTee, model: str, prefix: List[str]
) -> None:
    got = chat(tee, model=model)
    request = [entry for entry in tee.log.requests if entry.method == "POST"][-1]
    document = send(
        tee, "GET", f"/tee/signature?model={model}&request_id={got.chunks[0]['id']}"
    ).json
    # The end mark is the last thing that is hashed; one provider sends a line end after it.
    hashed = got.body
    assert document["text"].split(":") == [*prefix, *_hashes(request.body, hashed)]
    assert document["signing_algo"] == "ecdsa"
    assert document["requested_request_id"] == got.chunks[0]["id"]


def test_unknown_ids_have_the_answer_of_their_provider(tee: MockTee) -> None:
    near = send(tee, "GET", "/tee/signature?model=e2ee-mock&request_id=unknown")
    assert (near.status, near.json["error"]["type"]) == (404, "not_found_error")
    phala = send(tee, "GET", "/tee/signature?model=e2ee-mock-p&request_id=unknown")
    assert (phala.status, phala.json) == (400, {"error": "Request ID is invalid."})
    assert send(tee, "GET", "/tee/signature?model=e2ee-mock").status == 400


def test_an_id_belongs_to_its_model(tee: MockTee) -> None:
    request_id = chat(tee).chunks[0]["id"]
    assert send(tee, "GET", f"/tee/signature?model=e2ee-mock&request_id={request_id}").status == 200
    assert (
        send(tee, "GET", f"/tee/signature?model=e2ee-mock-p&request_id={request_id}").status == 400
    )
