"""The certificates of a GPU: from the key that signs reports up to NVIDIA's root.

    0  GH100 A01 GSP FMC LF            the key of this boot, for this firmware; signs reports
    1  GH100 A01 GSP BROM              the key of this GPU, in its boot ROM
    2  NVIDIA GH100 Provisioner ICA 1  the factory
    3  NVIDIA GH100 Identity           the product
    4  NVIDIA Device Identity CA       the root, pinned

All keys are on P-384.  The same root stands above NVIDIA's switches and network adapters, so that a
chain which verifies does not say "GPU": the names do, and they are compared with the architecture.

The first certificate names the firmware that holds its key by a digest, the FWID, in an extension
of TCG's DICE, of which two forms are in use: on Hopper CompositeDeviceID, which also repeats the
key of certificate 1, and on Blackwell DiceTcbInfo.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Dict, Final, FrozenSet, NamedTuple, Optional, Pattern, Tuple

from venice_ref.codec.der import DerReader, context, open_elements
from venice_ref.codec.strict import excerpt
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.roots import DEVICE_ROOT
from venice_ref.pki.certificate import Certificate, parse_pem_chain
from venice_ref.pki.chain import Role, TrustAnchor, verify_chain
from venice_ref.pki.extensions import Extension
from venice_ref.pki.signatures import SignatureMemo

__all__ = [
    "CHAIN_LENGTH",
    "COMPOSITE_DEVICE_ID",
    "DEVICE_ROOT",
    "DICE_TCB_INFO",
    "DeviceChain",
    "device_roles",
    "parse_device_chain",
    "verify_device_chain",
]

CHAIN_LENGTH: Final = 5
_MAX_LENGTH: Final = 8
"""Certificates that are parsed at all, so that a longer chain is named as such."""

COMPOSITE_DEVICE_ID: Final = "2.23.133.5.4.1"
"""TCG DICE, as Hopper has it: SEQUENCE {1, SubjectPublicKeyInfo, FWID}."""
DICE_TCB_INFO: Final = "2.23.133.5.4.1.1"
"""TCG DICE Attestation Architecture 1.1, 6.1.1, as Blackwell has it."""
_SUBJECT_ALT_NAME: Final = "2.5.29.17"
_DEVICE_INFO: Final = "1.3.6.1.4.1.412.274.1"
"""DMTF's otherName for devices, `NVIDIA:GH100:...`: manufacturer, product, serial number."""
_SHA384: Final = "2.16.840.1.101.3.4.2.2"
_FWID_SIZE: Final = 48
_MAX_EXTENSION: Final = 4096
_UNDERSTOOD: Final = frozenset({COMPOSITE_DEVICE_ID, DICE_TCB_INFO, _SUBJECT_ALT_NAME})
"""What may be critical besides key usage and basic constraints  [GPU-11, GPU-39]."""

_CHIPS: Final[Dict[str, Pattern[str]]] = {
    "HOPPER": re.compile(r"GH[0-9]{3}\Z"),
    "BLACKWELL": re.compile(r"GB[0-9]{2}[0-9X]\Z"),
}
"""The chips of each architecture: GH100; GB100, GB110, GB20X.  A switch is LS_10  [GPU-12]."""

_LEAF_NAME: Final = re.compile(r"([A-Z]{2}_?[0-9]{2,3}X?) [A-Z][0-9]{2} GSP FMC LF\Z")


class DeviceChain(NamedTuple):
    """The certificates of one device, not yet believed."""

    certificates: Tuple[Certificate, ...]
    chip: str
    """Such as `GH100`, from the name of the first certificate."""
    fwid: bytes
    """The digest (48) of the firmware that holds the first certificate's key."""
    device_key: Optional[bytes]
    """DER of the key of the GPU that the extension repeats; `None` on Blackwell."""
    where: str

    @property
    def leaf(self) -> Certificate:
        """The certificate of the key that signs reports."""
        return self.certificates[0]

    @property
    def device(self) -> Certificate:
        """The certificate of the GPU."""
        return self.certificates[1]


def parse_device_chain(pem: bytes, *, where: str = "chain") -> DeviceChain:
    """Return the five certificates of PEM, and what the first says about its device.

    Raises:
        MalformedError: not certificates in strict PEM [CRT-1 to CRT-9, CRT-18], not five of them
            [GPU-8], or no well-formed FWID [GPU-19] or device name [GPU-12].
        EvidenceError: the first one is not that of a GPU's firmware [GPU-12].
    """
    certificates = parse_pem_chain(pem, max_count=_MAX_LENGTH, understood=_UNDERSTOOD, where=where)
    if len(certificates) != CHAIN_LENGTH:
        raise MalformedError(
            f"{len(certificates)} certificates, required {CHAIN_LENGTH}", rule="GPU-8", where=where
        )
    leaf = certificates[0]
    fwid, device_key = _firmware_id(leaf)
    return DeviceChain(certificates, _chip(leaf), fwid, device_key, where)


def verify_device_chain(
    chain: DeviceChain,
    *,
    arch: str,
    now: datetime,
    root: TrustAnchor = DEVICE_ROOT,
    memo: Optional[SignatureMemo] = None,
) -> None:
    """Return if the chain is that of a GPU of `arch`, by the word of `root`, at `now`.

    Revocation is not judged: the status of the middle three certificates is served online only.

    Raises:
        EvidenceError: another class of device [GPU-12], or CRT-10 to CRT-17.
        SignatureError: a signature does not verify [CRT-12].
        EvidenceError: the GPU's key is not the one that the extension repeats [GPU-20].
    """
    known = _CHIPS.get(arch)
    if known is None or known.match(chain.chip) is None:
        raise EvidenceError(
            f"the device is {excerpt(chain.chip)}, no GPU of {excerpt(arch)}",
            rule="GPU-12",
            where=chain.leaf.where,
        )
    verify_chain(
        chain.certificates,
        anchor=root,
        roles=device_roles(chain.chip),
        now=now,
        memo=memo,
        where=chain.where,
    )
    if chain.device_key is not None and chain.device_key != chain.device.spki:
        raise EvidenceError(
            "the firmware was certified on another device than the one that follows",
            rule="GPU-20",
            where=chain.leaf.where,
        )


