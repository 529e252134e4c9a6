"""The checks of what runs on the GPUs: by the word of NVIDIA's service, or by comparison here.

Only these say that debugging is off: a GPU in debug mode signs its reports like any other
[GPU-35].
"""

from __future__ import annotations

from typing import Dict, Final, List, Optional

from venice_ref.attestation.findings import NO_NONCE, Findings, Outcome, Skip
from venice_ref.attestation.policy import includes_gpu
from venice_ref.errors import EvidenceError
from venice_ref.evidence.nvidia.jwks import parse_key_set
from venice_ref.evidence.nvidia.known_good import find_known_good
from venice_ref.evidence.nvidia.measurements import (
    GoldenValues,
    merge_manifests,
    verify_measurements,
)
from venice_ref.evidence.nvidia.rim import (
    Manifest,
    UnverifiedManifest,
    driver_manifest_id,
    parse_manifest,
    vbios_manifest_id,
    verify_manifest,
)
from venice_ref.evidence.nvidia.tokens import parse_nras_answer, verify_nras

__all__ = ["measurements", "nras"]

_LOWER: Final = "or ask for a lower level by name, GPU level signed (--gpu signed)"


def nras(findings: Findings) -> Outcome:
    """Refuse GPUs for which NVIDIA's service does not vouch  [TOK-1 to TOK-16]."""
    given, nonce = findings.endorsements, findings.nonce
    if nonce is None:
        return NO_NONCE
    if given.nras is None or given.jwks is None:
        missing = [name for name in ("nras", "jwks") if getattr(given, name) is None]
        return Skip(
            f"no {' and no '.join(missing)} was given: nothing says that NVIDIA's service vouches"
            " for these GPUs",
            required=not includes_gpu(findings.policy.gpu, "measured"),
            rule="POL-3",
            hint="`attest` fetches both over the network, a bundle holds them, `verify` takes"
            f" --nras FILE and --jwks FILE; {_LOWER}",
        )
    found = findings.nras = verify_nras(
        parse_nras_answer(given.nras),
        parse_key_set(given.jwks),
        gpus=findings.the_fleet.gpus,
        nonce=nonce,
        now=findings.now,
        intermediates=findings.roots.nvidia_nras,
        memo=findings.memo,
    )
    replaced = findings.roots.replaced
    pinned = "replaced" if "nvidia_nras" in replaced else "pinned"
    return (
        f"the overall result and {len(found.ueids)} tokens are good, ES384 below the {pinned}"
        f" intermediate, claims {found.version}; debugging is disabled"
    )


def measurements(findings: Findings) -> Outcome:
    """Refuse GPUs whose measurements are not good ones  [GPU-26 to GPU-35]."""
    fleet = findings.the_fleet
    golden = _manifest_values(findings) or find_known_good(fleet.gpus[0])
    if golden is None:
        first = fleet.gpus[0]
        return Skip(
            f"no good values are known for driver {fleet.driver_version} and VBIOS"
            f" {fleet.vbios_version}",
            required=True,
            rule="POL-3",
            hint=f"NVIDIA's manifests {driver_manifest_id(first)} and {vbios_manifest_id(first)}"
            f" have them; {_LOWER}",
        )
    findings.measured_gpus = tuple(verify_measurements(gpu, golden) for gpu in fleet.gpus)
    compared = len(findings.measured_gpus[0].compared)
    source = "NVIDIA's manifests" if golden.source == "rim" else "values known to be good"
    return f"{compared} measurements of each GPU, by {source}; debugging is disabled"


def _manifest_values(findings: Findings) -> Optional[GoldenValues]:
    """Return the values of the manifests of this driver and VBIOS; `None` where one is missing.

    Raises:
        MalformedError: a manifest does not parse, of whatever driver it is.
        EvidenceError: it is not NVIDIA's, or two are for the same.
    """
    fleet = findings.the_fleet
    manifests = [
        parse_manifest(raw, where=f"rims[{index}]")
        for index, raw in enumerate(findings.endorsements.rims)
    ]
    found: Dict[str, Manifest] = {}
    for version in (fleet.driver_version, fleet.vbios_version):
        own = _of_version(manifests, version)
        if own is not None:
            found[version] = verify_manifest(
                own,
                version=version,
                now=findings.now,
                root=findings.roots.nvidia_rim,
                memo=findings.memo,
            )
    if len(found) != 2:
        return None
    return merge_manifests(found[fleet.driver_version], found[fleet.vbios_version])


def _of_version(manifests: List[UnverifiedManifest], version: str) -> Optional[UnverifiedManifest]:
    """Return the one manifest of a version.  NVIDIA signed several of some, with other values."""
    own = [manifest for manifest in manifests if manifest.version.lower() == version.lower()]
    if len({manifest.sha256 for manifest in own}) > 1:
        raise EvidenceError(
            f"{len(own)} manifests for {version}, required one", rule="GPU-31", where="rims"
        )
    return own[0] if own else None
