from __future__ import annotations

from typing import Any

import pytest

from tests.dcap import real_cases, venice_case
from tests.intel import Intel, Issued, extension
from venice_ref.codec.pem import encode_pem
from venice_ref.errors import MalformedError
from venice_ref.evidence.tdx.collateral import parse_collateral
from venice_ref.evidence.tdx.needs import CA_NAMES, collateral_needs
from venice_ref.evidence.tdx.quote import CertificationData, parse_quote
from venice_ref.pki.certificate import parse_certificate


@pytest.mark.parametrize("tdx", [True, False])
def test_the_needs_are_those_of_tee_platform_and_ca(tdx: bool) -> None:
    intel = Intel(tdx=tdx)
    intel.sgx.fmspc = bytes.fromhex("00a06f050000")
    needs = collateral_needs(intel.quote())  # [COL-20]
    assert needs == ("TDX" if tdx else "SGX", bytes.fromhex("00a06f050000"), "platform")


def test_the_processor_ca_is_told_apart() -> None:
    intel = Intel()
    intel.ca.cn = "Intel SGX PCK Processor CA"
    intel.sgx.platform_ca = False
    assert collateral_needs(intel.quote()).ca == "processor"


def refusal(intel: Intel) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        collateral_needs(intel.quote())
    return caught.value


def certified(kind: int, data: bytes, **platform: bytes) -> Intel:
    intel = Intel()
    intel.certification = CertificationData(kind, data, platform)
    return intel


@pytest.mark.parametrize("data", [b"", b"\0", b"junk", b"-----BEGIN CERTIFICATE-----\0"])
def test_a_chain_that_is_none_is_malformed(data: bytes) -> None:
    error = refusal(certified(5, data))
    assert error.rule == "COL-20"
    assert error.where.startswith("quote.certification_data")


@pytest.mark.parametrize("kind", [1, 2, 3])
def test_a_quote_that_only_names_its_platform_is_malformed(kind: int) -> None:
    size = {1: 36, 2: 276, 3: 404}[kind]
    error = refusal(certified(kind, bytes(size)))
    assert (error.rule, error.where) == ("COL-20", "quote.certification_data")
    assert "pck_certificate_chain" in error.hint


def test_four_certificates_are_too_many() -> None:
    chain = Intel().pck_chain()
    pem = "".join(encode_pem(der) for der in (*chain, chain[0])).encode()
    assert refusal(certified(5, pem)).rule == "COL-20"


def test_another_ca_is_malformed() -> None:
    intel = Intel()
    intel.ca.cn = "Intel SGX PCK Platform CA 2"
    assert refusal(intel).rule == "COL-20"


def with_extension(change: Any) -> Intel:
    intel = Intel()
    change(intel)
    return intel


def test_a_certificate_of_no_platform_is_malformed() -> None:
    leaf = Issued("Intel SGX PCK Certificate", "pck", Intel().ca)
    error = refusal(certified(5, encode_pem(leaf.encode()).encode()))
    assert (error.rule, error.where) == ("COL-14", "quote.certification_data[0]")


def test_a_platform_that_means_two_things_is_malformed() -> None:
    intel = Intel()
    intel.sgx.cpu_svn = bytes(16)
    assert refusal(intel).rule == "COL-15"  # of one kind for whoever asks


def test_a_broken_extension_is_malformed() -> None:
    leaf = Issued(
        "Intel SGX PCK Certificate",
        "pck",
        Intel().ca,
        extra=(extension("1.2.840.113741.1.13.1", b"\x30\x03\x02\x01\x00"),),
    )
    assert refusal(certified(5, encode_pem(leaf.encode()).encode())).rule == "COL-14"


def test_every_real_quote_says_what_its_collateral_is_for() -> None:
    for case in (*real_cases(), venice_case()):
        needs = collateral_needs(parse_quote(case.quote))
        collateral = parse_collateral(_text(case.collateral))
        ca = parse_certificate(collateral.pck_crl_issuer_chain[0]).subject_cn
        assert f'"fmspc":"{needs.fmspc.hex()}"' in collateral.tcb_info.lower(), case.name
        assert f'"id":"{needs.tee}"' in collateral.tcb_info or needs.tee == "SGX", case.name
        assert CA_NAMES[ca] == needs.ca, case.name


def _text(members: Any) -> str:
    import json

    return json.dumps(members)
