"""Quotes of random fields for `quote_parse`, with everything that a parser has to find in them."""

from __future__ import annotations

from typing import Any, Dict, Final, NamedTuple, Tuple

from venice_ref.codec.layout import Layout
from venice_ref.evidence.tdx.encode import encode_quote, encode_signed, header_fields
from venice_ref.evidence.tdx.layouts import BODY_KINDS, SGX_REPORT, header_layout
from venice_ref.evidence.tdx.quote import CertificationData, SignatureData
from venice_ref.model import RandomBytes

__all__ = ["Made", "make"]

_PLATFORM_FIELDS: Final = {1: 16, 2: 256, 3: 384}
"""Type of certification data -> bytes of its PPID."""


class Made(NamedTuple):
    """A quote with what a parser has to find in it, and where its lengths stand."""

    raw: bytes
    out: Dict[str, Any]
    places: Dict[str, Tuple[int, int]]
    """Name of a number -> offset and size."""

    @property
    def text(self) -> str:
        """The quote in hexadecimal."""
        return self.raw.hex()

    def put(self, name: str, value: int) -> bytes:
        """Return the quote with another number at a place."""
        offset, size = self.places[name]
        return self.raw[:offset] + value.to_bytes(size, "little") + self.raw[offset + size :]

    def number(self, name: str) -> int:
        """Return the number at a place."""
        offset, size = self.places[name]
        return int.from_bytes(self.raw[offset : offset + size], "little")


def make(
    source: RandomBytes,
    version: int,
    body_kind: str,
    *,
    authentication: int = 4,
    certification: Tuple[int, bytes] = (5, b"PEM"),
    trailing: int = 0,
) -> Made:
    """Return a quote of random fields."""
    kind = BODY_KINDS[body_kind]
    header = {
        **{field.name: source(field.size) for field in header_layout(version).fields},
        **{
            name: value
            for name, value in header_fields(version, kind.tee_type).items()
            if name in ("version", "attestation_key_type", "tee_type", "qe_vendor_id")
        },
    }
    body = _random(source, kind.layout)
    qe_report = _random(source, SGX_REPORT)
    data = SignatureData(
        signature=source(64),
        attestation_key=source(64),
        qe_report=SGX_REPORT.join(qe_report),
        qe_report_signature=source(64),
        qe_authentication_data=source(authentication),
        certification=CertificationData(*certification, {}),
    )
    signed = encode_signed(version, header=header, body_kind=body_kind, body=body)
    out = {
        "version": version,
        "tee": "TDX" if kind.tee_type else "SGX",
        "body": body_kind,
        "header": _hexadecimal(header, header_layout(version)),
        "report": _hexadecimal(body, kind.layout),
        "signed_size": len(signed),
        "signature": data.signature.hex(),
        "attestation_key": data.attestation_key.hex(),
        "qe_report": _hexadecimal(qe_report, SGX_REPORT),
        "qe_report_signature": data.qe_report_signature.hex(),
        "qe_authentication_data": data.qe_authentication_data.hex(),
        "certification_type": certification[0],
        "certification_data": certification[1].hex(),
        "platform": _platform(*certification),
        "trailing_size": trailing,
    }
    raw = encode_quote(signed, data, trailing=bytes(trailing))
    return Made(raw, out, _places(version, len(signed), authentication))


def _random(source: RandomBytes, layout: Layout) -> Dict[str, bytes]:
    return {field.name: source(field.size) for field in layout.fields}


def _hexadecimal(fields: Dict[str, bytes], layout: Layout) -> Dict[str, str]:
    return {field.name: fields[field.name].hex() for field in layout.fields}


def _platform(kind: int, data: bytes) -> Dict[str, str]:
    size = _PLATFORM_FIELDS.get(kind)
    if size is None:
        return {}
    cuts = {"ppid": (0, size), "cpu_svn": (size, 16), "pce_svn": (size + 16, 2),
            "pce_id": (size + 18, 2)}  # fmt: skip
    return {name: data[at : at + length].hex() for name, (at, length) in cuts.items()}


def _places(version: int, signed: int, authentication: int) -> Dict[str, Tuple[int, int]]:
    """Return where the numbers of a quote stand, by SPEC.md, section 13.2."""
    places = {
        "version": (0, 2), "attestation key type": (2, 2), "TEE type": (4, 4),
        "body type": (48, 2), "body size": (50, 4),
        "signature data length": (signed, 4),
    }  # fmt: skip
    at = signed + 4 + 128
    if version != 3:
        places["outer type"], places["outer length"] = (at, 2), (at + 2, 4)
        at += 6
    places["authentication length"] = (at + 448, 2)
    at += 450 + authentication
    places["inner type"], places["inner length"] = (at, 2), (at + 2, 4)
    return places
