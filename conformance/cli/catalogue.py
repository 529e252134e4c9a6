"""`list`, `show` and `explain`: what the suite knows by name."""

from __future__ import annotations

import json
import sys
import textwrap
from difflib import get_close_matches
from typing import Any, Dict, Final, Iterator, List, Mapping, Optional, Sequence, Tuple

from conformance.cli.coverage import code_lines, rows_of_coverage
from conformance.cli.output import Output
from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.scenario import Scenario, changed_points
from conformance.requirements import Requirement, load_requirements, requirements_by_id
from conformance.vectors import NoVectorsError, Vector, VectorFile, load_files

__all__ = ["as_text", "explain", "list_entries", "show"]

WIDTH: Final = 80
INDENT: Final = 17

EXACT: Final = ("mutation", "given", "out", "released", "mid")
"""What is shown byte for byte."""

EXIT_USAGE: Final = 4


def list_entries(what: Optional[str], *, as_json: bool) -> int:
    """Print the scenarios, the requirements or the vectors; without a choice, the first two."""
    document: Dict[str, Any] = {}
    if what in (None, "scenarios"):
        document["scenarios"] = [_scenario_row(row) for row in SCENARIOS.values()]
    if what in (None, "requirements"):
        document["requirements"] = [row._asdict() for row in load_requirements()]
    if what == "vectors":
        files = load_files()
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
        output.line(_vectors_in_a_line())
    return 0


def _vectors_in_a_line() -> str:
    try:
        count = sum(len(file.vectors) for file in load_files())
    except NoVectorsError:
        return "Vectors: none here; they stand in a copy of the repository"
    return f"Vectors ({count}): python3 -m conformance list vectors"


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
    Output().line(json.dumps(document, indent=1) if as_json else "\n".join(as_text(document)))
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
            "released": vector.expect.released,
            "mid": dict(vector.mid),
        }
    if document is None:
        return _unknown("show", name)
    Output().line(json.dumps(document, indent=1) if as_json else "\n".join(as_text(document)))
    return 0


def _unknown(command: str, name: str) -> int:
    print(f"python3 -m conformance {command}: nothing is called {name!r}", file=sys.stderr)
    try:
        files = load_files()
    except NoVectorsError as error:
        files = ()
        if "/" in name:
            print(error, file=sys.stderr)
    known = [*requirements_by_id(), *SCENARIOS]
    known += [vector.id for file in files for vector in file.vectors]
    close = get_close_matches(name, known)
    path = name.removeprefix("vectors/")
    for file in files:
        if path in (file.name, f"{file.name}.json"):
            close = [vector.id for vector in file.vectors[:3]]
            print(f"it is a file of {len(file.vectors)} vectors", file=sys.stderr)
    if close:
        print(f"near it: {', '.join(close)}", file=sys.stderr)
    print(
        "python3 -m conformance list shows scenarios and requirements, list vectors the vectors",
        file=sys.stderr,
    )
    return EXIT_USAGE


def _find(name: str) -> Optional[Dict[str, Any]]:
    requirement = requirements_by_id().get(name.upper().strip("[]"))
    if requirement is not None:
        return _explain_requirement(requirement)
    if name in SCENARIOS:
        return _explain_scenario(SCENARIOS[name])
    file, vector = _find_vector(name)
    return None if file is None or vector is None else _explain_vector(file, vector)


def _find_vector(name: str) -> Tuple[Optional[VectorFile], Optional[Vector]]:
    if "/" not in name:
        return None, None
    for file in load_files():
        for vector in file.vectors:
            if vector.id == name:
                return file, vector
    return None, None


def _explain_requirement(requirement: Requirement) -> Dict[str, Any]:
    document: Dict[str, Any] = {
        "id": requirement.id,
        "keyword": requirement.keyword,
        "section": requirement.section,
        "text": requirement.text,
        "why": requirement.why,
        "provenance": requirement.provenance,
        "refused_as": f"{requirement.stage}:{requirement.refusal}" if requirement.refusal else "",
        "tested_by": requirement.tested,
    }
    try:
        rows = {row.requirement.id: row for row in rows_of_coverage()}
        document["accepted"] = list(rows[requirement.id].accepting)
        document["rejected"] = list(rows[requirement.id].rejecting)
    except NoVectorsError as error:
        document["vectors"] = str(error)
    document["scenarios"] = [
        row.name for row in SCENARIOS.values() if row.requirement == requirement.id
    ]
    document["cited_by"] = list(code_lines().get(requirement.id, ()))
    if requirement.excluded:
        document["not_tested"] = requirement.excluded
    return document


def _explain_vector(file: VectorFile, vector: Vector) -> Dict[str, Any]:
    flags: Dict[str, str] = {}
    for name in vector.flags:
        flag: Mapping[str, Any] = file.flags[name]
        flags[name] = f"{flag['bug']}: {flag['about']} {flag['effect']} Fix: {flag['fix']}"
    document = {
        **_vector_row(vector),
        "importance": vector.importance,
        "features": list(vector.features),
        "file": f"vectors/{file.name}.json",
        "flags": flags,
    }
    if vector.parent:
        document["parent"] = vector.parent
        document["mutation"] = dict(vector.mutation)
    return document


def _explain_scenario(scenario: Scenario) -> Dict[str, Any]:
    document = _scenario_row(scenario)
    requirement = requirements_by_id().get(scenario.requirement)
    if requirement is not None:
        document["requirement_text"] = requirement.text
    document["serve"] = f"python3 -m conformance serve --scenario {scenario.name}"
    return document


def as_text(document: Mapping[str, Any]) -> List[str]:
    """Return what `explain` and `show` print: labels in one column, the rest within the margin."""
    lines: List[str] = []
    for name, value in document.items():
        label = name.replace("_", " ")
        if name == "flags":
            for flag, text in value.items():
                lines += _labelled(f"flag {flag}", _wrapped(text))
        elif name in EXACT:
            lines += _exact(label, value)
        else:
            text = ", ".join(value) if isinstance(value, list) else str(value)
            lines += _labelled(label, _wrapped(text or "none"))
    return lines


def _exact(label: str, value: Any) -> Iterator[str]:
    """Show data as JSON, member for member, cut at the margin: no character is lost or added."""
    if value is None:
        return
    members = value.items() if isinstance(value, dict) else [("", value)]
    for name, member in members:
        text = json.dumps(member)
        pieces = [text[at : at + WIDTH - INDENT] for at in range(0, len(text), WIDTH - INDENT)]
        yield from _labelled(f"{label} {name}".rstrip(), pieces)


def _wrapped(text: str) -> List[str]:
    return textwrap.wrap(text, WIDTH - INDENT, break_on_hyphens=False)


def _labelled(label: str, lines: Sequence[str]) -> Iterator[str]:
    if len(label) >= INDENT:
        yield label
        label = ""
    for line in lines:
        yield label.ljust(INDENT) + line
        label = ""
