from __future__ import annotations

import base64
import json
from typing import Any, Dict, List

import pytest

from tests.intel import Intel
from venice_ref.codec.pem import encode_pem
from venice_ref.errors import MalformedError
from venice_ref.evidence.tdx.exchange import Collateral, encode_collateral, parse_collateral
from venice_ref.spec import MAX_COLLATERAL_SIZE

MEMBERS = (
    "pck_crl_issuer_chain", "root_ca_crl", "pck_crl", "tcb_info_issuer_chain", "tcb_info",
    "tcb_info_signature", "qe_identity_issuer_chain", "qe_identity", "qe_identity_signature",
)  # fmt: skip


@pytest.fixture(name="collateral", scope="module")
def _collateral() -> Collateral:
    return Intel().collateral()


@pytest.fixture(name="members", scope="module")
def _members(collateral: Collateral) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(encode_collateral(collateral))
    return found


def parse(members: Dict[str, Any], **changes: Any) -> Collateral:
    return parse_collateral(json.dumps({**members, **changes}))


def fault(members: Dict[str, Any], **changes: Any) -> MalformedError:
    with pytest.raises(MalformedError) as caught:
        parse(members, **changes)
    return caught.value


def test_encoding_and_parsing_are_inverse(collateral: Collateral, members: Dict[str, Any]) -> None:
    assert tuple(members) == MEMBERS
    assert parse_collateral(encode_collateral(collateral)) == collateral
    chain = collateral._replace(pck_certificate_chain=Intel().pck_chain())
    assert parse_collateral(encode_collateral(chain)) == chain
    assert parse_collateral(encode_collateral(chain).decode()) == chain


def test_a_list_has_three_forms(collateral: Collateral, members: Dict[str, Any]) -> None:  # COL-2
    crl = collateral.root_ca_crl
    for form in (
        crl.hex(),
        crl.hex().upper(),
        base64.b64encode(crl).decode(),
        encode_pem(crl, label="X509 CRL"),
    ):
        assert parse(members, root_ca_crl=form) == collateral


@pytest.mark.parametrize("name", ["root_ca_crl", "pck_crl"])
@pytest.mark.parametrize(
    "value",
    ["308", "30 82", "0x3082", "MIIB$A==", "MIIBA", "-----BEGIN X509 CRL-----", "-----BEGIN "],
)
def test_other_forms_of_a_list(members: Dict[str, Any], name: str, value: str) -> None:
    error = fault(members, **{name: value})
    assert error.rule == "COL-2"
    assert error.where.startswith(f"collateral.{name}")


@pytest.mark.parametrize("name", ["root_ca_crl", "pck_crl"])
def test_a_certificate_is_no_list(members: Dict[str, Any], name: str) -> None:
    assert fault(members, **{name: members["tcb_info_issuer_chain"]}).rule == "COL-2"


@pytest.mark.parametrize("name", ["tcb_info_signature", "qe_identity_signature"])
@pytest.mark.parametrize("value", ["00" * 63, "00" * 65, "0" * 127, "zz" * 64, "0x" + "00" * 63])
def test_a_signature_has_64_bytes(members: Dict[str, Any], name: str, value: str) -> None:
    error = fault(members, **{name: value})
    assert (error.rule, error.where) == ("COL-21", f"collateral.{name}")
    assert parse(members, **{name: "AB" * 64})


@pytest.mark.parametrize("name", MEMBERS)
@pytest.mark.parametrize("value", [None, "", 1, True, ["x"], {"x": "y"}])
def test_every_member_is_a_string(  # COL-1
    members: Dict[str, Any], name: str, value: Any
) -> None:
    error = fault(members, **{name: value})
    assert (error.rule, error.where) == ("COL-1", f"collateral.{name}")


@pytest.mark.parametrize("name", [*(n for n in MEMBERS if n.endswith("chain")), "pck_chain"])
@pytest.mark.parametrize("damage", ["x{}", "{}x", "{}\0", " {}", "{0}{0}{0}"])
def test_a_chain_is_strict_pem(members: Dict[str, Any], name: str, damage: str) -> None:
    if name == "pck_chain":
        members = {**members, "pck_certificate_chain": members["tcb_info_issuer_chain"]}
        name = "pck_certificate_chain"
    error = fault(members, **{name: damage.format(members[name])})
    assert error.rule == "COL-1"
    assert error.where.startswith(f"collateral.{name}")


def test_a_pck_chain_is_optional(members: Dict[str, Any]) -> None:
    assert parse(members, pck_certificate_chain=None).pck_certificate_chain is None
    values: List[Any] = ["", 1, []]
    for value in values:
        assert fault(members, pck_certificate_chain=value).rule == "COL-1"


def test_texts_are_kept_to_the_letter(members: Dict[str, Any]) -> None:
    for text in ("{ }", "not JSON", "{}\n", "\u00e9\U0001f600", "{\r\n}"):
        assert parse(members, tcb_info=text, qe_identity=text).tcb_info == text


def test_other_members_are_passed_over(collateral: Collateral, members: Dict[str, Any]) -> None:
    assert parse(members, version=3, note=None) == collateral


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b'{"a":1,"a":2}', b"\xff"])
def test_other_texts(raw: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_collateral(raw)
    assert caught.value.rule == "COL-1"


def test_collateral_has_a_greatest_size() -> None:
    with pytest.raises(MalformedError) as caught:
        parse_collateral(b" " * (MAX_COLLATERAL_SIZE + 1))
    assert caught.value.rule == "COL-1"
