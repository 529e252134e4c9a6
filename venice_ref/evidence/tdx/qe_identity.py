"""QE identity: which quoting enclaves are Intel's, and what is known of their versions.

Intel PCS API v4, `qe/identity` and `tdx/qe/identity`.  The text is the exact inner object whose
bytes Intel signed; it is parsed after its signature was verified.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple, Tuple

from venice_ref.codec.strict import excerpt, parse_json_object
from venice_ref.errors import EvidenceError
from venice_ref.evidence.tdx.levels import QE_STATUSES, IsvLevel, parse_isv_levels
from venice_ref.evidence.tdx.members import get_bytes, get_integer, get_text, get_time
from venice_ref.spec import MAX_SIGNED_JSON_SIZE

__all__ = ["QE_ID_OF", "QeIdentity", "parse_qe_identity"]

QE_ID_OF: Final = {"SGX": "QE", "TDX": "TD_QE"}
"""The id of the quoting enclave that belongs to a TCB info of some id."""

_VERSIONS_OF: Final = {"QE": (2,), "TD_QE": (2, 3)}


class QeIdentity(NamedTuple):
    """A QE identity that parsed."""

    id: str
    """`QE` or `TD_QE`."""
    issue_date: datetime
    next_update: datetime
    evaluation_number: int
    misc_select: bytes
    """MISCSELECT (4) under the mask, byte by byte as in the report."""
    misc_select_mask: bytes
    attributes: bytes
    """ATTRIBUTES (16) under the mask."""
    attributes_mask: bytes
    mr_signer: bytes
    """MRSIGNER (32)."""
    isv_prod_id: int
    levels: Tuple[IsvLevel, ...]
    """Highest first."""


def parse_qe_identity(text: str) -> QeIdentity:
    """Return the QE identity of a text that Intel signed.

    Raises:
        MalformedError: not strict JSON with the members of their types [COL-6], or a status that
            such a level cannot have [TCB-2].
        EvidenceError: not the identity of a quoting enclave, in a version that is known [COL-8].
    """
    node = parse_json_object(text, max_size=MAX_SIGNED_JSON_SIZE, where="qe_identity", rule="COL-6")
    kind = get_text(node, "id")
    if kind not in _VERSIONS_OF:
        raise EvidenceError(
            f"id {excerpt(kind)}, required QE or TD_QE", rule="COL-8", where=node.path("id")
        )
    version = get_integer(node, "version", maximum=0xFFFF)
    if version not in _VERSIONS_OF[kind]:
        raise EvidenceError(
            f"version {version} of {kind}, required one of {_VERSIONS_OF[kind]}",
            rule="COL-8",
            where=node.path("version"),
        )
    return QeIdentity(
        id=kind,
        issue_date=get_time(node, "issueDate"),
        next_update=get_time(node, "nextUpdate"),
        evaluation_number=get_integer(node, "tcbEvaluationDataNumber", maximum=0xFFFFFFFF),
        misc_select=get_bytes(node, "miscselect", size=4),
        misc_select_mask=get_bytes(node, "miscselectMask", size=4),
        attributes=get_bytes(node, "attributes", size=16),
        attributes_mask=get_bytes(node, "attributesMask", size=16),
        mr_signer=get_bytes(node, "mrsigner", size=32),
        isv_prod_id=get_integer(node, "isvprodid", maximum=0xFFFF),
        levels=parse_isv_levels(node, "tcbLevels", statuses=QE_STATUSES, max_svn=0xFFFF),
    )
