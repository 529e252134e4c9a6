"""The works of a process that only starts: its imports, and until it is ready for a first request.

Each sample is a whole process.  Bytecode is cached by a first run that is not counted.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, List, cast

from bench import clock
from bench.measure import OURS, Candidate
from bench.peers import JAVASCRIPT, OPENSSL, OWN_PEER, PYTHON, QVL_RUST, Peers
from conformance.adapters.examples import guide, node
from tests.interop.peers import require_packages

BARE = "unit: a bare interpreter"
ROOT = Path(__file__).resolve().parents[1]

START_OURS = """\
from venice_ref.attestation.policy import Policy
from venice_ref.client import VeniceClient
from venice_ref.crypto.ecdh import PrivateKey
from venice_ref.session import Session
url = "http://127.0.0.1/api/v1"
client = VeniceClient(api_key="key", base_url=url, policy=Policy(assurance="binding"))
Session(url, "model", Policy(assurance="binding")).challenge()
print("ready", len(PrivateKey.generate().public_key))
"""
START_GUIDE = """\
import complete
key = complete.SigningKey.generate(curve=complete.SECP256k1)
print("ready", len(b"\\x04" + key.get_verifying_key().to_string()))
"""
START_OWN = """\
import tests.interop.peer
print("ready", len(bytes.fromhex(tests.interop.peer.generate_key()[1])))
"""
START_JAVASCRIPT = """\
const { generateEphemeralKeyPair } = await import('./keys.mjs')
await import('./encrypt.mjs')
await import('./decrypt.mjs')
console.log('ready', generateEphemeralKeyPair().publicKeyHex.length / 2)
"""


def _process(name: str, command: List[str], path: Path) -> Candidate:
    variables: Dict[str, str] = {**os.environ, "PYTHONPATH": str(path)}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)

    def outcome() -> object:
        done = subprocess.run(
            command, env=variables, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout.split()

    def sample(loops: int) -> float:
        start = clock.read_with_children()
        for _ in range(loops):
            outcome()
        return (clock.read_with_children() - start) / loops

    return Candidate(name, sample, outcome, fixed_loops=1)


def start_ours(_: Peers) -> Candidate:
    """The client, the stream and the transport loaded, a session with its key pair."""
    return _process(OURS, [sys.executable, "-c", START_OURS], ROOT)


def start_bare(_: Peers) -> Candidate:
    """An interpreter that does nothing: what no program can go below."""
    code = "print('ready', 65)"
    return _process(BARE, [sys.executable, "-c", code], ROOT)


def start_python(peers: Peers) -> Candidate:
    """The imports of the guide's complete example, and a key pair."""
    markdown = guide.read_guide()
    if markdown is None:
        require_packages("cryptography", "ecdsa")
        return _process(OWN_PEER, [sys.executable, "-c", START_OWN], ROOT)
    require_packages("cryptography", "ecdsa", "requests")
    folder = peers.folder / "start"
    folder.mkdir(exist_ok=True)
    code = guide.sample(markdown, "python", guide.PYTHON_COMPLETE)
    (folder / "complete.py").write_text(code, encoding="utf-8")
    return _process(PYTHON, [sys.executable, "-c", START_GUIDE], folder)


def start_javascript(peers: Peers) -> Candidate:
    """The modules of the guide's steps, and a key pair."""
    peers.javascript_sample()
    folder = peers.folder / "javascript"
    (folder / "start.mjs").write_text(START_JAVASCRIPT, encoding="utf-8")
    return _process(JAVASCRIPT, [node.node_program(), str(folder / "start.mjs")], ROOT)


# --- What an import adds ------------------------------------------------------------------------

EVERYTHING = "ours, client and evidence"
IMPORT = "from time import {1} as read; start = read(); import {0}; print(read() - start)"


def _import(name: str, modules: str) -> Candidate:
    """The interpreter itself takes the time, so that its own start is not in it."""
    reader = "process_time" if clock.chosen() == clock.PROCESSOR else "perf_counter"
    code = IMPORT.format(modules, reader)
    whole = _process(name, [sys.executable, "-c", code], ROOT)

    def sample(loops: int) -> float:
        return sum(_printed(whole) for _ in range(loops)) / loops

    # What it produces is an interpreter that has the names; each is another.
    return Candidate(name, sample, lambda: _printed(whole) > 0, fixed_loops=1)


def _printed(process: Candidate) -> float:
    (text,) = cast("List[str]", process.outcome())
    return float(text)


def import_ours(_: Peers) -> Candidate:
    """The package by its name, which loads the rest when it is asked for."""
    return _import(OURS, "venice_ref")


def import_everything(_: Peers) -> Candidate:
    """What an attestation up to the level `dcap` loads."""
    return _import(
        EVERYTHING,
        "venice_ref.client, venice_ref.evidence.tdx.verify, venice_ref.evidence.nvidia.verify",
    )


def import_qvl(peers: Peers) -> Candidate:
    """A module in Rust."""
    peers.package("dcap_qvl")
    return _import(QVL_RUST, "dcap_qvl")


def import_openssl(peers: Peers) -> Candidate:
    """What certificates and ECDSA need of it."""
    peers.package("cryptography")
    parts = ("cryptography.x509", "cryptography.hazmat.primitives.asymmetric.ec")
    return _import(OPENSSL, ", ".join(parts))
