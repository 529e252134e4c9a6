from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, List, Optional, Tuple

import pytest

from tests.dstack_logs import Entry, boot_event, registers, runtime_event, sample_log, stripped
from tests.unit.evidence.dstack.real import real_logs, venice
from venice_ref.codec.strict import JsonObject
from venice_ref.errors import MalformedError, UsageError, VeniceError
from venice_ref.evidence.dstack.event_log import (
    ALL_REGISTERS,
    ONLY_RTMR3,
    VerifiedEventLog,
    parse_event_log,
    runtime_digest,
    runtime_preimage,
    verify_event_log,
)

VERSIONS = (1, 2)


def verified(
    log: Any, rtmrs: Optional[Tuple[bytes, ...]] = None, scope: str = ALL_REGISTERS
) -> VerifiedEventLog:
    ends = registers(log) if rtmrs is None else rtmrs
    return verify_event_log(parse_event_log(log), ends, scope=scope)


def refusal(log: Any, rtmrs: Tuple[bytes, ...], scope: str = ALL_REGISTERS) -> Tuple[str, str]:
    with pytest.raises(VeniceError) as caught:
        verified(log, rtmrs, scope)
    return caught.value.rule, caught.value.where


# --- Real logs ----------------------------------------------------------------------------------


def test_the_real_logs_replay_as_expected() -> None:  # DST-6
    for real in real_logs():
        events = parse_event_log(real.event_log)
        if all(real.case["expected"]["rtmr_match"]):
            assert verify_event_log(events, real.registers.rtmrs).scope == "all", real.name
        else:
            assert real.case["expected"]["rtmr_match"] == [False, False, False, True], real.name
            assert refusal(real.event_log, real.registers.rtmrs) == ("DST-6", "event_log.rtmr0")
        log = verify_event_log(events, real.registers.rtmrs, scope=ONLY_RTMR3)
        assert len(log.runtime_events) + log.unproven_events == len(events), real.name
        was_stripped = "stripped" in real.name
        assert log.stripped_digests == (len(log.runtime_events) if was_stripped else 0), real.name


def test_the_real_logs_refuse_a_forged_payload_beside_its_digest() -> None:  # DST-4
    for real in real_logs():
        for index, entry in enumerate(real.event_log):
            if entry["imr"] != 3 or not entry["event_payload"]:
                continue
            forged = [dict(each) for each in real.event_log]
            forged[index]["event_payload"] = "00" + entry["event_payload"][2:]
            assert forged[index] != entry
            expected = (
                ("DST-4", f"event_log[{index}].digest")
                if entry["digest"]
                else ("DST-6", "event_log.rtmr3")
            )
            assert refusal(forged, real.registers.rtmrs, ONLY_RTMR3) == expected, real.name


def test_the_captured_logs_replay_against_their_quote() -> None:
    answer, _, td, _ = venice()
    assert answer.event_log is not None
    assert answer.tcb_info is not None
    for value in (answer.event_log, answer.tcb_info.get("event_log")):
        log = verify_event_log(parse_event_log(value), td.rtmrs)
        assert (len(log.boot_events), len(log.runtime_events)) == (20, 10)
        assert (log.stripped_digests, log.unproven_events) == (0, 0)


# --- Digests  [DST-2] ---------------------------------------------------------------------------


def test_the_digest_of_version_1() -> None:
    preimage = bytes.fromhex("01000008") + b":app-id:\xde\xad"
    assert runtime_preimage(1, "app-id", b"\xde\xad") == preimage
    assert runtime_digest(1, "app-id", b"\xde\xad") == hashlib.sha384(preimage).digest()


