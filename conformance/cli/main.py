"""`python3 -m conformance`, installed as `venice-conformance`.

Exit codes: 0 done and every check passed; 1 a check failed; 3 the program itself could not do its
work; 4 usage; 130 interrupted.  `run` has more of them: 2 interrupted with a report of what was
done, 5 nothing was executed, 7 the implementation could not be started.  Results go to standard
output, everything else to standard error.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import textwrap
from datetime import datetime
from typing import Callable, Dict, Final, Mapping, NoReturn, Optional, Sequence

from conformance.requirements import SuiteError
from conformance.usage import UsageProblem

__all__ = ["main", "run"]

_Command = Callable[[argparse.Namespace], int]

EXIT_FAILED: Final = 3
EXIT_USAGE: Final = 4
EXIT_INTERRUPTED: Final = 130

_WHAT: Final = """\
venice-conformance: tests clients of Venice AI's TEE/E2EE protocol.

  python3 -m conformance demo      an encrypted conversation on this machine,
                                   every step shown and checked; start here
  python3 -m conformance run       every test against the reference, or with
                                   --adapter or --client against a program of
                                   yours; new-adapter begins an adapter, doctor
                                   says what is wrong with it
  python3 -m conformance serve     a mock TEE for a client of your own: honest,
                                   or with one named misbehaviour
  python3 -m conformance list      the misbehaviours, the requirements and the
                                   vectors; show ID prints one with its bytes
  python3 -m conformance explain ID
                                   a requirement with its reason, its tests and
                                   its place in the code, or one of the others
  python3 -m conformance vectors   the test vectors: --check makes all of them
                                   again and compares, --write writes them
  python3 -m conformance coverage  which requirement is tested by what
  python3 -m conformance export    requirements and vectors as JSON or CSV
  python3 -m conformance matrix    reports side by side on one page; diff
                                   compares two, verify-report checks them
  python3 -m conformance selftest  shows that the tests can fail; pack writes
                                   all of it as one file to carry

Each command has --help. Nothing needs a network, a key or an installation.
"""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Breaks lines that are too long, and leaves paragraphs alone that are laid out."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        filled = [
            block
            if all(len(line) <= width for line in block.splitlines())
            else textwrap.fill(block, width, initial_indent=indent, subsequent_indent=indent)
            for block in text.strip().split("\n\n")
        ]
        return "\n\n".join(filled)


class _Parser(argparse.ArgumentParser):
    """Ends with the exit code of this program for wrong usage."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, f"{self.prog}: {message}\n")


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command and return its exit code; wrong usage raises `SystemExit`."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments:
        return _guarded(_overview, argparse.Namespace())
    if arguments[0] in _MODULES:
        return _in_module(arguments)
    options = _parser().parse_args(arguments)
    return _guarded(_COMMANDS[options.command], options)


def _in_module(arguments: Sequence[str]) -> int:
    """Run a command that has a module of its own, which is imported now and not before."""
    name = arguments[0].replace("-", "_")
    module = importlib.import_module(f"conformance.cli.{name}")
    parser = _Parser(prog=f"python3 -m conformance {arguments[0]}", description=module.__doc__)
    parser.formatter_class = _Formatter
    module.add_arguments(parser)
    command: _Command = getattr(module, name)
    options = parser.parse_args(arguments[1:])
    options.argv = list(arguments)
    return _guarded(command, options)


def _guarded(command: _Command, options: argparse.Namespace) -> int:
    """Run a command; what the program cannot do is one line, and no traceback."""
    try:
        return command(options)
    except UsageProblem as error:
        print(f"python3 -m conformance: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            print(file=sys.stderr)  # what the terminal shows next begins on its own line
        return EXIT_INTERRUPTED
    except OSError as error:
        what = error.strerror or str(error)
        where = f"{error.filename}: " if error.filename else ""
        print(f"python3 -m conformance: {where}{what}", file=sys.stderr)
        return EXIT_FAILED
    except SuiteError as error:
        print(f"python3 -m conformance: {error}", file=sys.stderr)
        return EXIT_FAILED


def run() -> None:
    """Run the command of the command line and exit."""
    sys.exit(main())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python3 -m conformance", description=_WHAT.split("\n", maxsplit=1)[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(commands.add_parser("demo", help="an encrypted conversation, every step checked"))
    _add_serve(commands.add_parser("serve", help="run the mock TEE"))
    _add_list(commands.add_parser("list", help="misbehaviours, requirements and vectors"))
    _add_name(commands.add_parser("explain", help="one of them, and what belongs to it"))
    _add_name(commands.add_parser("show", help="a vector with every byte of its input"))
    _add_vectors(commands.add_parser("vectors", help="list, check or write the test vectors"))
    _add_coverage(commands.add_parser("coverage", help="which requirement is tested by what"))
    _add_export(commands.add_parser("export", help="requirements and vectors as one document"))
    for name, about in _MODULES.items():
        commands.add_parser(name, help=about)
    return parser


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("-q", "--quiet", action="store_true", help="print the verdict only")
    parser.add_argument("--no-color", action="store_true", help="no colour, also on a terminal")


def _add_serve(parser: argparse.ArgumentParser) -> None:
    from conformance.mock_tee.intake import ROLES
    from conformance.mock_tee.models import SHAPES
    from conformance.mock_tee.quoting import QUOTE_KINDS

    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=0, help="port to listen on (default: any free one)")
    add("--scenario", default="honest", metavar="NAME", help="see the command list")
    add("--cycle", action="store_true", help="begin the next with every request for evidence")
    add("--seed", metavar="TEXT", help="make keys, nonces and identifiers repeatable")
    add("--now", type=_time, metavar="RFC3339", help="stand still at this time")
    add("--shape", choices=list(SHAPES), help="shape of every attestation answer")
    add("--quote", choices=list(QUOTE_KINDS), default="v4", help="kind of the quotes")
    add("--roles", choices=list(ROLES), default="all", help="roles that must be encrypted")
    add("--reply", metavar="TEXT", help="what the model says (default: the prompt in capitals)")
    add("--chunks", type=_count, metavar="N", help="pieces of the answer (default: words)")
    add("--delay", type=_seconds, default=0.0, metavar="S", help="seconds before each piece")
    add("--require-key", metavar="KEY", help="the only API key that may chat")
    add("--trust-root-out", metavar="FILE", help="write the simulated roots there, in PEM")
    add("-q", "--quiet", action="store_true", help="print the base URL and nothing else")


