"""The attributes of a trust domain, named.

TDATTRIBUTES is a little-endian integer of 64 bits whose groups say what a bit means for security:
a TD under debug or profiling (TUD), security features (SEC), and others (OTHER).

Sources: Intel TDX Module 1.5 ABI reference, "ATTRIBUTES"; the names as in the Linux kernel,
arch/x86/include/asm/shared/tdx.h.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Tuple

from venice_ref.errors import UsageError

__all__ = ["TD_ATTRIBUTES", "TUD_MASK", "Attribute", "decode_td_attributes"]


class Attribute(NamedTuple):
    """One bit that is set; `name` is empty where Intel reserves it."""

    bit: int
    group: str
    name: str

    def __str__(self) -> str:
        return self.name or f"reserved bit {self.bit}"


TUD_MASK: Final = 0xFF
"""Bits 0 to 7: the host can look into the TD, or profile it  [QUO-11]."""

TD_ATTRIBUTES: Final = (
    #        bit  group    name
    Attribute(0, "TUD", "DEBUG"),
    Attribute(4, "TUD", "HGS_PLUS_PROF"),
    Attribute(5, "TUD", "PERF_PROF"),
    Attribute(6, "TUD", "PMT_PROF"),
    Attribute(16, "SEC", "ICSSD"),
    Attribute(17, "SEC", "SERVTD_EXT"),
    Attribute(27, "SEC", "LASS"),
    Attribute(28, "SEC", "SEPT_VE_DISABLE"),
    Attribute(29, "SEC", "MIGRATABLE"),
    Attribute(30, "SEC", "PKS"),
    Attribute(31, "SEC", "KL"),
    Attribute(62, "OTHER", "TPA"),
    Attribute(63, "OTHER", "PERFMON"),
)
"""The bits with a name."""

_NAMED: Final = {attribute.bit: attribute for attribute in TD_ATTRIBUTES}


def decode_td_attributes(td_attributes: bytes) -> Tuple[Attribute, ...]:
    """Return the bits that are set in the 8 bytes of TDATTRIBUTES, lowest first."""
    if len(td_attributes) != 8:
        raise UsageError(f"TDATTRIBUTES of {len(td_attributes)} bytes, required 8")
    value = int.from_bytes(td_attributes, "little")
    return tuple(_attribute(bit) for bit in range(64) if value >> bit & 1)


def _attribute(bit: int) -> Attribute:
    if bit in _NAMED:
        return _NAMED[bit]
    group = "TUD" if TUD_MASK >> bit & 1 else "SEC" if bit < 32 else "OTHER"
    return Attribute(bit, group, "")
