"""Loads the peers once a run, or says why one cannot be had."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from bench.measure import Candidate
from tests.interop import guide, node
from tests.interop.node import Unavailable
from tests.interop.peers import OWN, Peer, guide_peer, own_module

__all__ = ["Peers", "Unavailable", "in_node"]

PYTHON = "the guide's Python sample"
JAVASCRIPT = "the guide's JavaScript sample"
OWN_PEER = "own peer (ecdsa, cryptography)"
"""What stands for the guide's Python sample where the guide is absent: the same libraries."""
ECDSA = "ecdsa"
OPENSSL = "cryptography (OpenSSL)"
QVL_RUST = "dcap-qvl (Rust)"
QVL_NODE = "@phala/dcap-qvl on Node"
QVL_BROWSER = "@phala/dcap-qvl, JavaScript"
"""The same without Node's OpenSSL, as it works in a browser."""

QUOTE_DRIVER = Path(__file__).with_name("quote.mjs")


class Peers:
    """The other implementations; each method raises `Unavailable` with the reason."""

    def __init__(self, folder: Path, *, install: bool) -> None:
        self.folder = folder
        self.install = install
        self._sample: Optional[Tuple[str, Peer]] = None
        self._node: Optional[node.NodeSample] = None
        self._quotes: Dict[bool, node.NodeProcess] = {}

    def close(self) -> None:
        """End what was started."""
        if self._node is not None:
            self._node.close()
            self._node = None
        for process in self._quotes.values():
            process.close()
        self._quotes.clear()

    def package(self, name: str) -> Any:
        """Return a Python package by its dotted name."""
        try:
            return importlib.import_module(name)
        except ImportError as error:
            raise Unavailable(f"not installed for this Python: {error.name}") from None

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

    def javascript_sample(self) -> node.NodeSample:
        """Return the guide's JavaScript sample in a Node process."""
        if self._node is None:
            markdown = guide.read_guide()
            if markdown is None:
                raise Unavailable(guide.ABSENT)
            folder = self.folder / "javascript"
            folder.mkdir(exist_ok=True)
            self._node = node.NodeSample(markdown, folder, install=self.install)
        return self._node

    def quote_library(self, *, browser: bool) -> node.NodeProcess:
        """Return a Node process with the JavaScript library that verifies quotes.

        For a `browser` it does without what Node has built in.
        """
        if browser not in self._quotes:
            installed = node.packages(install=self.install, pins=node.QUOTE_PINS)
            command = [str(QUOTE_DRIVER), str(installed / "package.json")]
            errors = self.folder / f"quotes-{'browser' if browser else 'node'}.txt"
            mode = ["browser"] if browser else []
            self._quotes[browser] = node.NodeProcess([*command, *mode], errors)
        return self._quotes[browser]


def in_node(
    name: str,
    process: node.NodeProcess,
    call: str,
    inputs: Sequence[Tuple[str, ...]],
    normal: Callable[[List[Any]], object],
    warm_up: int,
) -> Candidate:
    """Return a candidate in a Node process, which waits while Python works and vice versa.

    `warm_up` calls before the first measurement let the compiler of Node do its work.
    """

    def seconds(loops: int) -> float:
        return process.time(call, inputs, loops) / (loops * len(inputs))

    def outcome() -> object:
        results = normal([process.call(call, *one) for one in inputs])
        process.time(call, inputs, -(-warm_up // len(inputs)))
        return results

    return Candidate(name, seconds, outcome)
