from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Dict

import pytest

from tests.samples import MODEL, NONCE, NOW, capture
from venice_ref.attestation.bundle import (
    FORMAT,
    MAX_BUNDLE_SIZE,
    Bundle,
    encode_bundle,
    is_bundle,
    parse_bundle,
)
from venice_ref.attestation.endorsements import MAX_RIMS, NO_ENDORSEMENTS, Endorsements
from venice_ref.codec.strict import parse_json_object
from venice_ref.errors import MalformedError, UsageError
from venice_ref.model import Nonce32

BUNDLE = Bundle(MODEL, NONCE, NOW, '{ "a" :\t1.0,\r\n "b": "caf\u00e9 \u2028" }\n')


def members() -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(encode_bundle(BUNDLE))
    return found


@pytest.mark.parametrize(
    "bundle",
    [
        BUNDLE,
        BUNDLE._replace(attestation=""),
        BUNDLE._replace(collateral='{"tcb_info": "{}"}', nras="[]", jwks="{}"),
        BUNDLE._replace(rims=("<a/>\r\n", "")),
        BUNDLE._replace(captured_at=NOW.replace(microsecond=123456)),
    ],
)
def test_a_bundle_is_its_members(bundle: Bundle) -> None:
    raw = encode_bundle(bundle)
    assert parse_bundle(raw) == bundle
    assert encode_bundle(parse_bundle(raw)) == raw
    assert is_bundle(json.loads(raw))
    assert is_bundle(parse_json_object(raw, max_size=MAX_BUNDLE_SIZE))


def test_the_attestation_is_kept_to_the_byte() -> None:
    real = capture()
    bundle = Bundle(real.model, Nonce32(real.nonce), NOW, real.raw.decode("utf-8"))
    assert parse_bundle(encode_bundle(bundle)).attestation.encode("utf-8") == real.raw


def test_a_time_of_another_zone_is_the_same_time() -> None:
    local = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    raw = encode_bundle(BUNDLE._replace(captured_at=local))
    assert b'"2026-04-24T01:58:41Z"' in raw
    assert parse_bundle(raw).captured_at == NOW


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("format", "venice-ref-bundle-3", "bundle.format"),
        ("format", "venice-ref-bundle-1", "bundle"),  # which has no rims
        ("format", None, "bundle.format"),
        ("format", 1, "bundle.format"),
        ("model", None, "bundle.model"),
        ("model", 1, "bundle.model"),
        ("nonce", None, "bundle.nonce"),
        ("nonce", "00" * 31, "bundle.nonce"),
        ("nonce", "0x" + "00" * 32, "bundle.nonce"),
        ("captured_at", "yesterday", "bundle.captured_at"),
        ("captured_at", "2026-04-24T01:58:41", "bundle.captured_at"),
        ("captured_at", 1776995921, "bundle.captured_at"),
        ("attestation", {"a": 1}, "bundle.attestation"),
        ("attestation", None, "bundle.attestation"),
        ("collateral", {}, "bundle.collateral"),
        ("nras", [], "bundle.nras"),
        ("jwks", 1, "bundle.jwks"),
        ("rims", "x", "bundle.rims"),
        ("rims", [1], "bundle.rims"),
        ("rims", ["x"] * (MAX_RIMS + 1), "bundle.rims"),
        ("more", None, "bundle"),
        ("more", "x", "bundle"),
    ],
)
def test_another_form_of_a_member(name: str, value: object, where: str) -> None:  # ATT-14
    with pytest.raises(MalformedError) as caught:
        parse_bundle(json.dumps({**members(), name: value}).encode())
    assert (caught.value.where, caught.value.rule) == (where, "ATT-14")


def test_version_1_is_still_read() -> None:
    old = {**members(), "format": "venice-ref-bundle-1"}
    del old["rims"]
    assert parse_bundle(json.dumps(old).encode()) == BUNDLE


def test_the_endorsements_are_kept_to_the_byte() -> None:  # ATT-14
    given = Endorsements(b'{"a" :1}\n', None, b"\xc3\xa9", (b"<?xml?>\r\n<a/>", b""))
    kept = BUNDLE.with_endorsements(given)
    assert parse_bundle(encode_bundle(kept)).endorsements == given
    assert BUNDLE.endorsements == NO_ENDORSEMENTS
    assert kept.attestation == BUNDLE.attestation


@pytest.mark.parametrize(
    ("given", "where"),
    [
        (Endorsements(collateral=b"\xff"), "endorsements.collateral"),
        (Endorsements(jwks=b"\xff"), "endorsements.jwks"),
        (Endorsements(rims=(b"", b"\xff")), "endorsements.rims[1]"),
    ],
)
def test_what_has_no_exact_text_is_not_kept(given: Endorsements, where: str) -> None:
    with pytest.raises(MalformedError) as caught:
        BUNDLE.with_endorsements(given)
    assert (caught.value.rule, caught.value.where) == ("ATT-14", where)


@pytest.mark.parametrize(
    "bundle",
    [
        BUNDLE._replace(rims=("",) * (MAX_RIMS + 1)),
        BUNDLE._replace(attestation="\n" * (MAX_BUNDLE_SIZE // 2)),
    ],
)
def test_what_nobody_could_read_is_not_written(bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="more than a bundle can carry"):
        encode_bundle(bundle)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b"null", b'{"format": "venice-ref-bundle-1"', b"\xff"]
)
def test_what_is_no_bundle(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_bundle(raw)


def test_a_bundle_has_a_greatest_size() -> None:
    with pytest.raises(MalformedError, match="at most"):
        parse_bundle(encode_bundle(BUNDLE) + b" " * MAX_BUNDLE_SIZE)


@pytest.mark.parametrize(
    "bundle",
    [
        BUNDLE._replace(nonce=Nonce32(bytes(16))),
        BUNDLE._replace(captured_at=datetime(2026, 4, 24)),  # noqa: DTZ001 - the mistake under test
        BUNDLE._replace(attestation="\ud800"),
    ],
)
def test_what_cannot_be_kept(bundle: Bundle) -> None:
    with pytest.raises(UsageError):
        encode_bundle(bundle)


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ({"format": FORMAT}, True),
        ({"format": "venice-ref-bundle-9"}, True),
        ({"format": "other"}, False),
        ({"format": 1}, False),
        ({}, False),
        ([], False),
        (None, False),
        ("venice-ref-bundle-1", False),
    ],
)
def test_a_bundle_says_that_it_is_one(value: object, answer: bool) -> None:
    assert is_bundle(value) is answer
