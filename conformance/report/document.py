"""One run as one JSON object, from which every other form of the report is made.

A report ends with a footer that says whether the run was complete and holds two digests, so that
one which was cut off or changed is not taken for a run: `results_sha256` is the same for two runs
that differ in their times only, and `report_sha256` covers every value of the report.  They find
accidents and careless changes; they are no signature.  What a report claims, the level and whether
the implementation is conformant, is computed from the results and never chosen.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Final, List, Mapping, NamedTuple, NoReturn, Sequence, Tuple

from conformance.levels import Verdict, judge_run
from conformance.requirements import SuiteError
from conformance.results import KINDS, STATUSES, SUBTYPES, Result

__all__ = [
    "SCHEMA",
    "Report",
    "check_document",
    "encode_report",
    "make_report",
    "parse_json",
    "parse_report",
    "report_digest",
    "results_digest",
]

SCHEMA: Final = "venice-report-1"
"""The form of a report."""

MAX_REPORT_BYTES: Final = 256 * 1024 * 1024


class Report(NamedTuple):
    """One run."""

    header: Mapping[str, Any]
    """`suite`, `spec`, `profile`, `argv`, `seed`, `challenge`, `platform`, `started`,
    `implementation`, `capabilities`, `adapter`, `selected`, `partial`, `warnings`, `problems`:
    see docs/guides/reports.md."""
    results: Tuple[Result, ...]
    """In the order of the suite, each id once."""
    complete: bool
    """Whether the run came to its end."""
    verdict: Verdict

    @property
    def counts(self) -> Dict[str, int]:
        """How many results have each status; statuses that none has are absent."""
        found = dict.fromkeys(STATUSES, 0)
        for result in self.results:
            found[result.status] += 1
        return {name: count for name, count in found.items() if count}

    @property
    def failures(self) -> Tuple[Result, ...]:
        """The results that make the run fail."""
        return tuple(result for result in self.results if STATUSES[result.status].fails)

    def to_json(self) -> Dict[str, Any]:
        """Return the JSON object of the schema."""
        document = self.content()
        return {**document, "footer": _footer(document, complete=self.complete)}

    def content(self) -> Dict[str, Any]:
        """Return the JSON object without its footer."""
        return {
            "schema": SCHEMA,
            "header": dict(self.header),
            "results": [result.to_json() for result in self.results],
            "summary": {
                "counts": self.counts,
                "level": self.verdict.level,
                "conformant": self.verdict.conformant,
                "because": list(self.verdict.because),
            },
        }


def make_report(header: Mapping[str, Any], results: Sequence[Result], *, complete: bool) -> Report:
    """Return the report of a run, with the verdict that its results give."""
    rows = tuple(results)
    return Report(header, rows, complete, judge_run(header, rows, complete=complete))


def results_digest(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the SHA-256, in hexadecimal digits, of the results without their times.

    It does not depend on the order of the results: tests may be executed in any.
    """
    timeless: List[Dict[str, Any]] = [{**row, "seconds": 0} for row in rows]
    return _digest(sorted(timeless, key=lambda row: str(row["id"])))


def report_digest(document: Mapping[str, Any], *, complete: bool) -> str:
    """Return the SHA-256, in hexadecimal digits, of everything in a report but its footer.

    `complete` is the member of the footer that says whether the run came to its end.
    """
    members = {name: document[name] for name in ("schema", "header", "summary")}
    rows = sorted(document["results"], key=lambda row: str(row["id"]))
    return _digest({**members, "results": rows, "complete": complete})


def _footer(document: Mapping[str, Any], *, complete: bool) -> Dict[str, Any]:
    return {
        "complete": complete,
        "results_sha256": results_digest(document["results"]),
        "report_sha256": report_digest(document, complete=complete),
    }


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def encode_report(report: Report) -> bytes:
    """Return the bytes of a report file."""
    return (json.dumps(report.to_json(), indent=1, ensure_ascii=True) + "\n").encode("ascii")


def parse_report(raw: bytes, name: str = "the report") -> Report:
    """Return the report that a file holds.

    Raises:
        SuiteError: it is no report, was cut off, was changed after the run, or claims what its
            results do not give.
    """
    if len(raw) > MAX_REPORT_BYTES:
        raise SuiteError(f"{name} is larger than {MAX_REPORT_BYTES} bytes")
    try:
        document = parse_json(raw)
    except ValueError as error:
        raise SuiteError(f"{name} is not JSON, or was cut off: {error}") from None
    return check_document(document, name)


def parse_json(raw: bytes) -> Any:
    """Return the JSON value of some bytes.

    Raises:
        ValueError: it is not JSON, a name stands twice in an object, or a number is not finite.
    """
    try:
        return json.loads(raw, object_pairs_hook=_object, parse_constant=_not_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return members


def _not_finite(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number of JSON")


def check_document(document: Any, name: str) -> Report:
    """Return the report that a JSON value describes.

    Raises:
        SuiteError: as `parse_report`.
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise SuiteError(f"{name} is not of the schema {SCHEMA}")
    if "footer" not in document:
        raise SuiteError(f"{name} has no footer: the run was cut off, or the file was")
    try:
        complete = document["footer"]["complete"]
        _check_footer(document, name, complete=complete)
        results = tuple(Result.from_json(row) for row in document["results"])
        _check_rows(results, name)
        _check_header(document["header"], name)
        report = make_report(document["header"], results, complete=complete)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, SuiteError):
            raise
        raise SuiteError(f"{name} is not of the form, or was cut off: {error!r}") from None
    if document != {**report.content(), "footer": document["footer"]}:
        raise SuiteError(f"{name} claims what its results do not give")
    return report


def _check_footer(document: Mapping[str, Any], name: str, *, complete: Any) -> None:
    if not isinstance(complete, bool):
        raise SuiteError(f"{name}: complete is not true or false")
    if document["footer"] != _footer(document, complete=complete):
        raise SuiteError(f"{name} was changed: it does not have the digests of its footer")


def _check_rows(results: Sequence[Result], name: str) -> None:
    seen = set()
    for row in results:
        known = row.status in STATUSES and row.kind in KINDS
        if not known or (row.subtype and row.subtype not in SUBTYPES):
            raise SuiteError(f"{name}: {row.id} has an unknown status, kind or subtype")
        if row.id in seen:
            raise SuiteError(f"{name}: {row.id} stands twice")
        seen.add(row.id)


def _check_header(header: Any, name: str) -> None:
    """Refuse a header with a member of another type than the other forms of a report count on."""
    if not isinstance(header, dict):
        raise SuiteError(f"{name}: the header is not an object")
    for kind, members in _HEADER_TYPES:
        for member in members:
            if member in header and not isinstance(header[member], kind):
                raise SuiteError(f"{name}: {member} of the header is of another type")
    for member in ("warnings", "problems", "argv"):
        if not all(isinstance(text, str) for text in header.get(member, ())):
            raise SuiteError(f"{name}: {member} of the header holds something else than texts")


_HEADER_TYPES: Final = (
    (dict, ("suite", "spec", "platform", "implementation", "capabilities")),
    (str, ("profile", "seed", "challenge", "started", "adapter")),
    (list, ("argv", "warnings", "problems")),
    (bool, ("partial",)),
    (int, ("selected",)),
)
