"""The command `venice-ref`: reads the arguments, runs one command, turns errors into exit codes.

Each command is loaded when it is asked for, so that help and the offline commands load neither
`ssl` nor `urllib`.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn, Optional, Sequence, TextIO

from venice_ref.cli.arguments import INTRODUCTION, parse_arguments
from venice_ref.cli.output import EXIT_USAGE, Console, cannot_write, error_to_json, exit_code
from venice_ref.errors import VeniceError

if TYPE_CHECKING:
    import argparse

__all__ = ["main", "run"]

EXIT_INTERRUPTED = 130


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command and return its exit code; `argv` is without the name of the program."""
    _replace_closed_outputs()
    try:
        arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
        if arguments.command is None:
            print(INTRODUCTION, end="", file=sys.stderr)
            return EXIT_USAGE
    except SystemExit as stop:  # --help, --version, and what makes no sense
        return stop.code if isinstance(stop.code, int) else EXIT_USAGE
    except OSError as error:  # of --help, or of what makes no sense: then nobody hears this either
        Console().error(cannot_write(error))
        return EXIT_USAGE
    console = Console(
        json_output=arguments.json,
        verbose=arguments.verbose,
        quiet=arguments.quiet,
        color=not arguments.no_color,
    )
    try:
        code = _carried_out(arguments, console)
    except KeyboardInterrupt:
        console.interrupted()
        return EXIT_INTERRUPTED
    if console.unwritten is not None:
        console.error(console.unwritten)
        return code or EXIT_USAGE
    return code


def _replace_closed_outputs() -> None:
    """Put the null device in the place of an output that was closed before the start (`2>&-`).

    The interpreter has `None` there, and the next file or socket would get the stream's number.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            null = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # for the whole run
            setattr(sys, name, null)


def _carried_out(arguments: argparse.Namespace, console: Console) -> int:
    try:
        return _dispatch(arguments, console)
    except VeniceError as error:
        if console.json:
            console.object({"error": error_to_json(error)})
        console.error(error)
        return exit_code(error)


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
    try:
        code = _flushed(main())
    except KeyboardInterrupt:  # before the command began, or after it ended
        code = EXIT_INTERRUPTED
    sys.exit(code)


def _flushed(code: int) -> int:
    """Return the exit code after what is still buffered, such as --help, was written."""
    error = _flush(sys.stdout)
    if error is not None and not isinstance(error, BrokenPipeError) and code == 0:
        Console().error(cannot_write(error))
        code = EXIT_USAGE
    _flush(sys.stderr)
    return code


def _flush(stream: TextIO) -> Optional[OSError]:
    try:
        stream.flush()
    except OSError as error:
        # The interpreter flushes once more at its end, would complain, and would change the code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error
    return None
