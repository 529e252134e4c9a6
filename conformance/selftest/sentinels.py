"""Implementations that are wrong from one end to the other, and what the runner has to say of them.

A runner that lets one of these pass, or says something else of it, proves nothing about anybody.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Dict, Final, Iterator, List, Mapping, NamedTuple, Sequence, Set

from conformance.adapters.inprocess import InProcessAdapter
from conformance.adapters.process import ProcessAdapter
from conformance.adapters.protocol import Adapter
from conformance.challenge import fresh_cases
from conformance.operations import MANDATORY
from conformance.plan import Case, challenge_cases
from conformance.report.document import Report
from conformance.results import Result
from conformance.selftest.running import (
    QUICK,
    declared,
    every_case,
    in_process,
    reference,
    run,
    sample,
)

__all__ = ["SENTINELS", "Sentinel"]

Faults = Iterator[str]


class Sentinel(NamedTuple):
    """One implementation that is wrong, or nearly right."""

    name: str
    about: str
    check: Callable[[], Faults]
    """Runs it; yields what the runner says and should not, or does not say."""


_PASSED: Final = ("pass", "pass_verdict_only")


# --- What can be said of results ------------------------------------------------------------------


def _expect(results: Sequence[Result], allowed: Set[str], what: str) -> Faults:
    """Yield a fault where a result is none of `status/subtype` that are allowed."""
    counted = Counter(_word(one) for one in results)
    for word, count in counted.items():
        if word not in allowed:
            example = next(one.id for one in results if _word(one) == word)
            yield f"{count} of {len(results)} {what} are {word}, such as {example}"
    if not results:
        yield f"there are no {what}"


def _word(result: Result) -> str:
    return f"{result.status}/{result.subtype}" if result.subtype else result.status


def _negatives(report: Report) -> List[Result]:
    return [one for one in report.results if one.negative]


def _positives(report: Report) -> List[Result]:
    return [one for one in report.results if not one.negative]


def _every_file_fails(report: Report, cases: Sequence[Case]) -> Faults:
    failed = {one.id for one in report.failures}
    for file in dict.fromkeys(case.file for case in cases):
        if not any(case.id in failed for case in cases if case.file == file):
            yield f"nothing of {file} fails"


def _proves_nothing(report: Report) -> Faults:
    if report.verdict.conformant or report.verdict.level != "none":
        yield f"the verdict is {report.verdict.level}, conformant {report.verdict.conformant}"
    if not report.verdict.because:
        yield "the verdict gives no reason"
    yield from _explained(report)


def _explained(report: Report) -> Faults:
    for result in report.failures:
        explanation = result.explanation
        if explanation is None or not all(explanation):
            yield f"{result.id} fails and is not fully explained"
            return


# --- Those that answer everything alike -----------------------------------------------------------


def _accept_all() -> Faults:
    cases = every_case()
    report = run(cases, in_process(lambda _op, _given: {"ok": {}}))
    yield from _expect(_negatives(report), {"fail/accepted_invalid"}, "refusals")
    yield from _every_file_fails(report, cases)
    yield from _proves_nothing(report)


def _reject_all() -> Faults:
    cases = every_case()
    refusal = {"reject": {"stage": "envelope", "reason": "tag", "native": "no"}}
    report = run(cases, in_process(lambda _op, _given: refusal))
    yield from _expect(_positives(report), {"fail/rejected_valid"}, "valid inputs")
    allowed = {"inconclusive", "fail/wrong_reason", "fail/released_early"}
    yield from _expect(_negatives(report), allowed, "refusals")
    yield from _every_file_fails(report, cases)
    yield from _proves_nothing(report)


def _reject_silently() -> Faults:
    cases = every_case()
    report = run(cases, in_process(lambda _op, _given: {"reject": {}}, reasons="none"))
    yield from _expect(_positives(report), {"fail/rejected_valid"}, "valid inputs")
    yield from _expect(_negatives(report), {"inconclusive", "fail/released_early"}, "refusals")
    yield from _proves_nothing(report)


def _echo() -> Faults:
    cases = every_case()
    report = run(cases, in_process(lambda _op, given: {"ok": dict(given)}))
    yield from _expect(_negatives(report), {"fail/accepted_invalid"}, "refusals")
    yield from _expect(_positives(report), {"fail/wrong_output"}, "valid inputs")
    yield from _proves_nothing(report)


def _error_all() -> Faults:
    cases = sample(3)
    report = run(cases, in_process(lambda _op, _given: {"error": {"message": "no"}}))
    yield from _expect(report.results, {"fail/error"}, "results")
    yield from _proves_nothing(report)


# --- Those that do not answer ---------------------------------------------------------------------


def _crash_all() -> Faults:
    def crash(_op: str, _given: Mapping[str, Any]) -> Mapping[str, Any]:
        raise RuntimeError("died")

    report = run(sample(3), in_process(crash))
    yield from _expect(report.results, {"crash", "blocked"}, "results")
    yield from _proves_nothing(report)
    report = run(_few(), _program("sys.exit(0)"))
    yield from _expect(report.results, {"crash"}, "results of the process")
    yield from _proves_nothing(report)


def _hang() -> Faults:
    started = time.monotonic()
    cases = _few()
    report = run(cases, _program("time.sleep(600)"), QUICK._replace(timeout=0.3))
    yield from _expect(report.results, {"timeout", "blocked"}, "results")
    if [one.id for one in report.results] != [case.id for case in cases]:
        yield "not every case is in the report once"
    if time.monotonic() - started > 30:
        yield "it took longer than the time limits allow"
    yield from _proves_nothing(report)


def _garbage() -> Faults:
    report = run(_few(), _program("print('{', flush=True); sys.exit(0)"))
    yield from _expect(report.results, {"crash", "protocol_error"}, "results")
    yield from _proves_nothing(report)


def _few() -> Sequence[Case]:
    return [case for case in every_case() if case.file == "keys/address"][:5]


_PROGRAM: Final = """\
import json, sys, time
hello = {hello!r}
for line in sys.stdin:
    request = json.loads(line)
    if request["op"] == "hello":
        print(json.dumps({{"id": request["id"], "ok": json.loads(hello)}}), flush=True)
    else:
        {body}
