from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict
from xml.etree import ElementTree as ET

import pytest

from bench import __main__ as command
from bench import gains, page, summary
from bench.report import FORMAT
from bench.summary import RESULTS, FormError
from bench.targets import ABSENT, TARGETS, number_text, verdict, wanted_text
from venice_ref.crypto.twins import TWINS

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"


def one_run(version: str = "3.11.7") -> Dict[str, Any]:
    machine = {
        "python": version, "implementation": "CPython", "compiler": "GCC", "optimised_build": False,
        "link_time_optimisation": False, "cpu_count": 2, "processor": "p", "system": "Linux",
    }  # fmt: skip
    ratio = {"median": 3.0, "first_quartile": 2.9, "third_quartile": 3.1, "min": 2, "max": 4}
    table = {
        "name": "ecdh", "title": "ECDH", "notes": [], "data": {"x": 1.23456},
        "candidates": [
            {"name": "ours", "seconds": {"median": 0.000123456}, "ratio": None, "samples": [1.0]},
            {"name": "ecdsa", "seconds": {"median": 0.0004}, "ratio": ratio, "samples": [1.0]},
        ],
        "skipped": [{"name": "coincurve", "reason": "no wheel"}],
    }  # fmt: skip
    settings = {"rounds": 5, "clock": "wall"}
    return {
        "format": FORMAT, "machine": machine, "settings": settings, "peers": {"ecdsa": "1"},
        "tables": [table],
    }  # fmt: skip


# --- What is committed --------------------------------------------------------------------------


def test_the_page_and_its_plots_are_what_the_committed_results_give() -> None:
    found = summary.read(RESULTS)
    text, plots = page.make(found)
    assert (DOCS / "performance.md").read_text(encoding="utf-8") == text
    for name, svg in plots.items():
        assert (DOCS / "images" / name).read_text(encoding="utf-8") == svg
    assert {path.name for path in (DOCS / "images").glob("performance-*")} == set(plots)
    assert summary.dump(found) == RESULTS.read_text(encoding="utf-8")


def test_every_target_is_on_the_committed_page() -> None:
    text = (DOCS / "performance.md").read_text(encoding="utf-8")
    for target in TARGETS:
        name = page._quoted(target)
        wanted = (wanted_text(target, target.gate), wanted_text(target, target.aim))
        assert f"| {target.work} | {name} | {wanted[0]} | {wanted[1]} |" in text
    for run in summary.read(RESULTS)["runs"]:
        for target in TARGETS:
            found = verdict(target, run)
            assert found.verdict == ABSENT or number_text(found.median or 0) in text


def test_the_committed_results_are_small_and_name_no_place() -> None:
    text = RESULTS.read_text(encoding="utf-8")
    assert len(text) < 150_000
    assert str(ROOT) not in text
    assert "/root" not in text
    assert "/home" not in text


# --- How it is made -----------------------------------------------------------------------------


def test_a_summary_has_medians_and_no_samples() -> None:
    found = summary.summarise(one_run())
    (run,) = found["runs"]
    (table,) = run["tables"]
    assert table["candidates"] == [["ours", 0.0001235], ["ecdsa", 0.0004, 3.0, 2.9, 3.1]]
    assert table["skipped"] == [["coincurve", "no wheel"]]
    assert table["data"] == {"x": 1.235}
    assert summary.summarise(found) is found
    assert json.loads(summary.dump(found)) == found


def test_the_plotted_run_alone_keeps_its_data() -> None:
    runs = [one_run("3.9.18"), one_run("3.11.7")]
    found = summary.summarise(summary.merge(runs))
    assert [run["tables"][0]["data"] for run in found["runs"]] == [{}, {"x": 1.235}]
    assert summary.plotted(found)["machine"]["python"] == "3.11.7"


def test_a_page_of_almost_nothing_still_has_every_row() -> None:
    text, plots = page.make(summary.summarise(one_run("3.10.1")))
    assert text.count(f"| {ABSENT} |") >= len(TARGETS) - 1
    assert "| ECDH, fresh point | ecdsa | 2.2 | 3 | 3.00 (2.90–3.10) |" in text
    assert "- coincurve (3.10): no wheel" in text
    assert all(f"(images/{name})" in text for name in plots)


def test_plots_are_well_formed_and_their_text_is_text() -> None:
    _, plots = page.make(summary.summarise(one_run()))
    for svg in plots.values():
        root = ET.fromstring(svg)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "prefers-color-scheme:dark" in svg
        assert len(list(root.iter("{http://www.w3.org/2000/svg}text"))) > 3


def test_the_command_writes_page_plots_and_summary(tmp_path: Path) -> None:
    source, target, short = tmp_path / "b.json", tmp_path / "docs" / "p.md", tmp_path / "s.json"
    source.write_text(json.dumps(one_run()), encoding="utf-8")
    arguments = ["--page", str(source), "-o", str(target), "--summary", str(short)]
    assert command.main(arguments) == 0
    assert target.read_text(encoding="utf-8").startswith("# Performance\n")
    assert len(list((tmp_path / "docs" / "images").iterdir())) == 5
    again = summary.read(short)
    assert page.make(again)[0] == target.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["no JSON", "[]", '{"format": "another"}'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    source = tmp_path / "x.json"
    source.write_text(content, encoding="utf-8")
    with pytest.raises(FormError):
        summary.read(source)
    assert command.main(["--page", str(source), "-o", str(tmp_path / "p.md")]) == 2


def test_every_optimisation_is_on_the_page_with_its_gain() -> None:
    """Each pair of the product, so that no fast form comes without its price."""
    named = {f"venice_ref.crypto.{gain.twin}" for gain in gains.GAINS}
    named |= {f"venice_ref.crypto.{name}" for name in gains.WITHOUT}
    assert {name for name in TWINS if name.startswith("venice_ref.crypto.")} == named
