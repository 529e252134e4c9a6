"""Every scenario of the GPUs against the reference's verifier: one thing is wrong, and it is named.

Evidence, tokens and keys are fetched over HTTP, as a client does it.  That a scenario serves what
it says, and nothing else, is held in `test_faults`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from typing import Final, Optional

import pytest

from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.pki.nras import module
from conformance.mock_tee.server import MockTee
from tests.unit.conformance.talk import NONCE, attest, key_set, vouch
from venice_ref.attestation.answer import parse_answer
from venice_ref.attestation.endorsements import PINNED_ROOTS, Endorsements, TrustRoots
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import Report
from venice_ref.attestation.verify import verify_attestation
from venice_ref.errors import PeerError, ServerError
from venice_ref.evidence.nvidia.known_good import find_known_good
from venice_ref.evidence.nvidia.measurements import verify_measurements
from venice_ref.evidence.nvidia.payload import parse_payload
from venice_ref.evidence.nvidia.verify import verify_report
from venice_ref.net.nras import NrasClient

NOW: Final = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
NVIDIA: Final = Policy(assurance="binding", gpu="nras")

WHERE: Final = {
    "gpu-missing": "gpu.payload",
    "gpu-foreign-nonce": "attestation.nvidia_payload.evidence_list[0].evidence.request.nonce",
    "gpu-foreign-root": "attestation.nvidia_payload.evidence_list[0].certificate[4]",
    "gpu-report-bad-signature": "attestation.nvidia_payload.evidence_list[7].evidence.signature",
    "gpu-duplicate": "attestation.nvidia_payload.evidence_list[7]",
    "gpu-mixed-fleet": "attestation.nvidia_payload.evidence_list[7]",
    "nras-foreign-signer": "nras.overall.signature",
    "nras-expired": "nras.overall.payload.exp",
    "nras-wrong-nonce": "nras.overall.payload.eat_nonce",
    "nras-overall-false": "nras.overall.payload.x-nvidia-overall-att-result",
    "nras-other-hardware": f"nras.{module(0)}.payload.ueid",
}
"""What must be found wrong, by the names of the verifier."""


class _Served:
    """What one mock served to a client that asks for everything."""

    def __init__(self, name: str) -> None:
        with MockTee(scenario=name, seed="nvidia", now=NOW) as tee:
            answer = attest(tee)
            payload = answer.json.get("nvidia_payload")
            nras = vouch(tee, payload) if payload else None
            self.answer = answer.body
            self.endorsements = Endorsements(
                nras=None if nras is None else nras.body, jwks=key_set(tee).body
            )
            self.roots = tee.trust_roots
            self.known_good = tee.known_good
        assert tee.failures == []

    def judge(self, policy: Policy = NVIDIA, roots: Optional[TrustRoots] = None) -> Report:
        """Verify it under the roots that the mock names, or others."""
        return verify_attestation(
            self.answer,
            nonce=bytes.fromhex(NONCE),
            model="e2ee-mock",
            policy=policy,
            now=NOW,
            endorsements=self.endorsements,
            roots=self.roots if roots is None else roots,
        ).report


served = cache(_Served)


def _refusal(name: str, policy: Policy = NVIDIA, roots: Optional[TrustRoots] = None) -> PeerError:
    with pytest.raises(PeerError) as caught:
        served(name).judge(policy, roots)
    return caught.value


def test_every_scenario_of_the_gpus_is_judged() -> None:
    names = {name for name, row in SCENARIOS.items() if row.gpu != "report"}
    assert names == {*WHERE, "nras-unavailable"}


@pytest.mark.parametrize("name", list(WHERE))
def test_the_verifier_names_the_requirement(name: str) -> None:
    error = _refusal(name)
    assert (error.rule, error.where) == (SCENARIOS[name].requirement, WHERE[name])


@pytest.mark.parametrize("name", list(WHERE))
def test_it_is_noticed_at_its_level_and_not_below(name: str) -> None:
    if SCENARIOS[name].gpu == "signed":
        assert _refusal(name, Policy(assurance="binding", gpu="signed")).rule
        served(name).judge(Policy(assurance="binding", gpu="report"))
    else:
        served(name).judge(Policy(assurance="binding", gpu="signed"))


def test_the_honest_mock_passes() -> None:
    report = served("honest").judge()
    assert (report.verdict, report.gpu_reached) == ("pass", "nras")
    assert report.facts["gpu_count"] == 8
    assert report.facts["gpu_debug"] == "disabled"


def test_the_roots_of_nvidia_do_not_verify_it() -> None:
    honest = served("honest")
    assert _refusal("honest", roots=PINNED_ROOTS).rule == "CRT-13"
    half = honest.roots._replace(nvidia_nras=PINNED_ROOTS.nvidia_nras)
    assert _refusal("honest", roots=half).rule == "TOK-7"


def test_the_gpus_have_the_measurements_that_the_mock_names() -> None:
    honest = served("honest")
    nvidia = parse_answer(honest.answer).nvidia
    assert nvidia is not None
    for evidence in parse_payload(nvidia.members).gpus:
        gpu = verify_report(
            evidence, nonce=bytes.fromhex(NONCE), now=NOW, root=honest.roots.nvidia_device
        )
        golden = find_known_good(gpu, [honest.known_good])
        assert golden is not None
        measured = verify_measurements(gpu, golden)
        assert (len(measured.compared), measured.skipped) == (33, (35,))
        assert find_known_good(gpu) is None  # no machine that exists has these versions


def test_a_service_that_is_not_there() -> None:
    with MockTee(scenario="nras-unavailable") as tee:
        client = NrasClient(tee.nras_url, sleep=lambda _seconds: None)
        for ask in (client.jwks, lambda: client.attest_gpus(b"{}")):
            with pytest.raises(ServerError) as caught:
                ask()
            assert (caught.value.kind, caught.value.status) == ("server", 503)


def test_the_client_of_the_reference_fetches_both() -> None:
    with MockTee(seed="nvidia", now=NOW) as tee:
        client = NrasClient(tee.nras_url)
        payload = attest(tee).json["nvidia_payload"]
        assert client.attest_gpus(payload.encode()) == served("honest").endorsements.nras
        assert client.jwks() == served("honest").endorsements.jwks
