"""What stands at the head of a report: which suite, which implementation, and how it was run."""

from __future__ import annotations

import hashlib
import platform
from datetime import datetime, timezone
from typing import Any, Dict, Final, Iterable, Mapping, Optional, Sequence

from conformance.adapters.protocol import SUITE_VERSION, Hello
from conformance.resources import read_file, read_files

__all__ = ["MEMBERS", "make_header", "spec_digest", "vectors_digest"]

SUITE_REVISION: Final = 1
SPEC_REVISION: Final = "1"

MEMBERS: Final = ("name", "version", "language", "url", "issues_url", "commit")
"""What is said of an implementation."""


def make_header(
    *,
    profile: str,
    argv: Sequence[str],
    seed: str,
    challenge: str,
    started: datetime,
    adapter: str,
    implementation: Mapping[str, str],
    hello: Optional[Hello],
    selected: int,
    partial: bool,
    warnings: Iterable[str],
    problems: Iterable[str],
) -> Dict[str, Any]:
    """Return the header; `adapter` is the command as it was given."""
    text = started.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None).isoformat()
    return {
        "suite": {
            "name": "venice-conformance",
            "version": SUITE_VERSION,
            "revision": SUITE_REVISION,
            "vectors_sha256": vectors_digest(),
        },
        "spec": {"revision": SPEC_REVISION, "sha256": spec_digest()},
        "profile": profile,
        "argv": list(argv),
        "seed": seed,
        "challenge": challenge,
        "platform": {
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "system": f"{platform.system()} {platform.machine()}",
        },
        "started": f"{text}Z",
        "implementation": {name: implementation.get(name, "") for name in MEMBERS},
        "capabilities": dict(hello.raw) if hello else {},
        "adapter": adapter,
        "selected": selected,
        "partial": partial,
        "warnings": list(warnings),
        "problems": list(problems),
    }


def vectors_digest() -> str:
    """Return the SHA-256 over the names and digests of the files of vectors, in their order."""
    whole = hashlib.sha256()
    for name, content in read_files("vectors", ".json").items():
        whole.update(f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()


def spec_digest() -> str:
    """Return the SHA-256 of the requirements as they were read out of SPEC.md."""
    raw = read_file("conformance/requirements.json")
    return hashlib.sha256(raw).hexdigest() if raw else ""
