"""Vectors of `measurement.match`: which measurements are compared, and with what."""

from __future__ import annotations

import hashlib
from typing import Any, Dict, Final, List, Mapping, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt

__all__ = ["generate"]

ZERO: Final = "00" * 48
Good = Mapping[int, Sequence[str]]

FLAGS: Final[Dict[str, Flag]] = {
    "Mismatch": Flag(
        "AUTH_BYPASS",
        "A measurement is not one of its good values, or is not there.",
        "Other firmware runs, or debugging is on.",
        "Compare every index of the good values; what is missing is a mismatch, and zeros are a"
        " value.",
        ("NVIDIA/nvtrust issue 66: a GPU in the mode DevTools signs as any other",),
    ),
    "SkippedIndex": Flag(
        "AUTH_BYPASS",
        "Another index than 35 is skipped, or 35 where the decoder is enabled.",
        "The measurement that differs is the one that is left out.",
        "Skip index 35, and only where the status of the decoder is 0x55.",
    ),
    "Conflict": Flag(
        "AUTH_BYPASS",
        "Driver and VBIOS both claim an index.",
        "One of the two lists is not enforced.",
        "Refuse manifests whose active indices overlap.",
    ),
    "OtherEntry": Flag(
        "AUTH_BYPASS",
        "The table has good values for another combination only.",
        "A GPU is called measured by the values of another one, or of nothing.",
        "Select by chip, driver, VBIOS, board and mode; without an entry the level stays signed.",
    ),
    "Alternatives": Flag(
        "INTEROP",
        "An index has several good values, or zeros for one.",
        "Good GPUs are refused.",
        "Accept each alternative.",
    ),
}


def value(label: str) -> str:
    """Return a digest that belongs to a label."""
    return hashlib.sha384(label.encode()).hexdigest()


MEASURED: Final = {
    **{i: value(str(i)) for i in (0, 1, 7, 21, 35, 41, 63)},
    8: ZERO,
}
VBIOS: Final[Good] = {0: [value("0")], 1: [value("1")], 8: [ZERO]}
DRIVER: Final[Good] = {7: [value("7")], 21: [value("21")], 35: [value("35")], 41: [value("41")]}

GPU: Final[Dict[str, Any]] = {
    "chip": "GH100", "driver_version": "570.172.08", "vbios_version": "96.00.CF.00.02",
    "project": "G520", "project_sku": "0280", "chip_sku": "895", "mode": "PPCIE",
}  # fmt: skip
ROW: Final[Dict[str, Any]] = {
    "chip": "GH100", "driver_version": "570.172.08", "vbios_version": "96.00.CF.00.02",
    "board": "G520_0280_895", "mode": "PPCIE",
}  # fmt: skip
MEASURED_OUT: Final = {"level": "measured", "debug": "disabled"}
SIGNED_OUT: Final = {"level": "signed", "debug": "not proven", "compared": [], "skipped": []}


