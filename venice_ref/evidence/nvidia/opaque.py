"""The opaque data of a report: what the GPU says of itself besides its measurements.

    opaque data = (type (2) || size (2) || data (size)) ...                 all little-endian

The types are NVIDIA's, as its verifiers read them (attestation-sdk and nvtrust, 2026); what is not
needed for a verdict is kept as bytes.  `split_opaque` takes the data apart, `describe_gpu` reads
the fields of a GPU.  The fields are signed with the report and are as true as its signature.
"""

from __future__ import annotations

import re
from typing import Dict, Final, Mapping, NamedTuple, Optional, Tuple

from venice_ref.codec.layout import Reader
from venice_ref.codec.strict import excerpt
from venice_ref.errors import MalformedError

__all__ = [
    "CHIP_INFO",
    "CHIP_SKU",
    "DRIVER_VERSION",
    "FEATURE_FLAG",
    "FWID",
    "MODES",
    "NVDEC0_STATUS",
    "OPAQUE_DATA_VERSION",
    "PROJECT",
    "PROJECT_SKU",
    "PROTECTED_PCIE_STATUS",
    "SWITCH_PDI",
    "VBIOS_VERSION",
    "GpuDescription",
    "describe_gpu",
    "split_opaque",
]

# --- The table of types -------------------------------------------------------------------------

DRIVER_VERSION: Final = 3
"""ASCII, ended by NUL; a switch has none."""
VBIOS_VERSION: Final = 6
"""8 bytes for a GPU: b0 to b7, written b3.b2.b1.b0.b4 in hexadecimal."""
NVDEC0_STATUS: Final = 11
"""AA where the video decoder 0 is enabled, 55 where it is disabled."""
CHIP_SKU: Final = 15
PROJECT: Final = 17
PROJECT_SKU: Final = 18
FWID: Final = 20
"""SHA-384 of the firmware that holds the signing key."""
PROTECTED_PCIE_STATUS: Final = 21
"""AA where the GPU is in protected PCIe mode, 55 where it is not."""
SWITCH_PDI: Final = 22
"""For each NVLink the identifier (8) of the switch at its end; zero for a link that is off."""
OPAQUE_DATA_VERSION: Final = 34
CHIP_INFO: Final = 35
FEATURE_FLAG: Final = 36
"""0, 1, 2: `MODES`."""

_FIRST_TYPE: Final = 1
_LAST_TYPE: Final = 36
"""NVIDIA's own verifier refuses types beyond; 255 means invalid."""

_SIZES: Final[Dict[int, int]] = {
    NVDEC0_STATUS: 1,
    FWID: 48,
    PROTECTED_PCIE_STATUS: 1,
    OPAQUE_DATA_VERSION: 2,
    FEATURE_FLAG: 2,
}
"""Bytes of the fields that are read; the others are checked where they are read, or not read."""

_MAX_VERSION: Final = 1
_ON, _OFF = b"\xaa", b"\x55"
_PDI_SIZE: Final = 8
_MAX_LINKS: Final = 64
"""Links of one GPU; a GH100 has 18."""

MODES: Final = ("SPT", "MPT", "PPCIE")
"""Single-GPU and multi-GPU passthrough, protected PCIe (eight GPUs and their switches)."""

_TEXT: Final = re.compile(rb"([A-Za-z0-9._-]{1,32})\0*\Z")


class GpuDescription(NamedTuple):
    """The fields of a GPU's opaque data that decide something."""

    driver_version: str
    """Such as `570.172.08`."""
    vbios_version: str
    """Such as `96.00.CF.00.02`."""
    project: str
    project_sku: str
    chip_sku: str
    """The three name the board, `G520_0280_895`; empty where absent."""
    chip_info: str
    """Such as `GB100`; empty where absent, as on Hopper."""
    mode: str
    """One of `MODES`, `CC` where the report only says that it is not PPCIE, or `unknown`."""
    nvdec0_disabled: bool
    fwid: Optional[bytes]
    """48 bytes; absent in reports of 2023."""
    switch_pdis: Tuple[bytes, ...]
    """One (8) for each link, zero for a link that is off; empty where absent."""

    @property
    def board(self) -> str:
        """The name of the board, as it stands in the names of reference manifests."""
        return f"{self.project}_{self.project_sku}_{self.chip_sku}"


