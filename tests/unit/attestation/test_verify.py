from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Optional, Tuple

import pytest

from tests.samples import (
    ADDRESS,
    BINDING,
    KEY,
    MODEL,
    NONCE,
    NOW,
    REPORT_DATA,
    aci_answer,
    changed,
    encode,
    near_answer,
    quote,
    report_of,
)
from venice_ref.attestation.findings import Findings
from venice_ref.attestation.pins import Pin
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.verify import VerifiedAttestation, verify_attestation
from venice_ref.crypto.address import to_checksum
from venice_ref.errors import EvidenceError, MalformedError, PeerError, PolicyError, UsageError

RAW = encode(near_answer())


def verify(
    raw: bytes = RAW,
    *,
    nonce: Optional[bytes] = NONCE,
    model: Optional[str] = MODEL,
    policy: Policy = BINDING,
    now: datetime = NOW,
) -> VerifiedAttestation:
    return verify_attestation(raw, nonce=nonce, model=model, policy=policy, now=now)


def refused(raw: bytes = RAW, **arguments: Any) -> PeerError:
    with pytest.raises(PeerError) as caught:
        verify(raw, **arguments)
    assert report_of(caught.value).verdict == "fail"
    return caught.value


# --- What comes out -----------------------------------------------------------------------------


def test_what_a_verified_answer_yields() -> None:  # KEY-9
    verified = verify()
    assert verified.model_key == KEY
    assert verified.address == ADDRESS
    assert verified.model == MODEL
    assert verified.verified_at == NOW
    assert verified.report.verdict == "pass"


def test_the_facts() -> None:
    facts = verify().report.facts
    assert json.loads(json.dumps(facts)) == facts
    expected: Dict[str, object] = {
        "model": MODEL,
        "upstream_model": "Sample/Sample-1",
        "tee_provider": "near-ai",
        "tee_hardware": "intel-tdx",
        "signing_algo": "ecdsa",
        "model_key": KEY.hex(),
        "model_key_source": "answer",
        "signing_address": to_checksum(ADDRESS),
        "nonce": NONCE.hex(),
        "nonce_binding": "raw",
        "quote_version": 4,
        "tee_type": "tdx",
        "report_data": REPORT_DATA.hex(),
        "mr_td": "3d" * 48,
        **{f"rt_mr{index}": "00" * 48 for index in range(4)},
        "mr_config_id": "00" * 48,
        "mr_owner": "00" * 48,
        "mr_owner_config": "00" * 48,
        "mr_seam": "00" * 48,
        "mr_signer_seam": "00" * 48,
        "td_attributes": "0000001000000000",
        "xfam": "00" * 8,
        "tee_tcb_svn": "00" * 16,
        "td_attribute_names": ["SEPT_VE_DISABLE"],
        "gpu_count": 8,
        "gpu_arch": "HOPPER",
    }
    # What only a higher level proves is null.
    assert {name: value for name, value in facts.items() if value is not None} == expected
    assert list(facts)[: len(expected) - 2] == list(expected)[:-2]
    assert {"tcb_status", "advisory_ids", "compose_hash", "gpus", "nras_result"} <= set(facts)


def test_facts_have_the_same_names_whatever_is_known() -> None:
    names = list(verify().report.facts)
    for raw in (b"[]", b"{}", changed(near_answer(), "intel_quote", quote(3, "sgx").hex())):
        assert list(report_of(refused(raw)).facts) == names
    assert set(report_of(refused(b"[]", nonce=None)).facts.values()) == {None}


def test_facts_of_an_sgx_quote() -> None:
    raw = changed(near_answer(), "intel_quote", quote(3, "sgx").hex())
    facts = report_of(refused(raw)).facts
    assert (facts["tee_type"], facts["quote_version"]) == ("sgx", 3)
    assert facts["report_data"] == REPORT_DATA.hex()
    assert facts["mr_td"] is None


def test_a_key_of_the_keyset_is_named_as_such() -> None:  # ATT-12
    report = verify(encode(aci_answer())).report
    assert report.facts["model_key_source"] == "keyset"
    assert "not bound to the hardware" in report.check("key.present").detail


def test_peer_text_cannot_paint_the_terminal() -> None:  # ERR-2
    answer = near_answer()
    evil = "\x1b[2J\u202e" + "x" * 10_000
    answer.update({"model": evil, "upstream_model": evil, "tee_provider": evil})
    answer.update({"signing_algo": evil, "nonce_source": evil})
    answer["nvidia_payload"] = {"arch": evil, "evidence_list": [{}], "nonce": NONCE.hex()}
    error = refused(encode(answer))
    shown = json.dumps(report_of(error).to_json(), ensure_ascii=False) + str(error)
    assert shown.isascii()
    assert "\x1b" not in shown
    assert len(shown) < 20_000


# --- Levels -------------------------------------------------------------------------------------


PINNED = Pin("mr_td", (b"\x3d" * 48,))
WITHOUT_DSTACK = near_answer()
"""Whose data of dstack is a placeholder."""
del WITHOUT_DSTACK["event_log"], WITHOUT_DSTACK["info"]


@pytest.mark.parametrize("assurance", ["dcap", "measured"])
def test_without_collateral_a_level_fails_closed(assurance: str) -> None:  # POL-3
    pins = PINNED if assurance == "measured" else None
    error = refused(encode(WITHOUT_DSTACK), policy=Policy(assurance=assurance, measurements=pins))
    assert isinstance(error, PolicyError)
    assert error.rule == "POL-3"
    assert "no collateral was given" in error.message
    assert "binding" in error.hint
    report = report_of(error)
    assert (report.assurance_required, report.assurance_reached) == (assurance, "binding")
    assert not report.check("dcap.quote_signature").holds
    assert report.check("dstack.event_log").holds is (assurance == "dcap")