@pytest.mark.parametrize(
    ("name", "payload", "text"),
    [
        # The first and the second are tests of dstack's own (cc-eventlog, runtime_events.rs).
        ("compose-hash", b"\xab\xcd", '{"name":"compose-hash","payload":"abcd","type":134217729}'),
        ('a"b\\c\nd', b"\xff", '{"name":"a\\"b\\\\c\\nd","payload":"ff","type":134217729}'),
        ("", b"", '{"name":"","payload":"","type":134217729}'),
        ("\x01ü", b"", '{"name":"\\u0001ü","payload":"","type":134217729}'),
    ],
)
def test_the_digest_of_version_2(name: str, payload: bytes, text: str) -> None:
    assert runtime_preimage(2, name, payload) == text.encode()
    assert runtime_digest(2, name, payload) == hashlib.sha384(text.encode()).digest()


def test_version_1_does_not_say_where_the_name_ends() -> None:
    assert runtime_digest(1, "a", b"b:c") == runtime_digest(1, "a:b", b"c")
    assert runtime_digest(2, "a", b"b:c") != runtime_digest(2, "a:b", b"c")


def test_no_other_version_has_a_digest() -> None:
    for version in (0, 3):
        with pytest.raises(UsageError):
            runtime_digest(version, "a", b"")
    for version in VERSIONS:
        with pytest.raises(MalformedError):
            runtime_digest(version, "\ud800", b"")


# --- What holds ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", [list, json.dumps, stripped])
def test_a_log_replays_in_every_form(version: int, form: Callable[[List[Entry]], Any]) -> None:
    log = sample_log(version)
    result = verified(form(log), registers(log))
    assert [event.name for event in result.runtime_events][-2:] == ["system-ready", "later"]
    assert result.stripped_digests == (11 if form is stripped else 0)
    assert len(result.boot_events) == 8


def test_the_objects_of_an_answer_are_taken_as_they_are() -> None:
    log = sample_log()
    objects = tuple(JsonObject(entry, where=f"x[{n}]") for n, entry in enumerate(log))
    assert parse_event_log(objects) == parse_event_log(log)


def test_versions_may_be_mixed() -> None:
    log = [runtime_event("a", b"1", 1), runtime_event("b", b"2", 2), runtime_event("c", b"3", 1)]
    assert [event.version for event in verified(log).runtime_events] == [1, 2, 1]


def test_absent_members_count_as_empty_and_unknown_ones_as_absent() -> None:
    log = [{**runtime_event("a"), "note": 1}, runtime_event("b", b"", 2)]
    ends = registers(log)
    del log[0]["digest"], log[1]["digest"], log[1]["preimage"]
    assert verified(log, ends).stripped_digests == 2


def test_hexadecimal_may_be_upper_case() -> None:
    log = sample_log(2)
    upper = [
        {k: v.upper() if k in ("digest", "event_payload", "preimage") else v for k, v in e.items()}
        for e in log
    ]
    assert verified(upper, registers(log)) == verified(log)


def test_no_events_leave_registers_of_zero() -> None:
    assert verified([], (bytes(48),) * 4).runtime_events == ()


# --- What does not ------------------------------------------------------------------------------

SAMPLE = sample_log()
COMPOSE_AT = next(n for n, entry in enumerate(SAMPLE) if entry["event"] == "compose-hash")
OTHER_DIGEST = "11" * 48

Change = Callable[[List[Entry]], object]


def setting(index: int, **members: Any) -> Change:
    return lambda log: log[index].update(members)


def swap(one: int, other: int) -> Change:
    def change(log: List[Entry]) -> None:
        log[one], log[other] = log[other], log[one]

    return change


