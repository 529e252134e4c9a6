"""Checks everything, on every Python found: `python3 check.py`.

Makes an environment for each interpreter under `.venv/`, installs the pinned tools there, and runs
the formatter, the linter, the type checker, the tests on each interpreter (all of them on this one,
most on the oldest, less on the newest, the core on the others), demo and suite on each bare
interpreter, the mutants of the reference and the tests of the suite itself, and the core once more
under `python -O` and on the textbook forms.  It needs a Python with `venv`, and a package index
that pip can reach; the product itself needs neither.

    python3 check.py                 everything, as the continuous integration does
    python3 check.py --quick         format, lint, types and tests on this interpreter only
    python3 check.py --only tests    one stage; see --help
    python3 check.py -- -k envelope  what follows -- goes to pytest
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

ROOT = Path(__file__).resolve().parent
ENVIRONMENTS = ROOT / ".venv"
OLDEST = (3, 9)
NEWEST = (3, 14)
STAGES = ("format", "lint", "types", "tests", "once", "optimised", "textbook", "demo")

EACH = ("tests", "peers")
MAIN = (*EACH, "lint", "vectors")
"""Files of pins under `requirements/`: for each interpreter, and for the one that runs this."""

TEXTBOOK_TESTS = ("tests/unit/crypto", "tests/unit/e2ee", "tests/unit/pki")
"""Where a fast form is looked at closely; everything takes the textbook forms a quarter of an hour:
`VENICE_REF_TEXTBOOK=1 python -m pytest`."""

CORE_TESTS = tuple(
    f"tests/unit/{area}"
    for area in ("attestation", "codec", "crypto", "e2ee", "evidence", "net", "pki", "receipts")
)

REFUSING = (*CORE_TESTS, "tests/properties", "tests/vectors/test_reference.py")
"""Where a refusal that rests on an `assert` would show under `-O`: what expects an error."""

ELSEWHERE = (*CORE_TESTS, "tests/unit/cli", "tests/unit/test_client.py", "tests/vectors")
"""What runs on the newest, where the language or its library could have changed; on those between
only the core does.  The suite with all of its vectors runs on each of them besides."""

NOT_OLDEST = ("tests/repo", "tests/unit/bench", "tests/oracles", "tests/interop")
"""What is about this repository, its peers and their speed, not about the language."""

OPTIONAL = {"peers", "vectors"}
"""What the tests do without, and say so."""


class Interpreter(NamedTuple):
    """A Python that was found and answered."""

    version: Tuple[int, int]
    path: str

    @property
    def name(self) -> str:
        """The version as people write it."""
        return f"{self.version[0]}.{self.version[1]}"


class Outcome(NamedTuple):
    """One step that was run."""

    step: str
    passed: bool
    seconds: float


def candidates() -> Iterator[str]:
    """Yield paths that may be interpreters: this one, those on the path, and pyenv's."""
    yield sys.executable
    minors = range(OLDEST[1], NEWEST[1] + 1)
    for minor in minors:
        found = shutil.which(f"python3.{minor}")
        if found:
            yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for minor in minors:
        for version in sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python"), reverse=True):
            yield str(version)


