"""Quotes of the mock: well formed, bound, and really signed under a simulated platform.

The attestation key signs header and body; the simulated PCK key signs the report of the quoting
enclave, whose report data is SHA-256(attestation key || QE authentication data) || 32 zero bytes.
Intel TDX DCAP QGL, A.3 and A.4.

The certification data is outer type 6 and inner type 1: the platform is named by a PPID (36 bytes)
and no certificate follows.  So everything up to the PCK can be verified, and nothing above it; a
certificate chain under a simulated root belongs to a later step of this mock.
"""

from __future__ import annotations

import hashlib
from typing import Callable, Dict, Final, NamedTuple, Tuple

from conformance.mock_tee.measurements import MEASUREMENTS
from venice_ref.crypto.curves import P256
from venice_ref.crypto.ecdsa import sign
from venice_ref.crypto.weierstrass import multiply
from venice_ref.evidence.tdx.encode import (
    encode_quote,
    encode_sgx_report,
    encode_signed,
    header_fields,
    zero_body,
)
from venice_ref.evidence.tdx.layouts import PLAIN_PPID, TEE_SGX, TEE_TDX
from venice_ref.evidence.tdx.quote import CertificationData, SignatureData
from venice_ref.model import RandomBytes

__all__ = ["QUOTE_KINDS", "TRAILING_ZEROS", "Platform", "make_platform", "sgx_quote", "tdx_quote"]

QUOTE_KINDS: Final[Dict[str, Tuple[int, str]]] = {
    "v4": (4, "td-1.0"),
    "v5-1.0": (5, "td-1.0"),
    "v5-1.5": (5, "td-1.5"),
}
"""The quotes that the mock can make: version and kind of body."""

TRAILING_ZEROS: Final = 70
"""Zero bytes after the signature data, as in every answer that was observed."""

QE_AUTHENTICATION_DATA: Final = bytes(range(32))
"""00 01 .. 1f, as Intel's quoting enclave has it."""

TD_ATTRIBUTES: Final = bytes.fromhex("0000001000000000")
"""SEPT_VE_DISABLE set, debug clear."""

XFAM: Final = bytes.fromhex("e702060000000000")

TEE_TCB_SVN: Final = bytes.fromhex("07010300000000000000000000000000")

CPU_SVN: Final = bytes.fromhex("0303191b04ff00060000000000000000")


class Platform(NamedTuple):
    """The simulated machine: its keys and the identity of its quoting enclave."""

    attestation_scalar: int
    attestation_key: bytes
    """x || y (64) on P-256."""
    pck_scalar: int
    pck_key: bytes
    """x || y (64) on P-256; a certificate would carry it."""
    ppid: bytes
    """16 bytes."""
    qe_id: bytes
    """16 bytes."""


def make_platform(random_bytes: RandomBytes) -> Platform:
    """Return a machine with fresh keys."""
    attestation_scalar, attestation_key = _key_pair(random_bytes)
    pck_scalar, pck_key = _key_pair(random_bytes)
    return Platform(
        attestation_scalar,
        attestation_key,
        pck_scalar,
        pck_key,
        ppid=random_bytes(16),
        qe_id=random_bytes(16),
    )


def _key_pair(random_bytes: RandomBytes) -> Tuple[int, bytes]:
    scalar = int.from_bytes(random_bytes(32), "big") % (P256.n - 1) + 1
    point = multiply(P256, scalar, (P256.gx, P256.gy))
    if point is None:
        raise ArithmeticError("a scalar in [1, n-1] gave the point at infinity")
    return scalar, point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def tdx_quote(
    platform: Platform,
    report_data: bytes,
    *,
    quote_kind: str = "v4",
    change: Callable[[Dict[str, bytes]], Dict[str, bytes]] = lambda fields: fields,
) -> bytes:
    """Return a signed TDX quote with 70 zero bytes behind it.

    `quote_kind` is a key of `QUOTE_KINDS`; `change` alters the TD report before it is signed.
    """
    version, body_kind = QUOTE_KINDS[quote_kind]
    signed = encode_signed(
        version,
        header=header_fields(version, TEE_TDX, user_data=platform.qe_id + bytes(4)),
        body_kind=body_kind,
        body=change(_td_fields(report_data, body_kind)),
    )
    return encode_quote(signed, _signature_data(platform, signed), trailing=bytes(TRAILING_ZEROS))


def sgx_quote(platform: Platform, report_data: bytes) -> bytes:
    """Return a signed SGX quote of version 3: the wrong kind of machine, correctly made."""
    fields = _enclave_fields("application", report_data)
    signed = encode_signed(
        3,
        header=header_fields(3, TEE_SGX, user_data=platform.qe_id + bytes(4)),
        body_kind="sgx",
        body=zero_body("sgx", **fields),
    )
    return encode_quote(signed, _signature_data(platform, signed))


def _td_fields(report_data: bytes, body_kind: str) -> Dict[str, bytes]:
    """Return the fields of the mock's TD report around a REPORTDATA of 64 bytes."""
    fields = {
        "tee_tcb_svn": TEE_TCB_SVN,
        "mr_seam": MEASUREMENTS.mr_seam,
        "td_attributes": TD_ATTRIBUTES,
        "xfam": XFAM,
        "mr_td": MEASUREMENTS.mr_td,
        "mr_config_id": MEASUREMENTS.mr_config_id,
        "rt_mr0": MEASUREMENTS.rtmrs[0],
        "rt_mr1": MEASUREMENTS.rtmrs[1],
        "rt_mr2": MEASUREMENTS.rtmrs[2],
        "rt_mr3": MEASUREMENTS.rtmrs[3],
        "report_data": report_data,
    }
    if body_kind == "td-1.5":
        fields["tee_tcb_svn_2"] = TEE_TCB_SVN
    return zero_body(body_kind, **fields)


def _enclave_fields(label: str, report_data: bytes) -> Dict[str, bytes]:
    """Return the fields of a synthetic SGX report; what is not named is zero."""
    return {
        "cpu_svn": CPU_SVN,
        "attributes": bytes.fromhex("1500000000000000e700000000000000"),
        "mr_enclave": hashlib.sha256(f"venice-ref mock, synthetic: {label}".encode()).digest(),
        "mr_signer": hashlib.sha256(b"venice-ref mock, synthetic: signer").digest(),
        "isv_prod_id": (2).to_bytes(2, "little"),
        "isv_svn": (6).to_bytes(2, "little"),
        "report_data": report_data,
    }


def _signature_data(platform: Platform, signed: bytes) -> SignatureData:
    binding = hashlib.sha256(platform.attestation_key + QE_AUTHENTICATION_DATA).digest()
    report = encode_sgx_report(**_enclave_fields("quoting enclave", binding + bytes(32)))
    certification = {
        "ppid": platform.ppid,
        "cpu_svn": CPU_SVN,
        "pce_svn": (13).to_bytes(2, "little"),
        "pce_id": bytes(2),
    }
    return SignatureData(
        signature=_sign(platform.attestation_scalar, signed),
        attestation_key=platform.attestation_key,
        qe_report=report,
        qe_report_signature=_sign(platform.pck_scalar, report),
        qe_authentication_data=QE_AUTHENTICATION_DATA,
        certification=CertificationData(1, PLAIN_PPID.join(certification), certification),
    )


def _sign(scalar: int, message: bytes) -> bytes:
    """Return r || s (64) of ECDSA on P-256 over SHA-256, deterministic by RFC 6979."""
    signature = sign(P256, scalar, hashlib.sha256(message).digest())
    return signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big")
