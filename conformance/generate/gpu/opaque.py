"""Vectors of `gpu.opaque`: the fields that a GPU says of itself."""

from __future__ import annotations

from typing import Any, Dict, Final, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.gpu.kit import (
    BLACKWELL_FIELDS,
    HOPPER_FIELDS,
    LINKS,
    encode_fields,
    with_field,
)
from conformance.mock_tee.pki.gpu_report import Fields

__all__ = ["generate"]

DRIVER, VBIOS, NVDEC0, CHIP_SKU, PROJECT, PROJECT_SKU = 3, 6, 11, 15, 17, 18
FWID, PROTECTED, SWITCHES, VERSION, CHIP_INFO, FLAG = 20, 21, 22, 34, 35, 36

FLAGS: Final[Dict[str, Flag]] = {
    "OpaqueLength": Flag(
        "MALFORMED",
        "A type, a size and its data do not fill the opaque data to the byte.",
        "A reader that stops early or reads on takes other bytes for a field.",
        "Consume type, size and data exactly; refuse what is left over.",
    ),
    "OpaqueType": Flag(
        "AUTH_BYPASS",
        "A type is unknown or occurs twice.",
        "Of two fields one verifier reads the first and another the last: one report, two drivers.",
        "Accept the types 1 to 36, each at most once.",
        ("NVIDIA/attestation-sdk, gpu/spdm: types beyond 36 are refused",),
    ),
    "OpaqueForm": Flag(
        "MALFORMED",
        "A field has another size or content than its type.",
        "A value that nobody defined becomes part of a name, a file or a verdict.",
        "Hold the size and the form of every field that is read.",
    ),
    "OpaqueVersion": Flag(
        "DOWNGRADE",
        "The data say that they are of a later version.",
        "Fields are read by rules that are not theirs.",
        "Refuse a version above 1; both bytes of the field count.",
    ),
    "ContradictoryMode": Flag(
        "AUTH_BYPASS",
        "The feature flag and the status of protected PCIe contradict each other.",
        "Switches that carry plaintext are left out of what must be trusted.",
        "Compare the two wherever both are present.",
    ),
    "EdgeField": Flag(
        "EDGE_CASE",
        "A field is absent, at its limit, or in another place.",
        "Reports of another driver or architecture are refused or misread.",
        "Read fields by type, in any order, and optional ones as absent.",
    ),
}

HOPPER: Final[Dict[str, Any]] = {
    "driver_version": "570.172.08",
    "vbios_version": "96.00.CF.00.02",
    "project": "G520",
    "project_sku": "0280",
    "chip_sku": "895",
    "chip_info": "",
    "mode": "PPCIE",
    "nvdec0_disabled": True,
    "fwid": dict(HOPPER_FIELDS)[FWID].hex(),
    "switches": [LINKS[i : i + 8].hex() for i in range(0, len(LINKS), 8)],
}
BARE: Final[Fields] = ((DRIVER, b"1\0"), (VBIOS, bytes.fromhex("0102030405060708")))
BARE_FACTS: Final[Dict[str, Any]] = {
    **HOPPER, "driver_version": "1", "vbios_version": "04.03.02.01.05", "project": "",
    "project_sku": "", "chip_sku": "", "mode": "unknown", "nvdec0_disabled": False, "fwid": None,
    "switches": [],
}  # fmt: skip


def generate(builder: FileBuilder) -> None:
    """Fill `gpu/opaque`."""
    for name, flag in FLAGS.items():
        builder.flag(name, flag)
    _accepted(builder)
    _lengths(builder)
    _types(builder)
    _sizes(builder)
    _contents(builder)
    _modes(builder)


def _accept(
    builder: FileBuilder, slug: str, why: str, fields: Fields, facts: Dict[str, Any], *flags: str,
    req: Sequence[str] = ("GPU-16",),
) -> None:  # fmt: skip
    given = {"opaque": encode_fields(fields).hex()}
    builder.accept(slug, why, req=req, given=given, out=facts, flags=flags)


