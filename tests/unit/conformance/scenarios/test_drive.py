from __future__ import annotations

import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple

import pytest

from conformance.adapters.protocol import AdapterFailure, StartFailure
from conformance.scenarios.drive import (
    AdapterDriver,
    CommandDriver,
    Conversation,
    Task,
    given_of,
)

TASK = Task(
    base_url="http://127.0.0.1:1/api/v1",
    api_key="key",
    model="e2ee-mock",
    prompt="grüße",
    system="be brief",
    trust_root="-----BEGIN CERTIFICATE-----\n",
    assurance="dcap",
    gpu="report",
    signature=False,
    limits={"idle": 1.0, "total": 2.0},
)


# --- A program ----------------------------------------------------------------------------------


def program(tmp_path: Path, code: str, *, timeout: float = 10.0) -> Conversation:
    file = tmp_path / "client.py"
    file.write_text("import os, sys, time\n" + textwrap.dedent(code), encoding="utf-8")
    return CommandDriver([sys.executable, "-S", "-E", str(file)]).chat(TASK, timeout=timeout)


def test_the_environment_of_a_program(tmp_path: Path) -> None:
    talk = program(
        tmp_path,
        """
        root = open(os.environ["VENICE_TRUST_ROOT"]).read()
        names = sorted(name for name in os.environ if name.startswith("VENICE_"))
        print(root.strip(), *names, os.environ["VENICE_BASE_URL"], os.listdir("."))
        sys.stdout.flush()
        sys.stdout.buffer.write(sys.stdin.buffer.read())
        """,
    )
    assert (talk.outcome, talk.exit, talk.native) == ("done", 0, "")
    assert talk.text.startswith("-----BEGIN CERTIFICATE----- VENICE_API_KEY VENICE_ASSURANCE")
    assert "http://127.0.0.1:1/api/v1 []" in talk.text
    assert talk.text.endswith("grüße")
    assert "VENICE_IDLE_TIMEOUT" in talk.text


@pytest.mark.parametrize(
    ("code", "outcome", "exit_code"),
    [
        ("sys.exit(0)", "done", 0),
        ("print('a'); sys.stderr.write('no key\\n'); sys.exit(1)", "refused", 1),
        ("sys.exit(2)", "failed", 2),
        ("raise ValueError", "refused", 1),  # Python's own exit code; see the guide
        ("os.kill(os.getpid(), 11)", "crash", -11),
        ("os._exit(139)", "failed", 139),
    ],
)
def test_how_a_program_ends(tmp_path: Path, code: str, outcome: str, exit_code: int) -> None:
    talk = program(tmp_path, code)
    assert (talk.outcome, talk.exit) == (outcome, exit_code)
    assert (talk.native == "") == (outcome == "done")


def test_what_a_program_says(tmp_path: Path) -> None:
    code = "print('shown'); sys.stderr.write('one\\nno key\\n\\n'); sys.exit(1)"
    talk = program(tmp_path, code)
    assert (talk.text, talk.native, talk.stderr) == ("shown\n", "no key", "one\nno key\n\n")


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    begin = time.monotonic()
    code = """
        import subprocess
        print("before", flush=True)
        subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
        time.sleep(60)
    """
    talk = program(tmp_path, code, timeout=1.0)
    assert time.monotonic() - begin < 8
    assert (talk.outcome, talk.text) == ("timeout", "before\n")


def test_a_child_that_holds_the_output_open_delays_nothing(tmp_path: Path) -> None:
    begin = time.monotonic()
    code = """
        import subprocess
        subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
        print("done")
    """
    assert program(tmp_path, code).outcome == "done"
    assert time.monotonic() - begin < 8


def test_a_flood_is_cut(tmp_path: Path) -> None:
    talk = program(tmp_path, "sys.stdout.write('x' * 9_000_000); sys.stderr.write('y' * 900_000)")
    assert talk.outcome == "done"
    assert len(talk.text) == 4 * 1024 * 1024
    assert len(talk.stderr) <= 64 * 1024


def test_a_program_that_does_not_read_its_prompt(tmp_path: Path) -> None:
    assert program(tmp_path, "sys.stdin.close()").outcome == "done"


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(StartFailure, match="no program"):
        CommandDriver(["/no/such/client"]).chat(TASK, timeout=1.0)


# --- An adapter ---------------------------------------------------------------------------------


class Hello(NamedTuple):
    operations: Mapping[str, Any]
    features: frozenset[str]
    reasons: str


class Adapter:
    def __init__(self, reply: Any) -> None:
        self.hello = Hello({"client.chat": {"features": ["dcap"]}}, frozenset({"aad"}), "coded")
        self.reply = reply
        self.asked: Dict[str, Any] = {}

    def ask(self, op: str, given: Mapping[str, Any], *, timeout: float) -> Mapping[str, Any]:
        self.asked = {"op": op, "timeout": timeout, **given}
        if isinstance(self.reply, Exception):
            raise self.reply
        return {"id": "x", **self.reply}

    def close(self) -> None:
        self.reply = None


def asked(reply: Any) -> Conversation:
    return AdapterDriver(Adapter(reply)).chat(TASK, timeout=1.0)


def test_what_an_adapter_is_asked() -> None:
    adapter = Adapter({"ok": {"text": "a", "complete": True}})
    driver = AdapterDriver(adapter)
    assert driver.features == {"aad", "dcap"}
    driver.chat(TASK, timeout=3.0)
    assert adapter.asked == {"op": "client.chat", "timeout": 3.0, **given_of(TASK)}
    assert adapter.asked["messages"] == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "grüße"},
    ]
    driver.close()


@pytest.mark.parametrize(
    ("reply", "outcome", "text", "native"),
    [
        ({"ok": {"text": "a", "complete": True}}, "done", "a", ""),
        ({"ok": {"text": "a"}}, "refused", "a", "the answer is marked as incomplete"),
        ({"ok": {}}, "protocol_error", "", "the member ok has no text"),
        ({"reject": {}}, "refused", "", ""),
        ({"reject": {"native": "bad", "released": "a"}}, "refused", "a", "bad"),
        ({"unsupported": "client.chat"}, "unsupported", "", "client.chat"),
        ({"error": {"message": "boom", "trace": ""}}, "failed", "", "boom"),
        (AdapterFailure("crash", "it died", "trace"), "crash", "", "it died"),
        (AdapterFailure("timeout", "late"), "timeout", "", "late"),
    ],
)
def test_what_an_adapter_replies(reply: Any, outcome: str, text: str, native: str) -> None:
    talk = asked(reply)
    assert (talk.outcome, talk.text, talk.native) == (outcome, text, native)


def test_a_coded_refusal_keeps_its_code() -> None:
    talk = asked({"reject": {"stage": "stream", "reason": "plaintext"}})
    assert (talk.stage, talk.reason) == ("stream", "plaintext")


def test_an_adapter_that_cannot_be_started_again_is_the_callers_affair() -> None:
    with pytest.raises(StartFailure):
        asked(StartFailure("crash", "no more"))


def test_a_driver_that_is_closed_ends_the_conversation(tmp_path: Path) -> None:
    file = tmp_path / "client.py"
    file.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    driver = CommandDriver([sys.executable, "-S", "-E", str(file)])
    begin = time.monotonic()
    timer = threading.Timer(0.5, driver.close)
    timer.start()
    talk = driver.chat(TASK, timeout=30)
    timer.join()
    assert time.monotonic() - begin < 10
    assert (talk.outcome, talk.exit) == ("crash", -9)
    with pytest.raises(StartFailure, match="ended"):
        driver.chat(TASK, timeout=30)
