"""Event log, compose file and info at `dcap`: a part of the file `attestation/levels`."""

from __future__ import annotations

import hashlib
import json
from typing import Final

from conformance.generate.attestation import kit
from conformance.generate.attestation.kit import Answer, Tests, build, edited, policy
from conformance.generate.builder import Rebuilt

__all__ = ["judge_contents", "judge_envelope_log"]

_LOG: Final = "ContradictingLog"


def judge_contents(tests: Tests, answer: Answer) -> None:
    """Event log, compose file and info at dcap: judged where they are."""
    tests.flag(
        _LOG,
        "AUTH_BYPASS",
        "the answer contradicts what its quote proves",
        "a report shows an application that does not run there",
        "replay the log and compare hashes wherever the answer has them",
    )
    tests.begin_signed(answer, policy(), collateral=kit.collateral())
    tests.accept(
        "contents",
        "The log ends in the registers, the compose file is the measured one.",
        None,
        "POL-13",
        "POL-14",
        now="2026-01-01T12:00:07Z",
        out=kit.dcap_outcome(log=True),
    )
    log = [dict(row) for row in answer["event_log"]]
    log[0]["digest"] = hashlib.sha384(b"another firmware").hexdigest()
    cut = answer["event_log"][:-1]
    compose = answer["info"]["tcb_info"]["app_compose"]
    rows = (
        ("log-changed", "The digest of the first event differs.", "DST-6",
         edited(answer, "event_log", log)),
        ("log-shortened", "The last event is left out.", "DST-6",
         edited(answer, "event_log", cut)),
        ("compose-changed", "The compose file that is shown is not the one that was measured.",
         "DST-11", edited(answer, "info.tcb_info.app_compose", compose + " ")),
        ("info-mrtd", "info states another MRTD than the quote.", "DST-15",
         edited(answer, "info.tcb_info.mrtd", "3d" * 48)),
        ("info-app-id", "info states another application than the log.", "DST-15",
         edited(answer, "info.app_id", "3d" * 20)),
    )  # fmt: skip
    for slug, why, breaks, changed in rows:
        tests.reject(
            f"dcap-{slug}",
            why,
            "contents",
            changed,
            breaks,
            _LOG,
            "POL-13",
            "POL-14",
            now="2026-01-01T12:00:07Z",
            change=Rebuilt(slug.split("-")[0], "what the quote proves", "another"),
        )


def judge_envelope_log(tests: Tests) -> None:
    """The event log of an envelope, which counts where the answer has none; same group."""
    evidence = "attestation.evidence.event_log"
    answer = edited(build(shape="aci", signed=True, log=True), "intel_quote", ...)
    keyset = kit.dcap_outcome(log=True, key_source="keyset")
    tests.accept(
        "envelope-log",
        "The event log of the evidence is judged where the answer has none of its own.",
        answer,
        "POL-13",
        "ATT-11",
        out=keyset,
    )
    tests.accept(
        "envelope-log-beside-an-empty-one",
        "A log without entries is as good as none: the one of the evidence counts.",
        edited(answer, "event_log", []),
        "POL-13",
        "ATT-11",
        out=keyset,
    )
    log = json.loads(answer["attestation"]["evidence"]["event_log"])
    log[0]["digest"] = hashlib.sha384(b"another firmware").hexdigest()
    tests.reject(
        "envelope-log-changed",
        "The first event of the evidence differs.",
        "envelope-log",
        edited(answer, evidence, json.dumps(log, separators=(",", ":"))),
        "DST-6",
        _LOG,
        "POL-13",
        "POL-14",
    )
