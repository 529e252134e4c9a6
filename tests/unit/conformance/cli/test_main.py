from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

import conformance
from conformance.cli.main import main
from conformance.mock_tee.faults import SCENARIOS
from conformance.requirements import load_requirements

REPOSITORY = Path(conformance.__file__).resolve().parent.parent


def test_no_command_says_what_this_is_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    for command in (
        "demo",
        "serve",
        "list",
        "explain",
        "vectors",
        "coverage",
        "export",
    ):
        assert f"python3 -m conformance {command}" in shown
    assert max(map(len, shown.splitlines())) <= 85


@pytest.mark.parametrize(
    "arguments",
    [
        ["unknown"],
        ["perform"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "-1"],
        ["serve", "--chunks", "0"],
        ["serve", "--chunks", "1_0"],
        ["serve", "--delay", "nan"],
        ["serve", "--delay", "x"],
        ["serve", "--shape", "another"],
        ["list", "everything"],
        ["explain"],
    ],
)
def test_wrong_usage_ends_with_4(arguments: List[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "usage: " in captured.err


def test_the_lists_are_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    words = set(shown.split())
    assert set(SCENARIOS) <= words
    assert {row.id for row in load_requirements()} <= words
    assert max(map(len, shown.splitlines())) <= 80


def test_one_list_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "scenarios"]) == 0
    assert "Requirements" not in capsys.readouterr().out
    assert main(["list", "requirements"]) == 0
    assert "Scenarios" not in capsys.readouterr().out


def test_lists_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in document["scenarios"]] == list(SCENARIOS)
    assert [row["id"] for row in document["requirements"]] == [r.id for r in load_requirements()]


def test_a_requirement_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "env-4", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["id"] == "ENV-4"
    assert "93 bytes" in document["text"]
    assert document["scenarios"] == ["chat-short-hex"]
    assert any(place.startswith("venice_ref/e2ee/envelope.py:") for place in document["cited_by"])


def test_a_scenario_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "chat-cut"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert SCENARIOS["chat-cut"].does in shown
    assert "STR-1" in shown
    assert "serve --scenario chat-cut" in shown


def test_every_name_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for name in [*SCENARIOS, "ENV-1", "SIG-10"]:
        assert main(["explain", name]) == 0
    assert "Traceback" not in capsys.readouterr().out


def test_an_unknown_name_ends_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "XYZ-999"]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "XYZ-999" in captured.err


def test_a_reader_that_leaves_early_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "list"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.wait(timeout=30) == 0
