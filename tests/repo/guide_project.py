"""Reads `docs/guides/testing-your-client.md` and makes the project that it describes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import List

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "testing-your-client.md").read_text(encoding="utf-8")


def blocks(language: str) -> List[str]:
    """Return the blocks of one language, in their order."""
    found: List[str] = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", GUIDE)
    return found


def commands() -> List[str]:
    """Return the commands that the guide has people run, in their order."""
    return [line for block in blocks("sh") for line in block.splitlines()]


def python_file(name: str) -> str:
    """Return the program whose first line is its name."""
    return next(text for text in blocks("python") if text.startswith(f"# {name}\n"))


def patched(text: str, diff: str) -> str:
    """Return a text with a difference applied; the lines of the guide have to be there."""
    lines, place = text.split("\n"), 0
    for line in diff.rstrip("\n").split("\n"):
        kind, content = line[:1], line[1:]
        if line == "...":
            continue
        if kind == "+":
            lines.insert(place, content)
            place += 1
            continue
        assert content in lines[place:], f"the skeleton has no line {content!r}"
        place = lines.index(content, place)
        if kind == "-":
            del lines[place]
        else:
            place += 1
    return "\n".join(lines)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the guide in a folder, with this interpreter as `python3`."""
    import os
    import shlex

    binaries = folder.parent / "bin"
    binaries.mkdir(exist_ok=True)
    if not (binaries / "python3").exists():
        (binaries / "python3").symlink_to(sys.executable)
    return subprocess.run(
        shlex.split(command),
        cwd=folder, capture_output=True, text=True, timeout=110, check=False, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1",
             "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
