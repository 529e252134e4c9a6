from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, List, Tuple

import pytest

from tests.intel import DAY, MEMO, NOW, Intel, Issued, isv_level, moment, public, put, sign
from venice_ref.errors import EvidenceError, PeerError, SignatureError, UsageError
from venice_ref.evidence.tdx.collateral import (
    VerifiedCollateral,
    VerifiedPck,
    Window,
    verify_collateral,
    verify_raw_signature,
    window_of,
)
from venice_ref.evidence.tdx.intel import INTEL_ROOT
from venice_ref.evidence.tdx.steps import COLLATERAL_STEPS
from venice_ref.pki.certificate import parse_certificate
from venice_ref.pki.signatures import SignatureMemo

SECOND = timedelta(seconds=1)


def fault(intel: Intel, now: datetime = NOW, **arguments: Any) -> Tuple[PeerError, List[str]]:
    """Return the error that collateral meets, and the steps before it."""
    steps: List[str] = []
    arguments.setdefault("anchor", intel.anchor)
    with pytest.raises(PeerError) as caught:
        verify_collateral(
            intel.collateral(),
            now=now,
            memo=MEMO,
            on_step=lambda step, _: steps.append(step),
            **arguments,
        )
    return caught.value, steps


# --- What holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("tdx", [True, False])
def test_what_holds(tdx: bool) -> None:
    intel = Intel(tdx=tdx)
    steps: List[Tuple[str, str]] = []
    found = verify_collateral(
        intel.collateral(), now=NOW, anchor=intel.anchor, on_step=lambda *step: steps.append(step)
    )
    assert tuple(step for step, _ in steps) == COLLATERAL_STEPS
    assert all(sentence for _, sentence in steps)
    assert found.tee == found.tcb_info.id == ("TDX" if tdx else "SGX")
    assert found.qe_identity.id == ("TD_QE" if tdx else "QE")
    assert [crl.issuer_name for crl in found.crls] == [
        parse_certificate(issued.encode()).subject_name for issued in (intel.root, intel.ca)
    ]
    assert found.pck_chain is None
    assert len(found.root_key_id) == 48


def test_for_the_kind_that_is_wanted() -> None:  # COL-11
    intel = Intel()
    for tee in (None, "TDX"):
        assert verify_collateral(
            intel.collateral(), now=NOW, anchor=intel.anchor, memo=MEMO, tee=tee
        )
    error, steps = fault(intel, tee="SGX")
    assert (error.rule, error.where, steps) == ("COL-11", "tcb_info.id", ["collateral.lists"])


def test_intels_root_is_the_default() -> None:  # COL-4
    error, steps = fault(Intel(), anchor=INTEL_ROOT)
    assert (error.rule, error.where, steps) == ("CRT-13", "pck_crl_issuer_chain[1]", [])
    with pytest.raises(EvidenceError) as caught:
        verify_collateral(Intel().collateral(), now=NOW)
    assert caught.value.rule == "CRT-13"


# --- The window ---------------------------------------------------------------------------------


def put_time(intel: Intel, part: str, start: datetime, end: datetime) -> None:
    """Give a part a time of its own."""
    if part in ("tcb_info", "qe_identity"):
        getattr(intel, part).update(issueDate=moment(start), nextUpdate=moment(end))
    elif part.endswith("list"):
        held = getattr(intel, part)
        held.this_update, held.next_update = start, end
    else:
        issued: Issued = getattr(intel, part)
        issued.not_before, issued.not_after = start, end


PARTS = ["root", "ca", "signer", "root_list", "ca_list", "tcb_info", "qe_identity"]
TIME_RULES = {"root": "CRT-14", "ca": "CRT-14", "signer": "CRT-14", "root_list": "CRL-8",
              "ca_list": "CRL-8", "tcb_info": "COL-9", "qe_identity": "COL-9"}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_every_part_has_a_time_and_both_ends_are_inside(part: str) -> None:  # COL-9
    intel = Intel()
    put_time(intel, part, NOW, NOW)
    assert intel.verified(NOW)
    for now in (NOW - SECOND, NOW + SECOND):
        error, _ = fault(intel, now)
        assert isinstance(error, EvidenceError)
        assert error.rule == TIME_RULES[part]


