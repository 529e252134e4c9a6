"""Puts a mutant in the place of a function of the running reference, and takes it away again.

The code of a function is exchanged and the function stays, so everything that refers to it sees the
mutant.  That is much faster than a fresh interpreter for each, and reaches functions only, not the
tables and constants of a module.
"""

from __future__ import annotations

import ast
import gc
import importlib
import sys
import types
from contextlib import contextmanager
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, Dict, Final, Iterator, List, Mapping, Tuple

from conformance.resources import ROOT
from conformance.selftest.derived import Mutation, mutations

__all__ = ["Module", "clear_caches", "module_of", "names_of_modules"]

_Key = Tuple[str, int]


class Module:
    """One module of the reference, with its functions and every mutation of them."""

    def __init__(self, file: str) -> None:
        self.file: Final = file
        path = PurePosixPath(file)
        parts = path.parts[:-1] if path.name == "__init__.py" else path.with_suffix("").parts
        self._module: Final = importlib.import_module(".".join(parts))
        self._path: Final = str(self._module.__file__)
        source = (ROOT / file).read_text(encoding="utf-8")
        self._tree: Final = ast.parse(source, self._path)
        self._functions: Final = _functions_of(self._path)
        self.mutations: Final[Mapping[str, Mutation]] = {
            mutation.name: mutation for mutation in mutations(self._tree, source, file)
        }

    @contextmanager
    def mutated(self, mutation: Mutation) -> Iterator[int]:
        """Run the body with the mutant in place; yields how many functions were exchanged."""
        mutation.apply()
        try:
            ast.fix_missing_locations(self._tree)
            code = compile(self._tree, self._path, "exec")
        finally:
            mutation.undo()
        exchanged: List[Tuple[types.FunctionType, types.CodeType]] = []
        try:
            for key, new in _codes(code):
                for function in self._functions.get(key, ()):
                    old = function.__code__
                    if old != new and len(old.co_freevars) == len(new.co_freevars):
                        exchanged.append((function, old))
                        function.__code__ = new
            clear_caches()
            yield len(exchanged)
        finally:
            for function, old in exchanged:
                function.__code__ = old
            clear_caches()


def _functions_of(path: str) -> Dict[_Key, List[types.FunctionType]]:
    found: Dict[_Key, List[types.FunctionType]] = {}
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__code__.co_filename == path:
            code = thing.__code__
            found.setdefault((code.co_name, code.co_firstlineno), []).append(thing)
    return found


def _codes(code: types.CodeType) -> Iterator[Tuple[_Key, types.CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield (constant.co_name, constant.co_firstlineno), constant
            yield from _codes(constant)


@lru_cache(maxsize=None)  # noqa: UP033  functools.cache hides the type from older checkers
def module_of(file: str) -> Module:
    """Return a module of the reference by its path in the repository."""
    return Module(file)


@lru_cache(maxsize=None)  # noqa: UP033  functools.cache hides the type from older checkers
def _caches(count: int) -> Tuple[Any, ...]:
    """Return what remembers results in the reference; `count` is of the modules loaded."""
    del count
    kind = type(module_of)
    found = (thing for thing in gc.get_objects() if isinstance(thing, kind))
    return tuple(one for one in found if str(one.__module__).startswith("venice_ref"))


def clear_caches() -> None:
    """Forget every result that the reference remembers: it may be that of a mutant."""
    for cache in _caches(sum(name.startswith("venice_ref") for name in sys.modules)):
        cache.cache_clear()


def names_of_modules() -> Tuple[str, ...]:
    """Return the paths of the modules of the reference that answer vectors."""
    left_out = ("venice_ref/cli/", "venice_ref/client", "venice_ref/__main__")
    paths = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("venice_ref/**/*.py"))
    return tuple(path for path in paths if not path.startswith(left_out))
