"""`tcb/status`: one status of three levels, a second one for a TD report 1.5, and the policy."""

from __future__ import annotations

from typing import Any, Dict, Final, List, Optional, Tuple

from conformance.generate.builder import FileBuilder, Flag
from conformance.generate.quote.kit import (
    OLD,
    OLDEST,
    TEE_TCB_SVN,
    Scene,
    platform_level,
)
from conformance.generate.quote.table import Edits, Table
from conformance.generate.tcb.levels import ANY_STATUS

__all__ = ["generate"]

_GOOD: Final = (
    "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded",
)  # fmt: skip

_OUT_OF_DATE: Final = {
    "UpToDate": "OutOfDate",
    "SWHardeningNeeded": "OutOfDate",
    "ConfigurationNeeded": "OutOfDateConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded": "OutOfDateConfigurationNeeded",
    "OutOfDate": "OutOfDate",
    "OutOfDateConfigurationNeeded": "OutOfDateConfigurationNeeded",
}
"""Status of the platform -> status where a part is out of date; SPEC.md, section 17.4."""

_RELAUNCH: Final = (
    # launch, now, status; SPEC.md, section 17.5
    ("OutOfDate", "UpToDate", "TDRelaunchAdvised"),
    ("OutOfDate", "SWHardeningNeeded", "TDRelaunchAdvised"),
    ("OutOfDate", "ConfigurationNeeded", "TDRelaunchAdvisedConfigurationNeeded"),
    ("OutOfDate", "ConfigurationAndSWHardeningNeeded", "TDRelaunchAdvisedConfigurationNeeded"),
    ("OutOfDate", "OutOfDate", "OutOfDate"),
    ("OutOfDate", "OutOfDateConfigurationNeeded", "OutOfDate"),
    ("OutOfDateConfigurationNeeded", "UpToDate", "TDRelaunchAdvisedConfigurationNeeded"),
    ("OutOfDateConfigurationNeeded", "ConfigurationNeeded", "TDRelaunchAdvisedConfigurationNeeded"),
    ("OutOfDateConfigurationNeeded", "OutOfDate", "OutOfDateConfigurationNeeded"),
    ("UpToDate", "OutOfDate", "UpToDate"),
    ("SWHardeningNeeded", "ConfigurationNeeded", "SWHardeningNeeded"),
    ("ConfigurationNeeded", "UpToDate", "ConfigurationNeeded"),
)

_STATUS: Final = "tcb_info.tcbLevels.0.tcbStatus"
_MODULE: Final = "tcb_info.tdxModuleIdentities.1.tcbLevels.0.tcbStatus"
_QE: Final = "qe_identity.tcbLevels.0.tcbStatus"
_V5: Final[Edits] = (("version", 5), ("body_kind", "td-1.5"))


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    for name, flag in {
        "NotAccepted": Flag(
            "DOWNGRADE", "The status is not one that the policy names.",
            "A platform with known flaws is used without a word.",
            "Compare the status with the list of accepted ones, not with one of bad ones.",
            ("SPEC.md, section 17.6",),
        ),
        "Revoked": Flag(
            "AUTH_BYPASS", "A part of the platform is revoked.",
            "Keys of such platforms may be public, so that anybody makes their quotes.",
            "Refuse it under every policy, at launch and now.", ("SPEC.md, section 17.6",),
        ),
    }.items():  # fmt: skip
        builder.flag(name, flag)
    table = Table(builder, Scene(builder.random("tdx")), settings={"policy": ANY_STATUS})
    table.accept("status-up-to-date", "Fails where a platform without flaws is refused.",
                 req=["TCB-7", "TCB-9", "TCB-10", "TCB-11"])  # fmt: skip
    _converged(table)
    _advisories(table)
    _relaunched(table)
    _revoked(table)
    _policies(table)


def _slug(status: str) -> str:
    """Return `OutOfDate` as `out-of-date`."""
    text = status.replace("SW", "Sw").replace("TD", "Td")
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in text).lstrip("-")


def _mid(platform: str, module: str = "UpToDate", qe: str = "UpToDate") -> Dict[str, Any]:
    return {"platform_status": platform, "module_status": module, "qe_status": qe}


