from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.command import ROOT, Terminal, environment, process, venice_ref
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.e2ee.envelope import open_text, seal, seal_derandomised, seal_text

SECRET = PrivateKey.from_bytes(bytes(31) + b"\x07")
SECRET_HEX = (bytes(31) + b"\x07").hex()
PUBLIC_HEX = SECRET.public_key.hex()
STEPS = [
    "ephemeral_public",
    "nonce",
    "shared_x",
    "prk",
    "key",
    "hash_subkey",
    "tag_mask",
    "ciphertext",
    "tag",
]
TEXT = "caf\u00e9 \U0001f600\n\n"


@pytest.fixture(name="key_file")
def key_in_a_file(tmp_path: Path) -> str:
    file = tmp_path / "key"
    file.write_text(SECRET_HEX + "\n", encoding="ascii")
    return f"@{file}"


def test_seal_prints_hex_that_opens() -> None:
    done = venice_ref("seal", "--to", PUBLIC_HEX, TEXT)
    assert (done.code, done.err) == (0, "")
    assert done.out == done.out.lower()
    assert open_text(SECRET, done.out.removesuffix("\n")) == TEXT


def test_open_prints_exactly_the_text(key_file: str) -> None:
    envelope = seal_text(SECRET.public_key, TEXT)
    for argument, stdin in (
        (envelope, b""),
        (envelope.upper(), b""),
        ("-", envelope.encode() + b"\r\n"),
    ):
        done = venice_ref("open", "--key", key_file, argument, stdin=stdin)
        assert (done.code, done.out, done.err) == (0, TEXT, "")


def test_the_two_make_a_pipe(tmp_path: Path, key_file: str) -> None:
    sealed = process("seal", "--to", PUBLIC_HEX, stdin=TEXT.encode())
    opened = process("open", "--key", key_file, stdin=sealed.out.encode())
    assert (opened.code, opened.out) == (0, TEXT)
    file = tmp_path / "message"
    file.write_text(TEXT, encoding="utf-8")
    again = venice_ref("seal", f"@{file}", "--to", f"0x{PUBLIC_HEX[2:].upper()}")
    assert open_text(SECRET, again.out.strip()) == TEXT


def test_an_empty_message() -> None:
    done = venice_ref("seal", "--to", PUBLIC_HEX, "")
    assert len(done.out.strip()) == 186
    assert venice_ref("open", "--key", SECRET_HEX, done.out.strip()).out == ""


def test_json() -> None:
    sealed = json.loads(venice_ref("seal", "--json", "--to", PUBLIC_HEX, TEXT).out)
    assert set(sealed) == {"envelope"}
    opened = json.loads(
        venice_ref("open", "--json", "--explain", "--key", SECRET_HEX, sealed["envelope"]).out
    )
    assert opened["text"] == TEXT
    assert list(opened["explain"]) == STEPS


def test_explain_shows_every_step_and_warns() -> None:
    sealed = venice_ref("seal", "--explain", "--to", PUBLIC_HEX, "hello")
    opened = venice_ref("open", "--explain", "--key", SECRET_HEX, sealed.out.split()[-1])
    assert sealed.out.rpartition("\n\n")[0] == opened.out.rpartition("\n\n")[0]
    assert opened.out.endswith("\n\nhello")
    for done in (sealed, opened):
        names = [line.split()[0] for line in done.out.splitlines() if line[:3].strip()]
        assert [name for name in names if name in STEPS] == STEPS
        assert "are secrets" in done.err
        assert done.err.count("\n") == 1
        assert SECRET_HEX not in done.out


def test_explain_shows_the_steps_where_the_tag_does_not_hold() -> None:
    envelope = seal(SECRET.public_key, b"hello")
    broken = (envelope[:-1] + bytes([envelope[-1] ^ 1])).hex()
    done = venice_ref("open", "--explain", "--key", SECRET_HEX, broken)
    assert done.code == 1
    assert "tag_mask" in done.out
    assert "[ENV-6]" in done.err
    shown = json.loads(venice_ref("open", "--json", "--explain", "--key", SECRET_HEX, broken).out)
    assert shown["error"]["kind"] == "decrypt"
    assert list(shown["explain"]) == STEPS
    assert venice_ref("open", "--key", SECRET_HEX, broken).out == ""


NOT_UTF8 = seal_derandomised(
    SECRET.public_key, b"\xff", ephemeral=PrivateKey.from_bytes(bytes([7]) * 32), nonce=bytes(12)
).hex()


@pytest.mark.parametrize(
    ("envelope", "rule"),
    [
        ("00", "ENV-4"),
        ("0" * 185, "ENV-15"),
        ("zz" * 93, "ENV-15"),
        ("0x" + "04" * 93, "ENV-15"),
        ("05" + "00" * 92, "ENV-5"),
        ("04" + "00" * 92, "ENV-5"),
        ("", "ENV-4"),
        (NOT_UTF8, "ENV-10"),
    ],
    ids=[
        "short",
        "odd",
        "not hex",
        "prefixed",
        "compressed",
        "no point",
        "empty",
        "not UTF-8",
    ],
)
def test_what_does_not_open_is_refused(envelope: str, rule: str) -> None:
    done = venice_ref("open", "--key", SECRET_HEX, envelope)
    assert (done.code, done.out) == (1, "")
    assert f"[{rule}]" in done.err


@pytest.mark.parametrize(
    "key",
    ["", "00" * 32, "ff" * 32, "ab" * 31, "ab" * 33, "zz" * 32, "\u0661" * 64, "@no such file"],
)
def test_a_bad_private_key_is_usage_and_is_not_shown(key: str) -> None:
    done = venice_ref("open", "--key", key, "00")
    assert (done.code, done.out) == (2, "")
    assert not key or key.startswith("@") or key not in done.err


@pytest.mark.parametrize("key", ["", "02" + "ab" * 32, "04" + "00" * 64, "zz"])
def test_a_bad_public_key_is_usage(key: str) -> None:
    done = venice_ref("seal", "--to", key, "x")
    assert (done.code, done.out) == (2, "")
    assert "(at --to)" in done.err


def test_text_that_utf_8_cannot_carry_is_usage() -> None:
    for options in ((), ("--explain",)):
        done = venice_ref("seal", "--to", PUBLIC_HEX, "\ud800", *options)
        assert (done.code, "[ENV-11]" in done.err) == (2, True)


def test_standard_input_is_read_once() -> None:
    assert venice_ref("open", "--key", "-", stdin=b"x").code == 2
    assert venice_ref("seal", "--to", "-", "-", stdin=b"x").code == 2
    assert venice_ref("seal", "--to", "-", "x", stdin=PUBLIC_HEX.encode() + b"\n").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_real_terminal_is_not_driven_either(key_file: str) -> None:
    import pty

    envelope = seal_text(SECRET.public_key, "a\x1b]0;title\x07b")
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "venice_ref", "open", "--key", key_file, envelope],
            cwd=ROOT,
            env=environment(),
            stdout=theirs,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert os.read(ours, 4096) == b"a\\x1b]0;title\\x07b\r\n"
    finally:
        os.close(ours)
        os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_text_does_not_drive_the_terminal() -> None:
    envelope = seal_text(SECRET.public_key, "a\x1b[2Jb")
    done = venice_ref("open", "--key", SECRET_HEX, envelope, out=Terminal())
    assert done.out == "a\\x1b[2Jb\n"
