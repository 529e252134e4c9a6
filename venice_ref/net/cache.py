r"""Files that are kept between runs: few, small, and worth nothing until they are verified again.

The folder is `$XDG_CACHE_HOME/venice-ref`, by default `~/.cache/venice-ref`, on Windows
`%LOCALAPPDATA%\venice-ref`.  A file appears whole or not at all, for its owner only; the time of
its last change is when it was stored.  It has the form that the command line takes as well
(`--collateral`, `--jwks`).

A cache never fails and is never believed: what cannot be read was not there, what cannot be written
is not kept, and what is read goes through the same verification as an answer from the network.
What does not serve there is asked for again (`net.sources`, `client.gathering`).  So whoever can
write into the folder can at most slow this program down, or keep it from working without network.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Callable, Final, Mapping, NamedTuple, Optional

from venice_ref.errors import UsageError
from venice_ref.spec import MAX_CACHE_FILE_SIZE, MAX_CACHE_FILES

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CACHE", "NETWORK", "DiskCache", "OnSource", "Stored", "cache_folder", "silent"]

CACHE: Final = "cache"
NETWORK: Final = "network"

OnSource = Callable[[str, str], None]
"""(`CACHE` or `NETWORK`, a sentence); for the network before the exchange."""

_FOLDER: Final = "venice-ref"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,119}\.json\Z")
_UNFINISHED: Final = "tmp-"

# Nothing that is not a plain file is opened: a pipe would never answer, a link leads elsewhere.
_OPEN_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)
_CREATE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def silent(source: str, sentence: str) -> None:
    """Report to nobody."""


def cache_folder(
    environment: Optional[Mapping[str, str]] = None, *, windows: bool = os.name == "nt"
) -> Optional[Path]:
    """Return the folder of the cache, which need not exist; `None` where there is no place for one.

    XDG Base Directory Specification, 0.8: a path that is not absolute is passed over.
    """
    from pathlib import Path  # noqa: PLC0415  # with urllib.parse 3 ms of the start

    environment = os.environ if environment is None else environment
    if windows:
        places = [environment.get("LOCALAPPDATA", "")]
    else:
        home = environment.get("HOME", "") or os.path.expanduser("~")  # noqa: PTH111  # never raises
        places = [environment.get("XDG_CACHE_HOME", ""), home and f"{home}/.cache"]
    for place in places:
        if os.path.isabs(place) and "\0" not in place:  # noqa: PTH117  # before it is a path
            return Path(place) / _FOLDER
    return None


class Stored(NamedTuple):
    """A file of the cache, not believed."""

    raw: bytes
    stored_at: datetime


class DiskCache:
    """Files by name in one folder; without a folder, a cache that keeps nothing."""

    __slots__ = ("_folder",)

    def __init__(self, folder: Optional[os.PathLike[str]]) -> None:
        """Keep files in `folder`, which need not exist.

        Raises:
            UsageError: it is not the path of a folder.
        """
        self._folder: Optional[Path] = None
        if folder is not None:
            from pathlib import Path  # noqa: PLC0415  # as above

            try:
                self._folder = Path(folder)
            except TypeError:  # bytes, say
                raise UsageError("a folder of the cache is a path", where="cache_folder") from None

    def __repr__(self) -> str:
        return f"DiskCache({str(self._folder) if self._folder else None!r})"

    def read(self, name: str) -> Optional[Stored]:
        """Return a file of at most 4194304 bytes, or `None`  [NET-14]."""
        path = self._path(name)
        if path is None:
            return None
        try:
            return _read(path)
        except (OSError, ValueError, OverflowError):  # the last two: a time beyond the calendar
            return None

    def write(self, name: str, raw: bytes, *, now: datetime) -> None:
        """Keep a file as of `now`, in the place of one of the same name  [NET-14]."""
        path = self._path(name)
        if path is None or len(raw) > MAX_CACHE_FILE_SIZE:
            return
        with contextlib.suppress(OSError, OverflowError):
            path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _replace(path, raw, now.timestamp())
            self._drop_oldest(path.parent)

    def _path(self, name: str) -> Optional[Path]:
        if _NAME.match(name) is None:
            raise UsageError(f"not the name of a cached file: {name!r}")
        return None if self._folder is None else self._folder / name

    @staticmethod
    def _drop_oldest(folder: Path) -> None:
        """Leave at most 64 files; those of other names are not ours."""
        with os.scandir(folder) as entries:
            found = [
                (entry.stat(follow_symlinks=False).st_mtime, entry.path)
                for entry in entries
                if _NAME.match(entry.name) or entry.name.startswith(_UNFINISHED)
            ]
        for _, path in sorted(found)[: max(0, len(found) - MAX_CACHE_FILES)]:
            os.unlink(path)  # noqa: PTH108  # a string, as scandir has it


def _read(path: Path) -> Optional[Stored]:
    """Return a plain file of a size that is allowed, else `None` or OSError."""
    descriptor = os.open(path, _OPEN_FLAGS)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return None
        stored_at = datetime.fromtimestamp(found.st_mtime, timezone.utc)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            raw = file.read(MAX_CACHE_FILE_SIZE + 1)
    finally:
        os.close(descriptor)
    return Stored(raw, stored_at) if len(raw) <= MAX_CACHE_FILE_SIZE else None


def _replace(path: Path, raw: bytes, stored_at: float) -> None:
    """Put a whole file of mode 0600 in the place of another one, or raise OSError."""
    name = path.with_name(f"{_UNFINISHED}{os.urandom(8).hex()}")
    descriptor = os.open(name, _CREATE_FLAGS, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
        os.utime(name, (stored_at, stored_at))
        name.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            name.unlink()
        raise
