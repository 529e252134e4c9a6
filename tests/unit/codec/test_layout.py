from __future__ import annotations

from typing import Callable, Dict, Tuple

import pytest

from venice_ref.codec.layout import Field, Layout, Reader
from venice_ref.errors import MalformedError, UsageError

HEADER = Layout(
    "header",
    7,
    (
        Field(0, 2, "version"),
        Field(2, 4, "size"),
        Field(6, 1, "flags"),
    ),
)
RAW = b"\x01\x02\x03\x04\x05\x06\x07"


# --- Layout -------------------------------------------------------------------------------------


def test_split_and_join() -> None:
    fields = HEADER.split(RAW)
    assert fields == {"version": b"\x01\x02", "size": b"\x03\x04\x05\x06", "flags": b"\x07"}
    assert list(fields) == ["version", "size", "flags"]
    assert HEADER.join(fields) == RAW
    assert HEADER.join(dict(reversed(list(fields.items())))) == RAW


@pytest.mark.parametrize("raw", [b"", RAW[:-1], RAW + b"\x00"])
def test_split_takes_the_exact_size(raw: bytes) -> None:
    with pytest.raises(MalformedError) as error:
        HEADER.split(raw, rule="QUO-2")
    assert (error.value.rule, error.value.where) == ("QUO-2", "header")
    assert error.value.message == f"{len(raw)} bytes, required 7"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, "names do not match"),
        ({"version": b"ab", "size": b"abcd"}, "names do not match"),
        ({"version": b"ab", "size": b"abcd", "flags": b"a", "more": b""}, "names do not match"),
        ({"version": b"ab", "size": b"abcd", "Flags": b"a"}, "names do not match"),
        ({"version": b"a", "size": b"abcd", "flags": b"a"}, "version has 1 bytes, not 2"),
        ({"version": b"ab", "size": b"abcde", "flags": b"a"}, "size has 5 bytes, not 4"),
    ],
)
def test_join_takes_the_exact_fields(values: Dict[str, bytes], found: str) -> None:
    with pytest.raises(UsageError, match=found):
        HEADER.join(values)


@pytest.mark.parametrize(
    ("size", "fields", "found"),
    [
        (4, (Field(0, 2, "a"), Field(3, 1, "b")), "b is at 3, not 2"),
        (4, (Field(0, 2, "a"), Field(1, 3, "b")), "b is at 1, not 2"),
        (4, (Field(1, 3, "a"),), "a is at 1, not 0"),
        (4, (Field(0, 0, "a"), Field(0, 4, "b")), "a is at 0, not 0"),
        (4, (Field(0, -1, "a"), Field(-1, 5, "b")), "a is at 0"),
        (4, (Field(0, 3, "a"),), "the fields take 3 bytes, not 4"),
        (4, (Field(0, 5, "a"),), "the fields take 5 bytes, not 4"),
        (4, (Field(0, 2, "a"), Field(2, 2, "a")), "a field name occurs twice"),
        (1, (), "the fields take 0 bytes, not 1"),
    ],
    ids=["gap", "overlap", "start", "empty", "negative", "short", "long", "twice", "none"],
)
def test_a_layout_is_proof_read(size: int, fields: Tuple[Field, ...], found: str) -> None:
    with pytest.raises(UsageError, match=found):
        Layout("wrong", size, fields)


# --- Reader -------------------------------------------------------------------------------------


def test_reading_to_the_end() -> None:
    reader = Reader(b"\x01\x00" + RAW + b"tail")
    assert (reader.position, reader.remaining) == (0, 13)
    assert reader.integer_le(2, "count") == 1
    assert reader.layout(HEADER) == HEADER.split(RAW)
    assert (reader.position, reader.remaining) == (9, 4)
    assert reader.take(0, "nothing") == b""
    assert reader.rest() == b"tail"
    assert reader.rest() == b""
    reader.finish()


def test_integers_are_little_endian() -> None:
    assert Reader(b"\x01\x02\x03").integer_le(3, "x") == 0x030201
    assert Reader(b"").integer_le(0, "x") == 0


@pytest.mark.parametrize(
    "read",
    [
        lambda r: r.take(4, "the key"),
        lambda r: r.integer_le(4, "the key"),
        lambda r: r.layout(Layout("the key", 4, (Field(0, 4, "x"),))),
        lambda r: r.take(10**30, "the key"),
        lambda r: r.take(-1, "the key"),
    ],
)
def test_reading_past_the_end(read: Callable[[Reader], object]) -> None:
    reader = Reader(b"abc", where="quote", rule="QUO-10")
    with pytest.raises(MalformedError) as error:
        read(reader)
    assert (error.value.rule, error.value.where) == ("QUO-10", "quote")
    assert error.value.message.startswith("the key needs ")
    assert error.value.message.endswith("3 are left")
    assert reader.rest() == b"abc"  # nothing was consumed


def test_bytes_after_the_end() -> None:
    reader = Reader(b"abc", where="quote", rule="QUO-10")
    reader.take(1, "a")
    with pytest.raises(MalformedError, match=r"2 bytes after the end at quote \[QUO-10\]"):
        reader.finish()


def test_a_nested_part() -> None:
    reader = Reader(b"abcdef")
    with reader.exactly(4, "outer"):
        assert reader.remaining == 4
        assert reader.take(1, "a") == b"a"
        with reader.exactly(2, "inner"):
            assert reader.rest() == b"bc"
        assert reader.remaining == 1
        assert reader.take(1, "d") == b"d"
    assert reader.rest() == b"ef"


def test_a_nested_part_of_nothing() -> None:
    reader = Reader(b"ab")
    with reader.exactly(0, "nothing"):
        assert reader.rest() == b""
    assert reader.rest() == b"ab"


def test_a_nested_part_is_read_to_its_end() -> None:
    reader = Reader(b"abcdef", where="quote", rule="QUO-10")
    with (
        pytest.raises(MalformedError, match="inner has 1 bytes after its last field") as error,
        reader.exactly(3, "inner"),
    ):
        reader.take(2, "ab")
    assert (error.value.rule, error.value.where) == ("QUO-10", "quote")


def test_a_nested_part_bounds_every_read() -> None:
    reader = Reader(b"abcdef")
    with (
        pytest.raises(MalformedError, match="x needs 4 bytes, 3 are left"),
        reader.exactly(3, "inner"),
    ):
        reader.take(4, "x")


@pytest.mark.parametrize("size", [7, 2**32, 10**30, -1])
def test_a_nested_part_that_claims_too_much(size: int) -> None:
    reader = Reader(b"abcdef", where="quote", rule="QUO-10")
    with (
        pytest.raises(MalformedError, match=r"inner claims .* 6 are left"),
        reader.exactly(size, "inner"),
    ):
        raise AssertionError(size)
    with (
        pytest.raises(MalformedError, match="inner claims 5 bytes, 4 are left"),
        reader.exactly(4, "outer"),
        reader.exactly(5, "inner"),
    ):
        raise AssertionError(size)


def test_an_error_inside_a_nested_part_stays_itself() -> None:
    reader = Reader(b"abcdef")
    with pytest.raises(MalformedError, match="the fault inside"), reader.exactly(3, "inner"):
        raise MalformedError("the fault inside")
