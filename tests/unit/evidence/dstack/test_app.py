from __future__ import annotations

from typing import Any, Callable, List, Tuple

import pytest

from tests.dstack_logs import (
    APP_ID,
    COMPOSE_HASH,
    INSTANCE_ID,
    KEY_PROVIDER,
    KMS_KEY,
    Entry,
    app_events,
    registers,
    runtime_event,
    sample_log,
)
from tests.unit.evidence.dstack.real import real_logs, venice
from venice_ref.errors import EvidenceError, MalformedError, VeniceError
from venice_ref.evidence.dstack.app import App, identify_app
from venice_ref.evidence.dstack.event_log import ONLY_RTMR3, parse_event_log, verify_event_log


def identified(log: Any) -> App:
    return identify_app(verify_event_log(parse_event_log(log), registers(log)))


def refusal(log: Any, kind: type) -> Tuple[str, str]:
    with pytest.raises(VeniceError) as caught:
        identified(log)
    assert type(caught.value) is kind
    return caught.value.rule, caught.value.where


def test_the_real_logs_name_their_applications() -> None:
    own_ids = 0
    for real in real_logs():
        events = parse_event_log(real.event_log)
        app = identify_app(verify_event_log(events, real.registers.rtmrs, scope=ONLY_RTMR3))
        expected = real.case["expected"]["key_provider"]
        assert app.key_provider.name == expected["name"], real.name
        assert app.key_provider.id.hex() == expected["id"], real.name
        assert app.system_ready, real.name
        assert app.later_events == (
            1 if real.name[:15] in ("dstack-73106364", "mpc-bb7c6948-fu") else 0
        )
        own_ids += app.has_own_id
    assert own_ids == 6


def test_the_captured_log_names_its_application() -> None:
    answer, _, td, _ = venice()
    assert answer.event_log is not None
    app = identify_app(verify_event_log(parse_event_log(answer.event_log), td.rtmrs))
    assert app.compose_hash.hex().startswith("242a62724303cc32f364da0fc92738706b0078e7")
    assert app.app_id.hex() == "2c0a0c96cb6dbd659bf1446e2f3fce58172ff91b"
    assert app.has_own_id
    assert (app.key_provider.name, app.system_ready, app.later_events) == ("kms", True, 0)


@pytest.mark.parametrize("version", [1, 2])
def test_an_application(version: int) -> None:
    app = identified(sample_log(version))
    assert app == App(
        app_id=APP_ID,
        compose_hash=COMPOSE_HASH,
        instance_id=INSTANCE_ID,
        key_provider=app.key_provider,
        rootfs_hash=None,
        mr_kms=b"\x4b" * 32,
        os_image_hash=b"\x05" * 32,
        gpu_policy_hash=None,
        system_ready=True,
        later_events=1,
    )
    assert app.key_provider == ("kms", KMS_KEY, KEY_PROVIDER)
    assert app.has_own_id
    assert not identified(app_events(version, app_id=COMPOSE_HASH[:20])).has_own_id


def test_an_instance_may_have_no_id() -> None:
    assert identified(app_events(instance_id=b"")).instance_id == b""


def test_names_mean_nothing_after_system_ready() -> None:  # DST-7
    later = [
        runtime_event("compose-hash", bytes(32)),
        runtime_event("app-id", b"short"),
        runtime_event("system-ready"),
        runtime_event("key-provider:", b""),
    ]
    app = identified(app_events() + later)
    assert app.compose_hash == COMPOSE_HASH
    assert app.later_events == 4
    moved = [entry for entry in app_events() if entry["event"] != "compose-hash"]
    assert refusal(moved + later, EvidenceError) == ("DST-8", "event_log.compose-hash")


def test_a_log_may_end_before_the_boot_does() -> None:
    app = identified(app_events()[:-1])
    assert (app.system_ready, app.later_events) == (False, 0)


@pytest.mark.parametrize("name", ["app-id", "compose-hash", "instance-id", "key-provider"])
def test_each_required_event_occurs_once(name: str) -> None:  # DST-8
    log = app_events()
    index = next(n for n, entry in enumerate(log) if entry["event"] == name)
    place = ("DST-8", f"event_log.{name}")
    assert refusal(log[:index] + log[index + 1 :], EvidenceError) == place
    assert (
        refusal(log[:index] + log[index : index + 1] * 2 + log[index + 1 :], EvidenceError) == place
    )
    renamed = {**log[index], "event": name.upper(), "digest": ""}
    expected = runtime_event(name.upper(), bytes.fromhex(log[index]["event_payload"]))
    assert renamed["event"] == expected["event"]
    assert refusal([*log[:index], expected, *log[index + 1 :]], EvidenceError) == place


