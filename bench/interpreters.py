"""The interpreters of this machine, and one run on each."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, Final, Iterator, List, Tuple

from bench.environment import ROOT

VERSIONS: Final = ((3, 9), (3, 10), (3, 11), (3, 12), (3, 13))

_ASK: Final = "import ensurepip, sys, venv; print(*sys.version_info[:2])"


def _candidates() -> Iterator[str]:
    """Yield where an interpreter may be: this one, those of pyenv, those on the path."""
    yield sys.executable
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for folder in sorted(root.glob("3.*"), reverse=True):
        yield str(folder / "bin" / "python")
    for major, minor in VERSIONS:
        path = shutil.which(f"python{major}.{minor}")
        if path:
            yield path


def find() -> Dict[Tuple[int, int], str]:
    """Return the first interpreter of each version that can make an environment."""
    found: Dict[Tuple[int, int], str] = {}
    for path in _candidates():
        try:
            done = subprocess.run(
                [path, "-c", _ASK], capture_output=True, text=True, timeout=30, check=True
            )
        except (OSError, subprocess.SubprocessError):
            continue
        major, minor = map(int, done.stdout.split())
        if (major, minor) in VERSIONS:
            found.setdefault((major, minor), path)
    return dict(sorted(found.items()))


def run_each(arguments: List[str]) -> List[Dict[str, Any]]:
    """Return the runs of the benchmark on each interpreter; one that fails is left out, and said.

    Its tables go to standard error here: standard output is for what they say together.
    """
    runs: List[Dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="venice-ref-bench-") as folder:
        for (major, minor), path in find().items():
            name = f"{major}.{minor}"
            target = Path(folder) / f"{name}.json"
            print(f"bench: CPython {name}", file=sys.stderr, flush=True)
            command = [path, "-m", "bench", *arguments, "--json", str(target)]
            done = subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False)
            if done.returncode != 0 or not target.is_file():
                print(f"bench: no result of CPython {name}", file=sys.stderr)
                continue
            runs.append(json.loads(target.read_text(encoding="utf-8")))
    return runs
