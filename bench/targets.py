"""What this project wants to reach: the gates for every interpreter, the aims for CPython 3.11.

A number is a ratio, the peer's time / ours: the least that is wanted.  Where it says `at_most`, it
is our time / the unit's, and the most that is wanted.  No test fails because of them: a time that
passes or fails a build measures the machine.
"""

from __future__ import annotations

from typing import Any, Dict, Final, List, Mapping, NamedTuple, Optional, Tuple

from bench import agreement, hashing, leakage
from bench.peers import (
    AXLABS,
    ECDSA,
    ETH_KEYS,
    JAVASCRIPT,
    OPENSSL,
    OWN_PEER,
    PYCRYPTODOME,
    PYTHON,
    QVL_NODE,
    TLSLITE,
    VENICE_E2EE,
)

MET: Final = "met"
NEAR: Final = "NEAR"
MISSED: Final = "MISSED"
ABSENT: Final = "absent"

NEAR_SHARE: Final = 0.95
"""A median that reaches this share of a gate is near it: two runs differ by as much."""


class Target(NamedTuple):
    """One row: a candidate of a table, and how much longer than ours it is to take."""

    work: str
    table: str
    peer: str
    gate: float
    aim: float
    at_most: bool = False


def _row(work: str, table: str, peer: str, gate: float, aim: float) -> Target:
    return Target(work, table, peer, gate, aim)


TARGETS: Final[Tuple[Target, ...]] = (
    _row("open one streamed chunk", "open-chunk", PYTHON, 2.6, 3.6),
    _row("open one streamed chunk", "open-chunk", JAVASCRIPT, 1.4, 2.1),
    _row("open one streamed chunk", "open-chunk", AXLABS, 3.6, 5.5),
    _row("open one streamed chunk", "open-chunk", VENICE_E2EE, 3.6, 5.5),
    _row("ECDH, fresh point", "ecdh", ECDSA, 2.2, 3.0),
    Target("ECDH, in units of", "ecdh", agreement.UNIT, 1850, 1420, at_most=True),
    _row("key generation", "keygen", ECDSA, 1.9, 2.6),
    _row("key generation", "keygen", OPENSSL, 1.1, 1.9),
    _row("AES-256-GCM, 5 bytes", "gcm-5B", PYCRYPTODOME, 1.05, 1.9),
    _row("AES-256-GCM, 16 bytes", "gcm-16B", PYCRYPTODOME, 1.05, 1.9),
    _row("AES-256-GCM, 64 bytes", "gcm-64B", TLSLITE, 6, 10),
    _row("AES-256-GCM, 1 KB", "gcm-1KB", TLSLITE, 7, 12),
    _row("AES-256-GCM, 16 KB", "gcm-16KB", TLSLITE, 16, 25),
    _row("AES-256-GCM, 64 KB", "gcm-64KB", TLSLITE, 30, 48),
    _row("AES-256-GCM, 1 MB", "gcm-1MB", TLSLITE, 60, 100),
    _row("encrypt a prompt of 10 KB", "encrypt-10KB", PYTHON, 0.8, 1.1),
    _row("P-256 verify, fresh key", "p256-fresh", ECDSA, 1.35, 1.7),
    _row("P-256 verify, recurring key", "p256-recurring", ECDSA, 3.8, 4.7),
    _row("P-384 verify, fresh key", "p384-fresh", ECDSA, 1.35, 1.7),
    _row("recover a secp256k1 signer", "recover", ETH_KEYS, 5.5, 7.5),
    _row("Ed25519 verify", "ed25519", ECDSA, 2.9, 3.7),
    _row("Keccak-256, 64 bytes", "keccak", hashing.LANES, 3.2, 5),
    _row("TDX verification, cold", "tdx-cold", QVL_NODE, 0.9, 1.3),
    _row("TDX verification, warm", "tdx-warm", QVL_NODE, 1.5, 2.0),
    _row("process start, session ready", "start", PYTHON, 2.2, 3.5),
    Target("ECDH, spread over secrets", leakage.NAME, leakage.VARIABLE, 0.5, 0.25, at_most=True),
)

TABLES: Final = tuple(dict.fromkeys(target.table for target in TARGETS))
"""What `--gates` measures."""

_STANDS_FOR: Final[Mapping[str, str]] = {PYTHON: OWN_PEER}
"""The peer that takes the place of another where that is absent."""


class Verdict(NamedTuple):
    """What a run says of one target; the numbers are `None` where it was not measured."""

    target: Target
    median: Optional[float]
    first_quartile: Optional[float]
    third_quartile: Optional[float]
    verdict: str
    """MET, NEAR, MISSED or ABSENT."""
    reason: str = ""
    """Why it was not measured."""

    @property
    def of_aim(self) -> Optional[float]:
        """How much of the aim was reached: 1 or more where it was met."""
        if self.median is None:
            return None
        reached = self.median / self.target.aim
        return 1 / reached if self.target.at_most else reached


def judge(target: Target, median: float) -> str:
    """Return MET, NEAR or MISSED for the gate."""
    share = target.gate / median if target.at_most else median / target.gate
    return MET if share >= 1 else NEAR if share >= NEAR_SHARE else MISSED


def verdict(target: Target, run: Dict[str, Any]) -> Verdict:
    """Return what one run, in the form of `summary.of_run`, says of a target."""
    table = next((one for one in run["tables"] if one["name"] == target.table), None)
    if table is None:
        return Verdict(target, None, None, None, ABSENT, "not measured in this run")
    names = (target.peer, _STANDS_FOR.get(target.peer, target.peer))
    for name, _, *ratio in table["candidates"]:
        if name in names and ratio:
            numbers = sorted(1 / one for one in ratio) if target.at_most else sorted(ratio)
            low, median, high = numbers
            return Verdict(target, median, low, high, judge(target, median))
    reasons = [reason for name, reason in table["skipped"] if name in (*names, target.table)]
    return Verdict(target, None, None, None, ABSENT, (reasons or ["not in this run"])[0])


def verdicts(run: Dict[str, Any]) -> List[Verdict]:
    """Return what one run says of every target, in their order."""
    return [verdict(target, run) for target in TARGETS]


def number_text(value: float) -> str:
    """Return a ratio, or a number of units, with three digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def wanted_text(target: Target, value: float) -> str:
    """Return a gate or an aim."""
    return f"≤ {value:,g}" if target.at_most else f"{value:g}"


def gates_text(run: Dict[str, Any]) -> str:
    """Return the gates of one run as a table."""
    head = ("work", "peer", "gate", "aim", "median", "quartiles", "of aim", "gate is")
    rows = [head, *(_cells(one) for one in verdicts(run))]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    left = (0, 1, 7)
    lines = []
    for row in rows:
        cells = [
            text.ljust(width) if i in left else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _cells(one: Verdict) -> Tuple[str, ...]:
    target = one.target
    wanted = (wanted_text(target, target.gate), wanted_text(target, target.aim))
    if one.median is None or one.first_quartile is None or one.third_quartile is None:
        return (target.work, target.peer, *wanted, "", "", "", f"{one.verdict}: {one.reason}")
    quartiles = f"{number_text(one.first_quartile)}..{number_text(one.third_quartile)}"
    share = f"{(one.of_aim or 0) * 100:.0f} %"
    return (
        target.work, target.peer, *wanted, number_text(one.median), quartiles, share, one.verdict,
    )  # fmt: skip
