"""The dstack event log: parsed strictly, and replayed by recomputation.

A TD has four runtime registers that software can only extend, and the quote signs where they ended.
The log is the list of what they were extended with:

    register = 48 zero bytes;  for each of its events:  register = SHA-384(register || digest)

*Register 3* is the guest system's own.  Its digests are recomputed here from name and payload, in
the version that the event names, and a digest that came along is compared and otherwise not used:

    version 1   SHA-384(0x08000001 (4, little-endian) || ":" || name || ":" || payload)
    version 2   SHA-384({"name":name,"payload":hexadecimal,"type":134217729}), canonical JSON

A verifier that replays the given digests accepts any payload beside the right digest.

*Registers 0 to 2* are extended by firmware and kernel in formats of their own.  There the digest is
what is proven, with its register and its place among the events of that register; type, name and
payload of a boot event are not, and no check may rely on them.

Three things in a log are not proven at all: how the events of different registers are interleaved,
whether a digest of register 3 was sent or stripped, and, in version 1, at which colon the name of
an event ends, since `a`, `b:c` and `a:b`, `c` have one digest.  `app.identify_app` refuses the last
where it looks names up  [DST-10].

Source: dstack, cc-eventlog (`TdxEvent`, `RuntimeEvent`).
"""

from __future__ import annotations

import hashlib
from typing import Final, List, Mapping, NamedTuple, Sequence, Tuple, Union

from venice_ref.codec.jcs import encode_jcs
from venice_ref.codec.strict import JsonObject, decode_hex, parse_json
from venice_ref.errors import EvidenceError, MalformedError, UsageError
from venice_ref.model import Json
from venice_ref.spec import (
    MAX_ATTESTATION_SIZE,
    MAX_EVENT_NAME_SIZE,
    MAX_EVENT_PAYLOAD_SIZE,
    MAX_EVENTS,
)

__all__ = [
    "ALL_REGISTERS",
    "DIGEST_SIZE",
    "ONLY_RTMR3",
    "REGISTERS",
    "RUNTIME_EVENT_TYPE",
    "RUNTIME_REGISTER",
    "Event",
    "VerifiedEventLog",
    "parse_event_log",
    "replay",
    "runtime_digest",
    "runtime_preimage",
    "verify_event_log",
]

REGISTERS: Final = 4
DIGEST_SIZE: Final = 48
"""Bytes of a SHA-384 digest, and so of a register."""

RUNTIME_REGISTER: Final = 3
RUNTIME_EVENT_TYPE: Final = 0x08000001
"""(= 134217729) the type of every event of register 3, and of no other  [DST-3]."""

VERSIONS: Final = (1, 2)

_MAX_PREIMAGE_SIZE: Final = 2 * MAX_EVENT_PAYLOAD_SIZE + 8 * MAX_EVENT_NAME_SIZE
"""Bytes of a preimage: of version 2, the payload in hexadecimal and the name with escapes."""

ALL_REGISTERS: Final = "all"
"""The scope in which all four registers replay."""

ONLY_RTMR3: Final = "rtmr3"
"""The scope for a log whose boot events were dropped: registers 0 to 2 stay unproven."""


class Event(NamedTuple):
    """One entry of a log, of the right form and not yet believed."""

    register: int
    """0 to 3; `imr` in the log."""
    type: int
    name: str
    """`event` in the log; mostly empty for boot events."""
    payload: bytes
    digest: bytes
    """As it was given, 48 bytes; empty where the sender left it out."""
    version: int
    """1 or 2: how the digest of a runtime event is made."""
    preimage: bytes
    """What the sender says was hashed; empty where it does not say."""


class VerifiedEventLog(NamedTuple):
    """A log that ends in the registers of a quote, and what that proves."""

    scope: str
    """`all`, or `rtmr3` where the caller asked for no more."""
    boot_events: Tuple[Event, ...]
    """Of registers 0 to 2; digest and order are proven, type, name and payload are not.  Empty in
    the scope `rtmr3`, where nothing of them is proven."""
    runtime_events: Tuple[Event, ...]
    """Of register 3, in order; all of each is proven, except for the colon of version 1."""
    stripped_digests: int
    """How many runtime events came without their digest."""
    unproven_events: int
    """How many boot events were left out of account, in the scope `rtmr3`."""


# --- Parsing ------------------------------------------------------------------------------------


