from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, List, Tuple

import pytest

from tests.intel import (
    DAY,
    MEMO,
    MODULE,
    NOW,
    TEE_TCB_SVN,
    Intel,
    Issued,
    isv_level,
    moment,
    platform_level,
)
from tests.samples import QUOTE_KINDS
from venice_ref.codec.pem import encode_pem
from venice_ref.errors import EvidenceError, MalformedError, PeerError, SignatureError
from venice_ref.evidence.tdx.collateral import verify_collateral
from venice_ref.evidence.tdx.layouts import ENCRYPTED_PPID_3072, PLAIN_PPID
from venice_ref.evidence.tdx.quote import CertificationData, Quote, parse_quote
from venice_ref.evidence.tdx.steps import QUOTE_STEPS
from venice_ref.evidence.tdx.verify import verify_quote

SECOND = timedelta(seconds=1)
LOW = [0] * 16


def fault(
    intel: Intel, version: int = 0, kind: str = "", now: datetime = NOW, **body: bytes
) -> Tuple[str, str, str]:
    """Return rule, place and step at which a quote of this platform fails."""
    return quote_fault(intel, intel.quote(version, kind, **body), now)


def quote_fault(intel: Intel, quote: Quote, now: datetime = NOW) -> Tuple[str, str, str]:
    steps: List[str] = []
    verified = intel.verified()
    with pytest.raises(PeerError) as caught:
        verify_quote(quote, verified, now=now, on_step=lambda step, _: steps.append(step))
    assert tuple(steps) == QUOTE_STEPS[: len(steps)]
    return caught.value.rule, caught.value.where, QUOTE_STEPS[len(steps)]


# --- What holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "kind"), QUOTE_KINDS)
def test_every_kind_of_quote(version: int, kind: str) -> None:
    intel = Intel(tdx=kind != "sgx")
    body = {"tee_tcb_svn_2": TEE_TCB_SVN} if kind.startswith("td-1.5") else {}
    steps: List[Tuple[str, str]] = []
    quote = intel.quote(version, kind, **body)
    facts = verify_quote(quote, intel.verified(), now=NOW, on_step=lambda *step: steps.append(step))
    assert tuple(step for step, _ in steps) == QUOTE_STEPS
    assert all(sentence for _, sentence in steps)
    assert (facts.kind, facts.status, facts.advisories) == (kind, "UpToDate", ())
    assert (facts.module is None) == (kind == "sgx")
    assert (facts.current is None) == (not body)
    assert facts.platform is facts.launch.platform
    assert facts.qe is facts.launch.qe
    assert (facts.tcb_info_evaluation_number, facts.qe_identity_evaluation_number) == (18, 17)
    assert facts.evaluation_number == 17
    assert facts.root_key_id == intel.verified().root_key_id
    assert facts.pck.fmspc.hex() == "90c06f000000"


def test_the_window_includes_the_pck_certificate() -> None:
    intel = Intel()
    assert intel.facts().window == intel.verified().window
    intel.pck.not_before, intel.pck.not_after = NOW - SECOND, NOW + SECOND
    window = intel.facts().window
    assert (window.latest_issue, window.earliest_expiration) == (NOW - SECOND, NOW + SECOND)


def test_below_the_processor_ca() -> None:
    intel = Intel(tdx=False)
    intel.ca.cn = "Intel SGX PCK Processor CA"
    intel.sgx.platform_ca = False
    assert intel.facts().pck.platform_instance_id is None


def test_bytes_after_the_signature_data_change_nothing() -> None:
    intel = Intel()
    raw = intel.raw_quote(trailing=bytes(70))
    assert verify_quote(parse_quote(raw), intel.verified(), now=NOW) == intel.facts()


# --- Use of collateral --------------------------------------------------------------------------


def test_the_time_of_the_collateral() -> None:  # COL-10
    intel = Intel()
    quote, verified = intel.quote(), intel.verified()
    _, start, end = verified.window
    for now in (start, end):
        assert verify_quote(quote, verified, now=now)
    for now in (start - SECOND, end + SECOND):
        found = quote_fault(intel, quote, now)
        assert found == ("COL-10", "collateral", "collateral.use")


def test_collateral_for_the_other_tee() -> None:  # COL-11
    for tdx in (True, False):
        found = quote_fault(Intel(tdx=tdx), Intel(tdx=not tdx).quote())
        assert found == ("COL-11", "quote.header.tee_type", "collateral.use")


