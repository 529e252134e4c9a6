"""`new-adapter`: writes an adapter to begin with, which passes `doctor` as it is."""

from __future__ import annotations

import argparse
import pkgutil
import sys
from pathlib import Path
from typing import Final, Mapping, NamedTuple

from conformance.cli.output import Output
from conformance.requirements import SuiteError

__all__ = ["LANGUAGES", "Language", "add_arguments", "new_adapter", "skeleton"]

EXIT_USAGE: Final = 4


class Language(NamedTuple):
    """One language that there is a skeleton for."""

    file: str
    """Name of the skeleton, and of the file that is written where none is given."""
    build: str
    """Command that makes a program of the file `{file}`, called `{program}`; may be empty."""
    command: str
    """How the suite starts the adapter."""
    executable: bool
    """Whether the file itself is run."""


LANGUAGES: Final[Mapping[str, Language]] = {
    "python": Language("adapter.py", "", "python3 {file}", True),
    "javascript": Language("adapter.mjs", "", "node {file}", False),
    "go": Language("adapter.go", "go build -o {program} {file}", "{program}", False),
    "rust": Language("adapter.rs", "rustc -O -o {program} {file}", "{program}", False),
    "bash": Language("adapter.sh", "", "bash {file}", True),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--lang", required=True, choices=list(LANGUAGES), help="its language")
    parser.add_argument(
        "--output", "-o", metavar="FILE", help="default: adapter.py, adapter.mjs, ... here"
    )


def skeleton(name: str) -> bytes:
    """Return the skeleton for a language.

    Raises:
        SuiteError: this copy of the suite carries none.
    """
    language = LANGUAGES[name]
    content = pkgutil.get_data("conformance.adapters.skeletons", f"{language.file}.txt")
    if content is None:
        raise SuiteError(f"this copy of the suite has no skeleton for {name}")
    return content


def new_adapter(options: argparse.Namespace) -> int:
    """Write the skeleton of a language and print what to do next; a file is never overwritten."""
    language = LANGUAGES[options.lang]
    path = Path(options.output or language.file)
    try:
        with path.open("xb") as file:
            file.write(skeleton(options.lang))
    except FileExistsError:
        print(
            f"python3 -m conformance new-adapter: {path} exists and is left as it is;"
            " name another file with --output",
            file=sys.stderr,
        )
        return EXIT_USAGE
    if language.executable:
        path.chmod(path.stat().st_mode | 0o111)
    _print_next(language, path)
    return 0


def _print_next(language: Language, path: Path) -> None:
    # A bare name would be looked for in PATH.
    program = path.with_suffix("").as_posix()
    program = program if "/" in program else f"./{program}"
    names = {"file": path.as_posix(), "program": program}
    command = language.command.format(**names)
    output = Output()
    output.line(f"{path} is written. It answers every operation with unsupported. Next:")
    if language.build:
        output.line(f"  {language.build.format(**names)}")
    output.line(f"  python3 -m conformance doctor --adapter '{command}'")
    output.line("Then add an operation of vectors/OPERATIONS.md, such as field.open, and run it:")
    output.line(f"  python3 -m conformance run --adapter '{command}' field.open/")
