"""Write the forms of a report: any number of them in one run, each whole or not at all.

`--report KIND=PATH`; the path `-` is standard output.  A form that cannot be written does not keep
the others from being written.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import Callable, Dict, Final, NamedTuple, Sequence, Tuple

from conformance.report.document import Report, encode_report
from conformance.requirements import SuiteError
from conformance.streams import abandon
from conformance.usage import UsageProblem, did_you_mean

__all__ = [
    "KINDS",
    "STANDARD_OUTPUT",
    "Target",
    "check_targets",
    "encode",
    "parse_report_option",
    "write_report",
    "write_reports",
]

STANDARD_OUTPUT: Final = "-"

KINDS: Final[Dict[str, str]] = {
    "json": "one JSON object, from which every other form can be made",
    "jsonl": "the same in lines",
    "junit": "JUnit XML",
    "tap": "Test Anything Protocol 14",
    "md": "Markdown, for the summary of a pipeline",
    "html": "one page without anything outside of it",
    "github": "annotations of GitHub Actions",
    "badge": "the JSON of a badge of shields.io",
    "console": "the text that a terminal shows",
}
"""Kind -> what it is."""

_MODULES: Final[Dict[str, str]] = {"jsonl": "json_lines", "md": "markdown"}
"""Kind -> module of this package, where they differ."""


class Target(NamedTuple):
    """A form, and where it goes."""

    kind: str
    path: str


def parse_report_option(text: str) -> Target:
    """Return what `KIND=PATH` names; the type of the option `--report`.

    Raises:
        argparse.ArgumentTypeError: there is no such kind, or no path.
    """
    kind, equals, path = text.partition("=")
    names = ", ".join(KINDS)
    if kind not in KINDS:
        near = did_you_mean(kind, KINDS)
        raise argparse.ArgumentTypeError(f"there is no report of the kind {kind!r}{near}: {names}")
    if not equals or not path:
        raise argparse.ArgumentTypeError(
            f"a path is missing: write {kind}=PATH, or {kind}=- for standard output"
        )
    return Target(kind, path)


def check_targets(targets: Sequence[Target]) -> None:
    """Refuse targets that would write over one another, before anything is executed.

    Raises:
        UsageProblem: two have the same path, or a path is a folder.
    """
    seen: Dict[str, Target] = {}
    for target in targets:
        where = target.path
        if where != STANDARD_OUTPUT:
            where = os.path.realpath(where)
            if Path(where).is_dir():
                raise UsageProblem(f"--report {target.kind}: {target.path} is a folder")
        if where in seen:
            other = seen[where].kind
            place = "standard output" if where == STANDARD_OUTPUT else target.path
            raise UsageProblem(f"--report {other} and {target.kind} both go to {place}")
        seen[where] = target


def encode(kind: str, report: Report) -> bytes:
    """Return the bytes of a form."""
    if kind == "json":
        return encode_report(report)
    module = importlib.import_module(f"conformance.report.{_MODULES.get(kind, kind)}")
    render: Callable[[Report], str] = module.render
    return render(report).encode("utf-8", "backslashreplace")


def write_report(kind: str, path: str, report: Report) -> None:
    """Write one form to a file, whole or not at all, or to standard output.

    The file that GitHub Actions names in GITHUB_STEP_SUMMARY is added to; every other one is
    replaced.  Folders on the way are made.

    Raises:
        SuiteError: it cannot be written; the message names the form and the path.
    """
    content = encode(kind, report)
    try:
        if path == STANDARD_OUTPUT:
            _to_standard_output(content)
        elif path == os.environ.get("GITHUB_STEP_SUMMARY"):
            with Path(path).open("ab") as stream:
                stream.write(content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise SuiteError(
            f"the report {kind} cannot be written to {path}: {error.strerror or error}"
        ) from None


def write_reports(targets: Sequence[Target], report: Report) -> Tuple[str, ...]:
    """Write every form that can be written, and return what became of the others."""
    problems = []
    for target in targets:
        try:
            write_report(target.kind, target.path, report)
        except SuiteError as error:  # noqa: PERF203  # one form does not keep the others back
            problems.append(str(error))
    return tuple(problems)


def _to_standard_output(content: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever reads has seen enough
        abandon(sys.stdout)


def _replace(path: Path, content: bytes) -> None:
    """Put the content in the place of a file at once; a device or a pipe is written to."""
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            stream.write(content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
