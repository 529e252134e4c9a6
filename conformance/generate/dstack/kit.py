"""dstack logs for the generators, made from the formulas of the specification by hashlib alone."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any, Dict, Final, List, NamedTuple, Optional, Sequence, Tuple

from conformance.mock_tee.randomness import SeededBytes

__all__ = [
    "RUNTIME",
    "ZERO",
    "Entry",
    "Machine",
    "app_events",
    "boot_event",
    "compact",
    "index_of",
    "make_machine",
    "preimage",
    "registers",
    "runtime_event",
    "with_entry",
    "without",
]

RUNTIME: Final = 0x08000001
"""(= 134217729) the type of the events of register 3."""

ZERO: Final = "00" * 48

Entry = Dict[str, Any]


class Machine(NamedTuple):
    """The synthetic machine whose logs the vectors hold."""

    compose: str
    """The text of its compose file."""
    compose_hash: bytes
    app_id: bytes
    instance_id: bytes
    kms_id: bytes
    """The root public key of its key service, as far as anybody here knows."""
    os_image_hash: bytes

    def key_provider(self, name: str = "kms", *, provider_id: Optional[bytes] = None) -> bytes:
        """Return the payload of the event `key-provider`."""
        found = self.kms_id if provider_id is None else provider_id
        return compact({"name": name, "id": found.hex()}).encode("utf-8")


def make_machine(random: SeededBytes) -> Machine:
    """Return a machine; `random` is the builder's."""
    compose = json.dumps(
        {
            "manifest_version": 2,
            "name": "sample",
            "docker_compose_file": "services:\n  model:\n    image: sample\n",
        },
        indent=4,
    )
    return Machine(
        compose=compose,
        compose_hash=hashlib.sha256(compose.encode("utf-8")).digest(),
        app_id=random(20),
        instance_id=random(20),
        kms_id=random(32),
        os_image_hash=random(32),
    )


def compact(value: Any) -> str:
    """Return JSON without white space and with as few escapes as RFC 8785 has."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def preimage(version: int, name: str, payload: bytes) -> bytes:
    """Return what is hashed for an event of register 3."""
    if version == 1:
        return RUNTIME.to_bytes(4, "little") + b":" + name.encode("utf-8") + b":" + payload
    content = {"name": name, "payload": payload.hex(), "type": RUNTIME}
    return compact(content).encode("utf-8")


def runtime_event(name: str, payload: bytes = b"", version: int = 1) -> Entry:
    """Return an event of register 3; one of version 2 has its preimage, as dstack sends it."""
    hashed = preimage(version, name, payload)
    entry: Entry = {
        "imr": 3,
        "event_type": RUNTIME,
        "digest": hashlib.sha384(hashed).hexdigest(),
        "event": name,
        "event_payload": payload.hex(),
    }
    if version == 2:
        entry.update(version=2, preimage=hashed.hex())
    return entry


def boot_event(register: int, number: int) -> Entry:
    """Return an event of registers 0 to 2, whose digest is not that of its payload."""
    return {
        "imr": register,
        "event_type": 0x80000001 + number,
        "digest": hashlib.sha384(b"synthetic boot event %d" % number).hexdigest(),
        "event": "",
        "event_payload": f"{number:02x}",
    }


def app_events(machine: Machine, version: int = 1, /, **payloads: bytes) -> List[Entry]:
    """Return the events of register 3 up to `system-ready`; `payloads` replace some, by name."""
    events: Tuple[Tuple[str, bytes], ...] = (
        ("system-preparing", b""),
        ("app-id", machine.app_id),
        ("compose-hash", machine.compose_hash),
        ("instance-id", machine.instance_id),
        ("boot-mr-done", b""),
        ("os-image-hash", machine.os_image_hash),
        ("key-provider", machine.key_provider()),
        ("system-ready", b""),
    )
    return [
        runtime_event(name, payloads.get(name.replace("-", "_"), payload), version)
        for name, payload in events
    ]


def registers(log: Sequence[Entry]) -> List[str]:
    """Return the four registers in which the digests of a log end; each entry has its digest."""
    ends = [bytes(48)] * 4
    for entry in log:
        digest = bytes.fromhex(entry["digest"])
        ends[entry["imr"]] = hashlib.sha384(ends[entry["imr"]] + digest).digest()
    return [end.hex() for end in ends]


def index_of(log: Sequence[Entry], name: str) -> int:
    """Return where the event of this name stands."""
    return next(number for number, entry in enumerate(log) if entry["event"] == name)


def with_entry(log: Sequence[Entry], index: int, **members: Any) -> List[Entry]:
    """Return a log with other members in one entry; a member that is `...` is left out."""
    changed = copy.deepcopy(list(log))
    for name, value in members.items():
        if value is ...:
            del changed[index][name]
        else:
            changed[index][name] = value
    return changed


def without(log: Sequence[Entry], *names: str) -> List[Entry]:
    """Return a log in which no entry has these members."""
    return [{k: v for k, v in entry.items() if k not in names} for entry in log]
