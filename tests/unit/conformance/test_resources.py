"""Files of the suite, from a folder and from an archive."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from conformance import resources
from conformance.requirements import SuiteError


@pytest.fixture(params=["folder", "archive"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"SPEC.md": "text", "vectors/b/2.json": "2", "vectors/a/1.json": "1", "vectors/a/x": ""}
    root = tmp_path / "root"
    if request.param == "folder":
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content, encoding="utf-8")
    else:
        with zipfile.ZipFile(root, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
    monkeypatch.setattr(resources, "ROOT", root)
    return root


@pytest.mark.usefixtures("place")
def test_a_file_is_read_and_a_missing_one_is_none() -> None:
    assert resources.read_file("SPEC.md") == b"text"
    assert resources.read_file("LICENSE") is None
    assert resources.read_file("vectors") is None


@pytest.mark.usefixtures("place")
def test_the_files_of_a_folder_come_in_order() -> None:
    found = resources.read_files("vectors", ".json")
    assert list(found.items()) == [("a/1.json", b"1"), ("b/2.json", b"2")]
    assert resources.read_files("nothing", "") == {}


def test_the_repository_is_a_folder(place: Path) -> None:
    if place.is_dir():
        assert resources.repository("this") == place
        (place / "SPEC.md").unlink()
    with pytest.raises(SuiteError, match="files that only the repository has") as caught:
        resources.repository("this")
    assert str(place) in str(caught.value)
