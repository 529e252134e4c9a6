from __future__ import annotations

import base64
from typing import Dict, List, Tuple

import pytest

from tests.samples import QUOTE_KINDS, quote, real_quotes, signature_data
from venice_ref.codec.layout import Layout
from venice_ref.errors import MalformedError
from venice_ref.evidence.tdx.encode import encode_quote, encode_signed
from venice_ref.evidence.tdx.layouts import (
    BODY_KINDS,
    ENCRYPTED_PPID_2048,
    ENCRYPTED_PPID_3072,
    PLAIN_PPID,
)
from venice_ref.evidence.tdx.quote import (
    CertificationData,
    Quote,
    decode_quote_file,
    decode_quote_text,
    parse_quote,
)
from venice_ref.spec import MAX_QUOTE_SIZE


def encoded(parsed: Quote) -> bytes:
    """Return the bytes of a parsed quote from its fields alone."""
    signed = encode_signed(
        parsed.version, header=parsed.header, body_kind=parsed.body_kind, body=parsed.body
    )
    assert signed == parsed.signed_bytes
    return encode_quote(signed, parsed.signature_data, trailing=parsed.trailing)


def fault(raw: bytes) -> Tuple[str, str]:
    """Return rule and place of the error that a quote meets."""
    with pytest.raises(MalformedError) as caught:
        parse_quote(raw)
    return caught.value.rule, caught.value.where


def put(raw: bytes, offset: int, value: bytes) -> bytes:
    return raw[:offset] + value + raw[offset + len(value) :]


