"""The archives: the same bytes each time, and they run where there is nothing but a Python."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from argparse import Namespace
from pathlib import Path
from typing import List, Sequence

import pytest

from conformance.archive import ARCHIVES, EPOCH, build_archive, contents
from conformance.cli.pack import pack
from conformance.resources import ROOT
from conformance.vectors import load_files

OLDEST = shutil.which("python3.9") or sys.executable


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("archives")
    assert pack(Namespace(output=str(target / "made" / "here"))) == 0
    return target / "made" / "here"


def answers(python: str) -> bool:
    """Whether it is a Python at all: a shim without a version behind it is none."""
    done = subprocess.run([python, "-c", ""], capture_output=True, check=False)
    return done.returncode == 0


def carried(
    archive: Path, arguments: Sequence[str], empty: Path
) -> subprocess.CompletedProcess[str]:
    """Run an archive from an empty folder, on the oldest Python that there is, bare."""
    empty.mkdir(exist_ok=True)
    python = OLDEST if answers(OLDEST) else sys.executable
    return subprocess.run(
        [python, "-S", "-E", "-s", str(archive), *arguments],
        cwd=empty, capture_output=True, text=True, timeout=100, check=False, encoding="utf-8",
        env={**os.environ, "HOME": str(empty.parent), "XDG_CACHE_HOME": str(empty.parent / "kept")},
    )  # fmt: skip


def test_the_same_sources_give_the_same_bytes(folder: Path) -> None:
    for name in ARCHIVES:
        assert build_archive(contents(ROOT, name)) == (folder / name).read_bytes()


def test_the_order_of_a_folder_does_not_show(tmp_path: Path) -> None:
    for name, files in (("one", ("a.py", "b.py")), ("two", ("b.py", "a.py"))):
        package = tmp_path / name / "venice_ref"
        package.mkdir(parents=True)
        for file in files:
            (package / file).write_bytes(b"")
        (package / "__pycache__").mkdir()
        (package / "__pycache__" / f"{name}.pyc").write_bytes(b"")
        (package / ".hidden").write_bytes(b"")
        (tmp_path / name / "LICENSE").write_bytes(b"")
    made = [contents(tmp_path / name, "venice-ref.pyz") for name in ("one", "two")]
    assert made[0] == made[1]
    assert list(made[0]) == ["LICENSE", "__main__.py", "venice_ref/a.py", "venice_ref/b.py"]


def test_every_entry_has_one_time_one_mode_and_is_compressed(folder: Path) -> None:
    for name in ARCHIVES:
        raw = (folder / name).read_bytes()
        assert raw.startswith(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for entry in archive.infolist():
                assert entry.date_time == EPOCH
                assert entry.external_attr >> 16 == 0o100644
                assert entry.compress_type == zipfile.ZIP_DEFLATED
                assert not entry.filename.endswith(".pyc")


def test_each_holds_what_it_needs_and_its_licences(folder: Path) -> None:
    with zipfile.ZipFile(folder / "venice-conformance.pyz") as archive:
        names = set(archive.namelist())
    assert {"LICENSE", "SPEC.md", "vectors/LICENSE", "vectors/ids.lock"} <= names
    assert {f"vectors/{file.name}.json" for file in load_files()} <= names
    package = ROOT / "conformance"
    sources = {path.relative_to(ROOT).as_posix() for path in package.rglob("*.py")}
    assert sources <= names
    with zipfile.ZipFile(folder / "venice-ref.pyz") as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert tops == {"LICENSE", "__main__.py", "venice_ref"}


@pytest.mark.parametrize(
    ("arguments", "shows"),
    [
        (["demo", "-q"], "checks passed"),
        (["run", "--quick", "key.parse/", "-q"], " pass"),
        (["show", "field.open/tag-last-bit"], "given envelope"),
        (["explain", "ENV-4"], "venice_ref/e2ee/envelope.py:"),
        (["vectors"], f"{sum(len(file.vectors) for file in load_files())} tests"),
        (["coverage", "--gaps"], "0 with a gap"),
        (["export", "--format", "csv", "--only", "envelope/open"], "field.open/tag-last-bit"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_runs_from_the_archive(
    folder: Path, tmp_path: Path, arguments: List[str], shows: str
) -> None:
    done = carried(folder / "venice-conformance.pyz", arguments, tmp_path / "empty")
    assert (done.returncode, done.stderr) == (0, "")
    assert shows in done.stdout
    assert not list((tmp_path / "empty").iterdir())


def test_the_list_is_that_of_the_repository(folder: Path, tmp_path: Path) -> None:
    done = carried(folder / "venice-conformance.pyz", ["list", "--json"], tmp_path / "empty")
    here = subprocess.run(
        [sys.executable, "-m", "conformance", "list", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    assert json.loads(done.stdout) == json.loads(here.stdout)


@pytest.mark.parametrize(
    "arguments", [["vectors", "--write"], ["vectors", "--check"], ["coverage", "--write"], ["pack"]]
)
def test_what_writes_into_the_repository_says_so(
    folder: Path, tmp_path: Path, arguments: List[str]
) -> None:
    done = carried(folder / "venice-conformance.pyz", arguments, tmp_path / "empty")
    assert done.returncode == 3
    assert "this runs from an archive" in done.stderr
    assert "run this in a copy of the repository" in done.stderr
    assert not list((tmp_path / "empty").iterdir())


def test_the_reference_runs_from_its_own_archive(folder: Path, tmp_path: Path) -> None:
    done = carried(folder / "venice-ref.pyz", ["--version"], tmp_path / "empty")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
