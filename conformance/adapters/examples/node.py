"""Node, and the packages that the JavaScript implementations need.

They are installed by name at pinned versions, without their scripts, into a cache folder outside
the repository, once for each set of pins.  What is missing is `Unavailable`, with the reason; what
is there and does not work is an error.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final, Mapping, Optional, Tuple

__all__ = [
    "CLIENT_PINS",
    "INSTALL_SECONDS",
    "PINS",
    "QUOTE_PINS",
    "Unavailable",
    "cache_folder",
    "lay_out",
    "node_program",
    "packages",
]

PINS = (
    # What the guide names:
    "elliptic@6.6.1",
    "@noble/ciphers@2.4.0",
    "@noble/hashes@2.4.0",
    # What `elliptic` needs, pinned as well so that a run can be repeated:
    "bn.js@4.12.5",
    "brorand@1.1.0",
    "hash.js@1.1.7",
    "hmac-drbg@1.0.1",
    "inherits@2.0.4",
    "minimalistic-assert@1.0.1",
    "minimalistic-crypto-utils@1.0.1",
)
QUOTE_PINS = (
    "@phala/dcap-qvl@0.3.9",
    # What it needs, pinned as well:
    "@peculiar/asn1-schema@2.11.1",
    "@peculiar/asn1-x509@2.11.1",
    "asn1.js@5.4.1",
    "bn.js@5.2.5",
    "buffer@6.0.3",
    "elliptic@6.6.1",
    "hash.js@1.1.7",
    "node-fetch@2.7.0",
)
"""A verifier of quotes, for the benchmark.  It has a folder of its own, so that neither set of
packages stands or falls with the other."""

CLIENT_PINS: Final[Mapping[str, Tuple[str, ...]]] = {
    # package -> itself, what it needs, and the verifier of quotes that it names as an option
    name: (f"{name}@{version}", "@noble/hashes@2.4.0", "@noble/secp256k1@2.3.0", *QUOTE_PINS)
    for name, version in (("@axlabs/venice-e2ee", "0.2.0"), ("venice-e2ee", "0.5.3"))
}
"""The npm packages that the suite is run on."""

OLDEST_NODE = (20, 19)
"""What the pinned @noble packages ask for."""

INSTALL_SECONDS = 60

# The guide writes `import { ec as EC } from 'elliptic'`.  That package is CommonJS, and Node does
# not see its members as named exports, so the samples of the single steps do not load as they
# stand (the complete example, with its default import, does).  This package of the same name
# stands before the real one and adds the missing name; the sample stays as it is.
SHIM = """\
import { createRequire } from 'node:module'
const elliptic = createRequire(import.meta.url)(REAL)
export default elliptic
export const ec = elliptic.ec
"""


class Unavailable(Exception):  # noqa: N818  # not an error: the reason to skip
    """Node, npm or the packages cannot be had on this machine; the text is the reason."""


def cache_folder() -> Path:
    """Return the folder of this user, outside the repository, for what is installed once.

    The home folder is taken from the database of users: the suite gives an adapter another `HOME`.
    """
    try:
        import pwd  # noqa: PLC0415  not on every system

        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    except (ImportError, KeyError):
        home = Path(os.path.expanduser("~"))  # noqa: PTH111  Path.home() raises where there is none
    try:
        folder = home / ".cache" / "venice-ref-tests"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder):
            return folder
    except OSError:  # no home, or a read-only one
        return Path(tempfile.mkdtemp(prefix="venice-ref-tests-"))


def node_program() -> str:
    """Return the path of a Node that is new enough."""
    path = shutil.which("node")
    if path is None:
        raise Unavailable("there is no Node on this machine")
    try:
        printed = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=30, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise Unavailable(f"Node does not start: {error}") from None
    version = tuple(int(part) for part in printed.strip().lstrip("v").split(".")[:2])
    if version < OLDEST_NODE:
        raise Unavailable(f"Node {printed.strip()} is older than the packages need, v20.19")
    return path


@functools.cache
def _outcome(install: bool, pins: Tuple[str, ...], cache: Path) -> Tuple[Optional[Path], str]:
    """Return the folder of the packages, or the reason why there is none; asked once a process."""
    key = hashlib.sha256("\n".join(pins).encode("ascii")).hexdigest()[:16]
    folder = cache / f"node-{key}"
    if (folder / "node_modules").is_dir():
        return folder, ""
    if not install:
        return None, "the JavaScript packages are not installed"
    npm = shutil.which("npm")
    if npm is None:
        return None, "there is no npm on this machine"
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        fresh = Path(scratch) / "packages"
        fresh.mkdir()
        (fresh / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        reason = _npm_install(npm, fresh, pins)
        if reason:
            return None, f"npm cannot install the JavaScript packages: {reason}"
        with contextlib.suppress(OSError):  # another process was first
            fresh.rename(folder)
    return folder, ""


def _npm_install(npm: str, folder: Path, pins: Tuple[str, ...]) -> str:
    """Install the pins into a folder; return the reason where it fails, "" otherwise."""
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"]
    try:
        done = subprocess.run(
            [npm, "install", *options, *pins], cwd=folder, check=False, text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=INSTALL_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no end after {INSTALL_SECONDS} s"
    except OSError as error:
        return str(error)
    lines = [line for line in done.stderr.splitlines() if "error" in line.lower()]
    return "" if done.returncode == 0 else (lines or ["unknown reason"])[0]


def packages(
    *, install: bool = True, pins: Tuple[str, ...] = PINS, cache: Optional[Path] = None
) -> Path:
    """Return the folder that holds `node_modules`; `Unavailable` where it cannot be had."""
    folder, reason = _outcome(install, pins, cache or cache_folder())
    if folder is None:
        raise Unavailable(reason)
    return folder


def lay_out(installed: Path, folder: Path) -> None:
    """Make the packages importable from files in `folder`, with the name that the guide expects."""
    shim = folder / "node_modules" / "elliptic"
    shim.mkdir(parents=True)
    real = json.dumps(str(installed / "node_modules" / "elliptic"))
    (shim / "index.mjs").write_text(SHIM.replace("REAL", real), encoding="utf-8")
    manifest = {"name": "elliptic", "type": "module", "exports": "./index.mjs"}
    (shim / "package.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "node_modules" / "@noble").symlink_to(installed / "node_modules" / "@noble")
