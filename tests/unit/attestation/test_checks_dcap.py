"""Assurance `dcap` on a simulated machine: each flaw by itself, and the check that finds it."""

from __future__ import annotations

from datetime import timedelta
from typing import Callable, List, NamedTuple, Tuple

import pytest

from tests.attested import DCAP, Scene
from tests.intel import DAY, Intel, isv_level, platform_level, public, sign
from tests.samples import NOW, quote
from venice_ref.attestation.endorsements import NO_ENDORSEMENTS, PINNED_ROOTS, Endorsements
from venice_ref.attestation.policy import ANYTHING_BUT_REVOKED, Policy
from venice_ref.errors import EvidenceError, MalformedError, PolicyError
from venice_ref.evidence.tdx.exchange import encode_collateral
from venice_ref.evidence.tdx.tcb import STATUSES

ORDER = (
    "dcap.collateral", "dcap.pck_chain", "dcap.revocation", "dcap.platform", "dcap.qe_report",
    "dcap.qe_identity", "dcap.quote_signature", "dcap.tdx_module", "dcap.tcb",
)  # fmt: skip
"""Each needs the one before it."""


def test_a_genuine_machine_reaches_dcap() -> None:  # POL-1, ATT-15
    report = Scene().passes()
    assert (report.assurance_reached, report.gpu_reached) == ("dcap", "report")
    for name in (*ORDER, "dcap.attributes"):
        assert report.check(name).status == "pass"
    assert report.check("measurements").detail == "assurance dcap does not ask for it"
    assert not report.check("measurements").required


@pytest.mark.parametrize("kind", ["td-1.0", "td-1.5", "td-1.5ex"])
def test_every_kind_of_td_report_reaches_it(kind: str) -> None:
    scene = Scene()
    scene.version, scene.body_kind = 5, kind
    if kind != "td-1.0":
        scene.body["tee_tcb_svn_2"] = bytes([4, 1, 6] + [0] * 13)
    report = scene.passes()
    assert report.facts["current_tcb_status"] == (None if kind == "td-1.0" else "UpToDate")


# --- What nobody gave -----------------------------------------------------------------------------


def test_without_collateral_the_level_is_refused_and_the_ways_out_named() -> None:  # POL-3
    scene = Scene()
    refusal = scene.refused(endorsements=NO_ENDORSEMENTS)
    error = refusal.error
    assert isinstance(error, PolicyError)
    assert (error.rule, error.where) == ("POL-3", "dcap.collateral")
    assert "no collateral was given" in error.message
    for way in ("bundle", "--collateral FILE", "network", "--assurance binding"):
        assert way in error.hint
    assert refusal.failed == []
    assert set(ORDER) <= set(refusal.missing)
    report = refusal.report
    assert (report.assurance_required, report.assurance_reached) == ("dcap", "binding")
    assert report.facts["tcb_status"] is None


def test_a_lower_level_does_not_judge_the_higher_one() -> None:  # POL-12
    scene = Scene()
    scene.collateral = b"junk"
    report = scene.passes(Policy(assurance="binding"))
    assert report.assurance_reached == "binding"
    for name in (*ORDER, "dcap.attributes", "dstack.event_log"):
        check = report.check(name)
        assert (check.status, check.required) == ("not_performed", False)
        assert check.detail == "assurance binding does not ask for it"


# --- Each flaw by itself --------------------------------------------------------------------------


class Case(NamedTuple):
    name: str
    change: Callable[[Scene], object]
    check: str
    rule: str
    error: type = EvidenceError


def put(attribute: str, value: object) -> Callable[[Scene], object]:
    """Replace a part of the simulated Intel; a name in brackets is a member."""
    *path, last = attribute.split(".")

    def change(scene: Scene) -> None:
        node: object = scene.intel
        for name in path:
            node = getattr(node, name)
        if isinstance(node, dict):
            node[last] = value
        else:
            setattr(node, last, value)

    return change


def serial_on(owner: str, listed: str) -> Callable[[Scene], object]:
    def change(scene: Scene) -> None:
        serial = getattr(scene.intel, owner).serial
        getattr(scene.intel, listed).revoked = (serial,)

    return change


def cut_collateral(scene: Scene) -> None:
    scene.collateral = encode_collateral(scene.intel.collateral())[:-40]


