"""One replacement in one file, made while the file is imported: nothing on the disk changes.

A mutant that concerns more than functions, or that concerns the runner itself, is the sole content
of a fresh interpreter: whoever imports the module there gets the changed one.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import PurePosixPath
from types import ModuleType
from typing import Final, NamedTuple, NoReturn, Optional, Sequence, Tuple

from conformance.resources import ROOT

__all__ = ["Mutant", "install", "module_name", "weakened"]


class Mutant(NamedTuple):
    """A check that somebody forgot or got wrong."""

    name: str
    """`area.mistake`, such as `envelope.skip-tag`; unique."""
    file: str
    """Path from the root of the repository."""
    before: str
    """Source text that occurs exactly once in the file."""
    after: str
    """What stands there instead."""
    breaks: Tuple[str, ...]
    """Ids of the requirements that are broken by it; of a mutant of the runner, who sees it."""
    about: str
    """The mistake in one sentence."""


def weakened(mutant: Mutant) -> str:
    """Return the source of the file with the mutant's change.

    Raises:
        ValueError: the text to be replaced does not occur exactly once, or nothing changes.
    """
    source = (ROOT / mutant.file).read_text(encoding="utf-8")
    if source.count(mutant.before) != 1 or mutant.before == mutant.after:
        raise ValueError(f"{mutant.name}: its text occurs {source.count(mutant.before)} times")
    changed = source.replace(mutant.before, mutant.after)
    compile(changed, mutant.file, "exec")
    return changed


def module_name(file: str) -> str:
    """Return the name of the module of a file of Python."""
    path = PurePosixPath(file)
    parts = path.parts[:-1] if path.name == "__init__.py" else path.with_suffix("").parts
    return ".".join(parts)


def install(mutant: Mutant) -> None:
    """Have every later import of its module give the mutant.

    Raises:
        ValueError: as `weakened`, or the module is loaded already.
    """
    name = module_name(mutant.file)
    if name in sys.modules:
        raise ValueError(f"{mutant.name}: {name} is loaded already")
    sys.meta_path.insert(0, _Finder(name, weakened(mutant).encode("utf-8")))


class _Finder:
    def __init__(self, name: str, source: bytes) -> None:
        self._name: Final = name
        self._source: Final = source

    def find_spec(
        self,
        fullname: str,
        path: Optional[Sequence[str]] = None,
        target: Optional[ModuleType] = None,
    ) -> Optional[ModuleSpec]:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._source)
        return spec


class _Loader(SourceFileLoader):
    """Gives other source than the file holds, and neither reads nor writes bytecode."""

    def __init__(self, name: str, path: str, source: bytes) -> None:
        super().__init__(name, path)
        self._source: Final = source

    def get_data(self, path: str) -> bytes:
        return self._source if path == self.path else super().get_data(path)

    def path_stats(self, path: str) -> NoReturn:
        raise OSError(f"no bytecode for {path}")
