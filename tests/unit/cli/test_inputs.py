from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from venice_ref.cli.inputs import read_bytes, read_text, read_value, write_file
from venice_ref.errors import UsageError


@pytest.fixture(name="stdin")
def standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"from input\n")))


def test_a_file_is_read_to_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"12345")
    assert read_bytes(str(file), max_size=5) == b"12345"
    with pytest.raises(UsageError, match="more than 4 bytes"):
        read_bytes(str(file), max_size=4)


@pytest.mark.parametrize("name", ["", "no such file", "nul\0name", "."])
def test_what_cannot_be_read_is_the_callers_mistake(name: str) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_bytes(name, max_size=9)


@pytest.mark.usefixtures("stdin")
def test_a_dash_is_standard_input() -> None:
    assert read_bytes("-", max_size=99) == b"from input\n"


@pytest.mark.parametrize("argument", [None, "-"])
@pytest.mark.usefixtures("stdin")
def test_no_value_is_standard_input(argument: str) -> None:
    assert read_value(argument) == "from input\n"


def test_a_value_is_itself_or_the_text_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text(" caf\u00e9\n", encoding="utf-8")
    assert read_value("plain") == "plain"
    assert read_value(f"@{file}") == " caf\u00e9\n"


def test_text_must_be_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"ab\xff")
    with pytest.raises(UsageError, match="not UTF-8 at byte 2"):
        read_text(str(file))


def test_a_file_is_written(tmp_path: Path) -> None:
    write_file(str(tmp_path / "x"), b"1")
    write_file(str(tmp_path / "x"), b"2")
    for name in (str(tmp_path), str(tmp_path / "none" / "x"), "nul\0name"):
        with pytest.raises(UsageError, match="cannot write"):
            write_file(name, b"")
    assert (tmp_path / "x").read_bytes() == b"2"


def test_standard_output_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="name a file"):
        write_file("-", b"x")
    assert list(tmp_path.iterdir()) == []
