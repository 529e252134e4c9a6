"""Vectors of `gpu.report`: request, answer, blocks and lengths of a report."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Final, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.gpu.kit import BLACKWELL_FIELDS, HOPPER_FIELDS, World, with_field
from conformance.mock_tee.pki.gpu_report import ReportDraft
from conformance.mock_tee.pki.nvidia import GpuDraft

__all__ = ["generate"]

FLAGS: Final[Dict[str, Flag]] = {
    "ReportLength": Flag(
        "MALFORMED",
        "The lengths inside of a report do not fill it to the byte.",
        "Bytes that nobody signed are read, or signed bytes are read as another field.",
        "Consume every length exactly, and refuse what is left over.",
        ("teep locates the signature by the lengths and never looks at the end",),
    ),
    "BlockIndex": Flag(
        "AUTH_BYPASS",
        "A measurement index is out of range or occurs twice.",
        "The good value is compared and the bad one is measured.",
        "Accept each index from 1 to 64 once.",
    ),
    "BlockForm": Flag(
        "MALFORMED",
        "A measurement is not a digest of 48 bytes in the form of DMTF.",
        "Another kind of value is compared as if it were a digest of firmware.",
        "Compare specification, type and both sizes of every block.",
        ("DMTF DSP0274 1.1, measurement block",),
    ),
    "SpdmHeader": Flag(
        "AUTH_BYPASS",
        "The request or the answer is another message, or has other parameters.",
        "A signature that was made over something else is taken for one over all measurements.",
        "Compare every byte of the two headers but the nonce.",
        ("DMTF DSP0274 1.1, GET_MEASUREMENTS",),
    ),
    "MeasurementCount": Flag(
        "AUTH_BYPASS",
        "The report has fewer than 64 measurements.",
        "What is missing is not compared.",
        "Require 64 blocks of a GPU.",
    ),
    "SwitchReport": Flag(
        "AUTH_BYPASS",
        "The report is that of a switch.",
        "A genuine device that computes nothing stands for a GPU.",
        "Require what only a GPU has: the driver, and 64 measurements.",
    ),
    "EdgeReport": Flag(
        "EDGE_CASE",
        "A rare form of an ordinary report.",
        "Honest evidence is refused or misread.",
        "Read by index and length, not by place.",
    ),
}


UNREAD: Final = 28
"""A type of opaque data that nobody reads."""


def generate(builder: FileBuilder) -> None:
    """Fill `gpu/report`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    file = _File(builder)
    file.accepted()
    file.headers()
    file.lengths()
    file.blocks()


