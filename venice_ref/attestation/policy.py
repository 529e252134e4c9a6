"""What a verifier demands of evidence, as a value.

Two axes that do not mix.  Assurance is what was proven of the machine:

    none      nothing
    binding   the quote names the model key and the client's nonce, but nothing proves that the
              quote comes from a machine: whoever can forge an answer can forge this
    dcap      and Intel's signatures prove that it comes from a genuine TDX machine
    measured  and what runs in it is what was expected

The GPU level is what was proven of its GPUs:

    ignore    nothing
    report    the evidence is listed and its nonce compared; absence is reported and accepted
    signed    and NVIDIA's certificates prove that genuine GPUs answered the nonce
    nras      and NVIDIA's service vouches for each of them: firmware, debug mode, revocation
    measured  and their measurements were compared here, with NVIDIA's manifests or with values
              that are known to be good; nobody's word for it is needed then

A level asks for all below it, but for one: at GPU level `measured` the word of NVIDIA's service is
judged where it is there, and not missed where it is not.  What a level does not ask for is not
judged, and a policy with a demand that its levels would not judge is refused rather than ignored
[POL-6].
"""

from __future__ import annotations

import re
from typing import Collection, Final, FrozenSet, NamedTuple, Optional, Tuple

from venice_ref.attestation.pins import Pins, check_pins
from venice_ref.errors import UsageError
from venice_ref.evidence.nvidia.fleet import ANY_FLEET, FleetPolicy
from venice_ref.evidence.nvidia.opaque import MODES
from venice_ref.evidence.tdx.policy import ANYTHING_BUT_REVOKED, NOT_OUT_OF_DATE
from venice_ref.spec import ASSURANCE_LEVELS, GPU_LEVELS, MAX_GPUS

__all__ = [
    "ANYTHING_BUT_REVOKED",
    "ANY_FLEET",
    "NONCE_BINDINGS",
    "NOT_OUT_OF_DATE",
    "FleetPolicy",
    "Policy",
    "check_policy",
    "check_values",
    "includes",
    "includes_assurance",
    "includes_gpu",
]

NONCE_BINDINGS: Final = ("raw", "raw-or-sha256")
"""How REPORTDATA may carry the nonce: as it is, or also as its SHA-256  [BND-3, BND-4]."""

_MAX_EVALUATION_NUMBER: Final = 0xFFFF_FFFF
_ADVISORY: Final = re.compile(r"INTEL-[A-Z]{2,8}-[0-9]{5}\Z")


class Policy(NamedTuple):
    """The demands; each default is the one of the specification."""

    assurance: str = "dcap"
    """One of `spec.ASSURANCE_LEVELS` but `none`  [POL-1]."""
    gpu: str = "report"
    """One of `spec.GPU_LEVELS`  [POL-4]."""
    nonce_binding: str = "raw"
    """One of `NONCE_BINDINGS`."""
    tcb_statuses: FrozenSet[str] = NOT_OUT_OF_DATE
    """The TCB statuses that pass; `Revoked` cannot be one of them  [TCB-10, TCB-11]."""
    rejected_advisories: FrozenSet[str] = frozenset()
    """Advisories that no level of the platform may name, such as `INTEL-SA-00837`  [POL-7]."""
    min_tcb_evaluation_number: int = 0
    """The least number of Intel's evaluation in TCB info and QE identity  [POL-8]."""
    allow_service_td: bool = False
    """Accept trust domains that a service TD is bound to, which may migrate them  [QUO-18]."""
    measurements: Optional[Pins] = None
    """What must run; at assurance `measured`, and there it must be given  [POL-5]."""
    gpu_fleet: FleetPolicy = ANY_FLEET
    """Which GPUs, drivers and modes pass; from GPU level `signed`  [GPU-25]."""


_JUDGED_FROM: Final[Tuple[Tuple[str, str, str], ...]] = (
    # demand, axis, the lowest level that judges it
    ("tcb_statuses", "assurance", "dcap"),
    ("rejected_advisories", "assurance", "dcap"),
    ("min_tcb_evaluation_number", "assurance", "dcap"),
    ("allow_service_td", "assurance", "dcap"),
    ("measurements", "assurance", "measured"),
    ("gpu_fleet", "gpu", "signed"),
)


def check_policy(policy: Policy) -> None:
    """Refuse a policy that does not say what it demands, or whose levels would not judge it.

    A policy of assurance `none` is refused as well: a key that nothing binds may not be used
    [KEY-9].

    Raises:
        UsageError: a value that there is not, a demand that no check would look at [POL-6], or
            `measured` without measurements [POL-5].
    """
    check_values(policy)
    default = Policy()
    for name, axis, level in _JUDGED_FROM:
        chosen = getattr(policy, axis)
        if getattr(policy, name) != getattr(default, name) and not includes(axis, chosen, level):
            raise UsageError(
                f"the policy sets {name}, which {axis} {chosen} does not judge",
                rule="POL-6",
                where=f"policy.{name}",
                hint=f"{axis} {level} judges it",
            )
    if policy.assurance == "measured" and policy.measurements is None:
        raise UsageError(
            "assurance measured without measurements to compare with",
            rule="POL-5",
            where="policy.measurements",
            hint="a policy file pins them (--policy FILE), see docs/guides/policy.md",
        )


