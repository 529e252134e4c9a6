"""Every scenario of the PKI against the reference's verifier: one thing is wrong, and it is named.

What is judged was fetched over HTTP, as a client does it.  That a scenario serves what it says, and
nothing else, is held in `test_faults`.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Final

import pytest

from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.server import MockTee
from tests.unit.conformance.talk import attest, fetch_collateral
from venice_ref.errors import EvidenceError, PolicyError, SignatureError, VeniceError
from venice_ref.evidence.tdx.collateral import parse_collateral, verify_collateral
from venice_ref.evidence.tdx.policy import check_body_policy, check_tcb_policy
from venice_ref.evidence.tdx.quote import parse_quote
from venice_ref.evidence.tdx.verify import QuoteFacts, verify_quote
from venice_ref.pki.certificate import parse_pem_chain
from venice_ref.pki.chain import anchor_of

NOW: Final = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)

PASSES: Final = ("honest", "tcb-configuration-needed")

WHERE: Final = {
    "quote-bad-signature": "quote",
    "quote-foreign-attestation-key": "quote.qe_report.report_data",
    "qe-report-bad-signature": "quote.qe_report",
    "qe-identity-mismatch": "quote.qe_report.mr_signer",
    "chain-foreign-root": "quote.certification_data[2]",
    "chain-reordered": "quote.certification_data[1]",
    "chain-expired": "quote.certification_data[0]",
    "pck-revoked": "quote.certification_data[0]",
    "pck-ca-revoked": "pck_crl_issuer_chain[0]",
    "crl-expired": "pck_crl",
    "crl-foreign-issuer": "pck_crl",
    "tcb-out-of-date": "tcb.status",
    "tcb-revoked": "tcb.status",
    "tcb-info-expired": "tcb_info",
    "tcb-info-foreign-fmspc": "tcb_info.fmspc",
    "tcb-info-bad-signature": "tcb_info",
    "tcb-signer-is-pck": "tcb_info_issuer_chain",
}
"""What must be found wrong, by the names of the verifier."""


def _judge(name: str) -> QuoteFacts:
    """Verify what a mock serves under the root that it names, and apply the default policy."""
    with MockTee(scenario=name, seed="pki", now=NOW) as tee:
        quote = parse_quote(bytes.fromhex(attest(tee).json["intel_quote"]))
        fetched = fetch_collateral(tee)
        root = parse_pem_chain(tee.trust_root_pem, max_count=3)[0]
        assert fetched == json.loads(tee.collateral())
    anchor = anchor_of(root, "the simulated root")
    collateral = verify_collateral(
        parse_collateral(json.dumps(fetched)), now=NOW, anchor=anchor, tee="TDX"
    )
    facts = verify_quote(quote, collateral, now=NOW)
    check_tcb_policy(facts)
    check_body_policy(quote)
    return facts


def test_every_scenario_of_the_pki_is_judged() -> None:
    names = {name for name, row in SCENARIOS.items() if row.assurance == "dcap"}
    assert names == {*WHERE, *PASSES, "pcs-unavailable"} - {"honest"}


@pytest.mark.parametrize("name", list(WHERE))
def test_the_verifier_names_the_requirement(name: str) -> None:
    with pytest.raises(VeniceError) as caught:
        _judge(name)
    error = caught.value
    assert (error.rule, error.where) == (SCENARIOS[name].requirement, WHERE[name])
    assert isinstance(error, (EvidenceError, PolicyError, SignatureError))


def test_the_honest_mock_passes() -> None:
    facts = _judge("honest")
    assert (facts.status, facts.advisories) == ("UpToDate", ())


def test_what_needs_configuration_passes_with_its_advisories() -> None:
    facts = _judge("tcb-configuration-needed")
    assert (facts.status, facts.advisories) == ("ConfigurationNeeded", ("MOCK-SA-00003",))


def test_an_outdated_platform_comes_with_the_advisories_of_its_level() -> None:
    with pytest.raises(PolicyError, match="OutOfDate") as caught:
        _judge("tcb-out-of-date")
    assert caught.value.hint == "advisories: MOCK-SA-00002, MOCK-SA-00001"
