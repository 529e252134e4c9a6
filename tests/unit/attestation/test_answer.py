from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest

from tests.samples import (
    EVENT,
    GPU,
    KEY,
    MODEL,
    NONCE,
    aci_answer,
    capture,
    changed,
    encode,
    near_answer,
    phala_answer,
    quote,
)
from venice_ref.attestation.answer import Answer, parse_answer
from venice_ref.attestation.schema import ANSWER, MAX_KEYSET_KEYS
from venice_ref.errors import MalformedError
from venice_ref.spec import MAX_ATTESTATION_SIZE, MAX_EVENTS, MAX_GPUS


def refused(raw: bytes) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse_answer(raw)
    return caught.value


# --- The observed shapes ------------------------------------------------------------------------


def events(answer: Answer) -> List[Dict[str, Any]]:
    assert answer.event_log is not None
    return [entry.members for entry in answer.event_log]


def test_the_shape_of_near_ai() -> None:
    answer = parse_answer(encode(near_answer()))
    assert answer.verified is True
    assert (answer.model, answer.nonce) == (MODEL, NONCE.hex())
    assert [member.where for member in answer.signing_keys] == [
        "attestation.signing_key",
        "attestation.signing_public_key",
    ]
    assert not answer.key_from_keyset
    assert [member.text for member in answer.quotes] == [quote().hex()]
    assert events(answer) == [EVENT]
    assert answer.nvidia is not None
    assert (answer.nvidia.arch, len(answer.nvidia.evidence)) == ("HOPPER", 8)
    assert answer.nvidia.evidence[0] == ("QQ==", "QQ==")
    assert answer.tcb_info is not None
    assert answer.tcb_info.text("mrtd") == "3d" * 48
    assert answer.server_verification is not None


def test_the_shape_of_phala() -> None:
    answer = parse_answer(encode(phala_answer()))
    assert [member.text for member in answer.signing_keys] == [KEY[1:].hex()]
    assert [member.where for member in answer.quotes] == [
        "attestation.intel_quote",
        "attestation.quote",
    ]
    assert [event["digest"] for event in events(answer)] == ["00" * 48, ""]
    assert answer.nvidia is not None
    assert answer.nvidia.nonce == NONCE.hex()
    assert answer.tcb_info is not None
    assert answer.tcb_info.where == "attestation.info.tcb_info"
    assert answer.server_verification is None


def test_the_aci_envelope() -> None:  # ATT-12
    answer = parse_answer(encode(aci_answer()))
    assert answer.key_from_keyset
    assert [(member.where[-43:], member.text) for member in answer.signing_keys] == [
        ("workload_keyset.e2ee_public_keys[1].public_key"[-43:], KEY[1:].hex())
    ]
    assert [member.where for member in answer.quotes] == [
        "attestation.intel_quote",
        "attestation.attestation.evidence.quote",
    ]
    assert events(answer) == [EVENT]
    assert answer.nvidia is None


def test_the_keyset_yields_to_a_key_of_the_answer_itself() -> None:
    answer = parse_answer(changed(aci_answer(), "signing_public_key", "ff"))
    assert not answer.key_from_keyset
    assert [member.text for member in answer.signing_keys] == ["ff"]


def test_the_real_answer() -> None:
    answer = parse_answer(capture().raw)
    assert answer.event_log is not None
    assert answer.nvidia is not None
    assert (len(answer.event_log), len(answer.nvidia.evidence)) == (30, 8)
    assert answer.tee_provider == "near-ai"


@pytest.mark.parametrize("payload", [GPU, json.dumps(GPU), json.dumps(json.dumps(GPU))])
def test_gpu_evidence_in_each_of_its_wrappings(payload: object) -> None:  # ATT-11
    answer = parse_answer(changed(near_answer(), "nvidia_payload", payload))
    assert answer.nvidia is not None
    assert len(answer.nvidia.evidence) == 8


@pytest.mark.parametrize("payload", ["", '""', "null", [], "[]"])
def test_empty_gpu_evidence_is_none(payload: object) -> None:  # GPU-1
    assert parse_answer(changed(near_answer(), "nvidia_payload", payload)).nvidia is None


@pytest.mark.parametrize("payload", [{}, {"evidence_list": []}, {"evidence_list": None}, "{}"])
def test_gpu_evidence_without_entries(payload: object) -> None:
    answer = parse_answer(changed(near_answer(), "nvidia_payload", payload))
    assert answer.nvidia is not None
    assert answer.nvidia.evidence == ()