class _File:
    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.world = World.of(builder)
        self.gpu: GpuDraft = self.world.gpu()
        self.report: ReportDraft = self.world.report()
        self.raw = self.report.sign(self.gpu)

    def accept(
        self, slug: str, why: str, draft: ReportDraft, *flags: str,
        req: Sequence[str] = ("GPU-13",), raw: Optional[bytes] = None,
        versions: Tuple[str, str] = ("570.172.08", "96.00.CF.00.02"),
    ) -> None:  # fmt: skip
        raw = draft.sign(self.gpu) if raw is None else raw
        out: Dict[str, Any] = {
            "nonce": draft.nonce.hex(),
            "responder_nonce": draft.responder_nonce.hex(),
            "signature": raw[-96:].hex(),
            "driver_version": versions[0],
            "vbios_version": versions[1],
            "measurements": {str(i): v.hex() for i, v in sorted(draft.measurements)},
        }
        digest = hashlib.sha384(raw[:-96]).hexdigest()
        self.builder.accept(
            slug, why, req=req, given={"report": raw.hex()}, out=out, flags=flags,
            mid={"signed_digest": digest},
        )  # fmt: skip

    def reject(
        self, slug: str, what: str, breaks: str, flag: str, raw: bytes, *,
        change: Optional[Rebuilt] = None, parent: str = "hopper", or_breaks: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.builder.reject(
            slug, f"Finds a verifier that accepts {what}.", parent=parent, breaks=breaks,
            or_breaks=or_breaks, flags=[flag], given={"report": raw.hex()}, change=change,
        )  # fmt: skip

    def signed(self, signed: bytes) -> bytes:
        """Return a report around bytes that were changed before they were signed."""
        return signed + self.gpu.leaf_key.sign(signed)

    def edited(self, at: int, data: bytes) -> bytes:
        """Return a report with other bytes at an offset, signed anew."""
        signed = self.raw[:-96]
        return self.signed(signed[:at] + data + signed[at + len(data) :])

    def accepted(self) -> None:
        every = ("GPU-13", "GPU-14", "GPU-15", "GPU-16", "GPU-40")
        self.accept("hopper", "The ordinary report of a Hopper GPU.", self.report, req=every)
        self.accept(
            "blackwell", "Finds a verifier that wants another version of SPDM of Blackwell.",
            self.world.report(1, BLACKWELL_FIELDS), req=("GPU-12", "GPU-14"),
            versions=("590.44.01", "97.00.12.00.03"),
        )  # fmt: skip
        blocks = tuple(reversed(self.report.measurements))
        self.accept(
            "blocks-in-other-order", "Finds a verifier that takes the place of a block for its"
            " index.", self.report._replace(measurements=blocks), "EdgeReport",
        )  # fmt: skip
        zero = self.report._replace(nonce=bytes(32), responder_nonce=b"\xff" * 32)
        self.accept(
            "other-nonces", "Finds a reader that takes the responder's nonce for that of the"
            " request.", zero, "EdgeReport",
        )  # fmt: skip

    def headers(self) -> None:
        cases: Tuple[Tuple[str, str, int, str, int], ...] = (
            ("spdm-1-0", "SPDM 1.0", 0, "request.spdm_version", 0x10),
            ("spdm-1-2", "SPDM 1.2, which signs other bytes", 0, "request.spdm_version", 0x12),
            ("request-challenge", "a CHALLENGE, whose nonce stands at the same place", 1,
             "request.code", 0x83),
            ("request-unsigned", "a request without a signature", 2, "request.param1", 0),
            ("request-one-block", "a request for one measurement", 3, "request.param2", 1),
            ("request-other-slot", "another slot, with other certificates", 36, "request.slot_id",
             1),
            ("answer-other-version", "an answer of another version", 37, "response.spdm_version",
             0x12),
            ("answer-error", "an answer that is an error", 38, "response.code", 0x7F),
            ("answer-other-slot", "an answer for another slot", 40, "response.param2", 1),
        )  # fmt: skip
        for slug, what, at, field, value in cases:
            before = self.raw[at]
            self.reject(
                slug, what, "GPU-14", "SpdmHeader", self.edited(at, bytes([value])),
                change=Rebuilt(f"report.{field}", before, value),
            )  # fmt: skip

    def lengths(self) -> None:
        whole = self.raw
        for slug, what, raw in (
            ("empty", "nothing", b""),
            ("opaque-cut", "opaque data that are cut", whole[:-97]),
            ("no-signature", "a report without its signature", whole[:-96]),
            ("signature-cut", "a signature of 95 bytes", whole[:-1]),
            ("one-byte-more", "a byte after the signature", whole + b"\0"),
        ):
            self.reject(slug, what, "GPU-13", "ReportLength", raw)
        record = int.from_bytes(whole[42:45], "little")
        size = int.from_bytes(whole[3597:3599], "little")
        cases: Tuple[Tuple[str, str, int, bytes, str], ...] = (
            ("record-size-less", "a size of all blocks that is one too small", 42,
             (record - 1).to_bytes(3, "little"), "response.record_size"),
            ("record-size-high-byte", "a size of which two bytes are read", 42,
             (record + 65536).to_bytes(3, "little"), "response.record_size"),
            ("block-count-less", "a number that is not that of the blocks", 41, b"\x3f",
             "response.block_count"),
            ("block-count-zero", "a number of 0", 41, b"\0", "response.block_count"),
            ("block-count-more", "a number above 64", 41, b"\x41", "response.block_count"),
            ("opaque-size-more", "a size that reaches into the signature", 3597,
             (size + 1).to_bytes(2, "little"), "opaque size"),
            ("opaque-size-less", "a size that leaves a byte over", 3597,
             (size - 1).to_bytes(2, "little"), "opaque size"),
        )  # fmt: skip
        for slug, what, at, data, field in cases:
            before = whole[at : at + len(data)].hex()
            self.reject(
                slug, what, "GPU-13", "ReportLength", self.edited(at, data),
                change=Rebuilt(f"report.{field}", before, data.hex()), or_breaks=["GPU-16"]
                if slug == "opaque-size-less" else (),
            )  # fmt: skip
        room = 16385 - len(whole) - 4
        larger = self.report._replace(opaque=(*HOPPER_FIELDS, (UNREAD, bytes(room))))
        self.reject(
            "one-too-large", "a report above the limit", "GPU-13", "ReportLength",
            larger.sign(self.gpu), change=Rebuilt("report.opaque, an unread field", None, room),
        )  # fmt: skip

    def blocks(self) -> None:
        for slug, what, number, index in (
            ("index-zero", "an index of 0", 0, 0),
            ("index-65", "an index above 64", 63, 65),
            ("index-twice-last", "an index twice, far apart", 63, 1),
            ("index-twice-middle", "an index twice, of which the last wins", 40, 36),
        ):
            at = 45 + 55 * number
            self.reject(
                slug, what, "GPU-13", "BlockIndex", self.edited(at, bytes([index])),
                change=Rebuilt(f"report.block[{number}].index", self.raw[at], index),
            )  # fmt: skip
        forms: Tuple[Tuple[str, str, int, int, bytes, str], ...] = (
            ("specification-other", "another specification, in the last block", 63, 1, b"\2",
             "specification"),
            ("size-less", "a size of one less", 5, 2, b"\x32\0", "size"),
            ("size-big-endian", "a size that is read as big-endian", 5, 2, b"\0\x33", "size"),
            ("value-size-less", "a digest of 32 bytes with 16 behind it", 7, 5, b"\x20\0",
             "value_size"),
        )  # fmt: skip
        for slug, what, number, inside, data, field in forms:
            at = 45 + 55 * number + inside
            before = self.raw[at : at + len(data)].hex()
            self.reject(
                slug, what, "GPU-15", "BlockForm", self.edited(at, data),
                change=Rebuilt(f"report.block[{number}].{field}", before, data.hex()),
            )  # fmt: skip
        self._counts()

    def _counts(self) -> None:
        fewer = self.report._replace(measurements=self.report.measurements[:63])
        self.reject(
            "last-block-missing", "63 measurements", "GPU-40", "MeasurementCount",
            fewer.sign(self.gpu), change=Rebuilt("report.blocks", 64, 63),
        )  # fmt: skip
        fields = with_field(HOPPER_FIELDS, 3, None)
        draft = self.report._replace(opaque=fields, measurements=self.report.measurements[:31])
        self.reject(
            "switch", "the report of a switch", "GPU-12", "SwitchReport", draft.sign(self.gpu),
            change=Rebuilt("report.blocks, and the driver", 64, 31),
            or_breaks=["GPU-40", "GPU-16"],
        )  # fmt: skip
