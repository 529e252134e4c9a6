"""The part of `collateral/verify` about TCB info and QE identity, signed over every flaw."""

from __future__ import annotations

import json
from typing import Any, List, Tuple

from conformance.generate.builder import Rebuilt
from conformance.generate.quote.kit import components, isv_level
from conformance.generate.quote.table import Table

__all__ = ["fill"]

_LEVEL = "tcb_info.tcbLevels.1"
_MODULE = "tcb_info.tdxModuleIdentities.0"


def fill(table: Table) -> None:
    """Add the vectors to the table of collateral for TDX."""
    _accepted(table)
    _kinds(table)
    _members(table)
    _strict_json(table)
    _statuses(table)
    _counts(table)


def _accepted(table: Table) -> None:
    rows: List[Tuple[str, List[Tuple[str, Any]], str, str]] = [
        ("td-qe-version-3", [("qe_identity.version", 3)], "COL-8",
         "version 3, which dcap-qvl 0.7.0 reads, is refused"),
        ("no-module", [("tcb_info.tdxModule", ...)], "COL-6", "tdxModule is demanded"),
        ("no-module-identities", [("tcb_info.tdxModuleIdentities", ...)], "COL-6",
         "tdxModuleIdentities is demanded"),
        ("module-id-lower-case", [(f"{_MODULE}.id", "tdx_0a")], "COL-6",
         "the id of a module is compared by case"),
        ("no-levels", [("tcb_info.tcbLevels", [])], "COL-6",
         "an empty array is refused before a platform asks for a level"),
        ("largest-numbers", [(f"{_LEVEL}.tcb.pcesvn", 65535), ("qe_identity.isvprodid", 65535),
                             (f"{_LEVEL}.tcb.sgxtcbcomponents.15.svn", 255)], "COL-6",
         "the largest numbers are refused"),
        ("advisories-empty", [(f"{_LEVEL}.advisoryIDs", [])], "COL-6",
         "an empty array of advisories is refused"),
        ("advisory-of-64-characters", [(f"{_LEVEL}.advisoryIDs", ["A" * 64])], "COL-6",
         "the limit on a name is exclusive"),
        ("time-with-offset", [("tcb_info.nextUpdate", "2026-06-21T14:00:00+02:00")], "COL-6",
         "an offset is refused or dropped"),
        ("time-with-fraction", [("tcb_info.nextUpdate", "2026-06-21T12:00:00.000Z")], "COL-6",
         "a fraction of a second is refused"),
    ]  # fmt: skip
    for slug, edits, req, why in rows:
        table.accept(slug, f"Fails where {why}.", req=[req], edits=edits)
    most = [f"SIM-{number}" for number in range(1024)]
    table.accept("advisories-1024", "Fails where the limit on an array is exclusive.",
                 req=["COL-22"], edits=[(f"{_LEVEL}.advisoryIDs", most)])  # fmt: skip
    table.accept(
        "evaluation-numbers", "Fails where one number stands for both documents, or is read in 16"
        " bits.", req=["COL-6"],
        edits=[("tcb_info.tcbEvaluationDataNumber", 4294967295),
               ("qe_identity.tcbEvaluationDataNumber", 0)],
        out={"tcb_info_evaluation_number": 4294967295, "qe_identity_evaluation_number": 0},
    )  # fmt: skip


def _kinds(table: Table) -> None:
    rows: List[Tuple[str, str, Any, str, str]] = [
        ("tcb-version-2", "tcb_info.version", 2, "COL-7", "the version is not compared"),
        ("tcb-version-4", "tcb_info.version", 4, "COL-7", "any later version is taken for 3"),
        ("tcb-type-1", "tcb_info.tcbType", 1, "COL-7", "tcbType is not read, as by dcap-qvl"),
        ("tcb-id-other", "tcb_info.id", "SEV", "COL-7", "anything but SGX is TDX"),
        ("tcb-id-lower-case", "tcb_info.id", "tdx", "COL-7", "the id is compared without case"),
        ("qe-id-qve", "qe_identity.id", "QVE", "COL-8",
         "the identity of Intel's verifying enclave is that of a quoting enclave"),
        ("qe-version-1", "qe_identity.version", 1, "COL-8", "the version is not compared"),
        ("qe-version-4", "qe_identity.version", 4, "COL-8", "any later version is taken for 3"),
    ]  # fmt: skip
    for slug, path, value, breaks, why in rows:
        table.reject(slug, f"Passes where {why}.", breaks, [(path, value)], "UnknownDocument")
    table.reject("qe-id-of-sgx", "Passes where the quoting enclave for SGX may make TDX quotes.",
                 "COL-11", [("qe_identity.id", "QE")], "WrongTee")  # fmt: skip


