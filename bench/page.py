"""`docs/performance.md` and its plots, made from the summary of the runs and nothing else."""

from __future__ import annotations

import statistics
from typing import Any, Dict, Final, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from bench import clock, crossovers, drawing, leakage
from bench.gains import GAINS
from bench.peers import COINCURVE, OPENSSL, PYCRYPTODOME, QVL_RUST
from bench.report import ratio_text, seconds_text
from bench.summary import minor, plotted
from bench.targets import (
    ABSENT,
    MET,
    TARGETS,
    Target,
    Verdict,
    number_text,
    verdict,
    wanted_text,
)

Run = Dict[str, Any]

FAR: Final = 0.85
"""An aim of which less than this was reached is named."""

_PLOT_NAMES: Final = (
    "performance-conversation.svg",
    "performance-cipher.svg",
    "performance-evidence.svg",
    "performance-compiled.svg",
    "performance-secrets.svg",
)


class Slower(NamedTuple):
    """A peer that is faster than ours, and why."""

    table: str
    work: str
    peer: str


_CONVERSATION: Final = ("open-chunk", "ecdh", "keygen", "encrypt-10KB", "start")
_CIPHER: Final = ("gcm-5B", "gcm-16B", "gcm-64B", "gcm-1KB", "gcm-16KB", "gcm-64KB", "gcm-1MB")
_EVIDENCE: Final = (
    "p256-fresh", "p256-recurring", "p384-fresh", "recover", "ed25519", "keccak", "tdx-cold",
    "tdx-warm",
)  # fmt: skip
_COMPILED: Final = (
    Slower("ecdh", "ECDH", OPENSSL),
    Slower("ecdh", "ECDH", COINCURVE),
    Slower("keygen", "key generation", COINCURVE),
    Slower("gcm-16B", "AES-256-GCM, 16 bytes", OPENSSL),
    Slower("gcm-1KB", "AES-256-GCM, 1 KB", OPENSSL),
    Slower("gcm-1KB", "AES-256-GCM, 1 KB", PYCRYPTODOME),
    Slower("gcm-1MB", "AES-256-GCM, 1 MB", OPENSSL),
    Slower("p256-fresh", "P-256 verify, fresh key", OPENSSL),
    Slower("p256-recurring", "P-256 verify, recurring key", OPENSSL),
    Slower("p384-fresh", "P-384 verify, fresh key", OPENSSL),
    Slower("recover", "recover a secp256k1 signer", COINCURVE),
    Slower("ed25519", "Ed25519 verify", OPENSSL),
    Slower("keccak", "Keccak-256, 64 bytes", PYCRYPTODOME),
    Slower("tdx-cold", "TDX verification, cold", QVL_RUST),
)
"""What is compiled: the price of having no dependency."""

_HEAD: Final = """\
# Performance

This page is made by the benchmark from `bench/results.json`; do not edit it.
`python3 -m bench --all-pythons --json bench.json -o docs/performance.md` measures and writes it,
`python3 -m bench --page bench.json -o docs/performance.md` only writes it.

What is measured is this implementation, which has no dependency and no compiled part, beside others
that do the same work.  A number is a ratio, **the peer's time divided by ours: above 1, ours is
faster**; `1/20` means that ours takes twenty times as long.  Nothing fails because it is slow, in
no test and not here: the gates and aims below are what the project set itself.
"""

_GATES: Final = """\
## Gates and aims

The median ratio, and in brackets its quartiles; a gate that is not met is marked: NEAR within 5 %,
MISSED beyond.  A gate is the least that is wanted, on every interpreter; an aim is what is hoped
for on 3.11.  Where it says ≤, it is our time, or our spread, in units of the peer's.
"""

