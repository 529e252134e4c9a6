"""What a run becomes under a file of expected failures: every rule, and that each can bite."""

from __future__ import annotations

from datetime import date
from typing import Dict, NamedTuple, Tuple

import pytest

from conformance.expectations import MAX_COVERED, Facts, apply, parse, signature_of, to_skip
from conformance.levels import judge_run
from conformance.results import STATUSES, Result
from tests.unit.conformance.expecting import (
    IDS,
    LINUX,
    TODAY,
    UNSAID,
    result,
    results_of,
    run_under,
)

TAG = "field.open/tag-last-bit"
ACCEPTED = ("fail:accepted_invalid", "expected a refusal as envelope:tag")
CUTS = [name for name in IDS if name.startswith("quote.parse/")]


class Situation(NamedTuple):
    text: str
    failing: Dict[str, Tuple[str, str]]
    code: int
    said: str
    """Part of what somebody reads."""


SITUATIONS: Dict[str, Situation] = {
    "fails as listed": Situation(
        f"xfail {TAG} accepted_invalid | no tag check\n", {TAG: ACCEPTED}, 0,
        "(expected: no tag check; a.xfail:1)",
    ),
    "fails as listed, in full": Situation(
        f"xfail {TAG} accepted_invalid: expected a refusal as envelope:tag | r https://x/1\n",
        {TAG: ACCEPTED}, 0, "(expected: r https://x/1; a.xfail:1)",
    ),
    "not listed": Situation("# nothing\n", {TAG: ACCEPTED}, 1, "expected a refusal"),
    "listed, and passes": Situation(
        f"xfail {TAG} accepted_invalid | no tag check\n", {}, 1,
        "passed, but a.xfail:1 expects 'accepted_invalid': remove the line",
    ),
    "listed, and passes with its verdict only": Situation(
        f"xfail {TAG} accepted_invalid | no tag check\n", {TAG: ("pass_verdict_only", "refused")},
        1, "remove the line",
    ),
    "another kind of failure": Situation(
        f"xfail {TAG} accepted_invalid | no tag check\n", {TAG: ("crash", "exit code 139")}, 1,
        "exit code 139 (a.xfail:1 expects 'accepted_invalid')",
    ),
    "another message": Situation(
        f"xfail {TAG} accepted_invalid: expected to crash | r\n", {TAG: ACCEPTED}, 1,
        "(a.xfail:1 expects 'accepted_invalid: expected to crash')",
    ),
    "no bar": Situation(f"xfail {TAG} accepted_invalid\n", {}, 4, "a.xfail:1: no reason is given"),
    "an empty reason": Situation(f"xfail {TAG} crash | \n", {}, 4, "no reason is given"),
    "an address is no reason": Situation(
        f"xfail {TAG} crash | https://x/1 until=2027-01-01\n", {}, 4, "say why it fails"
    ),
    "a reason that nobody wrote yet": Situation(
        f"xfail {TAG} accepted_invalid | {UNSAID}\n", {TAG: ACCEPTED}, 1,
        f"a.xfail:1: {TAG} has no reason yet; write down why",
    ),
    "no such test": Situation(
        "xfail field.open/tag-last-bits crash | r\n", {}, 4,
        "a.xfail:1: field.open/tag-last-bits names no test of this suite; did you mean field.open/"
        "tag-last-bit",
    ),
    "no such pattern": Situation(
        "\nxfail field.opens/tag-* crash | r\n", {}, 4, "a.xfail:2: field.opens/tag-* names no test"
    ),
    "a folder without its stars": Situation(
        "xfail field.open/ crash | r\n", {}, 4, "field.open/** stands for all below it"
    ),
    "the last day": Situation(
        f"xfail {TAG} accepted_invalid | r until=2026-11-21\n", {TAG: ACCEPTED}, 0, "expected: r;"
    ),
    "the day after": Situation(
        f"xfail {TAG} accepted_invalid | r until=2026-11-20\n", {TAG: ACCEPTED}, 1,
        f"a.xfail:1: {TAG} was expected until 2026-11-20; mend it, or give a new day",
    ),
    "no day": Situation(
        f"xfail {TAG} crash | r until=2026-02-30\n", {}, 4, "until=2026-02-30 is not a day"
    ),
    "a day in words": Situation(
        f"xfail {TAG} crash | r until=tomorrow\n", {}, 4, "write it as until=2027-02-10"
    ),
    "a misspelt member": Situation(
        f"xfail {TAG} crash | r untill=2027-01-01\n", {}, 4, "neither until=YYYY-MM-DD nor if="
    ),
    "as many as a pattern may cover": Situation(
        "xfail quote.parse/cut-at-1* crash | r\n",
        {name: ("crash", "") for name in CUTS if name.split("cut-at-")[1].startswith("1")}, 0,
        "(expected: r;",
    ),
    "more than a pattern may cover": Situation(
        "xfail quote.parse/* crash | r\n", dict.fromkeys(CUTS, ("crash", "")), 1,
        "a.xfail:1: quote.parse/* covers 30 failures, and a pattern may cover 20",
    ),
    "a pattern of which a part passes": Situation(
        "xfail field.open/tag-* accepted_invalid | r\n", {TAG: ACCEPTED}, 1,
        "field.open/tag-first-bit: passed, but a.xfail:1",
    ),
    "the whole and a part": Situation(
        f"xfail field.open/** crash | r\nxfail {TAG} crash | r\n", {}, 4,
        f"a.xfail:2: {TAG} is named by {TAG} and already by field.open/** in line 1",
    ),
    "the same line twice": Situation(
        f"xfail {TAG} crash | r\nskip {TAG} - | r\n", {}, 4, "a test has one expectation"
    ),
    "a word that is no status": Situation(
        f"xfial {TAG} crash | r\n", {}, 4, "xfial is none of xfail, flaky, skip; did you mean xfail"
    ),
    "a word that is no failure": Situation(
        f"xfail {TAG} accepted-invalid | r\n", {}, 4, "did you mean accepted_invalid"
    ),
    "no signature": Situation(
        f"xfail {TAG} - | r\n", {TAG: ACCEPTED}, 1, "does not say how it fails"
    ),
    "too few words": Situation(f"xfail {TAG} | r\n", {}, 4, "a line is `STATUS ID SIGNATURE"),
    "skipped": Situation(
        f"skip {TAG} - | hangs on musl\n", {TAG: ("deselected", "")}, 0,
        "skipped by a.xfail:1: hangs on musl",
    ),
    "skipped too long": Situation(
        f"skip {TAG} - | r until=2026-01-01\n", {TAG: ACCEPTED}, 1, "was expected until 2026-01-01"
    ),
    "skipped with a signature": Situation(f"skip {TAG} crash | r\n", {}, 4, "write `-`"),
    "flaky, and listed": Situation(
        "flaky scenario/slow-stream timeout | CI only\n",
        {"scenario/slow-stream": ("flaky", "timeout: no answer within 5 s")}, 0, "expected: CI",
    ),
    "flaky, listed, and passes at once": Situation(
        "flaky scenario/slow-stream timeout | CI only\n", {}, 0, ""
    ),
    "flaky, and not listed": Situation(
        "", {"scenario/slow-stream": ("flaky", "timeout: no answer")}, 1, "timeout: no answer"
    ),
    "flaky, and listed as failing": Situation(
        "xfail scenario/slow-stream timeout | r\n",
        {"scenario/slow-stream": ("flaky", "timeout: no answer")}, 1, "list it as flaky",
    ),
    "failing, and listed as flaky": Situation(
        "flaky scenario/slow-stream timeout | r\n",
        {"scenario/slow-stream": ("timeout", "no answer")}, 1, "did not pass when it was repeated",
    ),
    "a pattern of flaky tests": Situation(
        "flaky scenario/* timeout | r\n", {}, 4, "list each flaky test by its own id"
    ),
    "for another system": Situation(
        f"xfail {TAG} accepted_invalid | r if=os:windows\n", {TAG: ACCEPTED}, 1,
        "expected a refusal",
    ),
    "for this system": Situation(
        f"xfail {TAG} accepted_invalid | r if=os:linux\n", {TAG: ACCEPTED}, 0, "expected: r;"
    ),
    "for another version": Situation(
        f"xfail {TAG} accepted_invalid | r if=impl:1.20\n", {TAG: ACCEPTED}, 1, "expected a refusal"
    ),
    "for this version": Situation(
        f"xfail {TAG} accepted_invalid | r if=impl:1.2\n", {TAG: ACCEPTED}, 0, "expected: r;"
    ),
    "a condition that is none": Situation(
        f"xfail {TAG} crash | r if=os:beos\n", {}, 4, "if=os:beos is no condition"
    ),
    "cannot fail any more": Situation(
        f"xfail {TAG} crash | r\n", {TAG: ("not_applicable", "not declared")}, 1,
        "cannot fail: what it needs is not declared; remove the line",
    ),
    "blocked is never expected": Situation(
        f"xfail {TAG} crash | r\n", {TAG: ("blocked", "adapter gone")}, 1, "adapter gone"
    ),
    "the suite's own mistake is never expected": Situation(
        f"xfail {TAG} harness_error | r\n", {}, 4, "harness_error is none"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_has_its_exit_code_and_its_message(name: str) -> None:
    situation = SITUATIONS[name]
    ended = run_under(situation.text, results_of(situation.failing))
    assert (ended.code, situation.said in ended.said) == (situation.code, True), ended.said


@pytest.mark.parametrize("name", SITUATIONS)
def test_nothing_under_a_file_makes_a_failing_implementation_conformant(name: str) -> None:
    situation = SITUATIONS[name]
    ended = run_under(situation.text, results_of(situation.failing))
    failed = [row for row in results_of(situation.failing) if STATUSES[row.status].blocks]
    if ended.results and failed:
        verdict = judge_run({}, ended.results, complete=True)
        assert not verdict.conformant
        assert verdict.level in {"none", "Vectors"}, "a scenario is not among the vectors"


def expected(text: str, *rows: Result, partial: bool = False) -> Tuple[Tuple[Result, ...], str]:
    applied = apply(
        rows, parse(text, "a.xfail", renamed={}), today=TODAY, partial=partial, facts=LINUX
    )
    return applied.results, "\n".join(applied.problems)


def test_the_order_and_the_rest_of_a_result_stay() -> None:
    rows = results_of({TAG: ACCEPTED})
    ended = run_under(f"xfail {TAG} accepted_invalid | r\n", rows)
    assert [row.id for row in ended.results] == [row.id for row in rows]
    for before, after in zip(rows, ended.results):
        changed = {name for name in before._fields if getattr(before, name) != getattr(after, name)}
        assert changed == ({"status", "detail"} if before.id == TAG else set())


def test_an_unexpected_pass_explains_itself() -> None:
    (row,), _ = expected(f"xfail {TAG} crash | r\n", result(TAG))
    assert row.status == "xpass"
    assert row.subtype == ""
    assert row.explanation is not None
    assert all(row.explanation)
    assert row.explanation.requirement.startswith("ENV-6: ")
    assert TAG in row.explanation.repro


def test_the_command_that_shows_it_again_is_the_callers() -> None:
    applied = apply(
        [result(TAG)], parse(f"xfail {TAG} crash | r\n", renamed={}), today=TODAY, partial=False,
        repro=lambda row: f"again {row.id}",
    )  # fmt: skip
    assert applied.results[0].explanation is not None
    assert applied.results[0].explanation.repro == f"again {TAG}"


def test_a_partial_run_does_not_judge_what_it_left_out() -> None:
    text = f"xfail {TAG} crash | r\n"
    left_out = result(TAG, "not_applicable")
    assert expected(text, left_out, partial=True) == ((left_out,), "")
    assert expected(text, left_out)[1]
    deselected = result(TAG, "deselected", "by -k")
    assert expected(text, deselected) == ((deselected,), "")
    assert expected(text, partial=False) == ((), ""), "another profile has no such test"


def test_a_partial_run_still_judges_what_it_executed() -> None:
    (row,), _ = expected(f"xfail {TAG} crash | r\n", result(TAG), partial=True)
    assert row.status == "xpass"


@pytest.mark.parametrize(("covered", "refused"), [(MAX_COVERED, False), (MAX_COVERED + 1, True)])
def test_the_number_that_a_pattern_covers_counts_failures_only(covered: int, refused: bool) -> None:
    rows = [result(name, "crash") for name in CUTS[:covered]]
    results, problems = expected("xfail quote.parse/** crash | r\n", *rows)
    assert bool(problems) is refused
    assert {row.status for row in results} == {"crash" if refused else "xfail"}


def test_a_status_word_alone_is_no_prefix_of_another() -> None:
    (row,), _ = expected(f"xfail {TAG} error | r\n", result(TAG, "fail:error", "it broke"))
    assert row.status == "xfail"
    with pytest.raises(ValueError, match="err is none"):
        parse(f"xfail {TAG} err | r\n", renamed={})


def test_a_signature_is_the_beginning_and_no_part() -> None:
    (row,), _ = expected(
        f"xfail {TAG} crash | r\n", result(TAG, "fail:error", "after a crash: signal 9")
    )
    assert row.status == "fail"


def test_white_space_in_a_message_does_not_matter() -> None:
    (row,), _ = expected(
        f"xfail {TAG}   crash:  killed by   signal | r\n",
        result(TAG, "crash", "killed by\nsignal 9"),
    )
    assert row.status == "xfail"


def test_a_warning_may_be_listed_for_strict_runs() -> None:
    (row,), _ = expected(f"xfail {TAG} warn | r\n", result(TAG, "warn", "slow"))
    assert row.status == "xfail"


def test_what_is_not_to_be_executed_is_known_before_the_run() -> None:
    text = (
        f"skip {TAG} - | hangs\nskip quote.parse/cut-at-2* - | r until=2026-11-20\n"
        f"skip key.parse/hybrid - | r if=os:windows\nskip field.open/short - | {UNSAID}\n"
    )
    expectations = parse(text, "a.xfail", renamed={})
    assert to_skip(expectations, IDS, today=TODAY, facts=LINUX) == {
        TAG: "skipped by a.xfail:1: hangs"
    }
    windows = to_skip(expectations, IDS, today=TODAY, facts=Facts("windows", ""))
    assert set(windows) == {TAG, "key.parse/hybrid"}
    early = to_skip(expectations, IDS, today=date(2026, 11, 20), facts=LINUX)
    assert len(early) == 12


def test_a_skip_is_counted_and_keeps_the_level_down() -> None:
    ended = run_under(f"skip {TAG} - | hangs\n", results_of({TAG: ("deselected", "")}))
    verdict = judge_run({}, ended.results, complete=True)
    assert verdict.level == "none"
    assert any(reason.startswith("1 deselected") for reason in verdict.because)
    whole = judge_run({}, results_of({}), complete=True)
    assert whole.level != "none"
    assert whole.conformant


def test_the_signature_of_a_result() -> None:
    assert signature_of(result(TAG, *ACCEPTED)) == f"accepted_invalid: {ACCEPTED[1]}"
    assert signature_of(result(TAG, "crash", "signal 9")) == "crash: signal 9"
