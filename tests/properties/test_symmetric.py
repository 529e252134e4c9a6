"""Whatever comes, `unseal` and `parse_address` return, or raise the error of their docstring."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from venice_ref.crypto import gcm
from venice_ref.crypto.address import parse_address, to_checksum
from venice_ref.errors import DecryptError, MalformedError

KEY = bytes(range(32))
NONCE = bytes(12)

ADDRESSES = st.binary(min_size=20, max_size=20).map(to_checksum)


@given(sealed=st.binary(max_size=150))
@settings(max_examples=100, deadline=None)
def test_random_bytes_do_not_open(sealed: bytes) -> None:
    with pytest.raises(MalformedError if len(sealed) < 16 else DecryptError):
        gcm.unseal(KEY, NONCE, sealed)


@given(text=st.one_of(st.text(max_size=50), ADDRESSES, ADDRESSES.map(str.lower)))
@settings(max_examples=100, deadline=None)
def test_random_text_is_an_address_or_malformed(text: str) -> None:
    try:
        address = parse_address(text)
    except MalformedError:
        return
    assert to_checksum(address).lower() == text.lower()


@given(
    text=ADDRESSES,
    position=st.integers(min_value=0, max_value=41),
    other=st.characters(),
)
@settings(max_examples=100, deadline=None)
def test_a_changed_character_is_another_address_or_malformed(
    text: str, position: int, other: str
) -> None:
    changed = text[:position] + other + text[position + 1 :]
    try:
        address = parse_address(changed)
    except MalformedError:
        return
    one_case = changed[2:] in (changed[2:].lower(), changed[2:].upper())
    assert changed == text or one_case or address != parse_address(text)
