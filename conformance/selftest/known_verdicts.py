"""Replies, results and reports whose verdict is known."""

from __future__ import annotations

import json
from typing import Any, Dict, Final, Iterator, List, Mapping, Sequence, Tuple

from conformance.adapters.protocol import Hello, parse_hello
from conformance.exits import exit_code
from conformance.explain import Repro
from conformance.judging import Finding, before_asking, judge_reply
from conformance.levels import judge_run
from conformance.outcomes import judge
from conformance.plan import Case
from conformance.report.document import (
    encode_report,
    make_report,
    parse_report,
    report_digest,
    results_digest,
)
from conformance.requirements import SuiteError, requirements_by_id
from conformance.results import STATUSES, Explanation, Result
from conformance.settle import Unrun, settle
from conformance.vectors import Expectation, Vector

__all__ = ["declarations", "exits", "levels", "outcomes", "reports", "settling", "verdicts"]

Faults = Iterator[str]

REQUIREMENT: Final = "ENV-6"


def vector(verdict: str = "accept", **other: Any) -> Vector:
    """Return a vector; a refusal is expected as envelope:tag or envelope:other."""
    accepts = verdict == "accept"
    expect = Expectation(
        verdict=verdict,
        out={"text": "a", "n": 1} if accepts else {},
        stage="" if accepts else "envelope",
        reasons=() if accepts else ("tag", "other"),
        released=other.pop("released", None),
    )
    return Vector(
        id=f"field.open/{verdict}", op="field.open", why="It is known.", req=(REQUIREMENT,),
        given=other.pop("given", {}), expect=expect, mid=other.pop("mid", {"key": "00"}),
        flags=(), parent="" if accepts else "field.open/accept", mutation={"at": "/x"},
        importance="critical", features=tuple(other.pop("features", ())),
    )  # fmt: skip


def hello(reasons: str = "coded", **other: Any) -> Hello:
    """Return a hello that declares `field.open` and nothing else."""
    said: Dict[str, Any] = {
        "protocol": 1,
        "implementation": {"name": "n", "version": "1", "language": "l"},
        "operations": {"field.open": {}},
        "reasons": reasons,
    }
    return parse_hello({**said, **other})


_REFUSED: Final = {"stage": "envelope", "reason": "tag", "native": "x"}

_OUTCOMES: Final[Sequence[Tuple[str, Mapping[str, Any], str]]] = (
    ("accept", {"ok": {"text": "a", "n": 1}}, "pass"),
    ("accept", {"ok": {"text": "a", "n": 1, "mid": {"key": "00", "own": 1}}}, "pass"),
    ("accept", {"ok": {"text": "a", "n": 1, "mid": {"key": "01"}}}, "wrong-intermediate"),
    ("accept", {"ok": {"text": "b", "n": 1}}, "wrong-output"),
    ("accept", {"ok": {"text": "a"}}, "wrong-output"),
    ("accept", {"ok": {"text": "a", "n": 1, "more": 0}}, "wrong-output"),
    ("accept", {"ok": {"text": "a", "n": True}}, "wrong-output"),
    ("accept", {"ok": {"text": "a", "n": 1.0}}, "wrong-output"),
    ("accept", {"reject": _REFUSED}, "rejected"),
    ("accept", {"unsupported": "x"}, "unsupported"),
    ("accept", {"error": {"message": "x"}}, "error"),
    ("reject", {"ok": {}}, "accepted"),
    ("reject", {"ok": {"text": "a", "n": 1}}, "accepted"),
    ("reject", {"reject": _REFUSED}, "pass"),
    ("reject", {"reject": {**_REFUSED, "reason": "other"}}, "pass"),
    ("reject", {"reject": {**_REFUSED, "reason": "ta"}}, "wrong-reason"),
    ("reject", {"reject": {**_REFUSED, "reason": ""}}, "wrong-reason"),
    ("reject", {"reject": {**_REFUSED, "stage": "key"}}, "wrong-stage"),
    ("reject", {"reject": {}}, "wrong-stage"),
    ("reject", {"unsupported": "x"}, "unsupported"),
    ("reject", {"error": {"message": "x"}}, "error"),
)


def outcomes() -> Faults:
    """Compare replies with vectors."""
    for verdict, reply, kind in _OUTCOMES:
        got = judge(vector(verdict), reply)
        if got.kind != kind or got.passed != (kind == "pass"):
            yield f"{reply} on a vector that {verdict}s is {got.kind}, not {kind}"
    late = vector("reject", released=[{"text": "a"}])
    for released, kind in (
        ([{"text": "a"}], "pass"),
        ([], "wrong-release"),
        (None, "wrong-release"),
    ):
        got = judge(late, {"reject": {**_REFUSED, "released": released}})
        if got.kind != kind:
            yield f"a refusal after {released} is {got.kind}, not {kind}"