@pytest.mark.parametrize("form", [[EVENT], json.dumps([EVENT])])
def test_the_event_log_in_each_of_its_forms(form: object) -> None:  # ATT-11
    assert events(parse_answer(changed(near_answer(), "event_log", form))) == [EVENT]


def test_null_is_absent_and_unknown_members_are_nobody_s_business() -> None:
    raw = encode(
        {
            **dict.fromkeys(ANSWER),
            "verified": True,
            "ohttp_key_config": 7,
            "all_attestations": "anything",
            "info": {"unknown": [], "tcb_info": None},
        }
    )
    answer = parse_answer(raw)
    assert answer.verified is True
    assert (answer.nonce, answer.event_log, answer.tcb_info) == (None, None, None)


# --- What is refused  [ATT-1, ATT-11] -----------------------------------------------------------

WRONG_TYPES = [
    ("verified", "true"),
    ("verified", 1),
    ("model", 7),
    ("nonce", [NONCE.hex()]),
    ("request_nonce", False),
    ("nonce_source", {}),
    ("signing_key", {"key": KEY.hex()}),
    ("signing_public_key", 4),
    ("signing_address", 4),
    ("signing_algo", ["ecdsa"]),
    ("intel_quote", 4),
    ("quote", []),
    ("event_log", "no JSON"),
    ("event_log", " "),
    ("event_log", "{}"),
    ("event_log", {}),
    ("event_log", 1),
    ("event_log", [1]),
    ("event_log", [{**EVENT, "imr": "3"}]),
    ("event_log", [{**EVENT, "imr": True}]),
    ("event_log", [{**EVENT, "imr": 3.0}]),
    ("event_log", [{**EVENT, "digest": 0}]),
    ("event_log", json.dumps([[EVENT]])),
    ("event_log", json.dumps(json.dumps([EVENT]))),
    ("nvidia_payload", "no JSON"),
    ("nvidia_payload", [GPU]),
    ("nvidia_payload", 0),
    ("nvidia_payload", "[[]]"),
    ("nvidia_payload", json.dumps(json.dumps(json.dumps(GPU)))),
    ("nvidia_payload", {**GPU, "evidence_list": {}}),
    ("nvidia_payload", {**GPU, "evidence_list": ["x"]}),
    ("nvidia_payload", {**GPU, "evidence_list": [{"evidence": 1}]}),
    ("nvidia_payload", {**GPU, "nonce": 1}),
    ("nvidia_payload", {**GPU, "arch": 1}),
    ("info", "text"),
    ("info.app_id", 1),
    ("info.key_provider_info", []),
    ("info.vm_config", 1),
    ("vm_config", []),
    ("info.tcb_info", " "),
    ("info.tcb_info", "no JSON"),
    ("info.tcb_info", 1),
    ("info.tcb_info", []),
    ("info.tcb_info", {"mrtd": 1}),
    ("server_verification", True),
    ("server_verification.tdx", True),
    ("server_verification.tdx.valid", "true"),
    ("server_verification.tdx.measurements", []),
    ("server_verification.tdx.measurements.mrtd", 1),
    ("server_verification.tdx.crlCheck.revoked", 0),
    ("server_verification.nvidia.valid", 1),
    ("server_verification.signingAddressBinding.reportDataAddress", 1),
    ("server_verification.nonceBinding.bound", "true"),
    ("server_verification.nonceBinding.method", 1),
    ("compose_manager_attestation", {"event_log": 1}),
]
ACI_WRONG_TYPES = [
    ("attestation", "text"),
    ("attestation.report_data", 1),
    ("attestation.evidence", []),
    ("attestation.evidence.quote", 1),
    ("attestation.evidence.quote_report_data", 1),
    ("attestation.evidence.event_log", "no JSON"),
    ("attestation.workload_keyset", []),
    ("attestation.workload_keyset.e2ee_public_keys", {}),
    ("attestation.workload_keyset.e2ee_public_keys", ["x"]),
    ("attestation.workload_keyset.e2ee_public_keys", [{"algo": 1}]),
    ("attestation.workload_keyset.e2ee_public_keys", [{"algo": "ecdsa", "public_key": 1}]),
]