@pytest.mark.parametrize("part", PARTS)
def test_the_window_is_that_of_all_parts(part: str) -> None:
    intel = Intel()
    earliest = NOW - 180 * DAY
    assert intel.verified().window == Window(earliest, NOW - DAY, NOW + 28 * DAY)
    put_time(intel, part, NOW - 500 * DAY, NOW + SECOND)
    window = intel.verified().window
    assert (window.earliest_issue, window.earliest_expiration) == (NOW - 500 * DAY, NOW + SECOND)
    put_time(intel, part, NOW - SECOND, NOW + 500 * DAY)
    assert intel.verified().window.latest_issue == NOW - SECOND


def test_windows_join() -> None:
    a, b = Window(NOW, NOW + DAY, NOW + 5 * DAY), Window(NOW - DAY, NOW + 2 * DAY, NOW + 9 * DAY)
    assert a.join(b) == b.join(a) == Window(NOW - DAY, NOW + 2 * DAY, NOW + 5 * DAY)
    certificate = parse_certificate(Intel().root.encode())
    assert window_of([certificate]) == Window(
        certificate.not_before, certificate.not_before, certificate.not_after
    )


def test_collateral_is_not_used_outside_of_its_window() -> None:  # COL-10
    verified = Intel().verified()
    for now in (NOW, verified.window.latest_issue, verified.window.earliest_expiration):
        verified.check_use(now)
    for now in (
        verified.window.latest_issue - SECOND,
        verified.window.earliest_expiration + SECOND,
    ):
        with pytest.raises(EvidenceError) as caught:
            verified.check_use(now)
        assert (caught.value.rule, caught.value.where) == ("COL-10", "collateral")


def test_a_time_has_a_zone() -> None:
    with pytest.raises(UsageError):
        Intel().verified().check_use(NOW.replace(tzinfo=None))
    with pytest.raises(UsageError):
        verify_collateral(
            Intel().collateral(), now=NOW.replace(tzinfo=None), anchor=Intel().anchor, memo=MEMO
        )


def test_within_the_window_nothing_changes() -> None:
    """What holds at one time of the window holds at all of them."""
    intel = Intel()
    window = intel.verified().window
    for now in (window.latest_issue, window.earliest_expiration):
        assert intel.verified(now).window == window


# --- Signers ------------------------------------------------------------------------------------


def other_signer(intel: Intel) -> None:
    intel.signer.signing_key = "somebody"


def same_names(intel: Intel) -> None:
    """A root of the same name and another key, and everything below it."""
    intel.root.key = intel.root.signing_key = "other root"
    intel.ca.signing_key = intel.signer.signing_key = "other root"


def pck_signs(intel: Intel) -> None:
    intel.signer = intel.pck


def below_the_ca(intel: Intel) -> None:
    intel.signer.issuer, intel.signer.signing_key = intel.ca, "ca"


def another_name(intel: Intel) -> None:
    intel.signer.cn = "Intel SGX TCB Signing 2"


def an_authority(intel: Intel) -> None:
    intel.signer.authority = True


def no_signatures(intel: Intel) -> None:
    intel.signer.usages = (1,)


def not_an_authority(intel: Intel) -> None:
    intel.ca.authority, intel.ca.path_length = False, None


def revoked_signer(intel: Intel) -> None:
    intel.root_list.revoked = (7, intel.signer.serial)


def revoked_ca(intel: Intel) -> None:
    intel.root_list.revoked = (intel.ca.serial,)


def revoked_root(intel: Intel) -> None:
    intel.root_list.revoked = (intel.root.serial,)


def a_list_of_the_ca(intel: Intel) -> None:
    intel.root_list.issuer = intel.ca


def a_list_of_the_root(intel: Intel) -> None:
    intel.ca_list.issuer = intel.root


def an_unknown_ca(intel: Intel) -> None:
    intel.ca.cn = "Intel SGX PCK Server CA"