_VERDICTS: Final[Sequence[Tuple[str, str, Mapping[str, Any], str]]] = (
    # verdict, reasons of hello, reply, status/subtype
    ("accept", "coded", {"ok": {"text": "a", "n": 1}}, "pass"),
    ("accept", "coded", {"ok": {"text": "b", "n": 1}}, "fail/wrong_output"),
    ("accept", "coded", {"reject": _REFUSED}, "fail/rejected_valid"),
    ("accept", "coded", {"unsupported": "x"}, "fail/false_advertising"),
    ("accept", "coded", {"error": {"message": "x"}}, "fail/error"),
    ("reject", "coded", {"ok": {}}, "fail/accepted_invalid"),
    ("reject", "coded", {"reject": _REFUSED}, "pass"),
    ("reject", "coded", {"reject": {**_REFUSED, "reason": "form"}}, "fail/wrong_reason"),
    ("reject", "coded", {"reject": {**_REFUSED, "stage": "key"}}, "fail/wrong_reason"),
    ("reject", "coded", {"reject": {}}, "pass_verdict_only"),
    ("reject", "none", {"reject": {}}, "pass_verdict_only"),
    ("reject", "none", {"ok": {}}, "fail/accepted_invalid"),
    ("reject", "native", {"reject": {"native": "x"}}, "pass_verdict_only"),
    ("reject", "native", {"reject": {**_REFUSED, "stage": "key"}}, "fail/wrong_reason"),
    ("reject", "coded", {"unsupported": "x"}, "fail/false_advertising"),
    ("reject", "coded", {"error": {"message": "x"}}, "fail/error"),
)


_RELEASED: Final[Sequence[Mapping[str, Any]]] = (
    {**_REFUSED, "released": ["a", "b"]},
    {"released": []},
    {},
)


def verdicts() -> Faults:
    """Judge replies under what the implementation declares."""
    for verdict, reasons, reply, word in _VERDICTS:
        got = judge_reply(vector(verdict), reply, hello(reasons))
        if _word(got) != word:
            yield f"{reply}, reasons {reasons}, on a vector that {verdict}s is {_word(got)}: {word}"
    late = vector("reject", released=["a"])
    for reasons in ("coded", "none"):
        for refused in _RELEASED:
            got = judge_reply(late, {"reject": refused}, hello(reasons))
            if _word(got) != "fail/released_early":
                yield f"{refused} where another text may be shown is {_word(got)}"
    rooted = vector("accept", given={"root": "00"})
    got = judge_reply(rooted, {"reject": _REFUSED}, hello())
    if _word(got) != "fail/not_testable":
        yield f"an input that cannot be injected, refused, is {_word(got)}"


def declarations() -> Faults:
    """Decide which cases are asked at all."""
    mandatory = frozenset({"field.open", "field.seal"})
    rows = (
        (case(), "asked"),
        (case()._replace(op="field.seal"), "fail/missing_mandatory"),
        (case()._replace(op="tdx.other"), "not_applicable"),
        (case()._replace(needs=frozenset({"aad"})), "not_applicable"),
    )
    for one, word in rows:
        got = before_asking(one, hello(), mandatory)
        if (_word(got) if got else "asked") != word:
            yield f"{one.op} needing {sorted(one.needs)} is {got}, not {word}"
    if before_asking(rows[3][0], hello(features=["aad"]), mandatory) is not None:
        yield "a declared feature is not asked for"


def _word(finding: Finding) -> str:
    return f"{finding.status}/{finding.subtype}" if finding.subtype else finding.status


# --- Controls, and what was not run ---------------------------------------------------------------


def case(verdict: str = "accept", **other: Any) -> Case:
    """Return the case of a vector; a refusal has the control `field.open/accept`."""
    held = vector(verdict)
    return Case(
        id=held.id, kind="vector", op=held.op, file="envelope/open", control=held.parent,
        req=held.req, keyword="MUST", importance="critical", negative=verdict == "reject",
        needs=frozenset(), vector=held,
    )._replace(**other)  # fmt: skip


_PASS: Final = Finding("pass")
_FAIL: Final = Finding("fail", "accepted_invalid", "it was accepted")

