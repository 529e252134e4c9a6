"""The simulated enclave: its keys, its quotes, and what it opens, seals and signs.

One enclave serves all models of the mock, as a gateway does.  `restart` replaces its key, which is
how a client meets a stale one.  The `impostor` key belongs to an attacker: no quote binds it.
"""

from __future__ import annotations

import threading
import time
from typing import Callable, Dict, NamedTuple, Optional

from conformance.mock_tee.quoting import make_platform, sgx_quote, tdx_quote
from conformance.mock_tee.randomness import SEEDED_TIME, random_source
from venice_ref.crypto.address import address_of
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.model import RandomBytes

__all__ = ["Enclave", "QuoteFields"]

QuoteFields = Callable[[Dict[str, bytes]], Dict[str, bytes]]
"""Changes the fields of a TD report before it is signed."""


class _Keys(NamedTuple):
    secret: PrivateKey
    generation: int


class Enclave:
    """A machine and the keys that live in it."""

    def __init__(self, seed: Optional[str] = None, *, quote_kind: str = "v4") -> None:
        self.seed = seed
        self.quote_kind = quote_kind
        self.platform = make_platform(random_source(seed, "platform"))
        self.impostor = PrivateKey.generate(random_source(seed, "impostor"))
        """A key that an attacker holds; the quote never binds it."""
        self._lock = threading.Lock()
        self._keys = self._new_keys(0)
        self._drawn: Dict[str, int] = {}

    def _new_keys(self, generation: int) -> _Keys:
        label = f"enclave key {generation}"
        return _Keys(PrivateKey.generate(random_source(self.seed, label)), generation)

    @property
    def key(self) -> PrivateKey:
        """The key that opens requests and signs answers; the quote binds its address."""
        return self._keys.secret

    def restart(self) -> None:
        """Replace the key, as a restarted backend does; the old one opens nothing any more."""
        with self._lock:
            self._keys = self._new_keys(self._keys.generation + 1)

    def now(self) -> int:
        """Return Unix seconds; a seeded enclave stands still."""
        return int(time.time()) if self.seed is None else SEEDED_TIME

    def draw(self, what: str) -> RandomBytes:
        """Return a source of random bytes for one request; `what` names its purpose."""
        with self._lock:
            self._drawn[what] = self._drawn.get(what, 0) + 1
            return random_source(self.seed, f"{what} {self._drawn[what]}")

    def report_data(self, nonce: bytes) -> bytes:
        """Return address (20) || zero (12) || nonce (32)."""
        return bytes(address_of(self.key.public_key)) + bytes(12) + nonce

    def quote(self, report_data: bytes, change: QuoteFields) -> bytes:
        """Return a signed TDX quote over 64 bytes of REPORTDATA."""
        return tdx_quote(self.platform, report_data, quote_kind=self.quote_kind, change=change)

    def sgx_quote(self, report_data: bytes) -> bytes:
        """Return a signed SGX quote over the same 64 bytes: not evidence for a TD."""
        return sgx_quote(self.platform, report_data)
