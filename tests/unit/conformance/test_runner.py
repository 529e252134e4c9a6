from __future__ import annotations

import random
import threading
import time
from typing import Any, Callable, Dict, List, Optional, Sequence, Set

import pytest

from conformance.adapters.protocol import Adapter, AdapterFailure, StartFailure
from conformance.exits import exit_code
from conformance.plan import Case, challenge_cases
from conformance.report.document import make_report, results_digest
from conformance.results import STATUSES, Result
from conformance.runner import Run, Settings, State, run_cases
from conformance.vectors import Vector
from tests.unit.conformance.scripted import (
    Change,
    Reply,
    Scripted,
    case_of,
    cases_of,
    every_case,
    hello,
)

OPEN = cases_of("envelope/open")
KEYS = cases_of("keys/parse", "keys/public")


def run(cases: Sequence[Case], change: Optional[Change] = None, **settings: Any) -> Run:
    adapter = Scripted(cases, change) if change else Scripted(cases)
    return run_cases(cases, lambda: adapter, Settings(**settings))


def only(run: Run) -> Result:
    (result,) = run.results
    return result


def statuses(run: Run) -> Set[str]:
    return {row.status for row in run.results}


def reject_with(**reject: str) -> Change:
    return lambda _vector, _reply: {"reject": dict(reject)}


def test_right_answers_pass() -> None:
    done = run(KEYS)
    assert statuses(done) == {"pass"}
    assert done.complete
    assert not done.not_started
    assert [row.id for row in done.results] == [case.id for case in KEYS]
    assert exit_code(make_report({}, done.results, complete=True)) == 0


# --- Each kind of result once --------------------------------------------------------------------


def fails(kind: str) -> Change:
    def change(_vector: Vector, _reply: Reply) -> Reply:
        raise AdapterFailure(kind, "it did", "last words")

    return change


NEGATIVE, POSITIVE = "field.open/tag-last-bit", case_of("field.open/tag-last-bit").control

