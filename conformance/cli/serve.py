"""`serve`: the mock TEE until it is told to stop.

Standard output gets one line, the base URL, so that a script can read it and go on.  Standard error
says how to talk to it and then one line for each exchange.  The roots that verify its evidence are
written to a file, or behind the base URL where the file is `-`.  SIGTERM is an order and ends with
0; Ctrl-C ends with 130.  Both close every connection properly.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Final, List, Optional, Tuple

from conformance.mock_tee.faults import SCENARIOS, UnknownScenarioError, find_scenario
from conformance.mock_tee.log import Answer, Request
from conformance.mock_tee.reply import echo
from conformance.mock_tee.server import MockTee

__all__ = ["serve"]

EXIT_FAILED: Final = 3
EXIT_USAGE: Final = 4
EXIT_INTERRUPTED: Final = 130


def serve(options: argparse.Namespace) -> int:
    """Serve until a signal comes; returns the exit code."""
    try:
        find_scenario(options.scenario)
    except UnknownScenarioError as error:
        print(f"python3 -m conformance serve: {error}", file=sys.stderr)
        return EXIT_USAGE
    tee = _mock(options)
    root_file = _write_root(tee, options.trust_root_out)  # before anybody reads the base URL
    stopped_by: List[int] = []
    stop = threading.Event()

    def on_signal(number: int, frame: Any) -> None:
        del frame
        stopped_by.append(number)
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in _signals()}
    try:
        with tee:
            print(tee.base_url, flush=True)
            if options.trust_root_out == "-":
                print(tee.trust_root_pem, end="", flush=True)
            if not options.quiet:
                print(_how_to_talk(tee, root_file), file=sys.stderr, flush=True)
            while not stop.wait(1.0):
                pass  # a wait without end would not see Ctrl-C on every system
    except OSError as error:
        print(
            f"python3 -m conformance serve: cannot listen on {options.host}:{options.port}:"
            f" {error.strerror or error}",
            file=sys.stderr,
        )
        return EXIT_FAILED
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for failure in tee.failures:
        print(failure, file=sys.stderr)
    if tee.failures:
        return EXIT_FAILED
    return EXIT_INTERRUPTED if stopped_by[0] == signal.SIGINT else 0


def _mock(options: argparse.Namespace) -> MockTee:
    """Return the mock that the options describe, not yet started."""
    cycle = _turns(options.scenario) if options.cycle else ()

    def report(request: Request, answer: Answer) -> None:
        _report(request, answer, tee.service.scenario.name if cycle else "")

    tee = MockTee(
        host=options.host,
        port=options.port,
        watcher=None if options.quiet else report,
        scenario=options.scenario,
        cycle=cycle,
        seed=options.seed,
        now=options.now,
        shape=options.shape,
        quote_kind=options.quote,
        roles=options.roles,
        reply=echo if options.reply is None else options.reply,
        chunks=options.chunks,
        chunk_delay=options.delay,
        api_key=options.require_key,
    )
    return tee


def _turns(first: str) -> Tuple[str, ...]:
    """Return all scenarios in the order of the table, beginning with one of them."""
    names = list(SCENARIOS)
    start = names.index(first)
    return (*names[start:], *names[:start])


def _signals() -> List[signal.Signals]:
    return [signal.SIGINT, signal.SIGTERM]


def _write_root(tee: MockTee, name: Optional[str]) -> Optional[Path]:
    """Write the simulated roots where a file was named, and return where."""
    if name is None or name == "-":
        return None
    path = Path(name).resolve()
    path.write_text(tee.trust_root_pem, encoding="ascii")
    return path


def _how_to_talk(tee: MockTee, root_file: Optional[Path]) -> str:
    scenario = find_scenario(tee.settings.scenario)
    # Without its roots a client refuses the simulation, as it should.
    how = "--assurance binding"
    if root_file is not None:
        how = f"--trust-root {shlex.quote(str(root_file))}"
    what = f"Scenario {scenario.name}: {scenario.does}"
    if tee.settings.cycle:
        what = f"Every request for evidence begins the next scenario, from {scenario.name} on."
    lines = [
        f"A mock TEE, not a real one. {what}",
        f"What Intel publishes about it is at {tee.pcs_url}/tdx/certification/v4 and beside it;",
        f"what NVIDIA does, below {tee.nras_url}/v3/attest.",
        "Talk to it from another terminal; Ctrl-C stops it.",
        f"  export VENICE_BASE_URL={tee.base_url}",
        "  python3 -m venice_ref models",
        f'  python3 -m venice_ref chat e2ee-mock "Hello" {how}',
    ]
    return "\n".join(lines)


def _report(request: Request, answer: Answer, scenario: str) -> None:
    """Print one line about an exchange; what a peer wrote is shown escaped and cut."""
    prefix = f"[{scenario}] " if scenario else ""
    line = f"{prefix}{request.method} {_shown(request.path, 70)} {answer.status} {answer.ended}"
    if answer.status >= 400:
        line += f" {_shown(answer.body.decode('utf-8', 'replace'), 160)}"
    print(line, file=sys.stderr, flush=True)


def _shown(text: str, limit: int) -> str:
    return ascii(text[:limit])[1:-1] + ("..." if len(text) > limit else "")
