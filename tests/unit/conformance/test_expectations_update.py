"""The tool writes the file of expected failures: as little as needed, and nothing twice."""

from __future__ import annotations

from typing import Dict, List, Mapping, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.expectations import ExpectationsError, Facts, apply, check, parse
from conformance.expectations_update import HEAD, update
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
FIRST = "field.open/tag-first-bit"
ACCEPTED = ("fail:accepted_invalid", "expected a refusal as envelope:tag")
PIN = "accepted_invalid: expected a refusal as envelope:tag"


def updated(
    text: str,
    rows: List[Result],
    renamed: Mapping[str, str] = {},
    facts: Facts = LINUX,
) -> str:
    once = update(text, rows, partial=False, name="a.xfail", renamed=renamed, facts=facts)
    again = update(once, rows, partial=False, name="a.xfail", renamed=renamed, facts=facts)
    assert again == once, "the second time changes nothing"
    return once


def test_a_file_that_is_true_stays_byte_for_byte() -> None:
    text = f"# why\r\n\r\n xfail\t{TAG}   accepted_invalid | r   # not a comment"
    assert updated(text, results_of({TAG: ACCEPTED})) == text


def test_a_file_is_made_where_there_is_none() -> None:
    text = updated("", results_of({TAG: ACCEPTED, "scenario/chat-cut": ("fail:leak", "at 12")}))
    assert text == (
        f"{HEAD}\n# field.open\nxfail  {TAG}  {PIN} | {UNSAID}\n"
        f"\n# scenario\nxfail  scenario/chat-cut  leak: at | {UNSAID}\n"
    )
    ended = run_under(text, results_of({TAG: ACCEPTED, "scenario/chat-cut": ("fail:leak", "at 7")}))
    assert ended.code == 1, "a reason that nobody wrote fails the run"
    said = text.replace(UNSAID, "known")
    ended = run_under(said, results_of({TAG: ACCEPTED, "scenario/chat-cut": ("fail:leak", "at 7")}))
    assert ended.code == 0, ended.said


def test_nothing_fails_and_nothing_is_written() -> None:
    assert updated("", results_of({})) == ""


def test_a_new_failure_stands_beside_its_group_and_comments_stay() -> None:
    text = f"# A\nxfail {TAG} accepted_invalid | r\n# B\nxfail key.parse/hybrid crash | k\n# end\n"
    rows = results_of({TAG: ACCEPTED, FIRST: ACCEPTED, "key.parse/hybrid": ("crash", "")})
    assert updated(text, rows) == (
        f"# A\nxfail {TAG} accepted_invalid | r\nxfail  {FIRST}  {PIN} | {UNSAID}\n"
        "# B\nxfail key.parse/hybrid crash | k\n# end\n"
    )


def test_a_line_whose_test_passes_goes_and_its_comment_stays() -> None:
    text = f"# A\nxfail {TAG} accepted_invalid | r\n\nxfail key.parse/hybrid crash | k\n"
    rows = results_of({"key.parse/hybrid": ("crash", "")})
    assert updated(text, rows) == "# A\n\nxfail key.parse/hybrid crash | k\n"
    gone = results_of({TAG: ("not_applicable", ""), "key.parse/hybrid": ("crash", "")})
    assert updated(text, gone) == "# A\n\nxfail key.parse/hybrid crash | k\n"


def test_a_signature_is_filled_and_the_reason_stays() -> None:
    text = f"xfail {TAG} - | no tag check https://x/1 until=2027-01-01\n"
    assert updated(text, results_of({TAG: ACCEPTED})) == (
        f"xfail  {TAG}  {PIN} | no tag check https://x/1 until=2027-01-01\n"
    )


def test_another_failure_needs_another_reason() -> None:
    text = f"xfail {TAG} crash | it dies\n"
    assert updated(text, results_of({TAG: ACCEPTED})) == (
        f"xfail  {TAG}  {PIN} | {UNSAID} (it was: it dies)\n"
    )


