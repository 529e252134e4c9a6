"""Reports of the simulated GPUs, and the payload around them.

A report is a request and an answer of SPDM 1.1, signed as one; `venice_ref.evidence.nvidia.report`
has the layouts.  Measurements and versions are synthetic: no driver and no VBIOS has such a number,
and `KNOWN_GOOD` lists what is good for them, in the form of the verifier's own table.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from typing import Any, Dict, Final, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from conformance.mock_tee.pki.authority import Key
from conformance.mock_tee.pki.nvidia import FWID, Chain, Gpu, GpuDraft
from conformance.mock_tee.randomness import random_source
from venice_ref.codec.pem import encode_pem
from venice_ref.evidence.nvidia import opaque as types
from venice_ref.evidence.nvidia.known_good import KnownGood
from venice_ref.evidence.nvidia.report import BLOCK, REQUEST, RESPONSE

__all__ = [
    "ACTIVE_INDICES",
    "DRIVER_VERSION",
    "KNOWN_GOOD",
    "SWITCHES",
    "VBIOS_VERSION",
    "Asked",
    "Fields",
    "ReportDraft",
    "entry",
    "hopper_fields",
    "machine_report",
    "measurement",
    "payload_text",
]

Fields = Tuple[Tuple[int, bytes], ...]
"""Opaque data: type and data, in their order."""

DRIVER_VERSION: Final = "999.0.0"
VBIOS_VERSION: Final = "99.00.00.00.01"
_VBIOS: Final = bytes.fromhex("0000009901000000")
_BOARD: Final = ("MOCK", "0000", "000")

SWITCHES: Final = tuple(hashlib.sha256(b"switch %d" % n).digest()[:8] for n in range(4))
"""The identifiers (8) of the switches that all GPUs of a machine see."""

ACTIVE_INDICES: Final = (*range(13), *range(21, 42))
"""The measurements that NVIDIA's manifests for Hopper list: 0 to 12 and 21 to 41."""

_ZERO_INDICES: Final = frozenset({0, 8, 10, *range(13, 21), *range(42, 64)})


def measurement(index: int) -> bytes:
    """Return the good value of an index; zeros for some, as in real reports."""
    return (
        bytes(48) if index in _ZERO_INDICES else hashlib.sha384(b"measurement %d" % index).digest()
    )


KNOWN_GOOD: Final = KnownGood(
    chip="GH100",
    driver_version=DRIVER_VERSION,
    vbios_version=VBIOS_VERSION,
    board="_".join(_BOARD),
    mode="PPCIE",
    source="venice-ref mock, synthetic",
    digests="".join(f"{index} {measurement(index).hex()}\n" for index in ACTIVE_INDICES),
)
"""The measurements of the mock's GPUs, as a row of the verifier's table."""


# --- Reports ------------------------------------------------------------------------------------


class ReportDraft(NamedTuple):
    """A report before it is signed."""

    nonce: bytes
    """The nonce (32) that it answers."""
    responder_nonce: bytes
    """The nonce (32) that the GPU draws."""
    measurements: Tuple[Tuple[int, bytes], ...]
    """Blocks: the index of manifests, and the digest."""
    opaque: Fields
    request: Mapping[str, int] = {}
    response: Mapping[str, int] = {}
    block: Mapping[str, int] = {}
    """Fields with other values than they should have; `block` is the last one."""

    def signed_bytes(self) -> bytes:
        """Return what is signed."""
        data = b"".join(_le(kind, 2) + _le(len(d), 2) + d for kind, d in self.opaque)
        return b"".join(
            [
                REQUEST.join(self._request()),
                RESPONSE.join(self._response()),
                *self._blocks(),
                self.responder_nonce,
                _le(len(data), 2),
                data,
            ]
        )

    def sign(self, gpu: GpuDraft) -> bytes:
        """Return the report, signed by the GPU's leaf key."""
        signed = self.signed_bytes()
        return signed + _sign(gpu.leaf_key, signed)

    def with_opaque(self, kind: int, data: Optional[bytes]) -> ReportDraft:
        """Return the draft with other data of a type, or without it."""
        kept = [pair for pair in self.opaque if pair[0] != kind]
        return self._replace(opaque=(*kept, *([] if data is None else [(kind, data)])))

    def with_measurement(self, index: int, value: bytes) -> ReportDraft:
        """Return the draft with another digest."""
        changed = [(i, value if i == index else v) for i, v in self.measurements]
        return self._replace(measurements=tuple(changed))

    def _request(self) -> Dict[str, bytes]:
        values = {"spdm_version": 0x11, "code": 0xE0, "param1": 1, "param2": 0xFF, "slot_id": 0}
        values.update(self.request)
        return {**{n: _le(v, 1) for n, v in values.items()}, "nonce": self.nonce}

    def _response(self) -> Dict[str, bytes]:
        count = len(self.measurements)
        values = {
            "spdm_version": 0x11, "code": 0x60, "param1": 0, "param2": 0,
            "block_count": count, "record_size": count * BLOCK.size, **self.response,
        }  # fmt: skip
        return {n: _le(v, 3 if n == "record_size" else 1) for n, v in values.items()}

    def _blocks(self) -> List[bytes]:
        blocks = []
        for position, (index, value) in enumerate(self.measurements, 1):
            fields = {
                "index": index + 1, "specification": 1, "size": 51,
                "value_type": 1, "value_size": 48,
            }  # fmt: skip
            if position == len(self.measurements):
                fields.update(self.block)
            sized = {n: _le(v, 2 if n.endswith("size") else 1) for n, v in fields.items()}
            blocks.append(BLOCK.join({**sized, "value": value}))
        return blocks


