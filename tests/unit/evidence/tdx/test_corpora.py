"""Real and synthetic quotes, judged as dcap-qvl judges them, but for the differences listed."""

from __future__ import annotations

import functools
import json
from datetime import timedelta
from pathlib import Path
from typing import Dict, Iterator, List, Set, Tuple

import pytest

from tests.dcap import (
    DIFFERENCES,
    MEMO,
    Case,
    Judgement,
    judge,
    real_cases,
    suite_cases,
    venice_case,
)
from tests.intel import put
from venice_ref.errors import EvidenceError, PolicyError, SignatureError, VeniceError
from venice_ref.evidence.tdx.collateral import (
    Collateral,
    VerifiedCollateral,
    parse_collateral,
    verify_collateral,
)
from venice_ref.evidence.tdx.policy import (
    NOT_OUT_OF_DATE,
    UP_TO_DATE_ONLY,
    check_body_policy,
    check_tcb_policy,
)
from venice_ref.evidence.tdx.quote import Quote, parse_quote
from venice_ref.evidence.tdx.verify import verify_quote


@functools.cache
def judged_real() -> Tuple[Tuple[Case, Judgement], ...]:
    return tuple((case, judge(case)) for case in real_cases())


# --- Agreement ----------------------------------------------------------------------------------


def test_the_real_quotes_are_judged_as_by_dcap_qvl() -> None:
    seen: Dict[str, int] = {}
    for case, found in judged_real():
        assert (found.facts is not None) == case.accepted, (case.name, found.error)
        assert (found.status, found.advisories) == (case.status, case.advisories), case.name
        seen[case.status or found.rule] = seen.get(case.status or found.rule, 0) + 1
    assert len(real_cases()) == 100
    assert seen == {
        "UpToDate": 37, "OutOfDate": 38, "SWHardeningNeeded": 3,
        "ConfigurationAndSWHardeningNeeded": 1, "TDRelaunchAdvised": 1,
        "TCB-3": 10, "QUO-19": 4, "QUO-17": 4, "QUO-11": 1, "QUO-18": 1,
    }  # fmt: skip


def test_what_is_refused_of_the_real_quotes_is_genuine_or_unknown_to_intel() -> None:
    """A policy says no, or the platform reaches no level: no real signature fails."""
    for case, found in judged_real():
        error = found.error
        assert error is None or isinstance(error, PolicyError) or error.rule == "TCB-3", case.name


def test_the_windows_of_the_real_quotes() -> None:
    for case, found in judged_real():
        facts = found.facts
        if facts is not None:
            window = facts.window
            shown = window.latest_issue.timestamp(), window.earliest_expiration.timestamp()
            assert shown == case.window, case.name


def test_the_suite_is_judged_as_by_dcap_qvl_but_for_the_differences_listed() -> None:
    differing: Set[str] = set()
    for case in suite_cases():
        found = judge(case)
        listed = DIFFERENCES.get(case.name)
        expected = (case.status, case.advisories) if case.accepted else ("", ())
        if (found.status, found.advisories) == expected:
            continue
        differing.add(case.name)
        assert listed is not None, (case.name, found.error)
        assert (found.rule, found.status) == (listed.rule, listed.status), case.name
    assert len(suite_cases()) == 436
    assert differing == set(DIFFERENCES)


def test_a_different_verdict_is_stricter_but_where_the_specification_says_so() -> None:
    """Accepting what dcap-qvl refuses needs a reason: a length, a bound, nothing about trust."""
    accepted = {name for name, difference in DIFFERENCES.items() if not difference.rule}
    refused_there = {case.name for case in suite_cases() if not case.accepted}
    assert accepted & refused_there == {"qe_auth_len_0", "qe_auth_len_33", "crl_root_next_eq"}


