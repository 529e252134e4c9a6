"""Interleaved measurement: candidates in shuffled order, round by round, and what follows from it.

A machine's speed changes while one looks.  Each round therefore measures every candidate of a table
once, in a new random order, and a ratio is taken within a round, where the machine was nearly the
same; the result is the median of these ratios.  The garbage collector stands still meanwhile.
"""

from __future__ import annotations

import gc
import itertools
import math
import random
import statistics
import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

from bench import clock

Sampler = Callable[[int], float]
"""Takes a number of loops, returns the seconds of one operation."""

OURS = "ours"
"""The name of the first candidate of a table, to which the others are compared."""


class Candidate(NamedTuple):
    """One implementation at one work."""

    name: str
    sample: Sampler
    outcome: Callable[[], object]
    """() -> what the work produces, in a form in which equal work is equal."""
    fixed_loops: int = 0
    """Loops of one sample; 0 to choose them by time."""


class Settings(NamedTuple):
    """How long to measure."""

    rounds: int
    sample_seconds: float
    """About how long one sample of one candidate takes."""
    seed: int = 1
    clock: str = clock.WALL


class Spread(NamedTuple):
    """The distribution of one quantity over the rounds."""

    median: float
    low: float
    first_quartile: float
    third_quartile: float
    high: float


class Result(NamedTuple):
    """What one candidate took, in seconds, and against the first of its table."""

    name: str
    seconds: Spread
    ratio: Optional[Spread]
    """This candidate's time / the first candidate's time; `None` for the first."""
    samples: Sequence[float]


class UnequalError(Exception):
    """Two candidates of one table do not produce the same, or one produces nothing."""


def in_process(
    call: Callable[..., object], inputs: Sequence[Sequence[Any]], operations: int = 1
) -> Sampler:
    """Return a sampler that calls a function on each of the inputs in turn.

    `operations` is how often one call does what the table counts.
    """
    fixed = [tuple(one) for one in inputs]

    def sample(loops: int) -> float:
        start = clock.read()
        for _ in range(loops):
            for arguments in fixed:
                call(*arguments)
        elapsed = clock.read() - start
        return elapsed / (loops * len(fixed) * operations)

    return sample


def rotating(
    name: str,
    call: Callable[..., Any],
    inputs: Sequence[Sequence[Any]],
    normal: Callable[[List[Any]], object] = list,
) -> Candidate:
    """Return a candidate that goes on through its inputs from sample to sample, round and round.

    With more inputs than a cache keeps, each of them is always new.
    """
    endless = itertools.cycle([tuple(one) for one in inputs])

    def sample(loops: int) -> float:
        turn = list(itertools.islice(endless, loops))
        start = clock.read()
        for arguments in turn:
            call(*arguments)
        return (clock.read() - start) / loops

    return Candidate(name, sample, lambda: normal([call(*one) for one in inputs]))


def candidate(
    name: str,
    call: Callable[..., Any],
    inputs: Sequence[Sequence[Any]],
    normal: Callable[[List[Any]], object] = list,
) -> Candidate:
    """Return a candidate that runs in this process.

    `normal` brings the list of its results into a form in which equal work is equal.
    """

    def outcome() -> object:
        return normal([call(*one) for one in inputs])

    return Candidate(name, in_process(call, inputs), outcome)


def spread(values: Sequence[float]) -> Spread:
    """Return median, extremes and quartiles of one or more values."""
    ordered = sorted(values)
    if len(ordered) == 1:
        return Spread(*[ordered[0]] * 5)
    first, middle, third = statistics.quantiles(ordered, n=4, method="inclusive")
    return Spread(middle, ordered[0], first, third, ordered[-1])


def check_equal(candidates: Sequence[Candidate]) -> None:
    """Run every candidate once and compare what it produces; this is also the first warm-up."""
    first = candidates[0]
    expected = _outcome(first)
    for other in candidates[1:]:
        if _outcome(other) != expected:
            raise UnequalError(f"{other.name} and {first.name} differ in their results")


def _outcome(one: Candidate) -> object:
    try:
        return one.outcome()
    except Exception as error:
        # Such as a tag that does not hold: any failure of a candidate is a disagreement.
        raise UnequalError(f"{one.name} fails: {type(error).__name__} {error}") from error


def choose_loops(candidate: Candidate, settings: Settings) -> int:
    """Return how many loops take about `sample_seconds`."""
    if candidate.fixed_loops:
        candidate.sample(candidate.fixed_loops)
        return candidate.fixed_loops
    loops = 1
    while True:
        start = time.perf_counter()
        candidate.sample(loops)
        elapsed = max(time.perf_counter() - start, 1e-7)
        if elapsed >= settings.sample_seconds / 4:
            return max(1, math.ceil(loops * settings.sample_seconds / elapsed))
        loops *= 4


def measure(candidates: Sequence[Candidate], settings: Settings) -> List[Result]:
    """Return the results of one table, in the order of its candidates."""
    loops = [choose_loops(candidate, settings) for candidate in candidates]
    samples: Dict[int, List[float]] = {index: [] for index in range(len(candidates))}
    order = list(samples)
    shuffle = random.Random(settings.seed).shuffle
    enabled = gc.isenabled()
    try:
        for _ in range(settings.rounds):
            shuffle(order)
            gc.enable()
            gc.collect()
            gc.disable()
            for index in order:
                samples[index].append(candidates[index].sample(loops[index]))
    finally:
        (gc.enable if enabled else gc.disable)()
    return [
        Result(
            candidate.name,
            spread(samples[index]),
            spread([peer / ours for peer, ours in zip(samples[index], samples[0])])
            if index
            else None,
            samples[index],
        )
        for index, candidate in enumerate(candidates)
    ]
