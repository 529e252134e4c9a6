"""`verify-report`: a claim that others can check."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Tuple

import pytest

from conformance.cli.verify_report import add_arguments, verify_report
from conformance.report.document import Report, encode_report
from conformance.report.json_lines import render
from conformance.usage import UsageProblem
from tests.unit.conformance.report import samples

IDS = ("field.open/plain", "field.open/tag-last-bit", "scenario/honest", "scenario/keys-swapped")


@pytest.fixture(autouse=True)
def profile(monkeypatch: pytest.MonkeyPatch) -> None:
    def frozen_ids(name: str) -> Tuple[str, ...]:
        if name != "full":
            raise UsageProblem(f"there is no profile {name!r}")
        return IDS

    monkeypatch.setattr("conformance.profiles.frozen_ids", frozen_ids)


def run(tmp_path: Path, raw: bytes, *options: str) -> int:
    path = tmp_path / "report.json"
    path.write_bytes(raw)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return verify_report(parser.parse_args([str(path), *options]))


@pytest.mark.parametrize(
    "raw", [encode_report(samples.passed()), render(samples.passed()).encode()]
)
def test_a_whole_report(raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, raw) == 0
    text = capsys.readouterr().out
    assert "is whole and unchanged, and holds every test of its profile" in text
    assert "  executed 5 of 5 MUST: 5 pass\n  level: Strict (profile full)\n" in text
    assert "conformant: yes" in text
    assert run(tmp_path, raw, "--quiet") == 0
    assert capsys.readouterr().out == ""


def test_a_report_that_fails_is_still_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [samples.result(name, "fail") for name in IDS]
    assert run(tmp_path, encode_report(samples.report(rows))) == 0
    assert "conformant: no" in capsys.readouterr().out


PASSED = samples.passed()
PART = samples.report(PASSED.results[1:])


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (PART, "1 test of the profile missing: field.open/plain"),
        (
            samples.report([*PASSED.results, samples.result("a/b")]),
            "1 test not of the profile: a/b",
        ),
        (
            samples.report([*PASSED.results, samples.result("challenge/a/b")], challenge="c"),
            "1 test made for the run, of no published one: challenge/a/b",
        ),
        (samples.report(PASSED.results, complete=False), "the run was interrupted"),
        (samples.report(PASSED.results, profile="fool"), "there is no profile 'fool'"),
        (samples.empty(), "4 tests of the profile missing"),
    ],
)
def test_what_proves_nothing_is_refused(
    report: Report, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, encode_report(report)) == 1
    assert reason in capsys.readouterr().out


RAW = encode_report(PASSED)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (RAW[:-100], "cut off"),
        (RAW.replace(b'"status": "pass"', b'"status": "warn"', 1), "was changed"),
        (RAW.replace(b'"seed": "2', b'"seed": "3'), "was changed"),
        (RAW.replace(b"report-1", b"report-9"), "not of the schema venice-report-1"),
        (render(PASSED).encode().rsplit(b"\n", 2)[0] + b"\n", "no footer"),
        (b"no report", "not JSON"),
    ],
)
def test_what_is_damaged_is_refused(
    raw: bytes, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, raw) == 1
    text = capsys.readouterr().out
    assert text.startswith("refused: ")
    assert reason in text


def test_one_bad_report_among_good_ones(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_bytes(RAW)
    (tmp_path / "bad.json").write_bytes(RAW[:-9])
    paths = [str(tmp_path / name) for name in ("bad.json", "good.json")]
    assert verify_report(argparse.Namespace(report=paths, quiet=False)) == 1


def test_a_file_that_is_not_there_is_wrong_usage() -> None:
    with pytest.raises(UsageProblem):
        verify_report(argparse.Namespace(report=["no-such-file"], quiet=False))
