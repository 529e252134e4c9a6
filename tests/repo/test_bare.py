"""The product runs where nothing is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys
assert not any("site-packages" in entry or "dist-packages" in entry for entry in sys.path), sys.path
count = 0
for top in ("venice_ref", "conformance"):
    package = importlib.import_module(top)
    for module in pkgutil.walk_packages(package.__path__, top + "."):
        if module.name.endswith("__main__"):
            continue
        importlib.import_module(module.name)
        count += 1
print(count)
"""


def bare(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run this interpreter without site-packages, environment and user folder."""
    command = [sys.executable, "-S", "-E", "-s", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
    )


def test_everything_imports_without_site_packages() -> None:
    done = bare("-W", "error", "-c", IMPORT_EVERYTHING)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 30


def test_an_import_of_the_package_loads_nothing_heavy() -> None:
    done = bare("-c", "import venice_ref, sys; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert not loaded & {"ssl", "socket", "urllib.request", "http.client", "asyncio", "dataclasses"}


def test_help_and_offline_commands_load_no_network() -> None:
    code = (
        "import sys; from venice_ref.cli.main import main\n"
        "try:\n    code = main(['--help'])\nexcept SystemExit as stop:\n    code = stop.code\n"
        "print(code, 'ssl' in sys.modules, 'urllib.request' in sys.modules, file=sys.stderr)"
    )
    done = bare("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stderr.split()[-3:] == ["0", "False", "False"]
