"""The programs of `docs/guides/using-the-vectors.md` run, pass, and can fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

from conformance.vectors import load_files

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "guides" / "using-the-vectors.md").read_text(encoding="utf-8")
VECTORS = ROOT / "vectors" / "envelope" / "open.json"
COUNT = next(len(file.vectors) for file in load_files() if file.name == "envelope/open")


def program(language: str) -> str:
    blocks: List[str] = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", GUIDE)
    assert len(blocks) == 1
    return blocks[0]


def run(language: str, folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    if language == "python":
        pytest.importorskip("cryptography", reason="the program of the guide uses it")
        name, command = "program.py", [sys.executable]
    else:
        node = shutil.which("node")
        if node is None:
            pytest.skip("Node.js is not installed")
        name, command = "program.mjs", [node]
    (folder / name).write_text(text, encoding="utf-8")
    return subprocess.run(
        [*command, str(folder / name), str(VECTORS)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_program_passes(language: str, tmp_path: Path) -> None:
    done = run(language, tmp_path, program(language))
    assert done.stdout.strip().splitlines()[-1:] == [f"{COUNT} tests, 0 wrong"], done.stdout
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("python", "blob[77:], None)", "blob[77:-1], None)"),
        ("python", '.decode("utf-8")', '.decode("utf-8", "replace")'),
        ("javascript", "|| blob[0] !== 4", ""),
        ("javascript", "{ fatal: true, ignoreBOM: true }", "{}"),
    ],
)
def test_the_program_can_fail(language: str, before: str, after: str, tmp_path: Path) -> None:
    text = program(language)
    assert before in text
    done = run(language, tmp_path, text.replace(before, after))
    assert done.returncode == 1, done.stderr
    assert "because: " in done.stdout
