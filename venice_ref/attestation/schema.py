"""The schema of an attestation answer: each name that a check reads, and its type  [ATT-16].

`ANSWER`, at the end, is the table.  A type is a function that returns a member in its normal form
and refuses any other form; a mapping is the shape of a nested object.  Names that the table does
not have are ignored [ATT-23], null counts as absent, and a known member of another type is an error
even where no check of the caller's level needs it.  The architecture of a GPU is not in the table:
its type is judged with the rest of the GPU evidence  [GPU-7].

Some members come in several forms, because JSON was put into strings on the way  [ATT-11].  Their
types, such as `event_log`, take it out.
"""

from __future__ import annotations

from typing import Any, Callable, Final, Mapping, Optional, Tuple, Union

from venice_ref.codec.strict import JsonObject, parse_json
from venice_ref.errors import MalformedError
from venice_ref.model import Json
from venice_ref.spec import MAX_ATTESTATION_SIZE, MAX_EVENTS, MAX_GPUS

__all__ = [
    "ANSWER",
    "check_shape",
    "event_log",
    "gpu_list",
    "keyset_keys",
    "nvidia_payload",
    "tcb_info",
    "text_or_object",
]

MAX_KEYSET_KEYS: Final = 64
"""Entries of `workload_keyset.e2ee_public_keys`, which has one for each algorithm."""

Type = Callable[[JsonObject, str], object]
Shape = Mapping[str, Union[Type, Mapping[str, Any]]]


def check_shape(node: JsonObject, shape: Shape) -> None:
    """Refuse a member that is present and not of its type; the error names its path."""
    for name, wanted in shape.items():
        if callable(wanted):
            wanted(node, name)
            continue
        child = node.child(name)
        if child is not None:
            check_shape(child, wanted)


# --- Types of members that come in several forms  [ATT-11] --------------------------------------


def event_log(node: JsonObject, name: str) -> Optional[Tuple[JsonObject, ...]]:
    """Return the entries of an event log: an array, or one in a JSON string.

    An empty string is as good as no member; dstack writes it where the log is hidden.
    """
    value = _unwrapped(node, name, 1)
    return None if value in (None, "") else _objects(value, node.path(name), MAX_EVENTS, _EVENT)


def tcb_info(node: JsonObject, name: str) -> Optional[JsonObject]:
    """Return dstack's TCB info: an object, or one in a JSON string.

    An empty string is as good as no member; dstack writes it where the TCB info is hidden.
    """
    value = _unwrapped(node, name, 1)
    return None if value in (None, "") else _object_of(value, node.path(name), _TCB_INFO)


def nvidia_payload(node: JsonObject, name: str) -> Optional[JsonObject]:
    """Return the GPU evidence: an object, one in a JSON string, or one in a string in a string.

    An empty string and an empty array are as good as no member  [GPU-1].
    """
    value = _unwrapped(node, name, 2)
    return None if value in (None, "", []) else _object_of(value, node.path(name), _NVIDIA_PAYLOAD)


def text_or_object(node: JsonObject, name: str) -> Union[str, JsonObject, None]:
    """Return a member that is a JSON object, or a text that may have one in it, not yet parsed."""
    if isinstance(node.get(name), dict):
        return node.child(name)
    return node.text(name)


def gpu_list(node: JsonObject, name: str) -> Optional[Tuple[JsonObject, ...]]:
    """Return the entries of `evidence_list`."""
    value = node.items(name)
    return None if value is None else _objects(value, node.path(name), MAX_GPUS, _GPU)


def keyset_keys(node: JsonObject, name: str) -> Optional[Tuple[JsonObject, ...]]:
    """Return the entries of `e2ee_public_keys`."""
    value = node.items(name)
    return None if value is None else _objects(value, node.path(name), MAX_KEYSET_KEYS, _KEYSET_KEY)


def _unwrapped(node: JsonObject, name: str, layers: int) -> Json:
    """Return a member without the JSON strings, at most `layers`, that it is wrapped in."""
    value = node.get(name)
    for _ in range(layers):
        if not isinstance(value, str) or not value:
            break
        value = parse_json(
            value, max_size=MAX_ATTESTATION_SIZE, where=node.path(name), rule="ATT-11"
        )
    return value


