from __future__ import annotations

import json
from typing import Dict

import pytest

from tests.dcap import real_cases
from tests.intel import NOW, Intel
from venice_ref.crypto import known_combs
from venice_ref.crypto.curves import P256
from venice_ref.crypto.weierstrass import generator, is_on_curve
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.tdx.collateral import parse_collateral
from venice_ref.evidence.tdx.intel import (
    INTEL_ROOT,
    PCK_CA_ROLES,
    PCK_ROLES,
    TCB_SIGNING_ROLES,
    parse_chain,
)
from venice_ref.pki.certificate import Certificate
from venice_ref.pki.chain import verify_chain
from venice_ref.pki.keys import EcPublicKey

FIVE = ["2.5.29.35", "2.5.29.31", "2.5.29.14", "2.5.29.15", "2.5.29.19"]


def test_the_pinned_key_is_a_point_on_p256() -> None:  # COL-4
    key = INTEL_ROOT.public_key
    assert isinstance(key, EcPublicKey)
    assert is_on_curve(P256, key.point)


def test_the_pinned_certificate_has_the_pinned_key() -> None:  # COL-4
    """The digest in the anchor is that of a root that also passes by its key alone."""
    collateral = parse_collateral(json.dumps(real_cases()[0].collateral))
    chain = parse_chain(collateral.tcb_info_issuer_chain, where="chain")
    now = real_cases()[0].now
    for anchor in (INTEL_ROOT, INTEL_ROOT._replace(certificates=frozenset())):
        verify_chain(chain, anchor=anchor, roles=TCB_SIGNING_ROLES, now=now)
    verify_chain(
        chain, anchor=INTEL_ROOT._replace(public_key=None), roles=TCB_SIGNING_ROLES, now=now
    )


def test_another_edition_of_the_root_is_as_good() -> None:  # COL-4
    """Two editions of Intel's root have one key; what is pinned is the key."""
    intel = Intel()
    anchor = intel.anchor._replace(certificates=frozenset())
    first = intel.root.encode()
    intel.root.not_after = NOW
    assert intel.root.encode() != first
    for der in (first, intel.root.encode()):
        chain = parse_chain((intel.signer.encode(), der), where="chain")
        verify_chain(chain, anchor=anchor, roles=TCB_SIGNING_ROLES, now=NOW)


def test_the_combs_at_hand_are_those_of_intels_keys() -> None:
    """A comb of a key that Intel does not use would be dead weight at best."""
    collateral = parse_collateral(json.dumps(real_cases()[0].collateral))
    signer, root = parse_chain(collateral.tcb_info_issuer_chain, where="chain")
    platform = parse_chain(collateral.pck_crl_issuer_chain, where="chain")[0]
    assert "PCK Platform CA" in platform.subject_cn
    keys = [one.public_key for one in (root, platform, signer)]
    points = [key.point for key in keys if isinstance(key, EcPublicKey)]
    assert list(known_combs.POINTS) == [generator(P256), *points]


@pytest.mark.parametrize("oid", FIVE)
def test_all_certificates_have_five_extensions(oid: str) -> None:  # COL-5
    intel = Intel()
    intel.signer.dropped = (oid,)
    with pytest.raises(EvidenceError) as caught:
        parse_chain((intel.signer.encode(), intel.root.encode()), where="chain")
    assert (caught.value.rule, caught.value.where) == ("COL-5", "chain[0]")
    intel = Intel()
    intel.root.dropped = (oid,)
    with pytest.raises(EvidenceError) as caught:
        parse_chain((intel.signer.encode(), intel.root.encode()), where="chain")
    assert (caught.value.rule, caught.value.where) == ("COL-5", "chain[1]")


def test_a_chain_is_parsed_once() -> None:
    intel = Intel()
    known: Dict[bytes, Certificate] = {}
    first = parse_chain((intel.signer.encode(), intel.root.encode()), where="a", known=known)
    second = parse_chain((intel.ca.encode(), intel.root.encode()), where="b", known=known)
    assert (first[1].where, second[1].where) == ("a[1]", "b[1]")
    assert first[1].extensions is second[1].extensions
    assert len(known) == 3


def test_what_is_no_certificate() -> None:
    with pytest.raises(MalformedError) as caught:
        parse_chain((b"x",), where="chain")
    assert caught.value.rule == "CRT-1"


def test_the_roles_are_by_name() -> None:  # COL-3
    assert [role.common_name for role in PCK_ROLES] == [
        "Intel SGX PCK Certificate",
        "Intel SGX PCK (Platform|Processor) CA",
        "Intel SGX Root CA",
    ]
    assert PCK_ROLES[1:] == PCK_CA_ROLES
    assert [role.authority for role in PCK_ROLES] == [False, True, True]
    assert [role.common_name for role in TCB_SIGNING_ROLES] == [
        "Intel SGX TCB Signing",
        "Intel SGX Root CA",
    ]
    assert {role.key for role in PCK_ROLES + TCB_SIGNING_ROLES} == {"P-256"}
