"""The attestation answer in its shapes, judged by its bytes and not by the reference's verifier."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator

import pytest

from conformance.mock_tee.server import MockTee
from tests.unit.conformance.talk import NONCE, attest, key_of, send
from venice_ref.crypto.address import address_of, parse_address
from venice_ref.evidence.tdx.quote import parse_quote


@pytest.fixture(scope="module")
def tee() -> Iterator[MockTee]:
    with MockTee(seed="attestation") as tee:
        yield tee
    assert tee.failures == []


def _quote_of(document: Dict[str, Any]) -> Any:
    return parse_quote(bytes.fromhex(document["intel_quote"]))


@pytest.mark.parametrize("model", ["e2ee-mock", "e2ee-mock-p", "e2ee-mock-aci", "tee-mock"])
def test_the_quote_binds_key_and_nonce(tee: MockTee, model: str) -> None:
    document = attest(tee, model).json
    address = bytes(address_of(key_of(tee)))
    assert _quote_of(document).report_data == address + bytes(12) + bytes.fromhex(NONCE)
    assert document["verified"] is True
    assert document["model"] == model
    assert document["nonce"] == NONCE
    assert document["nonce_source"] == "client"
    assert document["tee_hardware"] == "intel-tdx"
    assert document["signing_algo"] == "ecdsa"
    assert bytes(parse_address(document["signing_address"])) == address


def test_the_shape_of_near_ai(tee: MockTee) -> None:
    document = attest(tee).json
    key = bytes(key_of(tee)).hex()
    assert document["signing_key"] == document["signing_public_key"] == key
    assert document["signing_address"] == document["signing_address"].lower()
    assert document["tee_provider"] == "near-ai"
    assert isinstance(document["event_log"], list)
    assert isinstance(document["info"]["tcb_info"], dict)
    assert "quote" not in document
    payload = json.loads(document["nvidia_payload"])
    assert len(payload["evidence_list"]) == 8
    assert payload["nonce"] == NONCE
    assert document["request_nonce"] == NONCE
    assert document["model_name"] == document["upstream_model"]


def test_the_shape_of_phala(tee: MockTee) -> None:
    document = attest(tee, "e2ee-mock-p").json
    assert "signing_key" not in document
    assert document["signing_public_key"] == bytes(key_of(tee)).hex()
    assert document["signing_address"] != document["signing_address"].lower()
    assert document["quote"] == document["intel_quote"]
    assert document["tee_provider"] == "phala"
    events = json.loads(document["event_log"])
    assert "" in {event["digest"] for event in events}
    assert isinstance(document["info"]["tcb_info"], str)
    assert len(json.loads(document["nvidia_payload"])["evidence_list"]) == 1


def test_the_shape_of_aci(tee: MockTee) -> None:
    document = attest(tee, "e2ee-mock-aci").json
    for absent in ("signing_key", "signing_public_key", "server_verification", "nvidia_payload"):
        assert absent not in document
    assert document["attestation"]["evidence"]["quote"] == document["intel_quote"]
    keys = {
        entry["algo"]: entry["public_key"]
        for entry in document["attestation"]["workload_keyset"]["e2ee_public_keys"]
    }
    assert keys["ecdsa"] == bytes(key_of(tee)).hex()[2:]


def test_a_model_without_e2ee_comes_without_a_key(tee: MockTee) -> None:
    document = attest(tee, "tee-mock").json
    assert "signing_key" not in document
    assert "signing_public_key" not in document


def test_the_services_own_verification_agrees_with_the_quote(tee: MockTee) -> None:
    document = attest(tee).json
    quote = _quote_of(document)
    tdx = document["server_verification"]["tdx"]
    assert tdx["reportData"] == quote.report_data.hex()
    assert tdx["measurements"]["mrtd"] == quote.body["mr_td"].hex()
    assert tdx["measurements"]["rtmr3"] == quote.body["rt_mr3"].hex()
    assert document["server_verification"]["nonceBinding"] == {"bound": True, "method": "raw"}


def test_one_shape_for_every_model() -> None:
    with MockTee(shape="phala") as tee:
        assert "quote" in attest(tee, "e2ee-mock").json
        assert attest(tee, "plain-mock").status == 400


@pytest.mark.parametrize(("kind", "version"), [("v4", 4), ("v5-1.0", 5), ("v5-1.5", 5)])
def test_quotes_of_either_version(kind: str, version: int) -> None:
    with MockTee(quote_kind=kind) as tee:
        assert _quote_of(attest(tee).json).version == version


def test_a_nonce_is_drawn_where_none_was_sent(tee: MockTee) -> None:
    document = send(tee, "GET", "/tee/attestation?model=e2ee-mock").json
    assert document["nonce_source"] == "server"
    assert _quote_of(document).report_data[32:].hex() == document["nonce"]


@pytest.mark.parametrize(
    ("nonce", "status", "message"),
    [
        ("ab" * 16, 400, "Nonce must be exactly 32 bytes, got 16 bytes"),
        ("ab" * 33, 400, "Nonce must be exactly 32 bytes, got 33 bytes"),
        ("", 400, "Nonce must be exactly 32 bytes, got 0 bytes"),
        ("zz" * 32, 400, "Nonce must be hex-encoded"),
        ("a" * 63, 400, "Nonce must be hex-encoded"),
    ],
)
def test_other_nonces_are_refused(tee: MockTee, nonce: str, status: int, message: str) -> None:
    got = attest(tee, nonce=nonce)
    assert got.status == status
    assert message in got.json["error"]["message"]


@pytest.mark.parametrize(
    ("query", "status", "error"),
    [
        ("model=unknown&nonce=" + NONCE, 404, "Specified model not found."),
        ("nonce=" + NONCE, 404, "Specified model not found."),
        ("model=plain-mock&nonce=" + NONCE, 400, "Model does not support TEE attestation"),
    ],
)
def test_other_models_are_refused(tee: MockTee, query: str, status: int, error: str) -> None:
    got = send(tee, "GET", f"/tee/attestation?{query}")
    assert (got.status, got.json) == (status, {"error": error})


def test_the_model_list_has_the_capabilities(tee: MockTee) -> None:
    rows = {
        row["id"]: row["model_spec"]["capabilities"]
        for row in send(tee, "GET", "/models").json["data"]
    }
    expected = {
        "e2ee-mock": (True, True),
        "e2ee-mock-r": (True, True),
        "e2ee-mock-p": (True, True),
        "e2ee-mock-aci": (True, True),
        "tee-mock": (True, False),
        "plain-mock": (False, False),
    }
    found = {
        name: (row["supportsTeeAttestation"], row["supportsE2EE"]) for name, row in rows.items()
    }
    assert found == expected
