"""`pack`: writes the archives that need nothing but a Python."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from conformance.archive import ARCHIVES, build_archive, contents
from conformance.cli.output import Output
from conformance.resources import repository

__all__ = ["add_arguments", "pack"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--output", "-o", default="dist", metavar="DIR", help="folder (default: %(default)s)"
    )


def pack(options: argparse.Namespace) -> int:
    """Write each archive into the folder and print its name, size and SHA-256."""
    root = repository("pack")
    folder = Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    output = Output()
    for name in ARCHIVES:
        content = build_archive(contents(root, name))
        path = folder / name
        path.write_bytes(content)
        path.chmod(0o755)
        output.line(f"{path}  {len(content)} bytes  sha256 {hashlib.sha256(content).hexdigest()}")
    output.line("Run one with any Python from 3.9 on: python3 -S -E -s FILE --help")
    return 0