_METHOD: Final = """\
## How it was measured

- Results are compared before time is taken; where two candidates of one table differ, the run ends.
- In each round every candidate is measured once, in a new random order, on the same inputs, several
  different ones by turns (one for a gain).  A ratio is taken within a round, and its median and
  quartiles over the rounds are what is shown: a machine that is slow for a while is slow for both.
- All Python candidates of a table run in one process with the garbage collector standing still;
  `start` and `import` measure new processes.  Node's compiler is warmed up first; then Node works
  while Python waits, and the reverse.
- Where it says that the time of the processor was taken (`--processor-time`), the clock stood still
  while other processes of the machine had their turn, for every candidate alike; for Node it counts
  the threads of its compiler and its collector, which the clock on the wall does not.
- Peers are installed by name at pinned versions into a scratch environment for each interpreter.
  What an interpreter cannot have is named, with the reason.
- What has a secret scalar (chunk, ECDH, key generation, encryption) runs one sequence of operations
  for every scalar.  There is no faster variant that skips some.
- A *fresh* key is one of 80 by turns, more than are remembered; the table of the generator is
  there, as after the first signature of a process.  A *recurring* key has its table.
- A *cold* TDX verification knows nothing of the platform: collateral and quote come as text, every
  signature is verified, every key of the platform is new.  What belongs to the process is there for
  all: compiled code on Node, what was read of the constants here.  `ours, the first of a process`
  reads them again.  *Warm* is a further quote under collateral that was verified.
- `a*b % p` is measured in the same process: a number of such units says how much work there is,
  whatever the machine.  An ECDH has some 1,600 multiplications and takes fewer units than that:
  folding is cheaper than `%`.
- The loop over 25 lanes is a plain Keccak of the benchmark's own (`bench/hashing.py`).  Our
  definition is such a loop as well; it is written for the reader, and slower than this one.
- The guide's samples are taken out of the vendor's guide at run time; the libraries are called as
  their own documentation shows; the ECDH of eth-keys is its inner multiplication.
  `bench/README.md` has the particulars of each table.
"""

_WHY: Final = """\
## Where ours is slower, and why

Everything here is compiled: OpenSSL under `cryptography`, libsecp256k1 under `coincurve`, C in
`pycryptodome`, Rust in `dcap-qvl`.  libsecp256k1 multiplies in its field in some 15 ns with the
processor's own instructions; in Python one product of two numbers of 256 bits takes 80 to 170 ns
before anything is reduced.  The products and their reduction are nearly all of the time of an ECDH.
For AES the processor has instructions that do a round in a few cycles.  No rearrangement of Python
reaches either, and none of these rows is a target: they show the price of having no dependency.
What it comes to in use is half a millisecond for a chunk of a stream, and milliseconds to tens of
milliseconds for an attestation.

A prompt from about 10 KB on is encrypted faster by the guide's sample, whose AES is OpenSSL's.
The signatures of a cold TDX verification on Node are OpenSSL's as well.
"""

_SECRETS: Final = """\
The time of one multiplication over different secret scalars.  Ours does the same operations for
every scalar; beside it are two forms that do not, and our own under one scalar again and again,
which is the noise of the measurement.  Python's integers take a time that depends on their values:
ours is a regular sequence, and not constant time.  *Drawn* scalars look random, as keys are;
*weighted* ones run from few ones to nearly all.  The weight is the number of ones in a scalar, sd
the standard deviation.
"""

_TAKEOVER: Final = """\
## Where one form takes over from another

The package chooses by constants, in blocks of 16 bytes.  Measured is where both forms take the same
time; around it the difference is small.  `aes._FEW` is the most that its form can take, and planes
come in powers of two.
"""

_BESIDE: Final = """\
Beside each stands the definition that it must equal (`VENICE_REF_TEXTBOOK=1` puts it in its place);
the page of each derives it.
"""


# --- Reading a run ------------------------------------------------------------------------------


def _table(run: Run, name: str) -> Optional[Dict[str, Any]]:
    return next((one for one in run["tables"] if one["name"] == name), None)


def _candidate(run: Run, table: str, peer: str) -> Optional[List[Any]]:
    found = _table(run, table)
    return next((one for one in found["candidates"] if one[0] == peer), None) if found else None


def _versions(runs: Sequence[Run]) -> List[str]:
    return [minor(run) for run in runs]


# --- Tables -------------------------------------------------------------------------------------


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]], right_from: int) -> str:
    rule = ["---" if index < right_from else "---:" for index in range(len(head))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)) + "\n"


def _cell(one: Verdict) -> str:
    """Return the median, its quartiles, and a word where the gate was not met."""
    if one.median is None or one.first_quartile is None or one.third_quartile is None:
        return ABSENT
    low, high = number_text(one.first_quartile), number_text(one.third_quartile)
    shown = f"{number_text(one.median)} ({low}–{high})"
    return shown if one.verdict == MET else f"**{shown} {one.verdict}**"


def _gates(runs: Sequence[Run]) -> str:
    head = ("work", "peer", "gate", "aim, 3.11", *_versions(runs))
    rows = []
    for target in TARGETS:
        cells = [_cell(verdict(target, run)) for run in runs]
        wanted = (wanted_text(target, target.gate), wanted_text(target, target.aim))
        rows.append((target.work, _quoted(target), *wanted, *cells))
    return _markdown(head, rows, 2)


def _quoted(target: Target) -> str:
    """Return the name of a peer; one that is a formula as code."""
    name = target.peer.partition("unit: ")[2]
    return f"`{name}`" if name else target.peer


