"""Runs `venice-ref` inside the test's process, or as a process of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional
from unittest import mock

from venice_ref.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
KEY = "canary-api-key-c0de"
VARIABLES = (
    "VENICE_API_KEY", "API_KEY_VENICE", "VENICE_BASE_URL", "VENICE_PCS_URL", "VENICE_NRAS_URL",
    "NO_COLOR", "TERM",
)  # fmt: skip
NO_FOLDER = "/dev/null/none"
"""A folder that cannot be made: nothing of a test is kept, but where it says so."""


class Done(NamedTuple):
    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that says that a person reads it."""

    def isatty(self) -> bool:
        return True


class NotATerminal(io.StringIO):
    def isatty(self) -> bool:
        return False


def environment(**extra: str) -> Dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**kept, "VENICE_API_KEY": KEY, "XDG_CACHE_HOME": NO_FOLDER, **extra}


class _Input:
    def __init__(self, content: bytes, terminal: bool) -> None:
        self.buffer = io.BytesIO(content)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def venice_ref(
    *argv: str,
    stdin: bytes = b"",
    out: Optional[Any] = None,
    err: Optional[Any] = None,
    stdin_terminal: bool = False,
    **variables: str,
) -> Done:
    """Run a command; `out` and `err` may be terminals."""
    out = NotATerminal() if out is None else out
    err = NotATerminal() if err is None else err
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, environment(**variables), clear=True))
        stack.enter_context(mock.patch.object(sys, "stdin", _Input(stdin, stdin_terminal)))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        code = main(list(argv))
    return Done(code, out.getvalue(), err.getvalue())


def process(
    *argv: str, stdin: bytes = b"", python: Optional[List[str]] = None, **variables: str
) -> Done:
    """Run a command as a process, with pipes."""
    done = subprocess.run(
        [sys.executable, *(python or []), "-m", "venice_ref", *argv],
        cwd=ROOT,
        input=stdin,
        env=environment(**variables),
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
