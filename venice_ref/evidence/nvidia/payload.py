"""The GPU evidence of an answer, `nvidia_payload`, as bytes.

    {"nonce": hex, "arch": "HOPPER",
     "evidence_list": [{"certificate", "evidence", "arch", "nonce"}, ...]}

`evidence` is the base64 of one GPU's report, `certificate` the base64 of its chain in PEM.  The
service of NVIDIA takes the same object as it stands.  The strings that the object may be wrapped in
are taken off by whoever reads the answer (`attestation.schema.nvidia_payload`); here its members
become bytes, and its own statements are compared with each other and with the nonce.  Nothing of it
is signed: what a GPU says stands in its report.
"""

from __future__ import annotations

import hmac
from typing import Final, NamedTuple, Optional, Tuple

from venice_ref.codec.strict import JsonObject, decode_base64, decode_hex, excerpt
from venice_ref.errors import EvidenceError, MalformedError, UsageError
from venice_ref.spec import MAX_GPU_CHAIN_SIZE, MAX_GPU_REPORT_SIZE, MAX_GPUS, NONCE_SIZE

__all__ = ["ARCHITECTURES", "GpuEvidence", "GpuPayload", "check_payload_nonces", "parse_payload"]

ARCHITECTURES: Final = ("HOPPER", "BLACKWELL")
"""The architectures with confidential computing, as NVIDIA's service spells them  [GPU-7]."""


class GpuEvidence(NamedTuple):
    """What one GPU sent; nothing about it is proven yet."""

    position: int
    """The place in the list, which is also the n of NVIDIA's `GPU-n`."""
    arch: str
    """One of `ARCHITECTURES`, as the payload says."""
    chain_pem: bytes
    """The certificates in PEM, the GPU's own first."""
    report: bytes
    """The request and the answer of SPDM, one after the other (`report`)."""
    nonce: Optional[bytes]
    """The nonce (32) that stands beside the report, not in it."""
    where: str
    """The path of the entry, for errors."""


class GpuPayload(NamedTuple):
    """The evidence of all GPUs; `gpus` is empty where the list is."""

    nonce: Optional[bytes]
    """The nonce (32) that the payload states."""
    gpus: Tuple[GpuEvidence, ...]
    where: str


def parse_payload(payload: JsonObject) -> GpuPayload:
    """Return the evidence in a payload, decoded.

    Spec: GPU-4, GPU-5, GPU-7.

    Raises:
        MalformedError: a member is missing, of another type, too large, or not in its encoding; an
            architecture is unknown, or differs from one entry to the next.
    """
    where = payload.where
    entries = payload.with_rule("GPU-4").items("evidence_list")
    if entries is None:
        raise MalformedError(
            "no list of evidence", rule="GPU-4", where=payload.path("evidence_list")
        )
    if len(entries) > MAX_GPUS:
        raise MalformedError(
            f"{len(entries)} GPUs, at most {MAX_GPUS}",
            rule="GPU-4",
            where=payload.path("evidence_list"),
        )
    arch = _arch(payload, None)
    gpus = []
    for position, entry in enumerate(entries):
        path = f"{payload.path('evidence_list')}[{position}]"
        if not isinstance(entry, dict):
            raise MalformedError("not an object", rule="GPU-4", where=path)
        gpus.append(_evidence(JsonObject(entry, where=path, rule="GPU-4"), position, arch))
    return GpuPayload(_nonce(payload, "GPU-2"), tuple(gpus), where)


def check_payload_nonces(payload: GpuPayload, nonce: bytes) -> None:
    """Return if every nonce that the payload states is `nonce` (32)  [GPU-2, GPU-6].

    None of them is signed.  They are compared so that an answer which contradicts itself is not
    accepted; freshness rests on the nonce inside of each report  [GPU-18].

    Raises:
        EvidenceError: another nonce.
        UsageError: `nonce` has not 32 bytes.
    """
    if len(nonce) != NONCE_SIZE:
        raise UsageError(f"a nonce has {NONCE_SIZE} bytes")
    stated = [(payload.nonce, "GPU-2", payload.where)]
    stated += [(gpu.nonce, "GPU-6", gpu.where) for gpu in payload.gpus]
    for found, rule, where in stated:
        if found is not None and not hmac.compare_digest(found, nonce):
            raise EvidenceError(
                "the stated nonce is not the one that was sent", rule=rule, where=f"{where}.nonce"
            )


def _evidence(entry: JsonObject, position: int, outer: Optional[str]) -> GpuEvidence:
    arch = _arch(entry, outer)
    if arch is None:
        raise MalformedError("no architecture", rule="GPU-7", where=entry.path("arch"))
    return GpuEvidence(
        position=position,
        arch=arch,
        chain_pem=_base64(entry, "certificate", MAX_GPU_CHAIN_SIZE),
        report=_base64(entry, "evidence", MAX_GPU_REPORT_SIZE),
        nonce=_nonce(entry, "GPU-6"),
        where=entry.where,
    )


def _arch(node: JsonObject, outer: Optional[str]) -> Optional[str]:
    """Return the architecture that a node states, or else the one around it  [GPU-7].

    An integer is passed over in an entry of a payload that has the name: the certificates decide
    which chip it is  [GPU-12].
    """
    arch = node.get("arch")
    if arch is None or (outer is not None and type(arch) is int):  # a boolean is none
        return outer
    if not isinstance(arch, str) or arch not in ARCHITECTURES:
        raise MalformedError(
            f"architecture {excerpt(arch)}, required {' or '.join(ARCHITECTURES)}",
            rule="GPU-7",
            where=node.path("arch"),
        )
    if outer is not None and arch != outer:
        raise MalformedError(
            f"architecture {arch} in a payload of {outer}", rule="GPU-7", where=node.path("arch")
        )
    return arch


def _nonce(node: JsonObject, rule: str) -> Optional[bytes]:
    if "nonce" not in node:
        return None
    text = node.with_rule(rule).text("nonce") or ""
    return decode_hex(text, size=NONCE_SIZE, where=node.path("nonce"), rule=rule)


def _base64(entry: JsonObject, name: str, max_size: int) -> bytes:
    """Return the bytes of a member in standard base64  [GPU-5]."""
    text = entry.with_rule("GPU-5").text(name)
    if not text:
        raise MalformedError("missing or empty", rule="GPU-5", where=entry.path(name))
    return decode_base64(text, max_size=max_size, where=entry.path(name), rule="GPU-5")
