"""The test of the tests: what runs in a moment; the whole of it is marked `once`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import List

import pytest

from conformance.cli import selftest as command
from conformance.cli.selftest import selftest
from conformance.requirements import requirements_by_id
from conformance.resources import ROOT
from conformance.selftest import broken, clients, kills, stages, watch
from conformance.selftest.lines import differences
from conformance.selftest.refactors import REFACTORS, faults_of
from conformance.selftest.runner_mutants import EQUIVALENT, RUNNER_MUTANTS
from conformance.selftest.sentinels import SENTINELS
from conformance.selftest.weaken import weakened
from conformance.vectors import load_files

FEWEST_MUTANTS = 82
FEWEST_RUNNER_MUTANTS = 72
FEWEST_LINES = 750
FEWEST_VECTORS = 4321
"""The table can only grow: raise these with it."""

QUICK = ("accept-all", "echo", "error-all", "garbage", "nothing-declared", "unsupported")
"""Sentinels that take half a second at most."""


def test_there_are_enough_of_each() -> None:
    assert len(broken.MUTANTS) >= FEWEST_MUTANTS
    assert len(RUNNER_MUTANTS) >= FEWEST_RUNNER_MUTANTS
    assert len(REFACTORS) >= 10
    assert {"accept-all", "reject-all", "crash-all", "hang", "echo", "answer-key", "flaky"} <= {
        one.name for one in SENTINELS
    }
    names = [one.name for one in (*broken.MUTANTS.values(), *RUNNER_MUTANTS)]
    assert len(set(names)) == len(names)


def test_the_text_of_each_mutant_is_there_once() -> None:
    for mutant in (*broken.MUTANTS.values(), *RUNNER_MUTANTS, *(one for one, _ in EQUIVALENT)):
        assert weakened(mutant)


def test_each_mutant_names_what_it_breaks() -> None:
    known = requirements_by_id()
    for mutant in broken.MUTANTS.values():
        assert mutant.breaks
        assert set(mutant.breaks) <= set(known), mutant.name
    for mutant in RUNNER_MUTANTS:
        assert mutant.breaks[0] in watch.checks(), mutant.name
    for mutant, proof in EQUIVALENT:
        assert proof.endswith("."), mutant.name


# --- The table ------------------------------------------------------------------------------------


def test_the_table_can_only_grow() -> None:
    table = kills.load_kills()
    assert set(table.mutants) == set(broken.MUTANTS), "python3 -m conformance selftest --write"
    assert all(table.mutants.values())
    assert len(table.lines) >= FEWEST_LINES
    killing = {vector for found in table.lines.values() for vector in found}
    assert len(killing | {one for found in table.mutants.values() for one in found}) >= (
        FEWEST_VECTORS
    )
    path = ROOT / kills.NAME
    assert path.read_text(encoding="utf-8") == kills.encode_kills(table)


def test_every_vector_and_so_every_file_kills_a_mutant() -> None:
    assert stages.without_kill() == ()
    known = {vector.id for file in load_files() for vector in file.vectors}
    table = kills.load_kills()
    for found in (*table.mutants.values(), *table.lines.values()):
        assert set(found) <= known


def test_a_vector_that_kills_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    table = kills.load_kills()
    gone = "field.open/tag-last-bit"

    def without(rows: kills.Table) -> kills.Table:
        return {
            name: {one: kind for one, kind in found.items() if one != gone}
            for name, found in rows.items()
        }

    fewer = kills.Kills(without(table.mutants), without(table.lines), {})
    monkeypatch.setattr(stages, "load_kills", lambda: fewer)
    assert stages.without_kill() == (gone,)


def test_a_kill_that_no_longer_holds_is_found() -> None:
    name, found = next(iter(kills.load_kills().lines.items()))
    vector, outcome = next(iter(found.items()))
    assert list(differences({name: {vector: outcome}})) == []
    assert list(differences({name: {vector: "pass"}})) == [(name, vector, "pass", outcome)]
    lost = name + " and more"
    assert [one.got for one in differences({lost: {vector: outcome}})] == ["without this line"]


def test_a_mutant_is_killed_through_the_runner() -> None:
    mutant = broken.MUTANTS["envelope.skip-tag"]
    recorded = {"field.open/tag-last-bit": "fail/accepted_invalid"}
    assert list(broken.faults_of(mutant, recorded)) == []
    wrong = {"field.open/tag-last-bit": "fail/wrong_reason", "field.open/ascii": "fail/error"}
    assert len(list(broken.faults_of(mutant, wrong))) == 2
    assert list(broken.faults_of(mutant, {}))


# --- The suite ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", watch.KNOWN)
def test_what_is_known_of_a_part_holds(name: str) -> None:
    assert list(watch.checks()[name]()) == []


@pytest.mark.parametrize("name", QUICK)
def test_a_sentinel_is_judged_as_it_has_to_be(name: str) -> None:
    assert list(watch.checks()[f"sentinel {name}"]()) == []


def test_a_mutant_of_the_suite_is_seen() -> None:
    assert watch.run_check("outcomes") == []
    assert watch.run_check("outcomes", "outcomes.any-type")
    with pytest.raises(RuntimeError, match="could not be run"):
        watch.run_check("outcomes", "no such mutant")


def test_a_refactor_that_fails_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    by_name = {one.name: one for one in REFACTORS}
    quick = by_name["no-mid"]._replace(files=("keys/public",))
    assert list(faults_of(quick)) == []
    monkeypatch.setattr("conformance.selftest.refactors.reference", lambda _op, _given: {"ok": {}})
    assert list(faults_of(quick))


def test_every_attack_finds_a_weak_client() -> None:
    assert clients.attacks_without_kill() == []


# --- The command ----------------------------------------------------------------------------------


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(words)


def rows(*faults: str) -> List[stages.Row]:
    return [stages.Row("one", "about it", faults, 0.5)]


def test_a_fault_shows_and_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(stages, "run_stage", lambda *_: rows())
    assert selftest(options("--only", "runner", "-v")) == 0
    assert "ok    runner one: about it" in capsys.readouterr().out
    monkeypatch.setattr(stages, "run_stage", lambda *_: rows("it is seen"))
    assert selftest(options("--only", "runner", "--only", "mutants")) == 1
    shown = capsys.readouterr().out
    assert "FAULT runner one: about it\n      it is seen" in shown
    assert "2 checks, 2 with faults" in shown


def test_a_check_that_breaks_is_a_fault() -> None:
    def broke() -> List[str]:
        raise ValueError("broke")

    stage = stages.Stage("s", "about it", lambda _jobs: [stages.Task("one", "about it", broke)])
    found = stages.run_stage(stage, 2, lambda *_: None)
    assert [row.faults for row in found] == [("the check broke: ValueError: broke",)]


@pytest.mark.once
@pytest.mark.timeout(900)
def test_the_whole_of_it() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-E", "-s", "-m", "conformance", "selftest"],
        cwd=ROOT, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_answers_do_not_stand_in_the_table() -> None:
    raw = (ROOT / kills.NAME).read_bytes()
    assert len(raw) < 1024 * 1024
    assert set(json.loads(raw)) == set(kills.Kills._fields)
