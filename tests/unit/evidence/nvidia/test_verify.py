from __future__ import annotations

from datetime import datetime
from typing import Callable, Dict, Tuple

import pytest

from tests.nvidia.certificates import NOW, extension
from tests.nvidia.devices import (
    FWID,
    NONCE,
    ReportDraft,
    composite_device_id,
    evidence,
    factory,
    gpu_draft,
    measurement,
    report_draft,
    verified,
)
from venice_ref.errors import EvidenceError, PeerError, SignatureError, UsageError
from venice_ref.evidence.nvidia import opaque as types
from venice_ref.evidence.nvidia.chain import COMPOSITE_DEVICE_ID
from venice_ref.evidence.nvidia.payload import GpuEvidence
from venice_ref.evidence.nvidia.verify import SignedGpu, verify_report

GPU = gpu_draft()
REPORT = report_draft()
GOOD = evidence(GPU, REPORT)
ROOT = factory().root.anchor


def verify(found: GpuEvidence, nonce: bytes = NONCE) -> SignedGpu:
    return verify_report(found, nonce=nonce, now=NOW, root=ROOT)


def refused(found: GpuEvidence, nonce: bytes = NONCE) -> Tuple[type, str]:
    with pytest.raises(PeerError) as caught:
        verify(found, nonce)
    return type(caught.value), caught.value.rule


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]


def test_what_a_gpu_signed() -> None:
    gpu = verify(GOOD)
    assert (gpu.position, gpu.arch, gpu.chip) == (0, "HOPPER", "GH100")
    assert gpu.model == "GH100 A01 GSP BROM"
    assert gpu.ueid == str(GPU.leaf.serial)
    assert gpu.pdi == GPU.device.serial.to_bytes(20, "big")[-8:]
    assert (gpu.nonce, gpu.responder_nonce) == (NONCE, REPORT.responder_nonce)
    assert gpu.fwid == FWID
    assert gpu.description.driver_version == "570.172.08"
    assert dict(gpu.measurements) == {index: measurement(index) for index in range(64)}


def test_nothing_is_said_about_debugging() -> None:  # GPU-35
    assert not hasattr(verify(GOOD), "debug_disabled")


def test_a_blackwell_gpu() -> None:
    draft = REPORT.with_opaque(types.CHIP_INFO, b"GB100\0")
    draft = draft.with_opaque(types.PROTECTED_PCIE_STATUS, b"\x55")
    draft = draft.with_opaque(types.OPAQUE_DATA_VERSION, b"\x01\x00")
    draft = draft.with_opaque(types.FEATURE_FLAG, b"\x01\x00")
    gpu = verified(gpu_draft(chip="GB100"), draft, arch="BLACKWELL")
    assert (gpu.chip, gpu.description.mode) == ("GB100", "MPT")


def test_the_other_s_verifies_as_well() -> None:
    """ECDSA has no rule about s here; what is remembered must not be the signature's bytes."""
    order = GPU.leaf_key.curve.n
    s = order - int.from_bytes(GOOD.report[-48:], "big")
    other = GOOD._replace(report=GOOD.report[:-48] + s.to_bytes(48, "big"))
    assert verify(other) == verify(GOOD)


@pytest.mark.parametrize("at", [-1, -48, -49, -96])
def test_a_flipped_bit_in_the_signature(at: int) -> None:  # GPU-17
    report = GOOD.report
    found = GOOD._replace(report=flipped(report, len(report) + at))
    assert refused(found) == (SignatureError, "GPU-17")


@pytest.mark.parametrize("half", [bytes(48), b"\xff" * 48])
def test_a_signature_out_of_range(half: bytes) -> None:  # GPU-17
    report = GOOD.report
    assert refused(GOOD._replace(report=report[:-48] + half)) == (SignatureError, "GPU-17")
    other = report[:-96] + half + report[-48:]
    assert refused(GOOD._replace(report=other)) == (SignatureError, "GPU-17")


@pytest.mark.parametrize(
    ("at", "what"), [(4, "nonce"), (60, "digest"), (3570, "nonce of the GPU"), (3620, "opaque")]
)
def test_a_flipped_bit_in_what_is_signed(at: int, what: str) -> None:  # GPU-17
    found = GOOD._replace(report=flipped(GOOD.report, at))
    assert refused(found) == (SignatureError, "GPU-17"), what


def test_the_report_of_another_gpu() -> None:  # GPU-17
    other = evidence(gpu_draft(1), REPORT)
    assert refused(GOOD._replace(report=other.report)) == (SignatureError, "GPU-17")


def test_a_report_for_another_nonce() -> None:  # GPU-18
    """The nonce that stands beside the report does not help."""
    stale = evidence(GPU, REPORT._replace(nonce=b"\x11" * 32))
    assert stale.nonce == NONCE
    assert refused(stale) == (EvidenceError, "GPU-18")
    assert refused(GOOD, b"\x22" * 32) == (EvidenceError, "GPU-18")


def test_the_nonce_of_the_gpu_is_not_the_one_to_compare() -> None:  # GPU-18
    swapped = REPORT._replace(nonce=REPORT.responder_nonce, responder_nonce=NONCE)
    assert refused(evidence(GPU, swapped)) == (EvidenceError, "GPU-18")


SIGNED_FLAWS: Dict[str, Tuple[str, Callable[[ReportDraft], ReportDraft]]] = {
    "no FWID": ("GPU-19", lambda d: d.with_opaque(types.FWID, None)),
    "another FWID": ("GPU-19", lambda d: d.with_opaque(types.FWID, flipped(FWID, 0))),
    "the report of a switch": ("GPU-12", lambda d: d.with_opaque(types.DRIVER_VERSION, None)),
    "63 measurements": ("GPU-40", lambda d: d._replace(measurements=d.measurements[:63])),
    "no VBIOS": ("GPU-16", lambda d: d.with_opaque(types.VBIOS_VERSION, None)),
    "a driver with a line end": (
        "GPU-16", lambda d: d.with_opaque(types.DRIVER_VERSION, b"570\n\0")),
}  # fmt: skip


@pytest.mark.parametrize("flaw", SIGNED_FLAWS)
def test_a_flaw_under_a_good_signature(flaw: str) -> None:
    rule, change = SIGNED_FLAWS[flaw]
    assert refused(evidence(GPU, change(REPORT)))[1] == rule


def test_another_firmware_in_the_certificate() -> None:  # GPU-19
    value = composite_device_id(GPU.device_key, flipped(FWID, 47))
    leaf = GPU.leaf._replace(extensions=(extension(COMPOSITE_DEVICE_ID, value),))
    found = evidence(GPU._replace(leaf=leaf), REPORT)
    assert refused(found) == (EvidenceError, "GPU-19")


def test_another_architecture() -> None:  # GPU-12
    assert refused(GOOD._replace(arch="BLACKWELL")) == (EvidenceError, "GPU-12")


def test_without_the_simulated_root() -> None:  # GPU-9
    with pytest.raises(EvidenceError) as caught:
        verify_report(GOOD, nonce=NONCE, now=NOW)
    assert caught.value.rule == "CRT-13"


def test_what_the_caller_must_give() -> None:
    with pytest.raises(UsageError):
        verify(GOOD, b"\x00" * 31)
    with pytest.raises(UsageError):
        verify_report(GOOD, nonce=NONCE, now=datetime(2026, 4, 24), root=ROOT)  # noqa: DTZ001 - the flaw
