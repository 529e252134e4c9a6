"""Quotes: bytes into named fields, every length consumed to the byte.

    quote     = header (48) || [descriptor (6)] || body || length (4) || signature data || trailing
    v3 data   = signature (64) || key (64) || QE report (384) || signature (64)
                || length (2) || QE authentication data || type (2) || length (4) || certification
    v4/5 data = signature (64) || key (64) || 6 (2) || length (4) || { the rest of the v3 data }

Version 3 is SGX; version 4 is SGX or TDX by the TEE type; version 5 names its body in a
descriptor.  The structures of fixed size are in `layouts`, the way back is in `encode`.

A parsed quote proves nothing: no signature, certificate or measurement is judged here.
"""

from __future__ import annotations

import re
from typing import Dict, Final, Mapping, NamedTuple, Optional, Tuple

from venice_ref.codec.layout import Layout, Reader
from venice_ref.codec.strict import decode_base64, decode_base64url, decode_hex, excerpt
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.tdx.layouts import (
    BODY_KINDS,
    ENCRYPTED_PPID_2048,
    ENCRYPTED_PPID_3072,
    PLAIN_PPID,
    QE_VENDOR_ID,
    SGX_REPORT,
    SIGNATURE_AND_KEY,
    SIGNED_QE_REPORT,
    TEE_SGX,
    TEE_TDX,
    V5_BODY_DESCRIPTOR,
    header_layout,
)
from venice_ref.spec import MAX_QUOTE_SIZE

__all__ = [
    "ATTESTATION_KEY_P256",
    "CERTIFICATION_QE_REPORT",
    "VERSIONS",
    "CertificationData",
    "Quote",
    "SignatureData",
    "check_trailing",
    "decode_quote_file",
    "decode_quote_text",
    "parse_quote",
]

VERSIONS: Final = (3, 4, 5)
ATTESTATION_KEY_P256: Final = 2
CERTIFICATION_QE_REPORT: Final = 6

_PLATFORM_LAYOUTS: Final[Dict[int, Layout]] = {
    1: PLAIN_PPID,
    2: ENCRYPTED_PPID_2048,
    3: ENCRYPTED_PPID_3072,
}
_PEM_TYPES: Final = (4, 5)
_BODY_TYPES: Final = {kind.body_type: name for name, kind in BODY_KINDS.items()}


class CertificationData(NamedTuple):
    """What leads from the QE report's signature to Intel."""

    type: int
    """1 to 3: the platform is named by its PPID; 4: PEM of the PCK leaf; 5: PEM of the chain."""
    data: bytes
    """The bytes as they stand in the quote; in PEM often with one NUL at the end."""
    platform: Mapping[str, bytes]
    """The fields of types 1 to 3; empty for the others."""


class SignatureData(NamedTuple):
    """Everything behind the signed part, not yet believed."""

    signature: bytes
    """r || s (64) by the attestation key over the signed part."""
    attestation_key: bytes
    """x || y (64) on P-256."""
    qe_report: bytes
    """The report of the quoting enclave (384), as the PCK signed it."""
    qe_report_signature: bytes
    """r || s (64) by the PCK over the QE report."""
    qe_authentication_data: bytes
    """Hashed into the QE report together with the attestation key."""
    certification: CertificationData

    @property
    def qe_report_fields(self) -> Mapping[str, bytes]:
        """The QE report by field names."""
        return SGX_REPORT.split(self.qe_report)


class Quote(NamedTuple):
    """A quote that parsed, not yet believed."""

    version: int
    header: Mapping[str, bytes]
    """The fields of `HEADER_V3` or `HEADER_V4`."""
    body_kind: str
    """A key of `BODY_KINDS`: `sgx`, `td-1.0`, `td-1.5` or `td-1.5ex`."""
    body: Mapping[str, bytes]
    """The fields of the body's table."""
    signed_bytes: bytes
    """What the attestation key signed: header, in version 5 the descriptor, and body."""
    signature_data: SignatureData
    trailing: bytes
    """What follows the signature data; unsigned, and zero in a quote that may pass  [QUO-9]."""

    @property
    def tee_type(self) -> int:
        """0 for SGX, 0x81 for TDX."""
        return BODY_KINDS[self.body_kind].tee_type

    @property
    def is_tdx(self) -> bool:
        """True for a quote of a trust domain."""
        return self.tee_type == TEE_TDX

    @property
    def report_data(self) -> bytes:
        """REPORTDATA (64), which every kind of body has."""
        return self.body["report_data"]


# --- Parsing ------------------------------------------------------------------------------------


