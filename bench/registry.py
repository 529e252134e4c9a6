"""What is measured: one table of works, each with its candidates, ours first.

A further peer is a further line here and a function that makes its `Candidate`, or raises
`Unavailable` with the reason why it cannot be had.
"""

from __future__ import annotations

from typing import Callable, NamedTuple, Tuple

from bench import (
    agreement,
    conversation,
    crossovers,
    evidence,
    gains,
    hashing,
    leakage,
    sealing,
    signatures,
    startup,
)
from bench.measure import OURS, Candidate, Settings
from bench.peers import (
    AXLABS,
    COINCURVE,
    ECDSA,
    ETH_KEYS,
    JAVASCRIPT,
    OPENSSL,
    PYCRYPTODOME,
    PYTHON,
    QVL_BROWSER,
    QVL_NODE,
    QVL_RUST,
    TLSLITE,
    VENICE_E2EE,
    Peers,
)
from bench.report import Table
from venice_ref.crypto.curves import P256, P384
from venice_ref.crypto.weierstrass import Curve

__all__ = ["INQUIRIES", "WORKS", "Inquiry", "Work", "inquiries", "select"]

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


_SIZES = (
    ("5B", 5),
    ("16B", 16),
    ("64B", 64),
    ("1KB", 1024),
    ("16KB", 16 * 1024),
    ("64KB", 64 * 1024),
    ("1MB", 1024 * 1024),
)
_MOST_FOR_PYAES = 16 * 1024
"""Beyond, it takes as long as tlslite-ng and says nothing new."""


def _gcm(name: str, size: int) -> Work:
    peers = [sealing.peer(one, size) for one in (TLSLITE, PYCRYPTODOME, OPENSSL)]
    if size <= _MOST_FOR_PYAES:
        peers.append(sealing.counter_mode(size))
    return Work(
        f"gcm-{name}",
        f"AES-256-GCM, {size:,} bytes under a fresh key",
        ((OURS, sealing.ours(size)), *peers),
    )


def _fresh(name: str, curve: Curve) -> Work:
    return Work(
        name,
        f"verify a signature on {curve.name} by a key never met",
        (
            (OURS, signatures.fresh_ours(curve)),
            (signatures.NEW_PROCESS, signatures.fresh_new_process(curve)),
            (ECDSA, signatures.fresh_ecdsa(curve)),
            (OPENSSL, signatures.fresh_openssl(curve)),
        ),
    )


def _gain(gain: gains.Gain) -> Work:
    makers = ((OURS, gains.fast_form(gain)), (gains.TEXTBOOK, gains.definition(gain)))
    return Work(f"gain-{gain.name}", gain.work, makers)


class Inquiry(NamedTuple):
    """A table that is no comparison of candidates."""

    name: str
    title: str
    make: Callable[[Settings], Table]


def _spread(settings: Settings) -> Table:
    found = leakage.study(settings)
    return Table(leakage.NAME, leakage.TITLE, found.results, (), found.notes, found.data)


def _crossovers(settings: Settings) -> Table:
    found = crossovers.study(settings)
    return Table(crossovers.NAME, crossovers.TITLE, (), (), found.notes, found.data)


WORKS: Tuple[Work, ...] = (
    Work(
        "open-chunk",
        "open one streamed chunk (hex in, text out)",
        (
            (OURS, conversation.open_ours),
            (PYTHON, conversation.open_python),
            (JAVASCRIPT, conversation.open_javascript),
            (AXLABS, conversation.open_npm(AXLABS)),
            (VENICE_E2EE, conversation.open_npm(VENICE_E2EE)),
        ),
    ),
    _encrypt("100B", 100),
    _encrypt("10KB", 10_000),
    Work(
        "ecdh",
        "ECDH on secp256k1 (public key in, shared x out)",
        (
            (OURS, agreement.ecdh_ours),
            (ECDSA, agreement.ecdh_ecdsa),
            (ETH_KEYS, agreement.ecdh_eth_keys),
            (OPENSSL, agreement.ecdh_openssl),
            (COINCURVE, agreement.ecdh_coincurve),
            (agreement.UNIT, agreement.field_multiplication),
        ),
    ),
    *(_gcm(name, size) for name, size in _SIZES),
    Work(
        "keygen",
        "generate a key pair",
        (
            (OURS, conversation.generate_ours),
            (PYTHON, conversation.generate_python),
            (ECDSA, conversation.generate_ecdsa),
            (ETH_KEYS, conversation.generate_eth_keys),
            (OPENSSL, conversation.generate_openssl),
            (COINCURVE, conversation.generate_coincurve),
        ),
    ),
    _fresh("p256-fresh", P256),
    Work(
        "p256-recurring",
        "verify a signature on P-256 by a key that recurs",
        (
            (OURS, signatures.recurring_ours),
            (ECDSA, signatures.recurring_ecdsa),
            (signatures.ECDSA_TABLE, signatures.recurring_ecdsa_precomputed),
            (OPENSSL, signatures.recurring_openssl),
        ),
    ),
    _fresh("p384-fresh", P384),
    Work(
        "recover",
        "recover the signer of a digest (secp256k1)",
        (
            (OURS, signatures.recover_ours),
            (ETH_KEYS, signatures.recover_eth_keys),
            (ECDSA, signatures.recover_ecdsa),
            (COINCURVE, signatures.recover_coincurve),
        ),
    ),
    Work(
        "ed25519",
        "verify an Ed25519 signature",
        (
            (OURS, signatures.ed25519_ours),
            (ECDSA, signatures.ed25519_ecdsa),
            (OPENSSL, signatures.ed25519_openssl),
        ),
    ),
    Work(
        "keccak",
        "Keccak-256 of 64 bytes",
        (
            (OURS, hashing.ours),
            (hashing.LANES, hashing.lanes),
            (hashing.DEFINITION, hashing.definition),
            (PYCRYPTODOME, hashing.pycryptodome),
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
            (evidence.NEW_PROCESS, evidence.cold_new_process),
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
    *(_gain(gain) for gain in gains.GAINS),
)


INQUIRIES: Tuple[Inquiry, ...] = (
    Inquiry(leakage.NAME, leakage.TITLE, _spread),
    Inquiry(crossovers.NAME, crossovers.TITLE, _crossovers),
)


def select(names: Tuple[str, ...]) -> Tuple[Work, ...]:
    """Return the works whose names begin with one of `names`; all of them where there is none."""
    return tuple(work for work in WORKS if not names or work.name.startswith(names))


def inquiries(names: Tuple[str, ...]) -> Tuple[Inquiry, ...]:
    """Likewise the inquiries."""
    return tuple(one for one in INQUIRIES if not names or one.name.startswith(names))
