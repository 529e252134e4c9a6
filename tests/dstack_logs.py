"""dstack event logs made from nothing, with the registers in which they end.

An entry is built whole, with its digest; `stripped` takes away what guest agents leave out.  The
formulas stand here a second time, so that the tests do not hold the code against itself.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Dict, List, Sequence, Tuple

RUNTIME = 0x08000001

COMPOSE = '{\n    "manifest_version": 2,\n    "name": "sample"\n}'
COMPOSE_HASH = hashlib.sha256(COMPOSE.encode()).digest()
APP_ID = bytes(range(20))
INSTANCE_ID = bytes(range(20, 40))
KMS_KEY = bytes(range(64, 96))
KEY_PROVIDER = json.dumps({"name": "kms", "id": KMS_KEY.hex()}, separators=(",", ":")).encode()

Entry = Dict[str, Any]


def boot_event(register: int, number: int) -> Entry:
    """Return an event of registers 0 to 2, whose digest is not made from its payload."""
    return {
        "imr": register,
        "event_type": 0x80000001 + number,
        "digest": hashlib.sha384(b"boot %d" % number).hexdigest(),
        "event": "",
        "event_payload": f"{number:02x}",
    }


def runtime_event(name: str, payload: bytes = b"", version: int = 1) -> Entry:
    """Return an event of register 3; one of version 2 carries its preimage, as dstack's do."""
    if version == 1:
        preimage = b"\x01\x00\x00\x08:" + name.encode() + b":" + payload
    else:
        quoted = json.dumps(name, ensure_ascii=False)
        text = f'{{"name":{quoted},"payload":"{payload.hex()}","type":134217729}}'
        preimage = text.encode()
    entry: Entry = {
        "imr": 3,
        "event_type": RUNTIME,
        "digest": hashlib.sha384(preimage).hexdigest(),
        "event": name,
        "event_payload": payload.hex(),
    }
    if version == 2:
        entry.update(version=2, preimage=preimage.hex())
    return entry


def app_events(
    version: int = 1,
    *,
    app_id: bytes = APP_ID,
    compose_hash: bytes = COMPOSE_HASH,
    instance_id: bytes = INSTANCE_ID,
    key_provider: bytes = KEY_PROVIDER,
) -> List[Entry]:
    """Return the events of register 3 up to `system-ready`."""
    return [
        runtime_event(name, payload, version)
        for name, payload in (
            ("system-preparing", b""),
            ("app-id", app_id),
            ("compose-hash", compose_hash),
            ("instance-id", instance_id),
            ("boot-mr-done", b""),
            ("mr-kms", b"\x4b" * 32),
            ("os-image-hash", b"\x05" * 32),
            ("key-provider", key_provider),
            ("storage-fs", b"zfs"),
            ("system-ready", b""),
        )
    ]


def sample_log(version: int = 1) -> List[Entry]:
    """Return a log in the order of real ones: boot events mixed, then register 3, then one more."""
    boot = [boot_event(register, n) for n, register in enumerate((0, 0, 1, 0, 1, 2, 2, 1))]
    return boot + app_events(version) + [runtime_event("later", b"own", version)]


def registers(log: Sequence[Entry]) -> Tuple[bytes, ...]:
    """Return the four registers in which the digests of a log end."""
    ends = [bytes(48)] * 4
    for entry in log:
        digest = bytes.fromhex(entry["digest"])
        ends[entry["imr"]] = hashlib.sha384(ends[entry["imr"]] + digest).digest()
    return tuple(ends)


def stripped(log: Sequence[Entry]) -> List[Entry]:
    """Return a log as guest agents send it: no runtime digests, no payloads of the boot."""
    return [
        {**entry, "digest": ""} if entry["imr"] == 3 else {**entry, "event_payload": ""}
        for entry in log
    ]
