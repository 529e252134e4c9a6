"""`vectors`, `coverage`, `show` and `export`, as people call them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import List

import pytest

from conformance import resources
from conformance.cli import catalogue, coverage, export
from conformance.cli import vectors as command
from conformance.cli.main import main
from conformance.requirements import SuiteError
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_file_without_a_generator_is_a_fault(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stray = json.loads((copied / "envelope" / "open.json").read_bytes())
    stray["file"] = "envelope/stray"
    (copied / "envelope" / "stray.json").write_text(json.dumps(stray), encoding="utf-8")
    assert main(["vectors", "--only", "envelope/open", "--check"]) == 1
    assert "vectors/envelope/stray.json has no generator" in capsys.readouterr().out


OF_THE_SCHEMA = b'{"schema": "venice-vectors-1", "file": "keys/public"'


@pytest.mark.parametrize(
    "broken",
    [
        b"{",
        b"[]",
        b"\xff",
        b'{"schema": "venice-vectors-1"}',
        OF_THE_SCHEMA + b"}",
        OF_THE_SCHEMA + b', "op": "", "about": "", "flags": {}, "groups": [1]}',
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "public.json").write_bytes(broken)
    with pytest.raises(SuiteError, match=r"vectors/keys/public\.json "):
        load_files(tmp_path)


@pytest.mark.slow
def test_a_file_that_cannot_be_read_is_written_again(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = copied / "keys" / "public.json"
    sound = file.read_bytes()
    file.write_bytes(b"{")
    assert main(["vectors"]) == 3
    assert "vectors/keys/public.json is not " in capsys.readouterr().err
    assert main(["vectors", "--check", "--only", "keys/public"]) == 1
    shown = capsys.readouterr().out
    assert "vectors/keys/public.json is not what its generator makes" in shown
    assert "not linted: vectors/keys/public.json is not " in shown
    assert "2 faults" in shown
    assert main(["vectors", "--write", "--only", "keys/public"]) == 0
    assert file.read_bytes() == sound
    capsys.readouterr()
    assert main(["vectors", "--write", "--only", "keys/public"]) == 0
    assert "nothing was written" in capsys.readouterr().out


@pytest.fixture
def without_vectors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As after the installation of a package, which carries no vectors and no text."""
    folder = tmp_path / "vectors"
    for module in (command, catalogue, coverage, export):
        monkeypatch.setattr(module, "load_files", lambda: load_files(folder))
    monkeypatch.setattr(command, "find_folder", lambda: folder)
    monkeypatch.setattr(resources, "ROOT", tmp_path)
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ["vectors"],
        ["vectors", "--check"],
        ["vectors", "--write"],
        ["coverage"],
        ["coverage", "--write"],
        ["list", "vectors"],
        ["export"],
        ["show", "field.open/ascii"],
    ],
)
def test_without_vectors_it_says_where_they_are(
    without_vectors: Path, arguments: List[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "run this in a copy of the repository" in captured.err
    assert not without_vectors.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["explain", "ENV-6"],
        ["show", "chat-cut"],
        ["export", "--format", "csv", "--requirements"],
    ],
)
@pytest.mark.usefixtures("without_vectors")
def test_what_needs_no_vectors_works_without(arguments: List[str]) -> None:
    assert main(arguments) == 0


def test_coverage_is_complete_and_says_what_is_not_tested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["coverage"]) == 0
    shown = capsys.readouterr().out
    assert " 0 with a gap" in shown
    assert "ENV-6 " in shown
    assert max(map(len, shown.splitlines())) <= 80
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


def test_what_was_released_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    file = next(file for file in load_files() if file.name == "stream/faults")
    vector = next(vector for vector in file.vectors if vector.expect.released)
    assert main(["show", vector.id, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["released"] == vector.expect.released
    assert document["mutation"] == vector.mutation
    assert set(document["flags"]) == set(vector.flags)


def test_no_character_of_an_input_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    text = "two  spaces, " * 20
    lines = list(catalogue.as_text({"given": {"text": text, "a_rather_long_name": 1}}))
    assert max(map(len, lines)) <= 80
    assert lines[-2:] == ["given a_rather_long_name", " " * 17 + "1"]
    assert "".join(line[17:] for line in lines[:-2]) == json.dumps(text)
    for file in load_files()[::10]:
        assert main(["show", file.vectors[-1].id]) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 80, file.name


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("field.open/tag-last-bitt", "field.open/tag-last-bit"),
        ("chat-cuts", "chat-cut"),
        ("vectors/envelope/open.json", "field.open/"),
        ("envelope/open", "field.open/"),
    ],
)
def test_an_unknown_name_gets_those_near_it(
    name: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", name]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"nothing is called '{name}'" in captured.err
    assert f"near it: {near}" in captured.err


def test_everything_can_be_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--only", "envelope"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "venice-export-1"
    target = tmp_path / "vectors.csv"
    assert main(["export", "--format", "csv", "--only", "envelope", "-o", str(target)]) == 0
    assert target.read_bytes().startswith(b"id,op,verdict,")
    assert main(["export", "--format", "csv", "--requirements"]) == 0
    assert capsys.readouterr().out.startswith("id,keyword,text,section,")


def test_standard_output_and_a_file_get_the_same_bytes(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for form in (["json"], ["csv"]):
        arguments = ["export", "--only", "keys/public", "--format", *form]
        target = tmp_path / form[0]
        assert main([*arguments, "-o", str(target)]) == 0
        capfdbinary.readouterr()
        assert main(arguments) == 0
        assert capfdbinary.readouterr().out == target.read_bytes()


def test_a_file_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "absent" / "vectors.json"
    assert main(["export", "--only", "keys/public", "-o", str(target)]) == 3
    captured = capsys.readouterr().err
    assert f"cannot write '{target}': " in captured
    assert "Errno" not in captured


@pytest.mark.parametrize("more", [[], ["--format", "json"], ["--format", "csv", "--only", "keys"]])
def test_requirements_are_a_table_of_their_own(
    more: List[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--requirements", *more]) == 4
    assert "--format csv" in capsys.readouterr().err