def _aims(run: Run) -> str:
    judged = [verdict(target, run) for target in TARGETS]
    measured = [one for one in judged if one.of_aim is not None]
    reached = [one for one in measured if (one.of_aim or 0) >= 1]
    left = [one for one in measured if (one.of_aim or 0) < FAR]
    met = sum(one.verdict == MET for one in measured)
    text = (
        f"On {minor(run)}, {met} of {len(measured)} measured gates are met, and {len(reached)} of "
        "the aims reached.\n"
    )
    if left:
        text += f"\nFar from their aims, below {FAR * 100:.0f} % of them:\n\n"
    for one in left:
        share = f"{(one.of_aim or 0) * 100:.0f} %"
        text += f"- {one.target.work} / {_quoted(one.target)}: {share}\n"
    return text


def _absences(runs: Sequence[Run]) -> str:
    found: Dict[Tuple[str, str], List[str]] = {}
    for run in runs:
        for table in run["tables"]:
            for name, reason in table["skipped"]:
                found.setdefault((name, reason), []).append(minor(run))
    lines = []
    for (name, reason), versions in found.items():
        listed = ", ".join(dict.fromkeys(versions))
        lines.append(f"- {name} ({listed}): {reason}")
    return "Not measured:\n\n" + "\n".join(lines) + "\n" if lines else ""


def _compiled(runs: Sequence[Run]) -> str:
    rows = []
    for one in _COMPILED:
        found = [_candidate(run, one.table, one.peer) for run in runs]
        rows.append((one.work, one.peer, *(ratio_text(c[2]) if c else ABSENT for c in found)))
    return _markdown(("work", "peer", *_versions(runs)), rows, 2)


def _times(run: Run) -> str:
    """Return the absolute times of one interpreter, which belong to that machine and hour."""
    rows = []
    for table in run["tables"]:
        if not table["candidates"] or table["name"].startswith(("gain-", leakage.NAME)):
            continue
        (_, ours, *_), *others = table["candidates"]
        shown = ", ".join(f"{name} {seconds_text(taken)}" for name, taken, *_ in others)
        rows.append((table["title"], seconds_text(ours), shown))
    return _markdown(("work", "ours", "others"), rows, 3)


def _gains(run: Run) -> str:
    rows = []
    for gain in GAINS:
        found = _table(run, f"gain-{gain.name}")
        module, _, function = gain.twin.partition(".")
        link = f"[`{module}.{function}`](../venice_ref/crypto/{module}.py)"
        measured = "not measured"
        if found and len(found["candidates"]) > 1:
            (_, taken), (_, _, ratio, *_) = found["candidates"]
            measured = f"{number_text(ratio)} × ({seconds_text(taken)})"
        rows.append((link, gain.work, gain.how, measured, gain.price))
    return _markdown(("fast form", "work", "how", "gain", "price"), rows, 5)


def _spread(run: Run) -> Iterator[str]:
    found = _table(run, leakage.NAME)
    if found is None or not found["candidates"]:
        yield "Not measured in this run.\n"
        return
    rows = [
        (name, seconds_text(deviation), number_text(ratio[0]) if ratio else "1")
        for name, deviation, *ratio in found["candidates"]
    ]
    head = ("form", f"standard deviation over {leakage.DRAWN} drawn scalars", "in units of ours")
    yield _markdown(head, rows, 1)
    yield "\n".join(f"- {note}" for note in found["notes"]) + "\n"


def _crossings(runs: Sequence[Run]) -> str:
    rows: Dict[str, List[str]] = {}
    for run in runs:
        found = _table(run, crossovers.NAME)
        for note in found["notes"] if found else []:
            constant, _, rest = note.partition(": measured ")
            if rest:
                rows.setdefault(constant, []).append(rest)
    if not rows:
        return "Not measured in this run.\n"
    head = ("constant", *_versions([run for run in runs if _table(run, crossovers.NAME)]))
    return _markdown(head, [(f"`{name}`", *found) for name, found in rows.items()], 1)


# --- Plots --------------------------------------------------------------------------------------


def _bar(series: int, run: Run, table: str, peer: str) -> Optional[drawing.Bar]:
    found = _candidate(run, table, peer)
    return drawing.Bar(series, *found[2:5]) if found and len(found) > 2 else None


def _row(runs: Sequence[Run], label: str, target: Target) -> drawing.Row:
    bars = [
        drawing.Bar(index, one.median, one.first_quartile or 0, one.third_quartile or 0)
        for index, one in enumerate(verdict(target, run) for run in runs)
        if one.median is not None
    ]
    return drawing.Row(label, target.peer, bars, target.gate, target.aim)