# --- The PCK certificate ------------------------------------------------------------------------


def leaf_of_another_key(intel: Intel) -> None:
    intel.pck.signing_key = "somebody"


def leaf_of_another_ca(intel: Intel) -> None:
    intel.pck.issuer = Issued("Intel SGX PCK Processor CA", "ca", intel.root)


def leaf_of_another_name(intel: Intel) -> None:
    intel.pck.cn = "Intel SGX TCB Signing"


def leaf_that_is_a_ca(intel: Intel) -> None:
    intel.pck.authority = True


def leaf_without_constraints(intel: Intel) -> None:
    intel.pck.dropped = ("2.5.29.19",)


def leaf_below_the_root(intel: Intel) -> None:
    intel.pck.issuer, intel.pck.signing_key = intel.root, "root"


def leaf_that_may_not_sign(intel: Intel) -> None:
    intel.pck.usages = (2,)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (leaf_of_another_key, "CRT-12"),
        (leaf_of_another_ca, "CRT-11"),
        (leaf_of_another_name, "CRT-10"),
        (leaf_that_is_a_ca, "CRT-16"),
        (leaf_without_constraints, "COL-5"),
        (leaf_below_the_root, "CRT-11"),
        (leaf_that_may_not_sign, "CRT-16"),
    ],
)
def test_the_pck_chain(change: Callable[[Intel], None], rule: str) -> None:  # COL-3, COL-5
    intel = Intel()
    change(intel)
    assert fault(intel) == (rule, "quote.certification_data[0]", "pck_chain")


def test_the_time_of_the_pck_certificate() -> None:
    intel = Intel()
    intel.pck.not_before = intel.pck.not_after = NOW
    assert intel.facts()
    for now in (NOW - SECOND, NOW + SECOND):
        found = fault(intel, now=now)
        assert found == ("CRT-14", "quote.certification_data[0]", "pck_chain")


def test_a_remembered_pck_certificate_still_has_a_time() -> None:
    intel = Intel()
    intel.pck.not_before = intel.pck.not_after = NOW
    quote, verified = intel.quote(), intel.verified()
    for _ in range(2):
        assert verify_quote(quote, verified, now=NOW)
    assert len(verified.pcks) == 1
    for now in (NOW - SECOND, NOW + SECOND):
        with pytest.raises(EvidenceError) as caught:
            verify_quote(quote, verified, now=now)
        assert caught.value.rule == "CRT-14"


def test_revocation() -> None:
    intel = Intel()
    intel.ca_list.revoked = (intel.pck.serial,)
    assert fault(intel) == ("CRL-9", "quote.certification_data[0]", "revocation")


def test_a_list_of_another_ca_says_nothing_about_the_platform() -> None:
    intel = Intel()
    platform = intel.quote()
    other = Intel()
    other.ca.cn, other.ca.key = "Intel SGX PCK Processor CA", "processor ca"
    other.pck.signing_key = other.ca.key
    assert quote_fault(other, platform) == ("CRL-10", "quote.certification_data[0]", "revocation")


def test_a_list_of_another_key_of_the_same_ca_says_nothing_either() -> None:
    intel = Intel()
    platform = intel.quote()
    other = Intel()
    other.ca.key = "second platform ca"
    assert quote_fault(other, platform) == ("CRL-5", "pck_crl", "revocation")


def pem(*ders: bytes) -> bytes:
    return "".join(encode_pem(der) for der in ders).encode()


def certified(intel: Intel, data: bytes, kind: int = 5) -> Tuple[str, str, str]:
    intel.certification = CertificationData(kind, data, {})
    return fault(intel)


def test_the_chain_is_the_leaf_its_ca_and_the_root() -> None:  # COL-3, COL-16
    leaf, ca, root = Intel().pck_chain()
    for ders in ((leaf, ca), (leaf,), (leaf, root, ca), (ca, leaf, root), (leaf, root)):
        rule, _, step = certified(Intel(), pem(*ders))
        assert (rule, step) == ("CRT-10", "pck_chain")
    for data in (pem(leaf, ca, root, root), b"", b"\0", b"x" + pem(leaf, ca, root)):
        rule, _, step = certified(Intel(), data)
        assert (rule, step) == ("COL-16", "pck_chain")


