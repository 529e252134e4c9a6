"""The guide's JavaScript sample on the machine's Node.

Its packages are installed by name at pinned versions, without their scripts, into a cache folder
outside the repository, once for each set of pins.  What is missing is `Unavailable`, with the
reason; what is there and does not work is an error.
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
import threading
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from tests.interop import guide

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

OLDEST_NODE = (20, 19)
"""What the pinned @noble packages ask for."""

INSTALL_SECONDS = 60
REPLY_SECONDS = 45

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
    """Return the folder of this user, outside the repository, for what is installed once."""
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".cache") / "venice-ref-tests"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder):
            return folder
    except (OSError, RuntimeError):  # no home, or a read-only one
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
def _outcome(install: bool, pins: Tuple[str, ...]) -> Tuple[Optional[Path], str]:
    """Return the folder of the packages, or the reason why there is none; asked once a process."""
    key = hashlib.sha256("\n".join(pins).encode("ascii")).hexdigest()[:16]
    cache = cache_folder()
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


def packages(*, install: bool = True, pins: Tuple[str, ...] = PINS) -> Path:
    """Return the folder that holds `node_modules`; `Unavailable` where it cannot be had."""
    folder, reason = _outcome(install, pins)
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


class NodeProcess:
    """A Node process that runs a driver on `serve.mjs`, and calls its functions."""

    def __init__(self, command: Sequence[str], errors: Path) -> None:
        self._turn = threading.Lock()
        self._errors = errors
        with errors.open("wb") as stream:
            self._process = subprocess.Popen(
                [node_program(), *command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream,
            )  # fmt: skip

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, request: Dict[str, Any]) -> Dict[str, Any]:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the pipes of Node are missing")
        watchdog = threading.Timer(REPLY_SECONDS, process.kill)
        with self._turn:
            watchdog.start()
            try:
                process.stdin.write(json.dumps(request).encode("utf-8") + b"\n")
                process.stdin.flush()
                line = process.stdout.readline()
            except BrokenPipeError:
                line = b""
            finally:
                watchdog.cancel()
        if not line:
            said = self._errors.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"Node ended without an answer: {said}")
        answer: Dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"Node failed: {answer['error']}")
        return answer

    def call(self, name: str, *arguments: str) -> Any:
        """Return what one function of the driver returns."""
        return self._ask({"call": name, "arguments": list(arguments)})["value"]

    def time(self, name: str, inputs: Sequence[Sequence[str]], loops: int) -> float:
        """Return the seconds, by Node's clock, of `loops` passes over `inputs`."""
        request = {"time": name, "inputs": [list(one) for one in inputs], "loops": loops}
        return float(self._ask(request)["seconds"])


class NodeSample(NodeProcess):
    """The functions of the guide's JavaScript sample, each call carried to a Node process."""

    def __init__(self, markdown: str, folder: Path, *, install: bool = True) -> None:
        node_program()  # before anything is installed for it
        lay_out(packages(install=install), folder)
        for name, mark, exported in (
            ("keys", guide.JAVASCRIPT_KEYS, "generateEphemeralKeyPair"),
            ("encrypt", guide.JAVASCRIPT_ENCRYPT, "encryptMessage"),
            ("decrypt", guide.JAVASCRIPT_DECRYPT, "decryptChunk"),
        ):
            code = guide.sample(markdown, "javascript", mark)
            # A module must export what the driver calls; the line stands after the sample.
            text = f"{code}\nexport {{ {exported} }}\n"
            (folder / f"{name}.mjs").write_text(text, encoding="utf-8")
        for name in ("driver.mjs", "serve.mjs"):
            shutil.copyfile(Path(__file__).with_name(name), folder / name)
        super().__init__([str(folder / "driver.mjs")], folder / "stderr.txt")

    def generate(self) -> Tuple[bytes, str]:
        """Return a fresh private key and its public key in hex."""
        private, public_hex = self.call("generate")
        return bytes.fromhex(private), str(public_hex)

    def encrypt(self, text: str, public_hex: str) -> str:
        """Return the envelope of a text in hex."""
        return str(self.call("encrypt", text, public_hex))

    def decrypt(self, envelope_hex: str, private: bytes) -> str:
        """Return the text of an envelope."""
        return str(self.call("decrypt", envelope_hex, private.hex()))


def complete_example(markdown: str, base_url: str, folder: Path) -> List[str]:
    """Write the complete example to `folder` and return the command that runs it."""
    program = node_program()
    lay_out(packages(), folder)
    code = guide.sample(markdown, "javascript", guide.JAVASCRIPT_COMPLETE)
    path = folder / "complete.mjs"
    path.write_text(guide.with_base_url(code, base_url), encoding="utf-8")
    return [program, str(path)]
