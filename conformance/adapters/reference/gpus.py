"""GPU evidence: `gpu.payload`, `gpu.opaque`, `gpu.report`, `gpu.chain` and `gpu.verify`."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Mapping

from venice_ref.codec.strict import parse_json_object, parse_rfc3339
from venice_ref.evidence.nvidia.chain import parse_device_chain, verify_device_chain
from venice_ref.evidence.nvidia.facts import fleet_facts
from venice_ref.evidence.nvidia.fleet import FleetPolicy, check_fleet_policy, verify_fleet
from venice_ref.evidence.nvidia.opaque import GpuDescription, describe_gpu, split_opaque
from venice_ref.evidence.nvidia.payload import GpuPayload, check_payload_nonces, parse_payload
from venice_ref.evidence.nvidia.report import parse_report
from venice_ref.evidence.nvidia.verify import describe_report, verify_report
from venice_ref.pki.chain import TrustAnchor
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import MAX_ATTESTATION_SIZE

__all__ = ["gpu_chain", "gpu_opaque", "gpu_payload", "gpu_report", "gpu_verify", "root_of"]


def gpu_payload(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Take a payload apart; the contents of certificates and reports are not looked at."""
    payload = _payload(given)
    return {
        "gpus": [
            {
                "arch": gpu.arch,
                "certificate_sha256": hashlib.sha256(gpu.chain_pem).hexdigest(),
                "evidence_sha256": hashlib.sha256(gpu.report).hexdigest(),
            }
            for gpu in payload.gpus
        ]
    }


def gpu_opaque(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Read the opaque data of a GPU's report."""
    fields = split_opaque(bytes.fromhex(given["opaque"]), where="opaque")
    return _description(describe_gpu(fields, where="opaque"))


def gpu_report(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Take the report of a GPU apart, without verifying its signature."""
    report = parse_report(bytes.fromhex(given["report"]))
    found = describe_report(report)
    return {
        "nonce": report.nonce.hex(),
        "responder_nonce": report.responder_nonce.hex(),
        "signature": report.signature.hex(),
        "driver_version": found.driver_version,
        "vbios_version": found.vbios_version,
        "measurements": {str(i): value.hex() for i, value in sorted(report.measurements.items())},
        "mid": {"signed_digest": hashlib.sha384(report.signed_bytes).hexdigest()},
    }


def gpu_chain(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Verify the certificates of a GPU."""
    chain = parse_device_chain(given["certificates"].encode("utf-8"))
    verify_device_chain(
        chain, arch=given["arch"], now=parse_rfc3339(given["now"]), root=root_of(given)
    )
    return {
        "chip": chain.chip,
        "fwid": chain.fwid.hex(),
        "ueid": str(chain.leaf.serial),
        "device_serial": f"{chain.device.serial:x}",
    }


def gpu_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Verify the evidence of all GPUs up to the level `signed`."""
    payload, nonce, memo = _payload(given), bytes.fromhex(given["nonce"]), SignatureMemo()
    now, root = parse_rfc3339(given["now"]), root_of(given)
    fleet = verify_fleet(
        [verify_report(gpu, nonce=nonce, now=now, root=root, memo=memo) for gpu in payload.gpus]
    )
    if "policy" in given:
        check_fleet_policy(fleet, _policy(given["policy"]))
    facts = fleet_facts(fleet)
    return {
        "level": facts["gpu_level"],
        "model": facts["gpu_model"],
        "driver_version": facts["gpu_driver_version"],
        "vbios_version": facts["gpu_vbios_version"],
        "mode": facts["gpu_mode"],
        "debug": facts["gpu_debug"],
        "revocation": facts["gpu_revocation"],
        "td_binding": facts["gpu_td_binding"],
        "switches": facts["gpu_switches"],
        "switches_attested": facts["gpu_switches_attested"],
        "gpus": [
            {name: gpu[name] for name in ("name", "chip", "ueid", "fwid")} for gpu in facts["gpus"]
        ],
    }


def root_of(given: Mapping[str, Any]) -> TrustAnchor:
    """Return the root that a vector pins by the SHA-256 of its DER."""
    digest = bytes.fromhex(given["root"])
    return TrustAnchor("the pinned root", certificates=frozenset({digest}))


def _payload(given: Mapping[str, Any]) -> GpuPayload:
    node = parse_json_object(
        given["payload"], max_size=MAX_ATTESTATION_SIZE, where="nvidia_payload", rule="GPU-4"
    )
    payload = parse_payload(node)
    check_payload_nonces(payload, bytes.fromhex(given["nonce"]))
    return payload


def _description(found: GpuDescription) -> Dict[str, Any]:
    return {
        "driver_version": found.driver_version,
        "vbios_version": found.vbios_version,
        "project": found.project,
        "project_sku": found.project_sku,
        "chip_sku": found.chip_sku,
        "chip_info": found.chip_info,
        "mode": found.mode,
        "nvdec0_disabled": found.nvdec0_disabled,
        "fwid": None if found.fwid is None else found.fwid.hex(),
        "switches": [pdi.hex() for pdi in found.switch_pdis],
    }


def _policy(given: Mapping[str, Any]) -> FleetPolicy:
    return FleetPolicy(
        gpu_count=given.get("gpu_count"),
        driver_versions=frozenset(given.get("driver_versions", ())),
        vbios_versions=frozenset(given.get("vbios_versions", ())),
        modes=frozenset(given.get("modes", ())),
    )
