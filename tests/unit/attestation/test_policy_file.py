from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict

import pytest

from venice_ref.attestation.pins import MAX_DEPTH, PINNABLE, AllOf, AnyOf, Pin
from venice_ref.attestation.policy import FleetPolicy, Policy, check_policy
from venice_ref.attestation.policy_file import MAX_POLICY_SIZE, parse_policy
from venice_ref.errors import UsageError

A, B, C = "aa" * 48, "bb" * 48, "cc" * 32
TD = Pin("mr_td", (bytes.fromhex(A),))
GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "policy.md"


def parse(**members: Any) -> Policy:
    return parse_policy(json.dumps({"format": "venice-ref-policy-1", **members}).encode())


def test_an_empty_policy_has_the_defaults() -> None:
    assert parse() == Policy()


def test_every_member() -> None:
    policy = parse(
        assurance="measured",
        gpu="signed",
        nonce_binding="raw-or-sha256",
        tcb_statuses=["UpToDate", "OutOfDate"],
        rejected_advisories=["INTEL-SA-00837"],
        min_tcb_evaluation_number=17,
        allow_service_td=True,
        measurements={"mr_td": A},
        gpu_fleet={
            "gpu_count": 8,
            "driver_versions": ["570.172.08"],
            "vbios_versions": ["96.00.CF.00.02"],
            "modes": ["PPCIE", "SPT"],
        },
    )
    assert policy == Policy(
        "measured",
        "signed",
        "raw-or-sha256",
        frozenset({"UpToDate", "OutOfDate"}),
        frozenset({"INTEL-SA-00837"}),
        17,
        allow_service_td=True,
        measurements=TD,
        gpu_fleet=FleetPolicy(
            8,
            frozenset({"570.172.08"}),
            frozenset({"96.00.CF.00.02"}),
            frozenset({"PPCIE", "SPT"}),
        ),
    )
    check_policy(policy)
    # None of them is what it is by default, so that none was dropped.
    assert not any(ours == default for ours, default in zip(policy, Policy()))


@pytest.mark.parametrize(
    ("measurements", "pins"),
    [
        ({"mr_td": A}, TD),
        ({"mr_td": A.upper()}, TD),
        ({"mr_td": [A, B]}, Pin("mr_td", (bytes.fromhex(A), bytes.fromhex(B)))),
        ({"mr_td": A, "compose_hash": C}, AllOf((TD, Pin("compose_hash", (bytes.fromhex(C),))))),
        ({"all_of": [{"mr_td": A}]}, AllOf((TD,))),
        (
            {"any_of": [{"mr_td": A}, {"all_of": [{"mr_td": A}, {"compose_hash": C}]}]},
            AnyOf((TD, AllOf((TD, Pin("compose_hash", (bytes.fromhex(C),)))))),
        ),
    ],
)
def test_measurements(measurements: Any, pins: Any) -> None:
    assert parse(measurements=measurements).measurements == pins


def nested(depth: int) -> Dict[str, Any]:
    pins: Dict[str, Any] = {"mr_td": A}
    for _ in range(depth):
        pins = {"all_of": [pins]}
    return pins