def test_every_difference_is_in_the_decision() -> None:
    page = Path(__file__).resolve().parents[4] / "docs/decisions/0006-stricter-than-dcap-qvl.md"
    text = page.read_text(encoding="utf-8")
    for name, difference in DIFFERENCES.items():
        assert f"`{name}`" in text, name
        assert not difference.rule or f"[{difference.rule}]" in text, name


# --- The capture --------------------------------------------------------------------------------


def test_the_capture_is_up_to_date() -> None:
    case = venice_case()
    facts = judge(case).facts
    assert facts is not None
    assert (facts.kind, facts.status, facts.advisories) == ("td-1.0", "UpToDate", ())
    assert facts.current is None
    assert facts.module is not None
    assert (facts.platform.status, facts.module.status, facts.qe.status) == ("UpToDate",) * 3
    assert facts.pck.fmspc.hex() == "90c06f000000"
    assert facts.evaluation_number == 18
    assert facts.root_key_id.hex().startswith("46e403bd34f05a3f2817ab9badcaacc7")
    check_tcb_policy(facts, UP_TO_DATE_ONLY)
    check_body_policy(parse_quote(case.quote))


def test_the_capture_before_and_after_its_time() -> None:
    case = venice_case()
    facts = judge(case).facts
    assert facts is not None
    _, start, end = facts.window
    assert judge(case._replace(now=start)).facts is not None
    assert judge(case._replace(now=end)).facts is not None
    for now in (start - timedelta(seconds=1), end + timedelta(seconds=1)):
        error = judge(case._replace(now=now)).error
        assert isinstance(error, EvidenceError)
        assert error.rule in {"COL-9", "CRL-8"}


def test_the_capture_by_the_strictness_of_the_suite() -> None:
    """Another root, another platform's collateral, another TEE's: each is refused."""
    case = venice_case()
    suite = suite_cases()[0]
    assert judge(case._replace(anchor=suite.anchor)).rule == "CRT-13"
    other = next(c for c in real_cases() if c.name.startswith("sgx3"))
    assert judge(case._replace(collateral=other.collateral, now=other.now)).rule == "COL-11"
    foreign = next(
        c for c in real_cases()
        if c.accepted and not c.name.startswith("sgx3")
        and '"fmspc":"90c06f000000"' not in c.collateral["tcb_info"].lower()
    )  # fmt: skip
    assert judge(case._replace(collateral=foreign.collateral, now=foreign.now)).rule == "COL-12"


# --- One bit ------------------------------------------------------------------------------------


def flips(raw: bytes, step: int) -> Iterator[bytes]:
    """Yield copies of bytes, each with one bit of one byte flipped, `step` bytes apart."""
    for offset in [*range(0, len(raw), step), len(raw) - 1]:
        changed = bytearray(raw)
        changed[offset] ^= 1 << offset % 8
        yield bytes(changed)


def rules_of(case: Case, collateral: Collateral) -> str:
    """Return the rule by which collateral is refused."""
    with pytest.raises(VeniceError) as caught:
        verify_collateral(collateral, now=case.now, memo=MEMO)
    return caught.value.rule


def quote_rule(quote: Quote, collateral: VerifiedCollateral, case: Case) -> str:
    with pytest.raises(VeniceError) as caught:
        verify_quote(quote, collateral, now=case.now)
    assert caught.value.where
    return caught.value.rule


def capture() -> Tuple[Case, Collateral, VerifiedCollateral, Quote]:
    case = venice_case()
    collateral = parse_collateral(json.dumps(case.collateral))
    verified = verify_collateral(collateral, now=case.now, memo=MEMO)
    return case, collateral, verified, parse_quote(case.quote)


def test_one_bit_of_the_signed_part_of_the_quote() -> None:  # QUO-16
    case, _, verified, quote = capture()
    for changed in flips(quote.signed_bytes, 41):
        assert quote_rule(quote._replace(signed_bytes=changed), verified, case) == "QUO-16"


