"""Certificates and lists that Intel and NVIDIA issued, beside the repository."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timezone
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Tuple

import pytest

from tests.samples import ABSENT, REAL
from venice_ref.codec.jose import parse_jws
from venice_ref.crypto.curves import P256
from venice_ref.errors import EvidenceError
from venice_ref.pki.certificate import Certificate, parse_certificate, parse_pem_chain
from venice_ref.pki.chain import Role, TrustAnchor, verify_chain
from venice_ref.pki.crl import Crl, parse_crl
from venice_ref.pki.keys import EcPublicKey
from venice_ref.pki.signatures import SignatureMemo

SGX = "1.2.840.113741.1.13.1"
FWID = "2.23.133.5.4.1"

INTEL = TrustAnchor(
    "Intel's SGX root",
    EcPublicKey(
        P256,
        (
            0x0BA9C4C0C0C86193A3FE23D6B02CDA10A8BBD4E88E48B4458561A36E705525F5,
            0x67918E2EDC88E40D860BD0CC4EE26AACC988E505A953558C453F6B0904AE7394,
        ),
    ),
)
NVIDIA = TrustAnchor(
    "NVIDIA's device root",
    certificates=frozenset(
        {bytes.fromhex("102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48")}
    ),
)
SERVICE = TrustAnchor(
    "NVIDIA's attestation service",
    certificates=frozenset(
        {bytes.fromhex("2df8907cf4d6c277b855d407ec178a649930a8e73f7294e8fce66e6ee27c5175")}
    ),
)

BOTH = frozenset({"cRLSign"})
NONE: FrozenSet[str] = frozenset()
DIGITAL = frozenset({"digitalSignature"})
ROOT_ROLE = Role("root", "Intel SGX Root CA", "P-256", True, BOTH)
CA_ROLE = Role("PCK CA", "Intel SGX PCK (Platform|Processor) CA", "P-256", True, BOTH)
PCK_ROLE = Role("PCK certificate", "Intel SGX PCK Certificate", "P-256", False, DIGITAL)
SIGNER_ROLE = Role("TCB signer", "Intel SGX TCB Signing", "P-256", False, DIGITAL)
GPU_ROLES = (
    Role("attestation key", "GH100 A01 GSP FMC LF", "P-384", False, DIGITAL),
    Role("boot ROM", "GH100 A01 GSP BROM", "P-384", True, NONE),
    Role("provisioner", "NVIDIA GH100 Provisioner ICA [0-9]+", "P-384", True, NONE),
    Role("chip", "NVIDIA GH100 Identity", "P-384", True, NONE),
    Role("root", "NVIDIA Device Identity CA", "P-384", True, NONE),
)
SERVICE_ROLES = (
    Role("token key", "NVIDIA Attestation Service GPU GH100", "P-384", False, DIGITAL),
    Role("issuer", "NVIDIA Attestation Service GPU Intermediate 004", "RSA", True, NONE),
)

MEMO = SignatureMemo(4096)
"""Shared by the cases, most of which have most of their certificates in common."""


class Platform(NamedTuple):
    """One quote's chain, its collateral, and the moment of both."""

    pck: Tuple[Certificate, ...]
    ca: Tuple[Certificate, ...]
    signer: Tuple[Certificate, ...]
    identity_signer: Tuple[Certificate, ...]
    crls: Tuple[Crl, ...]
    now: datetime


def load(name: str) -> Dict[str, Any]:
    path = REAL / name
    if not path.is_file():
        pytest.skip(ABSENT)
    found: Dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def pck_chain(quote: bytes) -> bytes:
    """Return the certification data of a quote: its size stands before it."""
    start = quote.index(b"-----BEGIN CERTIFICATE-----")
    return quote[start : start + int.from_bytes(quote[start - 4 : start], "little")]


def platform(quote: bytes, collateral: Dict[str, str], now: int) -> Platform:
    return Platform(
        parse_pem_chain(pck_chain(quote), max_count=3, allow_nul=True, where="pck"),
        parse_pem_chain(collateral["pck_crl_issuer_chain"], max_count=2, where="ca"),
        parse_pem_chain(collateral["tcb_info_issuer_chain"], max_count=2, where="signer"),
        parse_pem_chain(collateral["qe_identity_issuer_chain"], max_count=2, where="identity"),
        (
            parse_crl(bytes.fromhex(collateral["root_ca_crl"]), where="root_crl"),
            parse_crl(bytes.fromhex(collateral["pck_crl"]), where="pck_crl"),
        ),
        datetime.fromtimestamp(now, timezone.utc),
    )


