"""The simulated Intel of the mock against independent implementations.

`cryptography` reads certificates and lists and verifies them; `dcap-qvl`, a DCAP library in Rust,
verifies quotes under the simulated root, also with collateral that it fetched by itself.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from types import ModuleType
from typing import Any, Iterator

import pytest

from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.server import MockTee
from tests.unit.conformance.talk import attest
from venice_ref.codec.pem import decode_pem_chain
from venice_ref.evidence.tdx.exchange import Collateral, parse_collateral

NOW = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)

REASON = "an independent implementation, not a dependency"


@pytest.fixture(scope="module")
def tee() -> Iterator[MockTee]:
    with MockTee(seed="oracle", now=NOW) as tee:
        yield tee


def _collateral(tee: MockTee) -> Collateral:
    return parse_collateral(tee.collateral())


# --- Certificates and lists ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def x509() -> ModuleType:
    pytest.importorskip("cryptography", reason=REASON)
    import cryptography.x509

    return cryptography.x509


@pytest.fixture(scope="module")
def chains(tee: MockTee, x509: ModuleType) -> Any:
    collateral = _collateral(tee)
    return [
        [x509.load_der_x509_certificate(der) for der in ders]
        for ders in (
            tee.enclave.pck_chain,
            collateral.pck_crl_issuer_chain,
            collateral.tcb_info_issuer_chain,
            collateral.qe_identity_issuer_chain,
        )
    ]


def test_chains_verify(chains: Any) -> None:
    for chain in chains:
        for subject, issuer in zip(chain, [*chain[1:], chain[-1]]):
            subject.verify_directly_issued_by(issuer)


def test_extensions_have_their_types(chains: Any, x509: ModuleType) -> None:
    leaf, ca, root = chains[0]
    signer = chains[2][0]
    for certificate, is_ca, path in (
        (leaf, False, None), (signer, False, None), (ca, True, 0), (root, True, 1),
    ):  # fmt: skip
        found = certificate.extensions
        constraints = found.get_extension_for_class(x509.BasicConstraints)
        usage = found.get_extension_for_class(x509.KeyUsage)
        points = found.get_extension_for_class(x509.CRLDistributionPoints).value
        assert constraints.critical
        assert usage.critical
        assert (constraints.value.ca, constraints.value.path_length) == (is_ca, path)
        assert (usage.value.key_cert_sign, usage.value.crl_sign) == (is_ca, is_ca)
        assert usage.value.digital_signature is not is_ca
        assert points[0].full_name[0].value.startswith("https://pcs.invalid/")
        name = certificate.subject.rfc4514_string()
        assert name.startswith("C=XX,ST=--,L=Nowhere,O=venice-ref mock\\, simulated,CN=Intel SGX ")
    issued = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    identity = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert issued.key_identifier == identity.digest


def test_lists_verify(tee: MockTee, chains: Any, x509: ModuleType) -> None:
    collateral = _collateral(tee)
    ca, root = chains[1]
    for der, issuer, count in ((collateral.root_ca_crl, root, 0), (collateral.pck_crl, ca, 3)):
        crl = x509.load_der_x509_crl(der)
        assert crl.is_signature_valid(issuer.public_key())
        assert crl.issuer == issuer.subject
        assert len(list(crl)) == count
        assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1
        assert all(
            entry.extensions.get_extension_for_class(x509.CRLReason).value
            == x509.CRLReason(x509.ReasonFlags.key_compromise)
            for entry in crl
        )


# --- Quotes -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dcap_qvl() -> Any:
    return pytest.importorskip("dcap_qvl", reason=REASON)


def _judge(dcap_qvl: Any, tee: MockTee, quote: bytes, kind: str, now: datetime) -> Any:
    root = decode_pem_chain(tee.trust_root_pem, max_count=3, max_size=8192)[0]
    collateral = dcap_qvl.QuoteCollateralV3.from_json(tee.collateral(kind))
    return dcap_qvl.verify_with_root_ca(quote, collateral, root, int(now.timestamp()))


@pytest.mark.parametrize("kind", ["v4", "v5-1.0", "v5-1.5"])
def test_quotes_verify(dcap_qvl: Any, kind: str) -> None:
    tee = MockTee(seed="oracle", now=NOW, quote_kind=kind)
    for quote, kind_of_tee in (
        (tee.enclave.quote(bytes(64)), "TDX"),
        (tee.enclave.sgx_quote(bytes(64)), "SGX"),
    ):
        report = _judge(dcap_qvl, tee, quote, kind_of_tee, NOW)
        assert (report.status, report.advisory_ids) == ("UpToDate", [])


ACCEPTED = {
    # The library's default policy accepts every status but Revoked ...
    "tcb-out-of-date": "OutOfDate",
    "tcb-configuration-needed": "ConfigurationNeeded",
    # ... and it takes the word of any leaf below the root.
    "tcb-signer-is-pck": "UpToDate",
    # ... and it looks for the issuers among the certificates itself, in whatever order they come.
    "chain-reordered": "UpToDate",
    "pcs-unavailable": "UpToDate",  # not fetched here
}


@pytest.mark.parametrize("name", [n for n, row in SCENARIOS.items() if row.assurance == "dcap"])
def test_it_agrees_about_what_is_wrong(dcap_qvl: Any, name: str) -> None:
    with MockTee(scenario=name, seed="oracle", now=NOW) as tee:
        quote = bytes.fromhex(attest(tee).json["intel_quote"])
        if name in ACCEPTED:
            assert _judge(dcap_qvl, tee, quote, "TDX", NOW).status == ACCEPTED[name]
            return
        with pytest.raises(ValueError):
            _judge(dcap_qvl, tee, quote, "TDX", NOW)


def test_it_rejects_another_root_and_another_time(dcap_qvl: Any, tee: MockTee) -> None:
    quote = tee.enclave.quote(bytes(64))
    with pytest.raises(ValueError):
        dcap_qvl.verify(
            quote, dcap_qvl.QuoteCollateralV3.from_json(tee.collateral()), int(NOW.timestamp())
        )
    with pytest.raises(ValueError):
        _judge(dcap_qvl, tee, quote, "TDX", NOW + timedelta(days=31))


def test_it_fetches_collateral_from_the_mock(dcap_qvl: Any, tee: MockTee) -> None:
    quote = tee.enclave.quote(bytes(64))
    root = decode_pem_chain(tee.trust_root_pem, max_count=3, max_size=8192)[0]

    async def fetch() -> Any:
        return await dcap_qvl.get_collateral(tee.pcs_url, quote)

    report = dcap_qvl.verify_with_root_ca(quote, asyncio.run(fetch()), root, int(NOW.timestamp()))
    assert report.status == "UpToDate"
