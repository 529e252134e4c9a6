from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Optional, Tuple

import pytest

from tests.dstack_logs import (
    APP_ID,
    COMPOSE,
    COMPOSE_HASH,
    INSTANCE_ID,
    KMS_KEY,
    app_events,
    registers,
    runtime_event,
)
from tests.unit.evidence.dstack.real import real_logs, venice
from venice_ref.errors import EvidenceError, MalformedError, UsageError, VeniceError
from venice_ref.evidence.dstack.app import App, identify_app
from venice_ref.evidence.dstack.compose import (
    ComposeFacts,
    compose_hash,
    document_in,
    mr_config_id_1,
    mr_config_id_2,
    mr_config_id_3,
    verify_compose,
)
from venice_ref.evidence.dstack.event_log import ONLY_RTMR3, parse_event_log, verify_event_log

ZERO = bytes(48)
BOTH = ("mr_config_id", "event_log")


def app_of(**changes: Any) -> App:
    log = [runtime_event("gpu-policy-hash", b"\x66" * 32), *app_events(**changes)]
    return identify_app(verify_event_log(parse_event_log(log), registers(log)))


def refusal(*args: Any, kind: type = EvidenceError, **keywords: Any) -> Tuple[str, str]:
    with pytest.raises(VeniceError) as caught:
        verify_compose(*args, **keywords)
    assert type(caught.value) is kind
    return caught.value.rule, caught.value.where


# --- Real ones ----------------------------------------------------------------------------------


def test_the_real_compose_files_are_bound() -> None:
    kinds = []
    for real in real_logs():
        log = verify_event_log(
            parse_event_log(real.event_log), real.registers.rtmrs, scope=ONLY_RTMR3
        )
        text = real.case.get("app_compose")
        facts = verify_compose(real.registers.mr_config_id, app=identify_app(log), app_compose=text)
        assert facts.bound_by == (BOTH if facts.kind else ("event_log",)), real.name
        assert facts.text_matches == (text is not None), real.name
        kinds.append(facts.kind)
    assert sorted(kinds) == [0] * 3 + [1] * 11


def test_the_captured_compose_file_is_bound_with_and_without_the_log() -> None:
    answer, _, td, _ = venice()
    assert answer.event_log is not None
    assert answer.tcb_info is not None
    assert answer.info is not None
    text = answer.tcb_info.text("app_compose")
    app = identify_app(verify_event_log(parse_event_log(answer.event_log), td.rtmrs))
    facts = verify_compose(td.mr_config_id, app=app, app_compose=text)
    assert facts == ComposeFacts(app.compose_hash, text_matches=True, kind=1, bound_by=BOTH)
    assert facts.compose_hash.hex() == answer.info.text("compose_hash")
    alone = verify_compose(td.mr_config_id, app=None, app_compose=text)
    assert alone == facts._replace(bound_by=("mr_config_id",))
    assert text is not None
    assert refusal(td.mr_config_id, app=app, app_compose=text + "\n") == ("DST-11", "app_compose")
    vm_config = answer.info.text("vm_config")
    assert vm_config is not None
    assert document_in(vm_config) is None


# --- The compose hash  [DST-11] -----------------------------------------------------------------


def test_the_hash_is_that_of_the_exact_text() -> None:
    assert compose_hash("ü\n") == hashlib.sha256(b"\xc3\xbc\n").digest()
    with pytest.raises(MalformedError) as caught:
        compose_hash("\ud800")
    assert caught.value.rule == "DST-11"


def test_the_log_alone_binds_the_text() -> None:
    facts = verify_compose(ZERO, app=app_of(), app_compose=COMPOSE)
    assert facts == ComposeFacts(COMPOSE_HASH, text_matches=True, kind=0, bound_by=("event_log",))
    assert verify_compose(ZERO, app=app_of()) == facts._replace(text_matches=False)


