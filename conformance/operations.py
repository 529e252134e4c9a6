"""Which operations an implementation has to have, and which it may.

What every client of the protocol does in some form is mandatory: an implementation without it
does not pass by leaving it out.  The rest are parts that an implementation may have and not show;
what it declares is tested like everything else.
"""

from __future__ import annotations

from typing import Final, FrozenSet, Mapping

__all__ = ["CHAT", "FEATURES", "MANDATORY", "OPTIONAL_INPUT", "OPTIONAL_OUTPUT", "PROFILES"]

CHAT: Final = "client.chat"
"""A whole conversation with a server: what the scenarios ask for."""

MANDATORY: Final[FrozenSet[str]] = frozenset({
    "key.parse",
    "field.seal",
    "field.open",
    "request.build",
    "stream.open",
    "attestation.verify",
    CHAT,
})  # fmt: skip
"""What a client cannot do without."""

FEATURES: Final[FrozenSet[str]] = frozenset({
    "aad",
    "lone-surrogates",
    "session",
    "dcap",
    "gpu-nras",
    "signature",
})  # fmt: skip
"""What an implementation may have or not, and names in hello: the first three are those of
vectors/FORMAT.md, the others are what a client verifies in a conversation."""

PROFILES: Final[Mapping[str, FrozenSet[str]]] = {
    "full": MANDATORY,
    "client": MANDATORY,
    "core-crypto": frozenset({"key.parse", "field.seal", "field.open"}),
    "attestation-verifier": frozenset({"attestation.verify"}),
}
"""Profile -> operations that are mandatory in it."""

OPTIONAL_INPUT: Final[Mapping[str, FrozenSet[str]]] = {
    "request.build": frozenset({"options"}),
    "stream.open": frozenset({"allow_plaintext"}),
    "attestation.verify": frozenset({
        "policy.gpu",
        "policy.gpu_fleet",
        "policy.measurements",
        "policy.min_tcb_evaluation_number",
        "policy.nonce_binding",
        "policy.rejected_advisories",
        "policy.tcb_statuses",
    }),
}  # fmt: skip
"""Operation -> members of its input that an implementation may have no way to be given.

It names them in hello, `{"request.build": {"without": ["options"]}}`; tests that give one do not
apply.  They are choices of the caller beyond the default; nothing that protects by default is among
them."""

OPTIONAL_OUTPUT: Final[Mapping[str, FrozenSet[str]]] = {
    "stream.open": frozenset({"id", "model", "finish_reason", "usage"}),
    "attestation.verify": frozenset({
        "address",
        "advisories",
        "app_id",
        "assurance",
        "compose_hash",
        "gpu",
        "gpu_count",
        "key_source",
        "nonce_binding",
        "roots_replaced",
        "tcb_status",
    }),
}  # fmt: skip
"""Operation -> members of its output that only inform.

An implementation whose function does not return them names them in hello,
`{"stream.open": {"omits": ["usage"]}}`, and they are not compared."""
