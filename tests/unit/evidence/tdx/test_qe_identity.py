from __future__ import annotations

from typing import Any

import pytest

from tests.intel import isv_level, qe_identity, text_of
from venice_ref.errors import EvidenceError, MalformedError, PeerError
from venice_ref.evidence.tdx.qe_identity import QeIdentity, parse_qe_identity


def parsed(tdx: bool = True, **changes: Any) -> QeIdentity:
    return parse_qe_identity(text_of({**qe_identity(tdx), **changes}))


def fault(tdx: bool = True, **changes: Any) -> PeerError:
    with pytest.raises((MalformedError, EvidenceError)) as caught:
        parsed(tdx, **changes)
    return caught.value


def test_an_identity() -> None:
    found = parsed(tcbLevels=[isv_level(4), isv_level(6, "OutOfDate", ["INTEL-SA-1"])])
    assert (found.id, found.isv_prod_id, found.mr_signer) == ("TD_QE", 2, b"\xab" * 32)
    assert (found.misc_select, found.misc_select_mask) == (bytes(4), b"\xff" * 4)
    assert found.attributes.hex() == "11" + "00" * 15
    assert found.attributes_mask.hex() == "fb" + "ff" * 7 + "00" * 8
    assert [level.isv_svn for level in found.levels] == [6, 4]
    assert found.levels[0].advisories == ("INTEL-SA-1",)
    assert found.evaluation_number == 17


@pytest.mark.parametrize(
    ("tdx", "name", "value"),
    [
        (True, "id", "QVE"), (True, "id", "td_qe"), (True, "id", "TDX"),
        (True, "version", 1), (True, "version", 4), (False, "version", 1), (False, "version", 3),
    ],
)  # fmt: skip
def test_another_kind_of_document(tdx: bool, name: str, value: Any) -> None:  # COL-8
    error = fault(tdx, **{name: value})
    assert isinstance(error, EvidenceError)
    assert (error.rule, error.where) == ("COL-8", f"qe_identity.{name}")


def test_the_versions_that_are_known() -> None:
    assert parsed(version=2).id == parsed(version=3).id == "TD_QE"
    assert parsed(tdx=False, version=2).id == "QE"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", None), ("version", None), ("version", True), ("version", "2"),
        ("issueDate", None), ("nextUpdate", "tomorrow"),
        ("tcbEvaluationDataNumber", None), ("tcbEvaluationDataNumber", 2**32),
        ("miscselect", None), ("miscselect", "00"), ("miscselectMask", "FF" * 5),
        ("attributes", "00" * 15), ("attributesMask", None), ("attributesMask", 0),
        ("mrsigner", "00" * 31), ("mrsigner", "0x" + "00" * 31),
        ("isvprodid", None), ("isvprodid", "1"), ("isvprodid", 65536), ("isvprodid", False),
        ("tcbLevels", None), ("tcbLevels", [isv_level(65536)]),
    ],
)  # fmt: skip
def test_members_of_another_form(name: str, value: Any) -> None:  # COL-6
    error = fault(**{name: value})
    assert isinstance(error, MalformedError)
    assert error.rule == "COL-6"
    assert error.where.startswith(f"qe_identity.{name}")


def test_a_status_that_no_quoting_enclave_has() -> None:  # TCB-2
    assert fault(tcbLevels=[isv_level(1, "SWHardeningNeeded")]).rule == "TCB-2"


def test_unknown_members_are_passed_over_and_case_does_not_matter() -> None:
    assert parsed(note="new", mrsigner="ab" * 32) == parsed()
