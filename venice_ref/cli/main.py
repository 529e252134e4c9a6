"""The command `venice-ref`: reads the arguments, runs one command, turns errors into exit codes.

Each command is loaded when it is asked for, so that help and the offline commands load neither
`ssl` nor `urllib`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn, Optional, Sequence

from venice_ref.cli.arguments import INTRODUCTION, parse_arguments
from venice_ref.cli.output import EXIT_USAGE, Console, error_to_json, exit_code
from venice_ref.errors import VeniceError

if TYPE_CHECKING:
    import argparse

__all__ = ["main", "run"]

EXIT_INTERRUPTED = 130


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command and return its exit code; `argv` is without the name of the program."""
    try:
        arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
    except SystemExit as stop:  # --help, --version, and what makes no sense
        return stop.code if isinstance(stop.code, int) else EXIT_USAGE
    if arguments.command is None:
        print(INTRODUCTION, end="", file=sys.stderr)
        return EXIT_USAGE
    console = Console(
        json_output=arguments.json,
        verbose=arguments.verbose,
        quiet=arguments.quiet,
        color=not arguments.no_color,
    )
    try:
        return _dispatch(arguments, console)
    except VeniceError as error:
        if console.json:
            console.object({"error": error_to_json(error)})
        console.error(error)
        return exit_code(error)
    except KeyboardInterrupt:
        console.interrupted()
        return EXIT_INTERRUPTED


def _dispatch(arguments: argparse.Namespace, console: Console) -> int:
    command: str = arguments.command
    if command == "models":
        from venice_ref.cli import models

        return models.run(arguments, console)
    if command in ("attest", "verify"):
        from venice_ref.cli import evidence

        return evidence.run(arguments, console)
    if command == "quote" and arguments.collateral is not None:
        from venice_ref.cli import quote_verdict

        return quote_verdict.run(arguments, console)
    if command == "quote":
        from venice_ref.cli import quote

        return quote.run(arguments, console)
    if command == "chat":
        from venice_ref.cli import chat

        return chat.run(arguments, console)
    if command == "signature":
        from venice_ref.cli import signature

        return signature.run(arguments, console)
    from venice_ref.cli import envelope

    return envelope.run(arguments, console)


def run() -> NoReturn:
    """Run the command as a process; the entry point of `venice-ref`."""
    code = main()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end, and would complain about the same pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
