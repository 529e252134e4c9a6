from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any, Callable, Dict

import pytest

from tests.nvidia.certificates import NOW, authority, certify, key, name
from tests.nvidia.devices import fleet, gpu_draft, measurement, report_draft, verified
from tests.nvidia.manifests import (
    DRIVER_INDICES,
    SIGNER_DRAFT,
    ManifestDraft,
    Signers,
    driver_draft,
    driver_manifest,
    resource,
    sign_manifest,
    signers,
    vbios_manifest,
)
from venice_ref.codec.der_encode import time
from venice_ref.errors import EvidenceError, MalformedError, PeerError, SignatureError
from venice_ref.evidence.nvidia import opaque as types
from venice_ref.evidence.nvidia.rim import (
    Manifest,
    driver_manifest_id,
    parse_manifest,
    parse_manifest_answer,
    vbios_manifest_id,
    verify_manifest,
)

SIGNERS = signers()
ROOT = SIGNERS.root.anchor
RAW = driver_manifest()
GPU = fleet(1)[0]


def verify(raw: bytes, version: str = "570.172.08") -> Manifest:
    return verify_manifest(parse_manifest(raw), version=version, now=NOW, root=ROOT)


def refused(raw: bytes, version: str = "570.172.08") -> PeerError:
    with pytest.raises(PeerError) as caught:
        verify(raw, version)
    return caught.value


# --- What is accepted ---------------------------------------------------------------------------


def test_a_manifest() -> None:
    found = verify(RAW)
    assert found.version == "570.172.08"
    assert dict(found.golden) == {index: (measurement(index),) for index in DRIVER_INDICES}
    assert found.sha256 == hashlib.sha256(RAW).digest()
    assert found.not_after == NOW + timedelta(days=365)


def test_alternatives() -> None:
    found = verify(vbios_manifest(), "96.00.cf.00.02")
    assert found.golden[12] == (bytes(48), measurement(12))


def test_the_version_without_regard_to_case() -> None:  # GPU-31
    assert verify(vbios_manifest(), "96.00.CF.00.02").version == "96.00.CF.00.02"


# --- Names --------------------------------------------------------------------------------------


def test_the_names_of_the_manifests() -> None:  # GPU-26
    assert driver_manifest_id(GPU) == "NV_GPU_DRIVER_GH100_570.172.08"
    assert vbios_manifest_id(GPU) == "NV_GPU_VBIOS_G520_0280_895_9600CF0002"


def test_the_names_on_blackwell() -> None:  # GPU-26
    blackwell = gpu_draft(chip="GB100")
    plain = verified(blackwell, report_draft(), arch="BLACKWELL")
    assert driver_manifest_id(plain) == "NV_GPU_CC_DRIVER_GB100_570.172.08"
    named = report_draft().with_opaque(types.CHIP_INFO, b"gb202\0")
    gpu = verified(blackwell, named, arch="BLACKWELL")
    assert driver_manifest_id(gpu) == "NV_GPU_CC_DRIVER_GB202_570.172.08"


def test_a_report_without_a_board() -> None:  # GPU-26
    gpu = verified(gpu_draft(), report_draft().with_opaque(types.PROJECT, None))
    with pytest.raises(EvidenceError) as caught:
        vbios_manifest_id(gpu)
    assert caught.value.rule == "GPU-26"


def test_a_character_that_has_no_place_in_a_name() -> None:  # GPU-26
    gpu = verified(gpu_draft(), report_draft().with_opaque(types.PROJECT, b"G5-20\0"))
    with pytest.raises(EvidenceError) as caught:
        vbios_manifest_id(gpu)
    assert caught.value.rule == "GPU-26"


def test_a_letter_whose_upper_case_is_ascii() -> None:  # GPU-26
    gpu = verified(gpu_draft(), report_draft())
    changed = gpu._replace(description=gpu.description._replace(chip_sku="89\u017f"))
    with pytest.raises(EvidenceError) as caught:
        vbios_manifest_id(changed)
    assert caught.value.rule == "GPU-26"


NAME = "NV_GPU_DRIVER_GH100_570.172.08"