def test_another_text_or_another_event_is_refused() -> None:
    right = mr_config_id_1(COMPOSE_HASH)
    text = ("DST-11", "app_compose")
    assert refusal(ZERO, app=app_of(), app_compose=COMPOSE + " ") == text
    assert refusal(right, app=None, app_compose=COMPOSE + " ") == text
    other = app_of(compose_hash=bytes(32))
    assert refusal(ZERO, app=other, app_compose=COMPOSE) == text
    assert refusal(right, app=other) == ("DST-11", "mr_config_id")
    assert refusal(mr_config_id_1(bytes(32)), app=app_of(), app_compose=COMPOSE) == (
        "DST-11",
        "mr_config_id",
    )


def test_nothing_is_bound_by_nothing() -> None:  # DST-14
    assert refusal(ZERO, app=None, app_compose=COMPOSE) == ("DST-14", "app_compose")


# --- MRCONFIGID  [DST-12] -----------------------------------------------------------------------


def test_kind_1() -> None:
    assert mr_config_id_1(COMPOSE_HASH) == b"\x01" + COMPOSE_HASH + bytes(15)
    facts = verify_compose(mr_config_id_1(COMPOSE_HASH), app=app_of(), app_compose=COMPOSE)
    assert (facts.kind, facts.bound_by) == (1, BOTH)


def test_kind_2() -> None:
    # The vector is dstack's own (sdk/python, test of get_mr_config_id).
    expected = "02e472ed80a08042f044ba63b53b798e98e3ea5219cd078007b1ac8b3dfc762b94" + "00" * 15
    made = mr_config_id_2(bytes(range(32)), bytes(range(20)), "kms", bytes.fromhex("aabbccdd"))
    assert made.hex() == expected
    right = mr_config_id_2(COMPOSE_HASH, APP_ID, "kms", KMS_KEY)
    assert verify_compose(right, app=app_of(), app_compose=COMPOSE).kind == 2
    for wrong in (
        mr_config_id_2(bytes(32), APP_ID, "kms", KMS_KEY),
        mr_config_id_2(COMPOSE_HASH, bytes(20), "kms", KMS_KEY),
        mr_config_id_2(COMPOSE_HASH, APP_ID, "none", KMS_KEY),
        mr_config_id_2(COMPOSE_HASH, APP_ID, "kms", b""),
        right[:-1] + b"\x01",
    ):
        assert refusal(wrong, app=app_of()) == ("DST-12", "mr_config_id")
    assert refusal(right, app=None, app_compose=COMPOSE) == ("DST-14", "mr_config_id")
    with pytest.raises(UsageError):
        mr_config_id_2(COMPOSE_HASH, APP_ID, "local", b"")


@pytest.mark.parametrize("measured_id", [b"\xab", b""])
def test_kind_2_of_a_tpm_may_leave_its_id_out(measured_id: bytes) -> None:
    app = app_of(key_provider=b'{"name":"tpm","id":"ab"}')
    right = mr_config_id_2(COMPOSE_HASH, APP_ID, "tpm", measured_id)
    assert verify_compose(right, app=app).kind == 2


@pytest.mark.parametrize(
    "mr_config_id",
    [
        b"\x04" + COMPOSE_HASH + bytes(15),
        b"\xff" * 48,
        bytes(47) + b"\x01",
        b"\x00" + COMPOSE_HASH + bytes(15),
        b"\x01" + COMPOSE_HASH + bytes(14) + b"\x01",
    ],
)
def test_other_kinds_and_bytes_after_the_hash_are_refused(mr_config_id: bytes) -> None:
    assert refusal(mr_config_id, app=app_of()) == ("DST-12", "mr_config_id")


def test_the_caller_gives_48_bytes() -> None:
    for size in (0, 47, 49):
        with pytest.raises(UsageError):
            verify_compose(bytes(size), app=app_of())


# --- Kind 3 and its document  [DST-13] ----------------------------------------------------------

DOCUMENT: Dict[str, Any] = {
    "app_id": APP_ID.hex(),
    "compose_hash": COMPOSE_HASH.hex(),
    "gpu_policy_hash": "66" * 32,
    "init_script_hashes": [],
    "instance_id": INSTANCE_ID.hex(),
    "key_provider": "kms",
    "key_provider_id": KMS_KEY.hex(),
    "version": 3,
}


