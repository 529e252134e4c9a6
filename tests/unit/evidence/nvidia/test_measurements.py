from __future__ import annotations

from typing import Mapping, Tuple

import pytest

from tests.nvidia.certificates import NOW
from tests.nvidia.devices import fleet, gpu_draft, measurement, report_draft, verified
from tests.nvidia.manifests import (
    DRIVER_INDICES,
    VBIOS_INDICES,
    driver_manifest,
    signers,
    vbios_manifest,
)
from venice_ref.errors import EvidenceError, UsageError
from venice_ref.evidence.nvidia import opaque as types
from venice_ref.evidence.nvidia.measurements import (
    GoldenValues,
    MeasuredGpu,
    merge_manifests,
    verify_measurements,
)
from venice_ref.evidence.nvidia.rim import Manifest, parse_manifest, verify_manifest
from venice_ref.evidence.nvidia.verify import SignedGpu

GPU = fleet(1)[0]


def manifest(raw: bytes, version: str) -> Manifest:
    return verify_manifest(
        parse_manifest(raw), version=version, now=NOW, root=signers().root.anchor
    )


DRIVER = manifest(driver_manifest(), "570.172.08")
VBIOS = manifest(vbios_manifest(), "96.00.CF.00.02")
GOLDEN = merge_manifests(DRIVER, VBIOS)


def golden(values: Mapping[int, Tuple[bytes, ...]]) -> GoldenValues:
    return GoldenValues(values, "rim")


def refused(gpu: SignedGpu, values: GoldenValues = GOLDEN) -> EvidenceError:
    with pytest.raises(EvidenceError) as caught:
        verify_measurements(gpu, values)
    return caught.value


def reported(index: int, value: bytes) -> SignedGpu:
    return verified(gpu_draft(), report_draft().with_measurement(index, value))


def test_the_values_of_both_manifests() -> None:
    assert set(GOLDEN.values) == {*DRIVER_INDICES, *VBIOS_INDICES}
    assert GOLDEN.source == "rim"


def test_a_measured_gpu() -> None:
    found = verify_measurements(GPU, GOLDEN)
    assert found == MeasuredGpu(
        GPU, "rim", tuple(sorted({*DRIVER_INDICES, *VBIOS_INDICES} - {35})), (35,)
    )
    assert found.debug_disabled  # GPU-35


def test_the_same_index_in_both() -> None:  # GPU-44
    both = DRIVER._replace(golden={**DRIVER.golden, 0: (bytes(48),)})
    with pytest.raises(EvidenceError) as caught:
        merge_manifests(both, VBIOS)
    assert caught.value.rule == "GPU-44"


@pytest.mark.parametrize("index", [1, 7, 12, 34, 41])
def test_another_value(index: int) -> None:  # GPU-33
    error = refused(reported(index, b"\x01" * 48))
    assert error.rule == "GPU-33"
    assert f"[{index}]" in error.message


def test_all_that_differ_are_listed() -> None:  # GPU-33
    gpu = verified(
        gpu_draft(),
        report_draft().with_measurement(2, bytes(48)).with_measurement(40, bytes(48)),
    )
    assert "[2, 40] of 33" in refused(gpu).message


def test_zeros_are_a_value_like_others() -> None:  # GPU-33
    """One verifier passes over zeros, and with them over whatever did not run."""
    assert refused(reported(1, bytes(48))).rule == "GPU-33"
    assert refused(reported(0, measurement(1))).rule == "GPU-33"


def test_an_alternative() -> None:
    assert verify_measurements(reported(12, bytes(48)), GOLDEN).compared[12] == 12


def test_a_measurement_that_is_missing() -> None:  # GPU-33
    values = {**GOLDEN.values, 63: (bytes(48),)}
    short = GPU._replace(measurements={i: v for i, v in GPU.measurements.items() if i != 63})
    assert verify_measurements(GPU, golden(values)).compared[-1] == 63
    assert "[63]" in refused(short, golden(values)).message


def test_an_index_that_is_not_listed_is_not_compared() -> None:
    verify_measurements(reported(50, b"\x01" * 48), GOLDEN)


def test_index_35_where_the_decoder_is_disabled() -> None:  # GPU-33
    assert verify_measurements(reported(35, b"\x01" * 48), GOLDEN).skipped == (35,)


@pytest.mark.parametrize("status", [b"\xaa", None])
def test_index_35_where_the_decoder_is_not_disabled(status: bytes | None) -> None:  # GPU-33
    draft = report_draft().with_opaque(types.NVDEC0_STATUS, status)
    assert 35 in verify_measurements(verified(gpu_draft(), draft), GOLDEN).compared
    draft = draft.with_measurement(35, b"\x01" * 48)
    assert "[35]" in refused(verified(gpu_draft(), draft)).message


def test_nothing_to_compare_with() -> None:
    for values in ({}, {1: ()}):
        with pytest.raises(UsageError):
            verify_measurements(GPU, golden(values))
    assert refused(GPU, golden({35: (measurement(35),)})).rule == "GPU-33"
