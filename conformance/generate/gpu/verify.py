"""Vectors of `gpu.verify`: the evidence of one and of several GPUs, up to NVIDIA's signatures."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, Dict, Final, List, Mapping, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.gpu.kit import (
    BLACKWELL_FIELDS,
    LINKS,
    NOW,
    World,
    with_field,
)
from conformance.mock_tee.pki.gpu_report import SWITCHES, ReportDraft
from conformance.mock_tee.pki.nvidia import FWID, GpuDraft
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P384

__all__ = ["generate"]

DRIVER, VBIOS, FIRMWARE, PROTECTED, SWITCH_PDI, FEATURE = 3, 6, 20, 21, 22, 36

FLAGS: Final[Dict[str, Flag]] = {
    "NoEvidence": Flag(
        "DOWNGRADE",
        "The payload has no evidence.",
        "A loop over no GPUs finds no fault, and the answer counts as verified.",
        "Refuse an empty list wherever GPUs are to be judged.",
    ),
    "ReportSignature": Flag(
        "AUTH_BYPASS",
        "The signature is not that of the GPU's key over the report.",
        "Anyone writes reports.",
        "Verify ECDSA on P-384 with SHA-384 over all bytes before the signature, under the first"
        " certificate's key.",
        ("FIPS 186-5, 6.4.2",),
    ),
    "ReportNonce": Flag(
        "FRESHNESS",
        "The nonce inside of a report is not the client's.",
        "A recorded report, or one that somebody else asked for, is taken for an answer.",
        "Compare the nonce at offset 4 of every report.",
        ("NEAR's and Phala's verifiers compare the text beside the report only",),
    ),
    "Firmware": Flag(
        "AUTH_BYPASS",
        "Report and certificate do not name the same firmware.",
        "A key that was certified for one firmware signs for another.",
        "Require the FWID in both, and compare.",
        ("NVIDIA/nvtrust calls the comparison without its parentheses, so that it always holds",),
    ),
    "NotAGpu": Flag(
        "AUTH_BYPASS",
        "A genuine device signed that is not a GPU, or not all that a GPU measures.",
        "A switch stands for a GPU.",
        "Compare chip and architecture; require a driver and 64 measurements.",
    ),
    "CountedTwice": Flag(
        "AUTH_BYPASS",
        "One GPU, or one report, stands for two.",
        "Seven GPUs of eight need not be genuine.",
        "Compare both serial numbers and the responder's nonces of all GPUs.",
    ),
    "MixedFleet": Flag(
        "AUTH_BYPASS",
        "The GPUs differ in model, driver, VBIOS or mode.",
        "A GPU of another machine, or with a driver of known flaws, is among them.",
        "Compare every GPU with the first.",
    ),
    "Switches": Flag(
        "AUTH_BYPASS",
        "GPUs in protected PCIe mode do not see the same switches.",
        "They are not on one baseboard, and what carries their plaintext is unknown.",
        "Compare the sets without zeros, and require one switch.",
    ),
    "Policy": Flag(
        "DOWNGRADE",
        "The GPUs are genuine, and not what the caller demands.",
        "An old driver, or a smaller machine, is accepted in silence.",
        "Compare number, driver, VBIOS and mode with the demands, by the signed fields.",
    ),
    "ForeignRoot": Flag(
        "AUTH_BYPASS",
        "The certificates end in another root.",
        "Anyone makes GPUs.",
        "Compare the last certificate with the pinned one.",
    ),
    "OtherMachine": Flag(
        "INTEROP",
        "Another kind of machine than the eight Hopper GPUs of today.",
        "Genuine evidence is refused.",
        "Take number, architecture and mode from the evidence.",
    ),
}

Entry = Dict[str, Any]


def generate(builder: FileBuilder) -> None:
    """Fill `gpu/verify`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    file = _File(builder)
    file.accepted()
    file.signatures()
    file.contents()
    file.fleets()
    file.policies()


def edited(report: ReportDraft, *fields: Tuple[int, Optional[bytes]]) -> ReportDraft:
    """Return a report with other opaque data."""
    for kind, data in fields:
        report = report._replace(opaque=with_field(report.opaque, kind, data))
    return report


