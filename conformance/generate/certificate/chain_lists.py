"""`certificate/chain`: a chain together with the revocation lists of its issuers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Sequence, Tuple

from conformance.generate.certificate.chain_kit import Bench
from conformance.generate.certificate.kit import (
    CRL_NUMBER,
    DAY,
    NOW,
    ListRecipe,
    Recipe,
    aki,
    entry,
    extension,
    list_extensions,
    stamp,
)
from venice_ref.codec.der_encode import enumerated, sequence, time

__all__ = ["fill"]

PARENT: Final = "on-no-list"
_REASON: Final = "2.5.29.21"
_REMOVE: Final = 8


def fill(bench: Bench) -> None:
    """Add the accepted and the refused."""
    pki = bench.pki
    root, platform = pki.root_list, pki.platform_list
    bench.accept(PARENT, "Two lists that name others, and the chain is judged by both.",
                 ["CRL-5", "CRL-6", "CRL-7", "CRL-8", "CRL-9", "CRL-10"], pki.chain,
                 crls=_hex(root, platform))  # fmt: skip
    stranger = platform._replace(issuer=pki.processor.subject, signer=pki.keys.processor,
                                 next_update=time(NOW - DAY))  # fmt: skip
    bench.accept("a-stranger-s-list-beside", "The list of an issuer that the chain does not have is"
                 " left aside, expired as it is.", ["CRL-10"], pki.chain,
                 crls=_hex(stranger, platform, root))  # fmt: skip
    number = _number(pki.leaf)
    bench.accept("number-on-another-issuer-s-list",
                 "Serial numbers are unique below one issuer only: the leaf's number on the root's"
                 " list is another certificate.", ["CRL-9"], pki.chain,
                 crls=_hex(_revoking(root, entry(number)), platform))  # fmt: skip
    _refuse_revoked(bench)
    _refuse_missing(bench)
    _refuse_unusable(bench)


def _number(recipe: Recipe) -> int:
    return int.from_bytes(recipe.serial[2:], "big", signed=True)


def _hex(*lists: ListRecipe) -> Sequence[str]:
    return [found.der().hex() for found in lists]


def _revoking(recipe: ListRecipe, *entries: bytes) -> ListRecipe:
    return recipe._replace(revoked=sequence(*entries))


def _refuse(
    bench: Bench, slug: str, why: str, breaks: str, lists: Sequence[str], flag: str,
    change: Tuple[str, Any, Any], or_breaks: Sequence[str] = (),
) -> None:  # fmt: skip
    bench.refuse(slug, why, breaks, bench.pki.chain, flag, change, parent=PARENT, crls=lists,
                 or_breaks=or_breaks)  # fmt: skip


def _refuse_revoked(bench: Bench) -> None:
    pki = bench.pki
    root, platform = pki.root_list, pki.platform_list
    leaf, ca, top = (_number(recipe) for recipe in pki.chain)

    def revoked(slug: str, why: str, lists: Sequence[str], number: int) -> None:
        _refuse(bench, slug, why, "CRL-9", lists, "revoked", ("crls", "1234", f"{number:x}"))

    revoked("leaf-revoked", "The platform's number is on the list of its authority.",
            _hex(root, _revoking(platform, entry(leaf))), leaf)  # fmt: skip
    revoked("leaf-revoked-among-others", "The number is neither the first entry nor the last.",
            _hex(root, _revoking(platform, entry(1), entry(leaf), entry(2**159))), leaf,
    )  # fmt: skip
    revoked("authority-revoked", "The authority's number is on the root's list.",
            _hex(_revoking(root, entry(ca)), platform), ca)  # fmt: skip
    revoked("root-revoked-by-itself", "The root's own number is on its list; go and Intel's"
            " library do not look.", _hex(_revoking(root, entry(top)), platform), top)  # fmt: skip
    later = entry(leaf, date=NOW + 100 * DAY)
    revoked("leaf-revoked-in-the-future", "A date in the future is no reason to trust the key"
            " until then.", _hex(root, _revoking(platform, later)), leaf)  # fmt: skip
    removed = entry(leaf, more=[extension(_REASON, enumerated(_REMOVE))])
    revoked("leaf-with-the-reason-remove-from-crl", "removeFromCRL belongs to delta lists; here the"
            " number is still on the list.", _hex(root, _revoking(platform, removed)), leaf,
    )  # fmt: skip


def _refuse_missing(bench: Bench) -> None:
    pki = bench.pki
    root, platform = pki.root_list, pki.platform_list

    def missing(slug: str, why: str, lists: Sequence[str]) -> None:
        _refuse(bench, slug, why, "CRL-10", lists, "list-unusable", ("crls", 2, len(lists)))

    missing("no-lists", "Revocation is to be judged, and nothing is there to judge it by.", [])
    missing("list-of-the-authority-missing", "A missing list is not an empty one.", _hex(root))
    missing("list-of-the-root-missing", "A missing list is not an empty one.", _hex(platform))
    newer = platform._replace(this_update=time(NOW - DAY))
    missing("two-lists-of-one-issuer", "Which of the two counts would depend on the order.",
            _hex(root, platform, newer))  # fmt: skip
    other = platform._replace(
        issuer=pki.processor.subject,
        signer=pki.keys.processor,
        extensions=list_extensions(CRL_NUMBER, aki(pki.keys.processor.identifier)),
    )
    _refuse(bench, "list-of-the-other-authority",
            "The Processor CA's list is genuine and says nothing about the Platform CA's.",
            "CRL-10", _hex(root, other), "list-unusable",
            ("crls[1].issuer", "Intel SGX PCK Platform CA", "Intel SGX PCK Processor CA"),
    )  # fmt: skip


def _refuse_unusable(bench: Bench) -> None:
    pki = bench.pki
    root, platform = pki.root_list, pki.platform_list
    second = timedelta(seconds=1)
    forged = platform._replace(signer=pki.keys.other)
    _refuse(bench, "list-by-another-key", "An empty list of one's own revokes nothing.",
            "CRL-6", _hex(root, forged), "list-unusable",
            ("crls[1].signature", "by the authority", "by another key"))  # fmt: skip
    by_root = platform._replace(signer=pki.keys.root)
    _refuse(bench, "list-of-the-authority-by-the-root",
            "Each list is verified under the certificate that issued it.",
            "CRL-6", _hex(root, by_root), "list-unusable",
            ("crls[1].signature", "by the authority", "by the root"))  # fmt: skip
    for which, index in (("root", 0), ("authority", 1)):
        lists = [root, platform]
        lists[index] = lists[index]._replace(next_update=time(NOW - second))
        _refuse(bench, f"list-of-the-{which}-expired", "An old list does not know what came later.",
                "CRL-8", _hex(*lists), "list-unusable",
                (f"crls[{index}].nextUpdate", stamp(NOW + 10 * DAY), stamp(NOW - second)),
        )  # fmt: skip
    foreign = platform._replace(
        extensions=list_extensions(CRL_NUMBER, aki(pki.keys.other.identifier))
    )
    _refuse(bench, "list-of-another-key-identifier", "An authority of one name may have two keys.",
            "CRL-5", _hex(root, foreign), "list-unusable",
            ("crls[1].authorityKeyIdentifier", pki.keys.platform.identifier.hex(),
             pki.keys.other.identifier.hex()))  # fmt: skip
