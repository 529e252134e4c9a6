"""The options of `run`, and the file that can hold them.

An option of the command line wins over the same one in the file of `--config`, which is a JSON
object with the long names as keys: {"adapter": "node adapter.mjs", "jobs": 4, "report": ["tap=t"]}.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from itertools import combinations
from pathlib import Path
from typing import Any, Dict, Final, List, Mapping, NoReturn, Sequence, Tuple

from conformance.operations import PROFILES
from conformance.report.write import parse_report_option
from conformance.selection import MARKS, parse_shard
from conformance.usage import UsageProblem, did_you_mean

__all__ = ["DEFAULTS", "add_arguments", "as_json", "complete"]

DEFAULTS: Final[Mapping[str, Any]] = {
    "adapter": None, "adapter_url": None, "client": None, "client_feature": None,
    "adapter_env": [], "strict_adapter": False, "error_map": None, "no_probes": False,
    "tests": [], "expression": "", "mark": "", "case": [], "skip": [], "lf": False, "ff": False,
    "state": None, "shard": None, "profile": "full", "quick": False, "list": False,
    "jobs": "auto", "seed": None, "challenge": None, "no_challenge": False, "timeout": 10.0,
    "startup_timeout": 10.0, "timeout_scale": 1.0, "retries": 0, "repeat_until_fail": 1,
    "maxfail": 0, "strict": False,
    "xfail": None, "update_xfail": False, "no_xfail": False,
    "report": [], "artifacts": None, "durations": 0, "verbose": False, "quiet": False,
    "color": "auto", "config": None, "show_config": False,
}  # fmt: skip
"""What holds where an option is not given."""

_TEST = re.compile(r"[A-Z]{3}(-[0-9]+)?\Z|.*/")
"""What looks like a choice of tests, and so is hardly meant as a seed."""

_Add = Any
_SUBJECTS: Final = ("adapter", "adapter_url", "client")
"""What names what is tested; one of them at most, and never as an empty text."""
_JSON_NAMES: Final = {"expression": "k", "mark": "m"}
"""Where the key in a file is not the name inside the program."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; those that are not given are absent from the result."""
    parser.argument_default = argparse.SUPPRESS
    parser.usage = "%(prog)s [OPTION ...] [TEST ...]"
    parser.add_argument(
        "tests",
        nargs="*",
        metavar="TEST",
        help="an id, the beginning of ids (stream/ or field.open/), or a requirement (ENV-6, ENV);"
        " without any, everything",
    )
    _add_subject(parser.add_argument_group("what is tested (default: the reference)").add_argument)
    _add_choice(parser.add_argument_group("which tests").add_argument)
    _add_manner(parser.add_argument_group("how they are run").add_argument)
    _add_expectations(parser.add_argument_group("expected failures").add_argument)
    _add_output(parser.add_argument_group("output").add_argument)


def _add_subject(add: _Add) -> None:
    add("--adapter", metavar="CMD", help="command of an adapter, or py:package.module:function")
    add("--adapter-url", metavar="URL", help="where an adapter listens")
    add("--client", metavar="CMD", help="command of a client that holds one conversation")
    add(
        "--client-feature",
        metavar="NAME",
        action="append",
        help="what that client does: dcap, gpu-nras, signature, or none (default: all)",
    )
    add(
        "--adapter-env",
        metavar="NAME",
        action="append",
        help="hand this environment variable on; may be repeated",
    )
    add(
        "--strict-adapter",
        action="store_true",
        help="text on standard output that is no reply breaks the protocol",
    )
    add("--error-map", metavar="FILE", help="JSON from stage:reason to native texts")
    add("--no-probes", action="store_true", help="run even where doctor finds fault")  # fmt: skip


