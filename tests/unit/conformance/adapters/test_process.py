"""An adapter may do anything: `ask` ends in time, says what was seen, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Sequence

import pytest

from conformance.adapters import launch
from conformance.adapters.pipes import PolledPipes, ThreadedPipes
from conformance.adapters.process import ProcessAdapter
from conformance.adapters.protocol import MAX_LINE, MAX_STDERR, AdapterFailure, StartFailure
from tests.unit.conformance.adapters.scripts import HEAD, PYTHON, looping, program, sound

pytestmark = pytest.mark.skipif(os.name == "nt", reason="process groups of POSIX")

Open = Callable[[Sequence[str]], ProcessAdapter]


BOTH = pytest.mark.parametrize(
    "adapters", [PolledPipes, ThreadedPipes], ids=["polled", "threaded"], indirect=True
)
"""With the pipes of this system, and with those of systems whose pipes cannot be asked."""


@pytest.fixture
def adapters(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[List[ProcessAdapter]]:
    monkeypatch.setattr(launch, "make_pipes", getattr(request, "param", PolledPipes))
    opened: List[ProcessAdapter] = []
    yield opened
    for adapter in opened:
        adapter.close()


@pytest.fixture
def start(adapters: List[ProcessAdapter]) -> Open:
    def open_it(command: Sequence[str]) -> ProcessAdapter:
        adapter = ProcessAdapter(command, startup_timeout=10)
        adapters.append(adapter)
        adapter.start()
        return adapter

    return open_it


def fails(adapter: ProcessAdapter, timeout: float = 10.0, **given: Any) -> AdapterFailure:
    with pytest.raises(AdapterFailure) as caught:
        adapter.ask("probe.x", given, timeout=timeout)
    assert not isinstance(caught.value, StartFailure)
    return caught.value


def pid_of(adapter: ProcessAdapter) -> int:
    assert adapter._connection is not None
    return adapter._connection.child.pid


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or ") Z " not in state.read_text("utf-8")


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not runs(pid)


@BOTH
def test_a_sound_adapter_answers(start: Open, tmp_path: Path) -> None:
    adapter = start(sound(tmp_path))
    assert adapter.hello.implementation["name"] == "script"
    assert set(adapter.hello.operations) == {"key.parse"}
    for text in ("zz", "größe 😀", "\ud800", "x" * 2**20):
        assert adapter.ask("key.parse", {"text": text}, timeout=5)["reject"] == {}
    assert adapter.warnings == []
    pid = pid_of(adapter)
    adapter.close()
    adapter.close()
    assert gone(pid)


@pytest.mark.parametrize(
    ("other", "kind", "detail"),
    [
        ("os.kill(os.getpid(), 9)", "crash", "it ended with signal SIGKILL before it answered"),
        ("os.kill(os.getpid(), 11)", "crash", "signal SIGSEGV"),
        ("sys.exit(3)", "crash", "it ended with exit code 3"),
        ("sys.exit(0)", "crash", "it ended with exit code 0"),
        ("1 / 0", "crash", "exit code 1"),
        ('put(\'{"id": "\'); sys.exit(1)', "crash", 'half a line: {"id": "'),
        ("os.close(1); time.sleep(60)", "crash", "closed its standard output and still runs"),
        ('put("[1, 2]\\n"); sys.exit(1)', "crash", "its last line was no reply: [1, 2]"),
        ("print(dict(request), flush=True); time.sleep(60)", "protocol_error", "it is not JSON"),
        ("put('{\"id\": NaN}\\n'); time.sleep(60)", "protocol_error", "NaN is not JSON"),
        ("put(' {\"a\": ' + '[' * 200000 + '\\n'); time.sleep(60)", "protocol_error", "nested"),
        ('put(\'{"a": 1, "a": 1}\\n\'); time.sleep(60)', "protocol_error", '"a" twice'),
        ("reply({'id': 'other'}, ok={})", "protocol_error", 'has the id "other"'),
        ("reply(request, ok={}, more=1)", "protocol_error", 'the reply has "ok", "more"'),
        ("reply(request)", "protocol_error", "the reply has nothing"),
        ("reply(request, ok=1)", "protocol_error", '"ok" is a number'),
        ("reply(request, reject={'code': 'x'})", "protocol_error", 'the member "code"'),
        ("reply(request, error='x')", "protocol_error", '"error" is not an object'),
        ("while True: put('lines without end\\n')", "protocol_error", "were no replies"),
        ("while True: put('{\"id\": 1}\\n' * 99)", "protocol_error", 'it has no text as "id"'),
        ("while True: put('z' * 65536)", "protocol_error", "without a line end"),
        ("put('x' * (8 * 2**20 + 1) + '\\n')", "protocol_error", "no replies"),
    ],
)
def test_what_goes_wrong_is_told(
    start: Open, tmp_path: Path, other: str, kind: str, detail: str
) -> None:
    adapter = start(looping(tmp_path, "print('to the log', file=sys.stderr)\n" + other))
    failure = fails(adapter)
    assert failure.kind == kind
    assert detail in failure.detail
    assert "to the log" in failure.stderr
    # and the next request finds a new process
    assert adapter.ask("key.parse", {"text": "zz"}, timeout=5)["reject"] == {}


@pytest.mark.parametrize(
    ("other", "detail"),
    [
        ("pass", "no reply to probe.x within 0.4 s"),
        ("time.sleep(60)", "no reply to probe.x within 0.4 s"),
        ('put(\'{"id": "unfinished\')', 'without a line end: {"id": "unfinished'),
        ("put('log\\n'); time.sleep(60)", "1 lines that are no replies; the last: log"),
        ("put('\\xff\\n'); time.sleep(60)", "no replies"),
        ("for _ in range(600): put('.'); time.sleep(0.02)", "without a line end: ..."),
        ("for _ in range(600): put('.\\n'); time.sleep(0.02)", "are no replies"),
        ("for _ in range(600): sys.stderr.write('.' * 9999); sys.stderr.flush()", "no reply to"),
    ],
)
def test_silence_ends_at_the_time_limit(
    start: Open, tmp_path: Path, other: str, detail: str
) -> None:
    adapter = start(
        looping(tmp_path, other, before="signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    )
    pid = pid_of(adapter)
    began = time.monotonic()
    failure = fails(adapter, timeout=0.4)
    assert time.monotonic() - began < 3
    assert failure.kind == "timeout"
    assert detail in failure.detail
    assert len(failure.stderr) <= MAX_STDERR
    assert gone(pid)


@BOTH
@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ("pass", "timeout"),
        ("sys.exit(3)", "crash"),
        ("while True: put('z\\n' * 999)", "protocol_error"),
        ("os.close(1); time.sleep(60)", "crash"),
        ("while True: sys.stderr.write('z' * 9999)", "timeout"),
    ],
)
def test_it_ends_with_either_pipes(start: Open, tmp_path: Path, other: str, kind: str) -> None:
    adapter = start(looping(tmp_path, other))
    assert fails(adapter, timeout=0.4 if kind == "timeout" else 20).kind == kind
    assert adapter.ask("key.parse", {"text": "zz"}, timeout=5)["reject"] == {}


@BOTH
def test_a_flood_is_not_kept_in_memory(start: Open, tmp_path: Path) -> None:
    adapter = start(looping(tmp_path, "while True: put('z' * 65536)"))
    tracemalloc.start()
    try:
        failure = fails(adapter)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert failure.kind == "protocol_error"
    assert peak < 6 * MAX_LINE


@BOTH
def test_a_long_line_each_way(start: Open, tmp_path: Path) -> None:
    adapter = start(
        looping(tmp_path, "reply(request, unsupported=given['text'][:1] * given['times'])")
    )
    room = MAX_LINE - 100
    reply = adapter.ask("probe.x", {"text": "a" * (room - 100), "times": room}, timeout=20)
    assert len(reply["unsupported"]) == room


@BOTH
def test_a_request_that_is_not_read_does_not_block(start: Open, tmp_path: Path) -> None:
    adapter = start(looping(tmp_path, "reply(request, ok={}); time.sleep(60)"))
    adapter.ask("probe.x", {}, timeout=5)
    began = time.monotonic()
    failure = fails(adapter, timeout=0.3, padding="x" * 2**21)
    assert failure.kind == "timeout"
    assert time.monotonic() - began < 3


def test_a_closed_input_is_told(start: Open, tmp_path: Path) -> None:
    adapter = start(looping(tmp_path, "os.close(0); reply(request, ok={}); time.sleep(60)"))
    adapter.ask("probe.x", {}, timeout=5)
    failure = fails(adapter, timeout=30)
    assert failure.kind == "crash"
    assert "closed its standard input" in failure.detail


@BOTH
def test_a_child_that_holds_the_pipe_open_is_killed(start: Open, tmp_path: Path) -> None:
    other = "child = os.fork()\nif child: os.write(2, b'%d' % child); os._exit(5)\ntime.sleep(60)"
    adapter = start(looping(tmp_path, other))
    began = time.monotonic()
    failure = fails(adapter, timeout=30)
    assert time.monotonic() - began < 5
    assert "exit code 5" in failure.detail
    assert gone(int(failure.stderr))


@BOTH
def test_a_child_that_left_the_group_does_not_hold_us(start: Open, tmp_path: Path) -> None:
    other = (
        "child = os.fork()\n"
        "if child: os.write(2, b'%d' % child); os._exit(5)\n"
        "os.setsid()\ntime.sleep(60)"
    )
    adapter = start(looping(tmp_path, other))
    began = time.monotonic()
    failure = fails(adapter, timeout=30)
    assert time.monotonic() - began < 5
    os.kill(int(failure.stderr), signal.SIGKILL)
    assert "exit code 5" in failure.detail


def test_a_child_is_killed_at_the_end(start: Open, tmp_path: Path) -> None:
    before = "child = os.fork()\nif child == 0: time.sleep(60)\n"
    adapter = start(looping(tmp_path, "reply(request, unsupported=str(child))", before=before))
    child = int(adapter.ask("probe.x", {}, timeout=5)["unsupported"])
    assert os.getpgid(child) == pid_of(adapter) != os.getpgid(0)
    adapter.close()
    assert gone(child)


def test_where_there_are_no_groups_the_process_is_killed(
    start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "killpg")
    adapter = start(looping(tmp_path, "time.sleep(60)"))
    pid = pid_of(adapter)
    assert os.getpgid(pid) == os.getpgid(0)
    assert fails(adapter, timeout=0.1).kind == "timeout"
    assert gone(pid)


def test_an_adapter_that_does_not_end_is_killed(start: Open, tmp_path: Path) -> None:
    adapter = start(sound(tmp_path, before="import atexit; atexit.register(time.sleep, 60)"))
    pid = pid_of(adapter)
    began = time.monotonic()
    adapter.close()
    assert time.monotonic() - began < 4
    assert gone(pid)


@BOTH
def test_the_end_of_standard_error_is_kept(start: Open, tmp_path: Path) -> None:
    other = "for n in range(9000): sys.stderr.write('line %d of the log\\n' % n)\nsys.exit(2)"
    failure = fails(start(looping(tmp_path, other)))
    assert len(failure.stderr) <= MAX_STDERR
    assert failure.stderr.endswith("line 8999 of the log\n")


def test_lines_that_are_no_replies_are_counted(start: Open, tmp_path: Path) -> None:
    adapter = start(looping(tmp_path, "put('debug\\n' * 7)\nreply(request, ok={})"))
    for _ in range(3):
        assert adapter.ask("probe.x", {}, timeout=5)["ok"] == {}
    (warning,) = adapter.warnings
    assert "debug" in warning


def test_a_strict_suite_refuses_them(tmp_path: Path) -> None:
    adapter = ProcessAdapter(
        looping(tmp_path, "put('debug\\n')\nreply(request, ok={})"), strict=True
    )
    adapter.start()
    failure = fails(adapter)
    assert failure.kind == "protocol_error"
    assert "debug" in failure.detail
    adapter.close()


def test_what_was_killed_outside_starts_again(start: Open, tmp_path: Path) -> None:
    adapter = start(sound(tmp_path))
    os.kill(pid_of(adapter), signal.SIGKILL)
    assert "SIGKILL" in fails(adapter).detail
    assert "unsupported" in adapter.ask("probe.x", {}, timeout=5)


@BOTH
def test_three_failed_starts_are_enough(start: Open, tmp_path: Path) -> None:
    counter = tmp_path / "starts"
    before = (
        f"open({str(counter)!r}, 'a').write('.')\n"
        f"if len(open({str(counter)!r}).read()) > 1: sys.exit('no more')"
    )
    adapter = start(looping(tmp_path, "sys.exit(1)", before=before))
    assert fails(adapter).kind == "crash"
    for _ in range(3):
        with pytest.raises(StartFailure, match="started 3 times") as caught:
            adapter.ask("probe.x", {}, timeout=5)
        assert "no more" in caught.value.stderr
    assert counter.read_text("utf-8") == "...."


@pytest.mark.parametrize(
    ("body", "kind", "detail"),
    [
        ("sys.exit(7)", "crash", "exit code 7"),
        ("time.sleep(60)", "timeout", "no reply to hello"),
        ("while True: put('z' * 9999)", "protocol_error", "without a line end"),
        ("reply(json.loads(input()), ok={})", "protocol_error", '"protocol" null'),
        ("reply(json.loads(input()), reject={})", "protocol_error", 'answered with "reject"'),
        ("reply({'id': 'x'}, ok={})", "protocol_error", 'has the id "x"'),
    ],
)
def test_a_bad_start_is_told(tmp_path: Path, body: str, kind: str, detail: str) -> None:
    limit = 0.5 if kind == "timeout" else 20
    adapter = ProcessAdapter(program(tmp_path, HEAD + body), startup_timeout=limit)
    with pytest.raises(StartFailure) as caught:
        adapter.start()
    assert caught.value.kind == kind
    assert detail in caught.value.detail
    adapter.close()


def _not_executable(folder: Path) -> Sequence[str]:
    (folder / "a").write_text("#!/bin/sh\n", "utf-8")
    return [str(folder / "a")]


def _no_interpreter(folder: Path) -> Sequence[str]:
    (folder / "a").write_text("#!/there/is/no/such\n", "utf-8")
    (folder / "a").chmod(0o755)
    return [str(folder / "a")]


def _no_first_line(folder: Path) -> Sequence[str]:
    (folder / "a").write_bytes(b"\x00\x01")
    (folder / "a").chmod(0o755)
    return [str(folder / "a")]


@pytest.mark.parametrize(
    ("command", "detail"),
    [
        (lambda _folder: ["no-such-program"], "there is no program no-such-program"),
        (lambda folder: [str(folder / "missing")], "there is no program"),
        (lambda _folder: ["./missing"], "there is no program ./missing"),
        (_not_executable, "is not executable; run chmod"),
        (lambda folder: [str(folder)], "is not executable"),
        (_no_interpreter, "its first line names is missing"),
        (_no_first_line, "is not a program of this system"),
        (lambda _folder: ["a\0b"], "could not be started"),
        (lambda _folder: [""], "begins with an empty word"),
    ],
)
def test_a_command_that_is_none(
    tmp_path: Path, command: Callable[[Path], Sequence[str]], detail: str
) -> None:
    with pytest.raises(StartFailure) as caught:
        ProcessAdapter(command(tmp_path)).start()
    assert caught.value.kind == "crash"
    assert detail in caught.value.detail


LOOK = """\
look = dict(cwd=os.getcwd(), files=os.listdir('.'), env=dict(os.environ), argv=sys.argv)
open('mine', 'w').close()
os.mkdir('sub')
reply(request, unsupported=json.dumps(look))
"""


def looked(adapter: ProcessAdapter) -> Dict[str, Any]:
    value: Dict[str, Any] = json.loads(adapter.ask("probe.x", {}, timeout=5)["unsupported"])
    return value


def test_it_sees_nothing_of_the_suite(
    start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_USER", "x")
    adapter = start(looping(tmp_path, LOOK))
    seen = looked(adapter)
    assert seen["files"] == []
    assert set(seen["env"]) - {"LC_CTYPE", "__CF_USER_TEXT_ENCODING"} == {"PATH", "HOME", "LANG"}
    assert os.path.realpath(seen["env"]["HOME"]) == os.path.realpath(seen["cwd"])
    root = str(Path(__file__).resolve().parents[4])
    assert not any(root in text for text in [seen["cwd"], seen["env"]["HOME"], seen["env"]["LANG"]])
    assert seen["argv"] == [str(tmp_path / "adapter.py")]
    os.kill(pid_of(adapter), signal.SIGKILL)
    fails(adapter)
    assert not Path(seen["cwd"]).exists()
    again = looked(adapter)
    assert again["cwd"] != seen["cwd"]
    assert again["files"] == []
    adapter.close()
    assert not Path(again["cwd"]).exists()


def test_variables_are_handed_on_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_IMPLEMENTATION", "x")
    adapter = ProcessAdapter(
        looping(tmp_path, LOOK), environment=["OF_THE_IMPLEMENTATION", "NOT_THERE"]
    )
    adapter.start()
    assert looked(adapter)["env"]["OF_THE_IMPLEMENTATION"] == "x"
    adapter.close()


def test_a_relative_path_is_found(
    start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound(tmp_path)
    monkeypatch.chdir(tmp_path)
    start([*PYTHON, "adapter.py"])
    start([*PYTHON, "./adapter.py"])


def test_a_module_here_is_found(
    start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound(tmp_path)
    (tmp_path / "pkg").mkdir()
    (tmp_path / "adapter.py").rename(tmp_path / "pkg" / "adapter.py")
    monkeypatch.chdir(tmp_path)
    start([sys.executable, "-S", "-m", "pkg.adapter"])
    words, variables = launch.resolve(["python3", "-m", "json.tool"])
    assert words == ["python3", "-m", "json.tool"]
    assert variables == {}


def test_words_of_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tool").mkdir()
    (tmp_path / "run.sh").write_text("", "utf-8")
    words, _ = launch.resolve(
        ["./run.sh", "tool", "./tool", "run.sh", "-run.sh", "x" * 9000, "a\0"]
    )
    here = str(tmp_path)
    assert words == [
        f"{here}/run.sh", "tool", f"{here}/tool", f"{here}/run.sh", "-run.sh", "x" * 9000, "a\0",
    ]  # fmt: skip


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts descriptors in /proc")
def test_no_descriptor_is_left_open(start: Open, tmp_path: Path) -> None:
    command = looping(tmp_path, "sys.exit(1)")
    start(command).close()
    time.sleep(0.05)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        adapter = start(command)
        fails(adapter)
        adapter.ask("key.parse", {"text": "zz"}, timeout=5)
        adapter.close()
    time.sleep(0.05)
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_request_costs_little(tmp_path: Path) -> None:
    adapter = ProcessAdapter(sound(tmp_path))
    adapter.start()
    best = min(_batch(adapter, 100) for _ in range(10))
    adapter.close()
    assert best < 0.0005  # the goal is 100 microseconds; a busy machine gets five times that


def _batch(adapter: ProcessAdapter, count: int) -> float:
    began = time.perf_counter()
    for _ in range(count):
        adapter.ask("key.parse", {"text": "zz"}, timeout=5)
    return (time.perf_counter() - began) / count
