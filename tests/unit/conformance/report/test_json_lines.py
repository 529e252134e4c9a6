"""The report in lines: written as the run goes on, and refused without its last line."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.report.document import Report, encode_report
from conformance.report.json_lines import LinesWriter, parse_lines, render
from conformance.report.read import load_report, parse_any
from conformance.requirements import SuiteError
from conformance.usage import UsageProblem
from tests.unit.conformance.report import samples

RAW = render(samples.every_status()).encode()


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_lines_and_object_are_one_report(name: str, report: Report) -> None:
    raw = render(report).encode("ascii")
    assert parse_lines(raw, name) == report
    assert parse_any(raw, name) == report == parse_any(encode_report(report), name)


def test_each_line_is_an_object_and_stands_there_at_once() -> None:
    report = samples.every_status()
    stream = io.StringIO()
    writer = LinesWriter(stream)
    writer.header(report.header)
    for number, row in enumerate(report.results, 2):
        writer.result(row)
        lines = stream.getvalue().splitlines()
        assert len(lines) == number
        assert json.loads(lines[-1])["result"]["id"] == row.id
    with pytest.raises(SuiteError, match="no footer"):
        parse_lines(stream.getvalue().encode())
    writer.finish(report)
    assert len(stream.getvalue().splitlines()) == len(report.results) + 2
    assert parse_lines(stream.getvalue().encode()) == report


def test_a_result_that_changed_later_is_written_again_and_the_last_one_counts() -> None:
    row = samples.result("field.open/other", "fail")
    expected = row._replace(status="xfail")
    stream = io.StringIO()
    writer = LinesWriter(stream)
    report = samples.report([samples.result(), expected], warnings=["it was listed"])
    writer.header(samples.header())
    writer.result(row)
    writer.finish(report)
    again = parse_lines(stream.getvalue().encode())
    assert {row.id: row.status for row in again.results} == {
        "field.open/other": "xfail",
        "field.open/plain": "pass",
    }
    assert again.header == report.header


@settings(max_examples=80, deadline=None)
@given(st.integers(0, len(RAW) - 1), st.integers(1, 255))
def test_any_flipped_byte_after_the_first_line_is_seen(place: int, mask: int) -> None:
    place = max(place, RAW.index(b"\n"))
    changed = bytearray(RAW)
    changed[place] ^= mask
    with pytest.raises(SuiteError):
        parse_lines(bytes(changed))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(RAW) - 1))
def test_lines_that_were_cut_off_are_refused(length: int) -> None:
    with pytest.raises(SuiteError):
        parse_lines(RAW[:length])
    with pytest.raises(SuiteError):
        parse_any(RAW[:length])


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"{}\n", b"[]\n", b'{"schema":"venice-report-1","form":"lines"}\n']
)
def test_what_is_no_report_is_refused(raw: bytes) -> None:
    with pytest.raises(SuiteError):
        parse_lines(raw)


def test_a_line_between_results_that_is_none_is_refused() -> None:
    lines = RAW.split(b"\n")
    with pytest.raises(SuiteError, match="line 3: not a result"):
        parse_lines(b"\n".join([*lines[:2], b'{"note": 1}', *lines[2:]]))


def test_a_file_that_is_not_there_is_wrong_usage() -> None:
    with pytest.raises(UsageProblem, match="no-such-file"):
        load_report("no-such-file.json")
