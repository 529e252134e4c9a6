"""Loads the peers once a run, or says why one cannot be had."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from bench import clock
from bench.environment import absence
from bench.measure import Candidate
from conformance.adapters.examples import guide, node
from conformance.adapters.examples.node import Unavailable
from tests.interop.node import NodeProcess, NodeSample
from tests.interop.peers import OWN, Peer, guide_peer, own_module

__all__ = ["Peers", "Unavailable", "eth_keys", "in_node"]

PYTHON = "the guide's Python sample"
JAVASCRIPT = "the guide's JavaScript sample"
OWN_PEER = "own peer (ecdsa, cryptography)"
"""What stands for the guide's Python sample where the guide is absent: the same libraries."""
ECDSA = "ecdsa"
OPENSSL = "cryptography (OpenSSL)"
COINCURVE = "coincurve (libsecp256k1)"
ETH_KEYS = "eth-keys, native backend"
TLSLITE = "tlslite-ng, pure Python"
PYCRYPTODOME = "pycryptodome (C)"
PYAES = "pyaes (CTR only, no tag)"
AXLABS = "@axlabs/venice-e2ee on Node"
VENICE_E2EE = "venice-e2ee on Node"
QVL_RUST = "dcap-qvl (Rust)"
QVL_NODE = "@phala/dcap-qvl on Node"
QVL_BROWSER = "@phala/dcap-qvl, JavaScript"
"""The same without Node's OpenSSL, as it works in a browser."""

QUOTE_DRIVER = Path(__file__).with_name("quote.mjs")
CHUNK_DRIVER = Path(__file__).with_name("chunk.mjs")
NPM_NAMES = {AXLABS: "@axlabs/venice-e2ee", VENICE_E2EE: "venice-e2ee"}


class Peers:
    """The other implementations; each method raises `Unavailable` with the reason."""

    def __init__(self, folder: Path, *, install: bool) -> None:
        self.folder = folder
        self.install = install
        self._sample: Optional[Tuple[str, Peer]] = None
        self._node: Optional[NodeSample] = None
        self._processes: Dict[str, NodeProcess] = {}

    def close(self) -> None:
        """End what was started."""
        if self._node is not None:
            self._node.close()
            self._node = None
        for process in self._processes.values():
            process.close()
        self._processes.clear()

    def package(self, name: str) -> Any:
        """Return a Python package by its dotted name."""
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise Unavailable(absence(str(error.name))) from None

    def python_sample(self) -> Tuple[str, Peer]:
        """Return the guide's Python sample; without the guide our own peer on its libraries."""
        if self._sample is None:
            self.package("cryptography")
            self.package("ecdsa")
            if guide.read_guide() is None:
                own = own_module()
                peer = Peer(OWN, own.generate_key, own.encrypt, own.decrypt)
                self._sample = OWN_PEER, peer
            else:
                self._sample = PYTHON, guide_peer(self.folder)
        return self._sample

    def javascript_sample(self) -> NodeSample:
        """Return the guide's JavaScript sample in a Node process."""
        if self._node is None:
            markdown = guide.read_guide()
            if markdown is None:
                raise Unavailable(guide.ABSENT)
            folder = self.folder / "javascript"
            folder.mkdir(exist_ok=True)
            self._node = NodeSample(markdown, folder, install=self.install)
        return self._node

    def quote_library(self, *, browser: bool) -> NodeProcess:
        """Return a Node process with the JavaScript library that verifies quotes.

        For a `browser` it does without what Node has built in.
        """
        name = QVL_BROWSER if browser else QVL_NODE
        mode = ["browser"] if browser else []
        return self._process(name, QUOTE_DRIVER, node.QUOTE_PINS, mode)

    def npm_client(self, name: str) -> NodeProcess:
        """Return a Node process with one of the two npm packages that are clients."""
        package = NPM_NAMES[name]
        return self._process(name, CHUNK_DRIVER, node.CLIENT_PINS[package], [package])

    def _process(
        self, name: str, driver: Path, pins: Tuple[str, ...], further: List[str]
    ) -> NodeProcess:
        if name not in self._processes:
            installed = node.packages(install=self.install, pins=pins)
            errors = self.folder / f"node-{len(self._processes)}.txt"
            command = [str(driver), str(installed / "package.json"), *further]
            self._processes[name] = NodeProcess(command, errors)
        return self._processes[name]


def eth_keys(peers: Peers) -> Tuple[Any, Any]:
    """Return `keys` of that library and its backend in pure Python."""
    backend = peers.package("eth_keys.backends.native.main").NativeECCBackend()
    return peers.package("eth_keys.datatypes"), backend


def in_node(
    name: str,
    process: NodeProcess,
    call: str,
    inputs: Sequence[Tuple[str, ...]],
    normal: Callable[[List[Any]], object],
    warm_up: int,
) -> Candidate:
    """Return a candidate in a Node process, which waits while Python works and vice versa.

    `warm_up` calls before the first measurement let the compiler of Node do its work.
    """

    def seconds(loops: int) -> float:
        elapsed = process.time(call, inputs, loops, clock=clock.chosen())
        return elapsed / (loops * len(inputs))

    def outcome() -> object:
        results = normal([process.call(call, *one) for one in inputs])
        process.time(call, inputs, -(-warm_up // len(inputs)))
        return results

    return Candidate(name, seconds, outcome)