def le(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


# --- The whole ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "body_kind"), QUOTE_KINDS)
def test_a_quote_is_its_fields(version: int, body_kind: str) -> None:
    raw = quote(version, body_kind)
    parsed = parse_quote(raw)
    assert encoded(parsed) == raw
    assert (parsed.version, parsed.body_kind) == (version, body_kind)
    assert parsed.is_tdx == (body_kind != "sgx")
    assert parsed.report_data == parsed.body["report_data"]
    assert set(parsed.body) == {field.name for field in BODY_KINDS[body_kind].layout.fields}
    descriptor = 6 if version == 5 else 0
    assert parsed.signed_bytes == raw[: 48 + descriptor + BODY_KINDS[body_kind].layout.size]
    assert parsed.signature_data == signature_data()
    assert parsed.signature_data.qe_report_fields["report_data"] == b"\x0e" * 64
    assert parsed.trailing == bytes(70)


def test_the_real_quotes_parse_and_encode_to_the_same_bytes() -> None:
    found: Dict[Tuple[int, str], int] = {}
    for name, raw in real_quotes():
        parsed = parse_quote(raw)
        assert encoded(parsed) == raw, name
        assert parsed.trailing == b"", name
        assert len(parsed.signature_data.qe_authentication_data) == 32, name
        assert parsed.signature_data.certification.type == 5, name
        kind = parsed.version, parsed.body_kind
        found[kind] = found.get(kind, 0) + 1
    assert found == {(3, "sgx"): 9, (4, "td-1.0"): 83, (5, "td-1.5"): 7, (5, "td-1.5ex"): 1}


# --- The header ---------------------------------------------------------------------------------

HEADER_FAULTS = [
    ("QUO-2", 0, 2, (0, 1, 2, 6, 255, 0x0400)),
    ("QUO-3", 2, 2, (0, 1, 3, 4, 0x0200)),
    ("QUO-4", 4, 4, (1, 0x80, 0x82, 0x8100, 0x81000000)),
    ("QUO-5", 12, 1, (0, 0x92)),
    ("QUO-5", 27, 1, (0, 0x06)),
]


@pytest.mark.parametrize(("rule", "offset", "size", "values"), HEADER_FAULTS)
@pytest.mark.parametrize(("version", "body_kind"), [(3, "sgx"), (4, "td-1.0"), (5, "td-1.5")])
def test_the_closed_fields_of_the_header(
    version: int, body_kind: str, rule: str, offset: int, size: int, values: Tuple[int, ...]
) -> None:
    raw = quote(version, body_kind)
    for value in values:
        found, where = fault(put(raw, offset, le(value, size)))
        assert found == rule
        assert where.startswith("quote.header.")


def test_version_3_is_sgx() -> None:
    assert fault(put(quote(3, "sgx"), 4, le(0x81, 4))) == ("QUO-4", "quote.header.tee_type")


@pytest.mark.parametrize("offset", [8, 9, 10, 11, 28, 47])
def test_the_open_fields_of_the_header_are_kept(offset: int) -> None:
    raw = put(quote(), offset, b"\x5a")
    assert encoded(parse_quote(raw)) == raw


# --- The body -----------------------------------------------------------------------------------


@pytest.mark.parametrize("body_type", [0, 5, 255, 0x0200])
def test_an_unknown_body_type(body_type: int) -> None:
    raw = put(quote(5, "td-1.0"), 48, le(body_type, 2))
    assert fault(raw) == ("QUO-6", "quote.body_descriptor.body_type")


@pytest.mark.parametrize(("version", "body_kind"), [kind for kind in QUOTE_KINDS if kind[0] == 5])
def test_a_body_size_that_is_not_that_of_its_type(version: int, body_kind: str) -> None:
    raw = quote(version, body_kind)
    size = BODY_KINDS[body_kind].layout.size
    others = {kind.layout.size for kind in BODY_KINDS.values()} - {size}
    for wrong in {0, size - 1, size + 1, 2**32 - 1} | others:
        assert fault(put(raw, 50, le(wrong, 4))) == ("QUO-6", "quote.body_descriptor.body_size")


@pytest.mark.parametrize(("version", "body_kind"), [kind for kind in QUOTE_KINDS if kind[0] == 5])
def test_a_body_of_the_other_tee(version: int, body_kind: str) -> None:
    other = 0x81 if body_kind == "sgx" else 0
    raw = put(quote(version, body_kind), 4, le(other, 4))
    assert fault(raw) == ("QUO-6", "quote.body_descriptor.body_type")


# --- The signature data -------------------------------------------------------------------------


def lengths_of(raw: bytes, version: int) -> List[Tuple[str, int, int]]:
    """Return name, offset and size of each length in a quote of the samples."""
    signed = len(parse_quote(raw).signed_bytes)
    data = signed + 4
    qe = data + 128 + (0 if version == 3 else 6)
    found = [("signature data", signed, 4), ("authentication", qe + 448, 2)]
    found.append(("inner", qe + 448 + 2 + 32 + 2, 4))
    if version != 3:
        found.append(("outer", data + 128 + 2, 4))
    return found


@pytest.mark.parametrize(("version", "body_kind"), QUOTE_KINDS)
@pytest.mark.parametrize("trailing", [b"", bytes(70)])
def test_every_length_is_consumed_exactly(version: int, body_kind: str, trailing: bytes) -> None:
    raw = quote(version, body_kind, trailing=trailing)
    for name, offset, size in lengths_of(raw, version):
        length = int.from_bytes(raw[offset : offset + size], "little")
        flips = {length ^ 1 << bit for bit in range(8 * size)}
        for wrong in {0, length - 1, length + 1, 2 ** (8 * size) - 1} | flips:
            rule, where = fault(put(raw, offset, le(wrong, size)))
            # A shifted length of the authentication data makes the next type nonsense first.
            assert rule == "QUO-7" or (name, rule) == ("authentication", "QUO-8"), (name, wrong)
            assert where.startswith("quote")


def test_slack_is_refused_at_every_level() -> None:
    """Growing a length together with the bytes that it counts must not go unseen."""
    raw = quote(trailing=b"")
    signed = len(parse_quote(raw).signed_bytes)
    grown = put(raw, signed, le(len(raw) - signed - 4 + 4, 4)) + bytes(4)
    assert fault(grown) == ("QUO-7", "quote")
    outer = signed + 4 + 128 + 2
    size = int.from_bytes(raw[outer : outer + 4], "little")
    assert fault(put(grown, outer, le(size + 4, 4))) == ("QUO-7", "quote")


@pytest.mark.parametrize(("version", "body_kind"), QUOTE_KINDS)
def test_a_quote_that_is_cut_is_refused_at_every_length(version: int, body_kind: str) -> None:
    raw = quote(version, body_kind, trailing=b"")
    for size in range(len(raw)):
        rule, _ = fault(raw[:size])
        assert rule == "QUO-7", size


def test_a_real_quote_that_is_cut_is_refused() -> None:
    for name, raw in real_quotes()[::7]:
        for size in {*range(0, len(raw), 97), len(raw) - 1}:
            with pytest.raises(MalformedError):
                parse_quote(raw[:size])
        assert parse_quote(raw), name


@pytest.mark.parametrize("outer", [0, 1, 2, 3, 4, 5, 7, 0x0600])
@pytest.mark.parametrize(("version", "body_kind"), [(4, "td-1.0"), (5, "td-1.5")])
def test_the_outer_certification_data_is_of_type_6(
    version: int, body_kind: str, outer: int
) -> None:
    raw = quote(version, body_kind)
    offset = len(parse_quote(raw).signed_bytes) + 4 + 128
    assert fault(put(raw, offset, le(outer, 2))) == ("QUO-8", "quote.certification_data.type")


@pytest.mark.parametrize("inner", [0, 6, 7, 8, 0x0500])
@pytest.mark.parametrize(("version", "body_kind"), [(3, "sgx"), (4, "td-1.0")])
def test_the_inner_certification_data_is_of_type_1_to_5(
    version: int, body_kind: str, inner: int
) -> None:
    raw = quote(
        version, body_kind, data=signature_data(certification=CertificationData(inner, b"x", {}))
    )
    assert fault(raw) == ("QUO-22", "quote.certification_data.type")


@pytest.mark.parametrize(
    ("kind", "layout"),
    [(1, PLAIN_PPID), (2, ENCRYPTED_PPID_2048), (3, ENCRYPTED_PPID_3072)],
)
def test_certification_data_that_names_the_platform(kind: int, layout: Layout) -> None:
    data = bytes(index % 251 for index in range(layout.size))
    raw = quote(data=signature_data(certification=CertificationData(kind, data, {})))
    found = parse_quote(raw).signature_data.certification
    assert found.data == data
    assert b"".join(found.platform.values()) == data
    assert list(found.platform) == ["ppid", "cpu_svn", "pce_svn", "pce_id"]
    for wrong in (b"", data[:-1], data + b"\0"):
        bad = quote(data=signature_data(certification=CertificationData(kind, wrong, {})))
        assert fault(bad) == ("QUO-7", "quote.certification_data")


@pytest.mark.parametrize("kind", [4, 5])
@pytest.mark.parametrize("data", [b"", b"\0", b"pem"])
def test_certification_data_in_pem_is_left_alone(kind: int, data: bytes) -> None:
    raw = quote(data=signature_data(certification=CertificationData(kind, data, {})))
    assert parse_quote(raw).signature_data.certification == (kind, data, {})


@pytest.mark.parametrize("size", [0, 1, 31, 33, 1000])
def test_authentication_data_of_any_size(size: int) -> None:
    raw = quote(data=signature_data(authentication=b"\xaa" * size))
    assert parse_quote(raw).signature_data.qe_authentication_data == b"\xaa" * size


# --- What follows, and limits -------------------------------------------------------------------


@pytest.mark.parametrize("trailing", [b"", b"\0", bytes(70), bytes(3061), b"\x01", b"abc"])
def test_what_follows_the_signature_data_is_kept(trailing: bytes) -> None:  # QUO-9
    raw = quote(trailing=trailing)
    assert parse_quote(raw).trailing == trailing
    assert encoded(parse_quote(raw)) == raw


def test_a_quote_has_a_greatest_size() -> None:
    raw = quote(trailing=b"")
    assert parse_quote(raw + bytes(MAX_QUOTE_SIZE - len(raw)))
    assert fault(raw + bytes(MAX_QUOTE_SIZE - len(raw) + 1)) == ("QUO-10", "quote")


# --- Text ---------------------------------------------------------------------------------------


def test_the_forms_of_a_quote() -> None:  # QUO-1
    for trailing in (b"", b"\0", b"\0\0", b"\xff\xfe"):  # each remainder of three, and - _ + /
        raw = quote(trailing=trailing)
        url = base64.urlsafe_b64encode(raw).decode()
        for text in (
            raw.hex(),
            raw.hex().upper(),
            "0x" + raw.hex(),
            "0X" + raw.hex(),
            base64.b64encode(raw).decode(),
            url,
            url.rstrip("="),
        ):
            assert decode_quote_text(text) == raw


def test_hexadecimal_is_not_read_as_base64() -> None:
    assert decode_quote_text("deadbeef") == bytes.fromhex("deadbeef")
    with pytest.raises(MalformedError, match="odd number"):
        decode_quote_text("abc")


@pytest.mark.parametrize(
    "text",
    ["", "0x", "zz", "04 00", "0400\n", "BAAC=", "BAA$", "BA+C_w", "0x0x04", "\uff10\uff14", "é"],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_quote_text(text, where="attestation.intel_quote")
    assert (caught.value.rule, caught.value.where) == ("QUO-1", "attestation.intel_quote")


def test_a_text_has_a_greatest_size() -> None:
    with pytest.raises(MalformedError) as caught:
        decode_quote_text("00" * (MAX_QUOTE_SIZE + 2))
    assert caught.value.rule == "QUO-10"


def test_one_byte_too_many_is_too_many_in_every_form() -> None:  # QUO-10
    for size, rule in ((MAX_QUOTE_SIZE, ""), (MAX_QUOTE_SIZE + 1, "QUO-10")):
        raw = b"\x03\x00\xff\xff" + bytes(size - 4)
        for text in (raw.hex(), "0x" + raw.hex(), base64.b64encode(raw).decode()):
            if not rule:
                assert decode_quote_text(text) == raw
                continue
            with pytest.raises(MalformedError) as caught:
                decode_quote_text(text)
            assert caught.value.rule == rule


# --- Files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "body_kind"), QUOTE_KINDS)
def test_the_content_of_a_file_says_its_form(version: int, body_kind: str) -> None:
    raw = quote(version, body_kind)
    wrapped = base64.encodebytes(raw)
    assert wrapped.count(b"\n") > 1
    for content in (raw, raw.hex().encode(), b"0x" + raw.hex().encode() + b"\r\n", wrapped):
        assert decode_quote_file(content) == raw


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "QUO-1"),
        (b" \n", "QUO-1"),
        (b"\x02\x00" + bytes(100), "QUO-1"),
        (b"\x7fELF", "QUO-1"),
        (b"0400\x00", "QUO-1"),
        ("é".encode(), "QUO-1"),
        (b'{"quote": "04"}', "QUO-1"),
        (bytes(3 * MAX_QUOTE_SIZE + 1), "QUO-10"),
    ],
)
def test_other_files_are_refused(content: bytes, rule: str) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_quote_file(content)
    assert caught.value.rule == rule
