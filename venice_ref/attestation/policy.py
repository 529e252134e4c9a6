"""What a verifier demands of evidence, as a value.

Two axes that do not mix.  Assurance is what was proven of the machine:

    none      nothing
    binding   the quote names the model key and the client's nonce, but nothing proves that the
              quote comes from a machine: whoever can forge an answer can forge this
    dcap      and Intel's signatures prove that it comes from a genuine TDX machine
    measured  and what runs in it is what was expected

The GPU level is what was proven of its GPUs: `ignore`, `report` (the evidence is listed and its
nonce compared, absence is reported and accepted), `signed`, `nras`, `measured`.

This version judges `binding`, `ignore` and `report`.  Every other level is refused, never
approximated  [POL-3].
"""

from __future__ import annotations

from typing import Final, NamedTuple, Tuple

from venice_ref.errors import UsageError
from venice_ref.spec import ASSURANCE_LEVELS, GPU_LEVELS

__all__ = [
    "JUDGED_ASSURANCE",
    "JUDGED_GPU",
    "NONCE_BINDINGS",
    "Policy",
    "check_policy",
    "includes_assurance",
    "includes_gpu",
]

NONCE_BINDINGS: Final = ("raw", "raw-or-sha256")
"""How REPORTDATA may carry the nonce: as it is, or also as its SHA-256  [BND-3, BND-4]."""

JUDGED_ASSURANCE: Final = ("binding",)
"""The assurance levels that this version can judge."""

JUDGED_GPU: Final = ("ignore", "report")
"""The GPU levels that this version can judge."""


class Policy(NamedTuple):
    """The demands; each default is the one of the specification."""

    assurance: str = "dcap"
    """One of `spec.ASSURANCE_LEVELS` but `none`  [POL-1]."""
    gpu: str = "report"
    """One of `spec.GPU_LEVELS`  [POL-4]."""
    nonce_binding: str = "raw"
    """One of `NONCE_BINDINGS`."""


def check_policy(policy: Policy) -> None:
    """Refuse a policy that does not say what it demands.

    A policy of assurance `none` is refused as well: a key that nothing binds may not be used
    [KEY-9].

    Raises:
        UsageError: a level of no such name.
    """
    _one_of(policy.assurance, ASSURANCE_LEVELS[1:], "assurance", "POL-2")
    _one_of(policy.gpu, GPU_LEVELS, "gpu", "POL-4")
    _one_of(policy.nonce_binding, NONCE_BINDINGS, "nonce_binding", "BND-4")


def includes_assurance(required: str, level: str) -> bool:
    """Tell whether the required assurance is at least `level`; both are of the closed set."""
    return ASSURANCE_LEVELS.index(required) >= ASSURANCE_LEVELS.index(level)


def includes_gpu(required: str, level: str) -> bool:
    """Tell whether the required GPU level is at least `level`; both are of the closed set."""
    return GPU_LEVELS.index(required) >= GPU_LEVELS.index(level)


def _one_of(value: str, known: Tuple[str, ...], field: str, rule: str) -> None:
    if value not in known:
        raise UsageError(
            f"{field} is {value!r}, required one of {', '.join(known)}",
            rule=rule,
            where=f"policy.{field}",
        )