_SVN = f"{_LEVEL}.tcb.sgxtcbcomponents"

_MEMBERS: List[Tuple[str, str, Any, str]] = [
    ("fmspc-missing", "tcb_info.fmspc", ..., "FMSPC is compared where it is there"),
    ("fmspc-5-bytes", "tcb_info.fmspc", "90C06F000A", "a prefix is compared"),
    ("pceid-missing", "tcb_info.pceId", ..., "PCEID is compared where it is there"),
    ("levels-missing", "tcb_info.tcbLevels", ..., "no levels are an empty array"),
    ("levels-null", "tcb_info.tcbLevels", None, "null is an empty array"),
    ("next-update-missing", "tcb_info.nextUpdate", ..., "no end is no expiration"),
    ("next-update-number", "tcb_info.nextUpdate", 1782043200, "a number is Unix time"),
    ("next-update-without-zone", "tcb_info.nextUpdate", "2026-06-21T12:00:00",
     "a time without a zone is local"),
    ("next-update-small-letters", "tcb_info.nextUpdate", "2026-06-21t12:00:00z",
     "small letters are taken, as by dcap-qvl"),
    ("next-update-space", "tcb_info.nextUpdate", "2026-06-21 12:00:00Z",
     "a space stands for T"),
    ("next-update-february-30", "tcb_info.nextUpdate", "2027-02-30T12:00:00Z",
     "a day that there is not is carried over"),
    ("next-update-leap-second", "tcb_info.nextUpdate", "2026-06-30T23:59:60Z",
     "a leap second is taken by some and not by others"),
    ("issue-before-1970", "tcb_info.issueDate", "1969-12-31T23:59:59Z",
     "a time below zero wraps around"),
    ("version-float", "tcb_info.version", 3.0, "3.0 is 3"),
    ("version-text", "tcb_info.version", "3", "a string is a number"),
    ("tcb-type-false", "tcb_info.tcbType", False, "false is 0"),
    ("evaluation-negative", "tcb_info.tcbEvaluationDataNumber", -1, "numbers have a sign"),
    ("evaluation-too-large", "tcb_info.tcbEvaluationDataNumber", 4294967296,
     "numbers wrap around at 32 bits"),
    ("component-256", f"{_SVN}.15.svn", 256, "components wrap around at 8 bits"),
    ("component-negative", f"{_SVN}.15.svn", -1, "a component below zero is always reached"),
    ("component-true", f"{_SVN}.15.svn", True, "true is 1"),
    ("component-float", f"{_SVN}.15.svn", 1.0, "1.0 is 1"),
    ("component-without-svn", f"{_SVN}.15", {}, "a missing number is 0"),
    ("components-15", _SVN, components([0] * 15),
     "components are counted in levels that are looked at only, as by dcap-qvl"),
    ("components-17", _SVN, components([0] * 17), "further components are passed over"),
    ("tdx-components-missing", f"{_LEVEL}.tcb.tdxtcbcomponents", ...,
     "a level without TDX components is reached by every TD"),
    ("pcesvn-missing", f"{_LEVEL}.tcb.pcesvn", ..., "a missing PCESVN is 0"),
    ("pcesvn-65536", f"{_LEVEL}.tcb.pcesvn", 65536, "PCESVN wraps around at 16 bits"),
    ("tcb-date-missing", f"{_LEVEL}.tcbDate", ..., "a level has no date"),
    ("advisory-number", f"{_LEVEL}.advisoryIDs", [615], "a number is an advisory"),
    ("advisory-empty", f"{_LEVEL}.advisoryIDs", [""], "an empty name is an advisory"),
    ("advisory-65-characters", f"{_LEVEL}.advisoryIDs", ["A" * 65], "names have no limit"),
    ("advisory-control", f"{_LEVEL}.advisoryIDs", ["A\u001b[2J"],
     "control characters get to a terminal"),
    ("advisories-text", f"{_LEVEL}.advisoryIDs", "SIM", "a string is an array"),
    ("module-id-three-digits", f"{_MODULE}.id", "TDX_003", "the id is read up to its end"),
    ("module-id-decimal", f"{_MODULE}.id", "TDX_3", "the id has one digit"),
    ("module-mrsigner-short", f"{_MODULE}.mrsigner", "00" * 47, "zeros are added"),
    ("module-attributes-missing", f"{_MODULE}.attributes", ..., "nothing is expected then"),
    ("module-svn-256", f"{_MODULE}.tcbLevels", [isv_level(256, "UpToDate")],
     "ISVSVN of a module wraps around at 8 bits"),
    ("qe-mrsigner-empty", "qe_identity.mrsigner", "", "an empty MRSIGNER matches all"),
    ("qe-mask-short", "qe_identity.attributesMask", "FB", "a short mask covers its part"),
    ("qe-miscselect-missing", "qe_identity.miscselect", ..., "nothing is expected then"),
    ("qe-product-65536", "qe_identity.isvprodid", 65536, "numbers wrap around at 16 bits"),
    ("qe-level-svn-missing", "qe_identity.tcbLevels.1.tcb", {}, "a missing ISVSVN is 0"),
]  # fmt: skip
"""Slug, path, value, and what passes without the vector."""


