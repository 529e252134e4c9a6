"""What NVIDIA published itself: 26 signed manifests of 2023, and the report of one H100."""

from __future__ import annotations

import pytest

from tests.nvidia.real import AT, samples
from venice_ref.errors import EvidenceError
from venice_ref.evidence.nvidia.payload import GpuEvidence
from venice_ref.evidence.nvidia.rim import parse_manifest, verify_manifest
from venice_ref.evidence.nvidia.verify import verify_report

SAMPLE_NONCE = bytes.fromhex("931d8dd0add203ac3d8b4fbde75e115278eefcdceac5b87671a748f32364dfcb")


def test_the_manifests_verify_under_nvidia_s_root() -> None:  # GPU-29, GPU-30
    """Judged on the first day of their signers, and refused long after."""
    assert len(samples(".swidtag")) >= 20
    for path in samples(".swidtag"):
        manifest = parse_manifest(path.read_bytes())
        at = manifest.certificates[0].not_before
        found = verify_manifest(manifest, version=manifest.version, now=at)
        assert set(found.golden) in ({*range(7), *range(8, 13)}, {7, *range(21, 41)})
        later = at.replace(year=at.year + 3)
        with pytest.raises(EvidenceError) as caught:
            verify_manifest(manifest, version=manifest.version, now=later)
        assert caught.value.rule == "CRT-14"


def test_signed_manifests_of_one_vbios_differ() -> None:
    """Why a valid signature is not enough: one is for production, one for a test without GPU."""
    named = [path for path in samples(".swidtag") if "96005E0001" in path.name]
    found = [parse_manifest(path.read_bytes()) for path in named]
    assert len({manifest.version for manifest in found}) == 1
    assert len({str(sorted(manifest.golden.items())) for manifest in found}) == len(found) > 1


def test_the_sample_report_verifies_for_its_own_nonce_only() -> None:  # GPU-18
    """Some services answer with this report where they have no GPU."""
    (report,) = samples("hopperAttestationReport.txt")
    (chain,) = samples("hopperCertChain.txt")
    raw = bytes.fromhex(report.read_text(encoding="ascii").strip())
    evidence = GpuEvidence(0, "HOPPER", chain.read_bytes(), raw, None, "sample")
    gpu = verify_report(evidence, nonce=SAMPLE_NONCE, now=AT)
    assert (gpu.description.mode, gpu.description.driver_version) == ("CC", "550.90.07")
    with pytest.raises(EvidenceError) as caught:
        verify_report(evidence, nonce=bytes(32), now=AT)
    assert caught.value.rule == "GPU-18"
