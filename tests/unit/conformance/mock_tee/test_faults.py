"""Every row of the table of scenarios: it changes what it says, and nothing else.

All runs have one seed and one client, so that what a fault does not touch is served byte for byte
as by the honest mock.
"""

from __future__ import annotations

import hashlib
import json
import socket
import time
from functools import cache
from typing import Any, Callable, Dict, Final, List, NamedTuple
from urllib.parse import urlsplit

import pytest

from conformance.mock_tee.faults import SCENARIOS, UnknownScenarioError, find_scenario
from conformance.mock_tee.randomness import SeededBytes
from conformance.mock_tee.scenario import changed_points
from conformance.mock_tee.server import MockTee
from conformance.requirements import requirements_by_id
from tests.unit.conformance.talk import CLIENT, NONCE, Got, attest, e2ee_headers, key_of, send
from venice_ref.crypto.address import address_of
from venice_ref.crypto.curves import SECP256K1
from venice_ref.e2ee.envelope import open_envelope, open_text, seal_text
from venice_ref.errors import DecryptError, MalformedError
from venice_ref.evidence.tdx.quote import Quote, parse_quote
from venice_ref.receipts.signature import recover_signer
from venice_ref.spec import MAX_SSE_LINE

SEED: Final = "faults"
ENDLESS: Final = ("attestation-slow", "chat-stall")
"""Answers that do not end; they have tests of their own."""

FAULTS: Final = [name for name in SCENARIOS if name != "honest" and name not in ENDLESS]


class Served(NamedTuple):
    """What one mock served to one client that does the same each time."""

    models: Got
    attestation: Got
    phala: Got
    aci: Got
    chat: Got
    signature: Got

    @property
    def document(self) -> Dict[str, Any]:
        found: Dict[str, Any] = self.attestation.json
        return found

    @property
    def quote(self) -> Quote:
        return parse_quote(bytes.fromhex(self.document["intel_quote"]))

    @property
    def fields(self) -> List[str]:
        """The content of the stream, in order."""
        return self.chat.deltas()


def _chat_body(tee: MockTee) -> bytes:
    content = seal_text(key_of(tee), "hello", random_bytes=SeededBytes(SEED, "client"))
    body = {"model": "e2ee-mock", "messages": [{"role": "user", "content": content}]}
    return json.dumps({**body, "stream": True}).encode()


def _post_chat(tee: MockTee) -> Got:
    return send(tee, "POST", "/chat/completions", _chat_body(tee), e2ee_headers(key_of(tee)))


@cache
def served(name: str) -> Served:
    with MockTee(scenario=name, seed=SEED) as tee:
        models = send(tee, "GET", "/models")
        near, phala, aci = (
            attest(tee, model) for model in ("e2ee-mock", "e2ee-mock-p", "e2ee-mock-aci")
        )
        chat = _post_chat(tee)
        request_id = _request_id()
        path = f"/tee/signature?model=e2ee-mock&request_id={request_id}"
        got = Served(models, near, phala, aci, chat, send(tee, "GET", path))
    assert tee.failures == []
    return got


def _request_id() -> str:
    """The id of the first completion under the seed."""
    return f"chatcmpl-{SeededBytes(SEED, 'chat 1')(12).hex()}"


HONEST: Final = served("honest")


# --- The table ----------------------------------------------------------------------------------


def test_the_names_are_unique_and_their_requirements_exist() -> None:
    assert all(scenario.name == name for name, scenario in SCENARIOS.items())
    known = requirements_by_id()
    undetectable = {"chat-drop-chunk", "chat-repeat-chunk", "chat-swap-chunks", "chat-done-early"}
    for name, scenario in SCENARIOS.items():
        assert scenario.does.endswith("."), name
        if name == "honest" or name in undetectable:
            assert scenario.requirement == "", name
        else:
            assert scenario.requirement in known, name


