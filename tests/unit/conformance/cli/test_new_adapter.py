"""Each skeleton passes `doctor` as it is written, in every language that is here."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path
from typing import List

import pytest

from conformance.cli import doctor, new_adapter
from conformance.cli.new_adapter import LANGUAGES


def write(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser()
    new_adapter.add_arguments(parser)
    return new_adapter.new_adapter(parser.parse_args(arguments))


def run_doctor(command: str) -> int:
    parser = argparse.ArgumentParser()
    doctor.add_arguments(parser)
    return doctor.doctor(parser.parse_args(["--adapter", command]))


NEEDS = {"python": "python3", "javascript": "node", "go": "go", "rust": "rustc", "bash": "bash"}


@pytest.mark.slow
@pytest.mark.parametrize("name", LANGUAGES)
def test_a_skeleton_passes_doctor_unmodified(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which(NEEDS[name]) is None:
        pytest.skip(f"there is no {NEEDS[name]} on this machine")
    language = LANGUAGES[name]
    path = tmp_path / language.file
    assert write(["--lang", name, "--output", str(path)]) == 0
    names = {"file": str(path), "program": str(path.with_suffix(""))}
    if language.build:
        subprocess.run(language.build.format(**names).split(), check=True, timeout=100)
    command = language.command.format(**names)
    printed = capsys.readouterr().out
    assert f"doctor --adapter '{command}'" in printed
    assert run_doctor(command) == 0, capsys.readouterr()


def test_a_file_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.py"
    path.write_text("mine\n", encoding="utf-8")
    assert write(["--lang", "python", "--output", str(path)]) == 4
    assert path.read_text(encoding="utf-8") == "mine\n"
    assert "exists and is left as it is" in capsys.readouterr().err


def test_the_file_has_the_name_of_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert write(["--lang", "rust"]) == 0
    assert (tmp_path / "adapter.rs").is_file()
    printed = capsys.readouterr().out
    assert "rustc -O -o ./adapter adapter.rs" in printed
    assert "run --adapter './adapter'" in printed


@pytest.mark.parametrize("name", ["python", "javascript"])
def test_an_adapter_is_at_most_thirty_lines(name: str) -> None:
    assert len(new_adapter.skeleton(name).splitlines()) <= 30


@pytest.mark.parametrize("name", LANGUAGES)
def test_a_skeleton_declares_nothing(name: str) -> None:
    text = new_adapter.skeleton(name).decode("ascii")
    assert "field.open" in text
    assert "my-implementation" in text