def probe(path: str) -> Optional[Interpreter]:
    """Return the interpreter behind `path`; a pyenv shim without a version behind it is none."""
    code = "import sys; print(sys.version_info[0], sys.version_info[1], sys.implementation.name)"
    try:
        answer = subprocess.run(
            [path, "-I", "-c", code], capture_output=True, text=True, timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor, implementation = answer.stdout.split()
    version = (int(major), int(minor))
    return Interpreter(version, path) if version >= OLDEST and implementation == "cpython" else None


def find_interpreters() -> List[Interpreter]:
    """Return one interpreter of each minor version, oldest first."""
    found: Dict[Tuple[int, int], Interpreter] = {}
    for path in candidates():
        interpreter = probe(path)
        if interpreter is not None:
            found.setdefault(interpreter.version, interpreter)
    return [found[version] for version in sorted(found)]


def run(command: List[str], **variables: str) -> bool:
    """Run a command from the root of the repository and say whether it succeeded."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0


def environment_of(interpreter: Interpreter, files: Tuple[str, ...]) -> Optional[str]:
    """Return the Python of an environment with the pinned tools, made where it is missing."""
    folder = ENVIRONMENTS / f"py{interpreter.name}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pins = b"".join((ROOT / "requirements" / f"{name}.txt").read_bytes() for name in files)
    stamp = folder / "pins.sha256"
    wanted = hashlib.sha256(pins + interpreter.path.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return str(python)
    shutil.rmtree(folder, ignore_errors=True)
    say(f"making an environment for Python {interpreter.name}")
    if not run([interpreter.path, "-m", "venv", str(folder)]):
        say(
            f"Python {interpreter.name} ({interpreter.path}) cannot make an environment.\n"
            "  On Debian and Ubuntu: apt-get install python3-venv"
        )
        return None
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    missing = [name for name in files if not run([*pip, "-r", f"requirements/{name}.txt"])]
    for name in missing:
        say(f"requirements/{name}.txt cannot be installed for Python {interpreter.name}")
    if set(missing) - OPTIONAL:
        return None
    if not missing:
        stamp.write_text(wanted, encoding="utf-8")
    return str(python)


def say(text: str) -> None:
    """Print a line of progress."""
    print(f"check: {text}", file=sys.stderr, flush=True)


def part_of(interpreter: Interpreter, found: List[Interpreter]) -> Tuple[str, ...]:
    """Return what pytest is given to run on one of the interpreters that were found."""
    if interpreter == found[0]:
        return tuple(f"--ignore={path}" for path in NOT_OLDEST)
    return ELSEWHERE if interpreter == found[-1] else CORE_TESTS


class Check:
    """Runs the steps and keeps their outcomes."""

    def __init__(self, only: List[str], pytest_arguments: List[str]) -> None:
        self.only = only
        self.pytest_arguments = pytest_arguments
        self.outcomes: List[Outcome] = []

    def wants(self, stage: str) -> bool:
        """Say whether a stage was asked for."""
        return not self.only or stage in self.only

    def step(self, name: str, command: List[str], **variables: str) -> None:
        """Run one step and keep its outcome."""
        say(name)
        start = time.monotonic()
        passed = run(command, **variables)
        self.outcomes.append(Outcome(name, passed, time.monotonic() - start))

    def tests(self, name: str, python: List[str], *more: str, **variables: str) -> None:
        """Run the tests once."""
        # pytest exits with 5 where it ran nothing, which is a failure here as well.
        self.step(name, [*python, "-m", "pytest", "-q", *more, *self.pytest_arguments], **variables)

    def sources(self, python: str) -> None:
        """Format, lint and types: the same on each interpreter, so they run once."""
        if self.wants("format"):
            self.step("format", [python, "-m", "ruff", "format", "--check", "."])
        if self.wants("lint"):
            self.step("lint", [python, "-m", "ruff", "check", "."])
        if self.wants("types"):
            self.step("types", [python, "-m", "mypy"])

    def interpreter(
        self, interpreter: Interpreter, python: str, *, main: bool, part: Tuple[str, ...]
    ) -> None:
        """What runs on each interpreter: the tests in its environment, the rest on it alone."""
        if self.wants("tests"):
            chosen: Tuple[str, ...] = ("not once",)
            if not main:
                chosen = ("not once and not slow", *part)
            name = f"tests on Python {interpreter.name}"
            self.tests(name, [python], "-n", "auto", "-m", *chosen)
        if self.wants("demo"):
            bare = [interpreter.path, "-S", "-E", "-s", "-m", "conformance"]
            self.step(f"demo on bare Python {interpreter.name}", [*bare, "demo", "-q"])
            self.step(f"suite on bare Python {interpreter.name}", [*bare, "run", "-q"])

    def variants(self, python: str) -> None:
        """What is run once, and the tests without `assert` and on the textbook forms."""
        if self.wants("once"):
            self.tests("mutants and vectors of other seeds", [python], "-n", "auto", "-m", "once")
        if self.wants("optimised"):
            self.tests(
                "tests under python -O", [python, "-O"], "-n", "auto", "-m", "not once", *REFUSING,
                "-W", "ignore::pytest.PytestConfigWarning",
            )  # fmt: skip
        if self.wants("textbook"):
            self.tests(
                "tests on the textbook forms", [python], "-n", "auto", "-m", "not slow",
                *TEXTBOOK_TESTS, VENICE_REF_TEXTBOOK="1",
            )  # fmt: skip

    def summary(self) -> int:
        """Print one line for each step and the count; return the exit code."""
        print()
        for outcome in self.outcomes:
            verdict = "passed" if outcome.passed else "FAILED"
            print(f"{verdict}  {outcome.seconds:6.1f} s  {outcome.step}")
        failed = sum(not outcome.passed for outcome in self.outcomes)
        print(f"{len(self.outcomes) - failed} passed, {failed} failed")
        return 1 if failed or not self.outcomes else 0


def parse_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        description="Checks everything, on every Python found.",
        epilog="Arguments after -- go to pytest.",
    )
    parser.add_argument("--quick", action="store_true", help="this interpreter only")
    parser.add_argument("--only", action="append", default=[], choices=STAGES, help="one stage")
    parser.add_argument("pytest_arguments", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Run what was asked for and return the exit code."""
    arguments = parse_arguments()
    check = Check(arguments.only, arguments.pytest_arguments)
    found = find_interpreters()
    this = next((one for one in found if one.version == sys.version_info[:2]), None)
    if this is None:
        say(f"Python 3.9 or newer is required, this is {sys.version.split()[0]}")
        return 1
    if arguments.quick:
        found = [this]
    say("found Python " + ", ".join(one.name for one in found))
    missing = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    missing = [name for name in missing if name not in {one.name for one in found}]
    if missing and not arguments.quick:
        say("not found and not tested: Python " + ", ".join(missing))

    main_python = environment_of(this, MAIN)
    if main_python is None:
        return 1
    check.sources(main_python)
    for interpreter in found:
        python = main_python if interpreter == this else environment_of(interpreter, EACH)
        if python is None:
            check.outcomes.append(Outcome(f"environment for {interpreter.name}", False, 0.0))
            continue
        check.interpreter(
            interpreter, python, main=interpreter == this, part=part_of(interpreter, found)
        )
    if not arguments.quick:
        check.variants(main_python)
    return check.summary()


if __name__ == "__main__":
    sys.exit(main())
