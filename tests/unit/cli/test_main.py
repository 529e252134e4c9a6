from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from conformance.mock_tee.server import MockTee
from tests.unit.cli.command import (
    KEY,
    ROOT,
    Done,
    NotATerminal,
    environment,
    process,
    venice_ref,
)
from venice_ref import __version__
from venice_ref.cli.arguments import parse_arguments
from venice_ref.cli.main import run
from venice_ref.errors import TransportError

COMMANDS = ("models", "attest", "verify", "quote", "chat", "signature", "seal", "open")


def test_without_a_command_it_introduces_itself() -> None:
    done = venice_ref()
    assert (done.code, done.out) == (2, "")
    assert "python3 -m venice_ref chat" in done.err
    assert "conformance demo" in done.err
    assert len(done.err.splitlines()) < 15


def test_help_names_every_command_and_exit_code() -> None:
    done = venice_ref("--help")
    assert (done.code, done.err) == (0, "")
    for name in (*COMMANDS, "VENICE_API_KEY", "130"):
        assert name in done.out
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    done = venice_ref(command, "--help")
    assert done.code == 0
    assert "--json" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_version() -> None:
    assert venice_ref("--version") == (0, f"venice-ref {__version__}\n", "")


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["models", "extra"],
        ["chat"],
        ["verify"],
        ["open", "00"],
        ["seal", "x"],
        ["attest", "m", "--assurance", "none"],
        ["attest", "m", "--assurance", "high"],
        ["attest", "m", "--gpu", "all"],
        ["chat", "m", "x", "--unsafe"],
        ["chat", "m", "x", "--max-tokens", "many"],
        ["models", "--timeout", "0"],
        ["models", "--timeout", "soon"],
        ["models", "--api-key", "x"],
    ],
)
def test_what_makes_no_sense_is_usage(argv: list[str]) -> None:
    done = venice_ref(*argv)
    assert (done.code, done.out) == (2, "")
    assert "hint: " in done.err


@pytest.mark.parametrize(
    ("command", "option"),
    [
        *[("attest", name) for name in ("--nras", "--jwks", "--at", "--nonce")],
        ("chat", "--nras"),
        ("quote", "--assurance"),
        ("quote", "--policy"),
        ("models", "--trust-root"),
        ("verify", "--pcs-url"),
        ("verify", "--no-cache"),
    ],
)
def test_an_option_without_a_meaning_is_not_ignored(command: str, option: str) -> None:
    positional = {"models": []}.get(command, ["x"])
    done = venice_ref(command, *positional, option, "value")
    assert done.code == 2
    assert "unrecognized arguments" in done.err


@pytest.mark.parametrize(
    "option", ["--policy", "--trust-root", "--collateral", "--nras", "--jwks", "--rim"]
)
def test_a_file_that_is_not_there_is_usage(option: str) -> None:
    done = venice_ref("verify", "-", option, "no such file", stdin=b"{}")
    assert (done.code, done.out) == (2, "")
    assert "cannot read" in done.err


def test_standard_input_is_read_once() -> None:
    done = venice_ref("verify", "-", "--collateral", "-", stdin=b"{}")
    assert (done.code, "cannot be both" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "POL-10"),
        (b'{"format":"venice-ref-policy-1","assurance":"all"}', "POL-2"),
        (b'{"format":"venice-ref-policy-1","more":1}', "POL-10"),
        (b'{"format":"venice-ref-policy-1","assurance":"measured"}', "POL-5"),
    ],
)
def test_a_policy_file_that_is_none_is_usage(content: bytes, rule: str, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_bytes(content)
    argv = ["verify", "-", "--policy", str(tmp_path / "policy.json"), "--json"]
    done = venice_ref(*argv, stdin=b"{}")
    assert done.code == 2
    assert json.loads(done.out)["error"]["requirement"] == rule


@pytest.mark.parametrize("argv", [["--json", "models"], ["models", "--json"]])
def test_common_options_may_stand_on_either_side(argv: list[str], tee: MockTee) -> None:
    done = venice_ref(*argv, "--base-url", tee.base_url)
    assert done.code == 0
    assert json.loads(done.out)["models"]


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (["chat", "m", "x", "--json"], "x"),
        (["chat", "m", "--json", "x"], "x"),
        (["chat", "--assurance", "binding", "m", "--gpu", "ignore", "-", "-v"], "-"),
        (["chat", "m", "--json"], None),
        (["chat", "m", "--", "-x"], "-x"),
    ],
)
def test_a_text_may_stand_behind_options(argv: list[str], text: str) -> None:
    arguments = parse_arguments(argv)
    assert (arguments.model, arguments.prompt) == ("m", text)


@pytest.mark.parametrize(
    "argv",
    [["chat", "m", "x", "--json", "y"], ["chat", "m", "--json", "x", "y"], ["chat", "m", "--x"]],
)
def test_more_than_one_text_is_usage(argv: list[str]) -> None:
    done = venice_ref(*argv)
    assert (done.code, "unrecognized arguments" in done.err) == (2, True)


def test_an_error_is_an_object_under_json() -> None:
    done = venice_ref("models", "--json", "--base-url", "http://10.0.0.1/")
    assert done.code == 2
    shown = json.loads(done.out)["error"]
    assert (shown["kind"], shown["requirement"]) == ("usage", "NET-1")
    assert "NET-1" in done.err


def test_an_interrupt_is_130() -> None:
    with mock.patch("venice_ref.cli.models.run", side_effect=KeyboardInterrupt):
        done = venice_ref("models")
    assert (done.code, done.out, done.err) == (130, "", "venice-ref: interrupted\n")


def test_no_network_is_3() -> None:
    with mock.patch("venice_ref.cli.models.run", side_effect=TransportError("gone")):
        assert venice_ref("models").code == 3


