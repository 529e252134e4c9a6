from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Callable, Dict, Tuple

import pytest

from tests.nvidia.certificates import NOW, START, authority, certify, extension, key, name
from tests.nvidia.devices import (
    FWID,
    Factory,
    GpuDraft,
    composite_device_id,
    device_info,
    dice_tcb_info,
    factory,
    gpu_draft,
)
from venice_ref.codec.der_encode import (
    implicit,
    integer,
    object_identifier,
    octet_string,
    sequence,
    time,
    utf8_string,
)
from venice_ref.codec.pem import encode_pem
from venice_ref.errors import EvidenceError, MalformedError, PeerError, SignatureError
from venice_ref.evidence.nvidia.chain import (
    COMPOSITE_DEVICE_ID,
    DICE_TCB_INFO,
    DeviceChain,
    parse_device_chain,
    verify_device_chain,
)
from venice_ref.pki.signatures import SignatureMemo

ROOT = factory().root.anchor
GPU = gpu_draft()
OTHER = gpu_draft(1)


def pem(*certificates: bytes) -> bytes:
    return "".join(encode_pem(certificate) for certificate in certificates).encode()


def parsed(gpu: GpuDraft = GPU, above: Factory | None = None) -> DeviceChain:
    return parse_device_chain(pem(*gpu.chain(above)))


def verify(chain: DeviceChain, *, arch: str = "HOPPER", now: datetime = NOW) -> None:
    verify_device_chain(chain, arch=arch, now=now, root=ROOT)


def refused(gpu: GpuDraft, *, arch: str = "HOPPER") -> PeerError:
    with pytest.raises(PeerError) as caught:
        verify(parsed(gpu), arch=arch)
    return caught.value


def with_leaf(*extensions: bytes, **changed: object) -> GpuDraft:
    leaf = GPU.leaf._replace(extensions=extensions) if extensions else GPU.leaf
    return GPU._replace(leaf=leaf._replace(**changed))  # type: ignore[arg-type] # by field name


# --- What is accepted ---------------------------------------------------------------------------


def test_a_hopper_chain() -> None:
    chain = parsed()
    assert (chain.chip, chain.fwid) == ("GH100", FWID)
    assert chain.device_key == chain.device.spki
    verify(chain)


def test_a_blackwell_chain() -> None:
    chain = parsed(gpu_draft(chip="GB100"))
    assert (chain.chip, chain.fwid, chain.device_key) == ("GB100", FWID, None)
    verify(chain, arch="BLACKWELL")


@pytest.mark.parametrize("chip", ["GB110", "GB20X", "GB202"])
def test_other_chips_of_blackwell(chip: str) -> None:
    verify(parsed(gpu_draft(chip=chip)), arch="BLACKWELL")


def test_the_digests_alone_are_enough() -> None:
    assert parsed(with_leaf(dice(DIGESTS))).fwid == FWID


def test_the_alternative_name_may_be_absent() -> None:
    verify(parsed(with_leaf(GPU.leaf.extensions[1])))


def test_the_alternative_name_may_have_no_serial_number() -> None:  # GPU-12
    verify(parsed(with_leaf(extension("2.5.29.17", device_info("NVIDIA:GH100")), HOPPER_FORM)))


def test_what_the_chains_share_is_verified_once() -> None:
    memo = SignatureMemo()
    for gpu in (GPU, OTHER):
        verify_device_chain(parsed(gpu), arch="HOPPER", now=NOW, root=ROOT, memo=memo)
    assert len(memo) == 2 + 2 * 2  # product and provisioner; GPU and firmware of each


# --- Form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 4, 6])
def test_another_number_of_certificates(count: int) -> None:  # GPU-8
    chain = [*GPU.chain(), factory().root.certificate][:count]
    with pytest.raises(MalformedError) as caught:
        parse_device_chain(pem(*chain))
    assert caught.value.rule == "GPU-8"


def test_a_chain_without_end() -> None:
    with pytest.raises(MalformedError) as caught:
        parse_device_chain(pem(*[GPU.chain()[0]] * 9))
    assert caught.value.rule == "CRT-18"


