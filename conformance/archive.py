"""One file to carry: the suite, or the reference, as an archive that Python runs by itself.

The same sources give the same bytes: entries in the order of their names, with one time and one
mode, compressed by deflate.  (Another implementation of deflate compresses to other bytes, which
unpack to the same.)  Sources go in and no bytecode, so that every version of Python can run them.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Dict, Final, Iterator, Mapping, Tuple

__all__ = ["ARCHIVES", "build_archive", "contents"]

ARCHIVES: Final[Mapping[str, Tuple[str, Tuple[str, ...]]]] = {
    # name -> module that runs, and what goes in: folders and files of the repository
    "venice-conformance.pyz": (
        "conformance",
        ("LICENSE", "SPEC.md", "conformance", "vectors", "venice_ref"),
    ),
    "venice-ref.pyz": ("venice_ref", ("LICENSE", "venice_ref")),
}

SHEBANG: Final = b"#!/usr/bin/env python3\n"

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that an entry can have."""

LEVEL: Final = 9

MAIN: Final = """\
import sys

if sys.version_info < (3, 9):
    sys.exit("This needs Python 3.9 or newer, and is run by " + sys.version.split()[0])

from {package}.cli.main import run

if __name__ == "__main__":
    run()
"""


def contents(root: Path, name: str) -> Dict[str, bytes]:
    """Return path -> content of everything in an archive, in the order of the paths."""
    package, parts = ARCHIVES[name]
    found = {"__main__.py": MAIN.format(package=package).encode("ascii")}
    for part in parts:
        for path in _files(root / part):
            found[path.relative_to(root).as_posix()] = path.read_bytes()
    return dict(sorted(found.items()))


def _files(top: Path) -> Iterator[Path]:
    """Yield a file, or the files below a folder, without what an interpreter or editor left."""
    if top.is_file():
        yield top
    elif not top.name.startswith(".") and top.name != "__pycache__":
        for path in sorted(top.iterdir()):
            if path.is_dir() or not (path.name.startswith(".") or path.suffix == ".pyc"):
                yield from _files(path)


def build_archive(files: Mapping[str, bytes]) -> bytes:
    """Return the bytes of an archive with these files."""
    target = io.BytesIO()
    target.write(SHEBANG)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # otherwise the system on which it is made shows
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return target.getvalue()
