"""What is kept of runs: medians, quartiles and reasons, without the samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Final, List, Sequence

from bench.report import FORMAT

MERGED: Final = "venice-ref-bench-runs-1"
SUMMARY: Final = "venice-ref-bench-summary-1"
RESULTS: Final = Path(__file__).with_name("results.json")
PLOTTED: Final = "3.11"
"""The interpreter whose scalars are plotted one by one, and for which the aims are."""


class FormError(Exception):
    """A file that is not what this benchmark writes."""


def minor(run: Dict[str, Any]) -> str:
    """Return the version of the interpreter of a run without its last part, such as 3.11."""
    version: str = run["machine"]["python"]
    return ".".join(version.split(".")[:2])


def merge(runs: Sequence[Dict[str, Any]]) -> Dict[str, Any]:
    """Return several runs as one value, with every sample."""
    return {"format": MERGED, "runs": list(runs)}


def _short(value: Any) -> Any:
    """Return numbers with four digits, everywhere in a value."""
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value]
    return value


def _candidate(one: Dict[str, Any]) -> List[Any]:
    """Return name, median seconds, and of the ratio median and quartiles where there is one."""
    ratio = one["ratio"]
    parts = ("median", "first_quartile", "third_quartile")
    return [
        one["name"],
        one["seconds"]["median"],
        *([ratio[part] for part in parts] if ratio else []),
    ]


def of_run(run: Dict[str, Any]) -> Dict[str, Any]:
    """Return one run without its samples."""
    tables = [
        {
            "name": table["name"],
            "title": table["title"],
            "candidates": [_candidate(one) for one in table["candidates"]],
            "skipped": [[one["name"], one["reason"]] for one in table["skipped"]],
            "notes": table["notes"],
            "data": table["data"],
        }
        for table in run["tables"]
    ]
    kept = {name: run[name] for name in ("machine", "settings", "peers")}
    return {**_short(kept), "tables": _short(tables)}


def summarise(value: Dict[str, Any]) -> Dict[str, Any]:
    """Return the summary of a run, of several, or of a summary."""
    form = value.get("format")
    if form == SUMMARY:
        return value
    if form not in (FORMAT, MERGED):
        raise FormError(f"not a result of this benchmark: format {form!r}")
    runs = [of_run(run) for run in (value["runs"] if form == MERGED else [value])]
    chosen = plotted({"runs": runs})
    for run in runs:
        if run is not chosen:
            for table in run["tables"]:
                table["data"] = {}
    return {"format": SUMMARY, "runs": runs}


def plotted(summary: Dict[str, Any]) -> Dict[str, Any]:
    """Return the run that is shown where one has to stand for all."""
    runs: List[Dict[str, Any]] = summary["runs"]
    return next((run for run in runs if minor(run) == PLOTTED), runs[0])


def read(path: Path) -> Dict[str, Any]:
    """Return the summary of a file that this benchmark wrote."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise FormError(f"{path.name} is not JSON") from None
    if not isinstance(value, dict):
        raise FormError(f"{path.name} is no JSON object")
    return summarise(value)


def dump(summary: Dict[str, Any]) -> str:
    """Return a summary as JSON with one line for each table, so that a difference can be read."""
    runs = []
    for run in summary["runs"]:
        head = [f'"{name}": {json.dumps(run[name])}' for name in ("machine", "settings", "peers")]
        tables = ",\n".join(json.dumps(table) for table in run["tables"])
        runs.append("{" + ",\n".join(head) + f',\n"tables": [\n{tables}\n]}}')
    return f'{{"format": "{SUMMARY}", "runs": [\n' + ",\n".join(runs) + "\n]}\n"