def _objects(value: Json, where: str, limit: int, shape: Shape) -> Tuple[JsonObject, ...]:
    """Return the objects of an array, each of the shape."""
    if not isinstance(value, list):
        raise MalformedError(
            "neither an array nor one in a JSON string", rule="ATT-11", where=where
        )
    if len(value) > limit:
        raise MalformedError(f"{len(value)} entries, at most {limit}", rule="ATT-22", where=where)
    return tuple(_object_of(entry, f"{where}[{index}]", shape) for index, entry in enumerate(value))


def _object_of(value: Json, where: str, shape: Shape) -> JsonObject:
    """Return an object of the shape."""
    if not isinstance(value, dict):
        raise MalformedError("not an object", rule="ATT-11", where=where)
    node = JsonObject(value, where=where, rule="ATT-16")
    check_shape(node, shape)
    return node


# --- The table  [ATT-16] ------------------------------------------------------------------------

_text: Final = JsonObject.text
_flag: Final = JsonObject.flag
_integer: Final = JsonObject.integer
_array: Final = JsonObject.items

_EVENT: Final[Shape] = {
    "imr": _integer,
    "event_type": _integer,
    "digest": _text,
    "event": _text,
    "event_payload": _text,
}

_TCB_INFO: Final[Shape] = {
    "mrtd": _text,
    "rtmr0": _text,
    "rtmr1": _text,
    "rtmr2": _text,
    "rtmr3": _text,
    "os_image_hash": _text,
    "compose_hash": _text,
    "device_id": _text,
    "app_compose": _text,
}

_GPU: Final[Shape] = {"certificate": _text, "evidence": _text}

_NVIDIA_PAYLOAD: Final[Shape] = {"arch": _text, "nonce": _text, "evidence_list": gpu_list}

_KEYSET_KEY: Final[Shape] = {"algo": _text, "public_key": _text}

_SERVER_VERIFICATION: Final[Shape] = {
    "tdx": {
        "valid": _flag,
        "signatureValid": _flag,
        "certificateChainValid": _flag,
        "attestationKeyMatch": _flag,
        "reportData": _text,
        "measurements": {
            "mrtd": _text,
            "mrconfigid": _text,
            "mrowner": _text,
            "mrownerconfig": _text,
            "mrseam": _text,
            "mrsignerseam": _text,
            "rtmr0": _text,
            "rtmr1": _text,
            "rtmr2": _text,
            "rtmr3": _text,
            "tdAttributes": _text,
            "xfam": _text,
        },
        "crlCheck": {"revoked": _flag},
    },
    "nvidia": {"valid": _flag, "signatureVerified": _flag},
    "signingAddressBinding": {"bound": _flag, "reportDataAddress": _text},
    "nonceBinding": {"bound": _flag, "method": _text},
    "nvidiaNonceBinding": {"bound": _flag},
}

ANSWER: Final[Shape] = {
    "verified": _flag,
    "model": _text,
    "nonce": _text,
    "request_nonce": _text,
    "nonce_source": _text,
    "signing_key": _text,
    "signing_public_key": _text,
    "signing_address": _text,
    "signing_algo": _text,
    "intel_quote": _text,
    "quote": _text,
    "event_log": event_log,
    "nvidia_payload": nvidia_payload,
    "info": {
        "app_id": _text,
        "compose_hash": _text,
        "device_id": _text,
        "instance_id": _text,
        "key_provider_info": text_or_object,
        "mr_aggregated": _text,
        "os_image_hash": _text,
        "tcb_info": tcb_info,
        "vm_config": text_or_object,
    },
    "vm_config": text_or_object,
    "server_verification": _SERVER_VERIFICATION,
    "compose_manager_attestation": {
        "actions": _array,
        "actions_hash": _text,
        "event_log": event_log,
        "nonce": _text,
        "quote": _text,
        "report_data": _text,
    },
    "attestation": {
        "report_data": _text,
        "workload_keyset": {"e2ee_public_keys": keyset_keys},
        "evidence": {
            "quote": _text,
            "quote_report_data": _text,
            "event_log": event_log,
            "vm_config": text_or_object,
        },
    },
}
"""The answer, its ACI envelope included."""