@pytest.mark.parametrize("name", ["mr-kms", "os-image-hash", "rootfs-hash", "gpu-policy-hash"])
def test_each_optional_event_occurs_at_most_once(name: str) -> None:  # DST-8, DST-22
    others = [entry for entry in app_events() if entry["event"] != name]
    event = runtime_event(name, b"\x07" * 32)
    field = name.replace("-", "_")
    assert getattr(identified(others), field) is None
    assert getattr(identified([event, *others]), field) == b"\x07" * 32
    assert refusal([event, event, *others], EvidenceError) == ("DST-8", f"event_log.{name}")
    short = runtime_event(name, b"\x07" * 31)
    assert refusal([short, *others], MalformedError) == ("DST-22", f"event_log.{name}")


def test_other_events_may_occur_twice() -> None:
    twice = [runtime_event("init-script-hash", bytes(32))] * 2
    assert identified(twice + app_events()).compose_hash == COMPOSE_HASH


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("app-id", lambda: app_events(app_id=APP_ID + b"\0")),
        ("app-id", lambda: app_events(app_id=b"")),
        ("compose-hash", lambda: app_events(compose_hash=COMPOSE_HASH[:31])),
        ("instance-id", lambda: app_events(instance_id=INSTANCE_ID[:19])),
    ],
)
def test_payloads_have_their_size(name: str, events: Callable[[], List[Entry]]) -> None:  # DST-9
    assert refusal(events(), MalformedError) == ("DST-9", f"event_log.{name}")


@pytest.mark.parametrize(
    ("payload", "member"),
    [
        (b"", ""), (b"kms", ""), (b"\xff", ""), (b"[]", ""),
        (b'{"id":""}', ".name"), (b'{"name":1,"id":""}', ".name"),
        (b'{"name":"KMS","id":""}', ".name"), (b'{"name":"local","id":""}', ".name"),
        (b'{"name":"kms"}', ".id"), (b'{"name":"kms","id":"0"}', ".id"),
        (b'{"name":"kms","id":7}', ".id"), (b'{"name":"kms","name":"none","id":""}', ""),
    ],
)  # fmt: skip
def test_a_key_provider_is_a_name_and_an_id(payload: bytes, member: str) -> None:  # DST-21
    log = app_events(key_provider=payload)
    assert refusal(log, MalformedError) == ("DST-21", f"event_log.key-provider{member}")


@pytest.mark.parametrize("name", ["none", "local-sgx", "kms", "tpm"])
def test_the_four_key_providers(name: str) -> None:
    payload = b'{"name":"%s","id":"AB","more":1}' % name.encode()
    assert identified(app_events(key_provider=payload)).key_provider == (name, b"\xab", payload)


def relabelled(log: List[Entry], index: int) -> Entry:
    """Return an event of version 1 with the name's colon moved to the last one of its payload."""
    entry = log[index]
    content = entry["event"].encode() + b":" + bytes.fromhex(entry["event_payload"])
    name, _, payload = content.rpartition(b":")
    return {**entry, "event": name.decode(), "event_payload": payload.hex()}


def test_a_moved_colon_is_refused_where_names_are_looked_up() -> None:  # DST-10
    log = app_events()
    index = next(n for n, entry in enumerate(log) if entry["event"] == "key-provider")
    log[index] = relabelled(log, index)
    assert log[index]["event"] == 'key-provider:{"name":"kms","id"'
    assert refusal(log, EvidenceError) == ("DST-10", "event_log")
    assert refusal([runtime_event("x:y"), *app_events()], EvidenceError) == ("DST-10", "event_log")


def test_a_colon_in_a_name_is_no_matter_in_version_2_and_after_the_boot() -> None:  # DST-10
    named = runtime_event("x:y", b"", 2)
    assert identified([named, *app_events()]).compose_hash == COMPOSE_HASH
    assert identified([*app_events(), runtime_event("x:y")]).later_events == 1
