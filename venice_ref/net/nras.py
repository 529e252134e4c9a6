"""NVIDIA's remote attestation service: a verdict on GPU evidence, and the keys that sign it.

    POST /v3/attest/gpu              the GPU evidence of an answer; tokens come back
    GET  /.well-known/jwks.json      the keys of the last two days

To ask for a verdict discloses to NVIDIA the serial numbers of the GPUs and their versions, that is,
which machine is used, and the address and the time of whoever asks.  So it is done only where the
GPU level `nras` or above was asked for by name; the levels below need nobody.  The keys alone say
nothing about a machine.

Nothing is believed here: `evidence.nvidia` verifies tokens and keys, and that they are about the
evidence in hand.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Callable, Final

from venice_ref.errors import UsageError
from venice_ref.net.vendors import VendorService
from venice_ref.net.venice import Attempts, utc_now
from venice_ref.spec import (
    DEFAULT_NRAS_URL,
    MAX_ATTESTATION_SIZE,
    MAX_JWKS_SIZE,
    MAX_NRAS_SIZE,
    VENDOR_TIMEOUT_SECONDS,
)

__all__ = ["NrasClient"]

PATH_ATTEST_GPU: Final = "/v3/attest/gpu"
PATH_JWKS: Final = "/.well-known/jwks.json"

_WAYS_OUT: Final = (
    "without NVIDIA's word the GPUs cannot be judged at nras: verify a saved bundle, give"
    " `verify` its answer with --nras FILE and --jwks FILE, or ask for less with --gpu report"
)


class NrasClient:
    """NVIDIA's service, or one that speaks like it at another base URL."""

    __slots__ = ("_service", "_sleep")

    def __init__(
        self,
        base_url: str = DEFAULT_NRAS_URL,
        *,
        timeout: float = VENDOR_TIMEOUT_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._service = VendorService(base_url, ways_out=_WAYS_OUT, timeout=timeout, clock=clock)
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"NrasClient({self.base_url!r})"

    @property
    def base_url(self) -> str:
        """The base URL in its one spelling."""
        return self._service.base_url

    def attest_gpus(self, payload: bytes) -> bytes:
        """Return the tokens for GPU evidence: at most 1048576 bytes, whatever they say.

        `payload` is the GPU evidence of an attestation answer as JSON text, and is sent as it is.
        This discloses the serial numbers of the GPUs to NVIDIA; see above.

        Raises:
            UsageError: a payload that is empty or larger than an attestation answer.
            ServerError: the service refuses.
            TransportError: the service cannot be reached; the hint names the ways out  [NET-15].
        """
        if not 0 < len(payload) <= MAX_ATTESTATION_SIZE:
            raise UsageError(
                f"GPU evidence of {len(payload)} bytes, required 1 to {MAX_ATTESTATION_SIZE}",
                rule="NET-3",
                where="payload",
            )
        return self._service.post(
            "verdict on the GPUs",
            PATH_ATTEST_GPU,
            payload,
            max_size=MAX_NRAS_SIZE,
            attempts=Attempts(self._sleep),
        ).body

    def jwks(self) -> bytes:
        """Return the key set: at most 1048576 bytes; raises as `attest_gpus`."""
        return self._service.get(
            "key set",
            PATH_JWKS,
            {},
            max_size=MAX_JWKS_SIZE,
            attempts=Attempts(self._sleep),
        ).body
