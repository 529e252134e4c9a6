from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from unittest import mock

import pytest

from conformance.mock_tee.server import MockTee
from tests.unit.cli.command import KEY, ROOT, Done, Terminal, environment, process, venice_ref

PROMPT = "canary prompt: pack my box"
ANSWER = (
    "I read 1 message; the last has 26 characters. Here it is in capitals: "
    "CANARY PROMPT: PACK MY BOX"
)
BINDING = ("--assurance", "binding")


def chat(tee: MockTee, *argv: str, model: str = "e2ee-mock", **how: object) -> Done:
    return venice_ref("chat", model, *argv, *BINDING, "--base-url", tee.base_url, **how)  # type: ignore[arg-type]


def prompts(tee: MockTee) -> list[dict[str, object]]:
    return tee.log.prompts[-1]


def test_the_answer_is_all_that_is_on_standard_output(tee: MockTee) -> None:
    done = chat(tee, PROMPT)
    assert (done.code, done.err) == (0, "")
    assert done.out == ANSWER
    assert prompts(tee) == [{"role": "user", "content": PROMPT}]


@pytest.mark.parametrize("argv", [(), ("-",)])
@pytest.mark.parametrize(
    ("stdin", "prompt"),
    [(b"x\n", "x"), (b"x", "x"), (b"x\r\n", "x"), (b"x\n\n", "x\n"), (b"\xc3\xa9\ny", "\u00e9\ny")],
)
def test_the_prompt_may_come_from_standard_input(
    tee: MockTee, argv: tuple[str, ...], stdin: bytes, prompt: str
) -> None:
    assert chat(tee, *argv, stdin=stdin).code == 0
    assert prompts(tee)[-1]["content"] == prompt


def test_a_prompt_with_an_at_sign_is_a_prompt(tee: MockTee) -> None:
    assert chat(tee, "@somebody hello").code == 0
    assert prompts(tee)[-1]["content"] == "@somebody hello"


def test_a_terminal_is_told_that_it_is_read_from(tee: MockTee) -> None:
    assert "Ctrl-D" in chat(tee, stdin=b"x", stdin_terminal=True).err
    assert chat(tee, "-q", stdin=b"x", stdin_terminal=True).err == ""


def test_system_message_and_options(tee: MockTee) -> None:
    options = ["--system", "be brief", "--max-tokens", "9", "--temperature", "0.5"]
    done = chat(tee, PROMPT, *options, "--option", "top_p=0.9", "--option", "seed=7")
    assert done.code == 0
    assert prompts(tee)[0] == {"role": "system", "content": "be brief"}
    body = json.loads(tee.log.requests[-1].body)
    sent = (body["max_completion_tokens"], body["temperature"], body["top_p"], body["seed"])
    assert sent == (9, 0.5, 0.9, 7)


def test_the_system_message_may_come_from_standard_input(tee: MockTee) -> None:
    assert chat(tee, PROMPT, "--system", "-", stdin=b"be kind").code == 0
    assert prompts(tee)[0]["content"] == "be kind"
    assert chat(tee, "--system", "-", stdin=b"x").code == 2


@pytest.mark.parametrize(
    "option",
    ["top_p", "=1", "top_p={", "tools=[]", "stream=false", 'user="me"', 'model="x"', "n=2"],
)
def test_an_option_that_may_not_travel_is_refused_before_anything_is_sent(option: str) -> None:
    with MockTee(seed="none") as tee:
        done = chat(tee, PROMPT, "--option", option)
        assert (done.code, done.out) == (2, "")
        assert tee.log.requests == ()
    assert PROMPT not in done.err


@pytest.mark.parametrize("prompt", ["[1]", "\ud800"])
def test_a_prompt_that_may_not_travel_is_refused(prompt: str) -> None:
    with MockTee(seed="none") as tee:
        assert chat(tee, prompt).code == 2
        assert tee.log.requests == ()


def test_standard_input_must_be_text(tee: MockTee) -> None:
    done = chat(tee, stdin=b"\xff")
    assert (done.code, "not UTF-8" in done.err) == (2, True)


# --- Reasoning, terminals, JSON -----------------------------------------------------------------


def test_reasoning_goes_to_standard_error(tee: MockTee) -> None:
    done = chat(tee, PROMPT, model="e2ee-mock-r")
    assert done.err.strip()
    assert done.err.strip() not in done.out
    for option in ("--no-reasoning", "-q"):
        silent = chat(tee, PROMPT, option, model="e2ee-mock-r")
        assert (silent.err, silent.out) == ("", done.out)