def of_module(name: str, value: object) -> Callable[[Scene], object]:
    def change(scene: Scene) -> None:
        scene.intel.tcb_info["tdxModuleIdentities"][0][name] = value

    return change


def of_level(status: str, advisories: Tuple[str, ...] = ()) -> Callable[[Scene], object]:
    def change(scene: Scene) -> None:
        tdx = [4, 1, 6] + [0] * 13
        scene.intel.tcb_info["tcbLevels"] = [
            platform_level(scene.intel.sgx.svns, 11, tdx, status, advisories)
        ]

    return change


def of_qe_level(svn: int, status: str) -> Callable[[Scene], object]:
    return put("qe_identity.tcbLevels", [isv_level(svn, status)])


def of_body(**fields: bytes) -> Callable[[Scene], object]:
    return lambda scene: scene.body.update(fields)


def service_td(scene: Scene) -> None:
    scene.version, scene.body_kind = 5, "td-1.5"
    scene.body["tee_tcb_svn_2"] = bytes([4, 1, 6] + [0] * 13)
    scene.body["mr_service_td"] = b"\x01" * 48


def other_attestation_key(scene: Scene) -> None:
    """Sign the quote by a key that the QE report does not name."""
    scene.intel.signing["quote"] = "somebody"


def qe_under_debug(scene: Scene) -> None:
    scene.intel.qe_report["attributes"] = bytes.fromhex("17000000000000000e700000000000ff")
    scene.intel.qe_identity["attributesMask"] = "F9FFFFFFFFFFFFFF0000000000000000"


