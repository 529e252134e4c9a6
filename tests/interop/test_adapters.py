"""The adapters of the four real implementations, where their runtimes and packages are here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

from conformance.adapters.examples import guide, guide_javascript, node
from conformance.adapters.examples.findings_table import IMPLEMENTATIONS, Implementation
from tests.interop.peers import ROOT, Unavailable, require_guide, require_packages

BY_NAME = {one.name: one for one in IMPLEMENTATIONS}
QUICK = ["key.parse/", "field.open/", "stream.open/", "--no-challenge"]


def command(one: Implementation) -> str:
    """Return the command of an adapter, with what it needs installed; or skip."""
    try:
        if one.name in node.CLIENT_PINS:
            node.node_program()
            node.packages(pins=node.CLIENT_PINS[one.name])
        elif one.name == "guide-javascript":
            node.node_program()
            guide_javascript.sample_folder(require_guide(), install=True, cache=None)
        else:
            require_guide()
            require_packages("cryptography", "ecdsa", "requests")
    except Unavailable as reason:
        pytest.skip(str(reason))
    return one.command.replace("python3", sys.executable, 1)


def conformance(*arguments: str) -> subprocess.CompletedProcess[str]:
    words: List[str] = [sys.executable, "-m", "conformance", *arguments]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=110)


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_an_adapter_passes_doctor(name: str) -> None:
    done = conformance("doctor", "--adapter", command(BY_NAME[name]))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_NAME)
def test_an_implementation_fails_as_its_file_says_and_nowhere_else(name: str) -> None:
    one = BY_NAME[name]
    known = ROOT / "conformance" / "adapters" / "examples" / f"{one.file}.xfail"
    done = conformance("run", "--adapter", command(one), "--xfail", str(known), "-q", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("script", ["npm.py", "guide_javascript.py"])
def test_what_is_not_installed_is_said_and_not_installed_at_the_start(
    script: str, tmp_path: Path
) -> None:
    if script != "npm.py" and guide.read_guide() is None:
        pytest.skip(guide.ABSENT)
    names = ["venice-e2ee"] if script == "npm.py" else []
    path = ROOT / "conformance" / "adapters" / "examples" / script
    done = subprocess.run(
        [sys.executable, str(path), *names, "--cache", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3
    assert "--install" in done.stderr
    assert list(tmp_path.iterdir()) == []