def parse_event_log(
    value: Union[Json, Sequence[Union[JsonObject, Mapping[str, Json]]]], *, where: str = "event_log"
) -> Tuple[Event, ...]:
    """Return the events of a log: an array of objects, or one in a JSON string.

    Members that dstack does not have are ignored; `digest`, `version` and `preimage` may be absent.

    Spec: DST-1, DST-23, DST-24, DST-29.

    Raises:
        MalformedError: not such an array, or a member that is not of its form; `where` says which.
    """
    if isinstance(value, str):
        value = parse_json(value, max_size=MAX_ATTESTATION_SIZE, where=where, rule="DST-1")
    if not isinstance(value, (list, tuple)):
        raise MalformedError("neither an array nor one in a string", rule="DST-1", where=where)
    if len(value) > MAX_EVENTS:
        raise MalformedError(
            f"{len(value)} events, at most {MAX_EVENTS}", rule="DST-1", where=where
        )
    return tuple(_parse_event(entry, f"{where}[{index}]") for index, entry in enumerate(value))


def _parse_event(entry: object, where: str) -> Event:
    members = entry.members if isinstance(entry, JsonObject) else entry
    if not isinstance(members, dict):
        raise MalformedError("not an object", rule="DST-1", where=where)
    node = JsonObject(members, where=where, rule="DST-1")  # other members are not read  [DST-24]
    event = Event(
        register=_integer(node, "imr", REGISTERS - 1),
        type=_integer(node, "event_type", 2**32 - 1),
        name=_name(node),
        payload=_bytes(node, "event_payload", MAX_EVENT_PAYLOAD_SIZE, required=True),
        digest=_bytes(node, "digest", DIGEST_SIZE),  # absent or empty is stripped  [DST-23]
        version=_integer(node, "version", max(VERSIONS)) if "version" in node else 1,
        preimage=_bytes(node, "preimage", _MAX_PREIMAGE_SIZE),
    )
    if len(event.digest) not in (0, DIGEST_SIZE):
        raise MalformedError(
            f"{len(event.digest)} bytes, required {DIGEST_SIZE} or none",
            rule="DST-1",
            where=node.path("digest"),
        )
    if event.version not in VERSIONS:
        raise MalformedError(
            f"version {event.version}, required 1 or 2", rule="DST-1", where=node.path("version")
        )
    return event


def _integer(node: JsonObject, name: str, maximum: int) -> int:
    value = node.integer(name)
    if value is None or not 0 <= value <= maximum:
        found = "absent" if value is None else str(value)
        raise MalformedError(
            f"{found}, required an integer from 0 to {maximum}", rule="DST-1", where=node.path(name)
        )
    return value


def _name(node: JsonObject) -> str:
    text = node.text("event")
    try:
        size = -1 if text is None else len(text.encode("utf-8"))
    except UnicodeEncodeError:
        size = -1
    if text is None or not 0 <= size <= MAX_EVENT_NAME_SIZE:
        raise MalformedError(
            f"required a text of at most {MAX_EVENT_NAME_SIZE} bytes",
            rule="DST-1",
            where=node.path("event"),
        )
    return text


def _bytes(node: JsonObject, name: str, max_size: int, *, required: bool = False) -> bytes:
    text = node.text(name)
    if text is None:
        if required:
            raise MalformedError("the member is missing", rule="DST-1", where=node.path(name))
        return b""
    return decode_hex(text, max_size=max_size, where=node.path(name), rule="DST-1")  # [DST-29]


# --- Digests ------------------------------------------------------------------------------------


def runtime_preimage(version: int, name: str, payload: bytes) -> bytes:
    """Return what is hashed for a runtime event  [DST-2].

    Raises:
        UsageError: a version other than 1 and 2.
        MalformedError: a name with a lone surrogate, which has no bytes.
    """
    if version not in VERSIONS:
        raise UsageError(f"an event of version {version}, required 1 or 2")
    if version == 2:
        content: Json = {"name": name, "payload": payload.hex(), "type": RUNTIME_EVENT_TYPE}
        return encode_jcs(content, where="event", rule="DST-2")
    try:
        encoded = name.encode("utf-8")
    except UnicodeEncodeError:
        raise MalformedError("a name with a lone surrogate", rule="DST-2", where="event") from None
    return b":".join((RUNTIME_EVENT_TYPE.to_bytes(4, "little"), encoded, payload))


def runtime_digest(version: int, name: str, payload: bytes) -> bytes:
    """Return the digest (48) with which a runtime event extends register 3  [DST-2]."""
    return hashlib.sha384(runtime_preimage(version, name, payload)).digest()


def replay(digests: Sequence[bytes]) -> bytes:
    """Return a register (48) after it was extended with these digests, in order  [DST-6]."""
    register = bytes(DIGEST_SIZE)
    for digest in digests:
        register = hashlib.sha384(register + digest).digest()
    return register