@pytest.mark.parametrize(
    ("part", "rule"),
    [
        ("signature", "QUO-16"),
        ("attestation_key", "QUO-13"),
        ("qe_report", "QUO-12"),
        ("qe_report_signature", "QUO-12"),
        ("qe_authentication_data", "QUO-13"),
    ],
)
def test_one_bit_of_the_signature_data(part: str, rule: str) -> None:  # QUO-12, QUO-13, QUO-16
    case, _, verified, quote = capture()
    data = quote.signature_data
    for changed in flips(getattr(data, part), 13):
        flipped = quote._replace(signature_data=put(data, part, changed))
        assert quote_rule(flipped, verified, case) == rule


def test_one_bit_of_the_pck_chain() -> None:
    case, _, verified, quote = capture()
    data = quote.signature_data
    seen: Set[str] = set()
    for changed in flips(data.certification.data.rstrip(b"\0"), 37):
        certification = data.certification._replace(data=changed)
        flipped = quote._replace(signature_data=data._replace(certification=certification))
        seen.add(quote_rule(flipped, verified, case).split("-")[0])
    assert seen <= {"CRT", "CRL", "COL"}
    assert "CRT" in seen


@pytest.mark.parametrize(
    ("part", "rules"),
    [
        ("tcb_info_signature", {"COL-17"}),
        ("qe_identity_signature", {"COL-17"}),
        ("root_ca_crl", {"CRL"}),
        ("pck_crl", {"CRL", "CRT"}),
    ],
)
def test_one_bit_of_the_collateral(part: str, rules: Set[str]) -> None:  # COL-17
    case, collateral, _, _ = capture()
    for changed in flips(getattr(collateral, part), 61):
        rule = rules_of(case, put(collateral, part, changed))
        assert rule in rules or rule.split("-")[0] in rules


@pytest.mark.parametrize("part", ["tcb_info", "qe_identity"])
def test_one_bit_of_a_signed_text(part: str) -> None:  # COL-17
    """Nothing of a text is looked at before its signature: each change is the same refusal."""
    case, collateral, _, _ = capture()
    for changed in flips(getattr(collateral, part).encode(), 211):
        text = changed.decode("latin-1")
        assert rules_of(case, put(collateral, part, text)) == "COL-17"
    for text in (getattr(collateral, part) + "\n", " " + getattr(collateral, part)):
        assert rules_of(case, put(collateral, part, text)) == "COL-17"


@pytest.mark.parametrize(
    "part", ["pck_crl_issuer_chain", "tcb_info_issuer_chain", "qe_identity_issuer_chain"]
)
@pytest.mark.parametrize("index", [0, 1])
def test_one_bit_of_an_issuer(part: str, index: int) -> None:
    case, collateral, _, _ = capture()
    chain: List[bytes] = list(getattr(collateral, part))
    for changed in flips(chain[index], 29):
        replaced = tuple(changed if i == index else der for i, der in enumerate(chain))
        rule = rules_of(case, put(collateral, part, replaced))
        assert rule.split("-")[0] in {"CRT", "CRL", "COL"}


# --- Policies on real quotes --------------------------------------------------------------------


def test_the_default_policy_refuses_what_is_out_of_date() -> None:  # TCB-10
    refused = 0
    for _, found in judged_real():
        facts = found.facts
        if facts is None:
            continue
        if facts.status in NOT_OUT_OF_DATE:
            check_tcb_policy(facts)
            continue
        refused += 1
        with pytest.raises(PolicyError) as caught:
            check_tcb_policy(facts)
        assert caught.value.rule == "TCB-10"
        assert facts.status in caught.value.message
    assert refused == 39


def test_a_swapped_signature_is_a_signature_error() -> None:
    case, _, verified, quote = capture()
    data = quote.signature_data
    swapped = data._replace(signature=data.qe_report_signature)
    with pytest.raises(SignatureError):
        verify_quote(quote._replace(signature_data=swapped), verified, now=case.now)
