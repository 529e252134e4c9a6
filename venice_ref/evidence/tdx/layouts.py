"""The fixed structures of a DCAP quote, as printed tables.

Sources: "Intel TDX DCAP: Quote Generation Library and Quote Verification Library", appendix A.3
(version 4) and A.4 (version 5); "Intel SGX ECDSA QuoteGenReference and QuoteVerification", A.4
(version 3); for TD report 1.5 "ex", which neither prints, the structures of Intel's quote
verification library of 2026.  All integers are little-endian; r, s, x and y of ECDSA are
big-endian.  The comment gives the vendor's spelling.

The parts of variable length are walked by `quote.parse_quote`.
"""

from __future__ import annotations

from typing import Dict, Final, NamedTuple, Tuple

from venice_ref.codec.layout import Field, Layout

__all__ = [
    "BODY_KINDS",
    "ENCRYPTED_PPID_2048",
    "ENCRYPTED_PPID_3072",
    "HEADER_V3",
    "HEADER_V4",
    "PLAIN_PPID",
    "QE_VENDOR_ID",
    "SGX_FLAG_DEBUG",
    "SGX_REPORT",
    "SIGNATURE_AND_KEY",
    "SIGNED_QE_REPORT",
    "TD_REPORT_10",
    "TD_REPORT_15",
    "TD_REPORT_15EX",
    "TEE_SGX",
    "TEE_TDX",
    "V5_BODY_DESCRIPTOR",
    "BodyKind",
    "header_layout",
]

TEE_SGX: Final = 0x00
TEE_TDX: Final = 0x81
"""The two TEE types  [QUO-4]."""

QE_VENDOR_ID: Final = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")
"""Intel's quoting enclave  [QUO-5]."""

# --- Header -------------------------------------------------------------------------------------

HEADER_V3: Final = Layout("quote.header", 48, (
    #     offset  size  name                        Intel SGX ECDSA, A.4
    Field(0x00,    2, "version"),                 # Version = 3
    Field(0x02,    2, "attestation_key_type"),    # Attestation Key Type; 2 = ECDSA-256-with-P-256
    Field(0x04,    4, "tee_type"),                # Reserved; zero, which later means SGX
    Field(0x08,    2, "qe_svn"),                  # QE SVN
    Field(0x0A,    2, "pce_svn"),                 # PCE SVN
    Field(0x0C,   16, "qe_vendor_id"),            # QE Vendor ID
    Field(0x1C,   20, "user_data"),               # User Data; the first 16 bytes are the QE's id
))  # fmt: skip

HEADER_V4: Final = Layout("quote.header", 48, (
    #     offset  size  name                        Intel TDX DCAP, A.3.1 and A.4.1
    Field(0x00,    2, "version"),                 # Version = 4 or 5
    Field(0x02,    2, "attestation_key_type"),    # Attestation Key Type; 2 = ECDSA-256-with-P-256
    Field(0x04,    4, "tee_type"),                # TEE Type; 0 = SGX, 0x81 = TDX
    Field(0x08,    2, "reserved_1"),              # RESERVED
    Field(0x0A,    2, "reserved_2"),              # RESERVED
    Field(0x0C,   16, "qe_vendor_id"),            # QE Vendor ID
    Field(0x1C,   20, "user_data"),               # User Data
))  # fmt: skip

V5_BODY_DESCRIPTOR: Final = Layout("quote.body_descriptor", 6, (
    #     offset  size  name                        Intel TDX DCAP, A.4.2
    Field(0x00,    2, "body_type"),               # TD Quote Body Type, 1 to 4
    Field(0x02,    4, "body_size"),               # Size
))  # fmt: skip


def header_layout(version: int) -> Layout:
    """Return the table of the header of a quote version (3, 4 or 5)."""
    return HEADER_V3 if version == 3 else HEADER_V4


# --- Bodies -------------------------------------------------------------------------------------

SGX_REPORT: Final = Layout("quote.sgx_report", 384, (
    #     offset  size  name                        Intel SGX ECDSA, A.4, Enclave Report Body
    Field(0x000,  16, "cpu_svn"),                 # CPUSVN
    Field(0x010,   4, "misc_select"),             # MISCSELECT
    Field(0x014,  28, "reserved_1"),              # Reserved
    Field(0x030,  16, "attributes"),              # Attributes: flags (8), XFRM (8)
    Field(0x040,  32, "mr_enclave"),              # MRENCLAVE
    Field(0x060,  32, "reserved_2"),              # Reserved
    Field(0x080,  32, "mr_signer"),               # MRSIGNER
    Field(0x0A0,  96, "reserved_3"),              # Reserved
    Field(0x100,   2, "isv_prod_id"),             # ISVProdID
    Field(0x102,   2, "isv_svn"),                 # ISVSVN
    Field(0x104,  60, "reserved_4"),              # Reserved
    Field(0x140,  64, "report_data"),             # Report Data
))  # fmt: skip

SGX_FLAG_DEBUG: Final = 0x02
"""In byte 0 of an enclave's ATTRIBUTES: the host can read and change the enclave's memory."""

