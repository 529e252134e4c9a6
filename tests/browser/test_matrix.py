"""The matrix in a real browser: without scripts, by keyboard, on paper, on a small screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from conformance.report import matrix
from conformance.report.document import Report
from tests.browser.devtools import Browser, address_of, find_browser
from tests.unit.conformance.report.samples import (
    every_status,
    many_missing,
    nasty,
    passed,
    report,
    result,
)

pytestmark = [pytest.mark.slow, pytest.mark.once]

LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3."""

ROWS = """[...document.querySelectorAll('#page-matrix > table > tbody > tr')].map(row =>
  [...row.children].map(cell => cell.textContent).join('|'))"""

VISIBLE = "[...document.querySelectorAll('tr[data-is]')].filter(row => row.offsetParent).length"

FOCUS = """(() => {
  const held = document.activeElement, style = getComputedStyle(held);
  return {tag: held.tagName, id: held.id, name: held.name || '',
          outline: style.outlineStyle, width: parseFloat(style.outlineWidth),
          visible: held.matches(':focus-visible')};
})()"""

CONTRASTS = """(() => {
  const parse = text => {
    const parts = text.match(/[0-9.]+/g).map(Number);
    return {rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1};
  };
  const light = rgb => {
    const [r, g, b] = rgb.map(part => part / 255).map(part =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = element => {
    for (let node = element; node; node = node.parentElement) {
      const found = parse(getComputedStyle(node).backgroundColor);
      if (found.alpha === 1) return found.rgb;
      if (found.alpha > 0) throw new Error('half transparent');
    }
    throw new Error('no background');
  };
  document.querySelectorAll('details').forEach(element => { element.open = true; });
  const seen = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element.getClientRects().length) continue;
    const ink = parse(getComputedStyle(element).color), under = ground(element);
    const [dark, bright] = [light(ink.rgb), light(under)].sort((a, b) => a - b);
    const ratio = (bright + 0.05) / (dark + 0.05);
    count += 1;
    const key = `${ink.rgb} on ${under}`;
    if (ink.alpha !== 1 || !seen.has(key)) seen.set(key, {ratio, alpha: ink.alpha,
      where: `${element.tagName}.${element.className}: ${walker.currentNode.data.slice(0, 40)}`});
  }
  return {count, pairs: [...seen.values()]};
})()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium is installed, which is what shows the pages")
    with Browser(path) as started:
        started.size(1280, 900)
        yield started


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("pages") / "matrix.html"
    target.write_text(matrix.render(reports()), encoding="utf-8")
    return target


def reports() -> List[Report]:
    """Return reports that fail in many ways, in none, and with texts that try to break out."""
    differing = [
        result("field.open/plain"),
        result("field.open/only-here", "fail", req=("ENV-4",), importance="normal"),
        result("key.parse/one", req=("KEY-3",), importance="normal"),
    ]
    return [every_status(), passed(), nasty(), many_missing(40), report(differing)]


@pytest.fixture
def shown(browser: Browser, page: Path) -> Browser:
    """Return the browser with the page in it, as a person with a desk and a mouse sees it."""
    browser.size(1280, 900)
    browser.scheme("light")
    browser.open(address_of(page))
    return browser


def test_the_rows_are_the_same_without_scripts(shown: Browser, page: Path) -> None:
    with_scripts = shown.evaluate(ROWS)
    shown.scripts(on=False)
    try:
        shown.open(address_of(page))
        without = shown.evaluate(ROWS)
        assert shown.evaluate("document.getElementById('page-filters').hidden")
        seen = shown.evaluate(VISIBLE)
    finally:
        shown.scripts(on=True)
    assert len(without) > 371
    assert without == with_scripts
    assert seen > 371 - 1


def test_a_link_into_the_page_opens_what_it_names_without_scripts(
    shown: Browser, page: Path
) -> None:
    shown.scripts(on=False)
    try:
        shown.open(address_of(page, "field.open/is-crash"))
        opened = shown.evaluate(_opened("field.open/is-crash"))
    finally:
        shown.scripts(on=True)
    assert opened


@pytest.mark.parametrize("name", ["ENV-6", "field.open/is-crash", "scenario/honest", "KEY-3"])
def test_a_link_into_the_page_opens_what_it_names(shown: Browser, page: Path, name: str) -> None:
    assert not shown.evaluate(_opened(name))
    shown.open(address_of(page, name))
    assert shown.evaluate(_opened(name))
    place = shown.evaluate(f"document.getElementById('{name}').getBoundingClientRect().top")
    assert 0 <= place < 900


def test_a_link_to_what_a_filter_hides_shows_it(shown: Browser) -> None:
    _click(shown, "[name=failing]")
    assert not shown.evaluate("!!document.getElementById('KEY-3').offsetParent")
    shown.evaluate("location.hash = '#KEY-3'; new Promise(done => setTimeout(done, 50))")
    assert shown.evaluate(_opened("KEY-3"))
    assert not shown.evaluate("document.querySelector('[name=failing]').checked")


def test_tab_goes_through_the_filters_to_the_table_and_can_be_seen(shown: Browser) -> None:
    shown.evaluate("document.querySelector('[name=failing]').closest('fieldset').scrollIntoView()")
    visited: List[Dict[str, Any]] = []
    for _ in range(40):
        shown.press("Tab", 9)
        visited.append(shown.evaluate(FOCUS))
        if visited[-1]["tag"] == "SUMMARY" and visited[-2]["tag"] == "A":
            break
    order = [found["name"] or found["id"] for found in visited]
    wanted = [
        "page-runs", "failing", "differs", "critical", "page-search", "page-open", "page-close",
        "page-reset", "page-matrix",
    ]  # fmt: skip
    assert [name for name in order if name in wanted] == wanted
    for found in visited:
        assert found["visible"], found
        assert found["outline"] == "solid", found
        assert found["width"] >= 2, found


@pytest.mark.parametrize("name", ["failing", "differs", "critical"])
def test_a_filter_leaves_the_rows_that_it_names(shown: Browser, name: str) -> None:
    before = shown.evaluate(VISIBLE)
    _click(shown, f"[name={name}]")
    wanted = f"[...document.querySelectorAll('tr[data-is~={name}]')].length"
    left = shown.evaluate(VISIBLE)
    assert 0 < left < before
    assert left == shown.evaluate(wanted)
    told = shown.evaluate("document.getElementById('page-shown').textContent")
    assert told == f"{left} of {before} requirements shown"
    _click(shown, f"[name={name}]")
    assert shown.evaluate(VISIBLE) == before


def test_a_search_finds_ids_of_tests_and_words_of_requirements(shown: Browser) -> None:
    shown.evaluate("document.getElementById('page-search').focus()")
    shown.send("Input.insertText", text="only-HERE")
    assert shown.evaluate(VISIBLE) == 1
    _click(shown, "#page-reset")
    assert shown.evaluate(VISIBLE) > 300


def test_nothing_leaves_and_nothing_is_refused_by_the_policy(shown: Browser, page: Path) -> None:
    shown.open(address_of(page))
    shown.evaluate("document.querySelectorAll('details').forEach(found => { found.open = true; })")
    asked = [
        event["params"]["request"]["url"]
        for event in shown.events
        if event.get("method") == "Network.requestWillBeSent"
    ]
    assert asked == [address_of(page)]
    told = [
        event
        for event in shown.events
        if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")
    ]
    assert told == []
    assert shown.evaluate("getComputedStyle(document.body).maxWidth") != "none"


def test_texts_of_a_report_do_not_run(shown: Browser) -> None:
    assert shown.evaluate("document.querySelectorAll('script').length") == 1
    assert shown.evaluate("document.querySelectorAll('img, iframe, object, link').length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(shown: Browser, scheme: str) -> None:
    shown.scheme(scheme)
    found = shown.evaluate(CONTRASTS)
    assert found["count"] > 1000
    assert len(found["pairs"]) > 8
    for pair in found["pairs"]:
        assert pair["alpha"] == 1, pair
        assert pair["ratio"] >= LEAST_CONTRAST, pair


def test_the_schemes_differ(shown: Browser) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = shown.evaluate(ground)
    shown.scheme("dark")
    assert shown.evaluate(ground) != light


@pytest.mark.parametrize("opened", [False, True])
def test_the_page_does_not_scroll_sideways(shown: Browser, *, opened: bool) -> None:
    if opened:
        shown.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    for width in (360, 768, 1280):
        shown.size(width, 800)
        wide = shown.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide == [width, width]
    shown.size(360, 800)
    inside = "(e => e.scrollWidth > e.clientWidth)(document.getElementById('page-matrix'))"
    assert shown.evaluate(inside)  # the table does, in its region


def test_it_can_be_printed(shown: Browser) -> None:
    shown.size(720, 1000)  # what a sheet of A4 has between its margins
    feature = {"name": "prefers-color-scheme", "value": "dark"}
    shown.send("Emulation.setEmulatedMedia", media="print", features=[feature])
    try:
        found = shown.evaluate(
            """(() => {
              const box = selector => document.querySelector(selector).getBoundingClientRect();
              return {ground: getComputedStyle(document.body).backgroundColor,
                      filters: box('#page-filters').height,
                      text: box('#page-matrix summary').width,
                      right: box('#page-matrix > table').right};
            })()"""
        )
    finally:
        shown.send("Emulation.setEmulatedMedia", media="")
    assert found["ground"] == "rgb(255, 255, 255)"
    assert found["filters"] == 0
    assert found["text"] > 200
    assert found["right"] <= 720


def test_results_of_tests_stand_under_their_requirement(shown: Browser, page: Path) -> None:
    shown.open(address_of(page, "ENV-6"))
    shift = shown.evaluate(
        """(() => {
          const left = cells => [...cells].map(cell => cell.getBoundingClientRect().left);
          const outer = document.getElementById('ENV-6').closest('tr').children;
          const inner = document.querySelector('#ENV-6 tbody tr').children;
          const above = left(outer).slice(2), below = left(inner).slice(1);
          return above.map((at, column) => Math.abs(at - below[column]));
        })()"""
    )
    assert len(shift) == len(reports())
    assert max(shift) < 1


def _click(browser: Browser, selector: str) -> None:
    browser.evaluate(f"document.querySelector('{selector}').click()")


def _opened(name: str) -> str:
    """Return the expression that says whether everything around an id is open."""
    return f"""(() => {{
      for (let node = document.getElementById('{name}'); node; node = node.parentElement) {{
        if (node.tagName === 'DETAILS' && !node.open) return false;
      }}
      return document.getElementById('{name}').getClientRects().length > 0;
    }})()"""
