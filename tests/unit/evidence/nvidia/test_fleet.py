from __future__ import annotations

from typing import Callable, Dict, Tuple

import pytest

from tests.nvidia.devices import (
    NONCE,
    SWITCHES,
    fleet,
    gpu_draft,
    report_draft,
    verified,
)
from tests.nvidia.tokens import module
from venice_ref.errors import EvidenceError, PolicyError
from venice_ref.evidence.nvidia import opaque as types
from venice_ref.evidence.nvidia.fleet import (
    ANY_FLEET,
    BINDING_SAME_NONCE,
    FleetPolicy,
    check_fleet_policy,
    verify_fleet,
)
from venice_ref.evidence.nvidia.verify import SignedGpu

FIRST, SECOND = fleet(2)


def refused(*gpus: SignedGpu) -> Tuple[str, str]:
    with pytest.raises(EvidenceError) as caught:
        verify_fleet(gpus)
    return caught.value.rule, caught.value.message


def test_a_fleet() -> None:
    found = verify_fleet([FIRST, SECOND])
    assert found.gpus == (FIRST, SECOND)
    assert found.model == "GH100 A01 GSP BROM"
    assert (found.driver_version, found.vbios_version) == ("570.172.08", "96.00.CF.00.02")
    assert found.mode == "PPCIE"


def test_the_switches_are_inside_and_unproven() -> None:  # GPU-24
    found = verify_fleet([FIRST, SECOND])
    assert found.switch_pdis == set(SWITCHES)
    assert found.unattested_switches == 4


def test_the_binding_is_one_nonce_and_nothing_more() -> None:  # GPU-36
    assert verify_fleet([FIRST]).td_binding == BINDING_SAME_NONCE == "same-nonce"


def test_none() -> None:  # GPU-1
    assert refused()[0] == "GPU-1"


def test_one_gpu_twice() -> None:  # GPU-21
    rule, message = refused(FIRST, SECOND, FIRST._replace(position=2))
    assert (rule, message) == ("GPU-21", f"{module(2)} has the certificate of {module(0)}")


def test_one_gpu_with_two_reports() -> None:  # GPU-21
    again = verified(gpu_draft(0), report_draft(7))
    assert refused(FIRST, again._replace(position=1))[0] == "GPU-21"


def test_one_device_with_two_keys() -> None:  # GPU-21
    other = SECOND._replace(device_serial=FIRST.device_serial)
    assert refused(FIRST, other) == ("GPU-21", f"{module(1)} has the device of {module(0)}")


def test_one_nonce_of_two_gpus() -> None:  # GPU-21
    other = verified(gpu_draft(1), report_draft(0))
    assert refused(FIRST, other) == (
        "GPU-21",
        f"{module(1)} has the nonce of its own of {module(0)}",
    )


def changed(kind: int, data: bytes) -> SignedGpu:
    return verified(gpu_draft(1), report_draft(1).with_opaque(kind, data))


MIXTURES: Dict[str, Callable[[], SignedGpu]] = {
    "driver": lambda: changed(types.DRIVER_VERSION, b"570.172.09\0"),
    "VBIOS": lambda: changed(types.VBIOS_VERSION, bytes.fromhex("00cf009603000000")),
    "mode": lambda: changed(types.PROTECTED_PCIE_STATUS, b"\x55"),
    "model": lambda: SECOND._replace(model="GH100 A02 GSP BROM"),
}


@pytest.mark.parametrize("name", MIXTURES)
def test_a_mixture(name: str) -> None:  # GPU-22
    rule, message = refused(FIRST, MIXTURES[name]())
    assert rule == "GPU-22"
    assert name in message


@pytest.mark.parametrize(
    "links",
    [
        b"".join(SWITCHES[:3]),
        b"".join(SWITCHES) + b"\x01" * 8,
        bytes(144),
        b"",
    ],
)
def test_other_switches(links: bytes) -> None:  # GPU-23
    assert refused(FIRST, changed(types.SWITCH_PDI, links))[0] == "GPU-23"


def test_no_switches_at_all_in_the_mode_that_needs_them() -> None:  # GPU-23
    alone = verified(gpu_draft(0), report_draft(0).with_opaque(types.SWITCH_PDI, None))
    assert refused(alone)[0] == "GPU-23"


def test_other_switches_do_not_matter_in_another_mode() -> None:
    gpus = [
        verified(
            gpu_draft(number),
            report_draft(number)
            .with_opaque(types.PROTECTED_PCIE_STATUS, b"\x55")
            .with_opaque(types.SWITCH_PDI, SWITCHES[number]),
        )
        for number in range(2)
    ]
    found = verify_fleet(gpus)
    assert (found.mode, found.switch_pdis, found.unattested_switches) == ("CC", frozenset(), 0)


# --- Policy -------------------------------------------------------------------------------------

FLEET = verify_fleet([FIRST, SECOND])


@pytest.mark.parametrize(
    "policy",
    [
        ANY_FLEET,
        FleetPolicy(gpu_count=2),
        FleetPolicy(driver_versions=frozenset({"570.172.08", "580.0"})),
        FleetPolicy(vbios_versions=frozenset({"96.00.CF.00.02"})),
        FleetPolicy(modes=frozenset({"PPCIE"})),
    ],
)
def test_a_policy_that_is_met(policy: FleetPolicy) -> None:
    check_fleet_policy(FLEET, policy)


@pytest.mark.parametrize(
    "policy",
    [
        FleetPolicy(gpu_count=8),
        FleetPolicy(gpu_count=0),
        FleetPolicy(driver_versions=frozenset({"580.0"})),
        FleetPolicy(vbios_versions=frozenset({"96.00.CF.00.03"})),
        FleetPolicy(modes=frozenset({"SPT"})),
    ],
)
def test_a_policy_that_is_not_met(policy: FleetPolicy) -> None:  # GPU-25
    with pytest.raises(PolicyError) as caught:
        check_fleet_policy(FLEET, policy)
    assert caught.value.rule == "GPU-25"


def test_all_answered_the_nonce() -> None:
    assert {gpu.nonce for gpu in FLEET.gpus} == {NONCE}
