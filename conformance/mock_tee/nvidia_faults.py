"""Misbehaviours of the GPUs and of NVIDIA's service; the table says what each is for.

Each function has the form of a point of `scenario.Scenario`.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Final, Tuple

from conformance.mock_tee.attestation_faults import another_nonce
from conformance.mock_tee.pki.authority import draw_key
from conformance.mock_tee.pki.gpu_report import Asked
from conformance.mock_tee.pki.nras import AnswerDraft, Claims, TokenSigner
from conformance.mock_tee.pki.nvidia import simulated_nvidia
from conformance.mock_tee.randomness import random_source
from conformance.mock_tee.refusals import Reply
from conformance.mock_tee.scenario import Visit
from venice_ref.crypto.curves import P384
from venice_ref.evidence.nvidia import opaque

__all__ = [
    "about_other_hardware",
    "broken_signature",
    "counted_twice",
    "expired_tokens",
    "foreign_gpu_nonce",
    "foreign_gpu_root",
    "foreign_token_signer",
    "mixed_fleet",
    "overall_false",
    "tokens_for_another_nonce",
    "unavailable_nras",
]

Machine = Tuple[Asked, ...]

_LONG_AGO: Final = int(timedelta(hours=2).total_seconds())


def _last(machine: Machine, changed: Asked) -> Machine:
    """Return the machine with another GPU in the last place."""
    return (*machine[:-1], changed)


# --- The GPUs -----------------------------------------------------------------------------------


def foreign_gpu_nonce(machine: Machine, visit: Visit) -> Machine:
    """Answer with the reports that somebody else asked for; the payload states the client's."""
    nonce = another_nonce(visit)
    return tuple(asked._replace(report=asked.report._replace(nonce=nonce)) for asked in machine)


def foreign_gpu_root(machine: Machine, visit: Visit) -> Machine:
    """Certify each GPU by another NVIDIA, with the same names and other keys."""
    impostor = simulated_nvidia(visit.enclave.seed, "foreign NVIDIA").factory
    return tuple(
        asked._replace(gpu=asked.gpu._replace(chain=asked.gpu.draft.issue(impostor)))
        for asked in machine
    )


def counted_twice(machine: Machine, visit: Visit) -> Machine:
    """Let the first GPU answer in the place of the last, with a report of its own."""
    del visit
    return _last(machine, machine[-1]._replace(gpu=machine[0].gpu))


def mixed_fleet(machine: Machine, visit: Visit) -> Machine:
    """Let the last GPU have an older driver."""
    del visit
    report = machine[-1].report.with_opaque(opaque.DRIVER_VERSION, b"998.0.0\0")
    return _last(machine, machine[-1]._replace(report=report))


def broken_signature(reports: Tuple[bytes, ...], visit: Visit) -> Tuple[bytes, ...]:
    """Turn a bit of the signature of the last report."""
    del visit
    last = reports[-1]
    return (*reports[:-1], last[:-1] + bytes([last[-1] ^ 1]))


# --- NVIDIA's service ---------------------------------------------------------------------------


def overall_false(draft: AnswerDraft, visit: Visit) -> AnswerDraft:
    """Say that the GPUs are not good; the tokens of the GPUs say nothing of the kind."""
    del visit
    return draft._replace(overall={**draft.overall, "x-nvidia-overall-att-result": False})


def tokens_for_another_nonce(draft: AnswerDraft, visit: Visit) -> AnswerDraft:
    """Answer with tokens for another nonce: a good verdict of another day."""
    del visit

    def change(claims: Claims) -> Claims:
        digest = hashlib.sha256(str(claims["eat_nonce"]).encode("ascii")).hexdigest()
        return {**claims, "eat_nonce": digest}

    return draft.each(change)


def about_other_hardware(draft: AnswerDraft, visit: Visit) -> AnswerDraft:
    """Vouch for other GPUs, of the same kind and for the same nonce."""
    del visit
    gpus = [{**claims, "ueid": str(int(claims["ueid"]) ^ 1)} for claims in draft.gpus]
    return draft._replace(gpus=gpus)


def expired_tokens(draft: AnswerDraft, visit: Visit) -> AnswerDraft:
    """Answer with tokens that were issued two hours ago and lived for one."""
    del visit

    def change(claims: Claims) -> Claims:
        return {**claims, **{name: claims[name] - _LONG_AGO for name in ("iat", "nbf", "exp")}}

    return draft.each(change)


def foreign_token_signer(signer: TokenSigner, visit: Visit) -> TokenSigner:
    """Sign with an attacker's key, and name the service's."""
    key = draw_key(P384, random_source(visit.enclave.seed, "foreign token signer"))
    return signer._replace(key=key)


def unavailable_nras(reply: Reply, visit: Visit) -> Reply:
    """Answer every request with 503."""
    del reply, visit
    return Reply(503, b'{"message":"try again later"}', "application/json")