def test_each_fault_changes_one_point() -> None:
    assert changed_points(SCENARIOS["honest"]) == ()
    for name in [*FAULTS, *ENDLESS]:
        assert len(changed_points(SCENARIOS[name])) == 1, name


def test_an_unknown_name_comes_with_the_nearest() -> None:
    with pytest.raises(UnknownScenarioError, match="chat-cut"):
        find_scenario("chat-cutt")
    with pytest.raises(UnknownScenarioError):
        MockTee(scenario="no such thing at all")


_ENDPOINTS: Final = {
    "models": {"models"},
    "presented_key": {"attestation", "phala", "aci", "chat", "signature"},
    "report_data": {"attestation", "phala", "aci"},
    "td_fields": {"attestation", "phala", "aci"},
    "quote": {"attestation", "phala", "aci"},
    "answer": {"attestation", "phala", "aci"},
    "attestation_reply": {"attestation", "phala", "aci"},
    "admission": {"chat", "signature"},
    "field": {"chat", "signature"},
    "chunks": {"chat", "signature"},
    "steps": {"chat", "signature"},
    "stream_type": {"chat"},
    "signing_key": {"signature"},
    "signed_text": {"signature"},
    "signature": {"signature"},
    "signature_reply": {"signature"},
}
"""Where a point may show; a changed stream has another hash, so its signature differs as well."""


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_fault_does_not_touch_is_honest(name: str) -> None:
    (point,) = changed_points(SCENARIOS[name])
    faulty = served(name)
    for endpoint in Served._fields:
        if endpoint not in _ENDPOINTS[point]:
            assert _content(faulty, endpoint) == _content(HONEST, endpoint), endpoint
    assert any(
        _content(faulty, endpoint) != _content(HONEST, endpoint) for endpoint in _ENDPOINTS[point]
    )


def _content(got: Served, endpoint: str) -> Any:
    answer: Got = getattr(got, endpoint)
    return answer.status, answer.headers.get("Content-Type"), answer.body, answer.complete


# --- What each fault serves ---------------------------------------------------------------------

Check = Callable[[Served], bool]


def _changed(got: Served) -> Dict[str, Any]:
    """The members of the evidence that differ from the honest answer; `None` where removed."""
    honest, faulty = HONEST.document, got.document
    return {
        name: faulty.get(name)
        for name in {*honest, *faulty}
        if honest.get(name) != faulty.get(name)
    }


def _impostor_hex() -> str:
    return bytes(MockTee(seed=SEED).enclave.impostor.public_key).hex()


def _impostor_address() -> str:
    return "0x" + bytes(address_of(MockTee(seed=SEED).enclave.impostor.public_key)).hex()


def _report_data(got: Served) -> List[bytes]:
    raw = got.quote.report_data
    honest = HONEST.quote.report_data
    parts = [(0, 20), (20, 32), (32, 64)]
    return [raw[a:b] if raw[a:b] != honest[a:b] else b"" for a, b in parts]


def _does_not_parse(got: Served, rule: str) -> bool:
    try:
        parse_quote(bytes.fromhex(got.document["intel_quote"]))
    except MalformedError as error:
        return error.rule == rule
    return False


def _off_curve(key: str) -> bool:
    x, y = int(key[2:66], 16), int(key[66:], 16)
    return (y * y - x**3 - 7) % SECP256K1.p != 0


def _duplicates(raw: bytes) -> List[str]:
    found: List[str] = []

    def look(pairs: List[Any]) -> Dict[str, Any]:
        names = [name for name, _ in pairs]
        found.extend({name for name in names if names.count(name) > 1})
        return dict(pairs)

    json.loads(raw, object_pairs_hook=look)
    return found


def _keys(got: Served) -> Dict[str, Any]:
    """The key members of the three shapes."""
    keyset = got.aci.json["attestation"]["workload_keyset"]["e2ee_public_keys"]
    return {
        "near-ai": (got.document.get("signing_key"), got.document.get("signing_public_key")),
        "phala": got.phala.json.get("signing_public_key"),
        "aci": [entry["public_key"] for entry in keyset if entry["algo"] == "ecdsa"],
    }


