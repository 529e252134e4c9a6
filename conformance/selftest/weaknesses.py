"""Clients that are weak in one way, and the attacks that have to find each of them."""

from __future__ import annotations

from typing import Any, Dict, Final, FrozenSet, Mapping, NamedTuple, Tuple

from conformance.scenarios.attack import FEATURES
from conformance.scenarios.drive import AdapterDriver
from conformance.selftest.weak_client import weak_chat

__all__ = ["STRICT", "WEAKNESSES", "Weakness", "driver_of"]


class Weakness(NamedTuple):
    """One way to be weak."""

    name: str
    caught: Mapping[str, str]
    """Attack, without `scenario/` -> `status/subtype` of its result."""
    weak: FrozenSet[str] = frozenset()
    ignores: FrozenSet[str] = frozenset()


STRICT: Final = Weakness("strict", {})

_ACCEPTED: Final = "fail/accepted_invalid"
_LEAK: Final = "fail/leak"
_EARLY: Final = "fail/released_early"
_CUT: Final = "fail/incomplete"
_REQUESTS: Final = "fail/wrong_requests"


def _all(kind: str, *names: str) -> Dict[str, str]:
    return dict.fromkeys(names, kind)


def _one(name: str, caught: Mapping[str, str], *rules: str) -> Weakness:
    return Weakness(name, caught, weak=frozenset({name, *rules}))


def _blind(name: str, caught: Mapping[str, str], *ids: str) -> Weakness:
    return Weakness(name, caught, ignores=frozenset(ids))


_DCAP: Final = (
    "quote-bad-signature", "quote-foreign-attestation-key", "qe-report-bad-signature",
    "qe-identity-mismatch", "chain-foreign-root", "chain-reordered", "chain-expired",
    "pck-revoked", "pck-ca-revoked", "crl-expired", "crl-foreign-issuer", "tcb-out-of-date",
    "tcb-revoked", "tcb-info-expired", "tcb-info-foreign-fmspc", "tcb-info-bad-signature",
    "tcb-signer-is-pck", "pcs-unavailable",
)  # fmt: skip
_GPU: Final = (
    "gpu-missing", "gpu-foreign-nonce", "gpu-foreign-root", "gpu-report-bad-signature",
    "gpu-duplicate", "gpu-mixed-fleet", "nras-foreign-signer", "nras-expired", "nras-wrong-nonce",
    "nras-overall-false", "nras-other-hardware", "nras-unavailable",
)  # fmt: skip
_NO_EVIDENCE: Final = (
    "keys-disagree", "quotes-disagree", "quote-version-foreign", "quote-truncated",
    "quote-trailing-garbage", "quote-sgx", "verified-string", "attestation-flooded",
    "attestation-duplicate-member",
)  # fmt: skip
_SIGNATURES: Final = (
    "signature-foreign-signer", "signature-address-foreign", "signature-high-s",
    "signature-missing", "signature-three-part-foreign-model",
)  # fmt: skip
_KEYED: Final = ("quote-missing", "debug-td")
_NO_KEY: Final = (
    "key-missing", "key-off-curve", "key-compressed", "key-hybrid", "attestation-html",
    "attestation-cut", "attestation-unavailable", "attestation-rate-limited",
)  # fmt: skip

_EVIDENCE: Final = (
    _one("any-model", _all(_ACCEPTED, "models-without-capability", "models-capability-text")),
    _blind("no-nonce-member", _all(_ACCEPTED, "nonce-foreign", "nonce-missing"), "ATT-5"),
    _blind("no-request-nonce", _all(_ACCEPTED, "request-nonce-foreign"), "ATT-6"),
    _blind("no-bound-nonce", _all(_ACCEPTED, "nonce-not-bound"), "BND-3", "ATT-10"),
    _blind("hashed-nonce", _all(_ACCEPTED, "report-data-sha256-nonce"), "BND-4", "ATT-10"),
    _blind("no-binding", _all(_LEAK, "key-unbound"), "BND-1", "ATT-10"),
    _blind("no-padding", _all(_ACCEPTED, "report-data-padding"), "BND-2"),
    _blind("no-address", _all(_ACCEPTED, "address-foreign"), "ATT-9"),
    _blind("debug", _all(_ACCEPTED, "debug-td"), "QUO-11"),
    _blind("no-verdict", _all(_ACCEPTED, "verified-false"), "ATT-3"),
    _blind("no-model", _all(_ACCEPTED, "model-foreign"), "ATT-4"),
    _blind("no-contradiction", _all(_ACCEPTED, "server-contradiction"), "ATT-10"),
    _one("any-status", _all(_ACCEPTED, "attestation-502-with-body")),
    _one("follows-redirects", _all(_LEAK, "attestation-redirect", "chat-redirect")),
    _one("no-collateral", _all(_ACCEPTED, *_DCAP)),
    _one("no-gpu", _all(_ACCEPTED, *_GPU)),
    _one("any-evidence", _all(_ACCEPTED, *_NO_EVIDENCE, "report-data-ascii-nonce", *_KEYED)),
    _one("needs-no-evidence", _all(_LEAK, *_NO_EVIDENCE, *_NO_KEY)),
)

