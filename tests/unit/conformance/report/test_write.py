"""Writing: any number of forms, each whole or not at all."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import List

import pytest

from conformance.report import console, tap
from conformance.report.document import parse_report
from conformance.report.json_lines import parse_lines
from conformance.report.write import (
    KINDS,
    Target,
    check_targets,
    encode,
    parse_report_option,
    write_report,
    write_reports,
)
from conformance.requirements import SuiteError
from conformance.usage import UsageProblem
from tests.unit.conformance.report import samples


def names(folder: Path) -> List[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written(kind: str, tmp_path: Path) -> None:
    target = parse_report_option(f"{kind}={tmp_path / 'out' / 'file'}")
    assert write_reports([target], samples.nasty()) == ()
    assert Path(target.path).read_bytes() == encode(kind, samples.nasty())
    assert names(tmp_path / "out") == ["file"]


def test_what_is_read_again(tmp_path: Path) -> None:
    report = samples.every_status()
    targets = [Target("json", str(tmp_path / "r.json")), Target("jsonl", str(tmp_path / "r.jsonl"))]
    assert write_reports(targets, report) == ()
    assert parse_report((tmp_path / "r.json").read_bytes()) == report
    assert parse_lines((tmp_path / "r.jsonl").read_bytes()) == report


@pytest.mark.parametrize("text", ["xml=out.xml", "=out", "", "JUNIT=x", "junt=x"])
def test_an_unknown_kind_is_refused_with_all_kinds(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        parse_report_option(text)
    assert all(kind in str(caught.value) for kind in KINDS)
    if text == "junt=x":
        assert "did you mean junit" in str(caught.value)


@pytest.mark.parametrize("text", ["junit", "junit="])
def test_a_path_is_needed(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write junit=PATH"):
        parse_report_option(text)


def test_a_path_may_hold_an_equals_sign() -> None:
    assert parse_report_option("tap=a=b.tap") == Target("tap", "a=b.tap")


def test_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_report("tap", "-", samples.nasty())
    assert capfdbinary.readouterr().out == tap.render(samples.nasty()).encode("utf-8")


def test_one_that_cannot_be_written_does_not_keep_the_others_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    bad = Target("tap", str(tmp_path / "file" / "out.tap"))
    good = Target("json", str(tmp_path / "r.json"))
    (problem,) = write_reports([bad, good], samples.passed())
    assert "the report tap cannot be written" in problem
    assert (tmp_path / "r.json").exists()


def test_the_old_file_stays_whole_if_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.json"
    path.write_text("old")

    def fail(self: Path, data: bytes) -> int:
        with self.open("wb") as stream:
            stream.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(SuiteError, match="No space left"):
        write_report("json", str(path), samples.passed())
    assert path.read_text() == "old"
    assert names(tmp_path) == ["r.json"]


def test_a_reader_of_the_old_file_keeps_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("old")
    with path.open() as reader:
        write_report("json", str(path), samples.passed())
        assert reader.read() == "old"


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("")
    (tmp_path / "link").symlink_to("real")
    write_report("badge", str(tmp_path / "link"), samples.passed())
    assert (tmp_path / "link").is_symlink()
    assert b"Strict" in (tmp_path / "real").read_bytes()


def test_the_summary_of_github_is_added_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "summary"
    path.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    write_report("md", str(path), samples.passed())
    assert path.read_text(encoding="utf-8").startswith("before\n## Venice conformance")


def test_a_device_is_written_to() -> None:
    write_report("tap", os.devnull, samples.passed())
    assert not Path(os.devnull).is_file()


def test_two_forms_do_not_go_to_one_place(tmp_path: Path) -> None:
    path = str(tmp_path / "x")
    check_targets([Target("tap", "-"), Target("json", path)])
    for targets in (
        [Target("tap", "-"), Target("json", "-")],
        [Target("tap", path), Target("json", str(tmp_path / "." / "x"))],
    ):
        with pytest.raises(UsageProblem, match="both go to"):
            check_targets(targets)
    with pytest.raises(UsageProblem, match="is a folder"):
        check_targets([Target("tap", str(tmp_path))])


def test_the_console_form_is_plain() -> None:
    assert encode("console", samples.passed()) == console.render(samples.passed()).encode()
