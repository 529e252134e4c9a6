"""GPUs for the generators: keys, certificates and reports that are drawn from the file's seed."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Any, Dict, Final, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder
from conformance.mock_tee.pki.authority import Key, draw_key
from conformance.mock_tee.pki.gpu_report import (
    SWITCHES,
    Fields,
    ReportDraft,
    entry,
    hopper_fields,
    measurement,
)
from conformance.mock_tee.pki.nvidia import Chain, Factory, GpuDraft, gpu_draft, make_factory
from conformance.mock_tee.randomness import SeededBytes
from venice_ref.codec.pem import encode_pem
from venice_ref.crypto.curves import P384
from venice_ref.evidence.nvidia import opaque as types

__all__ = [
    "BLACKWELL_FIELDS",
    "HOPPER_FIELDS",
    "LINKS",
    "NOW",
    "World",
    "encode_fields",
    "pem_text",
    "root_digest",
    "with_field",
]

NOW: Final = "2026-04-24T01:58:41Z"
"""The time of the vectors."""

HOPPER_FIELDS: Final = hopper_fields(
    driver="570.172.08",
    vbios=bytes.fromhex("00cf009602000000"),
    board=("G520", "0280", "895"),
)
"""The opaque data of a Hopper GPU in protected PCIe mode."""

BLACKWELL_FIELDS: Final[Fields] = (
    (types.OPAQUE_DATA_VERSION, b"\1\0"),
    (types.VBIOS_VERSION, bytes.fromhex("0012009703000000")),
    (types.DRIVER_VERSION, b"590.44.01\0"),
    (types.FWID, dict(HOPPER_FIELDS)[types.FWID]),
    (types.PROTECTED_PCIE_STATUS, b"\x55"),
    (types.CHIP_INFO, b"GB100\0"),
    (types.FEATURE_FLAG, b"\1\0"),
)
"""The opaque data of a Blackwell GPU, one of several that pass through."""


class World(NamedTuple):
    """The simulated NVIDIA of one file."""

    builder: FileBuilder
    factory: Factory

    @classmethod
    def of(cls, builder: FileBuilder, label: str = "NVIDIA") -> World:
        """Return one whose keys are drawn under a label."""
        keys = (_key(builder, f"{label} {of}") for of in ("root", "identity", "provisioner"))
        return cls(builder, make_factory(*keys))

    @property
    def root(self) -> str:
        """What a verifier pins."""
        return root_digest(self.factory)

    @property
    def nonce(self) -> bytes:
        """The client's nonce (32)."""
        return self.builder.random("nonce")(32)

    def gpu(self, number: int = 0, *, chip: str = "GH100") -> GpuDraft:
        """Return a GPU before its certificates are signed."""
        leaf, device = (self.key(f"{chip} {part} {number}") for part in ("leaf", "device"))
        return gpu_draft(number, leaf, device, chip=chip)

    def key(self, label: str) -> Key:
        """Return the key on P-384 of a label."""
        return _key(self.builder, label)

    def report(self, number: int = 0, fields: Fields = HOPPER_FIELDS) -> ReportDraft:
        """Return the report of a GPU in answer to the client's nonce."""
        return ReportDraft(
            nonce=self.nonce,
            responder_nonce=self.builder.random(f"responder {number}")(32),
            measurements=tuple((index, measurement(index)) for index in range(64)),
            opaque=fields,
        )

    def entry(
        self,
        number: int = 0,
        *,
        gpu: Optional[GpuDraft] = None,
        report: Optional[ReportDraft] = None,
        raw: Optional[bytes] = None,
        factory: Optional[Factory] = None,
        arch: str = "HOPPER",
    ) -> Dict[str, Any]:
        """Return the entry of a GPU in `evidence_list`; `raw` is a report that was signed."""
        draft = self.gpu(number) if gpu is None else gpu
        if raw is None:
            raw = (self.report(number) if report is None else report).sign(draft)
        chain = draft.issue(self.factory if factory is None else factory)
        return entry(chain, raw, self.nonce.hex(), arch=arch)

    def payload(self, entries: Sequence[Mapping[str, Any]], arch: str = "HOPPER") -> str:
        """Return the text of a payload."""
        value = {"arch": arch, "evidence_list": list(entries), "nonce": self.nonce.hex()}
        return json.dumps(value, separators=(",", ":"))


@lru_cache(maxsize=256)
def _drawn(seed: str, label: str) -> Key:
    return draw_key(P384, SeededBytes(seed, label))


def _key(builder: FileBuilder, label: str) -> Key:
    return _drawn(builder.seed, f"key {label}")


def root_digest(factory: Factory) -> str:
    """Return SHA-256 of the root's DER, in hexadecimal."""
    return hashlib.sha256(factory.root.certificate).hexdigest()


def pem_text(chain: Chain) -> str:
    """Return certificates as PEM, one directly after the other."""
    return "".join(encode_pem(der) for der in chain)


def encode_fields(fields: Sequence[Tuple[int, bytes]]) -> bytes:
    """Return opaque data."""
    return b"".join(
        kind.to_bytes(2, "little") + len(data).to_bytes(2, "little") + data for kind, data in fields
    )


def with_field(fields: Fields, kind: int, data: Optional[bytes]) -> Fields:
    """Return fields with other data of one type, in its place; `None` leaves it out."""
    found: List[Tuple[int, bytes]] = [
        (one, data if one == kind and data is not None else old)
        for one, old in fields
        if one != kind or data is not None
    ]
    if data is not None and kind not in dict(fields):
        found.append((kind, data))
    return tuple(found)


LINKS: Final = b"".join(SWITCHES[n % 4] for n in range(16)) + bytes(16)
"""The switches at the ends of 18 links, two of which are off."""
