"""Quotes of the mock: well formed, bound, and really signed under a simulated platform.

The attestation key signs header and body; the simulated PCK key signs the report of the quoting
enclave, whose report data is SHA-256(attestation key || QE authentication data) || 32 zero bytes.
The certification data is of type 5: the chain from the PCK certificate to the simulated root, in
PEM with one NUL behind it.  Intel TDX DCAP QGL, A.3 and A.4.

`QuoteHooks` lets a fault change a part before whatever signs over it.
"""

from __future__ import annotations

import hashlib
from typing import Callable, Dict, Final, NamedTuple, Tuple, TypeVar

from conformance.mock_tee.measurements import MEASUREMENTS
from conformance.mock_tee.pki.authority import Key, draw_key
from conformance.mock_tee.pki.intel import CPU_SVN, Chain, encode_chain
from conformance.mock_tee.pki.statements import (
    QE_ISV_SVN,
    QE_MR_SIGNER,
    QE_PRODUCT_OF,
    TEE_TCB_SVN,
)
from venice_ref.crypto.curves import P256
from venice_ref.evidence.tdx.encode import (
    encode_quote,
    encode_sgx_report,
    encode_signed,
    header_fields,
    zero_body,
)
from venice_ref.evidence.tdx.layouts import TEE_SGX, TEE_TDX
from venice_ref.evidence.tdx.quote import CertificationData, SignatureData
from venice_ref.model import RandomBytes

__all__ = [
    "NO_HOOKS",
    "QUOTE_KINDS",
    "TRAILING_ZEROS",
    "Fields",
    "Platform",
    "QuoteHooks",
    "make_platform",
    "sgx_quote",
    "tdx_quote",
]

T = TypeVar("T")

Fields = Dict[str, bytes]
"""The fields of a report by name, as `evidence.tdx.layouts` has them."""

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

PCK_CHAIN: Final = 5
"""The type of certification data that holds the PCK chain."""


class Platform(NamedTuple):
    """The simulated machine: its keys and what identifies it."""

    attestation: Key
    """Signs quotes; made by the quoting enclave, and certified by its report only."""
    pck: Key
    """Signs reports of the quoting enclave; Intel certifies it."""
    ppid: bytes
    """16 bytes."""
    qe_id: bytes
    """16 bytes."""


def make_platform(random_bytes: RandomBytes) -> Platform:
    """Return a machine with fresh keys on P-256."""
    attestation, pck = draw_key(P256, random_bytes), draw_key(P256, random_bytes)
    return Platform(attestation, pck, ppid=random_bytes(16), qe_id=random_bytes(16))


def _same(value: T) -> T:
    return value


class QuoteHooks(NamedTuple):
    """Changes to a quote, in the order in which it is made; by default none."""

    body: Callable[[Fields], Fields] = _same
    """Fields of the TD report, before the quote is signed."""
    attestation_key: Callable[[Key], Key] = _same
    """The key that signs the quote and stands in it; the QE report names the platform's."""
    qe_report: Callable[[Fields], Fields] = _same
    """Fields of the report of the quoting enclave, before the PCK signs it."""
    pck_chain: Callable[[Chain], Chain] = _same
    signature_data: Callable[[SignatureData], SignatureData] = _same
    """Everything behind the signed part."""


NO_HOOKS: Final = QuoteHooks()


def tdx_quote(
    platform: Platform,
    pck_chain: Chain,
    report_data: bytes,
    *,
    quote_kind: str = "v4",
    hooks: QuoteHooks = NO_HOOKS,
) -> bytes:
    """Return a signed TDX quote with 70 zero bytes behind it; `quote_kind` is of `QUOTE_KINDS`."""
    version, body_kind = QUOTE_KINDS[quote_kind]
    signed = encode_signed(
        version,
        header=header_fields(version, TEE_TDX, user_data=platform.qe_id + bytes(4)),
        body_kind=body_kind,
        body=hooks.body(_td_fields(report_data, body_kind)),
    )
    data = _signature_data(platform, pck_chain, signed, "TDX", hooks)
    return encode_quote(signed, data, trailing=bytes(TRAILING_ZEROS))


def sgx_quote(platform: Platform, pck_chain: Chain, report_data: bytes) -> bytes:
    """Return a signed SGX quote of version 3: the wrong kind of machine, correctly made."""
    fields = _enclave_fields("application", isv_svn=1, isv_prod_id=1, report_data=report_data)
    signed = encode_signed(
        3,
        header=header_fields(3, TEE_SGX, user_data=platform.qe_id + bytes(4)),
        body_kind="sgx",
        body=zero_body("sgx", **fields),
    )
    return encode_quote(signed, _signature_data(platform, pck_chain, signed, "SGX", NO_HOOKS))


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


def _enclave_fields(label: str, *, isv_svn: int, isv_prod_id: int, report_data: bytes) -> Fields:
    """Return the fields of a synthetic SGX report; what is not named is zero."""
    return {
        "cpu_svn": CPU_SVN,
        "attributes": bytes.fromhex("1500000000000000e700000000000000"),
        "mr_enclave": hashlib.sha256(f"venice-ref mock, synthetic: {label}".encode()).digest(),
        "mr_signer": hashlib.sha256(b"venice-ref mock, synthetic: signer").digest(),
        "isv_prod_id": isv_prod_id.to_bytes(2, "little"),
        "isv_svn": isv_svn.to_bytes(2, "little"),
        "report_data": report_data,
    }


def _signature_data(
    platform: Platform, pck_chain: Chain, signed: bytes, tee: str, hooks: QuoteHooks
) -> SignatureData:
    binding = hashlib.sha256(platform.attestation.xy + QE_AUTHENTICATION_DATA).digest()
    fields = _enclave_fields(
        f"quoting enclave for {tee}",
        isv_svn=QE_ISV_SVN,
        isv_prod_id=QE_PRODUCT_OF[tee],
        report_data=binding + bytes(32),
    )
    report = encode_sgx_report(**hooks.qe_report({**fields, "mr_signer": QE_MR_SIGNER}))
    chain = encode_chain(hooks.pck_chain(pck_chain)).encode("ascii") + b"\0"
    attestation = hooks.attestation_key(platform.attestation)
    return hooks.signature_data(
        SignatureData(
            signature=attestation.sign(signed),
            attestation_key=attestation.xy,
            qe_report=report,
            qe_report_signature=platform.pck.sign(report),
            qe_authentication_data=QE_AUTHENTICATION_DATA,
            certification=CertificationData(PCK_CHAIN, chain, {}),
        )
    )