def parse_quote(raw: bytes) -> Quote:
    """Return the quote of at most 65536 bytes, all of its fields by name.

    The checks run from the first byte to the last: size, header, body, signature data.  Bytes after
    the signature data are kept as `trailing`, whatever they are [QUO-21].

    Spec: QUO-2 to QUO-10, QUO-21, QUO-22.

    Raises:
        MalformedError: the rule and the place say which part is not as it must be.
    """
    if len(raw) > MAX_QUOTE_SIZE:
        raise MalformedError(
            f"a quote of {len(raw)} bytes, at most {MAX_QUOTE_SIZE}", rule="QUO-10", where="quote"
        )
    reader = Reader(bytes(raw), where="quote", rule="QUO-7")
    version, header = _header(reader)
    body_kind = _body_kind(reader, version, _integer(header["tee_type"]))
    body = reader.layout(BODY_KINDS[body_kind].layout)
    signed_bytes = bytes(raw[: reader.position])
    with reader.exactly(reader.integer_le(4, "signature data length"), "signature data"):
        signature_data = _signature_data(reader, version)
    return Quote(
        version, header, body_kind, body, signed_bytes, signature_data, trailing=reader.rest()
    )


def check_trailing(quote: Quote) -> None:
    """Refuse a quote with anything but zero after its signature data, which nobody signed.

    Raises:
        EvidenceError: it has such bytes [QUO-9].
    """
    if any(quote.trailing):
        raise EvidenceError(
            f"{len(quote.trailing)} bytes after the signature data, not all zero",
            rule="QUO-9",
            where="quote",
        )


def _integer(field: bytes) -> int:
    return int.from_bytes(field, "little")


def _header(reader: Reader) -> Tuple[int, Dict[str, bytes]]:
    """Return version and header, all of whose closed fields hold."""
    raw = reader.take(header_layout(4).size, "header")
    version = _integer(raw[:2])
    if version not in VERSIONS:
        raise MalformedError(
            f"quote version {version}, required 3, 4 or 5",
            rule="QUO-2",
            where="quote.header.version",
        )
    header = header_layout(version).split(raw, rule="QUO-7")
    key_type = _integer(header["attestation_key_type"])
    if key_type != ATTESTATION_KEY_P256:
        raise MalformedError(
            f"attestation key type {key_type}, required 2 (ECDSA with P-256)",
            rule="QUO-3",
            where="quote.header.attestation_key_type",
        )
    tee_type = _integer(header["tee_type"])
    if tee_type not in ((TEE_SGX,) if version == 3 else (TEE_SGX, TEE_TDX)):
        raise MalformedError(
            f"TEE type 0x{tee_type:x} in version {version}, required 0 (SGX)"
            + ("" if version == 3 else " or 0x81 (TDX)"),
            rule="QUO-4",
            where="quote.header.tee_type",
        )
    if header["qe_vendor_id"] != QE_VENDOR_ID:
        raise MalformedError(
            f"QE vendor {header['qe_vendor_id'].hex()}, required Intel's {QE_VENDOR_ID.hex()}",
            rule="QUO-5",
            where="quote.header.qe_vendor_id",
        )
    return version, header


def _body_kind(reader: Reader, version: int, tee_type: int) -> str:
    """Return the name of the body that comes next; in version 5 this reads the descriptor."""
    if version != 5:
        return "td-1.0" if tee_type == TEE_TDX else "sgx"
    descriptor = reader.layout(V5_BODY_DESCRIPTOR)
    body_type, size = _integer(descriptor["body_type"]), _integer(descriptor["body_size"])
    name = _BODY_TYPES.get(body_type)
    if name is None:
        raise MalformedError(
            f"body type {body_type}, required 1 to 4",
            rule="QUO-6",
            where="quote.body_descriptor.body_type",
        )
    kind = BODY_KINDS[name]
    if size != kind.layout.size:
        raise MalformedError(
            f"a body of type {body_type} of {size} bytes, required {kind.layout.size}",
            rule="QUO-6",
            where="quote.body_descriptor.body_size",
        )
    if tee_type != kind.tee_type:
        raise MalformedError(
            f"body type {body_type} under TEE type 0x{tee_type:x}, required 0x{kind.tee_type:x}",
            rule="QUO-6",
            where="quote.body_descriptor.body_type",
        )
    return name


def _signature_data(reader: Reader, version: int) -> SignatureData:
    first = reader.layout(SIGNATURE_AND_KEY)
    if version == 3:
        return _qe_report_data(reader, first)
    outer_type = reader.integer_le(2, "certification data type")
    if outer_type != CERTIFICATION_QE_REPORT:
        raise MalformedError(
            f"certification data of type {outer_type}, required 6 (QE report)",
            rule="QUO-8",
            where="quote.certification_data.type",
        )
    size = reader.integer_le(4, "certification data length")
    with reader.exactly(size, "certification data"):
        return _qe_report_data(reader, first)