@pytest.mark.parametrize(
    ("seconds", "message"),
    [("inf", "less than 1000000"), ("1e300", "less than 1000000"), ("1e6", "less than 1000000"),
     ("0", "more than 0"), ("-1e300", "more than 0"), ("nan", "more than 0")],
)  # fmt: skip
def test_a_wait_has_limits_and_the_right_one_is_named(seconds: str, message: str) -> None:
    done = venice_ref("models", f"--timeout={seconds}")
    assert (done.code, message in done.err) == (2, True)


def test_an_interrupt_while_the_command_is_loaded_is_130_and_quiet() -> None:
    code = (
        "import runpy, sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'venice_ref.cli.main': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "runpy.run_module('venice_ref', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_an_interrupt_at_the_last_flush_is_130() -> None:
    class Interrupted(NotATerminal):
        def flush(self) -> None:
            raise KeyboardInterrupt

    with (
        mock.patch("venice_ref.cli.main.main", return_value=0),
        mock.patch.object(sys, "stdout", Interrupted()),
        pytest.raises(SystemExit) as caught,
    ):
        run()
    assert caught.value.code == 130


def test_a_bad_key_in_the_environment_is_not_shown() -> None:
    done = venice_ref("models", VENICE_API_KEY="canary\nkey")
    assert done.code == 2
    assert "canary" not in done.err + done.out


# --- As a process -------------------------------------------------------------------------------


def test_a_process_prints_plain_text_into_a_pipe(tee: MockTee) -> None:
    done = process("models", VENICE_BASE_URL=tee.base_url)
    assert (done.code, done.err) == (0, "")
    assert "\x1b" not in done.out
    assert "e2ee-mock " in done.out


def test_a_process_exits_with_its_code() -> None:
    assert process().code == 2
    assert process("verify", "no such file").code == 2


def test_a_reader_that_leaves_is_no_error(tee: MockTee) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "venice_ref", "models", "--base-url", tee.base_url],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.wait(timeout=30) == 0
        assert child.stderr.read() == b""


def redirected(redirection: str, *argv: str) -> Done:
    """Run a command under a shell that closes or redirects its streams."""
    shell = ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh"]
    done = subprocess.run(
        [*shell, sys.executable, "-m", "venice_ref", *argv],
        cwd=ROOT,
        env=environment(PYTHONUNBUFFERED=""),  # so that --help is written by the last flush
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def model_list(tee: MockTee) -> list[str]:
    return ["models", "--base-url", tee.base_url]


def prompt(tee: MockTee, *text: str) -> list[str]:
    return ["chat", "e2ee-mock", *text, "--assurance", "binding", "--base-url", tee.base_url]


def test_closed_outputs_are_as_the_null_device(tee: MockTee) -> None:
    assert redirected(">&-", *model_list(tee)) == (0, "", "")
    assert redirected(">&- 2>&-", *model_list(tee)) == (0, "", "")
    assert redirected(">&-", "--help").code == 0
    assert redirected("2>&-", "nonsense").code == 2
    refused = redirected(">&-", "verify", "pyproject.toml")
    assert (refused.code, "Traceback" in refused.err) == (1, False)
    done = redirected("2>&-", *prompt(tee, "hello"))
    assert (done.code, "HELLO" in done.out) == (0, True)


def test_a_closed_standard_input_is_usage(tee: MockTee) -> None:
    for argv in (prompt(tee), ["verify", "-"], ["quote", "-"]):
        done = redirected("<&-", *argv)
        assert (done.code, done.out) == (2, "")
        assert "venice-ref: standard input is closed\n" in done.err


needs_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="the system has no device that is always full"
)


@needs_full
def test_an_output_that_takes_nothing_is_usage_and_never_refused_evidence(tee: MockTee) -> None:
    for argv in (model_list(tee), [*model_list(tee), "--json"], ["--help"], prompt(tee, "x")):
        done = redirected(">/dev/full", *argv)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("venice-ref: cannot write standard output: No space left")
        assert "Traceback" not in done.err
        assert redirected(">/dev/full 2>&1", *argv).code == 2


@needs_full
def test_an_output_that_takes_nothing_hides_no_refusal() -> None:
    done = redirected(">/dev/full", "verify", "pyproject.toml")
    assert (done.code, "cannot write standard output" in done.err) == (1, True)


@needs_full
def test_diagnostics_that_nobody_takes_change_no_code() -> None:
    with MockTee(scenario="chat-cut", seed="cli") as tee:
        assert redirected("2>/dev/full", *prompt(tee, "x")).code == 3
    assert redirected("2>/dev/full", "verify", "pyproject.toml").code == 1
    assert redirected("2>/dev/full", "nonsense").code == 2
    assert redirected("2>/dev/full").code == 2


def test_a_bare_interpreter_is_enough() -> None:
    """No site-packages, no environment, no user folder."""
    done = process("seal", "--to", "04" + "00" * 64, "x", python=["-S", "-E", "-s"])
    assert done.code == 2
    assert "[KEY-6] (at --to)" in done.err


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["verify", "-"],
        ["verify", "missing"],
        ["quote", "missing"],
        ["quote", "-", "--collateral", "pyproject.toml"],
        ["seal", "--to", "00", "x"],
    ],
)
def test_offline_commands_load_no_network(argv: list[str]) -> None:
    code = (
        "import sys; from venice_ref.cli.main import main; main(sys.argv[1:]);"
        "print({'ssl', 'socket', 'urllib.request', 'http.client'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *argv],
        cwd=ROOT,
        input="{}",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "set()"


def test_a_command_can_be_run_from_anywhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "venice_ref", "--version"],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"venice-ref {__version__}\n"
    assert KEY not in done.stderr
