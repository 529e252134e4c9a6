"""Measurements against the values that are good: what makes a signed GPU a measured one.

Good values come from NVIDIA's manifests of driver and VBIOS (`rim`), or from a table of values
that NVIDIA's own service vouched for (`known_good`).  An index of them that has no value in the
report is a mismatch; so is a value of zeros where another one is wanted.  An index that they do not
list is not compared: the manifests mark those as not active.

Only here and in NVIDIA's tokens is it proven that the GPU is not in debug mode.  The reports have
no field for it; NVIDIA's verifiers conclude it from measurements that match, and so does this
[GPU-35].
"""

from __future__ import annotations

import hmac
from typing import Final, List, Mapping, NamedTuple, Sequence, Tuple

from venice_ref.errors import EvidenceError, UsageError
from venice_ref.evidence.nvidia.rim import Manifest
from venice_ref.evidence.nvidia.verify import SignedGpu

__all__ = ["GoldenValues", "MeasuredGpu", "merge_manifests", "verify_measurements"]

NVDEC0_INDEX: Final = 35
"""The measurement of the video decoder 0, which is not compared where that is disabled."""


class GoldenValues(NamedTuple):
    """The values that are good for one combination of driver, VBIOS, board and mode."""

    values: Mapping[int, Tuple[bytes, ...]]
    """Alternatives (48 each), at least one, by the index of manifests."""
    source: str
    """Where they come from, for the report: `rim` or `known-good`."""


class MeasuredGpu(NamedTuple):
    """A GPU whose measurements are good; `verify_measurements` alone makes it."""

    gpu: SignedGpu
    source: str
    """Where the good values come from: `rim` or `known-good`."""
    compared: Tuple[int, ...]
    """The indices that were compared, ascending."""
    skipped: Tuple[int, ...]
    """Index 35, where the decoder that it measures is disabled."""

    @property
    def debug_disabled(self) -> bool:
        """True: it follows from measurements that match, and from nothing less  [GPU-35]."""
        return True


def merge_manifests(driver: Manifest, vbios: Manifest) -> GoldenValues:
    """Return the values of both manifests, no index of which is active in both  [GPU-44].

    Raises:
        EvidenceError: they contradict each other.
    """
    both = sorted(set(driver.golden) & set(vbios.golden))
    if both:
        raise EvidenceError(
            f"driver and VBIOS both have the measurements {both}", rule="GPU-44", where="rim"
        )
    return GoldenValues({**driver.golden, **vbios.golden}, "rim")


def verify_measurements(gpu: SignedGpu, golden: GoldenValues) -> MeasuredGpu:
    """Return the GPU as measured, if each good index has one of its good values  [GPU-33].

    Raises:
        EvidenceError: a measurement is missing or has another value; the message lists the indices.
        UsageError: there are no good values to compare with.
    """
    if not golden.values or not all(golden.values.values()):
        raise UsageError("no good values to compare with")
    compared: List[int] = []
    skipped: List[int] = []
    wrong: List[int] = []
    for index, alternatives in sorted(golden.values.items()):
        if index == NVDEC0_INDEX and gpu.description.nvdec0_disabled:
            skipped.append(index)
            continue
        compared.append(index)
        if not _is_one_of(gpu.measurements.get(index, b""), alternatives):
            wrong.append(index)
    if wrong or not compared:
        raise EvidenceError(
            f"measurements {wrong} of {len(compared)} differ from the good values",
            rule="GPU-33",
            where=f"{gpu.where}.evidence",
        )
    return MeasuredGpu(gpu, golden.source, tuple(compared), tuple(skipped))


def _is_one_of(value: bytes, alternatives: Sequence[bytes]) -> bool:
    return any(hmac.compare_digest(value, alternative) for alternative in alternatives)