def venice() -> Platform:
    answer = load("venice-2026-04-24/attestation.json")
    collateral = load("venice-2026-04-24/collateral.json")
    return platform(bytes.fromhex(answer["intel_quote"]), collateral, 1776995921)


def cases() -> List[str]:
    return sorted(path.name for path in (REAL / "dcap").glob("*.json"))


def verify_platform(found: Platform) -> None:
    common: Dict[str, Any] = {"anchor": INTEL, "now": found.now, "memo": MEMO}
    root_crl, _ = found.crls
    verify_chain(found.ca, roles=(CA_ROLE, ROOT_ROLE), crls=[root_crl], **common)
    for chain in (found.signer, found.identity_signer):
        verify_chain(chain, roles=(SIGNER_ROLE, ROOT_ROLE), crls=[root_crl], **common)
    verify_chain(found.pck, roles=(PCK_ROLE, CA_ROLE, ROOT_ROLE), crls=found.crls, **common)


# --- Intel --------------------------------------------------------------------------------------


def test_the_chains_of_venice_verify() -> None:
    found = venice()
    verify_platform(found)
    leaf = found.pck[0]
    assert len(leaf.extensions) == 6
    assert not leaf.extensions[SGX].critical
    assert [len(crl.serials) for crl in found.crls] == [0, 57]


def test_the_chains_of_100_quotes_verify_at_their_moment() -> None:
    names = cases()
    if not names:
        pytest.skip(ABSENT)
    roots = set()
    for name in names:
        case = load(f"dcap/{name}")
        found = platform(bytes.fromhex(case["quote"]), case["collateral"], case["now"])
        verify_platform(found)
        roots.add(hashlib.sha256(found.pck[-1].raw).hexdigest()[:8])
    assert len(names) == 100
    assert roots <= {"44a0196b", "fc64f807"}, "the two editions of the root"


def test_a_chain_without_its_moment_is_refused() -> None:
    found = venice()
    late = found._replace(now=datetime(2027, 3, 1, tzinfo=timezone.utc))
    with pytest.raises(EvidenceError) as caught:
        verify_platform(late)
    assert (caught.value.rule, caught.value.where) == ("CRL-8", "root_crl")


def test_keys_below_one_root_do_not_stand_for_each_other() -> None:
    found = venice()
    pck_as_signer = [found.pck[0], found.pck[2]]
    for chain in (pck_as_signer, found.ca):
        with pytest.raises(EvidenceError) as caught:
            verify_chain(chain, anchor=INTEL, roles=(SIGNER_ROLE, ROOT_ROLE), now=found.now)
        assert caught.value.rule == "CRT-10"


# --- NVIDIA -------------------------------------------------------------------------------------


def gpu_chains() -> Iterator[Tuple[Certificate, ...]]:
    payload = json.loads(load("venice-2026-04-24/attestation.json")["nvidia_payload"])
    for index, evidence in enumerate(payload["evidence_list"]):
        pem = base64.b64decode(evidence["certificate"])
        yield parse_pem_chain(pem, max_count=5, where=f"gpu[{index}]")


def test_the_chains_of_8_gpus_verify() -> None:
    now = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
    memo = SignatureMemo()
    chains = list(gpu_chains())
    assert len(chains) == 8
    for chain in chains:
        verify_chain(chain, anchor=NVIDIA, roles=GPU_ROLES, now=now, memo=memo)
        leaf = chain[0]
        assert leaf.subject_name.text("2.5.4.5") == f"{leaf.serial:040X}"
        assert leaf.not_after.year == 9999
        assert FWID in leaf.extensions
    assert len(memo) == 8 + 8 + 2, "the certificates that the GPUs share are verified once"


def test_the_key_set_of_the_service_verifies() -> None:
    now = datetime(2026, 4, 24, 1, 58, 41, tzinfo=timezone.utc)
    memo = SignatureMemo()
    current = 0
    for key in load("venice-2026-04-24/jwks.json")["keys"]:
        chain = [
            parse_certificate(base64.b64decode(text), where=f"x5c[{index}]")
            for index, text in enumerate(key["x5c"])
        ]
        if chain[0].not_before <= now <= chain[0].not_after:
            verify_chain(chain, anchor=SERVICE, roles=SERVICE_ROLES, now=now, memo=memo)
            current += 1
    assert current > 0


def test_the_tokens_parse() -> None:
    found = load("venice-2026-04-24/nras.json")
    text = json.dumps(found)
    tokens = [word for word in text.split('"') if word.count(".") == 2 and word.startswith("ey")]
    assert len(tokens) == 9
    for token in tokens:
        jws = parse_jws(token, max_size=16384)
        assert jws.header.text("alg") == "ES384"
        assert len(jws.signature) == 96