def _add_choice(add: _Add) -> None:
    add("-k", dest="expression", metavar="EXPR", help="words in id, file or reason; and, or, not")
    add("-m", dest="mark", metavar="MARK", choices=MARKS, help=", ".join(MARKS))
    add("--case", metavar="ID", action="append", help="exactly this test; may be repeated")
    add("--skip", metavar="PATTERN", action="append", help="leave these out; may be repeated")
    add("--lf", action="store_true", help="only what failed last time")
    add("--ff", action="store_true", help="what failed last time first")
    add("--state", metavar="FILE", help="where that is kept (default: the user's cache folder)")
    add("--shard", metavar="I/N", type=_shard, help="one part of N; also VENICE_SHARD")
    add("--profile", metavar="NAME", choices=sorted(PROFILES), help=", ".join(PROFILES))
    add("--quick", action="store_true", help="critical tests only, and no challenge")
    add("--list", action="store_true", help="print the ids and run nothing")


def _add_manner(add: _Add) -> None:
    add("-j", "--jobs", metavar="N", type=_jobs, help="processes of the adapter, or auto")
    add("--seed", metavar="TEXT", help="decides the order and what is drawn (default: random)")
    add(
        "--challenge",
        metavar="SEED",
        nargs="?",
        const="",
        help="also make every vector afresh, from a random seed or this one",
    )
    add("--no-challenge", action="store_true", help="not for the reference either")
    add("--timeout", metavar="S", type=_seconds, help="for one reply (default: 10)")
    add("--startup-timeout", metavar="S", type=_seconds, help="for hello (default: 10)")
    add("--timeout-scale", metavar="X", type=_seconds, help="multiplies every time limit")
    add("--retries", metavar="N", type=_number, help="ask failures again; a pass is then flaky")
    add("--repeat-until-fail", metavar="N", type=_count, help="ask each test up to N times")
    add("-x", dest="maxfail", action="store_const", const=1, help="stop at the first failure")
    add("--maxfail", metavar="N", type=_count, help="stop after N failures")
    add("--strict", action="store_true", help="a SHOULD that is not met fails")  # fmt: skip


def _add_expectations(add: _Add) -> None:
    add("--xfail", metavar="FILE", help="the expected failures, each with its reason")
    add("--update-xfail", action="store_true", help="write that file anew from this run")
    add("--no-xfail", action="store_true", help="show what holds without it")


def _add_output(add: _Add) -> None:
    add(
        "--report",
        metavar="KIND=PATH",
        action="append",
        type=_report,
        help="json, jsonl, junit, tap, md, html, github, badge, console; - is standard output",
    )
    add("--artifacts", metavar="DIR", help="keep request and reply of each failure there")
    add("--durations", metavar="N", type=_count, help="the slowest tests")
    add("-v", "--verbose", action="store_true", help="every test on a line")
    add("-q", "--quiet", action="store_true", help="the summary only")
    add("--color", choices=["auto", "always", "never"], help="default: auto")
    add("--config", metavar="FILE", help="JSON with these options; the command line wins")
    add("--show-config", action="store_true", help="print what holds and run nothing")  # fmt: skip


# --- The file ------------------------------------------------------------------------------------


def complete(given: argparse.Namespace) -> argparse.Namespace:
    """Return the options with those of `--config` and the defaults filled in.

    Raises:
        UsageProblem: the file cannot be used, or options contradict each other.
    """
    members = {name: value for name, value in vars(given).items() if name in DEFAULTS}
    if not members.get("tests", True):
        del members["tests"]  # an empty list is no choice
    config = _read_config(Path(members["config"])) if "config" in members else {}
    for rival, other in (*combinations(_SUBJECTS, 2), ("challenge", "no_challenge")):
        if rival in members:
            config.pop(other, None)
        if other in members:
            config.pop(rival, None)
    if "adapter" in members or "adapter_url" in members:
        config.pop("client_feature", None)  # it says what the client of the file does
    options = argparse.Namespace(**{**DEFAULTS, **config, **members})
    if options.shard is None and os.environ.get("VENICE_SHARD"):
        options.shard = parse_shard(os.environ["VENICE_SHARD"])
    _check(options)
    return options


def as_json(options: argparse.Namespace) -> str:
    """Return the options as a file of `--config` has them."""
    members: Dict[str, Any] = {}
    for name in DEFAULTS:
        value = getattr(options, name)
        if name in ("config", "show_config"):
            continue
        if name == "report":
            value = [f"{target.kind}={target.path}" for target in value]
        if name == "shard" and value is not None:
            value = f"{value[0]}/{value[1]}"
        members[_JSON_NAMES.get(name, name).replace("_", "-")] = value
    return json.dumps(members, indent=1)