def test_reasoning_is_dim_on_a_terminal(tee: MockTee) -> None:
    done = chat(tee, PROMPT, model="e2ee-mock-r", err=Terminal())
    assert "\x1b[2m" in done.err
    assert "\x1b" not in chat(tee, PROMPT, "--no-color", model="e2ee-mock-r", err=Terminal()).err


def test_an_answer_does_not_drive_the_terminal() -> None:
    forged = "\x1b[2J\x9b1m\rtitle\x07\n\tok"
    with MockTee(seed="hostile", reply=lambda _: forged, chunks=3) as tee:
        shown = chat(tee, PROMPT, out=Terminal()).out
        assert chat(tee, PROMPT).out == forged  # raw in a pipe
    assert shown == "\\x1b[2J\\x9b1m\\rtitle\\x07\n\tok\n"


def test_the_terminal_is_left_at_the_start_of_a_line() -> None:
    with MockTee(seed="line", reply=lambda _: "ends\n") as tee:
        assert chat(tee, PROMPT, out=Terminal()).out == "ends\n"


def test_json_is_one_object_with_everything(tee: MockTee) -> None:
    done = chat(tee, PROMPT, "--json", model="e2ee-mock-r")
    shown = json.loads(done.out)
    assert (done.code, done.err, shown["complete"]) == (0, "", True)
    assert set(shown) == {
        "model", "complete", "content", "reasoning", "id", "finish_reason", "usage", "chunks",
        "assurance", "gpu", "signing_address",
    }  # fmt: skip
    assert shown["content"]
    assert shown["reasoning"]
    assert shown["chunks"]["plaintext"] == 0
    assert shown["assurance"] == {"required": "binding", "reached": "binding"}


def test_verbose_says_what_was_verified_and_never_the_secrets(tee: MockTee) -> None:
    done = chat(tee, PROMPT, "-v")
    assert "verified: assurance binding" in done.err
    assert "complete: id chatcmpl-" in done.err
    for secret in (KEY, PROMPT, done.out):
        assert secret not in done.err


# --- Incomplete and refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "code", "rule"),
    [
        ("chat-cut", 3, "STR-1"),
        ("chat-no-done", 3, "STR-1"),
        ("chat-in-band-error", 3, "STR-4"),
        ("chat-event-error", 3, "STR-4"),
        ("chat-bad-tag", 1, "ENV-6"),
        ("chat-plaintext-chunk", 1, "STR-5"),
        ("chat-malformed-json", 1, "STR-3"),
        ("chat-id-change", 1, "STR-10"),
    ],
)
def test_an_answer_that_breaks_off_is_called_incomplete(
    scenario: str, code: int, rule: str
) -> None:
    with MockTee(seed="faults", scenario=scenario) as tee:
        done = chat(tee, PROMPT)
        assert done.code == code
        assert done.out
        assert ANSWER.startswith(done.out)
        assert done.err.startswith("incomplete: ")
        assert f"[{rule}]" in done.err
        assert PROMPT not in done.err
        in_json = chat(tee, PROMPT, "--json")
        shown = json.loads(in_json.out)
    assert in_json.code == code
    assert shown["complete"] is False
    assert shown["content"] == done.out
    assert shown["error"]["requirement"] == rule


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("chat-401", 3),
        ("chat-402", 3),
        ("chat-content-type", 1),
        ("chat-json-error-200", 3),
        ("key-unbound", 1),
        ("attestation-redirect", 3),
        ("models-without-capability", 1),
    ],
)
def test_where_nothing_was_answered_nothing_is_called_incomplete(scenario: str, code: int) -> None:
    with MockTee(seed="faults", scenario=scenario) as tee:
        done = chat(tee, PROMPT)
        assert (done.code, done.out) == (code, "")
        assert done.err.startswith("venice-ref: ")
        assert "hint: " in done.err or code == 1
        assert "error" in json.loads(chat(tee, PROMPT, "--json").out)
    for secret in (KEY, PROMPT):
        assert secret not in done.err


