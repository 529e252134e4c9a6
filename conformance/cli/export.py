"""`export`: the requirements and the vectors as one document."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final, Sequence

from conformance.cli.output import Output
from conformance.export import requirements_as_csv, suite_as_json, vectors_as_csv
from conformance.requirements import load_requirements
from conformance.vectors import VectorFile, load_files

__all__ = ["export"]

EXIT_UNABLE: Final = 3
EXIT_USAGE: Final = 4


def export(options: argparse.Namespace) -> int:
    """Write the document to standard output, or to a file."""
    if options.requirements:
        if options.format != "csv" or options.only:
            return _wrong("--requirements goes with --format csv alone; JSON holds both anyway")
        return _write(requirements_as_csv(load_requirements()), options.output)
    files: Sequence[VectorFile] = [
        file for file in load_files() if file.name.startswith(options.only)
    ]
    if not files:
        return _wrong(
            f"no file begins with {options.only!r}; python3 -m conformance vectors lists them"
        )
    if options.format == "json":
        return _write(suite_as_json(load_requirements(), files), options.output)
    return _write(vectors_as_csv(files), options.output)


def _write(text: str, target: str) -> int:
    content = text.encode("utf-8")
    if target == "-":
        Output().raw(content)
        return 0
    try:
        Path(target).write_bytes(content)
    except OSError as error:
        print(
            f"python3 -m conformance export: cannot write {target!r}: {error.strerror or error}",
            file=sys.stderr,
        )
        return EXIT_UNABLE
    return 0


def _wrong(problem: str) -> int:
    print(f"python3 -m conformance export: {problem}", file=sys.stderr)
    return EXIT_USAGE
