"""A report that was cut off, changed or does not give what it claims is refused."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.report.document import (
    Report,
    encode_report,
    make_report,
    parse_report,
    report_digest,
    results_digest,
)
from conformance.requirements import SuiteError
from tests.unit.conformance.report import samples

RAW = encode_report(samples.every_status())


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_what_is_written_is_read_again(name: str, report: Report) -> None:
    again = parse_report(encode_report(report), name)
    assert again == report
    assert encode_report(again) == encode_report(report)


def test_a_report_is_ascii() -> None:
    encode_report(samples.nasty()).decode("ascii")


@settings(max_examples=120, deadline=None)
@given(st.integers(0, len(RAW) - 1), st.integers(1, 255))
def test_any_flipped_byte_is_seen(place: int, mask: int) -> None:
    changed = bytearray(RAW)
    changed[place] ^= mask
    if RAW[place : place + 1].isspace() and bytes([changed[place]]).isspace():
        return  # white space between values is no part of the report
    with pytest.raises(SuiteError):
        parse_report(bytes(changed))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(RAW) - 3))
def test_a_report_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises(SuiteError):
        parse_report(RAW[:length])


def test_a_report_without_a_footer_is_refused() -> None:
    document = json.loads(RAW)
    del document["footer"]
    with pytest.raises(SuiteError, match="no footer"):
        parse_report(json.dumps(document).encode())


def sealed(document: Dict[str, Any]) -> bytes:
    """Return a changed report whose digests were made again, as a forger would."""
    footer = document["footer"]
    if document["results"] == [3]:
        return json.dumps(document).encode()  # there is nothing that a digest could be made of
    footer["results_sha256"] = results_digest(document["results"])
    footer["report_sha256"] = report_digest(document, complete=footer["complete"])
    return json.dumps(document).encode()


def _set(*path: Any, to: Any) -> Callable[[Dict[str, Any]], None]:
    def change(document: Dict[str, Any]) -> None:
        value: Any = document
        for name in path[:-1]:
            value = value[name]
        value[path[-1]] = to

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("summary", "conformant", to=True),
        _set("summary", "level", to="Strict"),
        _set("summary", "counts", "fail", to=1),
        _set("summary", "because", to=[]),
        _set("results", 1, "status", to="excellent"),
        _set("results", 1, "subtype", to="excellent"),
        _set("results", 1, "kind", to="excellent"),
        _set("results", 1, "id", to="field.open/plain"),
        _set("results", 1, "seconds", to="fast"),
        _set("results", 1, "seconds", to=True),
        _set("results", 1, "negative", to="yes"),
        _set("results", 1, "req", to="ENV-6"),
        _set("results", 1, "req", to=[6]),
        _set("results", 1, "detail", to=None),
        _set("results", 1, "attachments", to={"stderr": 3}),
        _set("results", 1, "explanation", "hint", to=["x"]),
        _set("results", 1, "more", to=1),
        _set("results", to={}),
        _set("results", to=[3]),
        _set("header", to=[]),
        _set("header", "suite", to="0.1.0"),
        _set("header", "warnings", to=[3]),
        _set("header", "seed", to=7),
        _set("footer", "complete", to="yes"),
        _set("footer", "more", to=1),
        _set("schema", to="venice-report-2"),
        _set("more", to=1),
    ],
)
def test_a_forged_report_of_another_form_is_refused(
    change: Callable[[Dict[str, Any]], None],
) -> None:
    document = json.loads(RAW)
    change(document)
    with pytest.raises(SuiteError):
        parse_report(sealed(document))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"schema": NaN}', b"{" * 5],
)
def test_what_is_no_report_is_refused(raw: bytes) -> None:
    with pytest.raises(SuiteError):
        parse_report(raw)


def test_a_name_that_stands_twice_is_refused() -> None:
    twice = RAW.replace(b'"status": "crash"', b'"status": "pass", "status": "crash"')
    assert twice != RAW
    with pytest.raises(SuiteError, match="twice"):
        parse_report(twice)


def test_a_report_that_was_formatted_anew_is_the_same_report() -> None:
    assert parse_report(json.dumps(json.loads(RAW), sort_keys=True).encode()).failures


def test_times_and_order_do_not_count_for_the_digest_of_the_results() -> None:
    rows = [row.to_json() for row in samples.every_status().results]
    slower = [{**row, "seconds": 9.5} for row in reversed(rows)]
    assert results_digest(rows) == results_digest(slower)
    assert results_digest(rows) != results_digest(rows[1:])
    assert results_digest(rows) != results_digest([{**rows[0], "detail": "x"}, *rows[1:]])


def test_two_runs_that_differ_in_their_times_have_one_digest_of_results() -> None:
    report = samples.passed()
    slower = make_report(
        report.header, [row._replace(seconds=2.0) for row in report.results], complete=True
    )
    one, other = report.to_json()["footer"], slower.to_json()["footer"]
    assert one["results_sha256"] == other["results_sha256"]
    assert one["report_sha256"] != other["report_sha256"]


def test_the_digest_of_a_report_covers_whether_it_is_complete() -> None:
    document = samples.passed().to_json()
    assert document["footer"]["report_sha256"] == report_digest(document, complete=True)
    assert report_digest(document, complete=True) != report_digest(document, complete=False)


def test_a_report_larger_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.report.document.MAX_REPORT_BYTES", 100)
    with pytest.raises(SuiteError, match="larger"):
        parse_report(RAW)
