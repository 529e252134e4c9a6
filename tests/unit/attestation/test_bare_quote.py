from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Optional

import pytest

from tests.intel import DAY, NOW, Intel, put
from venice_ref.attestation.bare_quote import verify_bare_quote
from venice_ref.attestation.endorsements import PINNED_ROOTS
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.report import Report
from venice_ref.errors import EvidenceError, MalformedError, PeerError, PolicyError, UsageError
from venice_ref.evidence.tdx.collateral import encode_collateral


def judge(intel: Intel, raw: Optional[bytes] = None, now: datetime = NOW, **how: Any) -> Report:
    return verify_bare_quote(
        intel.raw_quote() if raw is None else raw,
        collateral=encode_collateral(intel.collateral()),
        now=now,
        roots=put(PINNED_ROOTS, "intel", intel.anchor),
        **how,
    )


def refused(kind: type[PeerError], *arguments: Any, **how: Any) -> PeerError:
    with pytest.raises(kind) as caught:
        judge(*arguments, **how)
    assert isinstance(caught.value.report, Report)
    assert caught.value.report.verdict == "fail"
    assert caught.value.report.assurance_reached == "none"
    return caught.value


def failed(error: PeerError) -> list[str]:
    assert isinstance(error.report, Report)
    return [check.id for check in error.report.failed]


@pytest.mark.parametrize("tdx", [True, False])
def test_a_genuine_quote_passes(tdx: bool) -> None:
    report = judge(Intel(tdx=tdx))
    assert (report.verdict, report.assurance_reached, report.gpu_reached) == (
        "pass", "dcap", "ignore",
    )  # fmt: skip
    assert {check.status for check in report.checks} == {"pass"}
    assert report.facts["tcb_status"] == "UpToDate"
    assert report.facts["tee_type"] == ("tdx" if tdx else "sgx")
    assert ("mr_enclave" in report.facts) is not tdx
    assert report.facts["trust_roots_replaced"] == ["intel"]
    assert "signing_address" not in report.facts


def test_the_first_check_that_failed_ends_those_that_need_it() -> None:
    intel = Intel()
    intel.signing["qe_report"] = "ca"
    error = refused(PeerError, intel)
    assert failed(error) == ["dcap.qe_report"]
    assert error.rule == "QUO-12"
    assert isinstance(error.report, Report)
    later = error.report.check("dcap.tcb")
    assert (later.status, later.required) == ("not_performed", True)
    assert error.report.check("dcap.attributes").status == "pass"


def test_a_quote_of_the_other_kind_than_its_collateral() -> None:
    error = refused(EvidenceError, Intel(), Intel(tdx=False).raw_quote())
    assert (error.rule, failed(error)) == ("COL-11", ["dcap.collateral"])


def test_bytes_that_are_no_quote_and_bytes_behind_one() -> None:
    intel = Intel()
    assert failed(refused(MalformedError, intel, b"no quote"))[0] == "quote.format"
    error = refused(EvidenceError, intel, intel.raw_quote(trailing=b"\1"))
    assert failed(error) == ["quote.trailing"]


def test_a_genuine_quote_that_the_policy_does_not_accept() -> None:
    error = refused(PolicyError, Intel(), policy=Policy(min_tcb_evaluation_number=99))
    assert (error.rule, failed(error)) == ("POL-8", ["dcap.tcb"])
    debug = Intel().raw_quote(td_attributes=bytes.fromhex("0100001000000000"))
    error = refused(PolicyError, Intel(), debug)
    assert (error.rule, failed(error)) == ("QUO-11", ["dcap.attributes"])


def test_another_time() -> None:
    error = refused(EvidenceError, Intel(), now=NOW + 40 * DAY)
    assert failed(error) == ["dcap.collateral"]
    with pytest.raises(UsageError):
        judge(Intel(), now=(NOW + timedelta(0)).replace(tzinfo=None))


def test_under_the_pinned_root_a_simulation_is_refused() -> None:
    intel = Intel()
    with pytest.raises(EvidenceError) as caught:
        verify_bare_quote(
            intel.raw_quote(), collateral=encode_collateral(intel.collateral()), now=NOW
        )
    assert caught.value.rule == "CRT-13"


def test_collateral_that_is_none() -> None:
    with pytest.raises(MalformedError) as caught:
        verify_bare_quote(Intel().raw_quote(), collateral=b"", now=NOW)
    assert failed(caught.value) == ["dcap.collateral"]