# --- Verification -------------------------------------------------------------------------------


def verify_event_log(
    events: Sequence[Event],
    rtmrs: Sequence[bytes],
    *,
    scope: str = ALL_REGISTERS,
    where: str = "event_log",
) -> VerifiedEventLog:
    """Return the log as far as it is proven by `rtmrs`, RTMR0 to RTMR3 (48 each) of one quote.

    The quote itself is the caller's to verify.  First each event is judged, in order, and then the
    registers.  In the scope `rtmr3` boot events are counted and not replayed.

    Spec: DST-2 to DST-6.

    Raises:
        EvidenceError: register and type of an event contradict each other [DST-3]; a digest or a
            preimage is not that of its payload [DST-4]; a boot event has no digest [DST-5]; a
            register does not end as the quote says [DST-6].
        UsageError: not four registers, or an unknown scope.
    """
    if len(rtmrs) != REGISTERS or any(len(rtmr) != DIGEST_SIZE for rtmr in rtmrs):
        raise UsageError("four registers of 48 bytes are required")
    if scope not in (ALL_REGISTERS, ONLY_RTMR3):
        raise UsageError(f"scope {scope!r}, required {ALL_REGISTERS!r} or {ONLY_RTMR3!r}")
    digests: List[List[bytes]] = [[] for _ in range(REGISTERS)]
    for index, event in enumerate(events):
        place = f"{where}[{index}]"
        _check_register(event, place)
        if event.register == RUNTIME_REGISTER:
            digests[event.register].append(_recomputed_digest(event, place))
        elif scope == ALL_REGISTERS:
            digests[event.register].append(_given_digest(event, place))
    for number in range(REGISTERS):
        if scope == ALL_REGISTERS or number == RUNTIME_REGISTER:
            _check_replay(number, digests[number], rtmrs[number], where)
    return _verified(events, scope)


def _check_register(event: Event, where: str) -> None:
    is_runtime = event.type == RUNTIME_EVENT_TYPE
    if is_runtime == (event.register == RUNTIME_REGISTER):
        if is_runtime or (event.version == 1 and not event.preimage):
            return
        raise EvidenceError(
            "a boot event with the version or the preimage of a runtime event",
            rule="DST-3",
            where=where,
        )
    raise EvidenceError(
        f"an event of type {event.type} in register {event.register};"
        f" type {RUNTIME_EVENT_TYPE} and register {RUNTIME_REGISTER} belong together",
        rule="DST-3",
        where=f"{where}.event_type",
    )


def _recomputed_digest(event: Event, where: str) -> bytes:
    preimage = runtime_preimage(event.version, event.name, event.payload)
    # dstack demands a preimage in version 2 and hashes it; we make our own, so that it may be
    # absent, because one that is present and differs is the only case that says something.
    if event.preimage and event.preimage != preimage:
        raise EvidenceError(
            "the preimage is not that of name and payload", rule="DST-4", where=f"{where}.preimage"
        )
    digest = hashlib.sha384(preimage).digest()
    if event.digest and event.digest != digest:
        raise EvidenceError(
            f"the digest is {event.digest.hex()}, that of name and payload is {digest.hex()}",
            rule="DST-4",
            where=f"{where}.digest",
        )
    return digest


def _given_digest(event: Event, where: str) -> bytes:
    if not event.digest:
        raise EvidenceError(
            f"an event of register {event.register} without its digest",
            rule="DST-5",
            where=f"{where}.digest",
            hint="a stripped log can be replayed for RTMR3 alone, which proves nothing of the boot",
        )
    return event.digest


def _check_replay(number: int, digests: Sequence[bytes], rtmr: bytes, where: str) -> None:
    replayed = replay(digests)
    if replayed != rtmr:
        raise EvidenceError(
            f"{len(digests)} events end in {replayed.hex()}, RTMR{number} of the quote is"
            f" {rtmr.hex()}",
            rule="DST-6",
            where=f"{where}.rtmr{number}",
        )


def _verified(events: Sequence[Event], scope: str) -> VerifiedEventLog:
    boot = tuple(event for event in events if event.register != RUNTIME_REGISTER)
    runtime = tuple(event for event in events if event.register == RUNTIME_REGISTER)
    return VerifiedEventLog(
        scope=scope,
        boot_events=boot if scope == ALL_REGISTERS else (),
        runtime_events=runtime,
        stripped_digests=sum(not event.digest for event in runtime),
        unproven_events=0 if scope == ALL_REGISTERS else len(boot),
    )