def _capabilities(got: Served) -> List[Any]:
    rows = got.models.json["data"]
    return [row["model_spec"]["capabilities"].get("supportsE2EE") for row in rows]


def _is_refusal(got: Got, status: int, error: str) -> bool:
    return got.status == status and error in got.body.decode()


ATTESTATION: Final[Dict[str, Check]] = {
    "models-without-capability": lambda got: set(_capabilities(got)) == {None},
    "models-capability-text": lambda got: set(_capabilities(got)) == {"true", "false"},
    "nonce-foreign": lambda got: (
        list(_changed(got)) == ["nonce"] and len(got.document["nonce"]) == 64
    ),
    "nonce-missing": lambda got: _changed(got) == {"nonce": None},
    "request-nonce-foreign": lambda got: list(_changed(got)) == ["request_nonce"],
    "verified-false": lambda got: _changed(got) == {"verified": False},
    "verified-string": lambda got: _changed(got) == {"verified": "true"},
    "model-foreign": lambda got: _changed(got) == {"model": "e2ee-another"},
    "key-missing": lambda got: _keys(got) == {"near-ai": (None, None), "phala": None, "aci": []},
    "keys-disagree": lambda got: _changed(got) == {"signing_key": _impostor_hex()},
    "key-off-curve": lambda got: (
        _off_curve(_keys(got)["near-ai"][0])
        and _off_curve(_keys(got)["phala"])
        and _off_curve("04" + _keys(got)["aci"][0])
    ),
    "key-unbound": lambda got: (
        got.document["signing_key"] == _impostor_hex()
        and got.document["signing_address"] == _impostor_address()
        and got.quote == HONEST.quote
        and got.chat.status == 421
    ),
    "address-foreign": lambda got: _changed(got) == {"signing_address": _impostor_address()},
    "report-data-padding": lambda got: _report_data(got) == [b"", b"padding here", b""],
    "report-data-sha256-nonce": lambda got: (
        _report_data(got) == [b"", b"", hashlib.sha256(bytes.fromhex(NONCE)).digest()]
    ),
    "nonce-not-bound": lambda got: (
        _report_data(got)[:2] == [b"", b""]
        and len(_report_data(got)[2]) == 32
        and got.document["nonce"] == NONCE
    ),
    "debug-td": lambda got: got.quote.body["td_attributes"].hex() == "0100001000000000",
    "quote-missing": lambda got: (
        _changed(got) == {"intel_quote": None}
        and "quote" not in got.phala.json
        and "quote" not in got.aci.json["attestation"]["evidence"]
    ),
    "quote-truncated": lambda got: _does_not_parse(got, "QUO-7"),
    "quote-trailing-garbage": lambda got: got.quote.trailing == bytes(66) + b"more",
    "quote-sgx": lambda got: (
        got.quote.body_kind == "sgx" and got.quote.report_data == HONEST.quote.report_data
    ),
    "server-contradiction": lambda got: (
        got.document["server_verification"]["nonceBinding"]["bound"] is False
    ),
    "attestation-html": lambda got: (
        got.attestation.status == 200 and got.attestation.body.startswith(b"<!doctype html>")
    ),
    "attestation-duplicate-member": lambda got: (
        _duplicates(got.attestation.body) == ["signing_public_key"]
        and _duplicates(got.aci.body) == ["signing_public_key"]
        and got.document == HONEST.document
    ),
    "attestation-502-with-body": lambda got: (
        got.attestation.status == 502 and got.document == HONEST.document
    ),
    "attestation-unavailable": lambda got: _is_refusal(
        got.attestation, 502, "TEE_ATTESTATION_FAILED"
    ),
    "attestation-redirect": lambda got: (
        got.attestation.status == 302
        and urlsplit(got.attestation.headers["Location"]).hostname == "localhost"
    ),
    "attestation-rate-limited": lambda got: _is_refusal(
        got.attestation, 429, "Rate limit exceeded."
    ),
    "attestation-429-once": lambda got: got.attestation.status == 429 and got.phala.status == 200,
}

