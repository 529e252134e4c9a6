"""Assurance and policy: what each level asks for, judges, and refuses."""

from __future__ import annotations

import json
from typing import Any, Dict, Final

from conformance.generate.attestation import kit
from conformance.generate.attestation.contents import judge_contents, judge_envelope_log
from conformance.generate.attestation.kit import (
    Answer,
    Document,
    Tests,
    build,
    edited,
    outcome,
    policy,
    text,
)
from conformance.generate.builder import FileBuilder, Rebuilt
from venice_ref.evidence.tdx.quote import SignatureData

_NOW: Final = "2026-01-01T12:00:05Z"
_ADVISORY: Final = "INTEL-SA-00837"
_OTHER_ADVISORY: Final = "INTEL-SA-00828"
_DOWN: Final = "LevelNotReached"
_TCB: Final = "UnacceptedPlatform"


def generate(builder: FileBuilder) -> None:
    """Fill `attestation/levels`."""
    signed, whole = build(signed=True), build(signed=True, log=True)
    tests = Tests(builder, now=_NOW)
    _flags(tests)
    _binding(tests, whole)
    _dcap(tests, signed, whole)
    _root(tests, signed)
    _statuses(tests, signed)
    _out_of_date(tests, signed)
    judge_contents(tests, whole)
    judge_envelope_log(tests)


def _flags(tests: Tests) -> None:
    tests.flag(
        _DOWN,
        "DOWNGRADE",
        "the evidence does not reach the level of the policy",
        "an attacker decides how much is verified, by leaving something out",
        "refuse what cannot be judged; a lower level is for the caller to name",
    )
    tests.flag(
        "UnsignedQuote",
        "AUTH_BYPASS",
        "Intel's keys did not sign the quote",
        "whoever can build 5000 bytes is a genuine machine",
        "verify the whole chain, from the pinned root to header and body",
        "two public clients parse the quote and verify no signature",
    )
    tests.flag(
        _TCB,
        "AUTH_BYPASS",
        "the platform is genuine, and not what the policy accepts",
        "a machine with known flaws is trusted like one without",
        "apply every demand of the policy to what was verified",
    )
    tests.flag(
        "OldCollateral",
        "FRESHNESS",
        "Intel's statements are old",
        "a platform whose flaws are known by now passes by yesterday's list",
        "compare times with the clock, and evaluation numbers with the policy",
    )


def _forged(data: SignatureData) -> SignatureData:
    """Return signature data whose quote signature is another number."""
    signature = data.signature[:-1] + bytes([data.signature[-1] ^ 1])
    return data._replace(signature=signature)


def _binding(tests: Tests, signed: Answer) -> None:
    """Level binding: nothing above it is judged, also where it would fail."""
    good = kit.collateral()
    changed = json.loads(good)
    changed["tcb_info_signature"] = "00" * 64
    log = [dict(row) for row in signed["event_log"]]
    log[0]["digest"] = "ff" * 48
    for slug, why, answer, more in (
        (
            "binding-with-collateral",
            "Collateral is there and not asked for; the level that was required was reached.",
            signed,
            {"collateral": good, "root": kit.root()},
        ),
        (
            "binding-with-bad-collateral",
            "Collateral that Intel did not sign is not judged.",
            signed,
            {"collateral": json.dumps(changed)},
        ),
        (
            "binding-with-forged-quote",
            "No signature is judged at this level, which is why it proves nothing of the machine.",
            build(signed=True, signature_data=_forged),
            {},
        ),
        (
            "binding-with-bad-log",
            "The event log is not judged.",
            edited(signed, "event_log", log),
            {},
        ),
    ):
        roots = ["intel"] if "root" in more else []
        tests.accept(
            slug,
            why,
            answer,
            "POL-12",
            "ATT-15",
            "POL-2",
            out=outcome(roots_replaced=roots),
            **more,
        )
    tests.reject(
        "default-without-collateral",
        "The default is dcap: without Intel's statements nothing proves a machine.",
        "binding-with-forged-quote",
        None,
        "POL-1",
        _DOWN,
        or_breaks=("POL-3",),
        policy=policy(),
        change=Rebuilt("policy.assurance", "binding", "absent, which is dcap"),
    )


