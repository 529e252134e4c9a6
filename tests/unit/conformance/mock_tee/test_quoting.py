from __future__ import annotations

import hashlib

import pytest

from conformance.mock_tee.pki.authority import draw_key
from conformance.mock_tee.quoting import (
    QUOTE_KINDS,
    TRAILING_ZEROS,
    Platform,
    QuoteHooks,
    make_platform,
    sgx_quote,
    tdx_quote,
)
from conformance.mock_tee.randomness import SeededBytes
from venice_ref.codec.pem import decode_pem_chain
from venice_ref.crypto.curves import P256
from venice_ref.crypto.ecdsa import verify
from venice_ref.errors import SignatureError
from venice_ref.evidence.tdx.quote import Quote, parse_quote

PLATFORM = make_platform(SeededBytes("test", "platform"))
CHAIN = (b"leaf", b"authority", b"root")
"""A quote carries what it is given; `pki` makes certificates."""
REPORT_DATA = bytes(range(64))


def _verify(key: bytes, message: bytes, signature: bytes) -> None:
    x, y, r, s = (
        int.from_bytes(part, "big") for part in (key[:32], key[32:], signature[:32], signature[32:])
    )
    verify(P256, (x, y), hashlib.sha256(message).digest(), r, s)


def _verify_to_the_pck(platform: Platform, quote: Quote) -> None:
    data = quote.signature_data
    assert data.attestation_key == platform.attestation.xy
    _verify(data.attestation_key, quote.signed_bytes, data.signature)
    _verify(platform.pck.xy, data.qe_report, data.qe_report_signature)
    binding = hashlib.sha256(data.attestation_key + data.qe_authentication_data).digest()
    assert data.qe_report_fields["report_data"] == binding + bytes(32)


def _chain_of(quote: Quote) -> tuple[bytes, ...]:
    certification = quote.signature_data.certification
    assert certification.type == 5
    assert certification.data.endswith(b"-----END CERTIFICATE-----\n\0")
    chain = decode_pem_chain(certification.data, max_count=3, max_size=4096, allow_nul=True)
    return tuple(chain)


@pytest.mark.parametrize("kind", list(QUOTE_KINDS))
def test_a_tdx_quote_verifies_up_to_the_pck(kind: str) -> None:
    quote = parse_quote(tdx_quote(PLATFORM, CHAIN, REPORT_DATA, quote_kind=kind))
    assert (quote.version, quote.body_kind) == QUOTE_KINDS[kind]
    assert quote.is_tdx
    assert quote.report_data == REPORT_DATA
    assert quote.trailing == bytes(TRAILING_ZEROS)
    assert quote.body["td_attributes"].hex() == "0000001000000000"
    assert quote.body["xfam"].hex() == "e702060000000000"
    assert quote.signature_data.qe_report_fields["isv_prod_id"] == b"\x02\x00"
    _verify_to_the_pck(PLATFORM, quote)
    assert _chain_of(quote) == CHAIN


def test_an_sgx_quote_is_as_well_made() -> None:
    quote = parse_quote(sgx_quote(PLATFORM, CHAIN, REPORT_DATA))
    assert (quote.version, quote.body_kind, quote.is_tdx) == (3, "sgx", False)
    assert quote.report_data == REPORT_DATA
    assert quote.signature_data.qe_report_fields["isv_prod_id"] == b"\x01\x00"
    _verify_to_the_pck(PLATFORM, quote)
    assert _chain_of(quote) == CHAIN


def test_a_change_is_made_before_what_signs_over_it() -> None:
    hooks = QuoteHooks(
        body=lambda fields: {**fields, "mr_owner": b"\x01" * 48},
        qe_report=lambda fields: {**fields, "mr_enclave": b"\x02" * 32},
        pck_chain=lambda chain: chain[:1],
        signature_data=lambda data: data._replace(qe_authentication_data=b"\x03" * 8),
    )
    quote = parse_quote(tdx_quote(PLATFORM, CHAIN, REPORT_DATA, hooks=hooks))
    data = quote.signature_data
    assert quote.body["mr_owner"] == b"\x01" * 48
    assert data.qe_report_fields["mr_enclave"] == b"\x02" * 32
    assert _chain_of(quote) == CHAIN[:1]
    assert data.qe_authentication_data == b"\x03" * 8
    _verify(data.attestation_key, quote.signed_bytes, data.signature)
    _verify(PLATFORM.pck.xy, data.qe_report, data.qe_report_signature)


def test_another_attestation_key_signs_and_is_not_named_by_the_report() -> None:
    other = draw_key(P256, SeededBytes("test", "another"))
    hooks = QuoteHooks(attestation_key=lambda _: other)
    quote = parse_quote(tdx_quote(PLATFORM, CHAIN, REPORT_DATA, hooks=hooks))
    honest = parse_quote(tdx_quote(PLATFORM, CHAIN, REPORT_DATA))
    data = quote.signature_data
    assert data.attestation_key == other.xy
    _verify(other.xy, quote.signed_bytes, data.signature)
    with pytest.raises(SignatureError):
        _verify(PLATFORM.attestation.xy, quote.signed_bytes, data.signature)
    assert data.qe_report == honest.signature_data.qe_report


def test_platforms_differ_with_their_randomness() -> None:
    other = make_platform(SeededBytes("test", "another"))
    assert other != PLATFORM
    assert make_platform(SeededBytes("test", "platform")) == PLATFORM
