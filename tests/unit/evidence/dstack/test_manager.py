from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Dict, List, Tuple

import pytest

from tests.dstack_logs import APP_ID, Entry, registers, sample_log, stripped
from tests.samples import NONCE, quote
from tests.unit.evidence.dstack.real import venice
from venice_ref.codec.strict import JsonObject
from venice_ref.errors import EvidenceError, MalformedError, UsageError, VeniceError
from venice_ref.evidence.dstack.manager import (
    ManagerFacts,
    actions_texts,
    parse_manager_record,
    verify_manager_record,
)
from venice_ref.evidence.dstack.registers import registers_of

WHERE = "compose_manager_attestation"

Members = Dict[str, Any]

ACTIONS: List[Members] = [
    {
        "tag": "v1",
        "action": "compose_up",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "services": ["ü"],
    },
    {"action": "docker_clean", "timestamp": "2026-01-02T00:00:00+00:00"},
]
FIXED = (
    '[{"timestamp":"2026-01-01T00:00:00+00:00","action":"compose_up","tag":"v1","services":["ü"]},'
    '{"timestamp":"2026-01-02T00:00:00+00:00","action":"docker_clean"}]'
)
SERVED = (
    '[{"tag":"v1","action":"compose_up","timestamp":"2026-01-01T00:00:00+00:00","services":["ü"]},'
    '{"action":"docker_clean","timestamp":"2026-01-02T00:00:00+00:00"}]'
)
SORTED = (
    '[{"action":"compose_up","services":["ü"],"tag":"v1","timestamp":"2026-01-01T00:00:00+00:00"},'
    '{"action":"docker_clean","timestamp":"2026-01-02T00:00:00+00:00"}]'
)


def manager_quote(log: List[Entry], report_data: bytes, **fields: bytes) -> str:
    ends: Dict[str, Any] = {f"rt_mr{n}": value for n, value in enumerate(registers(log))}
    return quote(report_data=report_data, **{**ends, **fields}).hex()


def record(hashed: str = FIXED, **changes: Any) -> Members:
    """Return a record whose hash is that of a text; `changes` replace members, `None` removes."""
    digest = hashlib.sha256(hashed.encode()).digest()
    log = sample_log()
    members: Members = {
        "actions": ACTIONS,
        "actions_hash": digest.hex(),
        "nonce": NONCE.hex(),
        "quote": manager_quote(log, digest + NONCE),
        "event_log": json.dumps(log),
        "report_data": (digest + NONCE).hex(),
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def verified(members: Members, **keywords: Any) -> ManagerFacts:
    parsed = parse_manager_record(JsonObject(members, where=WHERE))
    return verify_manager_record(parsed, **{"nonce": NONCE, **keywords})


def refusal(members: Members, kind: type = EvidenceError, **keywords: Any) -> Tuple[str, str]:
    with pytest.raises(VeniceError) as caught:
        verified(members, **keywords)
    assert type(caught.value) is kind
    return caught.value.rule, caught.value.where


def test_the_captured_record_holds_against_its_quote() -> None:  # DST-18
    answer, _, td, nonce = venice()
    node = answer.members.child(WHERE)
    assert node is not None
    parsed = parse_manager_record(node)
    facts = verify_manager_record(parsed, nonce=nonce, td=td)
    assert (facts.order, facts.actions, facts.same_td) == ("fixed", 26, True)
    assert facts.app.compose_hash == td.mr_config_id[1:33]
    assert parsed.quote.signed_bytes != b""  # for the caller to verify
    with pytest.raises(EvidenceError) as caught:
        verify_manager_record(parsed, nonce=bytes(32))
    assert caught.value.rule == "DST-16"
    actions = [dict(action) for action in parsed.actions]
    actions[7]["file_sha256"] = "00" * 32
    with pytest.raises(EvidenceError) as caught:
        verify_manager_record(parsed._replace(actions=tuple(actions)), nonce=nonce)
    assert caught.value.rule == "DST-17"


# --- The hash over the actions  [DST-17] --------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "order"), [(FIXED, "fixed"), (SERVED, "served"), (SORTED, "sorted")]
)
def test_the_three_orders(text: str, order: str) -> None:
    facts = verified(record(text))
    assert (facts.order, facts.actions) == (order, 2)
    assert facts.actions_hash == hashlib.sha256(text.encode()).digest()


def test_the_texts_are_what_the_manager_writes() -> None:
    texts = dict(actions_texts(tuple(ACTIONS)))
    assert [text.decode() for text in texts.values()] == [FIXED, SERVED, SORTED]
    # The vector is another implementation's test of the order `sorted`.
    one: Members = {"timestamp": "2026-01-01T00:00:00+00:00", "action": "compose_up", "tag": "v1"}
    text = dict(actions_texts((one,)))["sorted"]
    expected = "381eb48dc299dafbbcd49c1a009998240f641865f35e435d2f07385c6e6b2a23"
    assert hashlib.sha256(text).hexdigest() == expected