def _reject(
    builder: FileBuilder, slug: str, what: str, flag: str, opaque: bytes, *,
    breaks: str = "GPU-16", or_breaks: Sequence[str] = (), parent: str = "hopper",
) -> None:  # fmt: skip
    builder.reject(
        slug, f"Finds a verifier that accepts {what}.", parent=parent, breaks=breaks,
        or_breaks=or_breaks, flags=[flag], given={"opaque": opaque.hex()},
    )  # fmt: skip


def _accepted(builder: FileBuilder) -> None:
    both = ("GPU-16", "GPU-41")
    _accept(
        builder, "hopper", "The ordinary data of a Hopper GPU.", HOPPER_FIELDS, HOPPER, req=both
    )
    _accept(
        builder, "blackwell", "The ordinary data of a Blackwell GPU, with version, chip and flag.",
        BLACKWELL_FIELDS,
        {**BARE_FACTS, "driver_version": "590.44.01", "vbios_version": "97.00.12.00.03",
         "chip_info": "GB100", "mode": "MPT", "fwid": HOPPER["fwid"]}, req=both,
    )  # fmt: skip
    _accept(
        builder, "two-fields", "Finds a verifier that requires more than driver and VBIOS, and"
        " one that calls an absent decoder disabled.", BARE, BARE_FACTS, "EdgeField",
    )  # fmt: skip
    _accept(
        builder, "other-order", "Finds a verifier that reads fields by their place.",
        tuple(reversed(HOPPER_FIELDS)), HOPPER, "EdgeField",
    )  # fmt: skip
    for slug, why, kind, data, changed in (
        ("decoder-enabled", "Finds a verifier that calls every decoder disabled.", NVDEC0, b"\xaa",
         {"nvdec0_disabled": False}),
        ("no-decoder", "Finds a verifier that takes an absent status for disabled.", NVDEC0, None,
         {"nvdec0_disabled": False}),
        ("no-fwid", "Finds a verifier that needs the FWID to read the data.", FWID, None,
         {"fwid": None}),
        ("no-protected-status", "Finds a verifier that calls an absent status a mode.", PROTECTED,
         None, {"mode": "unknown"}),
        ("protected-off", "Finds a verifier that calls every GPU protected.", PROTECTED, b"\x55",
         {"mode": "CC"}),
        ("flag-protected", "Finds a verifier that refuses two fields which agree.", FLAG,
         b"\2\0", {}),
        ("version-zero", "Finds a verifier that wants version 1 or none.", VERSION, b"\0\0", {}),
        ("version-one", "Finds a verifier that refuses the version of today.", VERSION,
         b"\1\0", {}),
        ("driver-without-nul", "Finds a reader that cuts the last character off.", DRIVER,
         b"570.172.08", {}),
        ("driver-with-many-nuls", "Finds a reader that removes one NUL only.", DRIVER,
         b"570.172.08\0\0\0\0", {}),
        ("longest-driver", "Finds a limit that is one too low.", DRIVER, b"5" * 32,
         {"driver_version": "5" * 32}),
        ("first-unread-type", "Finds a verifier that refuses a type which it does not read.", 1,
         b"issuer", {}),
        ("unnamed-type", "Finds a list of types with gaps.", 28, b"\xff" * 300, {}),
        ("empty-unread-field", "Finds a reader that takes a size of 0 for the end.", 33, b"", {}),
        ("no-links", "Finds a verifier that needs a link.", SWITCHES, b"", {"switches": []}),
        ("most-links", "Finds a limit that is one too low.", SWITCHES, b"\1" * 512,
         {"switches": ["01" * 8] * 64}),
    ):  # fmt: skip
        fields = with_field(HOPPER_FIELDS, kind, data)
        _accept(builder, slug, why, fields, {**HOPPER, **changed}, "EdgeField")
    for flag, mode in ((0, "SPT"), (1, "MPT"), (2, "PPCIE")):
        fields = with_field(with_field(HOPPER_FIELDS, PROTECTED, None), FLAG, bytes([flag, 0]))
        _accept(
            builder, f"flag-{mode.lower()}-alone", "Finds a verifier that reads the mode from one"
            " field only.", fields, {**HOPPER, "mode": mode}, "EdgeField", req=("GPU-41",),
        )  # fmt: skip


