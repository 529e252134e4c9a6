"""Whom a client asks about evidence, apart from what asks them."""

from __future__ import annotations

from typing import Final, NamedTuple

from venice_ref.attestation.endorsements import (
    NO_ENDORSEMENTS,
    PINNED_ROOTS,
    Endorsements,
    TrustRoots,
)
from venice_ref.net.cache import DiskCache, OnSource, silent

__all__ = ["Vendors"]

_NO_CACHE: Final = DiskCache(None)


class Vendors(NamedTuple):
    """Where the statements of Intel and NVIDIA come from, and whose signatures count."""

    pcs_base_url: str
    nras_base_url: str
    roots: TrustRoots = PINNED_ROOTS
    cache: DiskCache = _NO_CACHE
    given: Endorsements = NO_ENDORSEMENTS
    """What the caller has already is not asked for."""
    on_source: OnSource = silent