def _add_list(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("what", nargs="?", choices=["scenarios", "requirements", "vectors"], help="one list")
    add("--json", action="store_true", help="print one JSON object instead")


def _add_name(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "id",
        help="a requirement such as ENV-4, a scenario such as chat-cut, or a vector such as"
        " field.open/tag-last-bit",
    )
    add("--json", action="store_true", help="print one JSON object instead")


def _add_vectors(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--check", action="store_true", help="make every file again, compare, and lint"
    )
    which.add_argument("--write", action="store_true", help="write what is not as it should be")
    add("--only", default="", metavar="PREFIX", help="files whose names begin so")


def _add_coverage(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--gaps", action="store_true", help="only what is not tested")
    add("--json", action="store_true", help="print one JSON object instead")
    add(
        "--write",
        action="store_true",
        help="read the requirements out of SPEC.md into conformance/requirements.json",
    )


def _add_export(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--format", choices=["json", "csv"], default="json", help="default: %(default)s")
    add("--requirements", action="store_true", help="with csv: the requirements instead")
    add("--only", default="", metavar="PREFIX", help="files of vectors whose names begin so")
    add("--output", "-o", default="-", metavar="FILE", help="default: standard output")


def _port(text: str) -> int:
    port = _count(text, least=0)
    if port > 65535:
        raise argparse.ArgumentTypeError("a port is at most 65535")
    return port


def _count(text: str, *, least: int = 1) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < least:
        raise argparse.ArgumentTypeError(f"not a number of at least {least}: {text}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"not a number of seconds from 0 to 3600: {text}")
    return seconds


def _time(text: str) -> datetime:
    from conformance.mock_tee.enclave import YEARS
    from venice_ref.codec.strict import parse_rfc3339
    from venice_ref.errors import VeniceError

    try:
        moment = parse_rfc3339(text)
    except VeniceError as error:
        raise argparse.ArgumentTypeError(error.message) from None
    if moment.year not in YEARS:
        raise argparse.ArgumentTypeError(f"not in the years {YEARS[0]} to {YEARS[-1]}: {text}")
    return moment


# --- The commands -------------------------------------------------------------------------------


def _overview(options: argparse.Namespace) -> int:
    from conformance.cli.output import Output

    del options
    Output().line(_WHAT.rstrip("\n"))
    return 0


def _demo(options: argparse.Namespace) -> int:
    from conformance.cli.output import Output, wants_colour
    from conformance.demo import run_demo

    return run_demo(
        Output().line,
        as_json=options.json,
        quiet=options.quiet,
        colour=wants_colour() and not options.no_color,
    )


def _serve(options: argparse.Namespace) -> int:
    from conformance.cli.serve import serve

    return serve(options)


def _list(options: argparse.Namespace) -> int:
    from conformance.cli.catalogue import list_entries

    return list_entries(options.what, as_json=options.json)


def _explain(options: argparse.Namespace) -> int:
    from conformance.cli.catalogue import explain

    return explain(options.id, as_json=options.json)


def _show(options: argparse.Namespace) -> int:
    from conformance.cli.catalogue import show

    return show(options.id, as_json=options.json)


def _vectors(options: argparse.Namespace) -> int:
    from conformance.cli.vectors import vectors

    return vectors(options)


def _coverage(options: argparse.Namespace) -> int:
    from conformance.cli.coverage import print_coverage

    return print_coverage(options)


def _export(options: argparse.Namespace) -> int:
    from conformance.cli.export import export

    return export(options)


_COMMANDS: Final[Dict[str, _Command]] = {
    "demo": _demo,
    "serve": _serve,
    "list": _list,
    "explain": _explain,
    "show": _show,
    "vectors": _vectors,
    "coverage": _coverage,
    "export": _export,
}

_MODULES: Final[Mapping[str, str]] = {
    "run": "run the tests against the reference or an implementation",
    "adapter": "serve the reference over the adapter protocol",
    "doctor": "find out what is wrong with an adapter",
    "new-adapter": "write the skeleton of an adapter",
    "matrix": "several reports side by side, as one page",
    "diff": "what changed between two reports",
    "verify-report": "check that a report is whole, unchanged and of a frozen profile",
    "selftest": "show that the tests can fail: broken implementations, broken runners",
    "pack": "write the single files that run anywhere",
    "challenge": "make vectors afresh from a seed",
}
"""Commands that have a module of their own: `add_arguments`, and a function of the same name."""
