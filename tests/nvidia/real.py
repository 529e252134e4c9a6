"""Real evidence: the capture beside the repository, and NVIDIA's samples in a wheel.

The samples are in the wheel `nv-local-gpu-verifier`, below `verifier/samples`; it is enough to
install that wheel without what it depends on.
"""

from __future__ import annotations

import importlib.util
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import pytest

from tests.samples import ABSENT, NOW, REAL

FOLDER = REAL / "venice-2026-04-24"
AT = NOW


class Capture(NamedTuple):
    """What was received."""

    payload: str
    nonce: bytes
    nras: bytes
    jwks: bytes
    server_verification: Dict[str, Any]


@lru_cache(maxsize=1)
def _read(folder: Path) -> Capture:
    answer = json.loads((folder / "attestation.json").read_text(encoding="utf-8"))
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return Capture(
        payload=answer["nvidia_payload"],
        nonce=bytes.fromhex(manifest["nonce_hex"]),
        nras=(folder / "nras.json").read_bytes(),
        jwks=(folder / "jwks.json").read_bytes(),
        server_verification=answer["server_verification"],
    )


def capture() -> Capture:
    """Return the capture, or skip the test."""
    if not FOLDER.is_dir():
        pytest.skip(ABSENT)
    return _read(FOLDER)


@lru_cache(maxsize=1)
def _samples() -> List[Path]:
    found = importlib.util.find_spec("verifier")
    folders = [] if found is None else list(found.submodule_search_locations or [])
    return [path for folder in folders for path in sorted(Path(folder).glob("samples/*"))]


def samples(suffix: str) -> List[Path]:
    """Return NVIDIA's samples of a kind, or skip the test."""
    found = [path for path in _samples() if path.name.endswith(suffix)]
    if not found:
        pytest.skip("the wheel nv-local-gpu-verifier is not installed")
    return found
