from __future__ import annotations

from typing import Callable

import pytest

from tests.samples import quote, signature_data
from venice_ref.errors import UsageError
from venice_ref.evidence.tdx.encode import (
    encode_quote,
    encode_sgx_report,
    encode_signature_data,
    encode_signed,
    header_fields,
    zero_body,
)
from venice_ref.evidence.tdx.layouts import QE_VENDOR_ID, TEE_SGX, TEE_TDX
from venice_ref.evidence.tdx.quote import parse_quote


def test_a_header_by_the_letter() -> None:
    signed = encode_signed(
        4,
        header=header_fields(4, TEE_TDX, user_data=b"\x77" * 20),
        body_kind="td-1.0",
        body=zero_body("td-1.0"),
    )
    assert signed[:12] == bytes.fromhex("0400 0200 81000000 0000 0000")
    assert signed[12:28] == QE_VENDOR_ID
    assert signed[28:48] == b"\x77" * 20
    assert signed[48:] == bytes(584)


def test_version_5_names_its_body() -> None:
    signed = encode_signed(
        5,
        header=header_fields(5, TEE_TDX),
        body_kind="td-1.5ex",
        body=zero_body("td-1.5ex", vm_id=b"\x09"),
    )
    assert signed[48:54] == bytes.fromhex("0400 75030000")
    assert signed[54 + 648] == 9
    assert len(signed) == 48 + 6 + 885


def test_the_signature_data_is_nested_by_version() -> None:
    flat, nested = (encode_signature_data(version, signature_data()) for version in (3, 4))
    assert nested[:128] == flat[:128]
    assert nested[128:134] == bytes.fromhex("0600") + (len(flat) - 128).to_bytes(4, "little")
    assert nested[134:] == flat[128:]
    assert encode_signature_data(5, signature_data()) == nested


def test_a_quote_counts_its_signature_data() -> None:
    parsed = parse_quote(quote(trailing=b""))
    raw = encode_quote(parsed.signed_bytes, parsed.signature_data, trailing=b"xyz")
    size = len(encode_signature_data(4, parsed.signature_data))
    assert raw[632:636] == size.to_bytes(4, "little")
    assert raw[636 + size :] == b"xyz"


MISTAKES: list[Callable[[], object]] = [
    lambda: _signed(user_data=b""),
    lambda: header_fields(1 << 16, TEE_SGX),
    lambda: zero_body("td-2.0"),
    lambda: zero_body("td-1.0", vm_id=b"\0"),
    lambda: _signed(mr_td=b"\0"),
    lambda: encode_sgx_report(mr_td=bytes(48)),
    lambda: encode_sgx_report(report_data=bytes(63)),
    lambda: encode_quote(b"\x04\x00", signature_data()._replace(signature=bytes(63))),
    lambda: encode_quote(b"\x04\x00", signature_data(authentication=bytes(1 << 16))),
]


def _signed(*, user_data: bytes = bytes(20), **fields: bytes) -> bytes:
    return encode_signed(
        4,
        header=header_fields(4, TEE_TDX, user_data=user_data),
        body_kind="td-1.0",
        body=zero_body("td-1.0", **fields),
    )


@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_names_and_sizes_are_mistakes_of_the_caller(mistake: Callable[[], object]) -> None:
    with pytest.raises(UsageError):
        mistake()
