"""`diff`."""

from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import pytest

from conformance.cli.diff import add_arguments, diff
from conformance.report.document import Report
from conformance.report.write import write_report
from conformance.requirements import SuiteError
from tests.unit.conformance.report.samples import NASTY, header, passed, report, result


def run(tmp_path: Path, old: Report, new: Report, *options: str) -> int:
    write_report("json", str(tmp_path / "old.json"), old)
    write_report("jsonl", str(tmp_path / "new.jsonl"), new)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    paths = [str(tmp_path / "old.json"), str(tmp_path / "new.jsonl")]
    return diff(parser.parse_args([*paths, *options]))


def test_a_regression(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = report([result(), result("field.open/x"), result("field.open/y", "fail")])
    new = report(
        [result(), result("field.open/x", "fail", detail=NASTY), result("field.open/y")],
        suite={**header()["suite"], "version": "0.2.0"},
        challenge="c-2",
    )
    assert run(tmp_path, old, new) == 1
    text = capsys.readouterr().out
    assert "suite.version differs: 0.1.0 -> 0.2.0" in text
    assert "challenge differs: (none) -> c-2" in text
    assert "Regressions: 1\n  field.open/x: pass -> fail: accepted_invalid" in text
    assert "Fixed: 1\n  field.open/y: fail: accepted_invalid -> pass" in text
    assert text.endswith("regressions: 1, fixed: 1, changed: 0, new: 0, removed: 0, as before: 1\n")
    assert "\x1b" not in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_terminal_without_unicode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert run(tmp_path, report([result()]), report([result(status="fail", detail="é")])) == 1
    assert b"(\\xe9)" in raw.getvalue()


def test_new_failures_are_no_regressions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = report([*passed().results, result("field.open/fresh", "fail")])
    assert run(tmp_path, passed(), new) == 0
    assert "New tests: 1\n  field.open/fresh: fail: accepted_invalid" in capsys.readouterr().out


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = report([result("field.open/plain", "timeout")])
    assert run(tmp_path, report([result()]), new, "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["regressions"] == [
        {
            "id": "field.open/plain", "old": "pass", "new": "timeout",
            "detail": "no answer within the time limit",
        }
    ]  # fmt: skip
    assert document["unchanged"] == 0
    assert document["differences"] == []


def test_a_report_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    write_report("json", str(tmp_path / "r.json"), passed())
    whole = (tmp_path / "r.json").read_bytes()
    (tmp_path / "cut.json").write_bytes(whole[:-40])
    paths = argparse.Namespace(
        old=str(tmp_path / "r.json"), new=str(tmp_path / "cut.json"), json=False
    )
    with pytest.raises(SuiteError, match="cut off"):
        diff(paths)
