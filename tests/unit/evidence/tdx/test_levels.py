from __future__ import annotations

from typing import Any, Dict, List

import pytest

from tests.intel import isv_level, platform_level
from venice_ref.codec.strict import JsonObject
from venice_ref.errors import MalformedError
from venice_ref.evidence.tdx.levels import (
    MODULE_STATUSES,
    PLATFORM_STATUSES,
    QE_STATUSES,
    parse_isv_levels,
    parse_platform_levels,
)
from venice_ref.evidence.tdx.members import MAX_ITEMS

ALL = (
    "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded",
    "OutOfDate", "OutOfDateConfigurationNeeded", "Revoked", "TDRelaunchAdvised",
    "TDRelaunchAdvisedConfigurationNeeded", "Unknown", "uptodate",
)  # fmt: skip
SVNS = [1] * 16


def node(levels: Any) -> JsonObject:
    return JsonObject({"tcbLevels": levels}, where="info", rule="COL-6")


def isv(levels: Any) -> List[int]:
    found = parse_isv_levels(node(levels), "tcbLevels", statuses=QE_STATUSES, max_svn=255)
    return [level.isv_svn for level in found]


def test_levels_of_an_identity_come_highest_first() -> None:  # TCB-1
    assert isv([isv_level(2), isv_level(9), isv_level(4)]) == [9, 4, 2]
    assert isv([]) == []


def test_levels_of_a_platform_are_sorted_by_sgx_then_pce_then_tdx() -> None:  # TCB-1
    high, low = [2] + [0] * 15, [1] + [9] * 15
    levels = [
        platform_level(low, 9, high, advisories=["d"]),
        platform_level(high, 5, low, advisories=["c"]),
        platform_level(high, 5, high, advisories=["b"]),
        platform_level(high, 6, low, advisories=["a"]),
    ]
    found = parse_platform_levels(node(levels), "tcbLevels", tdx=True)
    assert [level.advisories for level in found] == [("a",), ("b",), ("c",), ("d",)]


def test_equal_levels_keep_the_order_of_the_document() -> None:
    levels = [platform_level(SVNS, 1, None, status) for status in ("OutOfDate", "UpToDate")]
    found = parse_platform_levels(node(levels), "tcbLevels", tdx=False)
    assert [level.status for level in found] == ["OutOfDate", "UpToDate"]
    parts = [isv_level(3, status) for status in ("OutOfDate", "UpToDate")]
    identity = parse_isv_levels(node(parts), "tcbLevels", statuses=QE_STATUSES, max_svn=255)
    assert [level.status for level in identity] == ["OutOfDate", "UpToDate"]


def test_a_level_for_sgx_has_no_tdx_components() -> None:
    levels = [platform_level(SVNS, 1, SVNS)]
    assert parse_platform_levels(node(levels), "tcbLevels", tdx=False)[0].tdx_svns == ()
    assert parse_platform_levels(node(levels), "tcbLevels", tdx=True)[0].tdx_svns == tuple(SVNS)


