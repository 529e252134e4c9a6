"""The application that a verified event log names: the events before `system-ready`, by name.

dstack measures the application before it starts it and closes that list with `system-ready`.
Later events are the application's own and may have any name, `compose-hash` included, so that names
mean nothing there.  Observed order:

    system-preparing, [rootfs-hash], app-id, compose-hash, instance-id, boot-mr-done, [mr-kms],
    [os-image-hash], key-provider, [storage-fs], system-ready

Source: dstack, dstack-util (`system_setup.rs`); the names and sizes of 85 real logs.
"""

from __future__ import annotations

from typing import Dict, Final, NamedTuple, Optional, Tuple

from venice_ref.codec.strict import decode_hex, decode_utf8, excerpt, parse_json_object
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.dstack.event_log import Event, VerifiedEventLog
from venice_ref.spec import MAX_EVENT_PAYLOAD_SIZE

__all__ = ["OPTIONAL_NAMES", "PROVIDERS", "REQUIRED_NAMES", "App", "KeyProvider", "identify_app"]

SYSTEM_READY: Final = "system-ready"

REQUIRED_NAMES: Final[Dict[str, Tuple[int, ...]]] = {
    "app-id": (20,),
    "compose-hash": (32,),
    "instance-id": (20, 0),  # empty where the compose file asks for none
    "key-provider": (),
}
"""The events that must be there, each with the sizes of its payload; none means any  [DST-8]."""

OPTIONAL_NAMES: Final[Dict[str, Tuple[int, ...]]] = {
    "rootfs-hash": (32,),
    "mr-kms": (32,),
    "os-image-hash": (32,),
    "gpu-policy-hash": (32,),
}
"""The events that may be there, once, each with the sizes of its payload  [DST-22]."""

PROVIDERS: Final = ("none", "local-sgx", "kms", "tpm")
"""The providers of an application's keys, by the names of their events."""


class KeyProvider(NamedTuple):
    """Who gives the application its keys."""

    name: str
    """One of `PROVIDERS`."""
    id: bytes
    """The root public key of the KMS, the MRENCLAVE of the local provider; empty for none."""
    payload: bytes
    """The event's JSON text as it was measured."""


class App(NamedTuple):
    """The application as its TD measured it at boot; proven as far as the log is."""

    app_id: bytes
    """20 bytes: the first of the compose hash, or an id that was registered with a KMS."""
    compose_hash: bytes
    """SHA-256 of `app-compose.json`, byte for byte."""
    instance_id: bytes
    """20 bytes, or empty."""
    key_provider: KeyProvider
    rootfs_hash: Optional[bytes]
    mr_kms: Optional[bytes]
    """The aggregated measurement of the KMS."""
    os_image_hash: Optional[bytes]
    """What the KMS was told of the image; RTMR0 to RTMR2 are the proof of the image."""
    gpu_policy_hash: Optional[bytes]
    system_ready: bool
    """False where the log ends before the boot does."""
    later_events: int
    """How many events follow `system-ready`, of whatever name."""

    @property
    def has_own_id(self) -> bool:
        """True where the app id is not the beginning of the compose hash."""
        return self.app_id != self.compose_hash[:20]


def identify_app(log: VerifiedEventLog, *, where: str = "event_log") -> App:
    """Return the application of a verified log.

    Spec: DST-7 to DST-10, DST-21, DST-22.

    Raises:
        EvidenceError: the name of an event is ambiguous [DST-10]; a required event is missing, or
            one that is looked up occurs twice [DST-8].
        MalformedError: the payload is not of its size [DST-9, DST-22], or not a key provider
            [DST-21].
    """
    boot, later, ready = _split(log.runtime_events)
    _refuse_ambiguous_names(boot, where)
    found = _by_name(boot, where)
    return App(
        app_id=found["app-id"],
        compose_hash=found["compose-hash"],
        instance_id=found["instance-id"],
        key_provider=_key_provider(found["key-provider"], f"{where}.key-provider"),
        rootfs_hash=found.get("rootfs-hash"),
        mr_kms=found.get("mr-kms"),
        os_image_hash=found.get("os-image-hash"),
        gpu_policy_hash=found.get("gpu-policy-hash"),
        system_ready=ready,
        later_events=len(later),
    )


def _split(events: Tuple[Event, ...]) -> Tuple[Tuple[Event, ...], Tuple[Event, ...], bool]:
    """Return the events before the first `system-ready`, those after it, and if there is one."""
    for index, event in enumerate(events):
        if event.name == SYSTEM_READY:
            return events[:index], events[index + 1 :], True  # [DST-7]
    return events, (), False


def _refuse_ambiguous_names(events: Tuple[Event, ...], where: str) -> None:
    """Refuse a name that may be a shorter one, and a part of its payload  [DST-10]."""
    for event in events:
        if event.version == 1 and ":" in event.name:
            raise EvidenceError(
                f"the name {excerpt(event.name)} has a colon, so that its digest does not say where"
                " it ends",
                rule="DST-10",
                where=where,
            )


def _by_name(events: Tuple[Event, ...], where: str) -> Dict[str, bytes]:
    """Return the payloads of the events that are looked up, each of its size."""
    sizes = {**REQUIRED_NAMES, **OPTIONAL_NAMES}
    found: Dict[str, bytes] = {}
    for event in events:
        if event.name not in sizes:
            continue
        place = f"{where}.{event.name}"
        if event.name in found:
            raise EvidenceError("the event occurs twice", rule="DST-8", where=place)
        allowed = sizes[event.name]
        if allowed and len(event.payload) not in allowed:
            raise MalformedError(
                f"{len(event.payload)} bytes, required {' or '.join(map(str, allowed))}",
                rule="DST-9" if event.name in REQUIRED_NAMES else "DST-22",
                where=place,
            )
        found[event.name] = event.payload
    for name in REQUIRED_NAMES:
        if name not in found:
            raise EvidenceError(
                f"no such event before {SYSTEM_READY}", rule="DST-8", where=f"{where}.{name}"
            )
    return found


def _key_provider(payload: bytes, where: str) -> KeyProvider:
    text = decode_utf8(payload, where=where, rule="DST-21")
    node = parse_json_object(text, max_size=MAX_EVENT_PAYLOAD_SIZE, where=where, rule="DST-21")
    name, provider_id = node.text("name"), node.text("id")
    if name not in PROVIDERS:
        raise MalformedError(
            f"{excerpt(name)}, required one of {', '.join(PROVIDERS)}",
            rule="DST-21",
            where=node.path("name"),
        )
    if provider_id is None:
        raise MalformedError("the member is missing", rule="DST-21", where=node.path("id"))
    raw_id = decode_hex(provider_id, where=node.path("id"), rule="DST-21")
    return KeyProvider(str(name), raw_id, payload)