def answer(**changed: Any) -> bytes:
    text = base64.b64encode(RAW).decode()
    found = {"id": NAME, "rim": text, "sha256": hashlib.sha256(RAW).hexdigest(), **changed}
    return json.dumps({k: v for k, v in found.items() if v is not None}).encode()


def test_an_answer_of_the_service() -> None:  # GPU-42
    of_text = hashlib.sha256(base64.b64encode(RAW)).hexdigest()
    for raw in (answer(), answer(sha256=None), answer(sha256=of_text)):
        assert parse_manifest_answer(raw, name=NAME) == RAW


@pytest.mark.parametrize(
    "raw",
    [
        answer(id="NV_GPU_DRIVER_GH100_570.172.09"),
        answer(id=None),
        answer(id=5),
        answer(rim="!"),
        answer(rim=5),
        answer(rim=None),
        answer(rim="", sha256=hashlib.sha256(b"").hexdigest()),
        answer(sha256="00" * 32),
        answer(sha256="00"),
        b"[]",
        b'{"id": "a", "id": "b"}',
    ],
)
def test_another_answer(raw: bytes) -> None:  # GPU-42
    with pytest.raises(MalformedError) as caught:
        parse_manifest_answer(raw, name=NAME)
    assert caught.value.rule == "GPU-42"


# --- Structure ----------------------------------------------------------------------------------

Change = Callable[[ManifestDraft], ManifestDraft]


def resources(*changed: str) -> Change:
    return lambda draft: draft._replace(resources=(*draft.resources[1:], *changed))


def root_open(old: str, new: str) -> Change:
    return lambda draft: draft._replace(root_open=draft.root_open.replace(old, new, 1))


GOOD = (measurement(1),)
FLAWS: Dict[str, tuple[str, Change]] = {
    "another document": ("GPU-28", root_open("19770/-2", "19770/-3")),
    "no entity": ("GPU-28", lambda d: d._replace(entity="")),
    "an entity with content": (
        "GPU-28", lambda d: d._replace(entity="<ns0:Entity><ns0:Meta/></ns0:Entity>")),
    "something else than an entity": (
        "GPU-28", lambda d: d._replace(entity='<ns0:Link href="x"/>')),
    "a second payload": (
        "GPU-28", lambda d: d._replace(entity=d.entity + "<ns0:Payload></ns0:Payload>")),
    "text": ("GPU-28", lambda d: d._replace(before_signature="x")),
    "no version": ("GPU-28", lambda d: d._replace(version="")),
    "no edition": ("GPU-28", lambda d: d._replace(edition="")),
    "a payload of another namespace": (
        "GPU-28",
        lambda d: d._replace(payload_open='<ns0:Payload xmlns:ns0="urn:x">')),
    "a file": ("GPU-28", resources('<ns0:File name="x"/>')),
    "a measurement with content": (
        "GPU-28", resources(resource(0, GOOD).replace("/>", ">x</ns0:Resource>"))),
    "another type": ("GPU-28", resources(resource(0, GOOD, type="Certificate"))),
    "an index above 63": ("GPU-28", resources(resource(64, GOOD))),
    "an index of letters": ("GPU-28", resources(resource(0, GOOD, index="x"))),
    "an index with a zero before it": ("GPU-28", resources(resource(0, GOOD, index="00"))),
    "an index below 0": ("GPU-28", resources(resource(0, GOOD, index="-1"))),
    "another size": ("GPU-28", resources(resource(0, GOOD, size="32"))),
    "another word for active": ("GPU-28", resources(resource(0, GOOD, active="true"))),
    "fewer hashes than alternatives": ("GPU-28", resources(resource(0, GOOD, alternatives="2"))),
    "more hashes than alternatives": (
        "GPU-28", resources(resource(0, GOOD * 2, alternatives="1"))),
    "no alternatives": ("GPU-28", resources(resource(0, (), alternatives="0"))),
    "a hash of 32 bytes": ("GPU-28", resources(resource(0, (bytes(32),)))),
    "an index twice": ("GPU-32", resources(resource(1, GOOD))),
    "an index twice, once not active": ("GPU-32", resources(resource(7, GOOD, active=False))),
    "nothing active": (
        "GPU-32", lambda d: d._replace(resources=(resource(0, GOOD, active=False),))),
    "nothing at all": ("GPU-32", lambda d: d._replace(resources=())),
}  # fmt: skip


