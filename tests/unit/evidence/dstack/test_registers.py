from __future__ import annotations

import hashlib
import json
from typing import Any, Dict

import pytest

from tests.dstack_logs import COMPOSE_HASH, KEY_PROVIDER, registers, sample_log
from tests.samples import quote
from tests.unit.evidence.dstack.real import ppid_of, venice
from venice_ref.codec.strict import JsonObject
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.dstack.app import App, identify_app
from venice_ref.evidence.dstack.event_log import parse_event_log, verify_event_log
from venice_ref.evidence.dstack.registers import (
    InfoFacts,
    Registers,
    device_id,
    mr_aggregated,
    mr_system,
    registers_of,
    verify_info,
)
from venice_ref.evidence.tdx.quote import parse_quote

ENDS = registers(sample_log())
USER_DATA = bytes(range(20))
TD = Registers(b"\x3d" * 48, b"\x01" * 48, b"\x02" * 48, b"\x03" * 48, ENDS, USER_DATA)
PPID = b"\x99" * 16


def the_app() -> App:
    return identify_app(verify_event_log(parse_event_log(sample_log()), ENDS))


def test_the_registers_of_a_quote() -> None:
    names: Dict[str, Any] = {f"rt_mr{number}": value for number, value in enumerate(ENDS)}
    raw = quote(
        5, "td-1.5", mr_td=TD.mr_td, mr_config_id=TD.mr_config_id, mr_owner=TD.mr_owner,
        mr_owner_config=TD.mr_owner_config, **names,
    )  # fmt: skip
    raw = raw[:28] + USER_DATA + raw[48:]
    assert registers_of(parse_quote(raw)) == TD
    with pytest.raises(EvidenceError) as caught:
        registers_of(parse_quote(quote(3, "sgx")))
    assert caught.value.rule == "QUO-4"


def test_the_claims_of_the_capture_are_proven() -> None:
    answer, real_quote, td, _ = venice()
    assert answer.info is not None
    assert answer.event_log is not None
    app = identify_app(verify_event_log(parse_event_log(answer.event_log), td.rtmrs))
    facts = verify_info(answer.info, answer.tcb_info, td, app=app, ppid=ppid_of(real_quote))
    assert answer.info.text("device_id") == device_id(td.user_data).hex()
    assert {name.rpartition(".")[2] for name in facts.matched} == {
        "mrtd", "rtmr0", "rtmr1", "rtmr2", "rtmr3", "mr_aggregated", "device_id", "compose_hash",
        "app_id", "instance_id", "os_image_hash", "key_provider_info",
    }  # fmt: skip
    assert len(facts.matched) == 15
    assert facts.unchecked == ()
    without = verify_info(answer.info, answer.tcb_info, td)
    assert len(without.matched) == 8
    assert len(without.unchecked) == 7


