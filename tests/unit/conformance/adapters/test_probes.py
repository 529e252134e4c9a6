"""Broken adapters, and what `doctor` says of each."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from pathlib import Path
from typing import Any, Dict, Final, List, Sequence

import pytest

from conformance.adapters.open import REFERENCE, AdapterSpec, reference_command
from conformance.adapters.probes import PROBES, Probe, run_probes
from conformance.cli import doctor
from tests.unit.conformance.adapters.scripts import HEAD, LOOP, SOUND, looping, program, sound

NAMES: Final = [name for name, _, _ in PROBES]


def probe(command: Sequence[str], *, timeout: float = 5.0, start: float = 10.0) -> Dict[str, Probe]:
    spec = AdapterSpec("command", tuple(command), startup_timeout=start)
    found = {row.name: row for row in run_probes(spec, timeout=timeout)}
    assert list(found) == NAMES
    for row in found.values():
        if not row.passed:
            assert row.seen
            assert row.cause
            assert row.seen in row.diagnosis
            assert row.cause in row.diagnosis
    return found


def failed(found: Dict[str, Probe]) -> List[str]:
    return [name for name, row in found.items() if not row.passed]


def test_a_sound_adapter_passes(tmp_path: Path) -> None:
    found = probe(sound(tmp_path))
    assert failed(found) == []
    assert {name for name, row in found.items() if row.skipped} == {"text beyond ASCII"}
    assert "does not declare field.open" in found["text beyond ASCII"].diagnosis


def test_an_adapter_that_has_nothing_yet_passes(tmp_path: Path) -> None:
    found = probe(sound(tmp_path, before="HELLO['operations'] = {}"))
    assert failed(found) == []


@pytest.mark.parametrize("spec", [REFERENCE, AdapterSpec("command", reference_command())])
def test_the_reference_passes(spec: AdapterSpec) -> None:
    rows = run_probes(spec)
    assert [row.name for row in rows if not row.passed] == []
    skipped = [row.name for row in rows if row.skipped]
    assert (skipped == []) == (spec.kind == "command")


BUFFERED = f"{HEAD}{SOUND}\nput = sys.stdout.write\n{LOOP}"
READS_ALL = f"{HEAD}{SOUND}\nlines = sys.stdin.readlines()\nsys.stdin = lines\n{LOOP}"


@pytest.mark.parametrize(
    ("body", "seen", "cause", "remedy"),
    [
        (BUFFERED, "no reply to hello within", "held back in a buffer", "flush=True"),
        (READS_ALL, "no reply to hello within", "reads its whole input", "one line at a time"),
        ("import time\ntime.sleep(60)", "no reply to hello within", "does not read", "by hand"),
        (
            HEAD + "request = json.loads(input())\n"
            "print(dict(id=request['id'], ok=HELLO), flush=True)\ninput()",
            "begins like a reply",
            "as the language shows an object",
            "json.dumps",
        ),
        (
            HEAD + "request = json.loads(input())\n"
            "put(json.dumps(dict(id=request['id'], ok=HELLO), indent=1) + '\\n')\ninput()",
            "begins like a reply",
            "written over several lines",
            "without line breaks",
        ),
        (
            HEAD + "request = json.loads(input())\n"
            "put(json.dumps(dict(id=request['id'], ok=HELLO)))\ninput()",
            "a beginning without a line end",
            "has no line end",
            "after each reply",
        ),
        (
            HEAD + "reply(dict(id='7'), ok=HELLO)",
            'has the id "7"',
            "not copied into its reply",
            "copy the text",
        ),
        (
            HEAD + "del HELLO['operations']\nreply(json.loads(input()), ok=HELLO)",
            'hello has no "operations"',
            "not declared",
            'add "operations"',
        ),
        (
            "import no_such_module_of_mine",
            "exit code 1 before it answered hello",
            "empty folder",
            "--adapter-env",
        ),
        ("import os\nos.abort()", "signal SIGABRT", "exception that nobody caught", "error"),
        ("print('not now')", "was no reply: not now", "without reading its input", "new-adapter"),
        (
            "import sys\nfor line in sys.stdin: print(line, flush=True)",
            'the reply has "op", "in"',
            "the request came back",
            "print replies only",
        ),
    ],
)
def test_one_that_does_not_start(
    tmp_path: Path, body: str, seen: str, cause: str, remedy: str
) -> None:
    waits = "no reply" in seen or "no replies" in seen or "line end" in seen
    found = probe(program(tmp_path, body), start=1.2 if waits else 10)
    assert failed(found) == ["start"]
    assert all(row.skipped for row in found.values() if row.name != "start")
    row = found["start"]
    assert seen in row.seen
    assert cause in row.cause
    assert remedy in row.remedy


def test_one_that_is_not_there(tmp_path: Path) -> None:
    row = probe([str(tmp_path / "missing")])["start"]
    assert "there is no program" in row.seen
    assert "does not name a program" in row.cause


def parsing(good: str, bad: str = "{'reject': {}}", *, first: str = "") -> str:
    """Return a `key.parse` with these replies to a sound key and to another."""
    return f"{first}\ndef key_parse(text): return {good} if text == KEY else {bad}"


SOUND_KEY: Final = "{'ok': {'public': KEY}}"
IN_BASE64: Final = "{'ok': {'public': base64.b64encode(bytes.fromhex(KEY)).decode()}}"
AS_ERROR: Final = "{'error': {'message': 'bad key'}}"
MISSPELT: Final = "{'reject': {'stage': 'key', 'reason': 'forms'}}"
CODED: Final = "HELLO['reasons'] = 'coded'"
FORGETS: Final = """\
seen = []
def key_parse(text):
    seen.append(text)
    return {'ok': {'public': KEY}} if seen.count(KEY) < 5 else {'reject': {}}
