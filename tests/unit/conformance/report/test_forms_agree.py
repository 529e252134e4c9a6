"""Every form says the same about conformance, level, counts and reasons [what was skipped is seen].

The samples and reports drawn at random are rendered in each form, and what each says is compared
with the report itself.
"""

from __future__ import annotations

import html as markup
import json
import re
from typing import List
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.report import badge, console, github, json_lines, junit, markdown, tap
from conformance.report import html as page_html
from conformance.report.document import Report, encode_report, make_report
from conformance.report.summary import must_line
from conformance.results import STATUSES, SUBTYPES
from tests.unit.conformance.report import samples

NOT_GREEN = ("deselected", "blocked", "xfail", "inconclusive", "flaky", "fail", "crash")


@st.composite
def reports(draw: st.DrawFn) -> Report:
    statuses: List[str] = draw(st.lists(st.sampled_from(list(STATUSES)), max_size=12))
    rows = [
        samples.result(
            f"field.{draw(st.sampled_from(['open', 'seal']))}/case-{number}",
            status,
            keyword=draw(st.sampled_from(["MUST", "SHOULD"])),
            subtype=draw(st.sampled_from(list(SUBTYPES))) if status == "fail" else "",
        )
        for number, status in enumerate(statuses)
    ]
    header = samples.header(
        partial=draw(st.booleans()), problems=draw(st.sampled_from([[], ["one is stale"]]))
    )
    return make_report(header, rows, complete=draw(st.booleans()))


def check(report: Report) -> None:
    verdict = report.verdict
    word = "yes" if verdict.conformant else "no"
    reasons = list(verdict.because)
    must = must_line(report)

    text = " ".join(console.render(report, width=2000).split())
    assert f"conformant: {word}" in text
    assert f"level: {verdict.level} (" in text
    assert must in text
    assert all(reason in text for reason in reasons)

    document = json.loads(encode_report(report))
    assert document["summary"]["conformant"] is verdict.conformant
    assert document["summary"]["because"] == reasons
    last = json.loads(json_lines.render(report).splitlines()[-1])
    assert last["summary"] == document["summary"]

    root = ET.fromstring(junit.render(report))
    told = [(p.get("name"), p.get("value")) for p in root[0].iter("property")]
    assert ("conformant", "true" if verdict.conformant else "false") in told
    assert ("level", verdict.level) in told
    assert ("must", must) in told
    assert [value for name, value in told if name == "because"] == reasons

    page = markup.unescape(markdown.render(report))
    assert f"**conformant: {word}**, level: {verdict.level} (" in page
    assert must in page
    assert all(f"- {reason}" in page for reason in reasons)

    lines = tap.render(report).splitlines()
    assert f"# conformant: {word}" in lines
    assert f"# {must}" in lines
    assert all(f"# {reason}" in lines for reason in reasons)

    notice = github.render(report).splitlines()[-1]
    assert f"%0Aconformant: {word}" in notice
    assert all(reason.replace("%", "%25") in notice for reason in reasons)

    seen = re.sub(r"(?s)<(style|script)\b.*?</\1>|<[^>]+>", " ", page_html.render(report))
    shown = " ".join(markup.unescape(seen).split())
    assert re.search(rf"Conformant \S {word} ", shown)
    assert f"Level {verdict.level} " in shown
    assert all(reason in shown for reason in reasons)

    colour = json.loads(badge.render(report))["color"]
    assert ("green" in colour) == verdict.conformant


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_samples(name: str, report: Report) -> None:
    assert name
    check(report)


@settings(max_examples=60, deadline=None)
@given(reports())
def test_reports_at_random(report: Report) -> None:
    check(report)


@pytest.mark.parametrize("status", NOT_GREEN)
def test_what_did_not_pass_is_never_conformant(status: str) -> None:
    rows = [*samples.passed().results, samples.result("field.open/other", status)]
    report = samples.report(rows, challenge="c-1")
    assert not report.verdict.conformant
    assert any(reason.startswith(f"1 {status}") for reason in report.verdict.because)


@pytest.mark.parametrize("changes", [{"partial": True}, {"problems": ["an entry is stale"]}])
def test_a_part_of_a_run_is_never_conformant(changes: dict[str, object]) -> None:
    whole = samples.passed()
    assert whole.verdict.conformant
    report = make_report({**whole.header, **changes}, whole.results, complete=True)
    assert not report.verdict.conformant
    assert not make_report(whole.header, whole.results, complete=False).verdict.conformant


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_no_form_has_a_percentage(name: str, report: Report) -> None:
    if name == "nasty":
        return  # it brings its own
    forms = [console.render(report), markdown.render(report), tap.render(report)]
    forms += [junit.render(report), badge.render(report)]
    assert not any("%" in form or "percent" in form for form in forms)
