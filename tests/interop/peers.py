"""The peers behind one face: the guide's two samples, and our own.

`open_peer` makes each, or says in `Unavailable` why it cannot be had here.  The benchmark uses the
same peers.
"""

from __future__ import annotations

import importlib.util
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Callable, Iterator, List, NamedTuple, Tuple

from conformance.adapters.examples import guide
from conformance.adapters.examples.guide import MODEL as GUIDE_MODEL
from conformance.adapters.examples.guide import PROMPT as GUIDE_PROMPT
from conformance.adapters.examples.guide import ROOT
from conformance.adapters.examples.node import Unavailable
from tests.interop.node import NodeSample, complete_example

__all__ = [
    "GUIDE_MODEL",
    "GUIDE_PROMPT",
    "NAMES",
    "ROOT",
    "Peer",
    "Unavailable",
    "client_command",
    "open_peer",
]

OWN = "own"
GUIDE_PYTHON = "guide-python"
GUIDE_JAVASCRIPT = "guide-javascript"
NAMES = (OWN, GUIDE_PYTHON, GUIDE_JAVASCRIPT)


class Peer(NamedTuple):
    """The functions of one peer; keys and envelopes in the forms that the guide uses."""

    name: str
    generate: Callable[[], Tuple[bytes, str]]
    """() -> private key (32 bytes), public key (130 hex digits)."""
    encrypt: Callable[[str, str], str]
    """(text, public key in hex) -> envelope in hex."""
    decrypt: Callable[[str, bytes], str]
    """(envelope in hex, private key) -> text."""


def require_packages(*names: str) -> None:
    """Raise `Unavailable` where one of the Python packages is not installed."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(f"not installed for this Python: {', '.join(missing)}")


def require_guide() -> str:
    """Return the text of the guide."""
    markdown = guide.read_guide()
    if markdown is None:
        raise Unavailable(guide.ABSENT)
    return markdown


def own_module() -> ModuleType:
    """Return our own peer."""
    require_packages("cryptography", "ecdsa")
    from tests.interop import peer

    return peer


def guide_module(folder: Path) -> ModuleType:
    """Return the functions of the guide's Python sample."""
    markdown = require_guide()
    require_packages("cryptography", "ecdsa")
    marks = (guide.PYTHON_KEYS, guide.PYTHON_ENCRYPT, guide.PYTHON_DECRYPT)
    return guide.load_python(markdown, marks, folder, "guide_sample")


def guide_peer(folder: Path) -> Peer:
    """Return the guide's Python sample."""
    module = guide_module(folder)

    def generate() -> Tuple[bytes, str]:
        pair = module.generate_ephemeral_key_pair()
        return pair["private_key"], pair["public_key_hex"]

    return Peer(GUIDE_PYTHON, generate, module.encrypt_message, module.decrypt_chunk)


@contextmanager
def open_peer(name: str, folder: Path, *, install: bool = True) -> Iterator[Peer]:
    """Provide a peer by name; `folder` is an empty temporary one."""
    if name == GUIDE_JAVASCRIPT:
        with closing(NodeSample(require_guide(), folder, install=install)) as sample:
            yield Peer(name, sample.generate, sample.encrypt, sample.decrypt)
    elif name == GUIDE_PYTHON:
        yield guide_peer(folder)
    else:
        module = own_module()
        yield Peer(name, module.generate_key, module.encrypt, module.decrypt)


def client_command(name: str, base_url: str, folder: Path) -> List[str]:
    """Return the command of a peer's whole client; the guide's asks one fixed question."""
    if name == GUIDE_JAVASCRIPT:
        return complete_example(require_guide(), base_url, folder)
    if name == GUIDE_PYTHON:
        code = guide.sample(require_guide(), "python", guide.PYTHON_COMPLETE)
        require_packages("cryptography", "ecdsa", "requests")
        path = folder / "complete.py"
        path.write_text(guide.with_base_url(code, base_url), encoding="utf-8")
        return [sys.executable, str(path)]
    require_packages("cryptography", "ecdsa")
    return [sys.executable, "-m", "tests.interop.peer", base_url, GUIDE_MODEL, GUIDE_PROMPT]
