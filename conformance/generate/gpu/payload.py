"""Vectors of `gpu.payload`: the members of `nvidia_payload`, their encodings and their nonces."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from typing import Any, Dict, Final, List, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag

__all__ = ["generate"]

FLAGS: Final[Dict[str, Flag]] = {
    "PayloadShape": Flag(
        "MALFORMED",
        "A member of the payload is missing or of another type.",
        "A loop over what is not a list of evidence verifies nothing and finds no fault.",
        "Require an array of objects, and stop at anything else.",
    ),
    "TooManyGpus": Flag(
        "RESOURCE",
        "The payload lists more GPUs than any machine has.",
        "Each costs five verifications on P-384, and the provider chooses how many.",
        "Count the entries before the first is looked at.",
    ),
    "LenientBase64": Flag(
        "MALFORMED",
        "The text is base64 for a lenient decoder only.",
        "One report has many spellings; what was judged is not what is logged or sent on.",
        "Decode standard base64 strictly: alphabet, padding, unused bits.",
        ("RFC 4648, 3.3 and 3.5",),
    ),
    "EvidenceSize": Flag(
        "RESOURCE",
        "A certificate chain or a report is larger than the limit.",
        "The provider decides how much memory and time is used.",
        "Compare the decoded size with the limit, not a size that was rounded up.",
    ),
    "Architecture": Flag(
        "AUTH_BYPASS",
        "The architecture is missing, unknown or contradicted.",
        "The rules of another device are applied, such as those of a switch.",
        "Accept the two names as they are spelled, and compare entry and payload.",
    ),
    "StatedNonce": Flag(
        "FRESHNESS",
        "A nonce beside the reports is not the client's.",
        "An answer put together from different requests is taken for one.",
        "Compare every nonce that is stated, as bytes; trust only the one inside of the report.",
    ),
    "ToleratedForm": Flag(
        "INTEROP",
        "A form that genuine producers send.",
        "Honest evidence is refused.",
        "Accept optional members as absent, null and in either case of digits.",
    ),
}

Payload = Dict[str, Any]


def b64(raw: bytes) -> str:
    """Return standard base64."""
    return base64.b64encode(raw).decode("ascii")


def generate(builder: FileBuilder) -> None:
    """Fill `gpu/payload`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    file = _File(builder)
    file.accepted()
    file.shapes()
    file.architectures()
    file.encodings()
    file.nonces()


