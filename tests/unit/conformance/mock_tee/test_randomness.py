from __future__ import annotations

import hashlib
import os

from conformance.mock_tee.randomness import SeededBytes, random_source


def test_the_stream_is_the_documented_hash() -> None:
    source = SeededBytes("seed", "label")
    blocks = [
        hashlib.sha256(b"seed\0label\0" + counter.to_bytes(8, "big")).digest()
        for counter in range(3)
    ]
    assert source(5) + source(59) + source(32) == b"".join(blocks)


def test_how_it_is_cut_does_not_matter() -> None:
    one, other = SeededBytes("s", "l"), SeededBytes("s", "l")
    assert one(100) == b"".join(other(n) for n in (1, 0, 33, 66))


def test_seed_and_label_both_count() -> None:
    assert len({SeededBytes(s, l)(16) for s, l in (("a", "b"), ("a", "c"), ("b", "b"))}) == 3


def test_without_a_seed_the_system_decides() -> None:
    assert random_source(None, "label") is os.urandom
