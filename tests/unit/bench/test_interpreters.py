from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import pytest

from bench import __main__ as command
from bench import interpreters
from bench.report import FORMAT


def test_this_interpreter_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "_candidates", lambda: iter([sys.executable, "no-such"]))
    monkeypatch.setattr(interpreters, "VERSIONS", (sys.version_info[:2],))
    assert interpreters.find() == {sys.version_info[:2]: sys.executable}


def test_each_is_run_and_one_that_fails_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: List[List[str]] = []

    def run(arguments: List[str], **_: Any) -> subprocess.CompletedProcess[str]:
        seen.append(arguments)
        failed = arguments[0] == "b"
        if not failed:
            Path(arguments[-1]).write_text(json.dumps({"of": arguments[0]}), encoding="utf-8")
        return subprocess.CompletedProcess(arguments, int(failed))

    monkeypatch.setattr(interpreters, "find", lambda: {(3, 9): "a", (3, 10): "b", (3, 11): "c"})
    monkeypatch.setattr("subprocess.run", run)
    assert interpreters.run_each(["--quick"]) == [{"of": "a"}, {"of": "c"}]
    assert [one[:4] for one in seen] == [[name, "-m", "bench", "--quick"] for name in "abc"]
    assert "no result of CPython 3.10" in capsys.readouterr().err


def test_the_choice_is_passed_on_and_the_runs_are_merged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: List[List[str]] = []
    empty = {"format": FORMAT, "machine": {"python": "3.9.1"}, "settings": {}, "peers": {}}

    def run_each(arguments: List[str]) -> List[Any]:
        seen.append(arguments)
        return [{**empty, "tables": []}]

    monkeypatch.setattr(interpreters, "run_each", run_each)
    target = tmp_path / "out.json"
    chosen = ["--all-pythons", "--only", "ecdh", "--rounds", "3", "--processor-time", "--gates"]
    assert command.main([*chosen, "--json", str(target)]) == 0
    assert seen == [["--only", "ecdh", "--rounds", "3", "--gates", "--processor-time"]]
    assert json.loads(target.read_text(encoding="utf-8"))["runs"][0]["tables"] == []
    assert "CPython 3.9.1" in capsys.readouterr().out


def test_without_a_result_the_exit_code_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "run_each", lambda _: [])
    assert command.main(["--all-pythons"]) == 1
