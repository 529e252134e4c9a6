from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.mock_tee.server import MockTee
from tests.intel import Intel
from venice_ref.attestation.endorsements import PINNED_ROOTS
from venice_ref.attestation.trust_root import MAX_TRUST_ROOT_SIZE, parse_trust_roots
from venice_ref.codec.pem import decode_pem_chain, encode_pem
from venice_ref.errors import UsageError
from venice_ref.pki.certificate import parse_certificate
from venice_ref.spec import MAX_CERTIFICATE_SIZE

COLLATERAL = Path(__file__).resolve().parents[4] / "shared/real/venice-2026-04-24/collateral.json"


@pytest.fixture(name="der", scope="module")
def root_der() -> bytes:
    return Intel().root.encode()


def test_a_certificate_replaces_the_root_of_its_name(der: bytes) -> None:
    for raw in (der, encode_pem(der).encode(), b"\n" + encode_pem(der).encode()):
        roots = parse_trust_roots(raw)
        assert roots.replaced == ("intel",)  # [POL-11]
        assert roots.intel.public_key == parse_certificate(der).public_key
        assert roots.intel.certificates == {hashlib.sha256(der).digest()}


def test_a_bare_key_replaces_intels(der: bytes) -> None:
    key = parse_certificate(der).spki
    for raw in (key, encode_pem(key, label="PUBLIC KEY").encode()):
        roots = parse_trust_roots(raw)
        assert roots.replaced == ("intel",)
        assert roots.intel.public_key == parse_certificate(der).public_key
        assert roots.intel.certificates == frozenset()


def test_the_roots_of_the_mock_are_told_apart_by_their_names() -> None:
    roots = parse_trust_roots(MockTee(seed="roots").trust_root_pem.encode())
    assert roots.replaced == ("intel", "nvidia_device", "nvidia_nras")
    assert len(roots.nvidia_nras) == 1
    assert roots.nvidia_rim == PINNED_ROOTS.nvidia_rim


def test_the_pinned_root_is_not_replaced_by_itself() -> None:
    if not COLLATERAL.is_file():
        pytest.skip("the recorded evidence is not beside this checkout")
    chain = json.loads(COLLATERAL.read_bytes())["tcb_info_issuer_chain"]
    genuine = decode_pem_chain(chain.strip() + "\n", max_count=2, max_size=MAX_CERTIFICATE_SIZE)[-1]
    assert parse_trust_roots(genuine) == PINNED_ROOTS
    assert parse_trust_roots(parse_certificate(genuine).spki) == PINNED_ROOTS


def test_what_is_no_root_is_refused(der: bytes) -> None:
    intel = Intel()
    pem = encode_pem(der).encode()
    for raw in (
        b"",
        b"no root",
        pem[:-30],
        der[:-1],
        der + b"\0",
        pem + pem,
        intel.signer.encode(),  # a certificate of another name
        pem + encode_pem(intel.ca.encode()).encode(),
        bytes(MAX_TRUST_ROOT_SIZE + 1),
        encode_pem(der, label="PUBLIC KEY").encode(),
        encode_pem(der, label="PRIVATE KEY").encode(),
    ):
        with pytest.raises(UsageError) as caught:
            parse_trust_roots(raw)
        assert caught.value.rule == "POL-11"


@given(st.binary(max_size=400), st.integers(0, 400), st.integers(0, 255))
def test_any_bytes_are_roots_or_usage(raw: bytes, at: int, value: int) -> None:
    der = bytearray(CHANGED)
    der[at % len(der)] = value
    for content in (raw, bytes(der), b"-----BEGIN " + raw):
        try:
            roots = parse_trust_roots(content)
        except UsageError:
            continue
        assert roots.replaced == ("intel",)


CHANGED = Intel().root.encode()
