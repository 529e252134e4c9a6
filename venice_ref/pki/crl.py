"""Certificate revocation lists, version 2.  RFC 5280, 5.

A certificate is revoked if and only if its number is on the list of its issuer: whatever the reason
says, and whatever date stands beside it.  Lists that speak of a part of the certificates only, of
changes since another list, or for another issuer are refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, FrozenSet, NamedTuple, Optional, Set

from venice_ref.codec.der import (
    GENERALIZED_TIME,
    INTEGER,
    SEQUENCE,
    UTC_TIME,
    DerReader,
    context,
    open_elements,
    open_sequence,
)
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.pki import extensions as ext
from venice_ref.pki.certificate import Certificate, parse_serial
from venice_ref.pki.names import Name, parse_name
from venice_ref.pki.signatures import SignatureMemo, parse_signature_algorithm, verify_signed
from venice_ref.pki.validity import check_window
from venice_ref.spec import MAX_CRL_ENTRIES, MAX_CRL_SIZE

__all__ = ["Crl", "parse_crl", "verify_crl"]

_V2: Final = 1


class Crl(NamedTuple):
    """A list that parses; nothing about it is proven yet."""

    raw: bytes
    """The DER of the whole."""
    tbs: bytes
    """The DER of the part that is signed."""
    issuer_name: Name
    this_update: datetime
    next_update: datetime
    serials: FrozenSet[int]
    """The numbers of the revoked certificates."""
    signature_oid: str
    signature: bytes
    extensions: ext.Extensions
    crl_number: Optional[int]
    aki: Optional[bytes]
    """Authority key identifier: that of the key that signed."""
    where: str
    """What the list was called when it was parsed, for errors."""

    @property
    def issuer(self) -> bytes:
        """The DER of the issuer's name."""
        return self.issuer_name.raw


def parse_crl(der: bytes, *, where: str = "crl") -> Crl:
    """Return the revocation list that `der` is, to the byte.

    Raises:
        MalformedError: CRL-1 to CRL-4; `where` is the path of the element.
    """
    outer = open_sequence(der, max_size=MAX_CRL_SIZE, where=where, rule="CRL-1")
    tbs = outer.sequence("tbsCertList")
    algorithm = parse_signature_algorithm(outer, "signatureAlgorithm", rule="CRL-2")
    signature = outer.bits("signatureValue")
    outer.finish()

    if tbs.next_tag != INTEGER or tbs.integer("version") != _V2:
        raise tbs.error("not version 2", "version", rule="CRL-2")
    if parse_signature_algorithm(tbs, "signature", rule="CRL-2") != algorithm:
        raise tbs.error("not the algorithm outside of the signed part", "signature", rule="CRL-2")
    issuer = parse_name(tbs, "issuer", rule="CRL-1")
    this_update = tbs.time("thisUpdate")
    if tbs.next_tag not in (UTC_TIME, GENERALIZED_TIME):
        raise tbs.error("no next update", "nextUpdate", rule="CRL-3")
    next_update = tbs.time("nextUpdate")
    serials = _parse_entries(tbs) if tbs.next_tag == SEQUENCE else frozenset()
    extensions = _parse_extensions(tbs, where)
    tbs.finish()
    return Crl(
        raw=der,
        tbs=tbs.raw,
        issuer_name=issuer,
        this_update=this_update,
        next_update=next_update,
        serials=serials,
        signature_oid=algorithm,
        signature=signature,
        extensions=extensions,
        crl_number=ext.parse_crl_number(extensions, where=where, rule="CRL-4"),
        aki=ext.parse_authority_key_identifier(extensions, where=where, rule="CRL-4"),
        where=where,
    )


def _parse_entries(tbs: DerReader) -> FrozenSet[int]:
    """Return the numbers in revokedCertificates, which is absent where there are none.  5.1.2.6.

    What follows the number is checked and not used.  Many are revoked at one time for one reason,
    so that most entries end with bytes that were found good in an earlier one.
    """
    entries = tbs.sequence("revokedCertificates")
    serials: Set[int] = set()
    count = 0
    accepted: Set[bytes] = set()
    while True:
        if count == MAX_CRL_ENTRIES:
            raise entries.error(f"more than {MAX_CRL_ENTRIES} entries")
        entry = entries.sequence(f"[{count}]")
        serials.add(parse_serial(entry, "userCertificate", rule="CRL-1"))
        rest = entry.rest
        if rest not in accepted:
            _check_after_serial(entry)
            accepted.add(rest)
        if not entries.more:
            return frozenset(serials)
        count += 1


def _check_after_serial(entry: DerReader) -> None:
    """Refuse what is not the time and the extensions of an entry."""
    entry.time("revocationDate")
    if entry.more:
        raw = entry.element("crlEntryExtensions").raw
        where = entry.path("crlEntryExtensions")
        reader = open_elements(raw, max_size=MAX_CRL_SIZE, where=where, rule="CRL-4")
        extensions = ext.parse_extensions(reader, "", rule="CRL-4")
        # The one that is critical by definition speaks for another issuer (5.3.3).
        ext.check_critical(extensions, (), where=where, rule="CRL-4")
    entry.finish()


def _parse_extensions(tbs: DerReader, where: str) -> ext.Extensions:
    """Return the extensions of the list, none of which limits what it speaks of.  5.2."""
    if tbs.next_tag != context(0, constructed=True):
        return {}
    explicit = tbs.explicit(0, "crlExtensions")
    found = ext.parse_extensions(explicit, "", rule="CRL-4")
    explicit.finish()
    for kind in (ext.DELTA_CRL_INDICATOR, ext.ISSUING_DISTRIBUTION_POINT):
        if kind in found:
            raise MalformedError(
                f"extension {kind}: the list is not the whole list of its issuer",
                rule="CRL-4",
                where=where,
            )
    ext.check_critical(found, (), where=where, rule="CRL-4")
    return found


def verify_crl(
    crl: Crl,
    issuer: Certificate,
    *,
    now: datetime,
    identified: bool = True,
    memo: Optional[SignatureMemo] = None,
) -> None:
    """Return if the list is the one of `issuer`, and `now` lies in its time.

    `issuer` must be verified already (`pki.chain` does both).  `identified` demands the number and
    the key identifier that RFC 5280, 5.2, obliges every issuer to write, and that all of Intel's
    lists have.

    Raises:
        EvidenceError: CRL-5 to CRL-8.
        SignatureError: the signature does not verify  [CRL-6].
    """
    where = crl.where
    if crl.issuer != issuer.subject:
        raise EvidenceError(
            f"the list of another issuer than {issuer.subject_cn}", rule="CRL-5", where=where
        )
    if crl.aki is not None and issuer.ski is not None and crl.aki != issuer.ski:
        raise EvidenceError(
            f"the list of another key than that of {issuer.subject_cn}", rule="CRL-5", where=where
        )
    if issuer.key_usage is None or "cRLSign" not in issuer.key_usage:
        raise EvidenceError(
            f"the key of {issuer.subject_cn} may not sign lists", rule="CRL-6", where=where
        )
    if identified and (crl.aki is None or crl.crl_number is None):
        raise EvidenceError(
            "a list without a number or a key identifier", rule="CRL-7", where=where
        )
    verify_signed(
        issuer.public_key, crl.signature_oid, crl.tbs, crl.signature,
        memo=memo, where=where, rule="CRL-6",
    )  # fmt: skip
    check_window(now, crl.this_update, crl.next_update, where=where, rule="CRL-8")