def _dcap(tests: Tests, signed: Answer, whole: Answer) -> None:
    good = kit.collateral()
    tests.begin_signed(whole, policy(), collateral=good)
    tests.accept(
        "dcap",
        "A genuine machine, whose platform is up to date.",
        None,
        "POL-1",
        "POL-2",
        "POL-3",
        "POL-8",
        "POL-11",
        "POL-12",
        "POL-13",
        "ATT-15",
        "POL-14",
        "KEY-9",
        out=kit.dcap_outcome(log=True),
    )
    without = edited(signed, "info", ...)
    tests.accept(
        "dcap-without-log",
        "Event log and info need not be there at dcap; MRCONFIGID still binds the compose file.",
        without,
        "POL-13",
        "POL-15",
        out=kit.dcap_outcome(),
    )
    _asked(tests, signed)


def _asked(tests: Tests, signed: Answer) -> None:
    """The level by name and by default, and what it asks for."""
    good = kit.collateral()
    tests.begin_signed(signed, policy(), collateral=good)
    tests.accept(
        "dcap-named",
        "The level by name.",
        None,
        "POL-1",
        "POL-3",
        policy=policy(assurance="dcap"),
        out=kit.dcap_outcome(),
    )
    for slug, why, breaks, answer, place in (
        (
            "dcap-forged-signature",
            "The last bit of the signature over the quote differs.",
            "QUO-16",
            build(signed=True, signature_data=_forged),
            "quote.signature",
        ),
        (
            "dcap-migratable",
            "A TD that can be migrated is refused from dcap on.",
            "QUO-17",
            build(signed=True, td={"td_attributes": bytes.fromhex("0000003000000000")}),
            "quote.body.td_attributes",
        ),
    ):
        tests.reject(
            slug,
            why,
            "dcap-named",
            answer,
            breaks,
            "UnsignedQuote" if breaks == "QUO-16" else _TCB,
            "POL-14",
            change=Rebuilt(place, "honest", "changed"),
        )
    _least_evaluation(tests)
    _not_given(tests, signed)


def _not_given(tests: Tests, signed: Answer) -> None:
    """A policy of dcap without collateral."""
    tests.begin_signed(signed, policy())
    tests.accept(
        "dcap-by-default",
        "Without an assurance the policy is of dcap.",
        None,
        "POL-1",
        "POL-3",
        collateral=kit.collateral(),
        now="2026-01-01T12:00:06Z",
        out=kit.dcap_outcome(),
    )
    tests.reject(
        "dcap-without-collateral",
        "No collateral was to be had: the evidence gets no better by that.",
        "dcap-by-default",
        None,
        "POL-3",
        _DOWN,
        or_breaks=("POL-1",),
        now="2026-01-01T12:00:06Z",
        collateral=...,
    )


def _least_evaluation(tests: Tests) -> None:
    """An evaluation number above and at that of the collateral, in the group that stands."""
    tests.accept(
        "evaluation-number-met",
        "Collateral of the least evaluation that is demanded.",
        None,
        "POL-8",
        policy=policy(min_tcb_evaluation_number=18),
        out=kit.dcap_outcome(),
    )
    tests.reject(
        "evaluation-number-too-low",
        "Collateral of an older evaluation does not know the latest flaws.",
        "evaluation-number-met",
        None,
        "POL-8",
        "OldCollateral",
        policy=policy(min_tcb_evaluation_number=19),
    )


def _root(tests: Tests, signed: Answer) -> None:
    """Whose signatures count."""
    tests.begin(policy=policy(), answer=text(signed), collateral=kit.collateral())
    tests.accept(
        "root-replaced",
        "A simulated machine below a root that the caller chose; the result names it.",
        None,
        "POL-11",
        root=kit.root(),
        out=kit.dcap_outcome(),
    )
    tests.reject(
        "root-pinned",
        "The same machine below Intel's own root: nothing in the evidence "
        "chooses whose signatures count.",
        "root-replaced",
        None,
        "CRT-13",
        "UnsignedQuote",
        "POL-11",
        root=...,
    )
    short = kit.collateral(lambda document: {**document, "nextUpdate": "2026-01-10T00:00:00Z"})
    tests.begin(policy=policy(), answer=text(signed), root=kit.root(), collateral=short)
    tests.accept(
        "tcb-info-last-second",
        "The TCB info holds until 2026-01-10T00:00:00Z.",
        None,
        "COL-9",
        now="2026-01-09T23:59:59Z",
        out=kit.dcap_outcome(),
    )
    tests.reject(
        "tcb-info-expired",
        "The same an hour later.",
        "tcb-info-last-second",
        None,
        "COL-9",
        "OldCollateral",
        now="2026-01-10T01:00:00Z",
    )