"""


def _program(body: str) -> Callable[[], Adapter]:
    """Return what starts a process that greets, and does `body` for each request."""
    source = _PROGRAM.format(hello=json.dumps(declared()), body=body)

    def start() -> Adapter:
        adapter = ProcessAdapter([sys.executable, "-I", "-S", "-c", source])
        adapter.start()
        return adapter

    return start


# --- Those that know the answers ------------------------------------------------------------------


def _answer_key() -> Faults:
    cases = sample(2)
    plain = run(cases, in_process(lambda _op, _given: {"ok": {}}))
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "adapter.py")
        shutil.copyfile(str(Path(__file__).with_name("answer_key.py")), str(program))

        def start() -> Adapter:
            adapter = ProcessAdapter(
                [sys.executable, "-I", "-S", str(program), json.dumps(declared())]
            )
            adapter.start()
            return adapter

        searching = run(cases, start)
    for one, other in zip(plain.results, searching.results):
        if _word(one) != _word(other):
            yield f"{one.id}: {_word(other)} where answers are looked for, else {_word(one)}"
            return


def _observer() -> Faults:
    """Watch the requests: they may say nothing about the test, and come in another order."""
    cases = sample(2)
    first, again, other = (_watched(cases, seed) for seed in ("1", "1", "2"))
    ids = [str(request["id"]) for request in (*first, *again, *other)]
    if len(ids) != 3 * len(cases) or len(set(ids)) != len(ids):
        yield "ids of requests are used twice, or requests are missing"
    if any(set(request) != {"id", "op", "in"} for request in first):
        yield "a request has other members than id, op and in"
    if any(one["op"] in one["id"] or "/" in one["id"] for one in first):
        yield "the id of a request says something about the test"
    given = [_told(case.op, case.vector.given) for case in cases if case.vector]
    orders = [[_told(one["op"], one["in"]) for one in asked] for asked in (first, again, other)]
    if sorted(given) != sorted(orders[0]):
        yield "what is asked is not the input of the vectors"
    if orders[0] != orders[1]:
        yield "one seed gives two orders"
    if given in orders or orders[0] == orders[2]:
        yield "the order does not depend on the seed"


def _watched(cases: Sequence[Case], seed: str) -> Sequence[Mapping[str, Any]]:
    """Return the requests of a run, as they come in."""
    seen: List[Mapping[str, Any]] = []

    def handle(request: Mapping[str, Any]) -> Mapping[str, Any]:
        if request["op"] == "hello":
            return {"id": request["id"], "ok": declared()}
        seen.append(request)
        return {"id": request["id"], "ok": {}}

    run(cases, lambda: InProcessAdapter(handle), QUICK._replace(seed=seed))
    return seen


def _told(op: str, given: Mapping[str, Any]) -> str:
    return json.dumps([op, given], sort_keys=True)


_CHALLENGED: Final = ("envelope/open", "keys/public", "primitives/aead_open", "stream/answer")
"""Files that are made quickly and depend on the seed."""


def _table() -> Faults:
    """An adapter that knows every published answer passes them all, and no fresh one."""
    known: Dict[str, Mapping[str, Any]] = {}
    for case in every_case():
        if case.vector is not None:
            known[_told(case.op, case.vector.given)] = _answer_of(case)
    nothing: Mapping[str, Any] = {"reject": {"stage": "envelope", "reason": "tag"}}
    opened = in_process(lambda op, given: known.get(_told(op, given), nothing))
    report = run(every_case(), opened)
    yield from _expect(report.results, {"pass"}, "published vectors")
    cases = [case for case in every_case() if case.file in _CHALLENGED]
    fresh = challenge_cases(cases)
    make = fresh_cases(fresh, "selftest", jobs=0)
    report = run(fresh, opened, fresh=make)
    for file in _CHALLENGED:
        names = {case.id for case in fresh if case.file == file}
        if not any(one.id in names for one in report.failures):
            yield f"a table of the published answers passes the challenges of {file}"
    honest = run(fresh, in_process(reference), fresh=make)
    yield from _expect(honest.results, {"pass"}, "challenges of the reference")


def _answer_of(case: Case) -> Mapping[str, Any]:
    vector = case.vector
    if vector is None:
        return {}
    expect = vector.expect
    if expect.verdict == "accept":
        return {"ok": dict(expect.out)}
    refusal: Dict[str, Any] = {"stage": expect.stage, "reason": expect.reasons[0]}
    if expect.released is not None:
        refusal["released"] = expect.released
    return {"reject": refusal}


# --- Those that are nearly right ------------------------------------------------------------------


def _wrong_reason() -> Faults:
    def reply(op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = reference(op, given)
        if "reject" not in answer:
            return answer
        other = "key" if answer["reject"]["stage"] != "key" else "envelope"
        return {"reject": {**answer["reject"], "stage": other, "reason": "malformed"}}

    report = run(sample(3), in_process(reply))
    yield from _expect(_positives(report), {"pass"}, "valid inputs")
    yield from _expect(_negatives(report), {"fail/wrong_reason"}, "refusals")
    yield from _proves_nothing(report)


def _right_stage() -> Faults:
    def reply(op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = reference(op, given)
        if "reject" not in answer:
            return answer
        return {"reject": {**answer["reject"], "reason": "something"}}

    report = run(sample(3), in_process(reply))
    yield from _expect(_negatives(report), {"fail/wrong_reason"}, "refusals")


def _no_reasons() -> Faults:
    def reply(op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = reference(op, given)
        if "reject" not in answer:
            return answer
        kept = answer["reject"].get("released")
        return {"reject": {} if kept is None else {"released": kept}}

    report = run(sample(3), in_process(reply, reasons="none"))
    yield from _expect(_positives(report), {"pass"}, "valid inputs")
    yield from _expect(_negatives(report), {"pass_verdict_only"}, "refusals")
    if report.failures:
        yield "a right verdict without a reason fails"


def _over_strict() -> Faults:
    """Refuses what is valid, and gives the right reason for the rest: no control passes."""

    def reply(op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = reference(op, given)
        return answer if "reject" in answer else {"reject": {"stage": "key", "reason": "form"}}

    report = run(sample(3), in_process(reply))
    yield from _expect(_positives(report), {"fail/rejected_valid"}, "valid inputs")
    yield from _expect(_negatives(report), {"inconclusive"}, "refusals")
    yield from _proves_nothing(report)


def _flaky() -> Faults:
    """Fails the first time that it is asked something, and is right the second time."""

    def opened() -> Callable[[], Adapter]:
        asked: Set[str] = set()

        def reply(op: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
            told = _told(op, given)
            if told in asked:
                return reference(op, given)
            asked.add(told)
            return {"error": {"message": "the first time"}}

        return in_process(reply)

    cases = sample(2)
    report = run(cases, opened())
    yield from _expect(report.results, {"fail/error"}, "results without retries")
    report = run(cases, opened(), QUICK._replace(retries=1))
    yield from _expect(report.results, {"flaky/error", "flaky"}, "results with a retry")
    yield from _proves_nothing(report)


# --- Those whose hello is not true ----------------------------------------------------------------


def _unsupported() -> Faults:
    report = run(sample(3), in_process(lambda op, _given: {"unsupported": op}))
    allowed = {"fail/false_advertising", "not_applicable"}
    yield from _expect(report.results, allowed, "results")
    yield from _expect(_negatives(report), {"fail/false_advertising"}, "refusals")
    yield from _proves_nothing(report)


def _nothing_declared() -> Faults:
    report = run(sample(3), in_process(reference, operations={}))
    mandatory = [one for one in report.results if one.op in MANDATORY]
    others = [one for one in report.results if one.op not in MANDATORY]
    yield from _expect(mandatory, {"fail/missing_mandatory"}, "mandatory operations")
    yield from _expect(others, {"not_applicable"}, "optional operations")
    yield from _proves_nothing(report)


def _honest() -> Faults:
    report = run(sample(), in_process(reference))
    yield from _expect(report.results, {"pass"}, "results")
    if not report.verdict.conformant:
        yield f"the reference is not conformant: {report.verdict.because}"


SENTINELS: Final = (
    Sentinel("honest", "the reference itself", _honest),
    Sentinel("accept-all", "accepts everything, and returns nothing", _accept_all),
    Sentinel("reject-all", "refuses everything, for one reason", _reject_all),
    Sentinel("reject-silently", "refuses everything, and gives no reason", _reject_silently),
    Sentinel("echo", "accepts everything, and returns its input", _echo),
    Sentinel("error-all", "reports an error of its own for everything", _error_all),
    Sentinel("crash-all", "dies of everything", _crash_all),
    Sentinel("hang", "never answers", _hang),
    Sentinel("garbage", "prints half a line and ends", _garbage),
    Sentinel("answer-key", "looks for the answers around it", _answer_key),
    Sentinel("observer", "looks at the ids and the order of what it is asked", _observer),
    Sentinel("table", "knows every published answer, and nothing else", _table),
    Sentinel("wrong-reason", "is right, but gives another reason and stage", _wrong_reason),
    Sentinel("right-stage", "is right, but gives another reason of the stage", _right_stage),
    Sentinel("no-reasons", "is right, and gives no reasons", _no_reasons),
    Sentinel("over-strict", "refuses what is valid, and is right about the rest", _over_strict),
    Sentinel("flaky", "fails the first time, and is right the second time", _flaky),
    Sentinel("unsupported", "declares everything, and supports nothing", _unsupported),
    Sentinel("nothing-declared", "declares nothing", _nothing_declared),
)
"""In the order in which they run."""