INDEX: Final = 1
"""Which field of the content a fault strikes."""


def _field(got: Served) -> str:
    """The field that was struck; all others are as the honest ones."""
    for index, (ours, theirs) in enumerate(zip(got.fields, HONEST.fields)):
        assert (ours == theirs) == (index != INDEX)
    return got.fields[INDEX]


def _honest_field() -> str:
    return HONEST.fields[INDEX]


def _opens(digits: str) -> str:
    """How the field opens: `text`, `tag`, or the rule that it breaks."""
    try:
        open_text(CLIENT, digits)
    except DecryptError:
        return "tag"
    except MalformedError as error:
        return error.rule
    return "text"


def _deltas(got: Served, name: str) -> List[Any]:
    return got.chat.deltas(name)


def _error_comes_after_text(got: Served, line: bytes) -> bool:
    before, found, after = got.chat.body.partition(line)
    return (
        bool(found)
        and HONEST.chat.body.startswith(before)
        and before.count(b'"content":"04') == 2
        and after.endswith(b"data: [DONE]\n\n")
    )


def _values(got: Served, name: str) -> List[Any]:
    return [chunk[name] for chunk in got.chat.chunks]


CHAT: Final[Dict[str, Check]] = {
    "chat-plaintext-chunk": lambda got: _field(got) == open_text(CLIENT, _honest_field()),
    "chat-whitespace-chunk": lambda got: _field(got) == " \n",
    "chat-odd-hex": lambda got: _field(got) == _honest_field()[:-1],
    "chat-short-hex": lambda got: _field(got) == _honest_field()[:184],
    "chat-0x-hex": lambda got: _field(got) == "0x" + _honest_field(),
    "chat-bad-prefix": lambda got: _field(got) == "05" + _honest_field()[2:],
    "chat-off-curve": lambda got: _off_curve(_field(got)[:130]) and _opens(_field(got)) == "ENV-5",
    "chat-bad-tag": lambda got: (
        _field(got)[:-1] == _honest_field()[:-1] and _opens(_field(got)) == "tag"
    ),
    "chat-wrong-key": lambda got: _opens(got.fields[INDEX]) == "tag",
    "chat-invalid-utf8": lambda got: (
        open_envelope(CLIENT, bytes.fromhex(got.fields[INDEX])) == b"caf\xc3("
    ),
    "chat-plaintext-reasoning": lambda got: (
        _deltas(got, "reasoning_content") == ["thinking in the clear"]
        and got.fields == HONEST.fields
    ),
    "chat-tool-calls": lambda got: (
        [calls[0]["type"] for calls in _deltas(got, "tool_calls")] == ["function"]
    ),
    "chat-choice-1": lambda got: (
        [choice["index"] for chunk in got.chat.chunks for choice in chunk["choices"]].count(1) == 1
    ),
    "chat-id-change": lambda got: (
        _values(got, "id")[:2] == _values(HONEST, "id")[:2]
        and set(_values(got, "id")[2:]) == {"another"}
    ),
    "chat-model-change": lambda got: set(_values(got, "model")[2:]) == {"another"},
    "chat-malformed-json": lambda got: (
        got.chat.events[2] == HONEST.chat.events[2][: len(got.chat.events[2])]
        and got.chat.events[2] != HONEST.chat.events[2]
        and len(got.chat.events) == len(HONEST.chat.events)
    ),
    "chat-duplicate-member": lambda got: (
        _duplicates(got.chat.events[2].encode()) == ["content"] and got.fields == HONEST.fields
    ),
    "chat-in-band-error": lambda got: _error_comes_after_text(got, b'data: {"error":{"message":'),
    "chat-event-error": lambda got: _error_comes_after_text(
        got, b'event: error\ndata: {"error":{"message":'
    ),
    "chat-no-done": lambda got: (
        got.chat.complete and got.chat.body + b"data: [DONE]\n\n" == HONEST.chat.body
    ),
    "chat-cut": lambda got: (
        not got.chat.complete
        and HONEST.chat.body.startswith(got.chat.body)
        and got.fields == HONEST.fields[:2]
    ),
    "chat-after-done": lambda got: (
        got.chat.body.startswith(HONEST.chat.body)
        and b"after the end" in got.chat.body[len(HONEST.chat.body) :]
    ),
    "chat-huge-line": lambda got: max(map(len, got.chat.events)) > MAX_SSE_LINE,
    "chat-content-type": lambda got: (
        got.chat.headers["Content-Type"] == "application/json" and got.chat.body == HONEST.chat.body
    ),
    "chat-drop-chunk": lambda got: (
        got.fields == [field for field in HONEST.fields if field != HONEST.fields[INDEX]]
    ),
    "chat-repeat-chunk": lambda got: (
        got.fields == [*HONEST.fields[: INDEX + 1], *HONEST.fields[INDEX:]]
    ),
    "chat-swap-chunks": lambda got: (
        got.fields == [HONEST.fields[0], HONEST.fields[2], HONEST.fields[1], *HONEST.fields[3:]]
    ),
    "chat-done-early": lambda got: (
        got.chat.complete
        and got.fields == HONEST.fields[:2]
        and got.chat.body.endswith(b"data: [DONE]\n\n")
    ),
    "chat-json-error-200": lambda got: _is_refusal(got.chat, 200, "model_overloaded"),
    "chat-stale-key-once": lambda got: got.chat.status == 421,
    "chat-stale-key-always": lambda got: got.chat.status == 421,
    "chat-401": lambda got: _is_refusal(got.chat, 401, "Authentication failed."),
    "chat-402": lambda got: _is_refusal(got.chat, 402, "x402Version"),
    "chat-429-once": lambda got: _is_refusal(got.chat, 429, "Rate limit exceeded."),
    "chat-500-always": lambda got: _is_refusal(got.chat, 500, "Inference processing failed."),
}


