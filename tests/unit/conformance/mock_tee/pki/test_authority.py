"""What an authority of the mock issues, read by the reference's parsers."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone

import pytest

from conformance.mock_tee.pki.authority import (
    Authority,
    Key,
    Profile,
    RevocationList,
    distinguished_name,
    draw_key,
    extension,
    issue,
    issue_crl,
    self_signed,
)
from conformance.mock_tee.randomness import SeededBytes
from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P256, P384
from venice_ref.crypto.weierstrass import Curve
from venice_ref.errors import EvidenceError
from venice_ref.pki.certificate import parse_certificate
from venice_ref.pki.chain import Role, anchor_of, verify_chain
from venice_ref.pki.crl import parse_crl, verify_crl

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
END = datetime(2060, 1, 1, tzinfo=timezone.utc)
"""Beyond 2049, where the form of a time changes."""


def _key(label: str, curve: Curve = P256) -> Key:
    return draw_key(curve, SeededBytes("authority", label))


def _profile(name: str, *, ca: bool) -> Profile:
    return Profile(
        subject=distinguished_name(name, "Nobody", "Nowhere", "--", "XX"),
        serial=2**159 + len(name),
        not_before=START,
        not_after=END,
        usages=("keyCertSign", "cRLSign") if ca else ("digitalSignature",),
        path_length=0 if ca else None,
        crl_url="https://list.invalid/list",
        extensions=() if ca else (extension("1.2.3.4", b"\x05\x00"),),
    )


def _root(curve: Curve = P256) -> Authority:
    return self_signed(_key("root", curve), _profile("The root", ca=True))


def _roles(kind: str) -> tuple[Role, ...]:
    return (
        Role("leaf", "The leaf", kind, False, frozenset({"digitalSignature"})),
        Role("root", "The root", kind, True, frozenset({"cRLSign"})),
    )


@pytest.mark.parametrize("curve", [P256, P384], ids=lambda curve: str(curve.name))
def test_a_chain_verifies(curve: Curve) -> None:
    root = _root(curve)
    leaf = issue(root, _key("leaf", curve), _profile("The leaf", ca=False))
    chain = [parse_certificate(one.certificate) for one in (leaf, root)]
    crl = parse_crl(issue_crl(RevocationList(root, START, END)))
    anchor = anchor_of(chain[-1], "the root")
    verify_chain(chain, anchor=anchor, roles=_roles(curve.name), now=NOW, crls=[crl])
    verify_chain(
        chain,
        anchor=anchor._replace(certificates=frozenset()),  # so that its own signature counts
        roles=_roles(curve.name),
        now=NOW,
    )


def test_what_a_profile_says_is_in_the_certificate() -> None:
    root = _root()
    leaf = parse_certificate(issue(root, _key("leaf"), _profile("The leaf", ca=False)).certificate)
    assert leaf.serial == 2**159 + 8
    assert (leaf.issuer_cn, leaf.subject_cn) == ("The root", "The leaf")
    assert (leaf.not_before, leaf.not_after) == (START, END)
    assert leaf.issuer == root.name
    assert leaf.ski == _key("leaf").identifier
    assert leaf.aki == root.key.identifier
    assert leaf.key_usage == frozenset({"digitalSignature"})
    assert leaf.basic_constraints == (False, None)
    assert list(leaf.extensions) == [
        "2.5.29.35", "2.5.29.31", "2.5.29.14", "2.5.29.15", "2.5.29.19", "1.2.3.4",
    ]  # fmt: skip
    assert [kind for kind, value in leaf.extensions.items() if value.critical] == [
        "2.5.29.15",
        "2.5.29.19",
    ]
    assert b"https://list.invalid/list" in leaf.extensions["2.5.29.31"].value
    assert parse_certificate(root.certificate).basic_constraints == (True, 0)


def test_a_list_says_who_is_revoked() -> None:
    root = _root()
    draft = RevocationList(root, START, END, (1, 2**160 - 1), number=7)
    crl = parse_crl(issue_crl(draft))
    verify_crl(crl, parse_certificate(root.certificate), now=NOW)
    assert crl.serials == {1, 2**160 - 1}
    assert (crl.this_update, crl.next_update) == (START, END)
    assert (crl.crl_number, crl.aki) == (7, root.key.identifier)
    assert parse_crl(issue_crl(draft._replace(serials=()))).serials == frozenset()


def test_a_list_of_another_authority_is_no_list_of_the_root() -> None:
    other = self_signed(_key("other"), _profile("The root", ca=True))
    crl = parse_crl(issue_crl(RevocationList(other, START, END)))
    verify_crl(crl, parse_certificate(other.certificate), now=NOW)
    with pytest.raises(EvidenceError) as caught:
        verify_crl(crl, parse_certificate(_root().certificate), now=NOW)
    assert caught.value.rule == "CRL-5"


def test_everything_is_repeatable() -> None:
    assert _root() == _root()
    assert _key("root") != _key("leaf")


@pytest.mark.parametrize(("curve", "size"), [(P256, 32), (P384, 48)])
def test_both_forms_of_a_signature_are_one(curve: Curve, size: int) -> None:
    key = _key("signer", curve)
    raw, der = key.sign(b"text"), key.sign_der(b"text")
    r, s = int.from_bytes(raw[:size], "big"), int.from_bytes(raw[size:], "big")
    assert len(raw) == len(key.xy) == 2 * size
    assert der[:1] == b"\x30"
    assert r.to_bytes(size, "big").lstrip(b"\0") in der
    digest = hashlib.new("sha256" if curve is P256 else "sha384", b"text").digest()
    x, y = int.from_bytes(key.xy[:size], "big"), int.from_bytes(key.xy[size:], "big")
    ecdsa.verify(curve, (x, y), digest, r, s)
