"""The committed table of kills, `kills.json`: which test tells which mutant from the reference.

It can only grow: a vector or an attack that stands in it keeps a mutant that it kills.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Final, Mapping, NamedTuple

from conformance.resources import read_file, repository

__all__ = ["NAME", "Kills", "encode_kills", "load_kills", "write_kills"]

NAME: Final = "conformance/selftest/kills.json"

Table = Mapping[str, Mapping[str, str]]


class Kills(NamedTuple):
    """The table."""

    mutants: Table
    """Mutant of `selftest/mutants` -> vector -> `status/subtype`, as the runner reports it."""
    lines: Table
    """Derived mutant -> vector -> outcome; each vector that kills any stands here once."""
    clients: Table
    """Weak client -> attack -> `status/subtype`: the attacks that no weakness names."""


def load_kills() -> Kills:
    """Return the committed table; without one it is empty."""
    raw = read_file(NAME)
    document: Dict[str, Any] = json.loads(raw) if raw is not None else {}
    return Kills(*(document.get(name, {}) for name in Kills._fields))


def encode_kills(kills: Kills) -> str:
    """Return the text of the table."""
    document = {
        name: {mutant: dict(sorted(found.items())) for mutant, found in sorted(table.items())}
        for name, table in kills._asdict().items()
    }
    return json.dumps(document, indent=1) + "\n"


def write_kills(kills: Kills) -> Path:
    """Write the table into the repository and return its path."""
    path = repository("selftest --write") / NAME
    path.write_text(encode_kills(kills), encoding="utf-8")
    return path
