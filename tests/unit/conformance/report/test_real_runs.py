"""Reports of real runs: repeatable, valid, and accepted by the commands that read them."""

from __future__ import annotations

import json
import pkgutil
from pathlib import Path
from typing import List

import pytest

from conformance.cli.main import main
from conformance.report.read import load_report

pytestmark = pytest.mark.slow


def run(path: Path, seed: str, *options: str) -> None:
    words: List[str] = ["run", "envelope/", "--seed", seed, "--no-challenge", "-q", *options]
    assert main([*words, "--report", f"json={path}", "--state", str(path.with_suffix(".s"))]) == 0


def test_one_seed_gives_one_digest_of_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other, third = (tmp_path / name for name in ("one.json", "other.json", "third.json"))
    run(one, "7")
    run(other, "7")
    run(third, "8", "-j", "2")
    reports = [load_report(str(path)) for path in (one, other, third)]
    digests = {report.to_json()["footer"]["results_sha256"] for report in reports}
    assert len(digests) == 1, "neither times nor order count"
    assert not reports[0].verdict.conformant, "it is a part of the profile"
    capsys.readouterr()
    assert main(["diff", str(one), str(third)]) == 0
    assert "seed differs: 7 -> 8" in capsys.readouterr().out
    assert main(["verify-report", str(one)]) == 0


def test_a_real_report_is_valid_under_the_schema(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="a validator is not installed")
    raw = pkgutil.get_data("conformance.report", "venice-report-1.schema.json")
    assert raw is not None
    run(tmp_path / "r.json", "7")
    document = json.loads((tmp_path / "r.json").read_bytes())
    validator = jsonschema.Draft202012Validator(json.loads(raw))
    assert [error.message for error in validator.iter_errors(document)] == []
    assert {row["file"] for row in document["results"] if row["kind"] == "vector"} >= {
        "envelope/open", "stream/answer",
    }  # fmt: skip
