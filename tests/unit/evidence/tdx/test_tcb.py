from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Dict, Iterator, List, Optional, Tuple

import pytest

from tests.intel import TEE_TCB_SVN, tcb_info, text_of
from venice_ref.errors import EvidenceError
from venice_ref.evidence.tdx.levels import (
    MODULE_STATUSES,
    PLATFORM_STATUSES,
    QE_STATUSES,
    IsvLevel,
    PlatformLevel,
)
from venice_ref.evidence.tdx.tcb import (
    STATUSES,
    converge,
    evaluate,
    isv_level,
    module_identity,
    platform_level,
    relaunch,
)
from venice_ref.evidence.tdx.tcb_info import ModuleIdentity, TcbInfo, parse_tcb_info

DATE = datetime(2025, 1, 1, tzinfo=timezone.utc)
SGX = tuple(range(10, 26))
TDX = bytes([4, 0, *range(2, 16)])


def level(
    sgx: Tuple[int, ...] = SGX,
    pce: int = 5,
    tdx: Tuple[int, ...] = tuple(TDX),
    status: str = "UpToDate",
) -> PlatformLevel:
    return PlatformLevel(sgx, pce, tdx, status, DATE, ())


def raised(values: Tuple[int, ...], index: int) -> Tuple[int, ...]:
    return tuple(value + (i == index) for i, value in enumerate(values))


def reaches(wanted: PlatformLevel, tee_tcb_svn: Optional[bytes] = TDX) -> bool:
    try:
        found = platform_level(
            [wanted], sgx_svns=SGX, pce_svn=5, tee_tcb_svn=tee_tcb_svn, where="here"
        )
    except EvidenceError:
        return False
    return found is wanted


# --- Platform levels ----------------------------------------------------------------------------


def test_a_level_is_reached_in_every_component() -> None:  # TCB-12
    assert reaches(level())
    assert reaches(level(sgx=(0,) * 16, pce=0, tdx=(0,) * 16))
    assert not reaches(level(pce=6))
    for index in range(16):
        assert not reaches(level(sgx=raised(SGX, index))), index
        assert not reaches(level(tdx=raised(tuple(TDX), index))), index


def test_one_component_above_does_not_make_up_for_one_below() -> None:
    """Levels are no numbers of 16 digits: (9, 0) does not reach (1, 1)."""
    assert not reaches(level(sgx=(0, 255) + (0,) * 14))
    assert not reaches(level(tdx=(0, 0, 255) + (0,) * 13))


@pytest.mark.parametrize("version", [1, 3, 255])
def test_the_version_of_the_module_is_left_out_if_the_module_has_levels(  # TCB-4
    version: int,
) -> None:
    svn = bytes([4, version, *range(2, 16)])
    for index in range(16):
        wanted = level(tdx=raised(tuple(svn[:1] + bytes(1) + svn[2:]), index))
        assert reaches(wanted, svn) == (index < 2), index
    assert reaches(level(tdx=(255, 255, *range(2, 16))), svn)
    assert not reaches(level(tdx=(255, 0, *range(2, 16))), TDX)


def test_an_sgx_platform_has_no_tdx_components() -> None:
    assert reaches(level(tdx=()), None)


def test_the_first_level_that_is_reached_speaks() -> None:
    levels = [level(pce=9, status="UpToDate"), level(pce=5, status="OutOfDate"), level(pce=1)]
    found = platform_level(levels, sgx_svns=SGX, pce_svn=5, tee_tcb_svn=TDX, where="")
    assert found is levels[1]


def test_no_level() -> None:  # TCB-3
    with pytest.raises(EvidenceError) as caught:
        platform_level([], sgx_svns=SGX, pce_svn=5, tee_tcb_svn=TDX, where="quote")
    assert caught.value.rule == "TCB-3"


# --- Levels with one number ---------------------------------------------------------------------


def test_the_level_of_a_version() -> None:  # TCB-3
    levels = [IsvLevel(svn, "UpToDate", DATE, ()) for svn in (9, 4, 2)]
    found = {svn: isv_level(levels, svn, what="", where="").isv_svn for svn in range(2, 12)}
    assert found == {2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 4, 8: 4, 9: 9, 10: 9, 11: 9}
    for svn in (0, 1):
        with pytest.raises(EvidenceError) as caught:
            isv_level(levels, svn, what="TDX module", where="here")
        assert (caught.value.rule, caught.value.where) == ("TCB-3", "here")
        assert f"TDX module of version {svn}" in caught.value.message


# --- Modules ------------------------------------------------------------------------------------


def info(**changes: object) -> TcbInfo:
    return parse_tcb_info(text_of({**tcb_info(), **changes}))


def test_the_identity_of_a_module() -> None:  # TCB-5
    found = info()
    assert module_identity(found, bytes(16), where="") is found.module
    assert module_identity(found, TEE_TCB_SVN, where="") is found.module_identities[0]
    for version, name in ((2, "TDX_02"), (0x1A, "TDX_1A"), (255, "TDX_FF")):
        with pytest.raises(EvidenceError) as caught:
            module_identity(found, bytes([9, version]) + bytes(14), where="here")
        assert (caught.value.rule, caught.value.where) == ("TCB-5", "here")
        assert name in caught.value.message
    with pytest.raises(EvidenceError, match="tdxModule"):
        module_identity(info(tdxModule=None), bytes(16), where="here")


