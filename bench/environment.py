"""Where the benchmark runs: the peers of this interpreter, or a scratch environment with them."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional

from conformance.adapters.examples.node import cache_folder
from venice_ref.crypto.twins import textbook_only

ROOT = Path(__file__).resolve().parents[1]
PINS = (ROOT / "requirements" / "peers.txt", ROOT / "requirements" / "bench.txt")
PACKAGES: Dict[str, str] = {
    "coincurve": "coincurve",
    "cryptography": "cryptography",
    "dcap-qvl": "dcap_qvl",
    "ecdsa": "ecdsa",
    "eth-keys": "eth_keys",
    "pyaes": "pyaes",
    "pycryptodome": "Crypto",
    "requests": "requests",
    "tlslite-ng": "tlslite",
}
"""What the candidates import: package -> module; a file of pins may list more, for the tests."""

INSTALL_SECONDS = 300
DONE = "installed"
"""The file that says that a scratch environment is complete, and what could not be installed."""


def pins() -> List[str]:
    """Return the pins of what the benchmark uses, as `name==version`."""
    lines = [line for file in PINS for line in file.read_text(encoding="utf-8").splitlines()]
    listed = [line.partition("#")[0].strip() for line in lines]
    return [pin for pin in listed if pin.partition("==")[0] in PACKAGES]


def installed() -> Dict[str, str]:
    """Return the version of each peer that this interpreter has."""
    found: Dict[str, str] = {}
    for pin in pins():
        name = pin.partition("==")[0]
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def missing() -> List[str]:
    """Return the names of the peers that this interpreter lacks."""
    return [pin.partition("==")[0] for pin in pins() if pin.partition("==")[0] not in installed()]


def scratch_python() -> Path:
    """Return the Python of an environment with the pinned peers, made where it is missing.

    It lies outside the repository, one for each interpreter and set of pins.  A package that this
    interpreter cannot have is left out, and the reason written down (`reasons`).
    Raises OSError or subprocess.SubprocessError where it cannot be made, or holds nothing.
    """
    key = "\n".join([sys.executable, sys.version, *pins()])
    name = f"bench-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    folder = cache_folder() / name
    inside = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    done = folder / DONE
    if not done.is_file():
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        failed = _install(str(folder / inside), pins())
        done.write_text(json.dumps(failed), encoding="utf-8")
    return folder / inside


def _install(python: str, wanted: List[str]) -> Dict[str, str]:
    """Install all together, or else one by one; return package -> reason of those that fail."""
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        _run([*command, *wanted])
    except subprocess.CalledProcessError as whole:
        failed = {}
        for pin in wanted:
            try:
                _run([*command, pin])
            except subprocess.SubprocessError as error:  # noqa: PERF203  seconds each
                failed[pin.partition("==")[0]] = reason_of(error)
        if len(failed) == len(wanted):
            raise whole from None
        return failed
    return {}


def _run(command: List[str]) -> None:
    subprocess.run(
        command, check=True, timeout=INSTALL_SECONDS, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def reasons() -> Dict[str, str]:
    """Return why packages are missing here, by their names, where this is a scratch environment."""
    try:
        found: Dict[str, str] = json.loads((Path(sys.prefix) / DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def absence(module: str) -> str:
    """Return why a module cannot be imported."""
    top = module.partition(".")[0]
    failed = {PACKAGES[name]: reason for name, reason in reasons().items() if name in PACKAGES}
    reason = failed.get(top, "")
    return f"not installed for this Python: {module}" + (f" ({reason})" if reason else "")


def run_elsewhere(python: Path, arguments: List[str]) -> int:
    """Run the benchmark with another interpreter and return its exit code."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [str(python), "-m", "bench", *arguments, "--in-scratch"]
    return subprocess.run(command, env=variables, check=False).returncode


def reason_of(error: Exception) -> str:
    """Return in one line why the scratch environment could not be made."""
    said: Optional[str] = getattr(error, "stderr", None)
    lines = [line for line in (said or "").splitlines() if line.strip()]
    return lines[-1] if lines else str(error)


def machine() -> Dict[str, Any]:
    """Return what a reader needs to know about the machine, as JSON."""
    options = sysconfig.get_config_var("CONFIG_ARGS") or ""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": platform.python_compiler(),
        "optimised_build": "--enable-optimizations" in options,
        "link_time_optimisation": "--with-lto" in options,
        "system": platform.system(),
        "processor": processor(),
        "cpu_count": os.cpu_count(),
        "textbook_forms_only": textbook_only,
    }


def processor() -> str:
    """Return the name of the processor, as far as the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder for extracted samples."""
    return tempfile.TemporaryDirectory(prefix="venice-ref-bench-")
