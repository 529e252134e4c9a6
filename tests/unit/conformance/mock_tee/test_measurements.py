from __future__ import annotations

import hashlib
from typing import List

from conformance.mock_tee.measurements import MEASUREMENTS, event_rows


def test_the_log_replays_to_the_registers() -> None:
    registers: List[bytes] = [bytes(48)] * 4
    for row in event_rows():
        digest = bytes.fromhex(row["digest"])
        registers[row["imr"]] = hashlib.sha384(registers[row["imr"]] + digest).digest()
    assert tuple(registers) == MEASUREMENTS.rtmrs
    assert len(set(registers)) == 4


def test_runtime_digests_follow_from_their_events() -> None:
    runtime = [row for row in event_rows() if row["imr"] == 3]
    assert runtime
    for row in runtime:
        head = row["event_type"].to_bytes(4, "little") + b":" + row["event"].encode() + b":"
        payload = bytes.fromhex(row["event_payload"])
        assert hashlib.sha384(head + payload).hexdigest() == row["digest"]


def test_digests_can_be_left_out_of_the_runtime_events_only() -> None:
    rows = event_rows(runtime_digests=False)
    assert {row["imr"] for row in rows if row["digest"] == ""} == {3}


def test_the_compose_hash_is_that_of_the_compose_file() -> None:
    digest = hashlib.sha256(MEASUREMENTS.app_compose.encode()).digest()
    assert MEASUREMENTS.compose_hash == digest
    assert MEASUREMENTS.mr_config_id == b"\x01" + digest + bytes(15)
    events = {row["event"]: row["event_payload"] for row in event_rows()}
    assert events["compose-hash"] == digest.hex()