def _qe_report_data(reader: Reader, first: Mapping[str, bytes]) -> SignatureData:
    """Return the part that versions 3, 4 and 5 share."""
    second = reader.layout(SIGNED_QE_REPORT)
    size = reader.integer_le(2, "QE authentication data length")
    authentication = reader.take(size, "QE authentication data")
    return SignatureData(
        signature=first["signature"],
        attestation_key=first["attestation_key"],
        qe_report=second["qe_report"],
        qe_report_signature=second["qe_report_signature"],
        qe_authentication_data=authentication,
        certification=_certification(reader),
    )


def _certification(reader: Reader) -> CertificationData:
    kind = reader.integer_le(2, "certification data type")
    data = reader.take(
        reader.integer_le(4, "certification data length"), "inner certification data"
    )
    layout = _PLATFORM_LAYOUTS.get(kind)
    if layout is not None:
        return CertificationData(kind, data, layout.split(data, rule="QUO-7"))
    if kind not in _PEM_TYPES:
        raise MalformedError(
            f"inner certification data of type {kind}, required 1 to 5",
            rule="QUO-22",
            where="quote.certification_data.type",
        )
    return CertificationData(kind, data, {})


# --- Text and files -----------------------------------------------------------------------------

_ONLY_HEX = re.compile(r"[0-9a-fA-F]*\Z")
_WHITE_SPACE: Final = b" \t\r\n"
_MAX_FILE_SIZE: Final = 3 * MAX_QUOTE_SIZE
"""Bytes of a quote file: hexadecimal digits and line ends."""


def decode_quote_text(text: str, *, where: str = "quote") -> bytes:
    """Return the bytes of a quote in hexadecimal, with or without 0x, base64 or base64url  [QUO-1].

    A text of nothing but hexadecimal digits is hexadecimal, although base64 has these digits as
    well: no quote reads so in base64, because the vendor id in its header needs other digits.

    Raises:
        MalformedError: none of the forms [QUO-1], or more than 65536 bytes [QUO-10].
    """
    # Even before a form is known: hexadecimal is the longest of them.
    if len(text) > 2 * MAX_QUOTE_SIZE + 2:
        raise MalformedError(
            f"a quote of {len(text)} characters, at most {MAX_QUOTE_SIZE} bytes",
            rule="QUO-10",
            where=where,
        )
    raw = _decoded(text, where)
    if len(raw) > MAX_QUOTE_SIZE:
        raise MalformedError(
            f"a quote of {len(raw)} bytes, at most {MAX_QUOTE_SIZE}", rule="QUO-10", where=where
        )
    return raw


def _decoded(text: str, where: str) -> bytes:
    """Return the bytes of a text in one of the forms, however many they are."""
    if text in ("", "0x", "0X"):
        raise MalformedError("an empty quote", rule="QUO-1", where=where)
    if text[:2] in ("0x", "0X") or _ONLY_HEX.match(text):
        return decode_hex(text, allow_0x=True, rule="QUO-1", where=where)
    try:
        if "+" in text or "/" in text:
            return decode_base64(text, max_size=len(text), rule="QUO-1", where=where)
        return decode_base64url(text, max_size=len(text), rule="QUO-1", where=where)
    except MalformedError:
        raise MalformedError(
            f"neither hexadecimal nor base64: {excerpt(text)}", rule="QUO-1", where=where
        ) from None


def decode_quote_file(raw: bytes, *, where: str = "quote file") -> bytes:
    """Return the bytes of a quote from a file that holds it raw, in hexadecimal or in base64.

    The content decides.  Raw quotes begin with their version, 3, 4 or 5 in two bytes, and text has
    neither byte.  White space is removed from text, because tools end and wrap lines; a peer's
    text, which `decode_quote_text` takes, has none.

    Raises:
        MalformedError: no such content [QUO-1], or too large [QUO-10].
    """
    if len(raw) > _MAX_FILE_SIZE:
        raise MalformedError(
            f"a file of {len(raw)} bytes, at most {_MAX_FILE_SIZE}", rule="QUO-10", where=where
        )
    if _integer(raw[:2]) in VERSIONS:
        return bytes(raw)
    text = _ascii_or_none(raw.translate(None, _WHITE_SPACE))
    if text is None:
        raise MalformedError(
            "neither a raw quote of version 3, 4 or 5 nor text", rule="QUO-1", where=where
        )
    return decode_quote_text(text, where=where)


def _ascii_or_none(raw: bytes) -> Optional[str]:
    return raw.decode("ascii") if raw.isascii() and b"\x00" not in raw else None