def test_an_action_with_an_unknown_member_has_no_fixed_order() -> None:
    actions: Tuple[Members, ...] = ({**ACTIONS[1], "image": "x"},)
    assert [order for order, _ in actions_texts(actions)] == ["served", "sorted"]
    text = json.dumps(list(actions), separators=(",", ":"))
    assert verified(record(text, actions=list(actions))).order == "served"


def test_no_actions_have_a_hash_as_well() -> None:
    assert verified(record("[]", actions=[])).order == "fixed"


@pytest.mark.parametrize("text", ["", "[]", FIXED + "\n", FIXED.replace("v1", "v2")])
def test_another_hash_is_refused(text: str) -> None:
    assert refusal(record(text)) == ("DST-17", f"{WHERE}.actions")


def test_actions_without_one_text_are_malformed() -> None:
    for value in (1.5, 2**64, "\ud800"):
        actions = [{"action": value}]
        assert refusal(record(actions=actions), MalformedError)[0] == "DST-17"
    nested: Any = "x"
    for _ in range(40):
        nested = [nested]
    assert refusal(record(actions=[{"action": nested}]), MalformedError)[0] == "DST-17"


# --- REPORTDATA  [DST-16] -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"actions_hash": "00" * 32}, "quote.report_data"),
        ({"quote": manager_quote(sample_log(), bytes(64))}, "quote.report_data"),
        ({"report_data": "00" * 64}, "report_data"),
        ({"nonce": "00" * 32}, "nonce"),
    ],
)
def test_report_data_is_hash_and_nonce(changes: Members, name: str) -> None:  # DST-20
    rule = "DST-16" if name == "quote.report_data" else "DST-20"
    assert refusal(record(**changes)) == (rule, f"{WHERE}.{name}")


def test_the_nonce_is_the_clients() -> None:
    assert refusal(record(), nonce=bytes(32)) == ("DST-16", f"{WHERE}.quote.report_data")
    with pytest.raises(UsageError):
        verified(record(), nonce=b"")
    assert verified(record(nonce=None, report_data=None)).order == "fixed"


# --- Log and TD ---------------------------------------------------------------------------------


def test_the_log_is_held_against_the_records_own_quote() -> None:
    assert verified(record(event_log=sample_log())).app.app_id == APP_ID
    assert verified(record(event_log=stripped(sample_log()))).app.app_id == APP_ID
    log = sample_log()[:-1]
    assert refusal(record(event_log=log)) == ("DST-6", f"{WHERE}.event_log.rtmr3")
    log = sample_log()
    log[9]["event_payload"] = "00" * 20
    assert refusal(record(event_log=log)) == ("DST-4", f"{WHERE}.event_log[9].digest")
    digest = hashlib.sha256(FIXED.encode()).digest()
    boot_only = sample_log()[:8]
    changes: Members = {"event_log": boot_only, "quote": manager_quote(boot_only, digest + NONCE)}
    assert refusal(record(**changes)) == ("DST-8", f"{WHERE}.event_log.app-id")


def test_the_quote_comes_from_the_models_td() -> None:  # DST-19
    facts = verified(record())
    assert not facts.same_td
    assert verified(record(), td=facts.registers).same_td
    other = facts.registers
    for td in (
        other._replace(mr_td=bytes(48)),
        other._replace(mr_config_id=b"\x01" * 48),
        other._replace(rtmrs=(*other.rtmrs[:3], bytes(48))),
    ):
        assert refusal(record(), td=td) == ("DST-19", WHERE)


def test_the_quote_is_that_of_a_td() -> None:
    digest = hashlib.sha256(FIXED.encode()).digest()
    sgx = quote(3, "sgx", report_data=digest + NONCE).hex()
    assert refusal(record(quote=sgx))[0] == "QUO-4"
    parsed = parse_manager_record(JsonObject(record()))
    assert registers_of(parsed.quote).rtmrs == registers(sample_log())


# --- Form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("actions", None), ("actions", {}), ("actions", "[]"), ("actions", [1]),
        ("actions", [{}] * 10_001),
        ("actions_hash", None), ("actions_hash", "00"), ("actions_hash", 1),
        ("quote", None), ("quote", ""), ("quote", "00"), ("quote", 1),
        ("event_log", None), ("event_log", "x"), ("event_log", [{}]),
        ("nonce", "00" * 31), ("nonce", 1), ("report_data", "00" * 63),
    ],
)  # fmt: skip
def test_a_member_of_another_form_is_malformed(name: str, value: Any) -> None:
    _, where = refusal(record(**{name: value}), MalformedError)
    assert where.startswith((f"{WHERE}.{name}", "quote"))


CHANGES: List[Callable[[Members], object]] = [
    lambda members: members["actions"].reverse(),
    lambda members: members["actions"].pop(),
    lambda members: members["actions"].append({}),
    lambda members: members["actions"][0].update(tag="v2"),
    lambda members: members["actions"][0].update(services="ü"),
    lambda members: members["actions"][0].pop("services"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_an_action_is_found(change: Callable[[Members], object]) -> None:
    members: Members = json.loads(json.dumps(record()))
    change(members)
    assert refusal(members) == ("DST-17", f"{WHERE}.actions")
