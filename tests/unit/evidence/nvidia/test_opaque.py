from __future__ import annotations

from typing import Dict

import pytest

from tests.nvidia.devices import FWID, HOPPER_OPAQUE, SWITCHES
from venice_ref.errors import MalformedError
from venice_ref.evidence.nvidia import opaque as types
from venice_ref.evidence.nvidia.opaque import describe_gpu, split_opaque


def encode(*fields: tuple[int, bytes]) -> bytes:
    return b"".join(
        kind.to_bytes(2, "little") + len(data).to_bytes(2, "little") + data for kind, data in fields
    )


def fields(**changed: bytes) -> Dict[int, bytes]:
    found = dict(HOPPER_OPAQUE)
    found.update({getattr(types, name): data for name, data in changed.items()})
    return found


def without(kind: int) -> Dict[int, bytes]:
    return {key: data for key, data in HOPPER_OPAQUE if key != kind}


def test_the_fields_by_type() -> None:
    assert split_opaque(encode(*HOPPER_OPAQUE)) == dict(HOPPER_OPAQUE)
    assert split_opaque(b"") == {}


SPLIT_FAULTS = {
    "a cut type": b"\x03",
    "a cut size": b"\x03\x00\x01",
    "cut data": b"\x03\x00\x02\x00x",
    "type 0": encode((0, b"")),
    "type 37": encode((37, b"")),
    "type 255": encode((255, b"")),
    "a type twice": encode((3, b"1"), (3, b"1")),
    "a decoder status of two bytes": encode((types.NVDEC0_STATUS, b"\x55\x55")),
    "a digest of 32 bytes": encode((types.FWID, bytes(32))),
    "a mode of one byte": encode((types.FEATURE_FLAG, b"\x00")),
    "a later version": encode((types.OPAQUE_DATA_VERSION, b"\x02\x00")),
}


@pytest.mark.parametrize("name", SPLIT_FAULTS)
def test_data_that_do_not_split(name: str) -> None:  # GPU-16
    with pytest.raises(MalformedError) as caught:
        split_opaque(SPLIT_FAULTS[name], where="here")
    assert (caught.value.rule, caught.value.where) == ("GPU-16", "here")


def test_a_hopper_gpu() -> None:
    found = describe_gpu(fields())
    assert found.driver_version == "570.172.08"
    assert found.vbios_version == "96.00.CF.00.02"
    assert found.board == "G520_0280_895"
    assert found.chip_info == ""
    assert found.mode == "PPCIE"
    assert found.nvdec0_disabled
    assert found.fwid == FWID
    assert set(found.switch_pdis) == {*SWITCHES, bytes(8)}
    assert len(found.switch_pdis) == 18


def test_the_least_that_a_gpu_says() -> None:
    found = describe_gpu({types.DRIVER_VERSION: b"1.0", types.VBIOS_VERSION: bytes(8)})
    assert (found.driver_version, found.mode, found.fwid) == ("1.0", "unknown", None)
    assert not found.nvdec0_disabled
    assert found.switch_pdis == ()


@pytest.mark.parametrize(
    ("flag", "protected", "mode"),
    [
        (None, b"\xaa", "PPCIE"),
        (None, b"\x55", "CC"),
        (0, None, "SPT"),
        (0, b"\x55", "SPT"),
        (1, b"\x55", "MPT"),
        (2, b"\xaa", "PPCIE"),
    ],
)
def test_the_mode(flag: int | None, protected: bytes | None, mode: str) -> None:
    found = without(types.PROTECTED_PCIE_STATUS)
    if protected is not None:
        found[types.PROTECTED_PCIE_STATUS] = protected
    if flag is not None:
        found[types.FEATURE_FLAG] = flag.to_bytes(2, "little")
    assert describe_gpu(found).mode == mode


def test_the_decoder() -> None:
    assert not describe_gpu(fields(NVDEC0_STATUS=b"\xaa")).nvdec0_disabled
    assert not describe_gpu(without(types.NVDEC0_STATUS)).nvdec0_disabled


DESCRIBE_FAULTS = {
    "no driver": without(types.DRIVER_VERSION),
    "no VBIOS": without(types.VBIOS_VERSION),
    "the VBIOS of a switch": fields(VBIOS_VERSION=b"96.10.55.00.01"),
    "a driver that is empty": fields(DRIVER_VERSION=b"\0"),
    "a driver with a slash": fields(DRIVER_VERSION=b"../../x\0"),
    "a driver with text after its end": fields(DRIVER_VERSION=b"570\0x"),
    "a driver that is not ASCII": fields(DRIVER_VERSION=b"570\xff"),
    "a driver that is too long": fields(DRIVER_VERSION=b"5" * 33),
    "a board with a space": fields(PROJECT=b"G5 20\0"),
    "a decoder that is neither": fields(NVDEC0_STATUS=b"\x54"),
    "a status that is neither": fields(PROTECTED_PCIE_STATUS=b"\x00"),
    "an unknown mode": fields(FEATURE_FLAG=b"\x03\x00"),
    "switches that are cut": fields(SWITCH_PDI=bytes(143)),
    "too many links": fields(SWITCH_PDI=bytes(8 * 65)),
}


@pytest.mark.parametrize("name", DESCRIBE_FAULTS)
def test_fields_that_describe_no_gpu(name: str) -> None:  # GPU-16
    with pytest.raises(MalformedError) as caught:
        describe_gpu(DESCRIBE_FAULTS[name], where="here")
    assert (caught.value.rule, caught.value.where) == ("GPU-16", "here")


def test_a_mode_that_is_contradicted() -> None:  # GPU-41
    with pytest.raises(MalformedError) as caught:
        describe_gpu(fields(FEATURE_FLAG=b"\x00\x00"), where="here")
    assert (caught.value.rule, caught.value.where) == ("GPU-41", "here")