def _with_status(status: str, *advisories: str, evaluation: int = 18) -> str:
    """Return collateral by which the machine's platform has a status."""

    def change(document: Document) -> Document:
        level: Dict[str, Any] = document["tcbLevels"][0]
        level["tcbStatus"] = status
        if advisories:
            level["advisoryIDs"] = list(advisories)
        document["tcbEvaluationDataNumber"] = evaluation
        return document

    return kit.collateral(change)


def _statuses(tests: Tests, signed: Answer) -> None:
    """What Intel says of the platform, and what the policy says to that."""
    hardening = _with_status("SWHardeningNeeded", _ADVISORY)
    tests.begin_signed(signed, policy(), collateral=hardening)
    shown = kit.dcap_outcome(tcb_status="SWHardeningNeeded", advisories=[_ADVISORY])
    tests.accept(
        "status-hardening",
        "The default accepts it and shows the advisory.",
        None,
        "POL-7",
        "TCB-10",
        out=shown,
    )
    tests.accept(
        "other-advisory-rejected",
        "The policy rejects another advisory.",
        None,
        "POL-7",
        policy=policy(rejected_advisories=[_OTHER_ADVISORY]),
        out=shown,
    )
    tests.reject(
        "advisory-rejected",
        "The policy rejects the advisory that Intel names.",
        "other-advisory-rejected",
        None,
        "POL-7",
        _TCB,
        policy=policy(rejected_advisories=[_ADVISORY]),
    )
    both = policy(rejected_advisories=[_OTHER_ADVISORY, _ADVISORY])
    tests.reject(
        "advisory-second-of-two",
        "One of several rejected advisories is enough.",
        "other-advisory-rejected",
        None,
        "POL-7",
        _TCB,
        policy=both,
        change=Rebuilt(
            "policy.rejected_advisories", [_OTHER_ADVISORY], [_OTHER_ADVISORY, _ADVISORY]
        ),
    )
    tests.accept(
        "statuses-narrower",
        "A set that names the status.",
        None,
        "TCB-10",
        policy=policy(tcb_statuses=["SWHardeningNeeded"]),
        out=shown,
    )
    tests.reject(
        "status-not-accepted",
        "A policy that accepts UpToDate only.",
        "statuses-narrower",
        None,
        "TCB-10",
        _TCB,
        policy=policy(tcb_statuses=["UpToDate"]),
    )


def _out_of_date(tests: Tests, signed: Answer) -> None:
    """A platform, or collateral, that is not of today."""
    tests.begin_signed(signed, policy(), collateral=_with_status("OutOfDate", _ADVISORY))
    tests.accept(
        "status-out-of-date-named",
        "A policy may accept it by name.",
        None,
        "TCB-10",
        policy=policy(tcb_statuses=["UpToDate", "OutOfDate"]),
        out=kit.dcap_outcome(tcb_status="OutOfDate", advisories=[_ADVISORY]),
    )
    tests.reject(
        "status-out-of-date",
        "The default does not accept a platform with known flaws.",
        "status-out-of-date-named",
        None,
        "TCB-10",
        _TCB,
        policy=policy(),
        change=Rebuilt("policy.tcb_statuses", ["UpToDate", "OutOfDate"], "the default"),
    )
    tests.begin_signed(
        signed, policy(min_tcb_evaluation_number=18), collateral=_with_status("UpToDate")
    )
    tests.accept(
        "evaluation-numbers",
        "TCB info and QE identity of one evaluation.",
        None,
        "POL-8",
        now="2026-01-01T12:00:06Z",
        out=kit.dcap_outcome(),
    )
    tests.reject(
        "evaluation-number-of-tcb-info",
        "Only the TCB info is older than demanded; the QE identity is not.",
        "evaluation-numbers",
        None,
        "POL-8",
        "OldCollateral",
        now="2026-01-01T12:00:06Z",
        collateral=_with_status("UpToDate", evaluation=17),
        change=Rebuilt("collateral.tcb_info.tcbEvaluationDataNumber", 18, 17),
    )
