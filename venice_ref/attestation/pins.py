"""Pins: what runs in a trust domain, as a value that evidence is compared with.

    Pin     one measurement has one of these values
    AllOf   each of these holds
    AnyOf   at least one of these holds

so that two releases of a service are

    AnyOf((AllOf((Pin("mr_td", (a,)), Pin("rt_mr1", (b,)))),
           AllOf((Pin("mr_td", (c,)), Pin("rt_mr1", (d,))))))

An empty `AllOf` would hold of everything.  It is refused, as is an empty `AnyOf`, which would hold
of nothing  [POL-5].
"""

from __future__ import annotations

from typing import Dict, Final, Mapping, NamedTuple, Optional, Tuple, Union

from venice_ref.errors import PolicyError, UsageError

__all__ = ["PINNABLE", "AllOf", "AnyOf", "Pin", "Pins", "check_pins", "verify_pins"]

PINNABLE: Final[Dict[str, int]] = {
    # From the quote.
    "mr_td": 48,
    "rt_mr0": 48,
    "rt_mr1": 48,
    "rt_mr2": 48,
    "rt_mr3": 48,
    "mr_config_id": 48,
    "mr_owner": 48,
    "mr_owner_config": 48,
    "mr_seam": 48,
    "td_attributes": 8,
    "xfam": 8,
    # Derived from the quote, as dstack does.
    "mr_aggregated": 32,
    # From the event log, or from MRCONFIGID.
    "compose_hash": 32,
    # From the event log.
    "app_id": 20,
    "os_image_hash": 32,
    "rootfs_hash": 32,
    "mr_kms": 32,
    "mr_system": 32,
}
"""What can be pinned, and how many bytes each has."""

MAX_DEPTH: Final = 8
"""Nested `AllOf` and `AnyOf`."""

MAX_PINS: Final = 4096
"""Values altogether."""

Measured = Mapping[str, Optional[bytes]]
"""What the evidence proves, by names of `PINNABLE`; `None` where it does not say."""


class Pin(NamedTuple):
    """A measurement, and the values that it may have."""

    name: str
    """A key of `PINNABLE`."""
    values: Tuple[bytes, ...]


class AllOf(NamedTuple):
    """Holds where each of these holds."""

    pins: Tuple[Pins, ...]


class AnyOf(NamedTuple):
    """Holds where one of these holds."""

    pins: Tuple[Pins, ...]


Pins = Union[Pin, AllOf, AnyOf]


def check_pins(pins: Pins, *, where: str = "policy.measurements") -> None:
    """Refuse pins that do not say what they demand.

    Raises:
        UsageError: a name that cannot be pinned, a value of another size, nothing at all in one of
            them [POL-5], or too many.
    """
    count = _checked(pins, where, MAX_DEPTH)
    if count > MAX_PINS:
        raise UsageError(f"{count} values, at most {MAX_PINS}", rule="POL-5", where=where)


def _checked(pins: Pins, where: str, depth: int) -> int:
    """Return how many values there are."""
    if isinstance(pins, (AllOf, AnyOf)):
        _check_sequence(pins.pins, where)
        if not pins.pins or depth == 0:
            problem = "an empty list" if depth else f"nested deeper than {MAX_DEPTH}"
            raise UsageError(problem, rule="POL-5", where=where)
        name = "all_of" if isinstance(pins, AllOf) else "any_of"
        return sum(
            _checked(inner, f"{where}.{name}[{index}]", depth - 1)
            for index, inner in enumerate(pins.pins)
        )
    known = isinstance(pins, Pin) and isinstance(pins.name, str) and pins.name in PINNABLE
    if not known:
        found = repr(pins.name) if isinstance(pins, Pin) else type(pins).__name__
        raise UsageError(
            f"{found} cannot be pinned, known: {', '.join(PINNABLE)}", rule="POL-5", where=where
        )
    size = PINNABLE[pins.name]
    _check_sequence(pins.values, f"{where}.{pins.name}")
    if not pins.values:
        raise UsageError("no value", rule="POL-5", where=f"{where}.{pins.name}")
    for value in pins.values:
        if not isinstance(value, bytes) or len(value) != size:
            raise UsageError(f"not {size} bytes", rule="POL-5", where=f"{where}.{pins.name}")
    return len(pins.values)


def _check_sequence(values: object, where: str) -> None:
    """Refuse what can be read only once: this check would leave nothing for the comparison."""
    if not isinstance(values, (tuple, list)):
        raise UsageError(f"not a tuple: {type(values).__name__}", rule="POL-5", where=where)


def verify_pins(pins: Pins, measured: Measured) -> None:
    """Return if what was measured is what is pinned.

    Raises:
        PolicyError: it is not; the message names what differs, of the alternative that differs
            least [POL-9].
    """
    differing = _differing(pins, measured)
    if not differing:
        return
    first = measured.get(differing[0])
    found = "not proven by this evidence" if first is None else first.hex()
    more = f" (and {', '.join(differing[1:])})" if differing[1:] else ""
    raise PolicyError(
        f"{differing[0]} is {found}, which is not pinned{more}",
        rule="POL-9",
        where=f"policy.measurements.{differing[0]}",
    )


def _differing(pins: Pins, measured: Measured) -> Tuple[str, ...]:
    """Return the names of the measurements that are not as pinned; nothing where all holds."""
    if isinstance(pins, Pin):
        return () if measured.get(pins.name) in pins.values else (pins.name,)
    found = [_differing(inner, measured) for inner in pins.pins]
    if isinstance(pins, AnyOf):
        return min(found, key=len)
    return tuple(dict.fromkeys(name for names in found for name in names))