def test_a_pattern_that_holds_is_kept() -> None:
    text = "xfail field.open/tag-* accepted_invalid | r\n"
    assert updated(text, results_of({TAG: ACCEPTED, FIRST: ACCEPTED})) == text
    filled = updated("xfail field.open/tag-* - | r\n", results_of({TAG: ACCEPTED, FIRST: ACCEPTED}))
    assert filled == f"xfail  field.open/tag-*  {PIN} | r\n"


def test_a_pattern_that_does_not_hold_is_written_out() -> None:
    text = "# A\nxfail field.open/tag-* accepted_invalid | r if=os:linux\n# B\n"
    assert updated(text, results_of({TAG: ACCEPTED})) == (
        f"# A\nxfail  {TAG}  accepted_invalid | r if=os:linux\n# B\n"
    )
    assert updated(text, results_of({TAG: ACCEPTED, FIRST: ("crash", "")})) == (
        f"# A\nxfail  {FIRST}  crash | {UNSAID} (it was: r) if=os:linux\n"
        f"xfail  {TAG}  accepted_invalid | r if=os:linux\n# B\n"
    )
    assert updated(text, results_of({})) == "# A\n# B\n"


def test_a_pattern_that_covers_too_much_is_written_out() -> None:
    cuts = {name: ("crash", "") for name in IDS if name.startswith("quote.parse/")}
    text = updated("xfail quote.parse/** crash | r\n", results_of(cuts))
    assert len(text.splitlines()) == 30
    assert run_under(text, results_of(cuts)).code == 0


def test_an_operation_that_is_missing_is_one_line() -> None:
    missing = ("fail:missing_mandatory", "the operation quote.parse is not declared")
    cuts = {name: missing for name in IDS if name.startswith("quote.parse/")}
    text = updated("", results_of(cuts))
    pin = "missing_mandatory"
    assert text == f"{HEAD}\n# quote.parse\nxfail  quote.parse/*  {pin} | {UNSAID}\n"
    said = text.replace(UNSAID, "not built yet")
    assert run_under(said, results_of(cuts)).code == 0
    assert updated(said, results_of(cuts)) == said
    one = next(iter(cuts))
    assert run_under(said, results_of({**cuts, one: ("crash", "")})).code == 1
    listed = updated(f"skip {one} - | r\n", results_of(cuts))
    assert len(listed.splitlines()) == 30, "a test has one expectation"
    built = updated(said, results_of({one: ("crash", "")}))
    assert f"xfail  {one}  crash | {UNSAID} (it was: not built yet)" in built


def test_a_flaky_test_stays_flaky_until_it_fails_each_time() -> None:
    name = "scenario/slow-stream"
    text = f"flaky {name} timeout | CI only\n"
    assert updated(text, results_of({})) == text
    assert updated(text, results_of({name: ("flaky", "timeout: no answer within 5 s")})) == text
    assert updated(text, results_of({name: ("timeout", "no answer within 5 s")})) == (
        f"xfail  {name}  timeout: no answer within | {UNSAID} (it was: CI only)\n"
    )
    new = updated("", results_of({name: ("flaky", "timeout: no answer within 5 s")}))
    assert f"flaky  {name}  flaky: timeout: no answer within | {UNSAID}" in new
    assert (
        run_under(
            new.replace(UNSAID, "r"), results_of({name: ("flaky", "timeout: no answer within 9 s")})
        ).code
        == 0
    )


def test_what_was_not_executed_keeps_its_line() -> None:
    text = f"skip {TAG} - | hangs\nxfail {FIRST} crash | r\nxfail other/profile crash | r\n"
    rows = results_of({TAG: ("deselected", ""), FIRST: ("blocked", "")})
    assert updated(text, rows) == text
    executed = results_of({TAG: ACCEPTED, FIRST: ("blocked", "")})
    assert updated(text, executed) == text, "whoever skips a test decides when that ends"


def test_warnings_and_what_was_blocked_are_not_listed() -> None:
    rows = results_of({TAG: ("warn", "slow"), FIRST: ("blocked", "gone")})
    assert updated("", [*rows, result("quote.parse/x", "harness_error", "ours")]) == ""