def test_the_default_policy_refuses_a_machine_that_is_not_of_intel(tee: MockTee) -> None:
    before = len(tee.log.prompts)
    done = venice_ref("chat", "e2ee-mock", PROMPT, "--base-url", tee.base_url)
    assert (done.code, done.out) == (1, "")
    assert "[CRT-13]" in done.err
    assert "missing  dcap.collateral" in done.err
    assert "--trust-root FILE" in done.err
    assert len(tee.log.prompts) == before


def test_the_default_policy_talks_to_a_machine_of_the_given_root(tee: MockTee, root: Path) -> None:
    argv = ["chat", "e2ee-mock", PROMPT, "-v", "--base-url", tee.base_url]
    done = venice_ref(*argv, "--trust-root", str(root))
    assert (done.code, done.out) == (0, ANSWER)
    assert "verified: assurance dcap, GPU level report, TCB UpToDate" in done.err
    assert "for collateral for TDX" in done.err


def test_nothing_is_sent_where_collateral_is_not_to_be_had(tee: MockTee, root: Path) -> None:
    before = len(tee.log.prompts)
    argv = ["chat", "e2ee-mock", PROMPT, "--base-url", tee.base_url, "--trust-root", str(root)]
    done = venice_ref(*argv, "--pcs-url", "http://127.0.0.1:1")
    assert (done.code, done.out) == (3, "")
    for way_out in ("saved bundle", "--collateral FILE", "--assurance binding"):
        assert way_out in done.err
    assert len(tee.log.prompts) == before


def test_plaintext_needs_the_unsafe_option_and_is_announced() -> None:
    with MockTee(seed="faults", scenario="chat-plaintext-chunk") as tee:
        done = chat(tee, PROMPT, "--unsafe-allow-plaintext")
        assert done.code == 0
        assert done.err.count("warning: ") == 2
        shown = json.loads(chat(tee, PROMPT, "--unsafe-allow-plaintext", "--json").out)
    assert shown["chunks"]["plaintext"] == 1


def test_an_interrupt_in_the_middle_closes_and_is_130() -> None:
    with MockTee(seed="slow", chunks=200, chunk_delay=0.01) as tee:
        terminal = Terminal()
        with mock.patch("venice_ref.cli.output.Console.raw", side_effect=KeyboardInterrupt):
            done = chat(tee, PROMPT, out=terminal)
        assert (done.code, done.err) == (130, "venice-ref: interrupted\n")
        for _ in range(100):
            if tee.log.answers[-1].ended == "left":
                break
            time.sleep(0.02)
        assert tee.log.answers[-1].ended == "left"


# --- As a process -------------------------------------------------------------------------------


def arguments(tee: MockTee) -> list[str]:
    return ["chat", "e2ee-mock", *BINDING, "--base-url", tee.base_url]


def started(tee: MockTee) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "venice_ref", *arguments(tee), PROMPT],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_process_streams_into_a_pipe_as_it_decrypts() -> None:
    with MockTee(seed="slow", chunks=60, chunk_delay=0.03) as tee, started(tee) as child:
        assert child.stdout is not None
        assert child.stdout.read(1) == b"I"
        assert tee.log.answers[-1].ended == "open"  # the first text is there before the last
        tee.stop()  # the server dies in the middle
        rest, err = child.communicate(timeout=20)
    assert child.returncode == 3
    assert b"incomplete: " in err
    assert len(rest) < len(ANSWER)


def test_a_reader_that_leaves_ends_the_conversation() -> None:
    with MockTee(seed="slow", chunks=300, chunk_delay=0.01) as tee, started(tee) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.read(1)
        child.stdout.close()
        assert child.wait(timeout=20) == 0
        assert child.stderr.read() == b""
        assert tee.log.answers[-1].ended in ("left", "open")


def test_a_large_prompt_from_a_pipe(tee: MockTee, tmp_path: Path) -> None:
    del tmp_path
    prompt = b"0123456789abcde\n" * 4096
    done = process(*arguments(tee), stdin=prompt)
    assert (done.code, done.err) == (0, "")
    assert len(str(prompts(tee)[-1]["content"])) == len(prompt) - 1


def test_the_black_box_contract(tee: MockTee) -> None:
    """Base URL, key and prompt as a harness gives them; the answer on standard output."""
    done = process(
        "chat", "e2ee-mock", *BINDING, stdin=PROMPT.encode(), VENICE_BASE_URL=tee.base_url
    )
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(PROMPT.upper())
    assert PROMPT.encode() not in tee.log.wire()