def _lengths(builder: FileBuilder) -> None:
    whole = encode_fields(HOPPER_FIELDS)
    for slug, what, opaque in (
        ("half-a-type", "one byte after the last field", whole + b"\1"),
        ("no-size", "a type without a size", whole + b"\1\0"),
        ("half-a-size", "a type with half a size", whole + b"\1\0\0"),
        ("data-cut", "data that are one byte short", whole[:-1]),
        ("data-missing", "a size without data", whole + b"\1\0\5\0"),
        ("size-big-endian", "a size that is read as big-endian", whole + b"\1\0\0\4" + bytes(4)),
        ("size-too-large", "a size beyond the end", whole + b"\1\0\xff\xff" + bytes(16)),
        ("empty", "no field at all", b""),
    ):
        missing = ("GPU-12",) if slug == "empty" else ()
        _reject(builder, slug, what, "OpaqueLength", opaque, or_breaks=missing)


def _types(builder: FileBuilder) -> None:
    whole = encode_fields(HOPPER_FIELDS)
    for slug, what, field in (
        ("type-zero", "the type 0", (0, b"")),
        ("type-37", "a type beyond the last one", (37, b"x")),
        ("type-255", "the type that means invalid", (255, b"")),
        ("type-257", "a type of which one byte is read", (257, b"issuer")),
        ("type-big-endian", "a type that is read as big-endian", (0x0100, b"issuer")),
        ("driver-twice", "two drivers, of which the last wins", (DRIVER, b"999.99.99\0")),
        ("driver-twice-the-same", "the same field twice", (DRIVER, b"570.172.08\0")),
        ("fwid-twice", "two FWIDs", (FWID, bytes(48))),
        ("mode-twice", "two modes", (PROTECTED, b"\x55")),
    ):
        _reject(builder, slug, what, "OpaqueType", whole + encode_fields([field]))
    first = encode_fields([(DRIVER, b"999.99.99\0")]) + whole
    _reject(builder, "driver-twice-first", "two drivers, of which the first wins", "OpaqueType",
            first)  # fmt: skip
    twice = encode_fields([*HOPPER_FIELDS, (1, b"a"), (1, b"b")])
    _reject(builder, "unread-type-twice", "a type twice that it does not read", "OpaqueType", twice)


def _sizes(builder: FileBuilder) -> None:
    cases: Tuple[Tuple[str, int, bytes], ...] = (
        ("decoder-two-bytes", NVDEC0, b"\x55\x55"),
        ("decoder-empty", NVDEC0, b""),
        ("protected-two-bytes", PROTECTED, b"\xaa\0"),
        ("fwid-short", FWID, dict(HOPPER_FIELDS)[FWID][:-1]),
        ("fwid-long", FWID, dict(HOPPER_FIELDS)[FWID] + b"\0"),
        ("fwid-sha256", FWID, dict(HOPPER_FIELDS)[FWID][:32]),
        ("fwid-empty", FWID, b""),
        ("version-one-byte", VERSION, b"\1"),
        ("flag-one-byte", FLAG, b"\2"),
        ("flag-four-bytes", FLAG, b"\2\0\0\0"),
        ("vbios-short", VBIOS, bytes.fromhex("00cf0096020000")),
        ("vbios-long", VBIOS, bytes.fromhex("00cf00960200000000")),
        ("vbios-of-a-switch", VBIOS, b"96.10.55.00.01"),
        ("links-cut", SWITCHES, LINKS[:-1]),
        ("half-a-link", SWITCHES, LINKS[:4]),
        ("too-many-links", SWITCHES, bytes(8 * 65)),
    )
    for slug, kind, data in cases:
        opaque = encode_fields(with_field(HOPPER_FIELDS, kind, data))
        what = f"{len(data)} bytes of type {kind}"
        _reject(builder, slug, what, "OpaqueForm", opaque)