@pytest.mark.parametrize("end", [b"", b"\0"])
@pytest.mark.parametrize("line", [b"\n", b"\r\n"])
def test_the_forms_of_the_chain(end: bytes, line: bytes) -> None:
    intel = Intel()
    data = pem(*intel.pck_chain()).replace(b"\n", line) + end
    intel.certification = CertificationData(5, data, {})
    assert intel.facts().status == "UpToDate"


@pytest.mark.parametrize("kind", [1, 3, 4])
def test_a_quote_that_only_names_its_platform(kind: int) -> None:  # COL-23
    intel = Intel()
    data = {1: bytes(PLAIN_PPID.size), 3: bytes(ENCRYPTED_PPID_3072.size)}.get(kind, b"pem")
    assert certified(intel, data, kind) == ("COL-23", "quote.certification_data", "pck_chain")
    with_chain = intel.collateral()._replace(pck_certificate_chain=intel.pck_chain())
    verified = verify_collateral(with_chain, now=NOW, anchor=intel.anchor, memo=MEMO)
    assert verify_quote(intel.quote(), verified, now=NOW).status == "UpToDate"
    forged = intel.copy()
    forged.signing["qe_report"] = "somebody"
    with pytest.raises(SignatureError):
        verify_quote(forged.quote(), verified, now=NOW)


# --- The platform -------------------------------------------------------------------------------


def test_a_tcb_info_for_other_platforms() -> None:  # COL-12, COL-13
    intel = Intel()
    intel.sgx.fmspc = bytes.fromhex("00906ea10000")
    assert fault(intel) == ("COL-12", "tcb_info.fmspc", "platform")
    intel = Intel()
    intel.sgx.pce_id = b"\0\x01"
    assert fault(intel) == ("COL-13", "tcb_info.pceId", "platform")
    intel.tcb_info["pceId"] = "0001"
    assert intel.facts().pck.pce_id == b"\0\x01"


def test_a_pck_certificate_that_contradicts_itself() -> None:  # COL-14, COL-15
    intel = Intel()
    intel.sgx.cpu_svn = bytes(16)
    assert fault(intel) == ("COL-15", "quote.certification_data[0].sgx[1].tcb", "platform")


# --- The quoting enclave ------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["ak", "ca", "somebody"])
def test_another_key_signs_the_qe_report(key: str) -> None:  # QUO-12
    intel = Intel()
    intel.signing["qe_report"] = key
    assert fault(intel) == ("QUO-12", "quote.qe_report", "qe_report")


def test_a_qe_report_for_another_attestation_key() -> None:  # QUO-13
    intel = Intel()
    intel.qe_report["report_data"] = b"\x01" * 32 + bytes(32)
    assert fault(intel) == ("QUO-13", "quote.qe_report.report_data", "qe_report")


def test_a_report_data_with_more_than_the_hash() -> None:  # QUO-13
    intel = Intel()
    good = intel.quote().signature_data.qe_report_fields["report_data"]
    intel.qe_report["report_data"] = good[:63] + b"\x01"
    assert fault(intel)[0] == "QUO-13"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("mr_signer", b"\x01" * 32, "QUO-14"),
        ("isv_prod_id", b"\x01\0", "QUO-14"),
        ("misc_select", b"\x01\0\0\0", "QUO-14"),
        ("attributes", bytes.fromhex("17" + "00" * 15), "QUO-14"),
    ],
)
def test_another_enclave(name: str, value: bytes, rule: str) -> None:  # QUO-14
    intel = Intel()
    intel.qe_report[name] = value
    assert fault(intel) == (rule, f"quote.qe_report.{name}", "qe_identity")


def test_a_quoting_enclave_under_debug() -> None:  # QUO-15
    intel = Intel()
    intel.qe_report["attributes"] = bytes.fromhex("13" + "00" * 15)
    intel.qe_identity["attributes"] = "13" + "00" * 15
    assert fault(intel) == ("QUO-15", "quote.qe_report.attributes", "qe_identity")


def test_authentication_data_of_any_length() -> None:
    for size in (0, 33, 1000):
        intel = Intel()
        intel.authentication = b"\x01" * size
        assert intel.facts()


# --- The quote ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["pck", "somebody"])
@pytest.mark.parametrize(("version", "kind"), QUOTE_KINDS)
def test_another_key_signs_the_quote(version: int, kind: str, key: str) -> None:  # QUO-16
    intel = Intel(tdx=kind != "sgx")
    intel.signing["quote"] = key
    assert fault(intel, version, kind) == ("QUO-16", "quote", "quote_signature")


