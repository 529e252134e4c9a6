"""Operations on what dstack adds to a quote: event log, compose file, claims, compose manager."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from venice_ref.attestation.schema import tcb_info
from venice_ref.codec.strict import JsonObject, parse_json_object
from venice_ref.evidence.dstack.app import App, identify_app
from venice_ref.evidence.dstack.compose import document_in, verify_compose
from venice_ref.evidence.dstack.event_log import (
    VerifiedEventLog,
    parse_event_log,
    replay,
    runtime_digest,
    runtime_preimage,
    verify_event_log,
)
from venice_ref.evidence.dstack.manager import parse_manager_record, verify_manager_record
from venice_ref.evidence.dstack.registers import Registers, verify_info
from venice_ref.spec import MAX_ATTESTATION_SIZE

__all__ = [
    "application_verify",
    "compose_manager_verify",
    "compose_verify",
    "event_digest",
    "event_log_verify",
    "info_verify",
]

Given = Mapping[str, Any]


def event_digest(given: Given) -> Dict[str, Any]:
    """Return the digest of an event of register 3."""
    version, name = given["version"], given.get("name", "")
    if "name_utf16" in given:
        name = bytes.fromhex(given["name_utf16"]).decode("utf-16-be", "surrogatepass")
    payload = bytes.fromhex(given["payload"])
    return {
        "digest": runtime_digest(version, name, payload).hex(),
        "mid": {"preimage": runtime_preimage(version, name, payload).hex()},
    }


def event_log_verify(given: Given) -> Dict[str, Any]:
    """Hold a log against the registers of a quote."""
    log = _log(given, scope=given["scope"])
    digests = [runtime_digest(e.version, e.name, e.payload) for e in log.runtime_events]
    return {
        "boot_events": len(log.boot_events),
        "runtime_events": len(log.runtime_events),
        "stripped_digests": log.stripped_digests,
        "unproven_events": log.unproven_events,
        "mid": {
            "digests": [digest.hex() for digest in digests],
            "rtmr3": replay(digests).hex(),
        },
    }


def application_verify(given: Given) -> Dict[str, Any]:
    """Return the application that a log names."""
    app = identify_app(_log(given))
    return {
        "app_id": app.app_id.hex(),
        "compose_hash": app.compose_hash.hex(),
        "instance_id": app.instance_id.hex(),
        "key_provider": {"name": app.key_provider.name, "id": app.key_provider.id.hex()},
        "rootfs_hash": _hex(app.rootfs_hash),
        "mr_kms": _hex(app.mr_kms),
        "os_image_hash": _hex(app.os_image_hash),
        "gpu_policy_hash": _hex(app.gpu_policy_hash),
        "system_ready": app.system_ready,
        "later_events": app.later_events,
    }


def compose_verify(given: Given) -> Dict[str, Any]:
    """Return the compose hash that MRCONFIGID and a log prove."""
    mr_config_id, config = bytes.fromhex(given["mr_config_id"]), given.get("vm_config")
    document: Optional[str] = None
    if mr_config_id[0] == 3 and config is not None:  # no other kind has a document
        document = document_in(JsonObject(config) if isinstance(config, dict) else config)
    facts = verify_compose(
        mr_config_id, app=_app(given), app_compose=given.get("app_compose"), document=document
    )
    return {
        "compose_hash": facts.compose_hash.hex(),
        "kind": facts.kind,
        "bound_by": sorted(facts.bound_by),
        "text_matches": facts.text_matches,
    }


def info_verify(given: Given) -> Dict[str, Any]:
    """Return which claims of `info` are proven."""
    info = JsonObject(given["info"], where="info", rule="ATT-1")
    facts = verify_info(
        info,
        tcb_info(info, "tcb_info"),
        _registers(given["registers"]),
        app=_app({**given, "rtmrs": _rtmrs(given["registers"])}),
        compose_hash=_bytes(given.get("compose_hash")),
        ppid=_bytes(given.get("ppid")),
    )
    return {"matched": sorted(facts.matched), "unchecked": sorted(facts.unchecked)}


def compose_manager_verify(given: Given) -> Dict[str, Any]:
    """Hold the record of a compose manager against its own quote and the model's registers."""
    node = parse_json_object(given["record"], max_size=MAX_ATTESTATION_SIZE, rule="ATT-1")
    record = parse_manager_record(
        JsonObject(node.members, where="compose_manager_attestation", rule="ATT-1")
    )
    facts = verify_manager_record(
        record, nonce=bytes.fromhex(given["nonce"]), td=_registers(given["registers"])
    )
    return {
        "actions_hash": facts.actions_hash.hex(),
        "actions": facts.actions,
        "app_id": facts.app.app_id.hex(),
        "compose_hash": facts.app.compose_hash.hex(),
        "mid": {"order": facts.order, "report_data": record.quote.report_data.hex()},
    }


def _log(given: Given, *, scope: str = "all") -> VerifiedEventLog:
    rtmrs = [bytes.fromhex(rtmr) for rtmr in given["rtmrs"]]
    return verify_event_log(parse_event_log(given["event_log"]), rtmrs, scope=scope)


def _app(given: Given) -> Optional[App]:
    """Return the application of the log, where there is one."""
    return None if given.get("event_log") is None else identify_app(_log(given))


def _rtmrs(registers: Mapping[str, str]) -> List[str]:
    return [registers[f"rtmr{number}"] for number in range(4)]


def _registers(given: Mapping[str, str]) -> Registers:
    rtmrs: Tuple[bytes, ...] = tuple(map(bytes.fromhex, _rtmrs(given)))
    names = ("mr_td", "mr_config_id", "mr_owner", "mr_owner_config", "user_data")
    return Registers(rtmrs=rtmrs, **{name: bytes.fromhex(given[name]) for name in names})


def _bytes(text: Optional[str]) -> Optional[bytes]:
    return None if text is None else bytes.fromhex(text)


def _hex(value: Optional[bytes]) -> Optional[str]:
    return None if value is None else value.hex()