def _signer(got: Served) -> str:
    document = got.signature.json
    return "0x" + bytes(recover_signer(document["text"], document["signature"])).hex()


def _s_of(got: Served) -> int:
    return int(got.signature.json["signature"][66:130], 16)


SIGNATURE: Final[Dict[str, Check]] = {
    "signature-foreign-signer": lambda got: (
        _signer(got) == got.signature.json["signing_address"] == _impostor_address()
        and got.signature.json["text"] == HONEST.signature.json["text"]
    ),
    "signature-address-foreign": lambda got: (
        _signer(got) == _signer(HONEST)
        and got.signature.json["signing_address"] == _impostor_address()
    ),
    "signature-high-s": lambda got: _s_of(got) == SECP256K1.n - _s_of(HONEST),
    "signature-missing": lambda got: _is_refusal(got.signature, 404, "not found or expired"),
    "signature-three-part-foreign-model": lambda got: (
        got.signature.json["text"].startswith("another/model:")
        and got.signature.json["text"].split(":")[1:]
        == HONEST.signature.json["text"].split(":")[-2:]
        and _signer(got) == _signer(HONEST)
    ),
}

CHECKS: Final[Dict[str, Check]] = {**ATTESTATION, **CHAT, **SIGNATURE}


def test_every_fault_has_a_check() -> None:
    assert sorted(CHECKS) == sorted(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_serves_what_it_says(name: str) -> None:
    assert CHECKS[name](served(name))


@pytest.mark.parametrize("name", [name for name in CHECKS if name != "chat-huge-line"])
def test_no_check_holds_for_the_honest_mock(name: str) -> None:
    with pytest.raises(AssertionError):
        assert CHECKS[name](HONEST)


def test_the_honest_mock_signs_the_exchange() -> None:
    assert _signer(HONEST) == HONEST.signature.json["signing_address"]
    assert _signer(HONEST) == HONEST.document["signing_address"]


# --- Faults that take more than one exchange ----------------------------------------------------


def test_a_stale_key_goes_away_with_fresh_evidence_or_it_does_not() -> None:
    for name, expected in (("chat-stale-key-once", 200), ("chat-stale-key-always", 421)):
        with MockTee(scenario=name, seed=SEED) as tee:
            before = attest(tee).json["signing_key"]
            assert _post_chat(tee).status == 421
            assert attest(tee).json["signing_key"] != before
            assert _post_chat(tee).status == expected


def test_a_fault_that_happens_once_is_over() -> None:
    with MockTee(scenario="chat-429-once") as tee:
        assert [_post_chat(tee).status for _ in range(3)] == [429, 200, 200]
    with MockTee(scenario="chat-500-always") as tee:
        assert [_post_chat(tee).status for _ in range(3)] == [500, 500, 500]


def test_the_attacker_reads_what_is_encrypted_to_its_key() -> None:
    with MockTee(scenario="key-unbound", seed=SEED) as tee:
        impostor = tee.enclave.impostor.public_key
        content = seal_text(impostor, "a secret")
        body = {"model": "e2ee-mock", "messages": [{"role": "user", "content": content}]}
        got = send(
            tee,
            "POST",
            "/chat/completions",
            json.dumps({**body, "stream": True}).encode(),
            e2ee_headers(impostor),
        )
        assert got.text().endswith("A SECRET")
        assert tee.log.prompts[-1][0]["content"] == "a secret"


def test_a_redirect_leads_to_an_honest_answer_elsewhere() -> None:
    with MockTee(scenario="attestation-redirect", seed=SEED) as tee:
        path = urlsplit(attest(tee).headers["Location"]).path
        query = urlsplit(attest(tee).headers["Location"]).query
        got = send(tee, "GET", f"{path[len('/api/v1') :]}?{query}", headers={"Host": "localhost:1"})
        assert got.status == 200
        assert got.json == HONEST.document
        assert tee.log.requests[-1].header("Host") == "localhost:1"


def test_a_slow_answer_never_stops_and_never_ends() -> None:
    with MockTee(scenario="attestation-slow") as tee:
        connection = socket.create_connection(("127.0.0.1", tee.port), timeout=5)
        with connection:
            path = f"/api/v1/tee/attestation?model=e2ee-mock&nonce={NONCE}"
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            begin, pieces = time.monotonic(), []
            while time.monotonic() - begin < 0.5:
                pieces.append(connection.recv(4096))
        assert all(pieces)
        assert len(pieces) > 3
        assert max(map(len, pieces[1:])) < 10


def _until_silent(connection: socket.socket) -> bytes:
    received = b""
    try:
        while True:
            received += connection.recv(65536)
    except socket.timeout:
        return received


def test_a_stalled_stream_stays_open_until_the_mock_stops() -> None:
    with MockTee(scenario="chat-stall", seed=SEED) as tee:
        body = _chat_body(tee)
        head = "".join(f"{name}: {value}\r\n" for name, value in e2ee_headers(key_of(tee)).items())
        request = f"POST /api/v1/chat/completions HTTP/1.1\r\n{head}Content-Length: {len(body)}"
        connection = socket.create_connection(("127.0.0.1", tee.port), timeout=0.5)
        connection.sendall(request.encode() + b"\r\n\r\n" + body)
        received = _until_silent(connection)
        assert received.count(b'"content":"04') == 2
        assert b"[DONE]" not in received
        assert tee.log.answers[-1].ended == "open"
    connection.settimeout(5)
    assert connection.recv(1) == b""
    connection.close()
    assert tee.log.answers[-1].ended == "cut"
