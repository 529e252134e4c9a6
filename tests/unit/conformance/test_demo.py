from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, List

import pytest

import conformance
from conformance import demo
from conformance.cli.main import main
from conformance.demo import PROMPT, run_demo, spellings
from conformance.demo_page import Page
from conformance.mock_tee.server import MockTee

REPOSITORY = Path(conformance.__file__).resolve().parent.parent


def test_every_step_is_shown_and_passes(capsys: pytest.CaptureFixture[str]) -> None:
    begin = time.monotonic()
    assert main(["demo"]) == 0
    assert time.monotonic() - begin < 5
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert len(lines) <= 62
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in shown
    assert [line[0] for line in lines if line[0].isdigit()] == list("12345678")
    assert "FAIL" not in shown
    assert lines[-1].startswith("All 16 checks passed")
    for word in (PROMPT, "not performed: ", "reached: dcap", "[BND-3]", "[STR-5]", "[STR-1]"):
        assert word in shown


def test_json_is_one_object_with_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "pass"
    assert [step["number"] for step in document["steps"]] == list(range(1, 9))
    assert all(step["passed"] and step["checks"] for step in document["steps"])
    assert document["steps"][2]["facts"]["report"]["verdict"] == "pass"
    assert set(document["steps"][7]["facts"]) == {attack.scenario for attack in demo.ATTACKS}


def test_quiet_is_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "-q"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_colour_only_where_it_is_asked_for() -> None:
    lines: List[str] = []
    assert run_demo(lines.append, colour=True) == 0
    assert any("\x1b[" in line for line in lines)
    lines.clear()
    assert run_demo(lines.append, colour=True, as_json=True) == 0
    assert "\\u001b" not in lines[0]
    assert "\x1b" not in lines[0]


@pytest.mark.parametrize(
    "scenario",
    [
        "models-without-capability",
        "nonce-foreign",
        "debug-td",
        "chat-cut",
        "chat-plaintext-chunk",
        "chat-drop-chunk",
        "chat-done-early",
        "signature-foreign-signer",
        "signature-missing",
    ],
)
def test_a_service_that_misbehaves_fails_the_demonstration(
    monkeypatch: pytest.MonkeyPatch, scenario: str
) -> None:
    def misbehaving(**settings: Any) -> MockTee:
        return MockTee(**{"scenario": scenario, **settings})

    monkeypatch.setattr(demo, "MockTee", misbehaving)
    lines: List[str] = []
    assert run_demo(lines.append) == 1
    assert lines[-1].startswith("FAILED")
    assert any(line.strip().startswith("FAIL ") for line in lines)


def test_an_attack_that_is_not_refused_fails_the_demonstration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attacks = (demo.Attack("chat-after-done", "nothing", reaches_chat=True),)
    monkeypatch.setattr(demo, "ATTACKS", attacks)
    lines: List[str] = []
    assert run_demo(lines.append) == 1
    assert "not refused" in "".join(lines)


def test_a_leak_fails_the_demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "spellings", lambda _text: [b"enable_e2ee"])
    assert run_demo(lambda _line: None) == 1


def test_a_step_without_a_check_has_not_passed() -> None:
    page = Page(lambda _line: None)
    step = page.begin("nothing is checked")
    found = [step.passed]
    for passed in (True, False, True):
        page.check("a claim", passed=passed)
        found.append(step.passed)
    assert found == [False, True, False, False]


def test_the_search_knows_how_a_text_can_be_written() -> None:
    raw = PROMPT.encode()
    wide = PROMPT.encode("utf-16")
    texts = [raw, b"x" + raw + b"y", wide, raw.hex().encode(), raw.hex().upper().encode()]
    texts += [raw[::-1], b"The%20gold%20is%20under%20the%20oak%20tree."]
    texts += [
        base64.b64encode(b"?" * before + raw + b"!" * after)
        for before in range(7)
        for after in range(4)
    ]
    for text in texts:
        assert any(spelling in text for spelling in spellings(PROMPT)), text
    assert all(len(spelling) > 20 for spelling in spellings(PROMPT))


def test_it_runs_on_a_bare_interpreter() -> None:
    found = subprocess.run(
        [sys.executable, "-S", "-E", "-s", "-W", "error", "-m", "conformance", "demo"],
        cwd=REPOSITORY,
        env={"PATH": os.environ.get("PATH", "")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert found.stderr == ""
    assert found.returncode == 0
    assert found.stdout.splitlines()[-1].startswith("All 16 checks passed")