"""


def answering(reply: str) -> str:
    """Return what is done with operations that are unknown."""
    return f"def other(request, op, given): {reply}"


UNKNOWN: Final = "unknown operation"
STRINGS: Final = "form of byte strings"
REFUSALS: Final = "form of refusals"


@pytest.mark.parametrize(
    ("before", "name", "seen", "cause"),
    [
        (answering("reply(request, ok={})"), UNKNOWN, '"ok"', "every operation is answered"),
        (answering("reply(request, reject={})"), UNKNOWN, '"reject"', "without being run"),
        (answering("reply(request, error={'message': op})"), UNKNOWN, '"error"', "raises for a"),
        (answering("raise KeyError(op)"), UNKNOWN, "exit code 1", "that nobody caught"),
        (answering("sys.exit()"), UNKNOWN, "exit code 0", "answers one request and returns"),
        (
            "HELLO['operations']['field.opne'] = {}",
            "names of operations",
            "declares field.opne",
            "did you mean field.open?",
        ),
        (parsing("{'ok': {'public': text.upper()}}"), STRINGS, '"public"', "in upper case"),
        (parsing("{'ok': {'public': '0x' + text}}"), STRINGS, '"public"', "with 0x"),
        (parsing(IN_BASE64, first="import base64"), STRINGS, '"public"', "in base64"),
        (parsing("{'ok': {'public': [4]}}"), STRINGS, '"public"', "in another form"),
        (parsing(SOUND_KEY, AS_ERROR), REFUSALS, "'bad key'", "as if it were a mistake"),
        (CODED, REFUSALS, 'reasons are "coded"', "stage and reason are not given"),
        (
            parsing(SOUND_KEY, MISSPELT, first=CODED),
            REFUSALS,
            "the reason key:forms",
            "did you mean key:form?",
        ),
        (FORGETS, "same twice", "the same request was answered", "kept for the next one"),
        ("put('loading\\n')", "clean output", "1 lines on standard output", "a log, a banner"),
    ],
)
def test_one_that_breaks_a_rule(
    tmp_path: Path, before: str, name: str, seen: str, cause: str
) -> None:
    found = probe(sound(tmp_path, before=before), timeout=1.5)
    assert name in failed(found)
    assert seen in found[name].seen
    assert cause in found[name].cause
    if "exit code" not in seen:
        assert failed(found) == [name]


def test_one_that_answers_once(tmp_path: Path) -> None:
    once = LOOP.replace("for line in sys.stdin:", "for line in [sys.stdin.readline()]:")
    found = probe(program(tmp_path, HEAD + SOUND + once))
    assert found["start"].passed
    assert "exit code 0" in found["unknown operation"].seen
    assert "answers one request and returns" in found["unknown operation"].cause
    assert "read lines in a loop" in found["unknown operation"].remedy


def test_one_that_goes_on_without_input(tmp_path: Path) -> None:
    forever = LOOP + "while True: time.sleep(60)"
    found = probe(program(tmp_path, HEAD + SOUND + forever), timeout=1)
    assert failed(found) == ["end of input"]
    assert "keeps it alive" in found["end of input"].cause


def test_one_that_reads_its_input_strictly(tmp_path: Path) -> None:
    strict = LOOP.replace('key_parse(given["text"])', "key_parse(**given)")
    found = probe(program(tmp_path, HEAD + SOUND + strict))
    assert failed(found) == ["extra member"]
    assert "exit code 1" in found["extra member"].seen
    assert "unexpected keyword" in found["extra member"].stderr


def test_one_that_answers_otherwise_for_a_member_more(tmp_path: Path) -> None:
    strict = LOOP.replace(
        'key_parse(given["text"])', 'key_parse(given["text"] if len(given) == 1 else "")'
    )
    found = probe(program(tmp_path, HEAD + SOUND + strict))
    assert failed(found) == ["extra member"]
    assert "the input is read strictly" in found["extra member"].cause


@pytest.mark.parametrize(
    ("short", "seen"),
    [("line = line[:65536]", "exit code 1"), ("if len(line) > 65536: continue", "no reply")],
)
def test_one_whose_lines_have_a_limit(tmp_path: Path, short: str, seen: str) -> None:
    limited = LOOP.replace("    request =", f"    {short}\n    request =", 1)
    found = probe(program(tmp_path, HEAD + SOUND + limited), timeout=1)
    assert failed(found) == ["1 MiB"]
    assert seen in found["1 MiB"].seen
    assert "64 KiB" in found["1 MiB"].cause


def test_one_that_takes_what_is_there_for_a_line(tmp_path: Path) -> None:
    greedy = LOOP.replace(
        "for line in sys.stdin:",
        "for line in iter(lambda: os.read(0, 2**21), b''):\n"
        "    while line[-1:] != b'\\n': line += os.read(0, 2**21)\n"
        "    line = line.split(b'\\n')[0]",
    )
    found = probe(program(tmp_path, HEAD + SOUND + greedy), timeout=1)
    assert "two at once" in failed(found)
    assert "read at once and taken for one line" in found["two at once"].cause


def test_one_that_hangs_on_a_line_that_is_not_json(tmp_path: Path) -> None:
    patient = LOOP.replace(
        "    request = json.loads(line)",
        "    try: request = json.loads(line)\n    except ValueError: time.sleep(60)",
    )
    found = probe(program(tmp_path, HEAD + SOUND + patient), timeout=1)
    assert failed(found) == ["line that is not JSON"]
    assert "waits for something" in found["line that is not JSON"].cause


def test_one_that_loses_characters(tmp_path: Path) -> None:
    body = (
        "HELLO['operations'] = {'field.open': {}}\n"
        "def other(request, op, given):\n"
        "    if op == 'field.open': reply(request, ok={'text': 'gr??e'})\n"
        "    else: reply(request, unsupported=op)"
    )
    found = probe(sound(tmp_path, before=body))
    assert failed(found) == ["text beyond ASCII"]
    assert "not UTF-8" in found["text beyond ASCII"].cause


def test_one_that_leaves_a_lock_behind(tmp_path: Path) -> None:
    lock = str(tmp_path / "lock")
    before = (
        f"LOCK = {lock!r}\n"
        "if os.path.exists(LOCK): sys.exit('another one runs')\n"
        "open(LOCK, 'w').close()\n"
        "import atexit; atexit.register(os.remove, LOCK)"
    )
    locked = looping(tmp_path, "reply(request, unsupported=op)", before=before)
    found = probe(locked)
    assert "killed and started again" in failed(found) or "two at once" in failed(found)
    rows = [row for row in found.values() if not row.passed]
    assert any("another one runs" in row.stderr for row in rows)


def test_the_quick_ones(tmp_path: Path) -> None:
    spec = AdapterSpec("command", sound(tmp_path))
    heard: List[str] = []
    rows = run_probes(spec, quick=True, progress=heard.append)
    assert [row.name for row in rows] == heard == [name for name, quick, _ in PROBES if quick]


# --- The command --------------------------------------------------------------------------------


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    doctor.add_arguments(parser)
    return doctor.doctor(parser.parse_args(words))


def quoted(command: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, command))


def test_the_command_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--adapter", quoted(sound(tmp_path))) == 0
    output = capsys.readouterr().out
    assert output.startswith("ok       start: script 1, Python\n")
    assert "skipped  it does not declare field.open:\n         text beyond ASCII\n" in output
    assert output.endswith("14 probes: 13 passed, 0 failed, 1 skipped\n")


def test_the_command_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = program(tmp_path, "import sys\nsys.exit('\\x1b[31mwhy it ended')")
    assert run("--adapter", quoted(command)) == 7
    output = capsys.readouterr().out
    assert "FAILED   start\n         seen:   it ended with exit code 1" in output
    assert "         cause:  " in output
    assert "         remedy: " in output
    assert "         | \\x1b[31mwhy it ended\n" in output
    assert output.endswith("14 probes: 0 passed, 1 failed, 13 skipped\n")
    assert max(map(len, output.splitlines())) <= 96


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--adapter", ""], "is empty"),
        (["--adapter", "py:a"], "py:package.module:function"),
        (["--adapter", "py:no_such_module:f"], "there is no function f"),
        (["--adapter", "http://127.0.0.1/"], "is a URL"),
        (["--adapter-url", "x"], "is no URL"),
        (["--adapter-url", "http://"], "is not a URL"),
        (["--adapter", "x", "--adapter-env", "NO_SUCH_VARIABLE_HERE"], "has no variable"),
    ],
)
def test_wrong_usage(words: List[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 4
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--adapter", "x", "--timeout", "0"]])
def test_options_that_are_none(words: List[str]) -> None:
    with pytest.raises(SystemExit):
        run(*words)


def test_the_front_door(capfd: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    root = Path(__file__).resolve().parents[4]
    monkeypatch.chdir(root)
    assert run("--adapter", f"{shlex.quote(sys.executable)} -m conformance adapter") == 0
    assert "14 passed" in capfd.readouterr().out
    assert os.getcwd() == str(root)  # noqa: PTH109  the folder of the suite is not touched
