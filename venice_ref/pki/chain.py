"""Chains: from the certificate in question up to one that is pinned.  RFC 5280, 6.1.

Nothing is built or searched: a chain has exactly the certificates of its roles, in their order, the
one in question first and the pinned one last.  Roles by position *and* by name keep the keys below
one root apart: a certificate of a processor must not sign what the key for TCB information signs,
although both chains end in the same root.

What is verified, for the whole chain: names and roles [CRT-10, CRT-11, CRT-15, CRT-16, CRT-17], the
anchor [CRT-13], every signature [CRT-12], from the anchor down, and every period [CRT-14]; then, if
lists are given, revocation [CRL-9, CRL-10], each list under the certificate that issued it.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import FrozenSet, NamedTuple, Optional, Sequence

from venice_ref.codec.strict import excerpt
from venice_ref.errors import EvidenceError, UsageError
from venice_ref.pki.anchor import TrustAnchor
from venice_ref.pki.certificate import Certificate
from venice_ref.pki.crl import Crl, verify_crl
from venice_ref.pki.signatures import SignatureMemo, verify_signed
from venice_ref.pki.validity import check_window

__all__ = ["Role", "TrustAnchor", "anchor_of", "verify_chain"]


class Role(NamedTuple):
    """What a certificate at one position of a chain must be."""

    name: str
    """As people call it, for errors: `PCK certificate`."""
    common_name: str
    """A regular expression that the whole common name of the subject matches."""
    key: str
    """`P-256`, `P-384` or `RSA`."""
    authority: bool
    """Whether it signs the certificate before it, or certificates at all."""
    usages: FrozenSet[str]
    """Names of RFC 5280, 4.2.1.3, that its KeyUsage must have, and may have more."""


def anchor_of(certificate: Certificate, name: str) -> TrustAnchor:
    """Return an anchor that accepts this certificate, and others that its key signs for itself."""
    digest = hashlib.sha256(certificate.raw).digest()
    return TrustAnchor(name, certificate.public_key, frozenset({digest}))


def verify_chain(
    chain: Sequence[Certificate],
    *,
    anchor: TrustAnchor,
    roles: Sequence[Role],
    now: datetime,
    crls: Optional[Sequence[Crl]] = None,
    memo: Optional[SignatureMemo] = None,
    where: str = "chain",
) -> None:
    """Return if the first certificate is what its role says, by the word of the anchor, at `now`.

    `roles` are those of the certificates, in the same order.  With `crls`, each certificate must be
    on no list and covered by the list of its issuer, the last one included if it issued itself;
    the lists are verified here.  Without, revocation is not judged, and the caller says so.
    `memo` remembers the signatures that hold.

    Raises:
        EvidenceError: CRT-10, CRT-11, CRT-13 to CRT-17, CRL-5 to CRL-10.
        SignatureError: a signature does not verify  [CRT-12, CRT-13, CRL-6].
        UsageError: an anchor of nothing, a chain of no roles, or `now` without a time zone.
    """
    if not roles or (anchor.public_key is None and not anchor.certificates):
        raise UsageError("a chain has at least one role, and an anchor something to compare with")
    if len(chain) != len(roles):
        raise EvidenceError(
            f"a chain of {len(chain)} certificates, required {len(roles)}",
            rule="CRT-10",
            where=where,
        )
    memo = SignatureMemo() if memo is None else memo
    for position, (certificate, role) in enumerate(zip(chain, roles)):
        _check_role(certificate, role, position)
    links = list(zip(chain, chain[1:]))
    for subject, issuer in links:
        _check_link(subject, issuer)
    _verify_anchor(chain[-1], anchor, memo)
    for subject, issuer in reversed(links):
        verify_signed(
            issuer.public_key, subject.signature_oid, subject.tbs, subject.signature,
            memo=memo, where=subject.where, rule="CRT-12",
        )  # fmt: skip
    for certificate in chain:
        check_window(
            now, certificate.not_before, certificate.not_after,
            where=certificate.where, rule="CRT-14",
        )  # fmt: skip
    if crls is not None:
        _verify_revocation(chain, crls, now, memo)


# --- Names and roles ----------------------------------------------------------------------------


def _check_role(certificate: Certificate, role: Role, position: int) -> None:
    where = certificate.where
    if re.fullmatch(role.common_name, certificate.subject_cn) is None:
        raise EvidenceError(
            f"{excerpt(certificate.subject_cn)} in the place of the {role.name}",
            rule="CRT-10",
            where=where,
        )
    if certificate.public_key.kind != role.key:
        raise EvidenceError(
            f"a {certificate.public_key.kind} key, required {role.key} for the {role.name}",
            rule="CRT-17",
            where=where,
        )
    if role.authority:
        _check_authority(certificate, role, position)
    else:
        _check_end_entity(certificate, role)


def _check_authority(certificate: Certificate, role: Role, position: int) -> None:
    """Refuse a certificate that may not issue those before it.  RFC 5280, 6.1.4, k to n.

    `position` is its index: there are `position` - 1 authorities between it and the first one.
    """
    constraints = certificate.basic_constraints
    usage = certificate.key_usage or frozenset()
    if constraints is None or not constraints.ca:
        problem = "is not an authority"
    elif constraints.path_length is not None and position - 1 > constraints.path_length:
        problem = f"allows {constraints.path_length} authorities below it, not {position - 1}"
    elif not {"keyCertSign", *role.usages} <= usage:
        problem = f"lacks a key usage, {', '.join(sorted({'keyCertSign', *role.usages} - usage))}"
    else:
        return
    raise EvidenceError(f"the {role.name} {problem}", rule="CRT-15", where=certificate.where)


def _check_end_entity(certificate: Certificate, role: Role) -> None:
    """Refuse a certificate that may issue others, or whose key has another purpose."""
    usage = certificate.key_usage or frozenset()
    if certificate.basic_constraints is not None and certificate.basic_constraints.ca:
        problem = "is an authority"
    elif "keyCertSign" in usage:
        problem = "may sign certificates"
    elif not role.usages <= usage:
        problem = f"lacks a key usage, {', '.join(sorted(role.usages - usage))}"
    else:
        return
    raise EvidenceError(f"the {role.name} {problem}", rule="CRT-16", where=certificate.where)


def _check_link(subject: Certificate, issuer: Certificate) -> None:
    """Refuse a pair in which the second is not the issuer that the first one names."""
    where = subject.where
    if subject.issuer != issuer.subject:
        raise EvidenceError(
            f"issued by {excerpt(subject.issuer_cn)}, and {excerpt(issuer.subject_cn)} follows",
            rule="CRT-11",
            where=where,
        )
    if subject.aki is not None and issuer.ski is not None and subject.aki != issuer.ski:
        raise EvidenceError(
            f"issued by another key than the one of {excerpt(issuer.subject_cn)} that follows",
            rule="CRT-11",
            where=where,
        )


# --- The anchor, and revocation -----------------------------------------------------------------


def _verify_anchor(certificate: Certificate, anchor: TrustAnchor, memo: SignatureMemo) -> None:
    if hashlib.sha256(certificate.raw).digest() in anchor.certificates:
        return
    where = certificate.where
    if certificate.public_key != anchor.public_key:
        raise EvidenceError(f"the chain does not end in {anchor.name}", rule="CRT-13", where=where)
    # The key is the pinned one; that the rest of the certificate is its word, it says by signing.
    if certificate.issuer != certificate.subject:
        raise EvidenceError(
            f"a certificate of {anchor.name} that it did not issue", rule="CRT-13", where=where
        )
    verify_signed(
        certificate.public_key, certificate.signature_oid, certificate.tbs, certificate.signature,
        memo=memo, where=where, rule="CRT-13",
    )  # fmt: skip


def _verify_revocation(
    chain: Sequence[Certificate], crls: Sequence[Crl], now: datetime, memo: SignatureMemo
) -> None:
    """Refuse a certificate that is revoked or that no list covers, from the anchor down."""
    *others, last = zip(chain, [*chain[1:], chain[-1]])
    # A pinned certificate that another one issued is covered by the pin: its issuer is not here.
    pairs = [*others, last] if chain[-1].issuer == chain[-1].subject else others
    for certificate, issuer in reversed(pairs):
        where = certificate.where
        covering = [crl for crl in crls if crl.issuer == certificate.issuer]
        if len(covering) != 1:
            raise EvidenceError(
                f"{len(covering)} lists of {excerpt(certificate.issuer_cn)}, required 1",
                rule="CRL-10",
                where=where,
            )
        verify_crl(covering[0], issuer, now=now, memo=memo)
        if certificate.serial in covering[0].serials:
            raise EvidenceError(
                f"{excerpt(certificate.subject_cn)} with the number {certificate.serial:x}"
                " is revoked",
                rule="CRL-9",
                where=where,
            )