REFUSED = [
    ("assurance", "none", "POL-2", "policy.assurance"),
    ("assurance", 1, "POL-10", "policy.assurance"),
    ("assurance", None, "POL-10", "policy.assurance"),
    ("gpu", "ALL", "POL-4", "policy.gpu"),
    ("nonce_binding", "hash", "POL-16", "policy.nonce_binding"),
    ("tcb_statuses", "UpToDate", "POL-10", "policy.tcb_statuses"),
    ("tcb_statuses", [], "POL-10", "policy.tcb_statuses"),
    ("tcb_statuses", [1], "POL-10", "policy.tcb_statuses"),
    ("tcb_statuses", [{}], "POL-10", "policy.tcb_statuses"),
    ("tcb_statuses", ["UpToDate", "UpToDate"], "POL-10", "policy.tcb_statuses"),
    ("tcb_statuses", ["Revoked"], "POL-16", "policy.tcb_statuses"),
    ("tcb_statuses", ["Good"], "POL-16", "policy.tcb_statuses"),
    ("rejected_advisories", ["SA-1"], "POL-16", "policy.rejected_advisories"),
    ("min_tcb_evaluation_number", 17.0, "POL-10", "policy.min_tcb_evaluation_number"),
    ("min_tcb_evaluation_number", True, "POL-10", "policy.min_tcb_evaluation_number"),
    ("min_tcb_evaluation_number", -1, "POL-16", "policy.min_tcb_evaluation_number"),
    ("allow_service_td", 1, "POL-10", "policy.allow_service_td"),
    ("allow_debug", True, "POL-10", "policy"),  # no policy can
    ("measurement", {"mr_td": A}, "POL-10", "policy"),
    ("measurements", None, "POL-10", "policy.measurements"),
    ("measurements", [], "POL-10", "policy.measurements"),
    ("measurements", {}, "POL-5", "policy.measurements"),
    ("measurements", {"mrtd": A}, "POL-5", "policy.measurements"),
    ("measurements", {"mr_td": A[2:]}, "POL-5", "policy.measurements.mr_td"),
    ("measurements", {"mr_td": "0x" + A[2:]}, "POL-5", "policy.measurements.mr_td"),
    ("measurements", {"mr_td": []}, "POL-5", "policy.measurements.mr_td"),
    ("measurements", {"mr_td": [1]}, "POL-5", "policy.measurements.mr_td"),
    ("measurements", {"mr_td": {}}, "POL-5", "policy.measurements.mr_td"),
    ("measurements", {"any_of": []}, "POL-5", "policy.measurements"),
    ("measurements", {"any_of": {}}, "POL-10", "policy.measurements.any_of"),
    ("measurements", {"any_of": ["x"]}, "POL-5", "policy.measurements.any_of[0]"),
    ("measurements", {"any_of": [{}]}, "POL-5", "policy.measurements.any_of[0]"),
    ("measurements", {"any_of": [{"mr_td": A}], "mr_td": A}, "POL-5", "policy.measurements"),
    ("measurements", nested(MAX_DEPTH + 1), "POL-5", "policy.measurements"),
    ("gpu_fleet", [], "POL-10", "policy.gpu_fleet"),
    ("gpu_fleet", {"count": 8}, "POL-10", "policy.gpu_fleet"),
    ("gpu_fleet", {"gpu_count": 0}, "POL-16", "policy.gpu_fleet.gpu_count"),
    ("gpu_fleet", {"modes": []}, "POL-10", "policy.gpu_fleet.modes"),
    ("gpu_fleet", {"modes": ["ANY"]}, "POL-16", "policy.gpu_fleet.modes"),
    ("format", "venice-ref-policy-2", "POL-10", "policy.format"),
    ("format", None, "POL-10", "policy.format"),
]


@pytest.mark.parametrize(("name", "value", "rule", "where"), REFUSED)
def test_another_value(name: str, value: object, rule: str, where: str) -> None:  # POL-10
    with pytest.raises(UsageError) as caught:
        parse(**{name: value})
    assert (caught.value.rule, caught.value.where[: len(where)]) == (rule, where)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"format": "venice-ref-policy-1", "format": "venice-ref-policy-1"}',
        b" " * (MAX_POLICY_SIZE + 1),
    ],
)
def test_what_is_no_policy_file(raw: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        parse_policy(raw)
    assert caught.value.rule == "POL-10"
    assert "docs/guides/policy.md" in caught.value.hint


def test_levels_may_be_replaced_before_they_are_judged() -> None:
    policy = parse(measurements={"mr_td": A})
    with pytest.raises(UsageError, match="does not judge"):
        check_policy(policy)
    check_policy(policy._replace(assurance="measured"))


def test_the_guide_says_what_there_is() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for example in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        check_policy(parse_policy(example.encode()))
    for name in (*Policy._fields, *FleetPolicy._fields, *PINNABLE):
        assert f"`{name}`" in text, name
