"""The requirements of the specification, by id, as `requirements.json` holds them.

One file is read by the suite, by the tests of this repository and by people who write in other
languages; this module gives it types and refuses a file that broke its own form.
"""

from __future__ import annotations

import json
import pkgutil
import re
from pathlib import Path
from typing import Dict, Final, List, NamedTuple, Tuple

__all__ = ["KEYWORDS", "Requirement", "cited_by", "load_requirements", "requirements_by_id"]

SCHEMA: Final = "venice-requirements-1"
"""The form of the file."""

KEYWORDS: Final = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY")
"""RFC 2119 and RFC 8174: what a requirement asks for."""

_ID = re.compile(r"[A-Z][A-Z0-9]*-[1-9][0-9]*\Z")


class Requirement(NamedTuple):
    """One normative sentence."""

    id: str
    """Such as `ENV-4`; never renumbered and never used again."""
    keyword: str
    """One of `KEYWORDS`; the text holds it too."""
    text: str
    """One sentence."""


def load_requirements() -> Tuple[Requirement, ...]:
    """Return the requirements in the order of the file.

    Raises:
        ValueError: the file is not of the form above; it is our own, so this is a bug of ours.
    """
    raw = pkgutil.get_data("conformance", "requirements.json")
    if raw is None:
        raise ValueError("conformance/requirements.json is missing")
    document = json.loads(raw)
    if document.get("schema") != SCHEMA:
        raise ValueError(f"conformance/requirements.json is not of the schema {SCHEMA}")
    rows = tuple(
        Requirement(str(row["id"]), str(row["keyword"]), str(row["text"]))
        for row in document["requirements"]
    )
    _check(rows)
    return rows


def _check(rows: Tuple[Requirement, ...]) -> None:
    seen = set()
    for row in rows:
        if _ID.match(row.id) is None or row.id in seen:
            raise ValueError(f"{row.id} is not a requirement id, or stands twice")
        if row.keyword not in KEYWORDS or row.keyword not in row.text:
            raise ValueError(f"{row.id}: the text does not hold the keyword {row.keyword}")
        seen.add(row.id)
    if not rows:
        raise ValueError("conformance/requirements.json holds no requirement")


def requirements_by_id() -> Dict[str, Requirement]:
    """Return the requirements by id."""
    return {row.id: row for row in load_requirements()}


def cited_by(requirement_id: str, *, root: Path) -> Tuple[str, ...]:
    """Return `file:line` of every line of Python below `root` that holds the id as a whole word.

    `root` is the folder of a package; paths are given from its parent.
    """
    word = re.compile(rf"(?<![A-Z0-9-]){re.escape(requirement_id)}(?![0-9])")
    found: List[str] = []
    for file in sorted(root.rglob("*.py")):
        name = file.relative_to(root.parent).as_posix()
        lines = file.read_text(encoding="utf-8").splitlines()
        found.extend(f"{name}:{n}" for n, line in enumerate(lines, 1) if word.search(line))
    return tuple(found)
