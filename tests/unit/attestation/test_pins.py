from __future__ import annotations

from typing import Any, Dict, Optional

import pytest

from venice_ref.attestation.pins import (
    MAX_DEPTH,
    MAX_PINS,
    AllOf,
    AnyOf,
    Pin,
    Pins,
    check_pins,
    verify_pins,
)
from venice_ref.errors import PolicyError, UsageError

A, B = b"\xaa" * 48, b"\xbb" * 48
TD, RT = Pin("mr_td", (A,)), Pin("rt_mr1", (A, B))
MEASURED: Dict[str, Optional[bytes]] = {"mr_td": A, "rt_mr1": B, "compose_hash": None}

HOLDS = [
    TD,
    RT,
    AllOf((TD,)),
    AllOf((TD, RT)),
    AnyOf((Pin("mr_td", (B,)), TD)),
    AnyOf((AllOf((Pin("mr_td", (B,)), RT)), AllOf((TD, RT)))),
    AllOf((AnyOf((TD, RT)), RT)),
]

DIFFERS = [
    (Pin("mr_td", (B,)), "mr_td", ""),
    (AllOf((TD, Pin("rt_mr1", (A,)))), "rt_mr1", ""),
    (AllOf((Pin("mr_td", (B,)), Pin("rt_mr1", (A,)))), "mr_td", "(and rt_mr1)"),
    # The alternative that differs least is the one that is spoken of.
    (AnyOf((AllOf((Pin("mr_td", (B,)), Pin("rt_mr1", (A,)))), Pin("rt_mr1", (A,)))), "rt_mr1", ""),
    (Pin("compose_hash", (bytes(32),)), "compose_hash", "not proven"),
    (Pin("rt_mr0", (A,)), "rt_mr0", "not proven"),
]


@pytest.mark.parametrize("pins", HOLDS)
def test_what_holds(pins: Pins) -> None:
    check_pins(pins)
    verify_pins(pins, MEASURED)


@pytest.mark.parametrize(("pins", "name", "text"), DIFFERS)
def test_what_does_not(pins: Pins, name: str, text: str) -> None:  # POL-9
    check_pins(pins)
    with pytest.raises(PolicyError) as caught:
        verify_pins(pins, MEASURED)
    assert caught.value.where == f"policy.measurements.{name}"
    assert caught.value.rule == "POL-9"
    assert text in caught.value.message


def nested(depth: int) -> Pins:
    pins: Pins = TD
    for _ in range(depth):
        pins = AllOf((pins,))
    return pins


@pytest.mark.parametrize(
    ("pins", "where"),
    [
        (AllOf(()), "policy.measurements"),
        (AnyOf(()), "policy.measurements"),
        (AllOf((TD, AnyOf(()))), "policy.measurements.all_of[1]"),
        (AnyOf((TD, AllOf((TD, Pin("mr_td", ()))))), "policy.measurements.any_of[1].all_of[1]"),
        (Pin("mr_td", ()), "policy.measurements.mr_td"),
        (Pin("mr_td", (A, A[1:])), "policy.measurements.mr_td"),
        (Pin("mr_td", ("aa" * 48,)), "policy.measurements.mr_td"),  # type: ignore[arg-type] # the mistake under test
        (Pin("mrtd", (A,)), "policy.measurements"),
        (Pin("report_data", (bytes(64),)), "policy.measurements"),
        (nested(MAX_DEPTH + 1), "policy.measurements"),
        (Pin("mr_td", (A,) * (MAX_PINS + 1)), "policy.measurements"),
    ],
)
def test_pins_that_say_nothing_or_too_much(pins: Pins, where: str) -> None:  # POL-5
    with pytest.raises(UsageError) as caught:
        check_pins(pins)
    assert caught.value.rule == "POL-5"
    assert caught.value.where.startswith(where)


@pytest.mark.parametrize(
    "pins",
    [
        AllOf(pin for pin in (TD,)),  # type: ignore[arg-type] # read once, and then it is empty
        AnyOf(pin for pin in (TD,)),  # type: ignore[arg-type] # likewise
        Pin("mr_td", (value for value in (A,))),  # type: ignore[arg-type] # likewise
        Pin(["mr_td"], (A,)),  # type: ignore[arg-type] # no text
    ],
)
def test_what_can_be_read_only_once_pins_nothing(pins: Pins) -> None:  # POL-5
    with pytest.raises(UsageError) as caught:
        check_pins(pins)
    assert caught.value.rule == "POL-5"


def test_the_greatest_depth() -> None:
    check_pins(nested(MAX_DEPTH))


@pytest.mark.parametrize("pins", [None, {}, ("mr_td", (A,)), "mr_td"])
def test_what_is_no_pin(pins: Any) -> None:
    with pytest.raises(UsageError):
        check_pins(pins)
