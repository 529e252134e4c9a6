"""Fields into the bytes of a quote: the inverse of `quote`, by the same tables.

    signed = encode_signed(4, header=header_fields(4, TEE_TDX), body_kind="td-1.0",
                           body=zero_body("td-1.0", report_data=..., mr_td=...))
    raw = encode_quote(signed, signature_data, trailing=bytes(70))

Between the two calls the signed part is signed.  Nothing is signed or invented here, and nothing is
checked but names and sizes, so that a test can build what a parser must refuse.
"""

from __future__ import annotations

from typing import Dict, Mapping, Optional

from venice_ref.codec.layout import Layout
from venice_ref.errors import UsageError
from venice_ref.evidence.tdx.layouts import (
    BODY_KINDS,
    QE_VENDOR_ID,
    SGX_REPORT,
    SIGNATURE_AND_KEY,
    SIGNED_QE_REPORT,
    V5_BODY_DESCRIPTOR,
    header_layout,
)
from venice_ref.evidence.tdx.quote import (
    ATTESTATION_KEY_P256,
    CERTIFICATION_QE_REPORT,
    CertificationData,
    SignatureData,
)

__all__ = [
    "encode_quote",
    "encode_sgx_report",
    "encode_signature_data",
    "encode_signed",
    "header_fields",
    "zero_body",
]


def header_fields(version: int, tee_type: int, *, user_data: bytes = bytes(20)) -> Dict[str, bytes]:
    """Return the fields of a header that a parser accepts; the SVNs of version 3 are zero."""
    return _filled(
        header_layout(version),
        {
            "version": _le(version, 2),
            "attestation_key_type": _le(ATTESTATION_KEY_P256, 2),
            "tee_type": _le(tee_type, 4),
            "qe_vendor_id": QE_VENDOR_ID,
            "user_data": user_data,
        },
    )


def zero_body(body_kind: str, **fields: bytes) -> Dict[str, bytes]:
    """Return a body, a key of `BODY_KINDS`, whose fields are zero but for those given."""
    return _filled(_body_layout(body_kind), fields)


def encode_signed(
    version: int,
    *,
    header: Mapping[str, bytes],
    body_kind: str,
    body: Mapping[str, bytes],
) -> bytes:
    """Return what the attestation key signs: header, in version 5 the descriptor, and body."""
    layout = _body_layout(body_kind)
    descriptor = b""
    if version == 5:
        body_type = _le(BODY_KINDS[body_kind].body_type, 2)
        descriptor = V5_BODY_DESCRIPTOR.join(
            {"body_type": body_type, "body_size": _le(layout.size, 4)}
        )
    return header_layout(version).join(header) + descriptor + layout.join(body)


def encode_sgx_report(**fields: bytes) -> bytes:
    """Return an enclave report (384), such as the QE's, zero but for the fields given."""
    return SGX_REPORT.join(_filled(SGX_REPORT, fields))


def encode_quote(signed: bytes, signature_data: SignatureData, *, trailing: bytes = b"") -> bytes:
    """Return the whole quote; the first two bytes of `signed` say of which version."""
    data = encode_signature_data(int.from_bytes(signed[:2], "little"), signature_data)
    return signed + _le(len(data), 4) + data + trailing


def encode_signature_data(version: int, signature_data: SignatureData) -> bytes:
    """Return the signature data without its length, nested as the version wants it."""
    first = SIGNATURE_AND_KEY.join(
        {
            "signature": signature_data.signature,
            "attestation_key": signature_data.attestation_key,
        }
    )
    second = SIGNED_QE_REPORT.join(
        {
            "qe_report": signature_data.qe_report,
            "qe_report_signature": signature_data.qe_report_signature,
        }
    )
    authentication = signature_data.qe_authentication_data
    second += _le(len(authentication), 2) + authentication
    second += _certification(signature_data.certification)
    if version == 3:
        return first + second
    return first + _le(CERTIFICATION_QE_REPORT, 2) + _le(len(second), 4) + second


def _certification(certification: CertificationData) -> bytes:
    # `platform` is the same data by names, so that `data` alone decides.
    return _le(certification.type, 2) + _le(len(certification.data), 4) + certification.data


def _body_layout(body_kind: str) -> Layout:
    if body_kind not in BODY_KINDS:
        raise UsageError(f"no body of the kind {body_kind!r}, one of {', '.join(BODY_KINDS)}")
    return BODY_KINDS[body_kind].layout


def _filled(layout: Layout, fields: Optional[Mapping[str, bytes]]) -> Dict[str, bytes]:
    """Return all fields of a layout, zero but for those given; `join` refuses wrong sizes."""
    values = {field.name: bytes(field.size) for field in layout.fields}
    values.update(fields or {})
    if len(values) != len(layout.fields):
        raise UsageError(f"layout {layout.name}: a field that it does not have")
    return values


def _le(value: int, size: int) -> bytes:
    """Return an unsigned little-endian integer."""
    if not 0 <= value < 1 << (8 * size):
        raise UsageError(f"{value} does not fit in {size} bytes")
    return value.to_bytes(size, "little")
