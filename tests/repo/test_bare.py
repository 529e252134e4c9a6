"""The product runs where nothing is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import List, Set

import pytest

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


COMMANDS = """
import sys
from venice_ref.cli.main import main
for command in {commands}:
    try:
        main(command)
    except SystemExit:
        pass
print("loaded:", *sys.modules, file=sys.stderr)
"""
PUBLIC = (
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
HEAVY = {
    "asyncio", "dataclasses", "email", "http.client", "inspect", "logging", "secrets", "socket",
    "ssl", "urllib.request",
}  # fmt: skip


@pytest.mark.parametrize(
    ("commands", "present", "absent"),
    [
        (
            [["--help"], ["verify", "--help"]],
            "argparse",
            {"venice_ref.crypto", "venice_ref.client"},
        ),
        (
            [["seal", "--to", PUBLIC, "text"]],
            "venice_ref.e2ee.envelope",
            {"venice_ref.evidence", "venice_ref.attestation", "venice_ref.pki"},
        ),
    ],
    ids=["help", "seal"],
)
def test_what_offline_commands_do_not_load(
    commands: List[List[str]], present: str, absent: Set[str]
) -> None:
    done = bare("-c", COMMANDS.format(commands=commands))
    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.rpartition("loaded:")[2].split())
    assert present in loaded
    assert not loaded & (HEAVY | absent)


def test_a_client_that_has_not_asked_yet_loads_neither_network_nor_judges() -> None:
    code = (
        "import sys; from venice_ref import Policy, VeniceClient\n"
        "from venice_ref.session import Session\n"
        "VeniceClient(api_key='key', base_url='http://127.0.0.1/api/v1')\n"
        "Session('http://127.0.0.1/api/v1', 'model', Policy()).challenge()\n"
        "print(*sys.modules)"
    )
    done = bare("-c", code)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    judges = {
        "venice_ref.attestation.checks",
        "venice_ref.client.gathering",
        "venice_ref.evidence.nvidia.verify",
        "venice_ref.evidence.tdx.verify",
        "venice_ref.pki.certificate",
        "xml",
    }
    assert "venice_ref.e2ee.stream" in loaded
    assert not loaded & (HEAVY | judges)


def test_help_and_offline_commands_load_no_network() -> None:
    code = (
        "import sys; from venice_ref.cli.main import main\n"
        "try:\n    code = main(['--help'])\nexcept SystemExit as stop:\n    code = stop.code\n"
        "print(code, 'ssl' in sys.modules, 'urllib.request' in sys.modules, file=sys.stderr)"
    )
    done = bare("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stderr.split()[-3:] == ["0", "False", "False"]
