"""The report as lines of JSON, written while the run goes on.

The first line holds the schema and the header, each further line one result, and the last one the
summary and the footer.  A result whose status changed after it was written, as an expected failure
does, is written again: the last line of an id counts.  Without the last line there is no report.
"""

from __future__ import annotations

import io
import json
from typing import Any, Dict, Final, Mapping, Protocol

from conformance.report.document import SCHEMA, Report, check_document, parse_json
from conformance.requirements import SuiteError
from conformance.results import Result

__all__ = ["LinesWriter", "Writable", "parse_lines", "render"]

FORM: Final = "lines"
"""The value of the member `form` of the first line, which one object does not have."""


class Writable(Protocol):
    """What the lines are written to: any stream of text."""

    def write(self, text: str, /) -> Any:
        """Take some text."""

    def flush(self) -> Any:
        """Hold nothing back."""


class LinesWriter:
    """Writes a report to a stream of text as it comes into being."""

    def __init__(self, stream: Writable) -> None:
        self._stream = stream
        self._written: Dict[str, Result] = {}

    def header(self, header: Mapping[str, Any]) -> None:
        """Write the first line."""
        self._line({"schema": SCHEMA, "form": FORM, "header": dict(header)})

    def result(self, result: Result) -> None:
        """Write one result, unless it was written as it is."""
        if self._written.get(result.id) != result:
            self._written[result.id] = result
            self._line({"result": result.to_json()})

    def finish(self, report: Report) -> None:
        """Write what is not written yet, and the last line.

        The header of the last line is the final one: warnings may have been added since the first.
        """
        for result in report.results:
            self.result(result)
        document = report.to_json()
        self._line({name: document[name] for name in ("header", "summary", "footer")})

    def _line(self, value: Mapping[str, Any]) -> None:
        self._stream.write(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")
        self._stream.flush()


def render(report: Report) -> str:
    """Return the whole report as lines."""
    stream = io.StringIO()
    writer = LinesWriter(stream)
    writer.header(report.header)
    writer.finish(report)
    return stream.getvalue()


def parse_lines(raw: bytes, name: str = "the report") -> Report:
    """Return the report that a file of lines holds.

    Raises:
        SuiteError: as `parse_report`; a file without its last line was cut off.
    """
    lines = raw.split(b"\n")
    if lines.pop() != b"":
        raise SuiteError(f"{name} was cut off: its last line does not end")
    values = [_value(line, number, name) for number, line in enumerate(lines, 1)]
    if not values or values[0].get("form") != FORM or values[0].get("schema") != SCHEMA:
        raise SuiteError(f"{name} is not of the schema {SCHEMA} in lines")
    first, last = values[0], values[-1]
    if "footer" not in last:
        raise SuiteError(f"{name} has no footer: the run was cut off, or the file was")
    rows: Dict[str, Any] = {}
    for number, value in enumerate(values[1:-1], 2):
        row = value.get("result")
        if set(value) != {"result"} or not isinstance(row, dict):
            raise SuiteError(f"{name}, line {number}: not a result")
        rows[str(row.get("id"))] = row
    if set(first) != {"schema", "form", "header"} or set(last) != {"header", "summary", "footer"}:
        raise SuiteError(f"{name}: the first or the last line has other members")
    document = {"schema": SCHEMA, "results": list(rows.values()), **last}
    return check_document(document, name)


def _value(line: bytes, number: int, name: str) -> Dict[str, Any]:
    try:
        value = parse_json(line)
    except ValueError as error:
        raise SuiteError(f"{name}, line {number}: not JSON, or cut off: {error}") from None
    if not isinstance(value, dict):
        raise SuiteError(f"{name}, line {number}: not an object")
    return value