AT = f"event_log[{COMPOSE_AT}]"
MUTATIONS: List[Tuple[str, Change, str, str]] = [
    ("payload", setting(COMPOSE_AT, event_payload="00" * 32), "DST-4", f"{AT}.digest"),
    ("name", setting(COMPOSE_AT, event="compose-hasx"), "DST-4", f"{AT}.digest"),
    ("digest", setting(COMPOSE_AT, digest=OTHER_DIGEST), "DST-4", f"{AT}.digest"),
    ("version", setting(COMPOSE_AT, version=2), "DST-4", f"{AT}.digest"),
    ("preimage", setting(COMPOSE_AT, preimage="00"), "DST-4", f"{AT}.preimage"),
    (
        "payload of a stripped event",
        setting(COMPOSE_AT, event_payload="00" * 32, digest=""), "DST-6", "event_log.rtmr3",
    ),
    (
        "version of a stripped event",
        setting(COMPOSE_AT, version=2, digest=""), "DST-6", "event_log.rtmr3",
    ),
    ("type, with the real digest", setting(COMPOSE_AT, event_type=1), "DST-3", f"{AT}.event_type"),
    ("register of a runtime event", setting(COMPOSE_AT, imr=2), "DST-3", f"{AT}.event_type"),
    (
        "a runtime event as a boot event",
        setting(COMPOSE_AT, imr=2, event_type=1), "DST-6", "event_log.rtmr2",
    ),
    ("boot event into register 3", setting(0, imr=3), "DST-3", "event_log[0].event_type"),
    ("boot event of the runtime type", setting(0, event_type=134217729), "DST-3",
     "event_log[0].event_type"),
    ("boot event of version 2", setting(0, version=2), "DST-3", "event_log[0]"),
    ("boot event with a preimage", setting(0, preimage="00"), "DST-3", "event_log[0]"),
    ("boot event as a runtime event", setting(0, imr=3, event_type=134217729), "DST-4",
     "event_log[0].digest"),
    ("register of a boot event", setting(0, imr=1), "DST-6", "event_log.rtmr0"),
    ("digest of a boot event", setting(0, digest=OTHER_DIGEST), "DST-6", "event_log.rtmr0"),
    ("stripped digest of a boot event", setting(0, digest=""), "DST-5", "event_log[0].digest"),
    ("removed", lambda log: log.pop(COMPOSE_AT), "DST-6", "event_log.rtmr3"),
    ("boot event removed", lambda log: log.pop(2), "DST-6", "event_log.rtmr1"),
    ("repeated", lambda log: log.insert(2, log[COMPOSE_AT]), "DST-6", "event_log.rtmr3"),
    ("order", swap(COMPOSE_AT, COMPOSE_AT + 1), "DST-6", "event_log.rtmr3"),
    ("order of the boot", swap(0, 1), "DST-6", "event_log.rtmr0"),
    (
        "inserted after system-ready",
        lambda log: log.append(runtime_event("compose-hash", bytes(32))),
        "DST-6", "event_log.rtmr3",
    ),
    ("cut", lambda log: log.pop(), "DST-6", "event_log.rtmr3"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "rule", "where"), [m[1:] for m in MUTATIONS], ids=[m[0] for m in MUTATIONS]
)
def test_every_change_is_found(change: Change, rule: str, where: str) -> None:
    log = sample_log()
    change(log)
    assert refusal(log, registers(sample_log())) == (rule, where)


def test_each_bit_of_each_digest_and_payload_of_register_3_matters() -> None:
    ends = registers(SAMPLE)
    for index, entry in enumerate(SAMPLE):
        for member in ("digest", "event_payload"):
            if not entry[member] or (member == "event_payload" and entry["imr"] != 3):
                continue
            raw = bytearray.fromhex(entry[member])
            raw[-1] ^= 1
            log = sample_log()
            log[index][member] = raw.hex()
            assert refusal(log, ends)[0] == ("DST-4" if entry["imr"] == 3 else "DST-6")


def test_what_a_log_does_not_prove() -> None:
    """The limits that the module's text names: they are accepted, and prove nothing."""
    log = sample_log()
    ends = registers(log)
    log[0].update(event="acpi-tables", event_payload="ff", event_type=7)  # DST-5: digest only
    assert verified(log, ends).boot_events[0].payload == b"\xff"
    assert verified(sorted(log, key=lambda entry: -int(entry["imr"])), ends)
    last = runtime_event("a", b"b:c")
    renamed = {**last, "event": "a:b", "event_payload": b"c".hex()}
    assert verified([renamed], registers([last])).runtime_events[0].name == "a:b"


