"""What the simulated Intel says: TCB info and QE identity, before and after they are signed.

Members, their order, and the spelling of their values are those of Intel's documents (PCS API v4,
appendices A and B); the numbers, dates and advisories are the mock's own.  A document is a
dictionary until it is signed, so that one member can be changed; then it is text, whose exact bytes
the signature covers.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any, Dict, Final, List, NamedTuple, Sequence, Tuple

from conformance.mock_tee.pki.authority import Key
from conformance.mock_tee.pki.intel import CPU_SVN, FMSPC, PCE_ID, PCE_SVN, Chain

__all__ = [
    "EVALUATION_NUMBER",
    "QE_ISV_SVN",
    "QE_MR_SIGNER",
    "QE_PRODUCT_OF",
    "TEE_TCB_SVN",
    "Document",
    "SignedText",
    "qe_identity",
    "rfc3339",
    "sign_document",
    "tcb_info",
]

Document = Dict[str, Any]

EVALUATION_NUMBER: Final = 18
"""tcbEvaluationDataNumber of everything that the mock publishes."""

TEE_TCB_SVN: Final = bytes((7, 1, 3, *bytes(13)))
"""TEE_TCB_SVN (16) of the mock's TDs: TDX module 1.7, loader 3."""

QE_ISV_SVN: Final = 6
"""ISVSVN of the quoting enclaves."""

QE_MR_SIGNER: Final = hashlib.sha256(b"venice-ref mock, synthetic: QE signer").digest()
"""MRSIGNER (32) of the quoting enclaves: whose they are."""

QE_PRODUCT_OF: Final = {"SGX": 1, "TDX": 2}
"""ISVPRODID of the quoting enclave for each kind of quote."""

_VALID_FOR: Final = timedelta(days=30)

_QE_ID_OF: Final = {"SGX": "QE", "TDX": "TD_QE"}

_NEW: Final = "2025-08-13T00:00:00Z"
_OLD: Final = "2024-03-13T00:00:00Z"
_OLDEST: Final = "2018-01-04T00:00:00Z"

_OLD_ADVISORIES: Final = ("MOCK-SA-00002", "MOCK-SA-00001")
"""Of no vendor: what is wrong with older versions of a platform that does not exist."""

_LEVELS: Final = (
    # lower by, PCESVN, date, status
    (0, PCE_SVN, _NEW, "UpToDate"),
    (1, PCE_SVN, _OLD, "OutOfDate"),
    (2, 5, _OLDEST, "OutOfDateConfigurationNeeded"),
)
"""TCB levels: how far the first three components lie below those of the mock's platform."""

_SGX_KINDS: Final = (
    ("BIOS", "Early Microcode Update"),
    ("OS/VMM", "SGX Late Microcode Update"),
    ("OS/VMM", "TXT SINIT"),
    ("BIOS", ""),
    ("BIOS", ""),
    ("BIOS", ""),
    ("", ""),
    ("OS/VMM", "SEAMLDR ACM"),
)
_TDX_KINDS: Final = (
    ("OS/VMM", "TDX Module"),
    ("OS/VMM", "TDX Module"),
    ("OS/VMM", "TDX Late Microcode Update"),
)
"""Category and type of the components that have them."""


class SignedText(NamedTuple):
    """A document as it is published."""

    text: str
    """Compact JSON; the exact text that is signed."""
    signature: bytes
    """r || s (64)."""
    chain: Chain
    """The signer and the root."""


def sign_document(document: Document, key: Key, chain: Chain) -> SignedText:
    """Return a document in its final form, signed."""
    text = json.dumps(document, separators=(",", ":"))
    return SignedText(text, key.sign(text.encode("ascii")), chain)


