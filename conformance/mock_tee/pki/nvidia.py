"""The simulated NVIDIA: its device authorities, and GPUs with five certificates each.

    root --- product --- provisioner -+- GPU 0 (boot ROM) --- key of its firmware   signs reports
                                      +- GPU 1            --- ...
                                      ...

Names, roles, order and extensions are those of NVIDIA's certificates, all on P-384, so that a
verifier that was written for them needs nothing but another root.  The authorities are shared by
all GPUs.  They have no time: NVIDIA's device certificates end in the year 9999.

Eight chains take a tenth of a second to make.  All mocks of one process that have no seed
therefore share their GPUs, and those of one seed are the same anyway.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final, NamedTuple, Optional, Tuple

from conformance.mock_tee.pki.authority import AnyKey, Key, draw_key, extension
from conformance.mock_tee.pki.nvidia_certificates import Draft, Issuer, authority, certify, name
from conformance.mock_tee.randomness import PROCESS_SEED, SeededBytes
from venice_ref.codec.der_encode import (
    element,
    explicit,
    implicit,
    integer,
    object_identifier,
    octet_string,
    sequence,
    utf8_string,
)
from venice_ref.crypto.curves import P384
from venice_ref.evidence.nvidia.chain import COMPOSITE_DEVICE_ID, DICE_TCB_INFO

__all__ = [
    "FWID",
    "GPU_COUNT",
    "SHA384_OID",
    "Chain",
    "Factory",
    "Gpu",
    "GpuDraft",
    "Nvidia",
    "composite_device_id",
    "device_info",
    "dice_tcb_info",
    "gpu_draft",
    "make_factory",
    "simulated_nvidia",
]

Chain = Tuple[bytes, ...]
"""Certificates in DER, that of the key which signs reports first and the root last."""

GPU_COUNT: Final = 8
"""GPUs of the machine."""

FWID: Final = hashlib.sha384(b"simulated firmware").digest()
"""The digest (48) of the firmware that holds the keys; the same on every GPU."""

SHA384_OID: Final = "2.16.840.1.101.3.4.2.2"
_DEVICE_INFO: Final = "1.3.6.1.4.1.412.274.1"
_SUBJECT_ALT_NAME: Final = "2.5.29.17"
_FIRST_DEVICE: Final = 0x41613A018D526C0000
"""The number of GPU 0; the others follow."""


# --- Authorities --------------------------------------------------------------------------------


class Factory(NamedTuple):
    """The authorities above all GPUs."""

    root: Issuer
    identity: Issuer
    provisioner: Issuer


def make_factory(root_key: Key, identity_key: Key, provisioner_key: Key) -> Factory:
    """Return the authorities with these keys."""
    root = certify(None, root_key, authority("NVIDIA Device Identity CA", 1))
    identity = certify(root, identity_key, authority("NVIDIA GH100 Identity", 2))
    provisioner = certify(identity, provisioner_key, authority("NVIDIA GH100 Provisioner ICA 1", 3))
    return Factory(root, identity, provisioner)


# --- GPUs ---------------------------------------------------------------------------------------


class GpuDraft(NamedTuple):
    """The certificates of one GPU before they are signed."""

    number: int
    leaf_key: Key
    """Signs reports."""
    device_key: Key
    """Of the GPU itself; certifies the other one."""
    leaf: Draft
    device: Draft

    def issue(self, above: Factory) -> Chain:
        """Return the five certificates, the leaf first."""
        device = certify(above.provisioner, self.device_key, self.device)
        leaf = certify(device, self.leaf_key, self.leaf)
        issuers = (leaf, device, above.provisioner, above.identity, above.root)
        return tuple(issuer.certificate for issuer in issuers)


def gpu_draft(number: int, leaf_key: Key, device_key: Key, *, chip: str = "GH100") -> GpuDraft:
    """Return a GPU, Hopper or Blackwell by its chip."""
    serial = _FIRST_DEVICE + number
    leaf_serial = int.from_bytes(hashlib.sha256(leaf_key.xy).digest()[:20], "big") >> 1
    firmware = (
        extension(COMPOSITE_DEVICE_ID, composite_device_id(device_key))
        if chip.startswith("GH")
        else extension(DICE_TCB_INFO, dice_tcb_info(FWID, bytes(48)), critical=True)
    )
    alternative = extension(_SUBJECT_ALT_NAME, device_info(f"NVIDIA:{chip}:48B02D{number:010X}"))
    leaf = Draft(
        name(f"{chip} A01 GSP FMC LF", f"{leaf_serial:040X}"),
        leaf_serial,
        ("digitalSignature",),
        authority=False,
        extensions=(alternative, firmware),
    )
    device = Draft(
        name(f"{chip} A01 GSP BROM", f"{serial:018X}"), serial, ("keyCertSign",), authority=True
    )
    return GpuDraft(number, leaf_key, device_key, leaf, device)


def composite_device_id(device_key: AnyKey, fwid: bytes = FWID, version: int = 1) -> bytes:
    """Return the extension with the FWID as Hopper has it."""
    return sequence(integer(version), device_key.public_key_info, _fwid(fwid))


def dice_tcb_info(*fwids: bytes) -> bytes:
    """Return the extension with the FWID as Blackwell has it, the first of several."""
    return sequence(
        implicit(0, utf8_string("NVIDIA")),
        implicit(1, utf8_string("GB100")),
        implicit(2, utf8_string("A01")),
        implicit(3, integer(1)),
        implicit(4, integer(2)),
        implicit(5, integer(0)),
        implicit(6, sequence(*(_fwid(fwid) for fwid in fwids))),
        implicit(9, octet_string(b"GSP FMC")),
    )


def device_info(text: str, oid: str = _DEVICE_INFO) -> bytes:
    """Return the SubjectAltName of a device: one otherName, whose tag is [0]."""
    value = explicit(0, utf8_string(text))
    return sequence(element(0xA0, object_identifier(oid) + value))


def _fwid(digest: bytes) -> bytes:
    return sequence(object_identifier(SHA384_OID), octet_string(digest))


# --- A machine ----------------------------------------------------------------------------------


class Gpu(NamedTuple):
    """A GPU with its certificates."""

    draft: GpuDraft
    chain: Chain


class Nvidia(NamedTuple):
    """The authorities, and the GPUs of one machine that they certified."""

    factory: Factory
    gpus: Tuple[Gpu, ...]


def simulated_nvidia(seed: Optional[str], label: str = "NVIDIA") -> Nvidia:
    """Return the NVIDIA of a seed; with another label one that nobody has a reason to trust."""
    return _simulated(PROCESS_SEED if seed is None else seed, label)


@lru_cache(maxsize=8)
def _simulated(seed: str, label: str) -> Nvidia:
    def key(of: str) -> Key:
        return draw_key(P384, SeededBytes(seed, f"{label} {of}"))

    factory = make_factory(key("root"), key("identity"), key("provisioner"))
    drafts = [gpu_draft(n, key(f"leaf {n}"), key(f"GPU {n}")) for n in range(GPU_COUNT)]
    return Nvidia(factory, tuple(Gpu(draft, draft.issue(factory)) for draft in drafts))
