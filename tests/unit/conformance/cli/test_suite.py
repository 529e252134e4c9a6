"""`vectors`, `coverage`, `show` and `export`, as people call them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from conformance.cli import vectors as command
from conformance.cli.main import main
from conformance.vectors import find_folder, load_files


def test_vectors_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vectors"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    total = sum(len(file.vectors) for file in load_files())
    assert f"{total} tests" in shown.splitlines()[-1]


def test_an_unknown_file_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["vectors", "--only", "nothing"], ["export", "--only", "nothing"]):
        assert main(arguments) == 4
        assert "nothing" in capsys.readouterr().err


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "vectors"
    shutil.copytree(find_folder(), folder)
    monkeypatch.setattr(command, "find_folder", lambda: folder)
    monkeypatch.setattr(command, "load_files", lambda: load_files(folder))
    return folder


def test_a_changed_file_is_found_and_written_again(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["vectors", "--only", "envelope/open"]
    assert main([*arguments, "--check"]) == 0
    file = copied / "envelope" / "open.json"
    sound = file.read_bytes()
    file.write_bytes(sound.replace(b'"critical"', b'"normal"', 1))
    capsys.readouterr()
    assert main([*arguments, "--check"]) == 1
    assert "vectors/envelope/open.json is not what its generator makes, from line" in (
        capsys.readouterr().out
    )
    assert main([*arguments, "--write"]) == 0
    assert file.read_bytes() == sound


def test_a_file_without_a_generator_is_a_fault(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stray = json.loads((copied / "envelope" / "open.json").read_bytes())
    stray["file"] = "envelope/stray"
    (copied / "envelope" / "stray.json").write_text(json.dumps(stray), encoding="utf-8")
    assert main(["vectors", "--only", "envelope/open", "--check"]) == 1
    assert "vectors/envelope/stray.json has no generator" in capsys.readouterr().out


def test_coverage_is_complete_and_says_what_is_not_tested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["coverage"]) == 0
    shown = capsys.readouterr().out
    assert " 0 with a gap" in shown
    assert "ENV-6 " in shown
    assert main(["coverage", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)["requirements"]}
    assert any(place.startswith("venice_ref/") for place in rows["ENV-6"]["code"])
    assert rows["ENV-6"]["accepting"]
    assert rows["ENV-6"]["rejecting"]


def test_a_vector_is_shown_with_its_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    file = next(file for file in load_files() if file.name == "envelope/open")
    vector = next(vector for vector in file.vectors if vector.expect.verdict == "reject")
    assert main(["show", vector.id, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["given"] == vector.given
    assert document["parent"] == vector.parent
    assert main(["show", vector.id]) == 0
    assert str(vector.given["envelope"])[:40] in capsys.readouterr().out
    assert main(["explain", vector.id]) == 0
    assert vector.parent in capsys.readouterr().out
    assert main(["show", "ENV-6"]) == 0
    assert main(["show", "nobody"]) == 4


def test_everything_can_be_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--only", "envelope"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "venice-export-1"
    target = tmp_path / "vectors.csv"
    assert main(["export", "--format", "csv", "--only", "envelope", "-o", str(target)]) == 0
    assert target.read_bytes().startswith(b"id,op,verdict,")
    assert main(["export", "--format", "csv", "--requirements"]) == 0
    assert capsys.readouterr().out.startswith("id,keyword,text,section,")
