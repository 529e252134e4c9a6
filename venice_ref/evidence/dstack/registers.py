"""The registers of a TD, the ids that dstack derives from them, and the claims of `info`.

    mr_aggregated = SHA-256(MRTD || RTMR0 .. RTMR3 [|| MRCONFIGID || MROWNER || MROWNERCONFIG])
    mr_system     = SHA-256(MRTD || RTMR0 .. RTMR2 || SHA-256(payload of key-provider))
    device_id     = SHA-256(user data of the quote's header (20)), or SHA-256(PPID), or SHA-256()

The part in brackets is left out where all three are zero.  The device was named by the user data at
the time of dstack 0.5 (so in the capture of 2026-04-24), then by the PPID; later guests, which do
not verify their own quote, hash nothing and so name no device.

An answer's `info` repeats such values
beside the quote.  They prove nothing; whoever shows them to a person must know that they are true,
so that a claim is compared with what the quote and its log prove, or listed as unchecked.  An empty
claim, dstack's default, claims nothing.

Source: dstack, dstack-attest (`decode_app_info`).
"""

from __future__ import annotations

import hashlib
import json
from typing import Dict, Final, List, NamedTuple, Optional, Tuple

from venice_ref.codec.strict import JsonObject, decode_hex, parse_json_object
from venice_ref.errors import EvidenceError, MalformedError
from venice_ref.evidence.dstack.app import App
from venice_ref.evidence.tdx.quote import Quote
from venice_ref.model import Json
from venice_ref.spec import MAX_EVENT_PAYLOAD_SIZE

__all__ = [
    "InfoFacts",
    "Registers",
    "device_id",
    "mr_aggregated",
    "mr_system",
    "registers_of",
    "verify_info",
]


class Registers(NamedTuple):
    """What identifies a TD and its platform in a quote; 48 bytes each but the last."""

    mr_td: bytes
    mr_config_id: bytes
    mr_owner: bytes
    mr_owner_config: bytes
    rtmrs: Tuple[bytes, ...]
    """RTMR0 to RTMR3."""
    user_data: bytes
    """The user data (20) of the quote's header: the id of the platform's quoting enclave."""


class InfoFacts(NamedTuple):
    """The members of `info` and `info.tcb_info` by what became of them; none is wrong."""

    matched: Tuple[str, ...]
    """Paths of the members that are what the quote or the log proves."""
    unchecked: Tuple[str, ...]
    """Paths of the members that nothing at hand proves or disproves."""


def registers_of(quote: Quote) -> Registers:
    """Return the registers of a TDX quote.

    Raises:
        EvidenceError: it is not the quote of a TD [QUO-4].
    """
    if not quote.is_tdx:
        raise EvidenceError(
            "an SGX quote, required one of a TD", rule="QUO-4", where="quote.header.tee_type"
        )
    body = quote.body
    return Registers(
        mr_td=body["mr_td"],
        mr_config_id=body["mr_config_id"],
        mr_owner=body["mr_owner"],
        mr_owner_config=body["mr_owner_config"],
        rtmrs=(body["rt_mr0"], body["rt_mr1"], body["rt_mr2"], body["rt_mr3"]),
        user_data=quote.header["user_data"],
    )


# --- Derived ids  [DST-15] ----------------------------------------------------------------------


def mr_aggregated(registers: Registers) -> bytes:
    """Return the measurement (32) of a TD as a whole."""
    parts = [registers.mr_td, *registers.rtmrs]
    configuration = [registers.mr_config_id, registers.mr_owner, registers.mr_owner_config]
    if any(map(any, configuration)):
        parts += configuration
    return hashlib.sha256(b"".join(parts)).digest()


def mr_system(registers: Registers, key_provider: bytes) -> bytes:
    """Return the measurement (32) of a TD without its application.

    `key_provider` is the payload of the event of this name; where it is empty, 32 zero bytes take
    the place of its hash.
    """
    provider = hashlib.sha256(key_provider).digest() if key_provider else bytes(32)
    parts = [registers.mr_td, *registers.rtmrs[:3], provider]
    return hashlib.sha256(b"".join(parts)).digest()


def device_id(name: bytes) -> bytes:
    """Return dstack's id (32) of a platform with this name, user data or PPID."""
    return hashlib.sha256(name).digest()


# --- Claims  [DST-15] ---------------------------------------------------------------------------


