"""The attestation service of the simulated NVIDIA, with one key and at one time."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import lru_cache
from typing import Any, Dict, Final, Sequence

from conformance.mock_tee.pki import nras
from conformance.mock_tee.pki.nras import (
    INTERMEDIATE_DRAFT,
    Claims,
    TokenSigner,
    base64url,
    encode_answer,
    leaf_draft,
    make_service,
    module,
    overall_claims,
    submodules,
)
from conformance.mock_tee.pki.nras import KeyService as Service
from tests.nvidia.certificates import NOW, Draft, key
from tests.nvidia.devices import NONCE
from venice_ref.evidence.nvidia.verify import SignedGpu

__all__ = [
    "INTERMEDIATE_DRAFT",
    "ISSUED",
    "KID",
    "LEAF_DRAFT",
    "AnswerDraft",
    "Claims",
    "Service",
    "answer_draft",
    "base64url",
    "encode_answer",
    "gpu_claims",
    "jwk",
    "key_set_json",
    "module",
    "service",
    "sign_token",
    "submodules",
]

KID: Final = "nv-eat-kid-simulated-1"
ISSUED: Final = int(NOW.timestamp()) - 8

LEAF_DRAFT: Final = leaf_draft(NOW - timedelta(days=1), NOW + timedelta(days=1))


def _signer(label: str) -> TokenSigner:
    return TokenSigner(key(label), KID)


# --- Keys ---------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def service(leaf: Draft = LEAF_DRAFT, intermediate: Draft = INTERMEDIATE_DRAFT) -> Service:
    """Return the service; its root is published nowhere, as NVIDIA's."""
    return make_service(key("nras root"), key("nras leaf"), leaf, intermediate)


def jwk(of: Service) -> Dict[str, Any]:
    """Return the service's key."""
    return nras.jwk(of, nras.signer_of(of, KID))


def key_set_json(*keys: Dict[str, Any]) -> bytes:
    """Return the key set."""
    return json.dumps({"keys": list(keys) or [jwk(service())]}).encode()


# --- Tokens -------------------------------------------------------------------------------------


def sign_token(claims: Claims, header: Any = None, *, by: str = "nras leaf") -> str:
    """Return a signed token."""
    return nras.sign_token(claims, _signer(by), header)


def gpu_claims(gpu: SignedGpu, version: str = "2.0") -> Claims:
    """Return the claims of a GPU that is good."""
    return nras.gpu_claims(gpu, ISSUED, version)


class AnswerDraft(nras.AnswerDraft):
    """The claims of all tokens before they are signed."""

    __slots__ = ()

    def encode(self) -> bytes:
        """Return the answer, signed; `submods` is filled in where it is absent."""
        return self.sign(_signer("nras leaf"))


def answer_draft(gpus: Sequence[SignedGpu], version: str = "2.0") -> AnswerDraft:
    """Return the answer about GPUs that are good."""
    nonce = gpus[0].nonce if gpus else NONCE
    claims = [gpu_claims(gpu, version) for gpu in gpus]
    return AnswerDraft(overall_claims(nonce, ISSUED, version), claims)