def split_opaque(raw: bytes, *, where: str = "") -> Dict[int, bytes]:
    """Return the fields of opaque data by type, consumed to the byte  [GPU-16].

    Raises:
        MalformedError: a length does not fit, a type is unknown or occurs twice, a field has
            another size than its type, or the data are of a later version.
    """
    reader = Reader(raw, where=where, rule="GPU-16")
    fields: Dict[int, bytes] = {}
    while reader.remaining:
        kind = reader.integer_le(2, "type")
        data = reader.take(reader.integer_le(2, "size"), f"the data of type {kind}")
        if not _FIRST_TYPE <= kind <= _LAST_TYPE:
            raise MalformedError(f"type {kind} is not known", rule="GPU-16", where=where)
        if kind in fields:
            raise MalformedError(f"type {kind} occurs twice", rule="GPU-16", where=where)
        if len(data) != _SIZES.get(kind, len(data)):
            raise MalformedError(
                f"{len(data)} bytes of type {kind}, required {_SIZES[kind]}",
                rule="GPU-16",
                where=where,
            )
        fields[kind] = data
    version = _integer(fields.get(OPAQUE_DATA_VERSION, b""))
    if version > _MAX_VERSION:
        raise MalformedError(
            f"version {version}, at most {_MAX_VERSION}", rule="GPU-16", where=where
        )
    return fields


def describe_gpu(fields: Mapping[int, bytes], *, where: str = "") -> GpuDescription:
    """Return what the fields of a GPU say  [GPU-16, GPU-41].

    Raises:
        MalformedError: no driver or VBIOS version, which a switch's data lack, a field that is not
            of its form, or two fields that contradict each other about the mode.
    """
    return GpuDescription(
        driver_version=_text(fields, DRIVER_VERSION, where, required=True),
        vbios_version=_vbios_version(fields, where),
        project=_text(fields, PROJECT, where),
        project_sku=_text(fields, PROJECT_SKU, where),
        chip_sku=_text(fields, CHIP_SKU, where),
        chip_info=_text(fields, CHIP_INFO, where),
        mode=_mode(fields, where),
        nvdec0_disabled=_switch(fields, NVDEC0_STATUS, where) is False,
        fwid=fields.get(FWID),
        switch_pdis=_switch_pdis(fields.get(SWITCH_PDI, b""), where),
    )


def _text(fields: Mapping[int, bytes], kind: int, where: str, *, required: bool = False) -> str:
    """Return a text field without its NULs; empty where it is absent."""
    data = fields.get(kind)
    if data is None and not required:
        return ""
    found = _TEXT.match(data or b"")
    if found is None:
        raise MalformedError(
            f"type {kind} is missing" if data is None else f"type {kind} is {excerpt(data)}",
            rule="GPU-16",
            where=where,
        )
    return found[1].decode("ascii")


def _vbios_version(fields: Mapping[int, bytes], where: str) -> str:
    data = fields.get(VBIOS_VERSION, b"")
    if len(data) != 8:
        raise MalformedError(
            f"a VBIOS version of {len(data)} bytes, required 8", rule="GPU-16", where=where
        )
    return ".".join(f"{data[i]:02X}" for i in (3, 2, 1, 0, 4))


def _switch(fields: Mapping[int, bytes], kind: int, where: str) -> Optional[bool]:
    """Return a field that is AA or 55; `None` where it is absent."""
    data = fields.get(kind)
    if data not in (None, _ON, _OFF):
        raise MalformedError(
            f"type {kind} is {excerpt(data)}, required AA or 55", rule="GPU-16", where=where
        )
    return None if data is None else data == _ON


def _mode(fields: Mapping[int, bytes], where: str) -> str:
    """Return the mode: by the feature flag, or else by the status of protected PCIe."""
    protected = _switch(fields, PROTECTED_PCIE_STATUS, where)
    if FEATURE_FLAG not in fields:
        return {None: "unknown", False: "CC", True: "PPCIE"}[protected]
    flag = _integer(fields[FEATURE_FLAG])
    if flag >= len(MODES):
        raise MalformedError(f"feature flag {flag}", rule="GPU-16", where=where)
    mode = MODES[flag]
    if protected is not None and protected != (mode == "PPCIE"):
        raise MalformedError(
            f"the mode is {mode}, and protected PCIe is {'on' if protected else 'off'}",
            rule="GPU-41",
            where=where,
        )
    return mode


def _switch_pdis(data: bytes, where: str) -> Tuple[bytes, ...]:
    if len(data) % _PDI_SIZE or len(data) > _MAX_LINKS * _PDI_SIZE:
        raise MalformedError(f"{len(data)} bytes of switch identifiers", rule="GPU-16", where=where)
    return tuple(data[i : i + _PDI_SIZE] for i in range(0, len(data), _PDI_SIZE))


def _integer(data: bytes) -> int:
    return int.from_bytes(data, "little")
