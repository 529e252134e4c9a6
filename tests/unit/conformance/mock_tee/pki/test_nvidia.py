"""The simulated NVIDIA: authorities, GPUs, reports, and the file of roots."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Final

import pytest

from conformance.mock_tee.pki.gpu_report import KNOWN_GOOD, machine_report
from conformance.mock_tee.pki.nvidia import FWID, GPU_COUNT, simulated_nvidia
from conformance.mock_tee.server import MockTee
from venice_ref.codec.pem import encode_pem
from venice_ref.errors import EvidenceError
from venice_ref.evidence.nvidia.chain import parse_device_chain, verify_device_chain
from venice_ref.evidence.nvidia.known_good import KNOWN_GOOD as TABLE
from venice_ref.evidence.nvidia.report import parse_report
from venice_ref.pki.certificate import parse_pem_chain

NOW: Final = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
NVIDIA: Final = simulated_nvidia("test")


def _pem(chain: tuple[bytes, ...]) -> bytes:
    return "".join(encode_pem(certificate) for certificate in chain).encode()


@pytest.mark.parametrize("year", [1971, 2026, 9000])
def test_chains_verify_at_every_time_at_which_a_mock_may_stand(year: int) -> None:
    chain = parse_device_chain(_pem(NVIDIA.gpus[0].chain))
    verify_device_chain(
        chain, arch="HOPPER", now=NOW.replace(year=year), root=NVIDIA.factory.root.anchor
    )
    assert (chain.chip, chain.fwid) == ("GH100", FWID)
    assert chain.device_key == chain.device.spki


def test_the_root_of_nvidia_is_not_above_them() -> None:
    chain = parse_device_chain(_pem(NVIDIA.gpus[0].chain))
    with pytest.raises(EvidenceError) as caught:
        verify_device_chain(chain, arch="HOPPER", now=NOW)
    assert caught.value.rule == "CRT-13"


def test_the_gpus_differ_and_share_their_authorities() -> None:
    assert len(NVIDIA.gpus) == GPU_COUNT
    assert len({gpu.chain[0] for gpu in NVIDIA.gpus}) == GPU_COUNT
    assert len({gpu.chain[1] for gpu in NVIDIA.gpus}) == GPU_COUNT
    assert len({gpu.chain[2:] for gpu in NVIDIA.gpus}) == 1


def test_a_seed_makes_them_and_without_one_a_process_has_its_own() -> None:
    assert simulated_nvidia("other") != NVIDIA
    assert simulated_nvidia("test", "foreign NVIDIA") != NVIDIA
    assert simulated_nvidia("test").factory.root.name == NVIDIA.factory.root.name
    assert MockTee().enclave.nvidia is MockTee().enclave.nvidia


def test_a_seeded_report_depends_on_nonce_and_gpu_alone() -> None:
    def sign(number: int, nonce: bytes) -> bytes:
        return machine_report(NVIDIA.gpus[number], nonce, "test").sign()

    first = sign(0, bytes(32))
    assert first == sign(0, bytes(32))
    others = [parse_report(sign(n, nonce)) for n, nonce in ((1, bytes(32)), (0, b"\1" * 32))]
    nonces = {report.responder_nonce for report in (*others, parse_report(first))}
    assert len(nonces) == 3
    gpu = NVIDIA.gpus[0]
    drawn = [machine_report(gpu, bytes(32), None).report.responder_nonce for _ in range(2)]
    assert drawn[0] != drawn[1]


def test_no_real_machine_is_in_the_row_of_the_mock() -> None:
    for row in TABLE:
        assert row.driver_version != KNOWN_GOOD.driver_version
        assert row.vbios_version != KNOWN_GOOD.vbios_version
        assert row.board != KNOWN_GOOD.board
    assert sorted(KNOWN_GOOD.golden_values().values) == sorted(TABLE[0].golden_values().values)


def test_the_file_of_roots_tells_them_apart_by_their_names() -> None:
    tee = MockTee(seed="test", now=NOW)
    roots = parse_pem_chain(tee.trust_root_pem, max_count=3)
    assert [root.subject_cn for root in roots] == [
        "Intel SGX Root CA",
        "NVIDIA Device Identity CA",
        "NVIDIA Attestation Service GPU Intermediate 004",
    ]
    assert roots[1].raw == tee.enclave.nvidia.factory.root.certificate
    assert tee.trust_roots.replaced == ("intel", "nvidia_device", "nvidia_nras")
