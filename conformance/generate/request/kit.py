"""What every request of the vectors shares: keys, a model, and random bytes in order."""

from __future__ import annotations

from typing import Any, Dict, Final, List, Mapping, Sequence

from conformance.generate.builder import FileBuilder
from conformance.generate.envelope.kit import Sender, example_sender
from conformance.generate.points import private_bytes, public_of, scalar
from venice_ref.model import RandomBytes

__all__ = ["MODEL", "ONE", "Party", "make_party"]

MODEL: Final = "e2ee-mock"

ONE: Final[List[Dict[str, Any]]] = [{"role": "user", "content": "Hello, enclave."}]
"""The messages of a request about something else."""


class Party:
    """A client and a model, and what a request between them has to be."""

    def __init__(self, client: int, example: Sender) -> None:
        self.client = client
        self.model = example.recipient
        self.example = example

    @property
    def params(self) -> Dict[str, Any]:
        """The parameters of a group."""
        return {
            "model": MODEL,
            "model_key": public_of(self.model).hex(),
            "client_secret": private_bytes(self.client).hex(),
        }

    def senders(self, random: RandomBytes, count: int) -> List[Sender]:
        """Return the senders of so many envelopes, in the order in which they draw."""
        return [Sender(self.model, scalar(random), random(12)) for _ in range(count)]

    def headers(self) -> List[List[str]]:
        """Return names in lower case and values, in the order of the names."""
        return [
            ["x-venice-tee-client-pub-key", public_of(self.client).hex()],
            ["x-venice-tee-model-pub-key", public_of(self.model).hex()],
            ["x-venice-tee-signing-algo", "ecdsa"],
        ]

    def out(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        model: str = MODEL,
        fields: Mapping[str, Any] = {},
        parameters: Mapping[str, Any] = {},
    ) -> Dict[str, Any]:
        """Return the expected headers and body."""
        body = {
            "model": model,
            "messages": [dict(message) for message in messages],
            "stream": True,
            "venice_parameters": {"enable_e2ee": True, **parameters},
            **fields,
        }
        return {"headers": self.headers(), "body": body}


def make_party(builder: FileBuilder) -> Party:
    """Return the client and the model of a file."""
    return Party(scalar(builder.random("client")), example_sender(builder))


def digits_of(senders: Sequence[Sender]) -> str:
    """Return the random bytes that these senders draw, as one string of digits."""
    return "".join(private_bytes(one.ephemeral).hex() + one.nonce.hex() for one in senders)
