from __future__ import annotations

from datetime import datetime, timezone
from typing import Callable

import pytest

from venice_ref.codec.der import (
    SET,
    DerReader,
    Element,
    context,
    open_elements,
    open_sequence,
)
from venice_ref.errors import MalformedError
from venice_ref.spec import MAX_DER_DEPTH

Read = Callable[[DerReader], object]


def reader(raw: str) -> DerReader:
    return open_elements(bytes.fromhex(raw), max_size=1_000_000, where="x", rule="CRT-1")


def refused(raw: str, read: Read) -> MalformedError:
    source = reader(raw)
    with pytest.raises(MalformedError) as caught:
        read(source)
    assert caught.value.rule == "CRT-1"
    return caught.value


# --- Values -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("020100", 0),
        ("02017f", 127),
        ("02020080", 128),
        ("020180", -128),
        ("0202ff7f", -129),
        ("0201ff", -1),
        ("0209 00ffffffffffffffff", 2**64 - 1),
    ],
)
def test_integers(raw: str, value: int) -> None:
    source = reader(raw)
    assert source.integer("n") == value
    source.finish()


@pytest.mark.parametrize("raw", ["0200", "02020000", "0202007f", "0202ff80", "0202ffff"])
def test_an_integer_has_one_form(raw: str) -> None:
    assert refused(raw, lambda r: r.integer("n")).where == "x.n"


def test_an_integer_is_bounded() -> None:
    raw = "0241" + "01" * 65
    assert reader(raw).integer("n", max_size=65) > 0
    assert "65 octets, at most 64" in str(refused(raw, lambda r: r.integer("n")))


@pytest.mark.parametrize(
    ("raw", "dotted"),
    [
        ("0603550403", "2.5.4.3"),
        ("06082a8648ce3d040302", "1.2.840.10045.4.3.2"),
        ("060a2a864886f84d010d0102", "1.2.840.113741.1.13.1.2"),
        ("060100", "0.0"),
        ("060127", "0.39"),
        ("060128", "1.0"),
        ("06014f", "1.39"),
        ("060150", "2.0"),
        ("0602 8837", "2.999"),  # the example of X.690, 8.19.5
        ("06042b818000", "1.3.16384"),  # 80 inside an arc is no padding
    ],
)
def test_object_identifiers(raw: str, dotted: str) -> None:
    assert reader(raw).oid("id") == dotted


@pytest.mark.parametrize(
    "raw",
    ["0600", "060180", "060181", "06025580", "06025581", "0603800101", "0603550480", "0603558003"],
)
def test_an_object_identifier_has_one_form(raw: str) -> None:
    refused(raw, lambda r: r.oid("id"))


def test_an_object_identifier_is_bounded() -> None:
    assert reader("0640" + "01" * 64).oid("id").count(".") == 64
    refused("0641" + "01" * 65, lambda r: r.oid("id"))


@pytest.mark.parametrize(("raw", "value"), [("010100", False), ("0101ff", True)])
def test_booleans(raw: str, value: bool) -> None:
    assert reader(raw).boolean("b") is value


@pytest.mark.parametrize("raw", ["0100", "010101", "010180", "0102ffff"])
def test_a_boolean_has_two_forms(raw: str) -> None:
    refused(raw, lambda r: r.boolean("b"))


def test_null() -> None:
    reader("0500").null("n")
    refused("050100", lambda r: r.null("n"))


@pytest.mark.parametrize(
    ("raw", "bits"),
    [
        ("030100", set()),
        ("03020780", {0}),
        ("03020106", {5, 6}),
        ("030206c0", {0, 1}),
        ("0303070080", {8}),
        ("030200ff", set(range(8))),
    ],
)
def test_named_bits(raw: str, bits: object) -> None:
    assert reader(raw).named_bits("bits") == bits


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        ("0300", "not a bit string"),
        ("030101", "not a bit string"),
        ("03020880", "not a bit string"),
        ("03020781", "unused bits"),
        ("03020086", "trailing zero"),
        ("030206c1", "unused bits"),
        ("03020700", "trailing zero"),
        ("0303000180", "trailing zero"),
        ("030a00" + "ff" * 9, "64 bits"),
    ],
)
def test_a_list_of_bits_has_one_form(raw: str, flaw: str) -> None:
    assert flaw in str(refused(raw, lambda r: r.named_bits("bits")))


