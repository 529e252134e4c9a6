"""Markdown stays below its limit and cannot be written by an adapter."""

from __future__ import annotations

import re

import pytest

from conformance.report.document import Report
from conformance.report.markdown import LIMIT, OPEN, render
from conformance.results import STATUSES
from tests.unit.conformance.report import samples

TAGS = {"details", "/details", "summary", "/summary", "code", "/code", "pre", "/pre"}


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_no_tag_and_no_fence_but_ours(name: str, report: Report) -> None:
    text = render(report)
    outside = re.sub("<pre>.*?</pre>", "", text, flags=re.DOTALL)
    assert set(re.findall(r"<([^<>]*)>", text)) <= TAGS, name
    assert "`" not in outside
    for tag in ("details", "pre", "code", "summary"):
        assert text.count(f"<{tag}>") == text.count(f"</{tag}>")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", text)


def test_every_row_of_a_table_has_its_cells() -> None:
    row = samples.result("a|b/c", op="a|b")
    for line in render(samples.report([row])).splitlines():
        if line.startswith("|"):
            assert line.count("|") in (3, 4)


def test_counts_of_every_status() -> None:
    text = render(samples.every_status())
    for name, count in samples.every_status().counts.items():
        shown = name.replace("_", "&#95;")
        assert f"| {STATUSES[name].glyph} {shown} | {count} |" in text


def test_the_first_failures_are_open_and_the_rest_is_folded() -> None:
    report = samples.many_failures(50)
    text = render(report)
    opened, folded = text.split("<details>\n<summary>30 further causes</summary>")
    assert opened.count("#### ") == OPEN
    assert folded.count("- ✗ ") == 30
    for row in report.failures:
        assert f"<code>{row.id}</code>" in text


def test_one_cause_is_one_entry() -> None:
    text = render(samples.many_missing())
    assert text.count("#### ") == 1
    assert "300 tests, the same cause" in text
    assert "and 279 more" in text


@pytest.mark.parametrize(
    "report",
    [
        samples.many_failures(19, size=60_000),
        samples.many_failures(400, size=60_000),
        samples.many_failures(4000, size=300),
    ],
)
def test_it_stays_below_the_limit(report: Report) -> None:
    text = render(report)
    assert len(text.encode("utf-8")) < LIMIT < 1024 * 1024
    assert text.count("<details>") == text.count("</details>")
    assert "**conformant: no**" in text


def test_what_does_not_fit_is_counted() -> None:
    text = render(samples.many_failures(4000, size=300))
    shown = len(set(re.findall(r"<code>(field\.open/case-[0-9]+)</code>", text)))
    assert f"{4000 - shown} further failures are left out" in text
    assert shown > OPEN


def test_no_line_of_a_block_is_a_command_to_a_pipeline() -> None:
    told = samples.explanation(repro="run\n::error::hidden\n  ::set-output::x")
    row = samples.result("a/1", "fail", explanation=told)
    bare = samples.result("a/2", "fail", detail="::error::hidden", explanation=None)
    text = render(samples.report([row, bare]))
    assert "&#58;:error::hidden" in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