class _File:
    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.nonce = builder.random("nonce")(32).hex()
        builder.group({"nonce": self.nonce})

    def payload(self, count: int = 2) -> Payload:
        """Return a payload with short texts for certificates and reports."""
        entries = [
            {
                "arch": "HOPPER",
                "certificate": b64(b"certificates of GPU %d, PEM" % n),
                "evidence": b64(b"report of GPU %d" % n),
                "nonce": self.nonce,
            }
            for n in range(count)
        ]
        return {"arch": "HOPPER", "evidence_list": entries, "nonce": self.nonce}

    def accept(
        self, slug: str, why: str, value: Payload, req: Sequence[str], *flags: str, arch: str = ""
    ) -> None:
        gpus = [
            {
                "arch": arch or "HOPPER",
                "certificate_sha256": _digest(entry["certificate"]),
                "evidence_sha256": _digest(entry["evidence"]),
            }
            for entry in value["evidence_list"]
        ]
        given = {"payload": json.dumps(value)}
        self.builder.accept(slug, why, req=req, given=given, out={"gpus": gpus}, flags=flags)

    def reject(
        self,
        slug: str,
        why: str,
        breaks: str,
        flag: str,
        value: Any,
        *,
        parent: str = "two-gpus",
        or_breaks: Sequence[str] = (),
    ) -> None:
        self.builder.reject(
            slug, why, parent=parent, breaks=breaks, or_breaks=or_breaks, flags=[flag],
            given={"payload": json.dumps(value)},
        )  # fmt: skip

    def changed(self, name: str, value: Any, *, entry: Optional[int] = None) -> Payload:
        """Return the payload with another value of a member; `...` leaves it out."""
        found = copy.deepcopy(self.payload())
        node = found if entry is None else found["evidence_list"][entry]
        if value is ...:
            del node[name]
        else:
            node[name] = value
        return found

    def accepted(self) -> None:
        every = ("GPU-2", "GPU-4", "GPU-5", "GPU-6", "GPU-7")
        self.accept("two-gpus", "The ordinary payload of two GPUs.", self.payload(), every)
        blackwell = json.loads(json.dumps(self.payload()).replace("HOPPER", "BLACKWELL"))
        self.accept(
            "blackwell", "Finds a verifier that knows one architecture only.", blackwell,
            ("GPU-7",), arch="BLACKWELL",
        )  # fmt: skip
        outside = self.payload()
        for entry in outside["evidence_list"]:
            del entry["arch"], entry["nonce"]
        self.accept(
            "members-outside-only", "Finds a verifier that requires architecture and nonce in each"
            " entry, where servers before 2026 had none.", outside,
            ("GPU-2", "GPU-6", "GPU-7"), "ToleratedForm",
        )  # fmt: skip
        inside = self.payload()
        del inside["arch"], inside["nonce"]
        self.accept(
            "members-inside-only", "Finds a verifier that reads architecture and nonce of the"
            " payload only.", inside, ("GPU-2", "GPU-6", "GPU-7"), "ToleratedForm",
        )  # fmt: skip
        self.accept(
            "null-members", "Finds a verifier that takes null for a value.",
            {**self.changed("arch", None, entry=1), "nonce": None}, ("GPU-2", "GPU-7"),
            "ToleratedForm",
        )  # fmt: skip
        self.accept(
            "integer-architecture", "Finds a verifier that refuses the integer of NVML, which some"
            " producers write.", self.changed("arch", 9, entry=0), ("GPU-7",), "ToleratedForm",
        )  # fmt: skip
        upper = self.changed("nonce", self.nonce.upper(), entry=0)
        upper["nonce"] = self.nonce.upper()
        self.accept(
            "upper-case-nonces", "Finds a comparison of nonces as text.", upper,
            ("GPU-2", "GPU-6"), "ToleratedForm",
        )  # fmt: skip
        self.accept(
            "unknown-members", "Finds a verifier that refuses members which it does not know.",
            {**self.changed("index", 1, entry=1), "version": {"a": []}}, ("GPU-4",),
            "ToleratedForm",
        )  # fmt: skip
        self.accept(
            "sixty-four-gpus", "Finds a limit that is one too low.", self.payload(64), ("GPU-4",)
        )
        large = self.payload(1)
        large["evidence_list"][0]["evidence"] = b64(bytes(16384))
        self.accept(
            "largest-report", "Finds a limit that is one too low, or one of base64 characters.",
            large, ("GPU-5",), "EvidenceSize",
        )  # fmt: skip

    def shapes(self) -> None:
        two = self.payload()["evidence_list"]
        cases: Tuple[Tuple[str, str, Any], ...] = (
            ("no-list", "an absent list, over which a loop finds no fault", ...),
            ("null-list", "a list of null", None),
            ("object-for-list", "an object, whose members a loop would visit", {"0": two[0]}),
            ("text-for-list", "a text, which has a length too", json.dumps(two)),
            ("text-for-entry", "an entry that is a text", [two[0], "x"]),
            ("null-entry", "an entry of null, which a loop may skip", [two[0], None]),
            ("array-for-entry", "an entry that is an array", [[two[0]], two[1]]),
        )
        for slug, what, value in cases:
            self.reject(
                slug, f"Finds a verifier that accepts {what}.", "GPU-4", "PayloadShape",
                self.changed("evidence_list", value),
            )  # fmt: skip
        self.reject(
            "sixty-five-gpus", "Finds a verifier without a limit on the number of GPUs.", "GPU-4",
            "TooManyGpus", self.payload(65), parent="sixty-four-gpus",
        )  # fmt: skip

    def architectures(self) -> None:
        cases: Tuple[Tuple[str, str, Any, Optional[int]], ...] = (
            ("unknown-architecture", "the name of a switch", "LS10", None),
            ("older-architecture", "an architecture without confidential computing", "AMPERE", 0),
            ("lower-case-architecture", "another spelling", "hopper", None),
            ("empty-architecture", "an empty name in the place of an absent one", "", 1),
            ("other-architecture", "an entry that contradicts the payload", "BLACKWELL", 0),
            ("other-architecture-last", "a contradiction in the last entry only", "BLACKWELL", 1),
            ("boolean-architecture", "a boolean, which Python takes for an integer", True, 0),
            ("integer-outside", "an integer where there is no name around it", 9, None),
            ("text-of-integer", "the integer of NVML as text", "9", 1),
        )
        for slug, what, value, entry in cases:
            self.reject(
                slug, f"Finds a verifier that accepts {what}.", "GPU-7", "Architecture",
                self.changed("arch", value, entry=entry),
            )  # fmt: skip
        nowhere = self.changed("arch", ..., entry=1)
        del nowhere["arch"]
        self.reject(
            "no-architecture", "Finds a verifier that takes the architecture of one entry for all,"
            " or has a default.", "GPU-7", "Architecture", nowhere, parent="members-inside-only",
        )  # fmt: skip
        alone = self.changed("arch", 9, entry=0)
        del alone["arch"]
        self.reject(
            "integer-without-name", "Finds a verifier that ignores an integer although no name"
            " stands around it.", "GPU-7", "Architecture", alone, parent="members-inside-only",
        )  # fmt: skip

    def encodings(self) -> None:
        text = b64(b"report of GPU 1")
        padded = b64(b"report of GPU 1.")
        cases: List[Tuple[str, str, str, Any]] = [
            ("no-certificate", "an absent chain", "certificate", ...),
            ("empty-certificate", "an empty chain", "certificate", ""),
            ("pem-certificate", "PEM that is not wrapped in base64", "certificate",
             "-----BEGIN CERTIFICATE-----\n"),
            ("array-certificate", "a list of certificates", "certificate", [text]),
            ("base64url-certificate", "base64url", "certificate", "_-_-"),
            ("no-evidence", "an absent report", "evidence", ...),
            ("null-evidence", "a report of null", "evidence", None),
            ("empty-evidence", "an empty report", "evidence", ""),
            ("number-evidence", "a number for a report", "evidence", 17),
            ("hex-evidence", "hexadecimal, as older evidence of Confidential Containers is",
             "evidence", b"report of GPU 1.".hex() + "0"),
            ("unpadded-evidence", "base64 without padding", "evidence", padded.rstrip("=")),
            ("overpadded-evidence", "base64 with too much padding", "evidence", text + "===="),
            ("evidence-with-newline", "white space inside of base64", "evidence",
             text[:8] + "\n" + text[8:]),
            ("evidence-with-trailing-space", "white space after base64", "evidence", text + " "),
            ("evidence-with-foreign-character", "characters that lenient decoders skip",
             "evidence", text[:4] + "!$!$" + text[4:]),
            ("evidence-with-unused-bits", "base64 whose unused bits are not zero", "evidence",
             padded[:-3] + "h=="),
        ]  # fmt: skip
        for slug, what, name, value in cases:
            self.reject(
                slug, f"Finds a verifier that accepts {what}.", "GPU-5",
                "PayloadShape" if value in (..., None, "", 17) else "LenientBase64",
                self.changed(name, value, entry=1),
            )  # fmt: skip
        large = self.payload(1)
        large["evidence_list"][0]["evidence"] = b64(bytes(16385))
        self.reject(
            "report-too-large", "Finds a limit that was rounded up to whole groups of base64.",
            "GPU-5", "EvidenceSize", large, parent="largest-report",
        )  # fmt: skip

    def nonces(self) -> None:
        other = self.builder.random("another nonce")(32).hex()
        cases: Tuple[Tuple[str, str, Any], ...] = (
            ("other", "another nonce", other),
            ("last-bit", "a comparison that ignores the end", _last_bit(self.nonce)),
            ("first-bit", "a comparison that ignores the beginning",
             f"{int(self.nonce[0], 16) ^ 8:x}{self.nonce[1:]}"),
            ("zero", "a nonce of zeros in the place of none", "00" * 32),
            ("cut", "a comparison of a prefix", self.nonce[:-2]),
            ("long", "a comparison of a prefix", self.nonce + "00"),
            ("prefixed", "a prefix of 0x", "0x" + self.nonce),
            ("empty", "an empty nonce in the place of none", ""),
            ("number", "a nonce that is no text", 0),
            ("base64", "a nonce in base64", b64(bytes.fromhex(self.nonce))),
            ("spaced", "white space around the digits", self.nonce + "\n"),
        )  # fmt: skip
        for slug, what, value in cases:
            for place, breaks in ((None, "GPU-2"), (1, "GPU-6")):
                if place is None and slug in ("long", "base64", "zero", "first-bit"):
                    continue  # the same code reads both
                self.reject(
                    f"{slug}-nonce-{'outside' if place is None else 'inside'}",
                    f"Finds a verifier that accepts {what}.", breaks, "StatedNonce",
                    self.changed("nonce", value, entry=place),
                )  # fmt: skip
        self.reject(
            "other-nonce-first", "Finds a comparison with the nonce of the last entry only.",
            "GPU-6", "StatedNonce", self.changed("nonce", other, entry=0),
        )  # fmt: skip


def _digest(text: str) -> str:
    return hashlib.sha256(base64.b64decode(text)).hexdigest()


def _last_bit(nonce: str) -> str:
    return f"{nonce[:-1]}{int(nonce[-1], 16) ^ 1:x}"
