from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import List

import pytest

from bench import __main__ as command
from bench import environment


def test_every_peer_is_pinned() -> None:
    names = [pin.partition("==")[0] for pin in environment.pins()]
    assert sorted(names) == sorted(environment.PACKAGES)
    assert all(pin.partition("==")[2] for pin in environment.pins())


def test_pins_may_have_comments_and_company(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed = tmp_path / "peers.txt"
    listed.write_text("# a comment\n\nsomething==2\necdsa==0.1  # why\n", encoding="utf-8")
    monkeypatch.setattr(environment, "PINS", (listed,))
    assert environment.pins() == ["ecdsa==0.1"]


def test_a_missing_peer_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "pins", lambda: ["no-such-package==1.0", "pytest==0"])
    assert environment.missing() == ["no-such-package"]
    assert list(environment.installed()) == ["pytest"]


def test_a_failed_installation_leaves_nothing_that_looks_finished(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(arguments: List[str], **_: object) -> None:
        raise subprocess.CalledProcessError(1, arguments, stderr="Looking\nNo such index\n\n")

    monkeypatch.setattr(environment, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr("subprocess.run", fail)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        environment.scratch_python()
    assert environment.reason_of(caught.value) == "No such index"
    assert list(tmp_path.rglob("installed")) == []


def test_what_an_interpreter_cannot_have_is_left_out_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """All together fail, and then one of the two."""

    def run(arguments: List[str], **_: object) -> None:
        if "venv" in arguments:
            Path(arguments[-1]).mkdir()
        if "broken==1" in arguments:
            raise subprocess.CalledProcessError(1, arguments, stderr="No wheel for this Python")

    monkeypatch.setattr(environment, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(environment, "pins", lambda: ["ecdsa==1", "broken==1"])
    monkeypatch.setattr("subprocess.run", run)
    prefix = environment.scratch_python().parents[1]
    monkeypatch.setattr("sys.prefix", str(prefix))
    assert environment.reasons() == {"broken": "No wheel for this Python"}


def test_the_reason_of_an_absence_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "reasons", lambda: {"pycryptodome": "no wheel"})
    assert environment.absence("Crypto.Cipher") == (
        "not installed for this Python: Crypto.Cipher (no wheel)"
    )
    assert environment.absence("ecdsa") == "not installed for this Python: ecdsa"


def test_without_a_scratch_environment_it_measures_what_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> Path:
        raise OSError("the disk is full")

    monkeypatch.setattr(environment, "missing", lambda: ["ecdsa"])
    monkeypatch.setattr(environment, "scratch_python", fail)
    target = tmp_path / "out.json"
    arguments = ["--quick", "--rounds", "1", "--only", "gcm-5B", "--json", str(target)]
    assert command.main(arguments) == 0
    assert "no scratch environment: the disk is full" in capsys.readouterr().err
    assert json.loads(target.read_text(encoding="utf-8"))["tables"][0]["name"] == "gcm-5B"


def test_with_a_scratch_environment_it_goes_on_there(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: List[List[str]] = []

    def elsewhere(python: Path, arguments: List[str]) -> int:
        seen.append([str(python), *arguments])
        return 7

    monkeypatch.setattr(environment, "missing", lambda: ["ecdsa"])
    monkeypatch.setattr(environment, "scratch_python", lambda: Path("python-of-scratch"))
    monkeypatch.setattr(environment, "run_elsewhere", elsewhere)
    assert command.main(["--quick"]) == 7
    assert seen == [["python-of-scratch", "--quick"]]
