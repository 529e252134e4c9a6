"""The models of the mock, and how each of its two kinds of provider behaves.

A model belongs to a provider.  What the providers do differently is data here, in one row each, so
that the code beside it has no provider's name in an `if`.  Sources: protocol notes, 2.2 to 2.8.
"""

from __future__ import annotations

from typing import Any, Dict, Final, Iterable, NamedTuple, Optional

__all__ = [
    "ACI",
    "DSTACK",
    "NEAR_AI",
    "SHAPES",
    "Model",
    "Provider",
    "model_table",
    "models_answer",
]


class Provider(NamedTuple):
    """How one upstream service answers."""

    name: str
    """`tee_provider` of its answers."""
    shape: str
    """Which function of `answers` builds its attestation answer."""
    ephemeral_per_request: bool
    """One ephemeral key for a whole answer instead of one for each field."""
    keeps_empty_content: bool
    """Whether `"content": ""` stays in the first chunk or is removed."""
    blank_line_after_event: bool
    """Whether a third line end follows each event."""
    skips_empty_content: bool
    """Whether empty string content of a request is passed over or must decrypt."""
    accepts_0x: bool
    """Whether ciphertext of a request may begin with 0x."""
    decrypts_text_parts: bool
    """Whether the text parts of array content must decrypt; otherwise arrays pass untouched."""
    requires_encrypted_field: bool
    """Whether a request must hold at least one field that opens."""
    names_model_in_signature: bool
    """Whether the signed text has three parts, the model first."""
    gpu_count: int
    """Entries of the evidence list of nvidia_payload; 0 leaves the member out."""


NEAR_AI: Final = Provider(
    name="near-ai",
    shape="near-ai",
    ephemeral_per_request=False,
    keeps_empty_content=True,
    blank_line_after_event=False,
    skips_empty_content=True,
    accepts_0x=False,
    decrypts_text_parts=False,
    requires_encrypted_field=False,
    names_model_in_signature=True,
    gpu_count=8,
)
"""nearai/inference-proxy behind the service."""

DSTACK: Final = Provider(
    name="phala",
    shape="phala",
    ephemeral_per_request=True,
    keeps_empty_content=False,
    blank_line_after_event=True,
    skips_empty_content=False,
    accepts_0x=False,
    decrypts_text_parts=True,
    requires_encrypted_field=True,
    names_model_in_signature=False,
    gpu_count=1,
)
"""Dstack-TEE/vllm-proxy behind the service."""

ACI: Final = Provider(
    name="phala",
    shape="aci",
    ephemeral_per_request=False,
    keeps_empty_content=False,
    blank_line_after_event=False,
    skips_empty_content=False,
    accepts_0x=True,
    decrypts_text_parts=True,
    requires_encrypted_field=True,
    names_model_in_signature=False,
    gpu_count=0,
)
"""Dstack-TEE/private-ai-gateway behind the service: the ACI envelope, no GPU of its own."""


class Model(NamedTuple):
    """One row of `/models`."""

    id: str
    upstream: str
    """Upstream name; it holds a colon on purpose, because the signed text is split at colons."""
    provider: Optional[Provider]
    """`None` for a model that runs in no enclave."""
    e2ee: bool
    reasoning: bool = False


_ROWS: Final = (
    Model("e2ee-mock", "mock-labs/Echo:1b", NEAR_AI, e2ee=True),
    Model("e2ee-mock-r", "mock-labs/Echo-Thinking:1b", NEAR_AI, e2ee=True, reasoning=True),
    Model("e2ee-mock-p", "phala/mock-echo", DSTACK, e2ee=True),
    Model("e2ee-mock-aci", "phala/mock-echo-aci", ACI, e2ee=True),
    Model("tee-mock", "mock-labs/Echo-Open:1b", NEAR_AI, e2ee=False),
    Model("plain-mock", "mock-labs/Echo-Plain:1b", None, e2ee=False),
)

SHAPES: Final[Dict[str, Provider]] = {
    provider.shape: provider for provider in (NEAR_AI, DSTACK, ACI)
}
"""The providers by the shape of their attestation answer."""


def model_table(shape: Optional[str] = None) -> Dict[str, Model]:
    """Return the models by id; with a key of `SHAPES`, every enclave belongs to that provider."""
    if shape is None:
        return {model.id: model for model in _ROWS}
    provider = SHAPES[shape]
    return {
        model.id: model._replace(provider=provider) if model.provider else model for model in _ROWS
    }


def models_answer(models: Iterable[Model], created: int) -> Dict[str, Any]:
    """Return the body of `/models`."""
    return {
        "data": [_row(model, created) for model in models],
        "object": "list",
        "type": "text",
    }


def _row(model: Model, created: int) -> Dict[str, Any]:
    return {
        "created": created,
        "id": model.id,
        "model_spec": {
            "availableContextTokens": 131072,
            "capabilities": {
                "optimizedForCode": False,
                "quantization": "not-available",
                "supportsAudioInput": False,
                "supportsE2EE": model.e2ee,
                "supportsFunctionCalling": False,
                "supportsLogProbs": False,
                "supportsReasoning": model.reasoning,
                "supportsResponseSchema": False,
                "supportsTeeAttestation": model.provider is not None,
                "supportsVision": False,
                "supportsWebSearch": False,
            },
            "name": f"Mock {model.id}",
            "offline": False,
            "pricing": {"input": {"usd": 0}, "output": {"usd": 0}},
        },
        "object": "model",
        "owned_by": "venice.ai",
        "type": "text",
    }
