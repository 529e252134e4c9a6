"""`tcb/levels`: which level platform, TDX module and quoting enclave reach, and which module it is.

The policy of all these inputs accepts every status but Revoked: what is tested is the level.
"""

from __future__ import annotations

from typing import Any, Dict, Final, List, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.quote.kit import (
    OLD,
    PLATFORM_SVNS,
    TEE_TCB_SVN,
    Scene,
    components,
    isv_level,
    measurements,
    platform_level,
)
from conformance.generate.quote.table import Edits, Table

__all__ = ["generate"]

ANY_STATUS: Final = {
    "accepted_statuses": [
        "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
        "ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
        "TDRelaunchAdvised", "TDRelaunchAdvisedConfigurationNeeded",
    ],
}  # fmt: skip

_LEVELS: Final = "tcb_info.tcbLevels"
_FIRST: Final = "tcb_info.tcbLevels.0.tcb"
_V5: Final[Edits] = (("version", 5), ("body_kind", "td-1.5"))

SECOND: Final[Dict[str, Any]] = {
    "tcb_status": "OutOfDate", "advisory_ids": ["SIM-SA-00011", "SIM-SA-00010"], "tcb_date": OLD,
}  # fmt: skip
"""The output where the platform reaches the second level only."""


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    _flags(builder)
    table = Table(builder, Scene(builder.random("tdx")), settings={"policy": ANY_STATUS})
    table.accept(
        "level-first", "Fails where exactly the numbers of a level do not reach it.",
        req=["TCB-12", "TCB-1", "TCB-3", "TCB-4", "TCB-5", "TCB-6"], mid=_mid(),
    )  # fmt: skip
    _platform(table)
    _order(table)
    _none(table)
    _module(table)
    _other_modules(table)
    _enclave(table)
    _sgx(builder)


def _mid(platform: str = "UpToDate", module: Optional[str] = "UpToDate", qe: str = "UpToDate") -> (
    Dict[str, Any]
):  # fmt: skip
    return {"platform_status": platform, "module_status": module, "qe_status": qe}


def _flags(builder: FileBuilder) -> None:
    for name, flag in {
        "NoLevel": Flag(
            "DOWNGRADE", "A part of the platform reaches no level.",
            "A version that Intel never judged, older than all on the list, counts as known.",
            "Refuse it; the lowest level is not a default.",
            ("Intel DCAP: STATUS_TCB_NOT_SUPPORTED",),
        ),
        "WrongModule": Flag(
            "AUTH_BYPASS", "The TDX module is not one that Intel signed for this version.",
            "What isolates the trust domain is the attacker's, or under debug.",
            "Find the identity by the major version and compare signer and attributes exactly.",
            ("go-tdx-guest compares tdxModule only", "dcap-qvl compares under the mask only"),
        ),
    }.items():  # fmt: skip
        builder.flag(name, flag)


def _with(values: Sequence[int], index: int, value: int) -> List[int]:
    return [*values[:index], value, *values[index + 1 :]]


def _svn(index: int, value: int, start: bytes = TEE_TCB_SVN) -> bytes:
    return bytes(_with(list(start), index, value))


