"""The checks of the GPU evidence, as far as this version looks into it."""

from __future__ import annotations

from typing import Final

from venice_ref.attestation.checks_answer import compare_nonce
from venice_ref.attestation.findings import NO_NONCE, Findings, Outcome, Skip
from venice_ref.attestation.policy import includes_gpu
from venice_ref.codec.strict import excerpt

__all__ = ["evidence", "nonce"]


_GPU_IGNORED: Final = Skip("the policy ignores the GPU")


def evidence(findings: Findings) -> Outcome:
    """Report what GPU evidence there is, and its absence as such  [GPU-1]."""
    if not includes_gpu(findings.policy.gpu, "report"):
        return _GPU_IGNORED
    payload = findings.the_answer.nvidia
    if payload is None:
        return Skip("the answer carries no GPU evidence")
    if not payload.evidence:
        return Skip("the GPU evidence is empty")
    arch = "" if payload.arch is None else f" of {excerpt(payload.arch)}"
    return f"{len(payload.evidence)} reports{arch}, listed and not verified"


def nonce(findings: Findings) -> Outcome:
    """Refuse GPU evidence that states another nonce  [GPU-2]."""
    if not includes_gpu(findings.policy.gpu, "report"):
        return _GPU_IGNORED
    payload = findings.the_answer.nvidia
    if payload is None or payload.nonce is None:
        return Skip("the answer has no nvidia_payload.nonce")
    if findings.nonce is None:
        return NO_NONCE
    return compare_nonce(payload.nonce, findings.nonce, "attestation.nvidia_payload.nonce", "GPU-2")
