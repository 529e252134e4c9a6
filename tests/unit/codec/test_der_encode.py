from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Set

import pytest

from venice_ref.codec import der_encode as encode
from venice_ref.codec.der import DerReader, open_elements
from venice_ref.errors import UsageError


def reader(raw: bytes) -> DerReader:
    return open_elements(raw, max_size=100_000)


@pytest.mark.parametrize(
    ("value", "raw"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (255, "020200ff"),
        (256, "02020100"),
        (-1, "0201ff"),
        (-128, "020180"),
        (-129, "0202ff7f"),
        (-32768, "02028000"),
    ],
)
def test_integers(value: int, raw: str) -> None:
    assert encode.integer(value).hex() == raw
    assert reader(encode.integer(value)).integer("n") == value


@pytest.mark.parametrize("dotted", ["0.0", "1.39", "2.999.3", "1.2.840.113741.1.13.1", "2.5.29.15"])
def test_object_identifiers(dotted: str) -> None:
    assert reader(encode.object_identifier(dotted)).oid("id") == dotted


@pytest.mark.parametrize(
    "dotted", ["", "1", "3.1", "1.40", "0.40", "1.02", "1..2", "1.2.", "1.-2", "a"]
)
def test_what_is_no_object_identifier(dotted: str) -> None:
    with pytest.raises(UsageError):
        encode.object_identifier(dotted)


@pytest.mark.parametrize("numbers", [set(), {0}, {7}, {8}, {5, 6}, {0, 1}, {0, 8, 15}, {63}])
def test_named_bits(numbers: Set[int]) -> None:
    assert reader(encode.named_bits(numbers)).named_bits("bits") == numbers


def test_bits_are_numbered_from_zero() -> None:
    assert encode.named_bits({5, 6}).hex() == "03020106"
    with pytest.raises(UsageError):
        encode.named_bits({-1})


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536])
def test_lengths_are_minimal(size: int) -> None:
    raw = encode.octet_string(b"a" * size)
    assert reader(raw).octets("o") == b"a" * size


def test_small_things() -> None:
    assert encode.boolean(True).hex() == "0101ff"
    assert encode.boolean(False).hex() == "010100"
    assert encode.null().hex() == "0500"
    assert encode.enumerated(10).hex() == "0a010a"
    assert encode.bit_string(b"\x01").hex() == "03020001"
    assert reader(encode.utf8_string("\u00e9")).text("s") == "\u00e9"
    assert reader(encode.printable_string("US")).text("s") == "US"
    assert reader(encode.ia5_string("a@b")).text("s") == "a@b"


def test_tags() -> None:
    assert encode.explicit(3, encode.null()).hex() == "a3020500"
    assert encode.implicit(0, encode.octet_string(b"a")).hex() == "800161"
    assert encode.implicit(6, encode.sequence()).hex() == "a600"


def test_sets_are_sorted() -> None:
    two, one = encode.integer(2), encode.integer(1)
    assert encode.set_of(two, one) == encode.set_of(one, two)
    assert reader(encode.set_of(two, one)).set_of("s").integer("n") == 1


@pytest.mark.parametrize(
    ("year", "raw"),
    [
        (1949, b"\x18\x0f19490203040506Z"),
        (1950, b"\x17\x0d500203040506Z"),
        (2049, b"\x17\x0d490203040506Z"),
        (2050, b"\x18\x0f20500203040506Z"),
        (987, b"\x18\x0f09870203040506Z"),
    ],
)
def test_times_have_the_form_of_their_year(year: int, raw: bytes) -> None:
    moment = datetime(year, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    assert encode.time(moment) == raw
    assert reader(raw).time("t") == moment


def test_times_are_in_utc() -> None:
    zone = timezone(timedelta(hours=2))
    assert encode.time(datetime(2026, 1, 1, 1, tzinfo=zone)) == b"\x17\x0d251231230000Z"
    with pytest.raises(UsageError):
        encode.time(datetime(2026, 1, 1))  # noqa: DTZ001 - a time without a zone is the point
