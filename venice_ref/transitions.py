"""The states of a session, and the only table of its transitions.

Three rules are visible in it:

* Evidence that was refused leaves nothing to fall back to.  `challenge` gives up both keys before
  the new evidence is fetched  [SES-7].
* A failed answer ends the answer and not the session: the next request is encrypted anew.
* `closed` has no way out  [SES-8].

What the table does not list is refused  [SES-5].  `session` applies it.
"""

from __future__ import annotations

from typing import Final, FrozenSet, Mapping

__all__ = [
    "ABANDON",
    "ACCEPT",
    "CHALLENGE",
    "CHALLENGED",
    "CLOSE",
    "CLOSED",
    "EXPIRE",
    "EXPIRED",
    "FAIL",
    "FINISH",
    "KEYLESS",
    "READY",
    "RECEIVE",
    "REFUSE",
    "REQUEST",
    "STREAMING",
    "TRANSITIONS",
    "UNATTESTED",
]

# --- States and events --------------------------------------------------------------------------

UNATTESTED: Final = "unattested"
"""No keys: before the first evidence, and after evidence that was refused."""
CHALLENGED: Final = "challenged"
"""No keys, and a nonce that waits for its answer."""
READY: Final = "ready"
"""Both keys, and no answer under way."""
STREAMING: Final = "streaming"
"""Both keys, and an answer under way."""
EXPIRED: Final = "expired"
"""No keys any more: the evidence is too old."""
CLOSED: Final = "closed"
"""No keys, for good."""

CHALLENGE: Final = "challenge"
ACCEPT: Final = "accept evidence"
REFUSE: Final = "refuse evidence"
REQUEST: Final = "request"
RECEIVE: Final = "receive"
FINISH: Final = "finish"
FAIL: Final = "fail the answer"
ABANDON: Final = "abandon"
EXPIRE: Final = "expire"
CLOSE: Final = "close"

TRANSITIONS: Final[Mapping[str, Mapping[str, str]]] = {
    UNATTESTED: {CHALLENGE: CHALLENGED, CLOSE: CLOSED},
    CHALLENGED: {CHALLENGE: CHALLENGED, ACCEPT: READY, REFUSE: UNATTESTED, CLOSE: CLOSED},
    READY: {
        CHALLENGE: CHALLENGED,
        REQUEST: STREAMING,
        ABANDON: READY,
        EXPIRE: EXPIRED,
        CLOSE: CLOSED,
    },
    STREAMING: {
        RECEIVE: STREAMING,
        FINISH: READY,
        FAIL: READY,
        ABANDON: READY,
        CLOSE: CLOSED,
    },
    EXPIRED: {CHALLENGE: CHALLENGED, CLOSE: CLOSED},
    CLOSED: {CLOSE: CLOSED},
}
"""State, event, next state.  There are no other transitions."""

KEYLESS: Final[FrozenSet[str]] = frozenset({UNATTESTED, CHALLENGED, EXPIRED, CLOSED})
"""Entering one of these gives up the keys."""
