"""The matrix and the page of one run: what they hold, what they leave out, what cannot get in."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Dict, List, Sequence

import pytest

from conformance.report import html, matrix
from conformance.report.comparison import cell_of, compare
from conformance.report.document import Report
from conformance.requirements import SuiteError, load_requirements
from conformance.results import STATUSES, Explanation
from tests.unit.conformance.report.crowds import crowd
from tests.unit.conformance.report.pages import Page
from tests.unit.conformance.report.samples import (
    NASTY,
    every_status,
    header,
    nasty,
    passed,
    report,
    result,
    samples,
)

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "'><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "</summary></details></table><h1>x",
    "https://evil.example/x.js",
    "<!--",
    "]]>",
    "\u202etxet desrever\u202c",
    "\ud800",
    NASTY,
)


def test_every_sample_becomes_a_page() -> None:
    for name, sample in samples():
        for page in (html.render(sample), matrix.render([sample, every_status()])):
            parsed = Page(page)
            assert len(parsed.ids) == len(set(parsed.ids)), name
            page.encode("utf-8")


def test_a_matrix_of_nothing_is_refused() -> None:
    with pytest.raises(SuiteError, match="at least one report"):
        matrix.render([])


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_of_a_report_becomes_markup(hostile: str) -> None:
    plain = Page(matrix.render([_filled("harmless"), passed()]))
    page = Page(matrix.render([_filled(hostile), passed()]))
    assert {element.tag for element in page.elements} == {element.tag for element in plain.elements}
    assert {name for element in page.elements for name in element.attributes} == {
        name for element in plain.elements for name in element.attributes
    }
    assert len(page.elements) - len(plain.elements) in range(-3, 4)  # ids with a slash are split
    _no_address(page)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\ud800-\udfff\x00]", "".join(page.texts))


def test_no_attribute_holds_an_address_and_the_head_links_to_nothing() -> None:
    implementation = {**header()["implementation"], "url": "https://example.org/", "name": "x"}
    page = Page(matrix.render([report([result()], implementation=implementation)]))
    _no_address(page)
    assert not [element for element in page.elements if element.tag in ("link", "img", "iframe")]
    assert "https://example.org/" in page.text


def test_five_implementations_fit_into_two_mebibytes() -> None:
    reports = crowd()
    assert all(len(found.results) >= 4500 for found in reports)
    page = crowded()
    assert len(page.encode("utf-8")) < matrix.MAX_BYTES
    parsed = Page(page)
    ids = set(parsed.ids)
    assert all(test.id in ids for test in reports[0].results)
    assert all(requirement.id in ids for requirement in load_requirements())


def test_five_implementations_that_fail_everything_fit_as_well() -> None:
    page = matrix.render(crowd(failing=(90, 90, 90, 90, 90)))
    assert len(page.encode("utf-8")) < matrix.MAX_BYTES
    assert "For want of room" in page


def test_what_everybody_passed_is_counted_and_listed_without_rows() -> None:
    page = matrix.render([passed(), passed()])
    assert "5 tests, passed everywhere" in page
    assert "<th scope=row>field.open/plain" not in page
    assert {"field.open/plain", "scenario/honest"} <= set(Page(page).ids)


def test_the_head_says_what_was_run_and_every_reason() -> None:
    reports = [every_status(), passed()]
    text = Page(matrix.render(reports)).text
    for found in reports:
        for reason in found.verdict.because:
            assert reason in text
        for named in ("venice-conformance 0.1.0", "20261121-7", found.verdict.level):
            assert named in text
    assert "example-client 1.2.3 (2)" in text


def test_conformance_is_said_in_words() -> None:
    assert "✓ yes" in Page(html.render(passed())).text
    assert "✗ no" in Page(html.render(every_status())).text


def test_every_failure_is_explained_once() -> None:
    page = html.render(every_status())
    text = Page(page).text
    for row in every_status().results:
        if row.explanation:
            for member in row.explanation[1:]:
                assert member in text
    assert "line 39" in text
    several = report([result("a/b", "fail", req=("ENV-6", "ENV-4", "ENV-5"))])
    page = html.render(several)
    assert page.count("the last bit of the tag was flipped") == 1
    assert page.count("Explained above") == 2


def test_what_is_the_same_for_two_reports_stands_once() -> None:
    one = report([result("a/b", "fail")])
    page = matrix.render([one, one])
    assert page.count("the last bit of the tag was flipped") == 1
    assert page.count("verify the tag before") == 1


def test_what_differs_is_said_of_each() -> None:
    told = result("a/b", "fail").explanation
    assert told is not None
    other = result("a/b", "fail", explanation=told._replace(got="something else"))
    text = Page(matrix.render([report([result("a/b", "fail")]), report([other])])).text
    assert "something else" in text
    assert told.got in text


def test_expected_failures_are_named_with_their_reason() -> None:
    detail = "the plaintext came (expected: no tag check, issue 7; x.xfail:3)"
    page = Page(matrix.render([report([result("a/known", "xfail", detail=detail)]), passed()]))
    text = page.text
    assert "1 expected failure" in text
    assert "no tag check, issue 7; x.xfail:3" in text
    assert "known" in text.split("Expected failures")[1].split("Requirements")[0]


def test_every_table_has_a_caption_and_headers_with_a_scope() -> None:
    for page in (Page(crowded()), Page(html.render(every_status()))):
        assert len(page.all("table")) == len(page.all("caption"))
        assert all(cell.attributes.get("scope") for cell in page.all("th"))
        assert all("table" in cell.path for cell in page.all("td"))


def test_regions_that_scroll_can_be_reached_and_are_named() -> None:
    page = Page(matrix.render([passed(), every_status()]))
    regions = [
        element for element in page.elements if "scroll" in (element.attributes.get("class") or "")
    ]
    assert len(regions) == 4
    for region in regions:
        assert region.attributes["tabindex"] == "0"
        assert region.attributes["role"] == "region"
        label = region.attributes.get("aria-labelledby")
        assert region.attributes.get("aria-label") or label in page.ids


def test_every_link_leads_to_an_id_of_the_page() -> None:
    page = Page(matrix.render([nasty(), every_status()]))
    for link in page.all("a"):
        address = link.attributes["href"] or ""
        assert address.startswith("#")
        assert address[1:] in page.ids


def test_each_status_is_shown_by_glyph_and_name() -> None:
    for name, status in STATUSES.items():
        sample = report([result("a/b", name, req=("ENV-6",))])
        page = matrix.render([sample])
        shown = f"</b> {name.replace('_', ' ')}"
        cells = re.findall(r"<td class=\w+><b aria-hidden=true>(.)</b> ([a-z ]+)", page)
        assert any(f"</b> {word}" == shown for _, word in cells), name
        assert (status.glyph, name.replace("_", " ")) in cells


def test_a_test_that_a_report_does_not_have_is_called_absent() -> None:
    page = Page(matrix.render([passed(), report([result("only/here")])]))
    assert "absent" in page.text.split("Legend")[1]
    assert not [test for test in compare([passed()]).tests if "differs" in test.traits]
    assert all("differs" in test.traits for test in compare([passed(), report([])]).tests)


def test_traits_are_those_of_the_results() -> None:
    one = report([result("a/b"), result("a/c", "fail"), result("a/d", importance="normal")])
    other = report([result("a/b"), result("a/c"), result("a/d", importance="normal")])
    tests = {test.id: test.traits for test in compare([one, other]).tests}
    assert tests == {"a/b": ("critical",), "a/c": ("failing", "differs", "critical"), "a/d": ()}


@pytest.mark.parametrize(
    ("statuses", "decides"),
    [
        (("pass", "pass"), ("pass", 2)),
        (("pass", "fail"), ("fail", 1)),
        (("fail", "crash"), ("crash", 1)),
        (("not_applicable", "pass"), ("pass", 1)),
        (("not_applicable", "not_applicable"), ("not_applicable", 2)),
        (("not_applicable", "pass_verdict_only", "pass"), ("pass_verdict_only", 1)),
        (("deselected", "pass"), ("deselected", 1)),
        (("xfail", "fail"), ("fail", 1)),
        ((), ("", 0)),
    ],
)
def test_the_worst_decides_and_what_does_not_apply_takes_nothing_away(
    statuses: Sequence[str], decides: Any
) -> None:
    rows = [result(f"a/{number}", status) for number, status in enumerate(statuses)]
    cell = cell_of(compare([report(rows)]).tests, 0)
    assert (cell.status, cell.deciding) == decides
    assert cell.total == len(statuses)


def test_requirements_that_this_suite_does_not_know_are_not_lost() -> None:
    rows = [result("a/b", req=("XYZ-1",)), result("a/c", req=())]
    page = Page(matrix.render([report(rows)]))
    assert "XYZ-1" in page.text
    assert {"a/b", "a/c"} <= set(page.ids)
    assert "Not in the specification of this suite" in page.text


def test_reports_of_different_suites_are_called_so() -> None:
    suite = {**header()["suite"], "version": "0.2.0"}
    page = matrix.render([passed(), report([result()], suite=suite)])
    assert "different revisions of the suite" in page
    assert "different revisions of the suite" not in matrix.render([passed(), every_status()])


def test_a_header_of_any_form_is_shown_or_left_out() -> None:
    odd: Dict[str, Any] = {
        "suite": 7,
        "implementation": [1],
        "capabilities": "x",
        "platform": None,
        "warnings": 3,
    }
    Page(matrix.render([report([result()], **odd), report([result()], seed={"a": "b"})]))


def test_a_run_has_no_filter_of_differences() -> None:
    assert "name=differs" not in html.render(passed())
    assert "name=differs" in matrix.render([passed(), passed()])


def test_the_same_reports_give_the_same_page() -> None:
    reports = [every_status(), nasty(), passed()]
    assert matrix.render(reports) == matrix.render(reports)


@lru_cache(maxsize=1)
def crowded() -> str:
    return matrix.render(crowd())


def _filled(hostile: str) -> Report:
    told = Explanation(*(hostile for _ in Explanation._fields))
    row = result(
        "field.open/" + hostile, "fail", detail=hostile, explanation=told,
        req=("ENV-6", hostile), attachments={hostile: hostile, "stderr": hostile},
    )  # fmt: skip
    alone = result(hostile, "xfail", detail=f"{hostile} (expected: {hostile})")
    missing = [
        result(f"{hostile}{number}", "fail", subtype="missing_mandatory", detail=hostile)
        for number in range(2)
    ]
    implementation = dict.fromkeys(header()["implementation"], hostile)
    return report(
        [row, alone, *missing],
        implementation=implementation, seed=hostile, adapter=hostile, warnings=[hostile],
        suite=dict.fromkeys(header()["suite"], hostile),
    )  # fmt: skip


def _no_address(page: Page) -> None:
    values: List[str] = [
        value or "" for element in page.elements for value in element.attributes.values()
    ]
    assert not [value for value in values if re.search(r"^//|https?:|javascript:|data:", value)]
