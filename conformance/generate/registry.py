"""Which generator writes which file, and how its bytes are written.

The same bytes come from every Python: keys stand in the order in which they were made, numbers are
integers, text is ASCII with escapes, one line for each value, one newline at the end.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any, Callable, Dict, Final, Iterator, NamedTuple, Optional, Tuple

from conformance.generate.builder import FileBuilder

__all__ = ["SEED", "SOURCES", "Source", "encode", "generate", "stale_files"]

SEED: Final = "venice-vectors/1"
"""The seed of the published files."""


Progress = Callable[[str, int, int], None]
"""Told of each file: its name, its number from 1, how many there are."""


class Source(NamedTuple):
    """One file and its generator."""

    name: str
    """Path below `vectors/` without the ending."""
    op: str
    """The operation that its inputs are for."""
    module: str
    """Module of this package whose function `generate(builder)` fills it."""
    about: str
    """One sentence for the list of files."""


SOURCES: Final[Tuple[Source, ...]] = (
    # keys and primitives
    # envelope, messages and request
    # event stream, session and transport
    # attestation answer, binding and policy
    # quote
    # certificates and lists of revoked ones
    # collateral and TCB
    # dstack and signatures
    Source("dstack/digests", "event.digest", "dstack_digests",
           "Digests of events of register 3, versions 1 and 2."),
    Source("dstack/event_log", "event_log.verify", "dstack_logs",
           "Event logs against the registers of a quote."),
    Source("dstack/event_log_form", "event_log.verify", "dstack_forms",
           "Event logs that are not of the form."),
    Source("dstack/application", "application.verify", "dstack_applications",
           "The application that an event log names."),
    Source("dstack/compose", "compose.verify", "dstack_compose",
           "The compose file by event log, MRCONFIGID and text."),
    Source("dstack/info", "info.verify", "dstack_info",
           "The claims of info against what is proven."),
    Source("dstack/compose_manager", "compose_manager.verify", "dstack_manager",
           "Records of a compose manager."),
    # GPU and tokens
)


def generate(source: Source, *, seed: str = SEED) -> Dict[str, Any]:
    """Return the content of one file."""
    builder = FileBuilder(source.name, source.op, source.about, seed=seed)
    importlib.import_module(f"conformance.generate.{source.module}").generate(builder)
    return builder.document()


def encode(document: Dict[str, Any]) -> bytes:
    """Return the bytes of a file."""
    return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode("ascii")


def stale_files(
    folder: Path, only: str = "", *, progress: Optional[Progress] = None
) -> Iterator[Tuple[Path, bytes]]:
    """Yield path and right content of each file below `folder` that is not what it should be.

    Only files whose names begin with `only` are made; `progress` is told of each of them.
    """
    chosen = [source for source in SOURCES if source.name.startswith(only)]
    for number, source in enumerate(chosen, 1):
        if progress is not None:
            progress(source.name, number, len(chosen))
        path = folder / f"{source.name}.json"
        content = encode(generate(source))
        if not path.is_file() or path.read_bytes() != content:
            yield path, content
