from __future__ import annotations

import hashlib
from typing import Callable, List, Tuple

import pytest

from tests.samples import ADDRESS, NONCE, OTHER_KEY, REPORT_DATA
from venice_ref.attestation.binding import (
    encode_report_data,
    verify_address,
    verify_nonce,
    verify_padding,
)
from venice_ref.crypto.address import address_of, to_checksum
from venice_ref.errors import EvidenceError, PolicyError, UsageError
from venice_ref.model import Address20, Nonce32

HASHED = REPORT_DATA[:32] + hashlib.sha256(NONCE).digest()


def flipped(raw: bytes, index: int) -> bytes:
    return raw[:index] + bytes([raw[index] ^ 1]) + raw[index + 1 :]


def test_report_data_by_the_letter() -> None:
    assert encode_report_data(ADDRESS, NONCE) == ADDRESS + bytes(12) + NONCE
    with pytest.raises(UsageError):
        encode_report_data(Address20(bytes(19)), NONCE)


def test_each_part_holds_where_it_must() -> None:
    verify_address(REPORT_DATA, ADDRESS)
    verify_padding(REPORT_DATA)
    assert verify_nonce(REPORT_DATA, NONCE) == "raw"


PARTS: List[Tuple[range, str, str, Callable[[bytes], object]]] = [
    (range(20), "BND-1", "quote.report_data[0:20]", lambda raw: verify_address(raw, ADDRESS)),
    (range(20, 32), "BND-2", "quote.report_data[20:32]", verify_padding),
    (range(32, 64), "BND-3", "quote.report_data[32:64]", lambda raw: verify_nonce(raw, NONCE)),
]


@pytest.mark.parametrize("index", range(64))
def test_every_byte_is_compared_by_one_check(index: int) -> None:
    bad = flipped(REPORT_DATA, index)
    for positions, rule, where, check in PARTS:
        if index in positions:
            with pytest.raises(EvidenceError) as caught:
                check(bad)
            assert (caught.value.rule, caught.value.where) == (rule, where)
        else:
            check(bad)


def test_the_message_names_both_addresses() -> None:
    other = address_of(OTHER_KEY)
    with pytest.raises(EvidenceError) as caught:
        verify_address(REPORT_DATA, other)
    assert to_checksum(other) in caught.value.message
    assert to_checksum(ADDRESS) in caught.value.message


def test_a_hashed_nonce_is_named_and_refused_unless_allowed() -> None:  # BND-4
    with pytest.raises(PolicyError) as caught:
        verify_nonce(HASHED, NONCE)
    assert caught.value.rule == "BND-4"
    assert "raw-or-sha256" in caught.value.hint
    assert verify_nonce(HASHED, NONCE, allow_sha256=True) == "sha256"


@pytest.mark.parametrize("allow_sha256", [False, True])
def test_a_foreign_nonce_is_a_mismatch_either_way(allow_sha256: bool) -> None:
    for report_data in (REPORT_DATA, HASHED):
        with pytest.raises(EvidenceError) as caught:
            verify_nonce(report_data, Nonce32(bytes(32)), allow_sha256=allow_sha256)
        assert caught.value.rule == "BND-3"
        assert "nonce mismatch" in caught.value.message
