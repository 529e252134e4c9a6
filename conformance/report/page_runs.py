"""The head of a page: what was run, with what, how far it got, and what it was expected to fail."""

from __future__ import annotations

from typing import Any, Callable, Dict, Final, List, Mapping, Sequence, Tuple

from conformance.report.comparison import Comparison, kind_of, member
from conformance.report.document import Report
from conformance.report.page import marked, plain, text
from conformance.report.page_table import listed
from conformance.results import STATUSES, SUBTYPES, Result

__all__ = ["expected_failures", "outcomes", "runs"]

_Read = Callable[[Report], str]


def runs(comparison: Comparison) -> str:
    """Return the table of runs: one column for each report, one row for each fact."""
    heads = "".join(f"<th scope=col>{text(label)}</th>" for label in comparison.labels)
    rows = []
    for name, read in _FACTS:
        cells = [read(report) for report in comparison.reports]
        if any(cells):
            shown = "".join(f"<td>{cell}</td>" for cell in cells)
            if len(set(cells)) == 1 and name not in _OWN:
                shown = f"<td colspan={len(cells)}>{cells[0]}</td>"
            rows.append(f"<tr><th scope=row>{name}</th>{shown}</tr>\n")
    return (
        "<div class=scroll id=page-runs tabindex=0 role=region aria-labelledby=page-runs-caption>"
        "<table class=runs><caption id=page-runs-caption>What was run, and how far it got"
        f"</caption>\n<thead><tr><th scope=col>Implementation</th>{heads}</tr></thead>\n"
        f"<tbody>\n{''.join(rows)}</tbody></table></div>\n"
    )


def _conformant(report: Report) -> str:
    if report.verdict.conformant:
        return "<strong class=good>✓ yes</strong>"
    return "<strong class=bad>✗ no</strong>"


def _reasons(report: Report) -> str:
    reasons = "".join(f"<li>{text(reason)}</li>" for reason in report.verdict.because)
    return f"<ul>{reasons}</ul>" if reasons else ""


def _counts(report: Report) -> str:
    items = "".join(
        f"<li class={kind_of(status)}>"
        f"{marked(STATUSES[status].glyph, f'{count} {plain(status)}')}</li>"
        for status, count in report.counts.items()
    )
    return f"<ul class=counts>{items}</ul>"


def _suite(report: Report) -> str:
    name, version, revision, digest = (
        member(report.header, "suite", part)
        for part in ("name", "version", "revision", "vectors_sha256")
    )
    return _lines(f"{name} {version}", revision and f"revision {revision}", _short(digest))


def _spec(report: Report) -> str:
    revision, digest = (member(report.header, "spec", part) for part in ("revision", "sha256"))
    return _lines(revision and f"revision {revision}", _short(digest))


def _short(digest: str) -> str:
    return f"SHA-256 {digest[:16]}" if digest else ""


def _lines(*parts: str) -> str:
    return "<br>".join(text(part.strip()) for part in parts if part.strip())


def _platform(report: Report) -> str:
    parts = (member(report.header, "platform", part) for part in _PLATFORM)
    return text(" ".join(part for part in parts if part))


_PLATFORM: Final = ("implementation", "python", "system")


def _capabilities(report: Report) -> str:
    operations = _inner(report.header, "capabilities", "operations")
    features = _inner(report.header, "capabilities", "features")
    reasons = member(report.header, "capabilities", "reasons")
    count = len(operations) if isinstance(operations, (Mapping, list)) else 0
    named = ", ".join(map(str, features)) if isinstance(features, (list, tuple)) else ""
    return _lines(
        f"{count} operations" if count else "",
        f"features: {named}" if named else "",
        f"reasons: {reasons}" if reasons else "",
    )


def _inner(header: Mapping[str, Any], outer: str, name: str) -> Any:
    found = header.get(outer)
    return found.get(name) if isinstance(found, Mapping) else None


def _warnings(report: Report) -> str:
    warnings = report.header.get("warnings")
    if not isinstance(warnings, (list, tuple)):
        return ""
    shown = "".join(f"<li>{text(str(warning))}</li>" for warning in warnings)
    return f"<ul>{shown}</ul>" if shown else ""


def _complete(report: Report) -> str:
    if not report.complete:
        return "<strong class=bad>✗ no, it was interrupted</strong>"
    return "in part, by a filter" if report.header.get("partial") else "yes"


def _said(*path: str) -> _Read:
    return lambda report: text(member(report.header, *path))


