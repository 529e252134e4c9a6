"""The form of a file of expected failures, patterns, and names of the past."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Set

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.expectations import ExpectationsError, Facts, check, facts_of, load, parse
from conformance.expectations_file import MAX_BYTES
from conformance.renamed import load_renamed, parse_renamed
from conformance.requirements import SuiteError
from tests.unit.conformance.expecting import IDS, result, run_under

TAG = "field.open/tag-last-bit"


def test_a_line_has_all_its_parts() -> None:
    text = (
        "# a comment\n\n"
        f"  xfail\t{TAG}  wrong_output: /text is |  no tag check, see"
        " https://example.org/12 until=2027-02-10 if=impl:1.2\n"
    )
    (entry,) = parse(text, renamed={}).entries
    assert entry == (
        3, "xfail", TAG, "wrong_output: /text is", "no tag check, see", "https://example.org/12",
        date(2027, 2, 10), "impl:1.2",
    )  # fmt: skip
    assert entry.because() == "no tag check, see https://example.org/12"


def test_the_example_of_the_module_is_of_the_form() -> None:
    from conformance import expectations_file

    text = (expectations_file.__doc__ or "").split("\n\n")[1]
    assert [entry.kind for entry in parse(text, renamed={}).entries] == ["xfail", "flaky", "skip"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (TAG, {TAG}),
        ("field.open/tag-*", {"field.open/tag-first-bit", TAG}),
        ("*/tag-last-bit", {TAG}),
        ("**/tag-last-bit", {TAG, "challenge/field.open/tag-last-bit"}),
        ("challenge/*/tag-last-bit", {"challenge/field.open/tag-last-bit"}),
        ("challenge/*", set()),
        ("challenge/**", {"challenge/field.open/tag-last-bit"}),
        ("field?open/short", set()),
        ("fieldXopen/short", set()),
        ("field.open/[st]*", set()),
        ("scenario/*", {"scenario/chat-cut", "scenario/slow-stream"}),
        ("**", set(IDS)),
    ],
)
def test_a_star_stays_in_its_segment_and_two_do_not(pattern: str, names: Set[str]) -> None:
    expectations = parse(f"xfail {pattern} crash | r\n", renamed={})
    assert set(expectations.named(expectations.entries[0], IDS)) == names
    if not names:
        with pytest.raises(ExpectationsError, match="names no test"):
            check(expectations, IDS)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("", "", True),
        ("if=os:linux", "", True),
        ("if=os:linux", "if=os:linux", True),
        ("if=os:linux", "if=os:darwin", False),
        ("if=impl:1", "if=impl:2", False),
        ("if=impl:1", "if=impl:10", False),
        ("if=impl:1", "if=impl:1.2", True),
        ("if=impl:1", "if=os:linux", True),
    ],
)
def test_lines_that_cannot_hold_together_may_name_the_same_test(
    one: str, other: str, together: bool
) -> None:
    text = f"xfail {TAG} crash | r {one}\nxfail field.open/** crash | r {other}\n"
    expectations = parse(text, renamed={})
    if together:
        with pytest.raises(ExpectationsError, match="a test has one expectation"):
            check(expectations, IDS)
    else:
        assert check(expectations, IDS) == ()


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("", True), (" if=os:linux", True), (" if=os:darwin", False), (" if=impl:1", True),
        (" if=impl:1.2.0", True), (" if=impl:1.2.0.1", False), (" if=impl:12", False),
    ],
)  # fmt: skip
def test_a_condition_is_held_against_the_facts(condition: str, holds: bool) -> None:
    (entry,) = parse(f"xfail {TAG} crash | r{condition}\n", renamed={}).entries
    assert entry.holds(Facts("linux", "1.2.0")) is holds


def test_a_version_is_compared_part_by_part() -> None:
    (entry,) = parse(f"xfail {TAG} crash | r if=impl:1.2\n", renamed={}).entries
    held = [version for version in ("1.2", "1.2.9", "1.20", "1.20.1", "11.2", "", "1")
            if entry.holds(Facts("linux", version))]  # fmt: skip
    assert held == ["1.2", "1.2.9"]


def test_the_facts_of_this_machine_are_words_of_the_form() -> None:
    facts = facts_of("1.0")
    (entry,) = parse(f"xfail {TAG} crash | r if=os:{facts.system}\n", renamed={}).entries
    assert entry.holds(facts)


def test_an_old_name_still_names_its_test() -> None:
    renamed = {"field.open/tag-end": TAG, "key.parse/gone": "key.parse/gone-too"}
    text = "xfail field.open/tag-end crash | r\n"
    ended = run_under(text, [result(TAG, "crash")], renamed=renamed)
    assert ended.code == 0
    assert f"a.xfail:1: field.open/tag-end is called {TAG} now" in ended.said
    assert run_under("xfail *.open/tag-en* crash | r\n", [], renamed=renamed).code == 0
    gone = run_under("xfail key.parse/gone crash | r\n", [], renamed=renamed)
    assert gone.code == 4
    assert "it was renamed to key.parse/gone-too, which is not there either" in gone.said


def test_an_old_and_a_new_name_of_one_test_are_the_same() -> None:
    text = f"xfail field.open/tag-end crash | r\nxfail {TAG} crash | r\n"
    ended = run_under(text, [], renamed={"field.open/tag-end": TAG})
    assert ended.code == 4
    assert "already by field.open/tag-end" in ended.said


def test_renames_lead_to_the_name_of_today() -> None:
    raw = b'{"schema": "venice-renamed-1", "renamed": {"a": "b", "b": "c"}}'
    assert parse_renamed(raw) == {"a": "c", "b": "c"}
    assert isinstance(load_renamed(), dict)


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b'{"schema": "venice-renamed-2", "renamed": {}}',
        b'{"schema": "venice-renamed-1"}',
        b'{"schema": "venice-renamed-1", "renamed": {"a": 1}}',
        b'{"schema": "venice-renamed-1", "renamed": {"a": "b", "b": "a"}}',
    ],
)
def test_a_broken_file_of_renames_is_our_own_mistake(raw: bytes) -> None:
    with pytest.raises(SuiteError):
        parse_renamed(raw)


def test_a_file_is_loaded_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.xfail"
    path.write_bytes(b"\xef\xbb\xbf" + f"xfail {TAG} crash | r\r\n".encode())
    expectations = load(path)
    assert expectations.place(expectations.entries[0]) == f"{path}:1"
    assert expectations.entries[0].reason == "r"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (None, "No such file"),
        (b"xfail \xff", "not UTF-8, from byte 6 on"),
        (b"#" * (MAX_BYTES + 1), "larger than"),
        (b"\nxfail x crash\n", ":2: no reason is given"),
    ],
)
def test_a_file_that_cannot_be_used_is_wrong_usage(raw: object, said: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.xfail"
    if isinstance(raw, bytes):
        path.write_bytes(raw)
    with pytest.raises(ExpectationsError, match=said):
        load(path)


def test_a_file_that_is_to_be_written_may_be_absent(tmp_path: Path) -> None:
    assert load(tmp_path / "new.xfail", may_be_absent=True).entries == ()


WORDS = st.sampled_from(
    ["xfail", "flaky", "skip", "|", "-", "crash", TAG, "*", "**", "until=2027-01-01", "until=1",
     "if=os:linux", "if=", "https://x", "#", ":", "r", "\t", "é", "\x85", "=", "fail: x"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=4).map("\n".join))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    try:
        expectations = parse(text, "a.xfail", renamed={})
    except ExpectationsError as error:
        said = str(error)
    else:
        said = "a.xfail:"
        for entry in expectations.entries:
            assert entry.reason
            assert entry.pattern
    assert said.startswith("a.xfail:")
