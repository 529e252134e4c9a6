from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from conformance.mock_tee.pki.authority import draw_key
from conformance.mock_tee.pki.intel import CPU_SVN, FMSPC, PCE_SVN
from conformance.mock_tee.pki.statements import (
    EVALUATION_NUMBER,
    QE_ISV_SVN,
    QE_MR_SIGNER,
    TEE_TCB_SVN,
    qe_identity,
    sign_document,
    tcb_info,
)
from conformance.mock_tee.randomness import SeededBytes
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P256
from venice_ref.evidence.tdx.qe_identity import parse_qe_identity
from venice_ref.evidence.tdx.tcb import isv_level, module_identity, platform_level
from venice_ref.evidence.tdx.tcb_info import TcbInfo, parse_tcb_info

ISSUED = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
KEY = draw_key(P256, SeededBytes("statements", "key"))


def _parsed(tee: str) -> TcbInfo:
    return parse_tcb_info(json.dumps(tcb_info(tee, ISSUED)))


@pytest.mark.parametrize(("tee", "tdx"), [("TDX", TEE_TCB_SVN), ("SGX", None)])
def test_the_platform_reaches_the_best_level(tee: str, tdx: Any) -> None:
    info = _parsed(tee)
    level = platform_level(
        info.levels, sgx_svns=CPU_SVN, pce_svn=PCE_SVN, tee_tcb_svn=tdx, where=""
    )
    assert (level.status, level.advisories) == ("UpToDate", ())
    assert level == info.levels[0]
    assert (info.fmspc, info.evaluation_number) == (FMSPC, EVALUATION_NUMBER)
    assert (info.issue_date, info.next_update) == (ISSUED, ISSUED + timedelta(days=30))


def test_a_platform_without_the_newest_pce_falls_one_level() -> None:
    levels = [
        level._replace(pce_svn=PCE_SVN + 1) if level.status == "UpToDate" else level
        for level in _parsed("TDX").levels
    ]
    level = platform_level(
        levels, sgx_svns=CPU_SVN, pce_svn=PCE_SVN, tee_tcb_svn=TEE_TCB_SVN, where=""
    )
    assert level.status == "OutOfDate"
    assert level.advisories == ("MOCK-SA-00002", "MOCK-SA-00001")


def test_the_tdx_module_is_up_to_date() -> None:
    identity = module_identity(_parsed("TDX"), TEE_TCB_SVN, where="")
    assert identity.version == 1
    assert (identity.mr_signer, identity.attributes) == (bytes(48), bytes(8))
    level = isv_level(identity.levels, TEE_TCB_SVN[0], what="module", where="")
    assert level.status == "UpToDate"
    assert _parsed("TDX").module is not None
    assert _parsed("SGX").module is None
    assert "tdxModule" not in tcb_info("SGX", ISSUED)


@pytest.mark.parametrize(("tee", "name", "product"), [("TDX", "TD_QE", 2), ("SGX", "QE", 1)])
def test_the_quoting_enclave_is_up_to_date(tee: str, name: str, product: int) -> None:
    identity = parse_qe_identity(json.dumps(qe_identity(tee, ISSUED)))
    assert (identity.id, identity.isv_prod_id, identity.mr_signer) == (name, product, QE_MR_SIGNER)
    level = isv_level(identity.levels, QE_ISV_SVN, what="QE", where="")
    assert level.status == "UpToDate"
    assert [level.status for level in identity.levels] == ["UpToDate", "OutOfDate"]


def test_members_stand_in_the_order_of_intel() -> None:
    assert list(tcb_info("TDX", ISSUED)) == [
        "id", "version", "issueDate", "nextUpdate", "fmspc", "pceId", "tcbType",
        "tcbEvaluationDataNumber", "tdxModule", "tdxModuleIdentities", "tcbLevels",
    ]  # fmt: skip
    level = tcb_info("TDX", ISSUED)["tcbLevels"][1]
    assert list(level) == ["tcb", "tcbDate", "tcbStatus", "advisoryIDs"]
    assert list(level["tcb"]) == ["sgxtcbcomponents", "pcesvn", "tdxtcbcomponents"]
    assert list(level["tcb"]["sgxtcbcomponents"][0]) == ["svn", "category", "type"]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", tcb_info("TDX", ISSUED)["issueDate"])


def test_the_signature_covers_the_text() -> None:
    signed = sign_document({"a": 1, "b": [2]}, KEY, (b"signer", b"root"))
    assert signed.text == '{"a":1,"b":[2]}'
    assert signed.chain == (b"signer", b"root")
    point = int.from_bytes(KEY.xy[:32], "big"), int.from_bytes(KEY.xy[32:], "big")
    r, s = (
        int.from_bytes(signed.signature[:32], "big"),
        int.from_bytes(signed.signature[32:], "big"),
    )
    ecdsa.verify(P256, point, hashlib.sha256(signed.text.encode()).digest(), r, s)