_FACTS: Final[Tuple[Tuple[str, _Read], ...]] = (
    ("Level", lambda report: f"<strong>{text(report.verdict.level)}</strong>"),
    ("Conformant", _conformant),
    ("Why not, or not further", _reasons),
    ("Results", _counts),
    ("Complete", _complete),
    ("Language", _said("implementation", "language")),
    ("Suite", _suite),
    ("Specification", _spec),
    ("Profile", _said("profile")),
    ("Seed", _said("seed")),
    ("Challenge seed", _said("challenge")),
    ("Started", _said("started")),
    ("Commit", _said("implementation", "commit")),
    ("Home", _said("implementation", "url")),
    ("Issues", _said("implementation", "issues_url")),
    ("Adapter", _said("adapter")),
    ("Declared", _capabilities),
    ("Platform", _platform),
    ("Warnings", _warnings),
)


_OWN: Final = ("Level", "Conformant", "Results", "Complete")
"""Facts that stand under each implementation, also where all of them have the same."""


def outcomes(comparison: Comparison) -> str:
    """Return how often each kind of result that is not a plain pass occurred in each report."""
    counted: Dict[Tuple[str, str], List[int]] = {}
    width = len(comparison.labels)
    for column, report in enumerate(comparison.reports):
        for result in report.results:
            if kind_of(result.status) in ("bad", "note"):
                row = counted.setdefault((result.status, result.subtype), [0] * width)
                row[column] += 1
    if not counted:
        return "<p>Nothing speaks against a report on this page.</p>\n"
    order = sorted(counted, key=lambda pair: (list(STATUSES).index(pair[0]), pair[1]))
    rows = "".join(_outcome(pair, counted[pair]) for pair in order)
    heads = "".join(f"<th scope=col>{text(label)}</th>" for label in comparison.labels)
    return (
        "<div class=scroll tabindex=0 role=region aria-labelledby=page-outcomes-caption>"
        "<table class=outcomes><caption id=page-outcomes-caption>What did not pass</caption>\n"
        f"<thead><tr><th scope=col>Result</th><th scope=col>Meaning</th>{heads}</tr></thead>\n"
        f"<tbody>\n{rows}</tbody></table></div>\n"
    )


def _outcome(pair: Tuple[str, str], counts: Sequence[int]) -> str:
    status, subtype = pair
    about = SUBTYPES[subtype] if subtype else STATUSES[status].about
    if status != "fail" and subtype:
        about = f"{STATUSES[status].about}; {about}"
    shown = "".join(f"<td>{count or ''}</td>" for count in counts)
    name = plain(status) + (f": {plain(subtype)}" if subtype else "")
    shown_name = marked(STATUSES[status].glyph, name)
    return (
        f"<tr><th scope=row class={kind_of(status)}>{shown_name}</th>"
        f"<td>{text(about)}</td>{shown}</tr>\n"
    )


def expected_failures(comparison: Comparison, room: int) -> str:
    """Return the expected failures of each report by name, with their reasons; or nothing.

    The list has at most about `room` characters; what is over is counted.
    """
    parts = []
    for label, report in zip(comparison.labels, comparison.reports):
        named = [result for result in report.results if result.status == "xfail"]
        if named:
            parts.append(_expected(label, named, room // len(comparison.labels)))
    if not parts:
        return ""
    return (
        "<h2 id=page-expected>Expected failures</h2>\n"
        "<p>They are failures, and keep an implementation from being called conformant.</p>\n"
        + "".join(parts)
    )


def _expected(label: str, results: Sequence[Result], room: int) -> str:
    reasons: Dict[str, List[str]] = {}
    for result in results:
        reasons.setdefault(_reason(result), []).append(result.id)
    items, rest = [], len(results)
    for reason, ids in reasons.items():
        item = f"<dt>{text(reason)}</dt><dd>{listed((name, '') for name in ids)}</dd>\n"
        room -= len(item)
        if room < 0:
            items.append(f"<dt>{rest} more, for which there is no room here</dt>")
            break
        items.append(item)
        rest -= len(ids)
    count = f"{len(results)} expected failure{'s' if len(results) != 1 else ''}"
    return (
        f"<details><summary>{text(label)}: {count}</summary>\n<dl>{''.join(items)}</dl></details>\n"
    )


def _reason(result: Result) -> str:
    """Return why a failure is expected, as the file of expected failures says.

    `conformance.expectations` writes it at the end of the detail; what stands before it is what
    came, which each test has of its own and shows in the table.
    """
    _, marked_as, reason = result.detail.rpartition("(expected: ")
    kind = f"{plain(result.subtype)}: " if result.subtype else ""
    return kind + (reason[:-1] if marked_as else result.detail)
