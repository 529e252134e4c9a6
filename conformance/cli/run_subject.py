"""Which implementation a run is about: an adapter, a client, or the reference."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from typing import Any, Callable, Dict, Final, FrozenSet, List, NamedTuple, Optional, Tuple

from conformance.adapters.error_map import load_error_map
from conformance.adapters.open import (
    REFERENCE,
    AdapterSpec,
    open_adapter,
    parse_adapter,
    reference_command,
)
from conformance.adapters.protocol import Adapter, StartFailure
from conformance.resources import ROOT, in_archive
from conformance.scenarios.attack import FEATURES
from conformance.usage import UsageProblem, did_you_mean

__all__ = ["Subject", "find_subject", "jobs_of", "program"]

MAX_JOBS: Final = 8
"""What `-j auto` takes at most: each of them is a process of somebody else's."""


class Subject(NamedTuple):
    """What is tested, and how it is reached."""

    spec: Optional[AdapterSpec]
    """None where only a client is given."""
    client: Tuple[str, ...]
    """The command of `--client`; empty where there is none."""
    client_features: FrozenSet[str]
    name: str
    """As reports and the memory of failures call it."""
    words: Tuple[str, ...]
    """The options that name it again."""
    is_reference: bool

    @property
    def is_single(self) -> bool:
        """Whether every adapter is the same program: a server, or a function of this process."""
        return self.spec is not None and self.spec.kind != "command" and not self.client

    def open_adapter(self) -> Optional[Callable[[], Adapter]]:
        """Return what starts the adapter."""
        spec = self.spec
        if spec is None:
            return None
        if not self.is_reference:
            return lambda: open_adapter(spec)
        return lambda: _reference(spec)

    def open_driver(self) -> Optional[Callable[[], Any]]:
        """Return what starts the client; None where the adapter holds conversations."""
        if not self.client:
            return None
        from conformance.scenarios.drive import CommandDriver

        return lambda: CommandDriver(self.client, features=self.client_features)


def find_subject(options: argparse.Namespace) -> Subject:
    """Return what the options name; the reference where they name nothing.

    Raises:
        SuiteError: a command, a map or a feature cannot be used.
    """
    client = _client(options.client)
    features = _features(options.client_feature)
    _named(options)
    text = options.adapter or options.adapter_url
    if text is None and client:
        return Subject(None, client, features, options.client, ("--client", options.client), False)
    if text is None:
        return Subject(_reference_spec(options), (), frozenset(), "the reference", (), True)
    kind = "--adapter" if options.adapter else "--adapter-url"
    if options.adapter_url and not text.startswith(("http://", "https://")):
        raise UsageProblem(f"{text} is not a URL such as http://127.0.0.1:8080/")
    words: List[str] = [kind, text]
    spec = _limited(parse_adapter(text), options)
    for name in options.adapter_env:
        words += ["--adapter-env", name]
    if options.error_map:
        spec = spec._replace(error_map=load_error_map(Path(options.error_map)))
        words += ["--error-map", options.error_map]
    return Subject(spec, (), frozenset(), text, tuple(words), False)


def jobs_of(options: argparse.Namespace, subject: Subject) -> int:
    """Return how many adapters run at once; a function of this process is asked by one."""
    if options.jobs != "auto":
        return int(options.jobs)
    if subject.spec is None or subject.spec.kind != "command":
        return 1
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(1, min(MAX_JOBS, max(2, cores)))


def program() -> Tuple[str, ...]:
    """Return the words that start this suite again, as a person would type them."""
    return ("python3", ROOT.name) if in_archive() else ("python3", "-m", "conformance")


def _limited(spec: AdapterSpec, options: argparse.Namespace) -> AdapterSpec:
    return spec._replace(
        startup_timeout=options.startup_timeout * options.timeout_scale,
        strict=options.strict_adapter,
        environment=tuple(options.adapter_env),
    )


def _reference_spec(options: argparse.Namespace) -> AdapterSpec:
    interpreter, *rest = reference_command()
    command = (interpreter, "-S", "-E", "-s", *rest)  # nothing that is installed is needed
    return _limited(AdapterSpec("command", command, "the reference"), options)


def _reference(spec: AdapterSpec) -> Adapter:
    """Start the reference as a process; in this one where no process can be started at all."""
    try:
        return open_adapter(spec)
    except (OSError, StartFailure):
        adapter = open_adapter(REFERENCE)
        adapter.warnings.append("no process could be started: the reference ran in this one")
        return adapter


def _named(options: argparse.Namespace) -> None:
    """Refuse an empty text, such as a variable of a pipeline that is not set: it names nothing."""
    if options.adapter is not None and not options.adapter.strip():
        raise UsageProblem(
            "--adapter is empty: give the command that starts the adapter, or leave the option"
            " away to test the reference"
        )
    if options.adapter_url is not None and not options.adapter_url.strip():
        raise UsageProblem(
            "--adapter-url is empty: give the address where the adapter listens, or leave the"
            " option away to test the reference"
        )


def _client(text: Optional[str]) -> Tuple[str, ...]:
    if text is None:
        return ()
    try:
        words = shlex.split(text, posix=os.name != "nt")
    except ValueError as error:
        raise UsageProblem(f"--client cannot be read: {error}") from None
    if not words:
        raise UsageProblem("--client is empty: give the command that holds one conversation")
    return tuple(words)


def _features(names: Optional[List[str]]) -> FrozenSet[str]:
    """Return what a client does; everything where nothing is said, so that nothing is left out."""
    if names is None:
        return frozenset(FEATURES)
    found: Dict[str, None] = dict.fromkeys(
        piece for name in names for piece in name.split(",") if piece
    )
    if "none" in found and len(found) > 1:
        raise UsageProblem("--client-feature none and another one contradict each other")
    found.pop("none", None)
    for name in found:
        if name not in FEATURES:
            raise UsageProblem(
                f"--client-feature {name!r} is none of {', '.join(FEATURES)}"
                f"{did_you_mean(name, FEATURES)}"
            )
    return frozenset(found)
