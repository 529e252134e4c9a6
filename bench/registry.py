"""What is measured: one table of works, each with its candidates, ours first.

A further peer is a further line here and a function that makes its `Candidate`, or raises
`Unavailable` with the reason why it cannot be had.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Tuple

from bench import conversation, evidence, primitives, startup
from bench.measure import OURS, Candidate
from bench.peers import (
    ECDSA,
    JAVASCRIPT,
    OPENSSL,
    PYTHON,
    QVL_BROWSER,
    QVL_NODE,
    QVL_RUST,
    Peers,
)
from venice_ref.crypto.curves import P256, P384

__all__ = ["WORKS", "Work", "select"]

Maker = Callable[[Peers], Candidate]


class Work(NamedTuple):
    """One table: the same work, done by each candidate."""

    name: str
    title: str
    candidates: Tuple[Tuple[str, Maker], ...]
    """(name, maker) of each; the first is ours, to which the others are compared."""


def _encrypt(name: str, size: int) -> Work:
    return Work(
        f"encrypt-{name}",
        f"encrypt a prompt of {size:,} bytes (text in, hex out)",
        (
            (OURS, conversation.encrypt_ours(size)),
            (PYTHON, conversation.encrypt_python(size)),
            (JAVASCRIPT, conversation.encrypt_javascript(size)),
        ),
    )


def _gcm(name: str, size: int) -> Work:
    return Work(
        f"gcm-{name}",
        f"AES-256-GCM, {size:,} bytes under a fresh key",
        (
            (OURS, primitives.gcm_ours(size)),
            (OPENSSL, primitives.gcm_openssl(size)),
        ),
    )


WORKS: Tuple[Work, ...] = (
    Work(
        "open-chunk",
        "open one streamed chunk (hex in, text out)",
        (
            (OURS, conversation.open_ours),
            (PYTHON, conversation.open_python),
            (JAVASCRIPT, conversation.open_javascript),
        ),
    ),
    _encrypt("100B", 100),
    _encrypt("10KB", 10_000),
    Work(
        "ecdh",
        "ECDH on secp256k1 (public key in, shared x out)",
        (
            (OURS, primitives.ecdh_ours),
            (ECDSA, primitives.ecdh_ecdsa),
            (OPENSSL, primitives.ecdh_openssl),
            (primitives.UNIT, primitives.field_multiplication),
        ),
    ),
    _gcm("5B", 5),
    _gcm("64B", 64),
    _gcm("1KB", 1024),
    _gcm("64KB", 64 * 1024),
    _gcm("1MB", 1024 * 1024),
    Work(
        "keygen",
        "generate a key pair",
        (
            (OURS, conversation.generate_ours),
            (PYTHON, conversation.generate_python),
            (OPENSSL, conversation.generate_openssl),
        ),
    ),
    Work(
        "start",
        "start a process: imports, key pair, ready for a request",
        (
            (OURS, startup.start_ours),
            (PYTHON, startup.start_python),
            (JAVASCRIPT, startup.start_javascript),
            (startup.BARE, startup.start_bare),
        ),
    ),
    Work(
        "import",
        "import in a fresh interpreter, in addition to its start",
        (
            (OURS, startup.import_ours),
            (startup.EVERYTHING, startup.import_everything),
            (QVL_RUST, startup.import_qvl),
            (OPENSSL, startup.import_openssl),
        ),
    ),
    Work(
        "tdx-cold",
        "verify a TDX quote and its collateral, from nothing (JSON in)",
        (
            (OURS, evidence.cold_ours),
            (evidence.KNOWN_KEYS, evidence.cold_known_keys),
            (QVL_NODE, evidence.node("cold", QVL_NODE)),
            (QVL_BROWSER, evidence.node("cold", QVL_BROWSER)),
            (QVL_RUST, evidence.cold_rust),
            evidence.unit(P256, evidence.cold_ours),
        ),
    ),
    Work(
        "tdx-warm",
        "verify a further TDX quote under the same collateral",
        (
            (OURS, evidence.warm_ours),
            (QVL_NODE, evidence.node("warm", QVL_NODE)),
            (QVL_BROWSER, evidence.node("warm", QVL_BROWSER)),
            (QVL_RUST, evidence.warm_rust),
        ),
    ),
    Work(
        "gpu-8",
        "verify the reports of eight GPUs and their chains (JSON in)",
        (
            (OURS, evidence.gpus_ours),
            (OPENSSL, evidence.gpus_openssl),
            evidence.unit(P384, evidence.gpus_ours),
        ),
    ),
)


def select(names: Tuple[str, ...]) -> Tuple[Work, ...]:
    """Return the works whose names begin with one of `names`; all of them where there is none."""
    return tuple(work for work in WORKS if not names or work.name.startswith(names))