def test_a_line_for_elsewhere_is_kept_and_the_failure_here_gets_its_own() -> None:
    text = f"xfail {TAG} crash | r if=os:windows\nxfail {FIRST} crash | r if=impl:2\n"
    new = updated(text, results_of({TAG: ACCEPTED, FIRST: ACCEPTED}))
    assert new.startswith(text)
    assert f"{TAG}  {PIN} | {UNSAID} if=os:linux" in new
    assert f"{FIRST}  {PIN} | {UNSAID} if=impl:1.2.0" in new
    assert check(parse(new, renamed={}), IDS) == ()


def test_an_old_name_is_written_as_it_is_today() -> None:
    text = "xfail field.open/tag-end accepted_invalid | r\n"
    assert updated(text, results_of({TAG: ACCEPTED}), {"field.open/tag-end": TAG}) == (
        f"xfail  {TAG}  accepted_invalid | r\n"
    )


def test_a_partial_run_writes_nothing() -> None:
    with pytest.raises(ExpectationsError, match="was not changed: this run is not the whole"):
        update("", results_of({TAG: ACCEPTED}), partial=True)
    stopped = results_of({TAG: ACCEPTED, FIRST: ("deselected", "stopped after 1 failure")})
    with pytest.raises(ExpectationsError, match="was not changed"):
        update("", stopped, partial=False)


def test_a_file_that_is_not_of_the_form_is_not_written() -> None:
    with pytest.raises(ExpectationsError, match=":1: no reason"):
        update("xfail x crash\n", [], partial=False)


@pytest.mark.parametrize(
    ("said", "detail", "pin"),
    [
        ("fail:wrong_output", "/text is 'a', expected 'b'", "wrong_output: /text is"),
        ("fail:wrong_output", "/0 is 1, expected 2", "wrong_output: /"),
        ("crash", "", "crash"),
        ("crash", "9 times", "crash"),
        ("fail:error", "a | b", "error: a"),
        ("fail:error", "it\nbroke", "error: it broke"),
        ("fail:error", "word " * 40, f"error: {'word ' * 12}".strip()),
        ("fail:error", "w" * 200, f"error: {'w' * 60}"),
    ],
)
def test_a_signature_is_what_does_not_vary(said: str, detail: str, pin: str) -> None:
    text = updated("", [result(TAG, said, detail)])
    assert f"xfail  {TAG}  {pin} | {UNSAID}\n" in text


SAID = st.sampled_from(
    [("pass", ""), ACCEPTED, ("crash", "signal 9"), ("flaky", "timeout: late"), ("warn", "slow"),
     ("not_applicable", ""), ("blocked", ""), ("pass_verdict_only", ""),
     ("inconclusive", "its control failed"), ("fail:wrong_output", "/a is 1")]
)  # fmt: skip
LINES = st.sampled_from(
    [f"xfail {TAG} accepted_invalid | r", f"xfail {FIRST} - | r", "xfail quote.parse/* crash | r",
     "flaky scenario/slow-stream timeout | r", "skip key.parse/hybrid - | r", "# note", "",
     "xfail field.open/short crash | r if=os:darwin",
     "xfail challenge/** crash | r until=2020-01-01"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(LINES, unique=True, max_size=9),
    st.dictionaries(st.sampled_from(IDS), SAID, max_size=40),
)
def test_after_the_update_only_reasons_and_days_are_missing(
    lines: List[str], said: Dict[str, Tuple[str, str]]
) -> None:
    rows = results_of(said)
    text = updated("".join(f"{line}\n" for line in lines), rows)
    expectations = parse(text.replace(UNSAID, "known").replace(" until=2020-01-01", ""), renamed={})
    check(expectations, IDS)
    applied = apply(rows, expectations, today=TODAY, partial=False, facts=LINUX)
    blocked = any(row.status == "blocked" for row in rows)
    assert blocked or applied.problems == (), "what was not executed keeps its line as it is"
    left = {row.status for row in applied.results if STATUSES[row.status].fails}
    assert left <= {"blocked"}
    for comment in ("# note",):
        assert text.count(comment) == lines.count(comment)
