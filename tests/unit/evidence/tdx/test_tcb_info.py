from __future__ import annotations

import json
from typing import Any

import pytest

from tests.intel import MODULE, TEE_TCB_SVN, isv_level, platform_level, tcb_info, text_of
from venice_ref.errors import EvidenceError, MalformedError, PeerError
from venice_ref.evidence.tdx.tcb_info import TcbInfo, parse_tcb_info
from venice_ref.spec import MAX_SIGNED_JSON_SIZE


def parsed(tdx: bool = True, **changes: Any) -> TcbInfo:
    return parse_tcb_info(text_of({**tcb_info(tdx), **changes}))


def fault(tdx: bool = True, **changes: Any) -> PeerError:
    with pytest.raises((MalformedError, EvidenceError)) as caught:
        parsed(tdx, **changes)
    return caught.value


def test_a_tcb_info_for_tdx() -> None:
    found = parsed()
    assert (found.id, found.fmspc.hex(), found.pce_id.hex()) == ("TDX", "90c06f000000", "0000")
    assert found.evaluation_number == 18
    assert found.issue_date < found.next_update
    assert found.module is not None
    assert (found.module.version, found.module.levels) == (0, ())
    identity = found.module_identities[0]
    assert (identity.version, identity.mr_signer) == (1, bytes(48))
    assert (identity.attributes, identity.attributes_mask) == (bytes(8), b"\xff" * 8)
    assert [level.isv_svn for level in identity.levels] == [4, 2]
    assert found.levels[0].tdx_svns == tuple(TEE_TCB_SVN)


def test_a_tcb_info_for_sgx_has_no_modules() -> None:
    found = parsed(tdx=False, tdxModule="passed over", tdxModuleIdentities=1)
    assert (found.id, found.module, found.module_identities) == ("SGX", None, ())
    assert found.levels[0].tdx_svns == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [("version", 2), ("version", 4), ("tcbType", 1), ("id", "QE"), ("id", "tdx"), ("id", "SGX2")],
)
def test_another_kind_of_document(name: str, value: Any) -> None:  # COL-7
    error = fault(**{name: value})
    assert isinstance(error, EvidenceError)
    assert (error.rule, error.where) == ("COL-7", f"tcb_info.{name}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", None), ("id", 1), ("version", None), ("version", True), ("version", 3.0),
        ("version", "3"), ("version", -3), ("tcbType", None), ("tcbType", False),
        ("issueDate", None), ("issueDate", ""), ("issueDate", "2025-12-20T00:00:00"),
        ("issueDate", "2025-12-20 00:00:00Z"), ("issueDate", "2025-12-20t00:00:00z"),
        ("nextUpdate", None), ("nextUpdate", "2025-02-30T00:00:00Z"), ("nextUpdate", 1),
        ("fmspc", None), ("fmspc", "00"), ("fmspc", "00" * 7), ("fmspc", "zz" * 6), ("fmspc", 0),
        ("pceId", None), ("pceId", "00"), ("pceId", "000000"), ("pceId", 0),
        ("tcbEvaluationDataNumber", None), ("tcbEvaluationDataNumber", -1),
        ("tcbEvaluationDataNumber", 2**32), ("tcbEvaluationDataNumber", 18.0),
        ("tcbLevels", None), ("tcbLevels", {}), ("tcbLevels", [1]),
        ("tdxModule", []), ("tdxModule", {}), ("tdxModule", {**MODULE, "mrsigner": "00"}),
        ("tdxModule", {**MODULE, "attributes": "00" * 9}),
        ("tdxModule", {**MODULE, "attributesMask": None}),
        ("tdxModuleIdentities", {}), ("tdxModuleIdentities", [1]),
        ("tdxModuleIdentities", [{"id": "TDX_01", **MODULE}]),
    ],
)  # fmt: skip
def test_members_of_another_form(name: str, value: Any) -> None:  # COL-6
    error = fault(**{name: value})
    assert isinstance(error, MalformedError)
    assert error.rule == "COL-6"
    assert error.where.startswith(f"tcb_info.{name}")


@pytest.mark.parametrize("name", ["TDX_1", "TDX_001", "TDX_0g", "TDX01", "XDX_01", "TDX_\u0661"])
def test_the_id_of_a_module(name: str) -> None:
    identity = {"id": name, **MODULE, "tcbLevels": [isv_level(1)]}
    assert fault(tdxModuleIdentities=[identity]).rule == "COL-6"


def test_the_case_of_a_module_does_not_matter() -> None:
    identities = [
        {"id": name, **MODULE, "tcbLevels": [isv_level(1)]}
        for name in ("tdx_1a", "TDX_1A", "Tdx_ff", "TDX_00")
    ]
    found = parsed(tdxModuleIdentities=identities).module_identities
    assert [identity.version for identity in found] == [0x1A, 0x1A, 0xFF, 0]


def test_a_level_of_a_module_is_a_byte() -> None:
    identity = {"id": "TDX_01", **MODULE, "tcbLevels": [isv_level(256)]}
    assert fault(tdxModuleIdentities=[identity]).rule == "COL-6"


def test_modules_may_be_absent() -> None:
    found = parsed(tdxModule=None, tdxModuleIdentities=None)
    assert (found.module, found.module_identities) == (None, ())
    assert parsed(tdxModuleIdentities=[]).module_identities == ()


def test_a_level_for_tdx_has_tdx_components() -> None:
    level = platform_level([1] * 16, 1, None)
    assert fault(tcbLevels=[level]).where == "tcb_info.tcbLevels[0].tcb.tdxtcbcomponents"
    assert parsed(tdx=False, tcbLevels=[level])


def test_unknown_members_are_passed_over() -> None:
    assert parsed(somethingNew={"deep": [1.5, None]}) == parsed()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", "\ufeff{}", '{"id":"TDX","id":"SGX"}', '{"x":NaN}', "{}x", "[" * 99],
)
def test_other_texts(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_tcb_info(text)
    assert (caught.value.rule, caught.value.where.split(".")[0]) == ("COL-6", "tcb_info")


def test_a_text_has_a_greatest_size() -> None:
    text = json.dumps(tcb_info())
    padded = text + " " * (MAX_SIGNED_JSON_SIZE - len(text))
    assert parse_tcb_info(padded) == parsed()
    with pytest.raises(MalformedError):
        parse_tcb_info(padded + " ")