def _target_plot(title: str, runs: Sequence[Run], tables: Sequence[str]) -> str:
    wanted = [one for name in tables for one in TARGETS if one.table == name and not one.at_most]
    series = [f"CPython {version}" for version in _versions(runs)]
    rows = [_row(runs, one.work, one) for one in wanted]
    return drawing.bars(title, "peer's time / ours; red: gate, dashed: aim", series, rows)


def _compiled_plot(runs: Sequence[Run]) -> str:
    rows = []
    for one in _COMPILED:
        bars = [_bar(index, run, one.table, one.peer) for index, run in enumerate(runs)]
        rows.append(drawing.Row(one.work, one.peer, [bar for bar in bars if bar]))
    series = [f"CPython {version}" for version in _versions(runs)]
    title = "Beside what is compiled: left of 1, ours is slower"
    return drawing.bars(title, "peer's time / ours", series, rows)


def _secrets_plot(run: Run) -> str:
    found = _table(run, leakage.NAME)
    listed = found["data"].get("series", []) if found else []
    title = "Time of one multiplication on secp256k1, by the weight of the secret scalar"
    series = [
        drawing.Points(one["form"], _deviations(one["weights"], one["seconds"]))
        for one in listed
        if one["scalars"] == "weighted"
    ]
    points = series or [drawing.Points("not measured", [(0, 1)])]
    across, upward = "number of ones in the scalar", "percent off the median of the form"
    return drawing.scatter(title, across, upward, points)


def _deviations(weights: Sequence[int], seconds: Sequence[float]) -> List[Tuple[float, float]]:
    """Return (weight, percent above the median) for each scalar."""
    middle = statistics.median(seconds)
    return [(weight, (taken / middle - 1) * 100) for weight, taken in zip(weights, seconds)]


def _plots(summary: Dict[str, Any]) -> Dict[str, str]:
    runs = summary["runs"]
    drawn = (
        _target_plot("A conversation", runs, _CONVERSATION),
        _target_plot("AES-256-GCM, one message under a fresh key", runs, _CIPHER),
        _target_plot("Evidence and signatures", runs, _EVIDENCE),
        _compiled_plot(runs),
        _secrets_plot(plotted(summary)),
    )
    return dict(zip(_PLOT_NAMES, drawn))


# --- The page -----------------------------------------------------------------------------------


def _machines(runs: Sequence[Run]) -> str:
    lines = []
    for run in runs:
        machine, settings = run["machine"], run["settings"]
        build = "PGO" if machine["optimised_build"] else "no PGO"
        lto = "LTO" if machine["link_time_optimisation"] else "no LTO"
        timed = "the time of the processor"
        if settings["clock"] == clock.WALL:
            timed = "the clock on the wall"
        lines.append(
            f"- {machine['implementation']} {machine['python']} "
            f"({machine['compiler']}, {build}, {lto}); "
            f"{machine['cpu_count']} CPUs, {machine['processor']}, {machine['system']}; "
            f"{settings['rounds']} rounds by {timed}"
        )
    peers: Dict[str, List[str]] = {}
    for run in runs:
        shown = ", ".join(f"{name} {version}" for name, version in run["peers"].items())
        peers.setdefault(shown or "none", []).append(minor(run))
    lines += [f"- peers of {', '.join(versions)}: {shown}" for shown, versions in peers.items()]
    return "\n".join(lines) + "\n"


def make(summary: Dict[str, Any]) -> Tuple[str, Dict[str, str]]:
    """Return the page, and name -> SVG of its plots."""
    runs: List[Run] = summary["runs"]
    shown = plotted(summary)
    pictures = [f"![{_ALT[name]}](images/{name})\n" for name in _PLOT_NAMES]
    version = f"(CPython {minor(shown)})"
    parts = [
        _HEAD, _GATES, _gates(runs), _aims(shown), _absences(runs), *pictures[:3],
        _WHY, _compiled(runs), pictures[3],
        f"## What the time tells of a secret {version}\n", _SECRETS, *_spread(shown), pictures[4],
        _TAKEOVER, _crossings(runs),
        f"## Each optimisation, its gain and its price {version}\n", _BESIDE, _gains(shown),
        _METHOD,
        f"## Times {version}\n", "They belong to one machine and one hour.  Compare ratios.\n",
        _times(shown),
        "## Machine and versions\n", _machines(runs),
    ]  # fmt: skip
    return "\n".join(part for part in parts if part), _plots(summary)


_ALT: Final = dict(
    zip(
        _PLOT_NAMES,
        (
            "Ratios of a conversation, by interpreter",
            "Ratios of AES-256-GCM, by size and interpreter",
            "Ratios of evidence and signatures, by interpreter",
            "Ratios to compiled libraries, by interpreter",
            "Times of multiplications by the weight of the secret scalar",
        ),
    )
)