def _platform(table: Table) -> None:
    """Add platforms just below and just above the first level."""
    below = {**SECOND}
    mid = _mid("OutOfDate")
    svns = list(PLATFORM_SVNS)
    first = f"{_FIRST}.sgxtcbcomponents"
    for index, why in ((0, "the first component is not compared"),
                       (6, "a component in the middle is not compared"),
                       (15, "the last component is not compared")):  # fmt: skip
        edits = [(first, components(_with(svns, index, svns[index] + 1)))]
        table.accept(f"level-component-{index}-below", f"Fails where {why}.", req=["TCB-12"],
                     edits=edits, out=below, mid=mid)  # fmt: skip
    for index in (2, 15):
        least = _with([5, 0, *TEE_TCB_SVN[2:]], index, TEE_TCB_SVN[index] + 1)
        table.accept(
            f"level-tdx-component-{index}-below", f"Fails where byte {index} of TEE_TCB_SVN is not"
            " compared.", req=["TCB-12"],
            edits=[(f"{_FIRST}.tdxtcbcomponents", components(least))], out=below, mid=mid,
        )  # fmt: skip
    table.accept("level-pcesvn-below", "Fails where PCESVN is not compared.", req=["TCB-12"],
                 edits=[("pck.pce_svn", 12)], out=below, mid=mid)  # fmt: skip
    higher = [("pck.svns", [svn + 1 for svn in svns]), ("pck.pce_svn", 65535),
              ("body.tee_tcb_svn", bytes((8, 1, *(n + 1 for n in TEE_TCB_SVN[2:]))))]  # fmt: skip
    table.accept("level-all-above", "Fails where a level is reached by equal numbers only.",
                 req=["TCB-12"], edits=higher, mid=_mid())  # fmt: skip
    uneven = [("pck.svns", [255, *svns[1:15], svns[15] - 1])]
    table.accept(
        "level-one-above-one-below", "Fails where components are compared as one number, as a sum,"
        " or with OR in place of AND.", req=["TCB-12"], edits=uneven, out=below, mid=mid,
    )  # fmt: skip
    table.accept(
        "level-high-components-low-pcesvn", "Fails where a higher component makes up for PCESVN.",
        req=["TCB-12"], edits=[("pck.svns", [255] * 16), ("pck.pce_svn", 12)], out=below, mid=mid,
    )  # fmt: skip
    for slug, least, why in (
        ("minor", [9, 0, *TEE_TCB_SVN[2:]], "byte 0 of TEE_TCB_SVN counts beside the module"),
        ("major", [5, 2, *TEE_TCB_SVN[2:]], "byte 1 of TEE_TCB_SVN counts beside the module"),
    ):
        table.accept(
            f"level-module-{slug}-left-out", f"Fails where {why}, as in dcap-qvl up to 0.5.2.",
            req=["TCB-4"], edits=[(f"{_FIRST}.tdxtcbcomponents", components(least))], mid=_mid(),
        )  # fmt: skip
    version_0 = ("body.tee_tcb_svn", bytes((7, 0, *TEE_TCB_SVN[2:])))
    table.accept(
        "level-module-0", "Fails where a module of major version 0 needs an identity with levels.",
        req=["TCB-4", "TCB-5"], edits=[version_0], mid=_mid(module=None),
    )  # fmt: skip
    table.accept(
        "level-module-0-minor-below", "Fails where byte 0 of TEE_TCB_SVN is left out for a module"
        " that has no levels of its own.", req=["TCB-4"],
        edits=[("body.tee_tcb_svn", bytes((4, 0, *TEE_TCB_SVN[2:])))], out=below,
        mid=_mid("OutOfDate", None),
    )  # fmt: skip


def _order(table: Table) -> None:
    """Add documents whose levels are not in order."""
    up, old = (
        platform_level("UpToDate"),
        platform_level("OutOfDate", lower=1, date=OLD, advisories=("SIM-SA-00011", "SIM-SA-00010")),
    )
    table.accept(
        "level-lowest-first", "Fails where the first level of the document speaks, whatever its"
        " place.", req=["TCB-1"], edits=[(_LEVELS, [old, up])], mid=_mid(),
    )  # fmt: skip
    lower_pce = platform_level("ConfigurationNeeded", date=OLD)
    lower_pce["tcb"]["pcesvn"] = 5
    table.accept(
        "level-lower-pcesvn-first", "Fails where levels are sorted by components only.",
        req=["TCB-1"], edits=[(_LEVELS, [lower_pce, up])], mid=_mid(),
    )  # fmt: skip
    lower_tdx = platform_level("ConfigurationNeeded", date=OLD)
    lower_tdx["tcb"]["tdxtcbcomponents"] = components([0] * 16)
    table.accept(
        "level-lower-tdx-first", "Fails where levels are sorted without the TDX components.",
        req=["TCB-1"], edits=[(_LEVELS, [lower_tdx, up])], mid=_mid(),
    )  # fmt: skip
    same = platform_level("SWHardeningNeeded", date=OLD)
    table.accept(
        "level-equal-first-speaks", "Fails where the last of two equal levels speaks, or they are"
        " sorted by status.", req=["TCB-1"], edits=[(_LEVELS, [same, up])],
        out={"tcb_status": "SWHardeningNeeded", "tcb_date": OLD}, mid=_mid("SWHardeningNeeded"),
    )  # fmt: skip
    ordered = [isv_level(4, "OutOfDate", OLD, ("SIM-SA-00020",)), isv_level(7, "UpToDate")]
    table.accept(
        "level-module-lowest-first", "Fails where the levels of a module are taken as they stand,"
        " as by dcap-qvl and go-tdx-guest.", req=["TCB-1"],
        edits=[("tcb_info.tdxModuleIdentities.1.tcbLevels", ordered)], mid=_mid(),
    )  # fmt: skip
    ordered = [isv_level(4, "OutOfDate", OLD, ("SIM-SA-00030",)), isv_level(6, "UpToDate")]
    table.accept(
        "level-enclave-lowest-first", "Fails where the levels of the quoting enclave are taken as"
        " they stand.", req=["TCB-1"], edits=[("qe_identity.tcbLevels", ordered)], mid=_mid(),
    )  # fmt: skip


