"""What a chain of certificates ends in: a root that is believed because the verifier has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, FrozenSet, NamedTuple, Optional

if TYPE_CHECKING:
    from venice_ref.pki.keys import PublicKey

__all__ = ["TrustAnchor"]


class TrustAnchor(NamedTuple):
    """What the last certificate of a chain is compared with; at least one of the two."""

    name: str
    public_key: Optional[PublicKey] = None
    """A certificate is trusted if it has this key and signs itself with it: of Intel's root, two
    editions with one key are in use."""
    certificates: FrozenSet[bytes] = frozenset()
    """SHA-256 of the DER of certificates that are trusted as they are: NVIDIA's."""