CASES: List[Case] = [
    Case("not-json", lambda s: setattr(s, "collateral", b"{"), ORDER[0], "COL-1", MalformedError),
    Case("cut", cut_collateral, ORDER[0], "COL-1", MalformedError),
    Case("tcb-info-unsigned", put("signing.tcb_info", "root"), ORDER[0], "COL-17"),
    Case("qe-identity-unsigned", put("signing.qe_identity", "root"), ORDER[0], "COL-17"),
    Case("signer-revoked", serial_on("signer", "root_list"), ORDER[0], "CRL-9"),
    Case("ca-revoked", serial_on("ca", "root_list"), ORDER[0], "CRL-9"),
    Case("signer-expired", put("signer.not_after", NOW - DAY), ORDER[0], "CRT-14"),
    Case("list-of-the-future", put("ca_list.this_update", NOW + DAY), ORDER[0], "CRL-8"),
    Case("list-expired", put("root_list.next_update", NOW - DAY), ORDER[0], "CRL-8"),
    Case("pck-by-another", put("pck.signing_key", "somebody"), ORDER[1], "CRT-12"),
    Case("pck-expired", put("pck.not_after", NOW - timedelta(seconds=1)), ORDER[1], "CRT-14"),
    Case("pck-named-otherwise", put("pck.cn", "Intel SGX TCB Signing"), ORDER[1], "CRT-10"),
    Case("pck-revoked", serial_on("pck", "ca_list"), ORDER[2], "CRL-9"),
    Case("other-fmspc", put("tcb_info.fmspc", "00" * 6), ORDER[3], "COL-12"),
    Case("other-pce", put("tcb_info.pceId", "0001"), ORDER[3], "COL-13"),
    Case("qe-report-unsigned", put("signing.qe_report", "ak"), ORDER[4], "QUO-12"),
    Case("qe-report-for-another-key", put("qe_report.report_data", bytes(64)), ORDER[4], "QUO-13"),
    Case("other-qe", put("qe_report.mr_signer", b"\xac" * 32), ORDER[5], "QUO-14"),
    Case("qe-under-debug", qe_under_debug, ORDER[5], "QUO-15"),
    Case("quote-unsigned", other_attestation_key, ORDER[6], "QUO-16"),
    Case("other-module-signer", of_module("mrsigner", "11" * 48), ORDER[7], "TCB-6"),
    Case("unknown-module", of_module("id", "TDX_03"), ORDER[7], "TCB-5"),
    Case("seam-attributes", of_body(seam_attributes=b"\x01" + bytes(7)), ORDER[7], "TCB-6"),
    Case("no-level", put("sgx.pce_svn", 10), ORDER[8], "TCB-3"),
    Case("no-qe-level", of_qe_level(5, "UpToDate"), ORDER[8], "TCB-3"),
    Case("out-of-date", of_level("OutOfDate"), ORDER[8], "TCB-10", PolicyError),
    Case("qe-out-of-date", of_qe_level(4, "OutOfDate"), ORDER[8], "TCB-10", PolicyError),
    Case("revoked", of_level("Revoked"), ORDER[8], "TCB-11", PolicyError),
    Case("faults", of_body(td_attributes=bytes(8)), "dcap.attributes", "QUO-17", PolicyError),
    Case(
        "migratable",
        of_body(td_attributes=bytes.fromhex("0000003000000000")),
        "dcap.attributes",
        "QUO-17",
        PolicyError,
    ),
    Case("service-td", service_td, "dcap.attributes", "QUO-18", PolicyError),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_right_check_fails_and_no_other(case: Case) -> None:
    scene = Scene()
    case.change(scene)
    refusal = scene.refused()
    assert refusal.failed == [(case.check, case.rule)]
    assert type(refusal.error) is case.error
    assert refusal.error.rule == case.rule
    assert refusal.report.assurance_reached == "binding"
    if case.check in ORDER:
        behind = ORDER[ORDER.index(case.check) + 1 :]
        assert [name for name in refusal.missing if name in ORDER] == list(behind)
        assert refusal.report.facts["tcb_status"] is None or case.check == "dcap.tcb"


def test_collateral_for_another_kind_of_machine_is_refused_as_such() -> None:  # COL-11
    scene = Scene()
    scene.intel.tcb_info, scene.intel.qe_identity = (
        {**getattr(Intel(tdx=False), name), **{
            date: getattr(scene.intel, name)[date] for date in ("issueDate", "nextUpdate")
        }}
        for name in ("tcb_info", "qe_identity")
    )  # fmt: skip
    assert scene.refused().failed == [("dcap.collateral", "COL-11")]


def test_debug_is_found_once() -> None:  # QUO-11
    scene = Scene()
    scene.body["td_attributes"] = bytes.fromhex("0100001000000000")
    refusal = scene.refused()
    assert refusal.failed == [("td.attributes", "QUO-11")]
    assert refusal.report.check("dcap.attributes").detail == "needs td.attributes, which failed"


def test_a_placeholder_for_a_quote_is_no_quote() -> None:
    scene = Scene()
    scene.answer["intel_quote"] = quote(mr_config_id=scene.body["mr_config_id"]).hex()
    failed = dict(scene.refused().failed)
    assert failed["dcap.pck_chain"] == "COL-16"


def test_a_sgx_quote_is_not_judged_by_intel() -> None:  # QUO-4
    scene = Scene()
    scene.answer["intel_quote"] = quote(3, "sgx").hex()
    refusal = scene.refused()
    assert ("quote.tdx", "QUO-4") in refusal.failed
    assert "dcap.pck_chain" in refusal.missing


# --- Roots ----------------------------------------------------------------------------------------


def test_without_the_simulated_root_nothing_is_genuine() -> None:  # COL-4
    refusal = Scene().refused(roots=PINNED_ROOTS)
    assert refusal.failed == [("dcap.collateral", "CRT-13")]
    assert refusal.report.facts["trust_roots_replaced"] is None


def test_a_root_in_the_place_of_intels_is_named() -> None:  # POL-11
    scene = Scene()
    report = scene.passes(roots=PINNED_ROOTS._replace(intel=scene.intel.anchor))
    assert report.facts["trust_roots_replaced"] == ["intel"]
    assert "the simulated root, which the caller put" in report.check("dcap.collateral").detail


# --- The policy over the TCB ----------------------------------------------------------------------


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_a_status_passes_where_the_policy_names_it(status: str) -> None:  # TCB-10, TCB-11
    scene = Scene()
    if status.startswith("TDRelaunch"):
        scene.version, scene.body_kind = 5, "td-1.5"
        scene.body["tee_tcb_svn"] = bytes([2, 1, 6] + [0] * 13)
        scene.body["tee_tcb_svn_2"] = bytes([4, 1, 6] + [0] * 13)
        of_level("ConfigurationNeeded" if status.endswith("Needed") else "UpToDate")(scene)
    else:
        of_level(status, ("INTEL-SA-00001",))(scene)
    others = ANYTHING_BUT_REVOKED - {status}
    refused = scene.refused(DCAP._replace(tcb_statuses=others))
    assert [name for name, _ in refused.failed] == ["dcap.tcb"]
    assert refused.report.facts["tcb_status"] == status
    if status == "Revoked":
        return
    report = scene.passes(DCAP._replace(tcb_statuses=frozenset({status})))
    assert report.facts["tcb_status"] == status
    assert report.check("dcap.tcb").detail.startswith(status)
    if status in DCAP.tcb_statuses:
        scene.passes()
    else:
        assert scene.refused().failed == [("dcap.tcb", "TCB-10")]


def test_an_advisory_that_the_policy_rejects() -> None:  # POL-7
    scene = Scene()
    of_level("SWHardeningNeeded", ("INTEL-SA-00001", "INTEL-SA-00002"))(scene)
    report = scene.passes(DCAP._replace(rejected_advisories=frozenset({"INTEL-SA-00003"})))
    assert report.facts["advisory_ids"] == ["INTEL-SA-00001", "INTEL-SA-00002"]
    assert "INTEL-SA-00002" in report.check("dcap.tcb").detail
    refusal = scene.refused(DCAP._replace(rejected_advisories=frozenset({"INTEL-SA-00002"})))
    assert refusal.failed == [("dcap.tcb", "POL-7")]
    assert isinstance(refusal.error, PolicyError)


def test_the_least_evaluation_number_is_the_lower_of_two() -> None:  # POL-8
    scene = Scene()
    assert scene.passes(DCAP._replace(min_tcb_evaluation_number=17)).facts[
        "tcb_evaluation_number"
    ] == 17  # fmt: skip
    refusal = scene.refused(DCAP._replace(min_tcb_evaluation_number=18))
    assert refusal.failed == [("dcap.tcb", "POL-8")]


def test_a_service_td_passes_by_name() -> None:  # QUO-18
    scene = Scene()
    service_td(scene)
    scene.passes(DCAP._replace(allow_service_td=True))


# --- Facts ----------------------------------------------------------------------------------------


def test_the_facts_of_intel_are_apart() -> None:
    scene = Scene()
    of_level("SWHardeningNeeded", ("INTEL-SA-00001",))(scene)
    facts = scene.passes().facts
    assert {name: facts[name] for name in (
        "tcb_status", "advisory_ids", "tcb_date", "platform_status", "tdx_module_status",
        "qe_status", "current_tcb_status", "tcb_evaluation_number", "tcb_info_evaluation_number",
        "qe_identity_evaluation_number", "collateral_issued", "collateral_expires", "fmspc",
        "ppid", "cpu_svn", "pce_svn", "sgx_type",
    )} == {
        "tcb_status": "SWHardeningNeeded",
        "advisory_ids": ["INTEL-SA-00001"],
        "tcb_date": "2026-02-21T12:00:00Z",
        "platform_status": "SWHardeningNeeded",
        "tdx_module_status": "UpToDate",
        "qe_status": "UpToDate",
        "current_tcb_status": None,
        "tcb_evaluation_number": 17,
        "tcb_info_evaluation_number": 18,
        "qe_identity_evaluation_number": 17,
        "collateral_issued": "2026-04-23T01:58:41Z",
        "collateral_expires": "2026-05-23T01:58:41Z",
        "fmspc": "90c06f000000",
        "ppid": "99" * 16,
        "cpu_svn": "05050202030100050000000000000000",
        "pce_svn": 11,
        "sgx_type": "Scalable",
    }  # fmt: skip
    assert len(facts["root_key_id"]) == 96


def test_the_memo_is_not_what_makes_it_pass() -> None:
    scene = Scene()
    assert scene.passes(memo=None).assurance_reached == "dcap"


def test_endorsements_of_other_levels_are_not_looked_at() -> None:
    scene = Scene()
    given = Endorsements(scene.endorsements.collateral, b"junk", b"junk", (b"junk",))
    assert scene.passes(endorsements=given).gpu_reached == "report"


def test_the_simulated_key_signs_what_it_says() -> None:
    # The cases above rest on `sign` making another signature for another name.
    assert sign("ak", b"x") != sign("somebody", b"x")
    assert public("ak") != public("somebody")
