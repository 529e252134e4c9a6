"""Annotations: never more than are shown, and no text of others begins or ends a command."""

from __future__ import annotations

import re

import pytest

from conformance.report.document import Report
from conformance.report.github import LIMIT, adapter_file, render
from tests.unit.conformance.report import samples

COMMAND = re.compile(
    r"::(?P<kind>error|notice) (?:file=(?P<file>[^:,]+),)?title=(?P<title>[^:,]+)::(?P<text>.+)"
)


@pytest.mark.parametrize(("name", "report"), samples.samples())
def test_each_line_is_one_command(name: str, report: Report) -> None:
    lines = render(report).splitlines()
    found = [COMMAND.fullmatch(line) for line in lines]
    assert all(found), name
    kinds = [match["kind"] for match in found if match]
    assert kinds.count("error") <= LIMIT
    assert kinds[-1] == "notice"
    assert kinds.count("notice") == 1
    red = not report.complete or not report.results or bool(report.failures)
    assert (kinds.count("error") > 0) == red


@pytest.mark.parametrize(("causes", "errors"), [(9, 9), (10, 10), (11, 10), (50, 10)])
def test_the_rest_is_summed_up(causes: int, errors: int) -> None:
    lines = render(samples.many_failures(causes)).splitlines()
    assert sum(line.startswith("::error ") for line in lines) == errors
    if causes > LIMIT:
        assert f"::{causes - 9} tests more failed" in lines[errors - 1]


def test_one_cause_is_one_annotation() -> None:
    (error,) = (line for line in render(samples.many_missing()).splitlines() if "::error" in line)
    assert "(300 tests)" in error


def test_an_interrupted_run_leaves_room_for_its_own_error() -> None:
    report = samples.many_failures(30)._replace(complete=False)
    lines = render(report).splitlines()
    assert sum(line.startswith("::error ") for line in lines) == LIMIT
    assert "interrupted" in lines[0]


def test_escapes() -> None:
    row = samples.result("a/b", "fail", explanation=samples.explanation(got="5% of it\n::stop::x"))
    text = render(samples.report([row]))
    assert "got: 5%25 of it ::stop::x%0Aimpact" in text
    assert "title=a/b fail%3A accepted_invalid::" in text


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("python3 ./adapter.py", "adapter.py"),
        ("node tools/adapters/venice.mjs --strict", "tools/adapters/venice.mjs"),
        ("py:tests.adapter:handle", "tests/adapter.py"),
        ("./adapter", ""),
        ("/usr/bin/python3 /elsewhere/adapter.py", ""),
        ("python3 'unfinished", ""),
        ("python3 ../adapter.py", ""),
        ("", ""),
    ],
)
def test_the_file_of_the_adapter(command: str, file: str) -> None:
    assert adapter_file(command) == file