def _converged(table: Table) -> None:
    for platform, worse in _OUT_OF_DATE.items():
        edits: List[Tuple[str, Any]] = [(_STATUS, platform)]
        if platform != "UpToDate":
            table.accept(
                f"status-{_slug(platform)}", f"Fails where {platform} of the platform is lost where"
                " module and quoting enclave are up to date, as by go-tdx-guest.", req=["TCB-7"],
                edits=edits, out={"tcb_status": platform}, mid=_mid(platform),
            )  # fmt: skip
        table.accept(
            f"status-{_slug(platform)}-module-out-of-date", "Fails where the level of the TDX"
            f" module is not joined with {platform}.", req=["TCB-7"],
            edits=[*edits, (_MODULE, "OutOfDate")], out={"tcb_status": worse},
            mid=_mid(platform, "OutOfDate"),
        )  # fmt: skip
        table.accept(
            f"status-{_slug(platform)}-enclave-out-of-date", "Fails where the level of the quoting"
            f" enclave is not joined with {platform}.", req=["TCB-7"],
            edits=[*edits, (_QE, "OutOfDate")], out={"tcb_status": worse},
            mid=_mid(platform, "UpToDate", "OutOfDate"),
        )  # fmt: skip
    for status in ("ConfigurationNeeded", "OutOfDateConfigurationNeeded"):
        table.accept(
            f"status-enclave-{_slug(status)}", f"Fails where {status} of the quoting enclave"
            " changes the result.", req=["TCB-7"], edits=[(_QE, status)],
            mid=_mid("UpToDate", "UpToDate", status),
        )  # fmt: skip
    table.accept(
        "status-module-and-enclave-out-of-date", "Fails where two parts that are out of date are"
        " more than one.", req=["TCB-7"], edits=[(_MODULE, "OutOfDate"), (_QE, "OutOfDate")],
        out={"tcb_status": "OutOfDate"}, mid=_mid("UpToDate", "OutOfDate", "OutOfDate"),
    )  # fmt: skip


def _advisories(table: Table) -> None:
    edits: Edits = [
        ("tcb_info.tcbLevels.0.advisoryIDs", ["SIM-P-2", "SIM-A", "SIM-P-1"]),
        ("tcb_info.tdxModuleIdentities.1.tcbLevels.0.advisoryIDs", ["SIM-M", "SIM-A"]),
        ("qe_identity.tcbLevels.0.advisoryIDs", ["SIM-Q", "SIM-M", "SIM-Q"]),
    ]
    table.accept(
        "advisories-joined", "Fails where advisories are repeated or sorted, stand in another"
        " order, or are lost where the status is UpToDate.", req=["TCB-9"], edits=edits,
        out={"advisory_ids": ["SIM-P-2", "SIM-A", "SIM-P-1", "SIM-M", "SIM-Q"]},
    )  # fmt: skip
    for slug, path in (("platform", "tcb_info.tcbLevels.0.tcbDate"),
                       ("module", "tcb_info.tdxModuleIdentities.1.tcbLevels.0.tcbDate"),
                       ("enclave", "qe_identity.tcbLevels.0.tcbDate")):  # fmt: skip
        table.accept(
            f"date-of-{slug}", f"Fails where the date of the {slug} is not part of the minimum.",
            req=["TCB-7"], edits=[(path, OLDEST)], out={"tcb_date": OLDEST},
        )  # fmt: skip


def _two(launch: str, now: Optional[str]) -> List[Tuple[str, Any]]:
    """Return a TD whose loader was older at launch, so that the two TCBs reach two levels."""
    levels = [
        platform_level(now or "UpToDate", advisories=("SIM-NOW",)),
        platform_level(launch, date=OLD, advisories=("SIM-LAUNCH",)),
    ]
    levels[1]["tcb"]["tdxtcbcomponents"][2]["svn"] = 2
    return [
        *_V5,
        ("tcb_info.tcbLevels", levels),
        ("body.tee_tcb_svn", bytes((7, 1, 2, *TEE_TCB_SVN[3:]))),
        ("body.tee_tcb_svn_2", TEE_TCB_SVN),
    ]


