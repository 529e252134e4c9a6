"""The captured evidence of eight H100: all of it passes, and any bit that matters fails it."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import lru_cache
from typing import Tuple

import pytest

from tests.nvidia.devices import payload_object
from tests.nvidia.real import AT, capture
from tests.nvidia.tokens import module
from venice_ref.errors import EvidenceError, PeerError, SignatureError, VeniceError
from venice_ref.evidence.nvidia.facts import fleet_facts
from venice_ref.evidence.nvidia.fleet import Fleet, verify_fleet
from venice_ref.evidence.nvidia.jwks import parse_key_set
from venice_ref.evidence.nvidia.known_good import KNOWN_GOOD, find_known_good
from venice_ref.evidence.nvidia.measurements import MeasuredGpu, verify_measurements
from venice_ref.evidence.nvidia.payload import (
    GpuPayload,
    check_payload_nonces,
    parse_payload,
)
from venice_ref.evidence.nvidia.rim import driver_manifest_id, vbios_manifest_id
from venice_ref.evidence.nvidia.tokens import NrasVerdict, parse_nras_answer, verify_nras
from venice_ref.evidence.nvidia.verify import SignedGpu, verify_report
from venice_ref.pki.signatures import SignatureMemo

MEMO = SignatureMemo()
"""What does not change in a report's test: its certificates."""


@lru_cache(maxsize=1)
def payload() -> GpuPayload:
    return parse_payload(payload_object(capture().payload))


@lru_cache(maxsize=1)
def gpus() -> Tuple[SignedGpu, ...]:
    nonce = capture().nonce
    return tuple(verify_report(gpu, nonce=nonce, now=AT, memo=MEMO) for gpu in payload().gpus)


@lru_cache(maxsize=1)
def fleet() -> Fleet:
    return verify_fleet(gpus())


def measured(gpu: SignedGpu) -> MeasuredGpu:
    golden = find_known_good(gpu)
    assert golden is not None
    return verify_measurements(gpu, golden)


@lru_cache(maxsize=1)
def nras() -> NrasVerdict:
    found = capture()
    return verify_nras(
        parse_nras_answer(found.nras),
        parse_key_set(found.jwks),
        gpus=gpus(),
        nonce=found.nonce,
        now=AT,
    )


def test_all_of_it_passes() -> None:
    check_payload_nonces(payload(), capture().nonce)
    assert len(gpus()) == 8
    found = fleet()
    assert (found.model, found.mode) == ("GH100 A01 GSP BROM", "PPCIE")
    assert (found.driver_version, found.vbios_version) == ("570.172.08", "96.00.CF.00.02")
    assert len(found.switch_pdis) == found.unattested_switches == 4
    assert all(len(measured(gpu).compared) == 33 for gpu in gpus())
    assert nras().version == "2.0"


def test_the_facts() -> None:  # GPU-35, GPU-37
    facts = fleet_facts(fleet(), [measured(gpu) for gpu in gpus()], nras())
    assert facts["gpu_level"] == "measured"
    assert facts["gpu_debug"] == "disabled"
    assert facts["gpu_revocation"] == "not performed"
    assert facts["gpu_count"] == 8
    assert fleet_facts(fleet())["gpu_debug"] == "not proven"
    assert fleet_facts(fleet(), nras=nras())["gpu_level"] == "nras"


def test_what_the_certificates_and_reports_repeat() -> None:
    """Found in these and in every other report; not demanded, because no vendor promises it."""
    assert len({gpu.fwid for gpu in gpus()}) == 1
    assert len({gpu.pdi for gpu in gpus()}) == 8
    for gpu in gpus():
        assert gpu.arch == "HOPPER"
        assert driver_manifest_id(gpu) == "NV_GPU_DRIVER_GH100_570.172.08"
        assert vbios_manifest_id(gpu) == "NV_GPU_VBIOS_G520_0280_895_9600CF0002"


def test_the_table_has_what_nvidia_vouched_for() -> None:  # GPU-34
    row = next(row for row in KNOWN_GOOD if row.matches(gpus()[0]))
    values = row.golden_values().values
    for gpu in gpus():
        assert {index: (gpu.measurements[index],) for index in values} == values


def test_the_server_s_own_word_is_no_part_of_it() -> None:
    assert capture().server_verification["nvidia"]["valid"] is True


# --- One bit ------------------------------------------------------------------------------------

REGIONS = {
    # first byte, last byte, rules that may refuse it
    "request header": (0, 3, {"GPU-14"}),
    "nonce": (4, 35, {"GPU-17"}),
    "slot": (36, 36, {"GPU-14"}),
    "response header": (37, 40, {"GPU-14"}),
    "number and size of blocks": (41, 44, {"GPU-13"}),
    "head of a block": (45, 51, {"GPU-13", "GPU-15"}),
    "a measurement": (52, 99, {"GPU-17"}),
    "the last measurement": (3517, 3564, {"GPU-17"}),
    "nonce of the GPU": (3565, 3596, {"GPU-17"}),
    "size of the opaque data": (3597, 3598, {"GPU-13", "GPU-16"}),
    "a type": (3599, 3600, {"GPU-16", "GPU-17"}),
    "a size": (3601, 3602, {"GPU-16"}),
    "the VBIOS": (3603, 3610, {"GPU-17"}),
    "opaque data": (4100, 4169, {"GPU-16", "GPU-17"}),
    "r": (4170, 4217, {"GPU-17"}),
    "s": (4218, 4265, {"GPU-17"}),
}


