"""The report of the quoting enclave: that Intel's enclave made the attestation key, and which one.

The PCK signed the report, the report names the attestation key by its hash, and the QE identity
says which enclave may do so.  Signatures are verified in `verify`; these are the comparisons.
"""

from __future__ import annotations

import hashlib
from typing import Mapping

from venice_ref.errors import EvidenceError
from venice_ref.evidence.tdx.layouts import SGX_FLAG_DEBUG
from venice_ref.evidence.tdx.levels import IsvLevel
from venice_ref.evidence.tdx.qe_identity import QeIdentity
from venice_ref.evidence.tdx.quote import SignatureData
from venice_ref.evidence.tdx.tcb import isv_level

__all__ = ["check_qe_identity", "check_report_data", "masked_equal", "qe_level"]


def check_report_data(data: SignatureData) -> None:
    """Refuse a QE report that does not name the attestation key of the quote.

    REPORTDATA = SHA-256(attestation key (64) || QE authentication data) (32) || zero (32).

    Raises:
        EvidenceError: it does not [QUO-13].
    """
    hashed = hashlib.sha256(data.attestation_key + data.qe_authentication_data).digest()
    if data.qe_report_fields["report_data"] != hashed + bytes(32):
        raise EvidenceError(
            "the QE report does not name the attestation key and the authentication data",
            rule="QUO-13",
            where="quote.qe_report.report_data",
        )


def check_qe_identity(report: Mapping[str, bytes], identity: QeIdentity) -> None:
    """Refuse a report that is not of the enclave that the QE identity describes.

    Raises:
        EvidenceError: another enclave [QUO-14], or one under debug [QUO-15].
    """
    _require(
        masked_equal(report["misc_select"], identity.misc_select, identity.misc_select_mask),
        "misc_select",
    )
    _require(
        masked_equal(report["attributes"], identity.attributes, identity.attributes_mask),
        "attributes",
    )
    _require(report["mr_signer"] == identity.mr_signer, "mr_signer")
    _require(int.from_bytes(report["isv_prod_id"], "little") == identity.isv_prod_id, "isv_prod_id")
    # Intel's identities cover this bit with their mask; that is not for the mask to decide.
    if report["attributes"][0] & SGX_FLAG_DEBUG:
        raise EvidenceError(
            "the quoting enclave runs under debug",
            rule="QUO-15",
            where="quote.qe_report.attributes",
        )


def qe_level(report: Mapping[str, bytes], identity: QeIdentity) -> IsvLevel:
    """Return the level that the quoting enclave reaches.

    Raises:
        EvidenceError: none [TCB-3].
    """
    return isv_level(
        identity.levels,
        int.from_bytes(report["isv_svn"], "little"),
        what="quoting enclave",
        where="quote.qe_report.isv_svn",
    )


def masked_equal(found: bytes, expected: bytes, mask: bytes) -> bool:
    """Tell whether `found` is `expected` where the mask has ones.

    As in Intel's library `found & mask` is compared with `expected` itself, so that an expected bit
    that the mask would hide equals nothing.
    """
    return bytes(bit & m for bit, m in zip(found, mask)) == expected


def _require(holds: bool, name: str) -> None:
    if not holds:
        raise EvidenceError(
            f"{name} of the quoting enclave is not that of the QE identity",
            rule="QUO-14",
            where=f"quote.qe_report.{name}",
        )
