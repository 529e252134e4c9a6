"""Verdicts and facts against dcap-qvl, a library in Rust that shares no code with this one."""

from __future__ import annotations

import json
import random
from datetime import datetime
from typing import Any, Dict, Optional, Sequence

import pytest

from tests.dcap import DIFFERENCES, Case, judge, moment, real_cases, suite_cases, venice_case
from venice_ref.evidence.tdx.levels import IsvLevel
from venice_ref.evidence.tdx.tcb import TcbEvaluation, converge
from venice_ref.evidence.tdx.verify import QuoteFacts

qvl = pytest.importorskip(
    "dcap_qvl", reason="the independent implementation `dcap-qvl` (a wheel on PyPI) is missing"
)

MUTATIONS = 150


def claims(case: Case) -> Optional[Dict[str, Any]]:
    """Return what dcap-qvl says of a case in its default policy; `None` if it refuses."""
    seconds = int(case.now.timestamp())
    try:
        collateral = qvl.QuoteCollateralV3.from_json(json.dumps(case.collateral))
        if case.root is None:
            qvl.verify(case.quote, collateral, seconds)
        else:
            qvl.verify_with_root_ca(case.quote, collateral, case.root, seconds)
        found = qvl.QuoteVerifier(case.root).verify_with_policy(
            case.quote, collateral, seconds, qvl.QuotePolicy.claims_only(seconds)
        )
    except ValueError:
        return None
    return dict(json.loads(found.to_json()))


# --- Facts, in the form of its claims -----------------------------------------------------------


def seconds_of(moment: datetime) -> int:
    return int(moment.timestamp())


def said(status: str, date: datetime, advisories: Sequence[str]) -> Dict[str, Any]:
    shown = date.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"tcbDate": shown, "tcbStatus": status, "advisoryIDs": list(advisories)}


def platform_of(evaluation: Optional[TcbEvaluation]) -> Optional[Dict[str, Any]]:
    """Return platform and module as the one level that dcap-qvl makes of both."""
    if evaluation is None:
        return None
    level = evaluation.platform
    modules = [] if evaluation.module is None else [evaluation.module]
    tcb: Dict[str, Any] = {
        "sgxtcbcomponents": [{"svn": svn} for svn in level.sgx_svns],
        "tdxtcbcomponents": [{"svn": svn} for svn in level.tdx_svns],
        "pcesvn": level.pce_svn,
    }
    of_module = [name for module in modules for name in module.advisories]
    return {
        "tcb": tcb,
        **said(
            converge(level.status, [module.status for module in modules]),
            min([level.date, *(module.date for module in modules)]),
            list(dict.fromkeys([*level.advisories, *of_module])),
        ),
    }


def isv_of(level: IsvLevel) -> Dict[str, Any]:
    return {
        "tcb": {"isvsvn": level.isv_svn},
        **said(level.status, level.date, level.advisories),
    }


def flag(value: Optional[bool]) -> str:
    return "Undefined" if value is None else str(value)


def facts_of(facts: QuoteFacts) -> Dict[str, Any]:
    pck = facts.pck
    return {
        "status": facts.status,
        "advisories": list(facts.advisories),
        "platform": platform_of(facts.launch),
        "current": platform_of(facts.current),
        "qe": isv_of(facts.qe),
        "numbers": [facts.evaluation_number, facts.qe_identity_evaluation_number],
        "dates": [seconds_of(moment) for moment in facts.window],
        "root_key_id": list(facts.root_key_id),
        "ppid": list(pck.ppid),
        "cpu_svn": list(pck.cpu_svn),
        "pce_svn": pck.pce_svn,
        "pce_id": list(pck.pce_id),
        "fmspc": list(pck.fmspc),
        "sgx_type": pck.sgx_type,
        "instance": pck.platform_instance_id and list(pck.platform_instance_id),
        "flags": [flag(v) for v in (pck.dynamic_platform, pck.cached_keys, pck.smt_enabled)],
    }


def facts_of_claims(found: Dict[str, Any]) -> Dict[str, Any]:
    platform, pck = found["platform"], found["platform"]["pck"]
    return {
        "status": found["tcb"]["status"],
        "advisories": found["tcb"]["advisory_ids"],
        "platform": platform["tcb_level"],
        "current": platform["current_tcb_level"],
        "qe": found["qe"]["tcb_level"],
        "numbers": [found["tcb"]["eval_data_number"], found["qe"]["tcb_eval_data_number"]],
        "dates": [
            found["earliest_issue_date"],
            found["latest_issue_date"],
            found["earliest_expiration_date"],
        ],
        "root_key_id": platform["root_key_id"],
        "ppid": pck["ppid"],
        "cpu_svn": pck["cpu_svn"],
        "pce_svn": pck["pce_svn"],
        "pce_id": pck["pce_id"],
        "fmspc": pck["fmspc"],
        "sgx_type": pck["sgx_type"],
        "instance": pck["platform_instance_id"],
        "flags": [pck[name] for name in ("dynamic_platform", "cached_keys", "smt_enabled")],
    }


# --- The corpora --------------------------------------------------------------------------------


def test_the_facts_of_the_real_quotes() -> None:
    compared = 0
    for case in (*real_cases(), venice_case()):
        found, theirs = judge(case).facts, claims(case)
        assert (found is None) == (theirs is None), case.name
        if found is not None and theirs is not None:
            assert facts_of(found) == facts_of_claims(theirs), case.name
            compared += 1
    assert compared == 81


def test_the_facts_of_the_suite() -> None:
    compared = 0
    for case in suite_cases():
        if case.name in DIFFERENCES:
            continue
        found, theirs = judge(case).facts, claims(case)
        assert (found is None) == (theirs is None), case.name
        if found is not None and theirs is not None:
            assert facts_of(found) == facts_of_claims(theirs), case.name
            compared += 1
    assert compared == 143


def test_the_recorded_verdicts_are_those_of_this_library() -> None:
    """The corpora and the library at hand are of one version."""
    for case in (*real_cases(), *suite_cases()[::4]):
        assert (claims(case) is not None) == case.accepted, case.name


# --- Mutations ----------------------------------------------------------------------------------


def test_what_it_refuses_is_refused_here_too() -> None:
    source = random.Random(3)
    bases = [case for case in real_cases() if case.accepted and case.name[3] == "4"][:5]
    refused = 0
    for number in range(MUTATIONS):
        base = bases[number % len(bases)]
        quote = bytearray(base.quote)
        for _ in range(source.choice((1, 1, 2))):
            quote[source.randrange(len(quote))] ^= 1 << source.randrange(8)
        case = base._replace(quote=bytes(quote))
        if claims(case) is None:
            refused += 1
            assert judge(case).facts is None, (base.name, number)
    assert refused > MUTATIONS // 2


def test_times_around_every_date() -> None:
    for base in [case for case in real_cases() if case.accepted][::16]:
        assert base.window is not None
        for second in base.window:
            for offset in (-1, 0, 1):
                case = base._replace(now=moment(second + offset))
                if judge(case).facts is not None:
                    # nextUpdate itself is inside here and, of a list, outside there.
                    assert claims(case) is not None or second == base.window[1]