def _none(table: Table) -> None:
    rows: List[Tuple[str, Edits, str]] = [
        ("component", [("pck.svns", _with(PLATFORM_SVNS, 1, 5))],
         "the lowest level is the default"),
        ("pcesvn", [("pck.pce_svn", 11)], "PCESVN below all levels is passed over"),
        ("tdx-component", [("body.tee_tcb_svn", _svn(15, 2))],
         "a TEE_TCB_SVN below all levels is passed over"),
        ("document", [(_LEVELS, [])], "no levels are no complaints"),
        ("module", [("body.tee_tcb_svn", _svn(0, 3))], "an old module has the lowest level"),
        ("module-document", [("tcb_info.tdxModuleIdentities.1.tcbLevels", [])],
         "a module without levels is up to date"),
        ("enclave", [("qe_report.isv_svn", b"\x03\x00")],
         "an old quoting enclave has the lowest level"),
        ("enclave-document", [("qe_identity.tcbLevels", [])],
         "a quoting enclave without levels is up to date"),
    ]  # fmt: skip
    for slug, edits, why in rows:
        table.reject(f"no-level-of-{slug}", f"Passes where {why}.", "TCB-3", edits, "NoLevel",
                     parent="level-first")  # fmt: skip
    table.accept("level-1-5", "Fails where the second TEE_TCB_SVN of a TD report 1.5 is refused.",
                 req=["TCB-8"], edits=_V5, mid=_mid())  # fmt: skip
    table.reject(
        "no-level-now", "Passes where the TEE_TCB_SVN of now is not evaluated.", "TCB-3",
        [("body.tee_tcb_svn_2", _svn(15, 2))], "NoLevel", parent="level-1-5", base=_V5,
        also=["TCB-8"],
    )  # fmt: skip


def _module(table: Table) -> None:
    base = "tcb_info.tdxModuleIdentities"
    table.accept(
        "module-old", "Fails where the level of a module is that of its newest version.",
        req=["TCB-7", "TCB-9"], edits=[("body.tee_tcb_svn", _svn(0, 6))],
        out={"tcb_status": "OutOfDate", "advisory_ids": ["SIM-SA-00020"], "tcb_date": OLD},
        mid=_mid(module="OutOfDate"),
    )  # fmt: skip
    table.accept(
        "module-exactly", "Fails where the number of a level does not reach it.", req=["TCB-12"],
        edits=[("body.tee_tcb_svn", _svn(0, 4))],
        out={"tcb_status": "OutOfDate", "advisory_ids": ["SIM-SA-00020"], "tcb_date": OLD},
        mid=_mid(module="OutOfDate"),
    )  # fmt: skip
    table.accept(
        "module-3", "Fails where the first or the last identity of the document is taken.",
        req=["TCB-5", "TCB-6"], edits=[("body.tee_tcb_svn", _svn(1, 3))], mid=_mid(),
    )  # fmt: skip
    hexadecimal = {"id": "TDX_10", **measurements(), "tcbLevels": [isv_level(7, "UpToDate")]}
    table.accept(
        "module-10-hexadecimal", "Fails where the number of an identity is read as decimal.",
        req=["TCB-5"],
        edits=[("body.tee_tcb_svn", _svn(1, 16)), (f"{base}.0", hexadecimal)], mid=_mid(),
    )  # fmt: skip
    table.accept(
        "module-of-identity", "Fails where the module is compared with tdxModule whatever its"
        " version, as by go-tdx-guest.", req=["TCB-6"],
        edits=[("body.mr_signer_seam", b"\xab" * 48), (f"{base}.1.mrsigner", "AB" * 48)],
        mid=_mid(),
    )  # fmt: skip
    twice = [
        {"id": "TDX_01", **measurements(), "tcbLevels": [isv_level(7, "UpToDate")]},
        {"id": "tdx_01", **measurements(), "tcbLevels": [isv_level(7, "OutOfDate", OLD)]},
    ]
    table.accept(
        "module-twice", "Fails where the last of two identities of one version speaks, or they are"
        " merged.", req=["TCB-5"], edits=[(base, twice)], mid=_mid(),
    )  # fmt: skip
    attributes = "body.seam_attributes"
    table.accept(
        "module-attributes-expected", "Fails where SEAMATTRIBUTES are demanded to be zero.",
        req=["TCB-6"],
        edits=[(attributes, b"\x02" + bytes(7)), (f"{base}.1.attributes", "02" + "00" * 7)],
        mid=_mid(),
    )  # fmt: skip