def test_bit_strings_of_octets() -> None:
    assert reader("0303000102").bits("b") == b"\x01\x02"
    for raw in ("0300", "0303010102"):
        refused(raw, lambda r: r.bits("b"))


def test_octet_strings_are_primitive() -> None:
    assert reader("04020102").octets("o") == b"\x01\x02"
    refused("2404" + "04020102", lambda r: r.octets("o"))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("0c03c3a974", "\u00e9t"),
        ("13025553", "US"),
        ("16036140 62".replace(" ", ""), "a@b"),
        ("0c00", ""),
    ],
)
def test_strings(raw: str, text: str) -> None:
    assert reader(raw).text("s") == text


@pytest.mark.parametrize(
    "raw",
    [
        "0c02c328",  # not UTF-8
        "0c03eda080",  # a surrogate
        "0c02c080",  # overlong
        "130140",  # @ is not printable
        "1302c3a9",
        "1602c3a9",
        "1403555341",  # T61String
        "1e0400550053",  # BMPString
        "0000",
        "",
    ],
)
def test_other_strings_are_refused(raw: str) -> None:
    refused(raw, lambda r: r.text("s"))


def test_a_tag_of_its_own_means_utf_8() -> None:
    assert reader("8003c3a974").text("s", tag=context(0)) == "\u00e9t"
    assert reader("8303020406").integer("n", tag=context(3)) == 0x020406


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        (b"\x17\x0d500101000000Z", datetime(1950, 1, 1, tzinfo=timezone.utc)),
        (b"\x17\x0d491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
        (b"\x17\x0d240229123456Z", datetime(2024, 2, 29, 12, 34, 56, tzinfo=timezone.utc)),
        (b"\x18\x0f99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
        (b"\x18\x0f20500101000000Z", datetime(2050, 1, 1, tzinfo=timezone.utc)),
        (b"\x18\x0f19491231235959Z", datetime(1949, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
    ],
)
def test_times(raw: bytes, moment: datetime) -> None:
    assert reader(raw.hex()).time("t") == moment


@pytest.mark.parametrize(
    "raw",
    [
        b"\x17\x0b2401010000Z",  # no seconds
        b"\x17\x0b0101010101Z",
        b"\x17\x0d240101000000z",
        b"\x17\x0d240101000000+",
        b"\x17\x11240101000000+0000",
        b"\x17\x0d24010100000 Z",
        b"\x17\x0d2401010000_0Z",
        b"\x17\x0d+40101000000Z",
        b"\x17\x0d240230000000Z",
        b"\x17\x0d240001000000Z",
        b"\x17\x0d240101240000Z",
        b"\x17\x0d240101006000Z",
        b"\x17\x0d240101000060Z",  # a leap second
        b"\x18\x0d205001010000Z",
        b"\x18\x1120500101000000.5Z",
        b"\x18\x0f20260101000000Z",  # a year of UTCTime
        b"\x18\x0f00000101000000Z",
        b"\x16\x0d240101000000Z",
        b"\x16\x0f20500101000000Z",
        b"\x17\x00",
        b"",
    ],
)
def test_other_times_are_refused(raw: bytes) -> None:
    assert refused(raw.hex(), lambda r: r.time("t")).where == "x.t"


def test_generalized_time_for_every_year_where_it_is_allowed() -> None:
    raw = b"\x18\x0f20260101000000Z".hex()
    assert reader(raw).time("t", any_form=True) == datetime(2026, 1, 1, tzinfo=timezone.utc)
    refused(raw, lambda r: r.time("t"))


# --- Lengths and structure ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "flaw"),
    [
        ("", "missing"),
        ("04", "cut short"),
        ("0402aa", "2 bytes of content, 1 are left"),
        ("0480aa0000", "indefinite"),
        ("048101aa", "more octets than it needs"),
        ("04817f" + "aa" * 127, "more octets than it needs"),
        ("04820080" + "aa" * 128, "more octets than it needs"),
        ("048200ff" + "aa" * 255, "more octets than it needs"),
        ("0481", "beyond the end"),
        ("048201", "beyond the end"),
        ("0485000000000100", "beyond the end"),
        ("04ff" + "00" * 127, "beyond the end"),
        ("0484ffffffffaa", "4294967295 bytes of content, 1 are left"),
        ("050100", "tag 05, required 04"),
    ],
)
def test_lengths_are_definite_and_minimal(raw: str, flaw: str) -> None:
    assert flaw in str(refused(raw, lambda r: r.octets("o")))


@pytest.mark.parametrize("size", [0, 127, 128, 255, 256, 65535, 65536])
def test_lengths(size: int) -> None:
    length = bytes([size]) if size < 128 else b""
    if size >= 128:
        big = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(big)]) + big
    raw = b"\x04" + length + b"a" * size
    source = open_elements(raw, max_size=70_000)
    assert source.octets("o") == b"a" * size
    source.finish()


