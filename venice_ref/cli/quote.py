"""`venice-ref quote`: every field of a TDX or SGX quote.  Nothing is verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Tuple

from venice_ref.cli.inputs import read_bytes
from venice_ref.cli.output import Console, columns, fields
from venice_ref.errors import UsageError
from venice_ref.evidence.tdx.attributes import decode_td_attributes
from venice_ref.evidence.tdx.quote import Quote, decode_quote_file, parse_quote
from venice_ref.spec import MAX_QUOTE_SIZE

if TYPE_CHECKING:
    import argparse

__all__ = ["quote_to_json", "read_quote", "run"]

MAX_FILE_SIZE = 4 * MAX_QUOTE_SIZE
"""Bytes of a file: hexadecimal digits with line ends."""

_INTEGERS = (
    "version",
    "attestation_key_type",
    "tee_type",
    "qe_svn",
    "pce_svn",
    "isv_prod_id",
    "isv_svn",
)
"""Little-endian fields that people know as numbers; all others are shown as they stand."""

_CERTIFICATION = {
    1: "PPID in the clear",
    2: "PPID encrypted, RSA-2048",
    3: "PPID encrypted, RSA-3072",
    4: "PCK certificate, PEM",
    5: "PCK certificate chain, PEM",
}


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the fields of a quote in the order in which they stand in it."""
    for name in ("at", "trust_root"):
        if getattr(arguments, name) is not None:
            option = "--" + name.replace("_", "-")
            raise UsageError(
                "nothing is verified without collateral", where=option, hint="add --collateral FILE"
            )
    raw = read_quote(arguments.file)
    quote = parse_quote(raw)
    if console.json:
        console.object(quote_to_json(quote, len(raw)))
    else:
        console.lines(_lines(quote, len(raw)))
    return 0


def read_quote(name: str) -> bytes:
    """Return the bytes of a quote file of any form."""
    return decode_quote_file(read_bytes(name, max_size=MAX_FILE_SIZE))


def quote_to_json(quote: Quote, size: int) -> Dict[str, Any]:
    """Return every field of a quote of `size` bytes."""
    signature = quote.signature_data
    certification = signature.certification
    return {
        "size": size,
        "version": quote.version,
        "tee": "tdx" if quote.is_tdx else "sgx",
        "body_kind": quote.body_kind,
        "header": _hex(quote.header),
        "body": _hex(quote.body),
        "td_attributes": _attributes(quote),
        "signature": signature.signature.hex(),
        "attestation_key": signature.attestation_key.hex(),
        "qe_report": _hex(signature.qe_report_fields),
        "qe_report_signature": signature.qe_report_signature.hex(),
        "qe_authentication_data": signature.qe_authentication_data.hex(),
        "certification_data": {
            "type": certification.type,
            "size": len(certification.data),
            "fields": _hex(certification.platform),
            "pem": _pem(certification.type, certification.data),
        },
        "trailing": {"size": len(quote.trailing), "zero": not any(quote.trailing)},
    }


def _lines(quote: Quote, size: int) -> List[str]:
    signature = quote.signature_data
    certification = signature.certification
    kind = "TDX" if quote.is_tdx else "SGX"
    parts: List[Tuple[str, Mapping[str, str]]] = [
        ("Header", _shown(quote.header)),
        (f"Body: {quote.body_kind}", _shown(quote.body)),
        ("TD attributes", _attribute_rows(quote)),
        (
            "Signature data",
            {
                "signature": signature.signature.hex(),
                "attestation_key": signature.attestation_key.hex(),
                "qe_report_signature": signature.qe_report_signature.hex(),
                "qe_authentication_data": signature.qe_authentication_data.hex() or "none",
            },
        ),
        ("Report of the quoting enclave", _shown(signature.qe_report_fields)),
        (
            "Certification data",
            {
                "type": f"{certification.type} ({_CERTIFICATION[certification.type]})",
                "size": f"{len(certification.data)} bytes",
                **_shown(certification.platform),
            },
        ),
    ]
    lines = [f"{kind} quote, version {quote.version}, {size} bytes; nothing of it is verified"]
    for title, values in parts:
        if values:
            lines += ["", title, *fields(values)]
    return [*lines, "", "Trailing", *columns([("", _trailing(quote.trailing))], indent=2, gap=0)]


def _hex(values: Mapping[str, bytes]) -> Dict[str, str]:
    return {name: value.hex() for name, value in values.items()}


def _shown(values: Mapping[str, bytes]) -> Dict[str, str]:
    return {name: _field(name, value) for name, value in values.items()}


def _field(name: str, value: bytes) -> str:
    if name in _INTEGERS:
        number = int.from_bytes(value, "little")
        return f"{number}" if name != "tee_type" else f"0x{number:x}"
    if len(value) > 16 and not any(value):
        return f"{len(value)} zero bytes"
    return value.hex()


def _attributes(quote: Quote) -> List[Dict[str, Any]]:
    if not quote.is_tdx:
        return []
    return [
        {"bit": attribute.bit, "group": attribute.group, "name": str(attribute)}
        for attribute in decode_td_attributes(quote.body["td_attributes"])
    ]


def _attribute_rows(quote: Quote) -> Dict[str, str]:
    if not quote.is_tdx:
        return {}
    rows = {f"bit {row['bit']}": f"{row['group']}: {row['name']}" for row in _attributes(quote)}
    return rows or {"none": "no bit is set"}


def _pem(kind: int, data: bytes) -> str:
    # PEM is ASCII; what is not is shown as it would be escaped, and JSON escapes it once more.
    return data.decode("ascii", "backslashreplace").rstrip("\x00") if kind in (4, 5) else ""


def _trailing(trailing: bytes) -> str:
    if not trailing:
        return "nothing after the signature data"
    what = "non-zero, which a verifier refuses" if any(trailing) else "all zero"
    return f"{len(trailing)} bytes after the signature data, {what}"