_TD_10: Final = (
    #     offset  size  name                        Intel TDX DCAP, A.3.2 and A.4.3
    Field(0x000,  16, "tee_tcb_svn"),             # TEE_TCB_SVN: module minor, module major, loader
    Field(0x010,  48, "mr_seam"),                 # MRSEAM
    Field(0x040,  48, "mr_signer_seam"),          # MRSIGNERSEAM
    Field(0x070,   8, "seam_attributes"),         # SEAMATTRIBUTES
    Field(0x078,   8, "td_attributes"),           # TDATTRIBUTES
    Field(0x080,   8, "xfam"),                    # XFAM
    Field(0x088,  48, "mr_td"),                   # MRTD
    Field(0x0B8,  48, "mr_config_id"),            # MRCONFIGID
    Field(0x0E8,  48, "mr_owner"),                # MROWNER
    Field(0x118,  48, "mr_owner_config"),         # MROWNERCONFIG
    Field(0x148,  48, "rt_mr0"),                  # RTMR0
    Field(0x178,  48, "rt_mr1"),                  # RTMR1
    Field(0x1A8,  48, "rt_mr2"),                  # RTMR2
    Field(0x1D8,  48, "rt_mr3"),                  # RTMR3
    Field(0x208,  64, "report_data"),             # REPORTDATA
)  # fmt: skip

_TD_15: Final = (
    *_TD_10,
    #     offset  size  name                        Intel TDX DCAP, A.4.4
    Field(0x248,  16, "tee_tcb_svn_2"),           # TEE_TCB_SVN_2: the TCB now, not at launch
    Field(0x258,  48, "mr_service_td"),           # MRSERVICETD
)  # fmt: skip

_TD_15EX: Final = (
    *_TD_15,
    #     offset  size  name                        Intel quote verification library, TDReport15Ex
    Field(0x288,   1, "vm_id"),                   # vmId
    Field(0x289,  32, "td_id"),                   # tdId
    Field(0x2A9,  48, "dev_info"),                # devInfo
    Field(0x2D9,  48, "init_servtd_hash"),        # initServtdHash
    Field(0x309,   8, "init_servtd_attr"),        # initServtdAttr
    Field(0x311,  16, "init_cpu_svn"),            # initCpuSvn
    Field(0x321,  16, "init_tee_tcb_svn"),        # initTeeTcbSvn
    Field(0x331,  12, "init_tee_fmspc"),          # initTeeFmspc
    Field(0x33D,  48, "cur_servtd_hash"),         # curServtdHash
    Field(0x36D,   8, "cur_servtd_attr"),         # curServtdAttr
)  # fmt: skip

TD_REPORT_10: Final = Layout("quote.td_report", 584, _TD_10)
TD_REPORT_15: Final = Layout("quote.td_report", 648, _TD_15)
TD_REPORT_15EX: Final = Layout("quote.td_report", 885, _TD_15EX)


class BodyKind(NamedTuple):
    """One kind of body: its number in version 5, its table, and the TEE that produces it."""

    body_type: int
    layout: Layout
    tee_type: int


BODY_KINDS: Final[Dict[str, BodyKind]] = {
    "sgx": BodyKind(1, SGX_REPORT, TEE_SGX),
    "td-1.0": BodyKind(2, TD_REPORT_10, TEE_TDX),
    "td-1.5": BodyKind(3, TD_REPORT_15, TEE_TDX),
    "td-1.5ex": BodyKind(4, TD_REPORT_15EX, TEE_TDX),
}
"""The bodies by the name that this package gives them  [QUO-6]."""

# --- Signature data -----------------------------------------------------------------------------

SIGNATURE_AND_KEY: Final = Layout("quote.signature_data", 128, (
    #     offset  size  name                        Intel TDX DCAP, A.3; SGX ECDSA, A.4
    Field(0x00,   64, "signature"),               # ISV Enclave Report / Quote Signature: r || s
    Field(0x40,   64, "attestation_key"),         # ECDSA Attestation Key: x || y
))  # fmt: skip

SIGNED_QE_REPORT: Final = Layout("quote.qe_report", 448, (
    #     offset  size  name                        the same, QE Report Certification Data
    Field(0x000, 384, "qe_report"),               # QE Report, an `SGX_REPORT`
    Field(0x180,  64, "qe_report_signature"),     # QE Report Signature: r || s, by the PCK
))  # fmt: skip


def _platform_layout(ppid_size: int) -> Layout:
    """Return certification data that names the platform instead of carrying its certificate."""
    fields: Tuple[Field, ...] = (
        Field(0, ppid_size, "ppid"),  # PPID, in the clear or encrypted with RSA-OAEP
        Field(ppid_size, 16, "cpu_svn"),  # CPUSVN
        Field(ppid_size + 16, 2, "pce_svn"),  # PCESVN
        Field(ppid_size + 18, 2, "pce_id"),  # PCEID
    )
    return Layout("quote.certification_data", ppid_size + 20, fields)


PLAIN_PPID: Final = _platform_layout(16)
"""Certification data of type 1."""

ENCRYPTED_PPID_2048: Final = _platform_layout(256)
"""Certification data of type 2."""

ENCRYPTED_PPID_3072: Final = _platform_layout(384)
"""Certification data of type 3."""
