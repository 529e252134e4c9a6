from __future__ import annotations

from typing import Any, Dict

import pytest

from venice_ref.attestation.pins import AllOf, Pin
from venice_ref.attestation.policy import (
    ANYTHING_BUT_REVOKED,
    NOT_OUT_OF_DATE,
    FleetPolicy,
    Policy,
    check_policy,
    includes_assurance,
    includes_gpu,
)
from venice_ref.errors import UsageError
from venice_ref.spec import ASSURANCE_LEVELS, GPU_LEVELS

PINNED = Pin("mr_td", (bytes(48),))


def test_the_defaults_are_those_of_the_specification() -> None:  # POL-1, POL-4
    policy = Policy()
    assert policy[:3] == ("dcap", "report", "raw")
    assert policy.tcb_statuses == {
        "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded",
    }  # fmt: skip
    assert policy[4:] == (frozenset(), 0, False, None, FleetPolicy())
    check_policy(policy)


@pytest.mark.parametrize("assurance", ASSURANCE_LEVELS[1:])
@pytest.mark.parametrize("gpu", GPU_LEVELS)
@pytest.mark.parametrize("nonce_binding", ["raw", "raw-or-sha256"])
def test_every_combination_of_levels_is_a_policy(
    assurance: str, gpu: str, nonce_binding: str
) -> None:
    pins = PINNED if assurance == "measured" else None
    check_policy(Policy(assurance, gpu, nonce_binding, measurements=pins))


BAD = [
    (Policy(assurance="none"), "POL-2", "policy.assurance"),
    (Policy(assurance="DCAP"), "POL-2", "policy.assurance"),
    (Policy(assurance=""), "POL-2", "policy.assurance"),
    (Policy(gpu="none"), "POL-4", "policy.gpu"),
    (Policy(nonce_binding="sha256"), "POL-16", "policy.nonce_binding"),
    (Policy(tcb_statuses=frozenset()), "POL-16", "policy.tcb_statuses"),
    (Policy(tcb_statuses=frozenset({"Revoked"})), "POL-16", "policy.tcb_statuses"),
    (Policy(tcb_statuses=frozenset({"uptodate"})), "POL-16", "policy.tcb_statuses"),
    (Policy(rejected_advisories=frozenset({"SA-00837"})), "POL-16", "policy.rejected_advisories"),
    (Policy(rejected_advisories=frozenset({"INTEL-SA-837"})), "POL-16",
     "policy.rejected_advisories"),
    (Policy(min_tcb_evaluation_number=-1), "POL-16", "policy.min_tcb_evaluation_number"),
    (Policy(min_tcb_evaluation_number=1 << 32), "POL-16", "policy.min_tcb_evaluation_number"),
    (Policy(gpu="signed", gpu_fleet=FleetPolicy(0)), "POL-16", "policy.gpu_fleet.gpu_count"),
    (Policy(gpu="signed", gpu_fleet=FleetPolicy(65)), "POL-16", "policy.gpu_fleet.gpu_count"),
    (Policy(gpu="signed", gpu_fleet=FleetPolicy(modes=frozenset({"ppcie"}))), "POL-16",
     "policy.gpu_fleet.modes"),
    (Policy(gpu="signed", gpu_fleet=FleetPolicy(driver_versions=frozenset({""}))), "POL-16",
     "policy.gpu_fleet.driver_versions"),
    # The vacuous truth.
    (Policy(assurance="measured"), "POL-5", "policy.measurements"),
    (Policy(assurance="measured", measurements=AllOf(())), "POL-5", "policy.measurements"),
    # A demand that nobody would judge.
    (Policy(measurements=PINNED), "POL-6", "policy.measurements"),
    (Policy("binding", measurements=PINNED), "POL-6", "policy.measurements"),
    (Policy(gpu_fleet=FleetPolicy(8)), "POL-6", "policy.gpu_fleet"),
    (Policy("binding", tcb_statuses=frozenset({"UpToDate"})), "POL-6", "policy.tcb_statuses"),
    (Policy("binding", min_tcb_evaluation_number=1), "POL-6", "policy.min_tcb_evaluation_number"),
    (Policy("binding", allow_service_td=True), "POL-6", "policy.allow_service_td"),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "rule", "where"), BAD)
def test_a_policy_that_is_none(policy: Policy, rule: str, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_policy(policy)
    assert (caught.value.rule, caught.value.where) == (rule, where)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tcb_statuses", "UpToDate"),
        ("tcb_statuses", [1]),
        ("rejected_advisories", "INTEL-SA-00837"),  # which is a collection of characters
        ("rejected_advisories", [b"INTEL-SA-00837"]),
        ("min_tcb_evaluation_number", True),
        ("min_tcb_evaluation_number", 17.0),
        ("measurements", {"mr_td": bytes(48)}),
    ],
)
def test_a_value_of_another_type(field: str, value: Any) -> None:
    with pytest.raises(UsageError) as caught:
        check_policy(Policy(**{field: value}))
    assert caught.value.where.startswith(f"policy.{field}")


def test_the_set_that_accepts_everything_has_a_name() -> None:  # TCB-11
    assert "Revoked" not in ANYTHING_BUT_REVOKED
    more = ANYTHING_BUT_REVOKED - NOT_OUT_OF_DATE
    assert more == {
        "OutOfDate", "OutOfDateConfigurationNeeded", "TDRelaunchAdvised",
        "TDRelaunchAdvisedConfigurationNeeded",
    }  # fmt: skip
    check_policy(Policy(tcb_statuses=ANYTHING_BUT_REVOKED))


def test_levels_are_ordered() -> None:  # POL-2
    for lower, level in enumerate(ASSURANCE_LEVELS):
        included = [includes_assurance(level, other) for other in ASSURANCE_LEVELS]
        assert included == [index <= lower for index in range(len(ASSURANCE_LEVELS))]
    for lower, level in enumerate(GPU_LEVELS):
        included = [includes_gpu(level, other) for other in GPU_LEVELS]
        assert included == [index <= lower for index in range(len(GPU_LEVELS))]


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"rejected_advisories": (a for a in ["INTEL-SA-00837"])}, "policy.rejected_advisories"),
        ({"tcb_statuses": iter(["UpToDate"])}, "policy.tcb_statuses"),
        ({"allow_service_td": "no"}, "policy.allow_service_td"),
        ({"gpu_fleet": None}, "policy.gpu_fleet"),
        ({"assurance": ["dcap"]}, "policy.assurance"),
    ],
)
def test_a_value_of_another_type_is_not_a_demand(changed: Dict[str, Any], where: str) -> None:
    with pytest.raises(UsageError) as caught:  # POL-1, POL-7: an iterator would be empty when used
        check_policy(Policy()._replace(**changed))
    assert caught.value.where == where


def test_what_is_no_policy() -> None:
    with pytest.raises(UsageError):
        check_policy(3)  # type: ignore[arg-type] # the mistake under test
