"""`adapter`: the reference behind the adapter protocol, on standard input and output."""

from __future__ import annotations

import argparse
import os
import sys
from typing import BinaryIO

__all__ = ["adapter", "add_arguments"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command; it has none."""
    parser.description = (
        "Serves the reference over the adapter protocol: one request a line on standard input,"
        " one reply a line on standard output. See conformance/adapters/PROTOCOL.md."
    )


def adapter(options: argparse.Namespace) -> int:
    """Answer requests until `bye` or the end of the input."""
    from conformance.adapters.reference.handle import handle
    from conformance.adapters.server import serve_lines

    del options
    with _take_output() as output:
        try:
            serve_lines(handle, sys.stdin.buffer, output)
        except BrokenPipeError:  # whoever asked has gone
            return 0
    return 0


def _take_output() -> BinaryIO:
    """Return standard output for replies alone; whatever else is printed goes to standard error."""
    sys.stdout.flush()
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return output
