"""`list` and `explain`: what the suite knows by name."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path
from typing import Any, Dict, Final, List, Optional, Tuple

from conformance.cli.output import Output
from conformance.mock_tee.faults import SCENARIOS
from conformance.mock_tee.scenario import Scenario, changed_points
from conformance.requirements import Requirement, cited_by, load_requirements, requirements_by_id

__all__ = ["explain", "list_entries"]

WIDTH: Final = 80

EXIT_USAGE: Final = 4


def list_entries(what: Optional[str], *, as_json: bool) -> int:
    """Print the scenarios, the requirements, or both."""
    document: Dict[str, Any] = {}
    if what in (None, "scenarios"):
        document["scenarios"] = [_scenario_row(row) for row in SCENARIOS.values()]
    if what in (None, "requirements"):
        document["requirements"] = [row._asdict() for row in load_requirements()]
    output = Output()
    if as_json:
        output.line(json.dumps(document, indent=1))
        return 0
    for title, rows in document.items():
        output.line(f"{title.capitalize()} ({len(rows)})")
        for row in rows:
            output.line(_line(row))
    return 0


def _line(row: Dict[str, Any]) -> str:
    if "name" in row:
        name, text = row["name"], row["does"]
        if row["requirement"]:
            text += f" [{row['requirement']}]"
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


def explain(name: str, *, as_json: bool) -> int:
    """Print one requirement or one scenario, and what belongs to it."""
    requirement = requirements_by_id().get(name.upper())
    scenario = SCENARIOS.get(name)
    if requirement is not None:
        document = _explain_requirement(requirement)
    elif scenario is not None:
        document = _explain_scenario(scenario)
    else:
        print(f"python3 -m conformance explain: nothing is called {name!r}", file=sys.stderr)
        print("python3 -m conformance list shows every name", file=sys.stderr)
        return EXIT_USAGE
    Output().line(json.dumps(document, indent=1) if as_json else "\n".join(_as_text(document)))
    return 0


def _explain_requirement(requirement: Requirement) -> Dict[str, Any]:
    return {
        "id": requirement.id,
        "keyword": requirement.keyword,
        "text": requirement.text,
        "scenarios": [row.name for row in SCENARIOS.values() if row.requirement == requirement.id],
        "cited_by": list(_citations(requirement.id)),
    }


def _explain_scenario(scenario: Scenario) -> Dict[str, Any]:
    document = _scenario_row(scenario)
    requirement = requirements_by_id().get(scenario.requirement)
    if requirement is not None:
        document["requirement_text"] = requirement.text
    document["serve"] = f"python3 -m conformance serve --scenario {scenario.name}"
    return document


def _citations(requirement_id: str) -> Tuple[str, ...]:
    """Return where the reference cites an id; the two packages stand side by side."""
    import conformance

    root = Path(conformance.__file__ or "").resolve().parent.parent / "venice_ref"
    return cited_by(requirement_id, root=root) if root.is_dir() else ()


def _as_text(document: Dict[str, Any]) -> List[str]:
    lines: List[str] = []
    for name, value in document.items():
        text = ", ".join(value) if isinstance(value, list) else str(value)
        label = name.replace("_", " ")
        lines += textwrap.wrap(
            text or "none",
            WIDTH,
            initial_indent=f"{label:<17}",
            subsequent_indent=" " * 17,
            break_on_hyphens=False,
        )
    return lines