@pytest.mark.parametrize("region", REGIONS)
def test_one_bit_of_a_report(region: str) -> None:
    first, last, rules = REGIONS[region]
    gpu = payload().gpus[3]
    assert len(gpu.report) == 4266
    gpus()  # so that the memo has the certificates
    for at in sorted({first, (first + last) // 2, last}):
        for bit in (0, 7):
            changed = bytearray(gpu.report)
            changed[at] ^= 1 << bit
            with pytest.raises(PeerError) as caught:
                verify_report(
                    gpu._replace(report=bytes(changed)), nonce=capture().nonce, now=AT, memo=MEMO
                )
            assert caught.value.rule in rules, (at, bit, caught.value)


@pytest.mark.parametrize("certificate", range(5))
def test_one_bit_of_a_certificate(certificate: int) -> None:
    """One character of base64 for another, in the middle and near the end of each."""
    gpu = payload().gpus[5]
    blocks = gpu.chain_pem.split(b"-----END CERTIFICATE-----\n")
    for at in (len(blocks[certificate]) // 2, len(blocks[certificate]) - 20):
        changed = list(blocks)
        old = changed[certificate]
        here = at + (old[at : at + 1] == b"\n")
        new = b"A" if old[here : here + 1] != b"A" else b"B"
        changed[certificate] = old[:here] + new + old[here + 1 :]
        pem = b"-----END CERTIFICATE-----\n".join(changed)
        with pytest.raises(VeniceError):
            verify_report(gpu._replace(chain_pem=pem), nonce=capture().nonce, now=AT, memo=MEMO)


def test_the_certificates_of_another_gpu() -> None:  # GPU-17
    first, second = payload().gpus[:2]
    with pytest.raises(SignatureError) as caught:
        verify_report(
            first._replace(chain_pem=second.chain_pem), nonce=capture().nonce, now=AT, memo=MEMO
        )
    assert caught.value.rule == "GPU-17"


def test_another_nonce() -> None:  # GPU-18
    with pytest.raises(EvidenceError) as caught:
        verify_report(payload().gpus[0], nonce=bytes(32), now=AT, memo=MEMO)
    assert caught.value.rule == "GPU-18"


def test_a_gpu_that_is_listed_twice() -> None:  # GPU-21
    with pytest.raises(EvidenceError) as caught:
        verify_fleet([*gpus()[:7], gpus()[0]])
    assert caught.value.rule == "GPU-21"


# --- The tokens ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shift", "rule"),
    [
        (timedelta(minutes=-2), "TOK-10"),
        (timedelta(hours=1, minutes=1), "TOK-10"),
        (timedelta(days=2), "CRT-14"),
    ],
)
def test_the_tokens_at_another_time(shift: timedelta, rule: str) -> None:
    found = capture()
    with pytest.raises(EvidenceError) as caught:
        verify_nras(
            parse_nras_answer(found.nras),
            parse_key_set(found.jwks),
            gpus=gpus(),
            nonce=found.nonce,
            now=AT + shift,
        )
    assert caught.value.rule == rule


def test_the_tokens_for_gpus_in_another_order() -> None:  # TOK-16
    found = capture()
    with pytest.raises(EvidenceError) as caught:
        verify_nras(
            parse_nras_answer(found.nras),
            parse_key_set(found.jwks),
            gpus=tuple(reversed(gpus())),
            nonce=found.nonce,
            now=AT,
        )
    assert caught.value.rule == "TOK-16"


@pytest.mark.parametrize("name", ["overall", module(0), module(7)])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_one_character_of_a_token(name: str, part: int) -> None:
    found = capture()
    overall, tokens = json.loads(found.nras)
    parts = (overall[1] if name == "overall" else tokens[name]).split(".")
    middle = len(parts[part]) // 2
    other = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + other + parts[part][middle + 1 :]
    if name == "overall":
        overall[1] = ".".join(parts)
    else:
        tokens[name] = ".".join(parts)
    with pytest.raises(PeerError) as caught:
        verify_nras(
            parse_nras_answer(json.dumps([overall, tokens]).encode()),
            parse_key_set(found.jwks),
            gpus=gpus(),
            nonce=found.nonce,
            now=AT,
        )
    assert caught.value.rule in {"TOK-2", "TOK-3", "TOK-4", "TOK-8", "TOK-22"}


def test_a_key_set_without_the_key() -> None:  # TOK-4
    found = capture()
    keys = json.loads(found.jwks)["keys"]
    others = [key for key in keys if key["kid"] not in nras().kids]
    assert len(others) == len(keys) - 1
    with pytest.raises(EvidenceError) as caught:
        verify_nras(
            parse_nras_answer(found.nras),
            parse_key_set(json.dumps({"keys": others}).encode()),
            gpus=gpus(),
            nonce=found.nonce,
            now=AT,
        )
    assert caught.value.rule == "TOK-4"