def test_an_identity_of_version_0_is_not_the_module_of_version_0() -> None:
    zero = ModuleIdentity(0, b"\x11" * 48, bytes(8), bytes(8), ())
    found = info()._replace(module_identities=(zero,))
    assert module_identity(found, bytes(16), where="") is found.module


def test_the_first_of_two_identities_of_one_version() -> None:
    first, second = (ModuleIdentity(7, bytes([n]) * 48, bytes(8), bytes(8), ()) for n in (1, 2))
    found = info()._replace(module_identities=(first, second))
    assert module_identity(found, bytes([0, 7]) + bytes(14), where="") is first


# --- Convergence --------------------------------------------------------------------------------

# platform: (without a bad part, with a part that is out of date), as Intel's library has it.
CONVERGED: Dict[str, Tuple[str, str]] = {
    "UpToDate": ("UpToDate", "OutOfDate"),
    "SWHardeningNeeded": ("SWHardeningNeeded", "OutOfDate"),
    "ConfigurationNeeded": ("ConfigurationNeeded", "OutOfDateConfigurationNeeded"),
    "ConfigurationAndSWHardeningNeeded": (
        "ConfigurationAndSWHardeningNeeded",
        "OutOfDateConfigurationNeeded",
    ),
    "OutOfDate": ("OutOfDate", "OutOfDate"),
    "OutOfDateConfigurationNeeded": (
        "OutOfDateConfigurationNeeded",
        "OutOfDateConfigurationNeeded",
    ),
    "Revoked": ("Revoked", "Revoked"),
}


def parts() -> Iterator[List[str]]:
    for qe in sorted(QE_STATUSES):
        yield [qe]
        for module in sorted(MODULE_STATUSES):
            yield [module, qe]


def test_convergence_is_that_table() -> None:  # TCB-7
    assert set(CONVERGED) == PLATFORM_STATUSES
    count = 0
    for platform, (good, out_of_date) in CONVERGED.items():
        for statuses in parts():
            expected = good
            if "OutOfDate" in statuses:
                expected = out_of_date
            if "Revoked" in statuses:
                expected = "Revoked"
            assert converge(platform, statuses) == expected, (platform, statuses)
            assert converge(platform, statuses[::-1]) == expected
            count += 1
    assert count == 7 * 20


def test_convergence_never_improves() -> None:
    badness = {
        "UpToDate": 0, "SWHardeningNeeded": 1, "ConfigurationNeeded": 1,
        "ConfigurationAndSWHardeningNeeded": 2, "OutOfDate": 3, "OutOfDateConfigurationNeeded": 4,
        "Revoked": 5,
    }  # fmt: skip
    for platform in PLATFORM_STATUSES:
        for statuses in parts():
            found = converge(platform, statuses)
            assert badness[found] >= badness[platform]
            if "OutOfDate" in statuses:
                assert badness[found] >= badness["OutOfDate"]


# --- Relaunch -----------------------------------------------------------------------------------


def test_relaunch() -> None:  # TCB-13
    good = ("UpToDate", "SWHardeningNeeded")
    configurable = ("ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded")
    advised = 0
    for launch in sorted(PLATFORM_STATUSES):
        for current in sorted(PLATFORM_STATUSES):
            expected = launch
            if launch == "OutOfDate" and current in good:
                expected = "TDRelaunchAdvised"
            if launch == "OutOfDate" and current in configurable:
                expected = "TDRelaunchAdvisedConfigurationNeeded"
            if launch == "OutOfDateConfigurationNeeded" and current in good + configurable:
                expected = "TDRelaunchAdvisedConfigurationNeeded"
            assert relaunch(launch, current) == expected, (launch, current)
            advised += expected != launch
            assert expected in STATUSES
    assert advised == 8
    assert len(STATUSES) == 9


# --- The whole ----------------------------------------------------------------------------------


def test_an_evaluation_takes_the_earliest_date_and_each_advisory_once() -> None:  # TCB-9
    def dated(days: int) -> datetime:
        return DATE + timedelta(days=days)

    found = info()
    for days in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        platform = level(sgx=(0,) * 16, pce=0, tdx=(0,) * 16)._replace(
            date=dated(days[0]), advisories=("P", "shared", "P")
        )
        module = IsvLevel(4, "OutOfDate", dated(days[1]), ("M", "shared"))
        qe = IsvLevel(1, "UpToDate", dated(days[2]), ("Q", "M"))
        changed = found._replace(
            levels=(platform,),
            module_identities=(found.module_identities[0]._replace(levels=(module,)),),
        )
        result = evaluate(
            changed, sgx_svns=SGX, pce_svn=5, tee_tcb_svn=TEE_TCB_SVN, qe=qe, where=""
        )
        assert (result.platform, result.module, result.qe) == (platform, module, qe)
        assert result.advisories == ("P", "shared", "M", "Q")
        assert result.status == "OutOfDate"
        assert result.date == DATE


def test_without_a_module() -> None:
    qe = IsvLevel(1, "OutOfDate", DATE, ("Q",))
    platform = level(sgx=(0,) * 16, pce=0, tdx=(0,) * 16)
    changed = info()._replace(levels=(platform,))
    for svn in (None, bytes(16)):
        result = evaluate(changed, sgx_svns=SGX, pce_svn=5, tee_tcb_svn=svn, qe=qe, where="")
        assert (result.module, result.status, result.advisories) == (None, "OutOfDate", ("Q",))
