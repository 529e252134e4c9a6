"""`doctor`: probes how an implementation is plugged in; says what is wrong and how to mend it."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Final, List, Sequence

from conformance.adapters.open import AdapterSpec, AdapterUsageError, parse_adapter
from conformance.adapters.probes import Probe, run_probes
from conformance.cli.output import Output
from conformance.report.text import encodable, one_line, uncommanded

__all__ = ["add_arguments", "doctor"]

EXIT_USAGE: Final = 4
EXIT_ADAPTER: Final = 7

_WIDTH: Final = 96
_STDERR_LINES: Final = 12
_MAX_DIAGNOSIS: Final = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.description = (
        "Probes an adapter: not whether the implementation is right, but whether it is plugged in"
        " so that its tests mean something. See conformance/adapters/PROTOCOL.md."
    )
    add = parser.add_argument
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--adapter",
        metavar="CMD",
        help="the command that starts the adapter, or py:package.module:function",
    )
    which.add_argument("--adapter-url", metavar="URL", help="where an adapter listens")
    add(
        "--adapter-env",
        metavar="NAME",
        action="append",
        default=[],
        help="hand this environment variable on; may be repeated",
    )
    add(
        "--timeout", type=_seconds, default=5.0, metavar="S",
        help="seconds for each request (default: %(default)g)",
    )  # fmt: skip
    add(
        "--startup-timeout", type=_seconds, default=10.0, metavar="S",
        help="seconds until hello has to be answered (default: %(default)g)",
    )  # fmt: skip


def doctor(options: argparse.Namespace) -> int:
    """Make every probe, print what came of it, and return the exit code."""
    try:
        spec = _spec(options)
        probes = run_probes(spec, timeout=options.timeout, progress=_progress)
    except AdapterUsageError as error:
        _progress("")
        text = encodable(one_line(str(error)), sys.stderr)
        print(f"python3 -m conformance doctor: {text}", file=sys.stderr)
        return EXIT_USAGE
    _progress("")
    _print(probes)
    return 0 if all(probe.passed for probe in probes) else EXIT_ADAPTER


def _spec(options: argparse.Namespace) -> AdapterSpec:
    text = options.adapter_url or options.adapter or ""
    spec = parse_adapter(text)
    if bool(options.adapter_url) != (spec.kind == "url"):
        raise AdapterUsageError(
            f"{text or 'nothing'} is {'no' if options.adapter_url else 'a'} URL:"
            " --adapter takes a command or a function, --adapter-url a URL"
        )
    missing = [name for name in options.adapter_env if name not in os.environ]
    if missing:
        raise AdapterUsageError(f"the environment has no variable {missing[0]}")
    return spec._replace(
        startup_timeout=options.startup_timeout, environment=tuple(options.adapter_env)
    )


def _print(probes: Sequence[Probe]) -> None:
    output = Output()
    reasons = dict.fromkeys(probe.diagnosis for probe in probes if probe.skipped)
    lines = [line for probe in probes if not probe.skipped for line in _lines(probe)]
    for reason in reasons:
        names = [probe.name for probe in probes if probe.skipped and probe.diagnosis == reason]
        lines += [f"skipped  {one_line(reason)}:", *_wrapped("", ", ".join(names))]
    for line in lines:
        output.line(encodable(line, sys.stdout))
    skipped = sum(probe.skipped for probe in probes)
    failed = sum(not probe.passed for probe in probes)
    output.line(
        f"{len(probes)} probes: {len(probes) - skipped - failed} passed, {failed} failed,"
        f" {skipped} skipped"
    )


def _lines(probe: Probe) -> List[str]:
    if probe.passed:
        said = one_line(probe.diagnosis, _MAX_DIAGNOSIS)
        return [f"ok       {probe.name}" + (f": {said}" if said else "")]
    lines = [
        f"FAILED   {probe.name}",
        *_wrapped("seen", probe.seen),
        *_wrapped("cause", probe.cause),
    ]
    lines += _wrapped("remedy", probe.remedy)
    errors = probe.stderr.strip().splitlines()[-_STDERR_LINES:]
    return lines + [f"         | {one_line(line)}" for line in errors]


def _wrapped(title: str, text: str) -> List[str]:
    import textwrap

    if not text:
        return []
    lines = textwrap.wrap(
        one_line(text),
        _WIDTH,
        initial_indent=f"         {title + ':':<8}" if title else " " * 9,
        subsequent_indent=" " * (17 if title else 9),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [uncommanded(line) for line in lines]


def _progress(name: str) -> None:
    """Show on a terminal which probe is made."""
    if sys.stderr.isatty():
        print(f"\r\033[K{name}", end="", file=sys.stderr, flush=True)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"not a number of seconds up to 3600: {text}")
    return seconds
