"""One accepted chain, and one flaw at a time."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, List, Optional, Sequence, Tuple, Type

import pytest

from conformance.mock_tee.pki import rsa_key
from tests import simulated_pki as pki
from tests.simulated_pki import (
    CA,
    CA_KEY,
    CA_ROLE,
    LEAF,
    LEAF_ROLE,
    NOW,
    ROLES,
    ROOT,
    ROOT_KEY,
    ROOT_ROLE,
    Recipe,
    chain,
    crls,
    extensions,
    key_anchor,
)
from venice_ref.codec.der_encode import integer, sequence, time
from venice_ref.crypto import ecdsa
from venice_ref.errors import EvidenceError, SignatureError, UsageError, VeniceError
from venice_ref.pki.certificate import Certificate
from venice_ref.pki.chain import Role, TrustAnchor, anchor_of, verify_chain
from venice_ref.pki.crl import Crl
from venice_ref.pki.signatures import SHA256_WITH_RSA, SignatureMemo

SECOND = timedelta(seconds=1)


def verify(
    certificates: Sequence[Certificate],
    *,
    roles: Sequence[Role] = ROLES,
    anchor: Optional[TrustAnchor] = None,
    **more: Any,
) -> None:
    options = {"anchor": anchor or key_anchor(), "roles": roles, "now": NOW, **more}
    verify_chain(certificates, **options)


def refused(
    certificates: Sequence[Certificate],
    rule: str,
    where: str,
    kind: Type[VeniceError] = EvidenceError,
    **more: Any,
) -> VeniceError:
    with pytest.raises(kind) as caught:
        verify(certificates, **more)
    assert type(caught.value) is kind
    assert (caught.value.rule, caught.value.where) == (rule, where), str(caught.value)
    return caught.value


def with_usage(recipe: Recipe, *parts: bytes) -> Recipe:
    return recipe._replace(extensions=extensions(*parts))


# --- What is accepted ---------------------------------------------------------------------------


def test_a_chain_verifies() -> None:
    verify(chain())
    verify(chain(), crls=crls())


def test_a_chain_of_an_authority_and_its_root() -> None:
    verify(chain()[1:], roles=ROLES[1:], crls=crls()[:1])


def test_a_chain_of_the_root_alone() -> None:
    verify(chain()[2:], roles=ROLES[2:])


def test_another_edition_of_the_root_with_the_same_key() -> None:
    verify(chain(root=ROOT._replace(serial=integer(77))))


def test_a_pinned_certificate() -> None:
    anchor = TrustAnchor("the root", None, frozenset({hashlib.sha256(ROOT.der()).digest()}))
    verify(chain(), anchor=anchor)
    refused(chain(root=ROOT._replace(serial=integer(77))), "CRT-13", "chain[2]", anchor=anchor)


def test_a_pinned_certificate_that_another_one_issued() -> None:
    anchor = TrustAnchor("the authority", None, frozenset({hashlib.sha256(CA.der()).digest()}))
    verify(chain()[:2], roles=ROLES[:2], anchor=anchor)
    # The pin covers it; the certificate below needs the list of its issuer all the same.
    verify(chain()[:2], roles=ROLES[:2], anchor=anchor, crls=crls()[1:])
    refused(chain()[:2], "CRL-10", "chain[0]", roles=ROLES[:2], anchor=anchor, crls=crls()[:1])


def test_an_anchor_of_a_certificate() -> None:
    verify(chain(), anchor=anchor_of(ROOT.certificate(), "the root"))
    verify(
        chain(root=ROOT._replace(serial=integer(77))),
        anchor=anchor_of(ROOT.certificate(), "the root"),
    )


def test_a_chain_with_an_rsa_key() -> None:
    rsa = CA._replace(spki=pki.rsa_spki(rsa_key.N, rsa_key.E))
    algorithm = pki.algorithm(SHA256_WITH_RSA)
    leaf = LEAF._replace(inner_algorithm=algorithm, outer_algorithm=algorithm)
    leaf = leaf._replace(signature=rsa_key.sign(leaf.tbs()))
    roles = (LEAF_ROLE, CA_ROLE._replace(key="RSA"), ROOT_ROLE)
    verify(chain(leaf, rsa), roles=roles)
    flawed = leaf._replace(signature=rsa_key.sign(b"other"))
    refused(chain(flawed, rsa), "CRT-12", "chain[0]", SignatureError, roles=roles)


# --- CRT-10, CRT-17: roles ----------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 1, 2, 4])
def test_the_number_of_certificates(length: int) -> None:
    certificates = [*chain(), ROOT.certificate()][:length]
    assert "required 3" in str(refused(certificates, "CRT-10", "chain"))
    with pytest.raises(EvidenceError) as caught:
        verify(certificates, where="pck_chain")
    assert caught.value.where == "pck_chain"


def test_the_order() -> None:
    leaf, ca, root = chain()
    refused([ca, leaf, root], "CRT-10", "chain[1]")
    refused([root, ca, leaf], "CRT-10", "chain[2]")
    refused([leaf, root, ca], "CRT-10", "chain[2]")


@pytest.mark.parametrize(
    "name", ["Simulated certificate", "Simulated Certificate ", "A Simulated Certificate", "x"]
)
def test_the_common_name_is_that_of_the_role(name: str) -> None:
    refused(chain(LEAF._replace(subject=pki.name(name))), "CRT-10", "chain[0]")


def test_a_line_end_is_no_end_of_a_name() -> None:
    refused(chain(LEAF._replace(subject=pki.name("Simulated Certificate\n"))), "CRT-10", "chain[0]")


def test_a_certificate_in_the_role_of_another() -> None:
    """What keeps a PCK certificate from signing TCB information."""
    signer = Role("TCB signer", "Simulated TCB Signing", "P-256", False, frozenset())
    roles = (signer, CA_ROLE, ROOT_ROLE)
    refused(chain(), "CRT-10", "chain[0]", roles=roles)
    verify(chain(LEAF._replace(subject=pki.name("Simulated TCB Signing"))), roles=roles)


def test_the_kind_of_key() -> None:
    roles = (LEAF_ROLE._replace(key="P-384"), CA_ROLE, ROOT_ROLE)
    refused(chain(), "CRT-17", "chain[0]", roles=roles)
    p384 = LEAF._replace(spki=pki.ec_spki(pki.P384_KEY))
    verify(chain(p384), roles=roles)
    refused(chain(p384), "CRT-17", "chain[0]")


# --- CRT-11: links ------------------------------------------------------------------------------


def test_the_issuer_is_the_next_subject() -> None:
    other = pki.name("Simulated Processor CA")
    refused(chain(LEAF._replace(issuer=other)), "CRT-11", "chain[0]")
    refused(chain(ca=CA._replace(subject=other)), "CRT-11", "chain[0]")
    verify(chain(LEAF._replace(issuer=other), CA._replace(subject=other)))


def test_names_are_compared_byte_for_byte() -> None:
    printable = CA.subject.replace(b"\x0c\x15Simulated", b"\x13\x15Simulated")
    assert printable != CA.subject
    refused(chain(ca=CA._replace(subject=printable)), "CRT-11", "chain[0]")


def test_key_identifiers_agree_where_both_are_there() -> None:
    other = with_usage(LEAF, pki.aki(pki.OTHER_KEY.identifier), pki.LEAF_USAGE)
    refused(chain(other), "CRT-11", "chain[0]")
    verify(chain(with_usage(LEAF, pki.LEAF_USAGE)))
    nameless = with_usage(CA, pki.CA_USAGE, pki.basic_constraints(ca=True))
    verify(chain(other, nameless))


# --- CRT-12, CRT-13: signatures and the anchor --------------------------------------------------


def test_a_certificate_that_another_key_signed() -> None:
    refused(chain(LEAF._replace(signer=pki.OTHER_KEY)), "CRT-12", "chain[0]", SignatureError)
    refused(chain(ca=CA._replace(signer=pki.OTHER_KEY)), "CRT-12", "chain[1]", SignatureError)


def test_a_signature_of_another_certificate() -> None:
    signature = LEAF.signer.sign(LEAF.tbs())
    flawed = LEAF._replace(serial=integer(4), signature=signature)
    refused(chain(flawed), "CRT-12", "chain[0]", SignatureError)


def test_an_algorithm_of_another_key() -> None:
    algorithm = pki.algorithm(SHA256_WITH_RSA)
    flawed = LEAF._replace(inner_algorithm=algorithm, outer_algorithm=algorithm)
    refused(chain(flawed), "CRT-12", "chain[0]", SignatureError)


def test_another_root() -> None:
    root = ROOT._replace(
        spki=pki.ec_spki(pki.OTHER_KEY),
        signer=pki.OTHER_KEY,
        extensions=extensions(pki.CA_USAGE, pki.basic_constraints(ca=True)),
    )
    ca = CA._replace(signer=pki.OTHER_KEY)
    refused(chain(ca=ca, root=root), "CRT-13", "chain[2]")
    verify(chain(ca=ca, root=root), anchor=anchor_of(root.certificate(), "the other root"))


def test_a_certificate_of_the_pinned_key_that_it_did_not_sign() -> None:
    flawed = ROOT._replace(not_after=time(NOW + 9000 * pki.DAY), signer=pki.OTHER_KEY)
    refused(chain(root=flawed), "CRT-13", "chain[2]", SignatureError)


def test_a_certificate_of_the_pinned_key_that_another_one_issued() -> None:
    # Its own fields would be the word of somebody whom nobody pinned.
    crossed = ROOT._replace(issuer=pki.name("Another Root CA"))
    refused(chain(root=crossed), "CRT-13", "chain[2]")


def test_an_anchor_of_nothing_and_a_chain_of_no_roles() -> None:
    with pytest.raises(UsageError):
        verify(chain(), anchor=TrustAnchor("nothing"))
    with pytest.raises(UsageError):
        verify([], roles=[])


# --- CRT-14: periods ----------------------------------------------------------------------------


@pytest.mark.parametrize("position", [0, 1, 2])
def test_both_ends_are_inside(position: int) -> None:
    start, end = NOW - pki.DAY, NOW + pki.DAY
    recipes = [LEAF, CA, ROOT]
    recipes[position] = recipes[position]._replace(not_before=time(start), not_after=time(end))
    certificates = chain(*recipes)
    for now in (start, end):
        verify(certificates, now=now)
    where = f"chain[{position}]"
    assert "before" in str(refused(certificates, "CRT-14", where, now=start - SECOND))
    assert "after" in str(refused(certificates, "CRT-14", where, now=end + SECOND))
    # A fraction of a second after the last one is after it.
    refused(certificates, "CRT-14", where, now=end + timedelta(microseconds=1))


def test_a_time_has_a_zone() -> None:
    with pytest.raises(UsageError):
        verify(chain(), now=NOW.replace(tzinfo=None))


# --- CRT-15, CRT-16: authorities and others -----------------------------------------------------

NO_PATH = pki.basic_constraints(ca=True)


@pytest.mark.parametrize(
    "parts",
    [
        (pki.CA_USAGE,),
        (pki.CA_USAGE, pki.basic_constraints(ca=False)),
        (NO_PATH,),
        (NO_PATH, pki.key_usage("cRLSign")),
        (NO_PATH, pki.key_usage("keyCertSign")),  # the role demands cRLSign
        (NO_PATH, pki.key_usage("digitalSignature")),
    ],
)
@pytest.mark.parametrize("position", [1, 2])
def test_who_may_not_issue(parts: Tuple[bytes, ...], position: int) -> None:
    recipes = [LEAF, CA, ROOT]
    recipes[position] = with_usage(recipes[position], *parts)
    refused(chain(*recipes), "CRT-15", f"chain[{position}]")


def test_the_path_length() -> None:
    constrained = with_usage(ROOT, pki.CA_USAGE, pki.basic_constraints(ca=True, path=0))
    assert "allows 0" in str(refused(chain(root=constrained), "CRT-15", "chain[2]"))
    # The first certificate is not counted, whatever it is.
    verify(chain(root=constrained)[1:], roles=ROLES[1:])
    verify(chain(root=with_usage(ROOT, pki.CA_USAGE, pki.basic_constraints(ca=True, path=9))))


@pytest.mark.parametrize(
    "parts",
    [
        (pki.LEAF_USAGE, pki.basic_constraints(ca=True)),
        (pki.key_usage("digitalSignature", "keyCertSign"),),
        (pki.key_usage("nonRepudiation"),),
        (),
    ],
)
def test_who_may_not_sign_evidence(parts: Tuple[bytes, ...]) -> None:
    other = pki.extension("1.2.3", sequence())
    refused(chain(with_usage(LEAF, other, *parts)), "CRT-16", "chain[0]")


def test_basic_constraints_may_be_absent_below() -> None:
    verify(chain(with_usage(LEAF, pki.LEAF_USAGE)))


# --- CRL-9, CRL-10: revocation ------------------------------------------------------------------


def revoking(recipe: pki.CrlRecipe, *serials: int) -> pki.CrlRecipe:
    return recipe._replace(revoked=sequence(*map(pki.entry, serials)))


def test_a_revoked_certificate() -> None:
    refused(chain(), "CRL-9", "chain[0]", crls=crls(ca=revoking(pki.CA_CRL, 1, 3)))
    refused(chain(), "CRL-9", "chain[1]", crls=crls(revoking(pki.ROOT_CRL, 2**159 + 2)))
    refused(chain(), "CRL-9", "chain[2]", crls=crls(revoking(pki.ROOT_CRL, 1)))


def test_a_number_on_the_list_of_another_issuer() -> None:
    verify(chain(), crls=crls(revoking(pki.ROOT_CRL, 3), revoking(pki.CA_CRL, 1, 2**159 + 2)))


def test_each_certificate_is_covered_once() -> None:
    root, ca = crls()
    cases: List[Tuple[List[Crl], str]] = [
        ([], "chain[2]"),
        ([ca], "chain[2]"),
        ([root], "chain[0]"),
        ([root, root, ca], "chain[2]"),
        ([root, ca, ca], "chain[0]"),
    ]
    for lists, where in cases:
        refused(chain(), "CRL-10", where, crls=lists)


def test_lists_are_verified() -> None:
    forged = crls(pki.ROOT_CRL._replace(signer=pki.OTHER_KEY))
    refused(chain(), "CRL-6", "root_crl", SignatureError, crls=forged)
    forged = crls(ca=pki.CA_CRL._replace(signer=ROOT_KEY))
    refused(chain(), "CRL-6", "ca_crl", SignatureError, crls=forged)
    old = crls(ca=pki.CA_CRL._replace(next_update=time(NOW - SECOND)))
    refused(chain(), "CRL-8", "ca_crl", crls=old)


def test_without_lists_nothing_is_said() -> None:
    verify(chain(), crls=None)


# --- The memo -----------------------------------------------------------------------------------


def test_shared_certificates_are_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: List[str] = []
    original = ecdsa.verify

    def count(*arguments: Any, **options: Any) -> None:
        calls.append(options["where"])
        original(*arguments, **options)

    monkeypatch.setattr(ecdsa, "verify", count)
    memo = SignatureMemo()
    verify(chain()[1:], roles=ROLES[1:], crls=crls()[:1], memo=memo)
    assert calls == ["chain[2]", "chain[1]", "root_crl"]
    verify(chain(), crls=crls(), memo=memo)
    assert calls[3:] == ["chain[0]", "ca_crl"]
    verify(chain(), crls=crls(), memo=memo)
    assert len(calls) == 5


def test_within_one_chain_a_list_is_verified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: List[str] = []
    original = ecdsa.verify

    def count(*arguments: Any, **options: Any) -> None:
        calls.append(options["where"])
        original(*arguments, **options)

    monkeypatch.setattr(ecdsa, "verify", count)
    verify(chain(), crls=crls())
    assert sorted(calls) == ["ca_crl", "chain[0]", "chain[1]", "chain[2]", "root_crl"]


def test_the_memo_changes_no_verdict() -> None:
    memo = SignatureMemo()
    verify(chain(), crls=crls(), memo=memo)
    refused(chain(), "CRT-14", "chain[0]", memo=memo, now=NOW + 5000 * pki.DAY)
    refused(chain(), "CRL-9", "chain[0]", memo=memo, crls=crls(ca=revoking(pki.CA_CRL, 3)))
    flawed = LEAF._replace(serial=integer(4), signature=LEAF.signer.sign(LEAF.tbs()))
    refused(chain(flawed), "CRT-12", "chain[0]", SignatureError, memo=memo)
    assert CA_KEY.point != ROOT_KEY.point
