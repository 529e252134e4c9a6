"""The form in which DCAP libraries exchange collateral, in and out.

    {"pck_crl_issuer_chain": PEM, "root_ca_crl": CRL, "pck_crl": CRL,
     "tcb_info_issuer_chain": PEM, "tcb_info": text, "tcb_info_signature": hex,
     "qe_identity_issuer_chain": PEM, "qe_identity": text, "qe_identity_signature": hex,
     "pck_certificate_chain": PEM (optional)}

A CRL is DER in hexadecimal or base64, or PEM.  `tcb_info` and `qe_identity` are strings that hold
the exact text which Intel signed; they are kept as they are, and not even parsed before their
signature was verified (`collateral`).  Nothing here is believed yet.
"""

from __future__ import annotations

import json
import re
from typing import Dict, Final, NamedTuple, Optional, Tuple, Union

from venice_ref.codec.pem import decode_pem_chain, encode_pem
from venice_ref.codec.strict import JsonObject, decode_base64, decode_hex, parse_json_object
from venice_ref.errors import MalformedError
from venice_ref.spec import MAX_CERTIFICATE_SIZE, MAX_COLLATERAL_SIZE, MAX_CRL_SIZE

__all__ = ["Chain", "Collateral", "encode_collateral", "parse_collateral"]

Chain = Tuple[bytes, ...]
"""Certificates in DER, the signer first."""

_PEM_START: Final = "-----BEGIN "
_CRL_LABEL: Final = "X509 CRL"
_ONLY_HEX: Final = re.compile(r"[0-9a-fA-F]*\Z")
_MAX_CHAIN: Final = 4
"""Certificates that are decoded; how many there must be is said where a chain is verified."""


class Collateral(NamedTuple):
    """Collateral that parsed; nothing of it is verified yet."""

    pck_crl_issuer_chain: Chain
    """The CA of the PCK certificates, and Intel's root."""
    root_ca_crl: bytes
    """DER."""
    pck_crl: bytes
    """DER."""
    tcb_info_issuer_chain: Chain
    """The TCB signing certificate, and Intel's root."""
    tcb_info: str
    """The exact text."""
    tcb_info_signature: bytes
    """r || s (64)."""
    qe_identity_issuer_chain: Chain
    qe_identity: str
    qe_identity_signature: bytes
    pck_certificate_chain: Optional[Chain] = None
    """The chain of the platform, for quotes that name it only; it replaces that of the quote."""


def parse_collateral(raw: Union[bytes, str], *, where: str = "collateral") -> Collateral:
    """Return the collateral of a JSON text of at most 4194304 bytes.

    Members of other names are passed over.

    Raises:
        MalformedError: not strict JSON, or a member that is absent or of another form [COL-1]; a
            list in none of the forms above [COL-2]; a signature that is not 64 bytes [COL-21].
    """
    node = parse_json_object(raw, max_size=MAX_COLLATERAL_SIZE, where=where, rule="COL-1")
    return Collateral(
        pck_crl_issuer_chain=_chain(node, "pck_crl_issuer_chain"),
        root_ca_crl=_crl(node, "root_ca_crl"),
        pck_crl=_crl(node, "pck_crl"),
        tcb_info_issuer_chain=_chain(node, "tcb_info_issuer_chain"),
        tcb_info=_text(node, "tcb_info"),
        tcb_info_signature=_signature(node, "tcb_info_signature"),
        qe_identity_issuer_chain=_chain(node, "qe_identity_issuer_chain"),
        qe_identity=_text(node, "qe_identity"),
        qe_identity_signature=_signature(node, "qe_identity_signature"),
        pck_certificate_chain=(
            _chain(node, "pck_certificate_chain") if "pck_certificate_chain" in node else None
        ),
    )


def encode_collateral(collateral: Collateral) -> bytes:
    """Return the JSON text that `parse_collateral` reads, CRLs in hexadecimal."""
    members: Dict[str, str] = {}
    for name, value in collateral._asdict().items():
        if isinstance(value, str):
            members[name] = value
        elif isinstance(value, bytes):
            members[name] = value.hex()
        elif value is not None:
            members[name] = "".join(encode_pem(der) for der in value)
    return json.dumps(members, indent=1).encode("ascii")


# --- Members ------------------------------------------------------------------------------------


def _text(node: JsonObject, name: str) -> str:
    value = node.text(name)
    if not value:
        raise MalformedError("the member is missing or empty", rule="COL-1", where=node.path(name))
    return value


def _chain(node: JsonObject, name: str) -> Chain:
    return tuple(
        decode_pem_chain(
            _text(node, name),
            max_count=_MAX_CHAIN,
            max_size=MAX_CERTIFICATE_SIZE,
            where=node.path(name),
            rule="COL-1",
        )
    )


def _crl(node: JsonObject, name: str) -> bytes:
    """Return the DER of a CRL; its first bytes 30 82 read `3082`, `MI` or begin a PEM block."""
    text, where = _text(node, name), node.path(name)
    if text.startswith(_PEM_START):
        found = decode_pem_chain(
            text, label=_CRL_LABEL, max_count=1, max_size=MAX_CRL_SIZE, where=where, rule="COL-2"
        )
        return found[0]
    if _ONLY_HEX.match(text):
        return decode_hex(text, max_size=MAX_CRL_SIZE, where=where, rule="COL-2")
    return decode_base64(text, max_size=MAX_CRL_SIZE, where=where, rule="COL-2")


def _signature(node: JsonObject, name: str) -> bytes:
    return decode_hex(_text(node, name), size=64, where=node.path(name), rule="COL-21")
