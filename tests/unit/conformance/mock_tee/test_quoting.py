from __future__ import annotations

import hashlib

import pytest

from conformance.mock_tee.quoting import (
    QUOTE_KINDS,
    TRAILING_ZEROS,
    Platform,
    make_platform,
    sgx_quote,
    tdx_quote,
)
from conformance.mock_tee.randomness import SeededBytes
from venice_ref.crypto.curves import P256
from venice_ref.crypto.ecdsa import verify
from venice_ref.evidence.tdx.quote import Quote, parse_quote

PLATFORM = make_platform(SeededBytes("test", "platform"))
REPORT_DATA = bytes(range(64))


def _verify(key: bytes, message: bytes, signature: bytes) -> None:
    x, y, r, s = (
        int.from_bytes(part, "big") for part in (key[:32], key[32:], signature[:32], signature[32:])
    )
    verify(P256, (x, y), hashlib.sha256(message).digest(), r, s)


def _verify_to_the_pck(platform: Platform, quote: Quote) -> None:
    data = quote.signature_data
    assert data.attestation_key == platform.attestation_key
    _verify(data.attestation_key, quote.signed_bytes, data.signature)
    _verify(platform.pck_key, data.qe_report, data.qe_report_signature)
    binding = hashlib.sha256(data.attestation_key + data.qe_authentication_data).digest()
    assert data.qe_report_fields["report_data"] == binding + bytes(32)


@pytest.mark.parametrize("kind", list(QUOTE_KINDS))
def test_a_tdx_quote_verifies_up_to_the_pck(kind: str) -> None:
    quote = parse_quote(tdx_quote(PLATFORM, REPORT_DATA, quote_kind=kind))
    assert (quote.version, quote.body_kind) == QUOTE_KINDS[kind]
    assert quote.is_tdx
    assert quote.report_data == REPORT_DATA
    assert quote.trailing == bytes(TRAILING_ZEROS)
    assert quote.body["td_attributes"].hex() == "0000001000000000"
    assert quote.body["xfam"].hex() == "e702060000000000"
    _verify_to_the_pck(PLATFORM, quote)
    assert quote.signature_data.certification.type == 1
    assert quote.signature_data.certification.platform["ppid"] == PLATFORM.ppid


def test_an_sgx_quote_is_as_well_made() -> None:
    quote = parse_quote(sgx_quote(PLATFORM, REPORT_DATA))
    assert (quote.version, quote.body_kind, quote.is_tdx) == (3, "sgx", False)
    assert quote.report_data == REPORT_DATA
    _verify_to_the_pck(PLATFORM, quote)


def test_a_change_is_made_before_the_signature() -> None:
    raw = tdx_quote(
        PLATFORM, REPORT_DATA, change=lambda fields: {**fields, "mr_owner": b"\x01" * 48}
    )
    quote = parse_quote(raw)
    assert quote.body["mr_owner"] == b"\x01" * 48
    _verify_to_the_pck(PLATFORM, quote)


def test_platforms_differ_with_their_randomness() -> None:
    other = make_platform(SeededBytes("test", "another"))
    assert other != PLATFORM
    assert make_platform(SeededBytes("test", "platform")) == PLATFORM
