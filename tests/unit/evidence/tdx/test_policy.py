from __future__ import annotations

from typing import Optional

import pytest

from tests.intel import TEE_TCB_SVN, Intel
from venice_ref.errors import PolicyError, UsageError
from venice_ref.evidence.tdx.policy import (
    ANYTHING_BUT_REVOKED,
    NOT_OUT_OF_DATE,
    STRICT_BODY,
    UP_TO_DATE_ONLY,
    BodyPolicy,
    check_body_policy,
    check_tcb_policy,
)
from venice_ref.evidence.tdx.quote import Quote
from venice_ref.evidence.tdx.tcb import STATUSES
from venice_ref.evidence.tdx.verify import QuoteFacts

EVERYTHING = BodyPolicy(allow_debug=True, allow_service_td=True, allow_late_sgx=True)
SEPT_VE_DISABLE = 1 << 28
TDX = Intel()
SGX = Intel(tdx=False)
TDX_FACTS = TDX.facts()


# --- TCB ----------------------------------------------------------------------------------------


def facts(status: str, current: Optional[str] = None) -> QuoteFacts:
    changed = TDX_FACTS._replace(status=status)
    if current is not None:
        changed = changed._replace(current=changed.launch._replace(status=current))
    return changed


def test_the_sets_of_statuses() -> None:
    assert frozenset({"UpToDate"}) == UP_TO_DATE_ONLY
    assert {
        "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded",
    } == NOT_OUT_OF_DATE  # fmt: skip
    assert STATUSES - {"Revoked"} == ANYTHING_BUT_REVOKED
    assert len(ANYTHING_BUT_REVOKED) == 8


@pytest.mark.parametrize("status", sorted(STATUSES))
@pytest.mark.parametrize("accepted", [UP_TO_DATE_ONLY, NOT_OUT_OF_DATE, ANYTHING_BUT_REVOKED])
def test_a_status_passes_if_the_policy_names_it(status: str, accepted: frozenset[str]) -> None:
    if status in accepted:
        check_tcb_policy(facts(status), accepted)
        return
    with pytest.raises(PolicyError) as caught:
        check_tcb_policy(facts(status), accepted)
    assert caught.value.rule == ("TCB-11" if status == "Revoked" else "TCB-10")
    assert caught.value.where == "tcb.status"


def test_the_default_refuses_what_is_out_of_date() -> None:  # TCB-10
    check_tcb_policy(facts("SWHardeningNeeded"))
    for status in ("OutOfDate", "OutOfDateConfigurationNeeded", "TDRelaunchAdvised"):
        with pytest.raises(PolicyError):
            check_tcb_policy(facts(status))


def test_nothing_passes_an_empty_policy() -> None:
    with pytest.raises(PolicyError, match="accepted: none"):
        check_tcb_policy(facts("UpToDate"), ())


def test_a_td_that_runs_on_a_revoked_tcb_by_now() -> None:  # TCB-11
    check_tcb_policy(facts("UpToDate", "OutOfDate"))
    with pytest.raises(PolicyError) as caught:
        check_tcb_policy(facts("UpToDate", "Revoked"), ANYTHING_BUT_REVOKED)
    assert caught.value.rule == "TCB-11"


@pytest.mark.parametrize("accepted", [["Revoked"], ["uptodate"], ["UpToDate", "Unknown"], [""]])
def test_a_policy_cannot_accept_what_is_revoked_or_unknown(accepted: list[str]) -> None:  # TCB-11
    with pytest.raises(UsageError) as caught:
        check_tcb_policy(facts("UpToDate"), accepted)
    assert caught.value.rule == "TCB-11"


def test_a_refusal_names_the_advisories() -> None:
    listed = facts("OutOfDate")._replace(advisories=("INTEL-SA-1", "INTEL-SA-2"))
    with pytest.raises(PolicyError) as caught:
        check_tcb_policy(listed)
    assert caught.value.hint == "advisories: INTEL-SA-1, INTEL-SA-2"
    with pytest.raises(PolicyError) as caught:
        check_tcb_policy(facts("OutOfDate"))
    assert caught.value.hint == ""


