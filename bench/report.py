"""The tables on standard output, at 80 columns, and the same as JSON."""

from __future__ import annotations

import textwrap
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from bench.measure import Result, Settings, Spread

FORMAT = "venice-ref-bench-1"


class Skipped(NamedTuple):
    """A candidate or a table that was not measured."""

    name: str
    reason: str


class Table(NamedTuple):
    """One work, measured."""

    name: str
    title: str
    results: Sequence[Result]
    skipped: Sequence[Skipped]
    notes: Sequence[str] = ()
    """Further lines for a reader."""
    data: Optional[Dict[str, Any]] = None
    """What a plot needs, as JSON."""


def seconds_text(seconds: float) -> str:
    """Return a time with three significant digits and its unit."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= scale:
            return f"{_three(seconds / scale)} {unit}"
    return f"{_three(seconds / 1e-9)} ns"


def ratio_text(ratio: float) -> str:
    """Return a ratio; far below one as a fraction, which reads better than 0.00069."""
    return f"1/{_three(1 / ratio)}" if ratio < 0.1 else _three(ratio)


def _three(value: float) -> str:
    if value >= 10_000:
        return f"{_three(value / 1000)}k"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _columns(name: str, median: str, ratio: str, quartiles: str, extremes: str) -> str:
    return f"  {name:<30}{median:>9}{ratio:>8}{quartiles:>15}{extremes:>16}".rstrip()


def _range(low: float, high: float) -> str:
    """Return a range; where both ends are fractions the 1/ is said once."""
    low_text, high_text = ratio_text(low), ratio_text(high)
    if low_text.startswith("1/") and high_text.startswith("1/"):
        return f"{low_text}..{high_text[2:]}"
    return f"{low_text}..{high_text}"


def table_text(table: Table) -> str:
    """Return one table as lines of at most 80 characters."""
    lines = [f"{table.name}: {table.title}"]
    if table.results:
        lines.append(_columns("", "median", "ratio", "quartiles", "min..max"))
    for result in table.results:
        ratio = result.ratio
        lines.append(
            _columns(
                result.name,
                seconds_text(result.seconds.median),
                ratio_text(ratio.median) if ratio else "",
                _range(ratio.first_quartile, ratio.third_quartile) if ratio else "",
                _range(ratio.low, ratio.high) if ratio else "",
            )
        )
    for note in table.notes:
        lines.extend(textwrap.wrap(note, 80, initial_indent="  ", subsequent_indent="    "))
    for one in table.skipped:
        text = f"skipped: {one.name}: {one.reason}"
        lines.extend(textwrap.wrap(text, 80, initial_indent="  ", subsequent_indent="    "))
    return "\n".join(lines)


def machine_text(machine: Dict[str, Any], peers: Dict[str, str]) -> str:
    """Return what the numbers were measured on."""
    build = [
        machine["compiler"],
        "PGO" if machine["optimised_build"] else "no PGO",
        "LTO" if machine["link_time_optimisation"] else "no LTO",
    ]
    versions = ", ".join(f"{name} {version}" for name, version in peers.items())
    lines = [
        f"{machine['implementation']} {machine['python']} ({', '.join(build)})",
        f"{machine['cpu_count']} CPUs, {machine['processor']}, {machine['system']}",
        f"peers: {versions or 'none'}",
    ]
    if machine["textbook_forms_only"]:
        lines.append("VENICE_REF_TEXTBOOK=1: the optimised forms are switched off")
    return "\n".join(line[:80] for line in lines)


def headline(tables: Sequence[Table]) -> str:
    """Return the number that people look for; empty where it was not measured."""
    for table in tables:
        if table.name == "open-chunk" and len(table.results) > 1:
            peer = table.results[1]
            if peer.ratio is not None:
                quartiles = _range(peer.ratio.first_quartile, peer.ratio.third_quartile)
                ratio = ratio_text(peer.ratio.median)
                return f"One chunk: {peer.name} takes {ratio} x our time ({quartiles})"
    return ""


def _spread_json(spread: Spread) -> Dict[str, float]:
    return {
        "median": spread.median,
        "min": spread.low,
        "first_quartile": spread.first_quartile,
        "third_quartile": spread.third_quartile,
        "max": spread.high,
    }


def to_json(
    tables: Sequence[Table], settings: Settings, machine: Dict[str, Any], peers: Dict[str, str]
) -> Dict[str, Any]:
    """Return everything, each sample included."""
    listed: List[Dict[str, Any]] = [
        {
            "name": table.name,
            "title": table.title,
            "candidates": [
                {
                    "name": result.name,
                    "seconds": _spread_json(result.seconds),
                    "ratio": _spread_json(result.ratio) if result.ratio else None,
                    "samples": list(result.samples),
                }
                for result in table.results
            ],
            "skipped": [one._asdict() for one in table.skipped],
            "notes": list(table.notes),
            "data": table.data or {},
        }
        for table in tables
    ]
    return {
        "format": FORMAT,
        "machine": machine,
        "settings": settings._asdict(),
        "peers": peers,
        "tables": listed,
    }
