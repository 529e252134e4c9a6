"""Where the mock takes its random bytes: the system, or a seed that makes a run repeatable.

The bytes of a seeded source are SHA-256(seed || 0 || label || 0 || counter), block after block.
Each key, request and identifier has a label of its own, so that what one thread draws does not
change what another one gets.  Seeded keys are known to everybody who knows the seed: they are for
tests and demonstrations.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final, Optional

from venice_ref.model import RandomBytes

__all__ = ["PROCESS_SEED", "SEEDED_TIME", "SeededBytes", "random_source"]

SEEDED_TIME: Final = 1_767_225_600
"""Unix seconds that a seeded mock reports instead of the clock: 2026-01-01T00:00:00Z."""

PROCESS_SEED: Final = os.urandom(32).hex()
"""A seed that nobody knows, for what all mocks of one process share unless they have their own."""


class SeededBytes:
    """A stream of bytes that depends on a seed and a label only; call it as `os.urandom`."""

    __slots__ = ("_block", "_pool", "_prefix")

    def __init__(self, seed: str, label: str) -> None:
        self._prefix = seed.encode("utf-8") + b"\0" + label.encode("utf-8") + b"\0"
        self._block = 0
        self._pool = b""

    def __call__(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        while len(self._pool) < size:
            counter = self._block.to_bytes(8, "big")
            self._pool += hashlib.sha256(self._prefix + counter).digest()
            self._block += 1
        taken, self._pool = self._pool[:size], self._pool[size:]
        return taken


def random_source(seed: Optional[str], label: str) -> RandomBytes:
    """Return the system's source, or the seeded one of this label."""
    return os.urandom if seed is None else SeededBytes(seed, label)