class _File:
    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.world = World.of(builder)
        self.gpu, self.report = self.world.gpu(), self.world.report()
        builder.group({"nonce": self.world.nonce.hex(), "root": self.world.root, "now": NOW})

    def facts(self, gpus: Sequence[GpuDraft], **changed: Any) -> Dict[str, Any]:
        """Return what is known of Hopper GPUs in the ordinary machine."""
        facts: Dict[str, Any] = {
            "level": "signed", "model": "GH100 A01 GSP BROM", "driver_version": "570.172.08",
            "vbios_version": "96.00.CF.00.02", "mode": "PPCIE", "debug": "not proven",
            "revocation": "not performed", "td_binding": "same-nonce",
            "switches": sorted(pdi.hex() for pdi in SWITCHES), "switches_attested": False,
        }  # fmt: skip
        facts.update(changed)
        chip = facts["model"].split(" ")[0]
        facts["gpus"] = [
            {"name": f"GPU-{n}", "chip": chip, "ueid": str(gpu.leaf.serial), "fwid": FWID.hex()}
            for n, gpu in enumerate(gpus)
        ]
        return facts

    def accept(
        self, slug: str, why: str, req: Sequence[str], payload: str, out: Mapping[str, Any],
        *flags: str, **given: Any,
    ) -> None:  # fmt: skip
        self.builder.accept(
            slug, why, req=req, given={"payload": payload, **given}, out=out, flags=flags
        )

    def reject(
        self, slug: str, what: str, breaks: str, flag: str, entries: Sequence[Entry],
        change: Optional[Tuple[str, Any, Any]] = None, *, parent: str = "one-gpu",
        or_breaks: Sequence[str] = (), also: Sequence[str] = (), critical: bool = False,
    ) -> None:  # fmt: skip
        self.builder.reject(
            slug, f"Finds a verifier that accepts {what}.", parent=parent, breaks=breaks,
            flags=[flag], given={"payload": self.world.payload(entries)}, or_breaks=or_breaks,
            also=also, change=None if change is None else Rebuilt(*change), critical=critical,
        )  # fmt: skip

    def pair(self, second: Optional[ReportDraft] = None, **changed: Any) -> List[Entry]:
        """Return the entries of two GPUs, the second with another report or other parts."""
        report = self.world.report(1) if second is None else second
        return [self.world.entry(0), self.world.entry(1, report=report, **changed)]

    def accepted(self) -> None:
        world = self.world
        every = (
            "GPU-1", "GPU-2", "GPU-6", "GPU-8", "GPU-12", "GPU-15", "GPU-16", "GPU-17", "GPU-18",
            "GPU-19", "GPU-20", "GPU-24", "GPU-35", "GPU-36", "GPU-37", "GPU-40",
        )  # fmt: skip
        self.accept(
            "one-gpu", "The ordinary evidence of one GPU, and what it does not prove.", every,
            world.payload([world.entry(0)]), self.facts([self.gpu]),
        )  # fmt: skip
        two = [world.gpu(0), world.gpu(1)]
        self.accept(
            "two-gpus", "Finds a verifier that judges the first GPU only.",
            ("GPU-21", "GPU-22", "GPU-23", "GPU-25"), world.payload(self.pair()), self.facts(two),
        )  # fmt: skip
        shifted = b"".join(SWITCHES[(n + 1) % 4] for n in range(18))
        self.accept(
            "switches-in-other-order", "Finds a comparison of switches link by link.",
            ("GPU-23", "GPU-24"), world.payload(self.pair(edited(world.report(1),
            (SWITCH_PDI, shifted)))), self.facts(two), "OtherMachine",
        )  # fmt: skip
        alone = edited(self.report, (PROTECTED, b"\x55"), (SWITCH_PDI, None))
        self.accept(
            "no-switches", "Finds a verifier that speaks of switches where there are none.",
            ("GPU-23", "GPU-24", "GPU-35"), world.payload([world.entry(0, report=alone)]),
            self.facts([self.gpu], mode="CC", switches=[], switches_attested=None),
            "OtherMachine",
        )  # fmt: skip
        gpu = world.gpu(0, chip="GB100")
        entry = world.entry(gpu=gpu, report=world.report(0, BLACKWELL_FIELDS), arch="BLACKWELL")
        self.accept(
            "blackwell", "Finds a verifier that was tried with Hopper only.",
            ("GPU-7", "GPU-12", "GPU-17", "GPU-19"), world.payload([entry], "BLACKWELL"),
            self.facts([gpu], model="GB100 A01 GSP BROM", driver_version="590.44.01",
                       vbios_version="97.00.12.00.03", mode="MPT", switches=[],
                       switches_attested=None), "OtherMachine",
        )  # fmt: skip
        raw = self.report.sign(self.gpu)
        s = int.from_bytes(raw[-48:], "big")
        other = raw[:-48] + (P384.n - s).to_bytes(48, "big")
        self.accept(
            "other-sign-of-s", "Finds a rule for low s, which NVIDIA's devices do not follow.",
            ("GPU-17",), world.payload([world.entry(0, raw=other)]), self.facts([self.gpu]),
            "OtherMachine",
        )  # fmt: skip

    # --- One GPU --------------------------------------------------------------------------------

    def signatures(self) -> None:
        self.builder.reject(
            "no-gpus", "Finds a verifier that calls an empty list verified.", parent="one-gpu",
            breaks="GPU-1", flags=["NoEvidence"], given={"payload": self.world.payload([])},
            change=Rebuilt("payload.evidence_list", "one entry", []),
        )  # fmt: skip
        whole = self.report.sign(self.gpu)
        signed = whole[:-96]
        key = self.gpu.leaf_key
        sha256 = ecdsa.sign(P384, key.scalar, hashlib.sha256(signed).digest())
        device = self.gpu.device_key.sign(signed)
        other = self.world.key("somebody").sign(signed)
        without = key.sign(signed[37:])
        cases: Tuple[Tuple[str, str, bytes], ...] = (
            ("r-first-bit", "a signature whose first bit is turned", _turned(whole, -96, 0x80)),
            ("s-last-bit", "a signature whose last bit is turned", _turned(whole, -1, 1)),
            ("signed-first-block", "a measurement that was changed after it was signed",
             _turned(whole, 60, 1)),
            ("sha256", "a signature with SHA-256", signed + _raw(sha256[0], sha256[1])),
            ("by-the-gpu-key", "a signature by the key of the second certificate",
             signed + device),
            ("by-somebody", "a signature by another key", signed + other),
            ("over-answer-only", "a signature over the answer without the request",
             signed + without),
        )  # fmt: skip
        for slug, what, raw in cases:
            self.reject(
                f"signature-{slug}", what, "GPU-17", "ReportSignature",
                [self.world.entry(0, raw=raw)], critical=True,
            )  # fmt: skip
        keys = World.of(self.builder, "foreign").factory
        self.reject(
            "foreign-root", "GPUs of another root", "CRT-13", "ForeignRoot",
            [self.world.entry(0, factory=keys)], also=["GPU-9", "GPU-38"], critical=True,
        )  # fmt: skip

    def contents(self) -> None:
        report, nonce = self.report, self.world.nonce
        other = self.builder.random("another nonce")(32)
        reports: Tuple[Tuple[str, str, ReportDraft], ...] = (
            ("other-nonce", "the right nonce beside the report only",
             report._replace(nonce=other)),
            ("nonce-of-responder", "the nonce at the place of the responder's",
             report._replace(nonce=other, responder_nonce=nonce)),
            ("nonce-last-bit", "a comparison that ignores the end",
             report._replace(nonce=_turned(nonce, -1, 1))),
        )  # fmt: skip
        for slug, what, draft in reports:
            self.reject(
                slug, what, "GPU-18", "ReportNonce", [self.world.entry(0, report=draft)],
                ("report.request.nonce", nonce.hex(), draft.nonce.hex()), critical=True,
            )  # fmt: skip
        for slug, what, data in (
            ("no-fwid", "a report without a FWID, as those of 2023 were", None),
            ("other-fwid", "another firmware", hashlib.sha384(b"another firmware").digest()),
        ):
            draft = edited(report, (FIRMWARE, data))
            self.reject(
                slug, what, "GPU-19", "Firmware", [self.world.entry(0, report=draft)],
                ("report.opaque.fwid", FWID.hex(), None if data is None else data.hex()),
            )  # fmt: skip
        switch = edited(report, (DRIVER, None))._replace(measurements=report.measurements[:31])
        self.reject(
            "switch-report", "the report of a switch", "GPU-12", "NotAGpu",
            [self.world.entry(0, report=switch)], ("report", "of a GPU", "of a switch"),
            or_breaks=["GPU-40", "GPU-16"],
        )  # fmt: skip
        fewer = report._replace(measurements=report.measurements[:63])
        self.reject(
            "sixty-three-measurements", "a report that lacks the last measurement", "GPU-40",
            "NotAGpu", [self.world.entry(0, report=fewer)], ("report.blocks", 64, 63),
        )  # fmt: skip

    # --- Several GPUs ---------------------------------------------------------------------------

    def fleets(self) -> None:
        world, first = self.world, self.world.entry(0)
        again = self.world.entry(0, report=world.report(1))
        sibling = world.gpu(1)._replace(
            device=self.gpu.device, device_key=self.gpu.device_key,
            leaf=world.gpu(1).leaf._replace(extensions=self.gpu.leaf.extensions),
        )  # fmt: skip
        copied = world.report(1)._replace(responder_nonce=self.report.responder_nonce)
        duplicates: Tuple[Tuple[str, str, List[Entry]], ...] = (
            ("gpu-twice", "two reports of one GPU", [first, again]),
            ("device-twice", "two signing keys of one GPU",
             [first, world.entry(1, gpu=sibling)]),
            ("responder-nonce-twice", "two reports with one responder nonce", self.pair(copied)),
        )  # fmt: skip
        for slug, what, entries in duplicates:
            self.reject(
                slug, what, "GPU-21", "CountedTwice", entries, ("GPU-1", "another GPU", slug),
                parent="two-gpus",
            )  # fmt: skip
        other = self.builder.random("nonce of another client")(32)
        self.reject(
            "nonce-of-the-last", "a nonce that only the first GPU answered", "GPU-18",
            "ReportNonce", self.pair(world.report(1)._replace(nonce=other)),
            ("GPU-1 report.request.nonce", world.nonce.hex(), other.hex()), parent="two-gpus",
        )  # fmt: skip
        second = world.report(1)
        others: Tuple[Tuple[str, str, ReportDraft, Any], ...] = (
            ("other-driver", "GPUs with two drivers", edited(second, (DRIVER, b"570.172.07\0")),
             "570.172.07"),
            ("other-vbios", "GPUs with two VBIOS",
             edited(second, (VBIOS, bytes.fromhex("00cf009601000000"))), "96.00.CF.00.01"),
            ("other-mode", "GPUs in two modes",
             edited(second, (PROTECTED, b"\x55"), (FEATURE, b"\0\0")), "SPT"),
        )  # fmt: skip
        for slug, what, draft, value in others:
            self.reject(
                slug, what, "GPU-22", "MixedFleet", self.pair(draft),
                ("GPU-1", "that of GPU-0", value), parent="two-gpus",
            )  # fmt: skip
        self.reject(
            "other-model", "GPUs of two models", "GPU-22", "MixedFleet",
            self.pair(gpu=world.gpu(1, chip="GH200")), ("GPU-1 chip", "GH100", "GH200"),
            parent="two-gpus",
        )  # fmt: skip
        strange = hashlib.sha256(b"another switch").digest()[:8]
        links = LINKS.replace(SWITCHES[3], strange)
        sees: Tuple[Tuple[str, str, Callable[[ReportDraft], ReportDraft], bool], ...] = (
            ("other-switches", "other switches", lambda r: edited(r, (SWITCH_PDI, links)), False),
            ("one-without-switches", "a GPU that sees none",
             lambda r: edited(r, (SWITCH_PDI, bytes(144))), False),
            ("all-links-off", "links that are off, taken for a switch",
             lambda r: edited(r, (SWITCH_PDI, bytes(144))), True),
        )  # fmt: skip
        for slug, what, change, both in sees:
            one = [world.entry(0, report=change(world.report(0)))] if both else [first]
            entries = [*one, world.entry(1, report=change(second))]
            self.reject(
                slug, what, "GPU-23", "Switches", entries,
                ("report.opaque.switch_pdi", "the same four", slug), parent="two-gpus",
            )  # fmt: skip

    def policies(self) -> None:
        entries = self.pair()
        self.builder.group(
            {"nonce": self.world.nonce.hex(), "root": self.world.root, "now": NOW,
             "payload": self.world.payload(entries)}
        )  # fmt: skip
        facts = self.facts([self.gpu, self.world.gpu(1)])
        met = {
            "gpu_count": 2, "driver_versions": ["570.172.07", "570.172.08"],
            "vbios_versions": ["96.00.CF.00.02"], "modes": ["PPCIE"],
        }  # fmt: skip
        for slug, why, policy in (
            ("policy-met", "Finds a comparison with the first of the allowed values only.", met),
            ("policy-empty", "Finds a verifier that takes an absent demand for one of nothing.",
             {}),
        ):  # fmt: skip
            self.builder.accept(
                slug, why, req=["GPU-25"], given={"policy": policy}, out=facts, flags=["Policy"]
            )
        for slug, what, name, value in (
            ("policy-fewer", "fewer GPUs than were demanded", "gpu_count", 3),
            ("policy-more", "more GPUs than were demanded", "gpu_count", 1),
            ("policy-driver", "a driver that is not allowed", "driver_versions", ["570.172.07"]),
            ("policy-driver-prefix", "a driver of which the beginning is allowed",
             "driver_versions", ["570.172.0"]),
            ("policy-vbios", "a VBIOS that is not allowed", "vbios_versions",
             ["96.00.CF.00.01"]),
            ("policy-mode", "a mode that is not allowed", "modes", ["SPT", "CC"]),
        ):  # fmt: skip
            self.builder.reject(
                slug, f"Finds a verifier that accepts {what}.", parent="policy-met",
                breaks="GPU-25", flags=["Policy"], given={"policy": {**met, name: value}},
                change=Rebuilt(f"policy.{name}", json.dumps(met[name]), json.dumps(value)),
            )  # fmt: skip


def _turned(raw: bytes, at: int, bits: int) -> bytes:
    """Return bytes with some bits of one turned."""
    found = bytearray(raw)
    found[at] ^= bits
    return bytes(found)


def _raw(r: int, s: int) -> bytes:
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")
