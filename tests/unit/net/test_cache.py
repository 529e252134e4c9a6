from __future__ import annotations

import os
import stat
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, Optional

import pytest

from venice_ref.errors import UsageError
from venice_ref.net.cache import DiskCache, cache_folder
from venice_ref.spec import MAX_CACHE_FILE_SIZE, MAX_CACHE_FILES

NOW = datetime(2026, 6, 1, 12, 0, 0, tzinfo=timezone.utc)
NAME = "collateral-tdx-0.json"

posix = pytest.mark.skipif(os.name == "nt", reason="modes, links and pipes of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "venice-ref"


# --- Where --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_CACHE_HOME": "/x/cache", "HOME": "/h"}, "/x/cache/venice-ref"),
        ({"XDG_CACHE_HOME": "", "HOME": "/h"}, "/h/.cache/venice-ref"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/venice-ref"),
        ({"HOME": "/h"}, "/h/.cache/venice-ref"),
        ({"HOME": "relative"}, None),
    ],
)
@posix
def test_the_folder_follows_xdg(environment: Dict[str, str], expected: Optional[str]) -> None:
    found = cache_folder(environment, windows=False)
    assert found == (None if expected is None else Path(expected))


@posix
def test_the_folder_on_windows() -> None:
    assert cache_folder({"LOCALAPPDATA": "/l", "HOME": "/h"}, windows=True) == Path("/l/venice-ref")
    assert cache_folder({"HOME": "/h"}, windows=True) is None


@posix
def test_without_home_the_account_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda _: "/account")
    assert cache_folder({}, windows=False) == Path("/account/.cache/venice-ref")
    monkeypatch.setattr(os.path, "expanduser", lambda _: "~")  # as where there is no account
    assert cache_folder({}, windows=False) is None


def test_the_environment_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert cache_folder() == tmp_path / "venice-ref"


# --- Read and write -----------------------------------------------------------------------------


def test_what_was_written_is_read_with_its_time(folder: Path) -> None:
    cache = DiskCache(folder)
    assert cache.read(NAME) is None
    cache.write(NAME, b"one", now=NOW)
    assert cache.read(NAME) == (b"one", NOW)
    cache.write(NAME, b"two", now=NOW + timedelta(days=1))
    assert cache.read(NAME) == (b"two", NOW + timedelta(days=1))
    assert [path.name for path in folder.iterdir()] == [NAME]  # nothing unfinished is left


@posix
def test_files_are_for_their_owner_only(folder: Path) -> None:
    DiskCache(folder).write(NAME, b"x", now=NOW)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600


def test_a_cache_without_a_folder_keeps_nothing() -> None:
    cache = DiskCache(None)
    cache.write(NAME, b"x", now=NOW)
    assert cache.read(NAME) is None
    assert repr(cache) == "DiskCache(None)"


@pytest.mark.parametrize(
    "name", ["", "x", "../x.json", "a/b.json", "A.json", ".json", "-.json", "a.json\n", "x" * 200]
)
def test_a_name_is_one_of_ours(name: str, folder: Path) -> None:
    with pytest.raises(UsageError):
        DiskCache(folder).read(name)
    with pytest.raises(UsageError):
        DiskCache(folder).write(name, b"", now=NOW)


# --- It never fails -----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [MAX_CACHE_FILE_SIZE + 1])
def test_a_file_has_a_size(folder: Path, size: int) -> None:
    cache = DiskCache(folder)
    cache.write(NAME, bytes(size), now=NOW)
    assert not folder.exists()
    cache.write(NAME, bytes(size - 1), now=NOW)
    found = cache.read(NAME)
    assert found is not None
    assert len(found.raw) == size - 1
    with (folder / NAME).open("ab") as file:
        file.write(b"x")
    assert cache.read(NAME) is None  # [NET-14]


def test_the_number_of_files_is_bounded(folder: Path) -> None:
    cache = DiskCache(folder)
    for index in range(MAX_CACHE_FILES + 5):
        cache.write(f"a-{index}.json", b"x", now=NOW + timedelta(seconds=index))
    (folder / "README").write_bytes(b"somebody else's")
    unfinished = folder / "tmp-left"
    unfinished.write_bytes(b"a process that was killed")
    os.utime(unfinished, (0, 0))
    cache.write("b.json", b"x", now=NOW + timedelta(days=1))
    left = {path.name for path in folder.iterdir()}
    ours = {f"a-{index}.json" for index in range(6, MAX_CACHE_FILES + 5)}
    assert left == {"README", "b.json", *ours}  # [NET-14]
    assert len(ours) == MAX_CACHE_FILES - 1


def test_a_file_in_the_place_of_the_folder_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"")
    cache = DiskCache(tmp_path / "cache" / "venice-ref")
    cache.write(NAME, b"x", now=NOW)  # [NET-14]
    assert cache.read(NAME) is None


@posix
def test_a_folder_that_may_not_be_used_is_no_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = DiskCache(folder)
    cache.write(NAME, b"old", now=NOW)

    def refuse(*_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    # Not by mode: whoever is root may write anywhere.
    monkeypatch.setattr(os, "open", refuse)
    cache.write(NAME, b"new", now=NOW)  # [NET-14]
    assert cache.read(NAME) is None
    monkeypatch.undo()
    assert cache.read(NAME) == (b"old", NOW)


def test_a_disk_that_is_full_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = DiskCache(folder)
    cache.write(NAME, b"old", now=NOW)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    cache.write(NAME, b"new", now=NOW)
    assert cache.read(NAME) == (b"old", NOW)
    assert [path.name for path in folder.iterdir()] == [NAME]


def test_a_folder_in_the_place_of_a_file_is_passed_over(folder: Path) -> None:
    (folder / NAME).mkdir(parents=True)
    cache = DiskCache(folder)
    assert cache.read(NAME) is None
    cache.write(NAME, b"x", now=NOW)
    assert cache.read(NAME) is None


@posix
def test_a_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    folder.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"secret")
    (folder / NAME).symlink_to(elsewhere)
    cache = DiskCache(folder)
    assert cache.read(NAME) is None
    cache.write(NAME, b"ours", now=NOW)  # takes the place of the link
    assert cache.read(NAME) == (b"ours", NOW)
    assert elsewhere.read_bytes() == b"secret"


@posix
def test_a_pipe_does_not_hold_the_reader(folder: Path) -> None:
    folder.mkdir(parents=True)
    os.mkfifo(folder / NAME)
    assert DiskCache(folder).read(NAME) is None


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@posix
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts descriptors in /proc")
def test_no_descriptor_is_left_open(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / NAME).mkdir()
    os.mkfifo(folder / "pipe.json")
    before = descriptors()
    for name in (NAME, "pipe.json", "absent.json"):
        DiskCache(folder).read(name)
    assert descriptors() == before


@pytest.mark.parametrize("seconds", [1e18, -1e18, 1e300])
def test_a_time_beyond_the_calendar_is_passed_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    cache = DiskCache(folder)
    cache.write(NAME, b"x", now=NOW)
    found = os.stat_result((stat.S_IFREG | 0o600, 0, 0, 1, 0, 0, 1, seconds, seconds, seconds))
    # Not by the file itself: most file systems keep no such time.
    monkeypatch.setattr(os, "fstat", lambda _: found)
    assert cache.read(NAME) is None
