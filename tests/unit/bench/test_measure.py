from __future__ import annotations

import gc
from typing import List

import pytest

from bench.measure import (
    Candidate,
    Settings,
    UnequalError,
    candidate,
    check_equal,
    choose_loops,
    in_process,
    measure,
    spread,
)

SETTINGS = Settings(rounds=6, sample_seconds=0.0001)


def scripted(name: str, times: List[float], log: List[str]) -> Candidate:
    """A candidate whose samples are known; the first call is the choice of its loops."""
    answers = iter([0.0, *times])

    def sample(loops: int) -> float:
        assert loops == 1
        log.append(name)
        return next(answers)

    return Candidate(name, sample, lambda: "same", fixed_loops=1)


def test_a_ratio_is_taken_within_a_round() -> None:
    """The machine is ten times slower in half of the rounds, and the ratio does not notice."""
    ours = scripted("ours", [1.0, 10.0, 1.0, 10.0, 1.0, 10.0], [])
    peer = scripted("peer", [3.0, 30.0, 3.0, 30.0, 3.0, 30.0], [])
    first, second = measure([ours, peer], SETTINGS)
    assert first.ratio is None
    assert second.ratio is not None
    assert second.ratio == (3.0, 3.0, 3.0, 3.0, 3.0)
    assert (second.seconds.low, second.seconds.high) == (3.0, 30.0)


def test_each_round_has_every_candidate_once_and_the_order_changes() -> None:
    log: List[str] = []
    names = ["a", "b", "c"]
    measure([scripted(name, [1.0] * 6, log) for name in names], SETTINGS)
    rounds = [log[3 * turn : 3 * turn + 3] for turn in range(7)]
    assert all(sorted(one) == names for one in rounds)
    assert len({tuple(one) for one in rounds[1:]}) > 1


def test_the_collector_stands_still_and_is_given_back() -> None:
    seen: List[bool] = []

    def sample(_: int) -> float:
        seen.append(gc.isenabled())
        return 1.0

    assert gc.isenabled()
    measure([Candidate("a", sample, lambda: 0, fixed_loops=1)], SETTINGS)
    assert gc.isenabled()
    assert seen[1:] == [False] * SETTINGS.rounds


def test_different_results_are_refused_before_time_is_taken() -> None:
    one = candidate("one", lambda x: x + 1, [(1,), (2,)])
    other = candidate("other", lambda x: x + 2, [(0,), (1,)])
    check_equal([one, other])
    with pytest.raises(UnequalError, match="third and one"):
        check_equal([one, other, candidate("third", lambda x: x, [(1,), (2,)])])


def test_a_candidate_that_fails_is_a_disagreement() -> None:
    with pytest.raises(UnequalError, match="broken fails: ValueError"):
        check_equal([candidate("one", int, [("1",)]), candidate("broken", int, [("x",)])])


def test_results_are_brought_into_one_form_before_they_are_compared() -> None:
    upper = candidate("upper", str.upper, [("a",)], lambda texts: [t.lower() for t in texts])
    check_equal([candidate("lower", str.lower, [("A",)]), upper])


def test_a_sampler_returns_the_seconds_of_one_operation() -> None:
    calls: List[int] = []
    sample = in_process(calls.append, [(1,), (2,)], operations=10)
    assert 0 <= sample(5) < 0.01
    assert calls == [1, 2] * 5


def test_loops_grow_until_a_sample_is_long_enough() -> None:
    chosen = choose_loops(candidate("fast", int, [()]), Settings(1, 0.002))
    assert chosen > 100
    slow = Candidate("slow", lambda _: 1.0, lambda: 0, fixed_loops=7)
    assert choose_loops(slow, Settings(1, 0.002)) == 7


def test_a_spread_of_one_and_of_many_values() -> None:
    assert spread([2.0]) == (2.0, 2.0, 2.0, 2.0, 2.0)
    assert spread([5.0, 1.0, 4.0, 2.0, 3.0]) == (3.0, 1.0, 2.0, 4.0, 5.0)
