from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Optional

import pytest

from tests.samples import ADDRESS, OTHER_KEY, OTHER_SECRET, SECRET
from venice_ref.crypto.address import address_of, to_checksum
from venice_ref.errors import MalformedError, PeerError, SignatureError
from venice_ref.receipts.answer import (
    VerifiedSignature,
    parse_signature_answer,
    verify_signature_answer,
)
from venice_ref.receipts.signature import sign_text
from venice_ref.spec import MAX_SIGNATURE_ANSWER_SIZE

REQUEST, RESPONSE = b"request", b"response"
HASHES = hashlib.sha256(REQUEST).hexdigest() + ":" + hashlib.sha256(RESPONSE).hexdigest()
MODELS = ["e2ee-sample", "Sample/Sample-1"]


def answer(text: str = "Sample/Sample-1:" + HASHES) -> Dict[str, Any]:
    return {
        "text": text,
        "signature": sign_text(SECRET, text),
        "signing_address": "0x" + ADDRESS.hex(),
        "signing_algo": "ecdsa",
        "model": "e2ee-sample",
        "requested_request_id": "chatcmpl-1",
        "tee_provider": "near-ai",
        "upstream_model": "Sample/Sample-1",
    }


def verify(
    members: Dict[str, Any], request: Optional[bytes] = None, response: Optional[bytes] = None
) -> VerifiedSignature:
    return verify_signature_answer(
        parse_signature_answer(json.dumps(members).encode()),
        ADDRESS,
        models=MODELS,
        request=request,
        response=response,
    )


def test_the_signer_is_verified_and_the_transcript_is_not() -> None:  # SIG-12
    verified = verify(answer())
    assert verified.signer == ADDRESS
    assert verified.signed.model == "Sample/Sample-1"
    assert not verified.transcript_verified
    assert str(verified) == "signer verified, transcript not verified"


@pytest.mark.parametrize(("request_body", "response_body"), [(REQUEST, None), (None, RESPONSE)])
def test_half_a_transcript_is_none(
    request_body: Optional[bytes], response_body: Optional[bytes]
) -> None:
    assert not verify(answer(), request_body, response_body).transcript_verified


def test_the_exact_bytes_verify_the_transcript() -> None:
    verified = verify(answer(HASHES), REQUEST, RESPONSE)
    assert verified.transcript_verified
    assert str(verified) == "signer verified, transcript verified"


def test_the_answer_of_the_other_provider() -> None:  # SIG-8
    members = answer(HASHES)
    members["signature"] = {"algorithm": "ecdsa", "value": members["signature"], "public_key": "x"}
    members["receipt"] = {"receipt_id": "r"}
    del members["signing_algo"]
    members["signing_address"] = to_checksum(ADDRESS)
    assert verify(members).signed.model is None


@pytest.mark.parametrize(
    ("name", "value", "rule", "error"),
    [
        ("text", "other-model:" + HASHES, "SIG-4", SignatureError),
        ("text", 1, "SIG-14", MalformedError),
        ("text", None, "SIG-10", MalformedError),
        ("signature", None, "SIG-10", MalformedError),
        ("signature", 1, "SIG-8", MalformedError),
        ("signature", [], "SIG-8", MalformedError),
        ("signature", {}, "SIG-8", MalformedError),
        ("signature", {"value": 1}, "SIG-8", MalformedError),
        ("signature", "0x00", "SIG-2", MalformedError),
        ("signing_address", "0x" + address_of(OTHER_KEY).hex(), "SIG-9", SignatureError),
        ("signing_address", "0x00", "SIG-9", SignatureError),
        ("signing_address", 1, "SIG-14", MalformedError),
        ("signing_algo", "ed25519", "SIG-15", MalformedError),
        ("model", 1, "SIG-14", MalformedError),
    ],
)
def test_one_member_otherwise(name: str, value: object, rule: str, error: type) -> None:
    with pytest.raises(PeerError) as caught:
        verify({**answer(), name: value})
    assert (caught.value.rule, type(caught.value)) == (rule, error)


def test_the_answer_s_own_address_proves_nothing() -> None:  # SIG-4
    members = answer()
    members["signature"] = sign_text(OTHER_SECRET, members["text"])
    members["signing_address"] = to_checksum(address_of(OTHER_KEY))
    with pytest.raises(SignatureError) as caught:
        verify(members)
    assert caught.value.rule == "SIG-4"


@pytest.mark.parametrize(
    ("text", "rule"), [("other:" + HASHES, "SIG-7"), ("no hashes", "SIG-5"), ("", "SIG-5")]
)
def test_another_text_that_was_signed(text: str, rule: str) -> None:
    with pytest.raises(PeerError) as caught:
        verify(answer(text))
    assert caught.value.rule == rule


def test_another_transcript() -> None:
    with pytest.raises(SignatureError) as caught:
        verify(answer(), REQUEST, RESPONSE + b"\n")
    assert caught.value.rule == "SIG-6"


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"error_code": "STREAM_DISCONNECTED", "message": "gone"},
        {"error": {"message": "not found"}},
        {"text": HASHES},
        {"signature": "0x00"},
    ],
)
def test_a_missing_signature_is_not_verified(members: Dict[str, Any]) -> None:  # SIG-10
    with pytest.raises(MalformedError) as caught:
        verify(members)
    assert caught.value.rule == "SIG-10"
    assert str(members.get("error_code", "")) in caught.value.message


@pytest.mark.parametrize("raw", [b"", b"[]", b'"text"', b"{", b'{"text": "a", "text": "a"}'])
def test_what_is_no_answer(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_signature_answer(raw)


def test_an_answer_has_a_greatest_size() -> None:
    with pytest.raises(MalformedError, match="at most"):
        parse_signature_answer(b" " * MAX_SIGNATURE_ANSWER_SIZE + b"{}")
