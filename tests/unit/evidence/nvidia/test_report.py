from __future__ import annotations

from typing import Callable

import pytest

from tests.nvidia.devices import (
    HOPPER_OPAQUE,
    NONCE,
    ReportDraft,
    gpu_draft,
    measurement,
    report_draft,
)
from venice_ref.errors import MalformedError
from venice_ref.evidence.nvidia.report import parse_report
from venice_ref.spec import MAX_GPU_REPORT_SIZE

GPU = gpu_draft()
DRAFT = report_draft()
RAW = DRAFT.sign(GPU)


def fault(raw: bytes) -> tuple[str, str]:
    with pytest.raises(MalformedError) as caught:
        parse_report(raw)
    return caught.value.rule, caught.value.where


def test_a_report_is_its_parts() -> None:
    found = parse_report(RAW, where="here")
    assert found.nonce == NONCE
    assert found.responder_nonce == DRAFT.responder_nonce
    assert dict(found.measurements) == {index: measurement(index) for index in range(64)}
    assert dict(found.opaque) == dict(HOPPER_OPAQUE)
    assert found.signed_bytes == RAW[:-96]
    assert found.signature == RAW[-96:]
    assert found.where == "here"


def test_blocks_in_another_order() -> None:
    shuffled = DRAFT._replace(measurements=tuple(reversed(DRAFT.measurements)))
    found = parse_report(shuffled.sign(GPU))
    assert dict(found.measurements) == dict(DRAFT.measurements)


def test_a_report_with_fewer_blocks_parses() -> None:
    """A switch has 31; that a GPU has 64 is for `verify` to demand."""
    short = DRAFT._replace(measurements=DRAFT.measurements[:31])
    assert len(parse_report(short.sign(GPU)).measurements) == 31


@pytest.mark.parametrize("cut", [0, 1, 36, 44, 45, 100, 3565, 3600, len(RAW) - 97, len(RAW) - 1])
def test_a_cut_report(cut: int) -> None:
    assert fault(RAW[:cut])[0] == "GPU-13"


def test_bytes_after_the_signature() -> None:
    assert fault(RAW + b"\x00") == ("GPU-13", "report")


def test_the_size() -> None:
    assert fault(bytes(MAX_GPU_REPORT_SIZE + 1))[0] == "GPU-13"


FLAWS: dict[str, tuple[str, str, Callable[[ReportDraft], ReportDraft]]] = {
    "request version": (
        "GPU-14", "request.spdm_version", lambda d: d._replace(request={"spdm_version": 0x12})),
    "request code": ("GPU-14", "request.code", lambda d: d._replace(request={"code": 0xE1})),
    "no signature asked": ("GPU-14", "request.param1", lambda d: d._replace(request={"param1": 0})),
    "raw bits asked": ("GPU-14", "request.param1", lambda d: d._replace(request={"param1": 3})),
    "one block asked": ("GPU-14", "request.param2", lambda d: d._replace(request={"param2": 1})),
    "another slot": ("GPU-14", "request.slot_id", lambda d: d._replace(request={"slot_id": 1})),
    "response version": (
        "GPU-14", "response.spdm_version", lambda d: d._replace(response={"spdm_version": 0x10})),
    "an error response": ("GPU-14", "response.code", lambda d: d._replace(response={"code": 0x7F})),
    "response param1": ("GPU-14", "response.param1", lambda d: d._replace(response={"param1": 1})),
    "response param2": ("GPU-14", "response.param2", lambda d: d._replace(response={"param2": 1})),
    "a count that is too high": (
        "GPU-13", "response", lambda d: d._replace(response={"block_count": 65})),
    "a count of none": ("GPU-13", "response", lambda d: d._replace(response={"block_count": 0})),
    "another size of the record": (
        "GPU-13", "response", lambda d: d._replace(response={"record_size": 3519})),
    "index 0": ("GPU-13", "block[63]", lambda d: d._replace(block={"index": 0})),
    "index 65": ("GPU-13", "block[63]", lambda d: d._replace(block={"index": 65})),
    "an index twice": ("GPU-13", "block[63]", lambda d: d._replace(block={"index": 1})),
    "another specification": (
        "GPU-15", "block[63].specification", lambda d: d._replace(block={"specification": 2})),
    "a raw value": (
        "GPU-15", "block[63].value_type", lambda d: d._replace(block={"value_type": 0x81})),
    "another size of a value": (
        "GPU-15", "block[63].value_size", lambda d: d._replace(block={"value_size": 32})),
    "another size of a block": (
        "GPU-15", "block[63].size", lambda d: d._replace(block={"size": 35})),
    "a type of opaque data twice": (
        "GPU-16", "opaque", lambda d: d._replace(opaque=d.opaque + d.opaque[:1])),
}  # fmt: skip


@pytest.mark.parametrize("name", FLAWS)
def test_one_flaw(name: str) -> None:
    rule, where, change = FLAWS[name]
    assert fault(change(DRAFT).sign(GPU)) == (rule, f"report.{where}")