@pytest.mark.parametrize("value", [0, 1, 2, 3])
def test_each_register_must_end_as_the_quote_says(value: int) -> None:
    ends = list(registers(SAMPLE))
    ends[value] = bytes(48)
    assert refusal(SAMPLE, tuple(ends)) == ("DST-6", f"event_log.rtmr{value}")


def test_register_3_alone_must_be_asked_for_by_name() -> None:  # DST-5
    log = [entry for entry in sample_log() if entry["imr"] == 3]
    ends = registers(SAMPLE)
    assert refusal(log, ends) == ("DST-6", "event_log.rtmr0")
    result = verified(log, ends, ONLY_RTMR3)
    assert (result.scope, result.boot_events, result.unproven_events) == ("rtmr3", (), 0)
    with_boot = [{**boot_event(0, 9), "digest": ""}, *log]
    assert refusal(with_boot, ends)[0] == "DST-5"
    assert verified(with_boot, ends, ONLY_RTMR3).unproven_events == 1
    assert refusal([{**boot_event(0, 9), "imr": 3}, *log], ends, ONLY_RTMR3)[0] == "DST-3"
    log[1]["event_payload"] = "00" * 20
    assert refusal(log, ends, ONLY_RTMR3)[0] == "DST-4"


def test_the_caller_gives_four_registers_and_a_known_scope() -> None:
    events = parse_event_log(SAMPLE)
    ends = registers(SAMPLE)
    for rtmrs in (ends[:3], (*ends, bytes(48)), (*ends[:3], b"")):
        with pytest.raises(UsageError):
            verify_event_log(events, rtmrs)
    with pytest.raises(UsageError):
        verify_event_log(events, ends, scope="rtmr2")


# --- Form  [DST-1] ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("imr", None), ("imr", -1), ("imr", 4), ("imr", True), ("imr", 3.0), ("imr", "3"),
        ("event_type", None), ("event_type", -1), ("event_type", 2**32), ("event_type", False),
        ("event_type", 134217729.0), ("event_type", "134217729"),
        ("digest", "00"), ("digest", "0x" + "00" * 47), ("digest", "0" * 95), ("digest", "00" * 49),
        ("digest", 0), ("digest", " " + "00" * 47 + "0"),
        ("event", None), ("event", 1), ("event", "\ud800"), ("event", "x" * 1025),
        ("event", "ü" * 513),
        ("event_payload", None), ("event_payload", "0"), ("event_payload", "0g"),
        ("event_payload", []), ("event_payload", "00" * 65537),
        ("version", 0), ("version", 3), ("version", True), ("version", "1"), ("version", 1.0),
        ("preimage", "0"), ("preimage", 1), ("preimage", "00" * 200_000),
    ],
)  # fmt: skip
def test_a_member_of_another_form_is_malformed(member: str, value: object) -> None:
    log = [{**runtime_event("a"), member: value}]
    with pytest.raises(MalformedError) as caught:
        parse_event_log(log)
    assert (caught.value.rule, caught.value.where) == ("DST-1", f"event_log[0].{member}")


@pytest.mark.parametrize(
    "value", [None, 1, True, {}, "{}", "null", "[", "", [1], [[]], [None], ["{}"], '["{}"]', b"[]"]
)
def test_what_is_not_a_list_of_objects_is_malformed(value: Any) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_event_log(value, where="there")
    assert caught.value.rule == "DST-1"
    assert caught.value.where.startswith("there")


def test_a_member_twice_in_a_string_is_malformed() -> None:
    entry = json.dumps(runtime_event("a"))
    with pytest.raises(MalformedError):
        parse_event_log("[" + entry[:-1] + ', "imr": 2}]')


def test_the_number_of_events_is_limited() -> None:
    assert len(parse_event_log([runtime_event("a")] * 4096)) == 4096
    with pytest.raises(MalformedError) as caught:
        parse_event_log([runtime_event("a")] * 4097)
    assert caught.value.rule == "DST-1"