def test_what_each_kind_of_level_may_say() -> None:  # TCB-2
    assert {s for s in ALL if s in MODULE_STATUSES} == {"UpToDate", "OutOfDate", "Revoked"}
    for status in ALL:
        for statuses in (MODULE_STATUSES, QE_STATUSES):
            levels = node([isv_level(1, status)])
            if status in statuses:
                assert parse_isv_levels(levels, "tcbLevels", statuses=statuses, max_svn=255)
                continue
            with pytest.raises(MalformedError) as caught:
                parse_isv_levels(levels, "tcbLevels", statuses=statuses, max_svn=255)
            assert (caught.value.rule, caught.value.where) == (
                "TCB-2",
                "info.tcbLevels[0].tcbStatus",
            )
        levels = node([platform_level(SVNS, 1, None, status)])
        if status in PLATFORM_STATUSES:
            assert parse_platform_levels(levels, "tcbLevels", tdx=False)
            continue
        with pytest.raises(MalformedError):
            parse_platform_levels(levels, "tcbLevels", tdx=False)
    assert len(PLATFORM_STATUSES) == 7
    assert len(QE_STATUSES) == 5


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tcbStatus", None), ("tcbStatus", 1), ("tcbStatus", ""),
        ("tcbDate", None), ("tcbDate", "2026-01-01"), ("tcbDate", 1767225600),
        ("tcbDate", "1969-12-31T23:59:59Z"),
        ("advisoryIDs", "INTEL-SA-1"), ("advisoryIDs", [1]), ("advisoryIDs", [""]),
        ("advisoryIDs", ["x" * 65]), ("advisoryIDs", ["\u00e9"]), ("advisoryIDs", ["a\nb"]),
        ("tcb", None), ("tcb", []),
        ("tcb.isvsvn", None), ("tcb.isvsvn", -1), ("tcb.isvsvn", 256), ("tcb.isvsvn", True),
        ("tcb.isvsvn", 1.0), ("tcb.isvsvn", "1"),
    ],
)  # fmt: skip
def test_members_of_a_level(path: str, value: Any) -> None:  # COL-6
    level = isv_level(1)
    target: Dict[str, Any] = level
    *parents, name = path.split(".")
    for parent in parents:
        target = target[parent]
    target[name] = value
    with pytest.raises(MalformedError) as caught:
        isv([isv_level(2), level])
    assert caught.value.rule == "COL-6"
    assert caught.value.where.startswith(f"info.tcbLevels[1].{path}")


@pytest.mark.parametrize("name", ["sgxtcbcomponents", "tdxtcbcomponents"])
@pytest.mark.parametrize(
    "components",
    [
        None, {}, "x", [], [{"svn": 1}] * 15, [{"svn": 1}] * 17, [1] * 16, [{}] * 16,
        [{"svn": 1}] * 15 + [{"svn": True}], [{"svn": 1}] * 15 + [{"svn": 1.0}],
        [{"svn": 1}] * 15 + [{"svn": -1}], [{"svn": 1}] * 15 + [{"svn": 256}],
        [{"svn": 1}] * 15 + [{"svn": "1"}], [{"svn": 1}] * 15 + [None],
    ],
)  # fmt: skip
def test_a_platform_has_16_components(name: str, components: Any) -> None:
    level = platform_level(SVNS, 1, SVNS)
    level["tcb"][name] = components
    with pytest.raises(MalformedError) as caught:
        parse_platform_levels(node([level]), "tcbLevels", tdx=True)
    assert caught.value.rule == "COL-6"
    assert caught.value.where.startswith(f"info.tcbLevels[0].tcb.{name}")


@pytest.mark.parametrize("value", [None, -1, 65536, True, 11.0, "11"])
def test_a_platform_has_a_pce_svn(value: Any) -> None:
    level = platform_level(SVNS, 1, None)
    level["tcb"]["pcesvn"] = value
    with pytest.raises(MalformedError) as caught:
        parse_platform_levels(node([level]), "tcbLevels", tdx=False)
    assert caught.value.where == "info.tcbLevels[0].tcb.pcesvn"


@pytest.mark.parametrize("levels", [None, {}, "x", [1], [None]])
def test_levels_are_an_array_of_objects(levels: Any) -> None:
    with pytest.raises(MalformedError) as caught:
        isv(levels)
    assert caught.value.rule == "COL-6"


def test_an_array_has_a_limit() -> None:  # COL-22
    assert len(isv([isv_level(1)] * MAX_ITEMS)) == MAX_ITEMS
    crowded = isv_level(1)
    crowded["advisoryIDs"] = ["x"] * (MAX_ITEMS + 1)
    for levels in ([isv_level(1)] * (MAX_ITEMS + 1), [crowded]):
        with pytest.raises(MalformedError) as caught:
            isv(levels)
        assert caught.value.rule == "COL-22"
