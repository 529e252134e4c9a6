"""Misbehaviours of `/tee/signature`; the table in `faults` says what each is for.

Each function has the form of a point of `scenario.Scenario`.
"""

from __future__ import annotations

from typing import Any, Callable, Dict

from conformance.mock_tee.refusals import Reply, openai_shape
from conformance.mock_tee.scenario import Visit
from venice_ref.crypto.curves import SECP256K1
from venice_ref.crypto.ecdh import PrivateKey

__all__ = [
    "foreign_model_in_text",
    "high_s",
    "impostor_signs",
    "no_signature",
    "with_member",
]


def impostor_signs(secret: PrivateKey, visit: Visit) -> PrivateKey:
    """Sign with the attacker's key and name its address, so that the answer agrees with itself."""
    del secret
    return visit.enclave.impostor


def foreign_model_in_text(text: str, visit: Visit) -> str:
    """Sign a text of three parts that names a model that was not asked."""
    del visit
    return "another/model:" + ":".join(text.split(":")[-2:])


def no_signature(reply: Reply, visit: Visit) -> Reply:
    """Know no request id."""
    del reply, visit
    return openai_shape(404, "Chat id not found or expired", "not_found_error")


def high_s(answer: Dict[str, Any], visit: Visit) -> Dict[str, Any]:
    """Replace s by n - s and turn v: the other signature of the same text."""
    del visit
    raw = bytes.fromhex(answer["signature"][2:])
    s = SECP256K1.n - int.from_bytes(raw[32:64], "big")
    turned = raw[:32] + s.to_bytes(32, "big") + bytes([((raw[64] - 27) ^ 1) + 27])
    return {**answer, "signature": "0x" + turned.hex()}


def with_member(
    name: str, make: Callable[[Visit], Any]
) -> Callable[[Dict[str, Any], Visit], Dict[str, Any]]:
    """Return a point that replaces one member of the signature answer."""

    def point(answer: Dict[str, Any], visit: Visit) -> Dict[str, Any]:
        return {**answer, name: make(visit)}

    return point
