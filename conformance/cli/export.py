"""`export`: the requirements and the vectors as one document."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from conformance.cli.output import Output
from conformance.export import requirements_as_csv, suite_as_json, vectors_as_csv
from conformance.requirements import load_requirements
from conformance.vectors import load_files

__all__ = ["export"]

EXIT_USAGE: Final = 4


def export(options: argparse.Namespace) -> int:
    """Write the document to standard output, or to a file."""
    requirements = load_requirements()
    files = [file for file in load_files() if file.name.startswith(options.only)]
    if not files:
        print(f"python3 -m conformance export: no file begins with {options.only!r}",
              file=sys.stderr)  # fmt: skip
        return EXIT_USAGE
    if options.format == "json":
        text = suite_as_json(requirements, files)
    elif options.requirements:
        text = requirements_as_csv(requirements)
    else:
        text = vectors_as_csv(files)
    if options.output == "-":
        Output().line(text.rstrip("\r\n"))
    else:
        Path(options.output).write_bytes(text.encode("utf-8"))
    return 0
