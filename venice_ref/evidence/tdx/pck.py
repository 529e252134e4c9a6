"""What a PCK certificate says of its platform: Intel's SGX extension.

Intel, "SGX PCK Certificate and Certificate Revocation List Profile Specification", 1.3.5:

    1.2.840.113741.1.13.1     SEQUENCE OF SEQUENCE { OBJECT IDENTIFIER, value }
      .1  PPID                OCTET STRING (16)
      .2  TCB                 SEQUENCE of 18 such pairs:
          .1 to .16           INTEGER 0 to 255, the components
          .17                 INTEGER 0 to 65535, PCESVN
          .18                 OCTET STRING (16), CPUSVN: the same components once more
      .3  PCE-ID              OCTET STRING (2)
      .4  FMSPC               OCTET STRING (6)
      .5  SGX Type            ENUMERATED 0, 1 or 2
      .6  PlatformInstanceID  OCTET STRING (16)         only under the Platform CA
      .7  Configuration       SEQUENCE of 3 such pairs  only under the Platform CA:
          .1 dynamicPlatform, .2 cachedKeys, .3 SMT-enabled, each BOOLEAN

Exactly these, in any order, each once.  Libraries differ in whether they take the components or
CPUSVN, so that a certificate in which they differ would mean two things; it is refused  [COL-15].
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Final, NamedTuple, Optional, Tuple

from venice_ref.codec.der import ENUMERATED, DerReader, open_sequence
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.pki.certificate import Certificate

__all__ = ["SGX_EXTENSION", "SGX_TYPES", "PckFacts", "parse_pck", "parse_sgx_extension"]

SGX_EXTENSION: Final = "1.2.840.113741.1.13.1"

SGX_TYPES: Final = ("Standard", "Scalable", "ScalableWithIntegrity")
"""How the processor protects memory, by the number in the certificate."""

_MAX_SIZE: Final = 4096
"""Bytes of the extension; the largest observed has 556."""

Reader = Callable[[DerReader], Any]


class PckFacts(NamedTuple):
    """The platform that a PCK certificate was issued for."""

    ppid: bytes
    """Platform provisioning id (16)."""
    cpu_svn: bytes
    """CPUSVN (16); each byte is one of the 16 components that TCB levels speak of."""
    pce_svn: int
    pce_id: bytes
    """PCEID (2), in the order of the certificate, which is also that of the TCB info."""
    fmspc: bytes
    """Family, model, stepping, platform and custom SKU (6)."""
    sgx_type: int
    """Index into `SGX_TYPES`."""
    platform_instance_id: Optional[bytes]
    """(16); `None` under the Processor CA, as the flags below."""
    dynamic_platform: Optional[bool]
    """True where packages may be added to the platform."""
    cached_keys: Optional[bool]
    """True where Intel keeps the platform's root keys."""
    smt_enabled: Optional[bool]


def parse_pck(certificate: Certificate) -> PckFacts:
    """Return the facts of a PCK certificate.

    Raises:
        MalformedError: no SGX extension, or another than above [COL-14].
        EvidenceError: CPUSVN is not that of the components [COL-15].
    """
    extension = certificate.extensions.get(SGX_EXTENSION)
    if extension is None:
        raise MalformedError("no SGX extension", rule="COL-14", where=certificate.where)
    return parse_sgx_extension(extension.value, where=f"{certificate.where}.sgx")


def parse_sgx_extension(value: bytes, *, where: str = "sgx") -> PckFacts:
    """Return the facts of the extension's value; see `parse_pck`."""
    reader = open_sequence(value, max_size=_MAX_SIZE, where=where, rule="COL-14")
    found = _pairs(reader, SGX_EXTENSION, _EXTENSION)
    if set(found) not in (_PROCESSOR_ENTRIES, _PLATFORM_ENTRIES):
        raise reader.error(f"entries {sorted(found)}, required 1 to 5 or 1 to 7")
    cpu_svn, pce_svn = found[2]
    dynamic, cached, smt = found.get(7, (None, None, None))
    return PckFacts(
        ppid=found[1],
        cpu_svn=cpu_svn,
        pce_svn=pce_svn,
        pce_id=found[3],
        fmspc=found[4],
        sgx_type=found[5],
        platform_instance_id=found.get(6),
        dynamic_platform=dynamic,
        cached_keys=cached,
        smt_enabled=smt,
    )


# --- Pairs --------------------------------------------------------------------------------------


def _pairs(sequence: DerReader, prefix: str, readers: Dict[int, Reader]) -> Dict[int, Any]:
    """Return the values of pairs (prefix.number, value) by number, each read by its reader."""
    numbers = {f"{prefix}.{number}": number for number in readers}
    found: Dict[int, Any] = {}
    while sequence.more:
        pair = sequence.sequence(f"[{len(found)}]")
        kind = pair.oid("type")
        number = numbers.get(kind)
        if number is None or number in found:
            raise pair.error(f"{kind} is unknown here or occurs twice")
        found[number] = readers[number](pair)
        pair.finish()
    sequence.finish()
    return found


def _octets(name: str, size: int) -> Reader:
    def read(pair: DerReader) -> bytes:
        value = pair.octets(name)
        if len(value) != size:
            raise pair.error(f"{len(value)} bytes, required {size}", name)
        return value

    return read


def _number(name: str, maximum: int, *, tag: int = 0) -> Reader:
    def read(pair: DerReader) -> int:
        value = pair.integer(name, tag=tag) if tag else pair.integer(name)
        if not 0 <= value <= maximum:
            raise pair.error(f"{value} is not from 0 to {maximum}", name)
        return value

    return read


def _flag(pair: DerReader) -> bool:
    return pair.boolean("value")


def _tcb(pair: DerReader) -> Tuple[bytes, int]:
    """Return CPUSVN and PCESVN."""
    sequence = pair.sequence("tcb")
    found = _pairs(sequence, f"{SGX_EXTENSION}.2", _TCB)
    if len(found) != len(_TCB):
        raise sequence.error(f"{len(found)} entries, required {len(_TCB)}")
    cpu_svn: bytes = found[18]
    if cpu_svn != bytes(found[number] for number in range(1, 17)):
        raise EvidenceError(
            "CPUSVN is not that of the 16 components", rule="COL-15", where=sequence.where
        )
    return cpu_svn, found[17]


def _configuration(pair: DerReader) -> Tuple[bool, bool, bool]:
    sequence = pair.sequence("configuration")
    found = _pairs(sequence, f"{SGX_EXTENSION}.7", {1: _flag, 2: _flag, 3: _flag})
    if len(found) != 3:
        raise sequence.error(f"{len(found)} entries, required 3")
    return found[1], found[2], found[3]


_TCB: Final[Dict[int, Reader]] = {
    **{number: _number("svn", 0xFF) for number in range(1, 17)},
    17: _number("pcesvn", 0xFFFF),
    18: _octets("cpusvn", 16),
}

_EXTENSION: Final[Dict[int, Reader]] = {
    1: _octets("ppid", 16),
    2: _tcb,
    3: _octets("pceid", 2),
    4: _octets("fmspc", 6),
    5: _number("sgxType", len(SGX_TYPES) - 1, tag=ENUMERATED),
    6: _octets("platformInstanceId", 16),
    7: _configuration,
}

_PROCESSOR_ENTRIES: Final = {1, 2, 3, 4, 5}
_PLATFORM_ENTRIES: Final = {1, 2, 3, 4, 5, 6, 7}
