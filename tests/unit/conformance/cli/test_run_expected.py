"""`run --xfail`, as people call it: exit codes, messages, and the file that the tool writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from conformance.cli.main import main

ADAPTER = "py:tests.unit.conformance.knowing:accept_keys"
"""Right about `key.parse/digits-*` and what is accepted; accepts every other flaw."""

TAKEN = "key.parse/hybrid"
REFUSED = "key.parse/digits-126"

TABLE: List[Tuple[str, str, int, str]] = [
    # what it is, the file, the exit code, what is said
    ("listed", f"xfail {TAKEN} accepted_invalid | r\n", 0, "1 xfail"),
    ("not listed", "# nothing\n", 1, "1 fail"),
    ("passes", f"xfail {TAKEN} accepted_invalid | r\nxfail {REFUSED} crash | r\n", 1, "1 xpass"),
    ("otherwise", f"xfail {TAKEN} crash | r\n", 1, "1 fail"),
    ("no reason", f"xfail {TAKEN} accepted_invalid\n", 4, "no reason is given"),
    ("unsaid", f"xfail {TAKEN} accepted_invalid | {'TO' + 'DO'} reason\n", 1, "has no reason yet"),
    ("expired", f"xfail {TAKEN} accepted_invalid | r until=2020-01-01\n", 1, "expected until"),
    ("unknown", "xfail key.parse/hybrids accepted_invalid | r\n", 4, "did you mean key.parse/hyb"),
    ("overlap", f"skip {TAKEN} - | r\nxfail key.parse/h* crash | r\n", 4, "one expectation"),
    ("skipped", f"skip {TAKEN} - | r\n", 0, "deselected"),
    (
        "elsewhere",
        "xfail scenario/chat-cut crash | r\nxfail field.open/** crash | r\n",
        1,
        "1 fail",
    ),
    ("fresh", "xfail challenge/key.parse/full crash | r\n", 1, "1 fail"),
]


def run(folder: Path, *words: str) -> List[str]:
    """Return a command line that runs a refused test of each kind and their control."""
    state = str(folder / "state.json")
    cases = ["--case", TAKEN, "--case", REFUSED]
    return ["run", "--adapter", ADAPTER, "--no-probes", "--state", state, *cases, *words]


@pytest.mark.parametrize(("name", "text", "code", "said"), TABLE, ids=[row[0] for row in TABLE])
def test_each_situation(
    name: str, text: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert name
    file = tmp_path / "a.xfail"
    file.write_text(text, "utf-8")
    assert main(run(tmp_path, "--xfail", str(file))) == code
    shown = capsys.readouterr()
    assert said in " ".join((shown.out + shown.err).split())
    assert "conformant: yes" not in shown.out
    assert file.read_text("utf-8") == text, "only --update-xfail writes"


def test_the_truth_without_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.xfail"
    file.write_text(f"xfail {TAKEN} accepted_invalid | r\n", "utf-8")
    assert main(run(tmp_path, "--xfail", str(file))) == 0
    assert main(run(tmp_path, "--xfail", str(file), "--no-xfail")) == 1


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(run(tmp_path, "--xfail", str(tmp_path / "none.xfail"))) == 4
    assert "--update-xfail" in capsys.readouterr().err


def test_a_part_of_a_run_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.xfail"
    file.write_text("# mine\n", "utf-8")
    assert main(run(tmp_path, "--xfail", str(file), "--update-xfail")) == 1
    assert "was not changed" in " ".join(capsys.readouterr().out.split())
    assert file.read_text("utf-8") == "# mine\n"


@pytest.mark.slow
def test_the_tool_writes_the_file_once(tmp_path: Path) -> None:
    file = tmp_path / "new" / "a.xfail"
    report = tmp_path / "r.json"
    whole = ["run", "--adapter", ADAPTER, "--no-probes", "--state", str(tmp_path / "s.json")]
    whole += ["--profile", "core-crypto", "--xfail", str(file), "--report", f"json={report}"]
    assert main([*whole, "--update-xfail"]) == 1
    text = file.read_text("utf-8")
    assert main(whole) == 1, "somebody has to write the reasons"
    file.write_text(text.replace("TO" + "DO reason", "known"), "utf-8")
    assert main([*whole, "--update-xfail"]) == 0
    assert file.read_text("utf-8") == text.replace("TO" + "DO reason", "known")
    assert main(whole) == 0
    summary: Dict[str, Any] = json.loads(report.read_bytes())["summary"]
    assert not summary["conformant"]
    assert summary["level"] == "none"
    assert summary["counts"]["xfail"] > 100
