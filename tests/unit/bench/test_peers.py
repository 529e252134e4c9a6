"""Works that need no peer, and what a peer must not be given."""

from __future__ import annotations

import time
from pathlib import Path
from typing import List

import pytest

from bench import clock, hashing, signatures
from bench.measure import rotating
from bench.peers import Peers
from venice_ref.crypto import weierstrass
from venice_ref.crypto.curves import P256
from venice_ref.crypto.keccak import keccak_256_textbook


@pytest.mark.parametrize("size", [0, 1, 64, 135, 136, 137, 300])
def test_the_loop_over_lanes_is_keccak(size: int) -> None:
    assert hashing.keccak_by_lanes(bytes(size)) == keccak_256_textbook(bytes(size))


def test_inputs_go_on_from_sample_to_sample() -> None:
    seen: List[int] = []
    one = rotating("x", seen.append, [(number,) for number in range(3)])
    one.sample(2)
    one.sample(2)
    assert seen == [0, 1, 2, 0]


def test_fresh_keys_stay_fresh(tmp_path: Path) -> None:
    """More keys by turns than are counted: none of them gets a table."""
    peers = Peers(tmp_path, install=False)
    assert weierstrass._uses.cache_parameters()["maxsize"] < signatures.FRESH_KEYS
    assert len({one.public for one in signatures._fresh(P256)}) == signatures.FRESH_KEYS
    weierstrass.forget_points()
    one = signatures.fresh_ours(P256)(peers)
    one.sample(4)
    assert weierstrass._comb.cache_info().currsize <= 1  # of the generator


def test_the_clock_of_the_processor_stands_still_in_sleep() -> None:
    clock.choose(clock.PROCESSOR)
    try:
        before = clock.read()
        time.sleep(0.05)
        assert clock.read() - before < 0.04
        assert clock.read_with_children() >= 0
    finally:
        clock.choose(clock.WALL)
    before = clock.read()
    time.sleep(0.01)
    assert clock.read() - before >= 0.01
