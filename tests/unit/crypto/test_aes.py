"""AES-256 against the values printed in FIPS 197 and SP 800-38A."""

from __future__ import annotations

from typing import Callable

import pytest

from venice_ref.crypto import aes
from venice_ref.errors import UsageError

# FIPS 197 (2001), C.3.  The edition of 2023 refers to the same example on NIST's pages.
C3_KEY = bytes(range(32))
C3_PLAINTEXT = bytes.fromhex("00112233445566778899aabbccddeeff")
C3_CIPHERTEXT = bytes.fromhex("8ea2b7ca516745bfeafc49904b496089")

# FIPS 197, A.3, and SP 800-38A, F.1.5 (ECB-AES256.Encrypt), which have the key in common.
A3_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
F15_PLAINTEXT = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
F15_CIPHERTEXT = bytes.fromhex(
    "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
    "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7"
)


def test_xtimes_on_the_example_of_the_standard() -> None:
    # FIPS 197 (2001), 4.2.1: {57} times {02}, {04}, {08}, {10}.
    powers = [0x57]
    for _ in range(4):
        powers.append(aes.xtimes(powers[-1]))
    assert powers == [0x57, 0xAE, 0x47, 0x8E, 0x07]


def test_sbox_known_rows() -> None:
    # FIPS 197, 5.1.1, the first and the last row of the table, and the example in the text.
    assert aes.SBOX[:16].hex() == "637c777bf26b6fc53001672bfed7ab76"
    assert aes.SBOX[-16:].hex() == "8ca1890dbfe6426841992d0fb054bb16"
    assert aes.SBOX[0x53] == 0xED


def test_sbox_is_a_permutation_without_fixed_points() -> None:
    assert sorted(aes.SBOX) == list(range(256))
    assert all(aes.SBOX[b] not in (b, b ^ 0xFF) for b in range(256))


@pytest.mark.parametrize("expansion", [aes.key_expansion_textbook, aes.key_expansion])
def test_key_expansion_example(expansion: Callable[[bytes], aes.RoundKeys]) -> None:
    round_keys = expansion(A3_KEY)
    assert len(round_keys) == 15
    assert {len(k) for k in round_keys} == {16}
    assert round_keys[0] + round_keys[1] == A3_KEY
    assert round_keys[2].hex() == "9ba354118e6925afa51a8b5f2067fcde"  # w8 .. w11
    assert round_keys[3].hex() == "a8b09c1a93d194cdbe49846eb75d5b9a"  # w12 .. w15
    assert round_keys[14].hex() == "fe4890d1e6188d0b046df344706c631e"  # w56 .. w59


def test_every_step_of_the_first_round() -> None:
    # FIPS 197 (2001), C.3: round[1].start, s_box, s_row, m_col and round[2].start.
    start = bytes.fromhex("00102030405060708090a0b0c0d0e0f0")
    s_box = aes.sub_bytes(start)
    s_row = aes.shift_rows(s_box)
    m_col = aes.mix_columns(s_row)
    assert bytes(s_box).hex() == "63cab7040953d051cd60e0e7ba70e18c"
    assert bytes(s_row).hex() == "6353e08c0960e104cd70b751bacad0e7"
    assert bytes(m_col).hex() == "5f72641557f5bc92f7be3b291db9f91a"


def test_cipher_example() -> None:
    assert aes.cipher(aes.key_expansion(C3_KEY), C3_PLAINTEXT) == C3_CIPHERTEXT


@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 70, 71, 72, 73, 100])
def test_every_block_of_many_is_the_example(count: int) -> None:
    round_keys = aes.key_expansion(C3_KEY)
    assert aes.encrypt_blocks(round_keys, C3_PLAINTEXT * count) == C3_CIPHERTEXT * count


@pytest.mark.parametrize("repeat", [1, 4, 18, 30])
def test_blocks_keep_their_order(repeat: int) -> None:
    round_keys = aes.key_expansion(A3_KEY)
    assert aes.encrypt_blocks(round_keys, F15_PLAINTEXT * repeat) == F15_CIPHERTEXT * repeat


def test_no_blocks() -> None:
    assert aes.encrypt_blocks(aes.key_expansion(C3_KEY), b"") == b""


@pytest.mark.parametrize("size", [0, 16, 24, 31, 33, 64])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    for expansion in (aes.key_expansion, aes.key_expansion_textbook):
        with pytest.raises(UsageError, match=f"{size} bytes, required 32") as caught:
            expansion(bytes(size))
        assert caught.value.rule == "ENV-2"


@pytest.mark.parametrize("size", [1, 15, 17, 31])
def test_a_part_of_a_block_is_refused(size: int) -> None:
    round_keys = aes.key_expansion(C3_KEY)
    with pytest.raises(UsageError):
        aes.cipher(round_keys, bytes(size))
    with pytest.raises(UsageError):
        aes.encrypt_blocks(round_keys, bytes(size))
    with pytest.raises(UsageError):
        aes.encrypt_blocks_textbook(round_keys, bytes(size))
