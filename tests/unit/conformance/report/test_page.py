"""The frame of the pages: what is escaped, what is allowed, and which colours can be read."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import product
from typing import Dict

import pytest

from conformance.report.page import anchor, cut, document, legend, stylesheet, text
from conformance.results import STATUSES, SUBTYPES
from tests.unit.conformance.report.pages import Page

LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3."""

INKS = ("ink", "muted", "link", "good", "bad", "note")
GROUNDS = ("page", "band", "bad-tint", "note-tint")


def test_markup_is_text() -> None:
    assert text("</script><img onerror='x' a=\"y\">&amp;") == (
        "&lt;/script&gt;&lt;img onerror=&#x27;x&#x27; a=&quot;y&quot;&gt;&amp;amp;"
    )


@pytest.mark.parametrize(
    "hidden",
    ["\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\u200b", "\ufeff", "\x00", "\x1b", "\x7f",
     "\x85", "\u2028", "\ud800", "\U000e0041"],
)  # fmt: skip
def test_what_hides_or_turns_text_around_is_shown(hidden: str) -> None:
    shown = text(f"a{hidden}b")
    assert shown == f"a[U+{ord(hidden):04X}]b"
    assert shown.isascii()


def test_lines_and_letters_of_every_language_stay() -> None:
    assert text("é\n\tעברית 漢字 🜁") == "é\n\tעברית 漢字 🜁"


def test_cut_says_how_much_is_missing() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcdef", 4) == "abcd [and 2 more characters]"


@pytest.mark.parametrize("name", ["ENV-4", "field.open/tag-last-bit", "challenge/a.b/c_d~1"])
def test_the_ids_of_the_suite_are_their_own_anchors(name: str) -> None:
    assert anchor(name) == name


@pytest.mark.parametrize(
    "name", ["https://evil.example/", "a b", "page-matrix", "'><script>", "a\ud800", "javascript:x"]
)
def test_other_ids_are_encoded(name: str) -> None:
    assert anchor(name) != name
    assert re.fullmatch(r"[A-Za-z0-9/._~%-]+", anchor(name))
    assert not anchor(name).startswith("page-")


def test_the_policy_allows_the_style_and_the_script_and_nothing_else() -> None:
    page = document("A <title>", ["<p>body</p>"], columns=3)
    policy = Page(page).all("meta")[1].attributes["content"] or ""
    directives: Dict[str, str] = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives.pop("default-src") == "'none'"
    assert directives.pop("base-uri") == "'none'"
    assert directives.pop("form-action") == "'none'"
    for element in ("style", "script"):
        found = re.findall(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert len(found) == 1
        digest = base64.b64encode(hashlib.sha256(found[0].encode()).digest()).decode()
        assert directives.pop(f"{element}-src") == f"'sha256-{digest}'"
    assert not directives
    assert "<title>A &lt;title&gt;</title>" in page


def test_nothing_in_style_or_script_reaches_out() -> None:
    page = document("A title", [], columns=1)
    for word in ("http:", "https:", "@import", "url(", "fetch(", "XMLHttp", "import(", "eval("):
        assert word not in page, word
    assert "innerHTML" not in page
    assert "style=" not in page


def test_the_legend_has_every_word() -> None:
    page = Page(legend())
    for status in STATUSES.values():
        assert status.about in page.text
        assert status.glyph in page.text
    for about in SUBTYPES.values():
        assert about in page.text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), list(product(INKS, GROUNDS)))
def test_every_ink_can_be_read_on_every_ground(scheme: str, ink: str, ground: str) -> None:
    colours = _colours(scheme)
    assert contrast(colours[ink], colours[ground]) >= LEAST_CONTRAST


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_focus_can_be_seen(scheme: str) -> None:
    colours = _colours(scheme)
    assert all(contrast(colours["focus"], colours[ground]) >= 3 for ground in GROUNDS)


def test_colours_are_variables_only() -> None:
    style = stylesheet(1)
    named = re.findall(r"--[a-z-]+: (#[0-9a-f]{6})", style)
    assert len(named) == 2 * (len(INKS) + len(GROUNDS) + 2)
    assert len(re.findall(r"#[0-9a-f]{6}\b|rgba?\(|hsla?\(", style)) == len(named)


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2 of two colours."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _colours(scheme: str) -> Dict[str, str]:
    style = stylesheet(1)
    light, dark = style.split("prefers-color-scheme: dark", 1)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", light))
    if scheme == "dark":
        found.update(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", dark))
    return found
