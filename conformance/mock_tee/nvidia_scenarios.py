"""The rows of the table of scenarios that concern the GPUs and NVIDIA's service.

They are on the GPU axis: at the level `report`, which is the default, nobody notices any of them.
"""

from __future__ import annotations

from typing import Final, Tuple

from conformance.mock_tee import nvidia_faults as nvidia
from conformance.mock_tee.attestation_faults import without_member
from conformance.mock_tee.scenario import Scenario

__all__ = ["NVIDIA_SCENARIOS"]

_GPUS: Final = (
    Scenario(
        "gpu-missing",
        "There is no GPU evidence; server_verification says that it is in order.",
        "GPU-1",
        answer=without_member("nvidia_payload"),
    ),
    Scenario(
        "gpu-foreign-nonce",
        "The GPUs' reports answer another nonce than the one that stands beside them.",
        "GPU-18",
        gpus=nvidia.foreign_gpu_nonce,
    ),
    Scenario(
        "gpu-foreign-root",
        "The GPUs' certificates have the right names and end in another root.",
        "CRT-13",
        gpus=nvidia.foreign_gpu_root,
    ),
    Scenario(
        "gpu-report-bad-signature",
        "One bit of the signature of the last report is turned.",
        "GPU-17",
        gpu_reports=nvidia.broken_signature,
    ),
    Scenario(
        "gpu-duplicate",
        "The first GPU also answers in the place of the last.",
        "GPU-21",
        gpus=nvidia.counted_twice,
    ),
    Scenario(
        "gpu-mixed-fleet",
        "The last GPU runs another driver.",
        "GPU-22",
        gpus=nvidia.mixed_fleet,
    ),
)

_TOKENS: Final = (
    Scenario(
        "nras-foreign-signer",
        "A key signed the tokens that is not the one which they name.",
        "TOK-8",
        nras_signer=nvidia.foreign_token_signer,
    ),
    Scenario(
        "nras-expired",
        "The tokens expired an hour ago.",
        "TOK-10",
        nras_claims=nvidia.expired_tokens,
    ),
    Scenario(
        "nras-wrong-nonce",
        "The tokens are for another nonce.",
        "TOK-11",
        nras_claims=nvidia.tokens_for_another_nonce,
    ),
    Scenario(
        "nras-overall-false",
        "NVIDIA's service answers 200 and says that the GPUs are not good.",
        "TOK-13",
        nras_claims=nvidia.overall_false,
    ),
    Scenario(
        "nras-other-hardware",
        "NVIDIA's service vouches for other GPUs.",
        "TOK-16",
        nras_claims=nvidia.about_other_hardware,
    ),
    Scenario(
        "nras-unavailable",
        "NVIDIA's service answers 503 to everything.",
        "NET-15",
        nras_reply=nvidia.unavailable_nras,
    ),
)

NVIDIA_SCENARIOS: Final[Tuple[Scenario, ...]] = (
    *(scenario._replace(gpu="signed") for scenario in _GPUS),
    *(scenario._replace(gpu="nras") for scenario in _TOKENS),
)
"""In the order in which a verifier meets them."""
