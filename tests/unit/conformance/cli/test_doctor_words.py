"""What an adapter says of itself does not drive the terminal of who asks about it."""

from __future__ import annotations

import pytest

from conformance.adapters.probes import Probe
from conformance.cli.doctor import _print
from conformance.cli.run import _say

NASTY = "\x1b]0;title\x07\x1b[31mred \u202e\r\n::error::hidden\n::set-output name=a::b"


def harmless(text: str) -> None:
    assert "hidden" in text
    assert not any(ord(letter) < 32 and letter != "\n" for letter in text)
    assert "\u202e" not in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]


@pytest.mark.parametrize(
    "probe",
    [
        Probe("start", True, NASTY),
        Probe("start", True, NASTY, skipped=True),
        Probe("start", False, "", seen=NASTY, cause=NASTY, remedy=NASTY, stderr=NASTY),
        Probe("start", False, "", seen="x" * 78 + " ::error::hidden"),
    ],
)
def test_doctor(probe: Probe, capsys: pytest.CaptureFixture[str]) -> None:
    _print([probe])
    harmless(capsys.readouterr().out)


def test_run_says_harmlessly_what_an_adapter_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    _say(f"the adapter could not be started; its last line of standard error: {NASTY}")
    harmless(capsys.readouterr().err)
