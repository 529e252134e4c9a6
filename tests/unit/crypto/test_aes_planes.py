"""The cipher on planes, part by part, against the standard's form of the same part."""

from __future__ import annotations

import random
from typing import Any, List

import pytest

from venice_ref.crypto import aes, aes_planes
from venice_ref.crypto.aes_planes import counter_blocks, encrypt_counters
from venice_ref.crypto.twins import TWINS
from venice_ref.errors import UsageError

NONCE = bytes(range(0xA0, 0xAC))
KEYS = aes.key_expansion_textbook(bytes(range(32)))
FAST = TWINS["venice_ref.crypto.aes_planes.encrypt_counters"].fast


def planes_of(blocks: List[bytes]) -> aes_planes.State:
    """Return the planes by their definition: bit c*n + i of plane (r, b) is bit b of s[r,c]."""
    n = len(blocks)
    return [
        [
            sum((blocks[i][r + 4 * c] >> b & 1) << (c * n + i) for c in range(4) for i in range(n))
            for b in range(8)
        ]
        for r in range(4)
    ]


BLOCKS = [random.Random(number).randbytes(16) for number in range(8)]
STATE = planes_of(BLOCKS)


def test_the_circuit_is_the_s_box_without_its_constant() -> None:
    for byte in range(256):
        bits = aes_planes._sub_bytes([byte >> b & 1 for b in range(8)])
        assert sum(bit << b for b, bit in enumerate(bits)) == aes.SBOX[byte] ^ 0x63


def test_rows_are_shifted() -> None:
    expected = planes_of([bytes(aes.shift_rows(block)) for block in BLOCKS])
    assert aes_planes._shift_rows(STATE, 8) == expected


def test_columns_are_mixed() -> None:
    expected = planes_of([bytes(aes.mix_columns(block)) for block in BLOCKS])
    assert aes_planes._mix_columns(STATE) == expected


def test_one_block_is_spread_over_all() -> None:
    columns = aes_planes._column_masks(8)
    changed = bytes(byte ^ 0x63 for byte in BLOCKS[0])
    assert aes_planes._spread(columns, BLOCKS[0], 0x63) == planes_of([changed] * 8)


@pytest.mark.parametrize("first", [0, 8, 0xFF00, 0x01FFFFF8, 0xFFFFFFF0])
def test_counters_are_written_as_planes(first: int) -> None:
    blocks = counter_blocks(NONCE, range(first, first + 8))
    expected = planes_of([blocks[i : i + 16] for i in range(0, 128, 16)])
    columns = aes_planes._column_masks(8)
    assert aes_planes._counter_planes(columns, NONCE, first, 8) == expected


def test_planes_become_blocks() -> None:
    assert aes_planes._to_blocks(STATE, 8) == b"".join(BLOCKS)


@pytest.mark.parametrize("n", [8, 16, 64, 512, 4096])
@pytest.mark.parametrize("runs", [0, 3])
def test_runs_of_each_length(n: int, runs: int) -> None:
    blocks = counter_blocks(NONCE, range(runs * n, runs * n + n))
    expected = aes._encrypt_many(KEYS, blocks) if n > 64 else aes.encrypt_blocks(KEYS, blocks)
    assert aes_planes._encrypt_run(KEYS, NONCE, runs * n, n) == expected


def test_runs_join(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small runs, so that the textbook can say what is right."""
    monkeypatch.setattr(aes_planes, "FEWEST", 8)
    monkeypatch.setattr(aes_planes, "_MOST", 32)
    for count in (*range(20), 31, 32, 33, 64, 95, 103):
        expected = aes_planes.encrypt_counters_textbook(KEYS, NONCE, count)
        assert FAST(KEYS, NONCE, count) == expected


@pytest.mark.parametrize(("nonce", "count"), [(NONCE[1:], 1), (NONCE, -1), (NONCE, 2**32 + 1)])
def test_wrong_usage_is_refused(nonce: Any, count: Any) -> None:
    for form in (encrypt_counters, FAST, aes_planes.encrypt_counters_textbook):
        with pytest.raises(UsageError):
            form(KEYS, nonce, count)
