"""The simulated enclave: its keys, its quotes, and what it opens, seals and signs.

One enclave serves all models of the mock, as a gateway does.  `restart` replaces its key, which is
how a client meets a stale one.  The `impostor` key belongs to an attacker: no quote binds it.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import Dict, Final, NamedTuple, Optional, Tuple

from conformance.mock_tee.pki.gpu_report import Asked, machine_report
from conformance.mock_tee.pki.intel import Chain, Intel, certify_platform, make_intel
from conformance.mock_tee.pki.nvidia import Nvidia, simulated_nvidia
from conformance.mock_tee.quoting import NO_HOOKS, QuoteHooks, make_platform, sgx_quote, tdx_quote
from conformance.mock_tee.randomness import SEEDED_TIME, random_source
from venice_ref.crypto.address import address_of
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.model import RandomBytes

__all__ = ["YEARS", "Enclave"]

YEARS: Final = range(1971, 9001)
"""Years in which a mock can stand still: its certificates reach some way to both sides."""


class _Keys(NamedTuple):
    secret: PrivateKey
    generation: int


class _Certified(NamedTuple):
    """Who vouches for the machine."""

    intel: Intel
    pck_chain: Chain


class Enclave:
    """A machine, the keys that live in it, and who certified it.

    `moment` is a time with a zone at which everything stands still; `None` is the clock, but for
    what a seeded mock must repeat.
    """

    def __init__(
        self,
        seed: Optional[str] = None,
        *,
        quote_kind: str = "v4",
        moment: Optional[datetime] = None,
    ) -> None:
        if moment is not None and (moment.tzinfo is None or moment.year not in YEARS):
            raise ValueError(f"a time without a zone, or not in {YEARS[0]} to {YEARS[-1]}")
        self.seed = seed
        self.quote_kind = quote_kind
        self.moment = moment
        self.platform = make_platform(random_source(seed, "platform"))
        self.impostor = PrivateKey.generate(random_source(seed, "impostor"))
        """A key that an attacker holds; the quote never binds it."""
        self._lock = threading.Lock()
        self._keys = self._new_keys(0)
        self._drawn: Dict[str, int] = {}
        self._certified: Optional[_Certified] = None

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
        """Return Unix seconds, as answers show them; a seeded enclave stands still."""
        if self.moment is not None:
            return int(self.moment.timestamp())
        return int(time.time()) if self.seed is None else SEEDED_TIME

    def clock(self) -> datetime:
        """Return the time in UTC for what a client judges by its own clock; a seed changes nothing.

        With an injected time it is that one.
        """
        if self.moment is not None:
            return self.moment.astimezone(timezone.utc)
        return datetime.now(timezone.utc)

    @property
    def intel(self) -> Intel:
        """The simulated Intel that certified the machine."""
        return self._certify().intel

    @property
    def pck_chain(self) -> Chain:
        """The certificates of the machine's PCK, of the Platform CA and of the root."""
        return self._certify().pck_chain

    @property
    def nvidia(self) -> Nvidia:
        """The simulated NVIDIA, and the GPUs of the machine that it certified."""
        return simulated_nvidia(self.seed)

    def ask_gpus(self, nonce: bytes, count: int) -> Tuple[Asked, ...]:
        """Return the first `count` GPUs with their reports for a nonce (32), not yet signed."""
        return tuple(machine_report(gpu, nonce, self.seed) for gpu in self.nvidia.gpus[:count])

    def make_intel(self, label: str) -> Intel:
        """Return another Intel, with keys of its own, that nobody has a reason to trust."""
        moment = self.moment or datetime.fromtimestamp(SEEDED_TIME, timezone.utc)
        return make_intel(random_source(self.seed, label), moment.astimezone(timezone.utc))

    def _certify(self) -> _Certified:
        """Return the certificates, which are made when they are first needed."""
        with self._lock:
            if self._certified is None:
                intel = self.make_intel("Intel")
                chain = certify_platform(intel, self.platform.pck, self.platform.ppid)
                self._certified = _Certified(intel, chain)
            return self._certified

    def draw(self, what: str) -> RandomBytes:
        """Return a source of random bytes for one request; `what` names its purpose."""
        with self._lock:
            self._drawn[what] = self._drawn.get(what, 0) + 1
            return random_source(self.seed, f"{what} {self._drawn[what]}")

    def report_data(self, nonce: bytes) -> bytes:
        """Return address (20) || zero (12) || nonce (32)."""
        return bytes(address_of(self.key.public_key)) + bytes(12) + nonce

    def quote(self, report_data: bytes, hooks: QuoteHooks = NO_HOOKS) -> bytes:
        """Return a signed TDX quote over 64 bytes of REPORTDATA."""
        return tdx_quote(
            self.platform, self.pck_chain, report_data, quote_kind=self.quote_kind, hooks=hooks
        )

    def sgx_quote(self, report_data: bytes) -> bytes:
        """Return a signed SGX quote over the same 64 bytes: not evidence for a TD."""
        return sgx_quote(self.platform, self.pck_chain, report_data)
