"""GPUs of the simulated NVIDIA: their certificates, their reports, and the payload around them."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any, Dict, Final, Optional, Sequence, Tuple

from conformance.mock_tee.pki import gpu_report, nvidia
from conformance.mock_tee.pki.gpu_report import (
    SWITCHES,
    ReportDraft,
    hopper_fields,
    measurement,
)
from conformance.mock_tee.pki.nvidia import (
    FWID,
    SHA384_OID,
    Factory,
    composite_device_id,
    device_info,
    dice_tcb_info,
    make_factory,
)
from tests.nvidia.certificates import NOW, key
from venice_ref.codec.strict import JsonObject, parse_json_object
from venice_ref.evidence.nvidia.payload import GpuEvidence, parse_payload
from venice_ref.evidence.nvidia.verify import SignedGpu, verify_report

__all__ = [
    "FWID",
    "HOPPER_OPAQUE",
    "NONCE",
    "SHA384_OID",
    "SWITCHES",
    "Factory",
    "GpuDraft",
    "ReportDraft",
    "composite_device_id",
    "device_info",
    "dice_tcb_info",
    "entry",
    "evidence",
    "factory",
    "fleet",
    "fleet_json",
    "gpu_draft",
    "measurement",
    "payload_object",
    "report_draft",
    "verified",
]

NONCE: Final = bytes(range(32))


@lru_cache(maxsize=1)
def factory() -> Factory:
    """Return the authorities, made once."""
    return make_factory(key("root"), key("identity"), key("ica"))


class GpuDraft(nvidia.GpuDraft):
    """A GPU whose certificates are by the authorities above, unless others are given."""

    __slots__ = ()

    def chain(self, above: Optional[Factory] = None) -> Tuple[bytes, ...]:
        """Return the five certificates, the leaf first."""
        return self.issue(factory() if above is None else above)


def gpu_draft(number: int = 0, *, chip: str = "GH100") -> GpuDraft:
    """Return a GPU, Hopper or Blackwell by its chip."""
    leaf_key, device_key = key(f"{chip} leaf {number}"), key(f"{chip} device {number}")
    return GpuDraft(*nvidia.gpu_draft(number, leaf_key, device_key, chip=chip))


HOPPER_OPAQUE: Final = hopper_fields(
    driver="570.172.08",
    vbios=bytes.fromhex("00cf009602000000"),
    board=("G520", "0280", "895"),
)


def report_draft(number: int = 0) -> ReportDraft:
    """Return the report of a Hopper GPU in a machine of eight."""
    return ReportDraft(
        nonce=NONCE,
        responder_nonce=hashlib.sha256(b"responder %d" % number).digest(),
        measurements=tuple((index, measurement(index)) for index in range(64)),
        opaque=HOPPER_OPAQUE,
    )


# --- The payload --------------------------------------------------------------------------------


def entry(chain: Sequence[bytes], report: bytes, *, arch: str = "HOPPER") -> Dict[str, Any]:
    """Return an entry of `evidence_list`."""
    return gpu_report.entry(tuple(chain), report, NONCE.hex(), arch=arch)


@lru_cache(maxsize=8)
def fleet_json(count: int = 2) -> str:
    """Return the payload of a machine with so many GPUs, as JSON."""
    entries = []
    for number in range(count):
        gpu = gpu_draft(number)
        entries.append(entry(gpu.chain(), report_draft(number).sign(gpu)))
    return json.dumps({"arch": "HOPPER", "nonce": NONCE.hex(), "evidence_list": entries})


def payload_object(payload: Any) -> JsonObject:
    """Return a payload, given as JSON or as its value, as the answer's parser does."""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return parse_json_object(text, max_size=1 << 23, where="payload", rule="ATT-1")


def evidence(
    gpu: GpuDraft, report: ReportDraft, *, arch: str = "HOPPER", factory: Optional[Factory] = None
) -> GpuEvidence:
    """Return one GPU's evidence, signed and parsed."""
    one = entry(gpu.chain(factory), report.sign(gpu), arch=arch)
    payload = parse_payload(payload_object({"evidence_list": [one], "arch": arch}))
    return payload.gpus[0]._replace(position=gpu.number)


def verified(gpu: GpuDraft, report: ReportDraft, *, arch: str = "HOPPER") -> SignedGpu:
    """Return one GPU's evidence, verified."""
    found = evidence(gpu, report, arch=arch)
    return verify_report(found, nonce=report.nonce, now=NOW, root=factory().root.anchor)


@lru_cache(maxsize=8)
def fleet(count: int = 2) -> Tuple[SignedGpu, ...]:
    """Return the GPUs of a machine, verified."""
    return tuple(verified(gpu_draft(number), report_draft(number)) for number in range(count))
