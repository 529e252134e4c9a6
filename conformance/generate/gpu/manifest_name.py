"""Vectors of `manifest.name`: the names of reference manifests, which become parts of URLs."""

from __future__ import annotations

from typing import Any, Dict, Final

from conformance.generate.builder import FileBuilder, Flag

__all__ = ["generate"]

HOPPER: Final[Dict[str, Any]] = {
    "arch": "HOPPER", "chip": "GH100", "driver_version": "570.172.08",
    "vbios_version": "96.00.CF.00.02", "project": "G520", "project_sku": "0280",
    "chip_sku": "895", "chip_info": "",
}  # fmt: skip

DRIVER: Final = "NV_GPU_DRIVER_GH100_570.172.08"
VBIOS: Final = "NV_GPU_VBIOS_G520_0280_895_9600CF0002"


def generate(builder: FileBuilder) -> None:
    """Fill `gpu/manifest_name`."""
    builder.flag("ManifestName", Flag(
        "AUTH_BYPASS",
        "The fields of a report make no name of a manifest.",
        "The request leaves its path, or the manifest of other firmware is fetched.",
        "Build the name from the signed fields, and accept letters, digits, dots and underscores.",
    ))  # fmt: skip
    builder.flag("OtherProduct", Flag(
        "INTEROP",
        "The name of another architecture, board or case.",
        "The manifest is not found, and the GPU is not measured.",
        "Follow the rule of the architecture, and write the name in upper case.",
    ))  # fmt: skip
    _accepted(builder)
    _rejected(builder)


def _accept(
    builder: FileBuilder, slug: str, why: str, changed: Dict[str, Any], driver: str, vbios: str
) -> None:
    builder.accept(
        slug, why, req=["GPU-26"], given={**HOPPER, **changed},
        out={"driver": driver, "vbios": vbios}, flags=["OtherProduct"] if changed else [],
    )  # fmt: skip


def _accepted(builder: FileBuilder) -> None:
    _accept(builder, "hopper", "The names for the Hopper GPU of the other files.", {}, DRIVER,
            VBIOS)  # fmt: skip
    blackwell = {"arch": "BLACKWELL", "chip": "GB110", "chip_info": "GB100"}
    _accept(
        builder, "blackwell", "Finds a name that is built from the certificate's chip.",
        {**blackwell, "chip_info": "GB20X"}, "NV_GPU_CC_DRIVER_GB20X_570.172.08", VBIOS,
    )  # fmt: skip
    _accept(
        builder, "blackwell-without-chip-info", "Finds a client that cannot name the manifest of"
        " a driver before 590, whose reports have no CHIP_INFO.", {**blackwell, "chip_info": ""},
        "NV_GPU_CC_DRIVER_GB100_570.172.08", VBIOS,
    )  # fmt: skip
    _accept(
        builder, "lower-case-fields", "Finds a name in the case of the report.",
        {"project": "g520", "driver_version": "570.172.08b"}, f"{DRIVER}B", VBIOS,
    )  # fmt: skip
    _accept(
        builder, "longest-name", "Finds a limit that is one too low.",
        {"project": "P" * 32, "project_sku": "S" * 32, "chip_sku": "C" * 32,
         "vbios_version": "9" * 16}, DRIVER,
        f"NV_GPU_VBIOS_{'P' * 32}_{'S' * 32}_{'C' * 32}_{'9' * 16}",
    )  # fmt: skip


def _rejected(builder: FileBuilder) -> None:
    for slug, what, name, value in (
        ("path-in-driver", "a driver that leaves the path of the URL", "driver_version",
         "../../ids"),
        ("query-in-driver", "a driver that begins a query", "driver_version", "570?x=1"),
        ("percent-in-driver", "a driver with an escape", "driver_version", "570%2f"),
        ("hyphen-in-driver", "a hyphen, which no name has", "driver_version", "570-172"),
        ("newline-after-driver", "a line end, which `$` of many grammars passes over",
         "driver_version", "570\n"),
        ("not-ascii", "a letter whose upper case is ASCII", "chip_sku", "89\u017f"),
        ("space-in-board", "white space in a board", "project", "G5 20"),
        ("no-project", "a board without its project", "project", ""),
        ("no-project-sku", "a board without its SKU", "project_sku", ""),
        ("no-chip-sku", "a board without the SKU of its chip", "chip_sku", ""),
    ):  # fmt: skip
        builder.reject(
            slug, f"Finds a client that accepts {what}.", parent="hopper", breaks="GPU-26",
            flags=["ManifestName"], given={name: value},
        )  # fmt: skip
    builder.reject(
        "name-too-long", "Finds a client without a limit on the name of a file.",
        parent="longest-name", breaks="GPU-26", flags=["ManifestName"],
        given={"vbios_version": "9" * 17},
    )  # fmt: skip
