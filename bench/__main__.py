"""`python3 -m bench`: measure, print tables, optionally write JSON and the page of results.

Exit codes: 0 measured, however fast; 1 two candidates disagree, or nothing was measured; 2 usage.
"""

from __future__ import annotations

import argparse
import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

from bench import clock, environment, interpreters, page, summary, targets
from bench.measure import OURS, Settings, UnequalError, check_equal, measure
from bench.peers import Peers, Unavailable
from bench.registry import INQUIRIES, WORKS, Work, inquiries, select
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
    parser.add_argument(
        "--gates", action="store_true", help="only what the project has targets for; show them"
    )
    parser.add_argument("--rounds", metavar="N", type=int, help="rounds of each table")
    parser.add_argument("--quick", action="store_true", help="short samples, few rounds")
    parser.add_argument(
        "--processor-time", action="store_true",
        help="measure what the processor gave, not the clock on the wall: for a busy machine",
    )  # fmt: skip
    parser.add_argument("--json", metavar="FILE", help="write everything as JSON; - prints it")
    parser.add_argument(
        "--no-install", action="store_true", help="install nothing; use the peers that are there"
    )
    parser.add_argument(
        "--all-pythons", action="store_true", help="on each interpreter from 3.9 to 3.13"
    )
    parser.add_argument(
        "--page", metavar="FILE", help="measure nothing; write the page of the results in FILE"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path,
        help="the page (Markdown), its plots beside it in images/, and bench/results.json",
    )  # fmt: skip
    parser.add_argument(
        "--summary", metavar="FILE", type=Path, default=summary.RESULTS, help=argparse.SUPPRESS
    )
    parser.add_argument("--in-scratch", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.rounds is not None and chosen.rounds < 1:
        parser.error("--rounds must be at least 1")
    if (chosen.page is not None) > (chosen.output is not None):
        parser.error("--page needs -o FILE")
    if chosen.output and not (chosen.page or chosen.all_pythons):
        parser.error("-o needs --page or --all-pythons")
    unknown = [name for name in chosen.only if not select((name,)) and not inquiries((name,))]
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


def makers(
    chosen: argparse.Namespace, peers: Peers, settings: Settings
) -> List[Tuple[str, Callable[[], Table]]]:
    """Return what makes each of the tables that were asked for, by their names."""
    names = tuple(chosen.only)
    found: List[Tuple[str, Callable[[], Table]]] = [
        (work.name, functools.partial(measure_work, work, peers, settings))
        for work in select(names)
    ]
    found += [(one.name, functools.partial(one.make, settings)) for one in inquiries(names)]
    if chosen.gates and not names:
        return [(name, make) for name, make in found if name in targets.TABLES]
    return found


def run(chosen: argparse.Namespace) -> int:
    clock.choose(clock.PROCESSOR if chosen.processor_time else clock.WALL)
    rounds = chosen.rounds or (5 if chosen.quick else 21)
    settings = Settings(rounds, 0.004 if chosen.quick else 0.03, clock=clock.chosen())
    machine, versions = environment.machine(), environment.installed()
    show = chosen.json != "-"
    if show:
        print(machine_text(machine, versions), flush=True)
    tables: List[Table] = []
    with environment.scratch_folder() as folder:
        peers = Peers(Path(folder), install=not chosen.no_install)
        try:
            for name, make in makers(chosen, peers, settings):
                say(name)
                tables.append(make())
                if show:
                    print(f"\n{table_text(tables[-1])}", flush=True)
        finally:
            peers.close()
    value = to_json(tables, settings, machine, versions)
    if show and headline(tables):
        print(f"\n{headline(tables)}")
    if show and chosen.gates:
        print(f"\n{targets.gates_text(summary.of_run(value))}")
    write_json(chosen.json, value)
    return 0


def run_all(chosen: argparse.Namespace) -> int:
    """Run on each interpreter; show the gates of each, write all results and the page."""
    runs = interpreters.run_each(passed_on(chosen))
    if not runs:
        say("no interpreter gave a result")
        return 1
    value = summary.merge(runs)
    if chosen.json != "-":
        for one in summary.summarise(value)["runs"]:
            print(f"\nCPython {one['machine']['python']}\n{targets.gates_text(one)}")
    write_json(chosen.json, value)
    if chosen.output:
        write_page(summary.summarise(value), chosen)
    return 0


def passed_on(chosen: argparse.Namespace) -> List[str]:
    """Return the arguments of the run on one interpreter."""
    passed = [part for name in chosen.only for part in ("--only", name)]
    passed += ["--rounds", str(chosen.rounds)] if chosen.rounds else []
    for name in ("gates", "quick", "processor_time", "no_install"):
        if getattr(chosen, name):
            passed.append("--" + name.replace("_", "-"))
    return passed


def write_page(found: Dict[str, Any], chosen: argparse.Namespace) -> None:
    """Write the page, its plots and the summary of which both are made."""
    text, plots = page.make(found)
    output: Path = chosen.output
    images = output.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    for name, svg in plots.items():
        (images / name).write_text(svg, encoding="utf-8")
    output.write_text(text, encoding="utf-8")
    chosen.summary.write_text(summary.dump(found), encoding="utf-8")


def write_json(target: str, value: Dict[str, Any]) -> None:
    text = json.dumps(value, indent=1)
    if target == "-":
        print(text)
    elif target:
        Path(target).write_text(text + "\n", encoding="utf-8")


def names() -> Sequence[Tuple[str, str]]:
    """Return name and title of every table."""
    works = [(one.name, one.title) for one in WORKS]
    return [*works, *((one.name, one.title) for one in INQUIRIES)]


def main(arguments: List[str]) -> int:
    chosen = parse_arguments(arguments)
    if chosen.list:
        for name, title in names():
            print(f"{name:<20}{title}")
        return 0
    if chosen.page:
        try:
            write_page(summary.read(Path(chosen.page)), chosen)
        except (OSError, summary.FormError) as error:
            say(str(error))
            return 2
        return 0
    if chosen.all_pythons:
        return run_all(chosen)
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
