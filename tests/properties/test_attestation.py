"""Whatever stands in a policy, a bundle or an endorsement: our errors only, and whole reports."""

from __future__ import annotations

import functools
import json
from typing import Any, Dict, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attested import Scene
from tests.intel import MEMO
from tests.properties.test_evidence import FUZZ, JSON, mutations, only_our_errors, places
from tests.samples import MODEL, NONCE, NOW, encode, report_of
from venice_ref.attestation.bundle import Bundle, encode_bundle, parse_bundle
from venice_ref.attestation.checks import CHECKS
from venice_ref.attestation.endorsements import Endorsements, TrustRoots
from venice_ref.attestation.pins import PINNABLE, AllOf, AnyOf, Pin, Pins, check_pins, verify_pins
from venice_ref.attestation.policy import Policy
from venice_ref.attestation.policy_file import parse_policy
from venice_ref.attestation.verify import verify_attestation
from venice_ref.errors import PeerError, PolicyError, UsageError

POLICY = {
    "format": "venice-ref-policy-1",
    "assurance": "measured",
    "gpu": "signed",
    "tcb_statuses": ["UpToDate"],
    "rejected_advisories": ["INTEL-SA-00837"],
    "min_tcb_evaluation_number": 17,
    "allow_service_td": False,
    "measurements": {"any_of": [{"mr_td": "aa" * 48}, {"all_of": [{"app_id": ["bb" * 20]}]}]},
    "gpu_fleet": {"gpu_count": 8, "modes": ["PPCIE"]},
}


# --- Policies -------------------------------------------------------------------------------------


@FUZZ
@given(mutations([json.dumps(POLICY).encode()]))
def test_parse_policy(raw: bytes) -> None:
    only_our_errors(parse_policy, raw)


@FUZZ
@given(st.sampled_from(sorted(POLICY)), JSON)
def test_parse_policy_with_a_member_replaced(name: str, value: Any) -> None:
    only_our_errors(parse_policy, json.dumps({**POLICY, name: value}).encode())


MEASURED = {"mr_td": b"\xaa" * 48, "app_id": None, "td_attributes": bytes(8)}
PINS: st.SearchStrategy[Pins] = st.recursive(
    st.builds(
        lambda name, bytes_: Pin(name, tuple(bytes([b]) * PINNABLE[name] for b in bytes_)),
        st.sampled_from(sorted(MEASURED)),
        st.lists(st.sampled_from([0, 0xAA, 0xBB]), max_size=2),
    ),
    lambda inner: st.one_of(
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def holds(pins: Pins) -> bool:
    """Say by another way whether pins hold."""
    if isinstance(pins, AllOf):
        return all(map(holds, pins.pins))
    if isinstance(pins, AnyOf):
        return any(map(holds, pins.pins))
    return MEASURED[pins.name] in pins.values


@FUZZ
@given(PINS)
def test_pins_are_what_all_and_any_are(pins: Pins) -> None:
    try:
        check_pins(pins)
    except UsageError:
        return  # something in them is empty
    try:
        verify_pins(pins, MEASURED)
    except PolicyError:
        assert not holds(pins)
    else:
        assert holds(pins)


# --- Bundles --------------------------------------------------------------------------------------

TEXT = st.text(max_size=20)
BUNDLES = st.builds(
    Bundle,
    model=TEXT,
    nonce=st.just(NONCE),
    captured_at=st.just(NOW),
    attestation=TEXT,
    collateral=st.none() | TEXT,
    nras=st.none() | TEXT,
    jwks=st.none() | TEXT,
    rims=st.lists(TEXT, max_size=3).map(tuple),
)


@FUZZ
@given(BUNDLES)
def test_a_bundle_is_what_was_put_in(bundle: Bundle) -> None:
    try:
        raw = encode_bundle(bundle)
    except UsageError:
        return  # a surrogate
    assert parse_bundle(raw) == bundle
    assert bundle.with_endorsements(bundle.endorsements) == bundle


@FUZZ
@given(mutations([encode_bundle(Bundle(MODEL, NONCE, NOW, "{}", "{}", "[]", "{}", ("<a/>",)))]))
def test_parse_bundle(raw: bytes) -> None:
    only_our_errors(parse_bundle, raw)


# --- Endorsements and evidence --------------------------------------------------------------------

WHOLE = Policy("measured", "measured", measurements=Pin("mr_td", (b"\x3d" * 48,)))


@functools.lru_cache(maxsize=1)
def scene() -> Tuple[bytes, Endorsements, TrustRoots]:
    found = Scene()
    found.add_manager()
    return found.raw, found.endorsements, found.roots


def reported(raw: bytes, endorsements: Endorsements) -> str:
    """Verify at the highest levels; whatever fails must leave a whole printable report."""
    _, _, roots = scene()
    message = ""
    try:
        report = verify_attestation(
            raw, nonce=NONCE, model=MODEL, policy=WHOLE, now=NOW, endorsements=endorsements,
            roots=roots, memo=MEMO,
        ).report  # fmt: skip
    except PeerError as error:
        report, message = report_of(error), error.message
    assert [check.id for check in report.checks] == [rule.id for rule in CHECKS]
    shown = message + json.dumps(report.to_json(), ensure_ascii=False)
    assert shown.isascii()
    assert shown.isprintable()
    return report.verdict


def test_the_unchanged_scene_passes() -> None:
    raw, given_, _ = scene()
    assert reported(raw, given_) == "pass"


DEEP = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", ["collateral", "nras", "jwks"])
@DEEP
@given(st.data())
def test_mutated_endorsements(name: str, data: st.DataObject) -> None:
    raw, given_, _ = scene()
    original: bytes = getattr(given_, name)
    replaced: Dict[str, Any] = {name: data.draw(mutations([original]))}
    reported(raw, given_._replace(**replaced))


@DEEP
@given(st.data())
def test_mutated_manifests(data: st.DataObject) -> None:
    raw, given_, _ = scene()
    rims: List[bytes] = list(given_.rims)
    rims[0] = data.draw(mutations([rims[0]]))
    reported(raw, given_._replace(rims=tuple(rims)))


@DEEP
@given(st.data())
def test_mutated_answers(data: st.DataObject) -> None:
    raw, given_, _ = scene()
    reported(data.draw(mutations([raw])), given_)


@settings(DEEP, max_examples=150)
@given(st.data(), JSON, st.booleans())
def test_answers_with_a_member_replaced(data: st.DataObject, value: Any, in_a_string: bool) -> None:
    raw, given_, _ = scene()
    answer = json.loads(raw)
    for name in ("nvidia_payload", "compose_manager_attestation.event_log"):
        *parents, last = name.split(".")
        node = functools.reduce(lambda inner, parent: inner[parent], parents, answer)
        node[last] = json.loads(node[last])
    lists: List[Dict[str, Any]] = [
        answer,
        *answer["event_log"][-12:],
        *answer["nvidia_payload"]["evidence_list"],
        *answer["compose_manager_attestation"]["actions"],
    ]
    node = data.draw(st.sampled_from(lists))
    *parents, last = data.draw(st.sampled_from(places(node))).split(".")
    for name in parents:
        node = node[name]
    node[last] = json.dumps(value) if in_a_string else value
    reported(encode(answer), given_)