def test_what_is_shown_is_what_was_signed() -> None:
    """A quote that was put together from two is refused."""
    intel = Intel()
    quote, other = intel.quote(), intel.quote(mr_td=b"\x01" * 48)
    mixed = quote._replace(signed_bytes=other.signed_bytes)
    assert quote_fault(intel, mixed)[0] == "QUO-16"


def test_an_attestation_key_that_is_no_point() -> None:  # QUO-16
    """The QE report may name 64 bytes that are no key: the point is checked all the same."""
    intel = Intel()
    quote = intel.quote()
    for key in (bytes(64), b"\xff" * 64, b"\x01" * 64):
        changed = intel.copy()
        digest = hashlib.sha256(key + changed.authentication).digest()
        changed.qe_report["report_data"] = digest + bytes(32)
        data = changed.quote().signature_data._replace(attestation_key=key)
        with pytest.raises(MalformedError) as caught:
            verify_quote(quote._replace(signature_data=data), changed.verified(), now=NOW)
        assert (caught.value.rule, caught.value.where) == ("QUO-16", "quote")


# --- The module ---------------------------------------------------------------------------------


@pytest.mark.parametrize("svn", [TEE_TCB_SVN, bytes([4, 0, 6] + [0] * 13)])
def test_a_module_of_another_signer(svn: bytes) -> None:  # TCB-6
    found = fault(Intel(), tee_tcb_svn=svn, mr_signer_seam=bytes(47) + b"\x01")
    assert found == ("TCB-6", "quote.td_report.mr_signer_seam", "tdx_module")


def test_the_signer_is_that_of_the_version() -> None:  # TCB-6
    intel = Intel()
    intel.tcb_info["tdxModule"] = {**MODULE, "mrsigner": "11" * 48}
    assert intel.facts()
    intel.tcb_info["tdxModuleIdentities"][0]["mrsigner"] = "22" * 48
    assert fault(intel)[0] == "TCB-6"
    assert intel.facts(mr_signer_seam=b"\x22" * 48)
    assert fault(intel, mr_signer_seam=b"\x11" * 48)[0] == "TCB-6"


@pytest.mark.parametrize(
    ("expected", "mask", "found", "good"),
    [
        ("00" * 8, "FF" * 8, "00" * 8, True),
        ("00" * 8, "FF" * 8, "01" + "00" * 7, False),
        ("00" * 8, "FF" * 8, "00" * 7 + "80", False),
        ("01" + "00" * 7, "FF" * 8, "01" + "00" * 7, True),
        ("01" + "00" * 7, "FF" * 8, "00" * 8, False),
        ("00" * 8, "00" * 8, "01" + "00" * 7, False),  # a bit that the mask does not cover
        ("01" + "00" * 7, "00" * 8, "01" + "00" * 7, False),  # expected where the mask is blind
    ],
)
def test_seam_attributes(expected: str, mask: str, found: str, good: bool) -> None:  # TCB-6
    intel = Intel()
    intel.tcb_info["tdxModuleIdentities"][0].update(attributes=expected, attributesMask=mask)
    if good:
        assert intel.facts(seam_attributes=bytes.fromhex(found))
        return
    assert fault(intel, seam_attributes=bytes.fromhex(found)) == (
        "TCB-6",
        "quote.td_report.seam_attributes",
        "tdx_module",
    )


def test_a_module_without_an_identity() -> None:  # TCB-5
    found = fault(Intel(), tee_tcb_svn=bytes([4, 2] + [0] * 14))
    assert found == ("TCB-5", "quote.td_report.tee_tcb_svn", "tdx_module")
    kind: Dict[str, Any] = {"version": 5, "kind": "td-1.5"}
    found = fault(Intel(), **kind, tee_tcb_svn_2=bytes([4, 2] + [0] * 14))
    assert found == ("TCB-5", "quote.td_report.tee_tcb_svn_2", "tdx_module")


# --- The TCB ------------------------------------------------------------------------------------


def test_a_platform_below_all_levels() -> None:  # TCB-3
    intel = Intel()
    intel.sgx.svns[7] -= 1
    assert fault(intel) == ("TCB-3", "quote.td_report.tee_tcb_svn", "tcb")
    intel = Intel(tdx=False)
    intel.sgx.pce_svn -= 1
    assert fault(intel) == ("TCB-3", "quote.certification_data", "tcb")


