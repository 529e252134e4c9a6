"""`python3 -m bench`: measure, print tables, optionally write JSON.

Exit codes: 0 measured; 1 two candidates disagree; 2 usage.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

from bench import environment
from bench.measure import OURS, Settings, UnequalError, check_equal, measure
from bench.peers import Peers, Unavailable
from bench.registry import WORKS, Work, select
from bench.report import Skipped, Table, headline, machine_text, table_text, to_json


def parse_arguments(arguments: List[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m bench",
        description="Measure this implementation beside others, interleaved in one process.",
        epilog="A ratio is the other's time divided by ours: above 1, ours is faster.",
    )
    parser.add_argument(
        "--only", metavar="NAME", action="append", default=[],
        help="only the tables whose name begins so; may be repeated (see --list)",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="name the tables and end")
    parser.add_argument("--rounds", metavar="N", type=int, help="rounds of each table")
    parser.add_argument("--quick", action="store_true", help="short samples, few rounds")
    parser.add_argument("--json", metavar="FILE", help="write everything as JSON; - prints it")
    parser.add_argument(
        "--no-install", action="store_true", help="install nothing; use the peers that are there"
    )
    parser.add_argument("--in-scratch", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.rounds is not None and chosen.rounds < 1:
        parser.error("--rounds must be at least 1")
    unknown = [name for name in chosen.only if not select((name,))]
    if unknown:
        parser.error(f"no table begins with {unknown[0]!r}; see --list")
    return chosen


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def measure_work(work: Work, peers: Peers, settings: Settings) -> Table:
    """Return one table; candidates that cannot be had are named in it, with the reason.

    Without ours, such as where its inputs are absent, there is nothing to compare with.
    """
    candidates = []
    skipped = []
    for name, maker in work.candidates:
        try:
            candidates.append(maker(peers))
        except Unavailable as reason:  # noqa: PERF203  # seconds of work beside nanoseconds
            if name == OURS:
                return Table(work.name, work.title, [], [Skipped(work.name, str(reason))])
            skipped.append(Skipped(name, str(reason)))
    check_equal(candidates)
    return Table(work.name, work.title, measure(candidates, settings), skipped)


def run(chosen: argparse.Namespace) -> int:
    rounds = chosen.rounds or (5 if chosen.quick else 21)
    settings = Settings(rounds, 0.004 if chosen.quick else 0.03)
    machine, versions = environment.machine(), environment.installed()
    show = chosen.json != "-"
    if show:
        print(machine_text(machine, versions), flush=True)
    tables: List[Table] = []
    with environment.scratch_folder() as folder:
        peers = Peers(Path(folder), install=not chosen.no_install)
        try:
            for work in select(tuple(chosen.only)):
                say(work.name)
                tables.append(measure_work(work, peers, settings))
                if show:
                    print(f"\n{table_text(tables[-1])}", flush=True)
        finally:
            peers.close()
    if show and headline(tables):
        print(f"\n{headline(tables)}")
    write_json(chosen.json, to_json(tables, settings, machine, versions))
    return 0


def write_json(target: str, value: Dict[str, Any]) -> None:
    text = json.dumps(value, indent=1)
    if target == "-":
        print(text)
    elif target:
        Path(target).write_text(text + "\n", encoding="utf-8")


def main(arguments: List[str]) -> int:
    chosen = parse_arguments(arguments)
    if chosen.list:
        for work in WORKS:
            print(f"{work.name:<14}{work.title}")
        return 0
    missing = environment.missing()
    if missing and not chosen.no_install and not chosen.in_scratch:
        say(f"not installed here: {', '.join(missing)}; using a scratch environment")
        try:
            python = environment.scratch_python()
        except (OSError, subprocess.SubprocessError) as error:
            say(f"no scratch environment: {environment.reason_of(error)}")
        else:
            return environment.run_elsewhere(python, arguments)
    try:
        return run(chosen)
    except UnequalError as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