def _members(table: Table) -> None:
    for slug, path, value, why in _MEMBERS:
        table.reject(f"member-{slug}", f"Passes where {why}.", "COL-6", [(path, value)],
                     "LooseMember")  # fmt: skip


def _strict_json(table: Table) -> None:
    text = json.dumps(table.scene.tcb_info, separators=(",", ":"))
    nested = '{"x":' * 32 + "1" + "}" * 32
    for slug, wrong, why in (
        ("member-twice", text[:-1] + ',"fmspc":"000000000000"}', "the last of two members counts"),
        ("member-twice-first", '{"tcbType":1,' + text[1:], "the first of two members counts"),
        ("nan", text[:-1] + ',"x":NaN}', "NaN is taken, as by Python's json"),
        ("infinite", text[:-1] + ',"x":1e999}', "a number beyond a double is infinite"),
        ("surrogate", text[:-1] + ',"x":"\\ud800"}', "a lone surrogate is replaced"),
        ("nested", text[:-1] + f',"x":{nested}}}', "depth has no limit"),
        ("comment", text[:-1] + "/* x */}", "comments are skipped"),
        ("leading-zero", text.replace('"version":3', '"version":03'), "03 is 3"),
        ("behind", text + "0", "what follows the value is not read"),
        ("array", f"[{text}]", "an array of one is unwrapped"),
        ("byte-order-mark", "\ufeff" + text, "a byte order mark is skipped"),
    ):
        table.reject(
            f"json-{slug}", f"Passes where {why}.", "COL-6", [("texts.tcb_info", wrong)],
            "LooseMember", change=Rebuilt("tcb_info", "strict JSON", slug),
        )  # fmt: skip


def _statuses(table: Table) -> None:
    for slug, path, value, why in (
        ("unknown", f"{_LEVEL}.tcbStatus", "Fine", "an unknown status is a good one"),
        ("other-case", f"{_LEVEL}.tcbStatus", "uptodate", "the name is compared without case"),
        (
            "relaunch",
            f"{_LEVEL}.tcbStatus",
            "TDRelaunchAdvised",
            "a level may have a status that only the result can have",
        ),
        (
            "module-hardening",
            f"{_MODULE}.tcbLevels.0.tcbStatus",
            "SWHardeningNeeded",
            "modules have all statuses of platforms",
        ),
        (
            "module-configuration",
            f"{_MODULE}.tcbLevels.0.tcbStatus",
            "ConfigurationNeeded",
            "modules have all statuses of quoting enclaves",
        ),
        (
            "qe-hardening",
            "qe_identity.tcbLevels.1.tcbStatus",
            "SWHardeningNeeded",
            "quoting enclaves have all statuses of platforms",
        ),
    ):
        table.reject(f"status-{slug}", f"Passes where {why}.", "TCB-2", [(path, value)],
                     "UnknownStatus")  # fmt: skip
    table.reject("status-missing", "Passes where a level without a status is a good one.", "COL-6",
                 [(f"{_LEVEL}.tcbStatus", ...)], "UnknownStatus")  # fmt: skip


def _counts(table: Table) -> None:
    many = [f"SIM-{number}" for number in range(1025)]
    table.reject(
        "advisories-1025", "Passes where an array may have any number of entries.", "COL-22",
        [(f"{_LEVEL}.advisoryIDs", many)], "TooMany", parent="advisories-1024",
        change=Rebuilt("advisoryIDs", 1024, 1025),
    )  # fmt: skip
