"""Which tests failed last time, for `--lf` and `--ff`: a small file of the user, for convenience.

It holds ids for each implementation that was run.  A file that cannot be read or written is as good
as none: nothing depends on it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, Final, FrozenSet, Iterable, List, Mapping, Optional

from conformance.results import STATUSES, Result

__all__ = ["SCHEMA", "default_path", "load_failed", "save_failed"]

SCHEMA: Final = "venice-last-run-1"
MAX_BYTES: Final = 16 * 1024 * 1024
MAX_IMPLEMENTATIONS: Final = 32

_UNTOUCHED: Final = ("deselected", "blocked")


def default_path(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where the file stands: in the folder for caches of this system."""
    given = environment.get("XDG_CACHE_HOME")
    if given and Path(given).is_absolute():
        return Path(given, "venice-conformance", "last-run.json")
    if sys.platform == "win32" and environment.get("LOCALAPPDATA"):
        return Path(environment["LOCALAPPDATA"], "venice-conformance", "last-run.json")
    home = Path(environment.get("HOME") or Path.home())
    caches = home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
    return caches / "venice-conformance" / "last-run.json"


def load_failed(path: Path, implementation: str) -> FrozenSet[str]:
    """Return the ids that failed in the last run of an implementation; empty where none did."""
    return frozenset(_read(path).get(implementation, ()))


def save_failed(path: Path, implementation: str, results: Iterable[Result]) -> Optional[str]:
    """Keep what failed; what was not executed keeps what it had.  Return why it cannot, if so."""
    runs = _read(path)
    failed = set(runs.pop(implementation, ()))
    for row in results:
        if STATUSES[row.status].fails and row.status != "blocked":
            failed.add(row.id)
        elif row.status not in _UNTOUCHED:
            failed.discard(row.id)
    runs[implementation] = sorted(failed)
    kept = dict(list(runs.items())[-MAX_IMPLEMENTATIONS:])
    text = json.dumps({"schema": SCHEMA, "failed": kept}, indent=1) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}")
        beside.write_text(text, "utf-8")
        beside.replace(path)
    except OSError as error:
        return f"what failed is not kept for --lf: {path}: {error.strerror or error}"
    return None


def _read(path: Path) -> Dict[str, List[str]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            return {}
        document: Any = json.loads(path.read_bytes())
        if document["schema"] != SCHEMA:
            return {}
        return {str(name): [str(one) for one in ids] for name, ids in document["failed"].items()}
    except (AttributeError, KeyError, OSError, TypeError, ValueError):
        return {}
