"""A GPU as an earlier verification left it, from the few facts that a vector states of it."""

from __future__ import annotations

from typing import Any, Final, Mapping

from venice_ref.evidence.nvidia.opaque import GpuDescription
from venice_ref.evidence.nvidia.verify import SignedGpu

__all__ = ["verified_gpu"]

UNSTATED: Final = bytes(32)


def verified_gpu(
    given: Mapping[str, Any], *, position: int = 0, nonce: bytes = UNSTATED
) -> SignedGpu:
    """Return the GPU of a vector; what it does not state is empty, and nothing may read it."""
    measurements = given.get("measurements", {})
    return SignedGpu(
        position=position,
        arch=given.get("arch", ""),
        chip=given.get("chip", ""),
        model="",
        serial=int(given.get("ueid", "0")),
        device_serial=0,
        nonce=nonce,
        responder_nonce=UNSTATED,
        description=GpuDescription(
            driver_version=given.get("driver_version", ""),
            vbios_version=given.get("vbios_version", ""),
            project=given.get("project", ""),
            project_sku=given.get("project_sku", ""),
            chip_sku=given.get("chip_sku", ""),
            chip_info=given.get("chip_info", ""),
            mode=given.get("mode", ""),
            nvdec0_disabled=given.get("nvdec0_disabled", False),
            fwid=None,
            switch_pdis=(),
        ),
        fwid=b"",
        measurements={int(i): bytes.fromhex(value) for i, value in measurements.items()},
        where=f"gpu[{position}]",
    )
