"""What others signed about the evidence, and whose signatures count.

Evidence says what a machine is; endorsements are the statements of Intel and NVIDIA by which that
can be judged.  They are signed, so that it does not matter who hands them over: the network, a
file, or a bundle that was saved long ago.  Trust roots are the opposite: they are believed because
the caller has them, and come from nowhere else.
"""

from __future__ import annotations

from typing import Final, FrozenSet, NamedTuple, Optional, Tuple

from venice_ref.errors import UsageError
from venice_ref.evidence.roots import DEVICE_ROOT, INTEL_ROOT, NRAS_INTERMEDIATES, RIM_ROOT
from venice_ref.pki.anchor import TrustAnchor

__all__ = [
    "MAX_RIMS",
    "NO_ENDORSEMENTS",
    "PINNED_ROOTS",
    "Endorsements",
    "TrustRoots",
    "check_endorsements",
]

MAX_RIMS: Final = 16
"""Reference manifests in one verification; the GPUs of a machine need 2."""


class Endorsements(NamedTuple):
    """Signed statements as they were received; `None` and empty where the caller has none."""

    collateral: Optional[bytes] = None
    """Intel's, for the quote: the JSON text that DCAP libraries exchange (`evidence.tdx`)."""
    nras: Optional[bytes] = None
    """The answer of NVIDIA's attestation service for the GPU evidence, a JSON text."""
    jwks: Optional[bytes] = None
    """The key set of that service at that time, a JSON text."""
    rims: Tuple[bytes, ...] = ()
    """NVIDIA's reference manifests of driver and VBIOS, XML documents.  They come from NVIDIA's
    service by their name, and never from whoever is verified: `evidence.nvidia.rim` says why."""


class TrustRoots(NamedTuple):
    """The roots that chains end in; each default is pinned in this package."""

    intel: TrustAnchor = INTEL_ROOT
    nvidia_device: TrustAnchor = DEVICE_ROOT
    """Above the keys of GPUs."""
    nvidia_rim: TrustAnchor = RIM_ROOT
    """Above the signers of reference manifests."""
    nvidia_nras: FrozenSet[bytes] = NRAS_INTERMEDIATES
    """SHA-256 of the keys of the intermediates above the tokens of the attestation service."""

    @property
    def replaced(self) -> Tuple[str, ...]:
        """The names of the roots that are not the pinned ones  [POL-11]."""
        return tuple(
            name for name, root, pinned in zip(self._fields, self, PINNED_ROOTS) if root != pinned
        )


NO_ENDORSEMENTS: Final = Endorsements()
PINNED_ROOTS: Final = TrustRoots()


def check_endorsements(endorsements: Endorsements) -> None:
    """Refuse endorsements that are not bytes, before anything is made of them.

    Raises:
        UsageError: another type, or more manifests than 16.
    """
    if len(endorsements.rims) > MAX_RIMS:
        raise UsageError(
            f"{len(endorsements.rims)} reference manifests, at most {MAX_RIMS}",
            where="endorsements.rims",
        )
    given = {
        **{name: getattr(endorsements, name) for name in ("collateral", "nras", "jwks")},
        **{f"rims[{index}]": rim for index, rim in enumerate(endorsements.rims)},
    }
    for name, value in given.items():
        if value is not None and not isinstance(value, bytes):
            raise UsageError("not bytes", where=f"endorsements.{name}")
