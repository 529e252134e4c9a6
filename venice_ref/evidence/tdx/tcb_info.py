"""TCB info: Intel's judgement of the platforms of one FMSPC.

Intel PCS API v4, `sgx/certification/v4/tcb` and `tdx/certification/v4/tcb`, in version 3.  The text
is the exact inner object whose bytes Intel signed; it is parsed after its signature was verified,
and never written out again.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, List, NamedTuple, Optional, Tuple

from venice_ref.codec.strict import JsonObject, decode_hex, excerpt, parse_json_object
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.tdx.levels import (
    MODULE_STATUSES,
    IsvLevel,
    PlatformLevel,
    parse_isv_levels,
    parse_platform_levels,
)
from venice_ref.evidence.tdx.members import (
    get_bytes,
    get_integer,
    get_object,
    get_objects,
    get_text,
    get_time,
)
from venice_ref.spec import MAX_SIGNED_JSON_SIZE

__all__ = ["ModuleIdentity", "TcbInfo", "parse_tcb_info"]

TCB_INFO_VERSION: Final = 3
_MODULE_ID: Final = re.compile(r"TDX_([0-9A-F]{2})\Z")


class ModuleIdentity(NamedTuple):
    """The TDX modules of one major version."""

    version: int
    """Byte 1 of TEE_TCB_SVN; 0 for `tdxModule`, which has no levels of its own."""
    mr_signer: bytes
    """MRSIGNERSEAM (48)."""
    attributes: bytes
    """SEAMATTRIBUTES (8) under the mask."""
    attributes_mask: bytes
    levels: Tuple[IsvLevel, ...]


class TcbInfo(NamedTuple):
    """A TCB info that parsed."""

    id: str
    """`SGX` or `TDX`."""
    issue_date: datetime
    next_update: datetime
    fmspc: bytes
    """Family, model, stepping, platform and custom SKU (6)."""
    pce_id: bytes
    """PCEID as it stands in the PCK certificate (2)."""
    evaluation_number: int
    """tcbEvaluationDataNumber: which round of Intel's advisories is taken into account."""
    levels: Tuple[PlatformLevel, ...]
    """Highest first."""
    module: Optional[ModuleIdentity]
    """`tdxModule`, for version 0."""
    module_identities: Tuple[ModuleIdentity, ...]
    """`tdxModuleIdentities`, for the versions from 1 on, as the document lists them."""


def parse_tcb_info(text: str) -> TcbInfo:
    """Return the TCB info of a text that Intel signed.

    Members of unknown names are passed over: Intel adds some within a version.

    Raises:
        MalformedError: not strict JSON with the members of their types [COL-6], or a status that
            such a level cannot have [TCB-2].
        EvidenceError: not a TCB info of version 3 and type 0 for SGX or TDX [COL-7].
    """
    node = parse_json_object(text, max_size=MAX_SIGNED_JSON_SIZE, where="tcb_info", rule="COL-6")
    kind = get_text(node, "id")
    if kind not in ("SGX", "TDX"):
        raise EvidenceError(
            f"id {excerpt(kind)}, required SGX or TDX", rule="COL-7", where=node.path("id")
        )
    _require(node, "version", TCB_INFO_VERSION)
    _require(node, "tcbType", 0)
    tdx = kind == "TDX"
    return TcbInfo(
        id=kind,
        issue_date=get_time(node, "issueDate"),
        next_update=get_time(node, "nextUpdate"),
        fmspc=get_bytes(node, "fmspc", size=6),
        pce_id=get_bytes(node, "pceId", size=2),
        evaluation_number=get_integer(node, "tcbEvaluationDataNumber", maximum=0xFFFFFFFF),
        levels=parse_platform_levels(node, "tcbLevels", tdx=tdx),
        module=_module(node) if tdx else None,
        module_identities=_module_identities(node) if tdx else (),
    )


def _require(node: JsonObject, name: str, required: int) -> None:
    found = get_integer(node, name, maximum=0xFFFF)
    if found != required:
        raise EvidenceError(
            f"{name} {found}, required {required}", rule="COL-7", where=node.path(name)
        )


def _module(node: JsonObject) -> Optional[ModuleIdentity]:
    if "tdxModule" not in node:
        return None
    module = get_object(node, "tdxModule")
    return ModuleIdentity(0, *_measurements(module), levels=())


def _module_identities(node: JsonObject) -> Tuple[ModuleIdentity, ...]:
    if "tdxModuleIdentities" not in node:
        return ()
    identities: List[ModuleIdentity] = []
    for item in get_objects(node, "tdxModuleIdentities"):
        name = get_text(item, "id")
        found = _MODULE_ID.match(name.upper())  # Intel's library ignores the case as well.
        if found is None:
            raise MalformedError(
                f"not TDX_ and two hexadecimal digits: {excerpt(name)}",
                rule="COL-6",
                where=item.path("id"),
            )
        levels = parse_isv_levels(item, "tcbLevels", statuses=MODULE_STATUSES, max_svn=0xFF)
        version = decode_hex(found[1])[0]
        identities.append(ModuleIdentity(version, *_measurements(item), levels=levels))
    return tuple(identities)


def _measurements(node: JsonObject) -> Tuple[bytes, bytes, bytes]:
    return (
        get_bytes(node, "mrsigner", size=48),
        get_bytes(node, "attributes", size=8),
        get_bytes(node, "attributesMask", size=8),
    )