def _contents(builder: FileBuilder) -> None:
    for slug, what, kind, data in (
        ("no-vbios", "data without a VBIOS", VBIOS, None),
        ("driver-empty", "an empty driver", DRIVER, b""),
        ("driver-of-nuls", "a driver of NULs only", DRIVER, b"\0\0"),
        ("driver-with-path", "a driver that leaves its folder in a URL", DRIVER, b"../570\0"),
        ("driver-after-nul", "text after the end of the text", DRIVER, b"570\0.172.08"),
        ("driver-with-space", "white space in a driver", DRIVER, b"570.172.08 \0"),
        ("driver-with-newline", "a line end before the NUL", DRIVER, b"570.172.08\n"),
        ("driver-not-ascii", "digits outside of ASCII", DRIVER, "57\u0660".encode()),
        ("driver-too-long", "a driver of 33 characters", DRIVER, b"5" * 33),
        ("project-with-space", "white space in a board", PROJECT, b"G5 20"),
        ("sku-with-slash", "a slash in a board", PROJECT_SKU, b"02/80"),
        ("chip-info-with-percent", "a percent sign in a chip", CHIP_INFO, b"GB%100"),
        ("chip-sku-of-nuls", "an empty text that is present", CHIP_SKU, bytes(9)),
        ("decoder-neither", "a status that is neither, taken for disabled", NVDEC0, b"\x54"),
        ("decoder-zero", "a status of zero", NVDEC0, b"\0"),
        ("protected-neither", "a status that is neither", PROTECTED, b"\0"),
        ("protected-one", "a status of 1, taken for on", PROTECTED, b"\1"),
        ("flag-three", "an unknown mode", FLAG, b"\3\0"),
        ("flag-high-byte", "a flag of which one byte is read", FLAG, b"\2\1"),
    ):
        opaque = encode_fields(with_field(HOPPER_FIELDS, kind, data))
        _reject(builder, slug, what, "OpaqueForm", opaque)
    without = encode_fields(with_field(HOPPER_FIELDS, DRIVER, None))
    _reject(builder, "no-driver", "the data of a switch for those of a GPU", "OpaqueForm", without,
            or_breaks=["GPU-12"])  # fmt: skip
    for slug, what, data in (
        ("version-two", "a later version", b"\2\0"),
        ("version-256", "a version of which one byte is read", b"\0\1"),
    ):
        opaque = encode_fields(with_field(HOPPER_FIELDS, VERSION, data))
        _reject(builder, slug, what, "OpaqueVersion", opaque, parent="version-one")


def _modes(builder: FileBuilder) -> None:
    for slug, what, flag, protected in (
        ("single-and-protected", "SPT with protected PCIe on", 0, b"\xaa"),
        ("multi-and-protected", "MPT with protected PCIe on", 1, b"\xaa"),
        ("protected-and-off", "PPCIE with protected PCIe off", 2, b"\x55"),
    ):
        fields = with_field(with_field(HOPPER_FIELDS, PROTECTED, protected), FLAG, bytes([flag, 0]))
        builder.reject(
            slug, f"Finds a verifier that accepts {what}.", parent="flag-protected",
            breaks="GPU-41", flags=["ContradictoryMode"],
            given={"opaque": encode_fields(fields).hex()},
            change=Rebuilt("opaque.feature_flag and opaque.protected_pcie_status",
                           ["0200", "aa"], [f"{flag:02x}00", protected.hex()]),
        )  # fmt: skip
