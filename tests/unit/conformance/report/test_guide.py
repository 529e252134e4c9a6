"""The guide about reports and the program say the same."""

from __future__ import annotations

import json
import pkgutil
import re
from pathlib import Path
from typing import List

import pytest

from conformance.levels import LEVELS
from conformance.report import badge, tap
from conformance.report.write import KINDS
from conformance.results import STATUSES, SUBTYPES
from tests.unit.conformance.report import samples

GUIDE = Path(__file__).resolve().parents[4] / "docs" / "guides" / "reports.md"


def rows(first: str) -> List[List[str]]:
    """Return the cells of the table whose first column has this title, without the marks."""
    text = GUIDE.read_text(encoding="utf-8")
    table = text.split(f"| {first} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in table]


def word(*, yes: bool) -> str:
    return "yes" if yes else "no"


def test_the_statuses() -> None:
    assert rows("glyph") == [
        [row.glyph, row.plain, name, word(yes=row.fails), word(yes=row.blocks), row.about]
        for name, row in STATUSES.items()
    ]


def test_the_subtypes() -> None:
    assert rows("subtype") == [[name, about] for name, about in SUBTYPES.items()]


def test_the_kinds_and_their_sections() -> None:
    assert rows("kind") == [[name, about] for name, about in KINDS.items()]
    sections = re.findall(r"^## (.+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in sections if name in KINDS] == list(KINDS)


def test_the_levels() -> None:
    assert [row[0] for row in rows("level")] == list(LEVELS[1:])


def test_the_members_of_the_header() -> None:
    raw = pkgutil.get_data("conformance.report", "venice-report-1.schema.json")
    assert raw is not None
    header = json.loads(raw)["$defs"]["header"]
    assert [row[0] for row in rows("member of the header")] == list(header["properties"])
    assert list(samples.header()) == header["required"]


def examples(language: str) -> List[str]:
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_examples_in_json_have_the_members_of_the_program() -> None:
    report, shown = map(json.loads, examples("json"))
    document = samples.one_of("fail").to_json()
    assert list(report) == list(document)
    assert list(report["results"][0]) == list(document["results"][1])
    assert list(report["results"][0]["explanation"]) == list(document["results"][1]["explanation"])
    assert list(report["summary"]) == list(document["summary"])
    assert list(report["footer"]) == list(document["footer"])
    assert list(shown) == list(json.loads(badge.render(samples.passed())))


@pytest.mark.parametrize("line", ["TAP version 14", "ok 1 - field.open/plain", "# conformant: no"])
def test_the_example_in_tap(line: str) -> None:
    assert line in tap.render(samples.every_status()).splitlines()
    assert line in GUIDE.read_text(encoding="utf-8").splitlines()
