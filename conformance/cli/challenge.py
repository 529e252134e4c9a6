"""Makes files of vectors afresh from a seed, one line of JSON for each.

Without names it reads them from standard input, one a line, and makes each as it comes: this is how
`run` has the vectors of a challenge made.
"""

from __future__ import annotations

import argparse
import sys

from conformance.challenge import serve_files

__all__ = ["add_arguments", "challenge"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "--seed", required=True, metavar="TEXT", help="what everything is drawn from"
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="such as envelope/open")


def challenge(options: argparse.Namespace) -> int:
    """Write the files that are named."""
    names = options.files or (line.strip() for line in sys.stdin)
    serve_files(iter(names), options.seed, sys.stdout)
    return 0