@lru_cache(maxsize=64)
def _sign(key: Key, message: bytes) -> bytes:
    """Sign once what is asked for twice: the signature is the same (RFC 6979)."""
    return key.sign(message)


def hopper_fields(
    *, driver: str, vbios: bytes, board: Tuple[str, str, str], switches: Sequence[bytes] = SWITCHES
) -> Fields:
    """Return the opaque data of a Hopper GPU in protected PCIe mode, its decoder 0 disabled.

    `vbios` has 8 bytes; `board` is project, project SKU and chip SKU.  16 of 18 links are in use.
    """
    project, project_sku, chip_sku = (part.encode("ascii") for part in board)
    links = b"".join(switches[n % len(switches)] for n in range(16)) + bytes(16)
    return (
        (types.VBIOS_VERSION, vbios),
        (types.CHIP_SKU, chip_sku.ljust(9, b"\0")),
        (types.PROJECT, project.ljust(5, b"\0")),
        (types.PROJECT_SKU, project_sku.ljust(5, b"\0")),
        (types.DRIVER_VERSION, driver.encode("ascii") + b"\0"),
        (types.NVDEC0_STATUS, b"\x55"),
        (types.FWID, FWID),
        (types.PROTECTED_PCIE_STATUS, b"\xaa"),
        (types.SWITCH_PDI, links),
    )


# --- A machine that is asked --------------------------------------------------------------------


class Asked(NamedTuple):
    """A GPU and what it is about to sign."""

    gpu: Gpu
    report: ReportDraft

    def sign(self) -> bytes:
        """Return the report."""
        return self.report.sign(self.gpu.draft)


def machine_report(gpu: Gpu, nonce: bytes, seed: Optional[str]) -> Asked:
    """Return a GPU of the mock's machine with its report for a nonce (32).

    Under a seed the responder's nonce depends on the nonce and the GPU alone.
    """
    draw = random_source(seed, f"responder {gpu.draft.number} for {nonce.hex()}")
    return Asked(
        gpu,
        ReportDraft(
            nonce=nonce,
            responder_nonce=draw(32),
            measurements=tuple((index, measurement(index)) for index in range(64)),
            opaque=hopper_fields(driver=DRIVER_VERSION, vbios=_VBIOS, board=_BOARD),
        ),
    )


# --- The payload --------------------------------------------------------------------------------


def entry(chain: Chain, report: bytes, nonce: str, *, arch: str = "HOPPER") -> Dict[str, Any]:
    """Return an entry of `evidence_list`; `nonce` is hexadecimal and not signed."""
    return {
        "arch": arch,
        "certificate": _encoded(chain),
        "evidence": base64.b64encode(report).decode("ascii"),
        "nonce": nonce,
    }


@lru_cache(maxsize=64)
def _encoded(chain: Chain) -> str:
    pem = "".join(encode_pem(certificate) for certificate in chain)
    return base64.b64encode(pem.encode("ascii")).decode("ascii")


def payload_text(entries: Sequence[Mapping[str, Any]], nonce: str) -> str:
    """Return the payload as the service sends it: JSON text, and NVIDIA's service takes it so."""
    payload = {"arch": "HOPPER", "evidence_list": list(entries), "nonce": nonce}
    return json.dumps(payload, separators=(",", ":"))


def _le(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")
