"""The GPU axis on a simulated machine, and what each level proves."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any, Callable, Dict, List, NamedTuple

import pytest

from tests.attested import Scene
from tests.nvidia.devices import (
    entry,
    fleet,
    fleet_json,
    gpu_draft,
    report_draft,
    verified,
)
from tests.nvidia.manifests import driver_manifest, sign_manifest, signers, vbios_draft
from tests.nvidia.tokens import answer_draft, jwk, key_set_json, service
from tests.samples import NONCE, NOW
from venice_ref.attestation.endorsements import NO_ENDORSEMENTS, PINNED_ROOTS
from venice_ref.attestation.policy import FleetPolicy, Policy
from venice_ref.errors import EvidenceError, MalformedError, PolicyError, SignatureError
from venice_ref.evidence.nvidia import opaque

REPORT, SIGNED, NRAS, MEASURED = (
    Policy(assurance="binding", gpu=level) for level in ("report", "signed", "nras", "measured")
)
LEVELS = (REPORT, SIGNED, NRAS, MEASURED)
CHECKS = ("gpu.payload", "gpu.signatures", "gpu.fleet", "gpu.nras", "gpu.measurements")


# --- The levels -----------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", LEVELS, ids=[policy.gpu for policy in LEVELS])
def test_each_level_is_reached_and_no_more(policy: Policy) -> None:  # POL-4, ATT-15
    report = Scene().passes(policy)
    assert (report.gpu_required, report.gpu_reached) == (policy.gpu, policy.gpu)
    assert (report.assurance_required, report.assurance_reached) == ("binding", "binding")


@pytest.mark.parametrize("policy", LEVELS, ids=[policy.gpu for policy in LEVELS])
def test_debug_off_is_said_from_nras_on(policy: Policy) -> None:  # GPU-35
    report = Scene().passes(policy)
    said = {"report": None, "signed": "not proven"}.get(policy.gpu, "disabled")
    assert report.facts["gpu_debug"] == said
    spoken = [c.id for c in report.checks if "debugging is disabled" in c.detail]
    assert spoken == {
        "nras": ["gpu.nras"],
        "measured": ["gpu.nras", "gpu.measurements"],
    }.get(policy.gpu, [])


def test_what_is_not_proven_is_said() -> None:  # GPU-24, GPU-36, GPU-37
    report = Scene().passes(MEASURED)
    for name, word in (("gpu.switches", "4 switches"), ("gpu.revocation", "OCSP")):
        check = report.check(name)
        assert (check.status, check.required) == ("not_performed", False)
        assert word in check.detail
    assert "same nonce only" in report.check("gpu.fleet").detail
    assert report.facts["gpu_td_binding"] == "same-nonce"
    assert report.facts["gpu_revocation"] == "not performed"
    assert report.facts["gpu_switches_attested"] is False


def test_the_facts_of_the_gpus() -> None:
    facts = Scene().passes(MEASURED).facts
    expected = {
        "gpu_count": 2,
        "gpu_arch": "HOPPER",
        "gpu_model": "GH100 A01 GSP BROM",
        "gpu_driver_version": "570.172.08",
        "gpu_vbios_version": "96.00.CF.00.02",
        "gpu_mode": "PPCIE",
        "gpu_golden_source": ["rim"],
        "nras_result": True,
        "nras_algorithm": "ES384",
        "nras_version": "2.0",
    }
    assert {name: facts[name] for name in expected} == expected
    assert [gpu["name"] for gpu in facts["gpus"]] == [f"GPU-{n}" for n in range(2)]
    assert {"ueid", "chip", "driver_version", "mode", "fwid"} <= set(facts["gpus"][0])
    assert "measurements" not in facts["gpus"][0]  # 64 digests each
    assert json.loads(json.dumps(facts)) == facts


def test_a_lower_level_does_not_judge_the_higher_one() -> None:  # POL-12
    scene = Scene()
    payload = json.loads(fleet_json())
    payload["evidence_list"][0]["evidence"] = "QQ=="
    scene.answer["nvidia_payload"] = payload
    report = scene.passes(REPORT)
    for name in CHECKS:
        assert report.check(name).detail == "GPU level report does not ask for it"


def test_without_evidence_a_signed_level_is_refused() -> None:  # GPU-1
    for payload in (None, {"arch": "HOPPER", "evidence_list": []}):
        scene = Scene()
        scene.answer["nvidia_payload"] = payload
        assert scene.passes(REPORT).gpu_reached == "report"
        refusal = scene.refused(SIGNED)
        assert (refusal.error.rule, refusal.error.where) == ("GPU-1", "gpu.payload")
        assert isinstance(refusal.error, PolicyError)
        assert refusal.failed == []
        assert refusal.report.gpu_reached == "report"


# --- Each flaw by itself --------------------------------------------------------------------------


class Case(NamedTuple):
    name: str
    change: Callable[[Dict[str, Any]], object]
    check: str
    rule: str
    error: type = EvidenceError


def of_entry(index: int, **members: object) -> Callable[[Dict[str, Any]], object]:
    return lambda payload: payload["evidence_list"][index].update(members)


def replaced(index: int, new: Dict[str, Any]) -> Callable[[Dict[str, Any]], object]:
    def change(payload: Dict[str, Any]) -> None:
        payload["evidence_list"][index] = new

    return change


def flipped(name: str, offset: int) -> Callable[[Dict[str, Any]], object]:
    def change(payload: Dict[str, Any]) -> None:
        first = payload["evidence_list"][0]
        raw = bytearray(base64.b64decode(first[name]))
        raw[offset] ^= 1
        first[name] = base64.b64encode(raw).decode()

    return change


GPU_1 = gpu_draft(1)
OTHER_NONCE = report_draft(1)._replace(nonce=bytes(32)).sign(GPU_1)
OTHER_DRIVER = report_draft(1).with_opaque(opaque.DRIVER_VERSION, b"1.2\0").sign(GPU_1)

CASES: List[Case] = [
    Case("base64", of_entry(0, evidence="?"), CHECKS[0], "GPU-5", MalformedError),
    Case("architecture-of-no-name", lambda p: (p.pop("arch"), of_entry(0, arch=9)(p)), CHECKS[0],
         "GPU-7", MalformedError),
    Case("architecture", of_entry(1, arch="AMPERE"), CHECKS[0], "GPU-7", MalformedError),
    Case("signature", flipped("evidence", -1), CHECKS[1], "GPU-17"),
    Case("measurement", flipped("evidence", 37 + 8 + 7), CHECKS[1], "GPU-17"),
    Case("chain", of_entry(0, certificate="QQ=="), CHECKS[1], "CRT-18", MalformedError),
    Case("foreign-chain", lambda p: p["evidence_list"][0].update(
        certificate=p["evidence_list"][1]["certificate"]), CHECKS[1], "GPU-17"),
    Case("nonce-inside", replaced(1, entry(GPU_1.chain(), OTHER_NONCE)), CHECKS[1], "GPU-18"),
    Case("twice", lambda p: replaced(1, p["evidence_list"][0])(p), CHECKS[2], "GPU-21"),
    Case("mixed", replaced(1, entry(GPU_1.chain(), OTHER_DRIVER)), CHECKS[2], "GPU-22"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_right_check_fails_and_no_other(case: Case) -> None:
    scene = Scene()
    payload = json.loads(fleet_json())
    case.change(payload)
    scene.answer["nvidia_payload"] = payload
    refusal = scene.refused(SIGNED)
    assert refusal.failed == [(case.check, case.rule)]
    assert type(refusal.error) is case.error
    assert refusal.report.gpu_reached == "report"
    assert refusal.report.assurance_reached == "binding"


def test_a_nonce_beside_a_report_is_compared_from_report_on() -> None:  # GPU-6
    scene = Scene()
    payload = json.loads(fleet_json())
    payload["evidence_list"][1]["nonce"] = "00" * 32
    scene.answer["nvidia_payload"] = payload
    assert scene.refused(REPORT).failed == [("gpu.nonce", "GPU-6")]
    assert scene.refused(SIGNED).failed == [("gpu.nonce", "GPU-6"), ("gpu.payload", "GPU-6")]
    scene.passes(Policy(assurance="binding", gpu="ignore"))


def test_the_number_of_an_architecture_is_passed_over() -> None:  # GPU-7, GPU-12
    scene = Scene()
    payload = json.loads(fleet_json())
    payload["evidence_list"][0]["arch"] = 9
    scene.answer["nvidia_payload"] = payload
    assert scene.passes(SIGNED).gpu_reached == "signed"
    payload["evidence_list"][0]["arch"] = True
    assert scene.refused(SIGNED).failed == [("gpu.payload", "GPU-7")]
    scene.passes(REPORT)


def test_a_root_in_the_place_of_nvidias_is_named() -> None:  # POL-11, GPU-9
    scene = Scene()
    assert scene.refused(SIGNED, roots=PINNED_ROOTS).failed == [("gpu.signatures", "CRT-13")]
    roots = PINNED_ROOTS._replace(nvidia_device=scene.roots.nvidia_device)
    report = scene.passes(SIGNED, roots=roots)
    assert report.facts["trust_roots_replaced"] == ["nvidia_device"]
    assert "in the place of NVIDIA's" in report.check("gpu.signatures").detail


def test_the_fleet_is_what_the_policy_demands() -> None:  # GPU-25
    scene = Scene()
    good = FleetPolicy(2, frozenset({"570.172.08"}), frozenset({"96.00.CF.00.02"}),
                       frozenset({"PPCIE"}))  # fmt: skip
    scene.passes(SIGNED._replace(gpu_fleet=good))
    for bad in (
        good._replace(gpu_count=8),
        good._replace(driver_versions=frozenset({"1"})),
        good._replace(modes=frozenset({"SPT"})),
    ):
        refusal = scene.refused(SIGNED._replace(gpu_fleet=bad))
        assert refusal.failed == [("gpu.fleet", "GPU-25")]
        assert isinstance(refusal.error, PolicyError)


def test_without_a_nonce_no_report_is_fresh() -> None:
    refusal = Scene().refused(MEASURED, nonce=None)
    assert set(CHECKS) <= set(refusal.missing)
    assert refusal.failed == []


# --- NVIDIA's service -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["nras", "jwks"])
def test_what_nobody_gave_is_refused_and_the_ways_out_named(name: str) -> None:  # POL-3
    scene = Scene()
    setattr(scene, name, None)
    refusal = scene.refused(NRAS)
    assert (refusal.error.rule, refusal.error.where) == ("POL-3", "gpu.nras")
    assert f"no {name} was given" in refusal.error.message
    for way in ("bundle", "--nras FILE", "network", "--gpu signed"):
        assert way in refusal.error.hint
    assert refusal.report.gpu_reached == "signed"


def _overall_false(scene: Scene) -> None:
    draft = answer_draft(fleet())
    draft.overall["x-nvidia-overall-att-result"] = False
    scene.nras = draft.encode()


def _debug_enabled(scene: Scene) -> None:
    draft = answer_draft(fleet())
    draft.gpus[1]["dbgstat"] = "enabled"
    scene.nras = draft.encode()


def _about_others(scene: Scene) -> None:
    scene.nras = answer_draft(tuple(reversed(fleet()))).encode()


def _flipped_token(scene: Scene) -> None:
    answer = json.loads(scene.nras or b"")
    answer[0][1] = answer[0][1][:-6] + ("A" if answer[0][1][-6] != "A" else "B") + answer[0][1][-5:]
    scene.nras = json.dumps(answer).encode()


def _other_key(scene: Scene) -> None:
    scene.jwks = key_set_json({**jwk(service()), "kid": "another"})


NRAS_CASES: List[Any] = [
    (_overall_false, "TOK-13", EvidenceError),
    (_debug_enabled, "TOK-14", EvidenceError),
    (_about_others, "TOK-16", EvidenceError),
    (_flipped_token, "TOK-8", SignatureError),
    (_other_key, "TOK-4", EvidenceError),
    (lambda s: setattr(s, "nras", b"[]"), "TOK-1", MalformedError),
    (lambda s: setattr(s, "jwks", b"[]"), "TOK-19", MalformedError),
]


@pytest.mark.parametrize(("change", "rule", "kind"), NRAS_CASES)
def test_what_the_service_did_not_say_of_these_gpus(
    change: Callable[[Scene], object], rule: str, kind: type
) -> None:
    scene = Scene()
    change(scene)
    refusal = scene.refused(NRAS)
    assert refusal.failed == [("gpu.nras", rule)]
    # A signature that does not verify is evidence that does not hold: one class for all of it.
    assert type(refusal.error) is (EvidenceError if kind is SignatureError else kind)
    assert refusal.report.facts["nras_result"] is None
    assert refusal.report.facts["gpu_debug"] == "not proven"


def test_tokens_live_for_an_hour() -> None:  # TOK-10
    scene = Scene()
    scene.passes(NRAS, now=NOW + timedelta(minutes=59))
    refusal = scene.refused(NRAS, now=NOW + timedelta(hours=2))
    assert refusal.failed == [("gpu.nras", "TOK-10")]


def test_the_service_is_nvidias_by_its_pin() -> None:  # TOK-7
    scene = Scene()
    roots = scene.roots._replace(nvidia_nras=PINNED_ROOTS.nvidia_nras)
    assert scene.refused(NRAS, roots=roots).failed == [("gpu.nras", "TOK-7")]
    assert "below the replaced intermediate" in scene.passes(NRAS).check("gpu.nras").detail


def test_claims_of_version_3_speak_of_revocation() -> None:
    scene = Scene()
    scene.nras = answer_draft(fleet(), "3.0").encode()
    report = scene.passes(NRAS)
    assert "in its tokens it says: good" in report.check("gpu.revocation").detail
    assert "it says" not in Scene().passes(NRAS).check("gpu.revocation").detail


# --- Measurements ---------------------------------------------------------------------------------


def test_measured_needs_nobodys_word() -> None:
    scene = Scene()
    report = scene.passes(MEASURED, endorsements=NO_ENDORSEMENTS._replace(rims=scene.rims))
    assert report.gpu_reached == "measured"
    check = report.check("gpu.nras")
    assert (check.status, check.required) == ("not_performed", False)
    assert report.facts["gpu_debug"] == "disabled"


def test_a_bad_word_of_the_service_is_not_passed_over() -> None:  # POL-12
    scene = Scene()
    _overall_false(scene)
    refusal = scene.refused(MEASURED)
    assert refusal.failed == [("gpu.nras", "TOK-13")]
    assert refusal.report.gpu_reached == "signed"


def test_other_measurements_than_the_known_good_ones() -> None:  # GPU-33, GPU-34
    # The simulated GPU states a driver, VBIOS and board of the table, and measures otherwise.
    scene = Scene()
    scene.rims = ()
    refusal = scene.refused(MEASURED)
    assert refusal.failed == [("gpu.measurements", "GPU-33")]
    assert refusal.report.gpu_reached == "nras"


def test_one_manifest_is_not_enough() -> None:
    scene = Scene()
    scene.rims = (driver_manifest(),)
    assert scene.refused(MEASURED).failed == [("gpu.measurements", "GPU-33")]


def _unknown_driver(scene: Scene) -> None:
    gpu = gpu_draft(0)
    draft = report_draft(0).with_opaque(opaque.DRIVER_VERSION, b"999.1\0")
    scene.answer["nvidia_payload"] = {
        "arch": "HOPPER",
        "nonce": NONCE.hex(),
        "evidence_list": [entry(gpu.chain(), draft.sign(gpu))],
    }
    scene.nras = answer_draft([verified(gpu, draft)]).encode()


def test_without_good_values_nothing_is_measured() -> None:  # GPU-34, POL-3
    scene = Scene()
    _unknown_driver(scene)
    refusal = scene.refused(MEASURED)
    assert refusal.failed == []
    assert (refusal.error.rule, refusal.error.where) == ("POL-3", "gpu.measurements")
    assert "NV_GPU_DRIVER_GH100_999.1" in refusal.error.hint
    assert "NV_GPU_VBIOS_G520_0280_895_9600CF0002" in refusal.error.hint
    assert scene.passes(NRAS).gpu_reached == "nras"


def test_manifests_are_nvidias() -> None:  # GPU-30
    scene = Scene()
    roots = scene.roots._replace(nvidia_rim=PINNED_ROOTS.nvidia_rim)
    assert scene.refused(MEASURED, roots=roots).failed == [("gpu.measurements", "CRT-13")]


def test_two_manifests_for_one_version_are_refused() -> None:  # GPU-31
    scene = Scene()
    scene.rims = (*scene.rims, scene.rims[1])
    scene.passes(MEASURED)  # the same one twice is one
    other = vbios_draft()._replace(entity='<ns0:Entity name="Other"/>')
    scene.rims = (*scene.rims[:2], sign_manifest(other, by=signers()))
    assert scene.refused(MEASURED).failed == [("gpu.measurements", "GPU-31")]


def test_a_manifest_that_is_none() -> None:  # GPU-27
    scene = Scene()
    scene.rims = (*scene.rims, b"<a/>")
    refusal = scene.refused(MEASURED)
    assert [name for name, _ in refusal.failed] == ["gpu.measurements"]
    assert isinstance(refusal.error, MalformedError)
