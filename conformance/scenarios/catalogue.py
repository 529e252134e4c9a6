"""Every attack of the suite, and the misbehaviours that are none because nobody can notice them."""

from __future__ import annotations

import difflib
from typing import Dict, Final, Mapping, Tuple

from conformance.scenarios.attack import PREFIX, Attack
from conformance.scenarios.catalogue_attestation import ATTESTATION
from conformance.scenarios.catalogue_honest import HONEST
from conformance.scenarios.catalogue_machines import MACHINES
from conformance.scenarios.catalogue_stream import STREAM

__all__ = ["ABSENT", "ATTACKS", "UNNOTICEABLE", "attack_by_id"]

ATTACKS: Final[Tuple[Attack, ...]] = (*HONEST, *ATTESTATION, *MACHINES, *STREAM)
"""In the order of a conversation, the controls first."""

UNNOTICEABLE: Final[Mapping[str, str]] = {
    "chat-drop-chunk": "no chunk is numbered or bound to the one before it",
    "chat-repeat-chunk": "a repeated envelope opens like the first; one ephemeral key for many "
    "chunks is allowed, so that a repetition is not even suspicious",
    "chat-swap-chunks": "no chunk is numbered or bound to the one before it",
    "chat-done-early": "the end mark is in the clear; only a verified transcript would show it, "
    "and the service rewrites the bytes that the enclave signed",
}
"""Scenario of the mock -> why no client of this protocol can notice it.  None of them is tested:
a test that nobody can pass, or everybody, proves nothing."""

ABSENT: Final[Mapping[str, str]] = {
    "replay of an earlier answer to the same client key": "nothing in a chunk is bound to a "
    "request; with another id it is chat-id-change, with the key of another session it is "
    "chat-wrong-key",
    "content in the place of reasoning": "the name of a field is not bound to what is in it",
    "version downgrade": "the protocol has no version, and one algorithm",
    "a header that says that encryption was not applied": "the service has none; the answer in the "
    "clear itself is chat-all-plaintext",
    "use of a session after its time": "a conversation is one request; the vectors of session.run "
    "have it, with a clock",
    "measurements of another image": "client.chat has no policy of assurance measured; the vectors "
    "of attestation.verify have it",
    "a status of the TCB that nobody knows": "the vectors of collateral and tcb have it",
    "the point at infinity as the model key": "its encoding is one byte, which is refused for its "
    "length like key-compressed; the vectors of key.parse have it",
    "points of small order": "secp256k1 has none but those that are off the curve",
    "an oracle in the errors": "AES-GCM has no padding; the one error of a tag is in the vectors",
    "a signed transcript with other hashes": "the service rewrites both bodies, so that a client "
    "cannot compare them; the vectors of receipt.verify have it",
    "an answer without a stream": "there is no encrypted one; chat-plain-completion",
    "compression that was not asked for": "no sentence of the specification is about it, and what "
    "it hides is no event stream any more",
    "headers without end": "HTTP libraries limit them, and no sentence of the specification does",
}
"""Attacks that are known elsewhere and are not here -> why."""

_BY_ID: Final[Dict[str, Attack]] = {attack.id: attack for attack in ATTACKS}


def attack_by_id(identity: str) -> Attack:
    """Return the attack of an id, with or without `scenario/` before it.

    Raises:
        KeyError: there is none; the message names those that come nearest.
    """
    full = identity if identity.startswith(PREFIX) else PREFIX + identity
    if full in _BY_ID:
        return _BY_ID[full]
    near = difflib.get_close_matches(full, _BY_ID, n=3)
    raise KeyError(f"no scenario {identity!r}" + (f"; near: {', '.join(near)}" if near else ""))