def _other_modules(table: Table) -> None:
    base, attributes = "tcb_info.tdxModuleIdentities", "body.seam_attributes"
    rows: List[Tuple[str, Edits, str, str]] = [
        ("unknown", [("body.tee_tcb_svn", _svn(1, 2))], "TCB-5",
         "an unknown major version is judged by another identity"),
        ("16-decimal", [("body.tee_tcb_svn", _svn(1, 16)),
                        (f"{base}.0.id", "TDX_16")], "TCB-5",
         "the number of an identity is read as decimal"),
        ("no-identities", [("tcb_info.tdxModuleIdentities", ...)], "TCB-5",
         "tdxModule is a fallback where there are no identities"),
        ("0-without-module", [("body.tee_tcb_svn", _svn(1, 0)), ("tcb_info.tdxModule", ...)],
         "TCB-5", "version 0 needs no tdxModule"),
        ("signer-first", [("body.mr_signer_seam", b"\x01" + bytes(47))], "TCB-6",
         "MRSIGNERSEAM is not compared"),
        ("signer-last", [("body.mr_signer_seam", bytes(47) + b"\x01")], "TCB-6",
         "a part of MRSIGNERSEAM is compared"),
        ("signer-of-tdx-module", [(f"{base}.1.mrsigner", "AB" * 48)], "TCB-6",
         "the module is compared with tdxModule whatever its version"),
        ("attributes", [(attributes, bytes(7) + b"\x80")], "TCB-6",
         "SEAMATTRIBUTES are not compared"),
        ("attributes-outside-of-mask",
         [(attributes, b"\x01" + bytes(7)), (f"{base}.1.attributesMask", "FE" + "FF" * 7)],
         "TCB-6", "bits outside of the mask may have any value"),
        ("attributes-hidden", [(attributes, b"\x01" + bytes(7)),
                               (f"{base}.1.attributes", "01" + "00" * 7),
                               (f"{base}.1.attributesMask", "FE" + "FF" * 7)],
         "TCB-6", "a mask may hide what is expected"),
    ]  # fmt: skip
    for slug, edits, breaks, why in rows:
        table.reject(f"module-{slug}", f"Passes where {why}.", breaks, edits, "WrongModule",
                     parent="level-first", critical=slug == "signer-first")  # fmt: skip
    table.reject(
        "module-of-0-signer", "Passes where a module of version 0 is not compared with tdxModule.",
        "TCB-6", [("body.tee_tcb_svn", _svn(1, 0)), ("tcb_info.tdxModule.mrsigner", "AB" * 48)],
        "WrongModule", parent="level-first",
    )  # fmt: skip
    table.reject(
        "module-now-unknown", "Passes where the module of now is not looked for.", "TCB-5",
        [("body.tee_tcb_svn_2", _svn(1, 2))], "WrongModule", parent="level-1-5", base=_V5,
        also=["TCB-8"],
    )  # fmt: skip


def _enclave(table: Table) -> None:
    old = {"tcb_status": "OutOfDate", "advisory_ids": ["SIM-SA-00030"], "tcb_date": OLD}
    for value, slug in ((5, "between"), (4, "exactly")):
        table.accept(
            f"enclave-{slug}", "Fails where ISVSVN of the quoting enclave is not compared, or with"
            " > in place of >=.", req=["TCB-12", "TCB-7"],
            edits=[("qe_report.isv_svn", bytes((value, 0)))], out=old, mid=_mid(qe="OutOfDate"),
        )  # fmt: skip
    table.accept(
        "enclave-256", "Fails where ISVSVN is big-endian or one byte.", req=["TCB-12"],
        edits=[("qe_report.isv_svn", b"\x00\x01"),
               ("qe_identity.tcbLevels.0.tcb.isvsvn", 256)], mid=_mid(),
    )  # fmt: skip


def _sgx(builder: FileBuilder) -> None:
    table = Table(builder, Scene(builder.random("sgx"), tee="SGX"), settings={"policy": ANY_STATUS})
    mid = _mid(module=None)
    table.accept("level-sgx-first", "Fails where an SGX platform needs TDX components.",
                 req=["TCB-12", "TCB-1"], mid=mid)  # fmt: skip
    table.accept(
        "level-sgx-second", "Fails where the second level of an SGX platform is not found.",
        req=["TCB-12"], edits=[("pck.svns", _with(PLATFORM_SVNS, 15, 1))], out=SECOND,
        mid={**mid, "platform_status": "OutOfDate"},
    )  # fmt: skip
    table.reject(
        "no-level-of-sgx", "Passes where an SGX platform below all levels has the lowest.",
        "TCB-3", [("pck.svns", [0] * 16)], "NoLevel", parent="level-sgx-first",
    )  # fmt: skip
