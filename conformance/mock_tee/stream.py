"""The answer of the enclave as an event stream, as the service sends it.

A first chunk with the role only; the reasoning and the content, each field encrypted to the
client's key; a chunk with the finish reason; a chunk with `choices: []` and the usage; `[DONE]`.
`""` is never encrypted, white space always is (protocol notes, 2.2, 2.4 and 2.6).
"""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

from conformance.mock_tee.models import Model, Provider
from conformance.mock_tee.scenario import Field, Scenario, Step, Visit
from venice_ref.crypto.ecdh import PrivateKey, shared_secret
from venice_ref.crypto.gcm import seal as gcm_seal
from venice_ref.crypto.hkdf import derive
from venice_ref.e2ee.envelope import seal
from venice_ref.model import PublicKey65, RandomBytes
from venice_ref.spec import AES_KEY_SIZE, GCM_NONCE_SIZE, HKDF_INFO

__all__ = ["DONE", "Completion", "completion_document", "event", "stream_steps"]

DONE = b"data: [DONE]\n\n"
"""The end mark."""

_Seal = Callable[[str], str]


class Completion(NamedTuple):
    """What is to be answered, in plaintext."""

    id: str
    created: int
    model: Model
    reasoning: List[str]
    """Pieces of the thoughts; empty for a model that shows none."""
    content: List[str]
    """Pieces of the answer."""
    prompt_size: int
    """Characters that were read."""

    @property
    def usage(self) -> Dict[str, int]:
        """Counts in characters and pieces; the mock has no tokens."""
        answered = len(self.reasoning) + len(self.content)
        return {
            "prompt_tokens": self.prompt_size,
            "completion_tokens": answered,
            "total_tokens": self.prompt_size + answered,
        }


def stream_steps(
    completion: Completion,
    scenario: Scenario,
    visit: Visit,
    *,
    client_key: Optional[PublicKey65],
    random_bytes: RandomBytes,
    delay: float = 0.0,
) -> Iterator[Step]:
    """Return the bytes of the stream, piece by piece, after every point of the scenario.

    `client_key=None` answers in plaintext.  `delay` is a pause before each chunk with text.
    """
    provider = completion.model.provider
    chunks = scenario.chunks(_chunks(completion, scenario, visit, client_key, random_bytes), visit)
    return scenario.steps(_frames(chunks, provider, delay), visit)


def _frames(
    chunks: Iterator[Dict[str, Any]], provider: Optional[Provider], delay: float
) -> Iterator[Step]:
    extra = b"\n" if provider is not None and provider.blank_line_after_event else b""
    for number, chunk in enumerate(chunks):
        if delay and number:
            yield delay
        yield event(chunk) + extra
    yield DONE + extra


def event(document: Dict[str, Any]) -> bytes:
    """Return one event with a JSON text as its data."""
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return b"data: " + text.encode("utf-8") + b"\n\n"


def _chunks(
    completion: Completion,
    scenario: Scenario,
    visit: Visit,
    client_key: Optional[PublicKey65],
    random_bytes: RandomBytes,
) -> Iterator[Dict[str, Any]]:
    provider = completion.model.provider
    keeps_empty = provider is None or provider.keeps_empty_content
    role: Dict[str, Any] = {"role": "assistant"}
    yield _chunk(completion, {**role, "content": ""} if keeps_empty else role)
    seal_text = _sealer(provider, client_key, random_bytes)
    fields = [("reasoning_content", text) for text in completion.reasoning]
    fields += [("content", text) for text in completion.content]
    for index, (name, text) in enumerate(fields):
        sealed = seal_text(text)
        if client_key is not None:
            field = Field(index, len(fields), text, sealed, client_key, random_bytes)
            sealed = scenario.field(field, visit).sealed
        yield _chunk(completion, {name: sealed})
    yield _chunk(completion, {}, finish_reason="stop")
    yield {**_head(completion), "choices": [], "usage": completion.usage, "cost": {"usd": 0}}


def _head(completion: Completion) -> Dict[str, Any]:
    return {
        "id": completion.id,
        "object": "chat.completion.chunk",
        "created": completion.created,
        "model": completion.model.id,
    }


def _chunk(
    completion: Completion, delta: Dict[str, Any], *, finish_reason: Optional[str] = None
) -> Dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return {**_head(completion), "choices": [choice]}


def completion_document(completion: Completion) -> Dict[str, Any]:
    """Return the answer to a request without `stream`; the service gives it in plaintext only."""
    message: Dict[str, Any] = {"role": "assistant", "content": "".join(completion.content)}
    if completion.reasoning:
        message["reasoning_content"] = "".join(completion.reasoning)
    return {
        **_head(completion),
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": completion.usage,
        "venice_parameters": {"enable_e2ee": completion.model.e2ee},
    }


# --- Encryption ---------------------------------------------------------------------------------


def _sealer(
    provider: Optional[Provider], client_key: Optional[PublicKey65], random_bytes: RandomBytes
) -> _Seal:
    """Return how a field is encrypted: not at all, or with an ephemeral key of either lifetime."""
    if client_key is None or provider is None:
        return lambda text: text
    if provider.ephemeral_per_request:
        return _request_sealer(client_key, random_bytes)
    return lambda text: seal(client_key, text.encode("utf-8"), random_bytes=random_bytes).hex()


def _request_sealer(client_key: PublicKey65, random_bytes: RandomBytes) -> _Seal:
    """One ephemeral key and one AES key for the whole answer, as one provider does  [ENV-14]."""
    ephemeral = PrivateKey.generate(random_bytes)
    prefix = bytes(ephemeral.public_key)
    key = derive(shared_secret(ephemeral, client_key), info=HKDF_INFO, length=AES_KEY_SIZE)

    def seal_text(text: str) -> str:
        nonce = random_bytes(GCM_NONCE_SIZE)
        return (prefix + nonce + gcm_seal(key, nonce, text.encode("utf-8"))).hex()

    return seal_text