def rfc3339(moment: datetime) -> str:
    """Return a UTC time as Intel writes it, such as 2026-01-01T00:00:00Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


# --- TCB info -----------------------------------------------------------------------------------


def tcb_info(tee: str, issued: datetime) -> Document:
    """Return the TCB info, version 3, of the mock's platform; `tee` is `SGX` or `TDX`.

    The platform of the mock reaches the first level.
    """
    document: Document = {
        "id": tee,
        "version": 3,
        "issueDate": rfc3339(issued),
        "nextUpdate": rfc3339(issued + _VALID_FOR),
        "fmspc": FMSPC.hex(),
        "pceId": PCE_ID.hex(),
        "tcbType": 0,
        "tcbEvaluationDataNumber": EVALUATION_NUMBER,
    }
    if tee == "TDX":
        document["tdxModule"] = _module_measurements()
        document["tdxModuleIdentities"] = [
            _module_identity(3, ((3, _NEW, "UpToDate"),)),
            _module_identity(
                1, ((7, _NEW, "UpToDate"), (5, _OLD, "OutOfDate"), (2, _OLDEST, "OutOfDate"))
            ),
        ]
    document["tcbLevels"] = [_platform_level(tee, *level) for level in _LEVELS]
    return document


def _module_measurements() -> Document:
    """Return what every TDX module that Intel signed has: zeros."""
    return {"mrsigner": "00" * 48, "attributes": "00" * 8, "attributesMask": "FF" * 8}


def _module_identity(version: int, levels: Sequence[Tuple[int, str, str]]) -> Document:
    return {
        "id": f"TDX_{version:02X}",
        **_module_measurements(),
        "tcbLevels": [_isv_level(*level) for level in levels],
    }


def _isv_level(isv_svn: int, date: str, status: str) -> Document:
    return {"tcb": {"isvsvn": isv_svn}, **_said(date, status)}


def _platform_level(tee: str, lower: int, pce_svn: int, date: str, status: str) -> Document:
    tcb: Document = {
        "sgxtcbcomponents": _components(CPU_SVN, _SGX_KINDS, lower),
        "pcesvn": pce_svn,
    }
    if tee == "TDX":
        # The second component is the module's version, which has an identity of its own.
        least = bytes((5, 0, *TEE_TCB_SVN[2:]))
        tcb["tdxtcbcomponents"] = _components(least, _TDX_KINDS, lower)
    return {"tcb": tcb, **_said(date, status)}


def _components(svns: bytes, kinds: Sequence[Tuple[str, str]], lower: int) -> List[Dict[str, Any]]:
    """Return 16 components, the first three lower by `lower` where they are high enough."""
    found: List[Dict[str, Any]] = []
    for index, svn in enumerate(svns):
        component: Dict[str, Any] = {"svn": max(svn - lower, 0) if index < 3 else svn}
        category, kind = kinds[index] if index < len(kinds) else ("", "")
        if category:
            component["category"] = category
        if kind:
            component["type"] = kind
        found.append(component)
    return found


def _said(date: str, status: str) -> Document:
    """Return what every level says; a level without advisories has no member for them."""
    said: Document = {"tcbDate": date, "tcbStatus": status}
    if status != "UpToDate":
        said["advisoryIDs"] = list(_OLD_ADVISORIES)
    return said


# --- QE identity --------------------------------------------------------------------------------


def qe_identity(tee: str, issued: datetime) -> Document:
    """Return the identity, version 2, of the quoting enclave for `SGX` or `TDX`."""
    return {
        "id": _QE_ID_OF[tee],
        "version": 2,
        "issueDate": rfc3339(issued),
        "nextUpdate": rfc3339(issued + _VALID_FOR),
        "tcbEvaluationDataNumber": EVALUATION_NUMBER,
        "miscselect": "00000000",
        "miscselectMask": "FFFFFFFF",
        "attributes": "11000000000000000000000000000000",
        "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
        "mrsigner": QE_MR_SIGNER.hex().upper(),
        "isvprodid": QE_PRODUCT_OF[tee],
        "tcbLevels": [
            _isv_level(QE_ISV_SVN, _NEW, "UpToDate"),
            _isv_level(QE_ISV_SVN - 2, _OLD, "OutOfDate"),
        ],
    }
