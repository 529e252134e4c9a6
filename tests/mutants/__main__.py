"""`python3 -m tests.mutants`: runs the mutants and shows which vectors kill each.

    python3 -m tests.mutants                   all of them, against the committed table
    python3 -m tests.mutants --only envelope   those whose name begins so
    python3 -m tests.mutants --write           enters what was found; an entry never leaves

Exit code 1 where a mutant survives, or a kill of the table no longer holds.
"""

from __future__ import annotations

import argparse
import sys

from tests.mutants import all_mutants
from tests.mutants.harness import TABLE, encode_table, kills, load_table


def main() -> int:
    """Run the mutants that were asked for."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.mutants", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", default="", metavar="PREFIX", help="names that begin so")
    parser.add_argument("--write", action="store_true", help="enter what was found")
    options = parser.parse_args()
    chosen = {name: m for name, m in all_mutants().items() if name.startswith(options.only)}
    table = load_table()
    faults = 0
    for name, mutant in chosen.items():
        found = kills(mutant)
        lost = sorted(set(table.get(name, {})) - set(found))
        faults += bool(lost) or not found
        verdict = f"killed by {len(found):3}" if found else "SURVIVES     "
        print(f"{verdict}  {name}  {next(iter(found), '')}", flush=True)
        for vector in lost:
            print(f"    no longer killed by {vector}", flush=True)
        if found and not lost:
            table[name] = found
    if options.write:
        TABLE.write_text(encode_table(table), encoding="utf-8")
    print(f"{len(chosen)} mutants, {faults} faults")
    return 1 if faults or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