@pytest.mark.parametrize(
    ("change", "rule", "where", "step"),
    [
        (other_signer, "CRT-12", "tcb_info_issuer_chain[0]", "collateral.tcb_info"),
        (pck_signs, "CRT-10", "tcb_info_issuer_chain[0]", "collateral.tcb_info"),
        (below_the_ca, "CRT-11", "tcb_info_issuer_chain[0]", "collateral.tcb_info"),
        (another_name, "CRT-10", "tcb_info_issuer_chain[0]", "collateral.tcb_info"),
        (an_authority, "CRT-16", "tcb_info_issuer_chain[0]", "collateral.tcb_info"),
        (no_signatures, "CRT-16", "tcb_info_issuer_chain[0]", "collateral.tcb_info"),
        (revoked_signer, "CRL-9", "tcb_info_issuer_chain[0]", "collateral.tcb_info"),
        (not_an_authority, "CRT-15", "pck_crl_issuer_chain[0]", "collateral.lists"),
        (an_unknown_ca, "CRT-10", "pck_crl_issuer_chain[0]", "collateral.lists"),
        (revoked_ca, "CRL-9", "pck_crl_issuer_chain[0]", "collateral.lists"),
        (revoked_root, "CRL-9", "pck_crl_issuer_chain[1]", "collateral.lists"),
        (a_list_of_the_ca, "CRL-10", "pck_crl_issuer_chain[1]", "collateral.lists"),
        (a_list_of_the_root, "CRL-5", "pck_crl", "collateral.lists"),
    ],
)
def test_who_may_sign_what(  # COL-3
    change: Callable[[Intel], None], rule: str, where: str, step: str
) -> None:
    intel = Intel()
    change(intel)
    error, steps = fault(intel)
    assert (error.rule, error.where) == (rule, where)
    assert COLLATERAL_STEPS[len(steps)] == step


def test_a_root_of_the_same_name() -> None:
    intel = Intel()
    anchor = intel.anchor
    same_names(intel)
    error, _ = fault(intel, anchor=anchor)
    assert error.rule == "CRT-13"
    assert intel.verified()  # it is consistent in itself


@pytest.mark.parametrize("name", ["tcb_info_issuer_chain", "qe_identity_issuer_chain"])
def test_a_chain_has_the_signer_and_the_root(name: str) -> None:  # COL-3
    intel = Intel()
    signer, root = intel.signer.encode(), intel.root.encode()
    for chain in ((signer,), (root,), (), (root, signer), (signer, root, root)):
        changed = put(intel.collateral(), name, chain)
        with pytest.raises(EvidenceError) as caught:
            verify_collateral(changed, now=NOW, anchor=intel.anchor, memo=MEMO)
        assert caught.value.rule == "CRT-10"
        assert caught.value.where.startswith(name)


def test_the_two_documents_may_have_different_signers() -> None:
    intel = Intel()
    collateral = intel.collateral()
    second = intel.copy()
    second.signer.key = "second signer"
    second.signing["qe_identity"] = "second signer"
    other = second.collateral()
    mixed = collateral._replace(
        qe_identity_issuer_chain=other.qe_identity_issuer_chain,
        qe_identity_signature=other.qe_identity_signature,
    )
    assert verify_collateral(mixed, now=NOW, anchor=intel.anchor, memo=MEMO)
    crossed = collateral._replace(qe_identity_issuer_chain=other.qe_identity_issuer_chain)
    with pytest.raises(SignatureError) as caught:
        verify_collateral(crossed, now=NOW, anchor=intel.anchor, memo=MEMO)
    assert caught.value.rule == "COL-17"


# --- Signed texts -------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["tcb_info", "qe_identity"])
@pytest.mark.parametrize("key", ["ca", "root", "pck", "somebody"])
def test_another_key_signs_a_text(part: str, key: str) -> None:  # COL-17
    intel = Intel()
    intel.signing[part] = key
    error, _ = fault(intel)
    assert isinstance(error, SignatureError)
    assert (error.rule, error.where) == ("COL-17", part)


def test_the_signatures_are_not_interchangeable() -> None:
    intel = Intel()
    found = intel.collateral()
    swapped = found._replace(
        tcb_info_signature=found.qe_identity_signature,
        qe_identity_signature=found.tcb_info_signature,
    )
    with pytest.raises(SignatureError):
        verify_collateral(swapped, now=NOW, anchor=intel.anchor, memo=MEMO)


@pytest.mark.parametrize("part", ["tcb_info", "qe_identity"])
def test_the_text_is_signed_to_the_byte(part: str) -> None:  # COL-17
    """The same document in another spelling is not what was signed, whatever it means."""
    intel = Intel()
    found = intel.collateral()
    text: str = getattr(found, part)
    for other in (text + " ", text.replace(":", ": ", 1), text.replace("TD", "\\u0054D", 1)):
        with pytest.raises(SignatureError) as caught:
            verify_collateral(put(found, part, other), now=NOW, anchor=intel.anchor, memo=MEMO)
        assert caught.value.rule == "COL-17"


@pytest.mark.parametrize("part", ["tcb_info", "qe_identity"])
def test_a_text_in_any_spelling_if_it_is_the_one_that_was_signed(part: str) -> None:
    intel = Intel()
    document: Dict[str, Any] = getattr(intel, part)
    for text in (json.dumps(document, indent=2), json.dumps(document) + "\r\n"):
        setattr(intel, f"{part}_text", text)
        assert intel.verified().window == Intel().verified().window


