"""The TCB of a platform: which levels it reaches, and what they mean together.

Pure logic on values that were verified before.  Three levels speak of a TDX quote: that of the
platform (processor, microcode, PCE, SEAM loader), that of the TDX module and that of the quoting
enclave; an SGX quote has no module.  `converge` makes one status of them.

A TD report 1.5 has two TCBs: TEE_TCB_SVN when the TD was launched, and TEE_TCB_SVN_2 now, after the
module may have been updated under the running TD.  Both are evaluated; where only the launch is out
of date, relaunching the TD is all that is missing, and `relaunch` says so.

The rules are those of Intel's quote verification library of 2026.  The public libraries differ in
them, and among their own versions, and that changes verdicts on real quotes: in which components
count beside the levels of a module, in how statuses converge, and in when a relaunch is advised.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Iterable, NamedTuple, Optional, Sequence, Tuple

from venice_ref.errors import EvidenceError
from venice_ref.evidence.tdx.levels import PLATFORM_STATUSES, IsvLevel, PlatformLevel
from venice_ref.evidence.tdx.tcb_info import ModuleIdentity, TcbInfo

__all__ = [
    "STATUSES",
    "TcbEvaluation",
    "converge",
    "evaluate",
    "isv_level",
    "module_identity",
    "platform_level",
    "relaunch",
]

STATUSES: Final = PLATFORM_STATUSES | {
    "TDRelaunchAdvised",
    "TDRelaunchAdvisedConfigurationNeeded",
}
"""Every status that an evaluation may end with."""

_WITH_CONFIGURATION: Final = {
    "ConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded",
    "OutOfDateConfigurationNeeded",
}


class TcbEvaluation(NamedTuple):
    """What Intel says of one TCB."""

    platform: PlatformLevel
    module: Optional[IsvLevel]
    """`None` for SGX, and for TDX modules of version 0, which the platform's level covers."""
    qe: IsvLevel
    status: str
    """The status of the three together; one of `levels.PLATFORM_STATUSES`."""
    date: datetime
    """The earliest date of the three levels."""
    advisories: Tuple[str, ...]
    """Those of platform, module and quoting enclave in this order, each once."""


def evaluate(
    tcb_info: TcbInfo,
    *,
    sgx_svns: Sequence[int],
    pce_svn: int,
    tee_tcb_svn: Optional[bytes],
    qe: IsvLevel,
    where: str,
) -> TcbEvaluation:
    """Return the evaluation of one TCB.

    `tee_tcb_svn` (16) is that of the TD report, `None` for SGX; `where` is its path, for errors.

    Raises:
        EvidenceError: no level is reached [TCB-3], or no identity of the TDX module [TCB-5].
    """
    platform = platform_level(
        tcb_info.levels, sgx_svns=sgx_svns, pce_svn=pce_svn, tee_tcb_svn=tee_tcb_svn, where=where
    )
    module: Optional[IsvLevel] = None
    if tee_tcb_svn is not None:
        identity = module_identity(tcb_info, tee_tcb_svn, where=where)
        if identity.version:
            module = isv_level(identity.levels, tee_tcb_svn[0], what="TDX module", where=where)
    parts = [level for level in (module, qe) if level is not None]
    return TcbEvaluation(
        platform=platform,
        module=module,
        qe=qe,
        status=converge(platform.status, [level.status for level in parts]),
        date=min(platform.date, *(level.date for level in parts)),
        advisories=_unique(
            [*platform.advisories, *(advisory for level in parts for advisory in level.advisories)]
        ),
    )


# --- Levels -------------------------------------------------------------------------------------


def platform_level(
    levels: Iterable[PlatformLevel],
    *,
    sgx_svns: Sequence[int],
    pce_svn: int,
    tee_tcb_svn: Optional[bytes],
    where: str,
) -> PlatformLevel:
    """Return the first level that the platform reaches in every component.

    Bytes 0 and 1 of TEE_TCB_SVN are the version of the TDX module.  From major version 1 on the
    module has an identity with levels of its own, and both bytes are left out here  [TCB-4].

    Raises:
        EvidenceError: the platform reaches none: Intel never called it good or bad [TCB-3].
    """
    tdx_svns = tee_tcb_svn or b""
    start = 2 if tee_tcb_svn is not None and tee_tcb_svn[1] > 0 else 0  # [TCB-4]
    for level in levels:
        if (
            pce_svn >= level.pce_svn
            and _reaches(sgx_svns, level.sgx_svns)
            and _reaches(tdx_svns[start:], level.tdx_svns[start:])
        ):
            return level
    raise EvidenceError("the platform reaches no TCB level", rule="TCB-3", where=where)


def isv_level(levels: Iterable[IsvLevel], isv_svn: int, *, what: str, where: str) -> IsvLevel:
    """Return the first level whose version number is reached.

    Raises:
        EvidenceError: none is [TCB-3].
    """
    for level in levels:
        if isv_svn >= level.isv_svn:
            return level
    raise EvidenceError(
        f"the {what} of version {isv_svn} reaches no TCB level", rule="TCB-3", where=where
    )


def module_identity(tcb_info: TcbInfo, tee_tcb_svn: bytes, *, where: str) -> ModuleIdentity:
    """Return the identity of the TDX modules of the major version in byte 1 of TEE_TCB_SVN.

    Raises:
        EvidenceError: the TCB info has none [TCB-5].
    """
    version = tee_tcb_svn[1]
    known = tcb_info.module_identities if version else filter(None, (tcb_info.module,))
    for identity in known:
        if identity.version == version:
            return identity
    name = f"TDX_{version:02X}" if version else "tdxModule"
    raise EvidenceError(f"the TCB info has no {name}", rule="TCB-5", where=where)


def _reaches(svns: Sequence[int], least: Sequence[int]) -> bool:
    """Tell whether every component is at least that of the level  [TCB-12]."""
    return all(svn >= bound for svn, bound in zip(svns, least))


# --- Status -------------------------------------------------------------------------------------


def converge(platform: str, parts: Sequence[str]) -> str:
    """Return the status of a platform whose module and quoting enclave have these statuses.

    Revoked outweighs everything.  OutOfDate makes the whole out of date, with the platform's need
    of configuration kept.  What else a part may say (the configuration of the quoting enclave)
    changes nothing  [TCB-7].
    """
    if "Revoked" in (platform, *parts):
        return "Revoked"
    if "OutOfDate" not in parts:
        return platform
    return "OutOfDateConfigurationNeeded" if platform in _WITH_CONFIGURATION else "OutOfDate"


def relaunch(launch: str, current: str) -> str:
    """Return the status of a TD whose TCB had one status at its launch and has another now.

    A TCB that was out of date at launch and no longer is means that the TD should be launched
    again; every other pair means what the launch means  [TCB-13].
    """
    if launch not in ("OutOfDate", "OutOfDateConfigurationNeeded"):
        return launch
    if current not in (
        "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded",
    ):  # fmt: skip
        return launch
    if launch == "OutOfDateConfigurationNeeded" or current in _WITH_CONFIGURATION:
        return "TDRelaunchAdvisedConfigurationNeeded"
    return "TDRelaunchAdvised"


def _unique(advisories: Iterable[str]) -> Tuple[str, ...]:
    """Return each advisory once, in the order of its first occurrence  [TCB-9]."""
    return tuple(dict.fromkeys(advisories))