_REQUEST: Final = (
    _one("constant-nonce", _all(_REQUESTS, "honest-twice")),
    _one("same-nonce", _all(_REQUESTS, "attestation-429-once")),
    _one("static-ephemeral", _all(_REQUESTS, "honest-twice")),
    _one("sends-again", _all(_REQUESTS, "chat-429-once")),
    _one("prompt-in-url", _all(_LEAK, "honest", "nonce-foreign")),
    _one("asks-first", _all(_LEAK, "honest", "quote-missing")),
    _one("plain-system", _all(_LEAK, "honest")),
    _one("falls-back", _all(_LEAK, "chat-asks-plaintext")),
    _one("quotes-prompt", _all(_LEAK, "chat-401")),
    _one("trusts-renewed", _all(_LEAK, "chat-key-swapped")),
    _one("retries", _all(_REQUESTS, "chat-401", "chat-500-always")),
)

_ANSWER: Final = (
    _one(
        "passes-plaintext",
        {
            **_all(_EARLY, "chat-whitespace-chunk", "chat-odd-hex", "chat-short-hex"),
            **_all(_EARLY, "chat-bad-prefix"),
            **_all(_ACCEPTED, "chat-plaintext-chunk", "chat-all-plaintext"),
        },
    ),
    _one("skips-undecryptable", _all(_EARLY, "chat-bad-tag", "chat-wrong-key", "chat-off-curve")),
    _one("0x", _all(_ACCEPTED, "chat-0x-hex")),
    _one("any-utf8", _all(_EARLY, "chat-invalid-utf8")),
    _one("plain-reasoning", _all(_EARLY, "chat-plaintext-reasoning")),
    _one("takes-tools", _all(_ACCEPTED, "chat-tool-calls")),
    _one("any-choice", _all(_ACCEPTED, "chat-choice-1")),
    _one("any-id", _all(_ACCEPTED, "chat-id-change", "chat-model-change")),
    _one("any-type", _all(_ACCEPTED, "chat-content-type")),
    _one(
        "any-answer",
        _all(_ACCEPTED, "chat-json-error-200", "chat-plain-completion", "chat-402")
        | _all(_ACCEPTED, "chat-stale-key-always")
        | _all("fail/wrong_output", "chat-stale-key-once"),
        "any-status",
        "any-type",
        "no-done",
    ),
    _one("no-limit", _all(_CUT, "chat-huge-event", "chat-huge-line"), "any-id"),
    _one("last-of-two", _all(_ACCEPTED, "chat-duplicate-member")),
    _one("skips-malformed", _all(_EARLY, "chat-malformed-json")),
    _one(
        "skips-errors",
        {
            **_all(_CUT, "chat-in-band-error", "chat-event-error"),
            **_all(_EARLY, "chat-after-error"),
        },
    ),
    _one("no-done", _all(_CUT, "chat-no-done", "chat-cut", "chat-stall", "chat-endless-comments")),
    _one("reads-on", _all(_EARLY, "chat-after-done"), "passes-plaintext", "any-id"),
    _one("lf-only", _all("fail/rejected_valid", "chat-honest-crlf")),
    _one("no-signature", _all(_ACCEPTED, *_SIGNATURES)),
)

WEAKNESSES: Final[Tuple[Weakness, ...]] = (*_EVIDENCE, *_REQUEST, *_ANSWER)
"""In the order of a conversation."""


class _Hello(NamedTuple):
    operations: Mapping[str, Any]
    features: FrozenSet[str]
    reasons: str


class _WeakAdapter:
    """An adapter in this process."""

    hello = _Hello({"client.chat": {}}, frozenset(FEATURES), "native")

    def __init__(self, weakness: Weakness) -> None:
        self._weakness = weakness

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        del op, timeout
        return weak_chat(given, self._weakness.weak, self._weakness.ignores)

    def close(self) -> None:
        """Nothing is open."""


def driver_of(weakness: Weakness) -> AdapterDriver:
    """Return a driver of a client that is weak in this way."""
    return AdapterDriver(_WeakAdapter(weakness))
