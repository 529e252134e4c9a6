"""What the generators of `certificate/chain` share."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Final, NamedTuple, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.certificate.kit import (
    AUTHORITY_USAGES,
    END,
    IntelPki,
    Recipe,
    aki,
    key_usage,
    ski,
    stamp,
    wrapped,
)
from conformance.mock_tee.pki.authority import AnyKey, Key

__all__ = ["FLAGS", "PARENT", "Bench", "authority"]

PARENT: Final = "pck-by-platform-ca"

FLAGS: Final[Dict[str, Flag]] = {
    "role-confusion": Flag(
        "AUTH_BYPASS",
        "A genuine certificate in a place that its name does not allow.",
        "The key of one platform, or of a switch, signs what Intel's or NVIDIA's statement keys"
        " sign.",
        "Give each position of a chain its name, as a whole match, and its kind of key.",
        ("Intel, SGX PCK Certificate and CRL Profile, 1.3", "RFC 5280, 6.1"),
    ),
    "chain-shape": Flag(
        "AUTH_BYPASS",
        "A chain with a certificate too many, too few, or in another order.",
        "Verifiers that search find another path than those that walk, and judge other"
        " certificates than were meant.",
        "Demand the exact number and order; never sort, search or skip.",
        ("RFC 5280, 6.1",),
    ),
    "link-broken": Flag(
        "AUTH_BYPASS",
        "Issuer and subject, or the two key identifiers, do not fit.",
        "The list of another authority is asked about the certificate, so that a revoked one"
        " passes.",
        "Compare the names byte for byte, and the identifiers where both are there.",
        ("RFC 5280, 6.1.3 (a) (4)", "RFC 5280, 4.2.1.1"),
    ),
    "forged": Flag(
        "AUTH_BYPASS",
        "A signature that is not one of the issuer's key over these bytes.",
        "Anybody issues certificates of any machine.",
        "Verify every link, with the algorithm of the issuer's key and the bytes as received.",
        ("RFC 5280, 6.1.3 (a) (1)", "CVE-2022-21449", "CVE-2006-4339"),
    ),
    "impostor": Flag(
        "AUTH_BYPASS",
        "A chain that ends in a root of the right name and another key.",
        "The attacker is Intel, or NVIDIA.",
        "Compare the key or the digest of the last certificate with what is pinned in the client.",
        ("RFC 5280, 6.1.1 (d)", "CVE-2020-0601"),
    ),
    "out-of-time": Flag(
        "FRESHNESS",
        "A certificate before or after its validity.",
        "A key that was given up, and may have been stolen since, still counts.",
        "Compare one time of verification with both ends of every certificate.",
        ("RFC 5280, 6.1.3 (a) (2)",),
    ),
    "issues-without-right": Flag(
        "AUTH_BYPASS",
        "An issuer that is no authority, or one whose limits are exceeded.",
        "The holder of any end entity's key issues certificates for keys of his choice.",
        "Check basic constraints, path length and key usage of every issuer.",
        ("RFC 5280, 6.1.4 (k) to (n)", "CVE-2021-3450"),
    ),
    "wrong-purpose": Flag(
        "AUTH_BYPASS",
        "An end entity that may issue, or whose key is for something else.",
        "A certificate is used for what its issuer did not certify.",
        "Check basic constraints and key usage of the first certificate as well.",
        ("RFC 5280, 4.2.1.3 and 4.2.1.9",),
    ),
    "pem-text": Flag(
        "MALFORMED",
        "Text that is not the strict form of PEM.",
        "One reader finds more certificates in a text than another.",
        "Match the whole text against the grammar; do not search it for blocks.",
        ("RFC 7468, 3, figure 3",),
    ),
    "revoked": Flag(
        "AUTH_BYPASS",
        "A certificate whose number is on the list of its issuer.",
        "A key that is known to be stolen vouches for a machine.",
        "Look up every certificate of the chain, whatever date and reason the entry has.",
        ("RFC 5280, 5.3 and 6.3",),
    ),
    "list-unusable": Flag(
        "AUTH_BYPASS",
        "Revocation is judged without a verified list of every issuer.",
        "Whoever withholds, replaces or keeps an old list makes a revoked key good again.",
        "Demand exactly one list for each issuer, and verify it before it is read.",
        ("RFC 5280, 6.3.3",),
    ),
}


def ders(chain: Sequence[Recipe]) -> list[str]:
    """Return a chain as vectors have it."""
    return [recipe.der().hex() for recipe in chain]


class Bench(NamedTuple):
    """What the parts of this generator share."""

    builder: FileBuilder
    pki: IntelPki

    def accept(
        self,
        slug: str,
        why: str,
        req: Sequence[str],
        chain: Sequence[Recipe],
        *,
        expires: datetime = END,
        **given: Any,
    ) -> None:
        """Add a chain that is accepted."""
        leaf_key = given.pop("leaf_key", self.pki.keys.leaf)
        shape = {} if "pem" in given else {"chain": ders(chain)}
        self.builder.accept(
            slug,
            why,
            req=req,
            given={**shape, **given},
            out={
                "public_key": "04" + leaf_key.xy.hex(),
                "expires": stamp(expires),
                "revocation_judged": "crls" in given,
            },
        )

    def refuse(
        self,
        slug: str,
        why: str,
        breaks: str,
        chain: Sequence[Recipe],
        flag: str,
        change: Optional[Tuple[str, Any, Any]],
        *,
        parent: str = PARENT,
        or_breaks: Sequence[str] = (),
        also: Sequence[str] = (),
        critical: bool = True,
        **given: Any,
    ) -> None:
        """Add a chain that is refused; `change` is (place, before, after)."""
        self.builder.reject(
            slug,
            why,
            parent=parent,
            breaks=breaks,
            or_breaks=or_breaks,
            also=also,
            given={"chain": ders(chain), **given},
            flags=[flag],
            change=None if change is None else Rebuilt(*change),
            critical=critical,
        )


def authority(key: Key, signer: AnyKey, constraints: bytes, usage: bytes = b"") -> bytes:
    """Return the extensions of an authority with these constraints and this usage."""
    return wrapped(
        aki(signer.identifier),
        ski(key.identifier),
        usage or key_usage(*AUTHORITY_USAGES),
        constraints,
    )
