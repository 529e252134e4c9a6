"""One GPU: its report under its own certificates, for one nonce.

What `verify_report` proves is this: a genuine GPU of NVIDIA, in possession of the key that was
certified for this firmware, answered this nonce with these measurements.  It does not prove that
the measurements are good.  A GPU in debug mode signs just as well, so that nothing is said about
debugging here: `measurements` and `tokens` do that  [GPU-35].

Nor does it prove where the GPU is.  A report names no machine; one from a GPU elsewhere, asked with
the same nonce, verifies as well.  That GPU and trust domain belong together rests on the software
that was measured into the trust domain  [GPU-36].
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Final, Mapping, NamedTuple, Optional, Tuple

from venice_ref.crypto import ecdsa
from venice_ref.crypto.curves import P384
from venice_ref.errors import EvidenceError, SignatureError, UsageError
from venice_ref.evidence.nvidia.chain import (
    DEVICE_ROOT,
    DeviceChain,
    parse_device_chain,
    verify_device_chain,
)
from venice_ref.evidence.nvidia.opaque import DRIVER_VERSION, GpuDescription, describe_gpu
from venice_ref.evidence.nvidia.payload import GpuEvidence
from venice_ref.evidence.nvidia.report import GpuReport, parse_report
from venice_ref.pki.chain import TrustAnchor
from venice_ref.pki.keys import EcPublicKey
from venice_ref.pki.signatures import SignatureMemo
from venice_ref.spec import NONCE_SIZE

__all__ = ["GPU_BLOCKS", "SignedGpu", "describe_report", "verify_report"]

GPU_BLOCKS: Final = 64
"""Measurement blocks of a GPU, Hopper and Blackwell alike  [GPU-40]."""


class SignedGpu(NamedTuple):
    """What a genuine GPU signed for this nonce; `verify_report` alone makes it."""

    position: int
    """The place in the payload."""
    arch: str
    chip: str
    """Such as `GH100`."""
    model: str
    """The name of the GPU's certificate, such as `GH100 A01 GSP BROM`."""
    serial: int
    """The number of the first certificate; in decimal it is NVIDIA's `ueid`."""
    device_serial: int
    """The number of the GPU's certificate."""
    nonce: bytes
    """The nonce (32) that the report answers."""
    responder_nonce: bytes
    """The nonce (32) that the GPU drew."""
    description: GpuDescription
    """Driver, VBIOS, board, mode and switches."""
    fwid: bytes
    """The digest (48) of the firmware that holds the key, in report and certificate."""
    measurements: Mapping[int, bytes]
    """Digests (48) by the index of reference manifests; nothing says that they are good."""
    where: str

    @property
    def ueid(self) -> str:
        """The name of the GPU in NVIDIA's tokens."""
        return str(self.serial)

    @property
    def pdi(self) -> bytes:
        """The identifier (8) by which switches know the GPU: the end of its device's number."""
        return self.device_serial.to_bytes(20, "big")[-8:]


def verify_report(
    evidence: GpuEvidence,
    *,
    nonce: bytes,
    now: datetime,
    root: TrustAnchor = DEVICE_ROOT,
    memo: Optional[SignatureMemo] = None,
) -> SignedGpu:
    """Return what the GPU said, if it is one and said it for `nonce` (32), at `now`.

    The order is: form of report and certificates, chain, signature, and only then the content.
    With one `memo` for all GPUs, the certificates that they share are verified once.

    Spec: GPU-8 to GPU-20, GPU-38 to GPU-41; CRT-1 to CRT-18.

    Raises:
        MalformedError: report or certificates are not of their form.
        SignatureError: the report [GPU-17] or a certificate [CRT-12] is not signed by its issuer.
        EvidenceError: not a GPU of its architecture, not this nonce, not this firmware.
        UsageError: `nonce` has not 32 bytes, or `now` no time zone.
    """
    if len(nonce) != NONCE_SIZE:
        raise UsageError(f"a nonce has {NONCE_SIZE} bytes")
    report = parse_report(evidence.report, where=f"{evidence.where}.evidence")
    chain = parse_device_chain(evidence.chain_pem, where=f"{evidence.where}.certificate")
    verify_device_chain(chain, arch=evidence.arch, now=now, root=root, memo=memo)
    _verify_signature(report, chain)
    if not hmac.compare_digest(report.nonce, nonce):
        raise EvidenceError(
            "the report answers another nonce", rule="GPU-18", where=f"{report.where}.request.nonce"
        )
    description = describe_report(report)
    fwid = _compare_firmware(description.fwid, chain)
    return SignedGpu(
        position=evidence.position,
        arch=evidence.arch,
        chip=chain.chip,
        model=chain.device.subject_cn,
        serial=chain.leaf.serial,
        device_serial=chain.device.serial,
        nonce=report.nonce,
        responder_nonce=report.responder_nonce,
        description=description,
        fwid=fwid,
        measurements=report.measurements,
        where=evidence.where,
    )


def describe_report(report: GpuReport) -> GpuDescription:
    """Return what a report says of its device, which is a GPU by it as well  [GPU-12].

    It is as true as the signature of the report, which is not verified here.

    Spec: GPU-12, GPU-16, GPU-40, GPU-41.

    Raises:
        EvidenceError: the report of another device, or not 64 measurements.
        MalformedError: the opaque data are not of their form, or contradict each other.
    """
    if DRIVER_VERSION not in report.opaque:
        raise EvidenceError(
            "no driver: the report of a switch", rule="GPU-12", where=f"{report.where}.opaque"
        )
    if len(report.measurements) != GPU_BLOCKS:
        raise EvidenceError(
            f"{len(report.measurements)} measurements, required {GPU_BLOCKS}",
            rule="GPU-40",
            where=report.where,
        )
    return describe_gpu(report.opaque, where=f"{report.where}.opaque")


def _verify_signature(report: GpuReport, chain: DeviceChain) -> None:
    """Verify the report under the first certificate's key  [GPU-17].

    Both (r, s) and (r, n - s) verify; nothing may be remembered by the bytes of a signature.
    """
    key = chain.leaf.public_key
    if not isinstance(key, EcPublicKey) or key.curve is not P384:  # never: see the roles, CRT-17
        raise SignatureError("the key is not on P-384", rule="GPU-17", where=chain.leaf.where)
    r, s = (int.from_bytes(half, "big") for half in _halves(report.signature))
    digest = hashlib.sha384(report.signed_bytes).digest()
    ecdsa.verify(P384, key.point, digest, r, s, where=f"{report.where}.signature", rule="GPU-17")


def _halves(signature: bytes) -> Tuple[bytes, bytes]:
    middle = len(signature) // 2
    return signature[:middle], signature[middle:]


def _compare_firmware(fwid: Optional[bytes], chain: DeviceChain) -> bytes:
    """Return the FWID, which report and certificate both name  [GPU-19].

    NVIDIA's verifiers let reports without one pass, as those of 2023 were.  Without it nothing says
    that the firmware which signs is the one that the key was certified for.
    """
    if fwid is None or not hmac.compare_digest(fwid, chain.fwid):
        raise EvidenceError(
            "the report names "
            + ("no firmware" if fwid is None else "another firmware")
            + ", and the certificate one",
            rule="GPU-19",
            where=f"{chain.where}.fwid",
        )
    return fwid