_SETTLED: Final[Sequence[Tuple[Any, Any, str, str]]] = (
    # finding of the control, finding of the refusal, what they become
    (_PASS, _PASS, "pass", "pass"),
    (_PASS, _FAIL, "pass", "fail/accepted_invalid"),
    (_PASS, Finding("pass_verdict_only"), "pass", "pass_verdict_only"),
    (Finding("fail", "rejected_valid"), _PASS, "fail/rejected_valid", "inconclusive"),
    (Finding("crash"), Finding("pass_verdict_only"), "crash", "inconclusive"),
    (Finding("timeout"), _PASS, "timeout", "inconclusive"),
    (Finding("not_applicable"), _PASS, "not_applicable", "not_applicable"),
    (Finding("fail", "rejected_valid"), _FAIL, "fail/rejected_valid", "fail/accepted_invalid"),
    (Finding("flaky", "error"), _PASS, "flaky/error", "pass"),
    (None, _PASS, "blocked", "inconclusive"),
    (None, None, "blocked", "blocked"),
)


def settling() -> Faults:
    """Look at controls, at keywords, and at what was not run."""
    cases = (case(), case("reject"))
    everything = frozenset(one.id for one in cases)
    for control, refusal, first, second in _SETTLED:
        findings = {cases[0].id: control, cases[1].id: refusal}
        found = {name: one for name, one in findings.items() if one is not None}
        results = _settled(cases, found, everything)
        words = [_result_word(one) for one in results]
        if words != [first, second]:
            yield f"{control} and {refusal} become {words}, not {[first, second]}"
        for one in results:
            if STATUSES[one.status].fails != (one.explanation is not None):
                yield f"{one.status} is explained: {one.explanation is not None}"
    may = tuple(one._replace(keyword="SHOULD") for one in cases)
    for strict, word in ((False, "warn/accepted_invalid"), (True, "fail/accepted_invalid")):
        findings = {cases[0].id: _PASS, cases[1].id: _FAIL}
        results = _settled(may, findings, everything, strict=strict)
        if _result_word(results[1]) != word:
            yield f"a SHOULD that is not met is {_result_word(results[1])}, strict {strict}"
    results = _settled(cases, {cases[0].id: _PASS}, frozenset({cases[0].id}))
    if [one.status for one in results] != ["pass", "deselected"]:
        yield "what is not selected is not deselected"
    results = _settled(cases, {}, everything, skipped={cases[0].id: "why"})
    if [one.status for one in results] != ["deselected", "blocked"]:
        yield "what is skipped is not deselected"


def _settled(
    cases: Sequence[Case], findings: Mapping[str, Finding], selected: Any, **more: Any
) -> Tuple[Result, ...]:
    repro = Repro(("run",), seed="1")
    return settle(cases, findings, selected, requirements_by_id(), repro, unrun=Unrun(), **more)


def _result_word(result: Result) -> str:
    return f"{result.status}/{result.subtype}" if result.subtype else result.status


# --- Levels, exits and reports --------------------------------------------------------------------


def result(status: str = "pass", kind: str = "vector", **other: Any) -> Result:
    """Return a result; one that fails is explained."""
    explained = Explanation(*(["x"] * 7)) if STATUSES[status].fails else None
    return Result(
        id=f"{kind}/{status}", kind=kind, status=status, subtype="", detail="", op="field.open",
        req=(REQUIREMENT,), keyword="MUST", importance="normal", negative=False, control="",
        seconds=0.0, explanation=explained,
    )._replace(**other)  # fmt: skip


_ALL: Final = (result(), result(kind="scenario"), result(kind="challenge"))
_MAY: Final = result("warn", keyword="SHOULD", id="may", subtype="wrong_output")

_LEVELS: Final[Sequence[Tuple[Sequence[Result], str, str, bool]]] = (
    # results, seed of the challenge, level, conformant
    (_ALL, "c", "Strict", True),
    ((*_ALL, _MAY), "c", "Verified", True),
    (_ALL[:2], "", "Client-safe", True),
    (_ALL, "", "Client-safe", True),
    (_ALL[:1], "", "Vectors", True),
    (_ALL[1:2], "", "none", True),
    ((*_ALL, result("pass_verdict_only", id="v")), "c", "Client-safe", True),
    ((*_ALL, result("fail", id="f", subtype="leak")), "c", "none", False),
    ((*_ALL, result("fail", "scenario", id="f", subtype="leak")), "c", "Vectors", False),
    ((*_ALL, result("fail", "challenge", id="f", subtype="leak")), "c", "Client-safe", False),
    ((*_ALL, result("xfail", id="x", subtype="leak")), "c", "none", False),
    ((*_ALL, result("deselected", id="d")), "c", "none", False),
    ((*_ALL, result("blocked", id="b")), "c", "none", False),
    ((*_ALL, result("inconclusive", id="i")), "c", "none", False),
    ((*_ALL, result("not_applicable", id="n")), "c", "Strict", True),
    ((result("not_applicable"),), "", "none", False),
    ((), "", "none", False),
)