def device_roles(chip: str) -> Tuple[Role, ...]:
    """Return what each certificate is  [GPU-10].

    The product need not be the chip: `NVIDIA GH100 Identity` stands above switches as well.
    """
    product = r"NVIDIA [A-Z0-9_]{3,8}"
    none: FrozenSet[str] = frozenset()
    return (
        Role("firmware", rf"{chip} [A-Z][0-9]{{2}} GSP FMC LF", "P-384", False,
             frozenset({"digitalSignature"})),
        Role("GPU", rf"{chip} [A-Z][0-9]{{2}} GSP BROM", "P-384", True, none),
        Role("provisioner", rf"{product} Provisioner ICA [0-9]+", "P-384", True, none),
        Role("product", rf"{product} Identity", "P-384", True, none),
        Role("root", "NVIDIA Device Identity CA", "P-384", True, none),
    )  # fmt: skip


# --- What the first certificate says ------------------------------------------------------------


def _chip(leaf: Certificate) -> str:
    """Return the chip that the name of the first certificate begins with  [GPU-12]."""
    found = _LEAF_NAME.match(leaf.subject_cn)
    if found is None:
        raise EvidenceError(
            f"{excerpt(leaf.subject_cn)} is not the firmware of a GPU",
            rule="GPU-12",
            where=leaf.where,
        )
    alternative = leaf.extensions.get(_SUBJECT_ALT_NAME)
    if alternative is not None:
        parts = _device_info(alternative, f"{leaf.where}.subjectAltName").split(":")
        if parts[:2] != ["NVIDIA", found[1]]:
            raise EvidenceError(
                f"{excerpt(leaf.subject_cn)} is also called {excerpt(':'.join(parts))}",
                rule="GPU-12",
                where=leaf.where,
            )
    return found[1]


def _device_info(extension: Extension, where: str) -> str:
    """Return the text of the one otherName.  RFC 5280, 4.2.1.6; DSP0274, device information."""
    top = open_elements(extension.value, max_size=_MAX_EXTENSION, where=where, rule="GPU-12")
    names = top.sequence("")
    top.finish()
    other = names.explicit(0, "otherName")
    names.finish()
    kind = other.oid("type-id")
    value = other.explicit(0, "value")
    other.finish()
    text = value.text("")
    value.finish()
    if kind != _DEVICE_INFO:
        raise other.error(f"a name of the kind {kind}", "type-id")
    return text


def _firmware_id(leaf: Certificate) -> Tuple[bytes, Optional[bytes]]:
    """Return FWID, and the device's key where it is repeated, of the one extension  [GPU-19]."""
    found = [kind for kind in (COMPOSITE_DEVICE_ID, DICE_TCB_INFO) if kind in leaf.extensions]
    if len(found) != 1:
        raise MalformedError(
            f"{len(found)} extensions with a FWID, required 1", rule="GPU-19", where=leaf.where
        )
    top = open_elements(
        leaf.extensions[found[0]].value,
        max_size=_MAX_EXTENSION,
        where=f"{leaf.where}.fwid",
        rule="GPU-19",
    )
    sequence = top.sequence("")
    top.finish()
    if found[0] == COMPOSITE_DEVICE_ID:
        return _composite_device_id(sequence)
    return _dice_tcb_info(sequence), None


def _composite_device_id(sequence: DerReader) -> Tuple[bytes, bytes]:
    """Return FWID and key of SEQUENCE {version 1, deviceID, fwid}."""
    if sequence.integer("version") != 1:
        raise sequence.error("not version 1", "version")
    key = sequence.element("deviceID").raw
    fwid = _digest(sequence, "fwid")
    sequence.finish()
    return fwid, key


def _dice_tcb_info(sequence: DerReader) -> bytes:
    """Return the first FWID of DiceTcbInfo.

    DiceTcbInfo is a SEQUENCE of optional members [0] to [10]; `fwids`, [6], lists the firmware
    that holds the key first.  The others, and further digests, are not compared with anything.
    """
    found: Optional[bytes] = None
    last = -1
    while sequence.more:
        number = (sequence.next_tag & ~0x20) - context(0)
        if not last < number <= 10:
            raise sequence.error(f"tag {sequence.next_tag:02x} is not one of [0] to [10], in order")
        last = number
        if number != 6:
            sequence.element(f"[{number}]")
            continue
        fwids = sequence.sequence("fwids", tag=context(6, constructed=True))
        found = _digest(fwids, "[0]")
        while fwids.more:
            fwids.element("[n]")
    if found is None:
        raise sequence.error("no digest of firmware", "fwids")
    return found


def _digest(reader: DerReader, name: str) -> bytes:
    """Return the digest of FWID ::= SEQUENCE {hashAlg, digest}, by SHA-384."""
    fwid = reader.sequence(name)
    algorithm, digest = fwid.oid("hashAlg"), fwid.octets("digest")
    fwid.finish()
    if algorithm != _SHA384 or len(digest) != _FWID_SIZE:
        raise fwid.error(f"{len(digest)} bytes by {algorithm}, required 48 by SHA-384")
    return digest
