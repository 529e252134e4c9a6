"""Keccak-256: published values, and the permutation against Python's own SHA-3."""

from __future__ import annotations

import hashlib
import random
from typing import Callable

import pytest

from venice_ref.crypto import keccak
from venice_ref.crypto.keccak import keccak_256, keccak_256_textbook

FORMS = pytest.mark.parametrize("form", [keccak_256_textbook, keccak_256])


@FORMS
@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (
            b"The quick brown fox jumps over the lazy dog",
            "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15",
        ),
        # Ethereum: the hash of the empty list in RLP.
        (b"\xc0", "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"),
    ],
    ids=["empty", "abc", "fox", "empty list"],
)
def test_known_answers(form: Callable[[bytes], bytes], data: bytes, digest: str) -> None:
    assert form(data).hex() == digest


@FORMS
def test_function_selector(form: Callable[[bytes], bytes]) -> None:
    assert form(b"transfer(address,uint256)")[:4].hex() == "a9059cbb"


def _pad_of_sha3(data: bytes) -> bytes:
    padded = bytearray(data + b"\x06" + bytes(-(len(data) + 1) % 136))
    padded[-1] |= 0x80
    return bytes(padded)


@FORMS
@pytest.mark.parametrize("size", [0, 1, 7, 8, 64, 134, 135, 136, 137, 271, 272, 273, 1000])
def test_with_the_padding_of_fips_202_it_is_sha3(
    form: Callable[[bytes], bytes], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All but the padding has an oracle in the standard library.
    data = bytes(i * 7 % 256 for i in range(size))
    assert form(data) != hashlib.sha3_256(data).digest()
    monkeypatch.setattr(keccak, "_pad", _pad_of_sha3)
    assert form(data) == hashlib.sha3_256(data).digest()


def test_padding_is_one_block_at_least_and_marks_both_ends() -> None:
    assert keccak._pad(b"") == b"\x01" + bytes(134) + b"\x80"
    assert keccak._pad(bytes(134)) == bytes(134) + b"\x01\x80"
    assert keccak._pad(bytes(135)) == bytes(135) + b"\x81"
    assert keccak._pad(bytes(136)) == bytes(136) + b"\x01" + bytes(134) + b"\x80"


def test_permutation_of_zeros() -> None:
    # The first lanes of KECCAK-f[1600](0), from the intermediate values of the Keccak team.
    state = keccak.keccak_f_textbook(bytes(200))
    lanes = [int.from_bytes(state[i : i + 8], "little") for i in range(0, 24, 8)]
    assert lanes == [0xF1258F7940E1DDE7, 0x84D5CCF933C0478A, 0xD598261EA65AA9EE]
    assert keccak._store(keccak._keccak_f(keccak._load(bytes(200)))) == state


@pytest.mark.parametrize("seed", range(5))
def test_permutation_in_slots(seed: int) -> None:
    state = random.Random(seed).getrandbits(1600).to_bytes(200, "little")
    A = keccak._load(state)
    assert keccak._store(A) == state
    assert keccak._store(keccak._keccak_f(A)) == keccak.keccak_f_textbook(state)


def test_every_lane_rotates_within_its_slot() -> None:
    # All ones: what a shift carries out of a lane comes back at its foot, and nowhere else.
    for x in range(5):
        for y in range(5):
            state = bytearray(200)
            state[8 * (5 * y + x) : 8 * (5 * y + x) + 8] = b"\xff" * 8
            expected = keccak.keccak_f_textbook(bytes(state))
            assert keccak._store(keccak._keccak_f(keccak._load(bytes(state)))) == expected


def test_computed_constants() -> None:
    # FIPS 202, table 2 (modulo 64), and the round constants as the Keccak reference prints them.
    offsets = [keccak._OFFSETS[x, 0] for x in range(5)]
    assert offsets == [0, 1, 190 % 64, 28, 91 % 64]
    assert keccak._OFFSETS[4, 4] == 78 % 64
    assert keccak._OFFSETS[2, 2] == 171 % 64
    assert len(keccak._RC) == 24
    assert keccak._RC[:4] == [0x1, 0x8082, 0x800000000000808A, 0x8000000080008000]
    assert keccak._RC[23] == 0x8000000080008008
