"""Loads the peers once a run, or says why one cannot be had."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Optional, Tuple

from tests.interop import guide, node
from tests.interop.node import Unavailable
from tests.interop.peers import OWN, Peer, guide_peer, own_module

__all__ = ["Peers", "Unavailable"]

PYTHON = "the guide's Python sample"
JAVASCRIPT = "the guide's JavaScript sample"
OWN_PEER = "own peer (ecdsa, cryptography)"
"""What stands for the guide's Python sample where the guide is absent: the same libraries."""
ECDSA = "ecdsa"
OPENSSL = "cryptography (OpenSSL)"


class Peers:
    """The other implementations; each method raises `Unavailable` with the reason."""

    def __init__(self, folder: Path, *, install: bool) -> None:
        self.folder = folder
        self.install = install
        self._sample: Optional[Tuple[str, Peer]] = None
        self._node: Optional[node.NodeSample] = None

    def close(self) -> None:
        """End what was started."""
        if self._node is not None:
            self._node.close()
            self._node = None

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
