"""The vectors of answers, binding, policy and bundles, by code that shares nothing with ours.

`plain_answer` verifies every answer a second time at assurance `binding`; dcap-qvl, a library in
Rust, gives verdict, status and advisories of those at `dcap` and `measured`; event logs, hashes and
pins are computed by `hashlib`.  What these cannot judge is named, and a name that is not needed
fails as well.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Final, Iterator, List, Mapping, Optional, Set

import pytest

from conformance.vectors import Vector, find_folder, load_file
from tests.oracles.vectors import plain_answer
from tests.oracles.vectors.plain_keccak import keccak_256

BINDING_FILES: Final = ("answer", "members", "keys", "bound", "claims")
DCAP_FILES: Final = ("levels", "measured")


def vectors_of(*names: str) -> Iterator[Vector]:
    folder = find_folder()
    for name in names:
        yield from load_file(folder / "attestation" / f"{name}.json", folder).vectors


def slug_of(vector: Vector) -> str:
    return vector.id.split("/")[1]


Verifier = Callable[[Mapping[str, Any]], Dict[str, Any]]


def judge(vector: Vector, verifier: Verifier) -> Dict[str, Any]:
    """Return the members of the output that a verifier gives, or its refusal as the vector's."""
    try:
        found = verifier(vector.given)
    except plain_answer.FlawError as flaw:
        stage, code = flaw.args
        reasons = vector.expect.reasons
        return {"stage": stage, "reasons": reasons if code in reasons else (code,)}
    wanted = vector.expect.out
    return (
        dict(wanted) if all(wanted.get(name) == value for name, value in found.items()) else found
    )


def expected(vector: Vector) -> Dict[str, Any]:
    """Return what `judge` has to give."""
    expect = vector.expect
    if expect.verdict == "reject":
        return {"stage": expect.stage, "reasons": expect.reasons}
    return dict(expect.out)


