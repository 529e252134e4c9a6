"""The registry of requirements and the code cite each other."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Dict, List

from conformance.requirements import STAGES, load_requirements
from conformance.vectors import load_files

ROOT = Path(__file__).resolve().parents[2]
ID = re.compile(r"\b([A-Z]{3}-[1-9][0-9]{0,2})\b")
AREAS = set(STAGES)


def citations(*tops: str) -> Dict[str, List[str]]:
    """Return id -> places; ids of areas that are not ours (FIPS-197, say) are none."""
    places: Dict[str, List[str]] = {}
    for top in tops:
        for path in sorted((ROOT / top).rglob("*.py")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                for name in ID.findall(line):
                    if name.split("-")[0] in AREAS:
                        place = f"{path.relative_to(ROOT).as_posix()}:{number}"
                        places.setdefault(name, []).append(place)
    return places


def ids() -> List[str]:
    found = [row.id for row in load_requirements()]
    assert len(found) >= 283
    return found


def test_ids_stand_once() -> None:
    assert [name for name, count in Counter(ids()).items() if count > 1] == []


def test_every_cited_id_exists() -> None:
    known = set(ids())
    for name, places in citations("venice_ref", "conformance", "tests").items():
        assert name in known, f"{name} is cited at {places[0]} and is no requirement"


def test_every_requirement_stands_on_a_line_of_code() -> None:
    cited = citations("venice_ref")
    missing = [name for name in ids() if name not in cited]
    assert not missing, f"no line of venice_ref cites {', '.join(missing)}"


def test_every_requirement_is_tested() -> None:
    """By a vector, or by a test of this repository that names it; see also `coverage`."""
    cited = set(citations("tests"))
    cited.update(name for file in load_files() for vector in file.vectors for name in vector.req)
    missing = [name for name in ids() if name not in cited]
    assert not missing, f"no test cites {', '.join(missing)}"