KINDS: Dict[str, Any] = {
    "accepted_invalid": (NEGATIVE, lambda _vector, _reply: {"ok": {"text": "x"}}),
    "rejected_valid": (POSITIVE, reject_with(stage="envelope", reason="tag")),
    "wrong_output": (POSITIVE, lambda _vector, _reply: {"ok": {"text": "something else"}}),
    "wrong_reason": (NEGATIVE, reject_with(stage="envelope", reason="utf8")),
    "false_advertising": (POSITIVE, lambda _vector, _reply: {"unsupported": "not today"}),
    "error": (POSITIVE, lambda _vector, _reply: {"error": {"message": "oh", "trace": "line 1"}}),
    "crash": (POSITIVE, fails("crash")),
    "timeout": (POSITIVE, fails("timeout")),
    "protocol_error": (POSITIVE, fails("protocol_error")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_way_to_fail_has_its_own_word(kind: str) -> None:
    name, change = KINDS[kind]
    row = only(run([case_of(name)._replace(control="")], change))
    assert kind in (row.subtype, row.status)
    assert STATUSES[row.status].fails
    assert row.explanation is not None
    assert all(row.explanation), row.explanation
    assert f"--case {name} --seed 0" in row.explanation.repro


def test_what_a_process_wrote_last_is_attached() -> None:
    row = only(run([case_of(POSITIVE)], fails("crash")))
    assert row.attachments["stderr"] == "last words"


def test_the_wrong_stage_is_a_wrong_reason() -> None:
    row = only(
        run([case_of(NEGATIVE)._replace(control="")], reject_with(stage="key", reason="tag"))
    )
    assert row.subtype == "wrong_reason"


@pytest.mark.parametrize("reply", [{}, {"native": "InvalidTag"}])
def test_a_refusal_without_a_reason_is_a_verdict_and_no_more(reply: Dict[str, str]) -> None:
    row = only(run([case_of(NEGATIVE)._replace(control="")], reject_with(**reply)))
    assert row.status == "pass_verdict_only"


def test_reasons_that_are_not_declared_are_not_believed() -> None:
    case = case_of(NEGATIVE)._replace(control="")
    adapter = Scripted([case], says=hello(reasons="none"))
    assert only(run_cases([case], lambda: adapter)).status == "pass_verdict_only"


def streamed() -> Case:
    return next(
        case
        for case in cases_of("stream/faults")
        if case.vector and case.vector.expect.released and case.negative
    )._replace(control="")


@pytest.mark.parametrize("reasons", ["coded", "none"])
def test_what_was_shown_before_a_failure_counts_also_without_a_reason(reasons: str) -> None:
    case = streamed()

    def change(_vector: Vector, _reply: Reply) -> Reply:
        return {"reject": {"released": [{"kind": "content", "text": "forged"}]}}

    adapter = Scripted([case], change, says=hello(reasons=reasons))
    row = only(run_cases([case], lambda: adapter))
    assert (row.status, row.subtype) == ("fail", "released_early")


def test_a_mandatory_operation_has_to_be_there_and_another_need_not() -> None:
    cases = [case_of(POSITIVE), cases_of("keys/public")[0]]
    adapter = Scripted(cases, says=hello(operations=["kdf.derive"]))
    first, second = run_cases(cases, lambda: adapter).results
    assert (first.status, first.subtype) == ("fail", "missing_mandatory")
    assert second.status == "not_applicable"
    assert adapter.asked == []


def test_a_profile_decides_what_is_mandatory() -> None:
    case = case_of(POSITIVE)
    adapter = Scripted([case], says=hello(operations=[]))
    done = run_cases([case], lambda: adapter, Settings(profile="attestation-verifier"))
    assert only(done).status == "not_applicable"


def test_a_feature_that_is_not_declared_does_not_apply() -> None:
    case = next(case for case in every_case() if "lone-surrogates" in case.needs)
    adapter = Scripted([case], says=hello(features=frozenset()))
    assert only(run_cases([case], lambda: adapter)).status == "not_applicable"


def test_key_derivation_beyond_the_protocol_may_be_lacking() -> None:
    cases = cases_of("primitives/kdf")
    done = run(cases, lambda _vector, _reply: {"unsupported": "other parameters"})
    found = {row.id: row.status for row in done.results}
    assert found["kdf.derive/rfc5869-a1"] == "not_applicable"
    assert found["kdf.derive/protocol"] == "fail"


def test_a_root_that_cannot_be_given_is_not_testable_and_no_refusal_of_honest_evidence() -> None:
    case = next(
        case
        for case in every_case()
        if case.vector and not case.negative and "root" in case.vector.given
    )

    says = hello(operations=[case.op], trust_anchors=False)
    adapter = Scripted([case], reject_with(stage="certificate", reason="root"), says=says)
    row = only(run_cases([case], lambda: adapter))
    assert row.subtype == "not_testable"
    assert "trust_anchors" in row.detail


@pytest.mark.parametrize(("strict", "status"), [(False, "warn"), (True, "fail")])
def test_a_should_warns_unless_it_is_strict(strict: bool, status: str) -> None:
    case = case_of(POSITIVE)._replace(keyword="SHOULD")
    row = only(run([case], lambda _vector, _reply: {"ok": {"text": ""}}, strict=strict))
    assert row.status == status
    assert row.explanation is not None


def test_a_mistake_of_the_suite_is_no_failure_of_the_implementation() -> None:
    row = only(run([case_of(POSITIVE)._replace(vector=None)]))
    assert row.status == "harness_error"
    assert exit_code(make_report({}, [row], complete=True)) == 3


# --- Controls ------------------------------------------------------------------------------------


def test_who_refuses_everything_passes_nothing() -> None:
    done = run(OPEN, lambda _vector, _reply: {"reject": {}})
    assert statuses(done) == {"fail", "inconclusive"}
    assert all(row.status == "inconclusive" for row in done.results if row.negative)


def test_who_accepts_everything_passes_no_refusal() -> None:
    def change(_vector: Vector, reply: Reply) -> Reply:
        return reply if "ok" in reply else {"ok": {"text": ""}}

    assert {row.status for row in run(OPEN, change).results if row.negative} == {"fail"}


def test_a_failing_refusal_is_a_failure_also_where_its_control_failed() -> None:
    cases = [case_of(POSITIVE), case_of(NEGATIVE)]

    def change(_vector: Vector, reply: Reply) -> Reply:
        return {"reject": {}} if "ok" in reply else {"ok": {"text": ""}}

    by_id = {row.id: row for row in run(cases, change).results}
    assert by_id[NEGATIVE].status == "fail"


def test_where_the_control_does_not_apply_its_refusals_do_not_either() -> None:
    positive, negative = case_of(POSITIVE), case_of(NEGATIVE)
    cases = [positive._replace(needs=frozenset({"unheard-of"})), negative]
    by_id = {row.id: row for row in run(cases).results}
    assert by_id[NEGATIVE].status == "not_applicable"


def test_a_refusal_whose_control_was_skipped_is_inconclusive() -> None:
    cases = [case_of(POSITIVE), case_of(NEGATIVE)]
    done = run_cases(cases, lambda: Scripted(cases), skipped={POSITIVE: "hangs, see #1"})
    first, second = sorted(done.results, key=lambda row: row.negative)
    assert (first.status, first.detail) == ("deselected", "hangs, see #1")
    assert second.status == "inconclusive"


# --- What reaches the implementation -------------------------------------------------------------


def test_only_operation_and_input_are_shown_in_an_order_that_the_seed_decides() -> None:
    orders: List[List[Any]] = []
    for seed in ("a", "a", "b"):
        adapter = Scripted(KEYS)
        run_cases(KEYS, lambda adapter=adapter: adapter, Settings(seed=seed))  # type: ignore[misc]
        orders.append(adapter.asked)
        wanted = [(case.op, case.vector.given) for case in KEYS if case.vector]
        assert sorted(map(str, adapter.asked)) == sorted(map(str, wanted))
    assert orders[0] == orders[1] != orders[2]


def test_the_same_results_with_any_number_of_workers_and_any_seed() -> None:
    def change(vector: Vector, reply: Reply) -> Reply:
        if "tag" in vector.id:
            return {"ok": {"text": "x"}}
        if "utf8" in vector.id:
            raise AdapterFailure("crash", "it died")
        return reply

    digests = set()
    for seed, jobs in (("1", 1), ("1", 4), ("2", 4)):
        done = run_cases(OPEN, lambda: Scripted(OPEN, change), Settings(seed=seed, jobs=jobs))
        rows = [row._replace(explanation=None).to_json() for row in done.results]
        digests.add(results_digest(rows))
    assert len(digests) == 1


def test_every_adapter_is_closed() -> None:
    made: List[Scripted] = []

    def open_adapter() -> Adapter:
        made.append(Scripted(KEYS))
        return made[-1]

    run_cases(KEYS, open_adapter, Settings(jobs=3))
    assert made
    assert all(adapter.closed for adapter in made)


# --- When it goes wrong --------------------------------------------------------------------------


def once_each(done: Run, cases: Sequence[Case]) -> None:
    assert [row.id for row in done.results] == [case.id for case in cases]


def test_an_adapter_that_cannot_be_started_leaves_every_test_blocked() -> None:
    def open_adapter() -> Adapter:
        raise StartFailure("crash", "there is no program", "Traceback\nboom\n")

    done = run_cases(OPEN, open_adapter)
    once_each(done, OPEN)
    assert statuses(done) == {"blocked"}
    assert "there is no program" in done.not_started
    assert "boom" in done.not_started
    assert exit_code(make_report({}, done.results, complete=done.complete)) == 7
    assert all(all(row.explanation or ("",)) for row in done.results)


def test_an_adapter_that_cannot_be_started_again_blocks_the_rest() -> None:
    left = [5]

    def change(_vector: Vector, reply: Reply) -> Reply:
        left[0] -= 1
        if left[0] < 0:
            raise StartFailure("crash", "three times in a row")
        return reply

    done = run(KEYS, change)
    once_each(done, KEYS)
    counts = make_report({}, done.results, complete=True).counts
    assert counts["blocked"] >= len(KEYS) - 5 - 1
    assert exit_code(make_report({}, done.results, complete=True)) == 1


def test_a_failed_probe_blocks_everything() -> None:
    adapter = Scripted(KEYS)
    done = run_cases(KEYS, lambda: adapter, probe=lambda: "it answers what nobody knows")
    assert statuses(done) == {"blocked"}
    assert adapter.asked == []
    assert "what nobody knows" in done.not_started


def test_a_silent_adapter_is_not_asked_for_ever() -> None:
    adapter = Scripted(OPEN, fails("timeout"))
    done = run_cases(OPEN, lambda: adapter)
    once_each(done, OPEN)
    assert len(adapter.asked) == 3
    assert statuses(done) == {"timeout", "blocked"}


def test_an_adapter_that_falls_silent_is_not_asked_for_ever() -> None:
    answered: List[str] = []

    def change(vector: Vector, reply: Reply) -> Reply:
        if len(answered) > 20:
            raise AdapterFailure("timeout", "no reply")
        answered.append(vector.id)
        return reply

    adapter = Scripted(OPEN, change)
    done = run_cases(OPEN, lambda: adapter)
    assert len(adapter.asked) == 21 + 10
    once_each(done, OPEN)


def test_one_that_always_dies_is_given_up_and_passes_nothing() -> None:
    cases = every_case()[:300]
    ops = sorted({case.op for case in cases})
    adapter = Scripted(cases, fails("crash"), says=hello(operations=ops))
    done = run_cases(cases, lambda: adapter)
    once_each(done, cases)
    assert statuses(done) == {"crash", "blocked"}
    assert len(adapter.asked) == 100


@pytest.mark.parametrize("jobs", [1, 3])
def test_it_stops_after_as_many_failures_as_were_asked_for(jobs: int) -> None:
    def change(_vector: Vector, reply: Reply) -> Reply:
        return {"error": {"message": "oh"}} if "ok" in reply else reply

    done = run(OPEN, change, max_failures=2, jobs=jobs)
    once_each(done, OPEN)
    counts = make_report({}, done.results, complete=True).counts
    assert 2 <= counts["fail"] <= 1 + jobs
    assert counts["deselected"] > 50
    assert "inconclusive" not in {
        row.status for row in done.results if row.control not in {r.id for r in done.results}
    }


def test_an_interruption_leaves_a_report_of_what_was_executed() -> None:
    seen: List[State] = []
    release = threading.Event()

    def change(_vector: Vector, reply: Reply) -> Reply:
        if seen:
            release.wait(1)
        time.sleep(0.02)
        return reply

    def progress(state: State) -> None:
        seen.append(state)
        if state.done >= 3:
            raise KeyboardInterrupt

    done = run_cases(KEYS, lambda: Scripted(KEYS, change), progress=progress)
    release.set()
    once_each(done, KEYS)
    assert not done.complete
    assert statuses(done) >= {"pass", "blocked"}
    report = make_report({}, done.results, complete=done.complete)
    assert exit_code(report) == 2
    assert not report.verdict.conformant
    for row in done.results:
        if row.status in ("blocked", "inconclusive"):
            assert row.explanation is not None
            told = f"{row.explanation.got} {row.explanation.hint}"
            assert "adapter" not in told
            assert "did not pass" not in told


def test_a_failure_that_passes_when_repeated_is_flaky() -> None:
    failed: Set[str] = set()

    def change(vector: Vector, reply: Reply) -> Reply:
        if vector.id == POSITIVE and POSITIVE not in failed:
            failed.add(POSITIVE)
            return {"ok": {"text": "x"}}
        return reply

    cases = [case_of(POSITIVE), case_of(NEGATIVE)]
    first, second = sorted(run(cases, change, retries=2).results, key=lambda row: row.negative)
    assert (first.status, first.subtype) == ("flaky", "wrong_output")
    assert first.detail.startswith("wrong_output: /text")
    assert "attempt 2 passed" in first.detail
    assert second.status == "pass"


def test_a_failure_that_stays_is_none_that_is_flaky() -> None:
    row = only(run([case_of(POSITIVE)], lambda _vector, _reply: {"ok": {}}, retries=2))
    assert (row.status, row.subtype) == ("fail", "wrong_output")


def test_repeating_until_a_test_fails_finds_what_is_rare() -> None:
    count: List[int] = []

    def change(_vector: Vector, reply: Reply) -> Reply:
        count.append(1)
        return reply if len(count) < 4 else {"ok": {}}

    assert only(run([case_of(POSITIVE)], change, repeat=3)).status == "pass"
    count.clear()
    assert only(run([case_of(POSITIVE)], change, repeat=10)).status == "fail"
    assert len(count) == 4


# --- Vectors made for the run --------------------------------------------------------------------


def test_fresh_vectors_are_asked_and_have_controls_among_themselves() -> None:
    cases = [*KEYS, *challenge_cases(KEYS)]

    def fresh(add: Callable[[Sequence[Case]], None], stopped: Callable[[], bool]) -> None:
        assert not stopped()
        add([case for case in cases if case.kind == "challenge"])

    done = run_cases(cases, lambda: Scripted(KEYS), fresh=fresh)
    once_each(done, cases)
    assert statuses(done) == {"pass"}
    assert {row.control.partition("/")[0] for row in done.results if row.kind == "challenge"} == {
        "challenge",
        "",
    }


def test_a_fresh_vector_that_is_not_made_is_a_mistake_of_the_suite() -> None:
    cases = [*KEYS, *challenge_cases(KEYS)]
    done = run_cases(cases, lambda: Scripted(KEYS), fresh=lambda _add, _stopped: None)
    once_each(done, cases)
    assert {row.status for row in done.results if row.kind == "challenge"} == {"harness_error"}


def test_a_generator_that_breaks_is_a_mistake_of_the_suite() -> None:
    def fresh(_add: Any, _stopped: Any) -> None:
        raise ZeroDivisionError("oh")

    challenges = challenge_cases(KEYS)
    done = run_cases([*KEYS, *challenges], lambda: Scripted(KEYS), fresh=fresh)
    broken = [row for row in done.results if row.kind == "challenge"]
    assert all("ZeroDivisionError" in row.detail for row in broken)


# --- Conversations -------------------------------------------------------------------------------

SCENARIOS = tuple(case for case in every_case() if case.kind == "scenario")[:6]


class Driver:
    features = frozenset({"dcap"})
    reasons = "coded"
    closed = 0

    def close(self) -> None:
        Driver.closed += 1


def stub(monkeypatch: pytest.MonkeyPatch, status: str, subtype: str = "") -> None:
    import conformance.scenarios.run

    def run_attack(attack: Any, _driver: Any, **_rest: Any) -> Result:
        case = next(case for case in SCENARIOS if case.attack == attack)
        return Result(
            case.id, "scenario", status, subtype, "seen", case.op, case.req, case.keyword,
            case.importance, case.negative, case.control, 0.1,
        )  # fmt: skip

    monkeypatch.setattr(conformance.scenarios.run, "run_attack", run_attack)


@pytest.mark.parametrize("subtype", ["leak", "wrong_requests", "incomplete", "released_early"])
def test_the_results_of_scenarios_are_kept(monkeypatch: pytest.MonkeyPatch, subtype: str) -> None:
    stub(monkeypatch, "fail", subtype)
    done = run_cases(SCENARIOS, None, open_driver=Driver)
    assert {row.subtype for row in done.results if row.status == "fail"} == {subtype}
    assert all(all(row.explanation) for row in done.results if row.explanation)
    assert all(row.explanation for row in done.results if row.status == "fail")


def test_what_a_client_does_not_do_does_not_apply(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "pass")
    done = run_cases(SCENARIOS, None, open_driver=Driver)
    for row, case in zip(done.results, SCENARIOS):
        assert row.status == ("pass" if case.needs <= Driver.features else "not_applicable")


def test_an_adapter_without_conversations_misses_a_mandatory_operation() -> None:
    done = run_cases(SCENARIOS, lambda: Scripted([]))
    assert {(row.status, row.subtype) for row in done.results} == {("fail", "missing_mandatory")}


def test_a_client_alone_leaves_the_vectors_out(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, "pass")
    cases = [*KEYS, *SCENARIOS]
    done = run_cases(cases, None, open_driver=Driver)
    once_each(done, cases)
    assert {row.status for row in done.results if row.kind == "vector"} == {"deselected"}


def test_one_that_may_not_be_asked_twice_at_once_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    import conformance.scenarios.run

    asking, most = [0], [0]

    def busy() -> None:
        asking[0] += 1
        most[0] = max(most[0], asking[0])
        time.sleep(0.002)
        asking[0] -= 1

    def change(_vector: Vector, reply: Reply) -> Reply:
        busy()
        return reply

    stub(monkeypatch, "pass")
    stubbed = conformance.scenarios.run.run_attack

    def run_attack(*arguments: Any, **rest: Any) -> Result:
        busy()
        return stubbed(*arguments, **rest)

    monkeypatch.setattr(conformance.scenarios.run, "run_attack", run_attack)
    cases = [*KEYS, *SCENARIOS]
    says = hello(operations=[*hello().operations, "client.chat"])
    settings = Settings(jobs=3, exclusive=True)
    done = run_cases(cases, lambda: Scripted(KEYS, change, says), settings)
    once_each(done, cases)
    assert statuses(done) <= {"pass", "not_applicable"}
    assert most == [1]


def test_a_worker_that_dies_is_a_mistake_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    import conformance.runner

    def broken(*_arguments: Any) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(conformance.runner, "execute", broken)
    done = run(KEYS)
    once_each(done, KEYS)
    assert statuses(done) == {"harness_error"}
    assert "ZeroDivisionError" in done.warnings[0]


# --- Ids -----------------------------------------------------------------------------------------


def test_every_selected_test_is_there_once_whatever_the_adapter_does() -> None:
    dice = random.Random("ids")

    def change(_vector: Vector, reply: Reply) -> Reply:
        roll = dice.random()
        if roll < 0.1:
            raise AdapterFailure("crash", "it died")
        if roll < 0.12:
            raise AdapterFailure("timeout", "no reply")
        if roll < 0.2:
            return {"error": {"message": "?"}}
        return reply

    cases = [*OPEN, *KEYS]
    done = run_cases(cases, lambda: Scripted(cases, change), Settings(jobs=3, retries=1))
    once_each(done, cases)
    for row in done.results:
        if STATUSES[row.status].fails:
            assert row.explanation is not None
            assert all(row.explanation)
