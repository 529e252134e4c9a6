"""Read a report from a file, whichever of its two JSON forms it has."""

from __future__ import annotations

from pathlib import Path

from conformance.report.document import Report, parse_report
from conformance.report.json_lines import parse_lines
from conformance.usage import UsageProblem

__all__ = ["load_report", "parse_any"]


def load_report(path: str) -> Report:
    """Return the report of a file.

    Raises:
        UsageProblem: the file cannot be read.
        SuiteError: it holds no report, was cut off or was changed.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise UsageProblem(f"{path} cannot be read: {error.strerror or error}") from None
    return parse_any(raw, path)


def parse_any(raw: bytes, name: str = "the report") -> Report:
    """Return the report that some bytes hold, as one object or in lines.

    Raises:
        SuiteError: as `parse_report`.
    """
    first = raw.split(b"\n", 1)[0]
    in_lines = first.startswith(b'{"schema"') and b'"form":"lines"' in first[:80]
    return parse_lines(raw, name) if in_lines else parse_report(raw, name)
