"""The extensions of certificates and revocation lists.  RFC 5280, 4.2 and 5.2.

Four are read here: who may issue (BasicConstraints), what for a key is (KeyUsage), and which key
this is and which one signed it (the two key identifiers).  All others stay as they are, by
identifier, for the callers that know them: Intel's SGX extension, TCG's FWID.
"""

from __future__ import annotations

from typing import Collection, Dict, Final, FrozenSet, Mapping, NamedTuple, Optional

from venice_ref.codec.der import BOOLEAN, DerReader, context, open_elements
from venice_ref.errors import MalformedError

__all__ = [
    "AUTHORITY_KEY_IDENTIFIER",
    "BASIC_CONSTRAINTS",
    "CRL_NUMBER",
    "DELTA_CRL_INDICATOR",
    "ISSUING_DISTRIBUTION_POINT",
    "KEY_USAGE",
    "KEY_USAGES",
    "SUBJECT_KEY_IDENTIFIER",
    "BasicConstraints",
    "Extension",
    "Extensions",
    "check_critical",
    "parse_authority_key_identifier",
    "parse_basic_constraints",
    "parse_crl_number",
    "parse_extensions",
    "parse_key_usage",
    "parse_subject_key_identifier",
]

SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_NUMBER: Final = "2.5.29.20"
DELTA_CRL_INDICATOR: Final = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"

KEY_USAGES: Final = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
"""The names of the bits of KeyUsage, in their order.  4.2.1.3."""

_MAX_EXTENSIONS: Final = 32
_MAX_VALUE: Final = 16 * 1024
_MAX_KEY_IDENTIFIER: Final = 64


class Extension(NamedTuple):
    """One extension as it was found."""

    critical: bool
    value: bytes
    """The octets inside the OCTET STRING: DER of a type that the identifier names."""


Extensions = Mapping[str, Extension]
"""The extensions by dotted object identifier, in their order."""


class BasicConstraints(NamedTuple):
    """Whether the subject may issue certificates, and how long a chain below it may be."""

    ca: bool
    path_length: Optional[int]


def parse_extensions(reader: DerReader, name: str, *, rule: str) -> Dict[str, Extension]:
    """Return the Extensions that are the next element; at least one, none of them twice.

    A `critical` that is written out is TRUE: FALSE is the default, which DER leaves out (X.690,
    11.5).
    """
    sequence = reader.sequence(name, rule=rule)
    found: Dict[str, Extension] = {}
    while True:
        entry = sequence.sequence(f"[{len(found)}]")
        kind = entry.oid("extnID")
        critical = entry.next_tag == BOOLEAN
        if critical and not entry.boolean("critical"):
            raise entry.error("FALSE is the default and is left out", "critical")
        value = entry.octets("extnValue")
        entry.finish()
        if kind in found:
            raise entry.error(f"extension {kind} occurs twice")
        found[kind] = Extension(critical, value)
        if not sequence.more:
            return found
        if len(found) == _MAX_EXTENSIONS:  # [CRT-20, CRL-11]
            raise sequence.error(f"more than {_MAX_EXTENSIONS} extensions")


def check_critical(
    extensions: Extensions, understood: Collection[str], *, where: str, rule: str
) -> None:
    """Refuse a critical extension that nobody evaluates.  RFC 5280, 4.2 and 5.2.

    Raises:
        MalformedError: there is one.
    """
    for kind, extension in extensions.items():
        if extension.critical and kind not in understood:
            raise MalformedError(
                f"critical extension {kind}, which is not evaluated", rule=rule, where=where
            )


# --- Those that are read ------------------------------------------------------------------------


def parse_basic_constraints(
    extensions: Extensions, *, where: str, rule: str
) -> Optional[BasicConstraints]:
    """Return BasicConstraints; `None` if it is absent.  4.2.1.9.

    A path length belongs to an authority only, and a `cA` that is written out is TRUE.
    """
    reader = _open(extensions, BASIC_CONSTRAINTS, f"{where}.basicConstraints", rule)
    if reader is None:
        return None
    sequence = reader.sequence("")
    ca = sequence.more and sequence.boolean("cA")
    if not ca and sequence.raw != b"\x30\x00":
        raise sequence.error("FALSE is the default and is left out", "cA")
    path_length = sequence.integer("pathLenConstraint") if sequence.more else None
    if path_length is not None and path_length < 0:
        raise sequence.error("a path length below 0", "pathLenConstraint")
    sequence.finish()
    reader.finish()
    return BasicConstraints(ca, path_length)


def parse_key_usage(extensions: Extensions, *, where: str, rule: str) -> Optional[FrozenSet[str]]:
    """Return the usages that are set, at least one; `None` if KeyUsage is absent.  4.2.1.3."""
    reader = _open(extensions, KEY_USAGE, f"{where}.keyUsage", rule)
    if reader is None:
        return None
    bits = reader.named_bits("")
    reader.finish()
    if not bits or max(bits) >= len(KEY_USAGES):
        raise reader.error("no key usage, or an unknown one")
    return frozenset(KEY_USAGES[bit] for bit in bits)


def parse_subject_key_identifier(
    extensions: Extensions, *, where: str, rule: str
) -> Optional[bytes]:
    """Return the key identifier of the subject; `None` if it is absent.  4.2.1.2."""
    reader = _open(extensions, SUBJECT_KEY_IDENTIFIER, f"{where}.subjectKeyIdentifier", rule)
    if reader is None:
        return None
    return _finish_identifier(reader, reader.octets(""))


def parse_authority_key_identifier(
    extensions: Extensions, *, where: str, rule: str
) -> Optional[bytes]:
    """Return the key identifier of the issuer; `None` if the extension is absent.  4.2.1.1.

    The other form, issuer name and serial number, is refused: nobody uses it here.
    """
    reader = _open(extensions, AUTHORITY_KEY_IDENTIFIER, f"{where}.authorityKeyIdentifier", rule)
    if reader is None:
        return None
    sequence = reader.sequence("")
    identifier = sequence.octets("keyIdentifier", tag=context(0))
    sequence.finish()
    return _finish_identifier(reader, identifier)


def parse_crl_number(extensions: Extensions, *, where: str, rule: str) -> Optional[int]:
    """Return the number of a revocation list; `None` if it is absent.  5.2.3."""
    reader = _open(extensions, CRL_NUMBER, f"{where}.cRLNumber", rule)
    if reader is None:
        return None
    number = reader.integer("", max_size=21)
    reader.finish()
    if number < 0:
        raise reader.error("a number below 0")
    return number


def _open(extensions: Extensions, kind: str, where: str, rule: str) -> Optional[DerReader]:
    extension = extensions.get(kind)
    if extension is None:
        return None
    return open_elements(extension.value, max_size=_MAX_VALUE, where=where, rule=rule)


def _finish_identifier(reader: DerReader, identifier: bytes) -> bytes:
    reader.finish()
    if not 1 <= len(identifier) <= _MAX_KEY_IDENTIFIER:
        raise reader.error(f"a key identifier of {len(identifier)} bytes")
    return identifier