@pytest.mark.parametrize("flaw", FLAWS)
def test_one_flaw(flaw: str) -> None:
    rule, change = FLAWS[flaw]
    raw = sign_manifest(change(driver_draft()), by=SIGNERS)
    with pytest.raises(MalformedError) as caught:
        parse_manifest(raw)
    assert caught.value.rule == rule


def test_a_document_type() -> None:  # GPU-27
    with pytest.raises(MalformedError) as caught:
        parse_manifest(b"<!DOCTYPE SoftwareIdentity>" + RAW)
    assert caught.value.rule == "GPU-27"


def test_attributes_of_other_namespaces_are_passed_over() -> None:
    more = resource(0, GOOD, more=' ns0:x="1" comment="2"')
    raw = sign_manifest(resources(more)(driver_draft()), by=SIGNERS)
    assert 0 in verify(raw).golden


# --- Who, for what, and when --------------------------------------------------------------------


@pytest.mark.parametrize("version", ["570.172.09", "570.172.08.1", ""])
def test_another_version(version: str) -> None:  # GPU-31
    assert refused(RAW, version).rule == "GPU-31"


def test_another_edition() -> None:  # GPU-31
    raw = sign_manifest(driver_draft()._replace(edition="SWITCH"), by=SIGNERS)
    assert refused(raw).rule == "GPU-31"


def test_a_change_after_signing() -> None:  # GPU-29
    error = refused(RAW.replace(b'index="0" active="False"', b'index="0" active="True"'))
    assert (type(error), error.rule) == (SignatureError, "GPU-29")


def test_without_the_simulated_root() -> None:  # GPU-30
    with pytest.raises(EvidenceError) as caught:
        verify_manifest(parse_manifest(RAW), version="570.172.08", now=NOW)
    assert caught.value.rule == "CRT-13"


@pytest.mark.parametrize("days", [-366, 366])
def test_out_of_its_time(days: int) -> None:  # GPU-30
    with pytest.raises(EvidenceError) as caught:
        verify_manifest(
            parse_manifest(RAW), version="570.172.08", now=NOW + timedelta(days=days), root=ROOT
        )
    assert caught.value.rule == "CRT-14"


SIGNER_FLAWS = {
    "another role": ("CRT-10", SIGNER_DRAFT._replace(subject=name("GH100 A01 GSP FMC LF"))),
    "another use": ("CRT-16", SIGNER_DRAFT._replace(usages=("keyAgreement",))),
    "an authority": ("CRT-16", SIGNER_DRAFT._replace(authority=True)),
    "expired": ("CRT-14", SIGNER_DRAFT._replace(not_after=time(NOW - timedelta(days=1)))),
}


@pytest.mark.parametrize("flaw", SIGNER_FLAWS)
def test_another_signer(flaw: str) -> None:  # GPU-30
    rule, draft = SIGNER_FLAWS[flaw]
    assert refused(sign_manifest(driver_draft(), by=signers(draft))).rule == rule


def test_a_signer_below_another_root() -> None:  # GPU-30
    root = certify(None, key("another"), authority("NVIDIA CoRIM signing Root CA", 11))
    product = certify(root, key("p"), authority("NVIDIA Reference Value GH100 CA", 12))
    l3 = certify(product, key("l"), authority("NVIDIA Reference Value L3 GH100 001", 13))
    forged = Signers(root, product, l3, certify(l3, key("s"), SIGNER_DRAFT))
    assert refused(sign_manifest(driver_draft(), by=forged)).rule == "CRT-13"


def test_a_device_does_not_sign_manifests() -> None:  # GPU-30
    """Another number of certificates, as a device's chain has."""
    forged = SIGNERS._replace(root=SIGNERS.signer)
    assert refused(sign_manifest(driver_draft(), by=forged)).rule == "CRT-10"
