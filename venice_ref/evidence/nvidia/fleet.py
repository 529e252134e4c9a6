"""Several GPUs: that they are several, alike, and behind the same switches.

Each GPU is verified alone (`verify`); what is judged here are the statements that only all of them
together make.  No payload in use carries the evidence of the switches.  In protected PCIe mode the
GPUs talk through them in plaintext, so that they belong to what must be trusted: `Fleet` says that
they are not attested, and the report must say it too  [GPU-24].
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Callable,
    Dict,
    Final,
    FrozenSet,
    Hashable,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from venice_ref.codec.strict import excerpt
from venice_ref.errors import EvidenceError, PolicyError

if TYPE_CHECKING:
    from venice_ref.evidence.nvidia.verify import SignedGpu

__all__ = [
    "ANY_FLEET",
    "BINDING_SAME_NONCE",
    "Fleet",
    "FleetPolicy",
    "check_fleet_policy",
    "verify_fleet",
]

BINDING_SAME_NONCE: Final = "same-nonce"
"""What ties the GPUs to the trust domain: both answered one nonce, and nothing more  [GPU-36]."""

_NO_SWITCH: Final = bytes(8)


class Fleet(NamedTuple):
    """GPUs of one kind, each counted once; `verify_fleet` alone makes it."""

    gpus: Tuple[SignedGpu, ...]
    model: str
    driver_version: str
    vbios_version: str
    mode: str
    switch_pdis: FrozenSet[bytes]
    """The identifiers (8) of the switches that every GPU sees; empty outside of PPCIE."""

    @property
    def unattested_switches(self) -> int:
        """How many switches are inside of the trust boundary and unproven  [GPU-24]."""
        return len(self.switch_pdis)

    @property
    def td_binding(self) -> str:
        """What ties the GPUs to the trust domain  [GPU-36]."""
        return BINDING_SAME_NONCE


class FleetPolicy(NamedTuple):
    """What a caller demands of the GPUs; empty demands nothing  [GPU-25]."""

    gpu_count: Optional[int] = None
    """How many there must be."""
    driver_versions: FrozenSet[str] = frozenset()
    """Those that may be, as `570.172.08`."""
    vbios_versions: FrozenSet[str] = frozenset()
    """Those that may be, as `96.00.CF.00.02`."""
    modes: FrozenSet[str] = frozenset()
    """Those that may be, of `opaque.MODES`."""


ANY_FLEET: Final = FleetPolicy()
"""Accepts any number, driver, VBIOS and mode."""


def verify_fleet(gpus: Sequence[SignedGpu]) -> Fleet:
    """Return the GPUs as one fleet.

    Spec: GPU-1, GPU-21 to GPU-24.

    Raises:
        EvidenceError: there is none, one counts twice, they differ, or do not share their switches.
    """
    if not gpus:
        raise EvidenceError("no GPU", rule="GPU-1")
    _refuse_duplicates(gpus)
    _refuse_mixture(gpus)
    first = gpus[0]
    mode = first.description.mode
    return Fleet(
        gpus=tuple(gpus),
        model=first.model,
        driver_version=first.description.driver_version,
        vbios_version=first.description.vbios_version,
        mode=mode,
        switch_pdis=_common_switches(gpus) if mode == "PPCIE" else frozenset(),
    )


def check_fleet_policy(fleet: Fleet, policy: FleetPolicy) -> None:
    """Return if the fleet is what the caller demands  [GPU-25].

    Raises:
        PolicyError: another count, or a driver, VBIOS or mode that is not listed.
    """
    found = len(fleet.gpus)
    if policy.gpu_count is not None and found != policy.gpu_count:
        raise PolicyError(f"{found} GPUs, required {policy.gpu_count}", rule="GPU-25")
    for name, version, allowed in (
        ("driver", fleet.driver_version, policy.driver_versions),
        ("VBIOS", fleet.vbios_version, policy.vbios_versions),
        ("mode", fleet.mode, policy.modes),
    ):
        if allowed and version not in allowed:
            raise PolicyError(
                f"{name} {version}, allowed {', '.join(sorted(allowed))}", rule="GPU-25"
            )


def _refuse_duplicates(gpus: Sequence[SignedGpu]) -> None:
    """Refuse a GPU, a key or a report that occurs twice  [GPU-21]."""
    identities: Tuple[Tuple[str, Callable[[SignedGpu], Hashable]], ...] = (
        ("certificate", lambda gpu: gpu.serial),
        ("device", lambda gpu: gpu.device_serial),
        ("nonce of its own", lambda gpu: gpu.responder_nonce),
    )
    for name, identity in identities:
        seen: Dict[Hashable, SignedGpu] = {}
        for gpu in gpus:
            value = identity(gpu)
            other = seen.get(value)
            if other is not None:
                raise EvidenceError(
                    f"GPU-{gpu.position} has the {name} of GPU-{other.position}",
                    rule="GPU-21",
                    where=gpu.where,
                )
            seen[value] = gpu


def _refuse_mixture(gpus: Sequence[SignedGpu]) -> None:
    """Refuse GPUs that differ in model, driver, VBIOS or mode  [GPU-22]."""
    first = gpus[0]
    for gpu in gpus[1:]:
        for name, found, required in (
            ("model", gpu.model, first.model),
            ("driver", gpu.description.driver_version, first.description.driver_version),
            ("VBIOS", gpu.description.vbios_version, first.description.vbios_version),
            ("mode", gpu.description.mode, first.description.mode),
        ):
            if found != required:
                raise EvidenceError(
                    f"GPU-{gpu.position} has the {name} {excerpt(found)}, and GPU-{first.position}"
                    f" {excerpt(required)}",
                    rule="GPU-22",
                    where=gpu.where,
                )


def _common_switches(gpus: Sequence[SignedGpu]) -> FrozenSet[bytes]:
    """Return the switches that every GPU sees, the same for all: one baseboard  [GPU-23]."""
    seen = [frozenset(gpu.description.switch_pdis) - {_NO_SWITCH} for gpu in gpus]
    for gpu, switches in zip(gpus, seen):
        if not switches or switches != seen[0]:
            raise EvidenceError(
                f"GPU-{gpu.position} sees {len(switches)} switches, at least one, and those of"
                f" GPU-{gpus[0].position}, are required in the mode PPCIE",
                rule="GPU-23",
                where=gpu.where,
            )
    return seen[0]