def document(**changes: Any) -> str:
    members = {**DOCUMENT, **changes}
    return json.dumps({name: value for name, value in members.items() if value is not None})


def verified(text: str, app: Optional[App]) -> ComposeFacts:
    return verify_compose(mr_config_id_3(text), app=app, app_compose=COMPOSE, document=text)


def test_kind_3() -> None:
    text = document()
    digest = hashlib.sha256(b"dstack-mr-config-v3:\0" + text.encode()).digest()
    assert mr_config_id_3(text) == b"\x03" + digest + bytes(15)
    assert verified(text, app_of()).bound_by == BOTH
    assert verified(text, None).bound_by == ("mr_config_id",)
    optional = dict.fromkeys(set(DOCUMENT) - {"compose_hash", "key_provider"})
    assert verified(document(**optional), app_of()).kind == 3
    assert document_in(json.dumps({"cpu_count": 1, "mr_config": text})) == text
    with pytest.raises(MalformedError):
        document_in("[]")


def test_kind_3_needs_its_exact_document() -> None:
    text = document()
    right = mr_config_id_3(text)
    assert refusal(right, app=app_of()) == ("DST-14", "mr_config_id")
    assert refusal(right, app=app_of(), document=text + " ") == ("DST-12", "mr_config_id")
    assert refusal(right[:-1] + b"\x01", app=app_of(), document=text)[0] == "DST-12"
    with pytest.raises(MalformedError):
        mr_config_id_3("\ud800")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("app_id", "00" * 20), ("instance_id", "00" * 20), ("key_provider_id", ""),
        ("gpu_policy_hash", "00" * 32), ("key_provider", "local"),
    ],
)  # fmt: skip
def test_a_document_that_contradicts_the_log_is_refused(member: str, value: str) -> None:
    text = document(**{member: value})
    place = ("DST-13", f"mr_config.{member}")
    assert refusal(mr_config_id_3(text), app=app_of(), document=text) == place
    assert verified(text, None).kind == 3


def test_a_document_of_another_compose_file_is_refused() -> None:
    text = document(compose_hash="00" * 32)
    place = ("DST-11", "mr_config_id")
    assert refusal(mr_config_id_3(text), app=app_of(), document=text) == place


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("version", 2), ("version", "3"), ("version", True), ("compose_hash", None),
        ("compose_hash", "00" * 31), ("compose_hash", 1), ("app_id", "00"), ("instance_id", ""),
        ("key_provider", None), ("key_provider", "local-sgx"), ("key_provider", 2),
        ("key_provider_id", "0"), ("more", 1),
    ],
)  # fmt: skip
def test_a_document_of_another_form_is_malformed(member: str, value: object) -> None:
    text = document(**{member: value})
    found = refusal(mr_config_id_3(text), app=app_of(), document=text, kind=MalformedError)
    assert found[0] == "DST-13"


def test_the_size_of_a_document_is_counted_in_bytes() -> None:  # DST-25
    room = 65536 - len(document(init_script_hashes=[""]))
    for filling, fits in (("x" * room, True), ("x" * (room + 1), False), ("ü" * room, False)):
        text = document(init_script_hashes=[""]).replace('[""]', f'["{filling}"]')
        if fits:
            assert verified(text, app_of()).kind == 3
            continue
        right = mr_config_id_3(text)
        found = refusal(right, app=app_of(), document=text, kind=MalformedError)
        assert found == ("DST-25", "mr_config")
        with pytest.raises(MalformedError) as caught:
            document_in(text)
        assert caught.value.rule == "DST-25"


@pytest.mark.parametrize("text", ["", "[]", "null", '{"version":3,"version":3}', "{"])
def test_a_document_is_one_strict_object(text: str) -> None:
    found = refusal(mr_config_id_3(text), app=app_of(), document=text, kind=MalformedError)
    assert found == ("DST-13", "mr_config")
