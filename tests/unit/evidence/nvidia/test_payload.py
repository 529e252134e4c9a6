from __future__ import annotations

import base64
import json
from typing import Any, Callable, Dict

import pytest

from tests.nvidia.devices import NONCE, entry, fleet_json, gpu_draft, payload_object, report_draft
from venice_ref.errors import EvidenceError, MalformedError, UsageError, VeniceError
from venice_ref.evidence.nvidia.payload import check_payload_nonces, parse_payload
from venice_ref.spec import MAX_GPU_REPORT_SIZE, MAX_GPUS


def payload() -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(fleet_json(2))
    return found


def fault(value: Any) -> VeniceError:
    with pytest.raises(MalformedError) as caught:
        parse_payload(payload_object(value))
    return caught.value


def test_the_evidence_of_each_gpu_in_bytes() -> None:
    found = parse_payload(payload_object(payload()))
    assert found.nonce == NONCE
    assert [gpu.position for gpu in found.gpus] == [0, 1]
    for number, gpu in enumerate(found.gpus):
        assert gpu.report == report_draft(number).sign(gpu_draft(number))
        assert gpu.chain_pem.count(b"BEGIN CERTIFICATE") == 5
        assert gpu.where == f"payload.evidence_list[{number}]"
        assert (gpu.arch, gpu.nonce) == ("HOPPER", NONCE)
    check_payload_nonces(found, NONCE)


def test_an_empty_list_is_a_payload_without_gpus() -> None:
    assert parse_payload(payload_object({"evidence_list": []})).gpus == ()


def test_the_nonces_may_be_absent() -> None:
    value = payload()
    del value["nonce"]
    for one in value["evidence_list"]:
        del one["nonce"]
    found = parse_payload(payload_object(value))
    assert (found.nonce, found.gpus[0].nonce) == (None, None)
    check_payload_nonces(found, NONCE)


def test_either_architecture_is_enough() -> None:
    value = payload()
    del value["arch"]
    assert parse_payload(payload_object(value)).gpus[0].arch == "HOPPER"
    value = payload()
    del value["evidence_list"][0]["arch"]
    assert parse_payload(payload_object(value)).gpus[0].arch == "HOPPER"


Change = Callable[[Dict[str, Any]], None]


def first(name: str, value: Any) -> Change:
    def change(found: Dict[str, Any]) -> None:
        found["evidence_list"][0][name] = value

    return change


def outer(name: str, value: Any) -> Change:
    def change(found: Dict[str, Any]) -> None:
        found[name] = value

    return change


MANY = [entry((), b"")] * (MAX_GPUS + 1)
LARGE = base64.b64encode(bytes(MAX_GPU_REPORT_SIZE + 6)).decode()

FAULTS = {
    "no list": ("GPU-4", outer("evidence_list", None)),
    "another type of list": ("GPU-4", outer("evidence_list", {})),
    "too many": ("GPU-4", outer("evidence_list", MANY)),
    "not an object": ("GPU-4", outer("evidence_list", ["x"])),
    "no report": ("GPU-5", first("evidence", None)),
    "an empty report": ("GPU-5", first("evidence", "")),
    "a report that is no text": ("GPU-5", first("evidence", 5)),
    "a report in hexadecimal": ("GPU-5", first("evidence", "11e001ff0")),
    "a report without padding": ("GPU-5", first("evidence", "EeAB/w")),
    "a report that is too large": ("GPU-5", first("evidence", LARGE)),
    "no chain": ("GPU-5", first("certificate", None)),
    "a chain in base64url": ("GPU-5", first("certificate", "_-_-")),
    "an unknown architecture": ("GPU-7", outer("arch", "LS10")),
    "another spelling": ("GPU-7", outer("arch", "hopper")),
    "two architectures": ("GPU-7", first("arch", "BLACKWELL")),
    "a boolean for an architecture": ("GPU-7", first("arch", True)),
    "a nonce of another size": ("GPU-6", first("nonce", "00")),
    "a nonce that is no text": ("GPU-6", first("nonce", 0)),
    "a nonce of the payload that is empty": ("GPU-2", outer("nonce", "")),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_flaw(name: str) -> None:
    rule, change = FAULTS[name]
    value = payload()
    change(value)
    assert fault(value).rule == rule


@pytest.mark.parametrize("arch", ["LS10", "AMPERE", ""])
def test_an_unknown_architecture_that_all_agree_on(arch: str) -> None:  # GPU-7
    value = payload()
    for node in (value, *value["evidence_list"]):
        node["arch"] = arch
    assert fault(value).rule == "GPU-7"


def test_no_architecture_at_all() -> None:
    value = payload()
    del value["arch"], value["evidence_list"][1]["arch"]
    error = fault(value)
    assert (error.rule, error.where) == ("GPU-7", "payload.evidence_list[1].arch")


def test_a_nonce_of_the_payload_that_is_not_ours() -> None:  # GPU-2
    value = payload()
    value["nonce"] = "11" * 32
    with pytest.raises(EvidenceError) as caught:
        check_payload_nonces(parse_payload(payload_object(value)), NONCE)
    assert (caught.value.rule, caught.value.where) == ("GPU-2", "payload.nonce")


def test_a_nonce_of_an_entry_that_is_not_ours() -> None:
    value = payload()
    value["evidence_list"][1]["nonce"] = "11" * 32
    with pytest.raises(EvidenceError) as caught:
        check_payload_nonces(parse_payload(payload_object(value)), NONCE)
    assert caught.value.rule == "GPU-6"
    assert caught.value.where == "payload.evidence_list[1].nonce"


def test_the_nonce_to_compare_with_has_32_bytes() -> None:
    with pytest.raises(UsageError):
        check_payload_nonces(parse_payload(payload_object(payload())), b"")