def _relaunched(table: Table) -> None:
    for launch, now, status in _RELAUNCH:
        table.accept(
            f"relaunch-{_slug(launch)}-now-{_slug(now)}", f"Fails where {launch} at launch and"
            f" {now} now make another status than {status}.", req=["TCB-8", "TCB-13", "TCB-9"],
            edits=_two(launch, now),
            out={"tcb_status": status, "advisory_ids": ["SIM-LAUNCH"], "tcb_date": OLD},
            mid={"launch_status": launch, "current_status": now},
        )  # fmt: skip
    module: Edits = [
        *_V5, ("body.tee_tcb_svn", bytes((4, *TEE_TCB_SVN[1:]))),
        ("body.tee_tcb_svn_2", TEE_TCB_SVN),
    ]  # fmt: skip
    table.accept(
        "relaunch-for-the-module", "Fails where only the level of the platform is looked at for a"
        " relaunch, and not that of the TDX module.", req=["TCB-13"], edits=module,
        out={"tcb_status": "TDRelaunchAdvised", "advisory_ids": ["SIM-SA-00020"], "tcb_date": OLD},
        mid={"launch_status": "OutOfDate", "current_status": "UpToDate"},
    )  # fmt: skip
    table.accept(
        "relaunch-not-for-the-enclave", "Fails where a quoting enclave that is out of date counts"
        " for the launch only.", req=["TCB-13"], edits=[*_V5, (_QE, "OutOfDate")],
        out={"tcb_status": "OutOfDate"},
        mid={"launch_status": "OutOfDate", "current_status": "OutOfDate"},
    )  # fmt: skip


def _revoked(table: Table) -> None:
    for slug, path in (("platform", _STATUS), ("module", _MODULE), ("enclave", _QE)):
        table.reject(
            f"revoked-level-of-{slug}", f"Passes where Revoked of the {slug} is a status like"
            " others, which a list of accepted ones may leave to another part.", "TCB-11",
            [(path, "Revoked")], "Revoked", parent="status-up-to-date", critical=True,
        )  # fmt: skip
    table.reject(
        "revoked-enclave-of-old-platform", "Passes where OutOfDate outweighs Revoked.", "TCB-11",
        [(_QE, "Revoked")], "Revoked", parent="status-out-of-date", base=[(_STATUS, "OutOfDate")],
        also=["TCB-7"],
    )  # fmt: skip
    table.reject(
        "revoked-now", "Passes where the status of the launch is all that the policy sees.",
        "TCB-11", [("tcb_info.tcbLevels.0.tcbStatus", "Revoked")], "Revoked",
        parent="relaunch-up-to-date-now-out-of-date", base=_two("UpToDate", "OutOfDate"),
        also=["TCB-8"], critical=True,
    )  # fmt: skip
    table.reject(
        "revoked-by-name", "Passes where a policy can accept Revoked by naming it.", "TCB-11", (),
        "Revoked", parent="status-up-to-date",
        given={"policy": {"accepted_statuses": ["UpToDate", "Revoked"]}},
    )  # fmt: skip


def _policies(table: Table) -> None:
    only: Dict[str, Any] = {"policy": {"accepted_statuses": ["UpToDate"]}}
    for status in _GOOD:
        slug = _slug(status)
        table.accept(
            f"default-{slug}", f"Fails where the default refuses {status}.", req=["TCB-10"],
            edits=[(_STATUS, status)], given={"policy": {}}, out={"tcb_status": status},
        )  # fmt: skip
    for status in ("OutOfDate", "OutOfDateConfigurationNeeded"):
        table.reject(
            f"default-{_slug(status)}", f"Passes where the default accepts {status}.", "TCB-10",
            [(_STATUS, status)], "NotAccepted", parent="default-up-to-date",
        )  # fmt: skip
    table.accept("default-relaunch-parent", "Fails where the default refuses a TD report 1.5.",
                 req=["TCB-10"], edits=_two("UpToDate", "UpToDate"), given={"policy": {}},
                 out={"advisory_ids": ["SIM-LAUNCH"], "tcb_date": OLD})  # fmt: skip
    for status, now in (("td-relaunch-advised", "UpToDate"),
                        ("td-relaunch-advised-configuration", "ConfigurationNeeded")):  # fmt: skip
        table.reject(
            f"default-{status}", "Passes where a relaunch that is advised is good enough for the"
            " default.", "TCB-10",
            [("tcb_info.tcbLevels.1.tcbStatus", "OutOfDate"), (_STATUS, now)], "NotAccepted",
            parent="default-relaunch-parent", base=_two("UpToDate", "UpToDate"),
        )  # fmt: skip
    table.accept("only-up-to-date", "Fails where the policy of one status is not known.",
                 req=["TCB-10"], given=only)  # fmt: skip
    for status in _GOOD[1:]:
        table.reject(
            f"only-up-to-date-{_slug(status)}", f"Passes where {status} is added to what the caller"
            " named.", "TCB-10", [(_STATUS, status)], "NotAccepted", parent="only-up-to-date",
        )  # fmt: skip
    table.reject("nothing-accepted", "Passes where an empty list stands for the default.", "TCB-10",
                 (), "NotAccepted", parent="only-up-to-date",
                 given={"policy": {"accepted_statuses": []}})  # fmt: skip
