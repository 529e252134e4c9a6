"""Reports of GPUs read by section 19 of the specification, with `struct` and nothing of ours."""

from __future__ import annotations

import re
import struct
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

__all__ = ["RefusedError", "Report", "read_opaque", "read_report"]


class RefusedError(Exception):
    """The bytes are not what section 19 asks for."""


class Report(NamedTuple):
    """A report, taken apart."""

    nonce: bytes
    responder_nonce: bytes
    measurements: Dict[int, bytes]
    opaque: bytes
    signed: bytes
    signature: bytes


def hold(condition: object) -> None:
    """Refuse where the condition does not hold."""
    if not condition:
        raise RefusedError


def read_report(raw: bytes) -> Report:
    """Return the parts of a report of at most 16384 bytes with 64 blocks."""
    hold(45 + 32 + 2 + 96 <= len(raw) <= 16384)
    version, code, one, all_blocks, nonce, slot = struct.unpack_from("<BBBB32sB", raw, 0)
    hold((version, code, one, all_blocks, slot) == (0x11, 0xE0, 1, 0xFF, 0))
    version, code, first, second, count, low, high = struct.unpack_from("<BBBBBHB", raw, 37)
    hold((version, code, first, second) == (0x11, 0x60, 0, 0))
    hold(count == 64 and low + (high << 16) == 55 * count)
    end = 45 + 55 * count
    hold(len(raw) >= end + 34 + 96)
    measurements: Dict[int, bytes] = {}
    for at in range(45, end, 55):
        index, form, size, kind, length, value = struct.unpack_from("<BBHBH48s", raw, at)
        hold((form, size, kind, length) == (1, 51, 1, 48))
        hold(1 <= index <= 64 and index - 1 not in measurements)
        measurements[index - 1] = value
    responder, opaque_size = struct.unpack_from("<32sH", raw, end)
    hold(len(raw) == end + 34 + opaque_size + 96)
    opaque = raw[end + 34 : -96]
    return Report(nonce, responder, measurements, opaque, raw[:-96], raw[-96:])


SIZES = {11: 1, 20: 48, 21: 1, 34: 2, 36: 2, 6: 8}
TEXT = re.compile(rb"([A-Za-z0-9._-]{1,32})\x00*")


def read_opaque(raw: bytes) -> Dict[str, Any]:
    """Return what opaque data say, by the names of the operation `gpu.opaque`."""
    fields: Dict[int, bytes] = {}
    while raw:
        hold(len(raw) >= 4)
        kind, size = struct.unpack_from("<HH", raw)
        data, raw = raw[4 : 4 + size], raw[4 + size :]
        hold(len(data) == size and 1 <= kind <= 36 and kind not in fields)
        hold(kind not in SIZES or len(data) == SIZES[kind])
        fields[kind] = data
    hold(int.from_bytes(fields.get(34, b""), "little") <= 1)
    hold(3 in fields and 6 in fields)
    b = fields[6]
    links = fields.get(22, b"")
    hold(len(links) % 8 == 0 and len(links) <= 512)
    decoder = _switch(fields.get(11))
    return {
        "driver_version": _text(fields[3]),
        "vbios_version": ".".join(f"{b[i]:02X}" for i in (3, 2, 1, 0, 4)),
        "project": _text(fields.get(17)),
        "project_sku": _text(fields.get(18)),
        "chip_sku": _text(fields.get(15)),
        "chip_info": _text(fields.get(35)),
        "mode": _mode(fields),
        "nvdec0_disabled": decoder is False,
        "fwid": fields[20].hex() if 20 in fields else None,
        "switches": _links(links),
    }


def _links(data: bytes) -> List[str]:
    return [data[i : i + 8].hex() for i in range(0, len(data), 8)]


def _text(data: Optional[bytes]) -> str:
    if data is None:
        return ""
    found = TEXT.fullmatch(data)
    hold(found)
    assert found is not None
    return found.group(1).decode("ascii")


def _switch(data: Optional[bytes]) -> Optional[bool]:
    hold(data in (None, b"\xaa", b"\x55"))
    return None if data is None else data == b"\xaa"


def _mode(fields: Dict[int, bytes]) -> str:
    protected = _switch(fields.get(21))
    if 36 not in fields:
        return {None: "unknown", True: "PPCIE", False: "CC"}[protected]
    flag = int.from_bytes(fields[36], "little")
    names: Tuple[str, ...] = ("SPT", "MPT", "PPCIE")
    hold(flag < 3 and (protected is None or protected == (flag == 2)))
    return names[flag]
