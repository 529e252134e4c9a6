from __future__ import annotations

from typing import Callable, Dict

import pytest

from tests.intel import SGX, Intel, Pck, pair
from venice_ref.codec import der_encode as der
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.tdx.pck import SGX_TYPES, parse_pck, parse_sgx_extension
from venice_ref.pki.certificate import parse_certificate


def encode(values: Dict[int, bytes]) -> bytes:
    return der.sequence(*(pair(f"{SGX}.{number}", value) for number, value in values.items()))


def fault(raw: bytes) -> str:
    with pytest.raises(MalformedError) as caught:
        parse_sgx_extension(raw)
    assert caught.value.where.startswith("sgx")
    return caught.value.rule


def test_a_platform_below_the_platform_ca() -> None:
    found = parse_pck(parse_certificate(Intel().pck_chain()[0]))
    assert (found.ppid, found.platform_instance_id) == (b"\x99" * 16, b"\x77" * 16)
    assert (found.fmspc.hex(), found.pce_id.hex(), found.pce_svn) == ("90c06f000000", "0000", 11)
    assert list(found.cpu_svn) == Pck().svns
    assert SGX_TYPES[found.sgx_type] == "Scalable"
    assert (found.dynamic_platform, found.cached_keys, found.smt_enabled) == (True, False, True)


def test_a_platform_below_the_processor_ca() -> None:
    pck = Pck()
    pck.platform_ca = False
    found = parse_sgx_extension(pck.encode())
    assert found.platform_instance_id is None
    assert (found.dynamic_platform, found.cached_keys, found.smt_enabled) == (None, None, None)


def test_the_order_of_the_entries_does_not_matter() -> None:
    values = Pck().values()
    assert parse_sgx_extension(encode(dict(reversed(list(values.items()))))) == (
        parse_sgx_extension(Pck().encode())
    )


def test_the_ends_of_the_ranges() -> None:
    pck = Pck()
    pck.svns, pck.pce_svn = [0, 127, 128, 255] * 4, 65535
    found = parse_sgx_extension(pck.encode())
    assert (found.cpu_svn, found.pce_svn) == (bytes(pck.svns), 65535)


def test_the_octets_and_the_components_agree() -> None:  # COL-15
    for index in (0, 7, 15):
        pck = Pck()
        octets = bytearray(pck.svns)
        octets[index] += 1
        pck.cpu_svn = bytes(octets)
        with pytest.raises(EvidenceError) as caught:
            parse_sgx_extension(pck.encode())
        assert (caught.value.rule, caught.value.where) == ("COL-15", "sgx[1].tcb")


@pytest.mark.parametrize("number", range(1, 8))
def test_no_entry_is_missing_or_twice_or_of_another_type(number: int) -> None:  # COL-14
    values = Pck().values()
    assert fault(encode({n: v for n, v in values.items() if n != number})) == "COL-14"
    assert fault(encode({**values, number: der.null()})) == "COL-14"
    twice = encode(values)[4:] + pair(f"{SGX}.{number}", values[number])
    assert fault(der.element(0x30, twice)) == "COL-14"


def test_a_processor_certificate_has_neither_of_the_two_entries() -> None:
    values = Pck().values()
    assert fault(encode({n: v for n, v in values.items() if n != 6})) == "COL-14"
    assert fault(encode({n: v for n, v in values.items() if n != 7})) == "COL-14"


def test_an_entry_of_unknown_number() -> None:
    assert fault(encode({**Pck().values(), 8: der.null()})) == "COL-14"
    assert fault(encode({**Pck().values(), 0: der.null()})) == "COL-14"


SIZES = [(1, 16), (3, 2), (4, 6), (6, 16)]


@pytest.mark.parametrize(("number", "size"), SIZES)
def test_sizes(number: int, size: int) -> None:
    for wrong in (0, size - 1, size + 1):
        values = {**Pck().values(), number: der.octet_string(bytes(wrong))}
        assert fault(encode(values)) == "COL-14"


@pytest.mark.parametrize("value", [-1, 3, 255])
def test_the_sgx_type(value: int) -> None:
    assert fault(encode({**Pck().values(), 5: der.enumerated(value)})) == "COL-14"
    for number in range(3):
        found = parse_sgx_extension(encode({**Pck().values(), 5: der.enumerated(number)}))
        assert found.sgx_type == number


def test_a_value_with_a_spare_octet() -> None:
    assert fault(encode({**Pck().values(), 5: b"\x0a\x02\x00\x01"})) == "COL-14"


def change_tcb(change: Callable[[Dict[int, bytes]], object]) -> bytes:
    pck = Pck()
    parts = {i + 1: der.integer(svn) for i, svn in enumerate(pck.svns)}
    parts[17], parts[18] = der.integer(pck.pce_svn), der.octet_string(bytes(pck.svns))
    change(parts)
    tcb = der.sequence(*(pair(f"{SGX}.2.{n}", value) for n, value in parts.items()))
    return encode({**pck.values(), 2: tcb})


@pytest.mark.parametrize("number", [1, 16, 17, 18])
def test_the_tcb_has_18_entries(number: int) -> None:
    def drop(parts: Dict[int, bytes]) -> None:
        del parts[number]

    assert parse_sgx_extension(change_tcb(dict.copy))
    assert fault(change_tcb(drop)) == "COL-14"


@pytest.mark.parametrize(
    ("number", "value"),
    [(1, -1), (1, 256), (16, 256), (17, -1), (17, 65536)],
)
def test_the_ranges_of_the_tcb(number: int, value: int) -> None:
    assert fault(change_tcb(lambda parts: parts.update({number: der.integer(value)}))) == "COL-14"


def test_cpusvn_has_16_octets() -> None:
    assert fault(change_tcb(lambda parts: parts.update({18: der.octet_string(b"x" * 15)})))


def test_the_configuration_has_three_flags() -> None:
    flags = [pair(f"{SGX}.7.{i}", der.boolean(True)) for i in (1, 2)]
    assert fault(encode({**Pck().values(), 7: der.sequence(*flags)})) == "COL-14"
    odd = pair(f"{SGX}.7.3", b"\x01\x01\x01")
    assert fault(encode({**Pck().values(), 7: der.sequence(*flags, odd)})) == "COL-14"


@pytest.mark.parametrize("raw", [b"", b"\x30\x00", b"\x31\x00", b"\x30\x80\x00\x00", b"x" * 5000])
def test_other_bytes(raw: bytes) -> None:
    assert fault(raw) == "COL-14"


def test_bytes_after_the_extension() -> None:
    assert fault(Pck().encode() + b"\0") == "COL-14"


def test_a_certificate_without_the_extension() -> None:
    certificate = parse_certificate(Intel().signer.encode(), where="leaf")
    with pytest.raises(MalformedError) as caught:
        parse_pck(certificate)
    assert (caught.value.rule, caught.value.where) == ("COL-14", "leaf")