class _Proof(NamedTuple):
    """What a claim may be."""

    allowed: Tuple[bytes, ...]
    complete: bool
    """False where it may be something else that nothing at hand proves."""


_NO_DEVICE: Final = device_id(b"")


def verify_info(
    info: JsonObject,
    tcb_info: Optional[JsonObject],
    registers: Registers,
    *,
    app: Optional[App] = None,
    compose_hash: Optional[bytes] = None,
    ppid: Optional[bytes] = None,
) -> InfoFacts:
    """Return which claims of an answer's `info` and `info.tcb_info` are proven.

    `registers`, `app`, `compose_hash` and `ppid` come from the quote, its event log, its MRCONFIGID
    and its PCK certificate; what is `None` leaves the claims about it unchecked.

    Spec: DST-15, DST-28.

    Raises:
        EvidenceError: a claim differs from what is proven.
        MalformedError: a claim that can be compared is not in hexadecimal.
    """
    if compose_hash is None and app is not None:
        compose_hash = app.compose_hash
    proofs = _proofs(registers, app, compose_hash, ppid)
    matched: List[str] = []
    unchecked: List[str] = []
    for node in [info] if tcb_info is None else [info, tcb_info]:
        for name, proof in proofs.items():
            if name in node:
                (matched if _is_proven(node, name, proof) else unchecked).append(node.path(name))
    return InfoFacts(tuple(matched), tuple(unchecked))


def _proofs(
    registers: Registers,
    app: Optional[App],
    compose_hash: Optional[bytes],
    ppid: Optional[bytes],
) -> Dict[str, _Proof]:
    """Return what is proven of each member."""
    provider = None if app is None else app.key_provider.payload
    values = {
        "mrtd": registers.mr_td,
        "mr_aggregated": mr_aggregated(registers),
        "mr_system": None if provider is None else mr_system(registers, provider),
        "compose_hash": compose_hash,
        "app_id": None if app is None else app.app_id,
        "instance_id": None if app is None else app.instance_id,
        "os_image_hash": None if app is None else app.os_image_hash,
        "key_provider_info": provider,
    }
    for number, register in enumerate(registers.rtmrs):
        values[f"rtmr{number}"] = register
    proofs = {
        name: _Proof(() if value is None else (value,), complete=value is not None)
        for name, value in values.items()
    }
    devices = [registers.user_data] if ppid is None else [registers.user_data, ppid]
    proofs["device_id"] = _Proof(tuple(map(device_id, devices)), complete=ppid is not None)
    return proofs


def _is_proven(node: JsonObject, name: str, proof: _Proof) -> bool:
    """Return True for a claim that is proven, False for one that nothing disproves  [DST-28]."""
    if not proof.allowed:
        return False
    claim = _bytes_of(node, name)
    if claim in proof.allowed:
        return True
    if name == "key_provider_info" and _same_object(claim, proof.allowed[0]):
        return True
    if not claim or not proof.complete or (name == "device_id" and claim == _NO_DEVICE):
        return False
    raise EvidenceError(
        f"{_shown(claim)} is claimed, {_shown(proof.allowed[-1])} is proven",
        rule="DST-15",
        where=node.path(name),
    )


def _bytes_of(node: JsonObject, name: str) -> bytes:
    """Return the bytes of a claim, all of which but one are in hexadecimal."""
    members = node.get(name)
    if name == "key_provider_info" and isinstance(members, dict):
        return _canonical(members) if members else b""
    claim = node.text(name) or ""
    if name == "key_provider_info":
        return claim.encode("utf-8", "surrogatepass")
    return decode_hex(claim, where=node.path(name), rule="DST-15")


def _same_object(claim: bytes, proven: bytes) -> bool:
    """Tell whether two JSON texts are of the same object, whatever their spaces and order."""
    try:
        stated = parse_json_object(claim, max_size=MAX_EVENT_PAYLOAD_SIZE)
        measured = parse_json_object(proven, max_size=MAX_EVENT_PAYLOAD_SIZE)
    except MalformedError:
        return False
    return _canonical(stated.members) == _canonical(measured.members)


def _canonical(members: Dict[str, Json]) -> bytes:
    """Return one text for an object; unlike `==` it tells 1 from 1.0 and from true."""
    return json.dumps(members, sort_keys=True).encode("ascii")


def _shown(value: bytes) -> str:
    text = value.hex()
    return text if len(text) <= 96 else f"{text[:96]}..."