def generate(builder: FileBuilder) -> None:
    """Fill `gpu/measurement`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    file = _File(builder)
    file.accepted()
    file.mismatches()
    file.tables()


def as_json(good: Good) -> Dict[str, List[str]]:
    """Return good values with their indices as text."""
    return {str(index): list(values) for index, values in good.items()}


class _File:
    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.manifests = {"driver": as_json(DRIVER), "vbios": as_json(VBIOS)}
        builder.group({"gpu": self.gpu(), "manifests": self.manifests})

    def gpu(
        self, measured: Optional[Mapping[int, str]] = None, *, disabled: bool = True, **changed: str
    ) -> Dict[str, Any]:
        found = MEASURED if measured is None else measured
        values = {str(index): digest for index, digest in found.items()}
        return {**GPU, **changed, "nvdec0_disabled": disabled, "measurements": values}

    def accept(
        self, slug: str, why: str, req: Sequence[str], gpu: Dict[str, Any], compared: List[int],
        skipped: List[int], *flags: str, driver: Good = DRIVER, vbios: Good = VBIOS,
    ) -> None:  # fmt: skip
        manifests = {"driver": as_json(driver), "vbios": as_json(vbios)}
        given: Dict[str, Any] = {}
        if gpu != self.gpu():
            given["gpu"] = gpu
        if manifests != self.manifests:
            given["manifests"] = manifests
        self.builder.accept(
            slug, why, req=req, given=given,
            out={**MEASURED_OUT, "compared": compared, "skipped": skipped}, flags=flags,
        )  # fmt: skip

    def reject(
        self, slug: str, what: str, flag: str, gpu: Optional[Dict[str, Any]] = None, *,
        breaks: str = "GPU-33", parent: str = "decoder-disabled", driver: Good = DRIVER,
        vbios: Good = VBIOS,
    ) -> None:  # fmt: skip
        given: Dict[str, Any] = {}
        if parent == "decoder-disabled":
            given["manifests"] = {"driver": as_json(driver), "vbios": as_json(vbios)}
        if gpu is not None:
            given["gpu"] = gpu
        self.builder.reject(
            slug, f"Finds a verifier that accepts {what}.", parent=parent, breaks=breaks,
            flags=[flag], given=given, change=Rebuilt("measurements or manifests", "good", slug),
        )  # fmt: skip

    def accepted(self) -> None:
        rest = [0, 1, 7, 8, 21, 41]
        both = ("GPU-33", "GPU-35", "GPU-44")
        self.accept("decoder-disabled", "The ordinary GPU, whose video decoder 0 is disabled.",
                    both, self.gpu(), rest, [35])  # fmt: skip
        self.accept("decoder-enabled", "Finds a verifier that always skips index 35.", both,
                    self.gpu(disabled=False), sorted([*rest, 35]), [], "SkippedIndex")  # fmt: skip
        other = {**MEASURED, 35: value("decoder")}
        self.accept("decoder-differs", "Finds a verifier that never skips index 35, as NVIDIA's"
                    " for Python.", ("GPU-33",), self.gpu(other), rest, [35],
                    "SkippedIndex")  # fmt: skip
        without = {i: v for i, v in MEASURED.items() if i != 35}
        self.accept("decoder-missing", "Finds a verifier that requires what it does not compare.",
                    ("GPU-33",), self.gpu(without), rest, [35], "SkippedIndex")  # fmt: skip
        changed = {**MEASURED, 63: value("not listed")}
        self.accept(
            "index-not-listed",
            "Finds a verifier that compares indices without good values.",
            ("GPU-33",),
            self.gpu(changed),
            rest,
            [35],
            "Alternatives",
        )
        for slug, values in (
            ("first-alternative", [value("21"), value("x")]),
            ("last-alternative", [ZERO, value("x"), value("21")]),
        ):
            self.accept(slug, "Finds a verifier that compares one alternative only.", ("GPU-33",),
                        self.gpu(), rest, [35], "Alternatives",
                        driver={**DRIVER, 21: values})  # fmt: skip

    def mismatches(self) -> None:
        for slug, what, index, digest in (
            ("first-index", "another value of the first index", 0, value("x")),
            ("last-index", "another value of the last index", 41, value("x")),
            ("driver-index", "another value of an index of the driver", 7, value("x")),
            ("zeros-measured", "zeros where a value is wanted", 21, ZERO),
            ("zeros-wanted", "a value where zeros are wanted", 8, value("x")),
            ("last-bit", "a comparison that ignores the end", 7,
             f"{value('7')[:-1]}{int(value('7')[-1], 16) ^ 1:x}"),
        ):  # fmt: skip
            self.reject(slug, what, "Mismatch", self.gpu({**MEASURED, index: digest}))
        for slug, index in (("first-missing", 0), ("middle-missing", 7), ("last-missing", 41)):
            fewer = {i: v for i, v in MEASURED.items() if i != index}
            self.reject(slug, "a measurement that is not there", "Mismatch", self.gpu(fewer))
        zeros = {i: v for i, v in MEASURED.items() if i != 8}
        self.reject("zeros-missing", "nothing where zeros are wanted", "Mismatch",
                    self.gpu(zeros))  # fmt: skip
        shifted = {i + 1: v for i, v in MEASURED.items()}
        self.reject("shifted", "the index of SPDM for that of manifests", "Mismatch",
                    self.gpu(shifted))  # fmt: skip
        enabled = self.gpu({**MEASURED, 35: value("x")}, disabled=False)
        self.reject("decoder-differs-enabled", "another value of an enabled decoder",
                    "SkippedIndex", enabled, parent="decoder-enabled")  # fmt: skip
        other = self.gpu({**MEASURED, 34: value("34"), 36: value("x")})
        self.reject("neighbour-skipped", "another value beside the one that is skipped",
                    "SkippedIndex", other, driver={**DRIVER, 36: [value("36")]})  # fmt: skip
        self.reject("only-the-decoder", "good values of which none is compared", "SkippedIndex",
                    driver={35: DRIVER[35]}, vbios={})  # fmt: skip
        for slug, values in (("conflict", [value("x")]), ("conflict-of-equals", VBIOS[1])):
            self.reject(slug, "an index in both manifests", "Conflict", breaks="GPU-44",
                        driver={**DRIVER, 1: values})  # fmt: skip

    def tables(self) -> None:
        self.builder.group({"gpu": self.gpu()})
        good = as_json({**DRIVER, **VBIOS})
        row = {**ROW, "good": good}
        wrong = {**ROW, "good": {**good, "7": [value("x")]}}
        out = {**MEASURED_OUT, "compared": [0, 1, 7, 8, 21, 41], "skipped": [35]}
        req = ("GPU-33", "GPU-34", "GPU-35")
        self.builder.accept("table", "The ordinary GPU by a table.", req=req,
                            given={"table": [row]}, out=out)  # fmt: skip
        elsewhere = {**wrong, "mode": "SPT"}
        self.builder.accept(
            "second-entry", "Finds a verifier that takes the first entry.", req=req,
            given={"table": [elsewhere, row]}, out=out, flags=["OtherEntry"],
        )  # fmt: skip
        cases: Tuple[Tuple[str, Dict[str, str]], ...] = (
            ("chip", {"chip": "GH200"}),
            ("driver", {"driver_version": "570.172.07"}),
            ("vbios", {"vbios_version": "96.00.CF.00.01"}),
            ("board", {"board": "G520_0280_890"}),
            ("mode", {"mode": "SPT"}),
        )
        for name, changed in cases:
            self.builder.accept(
                f"entry-of-other-{name}", f"Finds a selection without the {name}.",
                req=("GPU-34", "GPU-35", "GPU-45"),
                given={"table": [{**row, **changed}]}, out=SIGNED_OUT,
                flags=["OtherEntry"],
            )  # fmt: skip
        self.builder.accept(
            "empty-table", "Finds a verifier that calls a GPU measured because nothing differed.",
            req=("GPU-34", "GPU-35", "GPU-45"), given={"table": []},
            out=SIGNED_OUT, flags=["OtherEntry"],
        )  # fmt: skip
        self.builder.reject(
            "table-mismatch", "Finds a verifier that calls a GPU measured because it has an entry.",
            parent="table", breaks="GPU-33", flags=["Mismatch"],
            given={"table": [wrong]}, change=Rebuilt("table[0].good.7", good["7"], [value("x")]),
        )  # fmt: skip
