"""A policy as a file: JSON with the members of `Policy`, by the same names.

    { "format": "venice-ref-policy-1", "assurance": "measured", "gpu": "signed",
      "tcb_statuses": ["UpToDate"], "rejected_advisories": ["INTEL-SA-00837"],
      "measurements": { "any_of": [ { "mr_td": hex, "compose_hash": [hex, hex] }, ... ] },
      "gpu_fleet": { "gpu_count": 8, "driver_versions": ["570.172.08"] } }

A member that is absent has its default, and one that is not known is refused: it could be a demand.
`docs/guides/policy.md` describes each.  The file is the caller's, so that whatever is wrong in it
is a `UsageError`.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Final, FrozenSet, List, Mapping, Tuple

from venice_ref.attestation.pins import MAX_DEPTH, PINNABLE, AllOf, AnyOf, Pin, Pins
from venice_ref.attestation.policy import FleetPolicy, Policy, check_values
from venice_ref.codec.strict import JsonObject, decode_hex, excerpt, parse_json_object
from venice_ref.errors import MalformedError, UsageError

__all__ = ["FORMAT", "MAX_POLICY_SIZE", "parse_policy"]

FORMAT: Final = "venice-ref-policy-1"

MAX_POLICY_SIZE: Final = 1024 * 1024
"""Bytes of a policy file."""

_Reader = Callable[[JsonObject, str], Any]


def parse_policy(raw: bytes) -> Policy:
    """Return the policy of a file of at most 1048576 bytes.

    Each value is checked by itself.  Whether the levels judge all of it is for `check_policy`, when
    it is used: a caller may replace the levels first.

    Spec: POL-5, POL-10.

    Raises:
        UsageError: not such a file; `where` is the path of the member.
    """
    try:
        policy = _parse(raw)
    except MalformedError as error:
        raise UsageError(
            error.message, rule=error.rule, where=error.where, hint="see docs/guides/policy.md"
        ) from None
    check_values(policy)
    return policy


def _parse(raw: bytes) -> Policy:
    top = parse_json_object(raw, max_size=MAX_POLICY_SIZE, where="policy", rule="POL-10")
    if top.text("format") != FORMAT:
        raise MalformedError(
            f"the format is {excerpt(top.get('format'))}, required {FORMAT}",
            rule="POL-10",
            where="policy.format",
        )
    return Policy(**_members(top, _MEMBERS, ("format",)))


def _members(
    node: JsonObject, readers: Mapping[str, _Reader], passed_over: Tuple[str, ...] = ()
) -> Dict[str, Any]:
    """Return the members that are there, each read by its reader."""
    found: Dict[str, Any] = {}
    for name in node.members:
        if name in readers:
            found[name] = readers[name](node, name)
        elif name not in passed_over:
            raise MalformedError(
                f"an unknown member {excerpt(name)}, known: {', '.join(readers)}",
                rule="POL-10",
                where=node.where,
            )
    return found


def _required(node: JsonObject, name: str, value: Any, kind: str) -> Any:
    """Return a member that is there; null is no value."""
    if value is None:
        raise MalformedError(f"null, required {kind}", rule="POL-10", where=node.path(name))
    return value


def _text(node: JsonObject, name: str) -> Any:
    return _required(node, name, node.text(name), "a string")


def _flag(node: JsonObject, name: str) -> Any:
    return _required(node, name, node.flag(name), "true or false")


def _integer(node: JsonObject, name: str) -> Any:
    return _required(node, name, node.integer(name), "an integer")


def _texts(node: JsonObject, name: str) -> FrozenSet[str]:
    """Return an array of different strings; an empty one would demand nothing."""
    items: List[Any] = _required(node, name, node.items(name), "an array of strings")
    texts = {item for item in items if isinstance(item, str)}
    if not items or len(texts) != len(items):
        raise MalformedError(
            "not an array of at least one string, each once", rule="POL-10", where=node.path(name)
        )
    return frozenset(texts)


def _fleet(node: JsonObject, name: str) -> FleetPolicy:
    child: JsonObject = _required(node, name, node.child(name), "an object")
    return FleetPolicy(**_members(child, _FLEET_MEMBERS))


# --- Measurements -------------------------------------------------------------------------------


def _measurements(node: JsonObject, name: str) -> Pins:
    child: JsonObject = _required(node, name, node.child(name), "an object")
    return _pins(child, MAX_DEPTH)


def _pins(node: JsonObject, depth: int) -> Pins:
    """Return {"all_of": [..]}, {"any_of": [..]}, or names with their values, which are all of them.

    The depth is limited here as well, because pins are made before they can be checked.
    """
    for name, kind in (("all_of", AllOf), ("any_of", AnyOf)):
        if name in node.members:
            if len(node.members) != 1 or depth == 0:
                raise MalformedError(
                    f"{name} stands beside others, or is nested deeper than {MAX_DEPTH}",
                    rule="POL-5",
                    where=node.where,
                )
            return kind(tuple(_pins(inner, depth - 1) for inner in _objects(node, name)))
    pins = tuple(_pin(node, name) for name in node.members)
    return pins[0] if len(pins) == 1 else AllOf(pins)


def _objects(node: JsonObject, name: str) -> List[JsonObject]:
    items: List[Any] = _required(node, name, node.items(name), "an array")
    where = node.path(name)
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise MalformedError("not an object", rule="POL-5", where=f"{where}[{index}]")
    return [
        JsonObject(item, where=f"{where}[{index}]", rule=node.rule)
        for index, item in enumerate(items)
    ]


def _pin(node: JsonObject, name: str) -> Pin:
    where = node.path(name)
    if name not in PINNABLE:
        raise MalformedError(
            f"{excerpt(name)} cannot be pinned, known: {', '.join(PINNABLE)}",
            rule="POL-5",
            where=node.where,
        )
    value = node.get(name)
    values = value if isinstance(value, list) else [value]
    for item in values:
        if not isinstance(item, str):
            raise MalformedError("not hexadecimal in strings", rule="POL-5", where=where)
    size = PINNABLE[name]
    return Pin(
        name,
        tuple(decode_hex(str(item), size=size, where=where, rule="POL-5") for item in values),
    )


_MEMBERS: Final[Dict[str, _Reader]] = {
    "assurance": _text,
    "gpu": _text,
    "nonce_binding": _text,
    "tcb_statuses": _texts,
    "rejected_advisories": _texts,
    "min_tcb_evaluation_number": _integer,
    "allow_service_td": _flag,
    "measurements": _measurements,
    "gpu_fleet": _fleet,
}
"""The members of `Policy`."""

_FLEET_MEMBERS: Final[Dict[str, _Reader]] = {
    "gpu_count": _integer,
    "driver_versions": _texts,
    "vbios_versions": _texts,
    "modes": _texts,
}
"""Those of `FleetPolicy`."""
