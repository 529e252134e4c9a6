"""What the enclave signs about an exchange: hashes of the bytes that it got and sent.

The text is `model:request:response` for one provider and `request:response` for the other, with
SHA-256 of the request body as received and of the event stream as sent, up to its end mark
(protocol notes, 2.2, 2.5 and 3.5).  The signature is EIP-191 by the key that opens requests.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Any, Dict, Final, Optional, Tuple

from conformance.mock_tee.models import Model
from venice_ref.crypto.address import address_of
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.receipts.signature import sign_text

__all__ = ["SignatureStore", "signed_answer", "signed_text"]

MAX_STORED: Final = 1_000
"""Texts that are kept; the oldest goes first."""


class SignatureStore:
    """Texts by model and completion id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: OrderedDict[Tuple[str, str], str] = OrderedDict()

    def store(self, model_id: str, completion_id: str, text: str) -> None:
        """Keep the text of one exchange."""
        with self._lock:
            self._texts[model_id, completion_id] = text
            if len(self._texts) > MAX_STORED:
                self._texts.popitem(last=False)

    def find(self, model_id: str, completion_id: str) -> Optional[str]:
        """Return the text of an exchange, or `None` for one that is unknown or too old."""
        with self._lock:
            return self._texts.get((model_id, completion_id))


def signed_text(model: Model, request_body: bytes, response_digest: bytes) -> str:
    """Return the text to sign; `response_digest` is SHA-256 (32) of the stream."""
    hashes = f"{hashlib.sha256(request_body).hexdigest()}:{response_digest.hex()}"
    provider = model.provider
    if provider is not None and provider.names_model_in_signature:
        return f"{model.upstream}:{hashes}"
    return hashes


def signed_answer(text: str, secret: PrivateKey, model: Model, request_id: str) -> Dict[str, Any]:
    """Return the body of `/tee/signature`."""
    return {
        "text": text,
        "signature": sign_text(secret, text),
        "signing_address": "0x" + bytes(address_of(secret.public_key)).hex(),
        "signing_algo": "ecdsa",
        "model": model.id,
        "requested_request_id": request_id,
        "tee_provider": model.provider.name if model.provider else "",
        "upstream_model": model.upstream,
    }
