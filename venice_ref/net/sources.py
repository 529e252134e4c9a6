"""Where collateral and NVIDIA's keys come from: the cache if it holds, else the network.

Each source says through `on_source` where it turned, in a sentence for people.  What it returns is
not to be relied on for that: the caller verifies it, whatever its source.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Callable, NamedTuple, Optional, Protocol, Tuple

from venice_ref.errors import MalformedError, PeerError, TransportError
from venice_ref.evidence.nvidia.jwks import parse_key_set
from venice_ref.evidence.tdx.collateral import (
    VerifiedCollateral,
    parse_collateral,
    verify_collateral,
)
from venice_ref.evidence.tdx.intel import INTEL_ROOT
from venice_ref.evidence.tdx.needs import CA_NAMES, CollateralNeeds, collateral_needs
from venice_ref.evidence.tdx.quote import Quote
from venice_ref.net.cache import CACHE, NETWORK, DiskCache, OnSource, silent
from venice_ref.net.venice import utc_now
from venice_ref.pki.chain import TrustAnchor
from venice_ref.pki.names import COMMON_NAME
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import MAX_COLLATERAL_AGE_SECONDS, MAX_JWKS_AGE_SECONDS

__all__ = [
    "CACHE",
    "NETWORK",
    "CollateralService",
    "CollateralSource",
    "FoundCollateral",
    "KeySetService",
    "KeySetSource",
    "OnSource",
    "silent",
]


class CollateralService(Protocol):
    """What `CollateralSource` needs of `pcs.PcsClient`."""

    @property
    def base_url(self) -> str:
        """Where it is."""

    def collateral(self, needs: CollateralNeeds) -> bytes:
        """Return collateral, not verified; raises MalformedError and TransportError."""


class KeySetService(Protocol):
    """What `KeySetSource` needs of `nras.NrasClient`."""

    @property
    def base_url(self) -> str:
        """Where it is."""

    def jwks(self) -> bytes:
        """Return keys, not verified; raises TransportError."""


class FoundCollateral(NamedTuple):
    """Collateral for a quote."""

    raw: bytes
    """JSON, as `evidence.tdx.exchange.parse_collateral` reads it."""
    source: str
    """`CACHE` or `NETWORK`."""
    verified: Optional[VerifiedCollateral]
    """The same, verified and for this kind of platform; `None` if it does not verify now."""


class _Kept(NamedTuple):
    """Cached collateral that verifies at the time in question."""

    raw: bytes
    verified: VerifiedCollateral
    is_recent: bool


class CollateralSource:
    """Collateral for quotes, from Intel's service and a cache.

    `anchor` is the root that cached collateral must verify under, `memo` remembers signatures
    across verifications, and `clock` tells how old a file is.
    """

    __slots__ = ("_anchor", "_cache", "_clock", "_memo", "_on_source", "_service")

    def __init__(
        self,
        service: CollateralService,
        cache: DiskCache,
        *,
        anchor: TrustAnchor = INTEL_ROOT,
        memo: Optional[SignatureMemo] = None,
        clock: Callable[[], datetime] = utc_now,
        on_source: OnSource = silent,
    ) -> None:
        self._service = service
        self._cache = cache
        self._anchor = anchor
        self._memo = SignatureMemo() if memo is None else memo
        self._clock = clock
        self._on_source = on_source

    def collateral(self, quote: Quote, now: datetime) -> bytes:
        """Return the JSON text of collateral for a quote, for the caller to verify; see `find`."""
        return self.find(quote, now).raw

    def find(self, quote: Quote, now: datetime) -> FoundCollateral:
        """Return collateral for a quote, which is judged at `now`.

        A cached file is verified at `now` each time, and does not exist for this method if it fails
        [NET-12].  One that is older than a day is used only where Intel's service gives nothing
        better: TCB levels and revocations change within its validity.  What the service sends is
        kept if it verifies by the clock, and returned even if not, so that the caller's report says
        what is wrong with it.

        Intel dates its documents by the hour and not before it is asked: `now` of the verification
        that follows is best read after this call.

        Raises:
            MalformedError: the quote names no platform [COL-20], or the service answers with
                something else.
            TransportError: the service cannot be reached, and nothing in the cache holds.
        """
        needs = collateral_needs(quote)
        name = self._name_of(needs)
        platform = f"{needs.tee} on FMSPC {needs.fmspc.hex()}"
        kept = self._kept(name, needs, now)
        if kept is not None and kept.is_recent:
            self._on_source(CACHE, f"collateral for {platform} from the cache")
            return FoundCollateral(kept.raw, CACHE, kept.verified)
        self._on_source(NETWORK, f"asking {self._service.base_url} for collateral for {platform}")
        try:
            raw = self._service.collateral(needs)
        except (TransportError, MalformedError):
            if kept is None:
                raise
            return self._fall_back(kept)
        verified = self._verified(raw, needs, self._clock())
        if verified is not None:
            self._cache.write(name, raw, now=self._clock())
        elif kept is not None:
            return self._fall_back(kept)
        return FoundCollateral(raw, NETWORK, verified)

    def _fall_back(self, kept: _Kept) -> FoundCollateral:
        self._on_source(CACHE, "no newer collateral to be had; that of the cache still holds")
        return FoundCollateral(kept.raw, CACHE, kept.verified)

    def _kept(self, name: str, needs: CollateralNeeds, now: datetime) -> Optional[_Kept]:
        """Return what the cache has, verified at `now`  [NET-12]."""
        stored = self._cache.read(name)
        verified = None if stored is None else self._verified(stored.raw, needs, now)
        if stored is None or verified is None:
            return None
        recent = _is_recent(stored.stored_at, self._clock(), MAX_COLLATERAL_AGE_SECONDS)
        return _Kept(stored.raw, verified, recent)

    def _verified(
        self, raw: bytes, needs: CollateralNeeds, now: datetime
    ) -> Optional[VerifiedCollateral]:
        """Return collateral that holds at a time and is for a platform, else `None`."""
        try:
            found = verify_collateral(
                parse_collateral(raw),
                now=now,
                anchor=self._anchor,
                tee=needs.tee,
                memo=self._memo,
            )
        except PeerError:
            return None
        ca = CA_NAMES.get(found.crls[1].issuer_name.text(COMMON_NAME))
        return found if (found.tcb_info.fmspc, ca) == (needs.fmspc, needs.ca) else None

    def _name_of(self, needs: CollateralNeeds) -> str:
        """Return the name of the file: what it is for, and a digest of service and root."""
        root = (self._anchor.public_key, sorted(self._anchor.certificates))
        origin = _digest(f"{self._service.base_url} {root!r}")
        return f"collateral-{needs.tee.lower()}-{needs.fmspc.hex()}-{needs.ca}-{origin}.json"


class KeySetSource:
    """The keys of NVIDIA's service, from it and a cache."""

    __slots__ = ("_cache", "_clock", "_on_source", "_service")

    def __init__(
        self,
        service: KeySetService,
        cache: DiskCache,
        *,
        clock: Callable[[], datetime] = utc_now,
        on_source: OnSource = silent,
    ) -> None:
        self._service = service
        self._cache = cache
        self._clock = clock
        self._on_source = on_source

    def jwks(self, *, fresh: bool = False) -> bytes:
        """Return the key set, for the caller to verify; see `find`."""
        return self.find(fresh=fresh)[0]

    def find(self, *, fresh: bool = False) -> Tuple[bytes, str]:
        """Return the key set and its source, `CACHE` or `NETWORK`; at most an hour old  [NET-13].

        Of what is in the cache nothing is known but that it is a key set.  `fresh` asks the service
        in any case: for tokens that do not verify under the cached set.

        Raises:
            TransportError: the service cannot be reached, and nothing in the cache is recent.
        """
        name = f"jwks-{_digest(self._service.base_url)}.json"
        stored = None if fresh else self._cache.read(name)
        if (
            stored is not None
            and _is_recent(stored.stored_at, self._clock(), MAX_JWKS_AGE_SECONDS)
            and _is_key_set(stored.raw)
        ):
            self._on_source(CACHE, "NVIDIA's keys from the cache")
            return stored.raw, CACHE
        self._on_source(NETWORK, f"asking {self._service.base_url} for NVIDIA's keys")
        raw = self._service.jwks()
        if _is_key_set(raw):
            self._cache.write(name, raw, now=self._clock())
        return raw, NETWORK


def _is_recent(stored_at: datetime, now: datetime, max_age_seconds: float) -> bool:
    """Tell whether a file is young enough; one from the future is not."""
    return 0 <= (now - stored_at).total_seconds() <= max_age_seconds


def _is_key_set(raw: bytes) -> bool:
    try:
        parse_key_set(raw)
    except MalformedError:
        return False
    return True


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
