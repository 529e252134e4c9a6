from __future__ import annotations

from typing import Set

import pytest

from conformance.mock_tee.faults import SCENARIOS
from conformance.requirements import requirements_by_id
from conformance.scenarios.attack import (
    CONTROLS,
    ENDURE,
    EXPECTATIONS,
    FEATURES,
    PREFIX,
    REFUSE,
    attack_rows,
)
from conformance.scenarios.catalogue import ATTACKS, UNNOTICEABLE, attack_by_id
from conformance.selftest.weaknesses import WEAKNESSES

KNOWN = requirements_by_id()


def test_ids_are_unique() -> None:
    assert len({attack.id for attack in ATTACKS}) == len(ATTACKS) > 120


def test_every_behaviour_of_the_mock_is_an_attack_or_unnoticeable() -> None:
    served: Set[str] = {attack.serves for attack in ATTACKS}
    assert served | set(UNNOTICEABLE) == set(SCENARIOS)
    assert not served & set(UNNOTICEABLE)
    for name in UNNOTICEABLE:
        assert SCENARIOS[name].requirement == ""


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_a_row_is_whole(attack: object) -> None:
    row = attack_by_id(getattr(attack, "id"))  # noqa: B009  the parameter is an object for mypy
    assert row.expects in EXPECTATIONS
    assert row.needs <= set(FEATURES)
    assert set(row.req) <= set(KNOWN)
    for text in (row.why, row.impact, row.hint):
        assert text[0].isupper() or not text.split()[0].isalpha()  # a name of the protocol
        assert text.endswith(".")
    assert SCENARIOS[row.serves].requirement in {*row.req, ""} or not row.negative
    assert (row.max_chats == 0) == (row.expects == REFUSE)
    assert row.negative <= bool(row.reasons)
    for reason in row.reasons:
        stage, _, word = reason.partition(":")
        assert any((one.stage, one.refusal) == (stage, word) for one in KNOWN.values()), reason


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.id)
def test_the_control_is_honest_and_needs_the_same(attack: object) -> None:
    row = attack_by_id(getattr(attack, "id"))  # noqa: B009  see above
    if row.id in CONTROLS.values():
        assert row.control == ""
        assert (row.serves, row.expects) == ("honest", ENDURE)
        return
    control = attack_by_id(row.control)
    assert control.control == ""
    assert control.needs == row.needs


def test_a_name_that_is_nearly_right_is_helped() -> None:
    assert attack_by_id("chat-cut") is attack_by_id("scenario/chat-cut")
    with pytest.raises(KeyError, match="scenario/chat-cut"):
        attack_by_id("chat-cutt")


def test_the_reason_of_a_refusal_follows_from_the_requirements() -> None:
    common = {"why": "A.", "impact": "B.", "hint": "C."}
    (row,) = attack_rows(({"name": "chat-cut", "req": "STR-1 NET-4", "also": ("a:b",), **common},))
    assert row.reasons == {"stream:incomplete", "a:b"}
    assert row.keyword == "MUST"


def test_weaknesses_name_attacks_that_exist() -> None:
    assert len({weakness.name for weakness in WEAKNESSES}) == len(WEAKNESSES) >= 40
    for weakness in WEAKNESSES:
        assert weakness.caught
        for name in weakness.caught:
            attack_by_id(name)


def test_every_attack_has_a_client_that_it_catches() -> None:
    """What is not in the table: honest ones, which catch who refuses, and one that needs time."""
    caught = {name for weakness in WEAKNESSES for name in weakness.caught}
    rest = {attack.id for attack in ATTACKS if attack.negative} - {PREFIX + name for name in caught}
    assert rest == {"scenario/attestation-slow"}
