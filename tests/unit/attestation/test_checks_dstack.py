"""What dstack adds, on a simulated machine: each contradiction by itself, and absence."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Dict, List, NamedTuple

import pytest

from tests.attested import DCAP, MR_TD, Scene
from tests.dstack_logs import (
    APP_ID,
    COMPOSE,
    COMPOSE_HASH,
    INSTANCE_ID,
    app_events,
    boot_event,
    registers,
    runtime_event,
    stripped,
)
from tests.samples import NONCE
from venice_ref.attestation.endorsements import NO_ENDORSEMENTS
from venice_ref.attestation.pins import PINNABLE, AllOf, AnyOf, Pin
from venice_ref.attestation.policy import Policy
from venice_ref.errors import EvidenceError, MalformedError, PolicyError
from venice_ref.evidence.dstack.compose import mr_config_id_2, mr_config_id_3

PINNED = Pin("mr_td", (MR_TD,))
MEASURED = Policy(assurance="measured", measurements=PINNED)
DSTACK = ("dstack.event_log", "dstack.app", "dstack.compose", "dstack.info")


def with_log(scene: Scene, log: List[Any]) -> None:
    """Let the machine have another log, and the registers in which it ends."""
    scene.answer["event_log"] = log
    scene.body.update({f"rt_mr{n}": end for n, end in enumerate(registers(log))})


def unset(scene: Scene) -> None:
    scene.body["mr_config_id"] = bytes(48)


# --- What holds -----------------------------------------------------------------------------------


def test_a_machine_reaches_measured() -> None:  # POL-1, POL-13
    scene = Scene()
    report = scene.passes(MEASURED)
    assert (report.assurance_required, report.assurance_reached) == ("measured", "measured")
    for name in (*DSTACK, "measurements"):
        assert report.check(name).status == "pass"


def test_at_dcap_the_data_is_judged_and_not_required() -> None:  # POL-13
    scene = Scene()
    assert [scene.passes().check(name).status for name in DSTACK] == ["pass"] * 4
    del scene.answer["event_log"]
    report = scene.passes()
    assert report.check("dstack.event_log").detail == "the answer carries no event log"
    assert report.check("dstack.app").status == "not_performed"
    # MRCONFIGID alone proves the compose file.
    assert report.facts["compose_bound_by"] == ["mr_config_id"]
    del scene.answer["info"]
    unset(scene)
    report = scene.passes()
    assert "nothing proves a compose file" in report.check("dstack.compose").detail
    assert report.check("dstack.info").detail == "the answer has no info"
    assert report.assurance_reached == "dcap"


@pytest.mark.parametrize("value", [None, [], "[]", "", '""'])
def test_at_measured_the_log_is_required(value: object) -> None:  # POL-13
    scene = Scene()
    scene.answer["event_log"] = value
    refusal = scene.refused(MEASURED)
    assert isinstance(refusal.error, PolicyError)
    assert (refusal.error.rule, refusal.error.where) == ("POL-15", "dstack.event_log")
    assert refusal.failed == []
    assert refusal.missing == ["dstack.event_log", "dstack.app"]
    assert refusal.report.assurance_reached == "binding"


def test_at_measured_a_compose_file_is_required() -> None:  # POL-13
    scene = Scene()
    unset(scene)
    del scene.answer["event_log"]
    assert scene.refused(MEASURED).missing == [*DSTACK[:3]]


def test_a_stripped_log_is_as_good() -> None:
    scene = Scene()
    scene.answer["event_log"] = json.dumps(stripped(scene.log))
    report = scene.passes(MEASURED)
    assert "11 others, 11 of them without a digest" in report.check("dstack.event_log").detail
    assert report.facts["rtmrs_replayed"] == [0, 1, 2, 3]


def test_a_log_in_an_aci_envelope_is_found_with_its_path() -> None:
    scene = Scene()
    log = scene.answer.pop("event_log")
    log[3] = {**log[3], "imr": 4}
    scene.answer["attestation"] = {"evidence": {"event_log": json.dumps(log)}}
    refusal = scene.refused()
    assert isinstance(refusal.error, MalformedError)
    assert refusal.error.where == "attestation.attestation.evidence.event_log[3].imr"


def test_the_facts_of_dstack() -> None:
    scene = Scene()
    scene.add_manager()
    facts = scene.passes().facts
    expected = {
        "rtmrs_replayed": [0, 1, 2, 3],
        "event_count": 19,
        "app_id": APP_ID.hex(),
        "instance_id": INSTANCE_ID.hex(),
        "os_image_hash": "05" * 32,
        "rootfs_hash": None,
        "mr_kms": "4b" * 32,
        "key_provider": "kms",
        "compose_hash": COMPOSE_HASH.hex(),
        "compose_bound_by": ["mr_config_id", "event_log"],
        "compose_text_matches": True,
        "mr_config_id_kind": 1,
        "manager_actions": 1,
        "manager_actions_order": "fixed",
    }
    assert {name: facts[name] for name in expected} == expected


# --- Each contradiction by itself -----------------------------------------------------------------


class Case(NamedTuple):
    name: str
    change: Callable[[Scene], object]
    check: str
    rule: str
    error: type = EvidenceError


def in_log(index: int, **changes: object) -> Callable[[Scene], object]:
    def change(scene: Scene) -> None:
        log = [dict(entry) for entry in scene.log]
        log[index].update(changes)
        scene.answer["event_log"] = log

    return change


def relogged(*events: Any) -> Callable[[Scene], object]:
    def change(scene: Scene) -> None:
        with_log(scene, [boot_event(0, 1), *events])

    return change


def in_info(**members: object) -> Callable[[Scene], object]:
    return lambda scene: scene.answer["info"].update(members)


def in_tcb_info(**members: object) -> Callable[[Scene], object]:
    return lambda scene: scene.answer["info"]["tcb_info"].update(members)


def config_id(value: bytes) -> Callable[[Scene], object]:
    return lambda scene: scene.body.update(mr_config_id=value)


LOG, APP, COMPOSED, INFO = DSTACK
COMPOSE_EVENT = 10

CASES: List[Case] = [
    # The payload of compose-hash forged, with the digest of the original beside it.
    Case("forged-payload", in_log(COMPOSE_EVENT, event_payload="00" * 32), LOG, "DST-4"),
    Case("stripped-forgery", in_log(COMPOSE_EVENT, event_payload="00" * 32, digest=""), LOG,
         "DST-6"),
    Case("renamed", in_log(COMPOSE_EVENT, event="compose-hush"), LOG, "DST-4"),
    Case("other-register", in_log(2, imr=2), LOG, "DST-6"),
    Case("other-type", in_log(COMPOSE_EVENT, event_type=1), LOG, "DST-3"),
    Case("boot-without-digest", in_log(0, digest=""), LOG, "DST-5"),
    Case("no-number", in_log(0, imr="0"), "answer.schema", "ATT-16", MalformedError),
    Case("register-4", in_log(0, imr=4), LOG, "DST-1", MalformedError),
    Case("cut", lambda s: s.answer.update(event_log=s.log[:-1]), LOG, "DST-6"),
    Case("no-app", relogged(runtime_event("system-ready")), APP, "DST-8"),
    Case("two-apps", relogged(*app_events()[:2], *app_events()), APP, "DST-8"),
    Case("app-id-short", relogged(*app_events(app_id=b"x")), APP, "DST-9", MalformedError),
    Case("colon", relogged(runtime_event("a:b"), *app_events()), APP, "DST-10"),
    Case("other-compose-text", in_tcb_info(app_compose=COMPOSE + " "), COMPOSED, "DST-11"),
    Case("other-compose-in-the-log", relogged(*app_events(compose_hash=b"\x01" * 32)), COMPOSED,
         "DST-11"),
    Case("config-id-of-no-kind", config_id(b"\x09" * 48), COMPOSED, "DST-12"),
    Case("config-id-with-a-tail", config_id(b"\x01" + COMPOSE_HASH + b"\x01" * 15), COMPOSED,
         "DST-12"),
    Case("claimed-register", in_tcb_info(rtmr0="00" * 48), INFO, "DST-15"),
    Case("claimed-app", in_info(app_id="00" * 20), INFO, "DST-15"),
    Case("claimed-compose", in_info(compose_hash="00" * 32), INFO, "DST-15"),
    Case("claimed-device", in_info(device_id="00" * 32), INFO, "DST-15"),
    Case("claimed-in-no-hex", in_info(instance_id="zz"), INFO, "DST-15", MalformedError),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_contradiction_fails_also_where_the_data_is_not_required(case: Case) -> None:  # POL-13
    scene = Scene()
    case.change(scene)
    refusal = scene.refused()
    assert (case.check, case.rule) in refusal.failed
    assert type(refusal.error) is case.error
    # What follows from the first may fail as well, and nothing before it.
    assert refusal.failed[0] == (case.check, case.rule)
    if case.check != "answer.schema":
        assert refusal.report.check("dcap.tcb").status == "pass"
        scene.passes(Policy(assurance="binding"))


def test_the_device_is_that_of_the_platform() -> None:
    scene = Scene()
    scene.answer["info"]["device_id"] = hashlib.sha256(b"\x99" * 16).hexdigest()
    assert "3 claims are proven" in scene.passes().check("dstack.info").detail


def test_after_a_false_log_no_compose_file_is_proven_by_it() -> None:
    scene = Scene()
    in_log(0, digest="00" * 48)(scene)
    refusal = scene.refused()
    assert refusal.failed == [("dstack.event_log", "DST-6")]
    assert refusal.report.check("dstack.app").detail == "needs dstack.event_log, which failed"


# --- The kinds of MRCONFIGID ----------------------------------------------------------------------


def test_kind_2_needs_the_log() -> None:  # DST-14
    scene = Scene()
    scene.body["mr_config_id"] = mr_config_id_2(COMPOSE_HASH, APP_ID, "kms", bytes(range(64, 96)))
    assert scene.passes().facts["mr_config_id_kind"] == 2
    del scene.answer["event_log"]
    report = scene.passes()
    assert "needs an event log" in report.check("dstack.compose").detail
    assert report.facts["compose_hash"] is None


def test_kind_3_needs_its_document() -> None:  # DST-14
    document = json.dumps({"compose_hash": COMPOSE_HASH.hex(), "key_provider": "kms"})
    scene = Scene()
    scene.body["mr_config_id"] = mr_config_id_3(document)
    assert "needs the document" in scene.passes().check("dstack.compose").detail
    scene.answer["info"]["vm_config"] = json.dumps({"mr_config": document})
    assert scene.passes().facts["mr_config_id_kind"] == 3
    scene.answer["info"]["vm_config"] = "{"
    assert scene.refused().failed == [("dstack.compose", "DST-13")]


def test_the_document_of_kind_3_in_each_of_its_places() -> None:  # DST-13, ATT-11
    document = json.dumps({"compose_hash": COMPOSE_HASH.hex(), "key_provider": "kms"})
    for form in ({"mr_config": document}, json.dumps({"mr_config": document})):
        for place in ("info", "evidence", "answer"):
            scene = Scene()
            scene.body["mr_config_id"] = mr_config_id_3(document)
            evidence = scene.answer.setdefault("attestation", {}).setdefault("evidence", {})
            nodes = {"info": scene.answer["info"], "evidence": evidence, "answer": scene.answer}
            scene.answer["info"]["vm_config"] = ""
            nodes[place]["vm_config"] = form
            assert scene.passes().facts["mr_config_id_kind"] == 3
            nodes[place]["vm_config"] = {"mr_config": document + " "}
            assert scene.refused().failed == [("dstack.compose", "DST-12")]
            nodes[place]["vm_config"] = {"mr_config": 1}
            assert scene.refused().failed == [("dstack.compose", "DST-13")]


def test_an_empty_info_claims_nothing() -> None:  # DST-11, DST-15
    scene = Scene()
    in_info(app_id="", compose_hash="", device_id="", key_provider_info="")(scene)
    in_tcb_info(app_compose="", rtmr0="", mrtd="")(scene)
    report = scene.passes()
    assert report.check("dstack.info").detail == (
        "0 claims are proven, 6 cannot be compared; the rest of info is not judged"
    )
    assert report.facts["compose_text_matches"] is False
    in_tcb_info(rtmr0="00")(scene)
    assert scene.refused().failed == [("dstack.info", "DST-15")]
    scene.answer["info"]["tcb_info"] = ""
    scene.passes()


# --- NEAR's compose manager -----------------------------------------------------------------------


def test_a_managers_record_is_judged_with_its_own_quote() -> None:  # DST-18
    scene = Scene()
    scene.add_manager()
    report = scene.passes(MEASURED)
    assert report.check("dstack.manager_quote").status == "pass"
    assert report.check("dstack.manager").status == "pass"


def test_without_a_record_nothing_is_missed() -> None:
    report = Scene().passes(MEASURED)
    for name in ("dstack.manager_quote", "dstack.manager"):
        assert (report.check(name).status, report.check(name).required) == ("not_performed", False)


@pytest.mark.parametrize("record", [{}, {"error": "no socket"}, {"quote": "", "actions": []}])
def test_what_states_nothing_is_no_record(record: Dict[str, Any]) -> None:  # DST-18
    scene = Scene()
    scene.answer["compose_manager_attestation"] = record
    check = scene.passes(MEASURED).check("dstack.manager_quote")
    assert (check.status, check.required) == ("not_performed", False)


@pytest.mark.parametrize("name", ["quote", "actions_hash"])
def test_half_a_record_is_refused(name: str) -> None:  # DST-27
    scene = Scene()
    scene.add_manager()
    del scene.answer["compose_manager_attestation"][name]
    assert scene.refused(DCAP).failed == [("dstack.manager_quote", "DST-27")]


def _sgx(scene: Scene) -> str:
    intel = scene.intel.copy()
    return intel.raw_quote(3, "sgx").hex()


def _signed_by_another(scene: Scene) -> None:
    record = scene.add_manager()
    raw = bytearray.fromhex(record["quote"])
    raw[568] ^= 1  # REPORTDATA, which is signed
    record["quote"] = raw.hex()


def _debug(scene: Scene) -> None:
    attributes = bytes.fromhex("0100001000000000")
    digest = bytes.fromhex(scene.add_manager()["actions_hash"])
    scene.add_manager(quote=scene.quote(report_data=digest + NONCE, td_attributes=attributes))


def _trailing(scene: Scene) -> None:
    record = scene.add_manager()
    record["quote"] = record["quote"][:-2] + "01"


def _other_nonce(scene: Scene) -> None:
    digest = bytes.fromhex(scene.add_manager()["actions_hash"])
    scene.add_manager(quote=scene.quote(report_data=digest + bytes(32)))


def _other_td(scene: Scene) -> None:
    digest = bytes.fromhex(scene.add_manager()["actions_hash"])
    scene.add_manager(quote=scene.quote(report_data=digest + NONCE, mr_td=b"\x01" * 48))


MANAGER_CASES: List[Any] = [
    ("form", lambda s: s.add_manager(actions=None), "dstack.manager_quote", "DST-27"),
    ("quote-form", lambda s: s.add_manager(quote="00"), "dstack.manager_quote", "QUO-7"),
    ("sgx", lambda s: s.add_manager(quote=_sgx(s)), "dstack.manager_quote", "COL-11"),
    ("unsigned", _signed_by_another, "dstack.manager_quote", "QUO-16"),
    ("debug", _debug, "dstack.manager_quote", "QUO-11"),
    ("trailing", _trailing, "dstack.manager_quote", "QUO-9"),
    ("nonce", _other_nonce, "dstack.manager", "DST-16"),
    ("actions", lambda s: s.add_manager(actions=[]), "dstack.manager", "DST-17"),
    ("log", lambda s: s.add_manager(event_log="[]"), "dstack.manager", "DST-6"),
    ("other-td", _other_td, "dstack.manager", "DST-19"),
]


@pytest.mark.parametrize(
    ("change", "check", "rule"),
    [case[1:] for case in MANAGER_CASES],
    ids=[case[0] for case in MANAGER_CASES],
)
def test_a_record_that_proves_something_else(
    change: Callable[[Scene], object], check: str, rule: str
) -> None:  # DST-16, DST-19
    scene = Scene()
    change(scene)
    assert scene.refused().failed == [(check, rule)]


def test_a_record_is_not_relied_on_without_collateral() -> None:  # DST-18
    scene = Scene()
    scene.add_manager()
    refusal = scene.refused(endorsements=NO_ENDORSEMENTS)
    assert {"dstack.manager_quote", "dstack.manager"} <= set(refusal.missing)
    assert refusal.report.facts["manager_actions"] is None


def test_a_managers_platform_is_judged_by_the_same_policy() -> None:
    scene = Scene()
    scene.add_manager()
    refusal = scene.refused(DCAP._replace(tcb_statuses=frozenset({"OutOfDate"})))
    assert refusal.failed == [("dcap.tcb", "TCB-10"), ("dstack.manager_quote", "TCB-10")]


# --- Pins -----------------------------------------------------------------------------------------


def test_everything_that_can_be_pinned_is_proven_or_not() -> None:  # POL-9
    scene = Scene()
    facts = scene.passes(MEASURED).facts
    missing = {"rootfs_hash"}  # the log does not have it
    for name, size in PINNABLE.items():
        pins = Pin(name, (bytes(size), bytes.fromhex(facts.get(name) or "") or b"\x01" * size))
        policy = MEASURED._replace(measurements=pins)
        if name in missing or name in ("mr_aggregated", "mr_system"):
            refusal = scene.refused(policy)
            assert refusal.failed == [("measurements", "POL-9")]
            assert isinstance(refusal.error, PolicyError)
            found = "not proven by this evidence" if name in missing else f"{name} is "
            assert found in refusal.error.message
        else:
            scene.passes(policy)


def test_derived_measurements_can_be_pinned() -> None:
    scene = Scene()
    for name in ("mr_aggregated", "mr_system"):
        message = scene.refused(
            MEASURED._replace(measurements=Pin(name, (bytes(32),)))
        ).error.message
        value = bytes.fromhex(message.split(f"{name} is ")[1][:64])
        scene.passes(MEASURED._replace(measurements=Pin(name, (value,))))


def test_one_of_several_releases() -> None:
    scene = Scene()
    old = AllOf((Pin("mr_td", (b"\x01" * 48,)), Pin("compose_hash", (COMPOSE_HASH,))))
    new = AllOf((PINNED, Pin("compose_hash", (COMPOSE_HASH,))))
    assert scene.passes(MEASURED._replace(measurements=AnyOf((old, new)))).verdict == "pass"
    refusal = scene.refused(MEASURED._replace(measurements=AnyOf((old, old))))
    assert refusal.failed == [("measurements", "POL-9")]
    assert refusal.error.where == "policy.measurements.mr_td"
    assert refusal.report.assurance_reached == "dcap"
