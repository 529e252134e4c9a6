"""Good values: `manifest.name`, `manifest.answer`, `manifest.verify` and `measurement.match`."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from typing import Any, Dict, Final, Mapping, Optional, Tuple

from conformance.adapters.reference.gpu_subject import verified_gpu
from conformance.adapters.reference.gpus import root_of
from venice_ref.codec.strict import parse_rfc3339
from venice_ref.evidence.nvidia.c14n import canonicalize
from venice_ref.evidence.nvidia.facts import fleet_facts
from venice_ref.evidence.nvidia.fleet import Fleet
from venice_ref.evidence.nvidia.known_good import KnownGood, find_known_good
from venice_ref.evidence.nvidia.measurements import (
    GoldenValues,
    merge_manifests,
    verify_measurements,
)
from venice_ref.evidence.nvidia.rim import (
    Manifest,
    driver_manifest_id,
    parse_manifest,
    parse_manifest_answer,
    vbios_manifest_id,
    verify_manifest,
)
from venice_ref.evidence.nvidia.verify import SignedGpu

__all__ = ["manifest_answer", "manifest_name", "manifest_verify", "measurement_match"]

FAR: Final = datetime(9999, 12, 31, tzinfo=timezone.utc)


def manifest_name(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the names of the manifests for driver and VBIOS of a GPU."""
    gpu = verified_gpu(given)
    return {"driver": driver_manifest_id(gpu), "vbios": vbios_manifest_id(gpu)}


def manifest_answer(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Take the document out of an answer of the manifest service."""
    document = parse_manifest_answer(given["answer"].encode("utf-8"), name=given["name"])
    return {"document": document.hex()}


def manifest_verify(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Verify a reference manifest, and return its good values."""
    parsed = parse_manifest(given["manifest"].encode("utf-8"))
    signature = parsed.signature
    document = canonicalize(signature.document, without=signature.element)
    found = verify_manifest(
        parsed, version=given["version"], now=parse_rfc3339(given["now"]), root=root_of(given)
    )
    return {
        "good": {
            str(index): [value.hex() for value in values]
            for index, values in sorted(found.golden.items())
        },
        "mid": {
            "document_digest": hashlib.sha384(document).hexdigest(),
            "signed_info_digest": hashlib.sha384(canonicalize(signature.signed_info)).hexdigest(),
        },
    }


def measurement_match(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Compare the measurements of a GPU with good values, where there are any for it."""
    gpu = verified_gpu(given["gpu"])
    golden = _golden(given, gpu)
    measured = () if golden is None else (verify_measurements(gpu, golden),)
    found = gpu.description
    fleet = Fleet(
        (gpu,), gpu.model, found.driver_version, found.vbios_version, found.mode, frozenset()
    )
    facts = fleet_facts(fleet, measured)
    return {
        "level": facts["gpu_level"],
        "debug": facts["gpu_debug"],
        "compared": [index for one in measured for index in one.compared],
        "skipped": [index for one in measured for index in one.skipped],
    }


def _golden(given: Mapping[str, Any], gpu: SignedGpu) -> Optional[GoldenValues]:
    if "manifests" in given:
        driver, vbios = (_manifest(given["manifests"][name]) for name in ("driver", "vbios"))
        return merge_manifests(driver, vbios)
    return find_known_good(gpu, [_row(row) for row in given["table"]])


def _manifest(good: Mapping[str, Any]) -> Manifest:
    return Manifest("", {int(i): _digests(values) for i, values in good.items()}, b"", FAR)


def _row(given: Mapping[str, Any]) -> KnownGood:
    return KnownGood(
        chip=given["chip"],
        driver_version=given["driver_version"],
        vbios_version=given["vbios_version"],
        board=given["board"],
        mode=given["mode"],
        source="a vector",
        digests="".join(
            f"{index} {value}\n" for index, values in given["good"].items() for value in values
        ),
    )


def _digests(values: Any) -> Tuple[bytes, ...]:
    return tuple(bytes.fromhex(value) for value in values)