def test_the_derived_ids() -> None:  # DST-15
    def sha256(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    rest = (TD.mr_config_id, TD.mr_owner, TD.mr_owner_config)
    assert mr_aggregated(TD) == sha256(TD.mr_td, *ENDS, *rest)
    zero = TD._replace(mr_config_id=bytes(48), mr_owner=bytes(48), mr_owner_config=bytes(48))
    assert mr_aggregated(zero) == sha256(TD.mr_td, *ENDS)
    owned = zero._replace(mr_owner_config=bytes(47) + b"\x01")
    assert mr_aggregated(owned) == sha256(TD.mr_td, *ENDS, bytes(96), owned.mr_owner_config)
    assert mr_system(TD, b"{}") == sha256(TD.mr_td, *ENDS[:3], sha256(b"{}"))
    assert mr_system(TD, b"") == sha256(TD.mr_td, *ENDS[:3], bytes(32))
    assert device_id(PPID) == sha256(PPID)


def claims() -> Dict[str, Any]:
    app = the_app()
    return {
        "mrtd": TD.mr_td.hex(),
        "rtmr0": ENDS[0].hex(),
        "rtmr1": ENDS[1].hex(),
        "rtmr2": ENDS[2].hex(),
        "rtmr3": ENDS[3].hex().upper(),
        "mr_aggregated": mr_aggregated(TD).hex(),
        "mr_system": mr_system(TD, KEY_PROVIDER).hex(),
        "device_id": device_id(PPID).hex(),
        "compose_hash": COMPOSE_HASH.hex(),
        "app_id": app.app_id.hex(),
        "instance_id": app.instance_id.hex(),
        "os_image_hash": "05" * 32,
        "key_provider_info": KEY_PROVIDER.decode(),
    }


def checked(info: Dict[str, Any], tcb_info: Dict[str, Any], **proofs: Any) -> InfoFacts:
    return verify_info(
        JsonObject(info, where="info"), JsonObject(tcb_info, where="info.tcb_info"), TD, **proofs
    )


@pytest.mark.parametrize("name", sorted(claims()))
def test_each_claim_is_compared_in_both_places(name: str) -> None:  # DST-15
    value = claims()[name]
    wrong = value.replace("k", "j") if name == "key_provider_info" else "00" * (len(value) // 2)
    proofs = {"app": the_app(), "ppid": PPID}
    assert checked({name: value}, {}, **proofs) == ((f"info.{name}",), ())
    assert checked({}, {name: value}, **proofs) == ((f"info.tcb_info.{name}",), ())
    for info, tcb_info in (({name: wrong}, {}), ({}, {name: wrong})):
        with pytest.raises(EvidenceError) as caught:
            checked(info, tcb_info, **proofs)
        assert caught.value.rule == "DST-15"
        assert caught.value.where.endswith(name)


def test_what_nothing_proves_is_listed() -> None:
    facts = checked(claims(), {})
    assert set(facts.unchecked) == {
        "info.mr_system", "info.device_id", "info.compose_hash", "info.app_id",
        "info.instance_id", "info.os_image_hash", "info.key_provider_info",
    }  # fmt: skip
    assert "info.compose_hash" in checked(claims(), {}, compose_hash=COMPOSE_HASH).matched
    with pytest.raises(EvidenceError):
        checked(claims(), {}, compose_hash=bytes(32))
    assert verify_info(JsonObject({"app_name": "x"}), None, TD) == ((), ())


@pytest.mark.parametrize("name", sorted(claims()))
def test_an_empty_claim_is_never_proven(name: str) -> None:  # DST-15
    proofs = {"app": the_app(), "ppid": PPID}
    assert checked({name: ""}, {name: ""}, **proofs).matched == ()
    assert checked({name: ""}, {}, **proofs).unchecked == (f"info.{name}",)


def test_what_is_proven_to_be_empty_is_so() -> None:
    app = the_app()._replace(instance_id=b"")
    assert checked({"instance_id": ""}, {}, app=app).matched == ("info.instance_id",)
    with pytest.raises(EvidenceError):
        checked({"instance_id": "00"}, {}, app=app)


def test_the_key_provider_as_an_object_or_a_text_of_one() -> None:  # DST-15
    members = json.loads(KEY_PROVIDER)
    path = ("info.key_provider_info",)
    for form in (members, json.dumps(members, indent=1), dict(reversed(list(members.items())))):
        assert checked({path[0][5:]: form}, {}, app=the_app()) == (path, ())
    for wrong in ({**members, "more": 1}, json.dumps({**members, "name": "x"}), "{", "{}"):
        with pytest.raises(EvidenceError):
            checked({path[0][5:]: wrong}, {}, app=the_app())
    with pytest.raises(MalformedError):
        checked({path[0][5:]: [members]}, {}, app=the_app())
    assert checked({path[0][5:]: {}}, {}, app=the_app()) == ((), path)


def test_a_device_has_three_ids() -> None:
    for name, ppid, is_proven in (
        (USER_DATA, None, True),
        (USER_DATA, PPID, True),
        (PPID, PPID, True),
        (PPID, None, False),  # perhaps the PPID, which is not at hand
        (b"", PPID, False),  # the hash of nothing names no device
        (b"", None, False),
    ):
        path = ("info.device_id",)
        claim = {"device_id": device_id(name).hex()}
        assert checked(claim, {}, ppid=ppid) == ((path, ()) if is_proven else ((), path))


def test_a_claim_that_can_be_compared_is_hexadecimal() -> None:
    for value in ("0x" + TD.mr_td.hex(), "0", "zz", 1):
        with pytest.raises(MalformedError):
            checked({"mrtd": value}, {})
    with pytest.raises(EvidenceError):
        checked({"key_provider_info": "\ud800" * 200}, {}, app=the_app())
    assert checked({"app_id": "zz"}, {}).unchecked == ("info.app_id",)
