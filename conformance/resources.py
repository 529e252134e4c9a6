"""The files that belong to the suite, in a copy of the repository or inside one archive.

`conformance`, `vectors` and `SPEC.md` stand side by side, in a folder or at the top of a zip file
that the interpreter runs.  Names are paths from there, with `/` on every system.  What writes into
the repository asks for it with `repository`.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Dict, Final, Optional

from conformance.requirements import SuiteError

__all__ = ["ROOT", "in_archive", "read_file", "read_files", "repository"]

ROOT: Final = Path(__file__).resolve().parent.parent
"""The folder above this package, or the archive that holds it."""


def in_archive() -> bool:
    """Say whether the suite runs from one file."""
    return ROOT.is_file()


def read_file(name: str) -> Optional[bytes]:
    """Return the content of a file; `None` where there is none, as in an installed package."""
    if in_archive():
        with zipfile.ZipFile(ROOT) as archive:
            return archive.read(name) if name in archive.namelist() else None
    path = ROOT / name
    return path.read_bytes() if path.is_file() else None


def read_files(folder: str, ending: str) -> Dict[str, bytes]:
    """Return name -> content of each file below a folder whose name ends so, in their order.

    The names are relative to the folder.
    """
    if in_archive():
        with zipfile.ZipFile(ROOT) as archive:
            start = f"{folder}/"
            names = [name for name in archive.namelist() if name.startswith(start)]
            chosen = sorted(name for name in names if name.endswith(ending))
            return {name[len(start) :]: archive.read(name) for name in chosen}
    top = ROOT / folder
    paths = {path.relative_to(top).as_posix(): path for path in top.rglob(f"*{ending}")}
    return {name: paths[name].read_bytes() for name in sorted(paths)}


def repository(what: str) -> Path:
    """Return the folder of the repository, for what reads or writes more than is carried.

    Raises:
        SuiteError: the suite runs from an archive, or from an installed package.
    """
    if in_archive() or not (ROOT / "SPEC.md").is_file() or not (ROOT / "vectors").is_dir():
        kind = "an archive" if in_archive() else "an installed package"
        raise SuiteError(
            f"{what} needs files that only the repository has, and this runs from {kind}, {ROOT}:"
            " run this in a copy of the repository"
        )
    return ROOT
