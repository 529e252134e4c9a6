"""Whatever a log says, only a `VeniceError` comes out, and what passes was measured."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
from typing import Any, Dict, List, Tuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dstack_logs import (
    APP_ID,
    COMPOSE,
    COMPOSE_HASH,
    KMS_KEY,
    RUNTIME,
    app_events,
    registers,
    sample_log,
    stripped,
)
from tests.samples import NONCE, quote
from venice_ref.codec.strict import JsonObject
from venice_ref.errors import MalformedError, VeniceError
from venice_ref.evidence.dstack.app import identify_app
from venice_ref.evidence.dstack.compose import (
    document_in,
    mr_config_id_1,
    mr_config_id_2,
    mr_config_id_3,
    verify_compose,
)
from venice_ref.evidence.dstack.event_log import (
    ALL_REGISTERS,
    ONLY_RTMR3,
    parse_event_log,
    runtime_preimage,
    verify_event_log,
)
from venice_ref.evidence.dstack.manager import parse_manager_record, verify_manager_record
from venice_ref.evidence.dstack.registers import Registers, verify_info

FUZZ = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)

JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(max_size=20),
        st.sampled_from(["", "00", "00" * 48, "\ud800", 3, RUNTIME, 2, -1]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
MEMBERS = ("imr", "event_type", "digest", "event", "event_payload", "version", "preimage")
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["set", "unset", "swap", "drop", "repeat", "copy"]),
        st.integers(min_value=0, max_value=30),
        st.integers(min_value=0, max_value=30),
        st.sampled_from(MEMBERS),
        JSON,
    ),
    min_size=1,
    max_size=3,
)


def edited(log: List[Dict[str, Any]], edits: List[Any]) -> List[Dict[str, Any]]:
    """Return a log after a few changes, each at a place modulo its length."""
    log = copy.deepcopy(log)
    for kind, here, there, member, value in edits:
        if not log:
            break
        one, other = here % len(log), there % len(log)
        if kind == "set":
            log[one][member] = value
        elif kind == "unset":
            log[one].pop(member, None)
        elif kind == "swap":
            log[one], log[other] = log[other], log[one]
        elif kind == "drop":
            del log[one]
        elif kind == "repeat":
            log.insert(other, copy.deepcopy(log[one]))
        else:
            log[one][member] = log[other].get(member)
    return log


LOGS = [sample_log(1), sample_log(2)]
SENT = [*LOGS, *map(stripped, LOGS)]
ENDS = [registers(log) for log in LOGS]


def measured(log: Any) -> List[bytes]:
    events = parse_event_log(log)
    return [
        runtime_preimage(event.version, event.name, event.payload)
        for event in events
        if event.register == 3
    ]


@FUZZ
@given(st.integers(0, 3), EDITS, st.sampled_from([ALL_REGISTERS, ONLY_RTMR3]))
def test_what_passes_was_measured(number: int, edits: List[Any], scope: str) -> None:
    """SHA-384 holds: an edited log that replays has the preimages of the log that was measured."""
    log = edited(SENT[number], edits)
    try:
        verified = verify_event_log(parse_event_log(log), ENDS[number % 2], scope=scope)
    except VeniceError:
        return
    assert measured(log) == measured(LOGS[number % 2])
    assert len(verified.runtime_events) == 11
    with contextlib.suppress(VeniceError):
        assert identify_app(verified).compose_hash == COMPOSE_HASH


@FUZZ
@given(st.one_of(JSON, st.lists(JSON, max_size=3)), st.booleans())
def test_parse_event_log(value: Any, in_a_string: bool) -> None:
    with contextlib.suppress(VeniceError):
        parse_event_log(json.dumps(value) if in_a_string else value)


@FUZZ
@given(st.text(max_size=40))
def test_parse_event_log_of_text(text: str) -> None:
    with contextlib.suppress(MalformedError):
        parse_event_log(text)


@FUZZ
@given(st.sampled_from(["app-id", "key-provider", "compose-hash"]), st.binary(max_size=60))
def test_identify_app(name: str, payload: bytes) -> None:
    """A payload that was measured, and yet may be anything."""
    changes: Dict[str, Any] = {name.replace("-", "_"): payload}
    log = app_events(**changes)
    verified = verify_event_log(parse_event_log(log), registers(log))
    with contextlib.suppress(MalformedError):
        identify_app(verified)


APP = identify_app(verify_event_log(parse_event_log(app_events()), registers(app_events())))
KINDS = [
    bytes(48),
    mr_config_id_1(COMPOSE_HASH),
    mr_config_id_2(COMPOSE_HASH, APP_ID, "kms", KMS_KEY),
]


@FUZZ
@given(
    st.one_of(
        st.binary(min_size=48, max_size=48),
        st.tuples(st.sampled_from(KINDS), st.integers(0, 383)).map(
            lambda found: (int.from_bytes(found[0], "big") ^ (1 << found[1])).to_bytes(48, "big")
        ),
    ),
    st.booleans(),
)
def test_no_other_mr_config_id_passes(mr_config_id: bytes, with_log: bool) -> None:
    try:
        verify_compose(mr_config_id, app=APP if with_log else None, app_compose=COMPOSE)
    except VeniceError:
        return
    assert mr_config_id in KINDS


@FUZZ
@given(st.one_of(st.text(max_size=60), st.dictionaries(st.text(max_size=8), JSON).map(json.dumps)))
def test_documents(text: str) -> None:
    with contextlib.suppress(VeniceError):
        document_in(text)
    with contextlib.suppress(VeniceError):
        verify_compose(mr_config_id_3(text), app=APP, document=text)


TD = Registers(bytes(48), bytes(48), bytes(48), bytes(48), ENDS[0], bytes(20))
NAMES = ["mrtd", "rtmr3", "device_id", "app_id", "key_provider_info", "mr_aggregated"]


@FUZZ
@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_verify_info(info: Dict[str, Any]) -> None:
    with contextlib.suppress(VeniceError):
        verify_info(JsonObject(info), None, TD, app=APP)


ACTIONS: List[Dict[str, Any]] = [
    {"timestamp": "t", "action": "compose_up", "services": ["a"]},
    {"action": "docker_clean", "timestamp": "t"},
]
HASH = hashlib.sha256(json.dumps(ACTIONS, separators=(",", ":")).encode()).digest()
RT_MRS: Dict[str, Any] = {f"rt_mr{number}": end for number, end in enumerate(ENDS[0])}
RECORD: Dict[str, Any] = {
    "actions": ACTIONS,
    "actions_hash": HASH.hex(),
    "nonce": NONCE.hex(),
    "quote": quote(report_data=HASH + NONCE, **RT_MRS).hex(),
    "event_log": LOGS[0],
    "report_data": (HASH + NONCE).hex(),
}


@FUZZ
@given(st.sampled_from(sorted(RECORD)), JSON, EDITS)
def test_manager_records(name: str, value: Any, edits: List[Any]) -> None:
    changed: List[Dict[str, Any]] = [{name: value}, {"event_log": edited(LOGS[0], edits)}]
    for changes in changed:
        with contextlib.suppress(VeniceError):
            record = parse_manager_record(JsonObject({**RECORD, **changes}))
            verify_manager_record(record, nonce=NONCE)


@FUZZ
@given(st.lists(st.dictionaries(st.sampled_from(["action", "timestamp", "x"]), JSON), max_size=2))
def test_only_the_actions_that_were_hashed_pass(actions: Any) -> None:
    try:
        record = parse_manager_record(JsonObject({**RECORD, "actions": actions}))
        verify_manager_record(record, nonce=NONCE)
    except VeniceError:
        return
    raise AssertionError(actions)


def test_the_record_holds() -> None:
    facts = verify_manager_record(parse_manager_record(JsonObject(RECORD)), nonce=NONCE)
    found: Tuple[str, int] = (facts.order, facts.actions)
    assert found == ("served", 2)
