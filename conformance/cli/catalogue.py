"""`list`, `show` and `explain`: what the suite knows by name."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import Any, Dict, Final, List, Mapping, Optional, Tuple

from conformance.cli.coverage import code_lines, rows_of_coverage
from conformance.cli.output import Output
from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.scenario import Scenario, changed_points
from conformance.requirements import Requirement, load_requirements, requirements_by_id
from conformance.vectors import Vector, VectorFile, load_files

__all__ = ["explain", "list_entries", "show"]

WIDTH: Final = 80

EXIT_USAGE: Final = 4


def list_entries(what: Optional[str], *, as_json: bool) -> int:
    """Print the scenarios, the requirements or the vectors; without a choice, the first two."""
    document: Dict[str, Any] = {}
    if what in (None, "scenarios"):
        document["scenarios"] = [_scenario_row(row) for row in SCENARIOS.values()]
    if what in (None, "requirements"):
        document["requirements"] = [row._asdict() for row in load_requirements()]
    files = load_files() if what in (None, "vectors") else ()
    if what == "vectors":
        document["vectors"] = [_vector_row(vector) for file in files for vector in file.vectors]
    output = Output()
    if as_json:
        output.line(json.dumps(document, indent=1))
        return 0
    for title, rows in document.items():
        output.line(f"{title.capitalize()} ({len(rows)})")
        for row in rows:
            output.line(_line(row))
    if what is None:
        count = sum(len(file.vectors) for file in files)
        output.line(f"Vectors ({count}): python3 -m conformance list vectors")
    return 0


def _line(row: Dict[str, Any]) -> str:
    if "name" in row:
        name, text = row["name"], row["does"]
        if row["requirement"]:
            text += f" [{row['requirement']}]"
    elif "why" in row and "verdict" in row:
        return f"  {row['id']}\n" + textwrap.fill(
            f"{row['verdict']}: {row['why']}", WIDTH, initial_indent=" " * 9,
            subsequent_indent=" " * 9, break_on_hyphens=False,
        )  # fmt: skip
    else:
        name, text = row["id"], row["text"]
    indent = " " * 37 if "name" in row else " " * 9
    wrapped = textwrap.wrap(text, WIDTH - len(indent))
    return "\n".join(
        [f"  {name}".ljust(len(indent)) + wrapped[0], *map(indent.__add__, wrapped[1:])]
    )


def _scenario_row(scenario: Scenario) -> Dict[str, Any]:
    return {
        "name": scenario.name,
        "does": scenario.does,
        "requirement": scenario.requirement,
        "assurance": scenario.assurance,
        "gpu": scenario.gpu,
        "changes": list(changed_points(scenario)),
    }


def _vector_row(vector: Vector) -> Dict[str, Any]:
    expect = vector.expect
    return {
        "id": vector.id,
        "why": vector.why,
        "verdict": expect.verdict,
        "refusal": [f"{expect.stage}:{reason}" for reason in expect.reasons],
        "req": list(vector.req),
    }


def explain(name: str, *, as_json: bool) -> int:
    """Print one requirement, scenario or vector, and what belongs to it."""
    document = _find(name)
    if document is None:
        return _unknown("explain", name)
    Output().line(json.dumps(document, indent=1) if as_json else "\n".join(_as_text(document)))
    return 0


def show(name: str, *, as_json: bool) -> int:
    """Print one vector with every byte of its input; anything else as `explain` does."""
    file, vector = _find_vector(name)
    if file is None or vector is None:
        document = _find(name)
    else:
        document = {
            **_explain_vector(file, vector),
            "given": dict(vector.given),
            "out": dict(vector.expect.out),
            "mid": dict(vector.mid),
        }
    if document is None:
        return _unknown("show", name)
    Output().line(json.dumps(document, indent=1) if as_json else "\n".join(_as_text(document)))
    return 0


def _unknown(command: str, name: str) -> int:
    print(f"python3 -m conformance {command}: nothing is called {name!r}", file=sys.stderr)
    print("python3 -m conformance list shows every name", file=sys.stderr)
    return EXIT_USAGE


def _find(name: str) -> Optional[Dict[str, Any]]:
    requirement = requirements_by_id().get(name.upper())
    if requirement is not None:
        return _explain_requirement(requirement)
    if name in SCENARIOS:
        return _explain_scenario(SCENARIOS[name])
    file, vector = _find_vector(name)
    return None if file is None or vector is None else _explain_vector(file, vector)


def _find_vector(name: str) -> Tuple[Optional[VectorFile], Optional[Vector]]:
    for file in load_files():
        for vector in file.vectors:
            if vector.id == name:
                return file, vector
    return None, None


def _explain_requirement(requirement: Requirement) -> Dict[str, Any]:
    row = next(row for row in rows_of_coverage() if row.requirement.id == requirement.id)
    document: Dict[str, Any] = {
        "id": requirement.id,
        "keyword": requirement.keyword,
        "section": requirement.section,
        "text": requirement.text,
        "why": requirement.why,
        "provenance": requirement.provenance,
        "refused_as": f"{requirement.stage}:{requirement.refusal}" if requirement.refusal else "",
        "tested_by": requirement.tested,
        "accepted": list(row.accepting),
        "rejected": list(row.rejecting),
        "scenarios": list(row.scenarios),
        "cited_by": list(code_lines(requirement.id)),
    }
    if requirement.excluded:
        document["not_tested"] = requirement.excluded
    return document


def _explain_vector(file: VectorFile, vector: Vector) -> Dict[str, Any]:
    document = {**_vector_row(vector), "file": f"vectors/{file.name}.json"}
    for name in vector.flags:
        flag: Mapping[str, Any] = file.flags[name]
        document[name] = f"{flag['bug']}: {flag['about']} {flag['effect']} Fix: {flag['fix']}"
    if vector.parent:
        document["parent"] = vector.parent
        document["mutation"] = json.dumps(dict(vector.mutation))
    return document


def _explain_scenario(scenario: Scenario) -> Dict[str, Any]:
    document = _scenario_row(scenario)
    requirement = requirements_by_id().get(scenario.requirement)
    if requirement is not None:
        document["requirement_text"] = requirement.text
    document["serve"] = f"python3 -m conformance serve --scenario {scenario.name}"
    return document


def _as_text(document: Dict[str, Any]) -> List[str]:
    lines: List[str] = []
    for name, value in document.items():
        text = _inline(value)
        label = name.replace("_", " ")
        lines += textwrap.wrap(
            text or "none",
            WIDTH,
            initial_indent=f"{label:<17}",
            subsequent_indent=" " * 17,
            break_on_hyphens=False,
        )
    return lines


def _inline(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)
