"""The levels that the policy asks for: what this version cannot judge fails closed  [POL-3]."""

from __future__ import annotations

from typing import Callable

from venice_ref.attestation.findings import Findings, Outcome, Skip
from venice_ref.attestation.policy import (
    JUDGED_ASSURANCE,
    JUDGED_GPU,
    includes_assurance,
    includes_gpu,
)
from venice_ref.errors import PolicyError

__all__ = ["policy_assurance", "policy_gpu", "unbuilt_assurance", "unbuilt_gpu"]


def unbuilt_assurance(level: str) -> Callable[[Findings], Outcome]:
    """Return the check of a later version that assurance `level` asks for."""

    def judge(findings: Findings) -> Outcome:
        required = findings.policy.assurance
        if includes_assurance(required, level):
            return Skip("not built yet in this version", required=True)
        return Skip(f"assurance {required} does not ask for it (and it is not built yet)")

    return judge


def unbuilt_gpu(level: str) -> Callable[[Findings], Outcome]:
    """Return the check of a later version that the GPU level `level` asks for."""

    def judge(findings: Findings) -> Outcome:
        required = findings.policy.gpu
        if includes_gpu(required, level):
            return Skip("not built yet in this version", required=True)
        return Skip(f"GPU level {required} does not ask for it (and it is not built yet)")

    return judge


def policy_assurance(findings: Findings) -> Outcome:
    """Refuse an assurance level that this version cannot judge  [POL-3]."""
    required = findings.policy.assurance
    if required not in JUDGED_ASSURANCE:
        raise PolicyError(
            f"assurance {required} is required and is not built yet in this version",
            rule="POL-3",
            where="policy.assurance",
            hint="ask for the lower level by name: assurance binding (--assurance binding)."
            "  It proves that the answer is bound to the key and the nonce, and nothing about"
            " the machine.",
        )
    return f"{required} is a level that this version judges"


def policy_gpu(findings: Findings) -> Outcome:
    """Refuse a GPU level that this version cannot judge  [POL-3]."""
    required = findings.policy.gpu
    if required not in JUDGED_GPU:
        raise PolicyError(
            f"GPU level {required} is required and is not built yet in this version",
            rule="POL-3",
            where="policy.gpu",
            hint="ask for the lower level by name: GPU level report (--gpu report)."
            "  It lists the evidence and compares its nonce, and proves nothing about the GPU.",
        )
    return f"{required} is a level that this version judges"