def bind(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the output of `report_data.bind`."""
    own = keccak_256(plain_answer.point(given["public"]))[12:]
    data, nonce = bytes.fromhex(given["report_data"]), bytes.fromhex(given["nonce"])
    return {"nonce_binding": plain_answer.binding(data, own, nonce, given["nonce_binding"])}


# --- Binding ------------------------------------------------------------------------------------

BY_TYPE: Final = {"type", "limit"}
"""Codes of the table of types and limits, which `plain_answer` does not have."""


@pytest.mark.parametrize("name", BINDING_FILES)
def test_answers_by_a_second_verifier(name: str) -> None:
    judged = 0
    for vector in vectors_of(name):
        if set(vector.expect.reasons) & BY_TYPE and vector.req[0] != "ATT-3":
            continue
        judged += 1
        assert judge(vector, plain_answer.verify) == expected(vector), vector.id
    assert judged > 25


def test_only_types_and_limits_are_left_to_the_reference() -> None:
    left = [v for v in vectors_of(*BINDING_FILES) if set(v.expect.reasons) & BY_TYPE]
    assert {v.req[0] for v in left} == {"ATT-3", "ATT-11", "ATT-16", "ATT-22"}


def test_report_data() -> None:
    for vector in vectors_of("binding"):
        given = vector.given
        own = keccak_256(plain_answer.point(given["public"]))[12:]
        nonce = bytes.fromhex(given["nonce"])
        found = judge(vector, bind)
        assert found == expected(vector), vector.id
        if vector.expect.verdict == "accept":
            whole = own.hex() + "00" * 12 + nonce.hex()
            assert vector.mid == {"address": own.hex(), "expected": whole}, vector.id


# --- dcap and measured --------------------------------------------------------------------------

ELSEWHERE: Final = {
    "TCB-10", "POL-7", "POL-8", "POL-9", "POL-15", "DST-6", "DST-11", "DST-15",
}  # fmt: skip
"""Refusals of genuine quotes, for what a quote does not say by itself."""


def seconds(text: str) -> int:
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    return int(moment.timestamp())


def evidence_of(answer: Dict[str, Any]) -> Dict[str, Any]:
    """Return quote and event log of an answer; they may stand in its envelope only."""
    inside = answer.get("attestation", {}).get("evidence", {})
    log = answer.get("event_log") or inside.get("event_log") or []
    return {
        "quote": answer.get("intel_quote") or inside["quote"],
        "event_log": json.loads(log) if isinstance(log, str) else log,
    }


def claims_of(given: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """Return what dcap-qvl says of a quote and its collateral; `None` where it refuses."""
    qvl = pytest.importorskip("dcap_qvl", reason="the independent DCAP library is missing")
    quote = plain_answer.quote_of(evidence_of(json.loads(given["answer"]))["quote"])
    now = seconds(given["now"])
    root = bytes.fromhex(given["root"]) if "root" in given else None
    try:
        collateral = qvl.QuoteCollateralV3.from_json(given["collateral"])
        verifier = qvl.QuoteVerifier(root)
        policy = qvl.QuotePolicy.claims_only(now)
        found = verifier.verify_with_policy(quote, collateral, now, policy)
    except ValueError:
        return None
    return dict(json.loads(found.to_json()))


def test_the_verdicts_of_dcap_qvl() -> None:
    judged = genuine = 0
    elsewhere: Set[str] = set()
    for vector in vectors_of(*DCAP_FILES):
        if "collateral" not in vector.given or vector.given["policy"].get("assurance") == "binding":
            continue
        judged += 1
        claims = claims_of(vector.given)
        if vector.expect.verdict == "accept":
            assert claims is not None, vector.id
            merged = json.dumps(claims)
            assert f'"{vector.expect.out["tcb_status"]}"' in merged, vector.id
            assert all(name in merged for name in vector.expect.out["advisories"]), vector.id
            genuine += 1
        else:
            assert (claims is not None) == (vector.req[0] in ELSEWHERE), vector.id
            elsewhere.update({vector.req[0]} & ELSEWHERE)
    assert judged > 30
    assert genuine > 12
    assert elsewhere == ELSEWHERE


def registers(log: List[Dict[str, Any]]) -> List[bytes]:
    ends = [bytes(48)] * 4
    for row in log:
        digest = bytes.fromhex(row["digest"])
        ends[row["imr"]] = hashlib.sha384(ends[row["imr"]] + digest).digest()
    return ends


def proven(answer: Dict[str, Any]) -> Dict[str, str]:
    """Return what quote and event log of an answer say, by names of pins."""
    evidence = evidence_of(answer)
    report = plain_answer.td_report(plain_answer.quote_of(evidence["quote"]))
    found = {"mr_td": report[136:184].hex(), "compose_hash": report[185:217].hex()}
    log = evidence["event_log"]
    if log:
        assert registers(log) == [report[at : at + 48] for at in (328, 376, 424, 472)]
        payloads = {row["event"]: row["event_payload"] for row in log if row["imr"] == 3}
        found["app_id"] = payloads["app-id"]
        assert payloads["compose-hash"] == found["compose_hash"]
    compose = answer.get("info", {}).get("tcb_info", {}).get("app_compose")
    if compose is not None:
        assert hashlib.sha256(compose.encode()).hexdigest() == found["compose_hash"]
    return found


def holds(pins: Dict[str, Any], found: Dict[str, str]) -> bool:
    for name, value in pins.items():
        if name == "all_of":
            right = all(holds(inner, found) for inner in value)
        elif name == "any_of":
            right = any(holds(inner, found) for inner in value)
        else:
            values = value if isinstance(value, list) else [value]
            right = found.get(name) in [item.lower() for item in values]
        if not right:
            return False
    return True


def test_what_runs() -> None:
    pinned = 0
    for vector in vectors_of(*DCAP_FILES):
        level = vector.given["policy"].get("assurance", "dcap")
        breaks = vector.req[0] if vector.expect.verdict == "reject" else ""
        if level == "binding" or breaks in ("DST-6", "DST-11", "DST-15"):
            continue
        found = proven(json.loads(vector.given["answer"]))
        if not breaks:
            assert vector.expect.out["compose_hash"] == found["compose_hash"], vector.id
            assert vector.expect.out["app_id"] == found.get("app_id"), vector.id
        pins = vector.given["policy"].get("measurements")
        if pins is not None and breaks in ("", "POL-9"):
            pinned += 1
            assert holds(pins, found) == (not breaks), vector.id
    assert pinned > 10


def test_what_does_not_run() -> None:
    contradicting = [v for v in vectors_of("levels") if v.req[0] in ("DST-6", "DST-11")]
    contradicting = [v for v in contradicting if v.expect.verdict == "reject"]
    assert len(contradicting) == 4
    for vector in contradicting:
        with pytest.raises(AssertionError):
            proven(json.loads(vector.given["answer"]))


# --- GPUs ---------------------------------------------------------------------------------------


def test_the_count_and_the_nonce_of_gpu_evidence() -> None:
    codes: Set[str] = set()
    for vector in vectors_of("gpu"):
        answer = json.loads(vector.given["answer"])
        nonce = bytes.fromhex(vector.given["nonce"])
        try:
            count = plain_answer.gpu_count(answer, nonce, vector.given["policy"].get("gpu", ""))
        except plain_answer.FlawError:
            codes.add(vector.req[0])
            continue
        if vector.expect.verdict == "accept":
            assert vector.expect.out["gpu_count"] == count, vector.id
    assert codes == {"GPU-2", "GPU-6"}


# --- Policies and bundles -----------------------------------------------------------------------

MEMBERS: Final = {"format", "assurance", "gpu", "nonce_binding", "tcb_statuses", "measurements",
                  "rejected_advisories", "min_tcb_evaluation_number", "allow_service_td",
                  "gpu_fleet"}  # fmt: skip


def names_of(pins: Dict[str, Any]) -> Set[str]:
    found: Set[str] = set()
    for name, value in pins.items():
        if name in ("all_of", "any_of"):
            found.update(*(names_of(inner) for inner in value))
        else:
            found.add(name)
    return found


def test_accepted_policies_say_what_their_files_say() -> None:
    for vector in vectors_of("policy"):
        if vector.expect.verdict == "reject":
            continue
        document, out = json.loads(vector.given["policy"]), vector.expect.out
        assert set(document) <= MEMBERS
        assert out["pinned"] == sorted(names_of(document.get("measurements", {}))), vector.id
        for name in MEMBERS - {"format", "measurements", "gpu_fleet"}:
            stated = document.get(name, out[name] if name not in document else None)
            stated = sorted(stated) if isinstance(stated, list) else stated
            assert out[name] == stated, vector.id
        for name, value in document.get("gpu_fleet", {}).items():
            stated = sorted(value) if isinstance(value, list) else value
            assert out["gpu_fleet"][name] == stated, vector.id


def test_values_of_refused_policies() -> None:
    """Each refusal for a value has a value that the closed sets of SPEC.md do not have."""
    for vector in vectors_of("policy"):
        if vector.expect.verdict == "accept" or vector.req[0] not in ("POL-2", "POL-4", "POL-16"):
            continue
        found = json.loads(vector.given["policy"])
        fleet = found.get("gpu_fleet", {})
        advisories = found.get("rejected_advisories", [])
        right = (
            found.get("assurance", "dcap") in ("binding", "dcap", "measured")
            and found.get("gpu", "report") in ("ignore", "report", "signed", "nras", "measured")
            and found.get("nonce_binding", "raw") in ("raw", "raw-or-sha256")
            and all(re.match(r"INTEL-[A-Z]{2,8}-[0-9]{5}\Z", name) for name in advisories)
            and 0 <= found.get("min_tcb_evaluation_number", 0) < 2**32
            and 1 <= fleet.get("gpu_count", 1) <= 64
            and set(fleet.get("modes", [])) <= {"SPT", "MPT", "PPCIE"}
            and all(fleet.get("driver_versions", []))
            and not {"Revoked", "Good", "uptodate"} & set(found.get("tcb_statuses", []))
        )
        assert not right, vector.id


def test_bundles_keep_the_exact_texts() -> None:
    for vector in vectors_of("bundle"):
        if vector.expect.verdict == "accept":
            document, out = json.loads(vector.given["bundle"]), vector.expect.out
            for name in ("model", "attestation", "collateral", "nras", "jwks"):
                assert out[name] == document.get(name), vector.id
            assert out["rims"] == (document.get("rims") or []), vector.id
            moment = datetime.fromisoformat(document["captured_at"].replace("Z", "+00:00"))
            assert seconds(out["captured_at"]) == int(moment.timestamp()), vector.id
