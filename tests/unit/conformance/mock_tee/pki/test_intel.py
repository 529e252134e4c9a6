"""The simulated Intel has the shape of the real one, and is visibly not it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Dict, Tuple

import pytest

from conformance.mock_tee.pki.intel import (
    CPU_SVN,
    FMSPC,
    PCE_ID,
    PCE_SVN,
    certify_platform,
    encode_chain,
    make_intel,
    serial_of,
)
from conformance.mock_tee.quoting import make_platform
from conformance.mock_tee.randomness import SeededBytes
from venice_ref.errors import EvidenceError
from venice_ref.evidence.tdx.intel import (
    INTEL_ROOT,
    PCK_CA_ROLES,
    PCK_ROLES,
    TCB_SIGNING_ROLES,
)
from venice_ref.evidence.tdx.pck import SGX_EXTENSION, SGX_TYPES, parse_pck
from venice_ref.pki.certificate import Certificate, parse_certificate, parse_pem_chain
from venice_ref.pki.chain import Role, TrustAnchor, anchor_of, verify_chain

EPOCH = datetime(2026, 1, 1, tzinfo=timezone.utc)
INTEL = make_intel(SeededBytes("intel", "test"), EPOCH)
PLATFORM = make_platform(SeededBytes("intel", "platform"))
CHAIN = certify_platform(INTEL, PLATFORM.pck, PLATFORM.ppid)

CHAINS: Dict[str, Tuple[Tuple[bytes, ...], Tuple[Role, ...]]] = {
    "PCK": (CHAIN, PCK_ROLES),
    "Platform CA": ((INTEL.platform_ca.certificate, INTEL.root.certificate), PCK_CA_ROLES),
    "Processor CA": ((INTEL.processor_ca.certificate, INTEL.root.certificate), PCK_CA_ROLES),
    "TCB Signing": ((INTEL.tcb_signing.certificate, INTEL.root.certificate), TCB_SIGNING_ROLES),
}


def _parsed(chain: Tuple[bytes, ...]) -> Tuple[Certificate, ...]:
    return tuple(parse_certificate(der, understood=(SGX_EXTENSION,)) for der in chain)


def _anchor() -> TrustAnchor:
    return anchor_of(parse_certificate(INTEL.root.certificate), "the simulated root")


@pytest.mark.parametrize("name", list(CHAINS))
def test_every_chain_has_its_roles(name: str) -> None:
    ders, roles = CHAINS[name]
    chain = _parsed(ders)
    verify_chain(chain, anchor=_anchor(), roles=roles, now=EPOCH)
    for years in (-0.9, 20):
        now = EPOCH + timedelta(days=years * 365)
        verify_chain(chain, anchor=_anchor(), roles=roles, now=now)
    with pytest.raises(EvidenceError) as caught:
        verify_chain(chain, anchor=INTEL_ROOT, roles=roles, now=EPOCH)
    assert caught.value.rule == "CRT-13"


def test_nobody_takes_it_for_the_real_one() -> None:
    for certificate in _parsed((*CHAIN, INTEL.tcb_signing.certificate)):
        assert b"venice-ref mock, simulated" in certificate.subject
        assert b"Intel Corporation" not in certificate.raw
        assert b"https://pcs.invalid/" in certificate.extensions["2.5.29.31"].value


def test_authorities_are_numbered_by_their_keys() -> None:
    for authority in (INTEL.root, INTEL.platform_ca, INTEL.processor_ca, INTEL.tcb_signing):
        assert parse_certificate(authority.certificate).serial == serial_of(authority.key)
    leaf, ca, root = _parsed(CHAIN)
    assert len({leaf.serial, ca.serial, root.serial}) == 3
    assert leaf.serial != serial_of(PLATFORM.pck)


def test_the_pck_certificate_describes_the_platform() -> None:
    leaf = _parsed(CHAIN)[0]
    facts = parse_pck(leaf)
    assert (facts.ppid, facts.cpu_svn, facts.pce_svn) == (PLATFORM.ppid, CPU_SVN, PCE_SVN)
    assert (facts.pce_id, facts.fmspc) == (PCE_ID, FMSPC)
    assert SGX_TYPES[facts.sgx_type] == "Scalable"
    assert (facts.dynamic_platform, facts.cached_keys, facts.smt_enabled) == (True, True, True)
    assert facts.platform_instance_id not in (None, PLATFORM.ppid)
    assert leaf.spki.endswith(PLATFORM.pck.xy)


def test_an_end_can_be_given() -> None:
    end = EPOCH - timedelta(days=1)
    leaf, *rest = certify_platform(INTEL, PLATFORM.pck, PLATFORM.ppid, not_after=end)
    assert tuple(rest) == CHAIN[1:]
    assert parse_certificate(leaf).not_after == end
    assert parse_certificate(leaf).not_before < end


def test_it_is_repeatable_and_parses_as_pem() -> None:
    assert make_intel(SeededBytes("intel", "test"), EPOCH) == INTEL
    assert make_intel(SeededBytes("intel", "another"), EPOCH).root.key != INTEL.root.key
    assert [one.raw for one in parse_pem_chain(encode_chain(CHAIN), max_count=3)] == list(CHAIN)
