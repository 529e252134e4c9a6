from __future__ import annotations

import re

import pytest

from tests.nvidia.devices import fleet, gpu_draft, measurement, report_draft, verified
from tests.nvidia.manifests import DRIVER_INDICES, VBIOS_INDICES
from venice_ref.errors import EvidenceError
from venice_ref.evidence.nvidia import opaque as types
from venice_ref.evidence.nvidia.known_good import KNOWN_GOOD, KnownGood, find_known_good
from venice_ref.evidence.nvidia.measurements import verify_measurements

GPU = fleet(1)[0]
INDICES = sorted({*DRIVER_INDICES, *VBIOS_INDICES})
ROW = KnownGood(
    chip="GH100",
    driver_version="570.172.08",
    vbios_version="96.00.CF.00.02",
    board="G520_0280_895",
    mode="PPCIE",
    source="made here",
    digests="\n".join(f"{index} {measurement(index).hex()}" for index in INDICES),
)


def test_a_gpu_that_is_in_the_table() -> None:
    golden = find_known_good(GPU, [ROW])
    assert golden is not None
    found = verify_measurements(GPU, golden)
    assert (found.source, len(found.compared), found.skipped) == ("known-good", 33, (35,))


def test_alternatives_are_further_lines() -> None:
    row = ROW._replace(digests=f"{ROW.digests}\n1 {'00' * 48}")
    golden = find_known_good(GPU, [row])
    assert golden is not None
    assert golden.values[1] == (measurement(1), bytes(48))
    assert golden.values[2] == (measurement(2),)


@pytest.mark.parametrize("name", ["chip", "driver_version", "vbios_version", "board", "mode"])
def test_another_combination_is_unknown(name: str) -> None:  # GPU-34
    assert find_known_good(GPU, [ROW._replace(**{name: "x"})]) is None


def test_the_driver_that_the_gpu_signed_decides() -> None:  # GPU-34
    draft = report_draft().with_opaque(types.DRIVER_VERSION, b"570.172.09\0")
    assert find_known_good(verified(gpu_draft(), draft), [ROW]) is None


def test_simulated_measurements_are_not_in_the_table() -> None:  # GPU-33
    golden = find_known_good(GPU)
    assert golden is not None
    with pytest.raises(EvidenceError) as caught:
        verify_measurements(GPU, golden)
    assert caught.value.rule == "GPU-33"


def test_the_table() -> None:
    assert KNOWN_GOOD
    keys = {(r.chip, r.driver_version, r.vbios_version, r.board, r.mode) for r in KNOWN_GOOD}
    assert len(keys) == len(KNOWN_GOOD)
    for row in KNOWN_GOOD:
        assert row.source
        assert re.fullmatch(r"(?:[0-9]{1,2} [0-9a-f]{96}\n)+", row.digests)
        assert sorted(row.golden_values().values) == INDICES