def levels() -> Faults:
    """Compute levels."""
    for rows, challenge, level, conformant in _LEVELS:
        got = judge_run({"challenge": challenge}, rows, complete=True)
        if (got.level, got.conformant) != (level, conformant):
            names = [one.status for one in rows]
            yield f"{names} is {got.level}, {got.conformant}; not {level}, {conformant}"
        if (not got.conformant or level != "Strict") and not got.because:
            yield f"{level} has no reason"
    for header, complete in (({}, False), ({"partial": True}, True)):
        got = judge_run({"challenge": "c", **header}, _ALL, complete=complete)
        if got.level != "none" or got.conformant:
            yield f"a run, complete {complete}, {header}, is {got.level}, {got.conformant}"
    if judge_run({"challenge": "c", "problems": ["x"]}, _ALL, complete=True).conformant:
        yield "a run with a wrong file of expected failures is conformant"


_EXITS: Final[Sequence[Tuple[Sequence[Result], Mapping[str, Any], int]]] = (
    (_ALL, {}, 0),
    ((*_ALL, _MAY), {}, 0),
    ((*_ALL, result("pass_verdict_only", id="v")), {}, 0),
    ((*_ALL, result("xfail", id="x")), {}, 0),
    ((*_ALL, result("deselected", id="d")), {}, 0),
    (_ALL, {"problems": ["a line is wrong"]}, 1),
    ((), {}, 5),
    ((result("not_applicable"), result("deselected")), {}, 5),
    ((result("blocked"),), {}, 7),
    ((*_ALL, result("harness_error", id="h"), result("fail", id="f")), {}, 3),
)


def exits() -> Faults:
    """Compute exit codes."""
    for rows, header, code in _EXITS:
        got = exit_code(make_report(header, rows, complete=True))
        if got != code:
            yield f"{[one.status for one in rows]} {dict(header)} exits with {got}, not {code}"
    for status, row in STATUSES.items():
        if row.fails and status != "harness_error":
            got = exit_code(make_report({}, (*_ALL, result(status, id="f")), complete=True))
            if got != 1:
                yield f"{status} exits with {got}"
    if exit_code(make_report({}, _ALL, complete=False)) != 2:
        yield "an interrupted run does not exit with 2"


_CLAIMS: Final[Sequence[Mapping[str, Any]]] = (
    {"conformant": True},
    {"level": "Verified"},
    {"because": []},
    {"counts": {}},
)


def reports() -> Faults:
    """Read reports that are sound, cut off, changed, and that claim too much."""
    rows = (*_ALL, result("fail", id="f", subtype="leak"))
    raw = encode_report(make_report({"challenge": "c"}, rows, complete=True))
    if parse_report(raw).results != rows:
        yield "a report is not what was written"
    broken: List[Tuple[str, bytes]] = [("cut off", raw[:-40])]
    document = json.loads(raw)

    def changed(what: str, **members: Any) -> None:
        broken.append((what, json.dumps({**document, **members}).encode()))

    def sealed(what: str, **members: Any) -> None:
        """Change a report, and its digests with it."""
        new = {**document, **members}
        digests = {
            "results_sha256": results_digest(new["results"]),
            "report_sha256": report_digest(new, complete=True),
        }
        changed(what, **members, footer={**document["footer"], **digests})

    other = [{**document["results"][0], "detail": "another"}, *document["results"][1:]]
    changed("changed", results=other)
    changed("without a result", results=document["results"][:-1])
    changed("with another header", header={"challenge": "d"})
    changed("without a footer", footer={})
    changed("called incomplete", footer={**document["footer"], "complete": False})
    changed("with another digest", footer={**document["footer"], "results_sha256": "00"})
    for claim in _CLAIMS:
        sealed(f"that claims {claim}", summary={**document["summary"], **claim})
    twice = make_report({"challenge": "c"}, (*rows, rows[0]), complete=True)
    broken.append(("with a result twice", encode_report(twice)))
    odd = make_report({"challenge": ""}, (_ALL[0]._replace(subtype="none"),), complete=True)
    broken.append(("with an unknown subtype", encode_report(odd)))
    if results_digest(other) == results_digest(document["results"]):
        yield "the digest of the results does not depend on them"
    for what, content in broken:
        try:
            parse_report(content)
        except SuiteError:
            continue
        yield f"a report {what} is read"
