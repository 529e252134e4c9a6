"""The text for a terminal."""

from __future__ import annotations

import io
import re

import pytest

from conformance.report import markdown
from conformance.report.console import can_encode, print_report, render, render_failure
from conformance.report.document import Report
from conformance.results import STATUSES, Result
from tests.unit.conformance.report import samples


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_it_fits_the_width(name: str, report: Report, *, ascii_only: bool, verbose: bool) -> None:
    text = render(report, ascii_only=ascii_only, verbose=verbose)
    assert max(map(len, text.splitlines())) <= 80, name
    assert text.isascii() or not ascii_only
    assert "\x1b" not in text
    text.encode("utf-8")


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_colour_changes_nothing_but_colour(name: str, report: Report) -> None:
    coloured = render(report, colour=True)
    assert re.sub("\x1b\\[[0-9]+m", "", coloured) == render(report), name
    assert "\x1b[3" in coloured


def test_failures_come_last_and_say_everything() -> None:
    text = render(samples.every_status())
    body, failures = text.split("\nFailures\n")
    assert "field.open" in body
    words = " ".join(failures.split())
    for row in samples.every_status().failures:
        assert f"{STATUSES[row.status].glyph} {row.id} {row.status}" in words
    told = samples.explanation()._asdict()
    del told["repro"]
    for part in told.values():
        assert " ".join(part.split()) in words
    assert "repro: python3 -m conformance run --adapter \\" in words
    assert "line 39" in failures
    assert "line 34\n" not in failures


def test_one_cause_is_shown_once_with_its_count() -> None:
    text = render(samples.many_missing())
    assert text.count("missing_mandatory") == 1
    assert "300 tests, the same cause; also field.seal/case-1," in text
    assert "and 294 more" in text
    assert "field.seal/case-299" in render(samples.many_missing(), verbose=True)


def test_quiet_is_the_summary() -> None:
    report = samples.every_status()
    whole, short = render(report), render(report, quiet=True)
    assert whole.endswith("\n\n" + short)
    assert "  16 tests: 1 pass, 1 pass by verdict only" in short
    assert "conformant: no\n" in short
    words = " ".join(short.split())
    for reason in report.verdict.because:
        assert f"- {reason}" in words


def test_verbose_lists_every_test() -> None:
    report = samples.every_status()
    lines = render(report, verbose=True).splitlines()
    for row in report.results:
        assert any(line.startswith(f"    {STATUSES[row.status].glyph} {row.id}") for line in lines)


def test_groups_that_a_filter_left_out_are_one_line() -> None:
    rows = [samples.result(), *(samples.result(f"a.{n}/x", "deselected") for n in range(40))]
    lines = render(samples.report(rows)).splitlines()
    assert "- 40 tests in 40 groups left out" in lines
    assert not any("a.7" in line for line in lines)
    assert any("a.7/x" in line for line in render(samples.report(rows), verbose=True).splitlines())


def test_expected_failures_and_warnings_are_named() -> None:
    text = render(samples.every_status())
    assert "Failures that the file of expected failures lists: 1" in text
    assert "field.open/is-xfail" in text
    assert "Warnings: 1" in text
    many = samples.report([samples.result(f"a/{number}", "xfail") for number in range(25)])
    assert "and 5 more" in render(many)


def test_a_run_without_a_verdict_says_so() -> None:
    assert "the run was interrupted" in render(samples.interrupted(), quiet=True)
    assert "nothing was executed" in render(samples.empty(), quiet=True)


@pytest.mark.parametrize(
    ("encoding", "able"), [("utf-8", True), ("ascii", False), ("cp1252", False), ("latin-1", False)]
)
def test_ascii_where_the_stream_cannot_do_more(encoding: str, *, able: bool) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    assert can_encode(stream) == able
    print_report(samples.nasty(), stream)
    assert raw.getvalue().decode(encoding) == render(samples.nasty(), ascii_only=not able)


def test_one_failure_alone() -> None:
    text = render_failure(samples.one_of("fail").results[1])
    assert text.startswith("✗ field.open/other fail: accepted_invalid")


def test_the_glyphs_in_ascii_are_ascii_and_apart() -> None:
    plain = [status.plain for status in STATUSES.values()]
    assert all(mark.isascii() and len(mark) == 1 for mark in plain)
    glyphs = [status.glyph for status in STATUSES.values()]
    assert len(set(glyphs)) == len(glyphs)
    assert len(set(plain)) == len(plain)


def test_the_reason_of_expected_failures_stands_once_for_all_of_them() -> None:
    def expected(number: int, reason: str) -> Result:
        return samples.result(f"a/{number}", "xfail", detail=f"no {number} (expected: {reason})")

    rows = [expected(1, "issue 7; x:3"), expected(2, "another; x:4"), expected(3, "issue 7; x:3")]
    text = render(samples.report(rows))
    assert text.count("issue 7; x:3") == 1
    assert text.count("another; x:4") == 1
    listed = text.split("lists: 3\n")[1].splitlines()[:5]
    assert listed == [
        "    (expected: another; x:4)",
        "    x a/2 xfail: accepted_invalid: no 2",
        "    (expected: issue 7; x:3)",
        "    x a/1 xfail: accepted_invalid: no 1",
        "    x a/3 xfail: accepted_invalid: no 3",
    ]


def test_no_line_is_a_command_to_a_pipeline() -> None:
    said = "x" * 60 + " ::error::hidden " * 9
    row = samples.result("a/1", "fail", detail=said, explanation=None)
    nasty = samples.report([row._replace(attachments={"stderr": "::error::hidden"})])
    for text in (render(nasty), markdown.render(nasty)):
        assert "error" in text
        assert not [line for line in text.splitlines() if line.strip().startswith("::")]
