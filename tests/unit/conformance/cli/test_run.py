"""`run` as people call it: options, files, exit codes, and what it prints where."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import pytest

from conformance.cli.main import main
from conformance.report.document import Report, parse_report

ROOT = Path(__file__).resolve().parents[4]
KEYS = "py:tests.unit.conformance.cli.test_run:handle"
DEAD = "py:tests.unit.conformance.cli.test_run:dead"


def handle(request: Dict[str, Any]) -> Dict[str, Any]:
    """Answer as the reference does."""
    from conformance.adapters.reference.handle import handle as reference

    return dict(reference(request))


def dead(_request: Dict[str, Any]) -> Dict[str, Any]:
    raise RuntimeError("boom")


def silent_after(request: Dict[str, Any]) -> Dict[str, Any]:
    """Refuse every key but say so slowly, so that a signal comes in between."""
    time.sleep(0.05)
    return handle(request)


def call(tmp_path: Path, *words: str) -> int:
    arguments = ["run", "--state", str(tmp_path / "state.json"), *words]
    return main(arguments)


def report_of(tmp_path: Path, *words: str) -> Report:
    path = tmp_path / "report.json"
    call(tmp_path, *words, "-q", "--report", f"json={path}")
    return parse_report(path.read_bytes())


def test_some_tests_of_an_adapter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, "--adapter", KEYS, "keys/public") == 0
    out = capsys.readouterr().out
    assert "28 pass" in out
    assert "conformant: no" in out


def test_the_header_says_how_it_was_run(tmp_path: Path) -> None:
    header = report_of(tmp_path, "--adapter", KEYS, "keys/public", "--seed", "abc").header
    assert header["seed"] == "abc"
    assert header["challenge"] == ""
    assert header["profile"] == "full"
    assert header["implementation"]["name"] == "venice-ref"
    assert header["adapter"] == KEYS
    assert header["partial"] is True
    assert header["selected"] == 28
    assert len(header["suite"]["vectors_sha256"]) == len(header["spec"]["sha256"]) == 64
    assert header["started"].endswith("Z")
    assert header["capabilities"]["protocol"] == 1
    assert set(header["platform"]) == {"python", "implementation", "system"}
    assert header["argv"][0] == "run"
    assert "keys/public" in header["argv"]


def test_the_same_seed_gives_the_same_results(tmp_path: Path) -> None:
    words = ("--adapter", KEYS, "keys/", "--seed", "1")
    digests = {report_of(tmp_path, *words).to_json()["footer"]["results_sha256"] for _ in range(2)}
    assert len(digests) == 1


def test_a_challenge_is_made_for_what_is_selected(tmp_path: Path) -> None:
    report = report_of(tmp_path, "--adapter", KEYS, "keys/public", "--challenge")
    fresh = [row for row in report.results if row.kind == "challenge"]
    assert len(fresh) == 28
    assert {row.status for row in fresh} == {"pass"}
    assert len(report.header["challenge"]) == 16


@pytest.mark.slow
def test_a_challenge_can_be_repeated_by_its_seed(tmp_path: Path) -> None:
    known = [row.id for row in report_of(tmp_path, "--adapter", KEYS, "keys/public").results]
    name = next(name for name in known if name.startswith("key.public/"))
    words = ("--adapter", KEYS, "--case", f"challenge/{name}", "--challenge", "00ff")
    report = report_of(tmp_path, *words)
    assert report.header["challenge"] == "00ff"
    assert [row.id for row in report.results if row.kind == "challenge"] == [f"challenge/{name}"]


def test_one_that_cannot_be_started_ends_with_7(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "r.json"
    assert call(tmp_path, "--adapter", DEAD, "keys/", "--report", f"json={path}") == 7
    report = parse_report(path.read_bytes())
    out, err = capsys.readouterr()
    assert report.counts["blocked"] == 161
    assert out.count("boom") == 1
    assert "boom" not in err
    assert f"doctor --adapter {DEAD}\n" in err
    assert report.failures[0].explanation is not None
    assert report.failures[0].explanation.got.count("not executed") == 1
    assert call(tmp_path, "--adapter", "no-such-program-anywhere", "keys/") == 7
    assert "no-such-program-anywhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected", "said"),
    [
        (["strem/"], 4, "did you mean stream/"),
        (["--case", "key.public/x"], 4, "there is no test"),
        (["-k", "zzzzz"], 5, "nothing was executed"),
        (["--skip", "zzz"], 4, "leaves nothing out"),
        (["--shard", "3/2"], 4, "i/n"),
        (["--report", "xml=x"], 4, "no report of the kind"),
        (["--report", "json=a", "--report", "tap=a"], 4, "both go to"),
        (["--adapter", "a", "--adapter-url", "http://127.0.0.1:1/"], 4, "contradict"),
        (["--adapter", "py:nonsense"], 4, "py:package.module:function"),
        (["--adapter-url", "ftp://x"], 4, "not a URL"),
        (["--client", ""], 4, "empty"),
        (["--adapter", ""], 4, "--adapter is empty"),
        (["--adapter", " "], 4, "--adapter is empty"),
        (["--adapter-url", ""], 4, "--adapter-url is empty"),
        (["--adapter", "x", "--client", "y"], 4, "contradict"),
        (["--adapter-url", "http://127.0.0.1:1/", "--client", "y"], 4, "contradict"),
        (["--client-feature", "dcap"], 4, "needs --client"),
        (["--adapter", "x", "--client-feature", "none"], 4, "needs --client"),
        (["--client", "x", "--client-feature", "none,dcap"], 4, "contradict"),
        (["--client", "x", "--client-feature", "dcp"], 4, "did you mean dcap"),
        (["--quick", "--challenge"], 4, "contradict"),
        (["--challenge", "stream/"], 4, "as its seed"),
        (["--case", "challenge/key.public/x"], 4, "--challenge SEED"),
        (["--client", "x", "--challenge"], 4, "--client has none"),
        (["--update-xfail"], 4, "--xfail FILE"),
        (["--xfail", "nowhere.xfail"], 4, "nowhere.xfail"),
        (["--config", "nowhere.json"], 4, "nowhere.json"),
        (["--error-map", "x"], 4, "--adapter"),
        (["--adapter", "a", "--error-map", "nowhere.json"], 4, "nowhere.json"),
        (["--quick", "-m", "should"], 4, "critical"),
        (["-j", "0"], 4, "at least 1"),
        (["--timeout", "0"], 4, "above 0"),
        (["--profile", "ful"], 4, "invalid choice"),
        (["-v", "-q"], 4, "contradict"),
    ],
)
def test_wrong_usage_says_what_is_wrong(
    words: List[str],
    expected: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        code = call(tmp_path, *words)
    except SystemExit as end:
        code = int(str(end.code))
    captured = capsys.readouterr()
    assert code == expected
    assert said in captured.err
    assert captured.out == ""


def test_machine_output_is_alone_on_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(tmp_path, "--adapter", KEYS, "keys/public", "--report", "json=-")
    captured = capsys.readouterr()
    assert json.loads(captured.out)["summary"]["counts"]["pass"] == 28
    assert "28 pass" in captured.err


def test_the_ids_can_be_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, "--list", "keys/public") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 28
    assert all(line.startswith("key.public/") for line in lines)


def wrong_keys(request: Dict[str, Any]) -> Dict[str, Any]:
    """Answer one test of `key.public` wrong."""
    reply = handle(request)
    if request["op"] == "key.public" and request["in"]["private"].endswith("01"):
        return {"id": request["id"], "error": {"message": "no"}}
    return reply


WRONG = "py:tests.unit.conformance.cli.test_run:wrong_keys"


def test_what_failed_last_time_is_run_alone_or_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, "--adapter", WRONG, "--no-probes", "keys/public") == 1
    capsys.readouterr()
    assert call(tmp_path, "--adapter", WRONG, "--no-probes", "--lf", "--list") == 0
    failed = capsys.readouterr().out.splitlines()
    assert 0 < len(failed) < 10
    assert call(tmp_path, "--adapter", KEYS, "--lf", "keys/public", "--list") == 0
    assert len(capsys.readouterr().out.splitlines()) == 28, "another implementation"
    assert call(tmp_path, "--adapter", WRONG, "--no-probes", "--ff", "-x", "keys/public") == 1


def test_requests_and_replies_of_failures_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    words = ("--adapter", WRONG, "--no-probes", "keys/public", "--artifacts", str(folder))
    report = report_of(tmp_path, *words)
    failed = [row.id for row in report.results if row.status == "fail"]
    kept = [json.loads(path.read_text("utf-8")) for path in sorted(folder.iterdir())]
    assert {document["id"] for document in kept} == set(failed)
    assert all(document["reply"] == {"error": {"message": "no"}} for document in kept)
    assert all(document["in"]["private"].endswith("01") for document in kept)


# --- The file of options -------------------------------------------------------------------------


def configured(tmp_path: Path, document: Any) -> str:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(document), "utf-8")
    return str(path)


def test_a_file_holds_options_and_the_command_line_wins(tmp_path: Path) -> None:
    document = {"adapter": KEYS, "seed": "from the file", "tests": ["keys/public"], "k": "one"}
    config = configured(tmp_path, document)
    report = report_of(tmp_path, "--config", config)
    assert report.header["seed"] == "from the file"
    assert 0 < report.header["selected"] < 28
    report = report_of(tmp_path, "--config", config, "--seed", "mine")
    assert report.header["seed"] == "mine"


def test_what_is_shown_can_be_given_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "--adapter",
        "a b",
        "-x",
        "-j",
        "3",
        "--shard",
        "1/2",
        "--report",
        "tap=x",
        "-m",
        "must",
    ]
    assert call(tmp_path, *words, "keys/", "--show-config") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["adapter"], shown["maxfail"], shown["shard"]) == ("a b", 1, "1/2")
    assert call(tmp_path, "--config", configured(tmp_path, shown), "--show-config") == 0
    assert json.loads(capsys.readouterr().out) == shown


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "not a JSON object"),
        ({"adaptor": "x"}, "did you mean adapter"),
        ({"jobs": "many"}, "jobs"),
        ({"report": [["tap=x"]]}, "no text"),
        ({"shard": "x"}, "i/n"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    document: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, "--config", configured(tmp_path, document)) == 4
    err = capsys.readouterr().err
    assert said in err
    assert "config.json" in err


@pytest.mark.parametrize("key", ["adapter", "adapter-url", "client"])
def test_an_empty_name_in_a_file_is_not_the_reference(
    key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, "--config", configured(tmp_path, {key: ""}), "keys/public") == 4
    assert f"--{key} is empty" in capsys.readouterr().err


def test_the_subject_of_the_command_line_wins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {"client": "./client", "client-feature": ["dcap"]}
    config = configured(tmp_path, document)
    assert call(tmp_path, "--config", config, "--adapter", KEYS, "--show-config") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["adapter"], shown["client"], shown["client-feature"]) == (KEYS, None, None)


def test_the_shard_of_a_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENICE_SHARD", "1/2")
    part = report_of(tmp_path, "--adapter", KEYS, "keys/public").header["selected"]
    assert 0 < part < 28


# --- Processes -----------------------------------------------------------------------------------


def started(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "conformance", "run", "--state", str(tmp_path / "s.json")]
    return subprocess.Popen(
        [*command, *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_with_a_report_of_what_was_done(
    tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "r.json"
    adapter = "py:tests.unit.conformance.cli.test_run:silent_after"
    words = ("--adapter", adapter, "--no-probes", "keys/", "--report", f"json={path}")
    with started(tmp_path, *words) as process:
        time.sleep(2.5)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 2, (out, err)
    report = parse_report(path.read_bytes())
    assert not report.complete
    assert report.counts.get("pass", 0) > 0
    assert report.counts["blocked"] > 0
    assert len(report.results) > 4000
    assert "interrupted" in err


def test_the_reference_is_run_as_a_process_of_its_own(tmp_path: Path) -> None:
    with started(tmp_path, "keys/public", "-v") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "28 pass" in out


def test_a_command_that_could_not_be_started_is_explained_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "adapter.py"
    file.write_text("import sys\nsys.exit('TypeError: no\\n    at x.js:1\\n\\nNode.js v20')\n")
    command = f"{sys.executable} -S '{file}' | tee log"
    assert call(tmp_path, "--adapter", command, "keys/public") == 7
    out, err = capsys.readouterr()
    told = " ".join(out.split())
    assert told.count("TypeError: no") == 1
    assert "Node.js" not in out
    assert "there is no shell, so | was handed on as a word" in told
    assert "Failures" not in out
    assert err.splitlines()[1].startswith("  ")
    words = shlex.split(err.splitlines()[1])
    assert words[-2:] == ["--adapter", command]
    assert max(map(len, err.splitlines()[:1])) <= 80
    assert call(tmp_path, "--adapter", "MODE=1 ./adapter", "keys/public") == 7
    assert "so MODE=1 was handed on" in " ".join(capsys.readouterr().out.split())


def children_of(mark: str) -> List[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if os.fsencode(mark) in words and b"conformance" not in words:
                found.append(int(path.parent.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads /proc")
@pytest.mark.parametrize(
    ("number", "times"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGINT, 3)]
)
def test_a_signal_leaves_no_client_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, times: int
) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    client = tmp_path / "client.py"
    client.write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(60)\n"
    )
    with started(tmp_path, "--client", f"{sys.executable} -S {client}") as process:
        until = time.monotonic() + 30
        while not children_of(str(client)) and time.monotonic() < until:
            time.sleep(0.05)
        assert children_of(str(client))
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.2)
        out, err = process.communicate(timeout=30)
    if times == 1:
        assert process.returncode == 2, (out, err)
    assert not children_of(str(client))
    assert [path.name for path in folder.iterdir()] == []


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_reader_that_left_is_no_fault_of_the_suite(tmp_path: Path) -> None:
    words = ("--adapter", KEYS, "keys/public", "--report", "tap=-")
    with started(tmp_path, *words) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        code = process.wait(60)
    assert code == 0, err
    assert "cannot be written" not in err
    assert "Exception" not in err