def test_text_around_the_certificates() -> None:
    with pytest.raises(MalformedError) as caught:
        parse_device_chain(b"subject=x\n" + pem(*GPU.chain()))
    assert caught.value.rule == "CRT-18"


def dice(*parts: bytes) -> bytes:
    return extension(DICE_TCB_INFO, sequence(*parts))


HOPPER_FORM = extension(COMPOSITE_DEVICE_ID, composite_device_id(GPU.device_key))
BLACKWELL_FORM = extension(DICE_TCB_INFO, dice_tcb_info(FWID))
DIGESTS = implicit(
    6, sequence(sequence(object_identifier("2.16.840.1.101.3.4.2.2"), octet_string(FWID)))
)

FIRMWARE_FLAWS: Dict[str, Tuple[bytes, ...]] = {
    "none": (extension("2.5.29.17", device_info("NVIDIA:GH100:0")),),
    "both forms": (HOPPER_FORM, BLACKWELL_FORM),
    "another version": (
        extension(COMPOSITE_DEVICE_ID, composite_device_id(GPU.device_key, version=2)),
    ),
    "a digest of 32 bytes": (
        extension(COMPOSITE_DEVICE_ID, composite_device_id(GPU.device_key, bytes(32))),
    ),
    "bytes after it": (
        extension(COMPOSITE_DEVICE_ID, composite_device_id(GPU.device_key) + b"\x05\x00"),
    ),
    "no list of digests": (dice(implicit(0, utf8_string("NVIDIA"))),),
    "an empty list of digests": (dice(implicit(6, sequence())),),
    "members in another order": (dice(DIGESTS, implicit(3, integer(1))),),
    "a member twice": (dice(DIGESTS, DIGESTS),),
    "a member that is not known": (dice(DIGESTS, implicit(11, integer(1))),),
    "a member of another class": (dice(integer(1), DIGESTS),),
}


@pytest.mark.parametrize("flaw", FIRMWARE_FLAWS)
def test_a_malformed_firmware_id(flaw: str) -> None:  # GPU-19
    with pytest.raises(MalformedError) as caught:
        parsed(with_leaf(*FIRMWARE_FLAWS[flaw]))
    assert caught.value.rule == "GPU-19"


@pytest.mark.parametrize(
    "value",
    [
        device_info("NVIDIA:GB100:0"),
        device_info("OTHER:GH100:0"),
        device_info("NVIDIA"),
        device_info("NVIDIA:GH100:0", "1.2.3"),
        sequence(),
        b"\x05\x00",
    ],
)
def test_an_alternative_name_of_something_else(value: bytes) -> None:  # GPU-12
    with pytest.raises(PeerError) as caught:
        parsed(with_leaf(extension("2.5.29.17", value), HOPPER_FORM))
    assert caught.value.rule == "GPU-12"


def test_a_critical_extension_that_is_evaluated() -> None:  # GPU-11
    value = composite_device_id(GPU.device_key)
    verify(parsed(with_leaf(extension(COMPOSITE_DEVICE_ID, value, critical=True))))


def test_a_critical_extension_that_nobody_evaluates() -> None:  # GPU-11
    with pytest.raises(MalformedError) as caught:
        parsed(with_leaf(HOPPER_FORM, extension("1.2.3", b"\x05\x00", critical=True)))
    assert caught.value.rule == "CRT-9"


# --- Roles and links ----------------------------------------------------------------------------


def test_a_switch() -> None:  # GPU-12
    assert refused(gpu_draft(chip="LS_10")).rule == "GPU-12"


@pytest.mark.parametrize("arch", ["BLACKWELL", "LS10", ""])
def test_another_architecture(arch: str) -> None:  # GPU-12
    assert refused(GPU, arch=arch).rule == "GPU-12"


def test_a_device_that_is_no_gpu() -> None:  # GPU-12
    with pytest.raises(EvidenceError) as caught:
        parsed(with_leaf(subject=name("Internal ROT A0 PSC FMC LF")))
    assert caught.value.rule == "GPU-12"


Change = Callable[[GpuDraft], GpuDraft]


def leaf(**changed: object) -> Change:
    return lambda gpu: gpu._replace(leaf=gpu.leaf._replace(**changed))  # type: ignore[arg-type] # by field name


