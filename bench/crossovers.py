"""Where one form of the cipher or of its hash becomes faster than another.

The product chooses between them by constants.  This measures both forms on each side of
each, so that the constants are found and not guessed.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any, Callable, Dict, Final, List, NamedTuple, Optional, Sequence

from bench.measure import Settings, candidate, check_equal, measure
from bench.peers import Unavailable
from venice_ref.crypto import aes, aes_planes, ghash

NAME: Final = "crossovers"
TITLE: Final = "block counts from which one form is faster than another"

_BATCH: Final = 16
"""Blocks in one call of `_encrypt_few`."""

Form = Callable[[int], Callable[[], bytes]]
"""Number of blocks -> the call that is measured."""


class Crossover(NamedTuple):
    """Two forms, and the constant that stands between them."""

    module: ModuleType
    constant: str
    below: str
    above: str
    sizes: Sequence[int]
    make_below: Form
    make_above: Form


def _blocks(count: int) -> bytes:
    return aes_planes.counter_blocks(bytes(12), range(count))


def _keys() -> aes.RoundKeys:
    return aes.key_expansion(bytes(range(32)))


def _private(module: ModuleType, name: str) -> Any:
    """Return what a module keeps for itself: the forms behind its choice are measured, not it."""
    found = getattr(module, name, None)
    if found is None:
        raise Unavailable(f"{module.__name__} has no {name}")
    return found


def _few(count: int) -> Callable[[], bytes]:
    form, keys, blocks, step = _private(aes, "_encrypt_few"), _keys(), _blocks(count), _BATCH * 16

    def call() -> bytes:
        return b"".join([form(keys, blocks[i : i + step]) for i in range(0, len(blocks), step)])

    return call


def _many(count: int) -> Callable[[], bytes]:
    form, keys, blocks = _private(aes, "_encrypt_many"), _keys(), _blocks(count)
    return lambda: form(keys, blocks)


def _by_bytes(count: int) -> Callable[[], bytes]:
    """With the counters, which the planes make for themselves."""
    keys = _keys()
    return lambda: aes.encrypt_blocks(keys, _blocks(count))


def _by_planes(count: int) -> Callable[[], bytes]:
    form, keys = _private(aes_planes, "_encrypt_run"), _keys()
    return lambda: form(keys, bytes(12), 0, count)


def _hash(name: str) -> Form:
    def make(count: int) -> Callable[[], bytes]:
        form, X = _private(ghash, name), _blocks(count)
        return lambda: form(b"\x5a" * 16, X)

    return make


CROSSOVERS: Final = (
    Crossover(
        aes, "_FEW", "_encrypt_few", "_encrypt_many", (4, 8, 12, 16, 24, 32, 48, 64), _few, _many
    ),
    Crossover(
        aes_planes, "FEWEST", "aes.encrypt_blocks", "planes", (256, 512, 1024, 2048, 4096),
        _by_bytes, _by_planes,
    ),
    Crossover(
        ghash, "_LONG", "_ghash_short", "_ghash_long", (16, 24, 32, 40, 48, 56, 64, 80, 96),
        _hash("_ghash_short"), _hash("_ghash_long"),
    ),
    Crossover(
        ghash, "_VERY_LONG", "_ghash_long", "_ghash_very_long", (5000, 10_000, 20_000, 40_000),
        _hash("_ghash_long"), _hash("_ghash_very_long"),
    ),
)  # fmt: skip


def crossing(sizes: Sequence[int], ratios: Sequence[float]) -> Optional[float]:
    """Return where the ratio, time above / time below, passes 1; interpolated in logarithms.

    `None`: one form is the faster one everywhere.  Of several crossings, the last.
    """
    found = None
    for (size, ratio), (next_size, next_ratio) in zip(
        zip(sizes, ratios), zip(sizes[1:], ratios[1:])
    ):
        if ratio > 1 >= next_ratio:
            share = math.log(ratio) / (math.log(ratio) - math.log(next_ratio))
            found = math.exp(math.log(size) + share * (math.log(next_size) - math.log(size)))
    return found


class Study(NamedTuple):
    """What was found."""

    notes: List[str]
    data: Dict[str, Any]


def _ratios(one: Crossover, settings: Settings) -> List[float]:
    """Return time above / time below at each size."""
    ratios = []
    for size in one.sizes:
        pair = [
            candidate(name, make(size), [()])
            for name, make in ((one.below, one.make_below), (one.above, one.make_above))
        ]
        check_equal(pair)
        _, above = measure(pair, settings)
        ratios.append(above.ratio.median if above.ratio else 1.0)
    return ratios


def study(settings: Settings) -> Study:
    """Measure both forms at every size.  A pair that the product no longer has is left out."""
    notes: List[str] = []
    listed: List[Dict[str, Any]] = []
    for one in CROSSOVERS:
        name = f"{one.module.__name__.rpartition('.')[2]}.{one.constant}"
        try:
            value: int = _private(one.module, one.constant)
            ratios = _ratios(one, settings)
        except Unavailable as reason:
            notes.append(f"{name}: {reason}")
            continue
        found = crossing(one.sizes, ratios)
        where = "above at every size" if ratios[0] <= 1 else "below at every size"
        where = f"{found:.0f} blocks" if found else where
        notes.append(f"{name} = {value}: measured {where}")
        shown = ", ".join(f"{size}: {ratio:.2f}" for size, ratio in zip(one.sizes, ratios))
        notes.append(f"{one.above} / {one.below} by blocks: {shown}")
        listed.append({
            "constant": name, "value": value, "below": one.below, "above": one.above,
            "sizes": list(one.sizes), "ratios": ratios, "crossing": found,
        })  # fmt: skip
    return Study(notes, {"crossovers": listed})
