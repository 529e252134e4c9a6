"""The errors of this package, by blame and then by kind.

Every public function raises these and nothing else for anything that a peer, a file or a caller
controls.  Three questions decide the class:

* Who is wrong?  The caller (`UsageError`), the other side (`PeerError`), or nobody that we can
  name, because there was no answer to judge (`TransportError`).
* What is wrong?  The kinds below `PeerError`.
* Where, and against which rule?  `where` is the path of the field, `rule` the id of the
  requirement (`conformance/requirements.json`), `hint` says how to go on.

A message says what was found and what was required.  It never holds a key, a plaintext, a token or
a whole ciphertext  [ERR-2].
"""

from __future__ import annotations

from typing import Any, Optional

__all__ = [
    "DecryptError",
    "EvidenceError",
    "MalformedError",
    "PeerError",
    "PolicyError",
    "ProtocolError",
    "ServerError",
    "SignatureError",
    "TransportError",
    "TruncatedError",
    "UsageError",
    "VeniceError",
]


class VeniceError(Exception):
    """The base of every error that leaves a public function  [ERR-1]."""

    def __init__(self, message: str, *, rule: str = "", where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        """Id of the requirement that was not met, such as `ENV-4`; empty where none applies."""
        self.where = where
        """Path of the field or the place, such as `attestation.signing_key`."""
        self.hint = hint
        """What the reader can do about it; empty where nothing is known."""

    def __str__(self) -> str:
        place = f" at {self.where}" if self.where else ""
        rule = f" [{self.rule}]" if self.rule else ""
        return f"{self.message}{place}{rule}"


class UsageError(VeniceError, ValueError):
    """The caller broke a precondition; nothing was sent."""


class PeerError(VeniceError):
    """What the other side sent is wrong."""

    def __init__(
        self,
        message: str,
        *,
        rule: str = "",
        where: str = "",
        hint: str = "",
        report: Optional[Any] = None,
    ) -> None:
        super().__init__(message, rule=rule, where=where, hint=hint)
        self.report = report
        """The `attestation.report.Report` that this error summarises, where there is one."""


class MalformedError(PeerError):
    """It does not parse: sizes, hex, JSON, event stream, quote, point."""


class DecryptError(PeerError):
    """The authentication tag does not hold.  Says nothing more and releases nothing  [ENV-6]."""


class SignatureError(PeerError):
    """A signature is well formed but does not verify."""


class EvidenceError(PeerError):
    """The evidence does not prove what it claims: binding, freshness, chain, collateral."""


class PolicyError(PeerError):
    """The evidence is genuine, but it is not what the policy accepts."""


class ProtocolError(PeerError):
    """The right bytes at the wrong moment (the table in `session.py`)."""


class TransportError(VeniceError):
    """No verdict: refused connection, time-out, HTTP status, cut stream."""


class TruncatedError(TransportError):
    """The stream ended before its end mark; what was shown is incomplete  [STR-1]."""


class ServerError(TransportError):
    """The server answered with an error, by status or inside the stream  [NET-5]."""

    def __init__(
        self,
        message: str,
        *,
        kind: str,
        status: Optional[int] = None,
        code: str = "",
        retry_after: Optional[float] = None,
        rule: str = "",
        where: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, rule=rule, where=where, hint=hint)
        self.kind = kind
        """One of `spec.SERVER_ERROR_KINDS`."""
        self.status = status
        """HTTP status; `None` for an error inside a stream."""
        self.code = code
        """The server's own code or type, bounded and printable; empty where it gave none."""
        self.retry_after = retry_after
        """Seconds that the server asked to wait, where it said so."""
