"""Adapters that are small Python programs, most of them broken on purpose."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, Tuple

PYTHON: Final = (sys.executable, "-S", "-E")

HELLO: Final = {
    "protocol": 1,
    "implementation": {"name": "script", "version": "1", "language": "Python"},
    "operations": {"key.parse": {}},
}

HEAD: Final = f"""\
import json, os, signal, sys, time
HELLO = {HELLO!r}
KEY = "0445f90e503b81bba5f63b3a5070249cfb9153135181fdf869cd82b401cc7c7a36" \\
      "c74fdd84bdf39f2e929ed21139a39856c3f5947915631b831b377739d9dfad80"

def put(text):
    sys.stdout.write(text)
    sys.stdout.flush()

def reply(request, **members):
    put(json.dumps(dict(id=request["id"], **members)) + "\\n")

def key_parse(text):
    return {{"ok": {{"public": KEY}}}} if text == KEY else {{"reject": {{}}}}
"""

LOOP: Final = """
for line in sys.stdin:
    request = json.loads(line)
    op, given = request["op"], request["in"]
    if op == "hello":
        reply(request, ok=HELLO)
    elif op == "bye":
        reply(request, ok={})
        break
    elif op == "key.parse":
        reply(request, **key_parse(given["text"]))
    else:
        other(request, op, given)
"""

SOUND: Final = """
def other(request, op, given):
    reply(request, unsupported=op)
"""


def program(folder: Path, body: str, *, name: str = "adapter.py") -> Tuple[str, ...]:
    """Write a program and return the command that runs it."""
    path = folder / name
    path.write_text(body, "utf-8")
    return (*PYTHON, str(path))


def looping(folder: Path, other: str, *, before: str = "") -> Tuple[str, ...]:
    """Return the command of an adapter that is sound but for the operations it does not know."""
    lines = "\n".join(f"    {line}" for line in other.splitlines())
    return program(folder, f"{HEAD}{before}\ndef other(request, op, given):\n{lines}\n{LOOP}")


def sound(folder: Path, *, before: str = "") -> Tuple[str, ...]:
    """Return the command of a sound adapter, with lines of code in front of its loop."""
    return program(folder, f"{HEAD}{SOUND}\n{before}\n{LOOP}")
