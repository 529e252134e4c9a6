"""Ethereum addresses: EIP-55's own examples, and what `parse_address` refuses."""

from __future__ import annotations

from typing import Any

import pytest

from venice_ref.crypto.address import address_of, parse_address, to_checksum
from venice_ref.errors import MalformedError, UsageError
from venice_ref.model import PublicKey65

# EIP-55, "Test Cases".
EIP_55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]

MIXED = "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.mark.parametrize("text", EIP_55)
def test_checksums_of_eip_55(text: str) -> None:
    address = bytes.fromhex(text[2:])
    assert to_checksum(address) == text
    assert parse_address(text) == address


@pytest.mark.parametrize("text", EIP_55)
def test_one_case_throughout_carries_no_checksum(text: str) -> None:
    address = bytes.fromhex(text[2:])
    assert parse_address("0x" + text[2:].lower()) == address
    assert parse_address("0x" + text[2:].upper()) == address


def test_digits_alone_have_no_case() -> None:
    assert parse_address("0x" + "12" * 20) == b"\x12" * 20


@pytest.mark.parametrize("position", [i for i, digit in enumerate(MIXED) if digit.isalpha()])
def test_every_letter_of_a_checksum_counts(position: int) -> None:
    swapped = MIXED[:position] + MIXED[position].swapcase() + MIXED[position + 1 :]
    with pytest.raises(MalformedError, match="EIP-55") as caught:
        parse_address("0x" + swapped, where="attestation.signing_address")
    assert caught.value.rule == "KEY-15"
    assert caught.value.where == "attestation.signing_address"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        MIXED,
        "0X" + MIXED,
        "0x" + MIXED[:-1],
        "0x" + MIXED + "0",
        "0x" + MIXED[:-1] + "g",
        "0x" + MIXED[:-1] + " ",
        " 0x" + MIXED[:-1],
        "0x" + MIXED[:-1] + "\n",
        "0x" + "_1" * 20,
        "0x+" + "1" * 39,
        "0x" + "\u0661" * 40,
        "0x" + "\uff11" * 40,
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(MalformedError, match="40 hexadecimal digits") as caught:
        parse_address(text)
    assert caught.value.rule == "KEY-16"


@pytest.mark.parametrize("value", [None, 5, b"0x" + MIXED.encode(), ["0x"] * 42])
def test_what_is_no_text_is_malformed(value: Any) -> None:
    with pytest.raises(MalformedError):
        parse_address(value)


# SEC 2: the base point of secp256k1 and its double, the public keys of the private keys 1 and 2,
# whose addresses are well known.
G = (
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
G2 = (
    "04c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5"
    "1ae168fea63dc339a3c58419466ceaeef7f632653266d0e1236431a950cfe52a"
)


@pytest.mark.parametrize(
    ("public", "address"),
    [
        (G, "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"),
        (G2, "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"),
    ],
)
def test_address_of_known_keys(public: str, address: str) -> None:
    assert to_checksum(address_of(PublicKey65(bytes.fromhex(public)))) == address


@pytest.mark.parametrize("raw", [b"", bytes.fromhex(G)[1:], b"\x02" + bytes(32), bytes(65)])
def test_address_of_another_encoding_is_refused(raw: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        address_of(PublicKey65(raw))
    assert caught.value.rule == "KEY-10"


@pytest.mark.parametrize("size", [0, 19, 21, 32])
def test_checksum_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(UsageError, match=f"{size} bytes, required 20"):
        to_checksum(bytes(size))
