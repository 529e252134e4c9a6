"""TCB levels: what Intel says about a platform, a TDX module or a quoting enclave of some version.

A level is a set of least version numbers, and the status, date and advisories of whatever reaches
them.  Levels are looked at from the highest to the lowest, and the first that is reached speaks.
The documents list them in that order, but nothing promises it, so they are sorted here, as Intel's
library does; levels of the same versions keep the order of the document  [TCB-1].
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, FrozenSet, List, NamedTuple, Tuple

from venice_ref.codec.strict import JsonObject, excerpt
from venice_ref.errors import MalformedError
from venice_ref.evidence.tdx.members import (
    get_integer,
    get_object,
    get_objects,
    get_svns,
    get_text,
    get_texts,
    get_time,
)

__all__ = [
    "MODULE_STATUSES",
    "PLATFORM_STATUSES",
    "QE_STATUSES",
    "IsvLevel",
    "PlatformLevel",
    "parse_isv_levels",
    "parse_platform_levels",
]

MODULE_STATUSES: Final = frozenset({"UpToDate", "OutOfDate", "Revoked"})
QE_STATUSES: Final = MODULE_STATUSES | {"ConfigurationNeeded", "OutOfDateConfigurationNeeded"}
PLATFORM_STATUSES: Final = QE_STATUSES | {
    "SWHardeningNeeded",
    "ConfigurationAndSWHardeningNeeded",
}
"""The statuses that each kind of level may have  [TCB-2]."""


class IsvLevel(NamedTuple):
    """A level of a TDX module or of a quoting enclave, which have one version number."""

    isv_svn: int
    """The least ISVSVN."""
    status: str
    date: datetime
    """The date of the TCB, not of the document."""
    advisories: Tuple[str, ...]


class PlatformLevel(NamedTuple):
    """A level of a platform."""

    sgx_svns: Tuple[int, ...]
    """The least of the 16 components of the PCK certificate."""
    pce_svn: int
    tdx_svns: Tuple[int, ...]
    """The least of the 16 bytes of TEE_TCB_SVN; empty in a TCB info for SGX."""
    status: str
    date: datetime
    advisories: Tuple[str, ...]


def parse_isv_levels(
    node: JsonObject, name: str, *, statuses: FrozenSet[str], max_svn: int
) -> Tuple[IsvLevel, ...]:
    """Return the levels of an identity, highest first."""
    levels: List[IsvLevel] = []
    for item in get_objects(node, name):
        isv_svn = get_integer(get_object(item, "tcb"), "isvsvn", maximum=max_svn)
        levels.append(IsvLevel(isv_svn, *_said(item, statuses)))
    return tuple(sorted(levels, key=lambda level: level.isv_svn, reverse=True))  # [TCB-1]


def parse_platform_levels(node: JsonObject, name: str, *, tdx: bool) -> Tuple[PlatformLevel, ...]:
    """Return the levels of a TCB info, highest first."""
    levels: List[PlatformLevel] = []
    for item in get_objects(node, name):
        tcb = get_object(item, "tcb")
        sgx_svns = get_svns(tcb, "sgxtcbcomponents")
        pce_svn = get_integer(tcb, "pcesvn", maximum=0xFFFF)
        tdx_svns = get_svns(tcb, "tdxtcbcomponents") if tdx else ()
        levels.append(PlatformLevel(sgx_svns, pce_svn, tdx_svns, *_said(item, PLATFORM_STATUSES)))
    # The first three fields in their order are the key by which Intel's library sorts.
    return tuple(sorted(levels, key=lambda level: level[:3], reverse=True))  # [TCB-1]


def _said(item: JsonObject, statuses: FrozenSet[str]) -> Tuple[str, datetime, Tuple[str, ...]]:
    """Return what every level has: status, date, advisories."""
    status = get_text(item, "tcbStatus")
    if status not in statuses:
        raise MalformedError(
            f"{excerpt(status)} is not a status of such a level",
            rule="TCB-2",
            where=item.path("tcbStatus"),
        )
    return status, get_time(item, "tcbDate"), get_texts(item, "advisoryIDs")
