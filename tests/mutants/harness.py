"""One weakened copy of the reference, and the vectors that fail on it.

A mutant is one replacement in one file.  The package is copied to a temporary folder, the
replacement is made there, and a fresh interpreter answers vectors from that copy.  A vector kills
the mutant if it fails there.  Only the vectors that are about a requirement which the mutant breaks
are asked, so that a mutant which merely crashes everything is not called caught by chance.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Final, List, Mapping, Optional, Sequence, Tuple

from conformance.selftest.weaken import Mutant, weakened
from conformance.vectors import VectorFile, load_files

__all__ = ["TABLE", "Mutant", "kills", "load_table", "weakened_tree"]

ROOT: Final = Path(__file__).resolve().parents[2]

TABLE: Final = Path(__file__).with_name("kills.json")
"""Which vector kills which mutant; it can only grow."""

TIME_LIMIT: Final = 600

WORKER: Final = """\
import json, sys
sys.dont_write_bytecode = True
sys.path[:0] = sys.argv[1:3]
from pathlib import Path
from conformance.adapters.reference import answer
from conformance.outcomes import judge
from conformance.vectors import load_file
import venice_ref
assert venice_ref.__file__.startswith(sys.argv[1]), "the copy is not what is imported"
folder = Path(sys.argv[2]) / "vectors"
failed = {}
for name, wanted in json.loads(sys.stdin.read()).items():
    for vector in load_file(folder / (name + ".json"), folder).vectors:
        if vector.id not in wanted:
            continue
        try:
            outcome = judge(vector, answer(vector.op, vector.given)).kind
        except Exception as error:
            outcome = "error"
        if outcome != "pass":
            failed[vector.id] = outcome
print(json.dumps(failed))
"""
"""Answers the vectors that standard input names, by file, and prints those that failed."""


@lru_cache(maxsize=None)  # noqa: UP033  functools.cache hides the type from older checkers
def vector_files() -> Tuple[VectorFile, ...]:
    """Return all files of vectors."""
    return load_files()


def about(
    requirements: Sequence[str], only: Optional[Sequence[str]] = None
) -> Dict[str, List[str]]:
    """Return file -> ids of the vectors that cite one of the requirements, and are in `only`."""
    chosen: Dict[str, List[str]] = {}
    for file in vector_files():
        ids = [
            vector.id
            for vector in file.vectors
            if set(vector.req) & set(requirements) and (only is None or vector.id in only)
        ]
        if ids:
            chosen[file.name] = ids
    return chosen


def weakened_tree(mutant: Mutant, folder: Path) -> Path:
    """Copy `venice_ref` below `folder` with the mutant's change; return the folder.

    Raises:
        ValueError: the text to be replaced does not occur exactly once.
    """
    changed = weakened(mutant)
    shutil.copytree(
        ROOT / "venice_ref", folder / "venice_ref", ignore=shutil.ignore_patterns("__pycache__")
    )
    (folder / mutant.file).write_text(changed, encoding="utf-8")
    return folder


def kills(mutant: Mutant, only: Optional[Sequence[str]] = None) -> Dict[str, str]:
    """Return vector -> outcome of those that fail on the mutant for its sake; `only` narrows."""
    with tempfile.TemporaryDirectory() as folder:
        tree = weakened_tree(mutant, Path(folder).resolve())
        return _failures(tree, about(mutant.breaks, only))


def _failures(tree: Path, wanted: Mapping[str, Sequence[str]]) -> Dict[str, str]:
    answer = subprocess.run(
        [sys.executable, "-I", "-c", WORKER, str(tree), str(ROOT)],
        input=json.dumps(wanted), capture_output=True, text=True, timeout=TIME_LIMIT, check=False,
    )  # fmt: skip
    if answer.returncode:
        raise RuntimeError(f"the vectors could not be run: {answer.stderr[-2000:]}")
    failed: Dict[str, str] = json.loads(answer.stdout)
    return failed


def load_table() -> Dict[str, Dict[str, str]]:
    """Return mutant -> vector -> outcome, as it is committed."""
    if not TABLE.is_file():
        return {}
    table: Dict[str, Dict[str, str]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def encode_table(table: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text of the table."""
    rows = {name: dict(sorted(found.items())) for name, found in sorted(table.items())}
    return json.dumps(rows, indent=1) + "\n"
