"""The registry of requirements and the code cite each other."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = ROOT / "conformance" / "requirements.json"
ID = re.compile(r"\b([A-Z]{3}-[1-9][0-9]{0,2})\b")
AREAS = {
    "KEY", "ENV", "MSG", "REQ", "SSE", "STR", "SES", "NET", "ATT", "QUO", "BND", "POL", "GPU",
    "SIG", "ERR", "CRT", "CRL", "COL", "TCB", "DST", "TOK",
}  # fmt: skip


def rows() -> List[Dict[str, str]]:
    found: List[Dict[str, str]] = json.loads(REGISTRY.read_text(encoding="utf-8"))["requirements"]
    assert len(found) >= 100
    return found


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


def test_rows_are_well_formed() -> None:
    counted = Counter(row["id"] for row in rows())
    assert not [name for name, count in counted.items() if count > 1]
    for row in rows():
        assert set(row) == {"id", "keyword", "text"}
        assert row["id"].split("-")[0] in AREAS, row["id"]
        assert row["keyword"] in {"MUST", "MUST NOT"}
        assert row["keyword"] in row["text"]
        assert row["text"].endswith(".")


def test_every_cited_id_exists() -> None:
    known = {row["id"] for row in rows()}
    for name, places in citations("venice_ref", "conformance", "tests").items():
        assert name in known, f"{name} is cited at {places[0]} and is no requirement"


def test_every_requirement_stands_on_a_line_of_code() -> None:
    cited = citations("venice_ref")
    missing = [row["id"] for row in rows() if row["id"] not in cited]
    assert not missing, f"no line of venice_ref cites {', '.join(missing)}"


def test_every_requirement_is_tested() -> None:
    cited = citations("tests")
    missing = [row["id"] for row in rows() if row["id"] not in cited]
    assert not missing, f"no test cites {', '.join(missing)}"