def test_tag_numbers_above_30_are_refused() -> None:
    refused("1f0100", lambda r: r.element("e"))
    refused("bf0100", lambda r: r.element("e"))


def test_the_end_of_contents_is_no_element() -> None:
    refused("0000", lambda r: r.element("e"))


def test_elements_know_their_bytes() -> None:
    source = reader("0201058001ff")
    assert source.next_tag == 0x02
    assert source.element("a") == Element(0x02, b"\x05", b"\x02\x01\x05")
    assert source.element("b") == Element(0x80, b"\xff", b"\x80\x01\xff")
    assert (source.more, source.next_tag) == (False, 0)


def test_a_reader_knows_its_bytes_and_its_path() -> None:
    source = open_sequence(bytes.fromhex("3009a0033001053002a000"), max_size=20, where="x")
    with pytest.raises(MalformedError) as caught:
        source.explicit(0, "first").sequence("second").integer("n")
    assert caught.value.where == "x.first.second.n"
    last = source.sequence("[1]")
    assert last.raw == bytes.fromhex("3002a000")
    assert last.where == "x[1]"
    assert last.path("y") == "x[1].y"
    assert open_sequence(b"\x30\x00", max_size=2).path("y") == "y"


def test_a_rule_of_its_own_holds_inside() -> None:
    source = open_sequence(bytes.fromhex("3006300430020500"), max_size=20, rule="CRT-1")
    inner = source.sequence("a", rule="CRT-7").sequence("b")
    assert inner.error("message").rule == "CRT-7"
    assert inner.error("message", rule="CRT-8").rule == "CRT-8"
    assert source.error("message").rule == "CRT-1"


def test_everything_is_read() -> None:
    source = open_sequence(bytes.fromhex("3006020101020102"), max_size=20, where="x")
    source.integer("a")
    with pytest.raises(MalformedError, match="3 bytes after the last element at x"):
        source.finish()
    with pytest.raises(MalformedError, match="1 bytes after the last element"):
        open_sequence(bytes.fromhex("300000"), max_size=20)


def test_the_size_is_bounded() -> None:
    assert open_sequence(b"\x30\x02\x05\x00", max_size=4).more
    with pytest.raises(MalformedError, match="4 bytes of DER, at most 3"):
        open_sequence(b"\x30\x02\x05\x00", max_size=3)


def test_the_depth_is_bounded() -> None:
    raw = b""
    for _ in range(MAX_DER_DEPTH + 1):
        raw = bytes((0x30, len(raw))) + raw
    source = open_elements(raw, max_size=1000)
    for level in range(MAX_DER_DEPTH):
        source = source.sequence(f"[{level}]")
    with pytest.raises(MalformedError, match=f"nested deeper than {MAX_DER_DEPTH}"):
        source.sequence("one more")


def test_sets_are_in_ascending_order() -> None:
    ascending = reader("3106020101020102").set_of("s")
    assert (ascending.integer("a"), ascending.integer("b")) == (1, 2)
    refused("3106020102020101", lambda r: r.set_of("s"))
    assert reader("3106020101020101").sequence("s", tag=SET).more
    # The order of encodings is not that of values: a shorter one comes first, by its length.
    assert reader("3107" + "020102" + "02020080").set_of("s").integer("a") == 2
    assert not reader("3100").set_of("s").more
