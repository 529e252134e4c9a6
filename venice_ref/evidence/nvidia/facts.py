"""What was found out about the GPUs, as JSON values for a report.

The levels are kept apart.  `signed` says that genuine GPUs answered this nonce; that they are not
in debug mode is said only where good values (`measured`) or NVIDIA's tokens (`nras`) proved it.
What no level proves is in the facts as well: switches without evidence [GPU-24], revocation, which
is served online only and not judged [GPU-37], and the binding of the GPUs to the trust domain,
which is no more than one nonce for both [GPU-36].
"""

from __future__ import annotations

from typing import Any, Dict, Final, Optional, Sequence

from venice_ref.evidence.nvidia.fleet import Fleet
from venice_ref.evidence.nvidia.measurements import MeasuredGpu
from venice_ref.evidence.nvidia.tokens import NrasVerdict
from venice_ref.evidence.nvidia.verify import SignedGpu

__all__ = ["NOT_PERFORMED", "NOT_PROVEN", "fleet_facts", "gpu_facts", "reached_level"]

NOT_PROVEN: Final = "not proven"
NOT_PERFORMED: Final = "not performed"


def reached_level(
    fleet: Fleet, measured: Sequence[MeasuredGpu] = (), nras: Optional[NrasVerdict] = None
) -> str:
    """Return the highest level that all GPUs of the fleet reached, of `spec.GPU_LEVELS`  [GPU-35].

    Measured counts only if every GPU was; NVIDIA's verdict only if it is about these GPUs.
    """
    if all(any(found.gpu == gpu for found in measured) for gpu in fleet.gpus):
        return "measured"
    if nras is not None and list(nras.ueids) == [gpu.ueid for gpu in fleet.gpus]:
        return "nras"
    return "signed"


def fleet_facts(
    fleet: Fleet, measured: Sequence[MeasuredGpu] = (), nras: Optional[NrasVerdict] = None
) -> Dict[str, Any]:
    """Return the facts about all GPUs, and in `gpus` those about each."""
    level = reached_level(fleet, measured, nras)
    switches = sorted(pdi.hex() for pdi in fleet.switch_pdis)
    return {
        "gpu_level": level,
        "gpu_count": len(fleet.gpus),
        "gpu_model": fleet.model,
        "gpu_driver_version": fleet.driver_version,
        "gpu_vbios_version": fleet.vbios_version,
        "gpu_mode": fleet.mode,
        "gpu_debug": NOT_PROVEN if level == "signed" else "disabled",  # [GPU-35]
        "gpu_golden_source": sorted({found.source for found in measured}),
        "gpu_revocation": NOT_PERFORMED,  # [GPU-37]
        "gpu_td_binding": fleet.td_binding,  # [GPU-36]
        "gpu_switches": switches,
        "gpu_switches_attested": False if switches else None,  # [GPU-24]
        "nras_version": None if nras is None else nras.version,
        "nras_issued_at": None if nras is None else f"{nras.issued_at:%Y-%m-%dT%H:%M:%SZ}",
        "nras_expires_at": None if nras is None else f"{nras.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "gpus": [gpu_facts(gpu) for gpu in fleet.gpus],
    }


def gpu_facts(gpu: SignedGpu) -> Dict[str, Any]:
    """Return what one GPU signed; byte strings in hexadecimal, measurements by index."""
    found = gpu.description
    return {
        "name": f"GPU-{gpu.position}",
        "arch": gpu.arch,
        "chip": gpu.chip,
        "model": gpu.model,
        "ueid": gpu.ueid,
        "serial": f"{gpu.serial:040x}",
        "device_serial": f"{gpu.device_serial:x}",
        "driver_version": found.driver_version,
        "vbios_version": found.vbios_version,
        "board": found.board,
        "mode": found.mode,
        "nvdec0_disabled": found.nvdec0_disabled,
        "fwid": gpu.fwid.hex(),
        "measurements": {str(i): value.hex() for i, value in sorted(gpu.measurements.items())},
    }