def test_the_default_is_not_binding() -> None:  # POL-1
    assert isinstance(refused(encode(WITHOUT_DSTACK), policy=Policy()), PolicyError)


@pytest.mark.parametrize("gpu", ["signed", "nras", "measured"])
def test_gpu_evidence_of_no_gpu_fails_closed(gpu: str) -> None:  # POL-4
    error = refused(policy=BINDING._replace(gpu=gpu))
    assert isinstance(error, MalformedError)
    assert error.message.startswith("attestation refused: gpu.signatures")
    assert not report_of(error).check("gpu.fleet").holds
    assert report_of(error).gpu_reached == "report"


def test_bad_evidence_is_worse_than_missing_collateral() -> None:
    error = refused(nonce=bytes(32), policy=Policy())
    assert isinstance(error, EvidenceError)
    assert error.rule == "ATT-5"
    assert not report_of(error).check("dcap.collateral").holds
    assert report_of(error).assurance_reached == "none"


@pytest.mark.parametrize(
    ("axis", "failed"),
    [("assurance", ("policy.assurance", "POL-1")), ("gpu", ("policy.gpu", "POL-4"))],
)
def test_the_level_is_held_apart_from_the_checks_that_lead_to_it(
    axis: str, failed: Tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:  # POL-1, POL-4
    reached = Findings.reached

    def less(findings: Findings, asked: str) -> str:
        lowest = {"assurance": "none", "gpu": "ignore"}
        return lowest[asked] if asked == axis else reached(findings, asked)

    monkeypatch.setattr(Findings, "reached", less)
    error = refused()
    assert isinstance(error, PolicyError)
    assert [(check.id, check.requirement) for check in report_of(error).failed] == [failed]


def test_the_gpu_can_be_ignored() -> None:
    raw = changed(near_answer(), "nvidia_payload", {"nonce": "00" * 32, "evidence_list": []})
    report = verify(raw, policy=BINDING._replace(gpu="ignore")).report
    assert report.gpu_reached == "ignore"
    assert report.check("gpu.nonce").detail == "the policy ignores the GPU"


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        (None, "the answer carries no GPU evidence"),
        ("", "the answer carries no GPU evidence"),
        ({"evidence_list": []}, "the GPU evidence is empty"),
    ],
)
def test_absent_gpu_evidence_is_reported(payload: object, detail: str) -> None:  # GPU-1
    report = verify(changed(near_answer(), "nvidia_payload", payload)).report
    check = report.check("gpu.evidence")
    assert (check.status, check.detail, check.required) == ("not_performed", detail, False)
    assert report.facts["gpu_count"] == 0
    assert report.gpu_reached == "report"


def test_a_hashed_nonce_passes_where_it_is_allowed_by_name() -> None:  # BND-4
    answer = near_answer()
    answer["intel_quote"] = quote(
        report_data=REPORT_DATA[:32] + hashlib.sha256(NONCE).digest()
    ).hex()
    del answer["server_verification"]
    policy = BINDING._replace(nonce_binding="raw-or-sha256")
    report = verify(encode(answer), policy=policy).report
    assert report.facts["nonce_binding"] == "sha256"
    assert "BND-5" in report.check("binding.nonce").detail
    assert refused(encode(answer)).rule == "BND-4"


# --- What was not given -------------------------------------------------------------------------


def test_without_a_nonce_nothing_is_fresh() -> None:  # ATT-13
    error = refused(nonce=None)
    assert isinstance(error, PolicyError)
    assert error.rule == "ATT-21"
    assert "nonce" in error.hint
    report = report_of(error)
    assert report.failed == ()
    assert report.assurance_reached == "none"
    for name in ("answer.nonce", "answer.request_nonce", "binding.nonce"):
        check = report.check(name)
        assert (check.status, check.required) == ("not_performed", True)
    assert report.check("binding.address").status == "pass"


def test_without_a_model_that_comparison_is_not_made() -> None:
    verified = verify(model=None)
    assert verified.model == MODEL
    check = verified.report.check("answer.model")
    assert (check.status, check.required) == ("not_performed", False)


def test_without_a_model_anywhere() -> None:
    answer = near_answer()
    del answer["model"]
    assert verify(encode(answer), model=None).model == ""


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_nonce_of_another_size_is_a_mistake_of_the_caller(size: int) -> None:  # ATT-2
    with pytest.raises(UsageError):
        verify(nonce=bytes(size))


def test_a_time_has_a_zone() -> None:
    with pytest.raises(UsageError):
        verify(now=datetime(2026, 4, 24))  # noqa: DTZ001 - the mistake under test
    zone = timezone(timedelta(hours=2))
    assert verify(now=NOW.astimezone(zone)).verified_at == NOW


def test_a_policy_that_demands_nothing_is_a_mistake_of_the_caller() -> None:  # KEY-9
    with pytest.raises(UsageError):
        verify(policy=Policy(assurance="none"))


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"\xff", b'{"a": 1, "a": 1}'])
def test_what_is_no_answer_is_malformed_with_a_report(raw: bytes) -> None:
    error = refused(raw)
    assert isinstance(error, MalformedError)
    assert error.rule == "ATT-1"
    assert error.where == "attestation"


def test_verified_true_replaces_nothing() -> None:  # ATT-3
    error = refused(encode({"verified": True, "server_verification": {"tdx": {"valid": True}}}))
    failed = [check.id for check in report_of(error).failed]
    assert failed == ["answer.model", "answer.nonce", "key.present", "quote.present"]
