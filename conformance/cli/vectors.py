"""`vectors`: lists, checks and writes the files of test vectors."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final, Iterator, List, Sequence, Tuple

from conformance.cli.output import Output
from conformance.plan import load_cases
from conformance.profiles import stale_profiles
from conformance.renamed import load_renamed
from conformance.requirements import SuiteError, requirements_by_id
from conformance.resources import repository
from conformance.vector_lint import LOCK, lint, parse_lock
from conformance.vectors import (
    VectorFile,
    file_paths,
    find_folder,
    load_files,
)

__all__ = ["vectors"]

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 4

_LOCK_HEAD: Final = """\
# Ids of the vectors in the order in which they were published.  Lines are added by
# `python3 -m conformance vectors --write` and never changed: an id keeps its meaning for ever.
"""


def vectors(options: argparse.Namespace) -> int:
    """List the files, or check them, or write them."""
    if options.write:
        return _write(options.only)
    if options.check:
        return _check(options.only)
    return _list(options.only)


def _list(only: str) -> int:
    files = _chosen(only)
    if not files:
        return _nothing(only)
    output = Output()
    for file in files:
        rejected = sum(vector.expect.verdict == "reject" for vector in file.vectors)
        output.line(
            f"{file.name:<28} {len(file.vectors):>4} tests, {rejected:>4} rejected  {file.op}"
        )
    total = sum(len(file.vectors) for file in files)
    output.line(f"{len(files)} files, {total} tests. See vectors/FORMAT.md for their form.")
    return 0


def _check(only: str) -> int:
    """Generate everything again and compare the bytes, then lint what is there."""
    from conformance.generate.registry import SOURCES, stale_files

    if not any(source.name.startswith(only) for source in SOURCES):
        return _nothing(only)
    _require_folder()
    started = time.monotonic()
    output = Output()
    faults = []
    for path, content in stale_files(find_folder(), only, progress=_progress):
        faults.append(f"{_name(path)} {_stale(path, content)}")
    written = {path.as_posix() for path in file_paths(find_folder())}
    expected = {(find_folder() / f"{source.name}.json").as_posix() for source in SOURCES}
    faults += [f"{_name(Path(extra))} has no generator" for extra in sorted(written - expected)]
    chosen: Sequence[VectorFile] = ()
    try:
        chosen = _chosen(only)
        faults += _lint()
        faults += [
            f"{name} does not list what the suite has: python3 -m conformance vectors --write"
            for name, _ in _stale_profiles(only)
        ]
    except SuiteError as error:  # a file that cannot be read is stale as well, which stands above
        faults.append(f"not linted: {error}")
    for fault in faults:
        output.line(fault)
    tests = sum(len(file.vectors) for file in chosen)
    seconds = time.monotonic() - started
    verdict = "byte for byte as generated, lint clean"
    if faults:
        verdict = f"{_count(len(faults), 'fault')}, listed above"
    output.line(f"{_count(len(chosen), 'file')}, {tests} tests: {verdict} ({seconds:.0f} s)")
    return EXIT_FAILED if faults else 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _stale(path: Path, content: bytes) -> str:
    if not path.is_file():
        return "is missing"
    old, new = path.read_bytes().splitlines(), content.splitlines()
    places = (n for n, (a, b) in enumerate(zip(old, new), 1) if a != b)
    line = next(places, min(len(old), len(new)) + 1)
    return f"is not what its generator makes, from line {line} on"


def _write(only: str) -> int:
    """Write what its generator makes otherwise, and the ids that are new to the lock."""
    from conformance.generate.registry import SOURCES, stale_files

    if not any(source.name.startswith(only) for source in SOURCES):
        return _nothing(only)
    _require_folder()
    output = Output()
    written = 0
    for path, content in stale_files(find_folder(), only, progress=_progress):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        output.line(f"wrote {_name(path)}")
        written += 1
    if not written:
        output.line("every file is as its generator makes it: nothing was written")
    lock = find_folder() / LOCK
    known = _locked()
    ids = [vector.id for file in load_files() for vector in file.vectors]
    added = [name for name in ids if name not in set(known)]
    if added:
        lock.write_text(_LOCK_HEAD + "".join(f"{name}\n" for name in [*known, *added]), "utf-8")
        output.line(f"added {len(added)} ids to vectors/{LOCK}")
    for name, content in _stale_profiles(only):
        path = repository("vectors --write") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        output.line(f"wrote {name}")
    faults = _lint()
    for fault in faults:
        output.line(fault)
    return EXIT_FAILED if faults else 0


def _require_folder() -> None:
    """Refuse to make vectors where they do not belong, such as beside an installed package."""
    if not find_folder().is_dir():
        repository("vectors --check or --write")


def _lint() -> List[str]:
    return lint(load_files(), requirements_by_id(), _locked(), load_renamed())


def _stale_profiles(only: str) -> Iterator[Tuple[str, bytes]]:
    """Yield the profiles that have to be written; they belong to the suite as a whole."""
    return iter(()) if only else stale_profiles(load_cases())


def _locked() -> Tuple[str, ...]:
    lock = find_folder() / LOCK
    return parse_lock(lock.read_text("utf-8")) if lock.is_file() else ()


def _chosen(only: str) -> Sequence[VectorFile]:
    return [file for file in load_files() if file.name.startswith(only)]


def _nothing(only: str) -> int:
    print(
        f"python3 -m conformance vectors: no file begins with {only!r};"
        " without --only all are listed",
        file=sys.stderr,
    )
    return EXIT_USAGE


def _name(path: Path) -> str:
    return path.relative_to(find_folder().parent).as_posix()


def _progress(name: str, number: int, total: int) -> None:
    """Show on a terminal which file is being made."""
    if sys.stderr.isatty():
        end = "\n" if number == total else ""
        print(f"\r\033[K{number}/{total} {name}", end=end, file=sys.stderr, flush=True)
