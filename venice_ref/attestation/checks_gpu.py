"""The checks of the GPU evidence, up to NVIDIA's signatures on it."""

from __future__ import annotations

from typing import Final

from venice_ref.attestation.checks_answer import compare_nonce
from venice_ref.attestation.findings import NO_NONCE, Findings, Outcome, Skip
from venice_ref.attestation.policy import includes_gpu
from venice_ref.attestation.schema import gpu_list
from venice_ref.codec.strict import excerpt
from venice_ref.evidence.nvidia.fleet import check_fleet_policy, verify_fleet
from venice_ref.evidence.nvidia.payload import check_payload_nonces, parse_payload
from venice_ref.evidence.nvidia.verify import verify_report

__all__ = ["evidence", "fleet", "nonce", "payload", "revocation", "signatures", "switches"]

_NONE: Final = "the answer carries no GPU evidence"
_EMPTY: Final = "the GPU evidence is empty"


def evidence(findings: Findings) -> Outcome:
    """Report what GPU evidence there is, and its absence as such  [GPU-1]."""
    found = findings.the_answer.nvidia
    if found is None:
        return Skip(_NONE)
    if not found.evidence:
        return Skip(_EMPTY)
    arch = "" if found.arch is None else f" of {excerpt(found.arch)}"
    verified = includes_gpu(findings.policy.gpu, "signed")
    return f"{len(found.evidence)} reports{arch}, listed{'' if verified else ' and not verified'}"


def nonce(findings: Findings) -> Outcome:
    """Refuse GPU evidence that states another nonce, as a whole or in an entry  [GPU-2, GPU-6]."""
    found = findings.the_answer.nvidia
    if found is None or not found.evidence:
        return Skip(_NONE if found is None else _EMPTY)
    stated = [] if found.nonce is None else [("GPU-2", found.members.path("nonce"), found.nonce)]
    for entry in gpu_list(found.members, "evidence_list") or ():
        text = entry.text("nonce")
        if text:
            stated.append(("GPU-6", entry.path("nonce"), text))
    if not stated:
        return Skip("the GPU evidence states no nonce beside its reports")
    if findings.nonce is None:
        return NO_NONCE
    for rule, where, text in stated:
        compare_nonce(text, findings.nonce, where, rule)
    return "the client's nonce"


def payload(findings: Findings) -> Outcome:
    """Refuse GPU evidence that is not of its form, or contradicts itself  [GPU-4 to GPU-7]."""
    found = findings.the_answer.nvidia
    if found is None or not found.evidence:  # accepted at level `report`, and not here
        return Skip(_NONE if found is None else _EMPTY, required=True, rule="GPU-1")
    parsed = parse_payload(found.members)
    if findings.nonce is None:
        return NO_NONCE
    check_payload_nonces(parsed, findings.nonce)
    findings.gpu_payload = parsed
    return f"{len(parsed.gpus)} reports and their certificates"


def signatures(findings: Findings) -> Outcome:
    """Refuse what genuine GPUs of NVIDIA did not sign for the nonce  [GPU-8 to GPU-20]."""
    nonce = findings.nonce
    if findings.gpu_payload is None or nonce is None:
        return NO_NONCE
    findings.gpus = tuple(
        verify_report(
            gpu,
            nonce=nonce,
            now=findings.now,
            root=findings.roots.nvidia_device,
            memo=findings.memo,
        )
        for gpu in findings.gpu_payload.gpus
    )
    replaced = " in the place of NVIDIA's" if "nvidia_device" in findings.roots.replaced else ""
    return (
        f"{len(findings.gpus)} reports for the nonce, each below"
        f" {findings.roots.nvidia_device.name}{replaced}"
    )


def fleet(findings: Findings) -> Outcome:
    """Refuse a GPU that counts twice, and GPUs that differ  [GPU-21 to GPU-25]."""
    found = findings.fleet = verify_fleet(findings.gpus)
    check_fleet_policy(found, findings.policy.gpu_fleet)
    return (
        f"{len(found.gpus)} different {found.model}, driver {found.driver_version},"
        f" VBIOS {found.vbios_version}, mode {found.mode}; bound to the trust domain by the same"
        " nonce only"
    )


def switches(findings: Findings) -> Outcome:
    """Say that the switches between the GPUs are not proven  [GPU-24]."""
    count = findings.the_fleet.unattested_switches
    if not count:
        return Skip(f"mode {findings.the_fleet.mode} has no switches inside of the trust boundary")
    return Skip(
        f"the GPUs talk in plaintext through {count} switches, and no payload in use carries the"
        " evidence of switches"
    )


def revocation(findings: Findings) -> Outcome:
    """Say that the revocation of NVIDIA's certificates is not judged here  [GPU-37]."""
    found = findings.nras
    known = "" if found is None or found.version == "2.0" else "; in its tokens it says: good"
    return Skip(f"NVIDIA serves it online only, by OCSP, which is not asked here{known}")
