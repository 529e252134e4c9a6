from __future__ import annotations

from typing import Any, Dict

import pytest

from tests.intel import Intel, isv_level, qe_identity, text_of
from venice_ref.errors import EvidenceError
from venice_ref.evidence.tdx.qe_identity import QeIdentity, parse_qe_identity
from venice_ref.evidence.tdx.qe_report import (
    check_qe_identity,
    check_report_data,
    masked_equal,
    qe_level,
)
from venice_ref.evidence.tdx.quote import SignatureData


def data(**changes: Any) -> SignatureData:
    found = Intel().quote().signature_data
    return found._replace(**changes)


def report(**changes: bytes) -> Dict[str, bytes]:
    return {**data().qe_report_fields, **changes}


def identity(**changes: Any) -> QeIdentity:
    return parse_qe_identity(text_of({**qe_identity(), **changes}))


def fault(changed: Dict[str, bytes], against: QeIdentity) -> str:
    with pytest.raises(EvidenceError) as caught:
        check_qe_identity(changed, against)
    return f"{caught.value.rule} {caught.value.where.split('.')[-1]}"


# --- REPORTDATA ---------------------------------------------------------------------------------


def test_the_report_names_the_attestation_key() -> None:
    check_report_data(data())


@pytest.mark.parametrize("part", ["attestation_key", "qe_authentication_data"])
def test_another_key_or_other_authentication_data(part: str) -> None:  # QUO-13
    value = getattr(data(), part)
    for changed in (value[:-1] + b"\xff", value[::-1]):
        with pytest.raises(EvidenceError) as caught:
            check_report_data(data(**{part: changed}))
        assert caught.value.rule == "QUO-13"


@pytest.mark.parametrize("offset", [0, 31, 32, 63])
def test_every_byte_of_report_data_counts(offset: int) -> None:  # QUO-13
    raw = bytearray(data().qe_report)
    raw[320 + offset] ^= 1
    with pytest.raises(EvidenceError) as caught:
        check_report_data(data(qe_report=bytes(raw)))
    assert caught.value.rule == "QUO-13"


@pytest.mark.parametrize("size", [0, 1, 31, 33, 500])
def test_authentication_data_of_any_size(size: int) -> None:
    intel = Intel()
    intel.authentication = b"\x5a" * size
    check_report_data(intel.quote().signature_data)


# --- Identity -----------------------------------------------------------------------------------


def test_intels_enclave() -> None:
    check_qe_identity(report(), identity())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("misc_select", b"\x01\0\0\0"),
        ("misc_select", b"\0\0\0\x80"),
        ("attributes", bytes.fromhex("14" + "00" * 15)),
        ("attributes", bytes.fromhex("95" + "00" * 15)),
        ("attributes", bytes.fromhex("15000000000000800000000000000000")),
        ("mr_signer", b"\xab" * 31 + b"\xac"),
        ("isv_prod_id", b"\x01\0"),
        ("isv_prod_id", b"\0\x02"),
    ],
)
def test_another_enclave(name: str, value: bytes) -> None:  # QUO-14
    assert fault(report(**{name: value}), identity()) == f"QUO-14 {name}"


@pytest.mark.parametrize("attributes", ["11" + "00" * 15, "15" + "00" * 7 + "ff" * 8])
def test_what_the_mask_leaves_open(attributes: str) -> None:
    check_qe_identity(report(attributes=bytes.fromhex(attributes)), identity())


def test_mr_enclave_and_the_cpu_are_left_open() -> None:
    check_qe_identity(report(mr_enclave=b"\x01" * 32, cpu_svn=b"\x09" * 16), identity())


def test_an_expected_bit_outside_of_the_mask_is_never_met() -> None:  # QUO-14
    """Intel's library compares with the expected value itself, not with its masked form."""
    hidden = identity(attributes="15" + "00" * 15)
    for attributes in ("15" + "00" * 15, "11" + "00" * 15):
        assert fault(report(attributes=bytes.fromhex(attributes)), hidden) == "QUO-14 attributes"
    hidden = identity(miscselect="01000000", miscselectMask="00000000")
    assert fault(report(misc_select=b"\x01\0\0\0"), hidden) == "QUO-14 misc_select"


def test_a_mask_of_zero_leaves_everything_open() -> None:
    check_qe_identity(report(misc_select=b"\xff" * 4), identity(miscselectMask="00000000"))


def test_debug_is_refused_even_where_the_mask_does_not_look() -> None:  # QUO-15
    debug = bytes.fromhex("17" + "00" * 15)
    assert fault(report(attributes=debug), identity()) == "QUO-14 attributes"
    blind = identity(attributes="00" * 16, attributesMask="00" * 16)
    assert fault(report(attributes=debug), blind) == "QUO-15 attributes"
    expected = identity(attributes="13" + "00" * 15)
    assert fault(report(attributes=debug), expected) == "QUO-15 attributes"


def test_masked_equality() -> None:
    assert masked_equal(b"\xf5", b"\x05", b"\x0f")
    assert not masked_equal(b"\xf5", b"\xf5", b"\x0f")
    assert not masked_equal(b"\xf4", b"\x05", b"\x0f")


# --- Level --------------------------------------------------------------------------------------


def test_the_level_of_the_enclave() -> None:
    levels = identity(tcbLevels=[isv_level(256), isv_level(4, "OutOfDate")])
    assert qe_level(report(isv_svn=b"\x04\0"), levels).status == "OutOfDate"
    assert qe_level(report(isv_svn=b"\0\x01"), levels).status == "UpToDate"
    with pytest.raises(EvidenceError) as caught:
        qe_level(report(isv_svn=b"\x03\0"), levels)
    assert (caught.value.rule, caught.value.where) == ("TCB-3", "quote.qe_report.isv_svn")