def test_a_module_below_all_levels() -> None:  # TCB-3
    found = fault(Intel(), tee_tcb_svn=bytes([1, 1, 6] + [0] * 13))
    assert found == ("TCB-3", "quote.td_report.tee_tcb_svn", "tcb")


def test_a_quoting_enclave_below_all_levels() -> None:  # TCB-3
    intel = Intel()
    intel.qe_report["isv_svn"] = b"\x03\0"
    assert fault(intel) == ("TCB-3", "quote.qe_report.isv_svn", "tcb")


def test_statuses_advisories_and_dates_of_three_levels() -> None:  # TCB-7, TCB-9
    intel = Intel()
    sgx, date = intel.sgx.svns, NOW - 300 * DAY
    intel.tcb_info["tcbLevels"] = [
        platform_level(LOW, 0, LOW, "OutOfDate"),
        platform_level(sgx, 11, TEE_TCB_SVN, "ConfigurationNeeded", ["P", "both"]),
    ]
    intel.tcb_info["tdxModuleIdentities"][0]["tcbLevels"] = [
        isv_level(2, "OutOfDate", ["M", "both"], date),
        isv_level(5),
    ]
    intel.qe_identity["tcbLevels"] = [isv_level(1, "UpToDate", ["Q"])]
    facts = intel.facts()
    assert facts.module is not None
    assert (facts.platform.status, facts.module.status, facts.qe.status) == (
        "ConfigurationNeeded", "OutOfDate", "UpToDate",
    )  # fmt: skip
    assert facts.status == "OutOfDateConfigurationNeeded"
    assert facts.advisories == ("P", "both", "M", "Q")
    assert facts.tcb_date == date


def test_revoked_is_a_fact_and_not_an_error() -> None:
    intel = Intel()
    intel.qe_identity["tcbLevels"] = [isv_level(1, "Revoked")]
    assert intel.facts().status == "Revoked"


def relaunching() -> Intel:
    """A platform whose module 1.4 is out of date and 1.6 is not."""
    intel = Intel()
    intel.tcb_info["tdxModuleIdentities"][0]["tcbLevels"] = [
        isv_level(6),
        isv_level(2, "OutOfDate", ["OLD"], NOW - 900 * DAY),
    ]
    return intel


@pytest.mark.parametrize("kind", ["td-1.5", "td-1.5ex"])
def test_a_td_that_should_be_relaunched(kind: str) -> None:  # TCB-8, TCB-13
    new = bytes([6]) + TEE_TCB_SVN[1:]
    facts = relaunching().facts(5, kind, tee_tcb_svn_2=new)
    assert facts.current is not None
    assert (facts.launch.status, facts.current.status) == ("OutOfDate", "UpToDate")
    assert facts.status == "TDRelaunchAdvised"
    assert (facts.advisories, facts.current.advisories) == (("OLD",), ())
    assert facts.tcb_date == NOW - 900 * DAY
    still = relaunching().facts(5, kind, tee_tcb_svn_2=TEE_TCB_SVN)
    assert still.status == "OutOfDate"
    fine = relaunching().facts(5, kind, tee_tcb_svn=new, tee_tcb_svn_2=new)
    assert fine.status == "UpToDate"


def test_a_td_report_10_has_no_second_tcb() -> None:
    facts = relaunching().facts(5, "td-1.0")
    assert (facts.current, facts.status) == (None, "OutOfDate")


def test_the_second_tcb_reaches_a_level_too() -> None:  # TCB-3, TCB-8
    kind: Dict[str, Any] = {"version": 5, "kind": "td-1.5"}
    found = fault(Intel(), **kind, tee_tcb_svn_2=bytes([4, 1] + [0] * 14))
    assert found == ("TCB-3", "quote.td_report.tee_tcb_svn_2", "tcb")


# --- Reuse --------------------------------------------------------------------------------------


def test_one_collateral_for_many_quotes() -> None:
    intel = Intel()
    verified = intel.verified()
    facts = [verify_quote(intel.quote(mr_td=bytes([n]) * 48), verified, now=NOW) for n in range(5)]
    assert all(found == facts[0] for found in facts)
    assert len(verified.pcks) == 1


def test_a_refused_pck_certificate_is_not_remembered() -> None:
    intel = Intel()
    intel.ca_list.revoked = (intel.pck.serial,)
    verified = intel.verified()
    for _ in range(2):
        with pytest.raises(EvidenceError):
            verify_quote(intel.quote(), verified, now=NOW)
    assert verified.pcks == {}
    assert moment(NOW)
