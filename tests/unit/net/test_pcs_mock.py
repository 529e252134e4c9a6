"""Collateral from the mock TEE's own port, from the first request to a verified quote."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Iterator, List

import pytest

from conformance.mock_tee.server import MockTee
from venice_ref.errors import EvidenceError, ServerError
from venice_ref.evidence.tdx.collateral import parse_collateral, verify_collateral
from venice_ref.evidence.tdx.needs import CollateralNeeds, collateral_needs
from venice_ref.evidence.tdx.quote import Quote, parse_quote
from venice_ref.evidence.tdx.verify import verify_quote
from venice_ref.net.cache import DiskCache
from venice_ref.net.pcs import PcsClient
from venice_ref.net.sources import CACHE, NETWORK, CollateralSource
from venice_ref.pki.certificate import parse_certificate
from venice_ref.pki.chain import TrustAnchor, anchor_of


@pytest.fixture(scope="module")
def tee() -> Iterator[MockTee]:
    with MockTee(seed="pcs") as mock:
        yield mock
        assert mock.failures == []


def origin(tee: MockTee) -> str:
    return f"http://127.0.0.1:{tee.port}"


def anchor(tee: MockTee) -> TrustAnchor:
    root = parse_certificate(tee.enclave.intel.root.certificate)
    return anchor_of(root, "the simulated root")


def quote(tee: MockTee, kind: str) -> Quote:
    make = tee.enclave.sgx_quote if kind == "SGX" else tee.enclave.quote
    return parse_quote(make(bytes(64)))


@pytest.mark.parametrize("kind", ["TDX", "SGX"])
def test_a_quote_of_the_mock_verifies_with_collateral_from_its_port(
    tee: MockTee, kind: str, tmp_path: Path
) -> None:
    now = datetime.now(timezone.utc)
    said: List[str] = []
    source = CollateralSource(
        PcsClient(origin(tee), timeout=10),
        DiskCache(tmp_path / "venice-ref"),
        anchor=anchor(tee),
        on_source=lambda where, _: said.append(where),
    )
    for _ in range(2):
        evidence = quote(tee, kind)
        found = source.find(evidence, now)
        assert found.verified is not None
        assert found.verified.tee == kind
        assert verify_quote(evidence, found.verified, now=now).status == "UpToDate"
    assert said == [NETWORK, CACHE]


def test_the_processor_ca_has_its_list(tee: MockTee) -> None:
    needs = collateral_needs(quote(tee, "TDX"))._replace(ca="processor")
    raw = PcsClient(origin(tee), timeout=10).collateral(needs)
    chain = parse_collateral(raw).pck_crl_issuer_chain
    assert parse_certificate(chain[0]).subject_cn == "Intel SGX PCK Processor CA"


def test_without_the_simulated_root_it_is_worth_nothing(tee: MockTee) -> None:
    raw = PcsClient(origin(tee), timeout=10).collateral(collateral_needs(quote(tee, "TDX")))
    with pytest.raises(EvidenceError) as caught:
        verify_collateral(parse_collateral(raw), now=datetime.now(timezone.utc))
    assert caught.value.rule == "CRT-13"


def test_an_unknown_platform_is_not_found(tee: MockTee) -> None:
    with pytest.raises(ServerError) as caught:
        PcsClient(origin(tee), timeout=10).collateral(CollateralNeeds("TDX", bytes(6), "platform"))
    assert (caught.value.status, caught.value.kind) == (404, "not_found")
    assert "no TCB info for this fmspc" in caught.value.message