UNREAD = [
    ("upstream_model", 0),
    ("model_name", 0),
    ("tee_provider", 0),
    ("tee_hardware", 0),
    ("candidates_available", "6"),
    ("candidates_evaluated", 1.5),
    ("api_version", 1),
    ("workload_id", 1),
    ("service_capabilities", []),
    ("info.app_cert", 1),
    ("info.app_name", []),
    ("info.tcb_info", {"event_log": "no JSON"}),
    ("nvidia_payload", {**GPU, "evidence_list": [{"arch": 9}]}),
    ("server_verification.tdx.rootCaPinned", "no"),
    ("server_verification.tdx.crlCheck", {"checked": "no"}),
    ("server_verification.nvidiaNonceBinding.method", 1),
]


@pytest.mark.parametrize(("path", "value"), UNREAD)
def test_the_type_of_what_no_check_reads_is_nobody_s_business(path: str, value: object) -> None:
    answer = parse_answer(changed(near_answer(), path, value))  # ATT-1
    assert answer.tee_provider in {"near-ai", None}


def test_empty_strings_are_absent() -> None:  # ATT-11, KEY-8
    answer = {**near_answer(), "event_log": "", "quote": "", "signing_key": ""}
    answer.update(request_nonce="", info={"tcb_info": ""})
    found = parse_answer(encode(answer))
    assert (found.event_log, found.tcb_info, found.request_nonce) == (None, None, None)
    assert [member.where for member in (*found.signing_keys, *found.quotes)] == [
        "attestation.signing_public_key",
        "attestation.intel_quote",
    ]
    assert parse_answer(changed(answer, "signing_public_key", "")).signing_keys == ()


@pytest.mark.parametrize("value", ["", [], "[]"])
def test_an_empty_log_yields_to_that_of_the_envelope(value: object) -> None:
    assert events(parse_answer(changed(aci_answer(), "event_log", value))) == [EVENT]


@pytest.mark.parametrize(("path", "value"), WRONG_TYPES)
def test_a_known_member_of_another_type(path: str, value: object) -> None:
    error = refused(changed(near_answer(), path, value))
    assert error.rule in {"ATT-1", "ATT-11", "ATT-16", "ATT-22"}
    assert error.where.startswith("attestation." + path.split(".", maxsplit=1)[0])


@pytest.mark.parametrize(("path", "value"), ACI_WRONG_TYPES)
def test_a_known_member_of_the_envelope_of_another_type(path: str, value: object) -> None:
    error = refused(changed(aci_answer(), path, value))
    assert error.rule in {"ATT-1", "ATT-11", "ATT-16", "ATT-22"}
    assert error.where.startswith("attestation." + path)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b"{} {}",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"verified": NaN}',
        b'{"model": "a", "model": "b"}',
        b'{"info": {"app_id": "a", "app_id": "a"}}',
        b'{"model": "\\ud800"}',
        b'{"x": ' + b"[" * 32 + b"]" * 32 + b"}",
        b'{"event_log": "[{\\"imr\\": 0, \\"imr\\": 1}]"}',
        b'{"nvidia_payload": "{\\"x\\": ' + b"[" * 32 + b"]" * 32 + b'}"}',
    ],
)
def test_what_is_no_answer_at_all(raw: bytes) -> None:
    error = refused(raw)
    assert error.rule in {"ATT-1", "ATT-11", "ATT-16", "ATT-22"}
    assert error.where.startswith("attestation")


def test_sizes_are_limited() -> None:
    filler = b'{"x": "' + b"a" * (MAX_ATTESTATION_SIZE - 9) + b'"}'
    assert len(filler) == MAX_ATTESTATION_SIZE
    assert parse_answer(filler)
    assert refused(filler + b" ").rule == "ATT-1"


@pytest.mark.parametrize(
    ("answer", "path", "entry", "limit"),
    [
        (near_answer(), "event_log", {}, MAX_EVENTS),
        (near_answer(), "nvidia_payload", {}, MAX_GPUS),
        (aci_answer(), "attestation.workload_keyset.e2ee_public_keys", {}, MAX_KEYSET_KEYS),
    ],
)
def test_lists_are_limited(answer: Dict[str, Any], path: str, entry: object, limit: int) -> None:
    for count in (limit, limit + 1):
        value: object = [entry] * count
        raw = changed(answer, path, {"evidence_list": value} if path[0] == "n" else value)
        if count == limit:
            assert parse_answer(raw)
        else:
            assert refused(raw).rule == "ATT-22"