def _read_config(path: Path) -> Dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageProblem(f"--config {path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageProblem(f"--config {path} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise UsageProblem(f"--config {path} is not a JSON object")
    parser = _FileParser(str(path))
    add_arguments(parser)
    found = vars(parser.parse_args(list(_words(document, path))))
    return {name: value for name, value in found.items() if name != "tests" or value}


class _FileParser(argparse.ArgumentParser):
    """Reads the words that a file stands for; what is wrong names the file."""

    def __init__(self, path: str) -> None:
        super().__init__(add_help=False, allow_abbrev=False)
        self._path = path

    def error(self, message: str) -> NoReturn:
        raise UsageProblem(f"--config {self._path}: {message}")


def _words(document: Mapping[str, Any], path: Path) -> Sequence[str]:
    """Return the words of a command line that say the same as the file."""
    keys = {_JSON_NAMES.get(name, name).replace("_", "-") for name in DEFAULTS}
    keys -= {"config", "show-config"}
    words: List[str] = []
    tests: List[str] = []
    for key, value in document.items():
        if key not in keys:
            raise UsageProblem(
                f"--config {path}: no option is called {key!r}{did_you_mean(key, keys)}"
            )
        if key == "tests":
            tests += _texts(key, value, path)
            continue
        option = f"-{key}" if len(key) == 1 else f"--{key}"
        if key == "maxfail" and value == 0:
            continue
        if value is None or value is False or (value == 0 and key == "durations"):
            continue
        if value is True:
            words.append(option)
            continue
        for text in _texts(key, value, path):
            words += [f"{option}={text}"] if option.startswith("--") else [option, text]
    return [*words, "--", *tests]


def _texts(key: str, value: Any, path: Path) -> List[str]:
    values = value if isinstance(value, list) else [value]
    for one in values:
        if isinstance(one, bool) or not isinstance(one, (str, int, float)):
            raise UsageProblem(
                f"--config {path}: {key} is no text, number, boolean or list of them"
            )
    return [str(one) for one in values if one != "" or key.replace("-", "_") in _SUBJECTS]


def _check(options: argparse.Namespace) -> None:
    """Refuse options that contradict each other.

    Raises:
        UsageProblem: naming the two.
    """
    rivals: Tuple[Tuple[str, str], ...] = (
        *combinations(_SUBJECTS, 2),
        ("quick", "challenge"),
        ("challenge", "no_challenge"),
        ("update_xfail", "no_xfail"),
        ("verbose", "quiet"),
    )
    for one, other in rivals:
        if getattr(options, one) not in (None, False) and getattr(options, other) not in (
            None,
            False,
        ):
            names = [f"--{name.replace('_', '-')}" for name in (one, other)]
            raise UsageProblem(f"{names[0]} and {names[1]} contradict each other: give one of them")
    if options.client_feature is not None and options.client is None:
        raise UsageProblem("--client-feature says what a client does: it needs --client")
    if options.update_xfail and not options.xfail:
        raise UsageProblem("--update-xfail needs --xfail FILE, the file that it writes")
    if options.challenge and _TEST.match(options.challenge):
        raise UsageProblem(
            f"--challenge took {options.challenge!r} as its seed: write --challenge=SEED, or put"
            " --challenge behind the tests"
        )
    if options.error_map and not (options.adapter or options.adapter_url):
        raise UsageProblem("--error-map needs --adapter or --adapter-url")


# --- Values --------------------------------------------------------------------------------------


def _shard(text: str) -> Tuple[int, int]:
    try:
        return parse_shard(text)
    except UsageProblem as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _report(text: str) -> Any:
    return parse_report_option(text)


def _jobs(text: str) -> Any:
    return text if text == "auto" else _count(text)


def _count(text: str) -> int:
    number = _number(text)
    if not number:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise argparse.ArgumentTypeError(f"not a whole number: {text}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86400:
        raise argparse.ArgumentTypeError(f"not a number above 0, up to 86400: {text}")
    return seconds
