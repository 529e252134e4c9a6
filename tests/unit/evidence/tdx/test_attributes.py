from __future__ import annotations

import pytest

from venice_ref.errors import UsageError
from venice_ref.evidence.tdx.attributes import TD_ATTRIBUTES, TUD_MASK, decode_td_attributes


def bits(*numbers: int) -> bytes:
    return sum(1 << number for number in numbers).to_bytes(8, "little")


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (bytes(8), []),
        (bytes.fromhex("0000001000000000"), ["SEPT_VE_DISABLE"]),
        (bits(0), ["DEBUG"]),
        (bits(0, 28, 63), ["DEBUG", "SEPT_VE_DISABLE", "PERFMON"]),
        (bits(29, 30, 31), ["MIGRATABLE", "PKS", "KL"]),
        (bits(3, 20, 40), ["reserved bit 3", "reserved bit 20", "reserved bit 40"]),
    ],
)
def test_bits_have_names(raw: bytes, names: list[str]) -> None:
    assert [str(attribute) for attribute in decode_td_attributes(raw)] == names


def test_every_bit_belongs_to_its_group() -> None:
    groups = [attribute.group for attribute in decode_td_attributes(b"\xff" * 8)]
    assert groups == ["TUD"] * 8 + ["SEC"] * 24 + ["OTHER"] * 32
    assert TUD_MASK == 0xFF


def test_the_table_is_in_order_and_agrees_with_the_groups() -> None:
    numbers = [attribute.bit for attribute in TD_ATTRIBUTES]
    assert numbers == sorted(set(numbers))
    every = decode_td_attributes(b"\xff" * 8)
    assert all(every[attribute.bit] == attribute for attribute in TD_ATTRIBUTES)


@pytest.mark.parametrize("size", [0, 7, 9])
def test_another_size_is_a_mistake_of_the_caller(size: int) -> None:
    with pytest.raises(UsageError):
        decode_td_attributes(bytes(size))