@pytest.mark.parametrize("part", ["tcb_info", "qe_identity"])
@pytest.mark.parametrize("text", ["{", "[]", '{"id":"TDX","id":"TDX"}', "\ufeff{}", "x"])
def test_a_signed_text_is_strict_json(part: str, text: str) -> None:  # COL-6
    intel = Intel()
    setattr(intel, f"{part}_text", text)
    error, steps = fault(intel)
    assert error.rule == "COL-6"
    assert COLLATERAL_STEPS[len(steps)] == f"collateral.{part}"


@pytest.mark.parametrize("part", ["tcb_info", "qe_identity"])
def test_nothing_is_parsed_before_its_signature(part: str) -> None:  # COL-17
    intel = Intel()
    setattr(intel, f"{part}_text", "not JSON")
    intel.signing[part] = "somebody"
    assert fault(intel)[0].rule == "COL-17"


def test_the_two_documents_are_for_one_kind_of_tee() -> None:  # COL-11
    for tdx in (True, False):
        intel = Intel(tdx=tdx)
        intel.qe_identity["id"] = "QE" if tdx else "TD_QE"
        error, steps = fault(intel)
        assert (error.rule, error.where) == ("COL-11", "qe_identity.id")
        assert steps == ["collateral.lists", "collateral.tcb_info"]


@pytest.mark.parametrize(
    ("document", "name", "value", "rule"),
    [
        ("tcb_info", "version", 2, "COL-7"),
        ("tcb_info", "tcbType", 1, "COL-7"),
        ("tcb_info", "fmspc", "00", "COL-6"),
        ("qe_identity", "version", 1, "COL-8"),
        ("qe_identity", "tcbLevels", [isv_level(1, "SWHardeningNeeded")], "TCB-2"),
    ],
)
def test_signed_and_wrong(document: str, name: str, value: Any, rule: str) -> None:
    intel = Intel()
    getattr(intel, document)[name] = value
    assert fault(intel)[0].rule == rule


def test_a_text_that_no_encoding_has() -> None:
    changed = Intel().collateral()._replace(tcb_info="\ud800")
    with pytest.raises(SignatureError):
        verify_collateral(changed, now=NOW, anchor=Intel().anchor, memo=MEMO)


# --- Raw signatures -----------------------------------------------------------------------------


def test_a_raw_signature() -> None:
    key = parse_certificate(Intel().signer.encode()).public_key
    good = sign("signer", b"message")
    verify_raw_signature(key, b"message", good, where="w", rule="COL-17")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    r, s = int.from_bytes(good[:32], "big"), int.from_bytes(good[32:], "big")
    verify_raw_signature(
        key, b"message", good[:32] + (order - s).to_bytes(32, "big"), where="", rule=""
    )
    wrong = [(0, s), (r, 0), (order, s), (r, order), (s, r), (r, s ^ 1)]
    for x, y in wrong:
        raw = x.to_bytes(32, "big") + y.to_bytes(32, "big")
        with pytest.raises(SignatureError) as caught:
            verify_raw_signature(key, b"message", raw, where="w", rule="COL-17")
        assert (caught.value.rule, caught.value.where) == ("COL-17", "w")
    assert len(public("signer")) == 64


# --- Memory -------------------------------------------------------------------------------------


def test_certificates_are_remembered_across_collaterals() -> None:
    memo = SignatureMemo()
    intel = Intel()
    verify_collateral(intel.collateral(), now=NOW, anchor=intel.anchor, memo=memo)
    # PCK CA, TCB signer and the two lists; the root is pinned by its digest.
    assert len(memo) == 4
    intel.tcb_info["tcbEvaluationDataNumber"] = 19
    verify_collateral(intel.collateral(), now=NOW, anchor=intel.anchor, memo=memo)
    assert len(memo) == 4


def test_the_memory_of_pck_certificates_is_bounded() -> None:
    verified = Intel().verified()
    pck = VerifiedPck(
        parse_certificate(Intel().pck.encode()).public_key,
        Intel().facts().pck,
        verified.window,
    )
    for number in range(3 * VerifiedCollateral.MAX_PCKS):
        verified.remember((b"%d" % number,), pck)
    assert len(verified.pcks) == VerifiedCollateral.MAX_PCKS
    assert (b"%d" % (3 * VerifiedCollateral.MAX_PCKS - 1),) in verified.pcks