# --- Trust domains ------------------------------------------------------------------------------


def td(attributes: int, kind: str = "td-1.0", **body: bytes) -> Quote:
    if kind != "td-1.0":
        body.setdefault("tee_tcb_svn_2", TEE_TCB_SVN)
    version = 4 if kind == "td-1.0" else 5
    return TDX.quote(version, kind, td_attributes=attributes.to_bytes(8, "little"), **body)


def rule(quote: Quote, policy: BodyPolicy = STRICT_BODY) -> str:
    try:
        check_body_policy(quote, policy)
    except PolicyError as error:
        return error.rule if error.where.startswith("quote.") else error.where
    return ""


# The bits that a TD may have beside SEPT_VE_DISABLE: ICSSD, 18 to 22, LASS, PKS, KL, TPA, PERFMON.
HARMLESS = {16, 18, 19, 20, 21, 22, 27, 28, 30, 31, 62, 63}


@pytest.mark.parametrize("kind", ["td-1.0", "td-1.5", "td-1.5ex"])
def test_every_attribute(kind: str) -> None:  # QUO-11, QUO-17, QUO-18
    for bit in range(64):
        expected = "QUO-11" if bit < 8 else "QUO-18" if bit == 17 else "QUO-17"
        found = rule(td(SEPT_VE_DISABLE | 1 << bit, kind))
        assert found == ("" if bit in HARMLESS else expected), bit


def test_sept_ve_disable_is_required() -> None:  # QUO-17
    assert rule(td(0)) == rule(td(1 << 30), EVERYTHING) == "QUO-17"


def test_what_each_exception_allows() -> None:
    debug, profiling = SEPT_VE_DISABLE | 1, SEPT_VE_DISABLE | 1 << 4
    servtd, migratable = SEPT_VE_DISABLE | 1 << 17, SEPT_VE_DISABLE | 1 << 29
    assert rule(td(debug), BodyPolicy(allow_debug=True)) == ""
    assert rule(td(debug), BodyPolicy(allow_service_td=True, allow_late_sgx=True)) == "QUO-11"
    assert rule(td(profiling), EVERYTHING) == "QUO-11"
    assert rule(td(servtd), BodyPolicy(allow_service_td=True)) == ""
    assert rule(td(servtd), BodyPolicy(allow_debug=True, allow_late_sgx=True)) == "QUO-18"
    assert rule(td(migratable), EVERYTHING) == "QUO-17"


@pytest.mark.parametrize("kind", ["td-1.5", "td-1.5ex"])
def test_a_service_td(kind: str) -> None:  # QUO-18
    quote = td(SEPT_VE_DISABLE, kind, mr_service_td=bytes(47) + b"\x01")
    assert rule(quote) == "QUO-18"
    assert rule(quote, BodyPolicy(allow_service_td=True)) == ""
    assert rule(td(SEPT_VE_DISABLE, kind)) == ""


# --- Enclaves -----------------------------------------------------------------------------------


def test_an_enclave_under_debug() -> None:  # QUO-19
    for bit in range(128):
        quote = SGX.quote(attributes=(1 << bit).to_bytes(16, "little"))
        assert rule(quote) == ("QUO-19" if bit == 1 else "")
        assert rule(quote, BodyPolicy(allow_debug=True)) == ""


def test_a_late_sgx_quote() -> None:  # QUO-20
    for version in (4, 5):
        quote = SGX.quote(version, "sgx")
        assert rule(quote) == "QUO-20"
        assert rule(quote, BodyPolicy(allow_debug=True, allow_service_td=True)) == "QUO-20"
        assert rule(quote, BodyPolicy(allow_late_sgx=True)) == ""
    assert rule(SGX.quote(3, "sgx")) == ""
