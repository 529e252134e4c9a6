"""`selftest`: shows that the tests can fail, and that they fail for the right reason."""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any, Dict, Final, List, Mapping, Sequence, Tuple

from conformance.cli.output import Output
from conformance.resources import repository
from conformance.usage import UsageProblem

__all__ = ["add_arguments", "selftest"]

STAGES: Final = ("sentinels", "mutants", "vectors", "scenarios", "runner", "refactors")

EXIT_FAILED: Final = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    add = parser.add_argument
    add(
        "--only",
        action="append",
        choices=STAGES,
        metavar="PART",
        help=f"one of {', '.join(STAGES)}; may be repeated",
    )
    add("-j", "--jobs", type=int, metavar="N", help="at a time (default: one for each processor)")
    add("-v", "--verbose", action="store_true", help="one line for each check, passed or not")
    add(
        "--write",
        action="store_true",
        help="enter the kills that the table does not have yet",
    )


def selftest(options: argparse.Namespace) -> int:
    """Run the parts that were asked for; the exit code is 1 where one of them found a fault."""
    repository("selftest")
    jobs = options.jobs or os.cpu_count() or 1
    if jobs < 1:
        raise UsageProblem("-j takes a number from 1 on")
    if options.write:
        return _write(options.only or ("mutants", "vectors", "scenarios"), jobs)
    from conformance.selftest.stages import STAGES as PARTS
    from conformance.selftest.stages import run_stage

    output = Output()
    table: List[Tuple[str, int, int, float]] = []
    for name in STAGES:
        if options.only and name not in options.only:
            continue
        started = time.monotonic()
        rows = run_stage(PARTS[name], jobs, _progress)
        for row in rows:
            _show(output, name, row, verbose=options.verbose)
        failed = sum(bool(row.faults) for row in rows)
        table.append((name, len(rows), failed, time.monotonic() - started))
    output.line(f"{'part':<10} {'checks':>6} {'faults':>6} {'seconds':>8}")
    for name, count, failed, seconds in table:
        output.line(f"{name:<10} {count:>6} {failed:>6} {seconds:>8.1f}  {PARTS[name].about}")
    faults = sum(failed for _, _, failed, _ in table)
    checks = sum(count for _, count, _, _ in table)
    seconds = sum(seconds for *_, seconds in table)
    output.line(f"{checks} checks, {faults} with faults, in {seconds:.0f} s")
    return EXIT_FAILED if faults or not checks else 0


def _show(output: Output, stage: str, row: Any, *, verbose: bool) -> None:
    if row.faults:
        output.line(f"FAULT {stage} {row.name}: {row.about}")
        for fault in row.faults[:10]:
            output.line(f"      {fault}")
        if len(row.faults) > 10:
            output.line(f"      and {len(row.faults) - 10} more")
    elif verbose:
        output.line(f"ok    {stage} {row.name}: {row.about} ({row.seconds:.1f} s)")


def _progress(name: str, number: int, total: int) -> None:
    """Show on a terminal what is being done."""
    if sys.stderr.isatty():
        end = "\n" if number == total else ""
        print(f"\r\033[K{number}/{total} {name}", end=end, file=sys.stderr, flush=True)


# --- The table ------------------------------------------------------------------------------------


def _write(parts: Sequence[str], jobs: int) -> int:
    """Enter what is new; what stands in the table and no longer holds is looked for anew."""
    from conformance.selftest.kills import load_kills, write_kills

    output = Output()
    kills = load_kills()
    if "mutants" in parts:
        kills = kills._replace(mutants=_found_mutants(kills.mutants, jobs))
    if "vectors" in parts:
        kills = kills._replace(lines=_found_lines(kills, jobs))
    if "scenarios" in parts:
        from conformance.selftest.clients import find_kills

        kills = kills._replace(clients=find_kills(_progress))
    path = write_kills(kills)
    output.line(f"wrote {path}")
    from conformance.selftest.stages import without_kill

    idle = without_kill()
    for name in idle:
        output.line(
            f"{name} kills no mutant: say with a new one what it is there for, or remove it"
        )
    survivors = [name for name, found in kills.mutants.items() if not found]
    for name in survivors:
        output.line(f"{name} survives: write a vector that kills it")
    return EXIT_FAILED if idle or survivors else 0


def _found_mutants(table: Mapping[str, Mapping[str, str]], jobs: int) -> Dict[str, Dict[str, str]]:
    from concurrent.futures import ThreadPoolExecutor

    from conformance.selftest.broken import MUTANTS, killed_by

    found = {}
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        answers = pool.map(killed_by, MUTANTS.values())
        for number, (name, kills) in enumerate(zip(MUTANTS, answers), 1):
            _progress(name, number, len(MUTANTS))
            found[name] = kills
            for lost in sorted(set(table.get(name, {})) - set(kills)):
                print(f"{name} is no longer killed by {lost}", file=sys.stderr)
    return found


def _found_lines(kills: Any, jobs: int) -> Dict[str, Dict[str, str]]:
    """Keep what still holds, and look for a mutant for every vector that is left without."""
    from conformance.selftest.lines import find, holding, merged
    from conformance.vectors import load_files

    kept = holding(kills.lines, jobs)
    killing = {vector for found in kept.values() for vector in found}
    ids = frozenset(vector.id for file in load_files() for vector in file.vectors)
    return merged(kept, find(ids - killing, _progress))
