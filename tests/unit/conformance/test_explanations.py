"""Every failure explains itself, and the command that it gives shows the same failure again.

Two implementations that are wrong in every way that one can be wrong about a verdict: one accepts
everything, the other refuses everything.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

import pytest

from conformance.adapters.inprocess import InProcessAdapter
from conformance.explain import Repro
from conformance.plan import plan
from conformance.report.document import parse_report
from conformance.requirements import requirements_by_id
from conformance.results import STATUSES, Explanation, Result
from conformance.runner import Settings, run_cases
from conformance.scenarios.catalogue import ATTACKS
from conformance.vectors import load_files

ROOT = Path(__file__).resolve().parents[3]
NAMES = ("keys/parse", "envelope/open", "quote/parse", "stream/events", "attestation/keys")
FILES = [file for file in load_files() if file.name in NAMES]

ADAPTER = """
import json, sys

REPLY = {reply}
OPERATIONS = {operations}
HELLO = {{
    "protocol": 1,
    "implementation": {{"name": "{name}", "version": "1", "language": "python"}},
    "operations": {{name: {{}} for name in OPERATIONS}},
    "features": [],
    "inject": {{"rng": False, "clock": True, "base_url": True, "trust_anchors": True}},
    "reasons": "coded",
    "limits": {{"parallel": 1}},
}}


def handle(request):
    if request["op"] == "hello":
        return {{"id": request["id"], "ok": HELLO}}
    if request["op"] not in OPERATIONS:
        return {{"id": request["id"], "unsupported": request["op"]}}
    return {{"id": request["id"], **REPLY}}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(handle(json.loads(line))), flush=True)
"""
"""The whole program of an adapter that gives one answer to everything."""

ACCEPT: Dict[str, Any] = {"ok": {}}
REJECT: Dict[str, Any] = {"reject": {"stage": "nowhere", "reason": "no", "native": "no"}}
SUBJECTS = {"accept-all": ACCEPT, "reject-all": REJECT}


def program(name: str) -> str:
    operations = sorted({file.op for file in FILES})
    return ADAPTER.format(reply=SUBJECTS[name], operations=operations, name=name)


def run_in_process(name: str) -> Tuple[Result, ...]:
    namespace: Dict[str, Any] = {"__name__": "subject"}
    exec(program(name), namespace)
    cases = plan(FILES, ATTACKS, requirements_by_id())
    selected = frozenset(case.id for case in cases if case.kind == "vector")
    repro = Repro(("python3", "-m", "conformance", "run", "--adapter", "a b"), seed="7")
    adapter = lambda: InProcessAdapter(namespace["handle"])  # noqa: E731 - it is used once
    return run_cases(cases, adapter, Settings(), selected=selected, repro=repro).results


@pytest.fixture(scope="module")
def runs() -> Mapping[str, Tuple[Result, ...]]:
    return {name: run_in_process(name) for name in SUBJECTS}


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_failure_explains_itself(name: str, runs: Mapping[str, Tuple[Result, ...]]) -> None:
    failures = [row for row in runs[name] if STATUSES[row.status].fails]
    assert failures
    known = requirements_by_id()
    for row in failures:
        assert isinstance(row.explanation, Explanation), row.id
        empty = [member for member, text in row.explanation._asdict().items() if not text.strip()]
        assert not empty, f"{row.id}: {empty}"
        assert row.explanation.requirement.startswith(tuple(known)), row.id
        assert row.explanation.repro == (
            f"python3 -m conformance run --adapter 'a b' --case {row.id} --seed 7"
        )
        assert row.explanation.expected != row.explanation.got, row.id


@pytest.mark.parametrize("name", SUBJECTS)
def test_what_did_not_fail_needs_no_explanation(
    name: str, runs: Mapping[str, Tuple[Result, ...]]
) -> None:
    for row in runs[name]:
        if row.status in {"pass", "deselected", "not_applicable"}:
            assert row.explanation is None


@pytest.mark.parametrize("name", SUBJECTS)
@pytest.mark.parametrize("file", NAMES)
def test_neither_gets_through_a_single_file(
    name: str, file: str, runs: Mapping[str, Tuple[Result, ...]]
) -> None:
    ids = {vector.id for one in FILES if one.name == file for vector in one.vectors}
    rows = [row for row in runs[name] if row.id in ids]
    assert rows
    statuses = {row.status for row in rows if row.negative}
    assert not statuses & {"pass", "pass_verdict_only"}, "no refusal counts without its control"
    assert any(row.status == "fail" for row in rows)


def samples(rows: Tuple[Result, ...]) -> List[Result]:
    """Return one failure of each kind."""
    found: Dict[Tuple[str, str], Result] = {}
    for row in rows:
        if STATUSES[row.status].fails:
            found.setdefault((row.status, row.subtype), row)
    return list(found.values())


def run(words: List[str], report: Path, folder: Path) -> Tuple[int, Dict[str, Result]]:
    done = subprocess.run(
        [*words, "--report", f"json={report}"],
        cwd=folder, capture_output=True, text=True, timeout=100, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert report.is_file(), done.stderr
    results = parse_report(report.read_bytes()).results
    return done.returncode, {row.id: row for row in results}


@pytest.mark.slow
@pytest.mark.parametrize("name", SUBJECTS)
def test_the_command_of_a_failure_shows_the_same_failure_again(name: str, tmp_path: Path) -> None:
    (tmp_path / "subject.py").write_text(program(name), encoding="utf-8")
    begin = [sys.executable, "-m", "conformance", "run"]
    code, first = run(
        [*begin, "key.parse/", "--no-probes", "--adapter", f"{sys.executable} subject.py"],
        tmp_path / "first.json",
        tmp_path,
    )
    assert code == 1
    chosen = samples(tuple(first.values()))
    assert chosen
    for number, row in enumerate(chosen):
        assert row.explanation is not None
        words = shlex.split(row.explanation.repro)
        assert words[1:4] == ["-m", "conformance", "run"]
        words[0] = sys.executable
        code, again = run(words, tmp_path / f"{number}.json", tmp_path)
        assert code == 1
        assert (again[row.id].status, again[row.id].subtype) == (row.status, row.subtype)
        assert again[row.id].detail == row.detail
        assert again[row.id].explanation == row.explanation


def test_the_program_is_of_the_protocol(tmp_path: Path) -> None:
    (tmp_path / "subject.py").write_text(program("accept-all"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(tmp_path / "subject.py")],
        input='{"id": "1", "op": "key.parse", "in": {}}\n', capture_output=True, text=True,
        timeout=20, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == {"id": "1", "ok": {}}
