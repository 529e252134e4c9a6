"""The command `matrix`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Callable, List

import pytest

from conformance.cli.main import main
from conformance.cli.matrix import add_arguments, matrix
from conformance.report.document import encode_report
from conformance.requirements import SuiteError
from conformance.usage import UsageProblem
from tests.unit.conformance.report.samples import every_status, passed


@pytest.fixture
def reports(tmp_path: Path) -> List[str]:
    names = []
    for name, sample in (("a.json", every_status()), ("b.json", passed())):
        path = tmp_path / name
        path.write_bytes(encode_report(sample))
        names.append(str(path))
    return names


def test_the_page_goes_to_a_file_and_replaces_what_is_there(
    reports: List[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "matrix.html"
    target.write_text("x" * 1_000_000)
    assert matrix(_options(*reports, "-o", str(target))) == 0
    page = target.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>\n")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "2 reports" in captured.err


def test_the_page_goes_to_standard_output(
    reports: List[str], capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["matrix", *reports, "-o", "-"]) == 0
    captured = capsysbinary.readouterr()
    assert captured.out.startswith(b"<!DOCTYPE html>")
    assert captured.err == b""


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b'"crash"', b'"pass"', 1),
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw.replace(b'"conformant": false', b'"conformant": true'),
        lambda raw: raw[:0] + b"{}",
    ],
    ids=["changed", "cut off", "claims more", "no report"],
)
def test_a_report_that_does_not_verify_is_refused_by_name(
    reports: List[str], tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    bad = Path(reports[0])
    bad.write_bytes(change(bad.read_bytes()))
    target = tmp_path / "matrix.html"
    with pytest.raises(SuiteError, match=r"a\.json"):
        matrix(_options(*reports, "-o", str(target)))
    assert not target.exists()


def test_a_report_that_is_not_there_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", str(tmp_path / "none.json"), "-o", str(tmp_path / "x.html")]) == 4
    assert "none.json" in capsys.readouterr().err


def test_a_report_is_not_written_over(reports: List[str]) -> None:
    with pytest.raises(UsageProblem, match="written over"):
        matrix(_options(*reports, "-o", reports[0]))


def test_a_page_that_cannot_be_written_is_said(reports: List[str], tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="cannot be written"):
        matrix(_options(*reports, "-o", str(tmp_path)))


def _options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)