def device(**changed: object) -> Change:
    return lambda gpu: gpu._replace(device=gpu.device._replace(**changed))  # type: ignore[arg-type] # by field name


FLAWS: Dict[str, Tuple[str, Change]] = {
    "a leaf of another chip": ("GPU-12", leaf(subject=name("GB100 A01 GSP FMC LF"))),
    "a GPU of another chip": ("CRT-10", device(subject=name("GB100 A01 GSP BROM"))),
    "a leaf that may sign certificates": (
        "CRT-16", leaf(usages=("digitalSignature", "keyCertSign"))),
    "a leaf that is an authority": ("CRT-16", leaf(authority=True)),
    "a leaf for another use": ("CRT-16", leaf(usages=("keyAgreement",))),
    "a GPU that may not sign": ("CRT-15", device(usages=("digitalSignature",))),
    "a GPU that is no authority": ("CRT-15", device(authority=False)),
    "a leaf of the future": ("CRT-14", leaf(not_before=time(NOW + timedelta(seconds=1)))),
    "a GPU of the past": ("CRT-14", device(not_after=time(NOW - timedelta(seconds=1)))),
}  # fmt: skip


@pytest.mark.parametrize("flaw", FLAWS)
def test_one_flaw(flaw: str) -> None:  # GPU-10
    rule, change = FLAWS[flaw]
    with pytest.raises(PeerError) as caught:
        verify(parsed(change(GPU)))
    assert caught.value.rule == rule


def test_a_chain_below_another_root() -> None:  # GPU-9
    """Right names, real signatures, and a self-signed root of the attacker's."""
    root = certify(None, key("another root"), authority("NVIDIA Device Identity CA", 1))
    identity = certify(root, key("identity"), authority("NVIDIA GH100 Identity", 2))
    ica = certify(identity, key("ica"), authority("NVIDIA GH100 Provisioner ICA 1", 3))
    with pytest.raises(EvidenceError) as caught:
        verify(parsed(GPU, Factory(root, identity, ica)))
    assert caught.value.rule == "CRT-13"


def test_the_real_root_put_above_a_forged_chain() -> None:  # GPU-9
    root = certify(None, key("another root"), authority("NVIDIA Device Identity CA", 1))
    identity = certify(root, key("identity"), authority("NVIDIA GH100 Identity", 2))
    ica = certify(identity, key("ica"), authority("NVIDIA GH100 Provisioner ICA 1", 3))
    forged = GPU.chain(Factory(factory().root, identity, ica))
    with pytest.raises(PeerError) as caught:
        verify(parse_device_chain(pem(*forged)))
    assert caught.value.rule in ("CRT-11", "CRT-12")


def test_certificates_in_another_order() -> None:
    chain = GPU.chain()
    with pytest.raises(EvidenceError) as caught:
        verify(parse_device_chain(pem(chain[0], chain[2], chain[1], *chain[3:])))
    assert caught.value.rule == "CRT-10"


def test_the_leaf_of_another_gpu() -> None:
    with pytest.raises(EvidenceError) as caught:
        verify(parse_device_chain(pem(OTHER.chain()[0], *GPU.chain()[1:])))
    assert caught.value.rule == "CRT-11"


@pytest.mark.parametrize("position", range(4))
def test_a_signature_that_does_not_verify(position: int) -> None:
    chain = list(GPU.chain())
    # The last byte of the signature is the last of s.
    chain[position] = chain[position][:-1] + bytes((chain[position][-1] ^ 1,))
    with pytest.raises(SignatureError) as caught:
        verify(parse_device_chain(pem(*chain)))
    assert caught.value.rule == "CRT-12"


def test_firmware_that_was_certified_on_another_gpu() -> None:  # GPU-20
    value = composite_device_id(OTHER.device_key)
    assert refused(with_leaf(extension(COMPOSITE_DEVICE_ID, value))).rule == "GPU-20"


def test_both_ends_of_the_validity() -> None:
    verify(parsed(), now=START)
    with pytest.raises(EvidenceError) as caught:
        verify(parsed(), now=START - timedelta(seconds=1))
    assert caught.value.rule == "CRT-14"
    verify(parsed(), now=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc))
