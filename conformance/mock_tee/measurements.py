"""Synthetic measurements of the mock's TD and the event log that replays to them.

Each digest is SHA-384 of a label that says that it is synthetic, so nobody can mistake the mock
for a machine that exists.  The four RTMRs are computed from the event log, as hardware computes
them: rtmr = SHA-384(rtmr || digest), starting from 48 zero bytes.  Runtime events have the digest
SHA-384(le32(event type) || ":" || event || ":" || payload) (dstack; checked against a real log).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, Final, List, NamedTuple, Tuple

__all__ = ["MEASUREMENTS", "Event", "Measurements", "event_rows"]

RUNTIME_EVENT: Final = 0x08000001
"""Event type of dstack's own events, in RTMR3."""

_APP_COMPOSE: Final = json.dumps(
    {
        "manifest_version": 2,
        "name": "venice-ref-mock",
        "runner": "docker-compose",
        "docker_compose_file": "services:\n  echo:\n    image: mock-labs/echo@sha256:"
        + hashlib.sha256(b"venice-ref mock image").hexdigest()
        + "\n",
        "kms_enabled": False,
        "public_logs": False,
        "public_sysinfo": True,
    },
    indent=4,
)
"""The compose file that the mock claims to run; MRCONFIGID binds its SHA-256."""


class Event(NamedTuple):
    """One entry of an event log."""

    imr: int
    """Which RTMR it extends, 0 to 3."""
    event_type: int
    digest: bytes
    """48 bytes."""
    event: str
    """Name; empty for firmware events."""
    payload: bytes


class Measurements(NamedTuple):
    """What identifies the TD and what runs in it."""

    mr_td: bytes
    mr_seam: bytes
    mr_config_id: bytes
    """01 || SHA-256(app_compose) || 15 zero bytes."""
    rtmrs: Tuple[bytes, bytes, bytes, bytes]
    events: Tuple[Event, ...]
    app_compose: str
    compose_hash: bytes
    app_id: bytes
    instance_id: bytes
    device_id: bytes
    os_image_hash: bytes


def _synthetic(label: str) -> bytes:
    """Return 48 bytes that stand for a measurement."""
    return hashlib.sha384(b"venice-ref mock, synthetic: " + label.encode("utf-8")).digest()


def _firmware_event(imr: int, event_type: int, label: str) -> Event:
    return Event(imr, event_type, _synthetic(label), "", label.encode("utf-8"))


def _runtime_event(event: str, payload: bytes) -> Event:
    text = RUNTIME_EVENT.to_bytes(4, "little") + b":" + event.encode("utf-8") + b":" + payload
    return Event(3, RUNTIME_EVENT, hashlib.sha384(text).digest(), event, payload)


def _replay(events: Tuple[Event, ...], imr: int) -> bytes:
    register = bytes(48)
    for event in events:
        if event.imr == imr:
            register = hashlib.sha384(register + event.digest).digest()
    return register


def _measure() -> Measurements:
    compose_hash = hashlib.sha256(_APP_COMPOSE.encode("utf-8")).digest()
    app_id = _synthetic("app id")[:20]
    instance_id = _synthetic("instance id")[:20]
    os_image_hash = _synthetic("OS image")[:32]
    events = (
        _firmware_event(0, 0x8000000B, "TD HOB"),
        _firmware_event(0, 0x8000000A, "configuration firmware volume"),
        _firmware_event(0, 0x80000001, "secure boot variables"),
        _firmware_event(0, 0x00000004, "separator 0"),
        _firmware_event(1, 0x80000003, "boot loader"),
        _firmware_event(1, 0x00000004, "separator 1"),
        _firmware_event(2, 0x00000006, "kernel command line"),
        _firmware_event(2, 0x00000006, "initial RAM disk"),
        _runtime_event("system-preparing", b""),
        _runtime_event("app-id", app_id),
        _runtime_event("compose-hash", compose_hash),
        _runtime_event("instance-id", instance_id),
        _runtime_event("boot-mr-done", b""),
        _runtime_event("os-image-hash", os_image_hash),
        _runtime_event("key-provider", b'{"name":"none","id":""}'),
        _runtime_event("storage-fs", b"zfs"),
        _runtime_event("system-ready", b""),
    )
    return Measurements(
        mr_td=_synthetic("MRTD"),
        mr_seam=_synthetic("MRSEAM"),
        mr_config_id=b"\x01" + compose_hash + bytes(15),
        rtmrs=(_replay(events, 0), _replay(events, 1), _replay(events, 2), _replay(events, 3)),
        events=events,
        app_compose=_APP_COMPOSE,
        compose_hash=compose_hash,
        app_id=app_id,
        instance_id=instance_id,
        device_id=hashlib.sha256(b"").digest(),  # what dstack says where it found no name
        os_image_hash=os_image_hash,
    )


MEASUREMENTS: Final = _measure()
"""The only machine that the mock has."""


def event_rows(*, runtime_digests: bool = True) -> List[Dict[str, Any]]:
    """Return the log as it stands in an answer.

    `runtime_digests=False` leaves the digests of the runtime events empty, as one provider did: a
    verifier must compute them.
    """
    return [
        {
            "imr": event.imr,
            "event_type": event.event_type,
            "digest": (
                event.digest.hex() if runtime_digests or event.event_type != RUNTIME_EVENT else ""
            ),
            "event": event.event,
            "event_payload": event.payload.hex(),
        }
        for event in MEASUREMENTS.events
    ]
