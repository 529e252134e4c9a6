"""The attestation report of a GPU: a request and an answer of SPDM 1.1, signed as one.

    report = request (37) || response (8) || measurement blocks || responder nonce (32)
             || size (2) || opaque data || signature (96)

The signature is ECDSA on P-384 with SHA-384, r || s big-endian, over everything before it.  All
other integers are little-endian.  DMTF DSP0274 (SPDM) 1.1, GET_MEASUREMENTS and MEASUREMENTS; the
values as NVIDIA's verifiers read them.

The nonce that makes a report fresh is the one in the request, at offset 4.  The other nonce is
drawn by the GPU for each report.  A parsed report proves nothing: `verify` does that.
"""

from __future__ import annotations

from typing import Dict, Final, Mapping, NamedTuple

from venice_ref.codec.layout import Field, Layout, Reader
from venice_ref.errors import MalformedError
from venice_ref.evidence.nvidia.opaque import split_opaque
from venice_ref.spec import MAX_GPU_REPORT_SIZE

__all__ = [
    "BLOCK",
    "REQUEST",
    "RESPONSE",
    "SIGNATURE_SIZE",
    "GpuReport",
    "parse_report",
]

SIGNATURE_SIZE: Final = 96

REQUEST: Final = Layout("report.request", 37, (
    #     offset  size  name                DSP0274 1.1, GET_MEASUREMENTS request
    Field(0,         1, "spdm_version"),    # SPDMVersion = 0x11
    Field(1,         1, "code"),            # RequestResponseCode = 0xE0
    Field(2,         1, "param1"),          # attributes; bit 0: a signature is requested
    Field(3,         1, "param2"),          # 0xFF: all measurement blocks
    Field(4,        32, "nonce"),           # Nonce, from the one who asks           [GPU-18]
    Field(36,        1, "slot_id"),         # SlotIDParam; slot 0
))  # fmt: skip

RESPONSE: Final = Layout("report.response", 8, (
    #     offset  size  name                DSP0274 1.1, MEASUREMENTS response
    Field(0,         1, "spdm_version"),    # SPDMVersion = 0x11
    Field(1,         1, "code"),            # RequestResponseCode = 0x60
    Field(2,         1, "param1"),          # 0, as all blocks were asked for
    Field(3,         1, "param2"),          # slot 0
    Field(4,         1, "block_count"),     # NumberOfBlocks
    Field(5,         3, "record_size"),     # MeasurementRecordLength
))  # fmt: skip

BLOCK: Final = Layout("report.block", 55, (
    #     offset  size  name                DSP0274 1.1, measurement block, DMTF form
    Field(0,         1, "index"),           # Index, from 1
    Field(1,         1, "specification"),   # MeasurementSpecification; 1 = DMTF
    Field(2,         2, "size"),            # MeasurementSize = 3 + 48
    Field(4,         1, "value_type"),      # DMTFSpecMeasurementValueType; 1 = firmware, digest
    Field(5,         2, "value_size"),      # DMTFSpecMeasurementValueSize = 48
    Field(7,        48, "value"),           # DMTFSpecMeasurementValue; SHA-384
))  # fmt: skip

_REQUEST_VALUES: Final = {
    "spdm_version": 0x11, "code": 0xE0, "param1": 0x01, "param2": 0xFF, "slot_id": 0,
}  # fmt: skip
_RESPONSE_VALUES: Final = {"spdm_version": 0x11, "code": 0x60, "param1": 0, "param2": 0}
"""What a signed answer about all blocks says, and every report observed said  [GPU-14]."""

_BLOCK_VALUES: Final = {"specification": 1, "size": 51, "value_type": 1, "value_size": 48}
"""A digest of 48 bytes by the specification of DMTF  [GPU-15]."""

MAX_BLOCKS: Final = 64
"""A GPU has 64 blocks, a switch 31."""


class GpuReport(NamedTuple):
    """A report that parsed, not yet believed."""

    signed_bytes: bytes
    """What the signature is over: all but its last 96 bytes."""
    signature: bytes
    """r || s (96), big-endian."""
    nonce: bytes
    """The nonce of the request (32)."""
    responder_nonce: bytes
    """The nonce of the GPU (32)."""
    measurements: Mapping[int, bytes]
    """SHA-384 digests (48) by the index of reference manifests, which is that of SPDM less 1."""
    opaque: Mapping[int, bytes]
    """The opaque data by type (`opaque`)."""
    where: str
    """The path of the report, for errors."""


def parse_report(raw: bytes, *, where: str = "report") -> GpuReport:
    """Return the report that `raw` is, to the byte.

    Spec: GPU-13 to GPU-16.

    Raises:
        MalformedError: the rule and the message say which part is not as it must be.
    """
    if len(raw) > MAX_GPU_REPORT_SIZE:
        raise MalformedError(
            f"a report of {len(raw)} bytes, at most {MAX_GPU_REPORT_SIZE}",
            rule="GPU-13",
            where=where,
        )
    reader = Reader(bytes(raw), where=where, rule="GPU-13")
    request = reader.layout(REQUEST)
    _require(request, _REQUEST_VALUES, f"{where}.request", "GPU-14")
    response = reader.layout(RESPONSE)
    _require(response, _RESPONSE_VALUES, f"{where}.response", "GPU-14")
    measurements = _measurements(reader, response, where)
    responder_nonce = reader.take(32, "responder nonce")
    opaque = reader.take(reader.integer_le(2, "size of the opaque data"), "opaque data")
    signed_bytes = bytes(raw[: reader.position])
    signature = reader.take(SIGNATURE_SIZE, "signature")
    reader.finish()
    return GpuReport(
        signed_bytes=signed_bytes,
        signature=signature,
        nonce=request["nonce"],
        responder_nonce=responder_nonce,
        measurements=measurements,
        opaque=split_opaque(opaque, where=f"{where}.opaque"),
        where=where,
    )


def _measurements(reader: Reader, response: Mapping[str, bytes], where: str) -> Dict[int, bytes]:
    """Return the digests of all blocks; each index occurs once."""
    count, size = _integer(response["block_count"]), _integer(response["record_size"])
    if not 1 <= count <= MAX_BLOCKS or size != count * BLOCK.size:
        raise MalformedError(
            f"{count} blocks in {size} bytes, required 1 to {MAX_BLOCKS} of {BLOCK.size}",
            rule="GPU-13",
            where=f"{where}.response",
        )
    found: Dict[int, bytes] = {}
    for position in range(count):
        place = f"{where}.block[{position}]"
        block = reader.layout(BLOCK)
        index = block["index"][0] - 1
        if not 0 <= index < MAX_BLOCKS or index in found:
            raise MalformedError(
                f"index {index + 1}, required each once from 1 to {MAX_BLOCKS}",
                rule="GPU-13",
                where=place,
            )
        _require(block, _BLOCK_VALUES, place, "GPU-15")
        found[index] = block["value"]
    return found


def _require(
    fields: Mapping[str, bytes], required: Mapping[str, int], where: str, rule: str
) -> None:
    for name, value in required.items():
        found = _integer(fields[name])
        if found != value:
            raise MalformedError(
                f"0x{found:02x}, required 0x{value:02x}", rule=rule, where=f"{where}.{name}"
            )


def _integer(field: bytes) -> int:
    return int.from_bytes(field, "little")