def check_values(policy: Policy) -> None:
    """Refuse a value that there is not, each looked at by itself  [POL-16].

    Raises:
        UsageError: a level, status or measurement of no such name, or a value out of its range.
    """
    if not isinstance(policy, Policy):
        raise UsageError(f"not a policy: {type(policy).__name__}", rule="POL-1", where="policy")
    _one_of(policy.assurance, ASSURANCE_LEVELS[1:], "assurance", "POL-2")
    _one_of(policy.gpu, GPU_LEVELS, "gpu", "POL-4")
    _one_of(policy.nonce_binding, NONCE_BINDINGS, "nonce_binding", "POL-16")
    if not isinstance(policy.allow_service_td, bool):  # "no" would allow
        raise UsageError("not a boolean", rule="POL-16", where="policy.allow_service_td")
    _check_tcb(policy)
    _check_fleet(policy.gpu_fleet)
    if policy.measurements is not None:
        check_pins(policy.measurements)


def includes(axis: str, required: str, level: str) -> bool:
    """Tell whether the required level of an axis is at least `level`; all of closed sets."""
    levels = ASSURANCE_LEVELS if axis == "assurance" else GPU_LEVELS
    return levels.index(required) >= levels.index(level)


def includes_assurance(required: str, level: str) -> bool:
    """Tell whether the required assurance is at least `level`; both are of the closed set."""
    return includes("assurance", required, level)


def includes_gpu(required: str, level: str) -> bool:
    """Tell whether the required GPU level is at least `level`; both are of the closed set."""
    return includes("gpu", required, level)


# --- Values ---------------------------------------------------------------------------------------


def _check_tcb(policy: Policy) -> None:
    statuses = _texts(policy.tcb_statuses, "tcb_statuses", "POL-16")
    unknown = sorted(statuses - ANYTHING_BUT_REVOKED)
    if unknown or not statuses:
        raise UsageError(
            f"no policy can accept {', '.join(unknown) or 'no status at all'},"
            f" known: {', '.join(sorted(ANYTHING_BUT_REVOKED))}",
            rule="POL-16",
            where="policy.tcb_statuses",
        )
    for advisory in _texts(policy.rejected_advisories, "rejected_advisories", "POL-16"):
        # One that is spelt otherwise than Intel does would never reject anything.
        if _ADVISORY.match(advisory) is None:
            raise UsageError(
                f"{advisory!r} is no advisory, required such as INTEL-SA-00837",
                rule="POL-16",
                where="policy.rejected_advisories",
            )
    if not 0 <= _integer(policy.min_tcb_evaluation_number) <= _MAX_EVALUATION_NUMBER:
        raise UsageError(
            "not a whole number of 32 bits",
            rule="POL-16",
            where="policy.min_tcb_evaluation_number",
        )


def _check_fleet(fleet: FleetPolicy) -> None:
    if not isinstance(fleet, FleetPolicy):
        raise UsageError(
            f"not a fleet policy: {type(fleet).__name__}", rule="POL-16", where="policy.gpu_fleet"
        )
    for name in ("driver_versions", "vbios_versions", "modes"):
        found = _texts(getattr(fleet, name), f"gpu_fleet.{name}", "POL-16")
        unknown = sorted(found - set(MODES)) if name == "modes" else []
        if unknown or "" in found:
            raise UsageError(
                f"no such GPU: {', '.join(unknown) or 'an empty name'}",
                rule="POL-16",
                where=f"policy.gpu_fleet.{name}",
            )
    if fleet.gpu_count is not None and not 0 < _integer(fleet.gpu_count) <= MAX_GPUS:
        raise UsageError(
            f"not a whole number from 1 to {MAX_GPUS}",
            rule="POL-16",
            where="policy.gpu_fleet.gpu_count",
        )


def _texts(values: Collection[str], field: str, rule: str) -> FrozenSet[str]:
    """Return a set of texts.

    One text by itself would be a set of characters, and what can be read only once would be empty
    when it is used.
    """
    collection = isinstance(values, (frozenset, set, tuple, list))
    if not collection or not all(isinstance(value, str) for value in values):
        raise UsageError("not a set of texts", rule=rule, where=f"policy.{field}")
    return frozenset(values)


def _integer(value: int) -> int:
    """Return an integer as it is, and -1 for what only compares like one."""
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _one_of(value: str, known: Tuple[str, ...], field: str, rule: str) -> None:
    if not isinstance(value, str) or value not in known:
        raise UsageError(
            f"{field} is {value!r}, required one of {', '.join(known)}",
            rule=rule,
            where=f"policy.{field}",
        )
